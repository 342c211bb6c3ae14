// SPDX-License-Identifier: Apache-2.0
#include <Vmsix.h>
#include <gtest/gtest.h>

#include "bench.h"
#include "regmap.h"
#include "register_bus.h"

namespace {

constexpr uint32_t entry(uint32_t vector) { return BAR0_MSIX_TABLE + vector * PCI_MSIX_ENTRY_SIZE; }

struct Msix : ::testing::Test {
    Bench<Vmsix> b;

    Msix() {
        b->reg_valid_i = b->reg_write_i = b->irq_valid_i = b->flr_i = b->clear_pending_i = b->msix_mask_i = 0;
        b->msix_enable_i = b->bus_master_i = b->wr_ready_i = 1;
        b.reset();
    }

    void set_vector(uint32_t vector) {
        bus_write(b, entry(vector) + PCI_MSIX_ENTRY_ADDRESS, 0xFEE00000 + 0x1000 * vector);
        bus_write(b, entry(vector) + PCI_MSIX_ENTRY_ADDRESS_HIGH, vector);
        bus_write(b, entry(vector) + PCI_MSIX_ENTRY_DATA, 0x4000 + vector);
        mask(vector, false);
    }
    void mask(uint32_t vector, bool masked) { bus_write(b, entry(vector) + PCI_MSIX_ENTRY_CONTROL, masked); }
    void raise(uint32_t vector) {
        b->irq_valid_i = 1;
        b->irq_vector_i = static_cast<uint16_t>(vector);
        b.settle();
        EXPECT_TRUE(b->irq_ready_o);
        b.edge();
        b->irq_valid_i = 0;
        b.settle();
    }
    void expect_message(uint32_t vector) {
        ASSERT_TRUE(b->wr_valid_o);
        EXPECT_EQ(b->wr_addr_o, (uint64_t{vector} << 32) + 0xFEE00000 + 0x1000 * vector);
        EXPECT_EQ(b->wr_data_o, 0x4000 + vector);
        EXPECT_EQ(b->wr_vector_o, vector);
    }
    uint32_t pending() { return bus_read(b, BAR0_MSIX_PBA); }
};

TEST_F(Msix, ClauseP_7_7_2_8_VectorsAreMaskedAfterReset) {
    for (uint32_t v = 0; v < RTL_Vectors; ++v) EXPECT_EQ(bus_read(b, entry(v) + PCI_MSIX_ENTRY_CONTROL), 1u);
    raise(0);
    EXPECT_FALSE(b->wr_valid_o);
}

TEST_F(Msix, TableReadsBackWhatWasWrittenByBytesToo) {
    set_vector(2);
    EXPECT_EQ(bus_read(b, entry(2) + PCI_MSIX_ENTRY_ADDRESS), 0xFEE02000u);
    EXPECT_EQ(bus_read(b, entry(2) + PCI_MSIX_ENTRY_ADDRESS_HIGH), 2u);
    EXPECT_EQ(bus_read(b, entry(2) + PCI_MSIX_ENTRY_DATA), 0x4002u);
    EXPECT_EQ(bus_read(b, entry(2) + PCI_MSIX_ENTRY_CONTROL), 0u);
    bus_write(b, entry(2) + PCI_MSIX_ENTRY_DATA + 1, 0xAB, 1);
    EXPECT_EQ(bus_read(b, entry(2) + PCI_MSIX_ENTRY_DATA), 0xAB02u);
    EXPECT_EQ(bus_read(b, entry(1) + PCI_MSIX_ENTRY_ADDRESS), 0u);
}

TEST_F(Msix, EntriesBeyondTheTableDoNotExist) {
    bus_write(b, entry(RTL_Vectors) + PCI_MSIX_ENTRY_DATA, 0xFFFFFFFF);
    EXPECT_EQ(bus_read(b, entry(RTL_Vectors) + PCI_MSIX_ENTRY_DATA), 0u);
    for (uint32_t v = 0; v < RTL_Vectors; ++v) EXPECT_EQ(bus_read(b, entry(v) + PCI_MSIX_ENTRY_DATA), 0u);
}

TEST_F(Msix, RequestBecomesTheMessageOfItsEntry) {
    set_vector(1);
    raise(1);
    expect_message(1);
    EXPECT_TRUE(b->stat_sent_o);
    b.edge();
    EXPECT_FALSE(b->stat_sent_o);
    EXPECT_FALSE(b->wr_valid_o);
}

TEST_F(Msix, ClauseP_6_1_4_6_MaskedVectorIsPendingAndSentWhenUnmasked) {
    set_vector(1);
    mask(1, true);
    raise(1);
    raise(1);
    EXPECT_FALSE(b->wr_valid_o);
    EXPECT_EQ(pending(), 2u);
    mask(1, false);
    expect_message(1);
    b.tick();
    EXPECT_FALSE(b->wr_valid_o) << "two events while masked are one message";
    EXPECT_EQ(pending(), 0u);
}

TEST_F(Msix, WaitsForEnableFunctionMaskAndBusMaster) {
    set_vector(0);
    b->msix_enable_i = 0;
    b->msix_mask_i = 1;
    b->bus_master_i = 0;
    raise(0);
    EXPECT_FALSE(b->wr_valid_o);
    b->msix_enable_i = 1;
    b.settle();
    EXPECT_FALSE(b->wr_valid_o);
    b->msix_mask_i = 0;
    b.settle();
    EXPECT_FALSE(b->wr_valid_o);
    b->bus_master_i = 1;
    b.settle();
    expect_message(0);
}

TEST_F(Msix, ClauseV_4_1_5_1_2_NoVectorIsTakenAndForgotten) {  // VIRTIO C41
    for (uint32_t v = 0; v < RTL_Vectors; ++v) set_vector(v);
    raise(VIRTIO_MSI_NO_VECTOR);
    raise(RTL_Vectors);
    EXPECT_FALSE(b->wr_valid_o);
    EXPECT_EQ(pending(), 0u);
}

TEST_F(Msix, OfferStaysStableWhileTheLinkWaits) {
    for (uint32_t v = 0; v < RTL_Vectors; ++v) set_vector(v);
    b->wr_ready_i = 0;
    raise(2);
    expect_message(2);
    raise(0);
    expect_message(2);
    b->wr_ready_i = 1;
    b.tick();
    expect_message(0);
}

TEST_F(Msix, RequestInTheCycleOfTheHandOverMakesAnotherMessage) {
    set_vector(1);
    raise(1);
    expect_message(1);
    raise(1);  // the first one is handed over at this edge
    expect_message(1);
    b.tick();
    EXPECT_FALSE(b->wr_valid_o);
}

TEST_F(Msix, MaskingTakesAnUnsentMessageBack) {
    set_vector(1);
    b->wr_ready_i = 0;
    raise(1);
    expect_message(1);
    mask(1, true);
    EXPECT_FALSE(b->wr_valid_o);
    EXPECT_EQ(pending(), 2u);
}

TEST_F(Msix, ClauseV_2_4_DeviceResetForgetsPendingMessagesAndKeepsTheTable) {
    set_vector(1);
    mask(1, true);
    raise(1);
    b->clear_pending_i = 1;
    b.tick();
    b->clear_pending_i = 0;
    EXPECT_EQ(pending(), 0u);
    EXPECT_EQ(bus_read(b, entry(1) + PCI_MSIX_ENTRY_DATA), 0x4001u);
}

TEST_F(Msix, FunctionLevelResetMasksAndForgets) {
    set_vector(1);
    b->wr_ready_i = 0;
    raise(1);
    b->flr_i = 1;
    b.tick();
    b->flr_i = 0;
    b.settle();
    EXPECT_FALSE(b->wr_valid_o);
    EXPECT_EQ(pending(), 0u);
    EXPECT_EQ(bus_read(b, entry(1) + PCI_MSIX_ENTRY_CONTROL), 1u);
}

TEST_F(Msix, IsIdleWithAMaskedPendingVectorButNotWithAMessageToSend) {
    set_vector(1);
    mask(1, true);
    raise(1);
    b.tick();
    EXPECT_TRUE(b->idle_o);
    b->wr_ready_i = 0;
    mask(1, false);
    EXPECT_FALSE(b->idle_o);
}

}  // namespace
