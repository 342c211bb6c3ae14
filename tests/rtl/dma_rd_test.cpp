// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <map>
#include <vector>

#include "Vdma_rd.h"
#include "bench.h"
#include "bits.h"
#include "regmap.h"

namespace {

constexpr unsigned kBeat = RTL_DataWidth / 8;

uint8_t host_byte(uint64_t address) { return uint8_t(address * 7 + (address >> 8) * 13 + 1); }

// Sends requests, answers the reads in random order, and rebuilds what each request received.
struct Rig {
    Bench<Vdma_rd> b;
    struct Read { uint64_t cycle, address; uint32_t first, last; unsigned tag, dws; };
    std::vector<Read> reads;         // as seen on the link
    std::deque<Read> open;
    std::map<unsigned, std::map<uint16_t, uint8_t>> got;  // cookie -> dst -> byte
    std::map<unsigned, unsigned> done_bytes, errors;
    unsigned status = TLP_STATUS_SC;
    struct Beat { std::array<uint32_t, 4> hdr; std::vector<uint8_t> data; bool sop, eop; };
    std::deque<Beat> down;

    explicit Rig(unsigned seed, unsigned mrrs = 512, bool ext_tag = true) : b(seed) {
        b->mrrs_i = mrrs == 128 ? 0 : mrrs == 256 ? 1 : 2;
        b->ext_tag_i = ext_tag;
        b->bus_master_i = 1;
        b->requester_id_i = 0x0100;
        b->rd_ready_i = 1;
        b.reset();
    }
    void step(const RdReq* request = nullptr, bool* taken = nullptr, unsigned stall = 0, bool answer = true) {
        b->req_valid_i = request != nullptr;
        if (request) set_rd_req(b->req_i, *request);
        b->rd_ready_i = !b.chance(stall);
        b->cpl_valid_i = 0;
        if (answer && down.empty() && !open.empty() && b.chance(60)) respond(b.random() % open.size());
        if (!down.empty()) {
            const auto& beat = down.front();
            b->cpl_valid_i = 1;
            b->cpl_sop_i = beat.sop;
            b->cpl_eop_i = beat.eop;
            std::memcpy(&b->cpl_hdr_i, beat.hdr.data(), 16);
            std::memcpy(&b->cpl_data_i, beat.data.data(), kBeat);
        }
        b.settle();
        if (taken) *taken = request && b->req_ready_o;
        if (b->rd_valid_o && b->rd_ready_i) see_read();
        if (b->wr_valid_o) {
            const auto* bytes = reinterpret_cast<const uint8_t*>(&b->wr_data_o);
            for (unsigned k = b->wr_lo_o; k < b->wr_hi_o; ++k) {
                const auto [_, fresh] = got[b->wr_cookie_o].emplace(uint16_t(b->wr_dst_o + k), bytes[k]);
                EXPECT_TRUE(fresh) << "byte written twice";
            }
        }
        if (b->done_valid_o) {
            done_bytes[b->done_cookie_o] += b->done_bytes_o;
            errors[b->done_cookie_o] += b->done_error_o;
        }
        if (b->cpl_valid_i) down.pop_front();
        b.edge();
    }
    void see_read() {
        uint32_t h[4];
        std::memcpy(h, &b->rd_hdr_o, 16);
        const bool wide = (h[0] >> 24) == TLP_TYPE_MRD64;
        EXPECT_TRUE(wide || (h[0] >> 24) == TLP_TYPE_MRD32);
        Read r{b.cycle, wide ? uint64_t(h[2]) << 32 | h[3] : h[2], h[1] & 15, h[1] >> 4 & 15, h[1] >> 8 & 255, h[0] & 1023};
        EXPECT_EQ(h[1] >> 16, 0x0100u);
        EXPECT_LE(r.dws * 4, 128u << b->mrrs_i) << "[P] 2.2.7: request larger than MRRS";
        EXPECT_EQ(r.address >> 12, (r.address + r.dws * 4 - 1) >> 12) << "[P] 2.2.7: request crosses 4 KiB";
        for (const auto& o : open) EXPECT_NE(o.tag, r.tag) << "[P] 2.2.6.2: tag in use";
        reads.push_back(r);
        open.push_back(r);
    }
    void respond(size_t which) {
        const Read r = open[which];
        open.erase(open.begin() + long(which));
        uint64_t byte = r.address + unsigned(__builtin_ctz(r.first));
        const uint64_t end = r.address + r.dws * 4 - unsigned(__builtin_clz((r.dws == 1 ? r.first : r.last) << 28));
        if (status != TLP_STATUS_SC) {
            down.push_back({{0x0A000000u, status << 13 | uint32_t((end - byte) & 0xFFF), 0x01000000u | r.tag << 8 | uint32_t(byte & 127), 0},
                            std::vector<uint8_t>(kBeat, 0), true, true});
            return;
        }
        while (byte < end) {
            const uint64_t stop = std::min(end, b.chance(50) ? byte / 64 * 64 + 64 : (byte + 256) / 64 * 64);
            const uint64_t base = byte & ~3ull;
            const uint32_t dws = uint32_t((stop + 3) / 4 - base / 4);
            const std::array<uint32_t, 4> hdr{0x4A000000u | dws, uint32_t((end - byte) & 0xFFF), 0x01000000u | r.tag << 8 | uint32_t(byte & 127), 0};
            for (uint32_t done = 0; done < dws * 4; done += kBeat) {
                Beat beat{hdr, std::vector<uint8_t>(kBeat), done == 0, done + kBeat >= dws * 4};
                for (unsigned k = 0; k < kBeat; ++k) beat.data[k] = host_byte(base + done + k);
                down.push_back(beat);
            }
            byte = stop;
        }
    }
};

TEST(DmaRd, BringsEveryByteToItsPlaceWithCompletionsInAnyOrder) {
    for (unsigned mrrs : {128u, 256u, 512u}) {
        Rig rig(mrrs, mrrs);
        std::vector<RdReq> requests;
        uint16_t dst = 0;
        for (unsigned i = 0; i < 300; ++i) {
            const uint16_t len = uint16_t(1 + rig.b.random() % (i % 10 == 0 ? 9000 : 200));
            requests.push_back({0x100000000ull * (i % 2) + 0x10000 + rig.b.random() % 0x100000, len, uint8_t(i % 4), uint16_t(i), dst});
            dst = uint16_t(dst + len);
        }
        size_t next = 0;
        for (unsigned i = 0; i < 200000 && (next < requests.size() || !rig.b->idle_o || !rig.open.empty()); ++i) {
            bool taken = false;
            rig.step(next < requests.size() ? &requests[next] : nullptr, &taken, 20);
            next += taken;
        }
        rig.step();
        ASSERT_EQ(next, requests.size());
        for (const auto& r : requests) {
            ASSERT_EQ(rig.done_bytes[r.cookie], r.len);
            ASSERT_EQ(rig.got[r.cookie].size(), r.len);
            for (unsigned k = 0; k < r.len; ++k)
                ASSERT_EQ(rig.got[r.cookie][uint16_t(r.dst + k)], host_byte(r.addr + k)) << "request " << r.cookie << " byte " << k;
        }
    }
}

TEST(DmaRd, AsksOnceForWhatFitsMrrsAtAnyAlignment) {
    Rig rig(1);
    const RdReq request{0x200000000ull + 500, 76, 0, 1, 0};  // crosses a 512-byte boundary, fits one request
    bool taken = false;
    for (unsigned i = 0; i < 5 && !taken; ++i) rig.step(&request, &taken);
    for (unsigned i = 0; i < 50; ++i) rig.step();
    ASSERT_EQ(rig.reads.size(), 1u);
    EXPECT_EQ(rig.reads[0].dws, 19u);
}

TEST(DmaRd, SendsARequestEveryCycle) {
    Rig rig(1);
    RdReq request{0x200000000ull, 64, 0, 0, 0};
    for (unsigned i = 0; i < 100; ++i) rig.step(&request, nullptr, 0, false);
    EXPECT_GE(rig.reads.size(), 97u);
}

TEST(DmaRd, KeepsNoMoreThan32ReadsOpenWithoutExtendedTags) {
    Rig rig(1, 512, false);
    RdReq request{0x200000000ull, 64, 0, 0, 0};
    for (unsigned i = 0; i < 100; ++i) rig.step(&request, nullptr, 0, false);
    EXPECT_EQ(rig.open.size(), 32u);  // [P] 2.2.6.2
    for (const auto& r : rig.open) EXPECT_LT(r.tag, 32u);
}

// The host may take extended tags away again, though not wisely while reads are open: what was sent before keeps its tag, and nothing
// follows until it is answered.
TEST(DmaRd, ClauseP_7_5_3_4_IssuesNoTagAbove31OnceExtendedTagsAreTakenAway) {
    for (const bool open_reads : {false, true}) {
        Rig rig(1);
        const RdReq request{0x200000000ull, 64, 0, 0, 0};
        const auto steps = [&](unsigned n, const RdReq* wanted, bool answer) {
            for (unsigned i = 0; i < n; ++i) {
                rig.step(wanted, nullptr, 0, answer);
                rig.got.clear();   // all go to the same place
            }
        };
        steps(100, &request, false);
        ASSERT_GT(rig.open.size(), 64u);
        steps(open_reads ? 0 : 3000, nullptr, true);
        EXPECT_EQ(rig.b->idle_o, !open_reads);
        rig.b->ext_tag_i = 0;
        steps(4, nullptr, false);   // what was under way has left
        const size_t before = rig.reads.size();
        steps(3000, &request, true);
        ASSERT_GT(rig.reads.size(), before + 64);
        for (size_t i = before; i < rig.reads.size(); ++i) ASSERT_LT(rig.reads[i].tag, 32u) << "read " << i;

        rig.b->ext_tag_i = 1;
        steps(3000, nullptr, true);
        steps(300, &request, false);
        EXPECT_EQ(rig.open.size(), 256u) << "all tags are there again";
    }
}

TEST(DmaRd, ReportsAnErrorCompletionAndFreesTheTag) {
    Rig rig(1);
    rig.status = TLP_STATUS_UR;
    RdReq request{0x200000000ull, 100, 2, 9, 0};
    bool taken = false;
    for (unsigned i = 0; i < 5 && !taken; ++i) rig.step(&request, &taken);
    for (unsigned i = 0; i < 50; ++i) rig.step();
    EXPECT_EQ(rig.errors[9], 1u);
    EXPECT_EQ(rig.done_bytes[9], 100u);
    EXPECT_TRUE(rig.got.empty());
    EXPECT_TRUE(rig.b->idle_o);
}

TEST(DmaRd, SendsNothingWithoutBusMasterEnable) {
    Rig rig(1);
    rig.b->bus_master_i = 0;
    RdReq request{0x200000000ull, 64, 0, 0, 0};
    for (unsigned i = 0; i < 50; ++i) rig.step(&request);
    EXPECT_TRUE(rig.reads.empty());  // [P] 7.5.1.1.3
}

}  // namespace
