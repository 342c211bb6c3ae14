/* SPDX-License-Identifier: Apache-2.0 */
/* legacy_protocol.c: protocols of NDIS 5: registration, bind, open, close. [D] 5, 3.6 */
#include <stdlib.h>

#include "legacy_protocol_internal.h"

enum { PACKETS = 64 /* that a pool of received ones grows by */, TAG = 0x3570646E /* 'ndp5' */,
       NDIS4_LENGTH = offsetof(NDIS_PROTOCOL_CHARACTERISTICS, ReservedHandlers) };

/* ---- Bind */
static NDIS_STATUS make_pools(struct legacy_binding *binding) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .fAllocateNetBuffer = TRUE, .PoolTag = TAG};
    binding->nbls = WdkAllocateNetBufferListPool(binding->protocol->protocol, &parameters, "NdisOpenAdapter");
    binding->packets = packet_pool_make(binding->object.ndis, binding->object.name, PACKETS, 0, true, "NdisOpenAdapter");
    return binding->nbls && binding->packets ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static void free_pools(struct legacy_binding *binding) {
    if (binding->nbls) NdisFreeNetBufferListPool(binding->nbls);
    if (binding->packets) packet_pool_close(binding->packets);
    binding->nbls = NULL;
    binding->packets = NULL;
}

static struct legacy_binding *make_binding(struct legacy_protocol *protocol, NDIS_HANDLE bind_context, PNDIS_BIND_PARAMETERS parameters) {
    struct legacy_binding *binding = calloc(1, sizeof(*binding));
    if (!binding) return NULL;
    const ULONG align = MEMORY_ALLOCATION_ALIGNMENT - 1, backfill = (parameters->ContextBackFillSize + align) & ~align;
    binding->object = (struct ndis_object){.type = NDIS_OBJECT_LEGACY_BINDING, .ndis = protocol->object.ndis, .name = protocol->object.name};
    binding->protocol = protocol;
    binding->bind_context = bind_context;
    binding->adapter_name = parameters->AdapterName;
    binding->context_backfill = backfill <= UINT16_MAX - align ? (USHORT)backfill : 0;
    binding->next = protocol->bindings;
    protocol->bindings = binding;
    return binding;
}

/* A binding lives as long as its protocol: an NBL that was lost may still come back to it. */
static NDIS_STATUS bind(NDIS_HANDLE context, NDIS_HANDLE bind_context, PNDIS_BIND_PARAMETERS parameters) {
    struct legacy_protocol *protocol = context;
    struct legacy_binding *binding = make_binding(protocol, bind_context, parameters);
    NDIS_STATUS status = NDIS_STATUS_FAILURE;
    if (!binding) return NDIS_STATUS_RESOURCES;
    protocol->chars.BindAdapterHandler(&status, binding, parameters->AdapterName, parameters->ProtocolSection, NULL);
    return status;
}

void *ndis_handle_argument(NDIS_HANDLE handle) {
    const struct ndis_object *object = handle;
    if (object->type == NDIS_OBJECT_LEGACY_BINDING) handle = ((struct legacy_binding *)handle)->bind_context;
    return ((struct ndis_layer *)handle)->driver->argument;
}

VOID NdisCompleteBindAdapter(NDIS_HANDLE BindAdapterContext, NDIS_STATUS Status, NDIS_STATUS OpenStatus) {
    (void)OpenStatus;
    struct legacy_binding *binding = ndis_object_of(BindAdapterContext, NDIS_OBJECT_LEGACY_BINDING, __func__);
    if (binding) NdisCompleteBindAdapterEx(binding->bind_context, Status);
}

static NDIS_STATUS unbind(NDIS_HANDLE unbind_context, NDIS_HANDLE context) {
    struct legacy_binding *binding = context;
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    binding->protocol->chars.UnbindAdapterHandler(&status, binding->context, unbind_context);
    return status;
}

VOID NdisCompleteUnbindAdapter(NDIS_HANDLE UnbindAdapterContext, NDIS_STATUS Status) {
    (void)Status;
    NdisCompleteUnbindAdapterEx(UnbindAdapterContext);
}

VOID NdisOpenAdapter(PNDIS_STATUS Status, PNDIS_STATUS OpenErrorStatus, PNDIS_HANDLE NdisBindingHandle, PUINT SelectedMediumIndex,
                     PNDIS_MEDIUM MediumArray, UINT MediumArraySize, NDIS_HANDLE NdisProtocolHandle, NDIS_HANDLE ProtocolBindingContext,
                     PNDIS_STRING AdapterName, UINT OpenOptions, PVOID AddressingInformation) {
    (void)OpenOptions;
    (void)AddressingInformation;
    struct legacy_protocol *protocol = ndis_object_of(NdisProtocolHandle, NDIS_OBJECT_LEGACY_PROTOCOL, __func__);
    struct legacy_binding *binding = protocol ? protocol->bindings : NULL;
    while (binding && (binding->open || !RtlEqualUnicodeString(AdapterName, binding->adapter_name, TRUE))) binding = binding->next;
    *OpenErrorStatus = NDIS_STATUS_SUCCESS;
    *Status = NDIS_STATUS_ADAPTER_NOT_FOUND;
    if (!binding) return;
    NDIS_OPEN_PARAMETERS open = {
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1, NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = AdapterName, .MediumArray = MediumArray, .MediumArraySize = MediumArraySize, .SelectedMediumIndex = SelectedMediumIndex};
    binding->context = ProtocolBindingContext;
    *Status = NdisOpenAdapterEx(protocol->protocol, binding, &open, binding->bind_context, &binding->binding);
    if (*Status != NDIS_STATUS_SUCCESS) return;
    binding->open = true;
    *Status = make_pools(binding);
    if (*Status == NDIS_STATUS_SUCCESS) {
        *NdisBindingHandle = binding;
        return;
    }
    NDIS_STATUS closed;
    NdisCloseAdapter(&closed, binding);
}

VOID NdisCloseAdapter(PNDIS_STATUS Status, NDIS_HANDLE NdisBindingHandle) {
    struct legacy_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_LEGACY_BINDING, __func__);
    *Status = NDIS_STATUS_FAILURE;
    if (!binding) return;
    legacy_protocol_refuse_waiting(binding, NDIS_STATUS_REQUEST_ABORTED);
    *Status = NdisCloseAdapterEx(binding->binding);
    binding->open = false;
    free_pools(binding);
}

/* ---- Registration */
static bool is_complete(const NDIS_PROTOCOL_CHARACTERISTICS *chars) {
    return chars->BindAdapterHandler && chars->UnbindAdapterHandler && chars->SendCompleteHandler && chars->RequestCompleteHandler &&
           chars->ReceiveHandler;
}

static NDIS_STATUS register_with_ndis6(struct legacy_protocol *protocol) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS chars = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS, NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6, .MinorNdisVersion = 80, .Name = protocol->chars.Name,
        .BindAdapterHandlerEx = bind, .UnbindAdapterHandlerEx = unbind, .NetPnPEventHandler = legacy_protocol_pnp_event,
        .OidRequestCompleteHandler = legacy_protocol_request_complete, .StatusHandlerEx = legacy_protocol_status,
        .ReceiveNetBufferListsHandler = legacy_protocol_receive, .SendNetBufferListsCompleteHandler = legacy_protocol_sent};
    return NdisRegisterProtocolDriver(protocol, &chars, &protocol->protocol);
}

VOID NdisRegisterProtocol(PNDIS_STATUS Status, PNDIS_HANDLE NdisProtocolHandle, PNDIS_PROTOCOL_CHARACTERISTICS ProtocolCharacteristics,
                          UINT CharacteristicsLength) {
    struct ndis *ndis = ndis_current(__func__);
    *NdisProtocolHandle = NULL;
    *Status = NDIS_STATUS_BAD_CHARACTERISTICS;
    if (CharacteristicsLength < NDIS4_LENGTH) return;
    *Status = NDIS_STATUS_BAD_VERSION;
    if (ProtocolCharacteristics->MajorNdisVersion < 4 || ProtocolCharacteristics->MajorNdisVersion > 5) return;
    *Status = NDIS_STATUS_RESOURCES;
    struct legacy_protocol *protocol = calloc(1, sizeof(*protocol));
    if (!protocol) return;
    memcpy(&protocol->chars, ProtocolCharacteristics,
           CharacteristicsLength < sizeof(protocol->chars) ? CharacteristicsLength : sizeof(protocol->chars));
    protocol->object = (struct ndis_object){.type = NDIS_OBJECT_LEGACY_PROTOCOL, .ndis = ndis,
                                            .name = ndis->loading ? ndis->loading->object.name : "protocol"};
    *Status = is_complete(&protocol->chars) ? register_with_ndis6(protocol) : NDIS_STATUS_BAD_CHARACTERISTICS;
    if (*Status != NDIS_STATUS_SUCCESS) {
        free(protocol);
        return;
    }
    protocol->next = ndis->legacy_protocols;
    ndis->legacy_protocols = protocol;
    *NdisProtocolHandle = protocol;
}

VOID NdisDeregisterProtocol(PNDIS_STATUS Status, NDIS_HANDLE NdisProtocolHandle) {
    struct legacy_protocol *protocol = ndis_object_of(NdisProtocolHandle, NDIS_OBJECT_LEGACY_PROTOCOL, __func__);
    *Status = protocol ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
    if (protocol && protocol->protocol) NdisDeregisterProtocolDriver(protocol->protocol);
    if (protocol) protocol->protocol = NULL;
}

void ndis_free_legacy_protocols(struct ndis *ndis) {
    while (ndis->legacy_protocols) {
        struct legacy_protocol *protocol = ndis->legacy_protocols;
        ndis->legacy_protocols = protocol->next;
        while (protocol->bindings) {
            struct legacy_binding *binding = protocol->bindings;
            protocol->bindings = binding->next;
            free(binding);
        }
        free(protocol);
    }
}
