// SPDX-License-Identifier: Apache-2.0
// What no device may write into a ring: each breaks the ring for good, and says why.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "ring_fixture.h"
#include "vq_fault.h"

namespace {

TEST(VqPackedForged, IdThatWasNeverPostedBreaksTheRing) {
    Ring ring(8);
    ASSERT_EQ(ring.add(1, 0), 0);
    ASSERT_EQ(ring.add(1, 1), 0);
    ring.device->use(5, 1);
    EXPECT_EQ(ring.reap(), -2);
    EXPECT_NE(std::string(vq_error(ring.vq)).find("id 5"), std::string::npos) << vq_error(ring.vq);
    EXPECT_EQ(ring.add(1, 2), -EIO);
    EXPECT_FALSE(vq_pending(ring.vq));
}

TEST(VqPackedForged, IdBeyondTheRingBreaksTheRing) {
    Ring ring(8);
    ASSERT_EQ(ring.add(1, 0), 0);
    ring.device->use(0xFFFF, 1);
    EXPECT_EQ(ring.reap(), -2);
}

TEST(VqPackedForged, UsedDescriptorWithNothingPostedBreaksTheRing) {
    Ring ring(8);
    ring.device->use(0, 1);
    EXPECT_EQ(ring.reap(), -2);
    EXPECT_NE(std::string(vq_error(ring.vq)).find("nothing is posted"), std::string::npos);
}

TEST(VqPackedForged, LengthBeyondTheBufferBreaksTheRing) {
    Ring ring(8);
    ASSERT_EQ(ring.add(2, 0, true, 50), 0);
    ring.device->use(ring.device->take(), 101, true);
    EXPECT_EQ(ring.reap(), -2);
}

TEST(VqPackedForged, WritingIntoAReadableBufferBreaksTheRing) {
    Ring ring(8);
    ASSERT_EQ(ring.add(1, 0), 0);
    ring.device->use(ring.device->take(), 1, true);
    EXPECT_EQ(ring.reap(), -2);
}

TEST(VqPackedForged, UsingABufferTwiceBreaksTheRing) {
    Ring ring(8, {false, true, false});
    ASSERT_EQ(ring.add(1, 0), 0);
    ASSERT_EQ(ring.add(1, 1), 0);
    RingBuffer buffer = ring.device->take();
    ring.device->use(buffer);
    EXPECT_EQ(ring.reap(), 0);
    ring.device->use(buffer);
    EXPECT_EQ(ring.reap(), -2);
}

TEST(VqPackedForged, FaultHookIsCaught) {
    for (unsigned laps = 0; laps < 3; laps++) {
        Ring ring(2);
        for (uintptr_t i = 0; i < 2 * laps; i++) {
            ASSERT_EQ(ring.add(1, i), 0);
            ring.device->use(ring.device->take());
            ASSERT_EQ(ring.reap(), static_cast<int>(i));
        }
        ASSERT_EQ(ring.add(1, 9), 0);
        vq_fault_forge_used(ring.vq);
        EXPECT_EQ(ring.reap(), -2);
    }
}

TEST(VqPackedForged, BrokenRingStillGivesItsBuffersBackAfterAReset) {
    Ring ring(8);
    for (uintptr_t i = 0; i < 4; i++) ASSERT_EQ(ring.add(2, i), 0);
    vq_fault_forge_used(ring.vq);
    EXPECT_EQ(ring.reap(), -2);
    vq_used used;
    for (uintptr_t i = 0; i < 4; i++) {
        ASSERT_TRUE(vq_detach(ring.vq, &used));
        EXPECT_EQ(reinterpret_cast<uintptr_t>(used.cookie), i);
    }
    EXPECT_FALSE(vq_detach(ring.vq, &used));
}

}  // namespace
