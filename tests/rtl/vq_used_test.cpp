// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "Vvq_used.h"
#include "bench.h"
#include "bits.h"
#include "regmap.h"

namespace {

constexpr uint64_t kRing = 0x200000000ull;

struct Rig {
    Bench<Vvq_used> b;
    std::vector<WrCmd> writes;
    struct Moved { unsigned slots, packets, next; };
    std::vector<Moved> moved;   // what vq_event was told of each
    std::vector<std::vector<uint8_t>> bytes;
    explicit Rig(bool batch, unsigned seed = 1) : b(seed) {
        b->quiet_i = b->u_valid_i = b->src_re_i = b->done_i = 0;
        b->queue_i = 0;
        b->age_limit_i = 96;
        b->enable_i = 1;
        b->desc_i = kRing;
        b->batch_i = batch;
        b->size_i = 64;
        b->u_slots_i = 1;
        b->cmd_ready_i = 1;
        b.reset();
    }
    // Runs a cycle; a command that is accepted is read out of the RAM at once, as dma_wr would.
    bool step(bool valid = false, uint16_t slot = 0, bool wrap = true, uint16_t id = 0, uint32_t length = 0, bool write = false) {
        b->u_valid_i = valid;
        b->u_slot_i = slot;
        b->u_wrap_i = wrap;
        b->u_id_i = id;
        b->u_len_i = length;
        b->u_write_i = write;
        b.settle();
        const bool taken = valid && b->u_ready_o;
        const bool sent = b->cmd_valid_o && b->cmd_ready_i;
        WrCmd cmd{};
        if (sent) cmd = get_wr_cmd(b->cmd_o);
        b.edge();
        if (sent) {
            writes.push_back(cmd);
            std::vector<uint8_t> data;
            b->u_valid_i = 0;
            for (unsigned done = 0; done < cmd.len; done += RTL_DataWidth / 8) {
                b->src_re_i = 1;
                b->src_addr_i = uint16_t(cmd.src + done);
                b.tick();
                b->src_re_i = 0;
                b.settle();
                const auto* p = reinterpret_cast<const uint8_t*>(&b->src_data_o);
                data.insert(data.end(), p, p + RTL_DataWidth / 8);
            }
            data.resize(cmd.len);
            bytes.push_back(data);
            b->done_i = 1;
            b.settle();
            moved.push_back({b->done_slots_o, b->done_packets_o, b->done_next_o});
            b.tick();
            b->done_i = 0;
        }
        return taken;
    }
    void use(uint16_t slot, bool wrap, uint16_t id, uint32_t length, bool write) {
        for (unsigned i = 0; i < 200; ++i)
            if (step(true, slot, wrap, id, length, write)) return;
        FAIL() << "not accepted";
    }
    void wait() { for (unsigned i = 0; i < 200; ++i) step(); }
};

uint64_t field(const std::vector<uint8_t>& bytes, size_t offset) {
    uint64_t value;
    std::memcpy(&value, bytes.data() + offset, 8);
    return value;
}

TEST(VqUsed, WritesOneDescriptorAsTheStandardShows) {  // VIRTIO P13, P14: [V] 2.8.5; bytes of virtio.md 5.7
    Rig rig(false);
    rig.b->quiet_i = 1;
    rig.use(3, true, 5, 72, true);
    rig.wait();
    ASSERT_EQ(rig.writes.size(), 1u);
    EXPECT_EQ(rig.writes[0].addr, kRing + 3 * 16 + 8);
    EXPECT_EQ(rig.writes[0].len, 8);
    EXPECT_EQ(field(rig.bytes[0], 0), 0x8082000500000048ull);
    rig.use(4, false, 5, 72, true);
    rig.wait();
    EXPECT_EQ(field(rig.bytes[1], 0), 0x0002000500000048ull);
}

TEST(VqUsed, JoinsNeighbouringSlotsOfOneLineInOneWrite) {
    Rig rig(false);
    for (uint16_t i = 0; i < 40; ++i) rig.use(i, true, uint16_t(100 + i), 60u + i, true);
    rig.wait();
    ASSERT_EQ(rig.writes.size(), 3u);
    EXPECT_EQ(rig.writes[0].len, 16 * 16 - 8);
    EXPECT_EQ(rig.writes[2].addr, kRing + 32 * 16 + 8);
    for (unsigned i = 0; i < 40; ++i) {
        const auto value = field(rig.bytes[i / 16], i % 16 * 16);
        EXPECT_EQ(uint32_t(value), 60u + i);
        EXPECT_EQ(value >> 32 & 0xFFFF, 100u + i);
    }
}

TEST(VqUsed, DoesNotTouchTheSlotsThatAChainSkips) {  // [V] 2.8.5
    Rig rig(false);
    rig.use(0, true, 1, 60, true);
    rig.use(2, true, 2, 60, true);  // the first chain had two elements
    rig.wait();
    ASSERT_EQ(rig.writes.size(), 2u);
    EXPECT_EQ(rig.writes[0].len, 8);
    EXPECT_EQ(rig.writes[1].addr, kRing + 2 * 16 + 8);
}

TEST(VqUsed, EndsAGroupAtTheEndOfTheRing) {
    Rig rig(false);
    rig.use(9, true, 1, 60, true);
    rig.use(0, false, 2, 60, true);
    rig.wait();
    ASSERT_EQ(rig.writes.size(), 2u);
    EXPECT_EQ(field(rig.bytes[1], 0) >> 48, 2u) << "flags of the next lap";
}

TEST(VqUsed, BatchesInOrderBuffersIntoTheLastId) {  // VIRTIO P21: [V] 2.8.8
    Rig rig(true);
    rig.use(6, true, 0, 0, false);
    rig.use(7, true, 1, 0, false);
    rig.use(9, true, 3, 0, false);
    rig.wait();
    ASSERT_EQ(rig.writes.size(), 1u);
    EXPECT_EQ(rig.writes[0].addr, kRing + 6 * 16 + 8);
    EXPECT_EQ(field(rig.bytes[0], 0), 0x8080000300000000ull);
}

TEST(VqUsed, WaitsNoLongerThanItsAgeLimit) {
    Rig rig(false);
    rig.use(0, true, 1, 60, true);
    const auto start = rig.b.cycle;
    while (rig.writes.empty() && rig.b.cycle < start + 500) rig.step();
    EXPECT_GE(rig.b.cycle - start, 80u);
    EXPECT_LE(rig.b.cycle - start, 110u);
}

TEST(VqUsed, WritesAtOnceWhenNothingElseIsComing) {
    Rig rig(false);
    rig.b->quiet_i = 1;
    rig.use(0, true, 1, 60, true);
    const auto start = rig.b.cycle;
    while (rig.writes.empty() && rig.b.cycle < start + 500) rig.step();
    EXPECT_LE(rig.b.cycle - start, 8u);
}

TEST(VqUsed, SaysHowFarTheUsedPointerMoved) {
    for (bool batch : {false, true}) {
        Rig rig(batch);
        rig.b->size_i = 11;   // ends in the ring's last slot
        rig.b->u_slots_i = 3;
        rig.use(5, true, 1, 60, true);
        rig.use(8, true, 2, 60, true);
        rig.b->u_slots_i = 1;
        rig.use(0, false, 3, 60, true);
        rig.b->u_slots_i = 11;   // a chain of the whole ring comes back to where it began
        rig.use(1, false, 4, 60, true);
        rig.wait();
        unsigned slots = 0, packets = 0;
        for (const auto& m : rig.moved) {
            slots += m.slots;
            packets += m.packets;
        }
        EXPECT_EQ(slots, 18u);
        EXPECT_EQ(packets, 4u);
        ASSERT_FALSE(rig.moved.empty());
        EXPECT_EQ(rig.moved.back().next, 0x8001u) << "slot 1 of the lap after";
        EXPECT_EQ(rig.moved[batch ? 0 : 1].next, 0x0000u) << "slot 0 of the next lap";
    }
}

}  // namespace
