/* SPDX-License-Identifier: Apache-2.0 */
/* A protocol that sends nothing and hears everything: what arrives, and (NDIS loops it back) what the others on its adapter send. */
#include <ndis.h>

static NDIS_HANDLE protocol, binding;
static KEVENT asked;
static ULONG sends, receives;

static VOID set_filter(VOID) {
    static ULONG filter = NDIS_PACKET_TYPE_PROMISCUOUS;
    static NDIS_OID_REQUEST request;
    request.Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    request.Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    request.RequestType = NdisRequestSetInformation;
    request.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
    request.DATA.SET_INFORMATION.InformationBuffer = &filter;
    request.DATA.SET_INFORMATION.InformationBufferLength = sizeof(filter);
    KeInitializeEvent(&asked, NotificationEvent, FALSE);
    if (NdisOidRequest(binding, &request) == NDIS_STATUS_PENDING) KeWaitForSingleObject(&asked, Executive, KernelMode, FALSE, NULL);
}

static VOID OidComplete(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(request);
    UNREFERENCED_PARAMETER(status);
    KeSetEvent(&asked, 0, FALSE);
}

static NDIS_STATUS Bind(NDIS_HANDLE context, NDIS_HANDLE bind_context, PNDIS_BIND_PARAMETERS parameters) {
    NDIS_MEDIUM medium = NdisMedium802_3;
    NDIS_OPEN_PARAMETERS open;
    NDIS_STATUS status;
    UINT selected;
    NdisZeroMemory(&open, sizeof(open));
    open.Header.Type = NDIS_OBJECT_TYPE_OPEN_PARAMETERS;
    open.Header.Revision = NDIS_OPEN_PARAMETERS_REVISION_1;
    open.Header.Size = NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1;
    open.AdapterName = parameters->AdapterName;
    open.MediumArray = &medium;
    open.MediumArraySize = 1;
    open.SelectedMediumIndex = &selected;
    status = NdisOpenAdapterEx(protocol, context, &open, bind_context, &binding);
    if (status == NDIS_STATUS_SUCCESS) set_filter();
    return status;
}

static NDIS_STATUS Unbind(NDIS_HANDLE unbind_context, NDIS_HANDLE context) {
    UNREFERENCED_PARAMETER(unbind_context);
    UNREFERENCED_PARAMETER(context);
    DbgPrint("listener: heard %u sends and %u receives\n", sends, receives);
    return NdisCloseAdapterEx(binding);
}

static VOID OpenComplete(NDIS_HANDLE context, NDIS_STATUS status) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(status);
}
static VOID CloseComplete(NDIS_HANDLE context) { UNREFERENCED_PARAMETER(context); }

static NDIS_STATUS PnpEvent(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(event);
    return NDIS_STATUS_SUCCESS;
}

static VOID Status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(indication);
}

static VOID SendComplete(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(nbls);
    UNREFERENCED_PARAMETER(flags);
}

static VOID Receive(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    PNET_BUFFER_LIST nbl;
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(port);
    UNREFERENCED_PARAMETER(count);
    for (nbl = nbls; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
        if (NdisTestNblFlag(nbl, NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET)) sends++;
        else receives++;
    if (NDIS_TEST_RECEIVE_CAN_PEND(flags)) NdisReturnNetBufferLists(binding, nbls, 0);
}

static VOID Unload(PDRIVER_OBJECT driver) {
    UNREFERENCED_PARAMETER(driver);
    NdisDeregisterProtocolDriver(protocol);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS characteristics;
    UNREFERENCED_PARAMETER(registry_path);
    NdisZeroMemory(&characteristics, sizeof(characteristics));
    characteristics.Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
    characteristics.Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    characteristics.Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2;
    characteristics.MajorNdisVersion = 6;
    characteristics.MinorNdisVersion = 30;
    RtlInitUnicodeString(&characteristics.Name, L"Listener");
    characteristics.BindAdapterHandlerEx = Bind;
    characteristics.UnbindAdapterHandlerEx = Unbind;
    characteristics.OpenAdapterCompleteHandlerEx = OpenComplete;
    characteristics.CloseAdapterCompleteHandlerEx = CloseComplete;
    characteristics.NetPnPEventHandler = PnpEvent;
    characteristics.OidRequestCompleteHandler = OidComplete;
    characteristics.StatusHandlerEx = Status;
    characteristics.ReceiveNetBufferListsHandler = Receive;
    characteristics.SendNetBufferListsCompleteHandler = SendComplete;
    driver->DriverUnload = Unload;
    return NdisRegisterProtocolDriver(NULL, &characteristics, &protocol);
}
