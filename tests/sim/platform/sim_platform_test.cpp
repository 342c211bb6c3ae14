// SPDX-License-Identifier: Apache-2.0
#include "sim_platform.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "machine.h"

namespace sim {
namespace {

using Checks = std::vector<std::string>;

TEST(SimPlatform, TheDeviceReadsWhatTheDriverWroteThroughScatteredPages) {
    Machine m;
    std::vector<uint8_t> seen;
    m.run_started([&] {
        auto* buffer = static_cast<uint8_t*>(m.ops->memory_allocate(m.ctx, 9000, 64, "frame"));
        for (int i = 0; i < 9000; i++) buffer[i] = static_cast<uint8_t>(i * 7);
        struct platform_dma_segment segments[8];
        const int count = m.ops->dma_map(m.ctx, buffer, 9000, PLATFORM_DMA_TO_DEVICE, "nb", segments, 8);
        ASSERT_GE(count, 3);
        m.ops->write_barrier(m.ctx);
        struct platform_event* done = m.ops->event_create(m.ctx);
        for (int s = 0; s < count; s++)
            for (uint32_t offset = 0; offset < segments[s].length;) {  // within 4 KiB and MRRS
                const uint64_t iova = segments[s].iova + offset;
                const auto bytes = static_cast<uint32_t>(std::min<uint64_t>({segments[s].length - offset, 512, 4096 - iova % 4096}));
                m.ops->event_reset(m.ctx, done);
                m.device.dma_read(iova, bytes, [&](const std::vector<uint8_t>& data) {
                    seen.insert(seen.end(), data.begin(), data.end());
                    m.ops->event_set(m.ctx, done);
                });
                ASSERT_TRUE(m.ops->event_wait(m.ctx, done, 100000));
                offset += bytes;
            }
        m.ops->event_destroy(m.ctx, done);
        EXPECT_EQ(seen, std::vector<uint8_t>(buffer, buffer + 9000));
        m.ops->dma_unmap(m.ctx, segments, static_cast<unsigned>(count));
        m.ops->memory_free(m.ctx, buffer);
    });
    m.seam.report_leaks();
    EXPECT_TRUE(m.violations.empty()) << m.first_message();
}

TEST(SimPlatform, TheDriverReadsWhatTheDeviceWroteWhenTheInterruptComes) {
    Machine m;
    m.run_started([&] {
        auto* buffer = static_cast<uint8_t*>(m.ops->memory_allocate(m.ctx, 256, 64, "buffer"));
        struct platform_dma_segment segment;
        ASSERT_EQ(m.ops->dma_map(m.ctx, buffer, 256, PLATFORM_DMA_FROM_DEVICE, "rx", &segment, 1), 1);
        struct State {
            Machine& m;
            struct platform_event* event;
            bool in_interrupt = false;
        } state{m, m.ops->event_create(m.ctx)};
        const auto isr = [](void* arg) {
            auto& s = *static_cast<State*>(arg);
            s.in_interrupt = s.m.ops->in_interrupt(s.m.ctx);
            s.m.ops->event_set(s.m.ctx, s.event);
        };
        ASSERT_EQ(m.ops->interrupt_connect(m.ctx, 2, isr, &state), 0);
        m.device.dma_write(segment.iova + 5, {1, 2, 3, 4, 5, 6, 7});
        EXPECT_TRUE(m.device.raise(2));
        ASSERT_TRUE(m.ops->event_wait(m.ctx, state.event, 0));
        const uint8_t expected[9] = {0, 1, 2, 3, 4, 5, 6, 7, 0};
        EXPECT_EQ(std::memcmp(buffer + 4, expected, 9), 0);
        EXPECT_TRUE(state.in_interrupt);
        m.ops->interrupt_disconnect(m.ctx, 2);
        m.ops->event_destroy(m.ctx, state.event);
        m.ops->dma_unmap(m.ctx, &segment, 1);
        m.ops->memory_free(m.ctx, buffer);
    });
    EXPECT_TRUE(m.violations.empty()) << m.first_message();
}

TEST(SimPlatform, ADeviceThatReadsFreedMemoryIsCaughtWithItsTlp) {
    Machine m;
    bool refused = false;
    m.run_started([&] {
        void* buffer = m.ops->memory_allocate(m.ctx, 256, 64, "frame");
        struct platform_dma_segment segment;
        m.ops->dma_map(m.ctx, buffer, 256, PLATFORM_DMA_TO_DEVICE, "nb 9", &segment, 1);
        m.device.dma_read(segment.iova, 256, [&](const std::vector<uint8_t>& data) { refused = data.empty(); });
        m.ops->dma_unmap(m.ctx, &segment, 1);  // too early: the read is on its way
        m.ops->memory_free(m.ctx, buffer);
        m.ops->sleep_ns(m.ctx, 5000);
    });
    EXPECT_TRUE(refused);
    EXPECT_EQ(m.checks(), (Checks{"iommu.unmapped"}));
    EXPECT_NE(m.first_message().find("by 01:00.0, TLP"), std::string::npos) << m.first_message();
    EXPECT_NE(m.first_message().find("it belonged to nb 9"), std::string::npos) << m.first_message();
}

TEST(SimPlatform, FreeingWhatIsMappedIsReported) {
    Machine m;
    void* buffer = m.ops->memory_allocate(m.ctx, 256, 64, "frame");
    struct platform_dma_segment segment;
    m.ops->dma_map(m.ctx, buffer, 256, PLATFORM_DMA_TO_DEVICE, "nb 9", &segment, 1);
    m.ops->memory_free(m.ctx, buffer);
    EXPECT_EQ(m.checks(), (Checks{"memory.freed_while_mapped"}));
}

TEST(SimPlatform, CoherentMemoryIsOneSegmentBothWaysUntilItIsFreed) {
    Machine m;
    std::vector<uint8_t> seen;
    m.run_started([&] {
        uint64_t iova = 0;
        auto* ring = static_cast<uint8_t*>(m.ops->dma_allocate_coherent(m.ctx, 16384, 4096, UINT64_MAX, "ring", &iova));
        ASSERT_NE(ring, nullptr);
        EXPECT_EQ(iova % 4096, 0u);
        m.device.dma_write(iova + 16380, {9, 8, 7, 6});
        m.ops->sleep_ns(m.ctx, 2000);
        EXPECT_EQ(ring[16380], 9);
        ring[0] = 42;
        m.device.dma_read(iova, 4, [&](const std::vector<uint8_t>& data) { seen = data; });
        m.ops->sleep_ns(m.ctx, 2000);
        m.ops->dma_free_coherent(m.ctx, ring);
    });
    EXPECT_EQ(seen, (std::vector<uint8_t>{42, 0, 0, 0}));
    m.seam.report_leaks();
    EXPECT_TRUE(m.violations.empty()) << m.first_message();
}

TEST(SimPlatform, CoherentMemoryIsAsLowAsItsDeviceReaches) {
    Machine m;
    m.run_started([&] {
        for (const uint64_t highest : {uint64_t{UINT32_MAX}, (uint64_t{1} << 36) - 1, (uint64_t{1} << 37) - 1, (uint64_t{1} << 40) - 1}) {
            uint64_t iova = 0, again = 0;
            auto* ring = static_cast<uint8_t*>(m.ops->dma_allocate_coherent(m.ctx, 16384, 4096, highest, "ring", &iova));
            ASSERT_NE(ring, nullptr) << highest;
            EXPECT_LE(iova + 16383, highest);
            m.device.dma_write(iova + 16380, {9, 8, 7, 6});
            m.ops->sleep_ns(m.ctx, 2000);
            EXPECT_EQ(ring[16383], 6) << highest;
            void* other = m.ops->dma_allocate_coherent(m.ctx, 16384, 4096, highest, "other", &again);
            EXPECT_NE(again, iova);
            m.ops->dma_free_coherent(m.ctx, other);
            m.ops->dma_free_coherent(m.ctx, ring);
        }
        uint64_t iova = 0;
        EXPECT_EQ(m.ops->dma_allocate_coherent(m.ctx, 16384, 4096, 0xFFF, "nowhere", &iova), nullptr);
    });
    m.seam.report_leaks();
    EXPECT_TRUE(m.violations.empty()) << m.first_message();
}

TEST(SimPlatform, MappingErrorsAreThoseOfTheSeam) {
    Machine m;
    void* buffer = m.ops->memory_allocate(m.ctx, 9000, 64, "frame");
    struct platform_dma_segment segments[8];
    int elsewhere = 0;
    EXPECT_EQ(m.ops->dma_map(m.ctx, buffer, 9000, PLATFORM_DMA_BOTH, "x", segments, 1), -ENOSPC);
    EXPECT_EQ(m.ops->dma_map(m.ctx, &elsewhere, 4, PLATFORM_DMA_BOTH, "x", segments, 8), -EFAULT);
    EXPECT_EQ(m.ops->dma_map(m.ctx, buffer, SIZE_MAX, PLATFORM_DMA_BOTH, "x", segments, 8), -EFAULT);
    uint64_t iova = 0;
    EXPECT_EQ(m.ops->dma_allocate_coherent(m.ctx, 64u << 20, 64, UINT64_MAX, "too big", &iova), nullptr);
    EXPECT_TRUE(m.violations.empty());
}

TEST(SimPlatform, WhatTheDriverForgetsIsReportedWithItsNames) {
    Machine m;
    void* buffer = m.ops->memory_allocate(m.ctx, 256, 64, "NdisAllocateMdl");
    struct platform_dma_segment segment;
    m.ops->dma_map(m.ctx, buffer, 256, PLATFORM_DMA_TO_DEVICE, "nb 9", &segment, 1);
    m.seam.report_leaks();
    EXPECT_EQ(m.checks(), (Checks{"iommu.leak", "memory.leak"}));
    EXPECT_NE(m.violations[1].message.find("NdisAllocateMdl"), std::string::npos);
}

TEST(SimPlatform, RegistersOfEverySizeAreReachedAndKeepTheirOrder) {
    Machine m;
    std::vector<uint64_t> order;
    m.device.on_write = [&](uint64_t offset) { order.push_back(offset); };
    m.run_started([&] {
        order.clear();
        m.ops->mmio_write(m.ctx, 0, 0x100, 4, 0x11223344);
        m.ops->mmio_write(m.ctx, 0, 0x104, 2, 0x5566);
        m.ops->mmio_write(m.ctx, 0, 0x107, 1, 0x77);
        EXPECT_TRUE(order.empty()) << "posted";
        EXPECT_EQ(m.ops->mmio_read(m.ctx, 0, 0x104, 4), 0x77005566u);
        EXPECT_EQ(m.ops->mmio_read(m.ctx, 0, 0x101, 1), 0x33u);
        EXPECT_EQ(m.ops->mmio_read(m.ctx, 0, 0x102, 2), 0x1122u);
        EXPECT_EQ(m.ops->config_read(m.ctx, PCI_CFG_DEVICE_ID, 2), uint32_t{PCI_ID_DEVICE});
    });
    EXPECT_EQ(order, (std::vector<uint64_t>{0x100, 0x104, 0x104}));
    EXPECT_TRUE(m.violations.empty()) << m.first_message();
}

TEST(SimPlatform, ARegisterOutsideTheBarIsReportedAndReadsAllOnes) {
    Machine m;
    m.run_started([&] {
        EXPECT_EQ(m.ops->mmio_read(m.ctx, 0, BAR0_SIZE, 4), UINT32_MAX);
        EXPECT_EQ(m.ops->mmio_read(m.ctx, 0, 2, 4), UINT32_MAX);
        EXPECT_EQ(m.ops->mmio_read(m.ctx, 0, 0, 8), UINT32_MAX);
        m.ops->mmio_write(m.ctx, 1, 0, 4, 0);
    });
    EXPECT_EQ(m.checks(), Checks(4, "platform.mmio"));
}

TEST(SimPlatform, ASoftirqThatIsRaisedWhenItsKernelLeavesIsNobodys) {
    Machine m;
    unsigned calls = 0;
    m.ops->softirq_register(m.ctx, [](void* arg) { ++*static_cast<unsigned*>(arg); }, &calls);
    m.run([&] {
        m.ops->softirq_raise(m.ctx);
        m.ops->softirq_register(m.ctx, nullptr, nullptr);
        m.ops->sleep_ns(m.ctx, 100);
    });
    EXPECT_EQ(calls, 0u);
}

TEST(SimPlatform, ThreadsEventsTimersAndSoftirqsFollowTheSeam) {
    Machine m;
    struct State {
        Machine& m;
        std::string log;
        struct platform_event* event = nullptr;
        void note(const char* what) { log += std::string(what) + "@" + std::to_string(m.ops->now_ps(m.ctx) / 1000) + " "; }
    } s{m, {}};
    m.ops->softirq_register(m.ctx, [](void* arg) { static_cast<State*>(arg)->note("softirq"); }, &s);
    m.run([&] {
        s.event = m.ops->event_create(m.ctx);
        struct platform_thread* thread = m.ops->thread_create(m.ctx, "worker", [](void* arg) {
            auto& state = *static_cast<State*>(arg);
            state.note(state.m.ops->event_wait(state.m.ctx, state.event, 50) ? "set" : "timeout");
            state.note(state.m.ops->event_wait(state.m.ctx, state.event, 0) ? "set" : "timeout");
        }, &s);
        m.ops->timer_start(m.ctx, 70, [](void* arg) {
            auto& state = *static_cast<State*>(arg);
            state.note("timer");
            state.m.ops->event_set(state.m.ctx, state.event);
            state.m.ops->softirq_raise(state.m.ctx);
        }, &s);
        const uint64_t never = m.ops->timer_start(m.ctx, 60, [](void* arg) { static_cast<State*>(arg)->note("never"); }, &s);
        m.ops->sleep_ns(m.ctx, 10);
        EXPECT_TRUE(m.ops->timer_cancel(m.ctx, never));
        EXPECT_FALSE(m.ops->timer_cancel(m.ctx, never));
        m.ops->thread_join(m.ctx, thread);
        s.note("joined");
        m.ops->event_destroy(m.ctx, s.event);
    });
    EXPECT_EQ(s.log, "timeout@50 timer@70 softirq@70 set@70 joined@70 ");
    EXPECT_TRUE(m.violations.empty()) << m.first_message();
}

TEST(SimPlatform, ReportsReachTheEventStreamUnchanged) {
    Machine m;
    EXPECT_FALSE(m.ops->trace_enabled(m.ctx, PLATFORM_TRACE_RING_POST));
    std::vector<hw::Event> seen;
    m.events.add_sink([&](const hw::Event& event) { seen.push_back(event); });
    EXPECT_TRUE(m.ops->trace_enabled(m.ctx, PLATFORM_TRACE_RING_POST));
    const struct platform_trace report = {PLATFORM_TRACE_RING_POST, 3, 17, 99, 2, "text"};
    m.ops->trace(m.ctx, &report);
    m.ops->violation(m.ctx, "nbl.lost", "[N] 3", 12, "message");
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_EQ(seen[0].kind, hw::EventKind::ring_post);
    EXPECT_EQ(seen[0].queue, 3u);
    EXPECT_EQ(seen[0].index, 17u);
    EXPECT_EQ(seen[0].packet, 99u);
    EXPECT_EQ(seen[0].value, 2u);
    EXPECT_STREQ(seen[0].text, "text");
    ASSERT_EQ(m.checks(), (Checks{"nbl.lost"}));
    EXPECT_EQ(m.violations[0].clause, "[N] 3");
    EXPECT_EQ(m.violations[0].packet, 12);
}

TEST(SimPlatform, ChargesAreTheCpusTable) {
    hw::CpuConfig costs;
    costs.work_ns = {10, 20, 30, 40};
    Machine m({}, costs);
    std::vector<uint64_t> times;
    m.run([&] {
        for (auto work : {PLATFORM_WORK_SEND_NB, PLATFORM_WORK_COMPLETE_NB, PLATFORM_WORK_RECEIVE_NB, PLATFORM_WORK_RETURN_NB}) {
            m.ops->charge(m.ctx, work, 3);
            times.push_back(m.ops->now_ps(m.ctx) / 1000);
        }
    });
    EXPECT_EQ(times, (std::vector<uint64_t>{30, 90, 180, 300}));
}

}  // namespace
}  // namespace sim
