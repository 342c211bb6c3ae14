// SPDX-License-Identifier: Apache-2.0
// Discovery, negotiation, queue set-up, doorbells and reset, as a driver does them over the register bus.
#include "virtio_regs.h"

namespace {

TEST_F(VirtioRegs, ClauseV_4_1_4_3_RegistersHaveTheirResetValues) {  // VIRTIO C13, C14, C39
    EXPECT_EQ(status(), 0u);
    EXPECT_EQ(read(VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2), uint32_t{VIRTIO_MSI_NO_VECTOR});
    EXPECT_EQ(read(VIRTIO_COMMON_NUM_QUEUES, 2), queues);
    for (uint32_t q = 0; q < queues; ++q) {
        select(q);
        EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_SIZE, 2), 1024u);
        EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2), uint32_t{VIRTIO_MSI_NO_VECTOR});
        EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_ENABLE, 2), 0u);
        EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_NOTIFY_OFF, 2), q);
        for (uint32_t at = VIRTIO_COMMON_QUEUE_DESC; at < VIRTIO_COMMON_BYTES; at += 4) EXPECT_EQ(read(at), 0u);
    }
}

TEST_F(VirtioRegs, ClauseV_4_1_4_3_1_OfferedFeaturesAppearInTwoWindowsAndNoOther) {  // VIRTIO B11, C8
    EXPECT_EQ(read(VIRTIO_COMMON_DEVICE_FEATURE), uint32_t(offered));
    write(VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 1);
    EXPECT_EQ(read(VIRTIO_COMMON_DEVICE_FEATURE), uint32_t(offered >> 32));
    write(VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 2);
    EXPECT_EQ(read(VIRTIO_COMMON_DEVICE_FEATURE), 0u);
}

TEST_F(VirtioRegs, ClauseV_2_2_2_AcceptableFeatureSetsKeepFeaturesOk) {  // VIRTIO B4
    EXPECT_TRUE(negotiate(offered));
    EXPECT_EQ(b->features_o, offered);
}
TEST_F(VirtioRegs, AccessPlatformAndTheOptionalFeaturesMayBeDeclined) { EXPECT_TRUE(negotiate(minimal)); }
TEST_F(VirtioRegs, FeatureThatWasNotOfferedIsRefused) {  // VIRTIO B4
    EXPECT_FALSE(negotiate(minimal | UINT64_C(1) << 14));   // HOST_UFO
    EXPECT_EQ(status(), acknowledge | driver);
}
// VIRTIO B4
TEST_F(VirtioRegs, LegacyDriverIsRefused) { EXPECT_FALSE(negotiate(offered & ~REGMAP_BIT(VIRTIO_F_VERSION_1_BIT))); }
// VIRTIO B4
TEST_F(VirtioRegs, DriverWithoutPackedRingsIsRefused) { EXPECT_FALSE(negotiate(offered & ~REGMAP_BIT(VIRTIO_F_RING_PACKED_BIT))); }

TEST_F(VirtioRegs, ClauseV_5_1_3_1_SegmentationNeedsChecksumsAndEcnNeedsTcp) {
    const uint64_t csum = REGMAP_BIT(VIRTIO_NET_F_CSUM_BIT), tso4 = REGMAP_BIT(VIRTIO_NET_F_HOST_TSO4_BIT),
                   tso6 = REGMAP_BIT(VIRTIO_NET_F_HOST_TSO6_BIT), ecn = REGMAP_BIT(VIRTIO_NET_F_HOST_ECN_BIT),
                   uso = REGMAP_BIT(VIRTIO_NET_F_HOST_USO_BIT);
    for (unsigned mask = 0; mask < 32; ++mask) {
        const uint64_t set = (mask & 1 ? csum : 0) | (mask & 2 ? tso4 : 0) | (mask & 4 ? tso6 : 0) | (mask & 8 ? ecn : 0) | (mask & 16 ? uso : 0);
        const bool csum_there = !(set & (tso4 | tso6 | uso)) || (set & csum), tcp_there = !(set & ecn) || (set & (tso4 | tso6));
        EXPECT_EQ(negotiate(minimal | set), csum_there && tcp_there) << mask;
    }
}

TEST_F(VirtioRegs, RefusedDriverMayTryAgain) {
    EXPECT_FALSE(negotiate(0));
    write_features(minimal);
    set_status(acknowledge | driver | features_ok);
    EXPECT_TRUE(status() & features_ok);
}

TEST_F(VirtioRegs, ClauseV_3_1_1_FeaturesAreFrozenByFeaturesOk) {
    ASSERT_TRUE(negotiate(minimal));
    write_features(offered);
    EXPECT_EQ(b->features_o, minimal);
    write(VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 1);
    EXPECT_EQ(read(VIRTIO_COMMON_DRIVER_FEATURE), uint32_t(minimal >> 32));
}

TEST_F(VirtioRegs, DriverOkWithoutFeaturesOkDoesNotStartTheDevice) {
    set_status(acknowledge | driver | driver_ok);
    EXPECT_FALSE(b->driver_ok_o);
}

// [V] 2.1.1: a driver must not clear a bit of the status. What it wrote reads back, but the engines must not be stopped in their work.
TEST_F(VirtioRegs, ADriverThatTakesStatusBitsBackDoesNotStopTheDevice) {
    for (const uint8_t value : {acknowledge, uint8_t(acknowledge | driver), uint8_t(acknowledge | driver | driver_ok),
                                uint8_t(acknowledge | driver | features_ok), failed}) {
        go_live();
        set_status(value);
        EXPECT_EQ(status(), value);
        EXPECT_TRUE(b->driver_ok_o);
        write_features(0);
        EXPECT_EQ(b->features_o, offered) << "still frozen";
        set_status(0);
        EXPECT_FALSE(b->driver_ok_o);
        b->reset_done_i = 1;
        b.tick();
        b->reset_done_i = 0;
        b.settle();
        EXPECT_FALSE(b->driver_ok_o);
        EXPECT_EQ(status(), 0u);
    }
}

TEST_F(VirtioRegs, WritingNeedsResetBackDoesNotSetIt) {
    set_status(acknowledge | needs_reset);
    EXPECT_EQ(status(), acknowledge);
}

TEST_F(VirtioRegs, NeedsResetStaysUntilReset) {
    b->needs_reset_i = 1;
    b.tick();
    b->needs_reset_i = 0;
    EXPECT_EQ(status(), needs_reset);
    set_status(acknowledge | failed);
    EXPECT_EQ(status(), acknowledge | failed | needs_reset);
}

TEST_F(VirtioRegs, ClauseV_4_1_4_3_1_StatusReads0OnlyWhenTheResetIsDone) {  // VIRTIO B5, C11, C12, C39
    go_live();
    write(VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 1, 2);
    set_status(0);
    EXPECT_TRUE(b->reset_req_o);
    EXPECT_FALSE(b->driver_ok_o);
    EXPECT_EQ(status(), acknowledge | driver | features_ok | driver_ok);
    EXPECT_TRUE(b->reset_req_o);
    b->reset_done_i = 1;
    b.tick();
    b->reset_done_i = 0;
    EXPECT_FALSE(b->reset_req_o);
    EXPECT_EQ(status(), 0u);
    EXPECT_EQ(b->features_o, 0u);
    EXPECT_EQ(b->vq_enable_o, 0u);
    EXPECT_EQ(b->config_vector_o, VIRTIO_MSI_NO_VECTOR);
}

TEST_F(VirtioRegs, FunctionLevelResetIsAResetOfTheDevice) {
    go_live();
    b->flr_i = 1;
    b.tick();
    b->flr_i = 0;
    b.settle();
    EXPECT_TRUE(b->reset_req_o);
}

TEST_F(VirtioRegs, QueueRegistersArePerQueueAndReachTheirOutputs) {  // VIRTIO C4
    for (uint32_t q = 0; q < queues; ++q) {
        select(q);
        write(VIRTIO_COMMON_QUEUE_SIZE, 256 + q, 2);
        write(VIRTIO_COMMON_QUEUE_MSIX_VECTOR, q, 2);
        write(VIRTIO_COMMON_QUEUE_DESC, 0x1000 * (q + 1));
        write(VIRTIO_COMMON_QUEUE_DESC + 4, 0xA0 + q);
        write(VIRTIO_COMMON_QUEUE_DRIVER + 4, 0xB0 + q);  // the halves in any order
        write(VIRTIO_COMMON_QUEUE_DRIVER, 0x10004 * (q + 1));
        write(VIRTIO_COMMON_QUEUE_DEVICE, 0x20004 * (q + 1));
        write(VIRTIO_COMMON_QUEUE_DEVICE + 4, 0xC0 + q);
        write(VIRTIO_COMMON_QUEUE_ENABLE, 1, 2);
    }
    EXPECT_EQ(b->vq_enable_o, (1u << queues) - 1);
    for (uint32_t q = 0; q < queues; ++q) {
        EXPECT_EQ(b->vq_desc_o[2 * q], 0x1000 * (q + 1));
        EXPECT_EQ(b->vq_desc_o[2 * q + 1], 0xA0 + q);
        EXPECT_EQ(b->vq_driver_o[2 * q], 0x10004 * (q + 1));
        EXPECT_EQ(b->vq_driver_o[2 * q + 1], 0xB0 + q);
        EXPECT_EQ(b->vq_device_o[2 * q], 0x20004 * (q + 1));
        EXPECT_EQ(b->vq_device_o[2 * q + 1], 0xC0 + q);
        EXPECT_EQ(b->vq_size_o >> 16 * q & 0xFFFF, 256 + q);
        EXPECT_EQ(b->vq_vector_o >> 16 * q & 0xFFFF, q);
        select(q);
        EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_SIZE, 2), 256 + q);
        EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_DESC), 0x1000 * (q + 1));
        EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_DEVICE + 4), 0xC0 + q);
    }
}

TEST_F(VirtioRegs, ClauseV_4_1_4_3_1_AbsentQueueHasSize0AndTakesNoWrites) {  // VIRTIO C19
    select(queues);
    write(VIRTIO_COMMON_QUEUE_SIZE, 64, 2);
    write(VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 0, 2);
    write(VIRTIO_COMMON_QUEUE_ENABLE, 1, 2);
    write(VIRTIO_COMMON_QUEUE_DESC, 0x1000);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_SIZE, 2), 0u);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2), uint32_t{VIRTIO_MSI_NO_VECTOR});
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_ENABLE, 2), 0u);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_DESC), 0u);
    EXPECT_EQ(b->vq_enable_o, 0u);
    select(0);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_SIZE, 2), 1024u);
}

TEST_F(VirtioRegs, QueueSizeOf0OrOverTheMaximumIsIgnored) {
    write(VIRTIO_COMMON_QUEUE_SIZE, 0, 2);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_SIZE, 2), 1024u);
    write(VIRTIO_COMMON_QUEUE_SIZE, 1025, 2);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_SIZE, 2), 1024u);
    write(VIRTIO_COMMON_QUEUE_SIZE, 37, 2);  // a packed ring need not be a power of two
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_SIZE, 2), 37u);
}

TEST_F(VirtioRegs, EnabledQueueKeepsSizeAndAddressesButTakesAVector) {
    write(VIRTIO_COMMON_QUEUE_DESC, 0x1000);
    write(VIRTIO_COMMON_QUEUE_ENABLE, 1, 2);
    write(VIRTIO_COMMON_QUEUE_DESC, 0x2000);
    write(VIRTIO_COMMON_QUEUE_SIZE, 64, 2);
    write(VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 1, 2);
    write(VIRTIO_COMMON_QUEUE_ENABLE, 0, 2);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_DESC), 0x1000u);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_SIZE, 2), 1024u);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2), 1u);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_ENABLE, 2), 1u);
}

TEST_F(VirtioRegs, ARingAcrossTheEndOfTheAddressSpaceIsNotEnabled) {
    const struct { uint64_t address; uint32_t size; bool good; } cases[] = {
        {~0ull, 1, true},   // aligned down, its only slot is the last one
        {0ull - 16 * 64, 64, true}, {0ull - 16 * 64, 65, false}, {0ull - 16, 1024, false},
        {0xFFFFFFFF00000000 - 16, 1024, true}, {0xFFFFFFF0, 1024, true},
    };
    for (const auto& c : cases) {
        write(VIRTIO_COMMON_QUEUE_SIZE, c.size, 2);
        write(VIRTIO_COMMON_QUEUE_DESC, uint32_t(c.address));
        write(VIRTIO_COMMON_QUEUE_DESC + 4, uint32_t(c.address >> 32));
        write(VIRTIO_COMMON_QUEUE_ENABLE, 1, 2);
        EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_ENABLE, 2), c.good) << std::hex << c.address;
        set_status(0);
        b->reset_done_i = 1;
        b.tick();
        b->reset_done_i = 0;
    }
}

TEST_F(VirtioRegs, ClauseV_2_8_AddressBitsBelowTheAlignmentAre0) {
    for (uint32_t at = VIRTIO_COMMON_QUEUE_DESC; at <= VIRTIO_COMMON_QUEUE_DEVICE; at += 8) write(at, 0xFFFFFFFF);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_DESC), 0xFFFFFFF0u);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_DRIVER), 0xFFFFFFFCu);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_DEVICE), 0xFFFFFFFCu);
}

TEST_F(VirtioRegs, ClauseV_4_1_5_1_2_VectorThatDoesNotExistReadsBackAsNone) {  // VIRTIO C38, C40
    write(VIRTIO_COMMON_CONFIG_MSIX_VECTOR, queues, 2);
    EXPECT_EQ(read(VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2), queues);
    write(VIRTIO_COMMON_CONFIG_MSIX_VECTOR, queues + 1, 2);
    EXPECT_EQ(read(VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 2), uint32_t{VIRTIO_MSI_NO_VECTOR});
    write(VIRTIO_COMMON_QUEUE_MSIX_VECTOR, queues + 1, 2);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2), uint32_t{VIRTIO_MSI_NO_VECTOR});
}

TEST_F(VirtioRegs, WriteOfOneFieldLeavesItsNeighbourInTheDoubleWordAlone) {
    write(VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 1, 2);
    write(VIRTIO_COMMON_QUEUE_SIZE, 64, 2);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2), 1u);
    select(1);
    set_status(acknowledge);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_SELECT, 2), 1u);
    select(0);
    EXPECT_EQ(status(), acknowledge);
    EXPECT_FALSE(b->reset_req_o);
}

TEST_F(VirtioRegs, ClauseV_4_1_5_2_DoorbellWithDataCarriesSlotAndWrapCounter) {
    go_live();
    EXPECT_TRUE(doorbell(1, 0x80050001, 4));
    EXPECT_TRUE(b->stat_doorbell_o);
    EXPECT_TRUE(b->db_has_data_o);
    EXPECT_EQ(b->db_queue_o, 1);
    EXPECT_EQ(b->db_data_o, 0x8005);
    b.tick();
    EXPECT_FALSE(b->db_valid_o);
    EXPECT_FALSE(doorbell(1, 1, 2)) << "wrong width";
}

TEST_F(VirtioRegs, ClauseV_4_1_5_2_DoorbellWithoutDataIs16Bits) {
    go_live(minimal);
    EXPECT_TRUE(doorbell(1, 1, 2));
    EXPECT_FALSE(b->db_has_data_o);
    EXPECT_EQ(b->db_queue_o, 1);
    EXPECT_FALSE(doorbell(1, 1, 4)) << "wrong width";
}

TEST_F(VirtioRegs, DoorbellOfAQueueThatDoesNotRunIsIgnored) {  // VIRTIO B1
    EXPECT_FALSE(doorbell(0, 0, 4)) << "before DRIVER_OK";
    ASSERT_TRUE(negotiate(offered));
    select(0);
    write(VIRTIO_COMMON_QUEUE_ENABLE, 1, 2);
    EXPECT_FALSE(doorbell(0, 0, 4)) << "before DRIVER_OK";
    set_status(acknowledge | driver | features_ok | driver_ok);
    EXPECT_TRUE(doorbell(0, 0, 4));
    EXPECT_FALSE(doorbell(1, 1, 4)) << "not enabled";
    EXPECT_FALSE(doorbell(queues, queues, 4)) << "absent";
    EXPECT_FALSE(doorbell(0, 1, 4)) << "queue number and address disagree";
}

TEST_F(VirtioRegs, ClauseV_4_1_4_5_IsrShowsItsCausesAndReadingClears) {  // VIRTIO C30
    b->isr_queue_i = 1;
    b.tick();
    b->isr_queue_i = 0;
    b.settle();
    EXPECT_TRUE(b->isr_pending_o);
    EXPECT_EQ(bus_read(b, BAR0_ISR, 1), 1u << VIRTIO_ISR_QUEUE_BIT);
    EXPECT_FALSE(b->isr_pending_o);
    EXPECT_EQ(bus_read(b, BAR0_ISR, 1), 0u);
}

TEST_F(VirtioRegs, NetworkConfigurationShowsMacLinkAndPairs) {  // VIRTIO N1
    const uint8_t mac[] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66};
    for (uint32_t i = 0; i < 6; ++i) EXPECT_EQ(bus_read(b, BAR0_DEVICE + i, 1), mac[i]);
    EXPECT_EQ(bus_read(b, BAR0_DEVICE + VIRTIO_NET_CONFIG_STATUS, 2), 0u);
    b->link_up_i = 1;
    b.tick();
    EXPECT_EQ(bus_read(b, BAR0_DEVICE + VIRTIO_NET_CONFIG_STATUS, 2), 1u);
    EXPECT_EQ(bus_read(b, BAR0_DEVICE + VIRTIO_NET_CONFIG_MAX_VIRTQUEUE_PAIRS, 2), queues / 2);
    bus_write(b, BAR0_DEVICE, 0xFFFFFFFF);
    EXPECT_EQ(bus_read(b, BAR0_DEVICE), 0x44332211u);
}

TEST_F(VirtioRegs, ClauseV_2_5_2_GenerationMovesWhenAChangedConfigurationIsRead) {  // VIRTIO C10
    bus_read(b, BAR0_DEVICE);
    const uint32_t before = read(VIRTIO_COMMON_CONFIG_GENERATION, 1);
    bus_read(b, BAR0_DEVICE);
    EXPECT_EQ(read(VIRTIO_COMMON_CONFIG_GENERATION, 1), before);
    for (int i = 0; i < 512; ++i) {  // many changes must not alias
        b->link_up_i = !b->link_up_i;
        b.tick();
    }
    for (int i = 0; i < 10; ++i) b.tick();  // a change waits to be read
    bus_read(b, BAR0_DEVICE);
    EXPECT_NE(read(VIRTIO_COMMON_CONFIG_GENERATION, 1), before);
}

TEST_F(VirtioRegs, LinkChangeInterruptsALiveDeviceOnce) {  // VIRTIO C27
    go_live();
    write(VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 0, 2);
    b->link_up_i = 1;
    b.tick();
    b.tick();
    EXPECT_TRUE(b->cfgirq_valid_o);
    b->cfgirq_ready_i = 1;
    b.tick();
    EXPECT_FALSE(b->cfgirq_valid_o);
    EXPECT_EQ(bus_read(b, BAR0_ISR, 1), 1u << VIRTIO_ISR_CONFIG_BIT);
}

TEST_F(VirtioRegs, ClauseV_2_1_2_NeedsResetOfALiveDeviceInterrupts) {  // VIRTIO B2
    go_live();
    write(VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 0, 2);
    b->needs_reset_i = 1;
    b.tick();
    b->needs_reset_i = 0;
    EXPECT_TRUE(b->cfgirq_valid_o);
    EXPECT_TRUE(status() & needs_reset);
}

TEST_F(VirtioRegs, LinkChangeIsSilentBeforeDriverOkAndWithoutAVector) {  // VIRTIO B1, C42
    write(VIRTIO_COMMON_CONFIG_MSIX_VECTOR, 0, 2);
    b->link_up_i = 1;
    b.tick();
    b.tick();
    EXPECT_FALSE(b->cfgirq_valid_o);
    go_live();
    write(VIRTIO_COMMON_CONFIG_MSIX_VECTOR, VIRTIO_MSI_NO_VECTOR, 2);
    b->link_up_i = 0;
    b.tick();
    b.tick();
    EXPECT_FALSE(b->cfgirq_valid_o);
    EXPECT_EQ(bus_read(b, BAR0_ISR, 1), 1u << VIRTIO_ISR_CONFIG_BIT);
}

TEST_F(VirtioRegs, IsNotIdleWhileAResetIsUnderWay) {
    b.tick();
    EXPECT_TRUE(b->idle_o);
    set_status(0);
    EXPECT_FALSE(b->idle_o);
}

// ---- RING_RESET
TEST_F(VirtioRegs, ClauseV_2_6_1_AQueueResetEndsWithItsRegistersAtTheirResetValues) {  // VIRTIO C15, C16, C17, C18
    go_live();
    select(1);
    write(VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 1, 2);
    write(VIRTIO_COMMON_QUEUE_RESET, 1, 2);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_RESET, 2), 1u);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_ENABLE, 2), 1u);
    EXPECT_EQ(b->vq_reset_o, 2u);
    b->vq_reset_done_i = 2;
    b.tick();
    b->vq_reset_done_i = 0;
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_RESET, 2), 0u);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_ENABLE, 2), 0u);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_SIZE, 2), 1024u);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_MSIX_VECTOR, 2), uint32_t{VIRTIO_MSI_NO_VECTOR});
    select(0);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_ENABLE, 2), 1u) << "the other queue runs on";
    select(1);
    write(VIRTIO_COMMON_QUEUE_SIZE, 16, 2);
    write(VIRTIO_COMMON_QUEUE_ENABLE, 1, 2);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_ENABLE, 2), 1u);
    EXPECT_EQ(read(VIRTIO_COMMON_QUEUE_RESET, 2), 0u);
}

TEST_F(VirtioRegs, ClauseV_2_6_1_QueueResetNeedsRingResetAndTheValue1) {
    go_live(offered & ~REGMAP_BIT(VIRTIO_F_RING_RESET_BIT));
    write(VIRTIO_COMMON_QUEUE_RESET, 1, 2);
    EXPECT_EQ(b->vq_reset_o, 0u);
    b.reset();
    b.tick();
    go_live();
    write(VIRTIO_COMMON_QUEUE_RESET, 0, 2);
    write(VIRTIO_COMMON_QUEUE_NOTIFY_DATA, 1, 2);
    EXPECT_EQ(b->vq_reset_o, 0u);
}

TEST_F(VirtioRegs, ClauseV_5_1_4_FieldsOfOfferedFeaturesAreThereBeforeFeaturesOk) {  // VIRTIO B7, N2, N6, N7
    auto config = [&](uint32_t at, unsigned bytes) { return bus_read(b, BAR0_DEVICE + at, bytes); };
    EXPECT_EQ(config(VIRTIO_NET_CONFIG_MAC, 4), 0x44332211u);
    EXPECT_EQ(config(VIRTIO_NET_CONFIG_MAC + 4, 2), 0x6655u);
    EXPECT_EQ(config(VIRTIO_NET_CONFIG_MTU, 2), 9000u);
    EXPECT_EQ(config(VIRTIO_NET_CONFIG_RSS_MAX_KEY_SIZE, 1), 40u);
    EXPECT_EQ(config(VIRTIO_NET_CONFIG_RSS_MAX_TABLE, 2), 128u);
    EXPECT_EQ(config(VIRTIO_NET_CONFIG_HASH_TYPES, 4), 0x3Fu);
}

// [V] 2.5.2: what the driver set itself is a change too, though not one that interrupts.
TEST_F(VirtioRegs, ANewAddressChangesTheGenerationAndInterruptsNobody) {  // VIRTIO C10
    go_live();
    const uint32_t before = read(VIRTIO_COMMON_CONFIG_GENERATION, 1);
    b->mac_set_i = 1;
    b->mac_address_i = 0x0A0908070605;
    b.tick();
    b->mac_set_i = 0;
    for (int i = 0; i < 5; ++i) {
        b.tick();
        EXPECT_FALSE(b->cfgirq_valid_o);
    }
    EXPECT_EQ(bus_read(b, BAR0_DEVICE + VIRTIO_NET_CONFIG_MAC, 4), 0x08070605u);
    EXPECT_NE(read(VIRTIO_COMMON_CONFIG_GENERATION, 1), before);
}

TEST_F(VirtioRegs, ClauseV_5_1_3_1_FeaturesOfTheControlQueueNeedIt) {  // VIRTIO B4
    for (uint32_t bit : {uint32_t{VIRTIO_NET_F_NOTF_COAL_BIT}, uint32_t{VIRTIO_NET_F_VQ_NOTF_COAL_BIT}, uint32_t{VIRTIO_NET_F_CTRL_RX_BIT},
                         uint32_t{VIRTIO_NET_F_CTRL_VLAN_BIT}, uint32_t{VIRTIO_NET_F_CTRL_RX_EXTRA_BIT},
                         uint32_t{VIRTIO_NET_F_CTRL_MAC_ADDR_BIT}, uint32_t{VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT}, uint32_t{VIRTIO_NET_F_HASH_REPORT_BIT}}) {
        b.reset();
        b.tick();
        EXPECT_FALSE(negotiate(minimal | REGMAP_BIT(bit)));
        b.reset();
        b.tick();
        EXPECT_TRUE(negotiate(minimal | REGMAP_BIT(bit) | REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT)));
    }
}

}  // namespace
