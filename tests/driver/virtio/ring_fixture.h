// SPDX-License-Identifier: Apache-2.0
// A driver's ring and the device that plays against it, for the ring tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "ring_device.h"

struct RingOptions {
    bool in_order, notification_data, trace;
    bool event_idx = false;
    uint16_t interrupt_after = 0, indirect_above = 0, indirect_elements = 0;
};

class Ring {
public:
    explicit Ring(uint16_t size, RingOptions options = {true, true, false}) {
        fake_platform_config config;
        fake_platform_config_default(&config);
        config.trace = options.trace;
        fake = fake_platform_create(&config);
        vq_config ring{};
        ring.queue = 1;
        ring.size = size;
        ring.in_order = options.in_order;
        ring.notification_data = options.notification_data;
        ring.event_idx = options.event_idx;
        ring.interrupt_after = options.interrupt_after;
        ring.indirect_above = options.indirect_above;
        ring.indirect_elements = options.indirect_elements;
        ring.name = "test";
        EXPECT_EQ(vq_create(&vq, fake_platform_seam(fake), &ring), 0);
        device = std::make_unique<RingDevice>(fake, vq_get_addresses(vq));
    }
    ~Ring() {
        EXPECT_EQ(fake_platform_violation_count(fake), 0u);
        vq_destroy(vq);
        EXPECT_EQ(fake_platform_destroy(fake), 0u);
    }
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    // Post a chain of `elements`; the cookie is the number.
    int add(unsigned elements, uintptr_t number, bool write = false, uint32_t length = 100) {
        std::vector<vq_element> chain;
        for (unsigned i = 0; i < elements; i++) chain.push_back({0x1000 * (number + 1) + i, length, write});
        return vq_add(vq, chain.data(), elements, reinterpret_cast<void*>(number), number);
    }
    // Reap one and return its number; -1 for none, -2 for a broken ring.
    int reap(vq_used* out = nullptr) {
        vq_used used{};
        int found = vq_reap(vq, &used);
        if (out) *out = used;
        if (found > 0) {
            EXPECT_EQ(used.packet, reinterpret_cast<uintptr_t>(used.cookie));
        }
        return found < 0 ? -2 : found == 0 ? -1 : static_cast<int>(reinterpret_cast<uintptr_t>(used.cookie));
    }

    fake_platform* fake;
    vq_packed* vq = nullptr;
    std::unique_ptr<RingDevice> device;
};
