// SPDX-License-Identifier: Apache-2.0
#include "cpu.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "machine.h"

namespace hw {
namespace {

using sc_core::SC_ZERO_TIME;

TEST(Cpu, AThreadThatSpendsTimeOccupiesTheCpu) {
    Machine m(costs(100));
    m.cpu.spawn("a", [&] {
        m.cpu.charge(Work::send_nb, 5);
        m.note("a");
        m.cpu.charge(Work::send_nb, 1);
        m.note("a again");
    });
    m.cpu.spawn("b", [&] {
        m.note("b");
        m.cpu.charge(Work::send_nb, 1);
        m.note("b done");
    });
    m.run();
    EXPECT_EQ(m.log, (Log{"a@500", "a again@600", "b@600", "b done@700"}));
    EXPECT_EQ(m.cpu.counters().busy, ns(700));
}

TEST(Cpu, RegistersAreLittleEndianAndWritesCostWhatTheyCost) {
    CpuConfig config;
    config.mmio_write_ns = 60;
    Machine m(config);
    m.cpu.spawn("a", [&] {
        m.cpu.mmio_write(4, 4, 0x11223344);
        m.cpu.mmio_write(8, 2, 0xAABBCCDD);
        m.note("written");
        EXPECT_EQ(m.cpu.mmio_read(4, 4), 0x11223344u);
        EXPECT_EQ(m.cpu.mmio_read(4, 1), 0x44u);
        EXPECT_EQ(m.cpu.mmio_read(8, 4), 0xCCDDu);
    });
    m.run();
    EXPECT_EQ(m.registers.bytes[4], 0x44);
    EXPECT_EQ(m.log, (Log{"written@120"}));
    EXPECT_EQ(m.cpu.counters().mmio_reads, 3u);
}

TEST(Cpu, ARefusedAccessIsReportedAndReadsAllOnes) {
    Machine m;
    m.cpu.spawn("a", [&] {
        EXPECT_EQ(m.cpu.mmio_read(16, 4), 0xFFFFFFFFu);
        EXPECT_EQ(m.cpu.mmio_read(16, 2), 0xFFFFu);
        m.cpu.mmio_write(16, 4, 0);
    });
    m.run();
    EXPECT_EQ(m.checks, Log(3, "cpu.bus_error"));
}

TEST(Cpu, EventsWakeInOrderAndTimeOut) {
    Machine m;
    Cpu::Event* event = m.cpu.create_event();
    for (const char* name : {"a", "b"})
        m.cpu.spawn(name, [&m, event, name] { m.note(std::string(name) + (m.cpu.wait_for(event, SC_ZERO_TIME) ? " set" : " timed out")); });
    m.cpu.spawn("c", [&] { m.note(m.cpu.wait_for(event, ns(70)) ? "c set" : "c timed out"); });
    m.cpu.spawn("setter", [&] {
        m.cpu.sleep(ns(100));
        m.cpu.set(event);
        m.cpu.reset(event);  // those who waited are released all the same
        m.note("setter");
        EXPECT_FALSE(m.cpu.wait_for(event, ns(5)));
        m.cpu.set(event);
        EXPECT_TRUE(m.cpu.wait_for(event, ns(5)));
        m.note("set stays");
        m.cpu.destroy(event);
    });
    m.run();
    EXPECT_EQ(m.log, (Log{"c timed out@70", "setter@100", "a set@100", "b set@100", "set stays@105"}));
    EXPECT_TRUE(m.checks.empty());
}

TEST(Cpu, DestroyingAnEventThatIsWaitedOnIsReported) {
    Machine m;
    Cpu::Event* event = m.cpu.create_event();
    m.cpu.spawn("a", [&] { m.cpu.wait_for(event, ns(100)); });
    m.cpu.spawn("b", [&] { m.cpu.destroy(event); });
    m.run();
    EXPECT_EQ(m.checks, (Log{"cpu.event_in_use"}));
}

TEST(Cpu, ThreadsMaySpawnAndJoinThreads) {
    Machine m;
    m.cpu.spawn("parent", [&] {
        Cpu::Thread* child = m.cpu.spawn("child", [&] {
            m.cpu.sleep(ns(30));
            m.note("child");
        });
        Cpu::Thread* quick = m.cpu.spawn("child", [&] { m.note("quick"); });
        m.note("parent");
        m.cpu.join(child);
        m.cpu.join(quick);
        m.note("joined");
    });
    m.run();
    EXPECT_EQ(m.log, (Log{"parent@0", "quick@0", "child@30", "joined@30"}));
}

// A call chain of 800 KiB, with a switch of threads at its end.
unsigned deep(Cpu& cpu, unsigned levels) {
    volatile uint8_t frame[4096];
    frame[0] = static_cast<uint8_t>(levels);
    frame[sizeof frame - 1] = 1;
    if (levels == 0) cpu.sleep(ns(1));
    return (levels ? deep(cpu, levels - 1) : 0) + frame[sizeof frame - 1];
}

TEST(Cpu, AThreadHasAMegabyteOfStack) {
    Machine m;
    unsigned sum = 0;
    m.cpu.spawn("deep", [&] { sum = deep(m.cpu, 149); });
    m.cpu.spawn("deep too", [&] { sum += deep(m.cpu, 149); });
    m.run();
    EXPECT_EQ(sum, 300u);
}

TEST(Cpu, IllegalCostsAreRefusedByName) {
    CpuConfig config;
    EXPECT_EQ(config.error(), "");
    config.interrupt_ns = -1;
    EXPECT_EQ(config.error().substr(0, 13), "interrupt_ns:");
    config = {};
    config.stack_bytes = 1000;
    EXPECT_EQ(config.error().substr(0, 12), "stack_bytes:");
}

// A small crowd of threads, interrupts, timers and events; its log is the same whenever it is made.
Log crowd(Machine& m, uint32_t data) {
    m.log.clear();
    Cpu::Event* event = m.cpu.create_event();
    m.cpu.register_softirq([&m, event] {
        m.note("softirq");
        m.cpu.charge(Work::complete_nb, 2);
        m.cpu.set(event);
    });
    m.cpu.connect(msi_address, data, 0, [&m] {
        m.note("isr");
        m.cpu.raise_softirq();
    });
    for (unsigned n = 0; n < 5; n++)
        m.cpu.spawn("worker", [&m, event, n, data] {
            for (unsigned round = 0; round < 20; round++) {
                m.cpu.charge(Work::send_nb, n + round);
                m.cpu.mmio_write(0, 4, round);
                if (round % (n + 2) == 0) m.cpu.message(msi_address, data);
                m.cpu.wait_for(event, ns(40 + 7 * n));
                m.cpu.reset(event);
                m.note("worker " + std::to_string(n));
            }
        });
    const sc_time start = sc_core::sc_time_stamp();
    m.run();
    const long offset = static_cast<long>(start / ns(1));
    for (std::string& line : m.log) {
        const size_t mark = line.find('@');
        line = line.substr(0, mark + 1) + std::to_string(std::stol(line.substr(mark + 1)) - offset);
    }
    return m.log;
}

TEST(Cpu, TheSameProgramHasTheSameHistory) {
    CpuConfig config = costs(13);
    config.work_ns[static_cast<size_t>(Work::complete_nb)] = 31;
    config.mmio_write_ns = 7;
    config.isr_ns = 17;
    config.interrupt_ns = 100;
    Machine m(config);
    const Log first = crowd(m, 1);
    const Log second = crowd(m, 2);
    EXPECT_GT(first.size(), 120u);
    EXPECT_EQ(first, second);
    EXPECT_TRUE(m.checks.empty());
}

}  // namespace
}  // namespace hw
