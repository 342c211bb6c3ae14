// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "machine.h"
#include "model.h"

namespace hw {
namespace {

using sc_core::wait;

TEST(Link, AWriteArrivesAfterItsBytesAndThePropagation) {
    Machine machine;
    uint64_t sent = 0;
    machine.run([&] {
        sent = now_ps();
        machine.write(0x40, std::vector<uint8_t>(64, 7));
    });
    ASSERT_EQ(machine.memory.accesses.size(), 1u);
    // 88 bytes at 57.885 Gb/s are 12162 ps.
    EXPECT_EQ(machine.ps(88), 12162u);
    EXPECT_EQ(machine.memory.accesses[0].time_ps, sent + 12162 + 75000);
    EXPECT_EQ(machine.memory.bytes[0x40], 7);
    EXPECT_EQ(machine.first_violation(), "");
}

// Sends `count` transfers of `bytes` and returns payload Gb/s between the first and the last thing that `done` saw.
double dma_rate(const LinkConfig& link, DmaOperation operation, uint32_t bytes, unsigned count) {
    Machine machine(link);
    unsigned in_flight = 0, tag = 0;
    uint64_t read_bytes = 0, first_read = 0, last_read = 0;
    machine.nic.on_receive = [&](const Tlp& tlp) {
        if (!tlp.is_completion()) return;
        if (!first_read) first_read = now_ps(); else read_bytes += tlp.payload_bytes;
        last_read = now_ps();
        if (tlp.byte_count() <= tlp.payload_bytes) --in_flight;
    };
    const LinkConfig& config = machine.link.config();
    const auto reads = [&](unsigned i) {
        for (uint32_t at = 0; at < bytes; at += config.mrrs) {
            while (in_flight >= 256) wait(machine.nic.changed);
            ++in_flight;
            machine.read(tag++ & 0xFF, i % 64 * 4096 + at, std::min(bytes - at, config.mrrs));
        }
    };
    const auto writes = [&](unsigned i) {
        for (uint32_t at = 0; at < bytes; at += config.mps)
            machine.write(i % 64 * 4096 + at, std::vector<uint8_t>(std::min(bytes - at, config.mps), 1));
    };
    machine.run([&] {
        for (unsigned i = 0; i < count; ++i) {
            if (operation != DmaOperation::write) reads(i);
            if (operation != DmaOperation::read) writes(i);
        }
    });
    EXPECT_EQ(machine.first_violation(), "");
    if (operation != DmaOperation::write) return 8000.0 * static_cast<double>(read_bytes) / static_cast<double>(last_read - first_read);
    const auto& all = machine.memory.accesses;
    return 8000.0 * bytes * (count - 1) / static_cast<double>(all.back().time_ps - all[(bytes - 1) / config.mps].time_ps);
}

void expect_model(DmaOperation operation, const LinkConfig& link = {}) {
    // One process has one elaboration: the size comes from the name of the test.
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    const uint32_t bytes = static_cast<uint32_t>(std::stoul(name.substr(name.find_first_of("0123456789"))));
    const double model = dma_gbps(link, operation, bytes);
    EXPECT_NEAR(dma_rate(link, operation, bytes, 8000), model, model * 0.001);
}

LinkConfig gen5_x16() {
    LinkConfig config;
    config.generation = 5;
    config.lanes = 16;
    return config;
}

TEST(LinkRate, WritesOf64BytesReachTheModel) { expect_model(DmaOperation::write); }
TEST(LinkRate, WritesOf256BytesReachTheModel) { expect_model(DmaOperation::write); }
TEST(LinkRate, WritesOf1024BytesReachTheModel) { expect_model(DmaOperation::write); }
TEST(LinkRate, WritesOf64BytesReachTheModelOnTheFastestLink) { expect_model(DmaOperation::write, gen5_x16()); }
TEST(LinkRate, WritesOf1024BytesReachTheModelOnTheFastestLink) { expect_model(DmaOperation::write, gen5_x16()); }
TEST(LinkRate, ReadsOf512BytesReachTheModelOnTheFastestLink) { expect_model(DmaOperation::read, gen5_x16()); }
TEST(LinkRate, ReadsOf64BytesReachTheModel) { expect_model(DmaOperation::read); }
TEST(LinkRate, ReadsOf256BytesReachTheModel) { expect_model(DmaOperation::read); }
TEST(LinkRate, ReadsOf1024BytesReachTheModel) { expect_model(DmaOperation::read); }
TEST(LinkRate, ReadsAndWritesOf64BytesReachTheModel) { expect_model(DmaOperation::both); }
TEST(LinkRate, ReadsAndWritesOf1024BytesReachTheModel) { expect_model(DmaOperation::both); }

TEST(LinkRate, ABurstOfAnyLengthEndsWithinAPicosecondOfTheExactRate) {
    const LinkRate rate = link_rate(LinkConfig{});
    Serializer serializer(rate);
    uint64_t bytes = 0, end = 0;
    for (uint32_t i = 0; i < 1000; ++i) {
        bytes += 24 + i % 257;
        end = serializer.send(0, 24 + i % 257);
    }
    EXPECT_EQ(end, bytes * rate.ps_numerator / rate.ps_denominator);
    EXPECT_EQ(serializer.statistics().bytes, bytes);
    EXPECT_DOUBLE_EQ(serializer.utilisation(end), 1.0);
    EXPECT_DOUBLE_EQ(serializer.utilisation(2 * end), 0.5);
}

TEST(Link, TheDeviceWaitsForCreditsAndIsWokenWhenTheyReturn) {
    LinkConfig config;
    config.root_credits = {2, 64, 16, 16};
    config.write_latency_ns = 1000;
    Machine machine(config);
    uint64_t sent = 0, third = 0;
    machine.run([&] {
        sent = now_ps();
        machine.write(0, std::vector<uint8_t>(64, 1));
        machine.write(64, std::vector<uint8_t>(64, 2));
        EXPECT_FALSE(machine.link.can_send(TlpKind::posted));
        EXPECT_TRUE(machine.link.can_send(TlpKind::non_posted));
        EXPECT_EQ(machine.link.ready_ps(TlpKind::posted), UINT64_MAX);
        machine.write(128, std::vector<uint8_t>(64, 3));
        third = now_ps();
    });
    // Visible in memory, and from then the credit's way back.
    EXPECT_EQ(third, sent + machine.ps(88) + 75'000 + 1'000'000 + 100'000);
    ASSERT_EQ(machine.nic.wakes.size(), 1u);
    EXPECT_EQ(machine.nic.wakes[0], third);
    EXPECT_EQ(machine.first_violation(), "");
}

TEST(Link, DataCreditsLimitWritesToo) {
    LinkConfig config;
    config.root_credits = {32, 16, 16, 16};  // one TLP of MPS bytes
    Machine machine(config);
    machine.run([&] {
        machine.write(0, std::vector<uint8_t>(16, 1));
        EXPECT_FALSE(machine.link.can_send(TlpKind::posted));  // 15 credits left, 16 promised
    });
    EXPECT_EQ(machine.first_violation(), "");
}

TEST(Link, TheDeviceWaitsWhileItsQueueIsFull) {
    LinkConfig config;
    config.tx_queue_bytes = 512;
    Machine machine(config);
    unsigned sent = 0;
    machine.run([&] {
        for (; machine.link.can_send(TlpKind::posted); ++sent)
            machine.link.send(make_mem_write(nic_id, memory_base, std::vector<uint8_t>(256).data(), 256));
        const uint64_t ready = machine.link.ready_ps(TlpKind::posted);
        wait(machine.nic.changed);
        EXPECT_EQ(now_ps(), ready);
        EXPECT_TRUE(machine.link.can_send(TlpKind::posted));
    });
    EXPECT_EQ(sent, 2u);  // 280 bytes are within the limit, 560 are not
    EXPECT_EQ(machine.first_violation(), "");
}

TEST(Link, SendingWithoutCreditsIsAViolation) {
    LinkConfig config;
    config.root_credits = {1, 16, 1, 1};
    Machine machine(config);
    machine.run([&] {
        for (int i = 0; i < 2; ++i) machine.link.send(make_mem_write(nic_id, memory_base, "abcd", 4));
    });
    ASSERT_EQ(machine.violations.size(), 1u);
    EXPECT_EQ(machine.violations[0].check, "pcie.credit");
    EXPECT_EQ(machine.violations[0].clause, "[P] 2.6.1");
    EXPECT_GT(machine.violations[0].time_ps, 0u);
}

std::vector<uint32_t> types(const FakeNic& nic) {
    std::vector<uint32_t> list;
    for (const auto& tlp : nic.received) list.push_back(tlp.type);
    return list;
}

// A device with one non-posted credit that keeps its receive buffers.
LinkConfig one_of_each() {
    LinkConfig config;
    config.device_credits = {1, 16, 1, 1};
    return config;
}

TEST(LinkOrder, PostedWritesAndCompletionsPassReadsWithoutCredits) {
    Machine machine(one_of_each());
    machine.run([&] {
        machine.nic.releases = machine.nic.answers = false;
        machine.link.send_down(make_mem_read(0, 0, 0xC0000000, 4));
        machine.link.send_down(make_mem_read(0, 1, 0xC0000000, 4));  // no credit left
        machine.link.send_down(make_mem_write(0, 0xC0000000, "abcd", 4));
        machine.read(7, 0, 64);
        wait(2, sc_core::SC_US);
        EXPECT_EQ(types(machine.nic), (std::vector<uint32_t>{TLP_TYPE_MRD32, TLP_TYPE_MWR32, TLP_TYPE_CPLD}));
        machine.nic.link->release(TlpKind::non_posted, 0);
        wait(2, sc_core::SC_US);
        EXPECT_EQ(machine.nic.received.back().type, static_cast<uint32_t>(TLP_TYPE_MRD32));
        EXPECT_EQ(machine.nic.received.back().tag, 1u);
    });
    EXPECT_EQ(machine.first_violation(), "");
}

TEST(LinkOrder, NothingPassesAPostedWriteWithoutCredits) {
    Machine machine(one_of_each());
    machine.run([&] {
        machine.nic.releases = machine.nic.answers = false;
        machine.link.send_down(make_mem_write(0, 0xC0000000, "abcd", 4));
        machine.link.send_down(make_mem_write(0, 0xC0000004, "efgh", 4));  // no credit left
        machine.link.send_down(make_mem_read(0, 0, 0xC0000000, 4));
        machine.read(7, 0, 64);
        wait(2, sc_core::SC_US);
        EXPECT_EQ(types(machine.nic), (std::vector<uint32_t>{TLP_TYPE_MWR32}));
        const uint64_t released = now_ps();
        machine.nic.link->release(TlpKind::posted, 4);
        wait(2, sc_core::SC_US);
        EXPECT_EQ(types(machine.nic), (std::vector<uint32_t>{TLP_TYPE_MWR32, TLP_TYPE_MWR32, TLP_TYPE_MRD32, TLP_TYPE_CPLD}));
        EXPECT_EQ(machine.nic.received[1].time_ps, released + 100'000 + machine.ps(24) + 75'000);
    });
    EXPECT_EQ(machine.first_violation(), "");
}

TEST(LinkOrder, ADeviceThatTakesPostedWritesBeforeItsReadsAreAnsweredNeverDeadlocks) {
    Machine machine(one_of_each());
    unsigned answered = 0;
    machine.nic.on_receive = [&](const Tlp& tlp) { answered += tlp.is_completion(); };
    machine.spawn([&] {
        for (unsigned i = 0; i < 200; ++i) machine.read(i & 0xFF, i * 64, 64);
    });
    machine.run([&] {
        uint32_t value = 0;
        for (unsigned i = 0; i < 200; ++i) {
            machine.access(tlm::TLM_WRITE_COMMAND, 0xC0000000 + 4 * i, &i, 4);
            if (i % 8 == 0) machine.access(tlm::TLM_READ_COMMAND, 0xC0000000 + 4 * i, &value, 4);
        }
        EXPECT_EQ(value, 192u);
    });
    EXPECT_EQ(answered, 200u);
    EXPECT_EQ(machine.link.checker().outstanding(), 0u);
    EXPECT_EQ(machine.first_violation(), "");
}

TEST(Link, EveryTlpIsTracedAtTheDevicesPinsWithItsBytes) {
    Machine machine;
    std::vector<Event> trace;
    machine.events.add_sink([&](const Event& event) { trace.push_back(event); });
    uint64_t sent = 0;
    machine.run([&] {
        trace.clear();
        sent = now_ps();
        machine.read(3, 0x100, 64);
    });
    ASSERT_EQ(trace.size(), 2u);
    EXPECT_EQ(trace[0].kind, EventKind::tlp_up);
    EXPECT_EQ(trace[0].time_ps, sent);
    EXPECT_EQ(trace[0].value, 24u);
    EXPECT_EQ(trace[0].index, static_cast<uint32_t>(TLP_TYPE_MRD64));
    EXPECT_EQ(trace[1].kind, EventKind::tlp_down);
    EXPECT_EQ(trace[1].time_ps, machine.nic.received[0].time_ps);
    EXPECT_EQ(trace[1].value, 84u);
    EXPECT_GT(trace[1].packet, trace[0].packet);
}

}  // namespace
}  // namespace hw
