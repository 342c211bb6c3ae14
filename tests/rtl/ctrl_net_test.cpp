// SPDX-License-Identifier: Apache-2.0
// The commands of ctrl_net, through ctrl, against a model of what they set.
#include "ctrl_rig.h"

namespace {

constexpr unsigned kTable = 16;      // addresses
constexpr uint64_t bit(unsigned n) { return 1ull << n; }

using Mac = std::array<uint8_t, 6>;
using Command = std::vector<uint8_t>;

// [V] 5.1.6.5, from the text: what a driver has set.
struct Model {
    uint64_t features = ~0ull;
    bool promisc = true, allmulti = false, alluni = false, nomulti = false, nouni = false, nobcast = false;
    bool many_unicast = false, many_groups = false;
    Mac mac{0, 2, 3, 4, 5, 6};
    std::vector<Mac> addresses;
    std::set<unsigned> vlans;
    bool steer = false, guest_csum = true;
    unsigned types = 0, mask = 0, unclassified = 0;
    std::array<uint8_t, 40> key{};
    std::array<uint8_t, 128> table{};

    bool has(unsigned feature) const { return features >> feature & 1; }
    bool apply(const Command& c) {
        if (c.size() < 2) return false;
        auto le = [&](size_t at, size_t bytes) {
            uint64_t value = 0;
            for (size_t i = 0; i < bytes; ++i) value |= uint64_t(c.at(at + i)) << 8 * i;
            return value;
        };
        switch (c[0]) {
            case VIRTIO_CTRL_CLASS_RX: {
                bool* modes[] = {&promisc, &allmulti, &alluni, &nomulti, &nouni, &nobcast};
                if (c[1] > 5 || !has(c[1] < 2 ? VIRTIO_NET_F_CTRL_RX_BIT : VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) || c.size() < 3) return false;
                *modes[c[1]] = c[2] != 0;
                return true;
            }
            case VIRTIO_CTRL_CLASS_MAC: return c[1] == 0 ? set_table(c, le) : c[1] == 1 && set_mac(c);
            case VIRTIO_CTRL_CLASS_VLAN:
                if (c[1] > 1 || !has(VIRTIO_NET_F_CTRL_VLAN_BIT) || c.size() < 4 || le(2, 2) > 4095) return false;
                if (c[1] == 0) vlans.insert(unsigned(le(2, 2))); else vlans.erase(unsigned(le(2, 2)));
                return true;
            case VIRTIO_CTRL_CLASS_MQ: return c[1] == VIRTIO_CTRL_MQ_RSS_CONFIG ? set_rss(c, le) : c[1] == VIRTIO_CTRL_MQ_HASH_CONFIG ? set_hash(c, le) : set_pairs(c, le);
            case VIRTIO_CTRL_CLASS_GUEST_OFFLOADS:
                if (c[1] != 0 || !has(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT) || c.size() < 10) return false;
                if (le(2, 8) & ~(features & bit(VIRTIO_NET_F_GUEST_CSUM_BIT))) return false;
                guest_csum = le(2, 8) >> VIRTIO_NET_F_GUEST_CSUM_BIT & 1;
                return true;
            default: return false;
        }
    }
    bool set_mac(const Command& c) {
        if (!has(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT) || c.size() < 8 || (c[2] & 1)) return false;
        std::copy_n(c.begin() + 2, 6, mac.begin());
        return true;
    }
    template <class Le> bool set_table(const Command& c, Le le) {
        if (!has(VIRTIO_NET_F_CTRL_RX_BIT) || c.size() < 6) return false;
        const uint64_t n = le(2, 4), second = 6 + 6 * n;
        if (second + 4 > c.size()) return false;
        if (second + 4 > 512) {            // the second list is not looked for so far back: everything passes
            addresses.clear();
            many_unicast = many_groups = true;
            return true;
        }
        const uint64_t m = le(second, 4);
        if (second + 4 + 6 * m > c.size()) return false;
        auto take = [&](size_t at) { Mac a; std::copy_n(c.begin() + long(at), 6, a.begin()); addresses.push_back(a); };
        addresses.clear();
        many_unicast = n > kTable;
        for (uint64_t i = 0; i < n && !many_unicast; ++i) take(6 + 6 * i);
        many_groups = m > kTable - addresses.size() || second + 4 + 6 * m > 512;
        for (uint64_t i = 0; i < m && !many_groups; ++i) take(second + 4 + 6 * i);
        return true;
    }
    template <class Le> bool set_pairs(const Command& c, Le le) {
        if (c[1] != VIRTIO_CTRL_MQ_VQ_PAIRS_SET || !has(VIRTIO_NET_F_MQ_BIT) || c.size() < 4 || le(2, 2) < 1 || le(2, 2) > RTL_QueuePairs) return false;
        steer = false;
        return true;
    }
    template <class Le> bool set_hash(const Command& c, Le le) {
        if (!has(VIRTIO_NET_F_HASH_REPORT_BIT) || c.size() < 15 || (le(2, 4) & ~uint64_t{0x3F})) return false;
        const unsigned bytes = c[14];
        if (bytes > 40 || (bytes == 0 && le(2, 4)) || c.size() < 15u + bytes) return false;
        types = unsigned(le(2, 4));
        key.fill(0);
        std::copy_n(c.begin() + 15, bytes, key.begin());
        return true;
    }
    template <class Le> bool set_rss(const Command& c, Le le) {
        if (!has(VIRTIO_NET_F_RSS_BIT) || c.size() < 10) return false;
        const uint64_t new_types = le(2, 4), entries = le(6, 2) + 1, queue = le(8, 2);
        if (new_types & ~uint64_t{0x3F} || entries > 128 || (entries & (entries - 1)) || queue >= RTL_QueuePairs) return false;
        const size_t end = 10 + 2 * entries;
        if (c.size() < end + 3) return false;
        for (size_t i = 0; i < entries; ++i) if (le(10 + 2 * i, 2) >= RTL_QueuePairs) return false;
        const uint64_t max_tx = le(end, 2), bytes = c[end + 2];
        if (max_tx < 1 || max_tx > RTL_QueuePairs || bytes > 40 || (bytes == 0 && new_types) || c.size() < end + 3 + bytes) return false;
        types = unsigned(new_types);
        mask = unsigned(entries - 1);
        unclassified = unsigned(queue);
        for (size_t i = 0; i < entries; ++i) table[i] = uint8_t(le(10 + 2 * i, 2));
        key.fill(0);
        std::copy_n(c.begin() + long(end) + 3, bytes, key.begin());
        return steer = true;
    }
};

void compare(Rig& rig, const Model& m) {
    rig.b.tick();
    rig.b.tick();
    const auto& f = rig.b->filter_o;
    const bool modes[6] = {m.nobcast, m.nouni, m.nomulti, m.alluni || m.many_unicast, m.allmulti || m.many_groups, m.promisc};
    for (unsigned i = 0; i < 6; ++i) ASSERT_EQ(get_bits(f, 832 + i, 1), modes[i]) << "mode " << i;
    for (unsigned k = 0; k < 6; ++k) ASSERT_EQ(get_bits(f, 784 + 8 * k, 8), m.mac[k]);
    ASSERT_EQ(get_bits(f, 768, 16), (1u << m.addresses.size()) - 1);
    for (size_t i = 0; i < m.addresses.size(); ++i)
        for (unsigned k = 0; k < 6; ++k) ASSERT_EQ(get_bits(f, 48 * i + 8 * k, 8), m.addresses[i][k]) << "address " << i;
    ASSERT_EQ(rig.vlans, m.vlans);
    ASSERT_EQ(rig.b->guest_csum_o, m.guest_csum);
    ASSERT_EQ(get_bits(rig.b->rss_o, 21, 1), m.steer);
    ASSERT_EQ(get_bits(rig.b->rss_o, 15, 6), m.types);
    ASSERT_EQ(get_bits(rig.b->rss_o, 8, 7), m.mask);
    ASSERT_EQ(get_bits(rig.b->rss_o, 0, 8), m.unclassified);
    ASSERT_EQ(rig.key, m.key);
    ASSERT_EQ(rig.table, m.table);
}

void put(Command& c, uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) c.push_back(uint8_t(value >> 8 * i));
}

// A good command of a random kind.
Command random_command(std::mt19937& random) {
    auto addresses = [&](Command& c, unsigned n) {
        put(c, n, 4);
        for (unsigned i = 0; i < 6 * n; ++i) c.push_back(uint8_t(random()));
    };
    switch (random() % 8) {
        case 0: return {VIRTIO_CTRL_CLASS_RX, uint8_t(random() % 6), uint8_t(random() % 3)};
        case 1: {
            Command c{VIRTIO_CTRL_CLASS_MAC, VIRTIO_CTRL_MAC_ADDR_SET};
            for (unsigned i = 0; i < 6; ++i) c.push_back(uint8_t(i ? random() : random() & 0xFE));
            return c;
        }
        case 2: {
            Command c{VIRTIO_CTRL_CLASS_MAC, VIRTIO_CTRL_MAC_TABLE_SET};
            const unsigned most = random() % 4 == 0 ? 90 : 12;
            addresses(c, unsigned(random() % most));
            addresses(c, unsigned(random() % most));
            return c;
        }
        case 3: {
            Command c{VIRTIO_CTRL_CLASS_VLAN, uint8_t(random() % 2)};
            put(c, random() % 16 * 273, 2);
            return c;
        }
        case 4: {
            Command c{VIRTIO_CTRL_CLASS_GUEST_OFFLOADS, VIRTIO_CTRL_GUEST_OFFLOADS_SET};
            put(c, random() % 2 * 2, 8);
            return c;
        }
        case 5: {
            Command c{VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_VQ_PAIRS_SET};
            put(c, 1 + random() % RTL_QueuePairs, 2);
            return c;
        }
        case 6: {
            Command c{VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_HASH_CONFIG};
            const unsigned bytes = 1 + unsigned(random() % 40);
            put(c, random() % 64, 4);
            put(c, (uint64_t(random()) << 32) | random(), 8);      // reserved: whatever is there is ignored
            c.push_back(uint8_t(bytes));
            for (unsigned i = 0; i < bytes; ++i) c.push_back(uint8_t(random()));
            return c;
        }
        default: {
            Command c{VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_RSS_CONFIG};
            const unsigned entries = 1u << random() % 8, bytes = 1 + unsigned(random() % 40);
            put(c, random() % 64, 4);
            put(c, entries - 1, 2);
            put(c, random() % RTL_QueuePairs, 2);
            for (unsigned i = 0; i < entries; ++i) put(c, random() % RTL_QueuePairs, 2);
            put(c, 1 + random() % RTL_QueuePairs, 2);
            c.push_back(uint8_t(bytes));
            for (unsigned i = 0; i < bytes; ++i) c.push_back(uint8_t(random()));
            return c;
        }
    }
}

TEST(CtrlNet, DoesWhatTheModelDoesAndRefusesWhatItRefuses) {   // VIRTIO K1, K2, K11: [V] 5.1.6.5
    for (unsigned seed = 1; seed <= 4; ++seed) {
        Rig rig(seed);
        Model model;
        auto& random = rig.b.random;
        unsigned good = 0, bad = 0;
        for (unsigned i = 0; i < 500; ++i) {
            rig.b->features_i = model.features = rig.b.chance(70) ? ~0ull : ~(bit(random() % 3) | bit(18 + random() % 6) | bit(57) | bit(60));
            Command c = random_command(random);
            if (rig.b.chance(15)) c.resize(1 + random() % c.size());
            if (rig.b.chance(15)) c[random() % std::min<size_t>(c.size(), 14)] = uint8_t(random());
            if (rig.b.chance(10)) c[random() % c.size()] ^= uint8_t(1 << random() % 8);
            if (rig.b.chance(10)) c.push_back(uint8_t(random()));             // trailing bytes are ignored
            const bool ok = model.apply(c);
            if (c[0] == VIRTIO_CTRL_CLASS_NOTF_COAL || c.size() < 2) { model.features = ~0ull; continue; }   // not ctrl_net's
            ASSERT_EQ(rig.command(c, 9, rig.b.chance(50) ? 8 : 700), ok ? kOk : kErr) << "seed " << seed << " command " << i << " class " << int(c[0])
                << " number " << int(c[1]) << " bytes " << c.size();
            compare(rig, model);
            if (HasFatalFailure()) FAIL() << "seed " << seed << " command " << i << " class " << int(c[0]) << " number " << int(c[1]);
            ++(ok ? good : bad);
        }
        EXPECT_GT(good, 100u);
        EXPECT_GT(bad, 50u);
    }
}

TEST(CtrlNet, AResetForgetsEverythingAndBringsThePermanentAddressBack) {   // VIRTIO K3: [V] 5.1.6.5.2
    Rig rig(9);
    Model model;
    for (unsigned i = 0; i < 60; ++i) {
        const Command c = random_command(rig.b.random);
        model.apply(c);
        rig.command(c);
    }
    compare(rig, model);
    Model fresh;
    rig.b.reset();
    fresh.vlans = rig.vlans;      // these tables are outside: net_rx empties its own
    fresh.key = rig.key;
    fresh.table = rig.table;
    compare(rig, fresh);
}

TEST(CtrlNet, LetsEverythingPassWhileTheAddressTableIsWritten) {
    Rig rig(10);
    ASSERT_EQ(rig.command({VIRTIO_CTRL_CLASS_RX, VIRTIO_CTRL_RX_PROMISC, 0}), kOk);
    Command c{VIRTIO_CTRL_CLASS_MAC, VIRTIO_CTRL_MAC_TABLE_SET};
    put(c, 8, 4);
    for (unsigned i = 0; i < 48; ++i) c.push_back(uint8_t(2 * i));
    put(c, 0, 4);
    auto table_now = [&] {
        std::vector<uint64_t> words;
        for (unsigned i = 0; i < 784; i += 16) words.push_back(get_bits(rig.b->filter_o, i, 16));
        return words;
    };
    auto before = table_now();
    bool changed = false;
    rig.observe = [&] {
        const auto now = table_now();
        if (now != before) {
            changed = true;
            EXPECT_EQ(get_bits(rig.b->filter_o, 837, 1), 1u) << "PROMISC while the table changes";
        }
        before = now;
    };
    ASSERT_EQ(rig.command(c), kOk);
    EXPECT_TRUE(changed);
    rig.b.tick();
    rig.b.tick();
    EXPECT_EQ(get_bits(rig.b->filter_o, 837, 1), 0u);
}

TEST(CtrlNet, RefusesVlansUntilTheTableIsReady) {
    Rig rig(11);
    rig.b->tables_ready_i = 0;
    EXPECT_EQ(rig.command({VIRTIO_CTRL_CLASS_VLAN, VIRTIO_CTRL_VLAN_ADD, 1, 0}), kErr);
    rig.b->tables_ready_i = 1;
    EXPECT_EQ(rig.command({VIRTIO_CTRL_CLASS_VLAN, VIRTIO_CTRL_VLAN_ADD, 1, 0}), kOk);
}

}  // namespace
