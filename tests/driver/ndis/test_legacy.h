// SPDX-License-Identifier: Apache-2.0
// A miniport and a protocol of NDIS 5 whose every hand-over is decided by the test; either goes under or over what test_stack.h has.
#pragma once

#include "ndis/legacy_miniport.h"
#include "ndis/legacy_protocol.h"
#include "test_stack.h"

// Memory and a packet over it, one buffer for each piece. Its owner frees it when the packet is back.
struct TestPacket {
    PNDIS_PACKET packet = nullptr;
    std::vector<UCHAR*> pieces;
    TestPacket(NDIS_HANDLE pool, const std::vector<std::vector<UCHAR>>& bytes);
    TestPacket(NDIS_HANDLE pool, UINT length);  // one piece, of 0, 1, 2, ...
    TestPacket(const TestPacket&) = delete;
    TestPacket& operator=(const TestPacket&) = delete;
    ~TestPacket();
    void forget() { packet = nullptr; }  // somebody else frees it

private:
    void build(NDIS_HANDLE pool, const std::vector<std::vector<UCHAR>>& bytes);
};

// The bytes of a packet, buffer by buffer.
std::vector<UCHAR> packet_bytes(PNDIS_PACKET packet);

struct TestLegacyProtocol {
    NDIS_HANDLE driver = nullptr, binding = nullptr;
    bool has_receive_packet = true, transfers = false, resends = false;
    INT keep = 1;                            // what ReceivePacket returns
    bool returns_inside = false;             // ReceivePacket calls NdisReturnPackets itself
    std::vector<PNDIS_PACKET> completed, received;
    std::vector<NDIS_STATUS> completed_status, statuses;
    std::vector<std::vector<UCHAR>> shown;   // by Receive
    std::vector<UINT> lookahead;             // bytes that came with it
    std::vector<ULONG> received_checksum;
    unsigned receive_completes = 0;
    std::vector<std::pair<PNDIS_REQUEST, NDIS_STATUS>> done;
    NDIS_STATUS unregister_status = NDIS_STATUS_FAILURE;

    NDIS_STATUS send(PNDIS_PACKET packet);
    void send_all(std::vector<PNDIS_PACKET> packets);
    void give_back(std::vector<PNDIS_PACKET> packets);
    NDIS_STATUS ask(NDIS_REQUEST_TYPE type, NDIS_OID oid, void* buffer, UINT length, PNDIS_REQUEST request);
};

struct TestLegacyMiniport {
    NDIS_HANDLE wrapper = nullptr, adapter = nullptr;
    ULONG attributes = NDIS_ATTRIBUTE_DESERIALIZE | NDIS_ATTRIBUTE_BUS_MASTER;
    bool send_packets = true, dma = false, queries_pend = false;
    NDIS_STATUS send_status = NDIS_STATUS_PENDING;  // of Send, or in each packet of SendPackets
    unsigned accepts = ~0u;                         // so many packets more; then RESOURCES
    bool completes_inside = false;
    std::vector<PNDIS_PACKET> held, returned;
    std::vector<std::vector<UCHAR>> sent;
    std::vector<size_t> calls;               // packets of each send call
    std::vector<PVOID> cancelled;
    ULONG filter = 0;
    unsigned halts = 0, resets = 0;

    void complete(PNDIS_PACKET packet, NDIS_STATUS status = NDIS_STATUS_SUCCESS);
    void complete_all();
    void indicate(std::vector<PNDIS_PACKET> packets, NDIS_STATUS status = NDIS_STATUS_SUCCESS);
};

class LegacyTest : public StackTest {
public:
    ~LegacyTest() override;
    // The stack, with the NDIS 5 driver in its place, running.
    void start_protocol();
    void start_miniport();
    void start_both();
    NDIS_HANDLE packet_pool(unsigned count = 64);

    TestLegacyProtocol legacy_protocol_;
    TestLegacyMiniport legacy_miniport_;
    std::vector<NDIS_HANDLE> packet_pools_;
};
