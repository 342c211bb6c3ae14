// SPDX-License-Identifier: Apache-2.0
// Packed ring, driver side. P-numbers are those of the conformance list in the project's VIRTIO notes.
#include <gtest/gtest.h>

#include <cerrno>
#include <deque>
#include <map>
#include <random>
#include <string>

#include "ring_fixture.h"

namespace {

TEST(VqPacked, FirstLapHasAvailSetAndUsedClear) {
    Ring ring(4);
    ASSERT_EQ(ring.add(1, 0), 0);
    auto desc = ring.device->raw(0);
    EXPECT_EQ(desc.flags, 0x0080);
    EXPECT_EQ(desc.addr, 0x1000u);
    EXPECT_EQ(desc.len, 100u);
}

TEST(VqPacked, WrapBitFlipsAtRingEnd) {
    Ring ring(2);
    for (uintptr_t lap = 0; lap < 4; lap++) {
        uint16_t expected = lap % 2 == 0 ? 0x0080 : 0x8000;
        for (unsigned slot = 0; slot < 2; slot++) {
            ASSERT_EQ(ring.add(1, slot), 0);
            EXPECT_EQ(ring.device->raw(slot).flags, expected);
            ring.device->use(ring.device->take());
            ASSERT_EQ(ring.reap(), static_cast<int>(slot));
        }
    }
}

TEST(VqPacked, ChainWrapsOverRingEnd) {  // P8, and the example of [V] 2.8.6: size 4, next slot 3, two elements
    Ring ring(4);
    for (uintptr_t i = 0; i < 3; i++) {
        ASSERT_EQ(ring.add(1, i), 0);
        ring.device->use(ring.device->take());
        ASSERT_EQ(ring.reap(), static_cast<int>(i));
    }
    ASSERT_EQ(ring.add(2, 3), 0);
    EXPECT_EQ(ring.device->raw(3).flags, 0x0081);
    EXPECT_EQ(ring.device->raw(0).flags, 0x8000);
    bool good = false;
    RingBuffer buffer = ring.device->take(&good);
    EXPECT_TRUE(good);
    ring.device->use(buffer);
    EXPECT_EQ(ring.device->raw(3).flags, 0x8080);
    EXPECT_EQ(ring.reap(), 3);
    ASSERT_EQ(ring.add(1, 4), 0);
    EXPECT_EQ(ring.device->raw(1).flags, 0x8000);
    EXPECT_EQ(vq_validate(ring.vq), 0);
}

TEST(VqPacked, ChainAsLongAsTheRingTogglesBothWrapCounters) {  // P9
    Ring ring(3);
    for (uintptr_t lap = 0; lap < 5; lap++) {
        ASSERT_EQ(ring.add(3, lap), 0);
        EXPECT_EQ(vq_free_slots(ring.vq), 0u);
        EXPECT_EQ(ring.device->raw(0).flags & 0x8080, lap % 2 == 0 ? 0x0080 : 0x8000);
        EXPECT_EQ(vq_validate(ring.vq), 0);
        ASSERT_TRUE(ring.device->available());
        ring.device->use(ring.device->take());
        EXPECT_EQ(ring.reap(), static_cast<int>(lap));
        EXPECT_EQ(ring.reap(), -1);
        EXPECT_EQ(vq_validate(ring.vq), 0);
    }
}

TEST(VqPacked, HeadFlagsAreWrittenLast) {
    Ring ring(4);
    static platform_ops ops;
    static std::vector<uint16_t> seen;
    static RingDevice* device;
    seen.clear();
    device = ring.device.get();
    platform* seam = fake_platform_seam(ring.fake);
    const platform_ops* original = seam->ops;
    ops = *original;
    ops.write_barrier = [](void*) {
        for (unsigned slot = 0; slot < 3; slot++) seen.push_back(device->raw(slot).flags);
        seen.push_back(static_cast<uint16_t>(device->raw(2).len));
    };
    seam->ops = &ops;
    ASSERT_EQ(ring.add(3, 0), 0);
    seam->ops = original;
    ASSERT_EQ(seen.size(), 4u) << "one barrier a chain";
    EXPECT_EQ(seen[0], 0) << "the head must not be available before the barrier";
    EXPECT_EQ(seen[1], 0x0081);
    EXPECT_EQ(seen[2], 0x0080);
    EXPECT_EQ(seen[3], 100) << "the tail is written before the barrier";
    EXPECT_EQ(ring.device->raw(0).flags, 0x0081);
}

class VqPackedSize : public testing::TestWithParam<int> {};

TEST_P(VqPackedSize, EveryChainComesBackInOrder) {  // P10, P11: any size, also 1 and not a power of two
    const unsigned size = static_cast<unsigned>(GetParam());
    Ring ring(static_cast<uint16_t>(size));
    std::mt19937 random(size);
    uintptr_t posted = 0, reaped = 0;
    while (reaped < 3 * size + 100) {
        unsigned elements = 1 + static_cast<unsigned>(random()) % (size < 9 ? size : 9);
        if (ring.add(elements, posted) == 0) {
            posted++;
            continue;
        }
        ring.device->use(ring.device->take());
        ASSERT_EQ(ring.reap(), static_cast<int>(reaped));
        reaped++;
    }
    EXPECT_EQ(vq_validate(ring.vq), 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, VqPackedSize, testing::Values(1, 2, 3, 5, 7, 64, 255, 256, 1000, 32768));

TEST(VqPacked, SurvivesMoreThan65536Laps) {  // P12
    Ring ring(2);
    for (uintptr_t i = 0; i < 2 * 65536 + 5; i++) {
        ASSERT_EQ(ring.add(1, i), 0);
        ASSERT_TRUE(ring.device->available());
        ring.device->use(ring.device->take());
        ASSERT_EQ(ring.reap(), static_cast<int>(i));
    }
}

TEST(VqPacked, OneUsedDescriptorCoversABatch) {  // P21, and the example of [V] 2.8.8: slots 6, 7 and 0, 1 of 8
    Ring ring(8);
    for (uintptr_t i = 0; i < 6; i++) {
        ASSERT_EQ(ring.add(1, i), 0);
        ring.device->use(ring.device->take());
        ASSERT_EQ(ring.reap(), static_cast<int>(i));
    }
    ASSERT_EQ(ring.add(1, 10), 0);
    ASSERT_EQ(ring.add(2, 11), 0);
    ASSERT_EQ(ring.add(1, 12), 0);
    ring.device->take();
    ring.device->take();
    RingBuffer last = ring.device->take();
    EXPECT_EQ(last.id, 1);
    ring.device->use(1, 4);
    EXPECT_EQ(ring.reap(), 10);
    EXPECT_TRUE(vq_pending(ring.vq));
    EXPECT_EQ(ring.reap(), 11);
    EXPECT_EQ(ring.reap(), 12);
    EXPECT_EQ(ring.reap(), -1);
    EXPECT_EQ(vq_free_slots(ring.vq), 8u);
    ASSERT_EQ(ring.add(1, 13), 0);
    EXPECT_EQ(ring.device->raw(2).flags, 0x8000);
    EXPECT_EQ(ring.device->used(), 2u);
}

TEST(VqPacked, BuffersThatABatchSkipsWereFilledCompletely) {
    Ring ring(8);
    ASSERT_EQ(ring.add(2, 1, true, 50), 0);
    ASSERT_EQ(ring.add(1, 2, true, 70), 0);
    ring.device->take();
    RingBuffer last = ring.device->take();
    ring.device->use(last.id, 3, 33, true);
    vq_used used;
    EXPECT_EQ(ring.reap(&used), 1);
    EXPECT_EQ(used.written, 100u);
    EXPECT_EQ(used.slots, 2);
    EXPECT_EQ(ring.reap(&used), 2);
    EXPECT_EQ(used.written, 33u);
}

TEST(VqPacked, IdsComeBackInAnyOrderWithoutInOrder) {  // P15, P23
    Ring ring(16, {false, true, false});
    std::mt19937 random(7);
    std::deque<RingBuffer> held;
    std::map<uint16_t, uintptr_t> numbers;
    uintptr_t posted = 0;
    for (unsigned step = 0; step < 20000; step++) {
        if (ring.add(1 + static_cast<unsigned>(random()) % 4, posted) == 0) {
            held.push_back(ring.device->take());
            ASSERT_EQ(numbers.count(held.back().id), 0u) << "an id that is out was given again";
            numbers[held.back().id] = posted++;
            continue;
        }
        size_t pick = random() % held.size();
        RingBuffer buffer = held[pick];
        held.erase(held.begin() + static_cast<long>(pick));
        ring.device->use(buffer);
        ASSERT_EQ(ring.reap(), static_cast<int>(numbers[buffer.id]));
        numbers.erase(buffer.id);
        ASSERT_EQ(vq_validate(ring.vq), 0);
    }
}

TEST(VqPacked, FullRingRefusesAndRecovers) {
    Ring ring(4);
    ASSERT_EQ(ring.add(3, 0), 0);
    EXPECT_EQ(ring.add(2, 1), -ENOSPC);
    EXPECT_EQ(ring.add(5, 1), -EINVAL);
    EXPECT_EQ(ring.add(0, 1), -EINVAL);
    ASSERT_EQ(ring.add(1, 1), 0);
    ring.device->use(ring.device->take());
    ASSERT_EQ(ring.reap(), 0);
    EXPECT_EQ(ring.add(3, 2), 0);
}

TEST(VqPacked, ReceiveLengthCountsWrittenBytesOnly) {  // P13, P14
    Ring ring(4);
    ASSERT_EQ(ring.add(2, 0, true, 50), 0);
    EXPECT_EQ(ring.device->raw(0).flags, 0x0083);
    ring.device->use(ring.device->take(), 72, true);
    vq_used used;
    EXPECT_EQ(ring.reap(&used), 0);
    EXPECT_EQ(used.written, 72u);
    ASSERT_EQ(ring.add(1, 1), 0);
    ring.device->use(ring.device->take(), 999, false);  // len without WRITE means nothing
    EXPECT_EQ(ring.reap(&used), 1);
    EXPECT_EQ(used.written, 0u);
}

TEST(VqPacked, EnablingInterruptsSeesWhatWasUsedMeanwhile) {  // P20 from the driver's side
    Ring ring(4);
    vq_disable_interrupts(ring.vq);
    EXPECT_EQ(ring.device->driver_flags(), 1);
    ASSERT_EQ(ring.add(1, 0), 0);
    EXPECT_FALSE(vq_enable_interrupts(ring.vq));
    EXPECT_EQ(ring.device->driver_flags(), 0);
    vq_disable_interrupts(ring.vq);
    ring.device->use(ring.device->take());
    EXPECT_TRUE(vq_enable_interrupts(ring.vq));
    EXPECT_EQ(ring.reap(), 0);
}

TEST(VqPacked, DeviceSuppressesDoorbells) {  // P18
    Ring ring(4);
    uint32_t word = 0;
    ASSERT_EQ(ring.add(1, 0), 0);
    ring.device->set_device_flags(1);
    EXPECT_FALSE(vq_kick_prepare(ring.vq, &word));
    ring.device->set_device_flags(0);
    EXPECT_TRUE(vq_kick_prepare(ring.vq, &word));
    ring.device->set_device_flags(2);  // DESC without EVENT_IDX: as ENABLE
    EXPECT_TRUE(vq_kick_prepare(ring.vq, &word));
}

TEST(VqPacked, DoorbellCarriesTheRingPosition) {  // the example of [V] 4.1.5.2: queue 1, next slot 5, wrap 1
    Ring ring(6);
    uint32_t word = 0;
    for (uintptr_t i = 0; i < 5; i++) ASSERT_EQ(ring.add(1, i), 0);
    vq_kick_prepare(ring.vq, &word);
    EXPECT_EQ(word, 0x80050001u);
    ASSERT_EQ(ring.add(1, 5), 0);
    vq_kick_prepare(ring.vq, &word);
    EXPECT_EQ(word, 0x00000001u);
}

TEST(VqPacked, DoorbellIsTheQueueNumberWithoutNotificationData) {
    Ring ring(6, {true, false, false});
    uint32_t word = 0;
    ASSERT_EQ(ring.add(1, 0), 0);
    vq_kick_prepare(ring.vq, &word);
    EXPECT_EQ(word, 1u);
}

TEST(VqPacked, DetachGivesBackWhatIsOut) {
    for (bool in_order : {true, false}) {
        Ring ring(8, {in_order, true, false});
        for (uintptr_t i = 0; i < 3; i++) ASSERT_EQ(ring.add(2, i), 0);
        ring.device->use(ring.device->take());
        ASSERT_EQ(ring.reap(), 0);
        unsigned seen = 0;
        vq_used used;
        while (vq_detach(ring.vq, &used)) seen |= 1u << reinterpret_cast<uintptr_t>(used.cookie);
        EXPECT_EQ(seen, 6u);
        EXPECT_EQ(vq_outstanding(ring.vq), 0u);
    }
}

TEST(VqPacked, TracesPostsReapsAndTheirPackets) {
    Ring ring(8, {true, true, true});
    ASSERT_EQ(ring.add(3, 77), 0);
    ring.device->use(ring.device->take());
    ASSERT_EQ(ring.reap(), 77);
    ASSERT_EQ(fake_platform_trace_count(ring.fake), 2u);
    const platform_trace* post = fake_platform_trace(ring.fake, 0);
    EXPECT_EQ(post->kind, PLATFORM_TRACE_RING_POST);
    EXPECT_EQ(post->queue, 1);
    EXPECT_EQ(post->index, 0u);
    EXPECT_EQ(post->packet, 77u);
    EXPECT_EQ(post->value, 3u);
    EXPECT_EQ(fake_platform_trace(ring.fake, 1)->kind, PLATFORM_TRACE_RING_REAP);
}

TEST(VqPacked, SizesThatNoRingHasAreRefused) {
    fake_platform_config config;
    fake_platform_config_default(&config);
    fake_platform* fake = fake_platform_create(&config);
    vq_packed* vq = nullptr;
    vq_config ring{};
    ring.name = "test";
    EXPECT_EQ(vq_create(&vq, fake_platform_seam(fake), &ring), -EINVAL);
    ring.size = 32769;
    EXPECT_EQ(vq_create(&vq, fake_platform_seam(fake), &ring), -EINVAL);
    EXPECT_EQ(fake_platform_destroy(fake), 0u);
}

TEST(VqPacked, CreationWithoutMemoryLeavesNothingBehind) {
    for (unsigned nth = 1; nth <= 3; nth++) {
        fake_platform_config config;
        fake_platform_config_default(&config);
        config.fail_allocation = nth;
        fake_platform* fake = fake_platform_create(&config);
        vq_packed* vq = nullptr;
        vq_config ring{};
        ring.size = 8;
        ring.name = "test";
        EXPECT_EQ(vq_create(&vq, fake_platform_seam(fake), &ring), -ENOMEM);
        EXPECT_EQ(fake_platform_destroy(fake), 0u);
    }
}

}  // namespace
