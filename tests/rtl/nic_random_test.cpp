// SPDX-License-Identifier: Apache-2.0
// Random features, commands, packets, frames and faults, every byte compared with what software says (nic_random.h).
//
//   RINGSIDE_RANDOM_SEED=1000 RINGSIDE_RANDOM_SEEDS=5000 nic_random_256x1_test      other seeds, and more of them
#include <cstdio>
#include <cstdlib>

#include "nic_random.h"

namespace {

unsigned environment(const char* name, unsigned otherwise) {
    const char* text = std::getenv(name);
    return text ? unsigned(std::strtoul(text, nullptr, 0)) : otherwise;
}
constexpr unsigned kSeeds = kPairs > 4 ? 8 : 30;

TEST(NicRandom, EveryFrameIsAsSoftwareSaysWhateverWasNegotiated) {
    const unsigned first = environment("RINGSIDE_RANDOM_SEED", 1), count = environment("RINGSIDE_RANDOM_SEEDS", kSeeds);
    Tally tally;
    for (unsigned seed = first; seed < first + count; ++seed) {
        RandomMachine machine(seed);
        machine.run();
        if (HasFailure()) FAIL() << machine.what();
        tally.add(machine.tally);
    }
    if (count < 8) return;
    unsigned thing = 0;   // nothing that is said to be compared may be missing
    for (const auto number : Tally::all) {
        const bool possible = number != &Tally::by_table || (RandomMachine::offers() & feature(VIRTIO_NET_F_RSS_BIT));
        EXPECT_EQ(tally.*number > 0, possible) << "number " << thing << " of Tally";
        ++thing;
    }
    std::printf("%u sent, %u checksums completed, %u refused, %u delivered, %u verified, %u hashed, %u in several buffers, %u by table\n",
                tally.sent, tally.summed, tally.refused, tally.delivered, tally.verified, tally.hashed, tally.merged, tally.by_table);
    std::printf("%u unwanted, %u with a bad FCS, %u of a bad length, %u tables, %u queue resets, %u broken rings\n", tally.unwanted,
                tally.bad_fcs, tally.bad_length, tally.tables, tally.queue_resets, tally.broken_rings);
}

// Every two features are drawn together, each alone, and neither, as far as one does not need the other.
TEST(NicRandom, AllPairsOfFeaturesAreDrawn) {
    const uint64_t offered = RandomMachine::offers();
    std::mt19937 random(1);
    std::vector<unsigned> bits;
    for (unsigned bit = 0; bit < 64; ++bit)
        if (offered & ~FeatureDraw::needed & feature(bit)) bits.push_back(bit);
    std::set<std::array<unsigned, 4>> drawn;
    for (unsigned i = 0; i < 400; ++i) {
        const uint64_t set = FeatureDraw::draw(random, offered);
        EXPECT_EQ(set & ~offered, 0u);
        for (const unsigned a : bits)
            for (const unsigned b : bits) drawn.insert({a, b, unsigned(set >> a & 1), unsigned(set >> b & 1)});
    }
    // Can `b` not be without `a`?
    auto needs = [](unsigned b, unsigned a) {
        return (a == VIRTIO_NET_F_CTRL_VQ_BIT && (FeatureDraw::of_control & feature(b))) ||
               (a == VIRTIO_NET_F_CSUM_BIT && ((FeatureDraw::of_csum | feature(VIRTIO_NET_F_HOST_ECN_BIT)) & feature(b)));
    };
    for (const unsigned a : bits)
        for (const unsigned b : bits) {
            if (a >= b) continue;
            for (unsigned values = 0; values < 4; ++values) {
                const unsigned with_a = values & 1, with_b = values >> 1;
                const bool never = (!with_a && with_b && needs(b, a)) || (!with_b && with_a && needs(a, b));
                EXPECT_EQ(drawn.count({a, b, with_a, with_b}), never ? 0u : 1u) << a << "=" << with_a << " " << b << "=" << with_b;
            }
        }
}

}  // namespace
