// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <set>

#include "Vrx_offload.h"
#include "bench.h"
#include "bits.h"
#include "captured_frames.h"
#include "filter_model.h"
#include "frames.h"
#include "packet_model.h"
#include "packets.h"
#include "regmap.h"

namespace {

constexpr unsigned kBeat = RTL_DataWidth / 8, kAddresses = 16;

struct Rig {
    Bench<Vrx_offload> b;
    struct Expected { Bytes frame; bool bad, unwanted, verified; unsigned report; uint32_t hash; unsigned queue; };
    std::deque<std::pair<Bytes, bool>> to_come;   // and bad
    std::deque<Expected> expected;
    unsigned gap = 0;
    size_t from = 0;
    Bytes frame;
    unsigned seen = 0, verified = 0, unwanted = 0;
    bool begun = false;
    // What was configured.
    FilterModel filter;
    std::vector<uint8_t> key;
    unsigned types = 0, mask = 0, unclassified = 0;
    std::array<uint8_t, 128> table{};
    std::vector<uint64_t> in, out;

    explicit Rig(unsigned seed = 1) : b(seed) {
        b->enable_i = 1;
        b->check_i = 1;
        b->by_address_i = b->by_vlan_i = b->by_length_i = 0;
        b->s_valid_i = b->s_sop_i = b->s_last_i = b->s_bad_i = b->s_bytes_i = 0;
        b->s_length_i = 0;
        std::memset(&b->filter_i, 0, sizeof b->filter_i);
        b->rss_i = 0;
        b->write_i = 0;
        b.reset();
        for (unsigned i = 0; i < 200 && !b->ready_o; ++i) b.tick();
        set_key(known_key());
        for (unsigned i = 0; i < 128; ++i) set_queue(i, uint8_t(b.random()));
    }
    void write(unsigned what, unsigned addr, unsigned data) {   // rx_pkg::write_t; what: 2 key, 1 queue, 0 vlan
        b->write_i = 1u << (20 + what) | addr << 8 | data;
        b.tick();
        b->write_i = 0;
    }
    void set_key(const std::vector<uint8_t>& k) {
        key = k;
        key.resize(40);
        for (unsigned i = 0; i < 40; ++i) write(2, i, key[i]);
    }
    void set_queue(unsigned entry, uint8_t queue) {
        table[entry] = queue;
        write(1, entry, queue);
    }
    void set_vlan(unsigned vid, bool pass) {
        if (pass) filter.vlans.insert(vid); else filter.vlans.erase(vid);
        write(0, vid, pass);
    }
    void set_rss(unsigned new_types, unsigned new_mask, unsigned new_unclassified) {
        types = new_types;
        mask = new_mask;
        unclassified = new_unclassified;
        b->rss_i = 1u << 21 | types << 15 | mask << 8 | unclassified;
    }
    void set_filter(const FilterModel& f) {
        filter = f;
        const bool bits[6] = {f.nobcast, f.nouni, f.nomulti, f.alluni, f.allmulti, f.promisc};
        std::memset(&b->filter_i, 0, sizeof b->filter_i);
        for (unsigned i = 0; i < f.table.size(); ++i) {
            for (unsigned k = 0; k < 6; ++k) set_bits(b->filter_i, i * 48 + 8 * k, 8, f.table[i][k]);
            set_bits(b->filter_i, 768 + i, 1, 1);
        }
        for (unsigned k = 0; k < 6; ++k) set_bits(b->filter_i, 784 + 8 * k, 8, f.mac[k]);
        for (unsigned i = 0; i < 6; ++i) set_bits(b->filter_i, 832 + i, 1, bits[i]);
    }
    bool wanted(const Bytes& f, const Dissected& d) {
        filter.by_address = b->by_address_i;
        filter.by_vlan = b->by_vlan_i;
        filter.by_length = b->by_length_i;
        filter.mtu = VIRTIO_NET_CONFIG_MTU_OFFERED;
        return filter.wanted(f, d);
    }
    void come(const Bytes& f, bool bad = false) {
        const Dissected d = dissect(f);
        Expected e{f, bad, !wanted(f, d), b->check_i && d.verified, 0, 0, unclassified};
        if (const auto input = hash_input(d, types)) {
            e.report = input->report;
            e.hash = toeplitz_model(key, input->bytes);
            e.queue = table[e.hash & mask];
        }
        if (!b->enable_i) { e.unwanted = e.verified = false; e.report = e.hash = 0; }
        to_come.emplace_back(f, bad);
        expected.push_back(e);
    }
    void step() {
        b->s_valid_i = !to_come.empty() && !b.chance(gap);
        if (b->s_valid_i) {
            const Bytes& f = to_come.front().first;
            const unsigned n = put_beat(b->s_data_i, f, from, b.random);
            b->s_sop_i = from == 0;
            b->s_last_i = from + n == f.size();
            b->s_bytes_i = uint8_t(n);
            b->s_length_i = uint16_t(b->s_last_i ? f.size() : b.random());
            b->s_bad_i = b->s_last_i ? to_come.front().second : b.random() & 1;
            in.push_back(b.cycle);
        }
        b.settle();
        if (b->m_valid_o) see();
        const bool taken = b->s_valid_i, ends = b->s_last_i;
        b.edge();
        if (!taken) return;
        from = ends ? 0 : from + kBeat;
        if (ends) to_come.pop_front();
    }
    void see() {
        out.push_back(b.cycle);
        ASSERT_EQ(b->m_sop_o, !begun);
        begun = !b->m_last_o;
        take_beat(frame, b->m_data_o, b->m_last_o ? b->m_bytes_o : kBeat);
        if (!b->m_last_o) return;
        ASSERT_FALSE(expected.empty());
        const Expected e = expected.front();
        expected.pop_front();
        ASSERT_EQ(frame, e.frame) << "frame " << seen;
        ASSERT_EQ(b->m_length_o, e.frame.size());
        ASSERT_EQ(b->m_bad_o, e.bad);
        ASSERT_EQ(b->m_unwanted_o, e.unwanted) << "frame " << seen;
        ASSERT_EQ(b->m_verified_o, e.verified) << "frame " << seen << " of " << frame.size();
        if (b->enable_i) {
            ASSERT_EQ(b->m_report_o, e.report) << "frame " << seen;
            ASSERT_EQ(b->m_hash_o, e.hash) << "frame " << seen;
            ASSERT_EQ(b->m_queue_o, e.queue) << "frame " << seen;
        }
        ++seen;
        verified += e.verified;
        unwanted += e.unwanted;
        frame.clear();
    }
    void drain() {
        for (unsigned i = 0; i < 400000 && !expected.empty() && !testing::Test::HasFatalFailure(); ++i) step();
        ASSERT_TRUE(expected.empty());
        step();
        EXPECT_TRUE(b->idle_o);
    }
};

// Damages what a parser looks at.
void damage(std::mt19937& random, Packet& p) {
    switch (random() % 8) {
        case 0: p.bytes[random() % p.bytes.size()] ^= uint8_t(1 + random() % 255); break;          // anything
        case 1: p.bytes[p.l3 + random() % 20] ^= uint8_t(1 << random() % 8); break;                // the IP header
        case 2: p.bytes[p.l4 + random() % 8] ^= uint8_t(1 << random() % 8); break;                 // the transport header
        case 3: p.bytes.resize(std::max<size_t>(60, random() % p.bytes.size())); break;            // the end is missing
        case 4: put16(p.bytes, p.l3 + (p.kind.version == 4 ? 2 : 4), random()); break;             // a length
        case 5: put16(p.bytes, p.field(), 0); break;                                               // no checksum
        case 6: put16(p.bytes, 12, random() % 2 ? 0x0806 : random()); break;                       // another protocol
        default: p.bytes[p.l3 + (p.kind.version == 4 ? 9 : 6)] = uint8_t(random() % 64); break;    // what follows
    }
}

TEST(RxOffload, SaysOfEveryFrameWhatTheModelSays) {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        Rig rig(seed);
        rig.gap = seed % 3 * 30;
        rig.set_rss(unsigned(rig.b.random() % 64), (1u << rig.b.random() % 8) - 1, unsigned(rig.b.random() % 256));
        rig.b->by_length_i = seed % 2;
        for (unsigned i = 0; i < 1500; ++i) {
            PacketKind kind = random_kind(rig.b.random, rig.b.chance(3) ? 8900 : rig.b.chance(20) ? 1400 : 120);
            kind.fragment = rig.b.chance(10);
            if (rig.b.chance(5)) kind.extensions = 3 + unsigned(rig.b.random() % 4);
            if (rig.b.chance(5)) kind.protocol = kIcmp;
            Packet p = make_packet(rig.b.random, kind);
            while (rig.b.chance(30)) damage(rig.b.random, p);
            if (p.kind.version == 4 && rig.b.chance(30)) set_ip_checksum(p);
            rig.come(p.bytes, rig.b.chance(3));
        }
        rig.drain();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_GT(rig.verified, 600u);
        EXPECT_LT(rig.verified, 1300u);
    }
}

TEST(RxOffload, SaysOfCapturedFramesWhatTheModelSays) {
    Rig rig(12);
    rig.set_rss(63, 127, 0);
    unsigned frames = 0, hashed = 0;
    for (const Bytes& frame : captured_frames()) {
        rig.come(padded(frame));
        ++frames;
        hashed += rig.expected.back().report != 0;
    }
    rig.drain();
    EXPECT_GT(frames, 500u);
    EXPECT_GT(hashed, frames / 2);
    EXPECT_GT(rig.verified, 100u) << "of " << frames << ", " << hashed << " hashed";
}

TEST(RxOffload, FindsAGoodChecksumWhateverTheLengthAndThePlaceOfTheHeader) {   // [V] 5.1.6.4
    Rig rig(2);
    unsigned frames = 0;
    for (unsigned tags = 0; tags <= 2; ++tags)
        for (const int version : {4, 6})
            for (const uint8_t protocol : {kTcp, kUdp})
                for (size_t payload = 0; payload < 2 * kBeat + 3; payload += 1 + tags) {
                    PacketKind kind;
                    kind.tags = tags;
                    kind.version = version;
                    kind.protocol = protocol;
                    kind.payload = payload;
                    kind.trailer = rig.b.random() % 40;
                    rig.come(make_packet(rig.b.random, kind).bytes);
                    ++frames;
                }
    rig.drain();
    EXPECT_EQ(rig.verified, frames);
}

TEST(RxOffload, FindsEveryWrongBit) {  // VIRTIO R19
    Rig rig(3);
    for (const int version : {4, 6}) {
        PacketKind kind;
        kind.version = version;
        kind.protocol = kUdp;
        kind.payload = 61;
        const Packet p = make_packet(rig.b.random, kind);
        for (size_t bit = 8 * p.l4; bit < 8 * p.end; ++bit) {
            Bytes wrong = p.bytes;
            wrong[bit / 8] ^= uint8_t(1 << bit % 8);
            rig.come(wrong);
        }
    }
    rig.drain();
    EXPECT_EQ(rig.verified, 0u);
}

TEST(RxOffload, TakesABeatInEveryCycleAndLosesNone) {
    for (const size_t payload : {size_t{0}, size_t{20}, size_t{80}, size_t{1400}}) {
        Rig rig(4);
        rig.set_rss(63, 127, 0);
        PacketKind kind;
        kind.payload = payload;
        for (unsigned i = 0; i < 300; ++i) rig.come(make_packet(rig.b.random, kind).bytes);
        rig.drain();
        EXPECT_EQ(rig.in.back() - rig.in.front() + 1, rig.in.size());
        EXPECT_LE(rig.out.back() - rig.in.back(), 128 / kBeat + 4) << "delayed by the head and four steps at most";
    }
}

TEST(RxOffload, PassesFramesThroughWithoutDelayWhenNothingWasNegotiated) {
    Rig rig(5);
    rig.b->enable_i = 0;
    for (unsigned i = 0; i < 50; ++i) rig.come(make_packet(rig.b.random, random_kind(rig.b.random, 400)).bytes);
    rig.drain();
    EXPECT_EQ(rig.in, rig.out);
}

TEST(RxOffload, VerifiesNothingUnlessItIsToCheck) {
    Rig rig(6);
    rig.b->check_i = 0;
    for (unsigned i = 0; i < 50; ++i) rig.come(make_packet(rig.b.random, random_kind(rig.b.random, 400)).bytes);
    rig.drain();
    EXPECT_EQ(rig.verified, 0u);
}

// [V] 5.1.6.5.1 and 2: every combination of modes, with addresses of every kind.
TEST(RxOffload, FiltersByAddressAsEveryModeSays) {  // VIRTIO K1, K2
    Rig rig(7);
    rig.b->by_address_i = 1;
    const Mac own{2, 0, 0, 0, 0, 1}, other{2, 0, 0, 0, 0, 2}, group{3, 0, 0, 0, 0, 1}, group2{1, 0, 0x5E, 0, 0, 1};
    const Mac all{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, nearly{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE};
    unsigned frames = 0;
    for (unsigned modes = 0; modes < 64; ++modes)
        for (unsigned with_table = 0; with_table < 2; ++with_table) {
            FilterModel f;
            bool FilterModel::*const bits[6] = {&FilterModel::promisc, &FilterModel::allmulti, &FilterModel::alluni,
                                                &FilterModel::nomulti, &FilterModel::nouni,    &FilterModel::nobcast};
            for (unsigned i = 0; i < 6; ++i) f.*bits[i] = modes >> i & 1;
            f.mac = own;
            if (with_table) {
                for (unsigned i = 0; i < kAddresses - 2; ++i) f.table.push_back({uint8_t(i), 9, 9, 9, 9, 9});
                f.table.push_back(group2);
                f.table.push_back(other);
            }
            rig.set_filter(f);
            for (const Mac& to : {own, other, group, group2, all, nearly}) {
                Bytes frame = random_frame(rig.b.random, 60);
                std::copy(to.begin(), to.end(), frame.begin());
                rig.come(frame);
                ++frames;
            }
            rig.drain();
        }
    EXPECT_GT(rig.unwanted, 100u);
    EXPECT_LT(rig.unwanted, frames - 100);
}

TEST(RxOffload, FiltersByVlan) {   // [V] 5.1.6.5.3
    Rig rig(8);
    rig.b->by_vlan_i = 1;
    for (unsigned round = 0; round < 30; ++round) {
        for (unsigned i = 0; i < 100; ++i) rig.set_vlan(unsigned(rig.b.random() % 4096), rig.b.chance(70));
        rig.set_vlan(0, round % 2);
        rig.set_vlan(4095, round % 3);
        for (unsigned i = 0; i < 100; ++i) {
            PacketKind kind = random_kind(rig.b.random, 40);
            kind.tags = unsigned(rig.b.random() % 3);
            Packet p = make_packet(rig.b.random, kind);
            const std::vector<unsigned> known(rig.filter.vlans.begin(), rig.filter.vlans.end());
            const unsigned vid = rig.b.chance(10) ? 0 : rig.b.chance(10) ? 4095 : rig.b.chance(50) && !known.empty() ? known[rig.b.random() % known.size()]
                                                                                                             : unsigned(rig.b.random() % 4096);
            if (kind.tags) put16(p.bytes, 14, rig.b.random() << 13 | vid);
            rig.come(p.bytes);
        }
        rig.drain();
    }
    EXPECT_GT(rig.unwanted, 100u);
    EXPECT_LT(rig.unwanted, 2000u);
}

TEST(RxOffload, KnowsTheLongestPacketOfTheMtu) {   // VIRTIO N4: [V] 5.1.4.1
    Rig rig(9);
    rig.b->by_length_i = 1;
    for (unsigned tags = 0; tags <= 2; ++tags)
        for (const unsigned over : {0u, 1u}) {
            PacketKind kind;
            kind.tags = tags;
            Bytes frame = make_packet(rig.b.random, kind).bytes;
            frame.resize(VIRTIO_NET_CONFIG_MTU_OFFERED + 14 + 4 * tags + over);
            rig.come(frame);
        }
    rig.drain();
    EXPECT_EQ(rig.unwanted, 3u);
}

}  // namespace
