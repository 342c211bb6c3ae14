// SPDX-License-Identifier: Apache-2.0
// The transport against a device that is right, and against devices that are wrong in one way each.
#include <gtest/gtest.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <string>

#include "fake_platform.h"
#include "regmap.h"
#include "virtio_pci.h"

namespace {

const uint64_t required = REGMAP_BIT(VIRTIO_F_VERSION_1_BIT) | REGMAP_BIT(VIRTIO_F_RING_PACKED_BIT);
const uint64_t wanted = REGMAP_BIT(VIRTIO_F_IN_ORDER_BIT) | REGMAP_BIT(VIRTIO_F_NOTIFICATION_DATA_BIT) | REGMAP_BIT(VIRTIO_NET_F_MAC_BIT);

class VirtioPci : public testing::Test {
protected:
    VirtioPci() { fake_platform_config_default(&config); }
    ~VirtioPci() override {
        if (vq) vq_destroy(vq);
        if (fake) {
            EXPECT_EQ(fake_platform_destroy(fake), 0u);
        }
    }
    void boot() { fake = fake_platform_create(&config); }
    int negotiate() {
        boot();
        int error = virtio_pci_open(&pci, fake_platform_seam(fake));
        if (!error) error = virtio_pci_reset(&pci, true);
        if (!error) error = virtio_pci_negotiate(&pci, required, wanted);
        return error;
    }
    void make_ring(uint16_t size) {
        vq_config ring{};
        ring.queue = FAKE_QUEUE_TX;
        ring.size = size;
        ring.notification_data = true;
        ring.name = "tx";
        ASSERT_EQ(vq_create(&vq, fake_platform_seam(fake), &ring), 0);
    }
    fake_device_state state() {
        fake_device_state device;
        fake_device_get_state(fake, &device);
        return device;
    }

    fake_platform_config config;
    fake_platform* fake = nullptr;
    vq_packed* vq = nullptr;
    virtio_pci pci;
};

TEST_F(VirtioPci, FollowsTheOrderOfTheSpecification) {  // [V] 3.1.1
    ASSERT_EQ(negotiate(), 0) << pci.error;
    make_ring(64);
    ASSERT_EQ(virtio_pci_map_config_vector(&pci, 0), 0);
    ASSERT_EQ(virtio_pci_setup_queue(&pci, FAKE_QUEUE_TX, vq, 2), 0) << pci.error;
    virtio_pci_enable_queue(&pci, FAKE_QUEUE_TX);
    virtio_pci_driver_ok(&pci);
    EXPECT_STREQ(state().writes, "radwwfcqqveo");
    EXPECT_EQ(state().size[FAKE_QUEUE_TX], 64);
    EXPECT_EQ(state().vector[FAKE_QUEUE_TX], 2);
    EXPECT_TRUE(state().enabled[FAKE_QUEUE_TX]);
    vq_kick(vq);
    EXPECT_EQ(state().doorbells[FAKE_QUEUE_TX], 1u);
    EXPECT_EQ(state().last_doorbell[FAKE_QUEUE_TX], 0x80000001u);
    EXPECT_EQ(fake_platform_violation_count(fake), 0u);
    EXPECT_EQ(virtio_pci_reset(&pci, true), 0);
}

TEST_F(VirtioPci, AcceptsOnlyWhatIsOfferedAndKnown) {
    config.device.features |= REGMAP_BIT(VIRTIO_F_RING_RESET_BIT);
    config.device.features &= ~REGMAP_BIT(VIRTIO_F_IN_ORDER_BIT);
    ASSERT_EQ(negotiate(), 0);
    EXPECT_EQ(state().driver_features, (required | wanted) & ~REGMAP_BIT(VIRTIO_F_IN_ORDER_BIT));
    EXPECT_FALSE(virtio_pci_has(&pci, VIRTIO_F_IN_ORDER_BIT));
    EXPECT_TRUE(virtio_pci_has(&pci, VIRTIO_F_RING_PACKED_BIT));
}

TEST_F(VirtioPci, ResetWaitsUntilStatusReadsZero) {
    config.device.reset_polls = 20;
    boot();
    ASSERT_EQ(virtio_pci_open(&pci, fake_platform_seam(fake)), 0);
    EXPECT_EQ(virtio_pci_reset(&pci, true), 0);
    EXPECT_EQ(virtio_pci_status(&pci), 0);
}

TEST_F(VirtioPci, ResetThatNeverEndsTimesOut) {
    config.device.reset_polls = UINT_MAX;
    boot();
    ASSERT_EQ(virtio_pci_open(&pci, fake_platform_seam(fake)), 0);
    EXPECT_EQ(virtio_pci_reset(&pci, true), -ETIMEDOUT);
    EXPECT_EQ(virtio_pci_reset(&pci, false), -ETIMEDOUT);
}

TEST_F(VirtioPci, MissingRequiredFeatureFailsTheDevice) {
    config.device.features &= ~REGMAP_BIT(VIRTIO_F_RING_PACKED_BIT);
    EXPECT_EQ(negotiate(), -ENOTSUP);
    EXPECT_NE(std::string(pci.error).find("does not offer"), std::string::npos);
    EXPECT_EQ(state().status & 1u << VIRTIO_STATUS_FAILED_BIT, 1u << VIRTIO_STATUS_FAILED_BIT);
}

TEST_F(VirtioPci, RefusedFeaturesFailTheDevice) {
    config.device.refuse_features = true;
    EXPECT_EQ(negotiate(), -ENOTSUP);
    EXPECT_NE(std::string(pci.error).find("refused"), std::string::npos);
}

class VirtioPciStructure : public VirtioPci, public testing::WithParamInterface<unsigned> {};
TEST_P(VirtioPciStructure, ThatIsMissingIsReported) {
    config.device.hidden_capability = GetParam();
    boot();
    EXPECT_EQ(virtio_pci_open(&pci, fake_platform_seam(fake)), -ENXIO);
    EXPECT_NE(std::string(pci.error).find("no capability names"), std::string::npos);
}
INSTANTIATE_TEST_SUITE_P(Types, VirtioPciStructure, testing::Values(1u, 2u, 3u, 4u));

TEST_F(VirtioPci, VectorThatCannotBeMappedFails) {
    config.device.refuse_vectors = true;
    ASSERT_EQ(negotiate(), 0);
    EXPECT_EQ(virtio_pci_map_config_vector(&pci, 0), -EBUSY);
    make_ring(64);
    EXPECT_EQ(virtio_pci_setup_queue(&pci, FAKE_QUEUE_TX, vq, 1), -EBUSY);
}

TEST_F(VirtioPci, RingLargerThanTheDevicesIsRefused) {
    ASSERT_EQ(negotiate(), 0);
    make_ring(257);
    EXPECT_EQ(virtio_pci_setup_queue(&pci, FAKE_QUEUE_TX, vq, 1), -EINVAL);
}

TEST_F(VirtioPci, AbsentQueueHasSizeZero) {
    ASSERT_EQ(negotiate(), 0);
    EXPECT_EQ(virtio_pci_queue_size(&pci, FAKE_QUEUE_TX), 256);
    EXPECT_EQ(virtio_pci_queue_size(&pci, 7), 0);
    make_ring(64);
    EXPECT_EQ(virtio_pci_setup_queue(&pci, 7, vq, 1), -ENODEV);
}

TEST_F(VirtioPci, LiveQueueIsNotSetUpAgain) {
    ASSERT_EQ(negotiate(), 0);
    make_ring(64);
    ASSERT_EQ(virtio_pci_setup_queue(&pci, FAKE_QUEUE_TX, vq, 1), 0);
    virtio_pci_enable_queue(&pci, FAKE_QUEUE_TX);
    EXPECT_EQ(virtio_pci_setup_queue(&pci, FAKE_QUEUE_TX, vq, 1), -EBUSY);
    EXPECT_EQ(virtio_pci_reset(&pci, true), 0);
}

TEST_F(VirtioPci, ConfigurationThatChangesUnderTheReadIsReadAgain) {  // [V] 2.5.1
    config.device.generation_changes = 3;
    ASSERT_EQ(negotiate(), 0);
    uint8_t mac[6];
    ASSERT_EQ(virtio_pci_read_config(&pci, VIRTIO_NET_CONFIG_MAC, mac, sizeof(mac)), 0);
    EXPECT_EQ(mac[5], config.device.mac[5] + 3);
}

TEST_F(VirtioPci, ConfigurationThatNeverSettlesFails) {
    config.device.generation_changes = 1000;
    ASSERT_EQ(negotiate(), 0);
    uint8_t mac[6];
    EXPECT_EQ(virtio_pci_read_config(&pci, VIRTIO_NET_CONFIG_MAC, mac, sizeof(mac)), -EAGAIN);
}

TEST_F(VirtioPci, ConfigurationOutsideTheStructureIsRefused) {
    ASSERT_EQ(negotiate(), 0);
    uint8_t bytes[8];
    EXPECT_EQ(virtio_pci_read_config(&pci, VIRTIO_NET_CONFIG_BYTES - 4, bytes, sizeof(bytes)), -EINVAL);
}

TEST_F(VirtioPci, FeatureWithoutWhatItNeedsIsNotAccepted) {  // [V] 2.2.1
    config.device.features |= REGMAP_BIT(VIRTIO_NET_F_MQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_NOTF_COAL_BIT);
    boot();
    ASSERT_EQ(virtio_pci_open(&pci, fake_platform_seam(fake)), 0);
    ASSERT_EQ(virtio_pci_reset(&pci, true), 0);
    ASSERT_EQ(virtio_pci_negotiate(&pci, required, REGMAP_BIT(VIRTIO_NET_F_MQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_NOTF_COAL_BIT) |
                                                       REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT)), 0);
    EXPECT_EQ(state().driver_features, required);
}

class VirtioPciQueueReset : public VirtioPci {
protected:
    void start() {
        fake_platform_config_default(&config);
        config.device.features |= REGMAP_BIT(VIRTIO_F_RING_RESET_BIT);
        config.device.queue_reset_polls = polls;
        boot();
        ASSERT_EQ(virtio_pci_open(&pci, fake_platform_seam(fake)), 0);
        ASSERT_EQ(virtio_pci_reset(&pci, true), 0);
        ASSERT_EQ(virtio_pci_negotiate(&pci, required, wanted | REGMAP_BIT(VIRTIO_F_RING_RESET_BIT)), 0);
        make_ring(64);
        ASSERT_EQ(virtio_pci_setup_queue(&pci, FAKE_QUEUE_TX, vq, 2), 0) << pci.error;
        virtio_pci_enable_queue(&pci, FAKE_QUEUE_TX);
        virtio_pci_driver_ok(&pci);
    }
    unsigned polls = 0;
};

TEST_F(VirtioPciQueueReset, WaitsUntilTheQueueIsFreeAndItCanBeSetUpAgain) {
    for (unsigned count : {0u, 1u, 50u}) {
        polls = count;
        start();
        ASSERT_EQ(virtio_pci_reset_queue(&pci, FAKE_QUEUE_TX), 0) << pci.error;
        EXPECT_FALSE(state().enabled[FAKE_QUEUE_TX]);
        EXPECT_EQ(state().size[FAKE_QUEUE_TX], 256);
        ASSERT_EQ(virtio_pci_setup_queue(&pci, FAKE_QUEUE_TX, vq, 1), 0) << pci.error;
        virtio_pci_enable_queue(&pci, FAKE_QUEUE_TX);
        EXPECT_TRUE(state().enabled[FAKE_QUEUE_TX]);
        EXPECT_EQ(state().vector[FAKE_QUEUE_TX], 1);
        EXPECT_STREQ(state().writes + std::strlen(state().writes) - 5, "sqqve");
        ASSERT_EQ(virtio_pci_reset(&pci, true), 0);
        vq_destroy(vq);
        vq = nullptr;
        EXPECT_EQ(fake_platform_destroy(fake), 0u);
        fake = nullptr;
    }
}

TEST_F(VirtioPciQueueReset, ThatNeverEndsTimesOut) {
    polls = UINT_MAX;
    start();
    EXPECT_EQ(virtio_pci_reset_queue(&pci, FAKE_QUEUE_TX), -ETIMEDOUT);
    EXPECT_NE(std::string(pci.error).find("queue 1"), std::string::npos) << pci.error;
    EXPECT_EQ(virtio_pci_reset(&pci, true), 0);
}

TEST_F(VirtioPci, QueueResetNeedsTheFeature) {
    ASSERT_EQ(negotiate(), 0);
    EXPECT_EQ(virtio_pci_reset_queue(&pci, FAKE_QUEUE_TX), -ENOTSUP);
}

}  // namespace
