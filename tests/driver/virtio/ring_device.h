// SPDX-License-Identifier: Apache-2.0
// The device side of one packed ring, played by a test step by step through the device's view of memory.
//
// Written against [V] 2.8 without a look at the driver or at the fake device, so that it can contradict both.
#pragma once

#include <cstdint>
#include <vector>

#include "fake_platform.h"
#include "regmap.h"
#include "vq_packed.h"

struct RingElement {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
};

struct RingBuffer {
    uint16_t slot;
    uint16_t id;
    std::vector<RingElement> elements;
};

class RingDevice {
public:
    RingDevice(fake_platform* fake, const vq_addresses& at) : fake_(fake), at_(at) {}

    struct Raw {
        uint64_t addr;
        uint32_t len;
        uint16_t id, flags;
    };
    static_assert(sizeof(Raw) == VIRTQ_DESC_SIZE);

    Raw raw(unsigned slot) const {
        Raw desc{};
        fake_platform_dma_read(fake_, at_.desc + 16u * slot, &desc, sizeof(desc));
        return desc;
    }

    bool available() const { return is_available(raw(next_).flags, wrap_); }

    // Take the next buffer; requires available(). `good` tells whether the tail's flags match, [V] 2.8.6.
    RingBuffer take(bool* good = nullptr) {
        RingBuffer buffer{next_, 0, {}};
        for (bool more = true; more;) {
            Raw desc = raw(next_);
            if (good) *good = is_available(desc.flags, wrap_);
            buffer.elements.push_back({desc.addr, desc.len, desc.flags});
            buffer.id = desc.id;
            more = desc.flags & 1;
            advance(next_, wrap_, 1);
        }
        return buffer;
    }

    // Write a used descriptor that covers `slots`.
    void use(uint16_t id, unsigned slots, uint32_t len = 0, bool write = false) {
        Raw desc{0, len, id, static_cast<uint16_t>((used_wrap_ ? 0x8080 : 0) | (write ? 2 : 0))};
        fake_platform_dma_write(fake_, at_.desc + 16u * used_ + 8, &desc.len, 8);
        advance(used_, used_wrap_, slots);
    }
    void use(const RingBuffer& buffer, uint32_t len = 0, bool write = false) {
        use(buffer.id, static_cast<unsigned>(buffer.elements.size()), len, write);
    }

    // The table that an indirect element refers to, [V] 2.8.7.
    std::vector<Raw> table(const RingElement& element) const {
        std::vector<Raw> entries(element.len / 16);
        fake_platform_dma_read(fake_, element.addr, entries.data(), element.len);
        return entries;
    }

    uint16_t driver_flags() const {
        uint16_t event[2];
        fake_platform_dma_read(fake_, at_.driver, event, sizeof(event));
        return event[1];
    }
    // Offset (14:0) and wrap counter (15) that the driver waits for.
    uint16_t driver_event() const {
        uint16_t event[2];
        fake_platform_dma_read(fake_, at_.driver, event, sizeof(event));
        return event[0];
    }
    void set_device_flags(uint16_t flags, uint16_t desc = 0) {
        uint16_t event[2] = {desc, flags};
        fake_platform_dma_write(fake_, at_.device, event, sizeof(event));
    }
    unsigned next() const { return next_; }
    unsigned used() const { return used_; }
    bool used_wrap() const { return used_wrap_; }

private:
    static bool is_available(uint16_t flags, bool wrap) { return (flags >> 7 & 1) == wrap && (flags >> 15 & 1) != wrap; }
    void advance(uint16_t& slot, bool& wrap, unsigned by) {
        unsigned next = slot + by;
        if (next >= at_.size) next -= at_.size, wrap = !wrap;
        slot = static_cast<uint16_t>(next);
    }

    fake_platform* fake_;
    vq_addresses at_;
    uint16_t next_ = 0, used_ = 0;
    bool wrap_ = true, used_wrap_ = true;
};
