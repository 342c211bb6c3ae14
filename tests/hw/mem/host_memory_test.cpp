// SPDX-License-Identifier: Apache-2.0
#include "host_memory.h"

#include <gtest/gtest.h>

#include <systemc>

#include <cstring>
#include <set>
#include <stdexcept>

#include "poison.h"
#include "violations.h"

namespace hw {
namespace {

using Checks = std::vector<std::string>;

Ram::Config small(uint64_t seed = 1, uint32_t run_pages = 1) {
    Ram::Config config;
    config.bytes = 16u << 20;
    config.coherent_bytes = 1u << 20;
    config.run_pages = run_pages;
    config.seed = seed;
    return config;
}

std::vector<std::pair<uint64_t, size_t>> runs(const HostMemory& memory, const void* va, size_t length) {
    std::vector<std::pair<uint64_t, size_t>> result;
    memory.for_each_run(va, length, [&](uint64_t pa, size_t bytes) {
        result.emplace_back(pa, bytes);
        return true;
    });
    return result;
}

TEST(Ram, PagesThatAreNeighboursForTheCpuAreNotNeighboursPhysically) {
    for (uint64_t seed = 1; seed <= 200; seed++) {
        Ram::Config config = small(seed);
        config.bytes = config.coherent_bytes + 12 * Ram::page_bytes;  // few runs: chance neighbours are common and must be parted
        const Ram ram(config);
        std::set<uint64_t> seen;
        for (uint64_t page = ram.coherent_pages(); page < ram.pages(); page++) {
            seen.insert(ram.physical(ram.page(page)));
            if (page > ram.coherent_pages()) {
                EXPECT_NE(ram.physical(ram.page(page)), ram.physical(ram.page(page - 1)) + Ram::page_bytes) << "seed " << seed;
            }
        }
        EXPECT_EQ(seen.size(), 12u) << "every page has a frame of its own, seed " << seed;
    }
}

TEST(Ram, TheOrderOfPagesFollowsTheSeedAlone) {
    const Ram a(small(7)), b(small(7)), c(small(8));
    uint64_t differences = 0;
    for (uint64_t page = 0; page < a.pages(); page++) {
        ASSERT_EQ(a.physical(a.page(page)), b.physical(b.page(page)));
        differences += a.physical(a.page(page)) != c.physical(c.page(page));
    }
    EXPECT_GT(differences, 3000u);
}

TEST(Ram, BothViewsAreTheSameMemory) {
    Ram ram(small(3));
    ram.map(ram.coherent_pages(), 64);
    for (uint64_t page = ram.coherent_pages(); page < ram.coherent_pages() + 64; page++) {
        std::memset(ram.page(page), static_cast<int>(page & 0xFF), Ram::page_bytes);
        EXPECT_EQ(*ram.at(ram.physical(ram.page(page)) + 100), page & 0xFF);
        *ram.at(ram.physical(ram.page(page)) + 4095) = 0x5A;
        EXPECT_EQ(ram.page(page)[4095], 0x5A);
    }
}

TEST(Ram, PagesThatFormNoWholeRunBelongToTheCoherentRegion) {
    Ram::Config config = small(1, 100);
    Ram ram(config);
    EXPECT_EQ((ram.pages() - ram.coherent_pages()) % 100, 0u);
    EXPECT_GE(ram.coherent_pages(), 256u);
    EXPECT_TRUE(ram.map(0, ram.pages()));
}

TEST(Ram, AMemoryOfTooFewRunsIsRefusedWithAdvice) {
    try {
        Ram ram(small(1, 1000));
        FAIL() << "3 runs of 1000 pages cannot be scattered";
    } catch (const std::invalid_argument& error) {
        EXPECT_NE(std::string(error.what()).find("lower run_pages"), std::string::npos);
    }
}

TEST(Ram, AllOfTheDefaultMemoryCanBeMapped) {
    Ram ram(Ram::Config{});
    ASSERT_TRUE(ram.map(0, ram.pages()));
    ram.page(ram.pages() - 1)[0] = 1;
    EXPECT_EQ(*ram.at(ram.physical(ram.page(ram.pages() - 1))), 1);
}

TEST(HostMemory, UsingMoreRunsThanTheHostCanMapIsReportedWithAdvice) {
    Violations v;
    Ram::Config config;
    config.bytes = uint64_t{1} << 30;
    HostMemory memory(config, v.events);
    EXPECT_NE(memory.allocate(200u << 20, 4096, "fits"), nullptr);
    EXPECT_EQ(memory.allocate(100u << 20, 4096, "too scattered"), nullptr);
    ASSERT_EQ(v.checks(), (Checks{"memory.host_limit"}));
    EXPECT_NE(v.seen[0].message.find("raise memory.run_pages"), std::string::npos);
}

TEST(HostMemory, ALargeBlockIsOneRunForTheCpuAndManyOnTheBus) {
    Violations v;
    HostMemory memory(small(), v.events);
    void* block = memory.allocate(64 * 1024, 4096, "test");
    ASSERT_NE(block, nullptr);
    std::memset(block, 0x77, 64 * 1024);
    EXPECT_EQ(runs(memory, block, 64 * 1024).size(), 16u);
    memory.free(block);
}

TEST(HostMemory, RunPagesIsTheLengthOfAPhysicalRun) {
    Violations v;
    HostMemory memory(small(1, 4), v.events);
    void* block = memory.allocate(64 * 1024, 4096, "test");
    const auto found = runs(memory, block, 64 * 1024);
    ASSERT_EQ(found.size(), 4u);
    for (const auto& [pa, bytes] : found) EXPECT_EQ(bytes, 16384u);
    memory.free(block);
}

TEST(HostMemory, AContiguousBlockIsOneRunOnTheBusAndNeverAtAddressZero) {
    Violations v;
    HostMemory memory(small(), v.events);
    void* block = memory.allocate_contiguous(100 * 1024, 4096, "ring");
    ASSERT_NE(block, nullptr);
    const auto found = runs(memory, block, 100 * 1024);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_NE(found[0].first, 0u);
    memory.free(block);
    EXPECT_EQ(memory.allocate_contiguous(100 * 1024, 64, "ring"), block) << "its pages are used again";
}

TEST(HostMemory, BlocksAreZeroedAlignedAndApart) {
    Violations v;
    HostMemory memory(small(), v.events);
    for (int round = 0; round < 2; round++) {
        std::vector<std::pair<uint8_t*, size_t>> blocks;
        for (size_t alignment : {1u, 16u, 64u, 256u, 4096u})
            for (size_t size : {1u, 15u, 16u, 17u, 100u, 1500u, 2048u, 4096u, 9018u, 70000u}) {
                auto* block = static_cast<uint8_t*>(memory.allocate(size, alignment, "test"));
                ASSERT_NE(block, nullptr);
                EXPECT_EQ(memory.ram().offset_of(block) % std::max<size_t>(alignment, 16), 0u) << size << " at " << alignment;
                for (size_t i = 0; i < size; i++) ASSERT_EQ(block[i], 0) << "byte " << i << " of " << size;
                std::memset(block, 0xEE, size);
                blocks.emplace_back(block, size);
            }
        for (const auto& [block, size] : blocks) {
            EXPECT_EQ(block[0], 0xEE);
            EXPECT_EQ(block[size - 1], 0xEE);
            EXPECT_TRUE(memory.covers(block, size));
            EXPECT_FALSE(memory.covers(block, size + 1));
            memory.free(block);
        }
    }
    EXPECT_TRUE(v.seen.empty());
}

TEST(HostMemory, AFreedBlockIsOverwrittenAndReusedOldestFirst) {
    Violations v;
    HostMemory memory(small(), v.events);
    std::vector<void*> blocks;
    const size_t in_a_slab = 8 * 4096 / 128;
    for (size_t i = 0; i < in_a_slab; i++) blocks.push_back(memory.allocate(112, 16, "test"));
    const uint64_t pa = memory.ram().physical(blocks[5]);
    memory.free(blocks[5]);
    memory.free(blocks[2]);
    EXPECT_EQ(*memory.ram().at(pa), HostMemory::freed_byte);
    EXPECT_EQ(memory.allocate(112, 16, "test"), blocks[5]);
    EXPECT_EQ(memory.allocate(112, 16, "test"), blocks[2]);
}

TEST(HostMemory, TheSameCallsGiveTheSamePhysicalAddresses) {
    Violations v;
    HostMemory a(small(5), v.events), b(small(5), v.events);
    std::vector<void*> in_a, in_b;
    uint32_t random = 12345;
    for (int i = 0; i < 3000; i++) {
        random = random * 1664525u + 1013904223u;
        if (random >> 31 && !in_a.empty()) {
            const size_t which = (random >> 8) % in_a.size();
            a.free(in_a[which]);
            b.free(in_b[which]);
            in_a.erase(in_a.begin() + static_cast<std::ptrdiff_t>(which));
            in_b.erase(in_b.begin() + static_cast<std::ptrdiff_t>(which));
            continue;
        }
        const size_t size = 1 + (random >> 8) % 5000;
        in_a.push_back(a.allocate(size, 0, "a"));
        in_b.push_back(b.allocate(size, 0, "b"));
        ASSERT_EQ(a.ram().physical(in_a.back()), b.ram().physical(in_b.back()));
    }
}

TEST(HostMemory, ImpossibleRequestsGiveNull) {
    Violations v;
    HostMemory memory(small(), v.events);
    EXPECT_EQ(memory.allocate(16u << 20, 16, "too big"), nullptr);
    EXPECT_EQ(memory.allocate(SIZE_MAX, 16, "too big"), nullptr);
    EXPECT_EQ(memory.allocate(16, 24, "no power of two"), nullptr);
    EXPECT_EQ(memory.allocate(16, 8192, "more than a page"), nullptr);
    EXPECT_EQ(memory.allocate_contiguous(2u << 20, 16, "too big"), nullptr);
    std::vector<void*> all;
    while (void* block = memory.allocate(1u << 20, 16, "fill")) all.push_back(block);
    EXPECT_EQ(all.size(), 14u) << "15 MiB, each block with its red zone in a page of its own";
    for (void* block : all) memory.free(block);
    EXPECT_NE(memory.allocate(14u << 20, 16, "whole again"), nullptr) << "freed extents grow together";
    EXPECT_TRUE(v.seen.empty());
}

TEST(HostMemory, ABadFreeIsReported) {
    Violations v;
    HostMemory memory(small(), v.events);
    auto* block = static_cast<uint8_t*>(memory.allocate(100, 16, "victim"));
    int elsewhere = 0;
    memory.free(block + 16);
    memory.free(&elsewhere);
    memory.free(nullptr);
    memory.free(block);
    memory.free(block);
    EXPECT_EQ(v.checks(), (Checks{"memory.bad_free", "memory.bad_free", "memory.bad_free"}));
    EXPECT_NE(v.seen[0].message.find("victim"), std::string::npos);
}

TEST(HostMemory, LeaksAreReportedBySite) {
    Violations v;
    HostMemory memory(small(), v.events);
    void* freed = memory.allocate(10, 16, "freed");
    memory.allocate(100, 16, "pool");
    memory.allocate(28, 16, "pool");
    memory.allocate(50000, 16, "buffers");
    memory.free(freed);
    memory.report_leaks();
    ASSERT_EQ(v.checks(), (Checks{"memory.leak", "memory.leak"}));
    EXPECT_EQ(v.seen[0].message, "buffers holds 1 blocks, 50000 bytes, that were never freed");
    EXPECT_EQ(v.seen[1].message, "pool holds 2 blocks, 128 bytes, that were never freed");
}

TEST(HostMemory, FreedMemoryAndRedZonesArePoisonedUnderAddressSanitizer) {
    if (!poisoning_available) GTEST_SKIP() << "built without AddressSanitizer";
    Violations v;
    HostMemory memory(small(), v.events);
    for (size_t size : {100u, 4096u, 60000u}) {
        auto* block = static_cast<uint8_t*>(memory.allocate(size, 16, "test"));
        EXPECT_FALSE(poisoned(block));
        EXPECT_FALSE(poisoned(block + size - 1));
        EXPECT_TRUE(poisoned(block + size));
        EXPECT_TRUE(poisoned(block + size + HostMemory::red_zone_bytes - 1));
        memory.free(block);
        EXPECT_TRUE(poisoned(block));
        EXPECT_TRUE(poisoned(block + size - 1));
    }
}

}  // namespace
}  // namespace hw
