// SPDX-License-Identifier: Apache-2.0
#include "test_legacy.h"

#include <algorithm>
#include <array>

// ---- Packets
TestPacket::TestPacket(NDIS_HANDLE pool, const std::vector<std::vector<UCHAR>>& bytes) { build(pool, bytes); }

TestPacket::TestPacket(NDIS_HANDLE pool, UINT length) {
    std::vector<UCHAR> bytes(length);
    for (UINT i = 0; i < length; i++) bytes[i] = static_cast<UCHAR>(i);
    build(pool, {bytes});
}

void TestPacket::build(NDIS_HANDLE pool, const std::vector<std::vector<UCHAR>>& bytes) {
    NDIS_STATUS status;
    NdisAllocatePacket(&status, &packet, pool);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    for (const std::vector<UCHAR>& piece : bytes) {
        auto* memory = static_cast<UCHAR*>(ExAllocatePoolWithTag(NonPagedPool, piece.size() + 1, 1));
        std::copy(piece.begin(), piece.end(), memory);
        PNDIS_BUFFER buffer;
        NdisAllocateBuffer(&status, &buffer, nullptr, memory, static_cast<UINT>(piece.size()));
        EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
        NdisChainBufferAtBack(packet, buffer);
        pieces.push_back(memory);
    }
}

TestPacket::~TestPacket() {
    if (packet) {
        for (PNDIS_BUFFER buffer = nullptr;; NdisFreeBuffer(buffer)) {
            NdisUnchainBufferAtBack(packet, &buffer);
            if (!buffer) break;
        }
        NdisFreePacket(packet);
    }
    for (UCHAR* piece : pieces) ExFreePool(piece);
}

std::vector<UCHAR> packet_bytes(PNDIS_PACKET packet) {
    std::vector<UCHAR> bytes;
    for (PNDIS_BUFFER buffer = packet->Private.Head; buffer; buffer = buffer->Next) {
        auto* from = static_cast<UCHAR*>(MmGetMdlVirtualAddress(buffer));
        bytes.insert(bytes.end(), from, from + buffer->ByteCount);
        if (buffer == packet->Private.Tail) break;
    }
    UINT length;
    NdisQueryPacketLength(packet, &length);
    EXPECT_EQ(length, bytes.size());
    return bytes;
}

namespace {

// ---- Protocol
VOID open_complete(NDIS_HANDLE, NDIS_STATUS, NDIS_STATUS) {}
VOID close_complete(NDIS_HANDLE, NDIS_STATUS) {}
VOID reset_complete(NDIS_HANDLE, NDIS_STATUS) {}
VOID transfer_complete(NDIS_HANDLE, PNDIS_PACKET, NDIS_STATUS, UINT) {}

VOID bind(PNDIS_STATUS status, NDIS_HANDLE, PNDIS_STRING name, PVOID, PVOID);

VOID unbind(PNDIS_STATUS status, NDIS_HANDLE context, NDIS_HANDLE) {
    NdisCloseAdapter(status, static_cast<TestLegacyProtocol*>(context)->binding);
}

VOID send_complete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status) {
    auto* protocol = static_cast<TestLegacyProtocol*>(context);
    EXPECT_EQ(NDIS_GET_PACKET_STATUS(packet), status);
    protocol->completed.push_back(packet);
    protocol->completed_status.push_back(status);
    if (std::exchange(protocol->resends, false)) protocol->send(packet);
}

VOID request_complete(NDIS_HANDLE context, PNDIS_REQUEST request, NDIS_STATUS status) {
    static_cast<TestLegacyProtocol*>(context)->done.emplace_back(request, status);
}

VOID status_indicated(NDIS_HANDLE context, NDIS_STATUS status, PVOID, UINT) {
    static_cast<TestLegacyProtocol*>(context)->statuses.push_back(status);
}

NDIS_STATUS receive(NDIS_HANDLE context, NDIS_HANDLE mac, PVOID header, UINT header_size, PVOID ahead, UINT ahead_size, UINT size) {
    auto* protocol = static_cast<TestLegacyProtocol*>(context);
    std::vector<UCHAR> bytes(static_cast<UCHAR*>(header), static_cast<UCHAR*>(header) + header_size);
    bytes.insert(bytes.end(), static_cast<UCHAR*>(ahead), static_cast<UCHAR*>(ahead) + ahead_size);
    protocol->lookahead.push_back(ahead_size);
    if (protocol->transfers && ahead_size < size) {
        NDIS_STATUS status;
        NDIS_HANDLE pool;
        NdisAllocatePacketPool(&status, &pool, 1, 0);
        {
            TestPacket rest(pool, std::vector<std::vector<UCHAR>>{std::vector<UCHAR>(size - ahead_size)});
            UINT moved;
            NdisTransferData(&status, protocol->binding, mac, ahead_size, size - ahead_size, rest.packet, &moved);
            EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
            EXPECT_EQ(moved, size - ahead_size);
            const std::vector<UCHAR> more = packet_bytes(rest.packet);
            bytes.insert(bytes.end(), more.begin(), more.end());
        }
        NdisFreePacketPool(pool);
    }
    protocol->shown.push_back(bytes);
    return NDIS_STATUS_SUCCESS;
}

VOID receive_complete(NDIS_HANDLE context) { static_cast<TestLegacyProtocol*>(context)->receive_completes++; }

INT receive_packet(NDIS_HANDLE context, PNDIS_PACKET packet) {
    auto* protocol = static_cast<TestLegacyProtocol*>(context);
    protocol->received.push_back(packet);
    protocol->received_checksum.push_back(static_cast<ULONG>(
        reinterpret_cast<ULONG_PTR>(NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpIpChecksumPacketInfo))));
    if (protocol->returns_inside) protocol->give_back({packet});
    return protocol->keep;
}

VOID protocol_unload(PDRIVER_OBJECT object) {
    auto* protocol = static_cast<TestLegacyProtocol*>(ndis_driver_argument(object));
    NdisDeregisterProtocol(&protocol->unregister_status, protocol->driver);
}

TestLegacyProtocol* binding_protocol;  // BindAdapter has no driver context: drivers of that age have a global

VOID bind(PNDIS_STATUS status, NDIS_HANDLE, PNDIS_STRING name, PVOID, PVOID) {
    TestLegacyProtocol* protocol = binding_protocol;
    NDIS_MEDIUM medium = NdisMedium802_3;
    UINT selected;
    NDIS_STATUS error;
    NdisOpenAdapter(status, &error, &protocol->binding, &selected, &medium, 1, protocol->driver, protocol, name, 0, nullptr);
    if (*status != NDIS_STATUS_SUCCESS) return;
    ULONG filter = NDIS_PACKET_TYPE_PROMISCUOUS;
    NDIS_REQUEST request{};
    *status = protocol->ask(NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter), &request);
}

NTSTATUS protocol_entry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
    auto* protocol = static_cast<TestLegacyProtocol*>(ndis_driver_argument(driver));
    binding_protocol = protocol;
    NDIS_PROTOCOL_CHARACTERISTICS chars{};
    chars.MajorNdisVersion = 5;
    chars.OpenAdapterCompleteHandler = open_complete;
    chars.CloseAdapterCompleteHandler = close_complete;
    chars.SendCompleteHandler = send_complete;
    chars.TransferDataCompleteHandler = transfer_complete;
    chars.ResetCompleteHandler = reset_complete;
    chars.RequestCompleteHandler = request_complete;
    chars.ReceiveHandler = receive;
    chars.ReceiveCompleteHandler = receive_complete;
    chars.StatusHandler = status_indicated;
    if (protocol->has_receive_packet) chars.ReceivePacketHandler = receive_packet;
    chars.BindAdapterHandler = bind;
    chars.UnbindAdapterHandler = unbind;
    driver->DriverUnload = protocol_unload;
    NDIS_STATUS status;
    NdisRegisterProtocol(&status, &protocol->driver, &chars, sizeof(chars));
    return status;
}

// ---- Miniport
TestLegacyMiniport* initializing_miniport;  // MiniportInitialize has no driver context either

NDIS_STATUS initialize(PNDIS_STATUS, PUINT selected, PNDIS_MEDIUM media, UINT, NDIS_HANDLE adapter, NDIS_HANDLE wrapper) {
    TestLegacyMiniport* miniport = initializing_miniport;
    *selected = 0;
    EXPECT_EQ(media[0], NdisMedium802_3);
    miniport->adapter = adapter;
    NdisMSetAttributesEx(adapter, miniport, 0, miniport->attributes, NdisInterfacePci);
    UCHAR list[256];
    UINT bytes = 1;
    NDIS_STATUS status;
    NdisMQueryAdapterResources(&status, wrapper, reinterpret_cast<PNDIS_RESOURCE_LIST>(list), &bytes);
    EXPECT_EQ(status, NDIS_STATUS_RESOURCES);
    NdisMQueryAdapterResources(&status, wrapper, reinterpret_cast<PNDIS_RESOURCE_LIST>(list), &bytes);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    return miniport->dma ? NdisMInitializeScatterGatherDma(adapter, TRUE, 9018) : NDIS_STATUS_SUCCESS;
}

VOID halt(NDIS_HANDLE context) { static_cast<TestLegacyMiniport*>(context)->halts++; }

NDIS_STATUS reset(PBOOLEAN addressing, NDIS_HANDLE context) {
    static_cast<TestLegacyMiniport*>(context)->resets++;
    *addressing = FALSE;
    return NDIS_STATUS_SUCCESS;
}

template <typename T> NDIS_STATUS answer(PVOID buffer, ULONG length, PULONG written, PULONG needed, const T& value) {
    *needed = sizeof(value);
    if (length < sizeof(value)) return NDIS_STATUS_INVALID_LENGTH;
    RtlCopyMemory(buffer, &value, sizeof(value));
    *written = sizeof(value);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS query(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written, PULONG needed) {
    auto* miniport = static_cast<TestLegacyMiniport*>(context);
    const std::array<UCHAR, 6> address = {2, 0, 0, 0, 0, 1};
    NDIS_STATUS status = NDIS_STATUS_NOT_SUPPORTED;
    if (oid == OID_802_3_CURRENT_ADDRESS || oid == OID_802_3_PERMANENT_ADDRESS) status = answer(buffer, length, written, needed, address);
    if (oid == OID_GEN_MAXIMUM_FRAME_SIZE) status = answer(buffer, length, written, needed, ULONG{1400});
    if (oid == OID_GEN_LINK_SPEED) status = answer(buffer, length, written, needed, ULONG{1'000'000});
    if (!miniport->queries_pend) return status;
    NdisMQueryInformationComplete(miniport->adapter, status);  // legal before PENDING is returned
    return NDIS_STATUS_PENDING;
}

NDIS_STATUS set(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG read, PULONG) {
    if (oid != OID_GEN_CURRENT_PACKET_FILTER && oid != OID_802_3_MULTICAST_LIST) return NDIS_STATUS_NOT_SUPPORTED;
    if (oid == OID_GEN_CURRENT_PACKET_FILTER) RtlCopyMemory(&static_cast<TestLegacyMiniport*>(context)->filter, buffer, sizeof(ULONG));
    *read = length;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS take(TestLegacyMiniport* miniport, PNDIS_PACKET packet) {
    if (miniport->accepts == 0) return NDIS_STATUS_RESOURCES;
    if (miniport->accepts != ~0u) miniport->accepts--;
    miniport->sent.push_back(packet_bytes(packet));
    if (miniport->completes_inside) {
        NdisMSendComplete(miniport->adapter, packet, NDIS_STATUS_SUCCESS);
        return NDIS_STATUS_PENDING;
    }
    if (miniport->send_status == NDIS_STATUS_PENDING) miniport->held.push_back(packet);
    return miniport->send_status;
}

NDIS_STATUS send(NDIS_HANDLE context, PNDIS_PACKET packet, UINT) {
    auto* miniport = static_cast<TestLegacyMiniport*>(context);
    miniport->calls.push_back(1);
    return take(miniport, packet);
}

VOID send_packets(NDIS_HANDLE context, PPNDIS_PACKET packets, UINT count) {
    auto* miniport = static_cast<TestLegacyMiniport*>(context);
    miniport->calls.push_back(count);
    for (UINT i = 0; i < count; i++) {
        const NDIS_STATUS status = take(miniport, packets[i]);
        if (!miniport->completes_inside) NDIS_SET_PACKET_STATUS(packets[i], status);
    }
}

VOID return_packet(NDIS_HANDLE context, PNDIS_PACKET packet) { static_cast<TestLegacyMiniport*>(context)->returned.push_back(packet); }

VOID cancel(NDIS_HANDLE context, PVOID id) { static_cast<TestLegacyMiniport*>(context)->cancelled.push_back(id); }

NTSTATUS miniport_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    auto* miniport = static_cast<TestLegacyMiniport*>(ndis_driver_argument(driver));
    initializing_miniport = miniport;
    NdisMInitializeWrapper(&miniport->wrapper, driver, path, nullptr);
    NDIS_MINIPORT_CHARACTERISTICS chars{};
    chars.MajorNdisVersion = 5;
    chars.MinorNdisVersion = 1;
    chars.InitializeHandler = initialize;
    chars.HaltHandler = halt;
    chars.ResetHandler = reset;
    chars.QueryInformationHandler = query;
    chars.SetInformationHandler = set;
    chars.ReturnPacketHandler = return_packet;
    chars.CancelSendPacketsHandler = cancel;
    if (miniport->send_packets) chars.SendPacketsHandler = send_packets;
    else chars.SendHandler = send;
    return NdisMRegisterMiniport(miniport->wrapper, &chars, sizeof(chars));
}

}  // namespace

NDIS_STATUS TestLegacyProtocol::send(PNDIS_PACKET packet) {
    NDIS_STATUS status;
    NdisSetPacketFlags(packet, NDIS_FLAGS_DONT_LOOPBACK);
    NdisSend(&status, binding, packet);
    return status;
}

void TestLegacyProtocol::send_all(std::vector<PNDIS_PACKET> packets) {
    for (PNDIS_PACKET packet : packets) NdisSetPacketFlags(packet, NDIS_FLAGS_DONT_LOOPBACK);
    NdisSendPackets(binding, packets.data(), static_cast<UINT>(packets.size()));
}

void TestLegacyProtocol::give_back(std::vector<PNDIS_PACKET> packets) {
    NdisReturnPackets(packets.data(), static_cast<UINT>(packets.size()));
}

NDIS_STATUS TestLegacyProtocol::ask(NDIS_REQUEST_TYPE type, NDIS_OID oid, void* buffer, UINT length, PNDIS_REQUEST request) {
    NDIS_STATUS status;
    request->RequestType = type;
    request->DATA.QUERY_INFORMATION.Oid = oid;
    request->DATA.QUERY_INFORMATION.InformationBuffer = buffer;
    request->DATA.QUERY_INFORMATION.InformationBufferLength = length;
    NdisRequest(&status, binding, request);
    if (status == NDIS_STATUS_PENDING && !done.empty() && done.back().first == request) status = done.back().second;
    return status;
}

void TestLegacyMiniport::complete(PNDIS_PACKET packet, NDIS_STATUS status) {
    for (size_t i = 0; i < held.size(); i++)
        if (held[i] == packet) held.erase(held.begin() + static_cast<long>(i--));
    NdisMSendComplete(adapter, packet, status);
}

void TestLegacyMiniport::complete_all() {
    while (!held.empty()) complete(held.front());
}

void TestLegacyMiniport::indicate(std::vector<PNDIS_PACKET> packets, NDIS_STATUS status) {
    for (PNDIS_PACKET packet : packets) NDIS_SET_PACKET_STATUS(packet, status);
    NdisMIndicateReceivePacket(adapter, packets.data(), static_cast<UINT>(packets.size()));
}

// ---- The fixture
LegacyTest::~LegacyTest() {
    if (ndis_) ndis_stop(ndis_);
    for (NDIS_HANDLE pool : packet_pools_) NdisFreePacketPool(pool);
}

void LegacyTest::start_protocol() {
    protocol_entry_ = protocol_entry;
    protocol_argument_ = &legacy_protocol_;
    reload();
    start();
}

void LegacyTest::start_miniport() {
    miniport_entry_ = miniport_entry;
    miniport_argument_ = &legacy_miniport_;
    reload();
    start();
}

void LegacyTest::start_both() {
    protocol_entry_ = protocol_entry;
    protocol_argument_ = &legacy_protocol_;
    start_miniport();
}

NDIS_HANDLE LegacyTest::packet_pool(unsigned count) {
    NDIS_STATUS status;
    NDIS_HANDLE pool;
    NdisAllocatePacketPool(&status, &pool, count, 16);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    packet_pools_.push_back(pool);
    return pool;
}
