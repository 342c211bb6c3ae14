// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "machine.h"

namespace hw {
namespace {

using sc_core::wait;

constexpr uint64_t bar = 0xC0000000;

TEST(ReadLatency, IsExactlyWhatWasAskedForFromLastBitOutToFirstBitIn) {
    Machine machine;
    uint64_t sent = 0;
    machine.run([&] {
        sent = now_ps();
        machine.read(0, 0, 64);
    });
    ASSERT_EQ(machine.nic.received.size(), 1u);
    const uint64_t last_bit_out = sent + machine.ps(24);
    const uint64_t first_bit_in = machine.nic.received[0].time_ps - machine.ps(84);
    EXPECT_EQ(first_bit_in - last_bit_out, 450'000u);
    EXPECT_EQ(machine.memory.accesses[0].time_ps, last_bit_out + 450'000 - 75'000);
}

TEST(ReadLatency, TheMemoryTargetsOwnDelayIsAdded) {
    Machine machine;
    machine.memory.delay_ps = 330'000;
    uint64_t sent = 0;
    machine.run([&] {
        sent = now_ps();
        machine.read(0, 0, 64);
    });
    EXPECT_EQ(machine.nic.received.at(0).time_ps - machine.ps(84) - sent - machine.ps(24), 780'000u);
}

TEST(ReadLatency, ASecondReadAtTheSameTimeQueuesBehindTheFirstOnTheLink) {
    Machine machine;
    machine.run([&] {
        machine.read(0, 0, 256);
        machine.read(1, 256, 256);
    });
    ASSERT_EQ(machine.nic.received.size(), 2u);
    EXPECT_NEAR(static_cast<double>(machine.nic.received[1].time_ps - machine.nic.received[0].time_ps),
                static_cast<double>(machine.ps(276)), 1.0);
}

struct Split {
    uint32_t mps, rcb;
    uint64_t offset;
    uint32_t bytes;
    std::vector<uint32_t> payloads;
};

const Split splits[] = {
    {256, 64, 0x000, 512, {256, 256}},
    {256, 64, 0x010, 512, {240, 256, 16}},
    {256, 64, 0x03C, 8, {8}},
    {256, 64, 0x001, 1, {4}},
    {256, 64, 0x003, 2, {8}},
    {256, 64, 0x021, 500, {224, 256, 24}},
    {128, 64, 0x000, 512, {128, 128, 128, 128}},
    {128, 64, 0x07C, 130, {68, 64}},
    {128, 128, 0x040, 256, {64, 128, 64}},
    {512, 64, 0xE00, 512, {512}},
};

void check_split(const Split& split) {
    LinkConfig config;
    config.mps = split.mps;
    config.rcb = split.rcb;
    Machine machine(config);
    machine.run([&] { machine.read(9, split.offset, split.bytes); });
    std::vector<uint32_t> payloads;
    std::vector<uint8_t> data;
    uint64_t at = split.offset;
    uint32_t left = split.bytes;
    for (const auto& tlp : machine.nic.received) {
        payloads.push_back(static_cast<uint32_t>(tlp.payload.size()));
        const uint32_t bytes = std::min(left, static_cast<uint32_t>(tlp.payload.size() - (at & 3)));
        data.insert(data.end(), tlp.payload.begin() + (at & 3), tlp.payload.begin() + (at & 3) + bytes);
        at += bytes;
        left -= bytes;
    }
    EXPECT_EQ(payloads, split.payloads);
    std::vector<uint8_t> expected;
    for (uint32_t i = 0; i < split.bytes; ++i) expected.push_back(Memory::pattern(split.offset + i));
    EXPECT_EQ(data, expected);
    EXPECT_EQ(machine.first_violation(), "");
    EXPECT_EQ(machine.link.checker().outstanding(), 0u);
}

class CompletionSplit : public testing::TestWithParam<size_t> {};
TEST_P(CompletionSplit, TakesTheLargestPiecesThatMpsAndRcbAllow) { check_split(splits[GetParam()]); }
INSTANTIATE_TEST_SUITE_P(Table, CompletionSplit, testing::Range<size_t>(0, sizeof splits / sizeof *splits));

TEST(CompletionSplits, AtRandomAreLegalAndBringEveryByte) {
    LinkConfig config;
    config.split_percent = 80;
    const auto offset = [](uint32_t tag) { return tag * 4096 + tag * 36; };  // any alignment, and no page is crossed
    Machine machine(config);
    machine.run([&] {
        for (uint32_t tag = 0; tag < 100; ++tag) machine.read(tag, offset(tag), 512);
    });
    std::vector<uint32_t> bytes(100);
    std::set<size_t> sizes;
    for (const auto& tlp : machine.nic.received) {
        const uint64_t at = offset(tlp.tag) + 512 - tlp.byte_count;
        const uint32_t lead = at & 3, count = std::min(static_cast<uint32_t>(tlp.payload.size()) - lead, tlp.byte_count);
        sizes.insert(tlp.payload.size());
        bytes[tlp.tag] += count;
        for (uint32_t i = 0; i < count; ++i) ASSERT_EQ(tlp.payload[lead + i], Memory::pattern(at + i));
        EXPECT_TRUE(count == tlp.byte_count || (at + count) % 64 == 0) << "[P] 2.3.1.1";
    }
    EXPECT_EQ(bytes, std::vector<uint32_t>(100, 512));
    EXPECT_GT(machine.nic.received.size(), 350u) << "300 without";
    EXPECT_GT(sizes.size(), 6u);
    EXPECT_EQ(machine.first_violation(), "");
    EXPECT_EQ(machine.link.checker().outstanding(), 0u);
}

TEST(RootComplex, CompletionsOfDifferentTagsOvertakeWhenTheScenarioSaysSo) {
    LinkConfig config;
    config.read_reorder_ns = 400;
    Machine machine(config);
    machine.run([&] {
        for (uint32_t tag = 0; tag < 200; ++tag) machine.read(tag, tag * 512, 512);
    });
    std::vector<uint32_t> order;
    for (const auto& tlp : machine.nic.received) order.push_back(tlp.tag);
    EXPECT_EQ(order.size(), 400u);
    EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
    EXPECT_EQ(machine.first_violation(), "");  // each request still in address order
    EXPECT_EQ(machine.link.checker().outstanding(), 0u);
}

TEST(RootComplex, TheSameSeedGivesTheSameOrderAndAnotherSeedAnother) {
    LinkConfig config;
    config.read_reorder_ns = 400;
    Machine first(config, "1"), second(config, "2");
    config.seed = 2;
    Machine third(config, "3");
    std::vector<std::vector<uint32_t>> orders;
    for (Machine* machine : {&first, &second, &third})
        machine->spawn([machine] {
            for (uint32_t tag = 0; tag < 64; ++tag) machine->read(tag, tag * 512, 512);
        });
    sc_core::sc_start();
    for (Machine* machine : {&first, &second, &third}) {
        orders.emplace_back();
        for (const auto& tlp : machine->nic.received) orders.back().push_back(tlp.tag);
    }
    EXPECT_EQ(orders[0], orders[1]);
    EXPECT_NE(orders[0], orders[2]);
}

TEST(RootComplex, AReadSeesTheWritesThatWereSentBeforeIt) {
    LinkConfig config;
    config.write_latency_ns = 3000;
    Machine machine(config);
    machine.run([&] {
        machine.write(0x80, std::vector<uint8_t>(64, 0xA1));
        machine.read(0, 0x80, 64);
    });
    ASSERT_EQ(machine.nic.received.size(), 1u);
    EXPECT_EQ(machine.nic.received[0].payload, std::vector<uint8_t>(64, 0xA1));
}

TEST(RootComplex, InterruptsComeAfterTheWritesBeforeThem) {
    Machine machine;
    machine.memory.delay_ps = 330'000;  // a TLB miss each
    uint64_t interrupt = 0, writes_before = 0;
    uint32_t vector = 0;
    machine.root.on_msi([&](uint64_t address, uint32_t data) {
        EXPECT_EQ(address, 0xFEE00010u);
        vector = data;
        interrupt = now_ps();
        writes_before = machine.memory.accesses.size();
    });
    machine.run([&] {
        machine.write(0, std::vector<uint8_t>(256, 1));
        machine.write(256, std::vector<uint8_t>(16, 2));
        machine.send(make_mem_write(nic_id, 0xFEE00010, "\x05\0\0\0", 4));
    });
    EXPECT_EQ(vector, 5u);
    EXPECT_EQ(writes_before, 2u);
    EXPECT_EQ(machine.memory.accesses[1].time_ps - machine.memory.accesses[0].time_ps, 330'000u);
    EXPECT_EQ(interrupt - machine.memory.accesses[1].time_ps, 330'000u);
    EXPECT_EQ(machine.root.statistics().interrupts, 1u);
    EXPECT_EQ(machine.first_violation(), "");
}

TEST(RootComplex, TheMessageWordOfUserModeLinuxIsAnInterruptAndItsNeighboursAreMemory) {
    Machine machine;
    std::vector<uint64_t> interrupts;
    machine.root.on_msi([&](uint64_t address, uint32_t) { interrupts.push_back(address); });
    machine.run([&] {
        for (uint64_t address : {0x9FFFCu, 0xA0000u, 0xA0004u}) machine.send(make_mem_write(nic_id, address, "\x05\0\0\0", 4));
    });
    EXPECT_EQ(interrupts, std::vector<uint64_t>{0xA0000});
    EXPECT_EQ(machine.memory.accesses.size(), 2u);
}

TEST(RootComplex, OnlyEnabledBytesAreWritten) {
    Machine machine;
    machine.run([&] {
        machine.write(0x101, {1, 2, 3, 4, 5, 6});
        TlpPtr gap = make_mem_write(nic_id, memory_base + 0x200, "\x11\x12\x13\x14", 4);
        gap->hdr[1] = (gap->hdr[1] & ~0xFu) | 0x9;  // first and last byte
        machine.send(std::move(gap));
        TlpPtr nothing = make_mem_write(nic_id, memory_base + 0x300, "abcd", 4);
        nothing->hdr[1] &= ~0xFu;
        machine.send(std::move(nothing));
    });
    const auto at = [&](uint64_t offset) { return machine.memory.bytes[offset]; };
    EXPECT_EQ(at(0x100), Memory::pattern(0x100));
    EXPECT_EQ(at(0x101), 1);
    EXPECT_EQ(at(0x106), 6);
    EXPECT_EQ(at(0x107), Memory::pattern(0x107));
    EXPECT_EQ(at(0x200), 0x11);
    EXPECT_EQ(at(0x201), Memory::pattern(0x201));
    EXPECT_EQ(at(0x203), 0x14);
    EXPECT_EQ(machine.memory.accesses.size(), 2u);
    EXPECT_EQ(machine.first_violation(), "");
}

TEST(RootComplex, ARefusedReadIsAnsweredWithUnsupportedRequest) {
    Machine machine;
    machine.memory.refuse_from = memory_base + 0x100;
    machine.memory.refuse_to = memory_base + 0x200;
    machine.run([&] {
        machine.read(1, 0, 512);
        machine.read(2, 0x100, 16);
    });
    const auto& received = machine.nic.received;
    ASSERT_EQ(received.size(), 3u);
    EXPECT_EQ(received[0].status, static_cast<uint32_t>(TLP_STATUS_SC));  // the part in front of the refused range
    EXPECT_EQ(received[0].payload.size(), 256u);
    for (size_t i : {1, 2}) {
        EXPECT_EQ(received[i].type, static_cast<uint32_t>(TLP_TYPE_CPL));
        EXPECT_EQ(received[i].status, static_cast<uint32_t>(TLP_STATUS_UR));
    }
    EXPECT_EQ(received[1].byte_count, 256u);
    EXPECT_EQ(machine.root.statistics().refused_reads, 2u);
    EXPECT_EQ(machine.link.checker().outstanding(), 0u);
    EXPECT_EQ(machine.first_violation(), "");  // the memory target reports why it refuses
}

TEST(RootComplex, ARefusedWriteIsDroppedAndCounted) {
    Machine machine;
    machine.memory.refuse_to = memory_base + 0x100;
    machine.run([&] { machine.write(0, {1, 2, 3, 4}); });
    EXPECT_EQ(machine.root.statistics().dropped_writes, 1u);
    EXPECT_EQ(machine.memory.bytes[0], Memory::pattern(0));
}

TEST(RootComplex, WorksOnALimitedNumberOfReads) {
    LinkConfig config;
    config.outstanding_reads = 1;
    Machine machine(config);
    machine.run([&] {
        machine.read(0, 0, 64);
        machine.read(1, 64, 64);
    });
    ASSERT_EQ(machine.nic.received.size(), 2u);
    // The second starts when the first has been answered: latency less the way there, and its bytes.
    EXPECT_EQ(machine.nic.received[1].time_ps - machine.nic.received[0].time_ps, 450'000 - 75'000 + machine.ps(84));
}

TEST(RootComplex, MemoryAccessesCarryTheirTlp) {
    Machine machine;
    uint64_t id = 0;
    machine.events.add_sink([&](const Event& event) {
        if (event.kind == EventKind::tlp_up) id = event.packet;
    });
    machine.run([&] { machine.write(0, {1, 2, 3, 4}); });
    EXPECT_EQ(machine.memory.accesses.at(0).tlp_id, id);
}

TEST(CpuAccess, ReadsWaitForTheRoundTripAndWritesDoNot) {
    Machine machine;
    uint64_t before = 0, after_write = 0, after_read = 0;
    uint32_t value = 0xCAFE1234, back = 0;
    machine.run([&] {
        before = now_ps();
        EXPECT_EQ(machine.access(tlm::TLM_WRITE_COMMAND, bar + 0x40, &value, 4), tlm::TLM_OK_RESPONSE);
        after_write = now_ps();
        EXPECT_EQ(machine.access(tlm::TLM_READ_COMMAND, bar + 0x40, &back, 4), tlm::TLM_OK_RESPONSE);
        after_read = now_ps();
    });
    EXPECT_EQ(after_write, before);
    EXPECT_EQ(back, value);
    // The read leaves behind the write; the answer takes the way back.
    EXPECT_EQ(after_read - before, machine.ps(24 + 20) + 75'000 + machine.ps(24) + 75'000);
    EXPECT_EQ(machine.first_violation(), "");
}

TEST(CpuAccess, AnyBytesOfARegisterAndRangesOverPagesWork) {
    Machine machine;
    uint8_t byte = 0x77, back[200] = {};
    std::vector<uint8_t> data(200);
    for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i);
    machine.run([&] {
        machine.access(tlm::TLM_WRITE_COMMAND, bar + 0x43, &byte, 1);
        machine.access(tlm::TLM_WRITE_COMMAND, bar + 0xFA1, data.data(), 200);
        machine.access(tlm::TLM_READ_COMMAND, bar + 0xFA1, back, 200);
    });
    EXPECT_EQ(machine.nic.registers[0x43], 0x77);
    EXPECT_EQ(machine.nic.registers[0x42], 0);
    EXPECT_EQ(std::vector<uint8_t>(back, back + 200), data);
    EXPECT_EQ(machine.first_violation(), "");
}

TEST(CpuAccess, AddressesOutsideTheWindowsAreNotForwarded) {
    Machine machine;
    uint32_t value = 0;
    machine.run([&] {
        EXPECT_EQ(machine.access(tlm::TLM_READ_COMMAND, 0x1000, &value, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
        EXPECT_EQ(machine.access(tlm::TLM_READ_COMMAND, 0xEFFFFFFE, &value, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    });
    EXPECT_EQ(value, 0xFFFFFFFF);
    EXPECT_TRUE(machine.nic.received.empty());
}

TEST(CpuAccess, ConfigurationBytesAreReadAndWritten) {
    Machine machine;
    machine.run([&] {
        machine.root.config_write(0x3C, 4, 0x11223344);
        machine.root.config_write(0x3D, 1, 0x99);
        EXPECT_EQ(machine.root.config_read(0x3C, 4), 0x11229944u);
        EXPECT_EQ(machine.root.config_read(0x3E, 2), 0x1122u);
        EXPECT_EQ(machine.root.config_read(0x3D, 1), 0x99u);
    });
    EXPECT_EQ(machine.first_violation(), "");
}

TEST(CpuAccess, ADeadDeviceIsReportedAndReadsAsAllOnes) {
    Machine machine;
    uint64_t before = 0, after = 0;
    uint32_t value = 0;
    machine.run([&] {
        machine.nic.answers = false;
        before = now_ps();
        EXPECT_EQ(machine.access(tlm::TLM_READ_COMMAND, bar + 0x14, &value, 4), tlm::TLM_GENERIC_ERROR_RESPONSE);
        after = now_ps();
        EXPECT_EQ(machine.root.config_read(0, 2), 0xFFFFu);
    });
    EXPECT_EQ(value, 0xFFFFFFFF);
    EXPECT_EQ(after - before, 1'000'000'000u);
    ASSERT_EQ(machine.violations.size(), 2u);
    EXPECT_EQ(machine.violations[0].check, "pcie.completion_timeout");
    EXPECT_EQ(machine.violations[0].time_ps, after);
    EXPECT_NE(machine.violations[0].message.find("0xc0000014"), std::string::npos) << machine.violations[0].message;
}

TEST(CpuAccess, ADeviceThatKeepsItsBuffersStopsWritesButNotTheSimulation) {
    LinkConfig config;
    config.device_credits = {2, 16, 1, 1};
    config.cpu_write_queue = 4;
    Machine machine(config);
    machine.run([&] {
        machine.nic.releases = false;
        for (uint32_t i = 0; i < 7; ++i) machine.access(tlm::TLM_WRITE_COMMAND, bar, &i, 4);
    });
    // Two arrived, four wait in the root complex, one found no room.
    EXPECT_EQ(machine.nic.received.size(), 2u);
    ASSERT_EQ(machine.violations.size(), 1u);
    EXPECT_EQ(machine.violations[0].check, "pcie.write_stuck");
}

TEST(CpuAccess, ARefusedRegisterReadIsAViolation) {
    Machine machine;
    machine.nic.refuse_status = TLP_STATUS_UR;
    uint16_t value = 0;
    machine.run([&] { machine.access(tlm::TLM_READ_COMMAND, bar, &value, 2); });
    EXPECT_EQ(value, 0xFFFF);
    EXPECT_EQ(machine.violations.at(0).check, "pcie.unsupported_request");
}

TEST(CpuAccess, AnAnswerDoesNotPassTheDevicesEarlierWrites) {
    LinkConfig config;
    config.write_latency_ns = 2000;
    Machine machine(config);
    machine.nic.on_receive = [&](const Tlp& tlp) {
        if (!tlp.is_memory_read()) return;
        // The read keeps the root complex at work while the write is not visible yet.
        machine.nic.link->send(make_mem_read(nic_id, 9, memory_base + 64, 64));
        machine.nic.link->send(make_mem_write(nic_id, memory_base, "\1\2\3\4", 4));
    };
    uint32_t value = 0;
    machine.run([&] {
        machine.access(tlm::TLM_READ_COMMAND, bar, &value, 4);
        EXPECT_EQ(machine.memory.bytes[3], 4);  // visible once the read has returned
    });
    EXPECT_EQ(machine.first_violation(), "");
}

TEST(CpuAccess, SeveralThreadsReadAtOnce) {
    Machine machine;
    for (size_t i = 0; i < machine.nic.registers.size(); ++i) machine.nic.registers[i] = static_cast<uint8_t>(i / 4);
    unsigned right = 0;
    for (uint32_t thread = 0; thread < 40; ++thread)  // more than there are tags
        machine.spawn([&, thread] {
            uint8_t value[4] = {};
            machine.access(tlm::TLM_READ_COMMAND, bar + 4 * thread, value, 4);
            right += value[0] == thread && value[3] == thread;
        });
    sc_core::sc_start();
    EXPECT_EQ(right, 40u);
    EXPECT_EQ(machine.first_violation(), "");
}

// Reads 0, 1 and 2 of 600 bytes; the answer to read 1 is spoilt.
void read_with_fault(ReadFault fault, Machine*& machine) {
    LinkConfig config;
    config.fault = fault;
    config.fault_read = 1;
    machine = new Machine(config);   // lives as long as its process
    machine->run([machine] {
        for (uint32_t tag = 0; tag < 3; ++tag) machine->read(tag, 1024 * tag, 512);
    });
}

TEST(RootFault, TheAnswerIsLost) {
    Machine* machine;
    read_with_fault(ReadFault::lose, machine);
    ASSERT_EQ(machine->nic.received.size(), 4u);
    for (const auto& r : machine->nic.received) EXPECT_NE(r.tag, 1u);
    EXPECT_TRUE(machine->violations.empty()) << machine->first_violation();
    machine->link.checker().finish();
    ASSERT_EQ(machine->violations.size(), 1u);
    EXPECT_EQ(machine->violations[0].check, "tlp.outstanding");
}

TEST(RootFault, TheAnswerIsAnErrorAndMemoryIsNotAsked) {
    Machine* machine;
    read_with_fault(ReadFault::abort, machine);
    ASSERT_EQ(machine->nic.received.size(), 5u);
    EXPECT_EQ(machine->nic.received[2].tag, 1u);
    EXPECT_EQ(machine->nic.received[2].status, uint32_t{TLP_STATUS_CA});
    EXPECT_EQ(machine->nic.received[2].byte_count, 512u);
    for (const auto& access : machine->memory.accesses) EXPECT_TRUE(access.address < memory_base + 1024 || access.address >= memory_base + 2048);
    EXPECT_TRUE(machine->violations.empty()) << machine->first_violation();
}

TEST(RootFault, TheAnswerIsAnUnsupportedRequest) {
    Machine* machine;
    read_with_fault(ReadFault::unsupported, machine);
    EXPECT_EQ(machine->nic.received.at(2).status, uint32_t{TLP_STATUS_UR});
}

TEST(RootFault, TheAnswerIsPoisonedAndTheCheckerSeesIt) {
    Machine* machine;
    read_with_fault(ReadFault::poison, machine);
    EXPECT_EQ(machine->nic.received.size(), 6u);
    ASSERT_EQ(machine->violations.size(), 2u) << "each of its parts";
    EXPECT_EQ(machine->violations[0].check, "tlp.poisoned");
}

TEST(RootFault, TheAnswerHasAWrongByteCountAndTheCheckerSeesIt) {
    Machine* machine;
    read_with_fault(ReadFault::byte_count, machine);
    EXPECT_EQ(machine->nic.received.at(2).byte_count, 516u);
    ASSERT_FALSE(machine->violations.empty());
    EXPECT_EQ(machine->violations[0].check, "tlp.byte_count");
}

TEST(RootFault, TheAnswerComesAgainAndTheCheckerSeesIt) {
    Machine* machine;
    read_with_fault(ReadFault::twice, machine);
    ASSERT_EQ(machine->nic.received.size(), 7u);
    EXPECT_EQ(machine->nic.received[4].tag, 1u);
    EXPECT_EQ(machine->nic.received[4].payload, machine->nic.received[3].payload);
    ASSERT_EQ(machine->violations.size(), 1u);
    EXPECT_EQ(machine->violations[0].check, "tlp.unexpected_completion");
}

TEST(RootFault, APacketOfNoTypeComesAndTheCheckerSeesIt) {
    Machine* machine;
    read_with_fault(ReadFault::malformed, machine);
    ASSERT_EQ(machine->nic.received.size(), 7u);
    EXPECT_EQ(machine->nic.received[4].type, 0x5Fu);
    ASSERT_FALSE(machine->violations.empty());
    EXPECT_EQ(machine->violations[0].check, "tlp.type");
}

// A card that is pulled: no violation, and nobody waits for it.
TEST(Removal, ReadsOfTheCpuFindAllOnesAtOnceAndWritesGoNowhere) {
    Machine machine;
    uint32_t waiting = 0, later = 0, value = 0x12345678;
    uint64_t before = 0, after = 0;
    machine.spawn([&] {
        machine.nic.answers = false;
        machine.access(tlm::TLM_READ_COMMAND, bar + 0x14, &waiting, 4);
        before = now_ps();
        EXPECT_EQ(machine.access(tlm::TLM_READ_COMMAND, bar + 0x14, &later, 4), tlm::TLM_OK_RESPONSE);
        machine.access(tlm::TLM_WRITE_COMMAND, bar, &value, 4);
        EXPECT_EQ(machine.root.config_read(0, 2), 0xFFFFu);
        machine.root.config_write(4, 2, 6);
        after = now_ps();
    });
    sc_core::sc_spawn([&] {
        sc_core::wait(5, sc_core::SC_US);
        machine.link.remove();
    });
    sc_core::sc_start();
    EXPECT_EQ(waiting, 0xFFFFFFFF) << "under way when it happened";
    EXPECT_EQ(later, 0xFFFFFFFF);
    EXPECT_GT(after, before) << "a loop that polls lets time pass";
    EXPECT_LT(after - before, 10'000'000u);
    EXPECT_EQ(machine.nic.received.size(), 1u);
    EXPECT_EQ(machine.first_violation(), "");
}

TEST(Removal, WhatIsOnTheLinkIsLostInBothDirections) {
    Machine machine;
    machine.run([&] {
        for (uint32_t tag = 0; tag < 8; ++tag) machine.read(tag, tag * 512, 512);
        machine.write(0x8000, std::vector<uint8_t>(64, 1));
        machine.link.remove();
        machine.write(0x9000, std::vector<uint8_t>(64, 1));
        machine.read(9, 0, 512);
    });
    machine.link.checker().finish();
    EXPECT_TRUE(machine.nic.received.empty()) << "no completion comes";
    EXPECT_TRUE(machine.memory.accesses.empty()) << "no access reaches memory";
    EXPECT_EQ(machine.first_violation(), "") << "and nothing is said to be unanswered";
}

}  // namespace
}  // namespace hw
