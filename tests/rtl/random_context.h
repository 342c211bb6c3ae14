// SPDX-License-Identifier: Apache-2.0
// What the parts of a RandomMachine share: the device, dice, what was negotiated, and counts of what happened.
#pragma once

#include <set>

#include "feature_sets.h"
#include "nic_wrongs.h"

// How often each thing happened.
struct Tally {
    unsigned sent = 0, summed = 0, segmented = 0, refused = 0, delivered = 0, verified = 0, hashed = 0, merged = 0, by_table = 0;
    unsigned unwanted = 0, bad_fcs = 0, bad_length = 0, tables = 0, queue_resets = 0, broken_rings = 0;
    unsigned bad_commands = 0, bad_headers = 0, spoilt = 0, strays = 0, bells = 0;
    void add(const Tally& other) {
        for (const auto& [name, count] : all()) this->*count += other.*count;
    }
    static const std::vector<std::pair<const char*, unsigned Tally::*>>& all() {
        static const std::vector<std::pair<const char*, unsigned Tally::*>> counts = {
            {"frames sent", &Tally::sent}, {"checksums completed", &Tally::summed}, {"packets segmented", &Tally::segmented},
            {"packets refused", &Tally::refused}, {"frames delivered", &Tally::delivered}, {"verified", &Tally::verified},
            {"with a hash", &Tally::hashed}, {"in several buffers", &Tally::merged}, {"steered by table", &Tally::by_table},
            {"unwanted", &Tally::unwanted}, {"of a bad FCS", &Tally::bad_fcs}, {"of a bad length", &Tally::bad_length},
            {"tables", &Tally::tables}, {"queue resets", &Tally::queue_resets}, {"broken rings", &Tally::broken_rings},
            {"commands refused", &Tally::bad_commands}, {"headers that ask for too much", &Tally::bad_headers},
            {"reads in error", &Tally::spoilt}, {"stray packets", &Tally::strays}, {"doorbells without a meaning", &Tally::bells}};
        return counts;
    }
};

struct RandomContext {
    std::mt19937& random;
    const uint64_t features;
    const unsigned pairs;             // that this driver has
    Device& d;
    Tally& tally;
    std::vector<Spoilt> spoilt{};     // reads that will fail, each once

    static bool failed() { return ::testing::Test::HasFatalFailure(); }
    bool has(unsigned bit) const { return features & feature(bit); }
    bool chance(unsigned percent) { return random() % 100 < percent; }
    unsigned below(size_t limit) { return unsigned(random() % limit); }
    size_t header_bytes() const { return has(VIRTIO_NET_F_HASH_REPORT_BIT) ? VIRTIO_NET_HDR_HASH_SIZE : VIRTIO_NET_HDR_SIZE; }
    static size_t longest() { return ETH_MAX_FRAME - ETH_FCS; }
    // Where no buffer is that is out: places of `bytes` from `base` on, for all transmit (1) or receive (0) queues.
    uint64_t free_place(uint64_t base, uint64_t bytes, unsigned direction) const {
        std::set<uint64_t> taken;
        for (unsigned p = 0; p < pairs; ++p)
            for (const auto& buffer : d.rings[2 * p + direction].outstanding) taken.insert((buffer.elements[0].address - base) / bytes);
        uint64_t place = 0;
        while (taken.count(place)) ++place;
        return base + place * bytes;
    }
};

inline void put_le16(Frame& header, unsigned at, size_t value) {
    header[at] = uint8_t(value);
    header[at + 1] = uint8_t(value >> 8);
}
