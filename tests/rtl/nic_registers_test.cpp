// SPDX-License-Identifier: Apache-2.0
// What a driver finds before anything runs: capabilities, features, registers and vectors of the whole device, by TLPs.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "feature_sets.h"

namespace {

constexpr uint32_t kCommon = BAR0_COMMON;
constexpr unsigned kQueues = 2 * kPairs + 1, kVectors = kQueues + 1;

uint32_t config_read(Host& host, uint32_t offset, unsigned bytes) {
    const uint32_t word = host.config_read(offset) >> 8 * (offset & 3);
    return bytes == 4 ? word : word & ((1u << 8 * bytes) - 1);
}
uint32_t common(Host& host, uint32_t field, unsigned bytes) { return host.read(kCommon + field, bytes); }
void set_common(Host& host, uint32_t field, uint32_t value, unsigned bytes) { host.write(kCommon + field, value, bytes); }
void reset(Host& host) {
    set_common(host, VIRTIO_COMMON_DEVICE_STATUS, 0, 1);
    while (common(host, VIRTIO_COMMON_DEVICE_STATUS, 1) != 0) {}
}
// Does FEATURES_OK stay set for these? From a reset on.
bool accepts(Host& host, uint64_t features) {
    reset(host);
    set_common(host, VIRTIO_COMMON_DEVICE_STATUS, 3, 1);
    for (unsigned half = 0; half < 2; ++half) {
        set_common(host, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, half, 4);
        set_common(host, VIRTIO_COMMON_DRIVER_FEATURE, uint32_t(features >> 32 * half), 4);
    }
    set_common(host, VIRTIO_COMMON_DEVICE_STATUS, 11, 1);
    return common(host, VIRTIO_COMMON_DEVICE_STATUS, 1) == 11;
}

struct Capability { uint32_t at, length, bar, offset, bytes; };
// The first capability of each VIRTIO type.
std::map<uint32_t, Capability> capabilities(Host& host) {
    std::map<uint32_t, Capability> found;
    unsigned steps = 0;
    for (uint32_t at = config_read(host, PCI_CFG_CAPABILITIES, 1); at != 0 && ++steps < 48; at = config_read(host, at + 1, 1))
        if (config_read(host, at, 1) == PCI_CAP_ID_VENDOR)
            found.insert({config_read(host, at + 3, 1), {at, config_read(host, at + 2, 1), config_read(host, at + VIRTIO_PCI_CAP_BAR, 1),
                                                         config_read(host, at + VIRTIO_PCI_CAP_OFFSET, 4),
                                                         config_read(host, at + VIRTIO_PCI_CAP_LENGTH, 4)}});
    return found;
}

TEST(NicRegisters, CapabilitiesSayWhereEveryStructureIs) {  // VIRTIO C5, C6, C7, C21, C22, C23, C24, C25, C26, C31, C32
    Host host(config());
    const auto found = capabilities(host);
    const std::map<uint32_t, std::pair<uint32_t, uint32_t>> least = {   // bytes of the capability, and of what it points to
        {VIRTIO_PCI_CAP_TYPE_COMMON, {16, VIRTIO_COMMON_BYTES}}, {VIRTIO_PCI_CAP_TYPE_NOTIFY, {20, 2}}, {VIRTIO_PCI_CAP_TYPE_ISR, {16, 1}},
        {VIRTIO_PCI_CAP_TYPE_DEVICE, {16, VIRTIO_NET_CONFIG_BYTES}}, {VIRTIO_PCI_CAP_TYPE_PCI_CFG, {20, 0}}};
    for (const auto& [type, bytes] : least) {
        ASSERT_TRUE(found.count(type)) << "type " << type;
        const Capability& c = found.at(type);
        EXPECT_GE(c.length, bytes.first) << "type " << type;
        EXPECT_GE(c.bytes, bytes.second) << "type " << type;
        EXPECT_EQ(c.bar, 0u);
        EXPECT_LE(uint64_t{c.offset} + c.bytes, uint64_t{BAR0_SIZE}) << "type " << type;
    }
    EXPECT_EQ(found.at(VIRTIO_PCI_CAP_TYPE_COMMON).offset % 4, 0u);
    EXPECT_EQ(found.at(VIRTIO_PCI_CAP_TYPE_DEVICE).offset % 4, 0u);
    const Capability& notify = found.at(VIRTIO_PCI_CAP_TYPE_NOTIFY);
    const uint32_t multiplier = config_read(host, notify.at + VIRTIO_PCI_CAP_NOTIFY_MULTIPLIER, 4);
    const bool with_data = offered_by(host) & feature(VIRTIO_F_NOTIFICATION_DATA_BIT);
    const uint32_t bell = with_data ? 4 : 2;
    EXPECT_EQ(notify.offset % bell, 0u);
    EXPECT_EQ(multiplier & (multiplier - 1), 0u) << "a power of two";
    EXPECT_EQ(multiplier % bell, 0u);
    for (unsigned q = 0; q < common(host, VIRTIO_COMMON_NUM_QUEUES, 2); ++q) {
        set_common(host, VIRTIO_COMMON_QUEUE_SELECT, q, 2);
        EXPECT_LE(common(host, VIRTIO_COMMON_QUEUE_NOTIFY_OFF, 2) * multiplier + bell, notify.bytes) << "queue " << q;
    }
}

TEST(NicRegisters, TheMsixTableHasTheEntriesThatItSays) {  // VIRTIO C35
    Host host(config());
    const unsigned entries = (config_read(host, PCI_CAP_MSIX + PCI_MSIX_CONTROL, 2) & 0x7FF) + 1;
    EXPECT_EQ(entries, kVectors) << "one for each queue, and one for the configuration";
    for (unsigned v = 0; v < entries; ++v)
        for (unsigned w = 0; w < 3; ++w) host.write(BAR0_MSIX_TABLE + 16 * v + 4 * w, 0x1000 * v + 0x10 * w, 4);
    for (unsigned v = 0; v < entries; ++v)
        for (unsigned w = 0; w < 3; ++w) EXPECT_EQ(host.read(BAR0_MSIX_TABLE + 16 * v + 4 * w, 4), 0x1000 * v + 0x10 * w) << v;
}

TEST(NicRegisters, FeaturesAreOfferedWithWhatTheyNeed) {  // VIRTIO B3, B11, B13
    Host host(config());
    const uint64_t bits = offered_by(host);
    EXPECT_TRUE(bits & feature(VIRTIO_F_VERSION_1_BIT));
    EXPECT_FALSE(bits & feature(37)) << "SR_IOV, and there is no such capability";
    for (const Need& need : needs()) {
        if (!(bits & feature(need.bit))) continue;
        bool met = false;
        for (const unsigned other : need.one_of) met = met || (bits & feature(other));
        EXPECT_TRUE(met) << "bit " << need.bit;
    }
}

// tests/requirements.txt gives this as a reason: who offers one of them has a test to write, and the reason to strike out.
TEST(NicRegisters, WhatNoTestShowsIsNotOffered) {
    Host host(config());
    const uint64_t bits = offered_by(host);
    const std::pair<unsigned, const char*> features[] = {{7, "GUEST_TSO4"}, {8, "GUEST_TSO6"}, {9, "GUEST_ECN"}, {10, "GUEST_UFO"},
                                                         {21, "GUEST_ANNOUNCE"}, {61, "RSC_EXT"}, {63, "SPEED_DUPLEX"}};
    for (const auto& [bit, name] : features) EXPECT_FALSE(bits & feature(bit)) << name;
}

TEST(NicRegisters, FeatureWindowsShowWhatIsThereAndNothingBeyond) {  // VIRTIO C8, C9
    Host host(config());
    const uint64_t bits = offered_by(host);
    EXPECT_NE(bits, 0u);
    for (const uint32_t select : {2u, 3u, 4u, 31u, 32u, 255u, 256u, 0x10000u, 0x80000000u, 0xFFFFFFFFu}) {
        set_common(host, VIRTIO_COMMON_DEVICE_FEATURE_SELECT, select, 4);
        EXPECT_EQ(common(host, VIRTIO_COMMON_DEVICE_FEATURE, 4), 0u) << select;
    }
    for (const uint64_t value : {bits, bits & 0x5555555555555555u, uint64_t{0}, bits & 0xAAAAAAAAAAAAAAAAu}) {
        for (const uint32_t half : {1u, 0u}) {
            set_common(host, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, half, 4);
            set_common(host, VIRTIO_COMMON_DRIVER_FEATURE, uint32_t(value >> 32 * half), 4);
        }
        set_common(host, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 2, 4);
        set_common(host, VIRTIO_COMMON_DRIVER_FEATURE, 0xFFFFFFFF, 4);
        for (const uint32_t half : {0u, 1u}) {
            set_common(host, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, half, 4);
            EXPECT_EQ(common(host, VIRTIO_COMMON_DRIVER_FEATURE, 4), uint32_t(value >> 32 * half));
        }
    }
}

TEST(NicRegisters, FeaturesOkStaysForSetsThatMakeSenseOnly) {  // VIRTIO B4
    Host host(config());
    const uint64_t bits = offered_by(host);
    EXPECT_TRUE(accepts(host, bits));
    EXPECT_TRUE(accepts(host, kLeastFeatures));
    EXPECT_FALSE(accepts(host, bits & ~feature(VIRTIO_F_VERSION_1_BIT)));
    EXPECT_FALSE(accepts(host, bits & ~feature(VIRTIO_F_RING_PACKED_BIT))) << "there are no split rings";
    for (unsigned bit = 0; bit < 64; ++bit) {
        if (!(bits & feature(bit))) { EXPECT_FALSE(accepts(host, kLeastFeatures | feature(bit))) << "bit " << bit << " is not offered"; }
    }
    for (const Need& need : needs()) {
        if (!(bits & feature(need.bit))) continue;
        EXPECT_FALSE(accepts(host, kLeastFeatures | feature(need.bit))) << "bit " << need.bit << " alone";
        for (const unsigned other : need.one_of) {
            const uint64_t with = with_needs(feature(need.bit) | feature(other));
            if (bits & feature(other)) { EXPECT_TRUE(accepts(host, kLeastFeatures | with)) << "bit " << need.bit << " with " << other; }
        }
    }
    EXPECT_TRUE(accepts(host, bits)) << "as before ([V] 2.2.2)";
}

TEST(NicRegisters, ConfigurationIsThereBeforeFeaturesOkAndDoesNotChange) {  // VIRTIO B7, N1, N2, N3, N6, N7
    Host host(config());
    const uint64_t bits = offered_by(host);
    auto read = [&](uint32_t at, unsigned bytes) { return host.read(BAR0_DEVICE + at, bytes); };
    for (const uint64_t negotiated : {uint64_t{0}, bits, kLeastFeatures}) {   // first of all nothing is
        if (negotiated) { ASSERT_TRUE(accepts(host, negotiated)); }
        EXPECT_EQ(read(VIRTIO_NET_CONFIG_MAC, 4), 2u);
        EXPECT_EQ(read(VIRTIO_NET_CONFIG_MAC + 4, 2), 0x0100u);
        EXPECT_EQ(read(VIRTIO_NET_CONFIG_STATUS, 2), 1u) << "the link is up";
        const uint32_t pairs = read(VIRTIO_NET_CONFIG_MAX_VIRTQUEUE_PAIRS, 2);
        EXPECT_EQ(pairs, kPairs);
        EXPECT_LE(pairs, uint32_t{VIRTIO_NET_CONFIG_PAIRS_MAX});
        if (bits & feature(VIRTIO_NET_F_MTU_BIT)) {
            EXPECT_GE(read(VIRTIO_NET_CONFIG_MTU, 2), 68u);
            EXPECT_EQ(read(VIRTIO_NET_CONFIG_MTU, 2), uint32_t{VIRTIO_NET_CONFIG_MTU_OFFERED});
            host.write(BAR0_DEVICE + VIRTIO_NET_CONFIG_MTU, 100, 2);
            EXPECT_EQ(read(VIRTIO_NET_CONFIG_MTU, 2), uint32_t{VIRTIO_NET_CONFIG_MTU_OFFERED});
        }
        if (bits & (feature(VIRTIO_NET_F_RSS_BIT) | feature(VIRTIO_NET_F_HASH_REPORT_BIT))) {
            EXPECT_GE(read(VIRTIO_NET_CONFIG_RSS_MAX_KEY_SIZE, 1), 40u);
            EXPECT_GE(read(VIRTIO_NET_CONFIG_RSS_MAX_TABLE, 2), 128u);
            EXPECT_NE(read(VIRTIO_NET_CONFIG_HASH_TYPES, 4), 0u);
        }
    }
}

TEST(NicRegisters, AResetBringsEveryRegisterBack) {  // VIRTIO B5, C11, C12, C13, C14, C39
    Device d(config(), basic | control | ring_reset, 1);
    d.map(0, 2);
    for (int round = 0; round < 2; ++round) {
        d.set_status(0);
        ASSERT_TRUE(d.run_until([&] { return d.status() == 0; }, 1000));
        EXPECT_EQ(common(d.host, VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4), 0u);
        EXPECT_EQ(common(d.host, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4), 0u);
        EXPECT_EQ(common(d.host, VIRTIO_COMMON_DRIVER_FEATURE, 4), 0u);
        EXPECT_EQ(common(d.host, VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2), uint32_t{VIRTIO_MSI_NO_VECTOR});
        for (unsigned q = 0; q < kQueues; ++q) {
            set_common(d.host, VIRTIO_COMMON_QUEUE_SELECT, q, 2);
            EXPECT_EQ(common(d.host, VIRTIO_COMMON_QUEUE_SIZE, 2), 1024u) << q;
            EXPECT_EQ(common(d.host, VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2), uint32_t{VIRTIO_MSI_NO_VECTOR}) << q;
            EXPECT_EQ(common(d.host, VIRTIO_COMMON_QUEUE_ENABLE, 2), 0u) << q;
            EXPECT_EQ(common(d.host, VIRTIO_COMMON_QUEUE_RESET, 2), 0u) << q;
            for (uint32_t at = VIRTIO_COMMON_QUEUE_DESC; at < VIRTIO_COMMON_QUEUE_NOTIFY_DATA; at += 4)
                EXPECT_EQ(common(d.host, at, 4), 0u) << q;
        }
        set_common(d.host, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 1, 4);
        EXPECT_EQ(common(d.host, VIRTIO_COMMON_DRIVER_FEATURE, 4), 0u);
    }
}

TEST(NicRegisters, HalvesOfAddressesComeInAnyOrder) {  // VIRTIO C4
    Host host(config());
    for (unsigned q = 0; q < kQueues; ++q) {
        set_common(host, VIRTIO_COMMON_QUEUE_SELECT, q, 2);
        for (uint32_t at = VIRTIO_COMMON_QUEUE_DESC; at <= VIRTIO_COMMON_QUEUE_DEVICE; at += 8) {
            set_common(host, at + 4, 0xABCD0000 + q, 4);
            EXPECT_EQ(common(host, at, 4), 0u) << "the other half";
            set_common(host, at, 0x11110 + 0x1000 * q, 4);
            EXPECT_EQ(common(host, at + 4, 4), 0xABCD0000 + q);
            set_common(host, at + 4, 0x77, 4);
            EXPECT_EQ(common(host, at, 4), 0x11110 + 0x1000 * q);
            EXPECT_EQ(common(host, at + 4, 4), 0x77u);
        }
    }
}

TEST(NicRegisters, AQueueThatDoesNotExistHasSize0) {  // VIRTIO C19
    Host host(config());
    ASSERT_EQ(common(host, VIRTIO_COMMON_NUM_QUEUES, 2), kQueues);
    for (const uint32_t q : {kQueues, kQueues + 1, 0x100u, 0x8000u, 0xFFFFu}) {
        set_common(host, VIRTIO_COMMON_QUEUE_SELECT, q, 2);
        set_common(host, VIRTIO_COMMON_QUEUE_SIZE, 64, 2);
        EXPECT_EQ(common(host, VIRTIO_COMMON_QUEUE_SIZE, 2), 0u) << q;
    }
    for (unsigned q = 0; q < kQueues; ++q) {
        set_common(host, VIRTIO_COMMON_QUEUE_SELECT, q, 2);
        EXPECT_EQ(common(host, VIRTIO_COMMON_QUEUE_SIZE, 2), 1024u) << q;
    }
}

TEST(NicRegisters, VectorsReadBackAsMappedOrAsNone) {  // VIRTIO C36, C37, C38, C40
    Host host(config());
    auto expect = [&](uint32_t field, uint32_t vector, uint32_t want) {
        set_common(host, field, vector, 2);
        EXPECT_EQ(common(host, field, 2), want) << "vector " << vector;
    };
    for (unsigned q = 0; q <= kQueues; ++q) {
        const uint32_t field = q == kQueues ? uint32_t{VIRTIO_COMMON_CONFIG_MSIX_VECTOR} : uint32_t{VIRTIO_COMMON_QUEUE_MSIX_VECTOR};
        set_common(host, VIRTIO_COMMON_QUEUE_SELECT, q, 2);
        for (unsigned v = 0; v < kVectors; ++v) expect(field, v, v);
        expect(field, VIRTIO_MSI_NO_VECTOR, VIRTIO_MSI_NO_VECTOR);
        for (const unsigned v : {kVectors, 0x800u, 0xFFFEu}) {
            expect(field, 1, 1);
            expect(field, v, VIRTIO_MSI_NO_VECTOR);
        }
    }
}

TEST(NicRegisters, AChangeOfTheConfigurationInterruptsByAnyVectorOrByNone) {  // VIRTIO C27, C30, C36, C42
    Device d(config());
    for (unsigned v = 0; v < kVectors; ++v) {
        set_common(d.host, VIRTIO_COMMON_CONFIG_MSIX_VECTOR, v, 2);
        ASSERT_EQ(common(d.host, VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2), v);   // and what was written has arrived
        d.host.messages.clear();
        d.host.bench->link_up_i = !d.host.bench->link_up_i;
        ASSERT_TRUE(d.run_until([&] { return !d.host.messages.empty(); }, 500)) << "vector " << v;
        EXPECT_EQ(d.host.messages[0].second, v);
        EXPECT_EQ(d.host.read(BAR0_ISR, 1), 1u << VIRTIO_ISR_CONFIG_BIT) << "the first that the driver does is to look";
        EXPECT_EQ(d.host.read(BAR0_ISR, 1), 0u) << "reading clears";
        EXPECT_EQ(d.host.messages.size(), 1u);
    }
    set_common(d.host, VIRTIO_COMMON_CONFIG_MSIX_VECTOR, VIRTIO_MSI_NO_VECTOR, 2);
    ASSERT_EQ(common(d.host, VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2), uint32_t{VIRTIO_MSI_NO_VECTOR});
    d.host.messages.clear();
    d.host.bench->link_up_i = !d.host.bench->link_up_i;
    d.host.step(500);
    EXPECT_TRUE(d.host.messages.empty());
    EXPECT_EQ(d.host.read(BAR0_ISR, 1), 1u << VIRTIO_ISR_CONFIG_BIT);
}

TEST(NicRegisters, WithoutMsixTheIsrByteAndTheStatusRegisterTell) {  // VIRTIO C28, C29, C30
    Device d(config());
    d.host.config_write(PCI_CAP_MSIX + PCI_MSIX_CONTROL, 0, 2);
    auto pending = [&] { return config_read(d.host, PCI_CFG_STATUS, 2) >> PCI_STATUS_INTERRUPT_BIT & 1; };
    EXPECT_EQ(pending(), 0u);
    d.host.messages.clear();
    for (int round = 0; round < 2; ++round) {
        d.tx.offer(d.place(kTxData, make_frame(d.host.bench.random, 100), {}, 0), 1);
        d.tx.kick();
        ASSERT_TRUE(d.run_until([&] { return pending(); }, 500));
        EXPECT_FALSE(d.tx.reap().empty()) << "interrupted for nothing";
        EXPECT_EQ(d.host.read(BAR0_ISR, 1), 1u << VIRTIO_ISR_QUEUE_BIT);
        EXPECT_EQ(pending(), 0u) << "reading clears";
        d.host.bench->link_up_i = !d.host.bench->link_up_i;
        ASSERT_TRUE(d.run_until([&] { return pending(); }, 500));
        EXPECT_EQ(d.host.read(BAR0_ISR, 1), 1u << VIRTIO_ISR_CONFIG_BIT);
        EXPECT_EQ(d.host.read(BAR0_ISR, 1), 0u);
        EXPECT_EQ(pending(), 0u);
    }
    EXPECT_TRUE(d.host.messages.empty());
}

TEST(NicRegisters, TheWindowInConfigurationSpaceReachesThem) {  // VIRTIO C33, C34
    Host host(config());
    const uint32_t window = capabilities(host).at(VIRTIO_PCI_CAP_TYPE_PCI_CFG).at;
    auto name = [&](uint32_t offset, uint32_t length) {
        host.config_write(window + VIRTIO_PCI_CAP_BAR, 0, 1);
        host.config_write(window + VIRTIO_PCI_CAP_OFFSET, offset, 4);
        host.config_write(window + VIRTIO_PCI_CAP_LENGTH, length, 4);
    };
    name(kCommon + VIRTIO_COMMON_DEVICE_STATUS, 1);
    host.config_write(window + VIRTIO_PCI_CAP_DATA, 3, 1);
    EXPECT_EQ(common(host, VIRTIO_COMMON_DEVICE_STATUS, 1), 3u);
    EXPECT_EQ(config_read(host, window + VIRTIO_PCI_CAP_DATA, 1), 3u);
    name(kCommon + VIRTIO_COMMON_QUEUE_SELECT, 2);
    host.config_write(window + VIRTIO_PCI_CAP_DATA, 1, 2);
    EXPECT_EQ(common(host, VIRTIO_COMMON_QUEUE_SELECT, 2), 1u);
    name(kCommon + VIRTIO_COMMON_QUEUE_DESC, 4);
    host.config_write(window + VIRTIO_PCI_CAP_DATA, 0x12345670, 4);
    EXPECT_EQ(common(host, VIRTIO_COMMON_QUEUE_DESC, 4), 0x12345670u);
    EXPECT_EQ(config_read(host, window + VIRTIO_PCI_CAP_DATA, 4), 0x12345670u);
    name(BAR0_DEVICE + VIRTIO_NET_CONFIG_MAC, 4);
    EXPECT_EQ(config_read(host, window + VIRTIO_PCI_CAP_DATA, 4), 2u);
}

}  // namespace
