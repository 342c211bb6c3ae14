// SPDX-License-Identifier: Apache-2.0
#include "shared_target.h"

#include <gtest/gtest.h>

#include <tlm_utils/simple_initiator_socket.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "tlp_extension.h"
#include "violations.h"

namespace hw {
namespace {

struct Device : sc_core::sc_module {
    explicit Device(const sc_core::sc_module_name& name) : sc_module(name) {}
    tlm_utils::simple_initiator_socket<Device> socket{"socket"};
};

constexpr uint64_t base = 0x7f12'3456'7000;  // addresses of a front-end fill all 64 bits

struct Machine : Violations {
    Machine() : target("memory", [this](uint64_t address, uint64_t length) { return locate(address, length); }, events) {
        device.socket.bind(target.socket);
        sc_core::sc_start(sc_core::SC_ZERO_TIME);
    }
    uint8_t* locate(uint64_t address, uint64_t length) {
        const uint64_t offset = address - base;
        return offset < sizeof bytes && length <= sizeof bytes - offset ? bytes + offset : nullptr;
    }
    tlm::tlm_response_status transport(tlm::tlm_command command, uint64_t address, void* data, unsigned length,
                                       std::vector<uint8_t> enables = {}) {
        tlm::tlm_generic_payload transaction;
        TlpExtension origin;
        origin.tlp_id = 99;
        transaction.set_extension(&origin);
        transaction.set_command(command);
        transaction.set_address(address);
        transaction.set_data_ptr(static_cast<unsigned char*>(data));
        transaction.set_data_length(length);
        transaction.set_streaming_width(length);
        if (!enables.empty()) {
            transaction.set_byte_enable_ptr(enables.data());
            transaction.set_byte_enable_length(static_cast<unsigned>(enables.size()));
        }
        sc_core::sc_time delay;
        device.socket->b_transport(transaction, delay);
        transaction.clear_extension(&origin);
        EXPECT_FALSE(transaction.is_dmi_allowed());
        return transaction.get_response_status();
    }
    alignas(64) uint8_t bytes[4096] = {};
    SharedTarget target;
    Device device{"device"};
};

TEST(SharedTarget, MovesBytesAtAnyAlignment) {
    Machine m;
    uint8_t sent[300], got[300];
    for (unsigned i = 0; i < 300; i++) sent[i] = static_cast<uint8_t>(i * 7 + 1);
    for (unsigned offset = 0; offset < 16; offset++) {
        for (unsigned length : {1u, 7u, 8u, 9u, 63u, 64u, 65u, 300u}) {
            std::memset(m.bytes, 0xEE, sizeof m.bytes);
            ASSERT_EQ(m.transport(tlm::TLM_WRITE_COMMAND, base + 64 + offset, sent, length), tlm::TLM_OK_RESPONSE);
            EXPECT_EQ(std::memcmp(m.bytes + 64 + offset, sent, length), 0);
            EXPECT_EQ(m.bytes[63 + offset], 0xEE);
            EXPECT_EQ(m.bytes[64 + offset + length], 0xEE);
            ASSERT_EQ(m.transport(tlm::TLM_READ_COMMAND, base + 64 + offset, got, length), tlm::TLM_OK_RESPONSE);
            EXPECT_EQ(std::memcmp(got, sent, length), 0);
        }
    }
    EXPECT_TRUE(m.seen.empty());
}

TEST(SharedTarget, DisabledBytesAreNotWritten) {
    Machine m;
    uint8_t data[4] = {1, 2, 3, 4};
    ASSERT_EQ(m.transport(tlm::TLM_WRITE_COMMAND, base, data, 4, {0xFF, 0, 0, 0xFF}), tlm::TLM_OK_RESPONSE);
    const uint8_t expected[4] = {1, 0, 0, 4};
    EXPECT_EQ(std::memcmp(m.bytes, expected, 4), 0);
}

TEST(SharedTarget, WhatIsOutsideIsRefusedAndNothingMoves) {
    Machine m;
    uint8_t data[16] = {1, 2, 3};
    EXPECT_EQ(m.transport(tlm::TLM_WRITE_COMMAND, base + 4088, data, 16), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(m.bytes[4088], 0);
    EXPECT_EQ(m.transport(tlm::TLM_READ_COMMAND, base - 1, data, 1), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    EXPECT_EQ(m.transport(tlm::TLM_READ_COMMAND, 0, data, 4, {0, 0, 0, 0}), tlm::TLM_ADDRESS_ERROR_RESPONSE) << "a read of no bytes asks too";
    ASSERT_EQ(m.seen.size(), 3u);
    EXPECT_EQ(m.seen[0].check, "memory.outside");
    EXPECT_NE(m.seen[0].message.find("writes 16 bytes at 0x7f1234567ff8 (TLP 99)"), std::string::npos) << m.seen[0].message;
}

// A processor that looks at a used descriptor while it is written sees its flags together with the rest, or neither.
TEST(SharedTarget, AWordIsSeenWholeByAProcessorThatPolls) {
    Machine m;
    std::atomic<bool> stop{false};
    std::atomic<uint64_t> torn{0}, late{0}, looks{0};
    std::thread poller([&] {
        const auto* words = reinterpret_cast<uint64_t*>(m.bytes);
        for (; !stop; looks++) {
            const uint64_t second = __atomic_load_n(&words[1], __ATOMIC_ACQUIRE), first = __atomic_load_n(&words[0], __ATOMIC_ACQUIRE);
            torn += (second & 0xFFFFFFFF) != second >> 32;
            late += first < second;  // the word in front was written before
        }
    });
    for (uint64_t i = 1; i < 200'000 || looks < 200'000; i++) {
        uint64_t both = i << 32 | i, descriptor[2] = {both, both};
        ASSERT_EQ(m.transport(tlm::TLM_WRITE_COMMAND, base, descriptor, 16), tlm::TLM_OK_RESPONSE);
    }
    stop = true;
    poller.join();
    EXPECT_EQ(torn, 0u);
    EXPECT_EQ(late, 0u);
}

// Event suppression structures have 2 and 4 bytes.
template <class Word>
void seen_whole(unsigned offset) {
    Machine m;
    std::atomic<bool> stop{false};
    std::atomic<uint64_t> torn{0}, looks{0};
    std::thread processor([&] {
        for (; !stop; looks++) {
            const Word word = __atomic_load_n(reinterpret_cast<Word*>(m.bytes + offset), __ATOMIC_ACQUIRE);
            if (word != 0 && word != static_cast<Word>(~Word{0})) torn++;
        }
    });
    for (int i = 0; i < 200'000 || looks < 200'000; i++) {
        Word word = i % 2 ? 0 : static_cast<Word>(~Word{0});
        ASSERT_EQ(m.transport(tlm::TLM_WRITE_COMMAND, base + offset, &word, sizeof word), tlm::TLM_OK_RESPONSE);
    }
    stop = true;
    processor.join();
    EXPECT_EQ(torn, 0u) << sizeof(Word) << " bytes at " << offset;
}

TEST(SharedTarget, ADoubleWordIsSeenWholeByAProcessorThatPolls) { seen_whole<uint32_t>(4); }
TEST(SharedTarget, AHalfWordIsSeenWholeByAProcessorThatPolls) { seen_whole<uint16_t>(2); }

// A line that is read while a processor writes it: what comes out is one of its states.
TEST(SharedTarget, ALineIsReadAsOneSnapshot) {
    Machine m;
    std::atomic<bool> stop{false};
    std::thread writer([&] {
        auto* words = reinterpret_cast<uint64_t*>(m.bytes);
        for (uint64_t value = 1; !stop; value++) {
            for (int i = 0; i < 8; i++) __atomic_store_n(&words[i], value, __ATOMIC_RELEASE);
            for (volatile int pause = 0; pause < 400; pause = pause + 1) continue;  // a driver does other things too
        }
    });
    uint64_t mixed = 0, changes = 0, before = 0;
    for (int i = 0; i < 100'000 || changes < 1000; i++) {
        uint64_t line[8];
        ASSERT_EQ(m.transport(tlm::TLM_READ_COMMAND, base, line, 64), tlm::TLM_OK_RESPONSE);
        changes += line[0] != before;
        before = line[0];
        for (int word = 1; word < 8; word++) mixed += line[word] > line[word - 1];
    }
    stop = true;
    writer.join();
    EXPECT_EQ(mixed, 0u) << "a word was newer than one that was written before it";
}

}  // namespace
}  // namespace hw
