// SPDX-License-Identifier: Apache-2.0
// The control queue against a device that obeys, refuses, is silent, or answers nonsense.
#include "virtio_ctrl.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "fake_platform.h"
#include "regmap.h"

namespace {

const uint64_t control = REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_MQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_NOTF_COAL_BIT) |
                         REGMAP_BIT(VIRTIO_NET_F_VQ_NOTF_COAL_BIT);

class VirtioCtrl : public testing::Test {
protected:
    VirtioCtrl() {
        fake_platform_config_default(&config);
        config.device.features |= control;
        config.device.max_pairs = 4;
    }
    ~VirtioCtrl() override {
        EXPECT_EQ(virtio_pci_reset(&pci, true), 0);
        virtio_ctrl_close(&ctrl);
        EXPECT_EQ(fake_platform_violation_count(fake), 0u);
        EXPECT_EQ(fake_platform_destroy(fake), 0u);
    }
    void open(uint64_t wanted = control) {
        fake = fake_platform_create(&config);
        const uint64_t required = REGMAP_BIT(VIRTIO_F_VERSION_1_BIT) | REGMAP_BIT(VIRTIO_F_RING_PACKED_BIT);
        ASSERT_EQ(virtio_pci_open(&pci, fake_platform_seam(fake)), 0);
        ASSERT_EQ(virtio_pci_reset(&pci, true), 0);
        ASSERT_EQ(virtio_pci_negotiate(&pci, required, wanted | REGMAP_BIT(VIRTIO_F_EVENT_IDX_BIT)), 0);
        opened = virtio_ctrl_open(&ctrl, &pci, virtio_ctrl_queue(&pci, 4));
        if (opened) return;
        virtio_pci_enable_queue(&pci, ctrl.queue);
        virtio_pci_driver_ok(&pci);
    }
    fake_device_state state() {
        fake_device_state device;
        fake_device_get_state(fake, &device);
        return device;
    }
    bool error_has(const char* part) { return std::string(pci.error).find(part) != std::string::npos; }

    fake_platform_config config;
    fake_platform* fake = nullptr;
    virtio_pci pci{};
    virtio_ctrl ctrl{};
    int opened = 0;
};

TEST_F(VirtioCtrl, PairsAreSet) {
    open();
    ASSERT_EQ(virtio_ctrl_set_pairs(&ctrl, 3), 0) << pci.error;
    EXPECT_EQ(state().pairs, 3u);
    EXPECT_EQ(ctrl.queue, 8) << "behind all pairs that the device has";
    EXPECT_EQ(state().vector[8], VIRTIO_MSI_NO_VECTOR);
}

TEST_F(VirtioCtrl, QueueIsTheThirdWithoutMultipleQueues) {
    open(control & ~REGMAP_BIT(VIRTIO_NET_F_MQ_BIT));
    EXPECT_EQ(ctrl.queue, 2);
    EXPECT_EQ(virtio_ctrl_set_pairs(&ctrl, 1), -ENOTSUP);
    EXPECT_TRUE(error_has("VQ_PAIRS_SET")) << pci.error;
    EXPECT_EQ(state().commands, 0u);
    virtio_ctrl_limits limits{8, 100};
    EXPECT_EQ(virtio_ctrl_set_rx_limits(&ctrl, &limits), 0);
}

TEST_F(VirtioCtrl, RefusalIsReportedAndChangesNothing) {
    open();
    for (uint16_t pairs : {uint16_t{0}, uint16_t{5}, uint16_t{0xFFFF}}) {
        EXPECT_EQ(virtio_ctrl_set_pairs(&ctrl, pairs), -EINVAL);
        EXPECT_TRUE(error_has("refused")) << pci.error;
    }
    EXPECT_EQ(state().pairs, 1u);
    EXPECT_EQ(virtio_ctrl_set_pairs(&ctrl, 4), 0) << "and the next command works";
}

TEST_F(VirtioCtrl, LimitsOfADirectionReachEveryQueueOfIt) {
    open();
    virtio_ctrl_limits tx{0x01020304, 0x05060708}, rx{7, 9};
    ASSERT_EQ(virtio_ctrl_set_tx_limits(&ctrl, &tx), 0);
    ASSERT_EQ(virtio_ctrl_set_rx_limits(&ctrl, &rx), 0);
    for (unsigned queue = 0; queue < 8; queue++) {
        EXPECT_EQ(state().max_packets[queue], queue % 2 ? tx.max_packets : rx.max_packets);
        EXPECT_EQ(state().max_usecs[queue], queue % 2 ? tx.max_usecs : rx.max_usecs);
    }
}

TEST_F(VirtioCtrl, LimitsOfOneQueueAreSetAndRead) {
    open();
    virtio_ctrl_limits limits{0x01020304, 0x05060708}, seen{};
    ASSERT_EQ(virtio_ctrl_set_queue_limits(&ctrl, 5, &limits), 0) << pci.error;
    EXPECT_EQ(state().max_packets[5], limits.max_packets);
    EXPECT_EQ(state().max_packets[3], 0u);
    ASSERT_EQ(virtio_ctrl_get_queue_limits(&ctrl, 5, &seen), 0) << pci.error;
    EXPECT_EQ(seen.max_packets, limits.max_packets);
    EXPECT_EQ(seen.max_usecs, limits.max_usecs);
    EXPECT_EQ(virtio_ctrl_get_queue_limits(&ctrl, 8, &seen), -EINVAL) << "the control queue has none";
}

TEST_F(VirtioCtrl, ManyCommandsGoRoundTheRing) {
    open();
    for (uint16_t i = 0; i < 200; i++) {
        ASSERT_EQ(virtio_ctrl_set_pairs(&ctrl, static_cast<uint16_t>(1 + i % 4)), 0) << i;
        ASSERT_EQ(state().pairs, 1u + i % 4);
    }
    EXPECT_EQ(fake_platform_interrupts(fake, 0), 0u);
}

TEST_F(VirtioCtrl, SilenceTimesOutAndTheQueueIsStuck) {
    config.device.control = FAKE_CONTROL_SILENT;
    open();
    EXPECT_EQ(virtio_ctrl_set_pairs(&ctrl, 2), -ETIMEDOUT);
    EXPECT_TRUE(error_has("did not answer")) << pci.error;
    EXPECT_EQ(virtio_ctrl_set_pairs(&ctrl, 2), -EIO);
    EXPECT_TRUE(error_has("stuck")) << pci.error;
}

TEST_F(VirtioCtrl, NonsenseIsNoAnswer) {
    config.device.control = FAKE_CONTROL_GARBLES;
    open();
    EXPECT_EQ(virtio_ctrl_set_pairs(&ctrl, 2), -EIO);
    EXPECT_TRUE(error_has("no answer")) << pci.error;
    virtio_ctrl_limits seen{};
    EXPECT_EQ(virtio_ctrl_get_queue_limits(&ctrl, 1, &seen), -EIO) << "an answer that is too short";
}

TEST_F(VirtioCtrl, AbsentQueueIsReported) {
    config.device.features &= ~control;
    open();
    EXPECT_EQ(opened, -ENOTSUP);
    EXPECT_TRUE(error_has("no control queue")) << pci.error;
}

TEST_F(VirtioCtrl, QueueThatHoldsNoCommandIsReported) {
    config.device.queue_size = 1;
    open();
    EXPECT_EQ(opened, -ENODEV);
    EXPECT_TRUE(error_has("too small")) << pci.error;
}

TEST_F(VirtioCtrl, OpeningWithoutMemoryLeavesNothingBehind) {
    config.fail_allocation = 2;
    open();
    EXPECT_EQ(opened, -ENOMEM);
}

}  // namespace
