// SPDX-License-Identifier: Apache-2.0
// Indirect descriptors, driver side, [V] 2.8.7, and a ring that begins anew after a reset of its queue.
#include <cerrno>
#include <random>

#include "ring_fixture.h"

namespace {

RingOptions tables(uint16_t above, uint16_t elements, bool in_order = true) {
    RingOptions options{in_order, true, false};
    options.indirect_above = above;
    options.indirect_elements = elements;
    return options;
}

TEST(VqIndirect, LongChainTakesOneSlotAndATable) {
    Ring ring(4, tables(2, 4));
    std::vector<vq_element> chain = {{0x1000, 12, false}, {0x2000, 60, false}, {0x3000, 5, true}};
    ASSERT_EQ(vq_add(ring.vq, chain.data(), 3, nullptr, 0), 0);
    EXPECT_EQ(vq_free_slots(ring.vq), 3u);
    RingBuffer buffer = ring.device->take();
    ASSERT_EQ(buffer.elements.size(), 1u);
    EXPECT_EQ(buffer.elements[0].flags, 0x0084);
    EXPECT_EQ(buffer.elements[0].len, 48u);
    auto entries = ring.device->table(buffer.elements[0]);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(entries[i].addr, chain[i].iova);
        EXPECT_EQ(entries[i].len, chain[i].length);
        EXPECT_EQ(entries[i].flags, i == 2 ? 2 : 0) << "only WRITE means anything in a table";
    }
    ring.device->use(buffer, 5, true);
    vq_used used;
    ASSERT_EQ(vq_reap(ring.vq, &used), 1);
    EXPECT_EQ(used.slots, 1);
    EXPECT_EQ(used.written, 5u);
    EXPECT_EQ(vq_validate(ring.vq), 0);
}

TEST(VqIndirect, ShortAndVeryLongChainsStayInTheRing) {
    Ring ring(8, tables(2, 4));
    ASSERT_EQ(ring.add(2, 0), 0);
    EXPECT_EQ(ring.device->take().elements.size(), 2u);
    ASSERT_EQ(ring.add(5, 1), 0);
    EXPECT_EQ(ring.device->take().elements.size(), 5u);
    EXPECT_EQ(ring.add(2, 2), -ENOSPC);
    ASSERT_EQ(ring.add(4, 2), 0) << "a table needs one slot";
}

TEST(VqIndirect, TableIsNoLongerThanTheRing) {
    Ring ring(3, tables(0, 100));
    ASSERT_EQ(ring.add(3, 0), 0);
    EXPECT_EQ(ring.device->take().elements[0].len, 48u);
    EXPECT_EQ(ring.add(4, 1), -EINVAL);
}

TEST(VqIndirect, MostSlotsIsAnUpperBoundForEveryLength) {
    for (uint16_t above : {uint16_t{0}, uint16_t{1}, uint16_t{3}}) {
        Ring ring(16, tables(above, 6));
        for (unsigned bound = 1; bound <= 16; bound++)
            for (unsigned elements = 1; elements <= bound; elements++) {
                const unsigned before = vq_free_slots(ring.vq);
                ASSERT_EQ(ring.add(elements, 0), 0);
                EXPECT_LE(before - vq_free_slots(ring.vq), vq_most_slots(ring.vq, bound)) << elements << " of " << bound;
                ring.device->use(ring.device->take());
                ASSERT_EQ(ring.reap(), 0);
            }
    }
}

TEST(VqIndirect, TablesOfBuffersThatAreOutDoNotMeet) {  // P17: mixed direct and indirect
    for (bool in_order : {true, false}) {
        Ring ring(11, tables(1, 8, in_order));
        std::mt19937 random(3);
        std::vector<RingBuffer> out;
        std::vector<uintptr_t> numbers;
        uintptr_t posted = 0;
        for (unsigned step = 0; step < 20000; step++) {
            if (ring.add(1 + static_cast<unsigned>(random()) % 9, posted) == 0) {
                out.push_back(ring.device->take());
                numbers.push_back(posted++);
                continue;
            }
            const size_t pick = in_order ? 0 : random() % out.size();
            if (out[pick].elements[0].flags & 4) {
                auto entries = ring.device->table(out[pick].elements[0]);
                for (size_t i = 0; i < entries.size(); i++) ASSERT_EQ(entries[i].addr, 0x1000 * (numbers[pick] + 1) + i);
            }
            ring.device->use(out[pick]);
            ASSERT_EQ(ring.reap(), static_cast<int>(numbers[pick]));
            out.erase(out.begin() + static_cast<long>(pick));
            numbers.erase(numbers.begin() + static_cast<long>(pick));
            ASSERT_EQ(vq_validate(ring.vq), 0);
        }
    }
}

TEST(VqIndirect, CreationWithoutMemoryForTablesLeavesNothingBehind) {
    fake_platform_config config;
    fake_platform_config_default(&config);
    config.fail_allocation = 4;
    fake_platform* fake = fake_platform_create(&config);
    vq_packed* vq = nullptr;
    vq_config ring{};
    ring.size = 8;
    ring.indirect_elements = 4;
    ring.name = "test";
    EXPECT_EQ(vq_create(&vq, fake_platform_seam(fake), &ring), -ENOMEM);
    EXPECT_EQ(fake_platform_destroy(fake), 0u);
}

TEST(VqRestart, BeginsWithZeroMemoryAtSlotZeroOfTheFirstLap) {
    for (bool in_order : {true, false}) {
        Ring ring(4, {in_order, true, false});
        for (uintptr_t i = 0; i < 6; i++) {
            ASSERT_EQ(ring.add(1, i), 0);
            ring.device->use(ring.device->take());
            ASSERT_EQ(ring.reap(), static_cast<int>(i));
        }
        ring.device->set_device_flags(1);
        vq_disable_interrupts(ring.vq);
        ASSERT_EQ(ring.add(2, 6), 0);
        EXPECT_EQ(vq_restart(ring.vq), -EBUSY);
        vq_used used;
        while (vq_detach(ring.vq, &used)) EXPECT_EQ(used.packet, 6u);
        EXPECT_EQ(ring.add(1, 7), -EIO);
        ASSERT_EQ(vq_restart(ring.vq), 0);
        EXPECT_EQ(vq_error(ring.vq), nullptr);
        for (unsigned slot = 0; slot < 4; slot++) {
            EXPECT_EQ(ring.device->raw(slot).flags, 0);
            EXPECT_EQ(ring.device->raw(slot).addr, 0u);
        }
        EXPECT_EQ(ring.device->driver_flags(), 0);
        ring.device = std::make_unique<RingDevice>(ring.fake, vq_get_addresses(ring.vq));
        for (uintptr_t i = 0; i < 20; i++) {
            ASSERT_EQ(ring.add(1 + i % 3, i), 0);
            uint32_t word = 0;
            EXPECT_TRUE(vq_kick_prepare(ring.vq, &word));
            ASSERT_TRUE(ring.device->available());
            ring.device->use(ring.device->take());
            ASSERT_EQ(ring.reap(), static_cast<int>(i));
            ASSERT_EQ(vq_validate(ring.vq), 0);
        }
    }
}

}  // namespace
