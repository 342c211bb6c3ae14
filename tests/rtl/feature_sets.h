// SPDX-License-Identifier: Apache-2.0
// Features of a device: which ones it offers, which need others, and random sets that a driver may accept.
#pragma once

#include <map>
#include <vector>

#include "nic_device.h"

// [V] 5.1.3.1, and 5.1.3 where the need lies in the meaning: any one of the needed bits will do.
struct Need { unsigned bit; std::vector<unsigned> one_of; };
inline const std::vector<Need>& needs() {
    static const std::vector<Need> all = {
        {2, {17}}, {7, {1}}, {8, {1}}, {9, {7, 8}}, {10, {1}}, {11, {0}}, {12, {0}}, {13, {11, 12}}, {14, {0}}, {18, {17}}, {19, {17}},
        {20, {17}}, {21, {17}}, {22, {17}}, {23, {17}}, {52, {17}}, {53, {17}}, {56, {0}}, {57, {17}}, {60, {17}}, {61, {7, 8}}};
    return all;
}
constexpr uint64_t kLeastFeatures = feature(VIRTIO_F_VERSION_1_BIT) | feature(VIRTIO_F_RING_PACKED_BIT);

inline uint64_t offered_by(Host& host) {
    uint64_t bits = 0;
    for (unsigned half = 0; half < 2; ++half) {
        host.write(BAR0_COMMON + VIRTIO_COMMON_DEVICE_FEATURE_SELECT, half, 4);
        bits |= uint64_t(host.read(BAR0_COMMON + VIRTIO_COMMON_DEVICE_FEATURE, 4)) << 32 * half;
    }
    return bits;
}

// `set`, and what its features need: of several the first that is not in `without`.
inline uint64_t with_needs(uint64_t set, uint64_t without = 0) {
    for (uint64_t before = 0; before != set;) {
        before = set;
        for (const Need& need : needs()) {
            uint64_t any = 0;
            for (const unsigned other : need.one_of) any |= feature(other);
            if (!(set & feature(need.bit)) || (set & any)) continue;
            unsigned chosen = need.one_of[0];
            for (const unsigned other : need.one_of)
                if (!(without & feature(other))) { chosen = other; break; }
            set |= feature(chosen);
        }
    }
    return set;
}

// A set that may be accepted of these, at random. Where what some features need was not drawn, it comes too, or all of them go.
inline uint64_t draw_features(std::mt19937& random, uint64_t offered) {
    uint64_t set = kLeastFeatures;
    for (unsigned bit = 0; bit < 64; ++bit)
        if ((offered & feature(bit)) && random() % 2) set |= feature(bit);
    std::map<std::vector<unsigned>, bool> goes;
    for (const Need& need : needs()) {
        bool met = false;
        for (const unsigned other : need.one_of) met = met || (set & feature(other));
        if (!met && goes.try_emplace(need.one_of, random() % 3 == 0).first->second) set &= ~feature(need.bit);
    }
    return with_needs(set);
}
