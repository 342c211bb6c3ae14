// SPDX-License-Identifier: Apache-2.0
#include "cpu.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "machine.h"

namespace hw {
namespace {

using sc_core::SC_ZERO_TIME;

TEST(CpuInterrupt, AnInterruptArrivesAfterItsLatency) {
    Machine m;
    m.connect(3, "isr");
    at(100, [&] { m.cpu.message(msi_address, 3); });
    m.run();
    EXPECT_EQ(m.log, (Log{"isr@1100"}));
}

// Whatever else waits for that instant, and whoever began to wait first.
TEST(CpuInterrupt, OneThatIsDueInTheInstantInWhichAThreadGoesOnComesFirst) {
    CpuConfig config = CpuConfig::free_cpu();
    config.work_ns[static_cast<size_t>(Work::send_nb)] = 1000;
    Machine m(config);
    m.connect(0, "isr");
    Log expected;
    auto messages = [&m](double begin) {
        at(begin, [&m] { m.cpu.message(msi_address, 0); });         // due when what the thread spends ends
        at(begin + 2000, [&m] { m.cpu.message(msi_address, 0); });  // due when its sleep ends
    };
    for (int i = 0; i < 10; i++) messages(10000.0 * i);
    m.cpu.spawn("thread", [&] {
        for (int i = 0; i < 20; i++) {
            m.cpu.charge(Work::send_nb, 1);
            m.note("spent");
            m.cpu.sleep(ns(2000));
            m.note("slept");
            m.cpu.sleep(ns(2000));
        }
    });
    for (int i = 0; i < 10; i++) messages(10000.0 * i + 5000);
    for (int i = 0; i < 30; i++) at(1000.0 * i, [] {});
    m.run();
    for (int i = 0; i < 20; i++)
        for (const char* what : {"isr@1000", "spent@1000", "isr@3000", "slept@3000"}) {
            const std::string text = what;
            const size_t mark = text.find('@') + 1;
            expected.push_back(text.substr(0, mark) + std::to_string(std::stoi(text.substr(mark)) + 5000 * i));
        }
    EXPECT_EQ(m.log, expected);
}

TEST(CpuInterrupt, MessagesBeforeTheIsrAreMergedForEachVector) {
    Machine m;
    m.connect(0, "rx");
    m.connect(1, "tx");
    for (double time : {100.0, 200.0, 1099.0}) at(time, [&] { m.cpu.message(msi_address, 0); });
    at(150, [&] { m.cpu.message(msi_address, 1); });
    at(1101, [&] { m.cpu.message(msi_address, 0); });
    m.run();
    EXPECT_EQ(m.log, (Log{"rx@1100", "tx@1150", "rx@2101"}));
    EXPECT_EQ(m.cpu.counters().messages, 5u);
    EXPECT_EQ(m.cpu.counters().interrupts, 3u);
}

TEST(CpuInterrupt, JitterDelaysEachByItsOwnAndLetsThemOvertake) {
    CpuConfig config;
    config.interrupt_jitter_ns = 5000;
    Machine m(config);
    std::vector<std::pair<double, uint32_t>> seen;  // latency in ns, vector
    for (uint32_t vector = 0; vector < 50; vector++) {
        m.cpu.connect(msi_address, vector, vector, [&seen, vector] { seen.emplace_back(sc_core::sc_time_stamp() / ns(1) - 100 * vector, vector); });
        at(100 * vector, [&m, vector] { m.cpu.message(msi_address, vector); });
    }
    m.run();
    ASSERT_EQ(seen.size(), 50u);
    bool overtaken = false;
    double least = 1e9, most = 0;
    for (size_t i = 0; i < seen.size(); i++) {
        overtaken |= i > 0 && seen[i].second < seen[i - 1].second;
        least = std::min(least, seen[i].first);
        most = std::max(most, seen[i].first);
    }
    EXPECT_TRUE(overtaken);
    EXPECT_GE(least, 1000);
    EXPECT_LT(least, 1500);
    EXPECT_LE(most, 6000);
    EXPECT_GT(most, 5500);
    EXPECT_EQ(m.checks, Log{});
}

TEST(CpuInterrupt, AMessageDuringItsIsrIsANewInterrupt) {
    CpuConfig config;
    config.isr_ns = 300;
    Machine m(config);
    m.connect(0, "isr");  // notes its end: the charge comes first
    at(0, [&] { m.cpu.message(msi_address, 0); });
    at(1100, [&] { m.cpu.message(msi_address, 0); });
    m.run();
    EXPECT_EQ(m.log, (Log{"isr@1300", "isr@2400"}));
}

TEST(CpuInterrupt, IsrsGoBeforeTimersAndTimersBeforeTheSoftirq) {
    CpuConfig config;
    config.isr_ns = 100;
    Machine m(config);
    m.cpu.register_softirq([&] { m.note("softirq"); });
    m.cpu.connect(msi_address, 0, 0, [&] {
        m.note("first");
        m.cpu.raise_softirq();
    });
    m.connect(1, "second");
    at(0, [&] { m.cpu.message(msi_address, 0); });
    at(50, [&] { m.cpu.message(msi_address, 1); });
    m.cpu.start_timer(ns(1060), [&] { m.note("timer"); });
    m.run();
    EXPECT_EQ(m.log, (Log{"first@1100", "second@1200", "timer@1200", "softirq@1200"}));
}

TEST(CpuInterrupt, SoftirqRequestsAreMergedUntilItStarts) {
    Machine m;
    int again = 1;
    m.cpu.register_softirq([&] {
        m.note("softirq");
        if (again-- > 0) m.cpu.raise_softirq();
    });
    m.cpu.spawn("driver", [&] {
        m.cpu.raise_softirq();
        m.cpu.raise_softirq();
        m.note("raised");
    });
    m.run();
    EXPECT_EQ(m.log, (Log{"raised@0", "softirq@0", "softirq@0"}));
}

TEST(CpuInterrupt, AMessageForNobodyIsReported) {
    Machine m;
    const unsigned handle = m.cpu.connect(msi_address, 0, 0, [&] { m.note("isr"); });
    at(10, [&] { m.cpu.message(msi_address, 0); });
    at(20, [&] { m.cpu.disconnect(handle); });
    at(30, [&] { m.cpu.message(msi_address, 0); });
    at(40, [&] { m.cpu.message(msi_address, 9); });
    m.run();
    EXPECT_TRUE(m.log.empty()) << "an interrupt that has arrived but not begun is dropped";
    EXPECT_EQ(m.checks, (Log{"cpu.unexpected_message", "cpu.unexpected_message"}));
}

TEST(CpuInterrupt, InterruptsAreTracedWithTheirVector) {
    Machine m;
    std::vector<std::pair<EventKind, uint64_t>> seen;
    m.events.add_sink([&](const Event& event) { seen.emplace_back(event.kind, event.time_ps + event.index); });
    m.connect(5, "isr");
    at(0, [&] { m.cpu.message(msi_address, 5); });
    m.run();
    EXPECT_EQ(seen, (std::vector<std::pair<EventKind, uint64_t>>{{EventKind::irq_enter, 1000005}, {EventKind::irq_exit, 1000005}}));
}

TEST(CpuInterrupt, AnInterruptTakesTheCpuFromAThreadAndLengthensItsWork) {
    CpuConfig config = costs(1000);
    config.interrupt_ns = 0;
    config.isr_ns = 250;
    Machine m(config);
    m.connect(0, "isr");
    m.cpu.spawn("a", [&] {
        m.cpu.charge(Work::send_nb, 1);
        m.note("a");
    });
    m.cpu.spawn("b", [&] { m.note("b"); });
    at(400, [&] { m.cpu.message(msi_address, 0); });
    m.run();
    EXPECT_EQ(m.log, (Log{"isr@650", "a@1250", "b@1250"})) << "and the thread, not another, has the CPU back";
}

TEST(CpuInterrupt, AThreadIsNotInterruptedBetweenSpendingAndBlocking) {
    CpuConfig config;
    config.interrupt_ns = 0;
    Machine m(config);
    m.cpu.register_softirq([&] { m.note("softirq"); });
    m.cpu.spawn("a", [&] {
        m.cpu.raise_softirq();
        m.note("one");
        m.cpu.charge(Work::send_nb, 1);  // free
        m.note("two");
        m.cpu.sleep(ns(1));
        m.note("three");
    });
    m.run();
    EXPECT_EQ(m.log, (Log{"one@0", "two@0", "softirq@0", "three@1"}));
}

TEST(CpuInterrupt, AReadStallsTheCpuWithItsInterrupts) {
    CpuConfig config;
    config.interrupt_ns = 0;
    Machine m(config);
    m.connect(0, "isr");
    m.cpu.spawn("a", [&] {
        m.cpu.mmio_read(0, 4);
        m.note("a");
    });
    m.cpu.spawn("b", [&] { m.note("b"); });
    at(100, [&] { m.cpu.message(msi_address, 0); });
    m.run();
    EXPECT_EQ(m.log, (Log{"a@500", "isr@500", "b@500"}));
}

TEST(CpuInterrupt, AnEventSetByTheInterruptContextWakesAThread) {
    Machine m;
    Cpu::Event* event = m.cpu.create_event();
    m.cpu.connect(msi_address, 0, 0, [&] {
        EXPECT_TRUE(m.cpu.in_interrupt());
        m.cpu.set(event);
        m.note("isr");
    });
    m.cpu.spawn("a", [&] {
        EXPECT_FALSE(m.cpu.in_interrupt());
        m.cpu.wait_for(event, SC_ZERO_TIME);
        m.note("a");
    });
    at(0, [&] { m.cpu.message(msi_address, 0); });
    m.run();
    EXPECT_EQ(m.log, (Log{"isr@1000", "a@1000"}));
}

TEST(CpuInterrupt, BlockingInTheInterruptContextIsReportedAndDoesNotBlock) {
    Machine m;
    Cpu::Event* event = m.cpu.create_event();
    m.cpu.start_timer(ns(10), [&] {
        m.cpu.sleep(ns(10));
        EXPECT_FALSE(m.cpu.wait_for(event, SC_ZERO_TIME));
        m.note("timer");
    });
    m.run();
    EXPECT_EQ(m.log, (Log{"timer@10"}));
    EXPECT_EQ(m.checks, Log(2, "cpu.blocked_in_interrupt"));
}

TEST(CpuInterrupt, TimersRunInTheOrderOfTheirTimesAndOnce) {
    Machine m;
    m.cpu.start_timer(ns(300), [&] { m.note("third"); });
    m.cpu.start_timer(ns(100), [&] { m.note("first"); });
    m.cpu.start_timer(ns(100), [&] { m.note("second"); });
    m.run();
    EXPECT_EQ(m.log, (Log{"first@100", "second@100", "third@300"}));
    EXPECT_EQ(m.cpu.counters().timers, 3u);
}

TEST(CpuInterrupt, ACancelledTimerDoesNotRun) {
    Machine m;
    const uint64_t timer = m.cpu.start_timer(ns(100), [&] { m.note("timer"); });
    const uint64_t other = m.cpu.start_timer(ns(10), [&] { m.note("other"); });
    m.cpu.spawn("a", [&] {
        m.cpu.sleep(ns(50));
        EXPECT_TRUE(m.cpu.cancel_timer(timer));
        EXPECT_FALSE(m.cpu.cancel_timer(timer));
        EXPECT_FALSE(m.cpu.cancel_timer(other)) << "it ran";
        m.cpu.start_timer(ns(1), [&] { m.note("new"); });
    });
    m.run();
    EXPECT_EQ(m.log, (Log{"other@10", "new@51"}));
}

TEST(CpuInterrupt, AnEndlessSoftirqStopsTheSimulationWithAMessage) {
    Machine m;
    m.cpu.register_softirq([&] { m.cpu.raise_softirq(); });
    m.cpu.raise_softirq();
    m.run();
    EXPECT_EQ(m.checks, (Log{"cpu.livelock"}));
}

}  // namespace
}  // namespace hw
