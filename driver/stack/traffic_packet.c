/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_packet.c: the traffic protocol towards NDIS 5: registration, bind, requests. [D] 5 */
#include "traffic_packet.h"

NDIS_STATUS traffic_packet_request(struct traffic *traffic, NDIS_REQUEST_TYPE type, NDIS_OID oid, PVOID buffer, UINT length) {
    NDIS_REQUEST request = {.RequestType = type};
    NDIS_STATUS status;
    if (type == NdisRequestSetInformation) {
        request.DATA.SET_INFORMATION.Oid = oid;
        request.DATA.SET_INFORMATION.InformationBuffer = buffer;
        request.DATA.SET_INFORMATION.InformationBufferLength = length;
    } else {
        request.DATA.QUERY_INFORMATION.Oid = oid;
        request.DATA.QUERY_INFORMATION.InformationBuffer = buffer;
        request.DATA.QUERY_INFORMATION.InformationBufferLength = length;
    }
    KeClearEvent(&traffic->oid_done);
    NdisRequest(&status, traffic->binding, &request);
    if (status != NDIS_STATUS_PENDING) return status;
    KeWaitForSingleObject(&traffic->oid_done, Executive, KernelMode, FALSE, NULL);
    return traffic->oid_status;
}

static VOID request_complete(NDIS_HANDLE context, PNDIS_REQUEST request, NDIS_STATUS status) {
    struct traffic *traffic = context;
    UNREFERENCED_PARAMETER(request);
    traffic->oid_status = status;
    (void)KeSetEvent(&traffic->oid_done, 0, FALSE);
}

/* ---- Bind */
static NDIS_STATUS open_adapter(struct traffic *traffic, PNDIS_STRING name) {
    NDIS_MEDIUM medium = NdisMedium802_3;
    NDIS_STATUS status;
    UINT selected = 0;
    NdisOpenAdapter(&status, &traffic->packets->open_error, &traffic->binding, &selected, &medium, 1, traffic->packets->protocol, traffic, name,
                    0, NULL);
    return status;
}

static void close_adapter(struct traffic *traffic) {
    const struct platform *platform = traffic->platform;
    NDIS_STATUS status;
    traffic->running = false;
    if (traffic->sender) {
        platform->ops->event_set(platform->ctx, traffic->wake);
        platform->ops->thread_join(platform->ctx, traffic->sender);
        traffic->sender = NULL;
    }
    NdisCloseAdapter(&status, traffic->binding);
    traffic->binding = NULL;
}

static NDIS_STATUS start(struct traffic *traffic) {
    const struct platform *platform = traffic->platform;
    ULONG filter = NDIS_PACKET_TYPE_PROMISCUOUS;
    NDIS_STATUS status = traffic_ask_slots(traffic);
    if (status == NDIS_STATUS_SUCCESS)
        status = traffic_packet_request(traffic, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter));
    if (status == NDIS_STATUS_SUCCESS && !traffic->packets->all) status = traffic_packet_make(traffic);
    if (status != NDIS_STATUS_SUCCESS) return status;
    traffic->running = true;
    traffic->sender = platform->ops->thread_create(platform->ctx, "traffic sender", traffic_packet_sender, traffic);
    return traffic->sender ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static VOID bind_adapter(PNDIS_STATUS status, NDIS_HANDLE bind_context, PNDIS_STRING name, PVOID specific1, PVOID specific2) {
    struct traffic *traffic = ndis_handle_argument(bind_context);
    UNREFERENCED_PARAMETER(specific1);
    UNREFERENCED_PARAMETER(specific2);
    *status = NDIS_STATUS_NOT_SUPPORTED; /* one adapter */
    if (traffic->binding) return;
    *status = open_adapter(traffic, name);
    if (*status != NDIS_STATUS_SUCCESS) return;
    *status = start(traffic);
    if (*status != NDIS_STATUS_SUCCESS) close_adapter(traffic);
    traffic->bind_status = *status;
}

static VOID unbind_adapter(PNDIS_STATUS status, NDIS_HANDLE context, NDIS_HANDLE unbind_context) {
    struct traffic *traffic = context;
    ULONG filter = 0;
    UNREFERENCED_PARAMETER(unbind_context);
    traffic_take_requests(traffic);
    (void)traffic_packet_request(traffic, NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter));
    close_adapter(traffic);
    traffic_give_requests(traffic);
    *status = NDIS_STATUS_SUCCESS;
}

/* ---- What never comes: our opens, closes and transfers do not pend, and nobody resets. */
static VOID open_complete(NDIS_HANDLE context, NDIS_STATUS status, NDIS_STATUS open_error) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(status);
    UNREFERENCED_PARAMETER(open_error);
}

static VOID close_complete(NDIS_HANDLE context, NDIS_STATUS status) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(status);
}

static VOID transfer_complete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status, UINT bytes) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(packet);
    UNREFERENCED_PARAMETER(status);
    UNREFERENCED_PARAMETER(bytes);
}

/* Frames that are lost while the link is down are nobody's concern here. */
static VOID status_indication(NDIS_HANDLE context, NDIS_STATUS status, PVOID buffer, UINT bytes) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(status);
    UNREFERENCED_PARAMETER(buffer);
    UNREFERENCED_PARAMETER(bytes);
}

static VOID status_complete(NDIS_HANDLE context) { UNREFERENCED_PARAMETER(context); }

static VOID unload(PDRIVER_OBJECT driver) {
    struct traffic *traffic = ndis_driver_argument(driver);
    NDIS_STATUS status;
    traffic_packet_free(traffic);
    NdisDeregisterProtocol(&status, traffic->packets->protocol);
    NdisFreeMemory(traffic->packets, 0, 0);
    traffic->packets = NULL;
}

NTSTATUS traffic_packet_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    struct traffic *traffic = ndis_driver_argument(driver);
    static const WCHAR name[] = u"Traffic";
    NDIS_PROTOCOL_CHARACTERISTICS characteristics = {
        .MajorNdisVersion = 5,
        .OpenAdapterCompleteHandler = open_complete,
        .CloseAdapterCompleteHandler = close_complete,
        .SendCompleteHandler = traffic_packet_send_complete,
        .TransferDataCompleteHandler = transfer_complete,
        .ResetCompleteHandler = close_complete,
        .RequestCompleteHandler = request_complete,
        .ReceiveHandler = traffic_packet_show,
        .ReceiveCompleteHandler = traffic_packet_receive_complete,
        .StatusHandler = status_indication,
        .StatusCompleteHandler = status_complete,
        .ReceivePacketHandler = traffic_packet_receive,
        .BindAdapterHandler = bind_adapter,
        .UnbindAdapterHandler = unbind_adapter,
    };
    NDIS_STATUS status;
    UNREFERENCED_PARAMETER(registry_path);
    traffic->packets = NdisAllocateMemoryWithTagPriority(NULL, sizeof(*traffic->packets), TRAFFIC_TAG, NormalPoolPriority);
    if (!traffic->packets) return NDIS_STATUS_RESOURCES;
    NdisZeroMemory(traffic->packets, sizeof(*traffic->packets));
    RtlInitUnicodeString(&characteristics.Name, name);
    KeInitializeEvent(&traffic->oid_done, NotificationEvent, FALSE);
    KeInitializeEvent(&traffic->oid_free, SynchronizationEvent, TRUE);
    driver->DriverUnload = unload;
    NdisRegisterProtocol(&status, &traffic->packets->protocol, &characteristics, sizeof(characteristics));
    if (status != NDIS_STATUS_SUCCESS) NdisFreeMemory(traffic->packets, 0, 0);
    return status;
}
