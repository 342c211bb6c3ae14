// SPDX-License-Identifier: Apache-2.0
// A NetAdapterCx client of no hardware, under the test protocol of test_stack.h: what is sent is noted and given back, what the test wants to
// receive is put into the system's buffers. A test changes what it declares, and what its callbacks do.
#pragma once

#include <functional>
#include <map>

#include "netcx_host.h"
#include "test_stack.h"

using Bytes = std::vector<UCHAR>;

struct TestClient {
    // What it declares.
    bool dma = true;
    ULONG mtu = 1500;
    ULONG frame_bytes = 1536, rx_offset = 0;
    std::function<void(NET_ADAPTER_TX_CAPABILITIES&, NET_ADAPTER_RX_CAPABILITIES&, NET_ADAPTER_DMA_CAPABILITIES&)> declare;
    std::function<NTSTATUS()> prepare;  // in place of starting the adapter
    bool start = true;

    // What it does.
    bool driver_buffers = false;     // receives into buffers of its own
    unsigned data_buffers = 0;       // receives so many frames into each buffer of the data buffer ring, 256 bytes apart
    bool checksums = false;          // declares both ways
    bool hold_sends = false, keep_sends = false;  // until it is cancelled, and then too
    bool hold_receives = false;      // on cancel too
    std::function<void()> after_tx, after_rx;  // at the end of EvtAdvance
    std::function<void(UINT32)> on_sent, on_receive;  // a packet of the ring, before it is given back
    std::map<PCWSTR, NET_EXTENSION> tx_extensions, rx_extensions;  // it asks for these beside the others; by the pointer of the name
    size_t most_rx_queues = 16;

    // What came of it.
    std::string calls;
    WDFDEVICE device = nullptr;
    NETADAPTER adapter = nullptr;
    WDFDMAENABLER enabler = nullptr;
    NETPACKETQUEUE tx = nullptr, rx = nullptr;          // the first of each
    std::vector<NETPACKETQUEUE> rx_queues;
    NET_EXTENSION tx_va{}, tx_la{}, rx_va{}, rx_la{}, rx_return{}, tx_sum{}, rx_sum{}, rx_data{}, buffer_va{}, buffer_la{};
    unsigned in_buffer = 0;                             // frames in the first buffer of the data buffer ring
    std::vector<Bytes> sent, to_receive;
    std::vector<NET_PACKET> packets;                    // of sent
    std::vector<std::vector<NET_FRAGMENT>> fragments;   // of sent
    std::vector<ULONG_PTR> addresses;                   // of the first byte of sent
    std::vector<UCHAR*> buffers;                        // its own, free
    unsigned buffers_returned = 0;
    std::vector<NET_PACKET_CHECKSUM> asked;             // of sent
    NET_PACKET_CHECKSUM found{};                        // of what is received
    std::string offloads;                               // as the callbacks were told last
    unsigned armed_tx = 0, armed_rx = 0;

    NET_RING* tx_packets() const { return NetTxQueueGetRingCollection(tx)->Rings[NetRingTypePacket]; }
    NET_RING* tx_fragments() const { return NetTxQueueGetRingCollection(tx)->Rings[NetRingTypeFragment]; }
    NET_RING* rx_packets() const { return NetRxQueueGetRingCollection(rx)->Rings[NetRingTypePacket]; }
    NET_RING* rx_fragments() const { return NetRxQueueGetRingCollection(rx)->Rings[NetRingTypeFragment]; }
    NET_RING* rx_buffers() const { return NetRxQueueGetRingCollection(rx)->Rings[NetRingTypeDataBuffer]; }
    // Gives one frame back as received, in one fragment.
    void receive(const Bytes& frame);
};

class ClientTest : public StackTest {
public:
    ClientTest();
    // Puts frames where the client finds them, and tells it.
    void receive(const std::vector<Bytes>& frames);
    // Sends an NBL with these bytes, and waits until it is back.
    void send(const Bytes& frame, ULONG backfill = 0);
    static Bytes frame(unsigned number, size_t length);
    TestClient client_;
};
