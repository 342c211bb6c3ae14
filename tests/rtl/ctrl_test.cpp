// SPDX-License-Identifier: Apache-2.0
#include "ctrl_rig.h"

namespace {

TEST(Ctrl, SetsTheNumberOfPairs) {  // [V] 5.1.6.5.5
    Rig rig;
    EXPECT_EQ(rig.b->pairs_o, 1u);
    for (unsigned i = 0; i < 50; ++i) {
        const unsigned n = i % (RTL_QueuePairs + 2);
        const bool good = n >= 1 && n <= RTL_QueuePairs;
        EXPECT_EQ(rig.command({VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_VQ_PAIRS_SET, uint8_t(n), 0}), good ? kOk : kErr) << n;
        if (good) { EXPECT_EQ(rig.b->pairs_o, n); }
    }
}

TEST(Ctrl, TurnsMicrosecondsIntoCyclesAndSaturates) {
    Rig rig;
    EXPECT_EQ(rig.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_RX_SET, 16, 0, 0, 0, 8, 0, 0, 0}), kOk);
    for (unsigned q = 0; q < kQueues; ++q) {
        EXPECT_EQ(get_bits(rig.b->coal_packets_o, 16 * q, 16), q % 2 ? 0u : 16u);
        EXPECT_EQ(get_bits(rig.b->coal_cycles_o, 32 * q, 32), q % 2 ? 0u : 2000u);
    }
    EXPECT_EQ(rig.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_SET, 3, 0, 0, 0, 0, 0, 1, 0, 255, 255, 255, 255}), kOk);
    EXPECT_EQ(get_bits(rig.b->coal_packets_o, 48, 16), 0x7FFFu);
    EXPECT_EQ(get_bits(rig.b->coal_cycles_o, 96, 32), 0xFFFFFFFFu);
    EXPECT_EQ(rig.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_GET, 3, 0, 0, 0}),
              (Answer{0, 0, 1, 0, 255, 255, 255, 255, 0}));
}

TEST(Ctrl, AQueueThatWasResetHasTheLimitsOfItsDirection) {  // [V] 1.3 5.1.6.5.11
    Rig rig;
    rig.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_TX_SET, 5, 0, 0, 0, 4, 0, 0, 0});
    rig.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_SET, 1, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0});
    EXPECT_EQ(get_bits(rig.b->coal_packets_o, 16, 16), 9u);
    rig.b->vq_clear_i = 2;
    rig.b.tick();
    rig.b->vq_clear_i = 0;
    rig.b.settle();
    EXPECT_EQ(get_bits(rig.b->coal_packets_o, 16, 16), 5u);
    EXPECT_EQ(get_bits(rig.b->coal_cycles_o, 32, 32), 1000u);
}

TEST(Ctrl, AnswersOnlyWhereThereIsRoom) {  // virtio.md 12.1
    Rig rig;
    EXPECT_EQ(rig.run({{0x1000, 4, false}}), 0);
    EXPECT_EQ(rig.run({{0x1000, 4, false}, {0x9000, 0, true}}), 0);
    EXPECT_EQ(rig.run({{0x1000, 1, false}, {0x9000, 1, true}}), 0);
    EXPECT_EQ(rig.run({{0x9000, 1, true}}), 0);
}

TEST(Ctrl, ACommandThatCouldNotBeReadIsRefused) {
    Rig rig;
    rig.fail = true;
    EXPECT_EQ(rig.command({VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_VQ_PAIRS_SET, 2, 0}), kErr);
    EXPECT_EQ(rig.b->pairs_o, 1u);
}

TEST(Ctrl, AReadableElementBehindAWritableOneIsARingError) {  // [V] 2.8.5
    Rig rig;
    EXPECT_EQ(rig.run({{0x1000, 2, false}, {0x9000, 1, true}, {0x1100, 2, false}}), -1);
    EXPECT_TRUE(rig.b->error_o);
}

}  // namespace
