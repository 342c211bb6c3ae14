/* SPDX-License-Identifier: Apache-2.0 */
/* mux_protocol.c: the lower edge of the multiplexer: one binding, and the virtual adapters that live as long as it. [D] 3.5, 3.6, 3.10 */
#include "mux_internal.h"

static VOID name_adapter(struct mux_adapter *adapter, const char *prefix, unsigned number) {
    static const char device[] = "\\DEVICE\\";
    size_t length = 0;
    for (const char *at = device; *at; at++) adapter->name[length++] = (WCHAR)(UCHAR)*at;
    for (const char *at = prefix; *at && length + 3 < MUX_NAME; at++) adapter->name[length++] = (WCHAR)(UCHAR)*at;
    if (number >= 10) adapter->name[length++] = (WCHAR)('0' + number / 10);
    adapter->name[length++] = (WCHAR)('0' + number % 10);
    adapter->name[length] = 0;
    RtlInitUnicodeString(&adapter->name_string, adapter->name);
}

static VOID set_up_adapter(struct mux_binding *binding, unsigned number) {
    enum { LOCAL = 0x02 };
    struct mux_adapter *adapter = &binding->adapters[number];
    adapter->binding = binding;
    RtlCopyMemory(adapter->address, binding->bound.CurrentMacAddress, MUX_ADDRESS);
    if (number) {
        adapter->address[0] |= LOCAL;
        adapter->address[MUX_ADDRESS - 1] = (UCHAR)(adapter->address[MUX_ADDRESS - 1] + number);
    }
    name_adapter(adapter, binding->mux->prefix, number);
}

static NDIS_STATUS open_adapter(struct mux_binding *binding, NDIS_HANDLE bind_context, PNDIS_BIND_PARAMETERS parameters) {
    NDIS_MEDIUM medium = NdisMedium802_3;
    UINT selected = 0;
    NDIS_OPEN_PARAMETERS open = {
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1, NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = parameters->AdapterName, .MediumArray = &medium, .MediumArraySize = 1, .SelectedMediumIndex = &selected};
    return NdisOpenAdapterEx(binding->mux->protocol, binding, &open, bind_context, &binding->handle);
}

static VOID close(struct mux_binding *binding) {
    for (unsigned i = 0; i < binding->mux->adapters; i++) {
        struct mux_adapter *adapter = &binding->adapters[i];
        if (adapter->handle) (void)NdisIMDeInitializeDeviceInstance(adapter->handle);
        else (void)NdisIMCancelInitializeDeviceInstance(binding->mux->miniport, &adapter->name_string);
    }
    (void)NdisCloseAdapterEx(binding->handle);
    binding->mux->binding = NULL;
    NdisFreeMemory(binding, 0, 0);
}

static NDIS_STATUS bind(NDIS_HANDLE context, NDIS_HANDLE bind_context, PNDIS_BIND_PARAMETERS parameters) {
    struct mux *mux = context;
    if (mux->binding) return NDIS_STATUS_NOT_SUPPORTED; /* one adapter */
    struct mux_binding *binding = NdisAllocateMemoryWithTagPriority(mux->protocol, sizeof(*binding), MUX_TAG, NormalPoolPriority);
    if (!binding) return NDIS_STATUS_RESOURCES;
    NdisZeroMemory(binding, sizeof(*binding));
    binding->mux = mux;
    binding->bound = *parameters;
    binding->data_backfill = parameters->DataBackFillSize;
    binding->context_backfill = parameters->ContextBackFillSize;
    binding->link = (NDIS_LINK_STATE){
        .MediaConnectState = parameters->MediaConnectState, .MediaDuplexState = parameters->MediaDuplexState,
        .XmitLinkSpeed = parameters->XmitLinkSpeed, .RcvLinkSpeed = parameters->RcvLinkSpeed};
    NDIS_STATUS status = open_adapter(binding, bind_context, parameters);
    if (status != NDIS_STATUS_SUCCESS) {
        NdisFreeMemory(binding, 0, 0);
        return status;
    }
    mux->binding = binding;
    for (unsigned i = 0; i < mux->adapters && status == NDIS_STATUS_SUCCESS; i++) {
        set_up_adapter(binding, i);
        status = NdisIMInitializeDeviceInstanceEx(mux->miniport, &binding->adapters[i].name_string, &binding->adapters[i]);
    }
    if (status != NDIS_STATUS_SUCCESS) close(binding);
    return status;
}

static NDIS_STATUS unbind(NDIS_HANDLE unbind_context, NDIS_HANDLE context) {
    UNREFERENCED_PARAMETER(unbind_context);
    close(context);
    return NDIS_STATUS_SUCCESS;
}

/* ---- Events */
static VOID note_attributes(struct mux_binding *binding, const NET_PNP_EVENT *event) {
    const NDIS_PROTOCOL_RESTART_PARAMETERS *parameters = event->Buffer;
    for (PNDIS_RESTART_ATTRIBUTES entry = parameters ? parameters->RestartAttributes : NULL; entry; entry = entry->Next) {
        if (entry->Oid != OID_GEN_MINIPORT_RESTART_ATTRIBUTES) continue;
        const NDIS_RESTART_GENERAL_ATTRIBUTES *general = (const NDIS_RESTART_GENERAL_ATTRIBUTES *)(PVOID)entry->Data;
        binding->data_backfill = general->DataBackFillSize;
        binding->context_backfill = general->ContextBackFillSize;
        binding->bound.MtuSize = general->MtuSize;
    }
}

static NDIS_STATUS net_pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event) {
    struct mux_binding *binding = context;
    if (!binding) return NDIS_STATUS_SUCCESS; /* to the driver as a whole */
    switch (event->NetPnPEvent.NetEvent) {
    case NetEventRestart:
        note_attributes(binding, &event->NetPnPEvent);
        binding->running = TRUE;
        return NDIS_STATUS_SUCCESS;
    case NetEventPause:
        binding->running = FALSE;
        if (binding->sends_out == 0) return NDIS_STATUS_SUCCESS;
        binding->pausing = event;
        return NDIS_STATUS_PENDING;
    default: return NDIS_STATUS_SUCCESS;
    }
}

/* The link is that of every virtual adapter. */
static VOID status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication) {
    struct mux_binding *binding = context;
    if (indication->StatusCode == NDIS_STATUS_LINK_STATE && indication->StatusBufferSize >= sizeof(binding->link))
        RtlCopyMemory(&binding->link, indication->StatusBuffer, sizeof(binding->link));
    for (unsigned i = 0; i < binding->mux->adapters; i++) {
        if (!binding->adapters[i].handle) continue;
        NDIS_STATUS_INDICATION own = *indication;
        own.SourceHandle = binding->adapters[i].handle;
        NdisMIndicateStatusEx(binding->adapters[i].handle, &own);
    }
}

/* Opens and closes never pend. */
static VOID open_complete(NDIS_HANDLE context, NDIS_STATUS result) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(result);
}
static VOID close_complete(NDIS_HANDLE context) { UNREFERENCED_PARAMETER(context); }

NDIS_STATUS mux_register_protocol(struct mux *mux) {
    static WCHAR name[] = u"Mux";
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS characteristics = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS, NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = MUX_NDIS_MAJOR,
        .MinorNdisVersion = MUX_NDIS_MINOR,
        .BindAdapterHandlerEx = bind,
        .UnbindAdapterHandlerEx = unbind,
        .OpenAdapterCompleteHandlerEx = open_complete,
        .CloseAdapterCompleteHandlerEx = close_complete,
        .NetPnPEventHandler = net_pnp_event,
        .OidRequestCompleteHandler = mux_oid_complete,
        .StatusHandlerEx = status,
        .ReceiveNetBufferListsHandler = mux_receive,
        .SendNetBufferListsCompleteHandler = mux_send_complete,
    };
    RtlInitUnicodeString(&characteristics.Name, name);
    return NdisRegisterProtocolDriver(mux, &characteristics, &mux->protocol);
}
