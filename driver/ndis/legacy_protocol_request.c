/* SPDX-License-Identifier: Apache-2.0 */
/* legacy_protocol_request.c: requests, status indications and events of a protocol of NDIS 5. [D] 5, 3.7 */
#include <stdlib.h>

#include "legacy_protocol_internal.h"

/* ---- Requests */
struct legacy_request {
    NDIS_OID_REQUEST request;
    PNDIS_REQUEST legacy;
};

static NDIS_STATUS take_answer(struct legacy_request *own, NDIS_STATUS status) {
    PNDIS_REQUEST to = own->legacy;
    const NDIS_OID_REQUEST *from = &own->request;
    if (to->RequestType == NdisRequestSetInformation) {
        to->DATA.SET_INFORMATION.BytesRead = from->DATA.SET_INFORMATION.BytesRead;
        to->DATA.SET_INFORMATION.BytesNeeded = from->DATA.SET_INFORMATION.BytesNeeded;
    } else {
        to->DATA.QUERY_INFORMATION.BytesWritten = from->DATA.QUERY_INFORMATION.BytesWritten;
        to->DATA.QUERY_INFORMATION.BytesNeeded = from->DATA.QUERY_INFORMATION.BytesNeeded;
    }
    free(own);
    return packet_status(status);
}

static struct legacy_request *make(PNDIS_REQUEST legacy) {
    struct legacy_request *own = calloc(1, sizeof(*own));
    if (!own) return NULL;
    own->legacy = legacy;
    own->request.Header = (NDIS_OBJECT_HEADER){NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1};
    own->request.RequestType = legacy->RequestType;
    if (legacy->RequestType == NdisRequestSetInformation) {
        own->request.DATA.SET_INFORMATION.Oid = legacy->DATA.SET_INFORMATION.Oid;
        own->request.DATA.SET_INFORMATION.InformationBuffer = legacy->DATA.SET_INFORMATION.InformationBuffer;
        own->request.DATA.SET_INFORMATION.InformationBufferLength = legacy->DATA.SET_INFORMATION.InformationBufferLength;
    } else {
        own->request.DATA.QUERY_INFORMATION.Oid = legacy->DATA.QUERY_INFORMATION.Oid;
        own->request.DATA.QUERY_INFORMATION.InformationBuffer = legacy->DATA.QUERY_INFORMATION.InformationBuffer;
        own->request.DATA.QUERY_INFORMATION.InformationBufferLength = legacy->DATA.QUERY_INFORMATION.InformationBufferLength;
    }
    return own;
}

VOID NdisRequest(PNDIS_STATUS Status, NDIS_HANDLE NdisBindingHandle, PNDIS_REQUEST NdisRequest) {
    struct legacy_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_LEGACY_BINDING, __func__);
    *Status = NDIS_STATUS_FAILURE;
    if (!binding) return;
    struct legacy_request *own = make(NdisRequest);
    *Status = own ? NdisOidRequest(binding->binding, &own->request) : NDIS_STATUS_RESOURCES;
    if (own && *Status != NDIS_STATUS_PENDING) *Status = take_answer(own, *Status);
}

VOID legacy_protocol_request_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status) {
    struct legacy_binding *binding = context;
    struct legacy_request *own = CONTAINING_RECORD(request, struct legacy_request, request);
    PNDIS_REQUEST legacy = own->legacy;
    status = take_answer(own, status);
    binding->protocol->chars.RequestCompleteHandler(binding->context, legacy, status);
}

/* ---- Status: of the link NDIS 5 knows that it is there, or gone. */
VOID legacy_protocol_status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication) {
    struct legacy_binding *binding = context;
    const NDIS_PROTOCOL_CHARACTERISTICS *chars = &binding->protocol->chars;
    NDIS_STATUS status = indication->StatusCode;
    PVOID buffer = indication->StatusBuffer;
    UINT bytes = indication->StatusBufferSize;
    if (!chars->StatusHandler) return;
    if (status == NDIS_STATUS_LINK_STATE) {
        const NDIS_LINK_STATE *link = buffer;
        if (bytes < sizeof(*link)) return;
        status = link->MediaConnectState == MediaConnectStateConnected ? NDIS_STATUS_MEDIA_CONNECT : NDIS_STATUS_MEDIA_DISCONNECT;
        buffer = NULL;
        bytes = 0;
    }
    chars->StatusHandler(binding->context, status, buffer, bytes);
    if (chars->StatusCompleteHandler) chars->StatusCompleteHandler(binding->context);
}

/* ---- Events: pause and restart are ours, those that NDIS 5 had are the driver's. */
static NDIS_STATUS pause(struct legacy_binding *binding, PNET_PNP_EVENT_NOTIFICATION notification) {
    binding->running = false;
    if (binding->sends_out == 0) return NDIS_STATUS_SUCCESS;
    binding->event = notification;
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS tell_driver(struct legacy_binding *binding, PNET_PNP_EVENT_NOTIFICATION notification) {
    const PNP_EVENT_HANDLER handler = binding->protocol->chars.PnPEventHandler;
    if (!handler || notification->NetPnPEvent.NetEvent > NetEventPnPCapabilities) return NDIS_STATUS_SUCCESS;
    const NDIS_STATUS status = handler(binding->context, &notification->NetPnPEvent);
    if (status == NDIS_STATUS_PENDING) binding->event = notification;
    return status;
}

NDIS_STATUS legacy_protocol_pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION notification) {
    struct legacy_binding *binding = context;
    if (!binding) return NDIS_STATUS_SUCCESS;  /* to the driver as a whole, of which NDIS 6 does not say which it is */
    switch (notification->NetPnPEvent.NetEvent) {
    case NetEventPause: return pause(binding, notification);
    case NetEventRestart:
        binding->running = true;
        legacy_protocol_send_waiting(binding);
        return NDIS_STATUS_SUCCESS;
    default: return tell_driver(binding, notification);
    }
}

VOID NdisCompletePnPEvent(NDIS_STATUS Status, NDIS_HANDLE NdisBindingHandle, PNET_PNP_EVENT NetPnPEvent) {
    struct legacy_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_LEGACY_BINDING, __func__);
    if (binding) NdisCompleteNetPnPEvent(binding->binding, CONTAINING_RECORD(NetPnPEvent, NET_PNP_EVENT_NOTIFICATION, NetPnPEvent), Status);
}
