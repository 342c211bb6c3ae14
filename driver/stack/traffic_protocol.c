/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_protocol.c: the traffic protocol towards NDIS, or lwIP in its place: registration, binding, pause and restart. [D] 3.3, 3.6 */
#include "tcpip.h"
#include "traffic_packet.h"

enum { NDIS_MAJOR = 6, NDIS_MINOR = 80 };

/* Ask the adapter, and wait for the answer. One at a time: oid_free is the caller's. */
static NDIS_STATUS request_now(struct traffic *traffic, NDIS_REQUEST_TYPE type, NDIS_OID oid, PVOID buffer, UINT length) {
    if (traffic->config.protocol_ndis5) return traffic_packet_request(traffic, type, oid, buffer, length);
    NDIS_OID_REQUEST oid_request = {
        .Header = {NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1},
        .RequestType = type,
    };
    if (type == NdisRequestSetInformation) {
        oid_request.DATA.SET_INFORMATION.Oid = oid;
        oid_request.DATA.SET_INFORMATION.InformationBuffer = buffer;
        oid_request.DATA.SET_INFORMATION.InformationBufferLength = length;
    } else {
        oid_request.DATA.QUERY_INFORMATION.Oid = oid;
        oid_request.DATA.QUERY_INFORMATION.InformationBuffer = buffer;
        oid_request.DATA.QUERY_INFORMATION.InformationBufferLength = length;
    }
    KeClearEvent(&traffic->oid_done);
    NDIS_STATUS status = NdisOidRequest(traffic->binding, &oid_request);
    if (status != NDIS_STATUS_PENDING) return status;
    KeWaitForSingleObject(&traffic->oid_done, Executive, KernelMode, FALSE, NULL);
    return traffic->oid_status;
}

void traffic_take_requests(struct traffic *traffic) { KeWaitForSingleObject(&traffic->oid_free, Executive, KernelMode, FALSE, NULL); }
void traffic_give_requests(struct traffic *traffic) { (void)KeSetEvent(&traffic->oid_free, 0, FALSE); }

NDIS_STATUS traffic_request(struct traffic *traffic, NDIS_REQUEST_TYPE type, NDIS_OID oid, PVOID buffer, UINT length) {
    traffic_take_requests(traffic);
    NDIS_STATUS status = traffic->binding ? request_now(traffic, type, oid, buffer, length) : NDIS_STATUS_CLOSING;
    traffic_give_requests(traffic);
    return status;
}

static VOID oid_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST oid_request, NDIS_STATUS status) {
    struct traffic *traffic = context;
    UNREFERENCED_PARAMETER(oid_request);
    traffic->oid_status = status;
    (void)KeSetEvent(&traffic->oid_done, 0, FALSE);
}

NDIS_STATUS traffic_ask_slots(struct traffic *traffic) {
    ULONG space = 0, block = 0;
    NDIS_STATUS status = traffic_request(traffic, NdisRequestQueryInformation, OID_GEN_TRANSMIT_BUFFER_SPACE, &space, sizeof(space));
    if (status == NDIS_STATUS_SUCCESS)
        status = traffic_request(traffic, NdisRequestQueryInformation, OID_GEN_TRANSMIT_BLOCK_SIZE, &block, sizeof(block));
    if (status == NDIS_STATUS_SUCCESS) traffic->slots = block ? space / block : 0;
    return status;
}

static NDIS_STATUS open_adapter(struct traffic *traffic, NDIS_HANDLE bind_context, PNDIS_BIND_PARAMETERS parameters) {
    NDIS_MEDIUM medium = NdisMedium802_3;
    UINT selected = 0;
    NDIS_OPEN_PARAMETERS open = {
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1, NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = parameters->AdapterName,
        .MediumArray = &medium,
        .MediumArraySize = 1,
        .SelectedMediumIndex = &selected,
    };
    return NdisOpenAdapterEx(traffic->protocol, traffic, &open, bind_context, &traffic->binding);
}

static void close_adapter(struct traffic *traffic) {
    (void)NdisCloseAdapterEx(traffic->binding);
    traffic->binding = NULL;
}

/* What the stack below wants in front of each frame and in each NBL's context, if that is what the configuration says. */
static void choose_backfill(struct traffic *traffic, const NDIS_BIND_PARAMETERS *parameters) {
    enum { MOST = 4096, ALIGN = MEMORY_ALLOCATION_ALIGNMENT - 1 };
    traffic->backfill = traffic->config.backfill;
    traffic->context_backfill = 0;
    if (traffic->config.backfill != TRAFFIC_BACKFILL_ASKED) return;
    traffic->backfill = parameters->DataBackFillSize < MOST ? parameters->DataBackFillSize : MOST;
    if (parameters->ContextBackFillSize < MOST) traffic->context_backfill = (USHORT)((parameters->ContextBackFillSize + ALIGN) & ~(ULONG)ALIGN);
}

static NDIS_STATUS bind_adapter(NDIS_HANDLE context, NDIS_HANDLE bind_context, PNDIS_BIND_PARAMETERS parameters) {
    struct traffic *traffic = context;
    if (traffic->binding) return NDIS_STATUS_NOT_SUPPORTED; /* one adapter */
    NDIS_STATUS status = open_adapter(traffic, bind_context, parameters);
    if (status != NDIS_STATUS_SUCCESS) return status;
    ULONG filter = traffic->config.offloads.filter ? NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST : NDIS_PACKET_TYPE_PROMISCUOUS;
    choose_backfill(traffic, parameters);
    status = traffic_ask_slots(traffic);
    if (status == NDIS_STATUS_SUCCESS) status = traffic_tasks_ask(traffic, parameters);
    if (status == NDIS_STATUS_SUCCESS) status = traffic_tasks_join_vlan(traffic);
    if (status == NDIS_STATUS_SUCCESS)
        status = traffic_request(traffic, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter));
    if (status == NDIS_STATUS_SUCCESS && traffic->config.tcpip)
        status = tcpip_make(traffic, parameters);
    else if (status == NDIS_STATUS_SUCCESS && !traffic->items)
        status = traffic_items_make(traffic);
    if (status != NDIS_STATUS_SUCCESS) close_adapter(traffic);
    traffic->bind_status = status;
    return status;
}

static NDIS_STATUS unbind_adapter(NDIS_HANDLE unbind_context, NDIS_HANDLE context) {
    struct traffic *traffic = context;
    ULONG filter = 0;
    UNREFERENCED_PARAMETER(unbind_context);
    /* A request that is under way ends first, and none begins until the binding is closed. [D] 3.4 */
    traffic_take_requests(traffic);
    (void)request_now(traffic, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter));
    if (traffic->config.tcpip)
        tcpip_unbind(traffic);
    else
        traffic_send_drop_batch(traffic);
    close_adapter(traffic);
    traffic_give_requests(traffic);
    return NDIS_STATUS_SUCCESS;
}

/* Our opens and closes never pend. */
static VOID open_complete(NDIS_HANDLE context, NDIS_STATUS status) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(status);
}
static VOID close_complete(NDIS_HANDLE context) { UNREFERENCED_PARAMETER(context); }

static VOID status_indication(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication) { traffic_tasks_status(context, indication); }

static NDIS_STATUS restart(struct traffic *traffic) {
    const struct platform *platform = traffic->platform;
    if (traffic->sender) return NDIS_STATUS_SUCCESS;
    traffic->running = true;
    traffic->sender = platform->ops->thread_create(platform->ctx, traffic->tcpip ? "lwip" : "traffic sender",
                                                   traffic->tcpip ? tcpip_thread : traffic_sender, traffic);
    traffic->running = traffic->sender != NULL;
    return traffic->sender ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

/* No new sends once the thread has ended; then wait for what is out. */
static NDIS_STATUS pause(struct traffic *traffic, PNET_PNP_EVENT_NOTIFICATION event) {
    const struct platform *platform = traffic->platform;
    traffic->running = false;
    if (traffic->sender) {
        platform->ops->event_set(platform->ctx, traffic->wake);
        platform->ops->thread_join(platform->ctx, traffic->sender);
        traffic->sender = NULL;
    }
    tcpip_pause(traffic);
    if (!traffic->outstanding) return NDIS_STATUS_SUCCESS;
    traffic->pausing = event;
    return NDIS_STATUS_PENDING;
}

static NDIS_STATUS net_pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event) {
    struct traffic *traffic = context;
    switch (event->NetPnPEvent.NetEvent) {
    case NetEventRestart: return restart(traffic);
    case NetEventPause: return pause(traffic, event);
    default: return traffic ? NDIS_STATUS_SUCCESS : NDIS_STATUS_NOT_SUPPORTED;
    }
}

/* The items live until here, and not only until unbinding: the adapter is halted by now, so that the device has forgotten even the
 * memory of an NBL that never came back. */
static VOID unload(PDRIVER_OBJECT driver) {
    struct traffic *traffic = ndis_driver_argument(driver);
    tcpip_free(traffic);
    traffic_items_free(traffic);
    NdisDeregisterProtocolDriver(traffic->protocol);
    traffic->protocol = NULL;
}

NTSTATUS traffic_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    struct traffic *traffic = ndis_driver_argument(driver);
    static const WCHAR frames[] = u"Traffic", tcpip[] = u"Tcpip";
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS characteristics = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS, NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = NDIS_MAJOR,
        .MinorNdisVersion = NDIS_MINOR,
        .BindAdapterHandlerEx = bind_adapter,
        .UnbindAdapterHandlerEx = unbind_adapter,
        .OpenAdapterCompleteHandlerEx = open_complete,
        .CloseAdapterCompleteHandlerEx = close_complete,
        .NetPnPEventHandler = net_pnp_event,
        .OidRequestCompleteHandler = oid_complete,
        .StatusHandlerEx = status_indication,
        .ReceiveNetBufferListsHandler = traffic->config.tcpip ? tcpip_receive : traffic_receive,
        .SendNetBufferListsCompleteHandler = traffic->config.tcpip ? tcpip_send_complete : traffic_send_complete,
    };
    UNREFERENCED_PARAMETER(registry_path);
    RtlInitUnicodeString(&characteristics.Name, traffic->config.tcpip ? tcpip : frames);
    traffic->cancel_part = NdisGeneratePartialCancelId();
    KeInitializeEvent(&traffic->oid_done, NotificationEvent, FALSE);
    KeInitializeEvent(&traffic->oid_free, SynchronizationEvent, TRUE);
    driver->DriverUnload = unload;
    return NdisRegisterProtocolDriver(traffic, &characteristics, &traffic->protocol);
}
