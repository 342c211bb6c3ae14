// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "Vdma_wr.h"
#include "bench.h"
#include "bits.h"
#include "regmap.h"

namespace {

constexpr unsigned kBeat = RTL_DataWidth / 8;

uint8_t rx_byte(uint16_t address) { return uint8_t(address * 11 + (address >> 8) + 3); }
uint8_t used_byte(uint16_t address) { return uint8_t(address * 5 + 200); }

struct Rig {
    Bench<Vdma_wr> b;
    struct Write { uint64_t cycle, address; uint32_t dws, bytes; };
    std::vector<Write> writes;
    std::map<uint64_t, uint8_t> memory;
    std::vector<uint16_t> done;
    bool re = false;
    uint8_t client = 0;
    uint16_t src = 0;
    std::array<uint32_t, 4> hdr{};
    std::vector<uint8_t> payload;

    unsigned largest;

    explicit Rig(unsigned seed, unsigned mps = 256) : b(seed), largest(mps) {
        b->mps_i = mps == 128 ? 0 : mps == 256 ? 1 : 2;
        b->bus_master_i = 1;
        b->requester_id_i = 0x0100;
        b->abandon_i = 0;
        b.reset();
    }
    void step(const WrCmd* cmd = nullptr, bool* taken = nullptr, unsigned stall = 0) {
        b->cmd_valid_i = cmd != nullptr;
        if (cmd) set_wr_cmd(b->cmd_i, *cmd);
        b->wr_ready_i = !b.chance(stall);
        if (re) {  // the clients' RAMs answer one cycle after the read
            std::vector<uint8_t> rx(kBeat), used(kBeat);
            for (unsigned k = 0; k < kBeat; ++k) {
                rx[k] = rx_byte(uint16_t(src + k));
                used[k] = used_byte(uint16_t(src + k));
            }
            std::memcpy(&b->src_rx_data_i, rx.data(), kBeat);
            std::memcpy(&b->src_used_data_i, used.data(), kBeat);
        }
        b.settle();
        if (taken) *taken = cmd && b->cmd_ready_o;
        if (b->done_valid_o) done.push_back(b->done_cookie_o);
        if (b->wr_valid_o && b->wr_ready_i) take_beat();
        re = b->src_re_o;
        client = b->src_client_o;
        src = b->src_addr_o;
        b.edge();
    }
    void take_beat() {
        if (b->wr_sop_o) {
            std::memcpy(hdr.data(), &b->wr_hdr_o, 16);
            payload.clear();
            first_cycle = b.cycle;
        }
        const auto* bytes = reinterpret_cast<const uint8_t*>(&b->wr_data_o);
        payload.insert(payload.end(), bytes, bytes + kBeat);
        if (!b->wr_eop_o) return;
        const bool wide = hdr[0] >> 24 == TLP_TYPE_MWR64;
        EXPECT_TRUE(wide || hdr[0] >> 24 == TLP_TYPE_MWR32);
        const uint64_t address = wide ? uint64_t(hdr[2]) << 32 | hdr[3] : hdr[2];
        const uint32_t dws = hdr[0] & 1023, first = hdr[1] & 15, last = hdr[1] >> 4 & 15;
        EXPECT_EQ((payload.size() + kBeat - 1) / kBeat, (dws * 4 + kBeat - 1) / kBeat) << "beats for the length";
        EXPECT_LE(dws * 4, largest) << "[P] 2.2.2: payload larger than MPS";
        EXPECT_EQ(address >> 12, (address + dws * 4 - 1) >> 12) << "[P] 2.2.7: write crosses 4 KiB";
        uint32_t count = 0;
        for (uint32_t i = 0; i < dws * 4; ++i) {
            const uint32_t be = i / 4 == 0 ? first : i / 4 == dws - 1 ? last : 15;
            if (be >> (i % 4) & 1) {
                memory[address + i] = payload[i];
                ++count;
            }
        }
        writes.push_back({first_cycle, address, dws, count});
    }
    uint64_t first_cycle = 0;
};

TEST(DmaWr, PutsEveryByteInItsPlaceForAnyAlignmentAndLength) {
    for (unsigned mps : {128u, 256u, 512u}) {
        Rig rig(mps, mps);
        std::vector<WrCmd> cmds;
        for (unsigned i = 0; i < 300; ++i) {
            WrCmd c{};
            c.addr = 0x300000000ull + i * 0x10000 + rig.b.random() % 5000;
            c.client = uint8_t(i % 2);
            c.len = uint16_t(1 + rig.b.random() % (i % 8 == 0 ? 9000 : 300));
            c.src = uint16_t(rig.b.random());
            if (c.client == 1) {  // used descriptors: 8-byte steps from a 16-byte aligned ring
                c.addr = c.addr & ~7ull;
                c.src = c.src & 0xFFF8;
            }
            c.pos = 64;
            c.cookie = uint16_t(i);
            cmds.push_back(c);
        }
        size_t next = 0;
        for (unsigned i = 0; i < 100000 && (next < cmds.size() || !rig.b->idle_o); ++i) {
            bool taken = false;
            rig.step(next < cmds.size() ? &cmds[next] : nullptr, &taken, 30);
            next += taken;
        }
        ASSERT_EQ(rig.done.size(), cmds.size());
        size_t bytes = 0;
        for (const auto& c : cmds) {
            EXPECT_EQ(rig.done[c.cookie], c.cookie) << "commands end in order";
            bytes += c.len;
            for (unsigned k = 0; k < c.len; ++k)
                ASSERT_EQ(rig.memory[c.addr + k], c.client == 0 ? rx_byte(uint16_t(c.src + k)) : used_byte(uint16_t(c.src + k)))
                    << "command " << c.cookie << " byte " << k;
        }
        EXPECT_EQ(rig.memory.size(), bytes) << "nothing else is written";
    }
}

TEST(DmaWr, LaysTheNetHeaderOverTheFirstPacketBytesHoweverTheyAreCut) {   // of 12 bytes, or of 20
    for (unsigned cut = 1; cut < 60; ++cut) {
        Rig rig(cut);
        const bool hashed = cut % 2;
        // dma_pkg::rx_hdr_t
        const uint64_t low = 0xA5ull | 0x0201ull << 8 | 0x44332211ull << 24 | uint64_t(hashed) << 56;
        const uint32_t high = 0xC3B40000u;
        std::vector<uint8_t> header = {0xA5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xB4, 0xC3};
        if (hashed) header.insert(header.end(), {0x11, 0x22, 0x33, 0x44, 0x01, 0x02, 0, 0});
        WrCmd a{0x300000000ull + cut % 4, uint16_t(cut), 0, 1, 988, 0, low, high};
        WrCmd c{0x300001000ull + cut % 3, uint16_t(72 - cut), 0, 2, uint16_t(988 + cut), uint16_t(cut), low, high};
        for (const auto* cmd : {&a, &c})
            for (bool taken = false; !taken;) rig.step(cmd, &taken);
        for (unsigned i = 0; i < 40; ++i) rig.step();
        for (unsigned k = 0; k < 72; ++k) {
            const uint8_t want = k < header.size() ? header[k] : rx_byte(uint16_t(988 + k));
            ASSERT_EQ(rig.memory[k < cut ? a.addr + k : c.addr + k - cut], want) << "cut " << cut << " byte " << k;
        }
    }
}

TEST(DmaWr, LeavesNoGapBetweenTlpsAndCommands) {
    Rig rig(1);
    unsigned given = 0;
    while (given < 20) {
        WrCmd c{0x300000000ull + given * 512, 256, 0, uint16_t(given), 0, 64, 0, 0};
        bool taken = false;
        rig.step(&c, &taken);
        given += taken;
    }
    for (unsigned i = 0; i < 400; ++i) rig.step();
    ASSERT_EQ(rig.writes.size(), 20u);
    EXPECT_EQ(rig.writes.back().cycle - rig.writes.front().cycle, 19u * (256 / kBeat));
}

TEST(DmaWr, ACommandWithoutBytesOnlyReportsItsTurn) {
    Rig rig(1);
    const WrCmd data{0x300000000ull, 600, 0, 1, 0, 64, 0, 0}, marker{0, 0, 0, 2, 0, 0, 0, 0};
    for (const auto* cmd : {&data, &marker})
        for (bool taken = false; !taken;) rig.step(cmd, &taken);
    for (unsigned i = 0; i < 600 / kBeat + 40; ++i) rig.step();
    EXPECT_EQ(rig.done, (std::vector<uint16_t>{1, 2}));
    EXPECT_EQ(rig.memory.size(), 600u);
}

// Bus master enable counts from the next TLP on: half of one would hold up the completion of the very write that cleared it.
TEST(DmaWr, FinishesTheTlpThatWasBegunWhenItMayNotWriteAnyMore) {
    for (unsigned moment = 0; moment < 40; ++moment) {
        Rig rig(1);
        const WrCmd c{0x300000000ull + 60, 1000, 0, 1, 0, 64, 0, 0};
        for (bool taken = false; !taken;) rig.step(&c, &taken);
        for (unsigned i = 0; i < moment; ++i) rig.step();
        rig.b->bus_master_i = 0;
        for (unsigned i = 0; i < 100; ++i) rig.step();
        const size_t written = rig.writes.size();
        size_t bytes = 0;
        for (const auto& w : rig.writes) bytes += w.bytes;
        EXPECT_EQ(rig.memory.size(), bytes);
        for (unsigned i = 0; i < 100; ++i) rig.step();
        EXPECT_EQ(rig.writes.size(), written);
        rig.b->bus_master_i = 1;
        for (unsigned i = 0; i < 200; ++i) rig.step();
        EXPECT_EQ(rig.memory.size(), 1000u) << "moment " << moment;
        EXPECT_EQ(rig.done, std::vector<uint16_t>{1});
    }
}

TEST(DmaWr, ForgetsWhatItMayNotSendWhenItIsAbandoned) {
    for (unsigned moment = 0; moment < 40; ++moment) {
        Rig rig(1);
        const WrCmd c{0x300000000ull + 60, 1000, 0, 1, 0, 64, 0, 0};
        for (unsigned given = 0; given < 4;) {
            bool taken = false;
            rig.step(&c, &taken);
            given += taken;
        }
        for (unsigned i = 0; i < moment; ++i) rig.step();
        rig.b->bus_master_i = 0;
        rig.b->abandon_i = 1;
        for (unsigned i = 0; i < 100; ++i) rig.step();
        EXPECT_TRUE(rig.b->idle_o) << "moment " << moment;
        EXPECT_TRUE(rig.payload.empty() || rig.b->wr_eop_o || !rig.b->wr_valid_o);
        rig.b->abandon_i = 0;
        rig.b->bus_master_i = 1;
        rig.memory.clear();
        const WrCmd last{0x400000000ull, 600, 0, 7, 0, 64, 0, 0};
        for (bool taken = false; !taken;) rig.step(&last, &taken);
        for (unsigned i = 0; i < 100; ++i) rig.step();
        EXPECT_EQ(rig.memory.size(), 600u) << "moment " << moment;
        EXPECT_EQ(rig.memory.begin()->first, 0x400000000ull);
    }
}

// [P] 7.5.3.4: the host may change the payload size at any time; a TLP has one.
TEST(DmaWr, ChangesThePayloadSizeBetweenTlps) {
    Rig rig(1, 512);
    size_t bytes = 0;
    for (unsigned i = 0; i < 100; ++i) {
        const WrCmd c{0x300000000ull + i * 0x10000 + i, uint16_t(1 + rig.b.random() % 3000), 0, uint16_t(i), 0, 64, 0, 0};
        bytes += c.len;
        for (bool taken = false; !taken;) {
            rig.b->mps_i = rig.b.random() % 3;
            rig.step(&c, &taken, 20);
        }
    }
    for (unsigned i = 0; i < 3000; ++i) {
        rig.b->mps_i = rig.b.random() % 3;
        rig.step();
    }
    EXPECT_TRUE(rig.b->idle_o);
    EXPECT_EQ(rig.done.size(), 100u);
    EXPECT_EQ(rig.memory.size(), bytes);
}

TEST(DmaWr, WritesImmediateData) {
    Rig rig(1);
    const WrCmd c{0xFEE00000ull, 4, 2, 1, 0, 0, 0x12345678, 0};
    for (bool taken = false; !taken;) rig.step(&c, &taken);
    for (unsigned i = 0; i < 10; ++i) rig.step();
    ASSERT_EQ(rig.writes.size(), 1u);
    EXPECT_EQ(rig.writes[0].dws, 1u);
    EXPECT_EQ(rig.memory[0xFEE00000ull], 0x78);
}

}  // namespace
