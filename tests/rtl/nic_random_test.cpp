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
    const uint64_t offers = RandomMachine::offers();
    for (const auto& [name, number] : Tally::all()) {   // nothing that is said to be compared may be missing
        const unsigned needs = number == &Tally::by_table ? VIRTIO_NET_F_RSS_BIT : number == &Tally::segmented ? VIRTIO_NET_F_HOST_USO_BIT
                                                                                                              : VIRTIO_F_VERSION_1_BIT;
        const bool possible = offers & feature(needs);
        if (count >= 8) { EXPECT_EQ(tally.*number > 0, possible) << name; }
        std::printf("%u %s, ", tally.*number, name);
    }
    std::printf("of %u seeds\n", count);
}

// Every two features are drawn together, each alone, and neither, as far as one does not need the other.
TEST(NicRandom, AllPairsOfFeaturesAreDrawn) {
    const uint64_t offered = RandomMachine::offers();
    std::mt19937 random(1);
    std::vector<unsigned> bits;
    for (unsigned bit = 0; bit < 64; ++bit)
        if (offered & ~kLeastFeatures & feature(bit)) bits.push_back(bit);
    std::set<std::array<unsigned, 4>> drawn;
    for (unsigned i = 0; i < 2000; ++i) {
        const uint64_t set = draw_features(random, offered);
        EXPECT_EQ(set & ~offered, 0u);
        for (const unsigned a : bits)
            for (const unsigned b : bits) drawn.insert({a, b, unsigned(set >> a & 1), unsigned(set >> b & 1)});
    }
    for (const unsigned a : bits)
        for (const unsigned b : bits)
            for (unsigned values = 0; values < 4 && a < b; ++values) {
                const unsigned with_a = values & 1, with_b = values >> 1;
                const uint64_t with = uint64_t{with_a} << a | uint64_t{with_b} << b, without = (feature(a) | feature(b)) & ~with;
                const bool possible = !(with_needs(with, without) & without);
                EXPECT_EQ(drawn.count({a, b, with_a, with_b}), possible) << a << "=" << with_a << " " << b << "=" << with_b;
            }
}

}  // namespace
