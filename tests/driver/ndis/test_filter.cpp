// SPDX-License-Identifier: Apache-2.0
#include "test_filter.h"

namespace {

TestFilter* of(NDIS_HANDLE context) { return static_cast<TestFilter*>(context); }

std::vector<PNET_BUFFER_LIST> list_of(PNET_BUFFER_LIST nbls) {
    std::vector<PNET_BUFFER_LIST> list;
    for (; nbls; nbls = nbls->Next) list.push_back(nbls);
    return list;
}

void append(std::vector<PNET_BUFFER_LIST>& to, PNET_BUFFER_LIST nbls) {
    for (; nbls; nbls = nbls->Next) to.push_back(nbls);
}

// What the filter originated ends with it; the rest goes on.
std::vector<PNET_BUFFER_LIST> without_own(const TestFilter* filter, PNET_BUFFER_LIST nbls) {
    std::vector<PNET_BUFFER_LIST> list;
    for (; nbls; nbls = nbls->Next)
        if (nbls->SourceHandle != filter->module) list.push_back(nbls);
    return list;
}

NDIS_STATUS attach(NDIS_HANDLE module, NDIS_HANDLE driver_context, PNDIS_FILTER_ATTACH_PARAMETERS parameters) {
    auto* filter = of(driver_context);
    filter->log("attach");
    EXPECT_NE(parameters->BaseMiniportName->Length, 0u);
    EXPECT_NE(parameters->FilterModuleGuidName->Length, 0u);
    if (filter->attach_status != NDIS_STATUS_SUCCESS) return filter->attach_status;
    filter->module = module;
    filter->attached++;
    NDIS_FILTER_ATTRIBUTES attributes{};
    attributes.Header = {NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, 1, sizeof(attributes)};
    return NdisFSetAttributes(module, filter, &attributes);
}

VOID detach(NDIS_HANDLE context) {
    of(context)->log("detach");
    of(context)->attached--;
}

NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS parameters) {
    auto* filter = of(context);
    filter->log("restart");
    auto* general = reinterpret_cast<PNDIS_RESTART_GENERAL_ATTRIBUTES>(parameters->RestartAttributes->Data);
    general->DataBackFillSize += filter->data_backfill;
    general->ContextBackFillSize += filter->context_backfill;
    return filter->restart_status;
}

NDIS_STATUS pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS) {
    of(context)->log("pause");
    return of(context)->pause_status;
}

VOID sent(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG flags) {
    auto* filter = of(context);
    filter->log("send");
    if (filter->hold_sends) append(filter->sends, nbls);
    else NdisFSendNetBufferLists(filter->module, nbls, port, flags);
}

VOID send_completed(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    auto* filter = of(context);
    filter->log("complete");
    append(filter->completed, nbls);
    nbls = chain(without_own(filter, nbls));
    if (nbls) NdisFSendNetBufferListsComplete(filter->module, nbls, flags);
}

VOID cancel_send(NDIS_HANDLE context, PVOID id) {
    of(context)->cancelled_sends.push_back(id);
    NdisFCancelSendNetBufferLists(of(context)->module, id);
}

VOID received(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    auto* filter = of(context);
    filter->log("receive");
    EXPECT_EQ(list_of(nbls).size(), count);
    if (filter->return_lent) NdisFReturnNetBufferLists(filter->module, nbls, 0);
    if (filter->hold_receives) append(filter->receives, nbls);
    else
        NdisFIndicateReceiveNetBufferLists(filter->module, nbls, port, count,
                                           (flags | filter->add_receive_flags) & ~filter->drop_receive_flags);
    if (filter->cut_chain) nbls->Next = nullptr;
    // What was only lent upwards is the filter's to return.
    if ((filter->add_receive_flags & NDIS_RECEIVE_FLAGS_RESOURCES) && NDIS_TEST_RECEIVE_CAN_PEND(flags))
        NdisFReturnNetBufferLists(filter->module, nbls, 0);
}

VOID returned(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    auto* filter = of(context);
    filter->log("return");
    append(filter->returned, nbls);
    nbls = chain(without_own(filter, nbls));
    if (nbls) NdisFReturnNetBufferLists(filter->module, nbls, flags);
}

NDIS_STATUS oid_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
    auto* filter = of(context);
    filter->log("oid");
    if (filter->hold_oids) {
        filter->oids.push_back(request);
        return NDIS_STATUS_PENDING;
    }
    PNDIS_OID_REQUEST clone;
    if (NdisAllocateCloneOidRequest(filter->module, request, 1, &clone) != NDIS_STATUS_SUCCESS) return NDIS_STATUS_RESOURCES;
    EXPECT_EQ(filter->original, nullptr) << "one request at a time";
    filter->original = request;
    NDIS_STATUS status = NdisFOidRequest(filter->module, clone);
    if (status == NDIS_STATUS_PENDING) return status;
    filter->original = nullptr;
    request->DATA = clone->DATA;
    NdisFreeCloneOidRequest(filter->module, clone);
    return status;
}

VOID oid_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST clone, NDIS_STATUS status) {
    auto* filter = of(context);
    PNDIS_OID_REQUEST request = filter->original;
    filter->original = nullptr;
    request->DATA = clone->DATA;
    NdisFreeCloneOidRequest(filter->module, clone);
    NdisFOidRequestComplete(filter->module, request, status);
}

VOID cancel_oid(NDIS_HANDLE context, PVOID id) {
    of(context)->cancelled_oids.push_back(id);
    NdisFCancelOidRequest(of(context)->module, id);
}

NDIS_STATUS net_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION notification) {
    of(context)->net_events.push_back(notification->NetPnPEvent.NetEvent);
    return NdisFNetPnPEvent(of(context)->module, notification);
}

VOID device_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event) {
    of(context)->device_events.push_back(event->DevicePnPEvent);
    NdisFDevicePnPEventNotify(of(context)->module, event);
}

VOID status_indicated(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication) {
    of(context)->statuses.push_back(indication->StatusCode);
    NdisFIndicateStatus(of(context)->module, indication);
}

NDIS_STATUS set_module_options(NDIS_HANDLE context) {
    auto* filter = of(context);
    filter->log("options");
    NDIS_FILTER_PARTIAL_CHARACTERISTICS partial{};
    partial.Header = {NDIS_OBJECT_TYPE_FILTER_PARTIAL_CHARACTERISTICS, 0, sizeof(partial)};
    if (filter->choose_sends) {
        partial.SendNetBufferListsHandler = sent;
        partial.SendNetBufferListsCompleteHandler = send_completed;
    }
    if (filter->choose_receives) {
        partial.ReceiveNetBufferListsHandler = received;
        partial.ReturnNetBufferListsHandler = returned;
    }
    return NdisSetOptionalHandlers(filter->module, reinterpret_cast<PNDIS_DRIVER_OPTIONAL_HANDLERS>(&partial));
}

VOID unload(PDRIVER_OBJECT object) {
    NdisFDeregisterFilterDriver(static_cast<TestFilter*>(ndis_driver_argument(object))->driver);
}

}  // namespace

void TestFilter::pass_sends() {
    std::vector<PNET_BUFFER_LIST> all;
    all.swap(sends);
    NdisFSendNetBufferLists(module, chain(all), 0, 0);
}

void TestFilter::refuse_sends(NDIS_STATUS status) {
    std::vector<PNET_BUFFER_LIST> all;
    all.swap(sends);
    for (PNET_BUFFER_LIST nbl : all) nbl->Status = status;
    NdisFSendNetBufferListsComplete(module, chain(all), 0);
}

void TestFilter::pass_receives() {
    std::vector<PNET_BUFFER_LIST> all;
    all.swap(receives);
    NdisFIndicateReceiveNetBufferLists(module, chain(all), 0, static_cast<ULONG>(all.size()), 0);
}

void TestFilter::return_receives() {
    std::vector<PNET_BUFFER_LIST> all;
    all.swap(receives);
    NdisFReturnNetBufferLists(module, chain(all), 0);
}

NTSTATUS test_filter_entry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
    auto* filter = static_cast<TestFilter*>(ndis_driver_argument(driver));
    NDIS_FILTER_DRIVER_CHARACTERISTICS chars{};
    chars.Header = {NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS, 2, sizeof(chars)};
    chars.MajorNdisVersion = 6;
    chars.MinorNdisVersion = 30;
    chars.AttachHandler = attach;
    chars.DetachHandler = detach;
    chars.RestartHandler = restart;
    chars.PauseHandler = pause;
    if (filter->choose) chars.SetFilterModuleOptionsHandler = set_module_options;
    if (filter->sees_sends) {
        chars.SendNetBufferListsHandler = sent;
        chars.SendNetBufferListsCompleteHandler = send_completed;
        chars.CancelSendNetBufferListsHandler = cancel_send;
    }
    if (filter->sees_receives) {
        chars.ReceiveNetBufferListsHandler = received;
        chars.ReturnNetBufferListsHandler = returned;
    }
    if (filter->sees_oids) {
        chars.OidRequestHandler = oid_request;
        chars.CancelOidRequestHandler = cancel_oid;
    }
    chars.OidRequestCompleteHandler = oid_complete;
    if (filter->sees_events) {
        chars.NetPnPEventHandler = net_event;
        chars.DevicePnPEventNotifyHandler = device_event;
    }
    chars.StatusHandler = status_indicated;
    driver->DriverUnload = unload;
    return NdisFRegisterFilterDriver(driver, filter, &chars, &filter->driver);
}

FilterTest::~FilterTest() = default;

void FilterTest::add(TestFilter& filter, const std::string& name) {
    filter.name = name;
    filter.calls = &calls_;
    names_.push_back(name);
    ASSERT_EQ(ndis_load_driver(ndis_, name.c_str(), test_filter_entry, &filter), NDIS_STATUS_SUCCESS);
    ASSERT_EQ(ndis_add_filter(ndis_, name.c_str(), "nic0", name.c_str()), NDIS_STATUS_SUCCESS);
}
