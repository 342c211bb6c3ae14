// SPDX-License-Identifier: Apache-2.0
// The drivers that are stacked between miniport and protocol: VLAN filter, capture filter, multiplexer.
#include "packets.h"
#include "stack.h"

namespace {

struct Captured {
    unsigned interface;
    bool outbound;
    Bytes bytes;
};

class Drivers : public testing::Test {
protected:
    Drivers() {
        stack_.config.backfill = TRAFFIC_BACKFILL_ASKED;
        stack_.config.capture.ctx = this;
        stack_.config.capture.open = [](void* arg, const char* name) {
            auto* self = static_cast<Drivers*>(arg);
            self->interfaces_.emplace_back(name);
            return static_cast<unsigned>(self->interfaces_.size() - 1);
        };
        stack_.config.capture.frame = [](void* arg, unsigned interface, bool outbound, uint64_t, const uint8_t* data, size_t length) {
            static_cast<Drivers*>(arg)->captured_.push_back({interface, outbound, Bytes(data, data + length)});
        };
    }
    void put(traffic_driver_kind kind, unsigned number = 0) { stack_.config.stack[stack_.config.stack_count++] = {kind, number}; }
    static Bytes tagged(const Bytes& frame, unsigned id) {
        Bytes copy(frame);
        const uint8_t tag[4] = {0x81, 0x00, static_cast<uint8_t>(id >> 8), static_cast<uint8_t>(id)};
        copy.insert(copy.begin() + 12, tag, tag + 4);
        return copy;
    }
    void send(unsigned count) {
        for (unsigned i = 0; i < count; i++) stack_.to_send.push_back(make_frame(i, 60 + i * 3));
        ASSERT_EQ(stack_.start(), 0) << stack_.error;
        ASSERT_TRUE(stack_.run_until_sent());
    }
    Stack stack_;
    std::vector<std::string> interfaces_;
    std::vector<Captured> captured_;
};

TEST_F(Drivers, WhatIsLeftToTheNicBehindATagIsWhereItSays) {
    put(TRAFFIC_DRIVER_VLAN, 7);
    put(TRAFFIC_DRIVER_CAPTURE);
    stack_.machine.device.features |= REGMAP_BIT(VIRTIO_NET_F_CSUM_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_TSO4_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_USO_BIT);
    stack_.config.offloads.checksum = true;
    stack_.config.offloads.large_send = 60000;
    for (bool tcp : {true, false})
        for (unsigned count : {1u, 5u, 1u, 9u})
            for (Bytes& frame : make_segments({4, tcp, false, static_cast<uint8_t>(count)}, count, 700, 300)) stack_.to_send.push_back(frame);
    send(20);
    ASSERT_EQ(stack_.on_wire.size(), stack_.to_send.size());
    for (size_t i = 0; i < stack_.to_send.size(); i++) EXPECT_EQ(stack_.on_wire[i], tagged(stack_.to_send[i], 7)) << i;
    for (const Stack::Sent& one : stack_.sent) EXPECT_EQ(one.status, 0);
    EXPECT_EQ(stack_.counts().large_sends, 4u);
}

TEST_F(Drivers, SendsGetTheTagOfTheirVlan) {
    put(TRAFFIC_DRIVER_VLAN, 7);
    send(50);
    ASSERT_EQ(stack_.on_wire.size(), 50u);
    for (unsigned i = 0; i < 50; i++) EXPECT_EQ(stack_.on_wire[i], tagged(stack_.to_send[i], 7)) << i;
}

TEST_F(Drivers, ReceivesOfTheVlanLoseTheirTagAndOthersStayBelow) {
    put(TRAFFIC_DRIVER_VLAN, 0x123);
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    for (unsigned i = 0; i < 40; i++) {
        const Bytes frame = make_frame(i, 100 + i);
        ASSERT_TRUE(stack_.receive(i % 4 == 0 ? tagged(frame, 0x123) : i % 4 == 1 ? tagged(frame, 0x124) : frame));
        stack_.run_for(5000);
    }
    stack_.run_for(100 * 1000);
    ASSERT_EQ(stack_.received.size(), 10u);
    for (unsigned i = 0; i < 10; i++) EXPECT_EQ(stack_.received[i], make_frame(i * 4, 100 + i * 4));
    for (unsigned i = 0; i < 600; i++) {  // each buffer has come back to the ring, or this many would not fit
        ASSERT_TRUE(stack_.receive(tagged(make_frame(i, 64), 0x123)));
        stack_.run_for(5000);
    }
    EXPECT_EQ(stack_.received.size(), 610u);
}

class DriversCut : public Drivers, public testing::WithParamInterface<std::tuple<traffic_cut, unsigned>> {};

TEST_P(DriversCut, TheTagFitsAnyLayoutOfTheFrame) {
    stack_.config.cut = std::get<0>(GetParam());
    stack_.config.backfill = std::get<1>(GetParam());
    stack_.config.pieces = 3;
    put(TRAFFIC_DRIVER_VLAN, 7);
    send(30);
    ASSERT_EQ(stack_.on_wire.size(), 30u);
    for (unsigned i = 0; i < 30; i++) EXPECT_EQ(stack_.on_wire[i], tagged(stack_.to_send[i], 7)) << i;
}

INSTANTIATE_TEST_SUITE_P(Cuts, DriversCut,
                         testing::Combine(testing::Values(TRAFFIC_CUT_WHOLE, TRAFFIC_CUT_HEADER, TRAFFIC_CUT_RANDOM, TRAFFIC_CUT_BYTE,
                                                          TRAFFIC_CUT_EVEN),
                                          testing::Values(0u, 2u, 12u, 16u, TRAFFIC_BACKFILL_ASKED)));

TEST_F(Drivers, ACaptureShowsFramesAsTheyAreAtItsLayer) {
    put(TRAFFIC_DRIVER_CAPTURE);
    put(TRAFFIC_DRIVER_VLAN, 7);
    put(TRAFFIC_DRIVER_CAPTURE);
    send(5);
    ASSERT_TRUE(stack_.receive(tagged(make_frame(99, 80), 7)));
    stack_.run_for(100 * 1000);
    EXPECT_EQ(interfaces_, (std::vector<std::string>{"{nic0}-capture0", "{nic0}-capture2"}));
    std::vector<Bytes> below_out, above_out, below_in, above_in;
    for (const Captured& one : captured_)
        (one.outbound ? (one.interface ? above_out : below_out) : (one.interface ? above_in : below_in)).push_back(one.bytes);
    EXPECT_EQ(above_out, stack_.to_send);
    EXPECT_EQ(below_out, stack_.on_wire);
    EXPECT_EQ(below_in, std::vector<Bytes>{tagged(make_frame(99, 80), 7)});
    EXPECT_EQ(above_in, std::vector<Bytes>{make_frame(99, 80)});
}

TEST_F(Drivers, AMultiplexerCarriesTheTrafficOfItsFirstAdapter) {
    put(TRAFFIC_DRIVER_MUX, 3);
    send(100);
    stack_.expect_all_sent();
    for (unsigned i = 0; i < 300; i++) {
        ASSERT_TRUE(stack_.receive(make_frame(i, 64)));
        stack_.run_for(5000);
    }
    EXPECT_EQ(stack_.received.size(), 300u);
    const traffic_counts counts = stack_.counts();
    EXPECT_EQ(counts.nbl_sent, 100u);  // an NBL that crosses the multiplexer is one NBL
    EXPECT_EQ(counts.nbl_indicated, 300u);
    EXPECT_EQ(counts.nbl_outstanding, 0u);
}

TEST_F(Drivers, LentFramesCrossEveryDriver) {
    stack_.config.rx_queue_size = 16;  // a small ring runs low at once, and netvio then indicates with RESOURCES
    put(TRAFFIC_DRIVER_CAPTURE);
    put(TRAFFIC_DRIVER_VLAN, 7);
    put(TRAFFIC_DRIVER_MUX, 2);
    put(TRAFFIC_DRIVER_VLAN, 9);
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    for (unsigned i = 0; i < 200; i++) {
        while (!stack_.receive(tagged(tagged(make_frame(i, 64), 9), 7))) stack_.run_for(1000);
    }
    stack_.run_for(1000 * 1000);
    ASSERT_EQ(stack_.received.size(), 200u);
    for (unsigned i = 0; i < 200; i++) EXPECT_EQ(stack_.received[i], make_frame(i, 64));
}

TEST_F(Drivers, MultiplexersStack) {
    put(TRAFFIC_DRIVER_MUX, 2);
    put(TRAFFIC_DRIVER_MUX, 2);
    put(TRAFFIC_DRIVER_MUX, 1);
    send(20);
    stack_.expect_all_sent();
    ASSERT_TRUE(stack_.receive(make_frame(0, 64)));
    stack_.run_for(100 * 1000);
    EXPECT_EQ(stack_.received.size(), 1u);
}

TEST_F(Drivers, TheStackDescribesItself) {
    put(TRAFFIC_DRIVER_VLAN, 7);
    put(TRAFFIC_DRIVER_MUX, 1);
    put(TRAFFIC_DRIVER_CAPTURE);
    ASSERT_EQ(stack_.start(), 0) << stack_.error;
    std::vector<std::string> lines;
    traffic_describe(stack_.traffic, [](void* arg, const char* text) { static_cast<std::vector<std::string>*>(arg)->push_back(text); }, &lines);
    ASSERT_EQ(lines.size(), 6u);
    EXPECT_EQ(lines[0], "nic0       mux1         protocol     Running    backfill 16, context 0");
    EXPECT_EQ(lines[1], "nic0       vlan7-0      filter       Running    sends and receives");
    EXPECT_EQ(lines[2], "nic0       netvio       miniport     Running   ");
    EXPECT_EQ(lines[3], "mux1v0     traffic      protocol     Running    backfill 16, context 16");
    EXPECT_EQ(lines[4], "mux1v0     capture2     filter       Running    sends and receives");
    EXPECT_EQ(lines[5], "mux1v0     mux1         intermediate Running   ");
}

TEST_F(Drivers, AnOidCrossesTheStackToTheNic) {
    put(TRAFFIC_DRIVER_VLAN, 7);
    put(TRAFFIC_DRIVER_MUX, 2);
    send(10);
    EXPECT_EQ(traffic_reset_device(stack_.traffic), 0);
    EXPECT_EQ(traffic_reset_queue(stack_.traffic, 0), -ENOTSUP);  // the answer of netvio: this device cannot
}

}  // namespace
