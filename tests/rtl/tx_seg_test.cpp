// SPDX-License-Identifier: Apache-2.0
// Segmentation as net_tx does it, with tx_header, tx_pieces, tx_seg, tx_seg_parse and tx_seg_head in it.
#include "tx_seg_rig.h"

namespace {

PacketKind random_send(std::mt19937& random, size_t most_payload) {
    PacketKind kind = random_kind(random, most_payload);
    kind.trailer = 0;
    return kind;
}

// Elements as drivers make them, and as they do not.
std::vector<uint32_t> random_cuts(std::mt19937& random) {
    std::vector<uint32_t> cuts;
    switch (random() % 5) {
        case 0: break;
        case 1: cuts = {VIRTIO_NET_HDR_SIZE}; break;
        case 2: for (unsigned i = 0; i < 16; ++i) cuts.push_back(4096); break;
        case 3: for (unsigned i = 0; i < 40; ++i) cuts.push_back(uint32_t(random() % 3000)); break;
        default: for (unsigned i = 0; i < 30; ++i) cuts.push_back(uint32_t(random() % 8));
    }
    return cuts;
}

TEST(TxSeg, CutsRandomPacketsAsTheModelDoes) {  // VIRTIO T6
    for (unsigned seed = 1; seed <= 8; ++seed) {
        Rig rig(seed);
        auto& random = rig.b.random;
        rig.stall = seed * 17 % 60;
        for (unsigned i = 0; i < 60; ++i) {
            Packet p = make_packet(random, random_send(random, i % 8 == 0 ? 65000 : i % 3 == 0 ? 9000 : 2000));
            const size_t payload = std::max<size_t>(p.end - p.l4, 64);
            const unsigned least = payload > 4000 ? 200 : 1;
            const uint16_t size = uint16_t(least + random() % std::min<size_t>(payload + 20, 8700));
            NetHeader h;
            if (rig.b.chance(20)) p.bytes.resize(std::min<size_t>(p.bytes.size(), 9018));
            else h = segmentation(p, size);
            rig.send(p.bytes, h, random_cuts(random));
        }
        rig.drain();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        EXPECT_EQ(rig.drops, 0u);
        EXPECT_EQ(rig.traced[0], 60u);
        EXPECT_EQ(rig.traced[1], 60u);
        EXPECT_EQ(rig.traced[2], 60u);
        EXPECT_EQ(rig.traced[3], 60u);
    }
}

TEST(TxSeg, KnowsEveryEndOfASegmentAndOfABeat) {
    Rig rig(2);
    auto& random = rig.b.random;
    unsigned sends = 0;
    for (unsigned size = 1; size < 2 * kBeat + 3; ++size)
        for (const unsigned payload : {0u, 1u, size - 1, size, size + 1, 2 * size, 2 * size + 1}) {
            PacketKind kind = random_send(random, 0);
            kind.payload = payload;
            Packet p = make_packet(random, kind);
            const NetHeader h = segmentation(p, uint16_t(size));
            rig.send(p.bytes, h);
            ++sends;
        }
    rig.drain();
    EXPECT_EQ(rig.segmented, sends);
}

TEST(TxSeg, ReadsThe64KiBOfALargeSendAsTheyAreNeeded) {  // VIRTIO T6: [V] 5.1.6.2; the RAM of the rig has 16 KiB
    for (const unsigned tags : {0u, 1u, 2u}) {
        for (const int version : {4, 6}) {
            Rig rig(3 + tags);
            PacketKind kind;
            kind.tags = tags;
            kind.version = version;
            kind.payload = 65535 - 20 - (version == 4 ? 20 : 40);
            Packet p = make_packet(rig.b.random, kind);
            const NetHeader h = segmentation(p, 1460);
            EXPECT_EQ(p.bytes.size(), 65535 + 14 + 4 * tags);
            rig.send(p.bytes, h);
            rig.send(p.bytes, h, {VIRTIO_NET_HDR_SIZE, 54});
            p.bytes.push_back(0);                             // one more
            rig.send(p.bytes, h);
            rig.drain();
            EXPECT_EQ(rig.segmented, 2u);
            EXPECT_EQ(rig.drops, 1u);
            EXPECT_LE(rig.most_ahead, uint64_t{RTL_RamBytes});
        }
    }
}

TEST(TxSeg, CutsIntoSegmentsOfOneByte) {
    Rig rig(4);
    PacketKind kind;
    kind.payload = 700;
    for (const int version : {4, 6})
        for (const uint8_t protocol : {kTcp, kUdp}) {
            kind.version = version;
            kind.protocol = protocol;
            Packet p = make_packet(rig.b.random, kind);
            put16(p.bytes, p.l3 + 4, 0xFFFF);                 // the identification goes round (the length of IPv6 is not looked at)
            p.bytes[p.l4 + 4] = p.bytes[p.l4 + 5] = p.bytes[p.l4 + 6] = 0xFF;     // and so does the sequence number
            p.bytes[p.l4 + 13] |= 0x89;                       // CWR, PSH and FIN
            const NetHeader h = segmentation(p, 1);
            rig.send(p.bytes, h);
        }
    rig.drain();
    EXPECT_EQ(rig.drops, 0u);
}

TEST(TxSeg, LeavesFlagsToTheSegmentThatTheyAreFor) {  // VIRTIO T7
    for (const uint8_t gso : {uint8_t{0}, uint8_t{0x80}}) {   // with and without ECN in gso_type
        Rig rig(5);
        for (unsigned flags = 0; flags < 256; ++flags) {
            PacketKind kind;
            kind.payload = 250;
            kind.version = flags % 2 ? 4 : 6;
            Packet p = make_packet(rig.b.random, kind);
            p.bytes[p.l4 + 13] = uint8_t(flags);
            NetHeader h = segmentation(p, 100);
            h.gso_type |= gso;
            rig.send(p.bytes, h);
        }
        rig.drain();
        EXPECT_EQ(rig.drops, 0u);
    }
}

TEST(TxSeg, KnowsTheLongestFrame) {
    for (const unsigned over : {0u, 1u}) {
        for (const bool one : {false, true}) {                // as the only segment, and as the first of several
            Rig rig(6);
            PacketKind kind;
            kind.payload = one ? 9018 - 54 + over : 30000;
            Packet p = make_packet(rig.b.random, kind);
            const NetHeader h = segmentation(p, uint16_t(one ? 65535 : 9018 - 54 + over));
            rig.send(p.bytes, h);
            rig.drain();
            EXPECT_EQ(rig.drops, over);
        }
    }
}

// [V] 5.1.6.2, ours where it is silent: what is refused, each among good packets.
TEST(TxSeg, RefusesWhatCannotBeSegmented) {  // VIRTIO P25
    using Damage = void (*)(Packet&, NetHeader&);
    const std::vector<std::pair<const char*, Damage>> damages = {
        {"no checksum asked for", [](Packet&, NetHeader& h) { h.flags = 0; }},
        {"gso_size 0", [](Packet&, NetHeader& h) { h.gso_size = 0; }},
        {"UFO", [](Packet&, NetHeader& h) { h.gso_type = 3; }},
        {"unknown type", [](Packet&, NetHeader& h) { h.gso_type = 2; }},
        {"unknown type above", [](Packet&, NetHeader& h) { h.gso_type = 6; }},
        {"csum_offset", [](Packet&, NetHeader& h) { h.csum_offset += 2; }},
        {"csum_offset of the other protocol", [](Packet&, NetHeader& h) { h.csum_offset ^= 16 ^ 6; }},
        {"csum_start odd", [](Packet&, NetHeader& h) { h.csum_start += 1; }},
        {"csum_start late", [](Packet&, NetHeader& h) { h.csum_start += 4; }},
        {"csum_start early", [](Packet&, NetHeader& h) { h.csum_start -= 4; }},
        {"csum_start in the Ethernet header", [](Packet&, NetHeader& h) { h.csum_start = 6; }},
        {"csum_start out of the packet", [](Packet& p, NetHeader& h) { h.csum_start = uint16_t(p.bytes.size() + 2); }},
        {"csum_start 65535", [](Packet&, NetHeader& h) { h.csum_start = 0xFFFF; }},
        {"another EtherType", [](Packet& p, NetHeader&) { put16(p.bytes, p.l3 - 2, 0x0806); }},
        {"three tags", [](Packet& p, NetHeader& h) {
            const size_t tags = 3 - p.kind.tags;
            for (size_t i = 0; i < tags; ++i) p.bytes.insert(p.bytes.begin() + 12, {0x81, 0, 0, 1});
            h.csum_start = uint16_t(h.csum_start + 4 * tags);
        }},
        {"version of IP", [](Packet& p, NetHeader&) { p.bytes[p.l3] ^= 0x10; }},
        {"another protocol", [](Packet& p, NetHeader&) { if (p.kind.extensions == 0) p.bytes[p.l3 + (p.kind.version == 4 ? 9 : 6)] = kIcmp;
                                                           else p.bytes[p.l3] = 0; }},
        {"IHL or an odd extension header", [](Packet& p, NetHeader& h) {
            if (p.kind.version == 4) p.bytes[p.l3] = uint8_t(p.bytes[p.l3] ^ 1);
            else h.csum_start = uint16_t(h.csum_start + 4);
        }},
        {"IHL below 5", [](Packet& p, NetHeader&) { p.bytes[p.l3] = p.kind.version == 4 ? 0x44 : 0x44; }},
        {"a fragment", [](Packet& p, NetHeader&) { if (p.kind.version == 4) p.bytes[p.l3 + 7] = 1; else p.bytes[p.l3] = 0x40; }},
        {"the first fragment", [](Packet& p, NetHeader&) { if (p.kind.version == 4) p.bytes[p.l3 + 6] = 0x20; else p.bytes[p.l3] = 0x50; }},
        {"a small header of TCP", [](Packet& p, NetHeader& h) {
            if (p.kind.protocol == kTcp) p.bytes[p.l4 + 12] = 0x40;
            else h.gso_size = 0;
        }},
        {"a header longer than the packet", [](Packet& p, NetHeader& h) {
            if (p.kind.protocol == kTcp) p.bytes[p.l4 + 12] = 0xF0;
            p.bytes.resize(p.l4 + (p.kind.protocol == kTcp ? 59 : 7));
            h.hdr_len = 20;
        }},
        {"no room for a header", [](Packet& p, NetHeader&) { p.bytes.resize(p.l4 + (p.kind.protocol == kTcp ? 19 : 7)); }},
    };
    for (unsigned seed = 1; seed <= 3; ++seed) {
        Rig rig(seed);
        auto& random = rig.b.random;
        rig.stall = seed * 13 % 40;
        for (const auto& [what, damage] : damages) {
            for (const int version : {4, 6})
                for (const uint8_t protocol : {kTcp, kUdp}) {
                    PacketKind kind = random_send(random, 0);
                    kind.version = version;
                    kind.protocol = protocol;
                    kind.payload = random() % 8 == 0 ? 20000 : 200;
                    Packet p = make_packet(random, kind);
                    NetHeader h = segmentation(p, 100);
                    damage(p, h);
                    EXPECT_FALSE(rig.send(p.bytes, h, random_cuts(random)).good) << what;
                }
            Packet p = make_packet(random, random_send(random, 1000));
            const NetHeader h = segmentation(p, 300);
            EXPECT_TRUE(rig.send(p.bytes, h).good);
        }
        rig.drain();
        EXPECT_EQ(rig.drops, 4 * damages.size());
    }
}

TEST(TxSeg, DoesWhatWasNegotiatedOnly) {
    for (unsigned mask = 0; mask < 8; ++mask) {
        Rig rig(10 + mask);
        rig.negotiate({(mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0});
        for (unsigned i = 0; i < 24; ++i) {
            PacketKind kind;
            kind.version = i % 2 ? 4 : 6;
            kind.protocol = i % 4 < 2 ? kTcp : kUdp;
            kind.payload = 1000;
            Packet p = make_packet(rig.b.random, kind);
            NetHeader h = segmentation(p, 400);
            if (i % 6 == 5) h.gso_type = uint8_t(rig.b.random());
            rig.send(p.bytes, h);
        }
        rig.drain();
        if (HasFatalFailure()) FAIL() << "mask " << mask;
    }
}

TEST(TxSeg, NeedsAllOfTheHeadersWithin254Bytes) {
    for (const unsigned extra : {0u, 8u}) {
        Rig rig(30);
        PacketKind kind;
        kind.version = 6;
        kind.tcp_options = 40;
        kind.payload = 3000;
        kind.tags = 1;
        Packet p = make_packet(rig.b.random, kind);
        const size_t longer = (254 - 60 - p.l4) / 8 * 8 + extra;          // one long extension header
        p.bytes[p.l3 + 6] = 60;
        Bytes extension(longer, 0);
        extension[0] = kTcp;
        extension[1] = uint8_t(longer / 8 - 1);
        p.bytes.insert(p.bytes.begin() + long(p.l4), extension.begin(), extension.end());
        p.l4 += longer;
        p.end += longer;
        NetHeader h = segmentation(p, 1000);
        EXPECT_EQ(rig.send(p.bytes, h).good, extra == 0);
        rig.drain();
    }
    Rig rig(31);                                                          // every option that there is
    PacketKind kind;
    kind.ip_options = 40;
    kind.tcp_options = 40;
    kind.tags = 2;
    kind.payload = 3000;
    Packet p = make_packet(rig.b.random, kind);
    const NetHeader h = segmentation(p, 1000);
    EXPECT_TRUE(rig.send(p.bytes, h).good);
    rig.drain();
}

TEST(TxSeg, SendsNothingOfAMalformedChainHoweverLongItIs) {  // VIRTIO P25
    for (unsigned seed = 1; seed <= 4; ++seed) {
        Rig rig(seed);
        rig.stall = seed * 11 % 40;
        auto& random = rig.b.random;
        PacketKind kind;
        kind.payload = 60000;
        Packet p = make_packet(random, kind);
        const NetHeader h = segmentation(p, 1460);
        const std::vector<uint32_t> cuts(15, 4096);
        for (const size_t writable : {size_t{0}, size_t{1}, size_t{3}, size_t{15}}) {
            rig.send(p.bytes, h, cuts, writable);
            rig.send(p.bytes, h, cuts);
        }
        Bytes longer = p.bytes;
        longer.resize(70000);
        rig.send(longer, h, cuts);
        longer.resize(200000);
        rig.send(longer, h);
        NetHeader plain;                       // longer than a frame, and no segments wanted
        rig.send(p.bytes, plain, cuts);
        longer = Bytes(p.bytes.begin(), p.bytes.begin() + 9019);
        rig.send(longer, plain);
        longer.resize(9018);
        EXPECT_TRUE(rig.send(longer, plain).good);
        rig.drain();
        EXPECT_EQ(rig.drops, 8u);
        EXPECT_EQ(rig.segmented, 4u);
    }
}

TEST(TxSeg, TakesAsManyElementsAsARingHasSlots) {
    for (const unsigned more : {0u, 1u}) {     // the rig keeps 64 behind the length of a frame
        Rig rig(40);
        PacketKind kind;
        kind.payload = 20000;
        Packet p = make_packet(rig.b.random, kind);
        const NetHeader h = segmentation(p, 1460);
        std::vector<uint32_t> cuts = {9000};
        for (unsigned i = 0; i < 63 + more; ++i) cuts.push_back(100);
        const bool fits = more == 0;
        Rig::Chain& c = rig.send(p.bytes, h, cuts);
        c.good = fits;
        if (!fits) c.frames.clear();
        rig.drain();
        EXPECT_EQ(rig.drops, more);
    }
}

TEST(TxSeg, SendsTheSegmentsInFrontOfAFailedReadAndDropsTheRest) {
    for (unsigned seed = 1; seed <= 8; ++seed) {
        Rig rig(seed);
        auto& random = rig.b.random;
        rig.stall = seed * 17 % 50;
        rig.fail_percent = 8;
        for (unsigned i = 0; i < 80; ++i) {
            Packet p = make_packet(random, random_send(random, i % 2 ? 30000 : 3000));
            const NetHeader h = segmentation(p, 1000);
            rig.send(p.bytes, h, random_cuts(random));
        }
        rig.drain();
        if (HasFatalFailure()) FAIL() << "seed " << seed;
        const auto failed = std::count_if(rig.chains.begin(), rig.chains.end(), [](const Rig::Chain& c) { return c.failed; });
        EXPECT_GT(failed, 20);
        EXPECT_EQ(rig.drops, failed);
        EXPECT_EQ(rig.segmented + rig.drops, 80u);
    }
}

TEST(TxSeg, DropsTheRestWhenTheLinkGoesDown) {
    Rig rig(50);
    PacketKind kind;
    kind.payload = 60000;
    Packet p = make_packet(rig.b.random, kind);
    const NetHeader h = segmentation(p, 1460);
    rig.send(p.bytes, h);
    while (rig.sent_frames < 5 && !HasFatalFailure()) rig.step();
    rig.b->link_up_i = 0;
    rig.chains[0].failed = true;
    for (unsigned i = 0; i < 20000 && rig.used == 0; ++i) rig.step();
    rig.steps(1000);
    EXPECT_EQ(rig.used, 1u);
    EXPECT_EQ(rig.drops, 1u);
    EXPECT_TRUE(rig.b->idle_o);
    EXPECT_LE(rig.sent_frames, 7u);
    EXPECT_TRUE(rig.frame.empty()) << "the frame that had begun is finished";
    rig.b->link_up_i = 1;
    rig.fail_percent = 1;                      // for drain: what was dropped is not missed
    rig.send(p.bytes, h);
    rig.fail_percent = 0;
    while (rig.segmented == 0 && !HasFatalFailure()) rig.step();
    rig.steps(20);
    EXPECT_EQ(rig.sent_frames, rig.chains[1].frames.size());
}

TEST(TxSeg, FinishesTheSegmentThatHasBegunWhenItIsToStop) {
    for (unsigned moment = 0; moment < 60; ++moment) {
        Rig rig(60 + moment);
        PacketKind kind;
        kind.payload = 20000;
        Packet p = make_packet(rig.b.random, kind);
        const NetHeader h = segmentation(p, 1460);
        rig.send(p.bytes, h);
        while (rig.beats.empty() && !HasFatalFailure()) rig.step();
        rig.steps(moment);
        rig.b->stop_i = 1;
        rig.steps(2000 / kBeat + 20);
        EXPECT_FALSE(rig.b->sending_o);
        EXPECT_TRUE(rig.frame.empty());
        const size_t sent = rig.sent_frames;
        rig.steps(500);
        EXPECT_EQ(rig.sent_frames, sent) << "nothing more begins";
    }
}

// Every cycle of a large send has a beat, so that the wire and nothing in front of it is the limit.
TEST(TxSeg, LeavesNoBubbleBetweenSegments) {
    for (const unsigned size : {1u, 6u, 100u, 536u, 1460u, 8960u}) {
        Rig rig(70);
        rig.mac = false;
        PacketKind kind;
        kind.payload = size < 100 ? 40 * size : 9000;
        Packet p = make_packet(rig.b.random, kind);
        const NetHeader h = segmentation(p, uint16_t(size));
        rig.send(p.bytes, h);
        rig.steps(3000);
        rig.mac = true;
        rig.drain();
        size_t beats = 0;
        for (const Bytes& frame : rig.chains[0].frames) beats += (frame.size() + kBeat - 1) / kBeat;
        ASSERT_EQ(rig.beats.size(), beats);
        EXPECT_EQ(rig.beats.back() - rig.beats.front() + 1, beats) << "MSS " << size;
    }
}

TEST(TxSeg, BeginsAPacketSoonAfterTheOneInFront) {
    Rig rig(71);
    rig.mac = false;
    PacketKind kind;
    kind.payload = 3000;
    for (unsigned i = 0; i < 2; ++i) {
        Packet p = make_packet(rig.b.random, kind);
        const NetHeader h = segmentation(p, 1460);
        rig.send(p.bytes, h);
    }
    rig.steps(3000);
    rig.mac = true;
    rig.drain();
    const size_t half = rig.beats.size() / 2;
    const unsigned words = (54 + 2) / 4, header_reads = kBeat < 16 ? 2 : 1;
    EXPECT_EQ(rig.beats[half] - rig.beats[half - 1] - 1, 5u + header_reads + words);
}

TEST(TxSeg, RefusesEverythingUnlessChecksumsWereNegotiated) {   // virtio.md 12.1
    Rig rig(80);
    rig.b->offload_i = 0;
    rig.negotiate({false, false, false});
    Packet p = make_packet(rig.b.random, {});
    NetHeader h = segmentation(p, 100), none;
    Rig::Chain& c = rig.send(p.bytes, h);
    c.frames.clear();
    c.good = false;
    rig.drain();
    EXPECT_EQ(rig.drops, 1u);
}

TEST(TxSeg, TakesTheLongerHeaderOfHashReport) {   // [V] 5.1.6
    Rig rig(81);
    rig.b->hash_report_i = 1;
    for (unsigned i = 0; i < 20; ++i) {
        Packet p = make_packet(rig.b.random, random_send(rig.b.random, 20000));
        const NetHeader h = segmentation(p, 900);
        rig.send(p.bytes, h, random_cuts(rig.b.random));
    }
    rig.drain();
    EXPECT_EQ(rig.drops, 0u);
}

}  // namespace
