// SPDX-License-Identifier: Apache-2.0
// Where the host's requests go, and how each is answered. Both buses end in byte arrays here.
#include <Vpcie_target.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <vector>

#include "bench.h"
#include "tlp.h"

namespace {

constexpr uint64_t bar = 0x12'3456'0000;
constexpr uint32_t our_id = 0x0308;
constexpr uint32_t window_data = PCI_CAP_VIRTIO_PCI_CFG + VIRTIO_PCI_CAP_DATA;

struct Access {
    bool config, write;
    uint32_t address, be, data;
    bool operator==(const Access& o) const {
        return config == o.config && write == o.write && address == o.address && be == o.be && (!write || data == o.data);
    }
};
std::ostream& operator<<(std::ostream& os, const Access& a) {
    return os << (a.config ? "cfg " : "reg ") << (a.write ? "write " : "read ") << std::hex << a.address << " be " << a.be << " data "
              << a.data << std::dec;
}

struct Completion {
    TlpHeader header;
    uint64_t data;
};

struct PcieTarget : ::testing::Test {
    Bench<Vpcie_target> b;
    std::vector<Access> accesses;
    std::map<uint32_t, uint32_t> registers, config;  // double words
    unsigned captures = 0, unsupported = 0;
    uint32_t captured = 0;

    PcieTarget() {
        b->req_valid_i = 0;
        b->cplt_ready_i = 1;
        b->reg_rdata_i = b->cfg_rdata_i = 0;
        b->bar0_i = bar;
        b->memory_enable_i = 1;
        b->requester_id_i = our_id;
        b->window_valid_i = b->window_offset_i = b->window_length_i = 0;
        b.reset();
    }

    // A cycle: records the accesses and gives read data in the next one, 0 otherwise.
    void cycle() {
        b.settle();
        uint32_t reg_data = 0, cfg_data = 0;
        if (b->reg_valid_o) {
            accesses.push_back({false, bool(b->reg_write_o), b->reg_addr_o, b->reg_be_o, b->reg_wdata_o});
            if (!b->reg_write_o) reg_data = registers[b->reg_addr_o];
        }
        if (b->cfg_valid_o) {
            accesses.push_back({true, bool(b->cfg_write_o), b->cfg_addr_o, b->cfg_be_o, b->cfg_wdata_o});
            if (!b->cfg_write_o) cfg_data = config[b->cfg_addr_o];
        }
        if (b->capture_valid_o) {
            ++captures;
            captured = b->capture_id_o;
        }
        unsupported += b->ur_o;
        b.edge();
        b->reg_rdata_i = reg_data;
        b->cfg_rdata_i = cfg_data;
    }

    // Hands over a request and runs until it is done; its completion, if there is one.
    std::optional<Completion> request(const TlpHeader& header, uint64_t data = 0, int stall = 0) {
        std::optional<Completion> completion;
        b->req_valid_i = 1;
        put_header(b->req_hdr_i, header);
        b->req_data_i = data;
        for (int i = 0; i < 50; ++i) {
            b->cplt_ready_i = i >= stall;
            b.settle();
            if (b->cplt_valid_o && b->cplt_ready_i) completion = Completion{get_header(b->cplt_hdr_o), b->cplt_data_o};
            const bool done = b->req_ready_o;
            cycle();
            if (done) {
                b->req_valid_i = 0;
                return completion;
            }
        }
        ADD_FAILURE() << "the request was never finished";
        return completion;
    }

    void expect_success(const std::optional<Completion>& c, uint32_t length, uint32_t byte_count, uint32_t lower_address) {
        ASSERT_TRUE(c);
        EXPECT_EQ(cpl_type(c->header), unsigned{TLP_TYPE_CPLD});
        EXPECT_EQ(cpl_length(c->header), length);
        EXPECT_EQ(cpl_status(c->header), unsigned{TLP_STATUS_SC});
        EXPECT_EQ(cpl_byte_count(c->header), byte_count);
        EXPECT_EQ(cpl_lower_address(c->header), lower_address);
        EXPECT_EQ(cpl_completer(c->header), our_id);
        EXPECT_EQ(cpl_requester(c->header), test_requester);
        EXPECT_EQ(cpl_tag(c->header), test_tag);
    }

    void expect_unsupported(const std::optional<Completion>& c, uint32_t byte_count) {
        ASSERT_TRUE(c);
        EXPECT_EQ(cpl_type(c->header), unsigned{TLP_TYPE_CPL});
        EXPECT_EQ(cpl_length(c->header), 0u);
        EXPECT_EQ(cpl_status(c->header), unsigned{TLP_STATUS_UR});
        EXPECT_EQ(cpl_byte_count(c->header), byte_count);
        EXPECT_EQ(cpl_tag(c->header), test_tag);
        EXPECT_EQ(unsupported, 1u);
        EXPECT_TRUE(accesses.empty());
    }
};

TEST_F(PcieTarget, WriteInBar0BecomesOneRegisterAccessWithItsByteEnables) {
    EXPECT_FALSE(request(tlp_memory(true, bar + 0x3004, 1, 3), 0xAABBCCDD));
    EXPECT_EQ(accesses, (std::vector<Access>{{false, true, 0x3004, 3, 0xAABBCCDD}}));
}

TEST_F(PcieTarget, EightByteWriteBecomesTwoAccessesInAddressOrder) {
    EXPECT_FALSE(request(tlp_memory(true, bar + 0x20, 2, 15, 15), 0x1111111122222222));
    EXPECT_EQ(accesses, (std::vector<Access>{{false, true, 0x20, 15, 0x22222222}, {false, true, 0x24, 15, 0x11111111}}));
}

TEST_F(PcieTarget, ReadReturnsTheRegister) {
    registers[0x14] = 0x01020304;
    const auto c = request(tlp_memory(false, bar + 0x14, 1));
    expect_success(c, 1, 4, 0x14);
    EXPECT_EQ(c->data, 0x01020304u);
}

TEST_F(PcieTarget, EightByteReadReturnsBothHalves) {
    registers[0x4000] = 0x55667788;
    registers[0x4004] = 0x11223344;
    const auto c = request(tlp_memory(false, bar + 0x4000, 2, 15, 15));
    expect_success(c, 2, 8, 0);
    EXPECT_EQ(c->data, 0x1122334455667788u);
}

TEST_F(PcieTarget, ClauseP_2_3_1_1_ByteCountAndLowerAddressFollowTheByteEnables) {  // VIRTIO C1
    struct { uint32_t be, bytes, low; } const rows[] = {{0xF, 4, 0}, {0xE, 3, 1}, {0xC, 2, 2}, {0x8, 1, 3}, {0x7, 3, 0}, {0x6, 2, 1},
                                                        {0x4, 1, 2}, {0x3, 2, 0}, {0x2, 1, 1}, {0x1, 1, 0}, {0x9, 4, 0}, {0x5, 3, 0}};
    for (const auto& row : rows) expect_success(request(tlp_memory(false, bar + 0x14, 1, row.be)), 1, row.bytes, 0x14 + row.low);
    expect_success(request(tlp_memory(false, bar + 0x20, 2, 0x8, 0x1)), 2, 2, 0x23);
    expect_success(request(tlp_memory(false, bar + 0x20, 2, 0xE, 0x3)), 2, 5, 0x21);
}

TEST_F(PcieTarget, ClauseP_2_2_5_ReadOfNoBytesIsCompletedWithoutAnAccess) {
    registers[0x1000] = 3;
    const auto c = request(tlp_memory(false, bar + 0x1000, 1, 0));
    expect_success(c, 1, 1, 0);
    EXPECT_TRUE(accesses.empty());
}

TEST_F(PcieTarget, CompletionWaitsStableUntilItIsTaken) {
    registers[0x14] = 7;
    const auto c = request(tlp_memory(false, bar + 0x14, 1), 0, 20);
    expect_success(c, 1, 4, 0x14);
    EXPECT_EQ(c->data, 7u);
    EXPECT_EQ(accesses.size(), 1u);
}

TEST_F(PcieTarget, ClauseP_2_3_1_UnsupportedRequestsAreCompletedWithoutData) {  // VIRTIO C1
    expect_unsupported(request(tlp_memory(false, bar + 0x10000, 1)), 4);
}
TEST_F(PcieTarget, ReadOfMoreThanTwoDoubleWordsIsUnsupported) {
    expect_unsupported(request(tlp_memory(false, bar, 16, 15, 15)), 64);
}
TEST_F(PcieTarget, ReadAcrossTheEndOfTheBarIsUnsupported) {
    expect_unsupported(request(tlp_memory(false, bar + 0xFFFC, 2, 15, 15)), 8);
}
TEST_F(PcieTarget, ReadWithMemorySpaceOffIsUnsupported) {
    b->memory_enable_i = 0;
    expect_unsupported(request(tlp_memory(false, bar, 1)), 4);
}
TEST_F(PcieTarget, IoReadIsUnsupported) {
    expect_unsupported(request(tlp_request(TLP_TYPE_IORD, 1, 15, 0)), 4);
}
TEST_F(PcieTarget, IoWriteIsUnsupported) {
    expect_unsupported(request(tlp_request(TLP_TYPE_IOWR, 1, 15, 0)), 4);
}
TEST_F(PcieTarget, ConfigurationOfAnotherFunctionIsUnsupported) {
    expect_unsupported(request(tlp_config(false, our_id | 1, 0)), 4);
}
TEST_F(PcieTarget, ClauseP_2_7_2_PoisonedConfigurationWriteIsUnsupported) {
    TlpHeader header = tlp_config(true, our_id, PCI_CFG_COMMAND);
    header[0] |= 1u << TLP_EP_BIT;
    expect_unsupported(request(header, 7), 4);
}

TEST_F(PcieTarget, WriteOutsideTheBarIsDroppedWithoutACompletion) {
    EXPECT_FALSE(request(tlp_memory(true, bar + 0x10000, 1), 1));
    EXPECT_TRUE(accesses.empty());
    EXPECT_EQ(unsupported, 1u);
}

TEST_F(PcieTarget, ConfigurationReadReachesTheRegisterNumber) {
    config[0x84] = 0x8000;
    const auto c = request(tlp_config(false, our_id, 0x84));
    expect_success(c, 1, 4, 0);
    EXPECT_EQ(c->data, 0x8000u);
    EXPECT_EQ(accesses, (std::vector<Access>{{true, false, 0x84, 15, 0}}));
}

TEST_F(PcieTarget, ConfigurationWriteIsCompletedWithoutData) {
    const auto c = request(tlp_config(true, our_id, 0x10, 0x3), 0xBEEF);
    ASSERT_TRUE(c);
    EXPECT_EQ(cpl_type(c->header), unsigned{TLP_TYPE_CPL});
    EXPECT_EQ(cpl_status(c->header), unsigned{TLP_STATUS_SC});
    EXPECT_EQ(accesses, (std::vector<Access>{{true, true, 0x10, 3, 0xBEEF}}));
}

TEST_F(PcieTarget, ClauseP_2_2_6_2_BusAndDeviceNumberAreTakenFromConfigurationWritesOnly) {
    request(tlp_config(false, 0x4560, 0));
    EXPECT_EQ(captures, 0u);
    request(tlp_config(true, 0x4560, 0x3C));
    EXPECT_EQ(captures, 1u);
    EXPECT_EQ(captured, 0x4560u);
}

TEST_F(PcieTarget, TrafficClassAndAttributesOfARequestReturnInItsCompletion) {
    TlpHeader header = tlp_memory(false, bar, 1);
    const uint32_t copied = 5u << TLP_TC_LSB | 3u << TLP_ATTR_LSB | 1u << TLP_ATTR_IDO_BIT;
    header[0] |= copied;
    const auto c = request(header);
    ASSERT_TRUE(c);
    EXPECT_EQ(c->header[0] & copied, copied);
}

TEST_F(PcieTarget, ClauseV_4_1_4_9_WindowReadReturnsTheBytesThatItNames) {  // VIRTIO C34
    registers[0x14] = 0xDDCCBBAA;
    b->window_valid_i = 1;
    b->window_offset_i = 0x16;
    b->window_length_i = 2;
    const auto c = request(tlp_config(false, our_id, window_data));
    expect_success(c, 1, 4, 0);
    EXPECT_EQ(c->data, 0xDDCCu);
    EXPECT_EQ(accesses, (std::vector<Access>{{false, false, 0x14, 0xC, 0}}));
}

TEST_F(PcieTarget, ClauseV_4_1_4_9_WindowWriteReachesTheBytesThatItNames) {  // VIRTIO C33
    b->window_valid_i = 1;
    b->window_offset_i = 0x15;
    b->window_length_i = 1;
    request(tlp_config(true, our_id, window_data), 0xEE);
    EXPECT_EQ(accesses, (std::vector<Access>{{false, true, 0x14, 0x2, 0xEE00}}));
}

TEST_F(PcieTarget, WindowThatNamesNothingReads0WithoutAnAccess) {
    const auto c = request(tlp_config(false, our_id, window_data));
    expect_success(c, 1, 4, 0);
    EXPECT_EQ(c->data, 0u);
    EXPECT_TRUE(accesses.empty());
}

TEST_F(PcieTarget, PostedWritesTakeOneCycleEach) {
    const uint64_t start = b.cycle;
    for (int i = 0; i < 10; ++i) request(tlp_memory(true, bar + 0x3000, 1), 1);
    EXPECT_EQ(b.cycle - start, 10u);
}

TEST_F(PcieTarget, IsBusyUntilItHasForgottenTheAccess) {  // the simulator may stop the clock when nobody is busy
    for (const bool write : {true, false}) {
        request(tlp_memory(write, bar + 0x3000, 1), 1);
        b.settle();
        if (write) {
            EXPECT_TRUE(b->busy_o);
        }
        cycle();
        b.settle();
        EXPECT_FALSE(b->busy_o);
    }
}

}  // namespace
