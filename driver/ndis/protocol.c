/* SPDX-License-Identifier: Apache-2.0 */
/* protocol.c: registration of protocol drivers, and opening and closing of bindings. [D] 3.6 */
#include <stdlib.h>

#include "ndis_internal.h"

NDIS_STATUS NdisRegisterProtocolDriver(NDIS_HANDLE ProtocolDriverContext, PNDIS_PROTOCOL_DRIVER_CHARACTERISTICS ProtocolCharacteristics,
                                       PNDIS_HANDLE NdisProtocolHandle) {
    struct ndis *ndis = ndis_current(__func__);
    ndis_require_passive(ndis, __func__);
    PNDIS_PROTOCOL_DRIVER_CHARACTERISTICS chars = ProtocolCharacteristics;
    if (chars->Header.Size < NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1) return NDIS_STATUS_BAD_CHARACTERISTICS;
    if (chars->MajorNdisVersion < 6) return NDIS_STATUS_BAD_VERSION;
    if (!chars->BindAdapterHandlerEx || !chars->UnbindAdapterHandlerEx || !chars->NetPnPEventHandler ||
        !chars->ReceiveNetBufferListsHandler || !chars->SendNetBufferListsCompleteHandler)
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    struct ndis_protocol *protocol = calloc(1, sizeof(*protocol));
    if (!protocol) return NDIS_STATUS_RESOURCES;
    protocol->object = (struct ndis_object){
        .type = NDIS_OBJECT_PROTOCOL, .ndis = ndis, .name = ndis->loading ? ndis->loading->object.name : "protocol"};
    protocol->driver = ndis->loading;
    protocol->context = ProtocolDriverContext;
    size_t size = chars->Header.Size < sizeof(protocol->chars) ? chars->Header.Size : sizeof(protocol->chars);
    memcpy(&protocol->chars, chars, size);
    struct ndis_protocol **link = &ndis->protocols;
    while (*link) link = &(*link)->next;
    *link = protocol;
    *NdisProtocolHandle = protocol;  /* before SetOptions: drivers compare it there */
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    if (protocol->chars.SetOptionsHandler) status = protocol->chars.SetOptionsHandler(protocol, ProtocolDriverContext);
    if (status != NDIS_STATUS_SUCCESS) {
        *link = NULL;
        *NdisProtocolHandle = NULL;
        ndis_protocol_free(protocol);
    }
    return status;
}

VOID NdisDeregisterProtocolDriver(NDIS_HANDLE NdisProtocolHandle) {
    struct ndis_protocol *protocol = ndis_object_of(NdisProtocolHandle, NDIS_OBJECT_PROTOCOL, __func__);
    if (!protocol) return;
    struct ndis *ndis = protocol->object.ndis;
    for (struct ndis_adapter *adapter = ndis->adapters; adapter; adapter = adapter->next) {
        for (struct ndis_binding *binding = adapter->bindings, *next; binding; binding = next) {
            next = binding->next;
            if (binding->protocol == protocol && binding->open) ndis_unbind(binding);
        }
    }
    struct ndis_protocol **link = &ndis->protocols;
    while (*link && *link != protocol) link = &(*link)->next;
    if (*link) *link = protocol->next;
    protocol->next = ndis->dead_protocols;
    ndis->dead_protocols = protocol;
}

/* Index of the adapter's medium in the caller's list, or -1. */
static int select_medium(const NDIS_OPEN_PARAMETERS *open, NDIS_MEDIUM medium) {
    for (UINT i = 0; i < open->MediumArraySize; i++)
        if (open->MediumArray[i] == medium) return (int)i;
    return -1;
}

NDIS_STATUS NdisOpenAdapterEx(NDIS_HANDLE NdisProtocolHandle, NDIS_HANDLE ProtocolBindingContext, PNDIS_OPEN_PARAMETERS OpenParameters,
                              NDIS_HANDLE BindContext, PNDIS_HANDLE NdisBindingHandle) {
    struct ndis_protocol *protocol = ndis_object_of(NdisProtocolHandle, NDIS_OBJECT_PROTOCOL, __func__);
    struct ndis_binding *binding = ndis_object_of(BindContext, NDIS_OBJECT_BINDING, __func__);
    if (!protocol || !binding || binding->protocol != protocol) return NDIS_STATUS_INVALID_PARAMETER;
    struct ndis *ndis = protocol->object.ndis;
    ndis_require_passive(ndis, __func__);
    if (!binding->bind.active) {
        kernel_violation(ndis->kernel, "ndis.state", "[D] 3.6 (0x7C/0x16)", -1, "%s opened an adapter outside of its bind handler",
                         protocol->object.name);
        return NDIS_STATUS_OPEN_FAILED;
    }
    if (OpenParameters->Header.Size < NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1) return NDIS_STATUS_INVALID_PARAMETER;
    if (!RtlEqualUnicodeString(OpenParameters->AdapterName, &binding->adapter->device_string, TRUE)) return NDIS_STATUS_ADAPTER_NOT_FOUND;
    int medium = select_medium(OpenParameters, binding->adapter->general.MediaType);
    if (medium < 0) return NDIS_STATUS_UNSUPPORTED_MEDIA;
    if (OpenParameters->FrameTypeArraySize > NDIS_FRAME_TYPES) return NDIS_STATUS_RESOURCES;
    if (OpenParameters->SelectedMediumIndex) *OpenParameters->SelectedMediumIndex = (UINT)medium;
    binding->context = ProtocolBindingContext;
    binding->open = true;
    binding->packet_filter = 0;
    binding->frame_type_count = OpenParameters->FrameTypeArray ? OpenParameters->FrameTypeArraySize : 0;
    for (unsigned i = 0; i < binding->frame_type_count; i++) binding->frame_types[i] = OpenParameters->FrameTypeArray[i];
    *NdisBindingHandle = binding;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisCloseAdapterEx(NDIS_HANDLE NdisBindingHandle) {
    struct ndis_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_BINDING, __func__);
    if (!binding) return NDIS_STATUS_INVALID_PARAMETER;
    struct ndis *ndis = binding->object.ndis;
    ndis_require_passive(ndis, __func__);
    if (!binding->open) {
        kernel_violation(ndis->kernel, "ndis.state", "[D] 3.6", -1, "%s closed a binding that is not open", binding->protocol->object.name);
        return NDIS_STATUS_FAILURE;
    }
    if (binding->layer.originated || binding->layer.held) {
        (void)nbl_report_lost(ndis, &binding->object, NULL, "close of the binding");
        (void)nbl_report_lost(ndis, NULL, &binding->object, "close of the binding");
    }
    binding->open = false;
    binding->packet_filter = 0;
    binding->multicast.count = 0;
    (void)ndis_apply_filter(binding->adapter);  /* filter 0 when the last binding closes */
    (void)ndis_apply_multicast(binding->adapter);
    return NDIS_STATUS_SUCCESS;
}

VOID NdisCompleteBindAdapterEx(NDIS_HANDLE BindAdapterContext, NDIS_STATUS Status) {
    struct ndis_binding *binding = ndis_object_of(BindAdapterContext, NDIS_OBJECT_BINDING, __func__);
    if (binding) ndis_pending_complete(binding->object.ndis, &binding->bind, Status, __func__);
}

VOID NdisCompleteUnbindAdapterEx(NDIS_HANDLE UnbindAdapterContext) {
    struct ndis_binding *binding = ndis_object_of(UnbindAdapterContext, NDIS_OBJECT_BINDING, __func__);
    if (binding) ndis_pending_complete(binding->object.ndis, &binding->unbind, NDIS_STATUS_SUCCESS, __func__);
}

VOID NdisCompleteNetPnPEvent(NDIS_HANDLE NdisBindingHandle, PNET_PNP_EVENT_NOTIFICATION NetPnPEventNotification, NDIS_STATUS Status) {
    (void)NetPnPEventNotification;
    struct ndis_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_BINDING, __func__);
    if (binding) ndis_pending_complete(binding->object.ndis, &binding->pnp, Status, __func__);
}
