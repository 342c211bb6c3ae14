// SPDX-License-Identifier: Apache-2.0
#include "iommu.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "violations.h"

namespace hw {
namespace {

using Checks = std::vector<std::string>;
using sc_core::sc_time;

struct Machine : Violations {
    static Ram::Config ram(uint32_t run_pages) {
        Ram::Config config;
        config.bytes = 16u << 20;
        config.coherent_bytes = 1u << 20;
        config.run_pages = run_pages;
        return config;
    }
    explicit Machine(Iommu::Config config = {}, uint32_t run_pages = 1) : memory(ram(run_pages), events), iommu(config, memory, events) {}

    bool access(uint64_t iova, uint32_t length, bool write, uint64_t tlp = 0) {
        DmaAccess a;
        a.iova = iova;
        a.length = length;
        a.write = write;
        a.tlp = tlp;
        return iommu.translate(a, pa, delay);
    }
    bool mentions(size_t violation, const std::string& words) const { return seen.at(violation).message.find(words) != std::string::npos; }

    HostMemory memory;
    Iommu iommu;
    uint64_t pa = 0;
    sc_time delay;
    DmaSegment segments[64];
};

TEST(Iommu, AMappingIsOneSegmentForEachPhysicalRun) {
    Machine m;
    auto* block = static_cast<uint8_t*>(m.memory.allocate(9018, 4096, "frame"));
    ASSERT_EQ(m.iommu.map(block + 10, 9000, DmaDirection::to_device, "nb", m.segments, 64), 3);
    EXPECT_EQ(m.segments[0].length, 4086u);
    EXPECT_EQ(m.segments[1].length, 4096u);
    EXPECT_EQ(m.segments[2].length, 818u);
    for (int i = 0; i < 3; i++) {
        const void* va = block + (i == 0 ? 10 : 4096 * i);
        ASSERT_TRUE(m.access(m.segments[i].iova, m.segments[i].length, false));
        EXPECT_EQ(m.pa, m.memory.ram().physical(va));
        EXPECT_NE(m.segments[i].iova, m.pa);
        EXPECT_GT(m.segments[i].iova, UINT64_C(1) << 32);
    }
    m.iommu.unmap(m.segments, 3);
    EXPECT_EQ(m.iommu.live_segments(), 0u);
    EXPECT_TRUE(m.seen.empty());
}

TEST(Iommu, APhysicalRunOfSeveralPagesIsOneSegment) {
    Machine m({}, 4);
    void* block = m.memory.allocate(64 * 1024, 4096, "frame");
    ASSERT_EQ(m.iommu.map(block, 64 * 1024, DmaDirection::both, "nb", m.segments, 64), 4);
    EXPECT_TRUE(m.access(m.segments[0].iova + 4000, 8000, true)) << "across the pages of a run";
    m.iommu.unmap(m.segments, 4);
    EXPECT_FALSE(m.access(m.segments[0].iova + 8192, 4, true));
}

TEST(Iommu, AnAccessIsGrantedToTheByte) {
    Machine m;
    auto* block = static_cast<uint8_t*>(m.memory.allocate(1000, 16, "frame"));
    ASSERT_EQ(m.iommu.map(block + 100, 33, DmaDirection::from_device, "buffer", m.segments, 1), 1);
    const uint64_t iova = m.segments[0].iova;
    EXPECT_TRUE(m.access(iova, 33, true));
    EXPECT_TRUE(m.access(iova + 32, 1, true));
    EXPECT_TRUE(m.seen.empty());
    EXPECT_FALSE(m.access(iova - 1, 2, true));
    EXPECT_FALSE(m.access(iova + 32, 2, true));
    EXPECT_FALSE(m.access(iova + 33, 1, true));
    EXPECT_EQ(m.checks(), (Checks{"iommu.unmapped", "iommu.unmapped", "iommu.unmapped"}));
    EXPECT_TRUE(m.mentions(0, "nearest is buffer, 33 bytes")) << m.seen[0].message;
}

TEST(Iommu, APhysicalAddressIsNoBusAddress) {
    Machine m;
    void* block = m.memory.allocate(100, 16, "frame");
    ASSERT_EQ(m.iommu.map(block, 100, DmaDirection::both, "nb", m.segments, 1), 1);
    EXPECT_FALSE(m.access(m.memory.ram().physical(block), 4, false));
    EXPECT_FALSE(m.access(m.segments[0].iova & 0xFFFFFFFF, 4, false)) << "a truncated address";
    EXPECT_FALSE(m.access(UINT64_MAX - 8, 4, false));
    EXPECT_FALSE(m.access((UINT64_C(1) << 36) + (16u << 20), 4, false)) << "behind the end of RAM";
    EXPECT_EQ(m.seen.size(), 4u);
}

TEST(Iommu, AnAccessAgainstItsDirectionIsRefused) {
    Machine m;
    void* block = m.memory.allocate(100, 16, "frame");
    ASSERT_EQ(m.iommu.map(block, 100, DmaDirection::to_device, "tx header", m.segments, 1), 1);
    EXPECT_FALSE(m.access(m.segments[0].iova, 4, true, 77));
    ASSERT_EQ(m.checks(), (Checks{"iommu.direction"}));
    EXPECT_TRUE(m.mentions(0, "write of 4 bytes"));
    EXPECT_TRUE(m.mentions(0, "TLP 77"));
    EXPECT_TRUE(m.mentions(0, "tx header is mapped to the device"));
    m.iommu.unmap(m.segments, 1);
    ASSERT_EQ(m.iommu.map(block, 100, DmaDirection::from_device, "rx", m.segments, 1), 1);
    EXPECT_FALSE(m.access(m.segments[0].iova, 4, false));
    EXPECT_TRUE(m.access(m.segments[0].iova, 4, true));
}

TEST(Iommu, AnAccessAfterUnmappingNamesTheLastOwnerAndWhen) {
    Machine m;
    void* block = m.memory.allocate(100, 16, "frame");
    ASSERT_EQ(m.iommu.map(block, 100, DmaDirection::to_device, "nb 42", m.segments, 1), 1);
    const uint64_t iova = m.segments[0].iova;
    m.iommu.unmap(m.segments, 1);
    sc_core::sc_start(sc_time(1500, sc_core::SC_PS));
    ASSERT_EQ(m.iommu.map(block, 100, DmaDirection::to_device, "nb 43", m.segments, 1), 1);
    EXPECT_FALSE(m.access(iova + 10, 4, false)) << "the same memory under its old address";
    ASSERT_EQ(m.checks(), (Checks{"iommu.unmapped"}));
    EXPECT_EQ(m.seen[0].time_ps, 1500u);
    EXPECT_TRUE(m.mentions(0, "it belonged to nb 42 and was unmapped 1.500 ns ago")) << m.seen[0].message;
    EXPECT_TRUE(m.mentions(0, "nearest is nb 43"));
}

TEST(Iommu, ATlpThatMissesInSeveralLinesIsReportedOnce) {
    Machine m;
    for (int line = 0; line < 8; line++) EXPECT_FALSE(m.access((UINT64_C(1) << 40) + 64u * unsigned(line), 64, false, 5));
    EXPECT_FALSE(m.access(UINT64_C(1) << 40, 64, false, 6));
    EXPECT_EQ(m.seen.size(), 2u);
}

TEST(Iommu, MappingNeedsALiveBlockAndRoomForAllSegments) {
    Machine m;
    auto* block = static_cast<uint8_t*>(m.memory.allocate(9018, 4096, "frame"));
    int elsewhere = 0;
    EXPECT_EQ(m.iommu.map(&elsewhere, 4, DmaDirection::both, "x", m.segments, 64), -EFAULT);
    EXPECT_EQ(m.iommu.map(block, 9019, DmaDirection::both, "x", m.segments, 64), -EFAULT);
    EXPECT_EQ(m.iommu.map(block, 0, DmaDirection::both, "x", m.segments, 64), -EFAULT);
    EXPECT_EQ(m.iommu.map(block, 9018, DmaDirection::both, "x", m.segments, 2), -ENOSPC);
    EXPECT_EQ(m.iommu.live_segments(), 0u);
    m.memory.free(block);
    EXPECT_EQ(m.iommu.map(block, 10, DmaDirection::both, "x", m.segments, 64), -EFAULT);
    EXPECT_TRUE(m.seen.empty());
}

TEST(Iommu, UnmappingTakesExactlyWhatMappingGave) {
    Machine m;
    void* block = m.memory.allocate(100, 16, "frame");
    ASSERT_EQ(m.iommu.map(block, 100, DmaDirection::both, "nb", m.segments, 1), 1);
    const DmaSegment wrong[] = {{m.segments[0].iova, 99}, {m.segments[0].iova + 1, 99}, {m.segments[0].iova, 0}, {0, 4}, {UINT64_MAX, 4}};
    m.iommu.unmap(wrong, 5);
    EXPECT_EQ(m.checks(), Checks(5, "iommu.bad_unmap"));
    EXPECT_EQ(m.iommu.live_segments(), 1u);
    m.iommu.unmap(m.segments, 1);
    m.iommu.unmap(m.segments, 1);
    EXPECT_EQ(m.seen.size(), 6u);
    EXPECT_TRUE(m.mentions(5, "it belonged to nb"));
}

TEST(Iommu, FreeingMappedMemoryIsReportedWithItsOwner) {
    Machine m;
    auto* block = static_cast<uint8_t*>(m.memory.allocate(200, 16, "NetAllocate"));
    void* neighbour = m.memory.allocate(200, 16, "NetAllocate");
    ASSERT_EQ(m.iommu.map(block + 199, 1, DmaDirection::to_device, "nb 7", m.segments, 1), 1);
    m.memory.free(neighbour);
    EXPECT_TRUE(m.seen.empty()) << "only bytes count, not pages";
    m.memory.free(block);
    ASSERT_EQ(m.checks(), (Checks{"memory.freed_while_mapped"}));
    EXPECT_TRUE(m.mentions(0, "200 bytes of NetAllocate"));
    EXPECT_TRUE(m.mentions(0, "by nb 7"));
}

TEST(Iommu, ManyMappingsOfOnePageAreApart) {
    Machine m;
    auto* block = static_cast<uint8_t*>(m.memory.allocate(4000, 4096, "bytes"));
    std::vector<DmaSegment> all(4000);
    for (unsigned i = 0; i < 4000; i++) ASSERT_EQ(m.iommu.map(block + i, 1, DmaDirection::to_device, "byte", &all[i], 1), 1);
    for (unsigned i = 0; i < 4000; i++) {
        ASSERT_TRUE(m.access(all[i].iova, 1, false));
        ASSERT_EQ(m.pa, m.memory.ram().physical(block + i));
    }
    EXPECT_FALSE(m.access(all[0].iova, 2, false)) << "two mappings are not one, even when they are neighbours";
    for (unsigned i = 0; i < 4000; i++) m.iommu.unmap(&all[(i * 7) % 4000], 1);
    EXPECT_EQ(m.iommu.live_segments(), 0u);
    EXPECT_EQ(m.seen.size(), 1u);
}

TEST(Iommu, EpochsGoRoundWithoutHarm) {
    Machine m;
    void* lasting = m.memory.allocate(4096, 4096, "ring");
    auto* block = static_cast<uint8_t*>(m.memory.allocate(4096, 4096, "frame"));
    DmaSegment ring;
    ASSERT_EQ(m.iommu.map(lasting, 4096, DmaDirection::both, "ring", &ring, 1), 1);
    for (unsigned i = 0; i < 3 * Iommu::epochs; i++) {
        DmaSegment held, segment;
        ASSERT_EQ(m.iommu.map(block + i % 2000, 1000, DmaDirection::to_device, "a", &held, 1), 1);
        ASSERT_EQ(m.iommu.map(block + i % 3000, 1000, DmaDirection::to_device, "b", &segment, 1), 1);
        ASSERT_GT(segment.iova, UINT64_C(1) << 36);
        ASSERT_TRUE(m.access(segment.iova + 999, 1, false));
        m.iommu.unmap(&held, 1);
        ASSERT_TRUE(m.access(segment.iova, 1000, false));
        m.iommu.unmap(&segment, 1);
    }
    EXPECT_TRUE(m.access(ring.iova, 4096, true));
    EXPECT_TRUE(m.seen.empty());
}

TEST(Iommu, WhatIsStillMappedIsReportedByOwner) {
    Machine m;
    void* block = m.memory.allocate(9018, 4096, "frame");
    m.iommu.map(block, 9018, DmaDirection::to_device, "nb", m.segments, 64);
    m.iommu.report_leaks();
    ASSERT_EQ(m.checks(), (Checks{"iommu.leak"}));
    EXPECT_EQ(m.seen[0].message, "nb still has 3 mapped segments");
}

TEST(Iommu, ATranslationMissCostsTimeOnceUntilItIsEvictedOrUnmapped) {
    Iommu::Config config;
    config.tlb_entries = 2;
    Machine m(config);
    void* block = m.memory.allocate(3 * 4096, 4096, "frame");
    ASSERT_EQ(m.iommu.map(block, 3 * 4096, DmaDirection::both, "nb", m.segments, 64), 3);
    const auto cost_ns = [&](int segment) {
        m.delay = sc_core::SC_ZERO_TIME;
        m.access(m.segments[segment].iova, 4, false);
        return m.delay.to_seconds() * 1e9;
    };
    EXPECT_DOUBLE_EQ(cost_ns(0), 330);
    EXPECT_DOUBLE_EQ(cost_ns(0), 0);
    EXPECT_DOUBLE_EQ(cost_ns(1), 330);
    EXPECT_DOUBLE_EQ(cost_ns(0), 0);
    EXPECT_DOUBLE_EQ(cost_ns(2), 330);  // evicts 1, which was used longest ago
    EXPECT_DOUBLE_EQ(cost_ns(0), 0);
    EXPECT_DOUBLE_EQ(cost_ns(1), 330);
    EXPECT_EQ(m.iommu.counters().tlb_hits, 3u);
    EXPECT_EQ(m.iommu.counters().tlb_misses, 4u);
    m.iommu.unmap(&m.segments[1], 1);
    EXPECT_DOUBLE_EQ(cost_ns(1), 0) << "refused before it is looked up";
    EXPECT_EQ(m.seen.size(), 1u);
}

}  // namespace
}  // namespace hw
