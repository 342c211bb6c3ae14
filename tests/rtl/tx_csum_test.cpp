// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>

#include "Vtx_csum.h"
#include "bench.h"
#include "frames.h"
#include "internet_checksum.h"

namespace {

constexpr unsigned kBeat = RTL_DataWidth / 8;

struct Request {   // a frame, and what its virtio-net header says
    Bytes frame;
    bool csum;
    uint16_t start, offset;
};

// [V] 5.1.6.2: what is to leave.
Bytes completed(const Request& r) {
    Bytes frame = r.frame;
    if (!r.csum) return frame;
    uint16_t value = uint16_t(~ones_sum(frame.data() + r.start, frame.size() - r.start));
    if (value == 0) value = 0xFFFF;
    frame[r.start + r.offset] = uint8_t(value >> 8);
    frame[r.start + r.offset + 1u] = uint8_t(value);
    return frame;
}

struct Rig {
    Bench<Vtx_csum> b;
    std::deque<Request> to_send;
    std::deque<Bytes> expected;
    unsigned stall = 0, gap = 0;         // percent: the MAC does not take, net_tx has nothing
    size_t from = 0;                     // bytes of the first of to_send that went in
    Bytes frame;                         // as far as the MAC has it
    unsigned sent = 0;
    std::vector<uint64_t> in, out;       // cycles in which a beat went in, and out

    explicit Rig(unsigned seed = 1) : b(seed) {
        b->s_valid_i = b->s_last_i = b->s_bytes_i = b->s_csum_i = b->s_start_i = b->s_field_i = b->m_ready_i = 0;
        std::memset(&b->s_data_i, 0, kBeat);
        b.reset();
    }
    void send(const Request& r) {
        to_send.push_back(r);
        expected.push_back(completed(r));
    }
    // A frame of `bytes` whose header asks for a checksum somewhere in it.
    Request with_checksum(size_t bytes) {
        Request r{random_frame(b.random, bytes), true, 0, 0};
        const size_t field = b.random() % (bytes - 1);
        r.start = uint16_t(b.random() % (field + 1));
        r.offset = uint16_t(field - r.start);
        return r;
    }
    void step() {
        if (!b->s_valid_i && !to_send.empty() && !b.chance(gap)) {
            const Request& r = to_send.front();
            b->s_valid_i = 1;
            const unsigned n = put_beat(b->s_data_i, r.frame, from, b.random);
            b->s_last_i = from + n == r.frame.size();
            b->s_bytes_i = uint8_t(n);
            b->s_csum_i = r.csum;
            b->s_start_i = r.csum ? r.start : uint16_t(b.random());      // [V] 5.1.6.2: not used without the flag
            b->s_field_i = r.csum ? uint16_t(r.start + r.offset) : uint16_t(b.random());
        }
        b->m_ready_i = !b.chance(stall);
        b.settle();
        if (b->m_valid_o && b->m_ready_i) {
            out.push_back(b.cycle);
            ASSERT_TRUE(b->m_last_o || b->m_bytes_o == kBeat);
            take_beat(frame, b->m_data_o, b->m_bytes_o);
            if (b->m_last_o) {
                ASSERT_FALSE(expected.empty());
                ASSERT_EQ(frame, expected.front()) << "frame " << sent << " of " << frame.size() << " bytes";
                expected.pop_front();
                frame.clear();
                ++sent;
            }
        }
        const bool taken = b->s_valid_i && b->s_ready_o, ends = b->s_last_i;
        if (taken) in.push_back(b.cycle);
        b.edge();
        if (!taken) return;
        b->s_valid_i = 0;
        from = ends ? 0 : from + kBeat;
        if (ends) to_send.pop_front();
    }
    void drain(unsigned limit = 200000) {
        for (unsigned i = 0; i < limit && !expected.empty() && !testing::Test::HasFatalFailure(); ++i) step();
        ASSERT_TRUE(expected.empty()) << expected.size() << " frames did not leave";
        step();
        EXPECT_TRUE(b->idle_o);
        EXPECT_FALSE(b->m_valid_o);
    }
};

TEST(TxCsum, CompletesTheChecksumOfRandomFramesInOrder) {
    for (unsigned seed = 1; seed <= 8; ++seed) {
        Rig rig(seed);
        rig.stall = seed * 13 % 60;
        rig.gap = seed * 29 % 60;
        for (unsigned i = 0; i < 300; ++i) {
            const size_t most = rig.b.chance(5) ? 9018 : rig.b.chance(40) ? 1514 : 120, bytes = 14 + rig.b.random() % (most - 13);
            if (rig.b.chance(60)) rig.send(rig.with_checksum(bytes));
            else rig.send({random_frame(rig.b.random, bytes), false, 0, 0});
        }
        rig.drain();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
    }
}

TEST(TxCsum, PutsItAtEveryPlaceOfABeatForEveryStartAndLength) {  // VIRTIO T5
    Rig rig(2);
    for (unsigned start = 0; start <= kBeat + 1; ++start) {
        for (unsigned offset = 0; offset <= 2 * kBeat + 1; offset += 1 + start % 3)
            rig.send({random_frame(rig.b.random, start + offset + 2 + rig.b.random() % 4), true, uint16_t(start), uint16_t(offset)});
    }
    rig.drain(2000000);
}

TEST(TxCsum, SendsAllOnesWhereTheSumWouldBeZero) {   // RFC 768
    Rig rig(3);
    for (unsigned bytes = 44; bytes < 44 + 4 * kBeat; ++bytes) {
        Request r{random_frame(rig.b.random, bytes), true, 34, 6};
        // A last word that makes the sum FFFF, whose complement is 0.
        const size_t even = 34 + (bytes - 34 - 2) / 2 * 2;
        r.frame.resize(even + 2);
        r.frame[even] = r.frame[even + 1] = 0;
        const uint16_t rest = uint16_t(~ones_sum(r.frame.data() + 34, r.frame.size() - 34));
        r.frame[even] = uint8_t(rest >> 8);
        r.frame[even + 1] = uint8_t(rest);
        if (even < 42) continue;
        const Bytes want = completed(r);
        ASSERT_EQ(want[40], 0xFF);
        ASSERT_EQ(want[41], 0xFF);
        rig.send(r);
    }
    Request nothing{Bytes(60, 0), true, 20, 16};      // the other zero: no word that is not 0
    rig.send(nothing);
    rig.drain();
}

TEST(TxCsum, DoesNotKeepAFrameThatDoesNotAsk) {
    Rig rig(4);
    for (unsigned i = 0; i < 20; ++i) rig.send({random_frame(rig.b.random, 60 + i * 90), false, 0, 0});
    rig.drain();
    EXPECT_EQ(rig.in, rig.out) << "every beat leaves in the cycle in which it comes";
}

TEST(TxCsum, TakesAndGivesABeatInEveryCycle) {
    for (const size_t bytes : {size_t{60}, size_t{1514}, size_t{9018}}) {
        Rig rig(5);
        const unsigned frames = 40;
        for (unsigned i = 0; i < frames; ++i) rig.send(rig.with_checksum(bytes));
        rig.drain();
        const size_t count = frames * ((bytes + kBeat - 1) / kBeat);
        ASSERT_EQ(rig.in.size(), count);
        EXPECT_EQ(rig.out.back() - rig.out.front() + 1, count) << bytes << " bytes: no bubble behind the first frame";
    }
}

TEST(TxCsum, LongFramesFollowEachOtherOnASlowWire) {
    Rig rig(6);
    rig.stall = 40;
    unsigned idle = 0;
    for (unsigned i = 0; i < 10; ++i) rig.send(rig.with_checksum(9018));
    while (rig.sent < 1) rig.step();
    while (rig.sent < 9 && !HasFatalFailure()) {
        rig.step();
        rig.b.settle();
        idle += !rig.b->m_valid_o;
    }
    EXPECT_EQ(idle, 0u) << "the next frame is whole when the one in front has left";
    rig.drain();
}

}  // namespace
