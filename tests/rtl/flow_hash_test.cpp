// SPDX-License-Identifier: Apache-2.0
#include "flow_hash_model.h"

#include <gtest/gtest.h>
#include <verilated.h>

#include <cstring>
#include <random>
#include <set>
#include <utility>

#include "Vflow_hash.h"
#include "coverage.h"

namespace {

using Head = std::array<uint8_t, 64>;

struct Hash {
    VerilatedContext context;
    Vflow_hash dut{&context};
    ~Hash() { take_coverage(context); }
    uint8_t operator()(const Head& head) {
        std::memcpy(&dut.frame_i, head.data(), 64);
        dut.eval();
        return dut.hash_o;
    }
};

enum Kind { Ipv4, Ipv6, Arp, Garbage, Kinds };

// A random frame of a kind; what is not set is random.
Head make(std::mt19937& random, Kind kind, bool vlan) {
    Head f;
    for (auto& byte : f) byte = uint8_t(random());
    size_t l3 = 14;
    auto type = [&](int value) {
        if (vlan) {
            f[12] = 0x81;
            f[13] = 0;
            l3 = 18;
        }
        f[l3 - 2] = uint8_t(value >> 8);
        f[l3 - 1] = uint8_t(value);
    };
    const uint8_t protocols[] = {6, 17, 1, 44, 58};
    const uint8_t protocol = protocols[random() % 5];
    if (kind == Ipv4) {
        type(0x0800);
        f[l3] = uint8_t(0x40 | (5 + random() % 11));
        if (random() % 3) f[l3 + 6] = f[l3 + 7] = 0;
        if (random() % 4 == 0) f[l3 + 6] = 0x40;   // don't fragment
        f[l3 + 9] = protocol;
    } else if (kind == Ipv6) {
        type(0x86DD);
        f[l3] = uint8_t(0x60 | (random() & 15));
        f[l3 + 6] = protocol;
    } else if (kind == Arp) {
        type(0x0806);
    }
    return f;
}

TEST(FlowHash, IsThatOfTheModel) {
    Hash hash;
    std::mt19937 random(1);
    for (unsigned i = 0; i < 40000; ++i) {
        const auto kind = Kind(i % Kinds);
        const Head f = make(random, kind, i & 4);
        ASSERT_EQ(hash(f), flow_hash_model(f)) << "frame " << i << " kind " << kind;
    }
}

TEST(FlowHash, IsTheSameInBothDirections) {  // [V] 5.1.6.5.5
    Hash hash;
    std::mt19937 random(2);
    for (unsigned i = 0; i < 8000; ++i) {
        const auto kind = Kind(i % 2);
        const bool vlan = i & 4;
        const Head f = make(random, kind, vlan);
        const size_t l3 = vlan ? 18 : 14;
        Head back = f;
        auto exchange = [&](size_t from, size_t bytes) {
            for (size_t k = 0; k < bytes; ++k)
                if (from + bytes + k < 64) std::swap(back[from + k], back[from + bytes + k]);
        };
        exchange(0, 6);
        exchange(l3 + (kind == Ipv4 ? 12 : 8), kind == Ipv4 ? 4 : 16);
        const size_t l4 = l3 + (kind == Ipv4 ? 4 * (f[l3] & 15u) : 40u);
        exchange(l4, 2);
        ASSERT_EQ(hash(f), hash(back)) << "frame " << i;
    }
}

TEST(FlowHash, FragmentsOfADatagramStayTogether) {  // only the first one has the ports
    Hash hash;
    std::mt19937 random(3);
    for (unsigned i = 0; i < 1000; ++i) {
        Head first = make(random, Ipv4, false);
        first[23] = 17;
        first[20] = 0x20;   // more fragments, offset 0
        first[21] = 0;
        Head later = first;
        later[20] = 0;
        later[21] = 100;
        for (size_t k = 34; k < 64; ++k) later[k] = uint8_t(random());
        ASSERT_EQ(hash(first), hash(later));
    }
}

TEST(FlowHash, SpreadsFlows) {
    Hash hash;
    std::mt19937 random(4);
    std::set<uint8_t> seen;
    for (unsigned i = 0; i < 4000; ++i) seen.insert(hash(make(random, Ipv4, false)));
    EXPECT_EQ(seen.size(), 256u);
}

}  // namespace
