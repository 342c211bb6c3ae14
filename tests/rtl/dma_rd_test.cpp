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
    unsigned status = TLP_STATUS_SC, refused = 0;
    struct Beat { std::array<uint32_t, 4> hdr; std::vector<uint8_t> data; bool sop, eop; };
    std::deque<Beat> down;

    explicit Rig(unsigned seed, unsigned mrrs = 512, bool ext_tag = true) : b(seed) {
        b->mrrs_i = mrrs == 128 ? 0 : mrrs == 256 ? 1 : 2;
        b->ext_tag_i = ext_tag;
        b->bus_master_i = 1;
        b->requester_id_i = 0x0100;
        b->rd_ready_i = 1;
        b->tick_i = b->abandon_i = b->link_ni = 0;
        b.reset();
        b->link_ni = 1;
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
        refused += b->stat_error_o;
        if (b->cpl_valid_i) down.pop_front();
        b.edge();
    }
    void steps(unsigned n, bool answer = true) { while (n-- > 0) step(nullptr, nullptr, 0, answer); }
    void ask(const RdReq& request) {
        bool taken = false;
        for (unsigned i = 0; i < 2000 && !taken; ++i) step(&request, &taken, 0, false);
        ASSERT_TRUE(taken);
        steps(3, false);   // it is on the link
    }
    // The end of a period of the completion timeout.
    void tick() {
        b->tick_i = 1;
        steps(1, false);
        b->tick_i = 0;
    }
    // A whole completion of these fields, whatever they are; its payload is that of `address`.
    struct Fields { unsigned tag, count, low, dws; uint64_t address; bool poisoned = false; uint16_t requester = 0x0100; int beats = 0; };
    void complete(const Fields& f) {
        const std::array<uint32_t, 4> hdr{0x4A000000u | uint32_t(f.poisoned) << TLP_EP_BIT | (f.dws & 1023), f.count & 0xFFF,
                                          uint32_t(f.requester) << 16 | f.tag << 8 | f.low, 0};
        const unsigned whole = (f.dws * 4 + kBeat - 1) / kBeat, beats = unsigned(int(whole) + f.beats);
        for (unsigned n = 0; n < beats; ++n) {
            Beat beat{hdr, std::vector<uint8_t>(kBeat), n == 0, n + 1 == beats};
            for (unsigned k = 0; k < kBeat; ++k) beat.data[k] = host_byte((f.address & ~3ull) + n * kBeat + k);
            down.push_back(beat);
        }
        steps(beats + 3, false);
    }
    void expect_bytes(const RdReq& r) {
        ASSERT_EQ(got[r.cookie].size(), r.len);
        for (unsigned k = 0; k < r.len; ++k) ASSERT_EQ(got[r.cookie][uint16_t(r.dst + k)], host_byte(r.addr + k)) << "byte " << k;
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

// [P] 2.3.2: none of these is the next part of the request; it goes on waiting, and gets its bytes.
TEST(DmaRd, RefusesACompletionThatIsNotTheNextPartOfItsRequest) {
    const RdReq request{0x200000100ull, 200, 2, 9, 0};   // from lower address 0
    const Rig::Fields next{0, 200, 0, 50, request.addr};
    std::vector<std::pair<const char*, Rig::Fields>> wrong;
    auto add = [&](const char* what, auto change) {
        wrong.push_back({what, next});
        change(wrong.back().second);
    };
    add("a tag that is not in flight", [](auto& f) { f.tag = 1; });
    add("a tag that was never used", [](auto& f) { f.tag = 255; });
    add("the request of another function", [](auto& f) { f.requester = 0x0101; });
    add("more bytes than were asked for", [](auto& f) { f.count = 204; });
    add("4096 bytes", [](auto& f) { f.count = 0; });
    add("fewer bytes than are still to come", [](auto& f) { f.count = 196; f.dws = 49; });
    add("another lower address", [](auto& f) { f.low = 4; });
    add("another byte of the double word", [](auto& f) { f.low = 1; });
    add("longer than its bytes", [](auto& f) { f.dws = 51; });
    add("much longer", [](auto& f) { f.dws = 512; });
    add("cut off", [](auto& f) { f.beats = -1; });
    for (const auto& [what, fields] : wrong) {
        Rig rig(1);
        rig.ask(request);
        rig.steps(5, false);
        ASSERT_EQ(rig.open.size(), 1u);
        const bool cut = fields.beats != 0;
        rig.complete(fields);
        EXPECT_EQ(rig.refused, 1u) << what;
        EXPECT_EQ(rig.done_bytes[9], 0u) << what;
        EXPECT_EQ(rig.got[9].empty(), !cut) << what;
        rig.got.clear();   // what was cut off comes again
        rig.complete({0, 200, 0, 16, request.addr});                     // its first 64 bytes
        rig.complete({0, 200, 0, 16, request.addr});                     // and again
        rig.complete({0, 136, 64, 34, request.addr + 64});
        EXPECT_EQ(rig.refused, 2u) << what;
        EXPECT_EQ(rig.done_bytes[9], 200u) << what;
        EXPECT_EQ(rig.errors[9], 0u) << what;
        rig.expect_bytes(request);
        EXPECT_TRUE(rig.b->idle_o) << what;
        rig.complete(next);
        EXPECT_EQ(rig.refused, 3u) << "nobody waits any more";
        if (HasFatalFailure()) FAIL() << what;
    }
}

TEST(DmaRd, TakesOfALongerPacketWhatItsHeaderSays) {
    Rig rig(1);
    const RdReq request{0x200000100ull, 40, 2, 9, 0};
    rig.ask(request);
    rig.complete({0, 40, 0, 10, request.addr, false, 0x0100, 5});
    rig.expect_bytes(request);
    EXPECT_EQ(rig.done_bytes[9], 40u);
}

TEST(DmaRd, DropsWhatDoesNotBeginWithAHeader) {
    Rig rig(1);
    const RdReq request{0x200000100ull, 64, 2, 9, 0};
    rig.ask(request);
    rig.complete({0, 64, 0, 16, request.addr});
    EXPECT_EQ(rig.done_bytes[9], 64u);
    rig.ask(request);
    for (unsigned i = 0; i < 3; ++i) rig.down.push_back({{0x4A000010u, 64, 0x01000000u, 0}, std::vector<uint8_t>(kBeat), false, i == 2});
    rig.steps(10, false);
    EXPECT_EQ(rig.done_bytes[9], 64u) << "the end of the last completion was its end";
}

// [P] 2.7.2.2: the data is lost, the request is not over.
TEST(DmaRd, PoisonedDataIsNotPassedOnAndItsRequestEndsInError) {
    for (const unsigned which : {0u, 1u, 2u}) {
        Rig rig(1);
        const RdReq request{0x200000100ull, 192, 2, 9, 0};
        rig.ask(request);
        for (unsigned part = 0; part < 3; ++part) {
            EXPECT_EQ(rig.done_bytes[9], 0u) << "the other parts are still to come";
            EXPECT_FALSE(rig.b->idle_o);
            rig.complete({0, 192 - 64 * part, 64 * part % 128, 16, request.addr + 64 * part, part == which});
        }
        EXPECT_EQ(rig.done_bytes[9], 192u);
        EXPECT_EQ(rig.errors[9], 1u);
        EXPECT_EQ(rig.refused, 1u);
        EXPECT_EQ(rig.got[9].size(), 128u);
        EXPECT_EQ(rig.got[9].count(uint16_t(64 * which)), 0u);
        EXPECT_TRUE(rig.b->idle_o);
        rig.got.clear();
        rig.done_bytes.clear();
        rig.errors.clear();
        rig.ask(request);   // with a tag that has seen it all
        rig.steps(300);
        rig.expect_bytes(request);
        EXPECT_EQ(rig.errors[9], 0u);
    }
}

TEST(DmaRd, ClauseP_2_8_AReadThatWaitsForTwoPeriodsEndsInError) {
    Rig rig(1);
    rig.ask({0x200000100ull, 100, 2, 9, 0});
    rig.tick();
    rig.ask({0x200000200ull, 60, 3, 10, 0});
    rig.steps(20, false);
    EXPECT_EQ(rig.done_bytes[9], 0u) << "one period is not over";
    rig.tick();
    rig.steps(20, false);
    EXPECT_EQ(rig.done_bytes[9], 100u);
    EXPECT_EQ(rig.errors[9], 1u);
    EXPECT_EQ(rig.refused, 1u);
    EXPECT_EQ(rig.done_bytes[10], 0u);
    rig.tick();
    rig.steps(20, false);
    EXPECT_EQ(rig.errors[10], 1u);
    EXPECT_TRUE(rig.b->idle_o);
    EXPECT_TRUE(rig.got.empty());
}

TEST(DmaRd, AReadInTheMiddleOfACompletionIsGivenUpToo) {
    Rig rig(1);
    const RdReq request{0x200000100ull, 200, 2, 9, 0};
    rig.ask(request);
    rig.steps(5, false);
    const std::array<uint32_t, 4> hdr{0x4A000000u | 50, 200, 0x01000000u, 0};
    rig.down.push_back({hdr, std::vector<uint8_t>(kBeat), true, false});
    rig.steps(3, false);
    rig.tick();
    rig.tick();
    rig.steps(5, false);
    EXPECT_EQ(rig.errors[9], 1u);
    rig.got.clear();
    rig.down.push_back({hdr, std::vector<uint8_t>(kBeat), false, false});
    rig.down.push_back({hdr, std::vector<uint8_t>(kBeat), false, true});
    rig.steps(5, false);
    EXPECT_TRUE(rig.got.empty()) << "its place is another's by now";
    EXPECT_EQ(rig.done_bytes[9], 200u);
}

// A tag whose completion may still come must not be given to another read: the bytes would go to its place.
TEST(DmaRd, ATagThatWasGivenUpIsUsedAgainOnlyWhenItsCompletionHasCome) {
    for (const bool device_reset : {false, true}) {
        Rig rig(1);
        const RdReq first{0x200000100ull, 100, 2, 9, 0};
        rig.ask(first);
        rig.tick();
        rig.tick();
        rig.steps(5, false);
        ASSERT_EQ(rig.errors[9], 1u);
        rig.open.clear();
        if (device_reset) {
            rig.b->rst_ni = 0;
            rig.steps(1);
            rig.b->rst_ni = 1;
        }
        for (unsigned i = 0; i < 600; ++i) rig.ask({0x200001000ull + 64 * i, 64, 1, uint16_t(100 + i), 0}), rig.steps(20);
        for (size_t i = 1; i < rig.reads.size(); ++i) ASSERT_NE(rig.reads[i].tag, 0u);
        const unsigned refused = rig.refused;
        rig.complete({0, 100, 0, 25, first.addr});
        EXPECT_EQ(rig.refused, refused + 1) << "it is counted";
        EXPECT_TRUE(rig.got[9].empty()) << "and its bytes are dropped";
        const size_t before = rig.reads.size();
        for (unsigned i = 0; i < 300; ++i) rig.ask({0x200001000ull + 64 * i, 64, 1, uint16_t(800 + i), 0}), rig.steps(20);
        bool again = false;
        for (size_t i = before; i < rig.reads.size(); ++i) again |= rig.reads[i].tag == 0;
        EXPECT_TRUE(again);
        for (unsigned i = 0; i < 300; ++i) rig.expect_bytes({0x200001000ull + 64 * i, 64, 1, uint16_t(800 + i), 0});
    }
}

TEST(DmaRd, EndsRequestsInErrorWhenEveryTagIsLost) {
    Rig rig(1, 512, false);   // 32 of them
    for (unsigned i = 0; i < 32; ++i) rig.ask({0x200000000ull + 64 * i, 64, 1, uint16_t(i), 0});
    rig.steps(5, false);
    rig.tick();
    rig.tick();
    rig.steps(40, false);
    for (unsigned i = 0; i < 32; ++i) EXPECT_EQ(rig.errors[i], 1u);
    rig.open.clear();
    rig.ask({0x200000000ull, 9000, 1, 50, 0});
    rig.steps(50, false);
    EXPECT_EQ(rig.done_bytes[50], 9000u) << "in as many pieces as it would have been";
    EXPECT_GE(rig.errors[50], 17u);
    EXPECT_EQ(rig.reads.size(), 32u);
    EXPECT_TRUE(rig.b->idle_o);
    rig.complete({7, 64, 7 * 64 % 128, 16, 0x200000000ull + 7 * 64});
    const RdReq last{0x200000000ull, 100, 1, 51, 0};
    rig.ask(last);
    rig.steps(50);
    rig.expect_bytes(last);
    EXPECT_EQ(rig.reads.back().tag, 7u);
}

// Completions of all kinds that nobody asked for, among those that were: every request gets its bytes, once.
TEST(DmaRd, RandomCompletionsHarmNobody) {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        Rig rig(seed);
        std::vector<RdReq> requests;
        uint16_t dst = 0;
        for (unsigned i = 0; i < 200; ++i) {
            const uint16_t len = uint16_t(1 + rig.b.random() % 600);
            requests.push_back({0x100000000ull * (i % 2) + 0x10000 + rig.b.random() % 0x100000, len, uint8_t(i % 4), uint16_t(i), dst});
            dst = uint16_t(dst + len);
        }
        size_t next = 0;
        for (unsigned i = 0; i < 200000 && (next < requests.size() || !rig.b->idle_o || !rig.open.empty()); ++i) {
            bool taken = false;
            if (rig.down.empty() && rig.b.chance(30)) {
                const auto random = [&] { return uint32_t(rig.b.random()); };
                // Of another function anything; of this one with more bytes than any request has.
                const bool mine = rig.b.chance(50);
                const unsigned tag = rig.open.empty() || rig.b.chance(30) ? random() % 256 : rig.open[random() % rig.open.size()].tag;
                std::array<uint32_t, 4> hdr{(mine || rig.b.chance(80) ? 0x4A000000u : 0x0A000000u) | (random() & 0x5000) | random() % 40,
                                            mine ? 600 + random() % 3000 : random(),
                                            (mine ? 0x01000000u : 0x01010000u) | tag << 8 | (random() & 127), random()};
                for (unsigned n = 0, beats = 1 + random() % 4; n < beats; ++n)
                    rig.down.push_back({hdr, std::vector<uint8_t>(kBeat, uint8_t(random())), n == 0, n + 1 == beats});
            }
            rig.step(next < requests.size() && rig.open.size() < 100 ? &requests[next] : nullptr, &taken, 20);
            next += taken;
        }
        rig.step();
        ASSERT_EQ(next, requests.size());
        EXPECT_GT(rig.refused, 100u);
        for (const auto& r : requests) {
            ASSERT_EQ(rig.done_bytes[r.cookie], r.len);
            ASSERT_EQ(rig.errors[r.cookie], 0u);
            rig.expect_bytes(r);
        }
    }
}

TEST(DmaRd, ForgetsWhatItMayNotSendWhenItIsAbandoned) {
    Rig rig(1);
    rig.b->bus_master_i = 0;
    rig.ask({0x200000000ull, 9000, 1, 1, 0});
    rig.steps(10);
    EXPECT_FALSE(rig.b->idle_o);
    rig.b->abandon_i = 1;
    rig.steps(2);
    EXPECT_TRUE(rig.b->idle_o);
    EXPECT_TRUE(rig.reads.empty());
}

// A client counts on what MRRS was when it asked: vq_avail has one read for one answer.
TEST(DmaRd, CutsARequestByTheSizeOfItsTime) {
    Rig rig(1, 512);
    rig.b->bus_master_i = 0;
    const RdReq request{0x200000000ull, 512, 1, 1, 0};
    rig.ask(request);
    rig.b->mrrs_i = 0;
    rig.steps(3);
    rig.b->mrrs_i = 2;   // the rig checks sizes against it
    rig.b->bus_master_i = 1;
    rig.steps(200);
    EXPECT_EQ(rig.reads.size(), 1u);
    rig.expect_bytes(request);
}

TEST(DmaRd, SendsNothingWithoutBusMasterEnable) {
    Rig rig(1);
    rig.b->bus_master_i = 0;
    RdReq request{0x200000000ull, 64, 0, 0, 0};
    for (unsigned i = 0; i < 50; ++i) rig.step(&request);
    EXPECT_TRUE(rig.reads.empty());  // [P] 7.5.1.1.3
}

}  // namespace
