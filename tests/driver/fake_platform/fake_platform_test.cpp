// SPDX-License-Identifier: Apache-2.0
// The fake platform itself: what the driver's tests rely on.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "fake_platform.h"

namespace {

class FakePlatform : public testing::Test {
protected:
    FakePlatform() {
        fake_platform_config config;
        fake_platform_config_default(&config);
        fake = fake_platform_create(&config);
        seam = fake_platform_seam(fake);
    }
    ~FakePlatform() override { fake_platform_destroy(fake); }
    const platform_ops* ops() { return seam->ops; }

    fake_platform* fake;
    platform* seam;
};

TEST_F(FakePlatform, ScattersABufferOverBusPages) {
    auto* memory = static_cast<uint8_t*>(ops()->memory_allocate(seam->ctx, 3 * 4096, 4096, "test"));
    platform_dma_segment segments[4];
    int count = ops()->dma_map(seam->ctx, memory + 100, 3 * 4096 - 200, PLATFORM_DMA_TO_DEVICE, "test", segments, 4);
    ASSERT_EQ(count, 3);
    EXPECT_EQ(segments[0].length, 4096u - 100);
    EXPECT_NE(segments[1].iova, segments[0].iova + segments[0].length);
    memory[100] = 7;
    memory[4096] = 9;
    uint8_t byte = 0;
    EXPECT_TRUE(fake_platform_dma_read(fake, segments[0].iova, &byte, 1));
    EXPECT_EQ(byte, 7);
    EXPECT_TRUE(fake_platform_dma_read(fake, segments[1].iova, &byte, 1));
    EXPECT_EQ(byte, 9);
    ops()->dma_unmap(seam->ctx, segments, 3);
    EXPECT_EQ(fake_platform_violation_count(fake), 0u);
    EXPECT_FALSE(fake_platform_dma_read(fake, segments[0].iova, &byte, 1));
    EXPECT_NE(fake_platform_find_violation(fake, "dma.unmapped"), nullptr);
    ops()->memory_free(seam->ctx, memory);
}

TEST_F(FakePlatform, RefusesAWrongDirection) {
    auto* memory = static_cast<uint8_t*>(ops()->memory_allocate(seam->ctx, 64, 64, "test"));
    platform_dma_segment segment;
    ASSERT_EQ(ops()->dma_map(seam->ctx, memory, 64, PLATFORM_DMA_TO_DEVICE, "test", &segment, 1), 1);
    EXPECT_FALSE(fake_platform_dma_write(fake, segment.iova, "x", 1));
    ops()->dma_unmap(seam->ctx, &segment, 1);
    ops()->memory_free(seam->ctx, memory);
}

TEST_F(FakePlatform, ReportsMemoryFreedWhileMapped) {
    auto* memory = static_cast<uint8_t*>(ops()->memory_allocate(seam->ctx, 64, 64, "test"));
    platform_dma_segment segment;
    ASSERT_EQ(ops()->dma_map(seam->ctx, memory, 64, PLATFORM_DMA_TO_DEVICE, "test", &segment, 1), 1);
    ops()->memory_free(seam->ctx, memory);
    EXPECT_NE(fake_platform_find_violation(fake, "dma.freed_while_mapped"), nullptr);
    ops()->dma_unmap(seam->ctx, &segment, 1);
    EXPECT_EQ(fake_platform_live_allocations(fake), 0u);
}

TEST_F(FakePlatform, RefusesToMapWhatItDidNotAllocate) {
    uint8_t local[64] = {};
    platform_dma_segment segment;
    EXPECT_EQ(ops()->dma_map(seam->ctx, local, sizeof(local), PLATFORM_DMA_BOTH, "test", &segment, 1), -EFAULT);
}

struct Talk {
    platform* seam;
    platform_event* event;
    std::string said;
};

TEST_F(FakePlatform, ThreadsTakeTurnsAtEvents) {
    Talk talk{seam, ops()->event_create(seam->ctx), ""};
    auto* thread = ops()->thread_create(seam->ctx, "other", [](void* arg) {
        auto* talk = static_cast<Talk*>(arg);
        talk->said += "b";
        talk->seam->ops->event_set(talk->seam->ctx, talk->event);
        talk->said += "c";
    }, &talk);
    talk.said += "a";
    EXPECT_TRUE(ops()->event_wait(seam->ctx, talk.event, 0));
    talk.said += "d";
    ops()->thread_join(seam->ctx, thread);
    EXPECT_EQ(talk.said, "abcd");
    ops()->event_destroy(seam->ctx, talk.event);
}

TEST_F(FakePlatform, WaitTimesOutInSimulatedTime) {
    platform_event* event = ops()->event_create(seam->ctx);
    uint64_t before = ops()->now_ps(seam->ctx);
    EXPECT_FALSE(ops()->event_wait(seam->ctx, event, 1000));
    EXPECT_EQ(ops()->now_ps(seam->ctx) - before, 1000u * 1000);
    ops()->event_destroy(seam->ctx, event);
}

TEST_F(FakePlatform, TimersRunInTheInterruptContextUnlessCancelled) {
    static platform* machine;
    static int runs;
    machine = seam;
    runs = 0;
    auto callback = [](void*) { runs += machine->ops->in_interrupt(machine->ctx) ? 1 : 100; };
    ops()->timer_start(seam->ctx, 100, callback, nullptr);
    uint64_t cancelled = ops()->timer_start(seam->ctx, 200, callback, nullptr);
    EXPECT_TRUE(ops()->timer_cancel(seam->ctx, cancelled));
    fake_platform_run_for(fake, 1000);
    EXPECT_EQ(runs, 1);
    EXPECT_FALSE(ops()->timer_cancel(seam->ctx, cancelled));
}

TEST_F(FakePlatform, SoftirqRequestsAreMergedAndRunAfterTheIsr) {
    static std::string order;
    static platform* machine;
    order.clear();
    machine = seam;
    ops()->softirq_register(seam->ctx, [](void*) { order += "s"; }, nullptr);
    ASSERT_EQ(ops()->interrupt_connect(seam->ctx, 1, [](void*) {
        machine->ops->softirq_raise(machine->ctx);
        machine->ops->softirq_raise(machine->ctx);
        order += "i";
    }, nullptr), 0);
    fake_platform_interrupt(fake, 1);
    fake_platform_run_for(fake, 10);
    EXPECT_EQ(order, "is");
    EXPECT_EQ(fake_platform_interrupts(fake, 1), 1u);
    ops()->interrupt_disconnect(seam->ctx, 1);
}

}  // namespace
