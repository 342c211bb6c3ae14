// SPDX-License-Identifier: Apache-2.0
#include "memory_target.h"

#include <gtest/gtest.h>

#include <tlm_utils/simple_initiator_socket.h>

#include <cstring>
#include <memory>

#include "tlp_extension.h"
#include "violations.h"

namespace hw {
namespace {

struct Device : sc_core::sc_module {
    explicit Device(const sc_core::sc_module_name& name) : sc_module(name) {}
    tlm_utils::simple_initiator_socket<Device> socket{"socket"};
};

struct Machine : Violations {
    explicit Machine(MemoryTarget::Config config = {}) : memory(ram(), events), iommu({}, memory, events), target("memory", config, memory, iommu) {
        device.socket.bind(target.socket);
        sc_core::sc_start(sc_core::SC_ZERO_TIME);
        va = static_cast<uint8_t*>(memory.allocate(256, 64, "buffer"));
        iommu.map(va, 256, DmaDirection::both, "buffer", &segment, 1);
    }
    static Ram::Config ram() {
        Ram::Config config;
        config.bytes = 4u << 20;
        config.coherent_bytes = 1u << 20;
        return config;
    }
    tlm::tlm_response_status transport(tlm::tlm_command command, uint64_t iova, uint8_t* data, unsigned length,
                                       std::vector<uint8_t> enables = {}) {
        tlm::tlm_generic_payload transaction;
        TlpExtension origin;
        origin.tlp_id = 99;
        origin.requester = 0x0108;
        transaction.set_extension(&origin);
        transaction.set_command(command);
        transaction.set_address(iova);
        transaction.set_data_ptr(data);
        transaction.set_data_length(length);
        transaction.set_streaming_width(length);
        if (!enables.empty()) {
            transaction.set_byte_enable_ptr(enables.data());
            transaction.set_byte_enable_length(static_cast<unsigned>(enables.size()));
        }
        delay = sc_core::SC_ZERO_TIME;
        device.socket->b_transport(transaction, delay);
        transaction.clear_extension(&origin);
        EXPECT_FALSE(transaction.is_dmi_allowed());
        return transaction.get_response_status();
    }
    HostMemory memory;
    Iommu iommu;
    MemoryTarget target;
    Device device{"device"};
    uint8_t* va;
    DmaSegment segment;
    sc_core::sc_time delay;
};

TEST(MemoryTarget, MovesBytesToAndFromTheCpusMemory) {
    Machine m({100, 40});
    uint8_t line[64];
    for (unsigned i = 0; i < 64; i++) line[i] = static_cast<uint8_t>(i + 1);
    EXPECT_EQ(m.transport(tlm::TLM_WRITE_COMMAND, m.segment.iova + 3, line, 64), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(std::memcmp(m.va + 3, line, 64), 0);
    EXPECT_EQ(m.delay, sc_core::sc_time(40, sc_core::SC_NS));
    m.va[10] = 0xAB;
    EXPECT_EQ(m.transport(tlm::TLM_READ_COMMAND, m.segment.iova, line, 64), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(std::memcmp(m.va, line, 64), 0);
    EXPECT_EQ(m.delay, sc_core::sc_time(100, sc_core::SC_NS));
    EXPECT_TRUE(m.seen.empty());
}

TEST(MemoryTarget, DisabledBytesAreNeitherWrittenNorAskedFor) {
    Machine m;
    uint8_t data[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const std::vector<uint8_t> enables = {0, 0, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0};
    // Two bytes before the mapping and one behind it are disabled.
    m.iommu.unmap(&m.segment, 1);
    ASSERT_EQ(m.iommu.map(m.va + 16, 5, DmaDirection::both, "five", &m.segment, 1), 1);
    EXPECT_EQ(m.transport(tlm::TLM_WRITE_COMMAND, m.segment.iova - 2, data, 8, enables), tlm::TLM_OK_RESPONSE);
    const uint8_t expected[8] = {0, 0, 3, 4, 5, 0, 7, 0};
    EXPECT_EQ(std::memcmp(m.va + 14, expected, 8), 0);
    uint8_t read[8] = {9, 9, 9, 9, 9, 9, 9, 9};
    EXPECT_EQ(m.transport(tlm::TLM_READ_COMMAND, m.segment.iova - 2, read, 8, enables), tlm::TLM_OK_RESPONSE);
    const uint8_t seen[8] = {9, 9, 3, 4, 5, 9, 7, 9};
    EXPECT_EQ(std::memcmp(read, seen, 8), 0);
    EXPECT_TRUE(m.seen.empty());
}

TEST(MemoryTarget, ARefusedAccessMovesNothingAndNamesTheTlp) {
    Machine m;
    uint8_t data[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    EXPECT_EQ(m.transport(tlm::TLM_WRITE_COMMAND, m.segment.iova + 252, data, 8), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(m.va[252], 0);
    ASSERT_EQ(m.seen.size(), 1u);
    EXPECT_NE(m.seen[0].message.find("by 01:01.0, TLP 99"), std::string::npos) << m.seen[0].message;
    EXPECT_EQ(m.target.bytes_written(), 0u);
}

TEST(MemoryTarget, AZeroLengthReadNeedsAMappingAndMovesNothing) {
    Machine m;
    uint8_t data[4] = {9, 9, 9, 9};
    EXPECT_EQ(m.transport(tlm::TLM_READ_COMMAND, m.segment.iova, data, 4, {0, 0, 0, 0}), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(data[0], 9);
    m.iommu.unmap(&m.segment, 1);
    EXPECT_EQ(m.transport(tlm::TLM_READ_COMMAND, m.segment.iova, data, 4, {0, 0, 0, 0}), tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

TEST(MemoryTarget, DirectMemoryAccessIsRefused) {
    Machine m;
    tlm::tlm_generic_payload transaction;
    tlm::tlm_dmi dmi;
    transaction.set_address(m.segment.iova);
    EXPECT_FALSE(m.device.socket->get_direct_mem_ptr(transaction, dmi));
}

}  // namespace
}  // namespace hw
