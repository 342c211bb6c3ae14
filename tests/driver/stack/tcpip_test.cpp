// SPDX-License-Identifier: Apache-2.0
// lwIP over the whole driver stack, over the fake device, asked by the client of the simulator's wire, which shares nothing with it.
#include <deque>
#include <functional>

#include "stack.h"
#include "wire_client.h"

namespace {

// The stack, and the client at the other end of its wire.
class TcpIp {
public:
    TcpIp() {
        for (const unsigned bit : {VIRTIO_NET_F_CSUM_BIT, VIRTIO_NET_F_GUEST_CSUM_BIT, VIRTIO_NET_F_HOST_TSO4_BIT, VIRTIO_F_RING_RESET_BIT})
            stack.machine.device.features |= uint64_t{1} << bit;
        stack.config.tcpip = "192.0.2.2/24";
        stack.config.outstanding_nbls = 64;
        stack.config.rx_buffer_bytes = 1514;
        asks.mac[0] = 2;
        asks.mac[5] = 0xFE;
        asks.address = 0xC0000201;
        asks.server = 0xC0000202;
        asks.requests = 1;
        asks.connections = 1;
        asks.bytes = 20000;
        asks.seed = 1;
        asks.ctx = this;
        asks.report = [](void* ctx, const char* check, const char* clause, const char* message) {
            static_cast<TcpIp*>(ctx)->findings += std::string(check) + " (" + clause + "): " + message + "\n";
        };
    }
    ~TcpIp() {
        stack.finish();
        wire_client_destroy(client);
    }
    // Until the client is done, or `limit_ns` of simulated time have passed.
    bool serve(uint64_t limit_ns = 60'000'000'000) {
        client = wire_client_create(&asks);
        if (stack.start() != 0) return false;
        for (uint64_t passed = 0; passed < limit_ns && !wire_client_done(client); passed += step_ns) {
            wire_client_run(client, now_ps());
            exchange();
            stack.run_for(step_ns);
            exchange();
        }
        return wire_client_done(client);
    }
    wire_client_counts counts() const { return wire_client_get_counts(client); }

    Stack stack;
    wire_client_config asks{};
    wire_client* client = nullptr;
    std::string findings;
    std::function<bool(size_t number, const Bytes& frame)> loses = [](size_t, const Bytes&) { return false; };  // of those to the client
    std::function<bool(size_t number, const Bytes& frame)> loses_requests = [](size_t, const Bytes&) { return false; };

private:
    static constexpr uint64_t step_ns = 20'000;
    uint64_t now_ps() { return fake_platform_seam(stack.fake)->ops->now_ps(fake_platform_seam(stack.fake)->ctx); }
    void exchange() {
        for (; taken_ < stack.on_wire.size(); taken_++)
            if (!loses(taken_, stack.on_wire[taken_]))
                wire_client_receive(client, now_ps(), stack.on_wire[taken_].data(), stack.on_wire[taken_].size());
        const uint8_t* frame;
        while (const size_t length = wire_client_next(client, &frame)) {
            const Bytes bytes(frame, frame + length);
            if (loses_requests(given_++, bytes)) continue;
            EXPECT_TRUE(stack.receive(bytes));
        }
    }
    size_t taken_ = 0, given_ = 0;
};

// What reaches the wire is what lwIP handed over.
void expect_as_handed_over(const TcpIp& tcpip) {
    ASSERT_EQ(tcpip.stack.on_wire.size(), tcpip.stack.handed_over.size());
    for (size_t i = 0; i < tcpip.stack.on_wire.size(); i++) ASSERT_EQ(tcpip.stack.on_wire[i], tcpip.stack.handed_over[i]) << "frame " << i;
}

TEST(TcpIp, AnswersPingAndServesAPage) {
    TcpIp tcpip;
    ASSERT_TRUE(tcpip.serve()) << tcpip.stack.error;
    EXPECT_EQ(tcpip.findings, "");
    EXPECT_EQ(tcpip.counts().pages, 1u);
    EXPECT_EQ(tcpip.counts().bytes, 20000u);
    EXPECT_EQ(tcpip.counts().again, 0u);
    EXPECT_EQ(tcpip.stack.counts().tcpip_pages, 1u);
    expect_as_handed_over(tcpip);
}

TEST(TcpIp, ReceivesWithoutACopy) {
    TcpIp tcpip;
    ASSERT_TRUE(tcpip.serve());
    EXPECT_EQ(tcpip.stack.counts().tcpip_copied, 0u);
    EXPECT_GT(tcpip.stack.counts().nbl_returned, 10u);
}

TEST(TcpIp, LeavesChecksumsAndSegmentsToTheAdapter) {
    TcpIp tcpip;
    tcpip.stack.config.offloads.checksum = true;
    tcpip.stack.config.offloads.large_send = TRAFFIC_LARGE_SEND_MOST;
    tcpip.asks.bytes = 200000;
    ASSERT_TRUE(tcpip.serve());
    EXPECT_EQ(tcpip.findings, "");
    EXPECT_EQ(tcpip.counts().pages, 1u);
    const traffic_counts counts = tcpip.stack.counts();
    EXPECT_GT(counts.large_sends, 5u);
    EXPECT_GT(counts.large_send_frames, 3 * counts.large_sends) << "segments that follow each other go together";
    EXPECT_LT(counts.large_sends + 100, counts.tx_checksums) << "and so do their checksums";
    fake_device_state state;
    fake_device_get_state(tcpip.stack.fake, &state);
    EXPECT_EQ(state.large_sends, counts.large_sends);
    expect_as_handed_over(tcpip);
}

TEST(TcpIp, SendsAgainWhatTheWireLosesAlsoOutOfALargeSend) {
    TcpIp tcpip;
    tcpip.stack.config.offloads.checksum = true;
    tcpip.stack.config.offloads.large_send = TRAFFIC_LARGE_SEND_MOST;
    tcpip.asks.bytes = 300000;
    tcpip.asks.requests = 3;
    tcpip.loses = [](size_t number, const Bytes&) { return number % 7 == 3; };
    tcpip.loses_requests = [](size_t number, const Bytes&) { return number % 11 == 5; };
    ASSERT_TRUE(tcpip.serve(600'000'000'000));
    EXPECT_EQ(tcpip.findings, "");
    EXPECT_EQ(tcpip.counts().pages, 3u);
    EXPECT_GT(tcpip.counts().late, 10u);
    EXPECT_GT(tcpip.stack.counts().large_sends, 5u);
    expect_as_handed_over(tcpip);
}

TEST(TcpIp, ServesManyConnectionsAtATime) {
    TcpIp tcpip;
    tcpip.asks.requests = 40;
    tcpip.asks.connections = 10;
    tcpip.asks.bytes = 3000;
    ASSERT_TRUE(tcpip.serve());
    EXPECT_EQ(tcpip.findings, "");
    EXPECT_EQ(tcpip.counts().pages, 40u);
    EXPECT_EQ(tcpip.stack.counts().tcpip_requests, 40u);
}

TEST(TcpIp, WaitsForSendsToComeBackWhenThereAreFew) {
    for (const unsigned sends : {1u, 2u}) {
        TcpIp tcpip;
        tcpip.stack.config.outstanding_nbls = sends;
        tcpip.stack.config.offloads.checksum = true;
        tcpip.stack.config.offloads.large_send = 5000;
        ASSERT_TRUE(tcpip.serve(1'000'000'000)) << "lwIP need not wait for its timers, of 250 ms";
        EXPECT_EQ(tcpip.findings, "");
        EXPECT_EQ(tcpip.counts().pages, 1u);
        expect_as_handed_over(tcpip);
    }
}

TEST(TcpIp, TakesFramesInPiecesAsChainsOfPbufs) {
    TcpIp tcpip;
    tcpip.stack.config.rx_buffer_elements = 3;
    ASSERT_TRUE(tcpip.serve());
    EXPECT_EQ(tcpip.findings, "");
    EXPECT_EQ(tcpip.stack.counts().tcpip_copied, 0u);
}

TEST(TcpIp, CopiesFramesInMorePiecesThanThat) {
    TcpIp tcpip;
    tcpip.stack.config.rx_buffer_elements = 6;
    tcpip.stack.config.rx_buffer_bytes = 300;  // a ping is then in two of them; each is 50 bytes
    tcpip.asks.bytes = 100;
    ASSERT_TRUE(tcpip.serve());
    EXPECT_EQ(tcpip.findings, "");
    EXPECT_EQ(tcpip.counts().pages, 1u);
}

TEST(TcpIp, WorksOverNetAdapterCx) {
    TcpIp tcpip;
    tcpip.stack.config.miniport = TRAFFIC_MINIPORT_NETCX;
    tcpip.stack.config.offloads.checksum = true;
    tcpip.asks.bytes = 50000;
    ASSERT_TRUE(tcpip.serve()) << tcpip.stack.error;
    EXPECT_EQ(tcpip.findings, "");
    EXPECT_EQ(tcpip.counts().pages, 1u);
    EXPECT_GT(tcpip.stack.counts().tx_checksums, 30u);
    expect_as_handed_over(tcpip);
}

TEST(TcpIp, WorksOverAMiniportOfNdis5) {
    TcpIp tcpip;
    tcpip.stack.config.miniport = TRAFFIC_MINIPORT_NDIS5;
    ASSERT_TRUE(tcpip.serve()) << tcpip.stack.error;
    EXPECT_EQ(tcpip.findings, "");
    EXPECT_EQ(tcpip.counts().pages, 1u);
}

TEST(TcpIp, GoesOnAfterAPauseOfTheStack) {
    TcpIp tcpip;
    tcpip.asks.requests = 2;
    bool restarted = false;
    tcpip.loses = [&](size_t number, const Bytes&) {
        if (number == 12 && !restarted) {
            restarted = true;
            EXPECT_EQ(traffic_restart_stack(tcpip.stack.traffic), 0);
        }
        return false;
    };
    ASSERT_TRUE(tcpip.serve());
    EXPECT_TRUE(restarted);
    EXPECT_EQ(tcpip.findings, "");
    EXPECT_EQ(tcpip.counts().pages, 2u);
}

TEST(TcpIp, GoesDownInTheMiddleOfAPageWithNothingLeftBehind) {
    TcpIp tcpip;
    tcpip.asks.bytes = 1'000'000'000;
    tcpip.loses_requests = [](size_t number, const Bytes&) { return number == 5; };
    EXPECT_FALSE(tcpip.serve(10'000'000));
    EXPECT_GT(tcpip.stack.counts().nbl_sent, 10u);
    tcpip.stack.finish();
}

TEST(TcpIp, AFrameThatIsNoPacketIsLeftAlone) {
    TcpIp tcpip;
    size_t made = 0;
    tcpip.loses_requests = [&](size_t number, const Bytes& frame) {
        for (size_t cut = 14; cut <= frame.size() && number < 6; cut += 3, made++) EXPECT_TRUE(tcpip.stack.receive(Bytes(frame.begin(), frame.begin() + static_cast<long>(cut))));
        return false;
    };
    ASSERT_TRUE(tcpip.serve());
    EXPECT_GT(made, 20u);
    EXPECT_EQ(tcpip.counts().pages, 1u);
}

TEST(TcpIp, ASecondStackOfTheProcessIsRefused) {
    TcpIp first, second;
    ASSERT_EQ(first.stack.start(), 0);
    EXPECT_NE(second.stack.start(), 0);
    EXPECT_NE(second.stack.error.find("one stack"), std::string::npos) << second.stack.error;
}

TEST(TcpIp, AnotherStackMayFollow) {
    for (unsigned i = 0; i < 2; i++) {
        TcpIp tcpip;
        ASSERT_TRUE(tcpip.serve());
        EXPECT_EQ(tcpip.findings, "");
    }
}

}  // namespace
