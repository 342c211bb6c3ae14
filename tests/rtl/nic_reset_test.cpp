// SPDX-License-Identifier: Apache-2.0
// Resets of nic_top under traffic on all queues: of the device ([V] 2.4) and of a queue alone ([V] 2.6.1).
#include "nic_traffic.h"

namespace {

constexpr uint64_t kFeatures = basic | indirect | event_idx | ring_reset | control | (kPairs > 1 ? multi : 0);
constexpr unsigned kMoments = kPairs == 1 ? 200 : kPairs == 4 ? 150 : 25;

void begin(Device& d, unsigned ring_size) {
    d.start(ring_size);
    if (kPairs > 1) { ASSERT_EQ(d.use_pairs(kPairs), VIRTIO_CTRL_ACK_OK); }
}

TEST(NicReset, AtAnyMomentNoTlpFollowsAndTheDeviceComesBack) {  // VIRTIO B5, B6, C11, C12: [V] 2.4.1
    auto c = config(1);
    c.latency_min = 20;
    c.latency_max = 400;
    c.stall_percent = 5;
    Device d(c, kFeatures, kPairs);
    auto& random = d.host.bench.random;
    for (unsigned moment = 0; moment < kMoments; ++moment) {
        const unsigned size = 20 + moment % 45;
        begin(d, size);
        d.host.sent.clear();
        Traffic traffic(d, kPairs);
        traffic.tables = true;
        if (moment % 10 == 0) traffic.run(3);
        for (unsigned i = unsigned(random() % 1200); i-- > 0 && !HasFatalFailure();) traffic.step(1000);
        ASSERT_FALSE(HasFatalFailure()) << "moment " << moment;
        d.set_status(0);
        if (random() % 4 == 0) d.set_status(0);   // twice in a row
        ASSERT_TRUE(d.run_until([&] { return d.status() == 0; }, 5000)) << "moment " << moment;
        ASSERT_FALSE(d.host.reads_outstanding());
        const auto seen = d.host.seen.size();
        const auto messages = d.host.messages.size();
        d.host.step(600);
        ASSERT_EQ(d.host.seen.size(), seen) << "moment " << moment;
        ASSERT_EQ(d.host.messages.size(), messages);
        while (!d.host.wire_idle() || d.host.sending()) d.host.step();
    }
}

// The queue's registers are those of a new one.
void reset_queue(Device& d, unsigned q) {
    const uint32_t c = BAR0_COMMON;
    d.reset_queue(q);
    EXPECT_EQ(d.host.read(c + VIRTIO_COMMON_QUEUE_SIZE, 2), 1024u);
    EXPECT_EQ(d.host.read(c + VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2), unsigned{VIRTIO_MSI_NO_VECTOR});
    EXPECT_EQ(d.host.read(c + VIRTIO_COMMON_QUEUE_DESC, 4), 0u);
}

TEST(NicReset, OfOneQueueNeedsTheFeature) {
    Device d(config(2));
    d.host.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_SELECT, 1, 2);
    d.host.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_RESET, 1, 2);
    EXPECT_EQ(d.host.read(BAR0_COMMON + VIRTIO_COMMON_QUEUE_RESET, 2), 0u);
    d.host.step(1000);
    EXPECT_EQ(d.host.read(BAR0_COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2), 1u);
}

TEST(NicReset, OfOneQueueReads1UntilItsReadsAreHome) {  // VIRTIO C16, C17, C18: [V] 4.1.4.3.1
    auto c = config(3);
    c.latency_min = c.latency_max = 1000;
    Device d(c, kFeatures, 1);
    d.host.step(2500);
    d.tx.offer(d.place(kTxData, flow_frame(d.host.bench.random, 0, false, 200), {}, 0), 1);
    d.tx.kick();
    d.host.step(100);
    ASSERT_TRUE(d.host.reads_outstanding());
    d.host.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_SELECT, 1, 2);
    d.host.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_RESET, 1, 2);
    EXPECT_EQ(d.host.read(BAR0_COMMON + VIRTIO_COMMON_QUEUE_RESET, 2), 1u);
    EXPECT_EQ(d.host.read(BAR0_COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2), 1u);
    reset_queue(d, 1);
    EXPECT_FALSE(d.host.reads_outstanding());
}

TEST(NicReset, OfOneQueueLeavesTheOthersRunning) {  // VIRTIO B8, B9, B10, C15: [V] 2.6.1
    auto c = config(4);
    c.latency_min = 20;
    c.latency_max = 400;
    c.stall_percent = 5;
    Device d(c, kFeatures, kPairs);
    begin(d, 64);
    auto& random = d.host.bench.random;
    Traffic traffic(d, kPairs);
    traffic.tables = true;
    for (unsigned moment = 0; moment < kMoments; ++moment) {
        for (unsigned i = unsigned(random() % 600); i-- > 0 && !HasFatalFailure();) traffic.step(1u << 30);
        ASSERT_FALSE(HasFatalFailure()) << "moment " << moment;
        const unsigned q = unsigned(random() % (2 * kPairs)), p = q / 2;
        traffic.loose = q;
        reset_queue(d, q);
        ASSERT_FALSE(HasFatalFailure()) << "moment " << moment;
        const size_t from = d.host.seen.size();
        const unsigned messages = d.messages_of(q + 1);
        for (unsigned i = 0; i < 400 && !HasFatalFailure(); ++i) traffic.step(1u << 30);
        ASSERT_FALSE(HasFatalFailure()) << "moment " << moment;
        ASSERT_EQ(d.messages_of(q + 1), messages) << "moment " << moment << " queue " << q << ": a notification after the reset";
        for (size_t i = from; i < d.host.seen.size(); ++i) {
            const auto address = d.host.seen[i].address;
            ASSERT_FALSE(address >= ring_address(q) && address < ring_address(q) + 0x1000) << "moment " << moment << " queue " << q;
            ASSERT_FALSE(address >= event_address(q) && address < event_address(q) + 64) << "moment " << moment << " queue " << q;
            const uint64_t data = (q % 2 ? kTxData : kRxData) + p * 0x10000;
            ASSERT_FALSE(address >= data && address < data + 0x10000) << "moment " << moment << " queue " << q;
        }
        // What the wire and the device still carry from before; then the queue starts anew.
        ASSERT_TRUE(d.run_until([&] {
            traffic.check_delivered(true);
            bool quiet = d.host.wire_idle();
            for (unsigned r = 0; r < kPairs; ++r) quiet = quiet && (2 * r == q || traffic.to_host[r].empty());
            return quiet || HasFatalFailure();
        })) << "moment " << moment << " queue " << q << ":\n" << traffic.report();
        d.host.step(1000);
        traffic.check_sent();
        ASSERT_FALSE(HasFatalFailure()) << "moment " << moment;
        traffic.forget();
        d.queue(q, 20 + unsigned(random() % 45));
    }
    ASSERT_TRUE(d.run_until([&] { traffic.check_sent(); return d.host.wire_idle(); }));
    EXPECT_EQ(d.status(), 15u);
}

#if RTL_QueuePairs > 1

TEST(NicReset, OfOneQueueKeepsTheSettingsOfTheDevice) {
    Device d(config(5), kFeatures | moderation, kPairs);
    ASSERT_EQ(d.use_pairs(2), VIRTIO_CTRL_ACK_OK);
    const Frame all{VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_TX_SET, 3, 0, 0, 0, 9, 0, 0, 0};
    const Frame one{VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_SET, 1, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0};
    const Frame get{VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_GET, 1, 0, 0, 0};
    ASSERT_EQ(d.command(all), VIRTIO_CTRL_ACK_OK);
    ASSERT_EQ(d.command(one), VIRTIO_CTRL_ACK_OK);
    reset_queue(d, 1);
    d.queue(1);
    reset_queue(d, kControl);
    d.queue(kControl);
    Frame answer;
    EXPECT_EQ(d.command(get, {2}, {8, 1}, answer), 9u);
    EXPECT_EQ(answer, (Frame{3, 0, 0, 0, 9, 0, 0, 0, 0})) << "those of all transmit queues again ([V] 1.3 5.1.6.5.11)";
}

#endif

}  // namespace
