// SPDX-License-Identifier: Apache-2.0
// What a device may not do once it has said that it is reset: each is found, and nothing else is.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "regmap.h"
#include "reset_watch.h"

namespace hw {
namespace {

constexpr uint64_t bar = 0xC0010000, ring = 0x1000004000, events_area = 0x1000008000, buffer = 0x1000020000;
constexpr uint16_t root = 0, device = 0x0100;

struct Device : Nic {
    void connect(DeviceLink&, DeviceWire&) override {}
    void receive(TlpPtr) override { ++tlps; }
    void receive(FramePtr) override {}
    void wake() override {}
    uint64_t cycles() const override { return 0; }
    uint64_t cycles_evaluated() const override { return 0; }
    unsigned tlps = 0;
};

struct Host : DeviceLink {
    bool can_send(TlpKind) const override { return true; }
    void send(TlpPtr) override { ++tlps; }
    void release(TlpKind, uint32_t) override {}
    unsigned tlps = 0;
};

struct Cable : DeviceWire {
    uint64_t start_ps() const override { return 0; }
    uint64_t continue_ps(uint32_t) const override { return 0; }
    void start() override {}
    void finish(FramePtr) override {}
    bool link_up() const override { return true; }
};

class Watch : public ::testing::Test {
protected:
    Watch() : watch(nic, stream, true) {
        watch.connect(host, cable);
        stream.on_violation([this](const Violation& v) { found.push_back(v); });
        write(VIRTIO_COMMON_DEVICE_STATUS, 15, 1);
        set_up(1);
    }
    void write(uint32_t offset, uint32_t value, uint32_t bytes) {
        watch.receive(make_mem_write(root, bar + BAR0_COMMON + offset, &value, bytes));
    }
    void write64(uint32_t offset, uint64_t value) {
        write(offset, static_cast<uint32_t>(value), 4);
        write(offset + 4, static_cast<uint32_t>(value >> 32), 4);
    }
    // The CPU reads a register, and the device answers.
    void read(uint32_t offset, uint32_t value, uint32_t bytes) {
        TlpPtr request = make_mem_read(root, 5, bar + BAR0_COMMON + offset, bytes);
        TlpPtr answer = make_completion(*request, device, TLP_STATUS_SC, request->first_byte(), bytes, &value, bytes);
        watch.receive(std::move(request));
        watch.send(std::move(answer));
    }
    void set_up(uint32_t queue) {
        write(VIRTIO_COMMON_QUEUE_SELECT, queue, 2);
        write(VIRTIO_COMMON_QUEUE_SIZE, 64, 2);
        write64(VIRTIO_COMMON_QUEUE_DESC, ring);
        write64(VIRTIO_COMMON_QUEUE_DRIVER, events_area);
        write64(VIRTIO_COMMON_QUEUE_DEVICE, events_area + 64);
        write(VIRTIO_COMMON_QUEUE_ENABLE, 1, 2);
    }
    void reset_queue(uint32_t queue) {
        write(VIRTIO_COMMON_QUEUE_SELECT, queue, 2);
        write(VIRTIO_COMMON_QUEUE_RESET, 1, 2);
        read(VIRTIO_COMMON_QUEUE_RESET, 0, 2);
    }
    void device_reads(uint64_t address, uint32_t bytes) { watch.send(make_mem_read(device, 9, address, bytes)); }
    void device_writes(uint64_t address, uint32_t bytes) {
        const std::vector<uint8_t> data(bytes);
        watch.send(make_mem_write(device, address, data.data(), bytes));
    }
    // The device reads two descriptors, of which the second is a buffer to write to.
    void device_fetches() {
        TlpPtr request = make_mem_read(device, 7, ring + 32, 32);
        uint8_t data[32] = {};
        const uint64_t address = buffer;
        const uint32_t length = 1530;
        const uint16_t flags = 1u << VIRTQ_DESC_F_WRITE_BIT | 1u << VIRTQ_DESC_F_AVAIL_BIT;
        std::memcpy(data + 16 + VIRTQ_DESC_ADDR, &address, 8);
        std::memcpy(data + 16 + VIRTQ_DESC_LEN, &length, 4);
        std::memcpy(data + 16 + VIRTQ_DESC_FLAGS, &flags, 2);
        TlpPtr answer = make_completion(*request, root, TLP_STATUS_SC, ring + 32, 32, data, 32);
        watch.send(std::move(request));
        watch.receive(std::move(answer));
    }

    EventStream stream;
    Device nic;
    Host host;
    Cable cable;
    ResetWatch watch;
    std::vector<Violation> found;
};

TEST_F(Watch, PassesEveryTlpOnBothWays) {
    const unsigned before = nic.tlps;
    write(VIRTIO_COMMON_QUEUE_SELECT, 0, 2);
    read(VIRTIO_COMMON_DEVICE_STATUS, 15, 1);
    device_writes(buffer, 64);
    EXPECT_EQ(nic.tlps, before + 2);
    EXPECT_EQ(host.tlps, 2u);
    EXPECT_TRUE(found.empty());
}

TEST_F(Watch, ClauseV_2_4_1_NothingFollowsTheStatusThatReads0) {
    write(VIRTIO_COMMON_DEVICE_STATUS, 0, 1);
    device_writes(buffer, 64);  // what was on its way may still come
    read(VIRTIO_COMMON_DEVICE_STATUS, 15, 1);
    device_reads(ring, 64);
    EXPECT_TRUE(found.empty());
    read(VIRTIO_COMMON_DEVICE_STATUS, 0, 1);
    EXPECT_EQ(watch.device_resets(), 1u);
    device_writes(buffer, 64);
    device_reads(ring, 64);
    device_writes(msi_window, 4);
    ASSERT_EQ(found.size(), 3u);
    for (const Violation& v : found) {
        EXPECT_EQ(v.check, "nic.after_reset");
        EXPECT_EQ(v.clause, "[V] 2.4.1");
    }
    EXPECT_NE(found[0].message.find("0x1000020000 +64"), std::string::npos) << found[0].message;
}

TEST_F(Watch, AfterDriverOkAllIsAllowedAgain) {
    write(VIRTIO_COMMON_DEVICE_STATUS, 0, 1);
    read(VIRTIO_COMMON_DEVICE_STATUS, 0, 1);
    write(VIRTIO_COMMON_DEVICE_STATUS, 1, 1);
    device_writes(msi_window, 4);
    EXPECT_EQ(found.size(), 1u);
    write(VIRTIO_COMMON_DEVICE_STATUS, 15, 1);
    device_writes(msi_window, 4);
    device_writes(buffer, 64);
    EXPECT_EQ(found.size(), 1u);
}

TEST_F(Watch, AStatusOf0ThatNobodyAskedForIsNoReset) {
    read(VIRTIO_COMMON_DEVICE_STATUS, 0, 1);
    device_writes(buffer, 64);
    EXPECT_TRUE(found.empty());
}

TEST_F(Watch, ClauseV_2_6_1_NothingOfAQueueFollowsItsReset) {
    device_fetches();
    write(VIRTIO_COMMON_QUEUE_SELECT, 1, 2);
    write(VIRTIO_COMMON_QUEUE_RESET, 1, 2);
    read(VIRTIO_COMMON_QUEUE_RESET, 1, 2);
    device_writes(ring + 64, 8);
    EXPECT_TRUE(found.empty()) << "it is not done yet";
    read(VIRTIO_COMMON_QUEUE_RESET, 0, 2);
    EXPECT_EQ(watch.queue_resets(), 1u);
    device_reads(ring + 63 * 16, 16);
    device_writes(ring - 8, 16);
    device_reads(events_area, 4);
    device_writes(events_area + 64, 4);
    device_writes(buffer + 1528, 4);
    ASSERT_EQ(found.size(), 5u);
    EXPECT_NE(found[0].message.find("queue 1"), std::string::npos) << found[0].message;
    EXPECT_NE(found[0].message.find("ring"), std::string::npos);
    EXPECT_NE(found[2].message.find("event words"), std::string::npos);
    EXPECT_NE(found[4].message.find("buffers"), std::string::npos);
    EXPECT_EQ(found[4].clause, "[V] 2.6.1.1");
}

TEST_F(Watch, OtherMemoryAndMessagesStayAllowed) {
    device_fetches();
    reset_queue(1);
    device_writes(ring + 64 * 16, 16);
    device_reads(ring - 16, 16);
    device_writes(buffer + 1532, 4);
    device_writes(buffer - 4, 4);
    device_writes(msi_window, 4);
    EXPECT_TRUE(found.empty()) << found[0].message;
}

TEST_F(Watch, AnEnabledQueueIsFreeAgainWithItsNewMemory) {
    device_fetches();
    reset_queue(1);
    set_up(1);
    device_writes(ring, 16);
    device_writes(buffer, 64);
    EXPECT_TRUE(found.empty());
}

TEST_F(Watch, AResetOfTheDeviceEndsThatOfAQueue) {
    reset_queue(1);
    write(VIRTIO_COMMON_DEVICE_STATUS, 0, 1);
    read(VIRTIO_COMMON_DEVICE_STATUS, 0, 1);
    write(VIRTIO_COMMON_DEVICE_STATUS, 15, 1);
    device_writes(ring, 16);
    EXPECT_TRUE(found.empty());
}

}  // namespace
}  // namespace hw
