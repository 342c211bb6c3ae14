// SPDX-License-Identifier: Apache-2.0
#include <Vpcie_cfg.h>
#include <gtest/gtest.h>

#include <set>

#include "bench.h"
#include "regmap.h"

namespace {

struct PcieCfg : ::testing::Test {
    Bench<Vpcie_cfg> b;

    PcieCfg() {
        b->cfg_valid_i = b->cfg_write_i = b->capture_valid_i = b->capture_id_i = b->ur_i = b->interrupt_i = 0;
        b.reset();
    }

    uint32_t read(uint32_t offset) {
        b->cfg_valid_i = 1;
        b->cfg_write_i = 0;
        b->cfg_addr_i = static_cast<uint16_t>(offset & ~3u);
        b->cfg_be_i = 15;
        b.tick();
        b->cfg_valid_i = 0;
        b.settle();
        return b->cfg_rdata_o >> 8 * (offset & 3);
    }
    uint32_t read8(uint32_t offset) { return read(offset) & 0xFF; }
    uint32_t read16(uint32_t offset) { return read(offset) & 0xFFFF; }

    void write(uint32_t offset, uint32_t value, unsigned bytes = 4) {
        b->cfg_valid_i = b->cfg_write_i = 1;
        b->cfg_addr_i = static_cast<uint16_t>(offset & ~3u);
        b->cfg_be_i = static_cast<uint8_t>(((1u << bytes) - 1) << (offset & 3));
        b->cfg_wdata_i = value << 8 * (offset & 3);
        b.tick();
        b->cfg_valid_i = b->cfg_write_i = 0;
        b.settle();
    }
};

TEST_F(PcieCfg, ClauseV_4_1_2_IdentifiesAModernNetworkDevice) {  // VIRTIO C2, C3
    EXPECT_EQ(read(0), 0x10411AF4u);
    EXPECT_EQ(read(PCI_CFG_REVISION_CLASS), 0x02000001u);
    EXPECT_EQ(read(PCI_CFG_SUBSYSTEM), 0x00401AF4u);
    EXPECT_EQ(read8(PCI_CFG_HEADER + 2), 0u);
}

TEST_F(PcieCfg, ClauseP_7_5_1_2_1_Bar0SizesAs64KiBOf64BitMemory) {  // VIRTIO C1
    write(PCI_CFG_BAR0, 0xFFFFFFFF);
    write(PCI_CFG_BAR0_HIGH, 0xFFFFFFFF);
    EXPECT_EQ(read(PCI_CFG_BAR0), 0xFFFF0004u);
    EXPECT_EQ(read(PCI_CFG_BAR0_HIGH), 0xFFFFFFFFu);
    for (uint32_t bar = PCI_CFG_BAR0_HIGH + 4; bar < 0x28; bar += 4) {
        write(bar, 0xFFFFFFFF);
        EXPECT_EQ(read(bar), 0u) << "BAR at " << bar;
    }
    write(PCI_CFG_BAR0, 0x12340000);
    write(PCI_CFG_BAR0_HIGH, 0x56);
    EXPECT_EQ(b->bar0_o, 0x5612340000u);
}

TEST_F(PcieCfg, CommandBitsReachTheirOutputsAndOthersStay0) {
    EXPECT_FALSE(b->memory_enable_o);
    EXPECT_FALSE(b->bus_master_o);
    write(PCI_CFG_COMMAND, 0xFFFF, 2);
    EXPECT_EQ(read16(PCI_CFG_COMMAND), 0x0546u);
    EXPECT_TRUE(b->memory_enable_o);
    EXPECT_TRUE(b->bus_master_o);
    write(PCI_CFG_COMMAND + 1, 0, 1);  // the high byte alone
    EXPECT_EQ(read16(PCI_CFG_COMMAND), 0x0046u);
}

TEST_F(PcieCfg, CacheLineAndInterruptLineKeepWhatSoftwareWrites) {
    write(PCI_CFG_HEADER, 0xFFFFFF10);  // latency, header type and BIST are read only
    EXPECT_EQ(read(PCI_CFG_HEADER), 0x10u);
    write(PCI_CFG_HEADER + 1, 0xFF, 1);
    EXPECT_EQ(read(PCI_CFG_HEADER), 0x10u) << "written without its byte enable";
    const uint32_t pin = read(PCI_CFG_INTERRUPT) & ~0xFFu;
    write(PCI_CFG_INTERRUPT, 0xFFFFFF0B);
    EXPECT_EQ(read(PCI_CFG_INTERRUPT), pin | 0x0Bu);
    write(PCI_CFG_INTERRUPT + 1, 0xFF, 1);
    EXPECT_EQ(read(PCI_CFG_INTERRUPT), pin | 0x0Bu) << "written without its byte enable";
}

TEST_F(PcieCfg, StatusShowsTheCapabilityListAndThePendingInterrupt) {  // VIRTIO C29
    EXPECT_EQ(read16(PCI_CFG_STATUS), 1u << PCI_STATUS_CAPABILITY_LIST_BIT);
    b->interrupt_i = 1;
    EXPECT_EQ(read16(PCI_CFG_STATUS), 1u << PCI_STATUS_CAPABILITY_LIST_BIT | 1u << PCI_STATUS_INTERRUPT_BIT);
}

TEST_F(PcieCfg, CapabilityListVisitsEachCapabilityOnceAndEnds) {  // VIRTIO C1, C7, C21, C26, C31, C32
    std::multiset<uint32_t> ids;
    std::set<uint32_t> virtio_types;
    uint32_t at = read8(PCI_CFG_CAPABILITIES);
    for (int i = 0; at != 0 && i < 20; ++i, at = read8(at + 1)) {
        EXPECT_EQ(at % 4, 0u);
        ids.insert(read8(at));
        if (read8(at) == PCI_CAP_ID_VENDOR) virtio_types.insert(read8(at + 3));
    }
    EXPECT_EQ(at, 0u);
    EXPECT_EQ(ids, (std::multiset<uint32_t>{PCI_CAP_ID_VENDOR, PCI_CAP_ID_VENDOR, PCI_CAP_ID_VENDOR, PCI_CAP_ID_VENDOR,
                                            PCI_CAP_ID_VENDOR, PCI_CAP_ID_EXPRESS, PCI_CAP_ID_MSIX}));
    EXPECT_EQ(virtio_types, (std::set<uint32_t>{1, 2, 3, 4, 5}));
}

TEST_F(PcieCfg, ClauseV_4_1_4_VirtioCapabilitiesNameTheBlocksOfBar0) {  // VIRTIO C5, C6, C22, C23, C24, C25, C31
    struct { uint32_t at, cap_len, offset, length; } const rows[] = {
        {PCI_CAP_VIRTIO_COMMON, 16, BAR0_COMMON, VIRTIO_COMMON_BYTES},
        {PCI_CAP_VIRTIO_NOTIFY, 20, BAR0_NOTIFY, 2 * BAR0_NOTIFY_MULTIPLIER},
        {PCI_CAP_VIRTIO_ISR, 16, BAR0_ISR, 1},
        {PCI_CAP_VIRTIO_DEVICE, 16, BAR0_DEVICE, VIRTIO_NET_CONFIG_BYTES},
        {PCI_CAP_VIRTIO_PCI_CFG, 20, 0, 0}};
    for (const auto& row : rows) {
        EXPECT_EQ(read8(row.at + 2), row.cap_len);
        EXPECT_EQ(read(row.at + VIRTIO_PCI_CAP_BAR), 0u);
        EXPECT_EQ(read(row.at + VIRTIO_PCI_CAP_OFFSET), row.offset);
        EXPECT_EQ(read(row.at + VIRTIO_PCI_CAP_LENGTH), row.length);
    }
    EXPECT_EQ(read(PCI_CAP_VIRTIO_NOTIFY + VIRTIO_PCI_CAP_NOTIFY_MULTIPLIER), uint32_t{BAR0_NOTIFY_MULTIPLIER});
}

TEST_F(PcieCfg, ClauseP_7_5_3_ExpressCapabilityOffers512BytePayloadExtendedTagsAndFlr) {  // VIRTIO C1
    EXPECT_EQ(read16(PCI_CAP_EXPRESS + PCI_EXP_CAPABILITIES), 2u);
    const uint32_t devcap = read(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CAPABILITIES);
    EXPECT_EQ(devcap & 7, 2u);
    EXPECT_TRUE(devcap & 1u << PCI_EXP_DEVCAP_EXTENDED_TAG_BIT);
    EXPECT_TRUE(devcap & 1u << PCI_EXP_DEVCAP_FLR_BIT);
    EXPECT_EQ(read(PCI_CAP_EXPRESS + PCI_EXP_LINK_CAPABILITIES), 0x83u);
    EXPECT_EQ(read16(PCI_CAP_EXPRESS + PCI_EXP_LINK_STATUS), 0x83u);
    EXPECT_EQ(read(PCI_CAP_EXPRESS + PCI_EXP_LINK_CAPABILITIES_2), 0xEu);
}

TEST_F(PcieCfg, DeviceControlSetsPayloadReadSizeAndTags) {
    EXPECT_EQ(b->mps_o, 0);
    EXPECT_EQ(b->mrrs_o, 2);
    EXPECT_FALSE(b->ext_tag_o);
    write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 1u << 8 | 1u << 5 | 5u << 12, 2);
    EXPECT_EQ(b->mps_o, 1);
    EXPECT_EQ(b->mrrs_o, 5);
    EXPECT_TRUE(b->ext_tag_o);
}

TEST_F(PcieCfg, PayloadSizeIsNeverLargerThanSupported) {
    write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 5u << PCI_EXP_DEVCTL_MPS_LSB, 2);
    EXPECT_EQ(b->mps_o, 2);
}

TEST_F(PcieCfg, ReadSizeIsNeverAReservedValue) {   // [P] 7.5.3.4: 6 and 7 would be 8192 bytes and more
    for (const unsigned value : {6u, 7u}) {
        write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, value << PCI_EXP_DEVCTL_MRRS_LSB, 2);
        EXPECT_EQ(b->mrrs_o, 5);
    }
}

TEST_F(PcieCfg, ClauseP_7_5_3_16_CompletionTimeoutHasARangeAndCanBeDisabled) {
    EXPECT_EQ(read(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CAPABILITIES_2), 0x11u);
    EXPECT_EQ(b->timeout_o, 0);
    EXPECT_FALSE(b->timeout_off_o);
    write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL_2, 0xFFF2, 2);
    EXPECT_EQ(b->timeout_o, 2);
    EXPECT_TRUE(b->timeout_off_o);
    EXPECT_EQ(read16(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL_2), 0x12u);
    write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL_2 + 1, 0xFF, 1);
    EXPECT_EQ(read16(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL_2), 0x12u);
}

TEST_F(PcieCfg, ClauseP_7_5_3_5_UnsupportedRequestIsRememberedUntilCleared) {
    b->ur_i = 1;
    b.tick();
    b->ur_i = 0;
    EXPECT_EQ(read16(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_STATUS), 8u);
    write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 0, 2);
    EXPECT_EQ(read16(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_STATUS), 8u);
    write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_STATUS, 8, 2);
    EXPECT_EQ(read16(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_STATUS), 0u);
}

TEST_F(PcieCfg, ClauseP_7_7_2_MsixCapabilityIsTruthfulAndControlsTheOutputs) {  // VIRTIO C1, C35
    EXPECT_EQ(read16(PCI_CAP_MSIX + PCI_MSIX_CONTROL), 2u);  // three vectors
    EXPECT_EQ(read(PCI_CAP_MSIX + PCI_MSIX_TABLE), uint32_t{BAR0_MSIX_TABLE});
    EXPECT_EQ(read(PCI_CAP_MSIX + PCI_MSIX_PBA), uint32_t{BAR0_MSIX_PBA});
    write(PCI_CAP_MSIX + PCI_MSIX_CONTROL, 1u << PCI_MSIX_CONTROL_ENABLE_BIT | 1u << PCI_MSIX_CONTROL_FUNCTION_MASK_BIT, 2);
    EXPECT_TRUE(b->msix_enable_o);
    EXPECT_TRUE(b->msix_mask_o);
    EXPECT_EQ(read16(PCI_CAP_MSIX + PCI_MSIX_CONTROL), 0xC002u);
}

TEST_F(PcieCfg, ClauseP_6_6_2_FunctionLevelResetClearsAllButTheCapturedId) {  // VIRTIO C1
    b->capture_valid_i = 1;
    b->capture_id_i = 0x0308;
    b.tick();
    b->capture_valid_i = 0;
    write(PCI_CFG_BAR0_HIGH, 0x77);
    write(PCI_CFG_COMMAND, 6, 2);
    write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 1u << PCI_EXP_DEVCTL_INITIATE_FLR_BIT, 2);
    EXPECT_TRUE(b->flr_o);
    b.tick();
    EXPECT_FALSE(b->flr_o);
    EXPECT_EQ(b->bar0_o, 0u);
    EXPECT_FALSE(b->bus_master_o);
    EXPECT_EQ(b->mrrs_o, 2);
    EXPECT_EQ(b->requester_id_o, 0x0308);
    EXPECT_EQ(read16(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL), uint32_t{PCI_EXP_DEVCTL_RESET_VALUE});
}

TEST_F(PcieCfg, ClauseV_4_1_4_9_WindowIsValidForAlignedAccessesInBar0Only) {
    const auto window = [this](uint32_t bar, uint32_t offset, uint32_t length) {
        write(PCI_CAP_VIRTIO_PCI_CFG + VIRTIO_PCI_CAP_BAR, bar, 1);
        write(PCI_CAP_VIRTIO_PCI_CFG + VIRTIO_PCI_CAP_OFFSET, offset);
        write(PCI_CAP_VIRTIO_PCI_CFG + VIRTIO_PCI_CAP_LENGTH, length);
        return bool(b->window_valid_o);
    };
    EXPECT_FALSE(b->window_valid_o);
    EXPECT_TRUE(window(0, 0x14, 1));
    EXPECT_TRUE(window(0, 0x16, 2));
    EXPECT_TRUE(window(0, 0x3004, 4));
    EXPECT_EQ(b->window_offset_o, 0x3004);
    EXPECT_EQ(b->window_length_o, 4);
    EXPECT_FALSE(window(1, 0x14, 1));
    EXPECT_FALSE(window(0, 0x15, 2));
    EXPECT_FALSE(window(0, 0x16, 4));
    EXPECT_FALSE(window(0, 0x14, 3));
    EXPECT_FALSE(window(0, 0x14, 0x104));
    EXPECT_FALSE(window(0, 0x10000, 4));
}

TEST_F(PcieCfg, ReadOnlyRegistersAndTheExtendedSpaceIgnoreWrites) {  // VIRTIO C1
    for (uint32_t offset = 0; offset < 0x200; offset += 4) {
        const uint32_t before = read(offset);
        const bool writable = offset == PCI_CFG_COMMAND || offset == PCI_CFG_HEADER || offset == PCI_CFG_BAR0 ||
                              offset == PCI_CFG_BAR0_HIGH || offset == PCI_CFG_INTERRUPT ||
                              offset == PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL ||
                              offset == PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL_2 || offset == PCI_CAP_MSIX ||
                              (offset > PCI_CAP_VIRTIO_PCI_CFG && offset < PCI_CAP_VIRTIO_PCI_CFG + VIRTIO_PCI_CAP_DATA);
        if (writable) continue;
        write(offset, 0xFFFFFFFF);
        EXPECT_EQ(read(offset), before) << "offset " << offset;
        if (offset >= 0x100) {
            EXPECT_EQ(before, 0u);
        }
    }
}

}  // namespace
