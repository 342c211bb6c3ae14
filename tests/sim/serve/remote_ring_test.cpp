// SPDX-License-Identifier: Apache-2.0
// The device's side of a packed queue, against a driver's side that this test plays in the same memory.
#include "serve/remote_ring.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "regmap.h"

namespace {

constexpr uint64_t base = 0x10000, region_bytes = 1 << 16, data_offset = 0x4000;
constexpr uint16_t slots = 8;
constexpr uint16_t next_flag = 1, write_flag = 2, indirect_flag = 4, avail_flag = 1 << 7, used_flag = 1 << 15;

struct Descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t id, flags;
};

class RemoteRing : public ::testing::Test {
protected:
    RemoteRing() {
        file_ = memfd_create("driver", MFD_CLOEXEC);
        EXPECT_EQ(ftruncate(file_, region_bytes), 0);
        const vhost_region_info region = {base, region_bytes, base, 0};
        EXPECT_EQ(vhost_memory_map(&memory_, &region, &file_, 1, error_, sizeof error_), 0) << error_;
        vhost_user_ring where{};
        where.size = slots;
        where.desc = base;
        where.driver = base + 0x1000;
        where.device = base + 0x1004;
        remote_ring_start(&ring_, &memory_, &where);
    }
    ~RemoteRing() override {
        vhost_memory_unmap(&memory_);
        close(file_);
    }
    Descriptor* slot(unsigned n) { return reinterpret_cast<Descriptor*>(vhost_memory_at(&memory_, base + n * 16, 16)); }
    uint8_t* data(uint64_t offset) { return vhost_memory_at(&memory_, base + data_offset + offset, 1); }
    // Makes elements available as one buffer, as a driver does: the head's flags last.
    void offer(std::vector<Descriptor> elements, uint16_t id) {
        const unsigned head = next_;
        const bool head_wrap = wrap_;
        uint16_t head_flags = 0;
        for (size_t i = 0; i < elements.size(); i++) {
            elements[i].id = id;
            elements[i].flags = static_cast<uint16_t>(elements[i].flags | (i + 1 < elements.size() ? next_flag : 0) | (wrap_ ? avail_flag : used_flag));
            if (i == 0) head_flags = elements[i].flags;
            if (i == 0) elements[i].flags = slot(next_)->flags;
            *slot(next_) = elements[i];
            if (++next_ == slots) next_ = 0, wrap_ = !wrap_;
        }
        (void)head_wrap;
        slot(head)->flags = head_flags;
    }
    static Descriptor element(uint64_t offset, uint32_t length, bool write) {
        return {base + data_offset + offset, length, 0, write ? write_flag : uint16_t{0}};
    }
    int take() { return remote_ring_take(&ring_, &buffer_, error_, sizeof error_); }
    bool is_used(unsigned n, bool wrap) { return !!(slot(n)->flags & used_flag) == wrap && !!(slot(n)->flags & avail_flag) == wrap; }

    int file_;
    vhost_memory memory_{};
    remote_ring ring_{};
    remote_buffer buffer_{};
    char error_[200] = "";
    unsigned next_ = 0;
    bool wrap_ = true;
};

TEST_F(RemoteRing, AnEmptyRingHasNoBuffer) { EXPECT_EQ(take(), 0); }

TEST_F(RemoteRing, ABufferIsReadWrittenAndUsed) {
    std::memcpy(data(0), "question", 8);
    offer({element(0, 3, false), element(3, 5, false), element(0x100, 4, true), element(0x200, 16, true)}, 5);
    ASSERT_EQ(take(), 1) << error_;
    char text[16] = "";
    EXPECT_EQ(remote_buffer_read(&buffer_, 0, text, sizeof text), 8u);
    EXPECT_STREQ(text, "question");
    EXPECT_EQ(remote_buffer_read(&buffer_, 2, text, 3), 3u) << "over the border of two elements";
    EXPECT_EQ(std::string(text, 3), "est");
    EXPECT_EQ(remote_buffer_write(&buffer_, "the answer", 10), 10u);
    EXPECT_EQ(std::memcmp(data(0x100), "the ", 4), 0);
    EXPECT_EQ(std::memcmp(data(0x200), "answer", 6), 0);
    EXPECT_FALSE(is_used(0, true));
    remote_ring_use(&ring_, &buffer_, 10);
    EXPECT_TRUE(is_used(0, true));
    EXPECT_EQ(slot(0)->id, 5);
    EXPECT_EQ(slot(0)->length, 10u);
    EXPECT_EQ(take(), 0);
}

TEST_F(RemoteRing, NothingIsMovedBeyondTheElements) {
    offer({element(0, 4, false), element(0x100, 4, true)}, 0);
    ASSERT_EQ(take(), 1);
    char text[64];
    EXPECT_EQ(remote_buffer_read(&buffer_, 0, text, sizeof text), 4u);
    EXPECT_EQ(remote_buffer_read(&buffer_, 4, text, sizeof text), 0u);
    EXPECT_EQ(remote_buffer_write(&buffer_, text, sizeof text), 4u);
}

TEST_F(RemoteRing, WrapsAtItsEndAnyNumberOfTimes) {
    for (unsigned n = 0; n < 50; n++) {
        offer(n % 2 ? std::vector<Descriptor>{element(0, 4, false)} : std::vector<Descriptor>{element(0, 4, false), element(8, 4, false), element(16, 4, true)},
              static_cast<uint16_t>(n));
        const unsigned used_slot = ring_.next_used;
        const bool used_wrap = ring_.used_wrap;
        ASSERT_EQ(take(), 1) << n;
        ASSERT_EQ(buffer_.id, n);
        remote_ring_use(&ring_, &buffer_, 0);
        ASSERT_TRUE(is_used(used_slot, used_wrap)) << n;
        ASSERT_EQ(take(), 0) << n;
    }
}

TEST_F(RemoteRing, AsksTheDriverWhetherItWantsACall) {
    EXPECT_TRUE(remote_ring_wants_call(&ring_));
    const uint16_t disable = VIRTQ_EVENT_FLAGS_DISABLE;
    std::memcpy(vhost_memory_at(&memory_, base + 0x1000 + VIRTQ_EVENT_FLAGS, 2), &disable, 2);
    EXPECT_FALSE(remote_ring_wants_call(&ring_));
}

TEST_F(RemoteRing, WhatBreaksTheRulesIsRefusedWithAReason) {
    const auto refused = [this](std::vector<Descriptor> elements, const std::string& reason) {
        remote_ring ring = ring_;
        const unsigned next = next_;
        const bool wrap = wrap_;
        offer(std::move(elements), 0);
        EXPECT_EQ(take(), -EPROTO);
        EXPECT_NE(std::string(error_).find(reason), std::string::npos) << error_;
        ring_ = ring;
        next_ = next;
        wrap_ = wrap;
        for (unsigned n = 0; n < slots; n++) *slot(n) = {};
    };
    refused({{base - 1, 4, 0, 0}}, "outside the memory");
    refused({{base + region_bytes - 4, 8, 0, 0}}, "outside the memory");
    refused({{~uint64_t{0}, 2, 0, 0}}, "outside the memory");
    refused({element(0, 4, true), element(8, 4, false)}, "behind one to be written");
    refused({{base + data_offset, 16, 0, indirect_flag}}, "indirect");
    refused(std::vector<Descriptor>(REMOTE_RING_MAX_ELEMENTS + 1, element(0, 4, false)), "more elements");
    Descriptor open = element(0, 4, false);
    open.flags |= next_flag;
    refused({open}, "goes on");
}

TEST_F(RemoteRing, RandomRingsAreNeverFollowedOutOfTheMemory) {
    std::mt19937_64 random(1);
    for (unsigned round = 0; round < 20000; round++) {
        for (unsigned n = 0; n < slots; n++) {
            *slot(n) = {random() % 3 ? base + random() % (2 * region_bytes) : random(), static_cast<uint32_t>(random() % 4 ? random() % 512 : random()),
                        static_cast<uint16_t>(random()), static_cast<uint16_t>(random())};
        }
        for (unsigned n = 0; n < slots && take() > 0; n++) {
            uint8_t bytes[64] = {};
            remote_buffer_read(&buffer_, random() % 100, bytes, sizeof bytes);
            const size_t written = remote_buffer_write(&buffer_, bytes, sizeof bytes);
            remote_ring_use(&ring_, &buffer_, static_cast<uint32_t>(written));
        }
        ASSERT_LT(ring_.next_avail, slots);
        ASSERT_LT(ring_.next_used, slots);
    }
}

}  // namespace
