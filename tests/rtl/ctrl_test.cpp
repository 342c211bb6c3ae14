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

// Any limits, of any queue, from any address, in chains of any slot and id.
TEST(Ctrl, GivesBackTheLimitsThatWereSet) {  // [V] 1.3 5.1.6.5.11
    Rig rig;
    const auto random32 = [&] { return uint32_t(rig.b.random()) >> rig.b.random() % 32; };
    const auto bytes = [](Answer head, std::initializer_list<uint32_t> words) {
        for (const uint32_t word : words)
            for (unsigned i = 0; i < 4; ++i) head.push_back(uint8_t(word >> 8 * i));
        return head;
    };
    for (unsigned i = 0; i < 600; ++i) {
        const uint32_t packets = random32(), usecs = random32();
        const uint16_t queue = uint16_t(rig.b.random() % kQueues), per_us = uint16_t(rig.b.random() >> rig.b.random() % 16);
        rig.base = uint64_t{rig.b.random()} << 32 | rig.b.random();
        rig.surplus = rig.b.chance(50) ? random32() >> 1 : 0;
        rig.slot = uint16_t(rig.b.random());
        rig.id = uint16_t(rig.b.random());
        rig.wrap = rig.b.chance(50);
        rig.b->cycles_per_us_i = per_us;
        const bool all = rig.b.chance(30);
        const uint8_t direction = queue % 2 ? VIRTIO_CTRL_NOTF_COAL_TX_SET : VIRTIO_CTRL_NOTF_COAL_RX_SET;
        Answer set{VIRTIO_CTRL_CLASS_NOTF_COAL, all ? direction : uint8_t{VIRTIO_CTRL_NOTF_COAL_VQ_SET}};
        if (!all) set.insert(set.end(), {uint8_t(queue), 0, 0, 0});
        ASSERT_EQ(rig.command(bytes(set, {packets, usecs})), kOk);
        const uint64_t cycles = uint64_t{usecs} * per_us;
        EXPECT_EQ(get_bits(rig.b->coal_packets_o, 16 * queue, 16), std::min<uint64_t>(packets, 0x7FFF));
        EXPECT_EQ(get_bits(rig.b->coal_cycles_o, 32 * queue, 32), std::min<uint64_t>(cycles, 0xFFFFFFFF));
        Answer expected = bytes({}, {packets, usecs});
        expected.push_back(VIRTIO_CTRL_ACK_OK);
        const unsigned room = 9 + (rig.b.chance(50) ? random32() >> 1 : 0);
        ASSERT_EQ(rig.command({VIRTIO_CTRL_CLASS_NOTF_COAL, VIRTIO_CTRL_NOTF_COAL_VQ_GET, uint8_t(queue), 0, 0, 0}, room), expected);
        if (!rig.b.chance(20)) continue;
        rig.b->vq_clear_i = uint8_t(1u << rig.b.random() % kQueues);   // the other queues keep theirs
        rig.b.tick();
        rig.b->vq_clear_i = 0;
    }
}

TEST(Ctrl, RefusesWhatItDoesNotKnowOrWasNotNegotiated) {
    Rig rig;
    const uint64_t needed = 1ull << VIRTIO_NET_F_MQ_BIT | 1ull << VIRTIO_NET_F_NOTF_COAL_BIT | 1ull << VIRTIO_NET_F_VQ_NOTF_COAL_BIT |
                            1ull << VIRTIO_NET_F_RSS_BIT;
    for (unsigned i = 0; i < 300; ++i) {
        Answer command(2 + rig.b.random() % 40);
        for (uint8_t& byte : command) byte = uint8_t(rig.b.random());
        const bool refused_by_features = i % 2;
        rig.b->features_i = uint64_t{rig.b.random()} << 32 | rig.b.random();
        if (refused_by_features) {
            rig.b->features_i &= ~needed;
            command[0] = rig.b.chance(50) ? VIRTIO_CTRL_CLASS_MQ : VIRTIO_CTRL_CLASS_NOTF_COAL;
            command[1] &= 3;
        } else {
            command[1] |= 0x40;   // of no class
        }
        EXPECT_EQ(rig.command(command), kErr) << i;
    }
    EXPECT_EQ(rig.b->pairs_o, 1u);
    for (unsigned q = 0; q < kQueues; ++q) EXPECT_EQ(get_bits(rig.b->coal_cycles_o, 32 * q, 32), 0u);
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

TEST(Ctrl, AnswersOnlyWhereThereIsRoom) {  // VIRTIO P25: virtio.md 12.1
    Rig rig;
    EXPECT_EQ(rig.run({{0x1000, 4, false}}), 0);
    EXPECT_EQ(rig.run({{0x1000, 4, false}, {0x9000, 0, true}}), 0);
    EXPECT_EQ(rig.run({{0x1000, 1, false}, {0x9000, 1, true}}), 0);
    EXPECT_EQ(rig.run({{0x9000, 1, true}}), 0);
}

TEST(Ctrl, AReadableElementBehindAWritableOneIsARingErrorHoweverShortThatWas) {  // [V] 2.8.5
    for (const uint32_t room : {0u, 1u, 5u}) {
        Rig rig;
        EXPECT_FALSE(rig.b->error_o);
        EXPECT_EQ(rig.run({{0x1000, 4, false}, {0x9000, room, true}, {0x1100, 2, false}}), -1) << room;
        EXPECT_TRUE(rig.b->error_o);
        EXPECT_TRUE(rig.b->idle_o) << "nothing happens until the device is reset";
    }
}

TEST(Ctrl, CountsCommandsThatItDidNotCarryOut) {
    Rig rig;
    unsigned counted = 0;
    rig.observe = [&] { counted += rig.b->stat_error_o; };
    rig.command({VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_VQ_PAIRS_SET, 2, 0});
    rig.command({VIRTIO_CTRL_CLASS_RX, VIRTIO_CTRL_RX_PROMISC, 1});
    EXPECT_EQ(counted, 0u);
    rig.command({VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_VQ_PAIRS_SET, 0, 0});
    EXPECT_EQ(counted, 1u);
    rig.command({VIRTIO_CTRL_CLASS_MAC, VIRTIO_CTRL_MAC_TABLE_SET, 9, 9, 9, 9});
    rig.run({{0x1000, 4, false}});
    rig.run({{0x9000, 1, true}});
    EXPECT_EQ(counted, 4u);
}

TEST(Ctrl, AChainMayBeAsLongAsARing) {  // [V] 2.8
    Rig rig;
    std::vector<Rig::Element> chain(VIRTQ_MAX_SIZE, {0x2000, 0, false});
    chain.front().length = 2;
    chain.back() = {0x9000, 1, true};
    EXPECT_EQ(rig.run(chain), 1);
    EXPECT_EQ(rig.memory[0x9000], VIRTIO_CTRL_ACK_ERR);
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
