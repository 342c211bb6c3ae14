// SPDX-License-Identifier: Apache-2.0
#include "test_stack.h"

PNET_BUFFER_LIST chain(const std::vector<PNET_BUFFER_LIST>& nbls) {
    for (size_t i = 0; i < nbls.size(); i++) nbls[i]->Next = i + 1 < nbls.size() ? nbls[i + 1] : nullptr;
    return nbls.empty() ? nullptr : nbls[0];
}

// ---- Miniport
void TestMiniport::complete(PNET_BUFFER_LIST nbl, NDIS_STATUS status) {
    for (size_t i = 0; i < held.size(); i++)
        if (held[i] == nbl) held.erase(held.begin() + static_cast<long>(i--));
    nbl->Next = nullptr;
    nbl->Status = status;
    NdisMSendNetBufferListsComplete(adapter, nbl, 0);
}

void TestMiniport::complete_all() {
    std::vector<PNET_BUFFER_LIST> all;
    all.swap(held);
    for (PNET_BUFFER_LIST nbl : all) nbl->Status = NDIS_STATUS_SUCCESS;
    if (!all.empty()) NdisMSendNetBufferListsComplete(adapter, chain(all), 0);
}

void TestMiniport::indicate(const std::vector<PNET_BUFFER_LIST>& nbls, ULONG flags) {
    for (PNET_BUFFER_LIST nbl : nbls) nbl->SourceHandle = adapter;
    NdisMIndicateReceiveNetBufferLists(adapter, chain(nbls), 0, static_cast<ULONG>(nbls.size()), flags);
}

namespace {

BOOLEAN isr(NDIS_HANDLE context, ULONG, PBOOLEAN queue, PULONG) {
    static_cast<TestMiniport*>(context)->interrupts++;
    *queue = TRUE;
    return TRUE;
}

VOID dpc(NDIS_HANDLE context, ULONG, PVOID, PVOID, PVOID) {
    static_cast<TestMiniport*>(context)->dpcs++;
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
}

VOID process_list(PDEVICE_OBJECT, PVOID, PSCATTER_GATHER_LIST list, PVOID context) {
    static_cast<TestMiniport*>(context)->list = list;
}

NDIS_STATUS set_attributes(TestMiniport* miniport) {
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes{};
    auto& registration = attributes.RegistrationAttributes;
    registration.Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, 1, sizeof(registration)};
    registration.MiniportAdapterContext = miniport;
    registration.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE | NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
    NDIS_STATUS status = NdisMSetMiniportAttributes(miniport->adapter, &attributes);
    if (status != NDIS_STATUS_SUCCESS || miniport->skip_general) return status;
    attributes = {};
    auto& general = attributes.GeneralAttributes;
    general.Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, 2, sizeof(general)};
    general.MtuSize = 1500;
    general.XmitLinkSpeed = general.RcvLinkSpeed = 40000000000ull;
    general.MediaConnectState = MediaConnectStateConnected;
    general.MacAddressLength = 6;
    const UCHAR mac[6] = {2, 0, 0, 0, 0, miniport->address_end};
    for (int i = 0; i < 6; i++) general.CurrentMacAddress[i] = mac[i];
    general.DataBackFillSize = 12;
    general.MacOptions = miniport->mac_options;
    NDIS_RECEIVE_SCALE_CAPABILITIES rss{};
    rss.Header = {NDIS_OBJECT_TYPE_RSS_CAPABILITIES, 2, NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2};
    rss.CapabilitiesFlags = NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV4 | NdisHashFunctionToeplitz;
    rss.NumberOfReceiveQueues = miniport->rss_queues;
    rss.NumberOfIndirectionTableEntries = 128;
    if (miniport->rss_queues) general.RecvScaleCapabilities = &rss;
    return NdisMSetMiniportAttributes(miniport->adapter, &attributes);
}

NDIS_STATUS initialize(NDIS_HANDLE adapter, NDIS_HANDLE context, PNDIS_MINIPORT_INIT_PARAMETERS parameters) {
    auto* miniport = static_cast<TestMiniport*>(context);
    miniport->calls += "init ";
    miniport->adapter = adapter;
    EXPECT_EQ(parameters->AllocatedResources->Count, 2u);
    if (miniport->initialize_status != NDIS_STATUS_SUCCESS) return miniport->initialize_status;
    NDIS_STATUS status = set_attributes(miniport);
    if (status != NDIS_STATUS_SUCCESS || miniport->skip_general) return status;
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS interrupt{};
    interrupt.Header = {NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT, 1, sizeof(interrupt)};
    interrupt.MsiSupported = TRUE;
    interrupt.MessageInterruptHandler = isr;
    interrupt.MessageInterruptDpcHandler = dpc;
    status = NdisMRegisterInterruptEx(adapter, miniport, &interrupt, &miniport->interrupt);
    if (status != NDIS_STATUS_SUCCESS) return status;
    NDIS_SG_DMA_DESCRIPTION description{};
    description.Header = {NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, 1, sizeof(description)};
    description.MaximumPhysicalMapping = 9018;
    description.ProcessSGListHandler = process_list;
    return NdisMRegisterScatterGatherDma(adapter, &description, &miniport->dma);
}

VOID halt(NDIS_HANDLE context, NDIS_HALT_ACTION action) {
    auto* miniport = static_cast<TestMiniport*>(context);
    miniport->halt_action = action;
    miniport->calls += "halt ";
    NDIS_STATUS_INDICATION indication{};
    indication.Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, 1, sizeof(indication)};
    indication.StatusCode = NDIS_STATUS_NETWORK_CHANGE;
    if (miniport->indicate_at_halt) NdisMIndicateStatusEx(miniport->adapter, &indication);
    if (miniport->interrupt) NdisMDeregisterInterruptEx(miniport->interrupt);
    if (miniport->dma) NdisMDeregisterScatterGatherDma(miniport->dma);
    miniport->interrupt = miniport->dma = nullptr;
}

NDIS_STATUS pause(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS) {
    auto* miniport = static_cast<TestMiniport*>(context);
    miniport->calls += "pause ";
    return miniport->pause_status;
}

NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS) {
    auto* miniport = static_cast<TestMiniport*>(context);
    miniport->calls += "restart ";
    if (miniport->indicate_on_restart) miniport->indicate({miniport->indicate_on_restart});
    miniport->indicate_on_restart = nullptr;
    return NDIS_STATUS_SUCCESS;
}

VOID cancel_send(NDIS_HANDLE context, PVOID id) {
    auto* miniport = static_cast<TestMiniport*>(context);
    if (miniport->acquires) NdisAcquireSpinLock(miniport->acquires);
    miniport->cancelled_sends.push_back(id);
}

VOID device_event(NDIS_HANDLE context, PNET_DEVICE_PNP_EVENT event) {
    auto* miniport = static_cast<TestMiniport*>(context);
    miniport->device_events.push_back(event->DevicePnPEvent);
    if (miniport->complete_on_removal) miniport->complete_all();
}

NDIS_STATUS answer_unknown(TestMiniport* miniport, PNDIS_OID_REQUEST request) {
    if (miniport->completes_inside) {
        NdisMOidRequestComplete(miniport->adapter, request, NDIS_STATUS_SUCCESS);
        return miniport->inside_returns;
    }
    if (!miniport->pends) return NDIS_STATUS_NOT_SUPPORTED;
    miniport->pended.push_back(request);
    return NDIS_STATUS_PENDING;
}

NDIS_STATUS oid_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
    auto* miniport = static_cast<TestMiniport*>(context);
    miniport->oid_irql = KeGetCurrentIrql();
    if (request->RequestType != NdisRequestSetInformation) return answer_unknown(miniport, request);
    auto* bytes = static_cast<UCHAR*>(request->DATA.SET_INFORMATION.InformationBuffer);
    switch (request->DATA.SET_INFORMATION.Oid) {
    case OID_GEN_CURRENT_PACKET_FILTER: miniport->filters.push_back(*reinterpret_cast<ULONG*>(bytes)); break;
    case OID_802_3_MULTICAST_LIST:
        miniport->multicast.assign(bytes, bytes + request->DATA.SET_INFORMATION.InformationBufferLength);
        break;
    case OID_GEN_RECEIVE_SCALE_PARAMETERS:
        miniport->scaled.emplace_back(bytes, bytes + request->DATA.SET_INFORMATION.InformationBufferLength);
        break;
    default: return NDIS_STATUS_NOT_SUPPORTED;
    }
    NdisMOidRequestComplete(miniport->adapter, request, NDIS_STATUS_SUCCESS);  // legal before PENDING is returned
    return NDIS_STATUS_PENDING;
}

VOID cancel_oid(NDIS_HANDLE context, PVOID id) { static_cast<TestMiniport*>(context)->cancelled_oids.push_back(id); }

BOOLEAN check_for_hang(NDIS_HANDLE context) { return std::exchange(static_cast<TestMiniport*>(context)->hangs, false); }

NDIS_STATUS reset(NDIS_HANDLE context, PBOOLEAN addressing_reset) {
    auto* miniport = static_cast<TestMiniport*>(context);
    *addressing_reset = miniport->addressing_reset;
    return miniport->reset_pends ? NDIS_STATUS_PENDING : NDIS_STATUS_SUCCESS;
}

VOID send_lists(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER, ULONG) {
    auto* miniport = static_cast<TestMiniport*>(context);
    if (miniport->acquires) NdisAcquireSpinLock(miniport->acquires);
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = nbl->Next) miniport->held.push_back(nbl);
    if (miniport->complete_at_once) miniport->complete_all();
}

VOID return_lists(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG) {
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = nbl->Next) static_cast<TestMiniport*>(context)->returned.push_back(nbl);
}

// ---- Protocol
NDIS_STATUS bind(NDIS_HANDLE context, NDIS_HANDLE bind_context, PNDIS_BIND_PARAMETERS parameters) {
    auto* protocol = static_cast<TestProtocol*>(context);
    protocol->calls += "bind ";
    protocol->data_backfill = parameters->DataBackFillSize;
    protocol->context_backfill = parameters->ContextBackFillSize;
    protocol->rss_queues = parameters->RcvScaleCapabilities ? parameters->RcvScaleCapabilities->NumberOfReceiveQueues : 0;
    NDIS_OPEN_PARAMETERS open{};
    open.Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, 1, NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1};
    open.AdapterName = parameters->AdapterName;
    UINT selected;
    open.MediumArray = &protocol->medium;
    open.MediumArraySize = 1;
    open.SelectedMediumIndex = &selected;
    open.FrameTypeArray = protocol->frame_types.empty() ? nullptr : protocol->frame_types.data();
    open.FrameTypeArraySize = static_cast<UINT>(protocol->frame_types.size());
    NDIS_STATUS status = NdisOpenAdapterEx(protocol->driver, protocol, &open, bind_context, &protocol->binding);
    if (status != NDIS_STATUS_SUCCESS) return status;
    return protocol->oid(NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &protocol->filter, sizeof(protocol->filter));
}

NDIS_STATUS unbind(NDIS_HANDLE, NDIS_HANDLE context) {
    auto* protocol = static_cast<TestProtocol*>(context);
    protocol->calls += "unbind ";
    return NdisCloseAdapterEx(protocol->binding);
}

void note_restart(TestProtocol* protocol, const NET_PNP_EVENT& event) {
    auto* parameters = static_cast<PNDIS_PROTOCOL_RESTART_PARAMETERS>(event.Buffer);
    auto* general = reinterpret_cast<PNDIS_RESTART_GENERAL_ATTRIBUTES>(parameters->RestartAttributes->Data);
    protocol->restart_data_backfill = general->DataBackFillSize;
    protocol->filter_names = 0;
    for (ULONG at = 0; at < parameters->FilterModuleNameBufferLength / sizeof(WCHAR); protocol->filter_names++)
        at += 1 + parameters->FilterModuleNameBuffer[at] / static_cast<ULONG>(sizeof(WCHAR));
}

NDIS_STATUS net_pnp(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION notification) {
    auto* protocol = static_cast<TestProtocol*>(context);
    switch (notification->NetPnPEvent.NetEvent) {
    case NetEventPause: protocol->calls += "pause "; return NDIS_STATUS_SUCCESS;
    case NetEventRestart: 
        protocol->calls += "restart ";
        note_restart(protocol, notification->NetPnPEvent);
        return NDIS_STATUS_SUCCESS;
    default: return NDIS_STATUS_NOT_SUPPORTED;
    }
}

VOID oid_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status) {
    static_cast<TestProtocol*>(context)->done.emplace_back(request, status);
}

VOID status_indicated(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication) {
    static_cast<TestProtocol*>(context)->statuses.push_back(indication->StatusCode);
}

VOID receive(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER, ULONG count, ULONG flags) {
    auto* protocol = static_cast<TestProtocol*>(context);
    std::vector<PNET_BUFFER_LIST> list;
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = nbl->Next) list.push_back(nbl);
    EXPECT_EQ(list.size(), count);
    protocol->saw_loopback |= NdisTestNblFlag(nbls, NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET);
    if (protocol->send_lent) protocol->send(list);
    protocol->receive_flags.push_back(flags);
    protocol->received.insert(protocol->received.end(), list.begin(), list.end());
    if (protocol->return_at_once && NDIS_TEST_RECEIVE_CAN_PEND(flags)) protocol->give_back(list);
}

VOID send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG) {
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = nbl->Next) static_cast<TestProtocol*>(context)->completed.push_back(nbl);
}

VOID miniport_unload(PDRIVER_OBJECT object) {
    NdisMDeregisterMiniportDriver(static_cast<TestMiniport*>(ndis_driver_argument(object))->driver);
}

VOID protocol_unload(PDRIVER_OBJECT object) {
    NdisDeregisterProtocolDriver(static_cast<TestProtocol*>(ndis_driver_argument(object))->driver);
}

}  // namespace

void TestProtocol::send(const std::vector<PNET_BUFFER_LIST>& nbls, ULONG flags) {
    for (PNET_BUFFER_LIST nbl : nbls) nbl->SourceHandle = binding;
    NdisSendNetBufferLists(binding, chain(nbls), 0, flags);
}

void TestProtocol::give_back(const std::vector<PNET_BUFFER_LIST>& nbls) { NdisReturnNetBufferLists(binding, chain(nbls), 0); }

NDIS_STATUS TestProtocol::oid(NDIS_REQUEST_TYPE type, NDIS_OID oid, void* buffer, UINT length) {
    NDIS_OID_REQUEST request{};
    request.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, 1, sizeof(request)};
    request.RequestType = type;
    request.DATA.QUERY_INFORMATION.Oid = oid;
    request.DATA.QUERY_INFORMATION.InformationBuffer = buffer;
    request.DATA.QUERY_INFORMATION.InformationBufferLength = length;
    return NdisOidRequest(binding, &request);
}

NTSTATUS test_miniport_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    auto* miniport = static_cast<TestMiniport*>(ndis_driver_argument(driver));
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS chars{};
    chars.Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, 2, sizeof(chars)};
    chars.MajorNdisVersion = 6;
    chars.MinorNdisVersion = 30;
    chars.InitializeHandlerEx = initialize;
    chars.HaltHandlerEx = halt;
    chars.UnloadHandler = miniport_unload;
    chars.PauseHandler = pause;
    chars.RestartHandler = restart;
    chars.OidRequestHandler = oid_request;
    chars.SendNetBufferListsHandler = send_lists;
    chars.ReturnNetBufferListsHandler = return_lists;
    chars.CancelSendHandler = cancel_send;
    chars.DevicePnPEventNotifyHandler = device_event;
    chars.CancelOidRequestHandler = cancel_oid;
    if (miniport->has_reset) {
        chars.ResetHandlerEx = reset;
        chars.CheckForHangHandlerEx = check_for_hang;
    }
    return NdisMRegisterMiniportDriver(driver, path, miniport, &chars, &miniport->driver);
}

NTSTATUS test_protocol_entry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
    auto* protocol = static_cast<TestProtocol*>(ndis_driver_argument(driver));
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS chars{};
    chars.Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS, 2, sizeof(chars)};
    chars.MajorNdisVersion = 6;
    chars.MinorNdisVersion = 30;
    chars.BindAdapterHandlerEx = bind;
    chars.UnbindAdapterHandlerEx = unbind;
    chars.NetPnPEventHandler = net_pnp;
    chars.StatusHandlerEx = status_indicated;
    if (protocol->told_later) chars.OidRequestCompleteHandler = oid_complete;
    chars.ReceiveNetBufferListsHandler = receive;
    chars.SendNetBufferListsCompleteHandler = send_complete;
    driver->DriverUnload = protocol_unload;
    return NdisRegisterProtocolDriver(protocol, &chars, &protocol->driver);
}

NDIS_HANDLE make_pool(NDIS_HANDLE owner, bool with_nb, ULONG data_size, USHORT context_size) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters{};
    parameters.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(parameters)};
    parameters.fAllocateNetBuffer = with_nb;
    parameters.ContextSize = context_size;
    parameters.PoolTag = 0x74736574;
    parameters.DataSize = data_size;
    return NdisAllocateNetBufferListPool(owner, &parameters);
}

NDIS_HANDLE make_nb_pool(NDIS_HANDLE owner, ULONG data_size) {
    NET_BUFFER_POOL_PARAMETERS parameters{};
    parameters.Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1, sizeof(parameters)};
    parameters.PoolTag = 0x74736574;
    parameters.DataSize = data_size;
    return NdisAllocateNetBufferPool(owner, &parameters);
}

// ---- The fixture
StackTest::StackTest() : miniport_entry_(test_miniport_entry), protocol_entry_(test_protocol_entry) {
    fake_platform_config_default(&config_);
    config_.trace = true;
    fake_ = fake_platform_create(&config_);
    kernel_ = kernel_create(fake_platform_seam(fake_));
    ndis_ = ndis_create(kernel_);
    kernel_enter(kernel_, &scope_);
    load();
}

void StackTest::load() {
    EXPECT_EQ(load_miniport_ ? load_miniport_() : ndis_load_driver(ndis_, "testmp", miniport_entry_, miniport_argument_), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(ndis_load_driver(ndis_, "testproto", protocol_entry_, protocol_argument_), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(ndis_add_adapter(ndis_, "testmp", "nic0"), NDIS_STATUS_SUCCESS);
    pool_ = make_pool(protocol_.driver, true, 0, 0);
}

void StackTest::free_pools() {
    NdisFreeNetBufferListPool(pool_);
    if (nb_pool_) NdisFreeNetBufferPool(nb_pool_);
    nb_pool_ = nullptr;
}

StackTest::~StackTest() {
    free_pools();
    ndis_destroy(ndis_);
    kernel_leave(&scope_);
    kernel_destroy(kernel_);
    if (!leaks_expected_) {
        EXPECT_EQ(fake_platform_violation_count(fake_), accounted_);
        for (unsigned i = accounted_; i < fake_platform_violation_count(fake_); i++)
            ADD_FAILURE() << fake_platform_violation(fake_, i)->check << ": " << fake_platform_violation(fake_, i)->message;
    }
    EXPECT_EQ(fake_platform_destroy(fake_), 0u);
}

void StackTest::start() { ASSERT_EQ(ndis_start(ndis_), NDIS_STATUS_SUCCESS); }

void StackTest::stop() { ndis_stop(ndis_); }

void StackTest::reload() {
    free_pools();
    ndis_destroy(ndis_);
    protocol_.driver = nullptr;
    ndis_ = ndis_create(kernel_);
    load();
}

PNET_BUFFER_LIST StackTest::make_nbl(ULONG length, ULONG backfill, NDIS_HANDLE source) {
    PVOID memory = ExAllocatePoolWithTag(NonPagedPool, backfill + length + 1, 1);
    PMDL mdl = NdisAllocateMdl(nullptr, memory, backfill + length);
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool_, 0, 0, mdl, backfill, length);
    nbl->SourceHandle = source;
    return nbl;
}

PNET_BUFFER_LIST StackTest::make_list(const std::vector<Frame>& frames) {
    if (!nb_pool_) nb_pool_ = make_nb_pool(protocol_.driver);
    PNET_BUFFER_LIST nbl = make_nbl(static_cast<ULONG>(frames[0].size()));
    memcpy(bytes_of(nbl), frames[0].data(), frames[0].size());
    PNET_BUFFER last = nbl->FirstNetBuffer;
    for (size_t i = 1; i < frames.size(); i++, last = last->Next) {
        const auto length = static_cast<ULONG>(frames[i].size());
        PVOID memory = ExAllocatePoolWithTag(NonPagedPool, length, 1);
        memcpy(memory, frames[i].data(), length);
        last->Next = NdisAllocateNetBuffer(nb_pool_, NdisAllocateMdl(nullptr, memory, length), 0, length);
    }
    return nbl;
}

PNET_BUFFER_LIST StackTest::frame_to(UCHAR last) {
    PNET_BUFFER_LIST nbl = make_nbl(60);
    const UCHAR to[6] = {2, 0, 0, 0, 0, last};
    if (last == 0xFF) memset(bytes_of(nbl), 0xFF, 6);
    else memcpy(bytes_of(nbl), to, 6);
    return nbl;
}

void StackTest::free_all(const std::vector<PNET_BUFFER_LIST>& nbls) {
    for (PNET_BUFFER_LIST nbl : nbls) free_nbl(nbl);
}

std::vector<Frame> StackTest::frames_of(PNET_BUFFER_LIST nbl) {
    std::vector<Frame> frames;
    for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next) {
        Frame frame(nb->DataLength);
        const auto* bytes = static_cast<UCHAR*>(NdisGetDataBuffer(nb, nb->DataLength, frame.data(), 1, 0));
        frames.emplace_back(bytes, bytes + frame.size());
    }
    return frames;
}

void StackTest::free_nbl(PNET_BUFFER_LIST nbl) {
    PNET_BUFFER others = nbl->FirstNetBuffer->Next;
    std::vector<PMDL> mdls{nbl->FirstNetBuffer->MdlChain};
    nbl->FirstNetBuffer->Next = nullptr;
    NdisFreeNetBufferList(nbl);
    while (others) {
        PNET_BUFFER nb = others;
        others = nb->Next;
        nb->Next = nullptr;
        mdls.push_back(nb->MdlChain);
        NdisFreeNetBuffer(nb);
    }
    for (PMDL mdl : mdls) {
        PVOID memory = MmGetMdlVirtualAddress(mdl);
        NdisFreeMdl(mdl);
        ExFreePool(memory);
    }
}

UCHAR* StackTest::bytes_of(PNET_BUFFER_LIST nbl) {
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    return static_cast<UCHAR*>(MmGetMdlVirtualAddress(nb->CurrentMdl)) + nb->CurrentMdlOffset;
}

void StackTest::sleep_us(uint64_t us) {
    platform* seam = kernel_platform(kernel_);
    seam->ops->sleep_ns(seam->ctx, us * 1000);
}

bool StackTest::violated(const char* check) {
    accounted_ = fake_platform_violation_count(fake_);
    return fake_platform_find_violation(fake_, check) != nullptr;
}

unsigned StackTest::violations(const char* check) {
    unsigned count = 0;
    for (unsigned i = 0; i < fake_platform_violation_count(fake_); i++) count += strcmp(fake_platform_violation(fake_, i)->check, check) == 0;
    return count;
}

std::string StackTest::message(const char* check) {
    const fake_violation* violation = fake_platform_find_violation(fake_, check);
    return violation ? violation->message : "";
}
