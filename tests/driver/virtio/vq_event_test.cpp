// SPDX-License-Identifier: Apache-2.0
// Event suppression by slot, driver side, [V] 2.8.14: against the worked examples and against a plain walk over the slots.
#include <deque>
#include <random>

#include "ring_fixture.h"

namespace {

const uint16_t wrap1 = 0x8000;

RingOptions events(bool in_order = true, uint16_t after = 0) {
    RingOptions options{in_order, true, false};
    options.event_idx = true;
    options.interrupt_after = after;
    return options;
}

bool wants_doorbell(Ring& ring) {
    uint32_t word = 0;
    return vq_kick_prepare(ring.vq, &word);
}

// Bring both indices of a ring to `slot` of the lap whose wrap counter is 1.
void go_to(Ring& ring, unsigned slot) {
    for (uintptr_t i = 0; i < slot; i++) {
        ASSERT_EQ(ring.add(1, i), 0);
        ring.device->use(ring.device->take());
        ASSERT_EQ(ring.reap(), static_cast<int>(i));
    }
    (void)wants_doorbell(ring);
}

TEST(VqEvent, DoorbellWhenTheSlotIsPassedOverTheRingEnd) {  // size 8, from index 6, 3 slots: (6,1) (7,1) (0,0) and no other
    for (uint16_t event : {6 | wrap1, 7 | wrap1, 0, 5 | wrap1, 1, 7, 6, 0 | wrap1, 4}) {
        Ring ring(8, events());
        go_to(ring, 6);
        ASSERT_EQ(ring.add(3, 0), 0);
        ring.device->set_device_flags(2, event);
        EXPECT_EQ(wants_doorbell(ring), event == (6 | wrap1) || event == (7 | wrap1) || event == 0) << event;
    }
}

TEST(VqEvent, DoorbellWhenTheSlotIsPassedInTheRing) {  // size 8, from index 2, 1 slot: (2,1) and no other
    for (uint16_t event : {2 | wrap1, 3 | wrap1, 1 | wrap1, 2}) {
        Ring ring(8, events());
        go_to(ring, 2);
        ASSERT_EQ(ring.add(1, 0), 0);
        ring.device->set_device_flags(2, event);
        EXPECT_EQ(wants_doorbell(ring), event == (2 | wrap1)) << event;
    }
}

TEST(VqEvent, DoorbellFormulaAgreesWithAWalkOverTheSlots) {
    for (uint16_t size : {uint16_t{1}, uint16_t{2}, uint16_t{5}, uint16_t{64}}) {
        Ring ring(size, events());
        std::mt19937 random(size);
        unsigned position = 2u * size;  // slots made available since the beginning, and two laps
        for (unsigned step = 0; step < 3000; step++) {
            const unsigned from = position;
            for (unsigned adds = static_cast<unsigned>(random()) % 4; adds; adds--) {
                unsigned elements = 1 + static_cast<unsigned>(random()) % 3;
                if (ring.add(elements, 0) != 0) break;
                position += elements;
            }
            // Within two laps an offset and a wrap counter name one slot.
            const unsigned target = position + size - 1 - static_cast<unsigned>(random()) % (2u * size);
            ring.device->set_device_flags(2, static_cast<uint16_t>(target % size | (target / size % 2 ? 0 : wrap1)));
            ASSERT_EQ(wants_doorbell(ring), target >= from && target < position) << step << " size " << size;
            while (ring.device->available()) ring.device->use(ring.device->take());
            while (ring.reap() >= 0) continue;
        }
    }
}

TEST(VqEvent, SlotsCountSinceTheQuestionWasAskedLast) {
    Ring ring(8, events());
    ring.device->set_device_flags(2, 1 | wrap1);
    ASSERT_EQ(ring.add(1, 0), 0);
    EXPECT_FALSE(wants_doorbell(ring));
    ASSERT_EQ(ring.add(1, 1), 0);  // passes slot 1, but nobody asks
    ASSERT_EQ(ring.add(1, 2), 0);
    EXPECT_TRUE(wants_doorbell(ring));
    EXPECT_FALSE(wants_doorbell(ring)) << "told once";
}

TEST(VqEvent, MoreThanALapSinceTheQuestionRingsAtAnyRate) {
    Ring ring(4, events());
    for (uintptr_t i = 0; i < 5; i++) {
        ASSERT_EQ(ring.add(1, i), 0);
        ring.device->use(ring.device->take());
        ASSERT_EQ(ring.reap(), static_cast<int>(i));
    }
    ring.device->set_device_flags(2, 2);  // not passed, as far as 16 bits can tell
    EXPECT_TRUE(wants_doorbell(ring));
}

TEST(VqEvent, SlotThatTheRingHasNotRings) {
    Ring ring(4, events());
    ASSERT_EQ(ring.add(1, 0), 0);
    ring.device->set_device_flags(2, 4 | wrap1);
    EXPECT_TRUE(wants_doorbell(ring));
    ring.device->set_device_flags(3);  // reserved: as ENABLE
    EXPECT_TRUE(wants_doorbell(ring));
    ring.device->set_device_flags(1);
    EXPECT_FALSE(wants_doorbell(ring));
}

TEST(VqEvent, InterruptIsArmedAtTheNextUsedSlot) {
    Ring ring(4, events());
    EXPECT_FALSE(vq_enable_interrupts(ring.vq));
    EXPECT_EQ(ring.device->driver_flags(), 2);
    EXPECT_EQ(ring.device->driver_event(), 0 | wrap1);
    for (uintptr_t i = 0; i < 4; i++) {
        ASSERT_EQ(ring.add(1, i), 0);
        ring.device->use(ring.device->take());
        ASSERT_EQ(ring.reap(), static_cast<int>(i));
    }
    EXPECT_FALSE(vq_enable_interrupts(ring.vq));
    EXPECT_EQ(ring.device->driver_event(), 0) << "the wrap counter was toggled";
    vq_disable_interrupts(ring.vq);
    EXPECT_EQ(ring.device->driver_flags(), 1);
}

TEST(VqEvent, InterruptIsArmedAtTheBufferThatWasAskedFor) {
    Ring ring(16, events(true, 3));
    for (unsigned elements : {2, 3, 4, 1}) ASSERT_EQ(ring.add(elements, 0), 0);
    EXPECT_FALSE(vq_enable_interrupts(ring.vq));
    EXPECT_EQ(ring.device->driver_event(), 5 | wrap1) << "the third buffer begins behind 2 and 3 slots";
}

TEST(VqEvent, InterruptIsArmedAtTheLastBufferWhenFewerAreOut) {
    Ring ring(8, events(true, 100));
    EXPECT_FALSE(vq_enable_interrupts(ring.vq));
    EXPECT_EQ(ring.device->driver_event(), 0 | wrap1);
    go_to(ring, 5);
    ASSERT_EQ(ring.add(2, 0), 0);
    ASSERT_EQ(ring.add(2, 1), 0);  // slots 7 and 0
    ASSERT_EQ(ring.add(1, 2), 0);
    EXPECT_FALSE(vq_enable_interrupts(ring.vq));
    EXPECT_EQ(ring.device->driver_event(), 1) << "over the ring's end: the other lap";
}

TEST(VqEvent, OutOfOrderTheInterruptComesRatherTooEarly) {
    Ring ring(16, events(false, 3));
    for (unsigned elements : {2, 3, 4}) ASSERT_EQ(ring.add(elements, 0), 0);
    EXPECT_FALSE(vq_enable_interrupts(ring.vq));
    EXPECT_EQ(ring.device->driver_event(), 2 | wrap1);
}

// The race that arming leaves: the device uses a buffer and looks at the event structure before the driver has written it. Then only the
// driver's second look can tell.
TEST(VqEvent, WhatWasUsedWhileArmingIsFound) {
    for (uint16_t after : {uint16_t{1}, uint16_t{3}}) {
        static Ring* racing;
        static const platform_ops* original;
        Ring ring(8, events(true, after));
        for (uintptr_t i = 0; i < 3; i++) ASSERT_EQ(ring.add(1, i), 0);
        platform* seam = fake_platform_seam(ring.fake);
        platform_ops ops = *seam->ops;
        original = seam->ops;
        racing = &ring;
        ops.full_barrier = [](void* ctx) {  // between the writing of the structure and the second look
            racing->device->use(racing->device->take());
            original->full_barrier(ctx);
        };
        seam->ops = &ops;
        EXPECT_TRUE(vq_enable_interrupts(ring.vq)) << after;
        seam->ops = original;
        EXPECT_EQ(ring.reap(), 0);
    }
}

// A device that decides by the structure alone, at every point of the driver's run, never leaves the driver asleep with buffers used.
TEST(VqEvent, NoWakeUpIsLostUnderRandomTiming) {
    for (uint16_t after : {uint16_t{1}, uint16_t{4}, uint16_t{50}}) {
        Ring ring(13, events(true, after));
        std::mt19937 random(after);
        std::deque<RingBuffer> taken;
        bool asleep = !vq_enable_interrupts(ring.vq), interrupt = false;
        uintptr_t posted = 0, reaped = 0;
        for (unsigned step = 0; step < 40000; step++) {
            switch (random() % 4) {
            case 0:
            case 1:
                if (ring.add(1 + static_cast<unsigned>(random()) % 3, posted) == 0) posted++;
                break;
            case 2: {
                if (!ring.device->available()) break;
                RingBuffer buffer = ring.device->take();
                const unsigned before = ring.device->used(), slots = static_cast<unsigned>(buffer.elements.size());
                const bool wrap = ring.device->used_wrap();
                ring.device->use(buffer);
                const uint16_t event = ring.device->driver_event();
                if (ring.device->driver_flags() == 0) interrupt = true;
                for (unsigned i = 0; ring.device->driver_flags() == 2 && i < slots; i++) {
                    const unsigned at = before + i;
                    const bool lap = at < 13 ? wrap : !wrap;
                    interrupt |= event == (at % 13 | (lap ? wrap1 : 0));
                }
                break;
            }
            default:
                if (asleep && !interrupt) {
                    // Lost: the device has used all there is, nobody was told, and nothing more will happen.
                    ASSERT_FALSE(vq_pending(ring.vq) && !ring.device->available()) << "step " << step << ", after " << after;
                    break;
                }
                interrupt = false;
                vq_disable_interrupts(ring.vq);
                for (int found; (found = ring.reap()) >= 0; reaped++) ASSERT_EQ(found, static_cast<int>(reaped));
                asleep = !vq_enable_interrupts(ring.vq);
            }
        }
        EXPECT_GT(reaped, 1000u);
    }
}

}  // namespace
