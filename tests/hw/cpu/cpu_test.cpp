// SPDX-License-Identifier: Apache-2.0
#include "cpu.h"

#include <gtest/gtest.h>

#include <tlm_utils/simple_target_socket.h>

#include <cstring>
#include <string>
#include <vector>

namespace hw {
namespace {

using sc_core::SC_NS;
using sc_core::SC_ZERO_TIME;
using sc_core::sc_time;
using Log = std::vector<std::string>;

constexpr uint64_t msi_address = 0xFEE00000;

sc_time ns(double value) { return sc_time(value, SC_NS); }

// 16 bytes of registers that answer after 500 ns; the address above them is refused.
struct Registers : sc_core::sc_module {
    explicit Registers(const sc_core::sc_module_name& name) : sc_module(name) { socket.register_b_transport(this, &Registers::b_transport); }
    void b_transport(tlm::tlm_generic_payload& transaction, sc_time&) {
        if (transaction.get_address() + transaction.get_data_length() > sizeof bytes) {
            transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
            return;
        }
        uint8_t* at = bytes + transaction.get_address();
        if (transaction.is_read()) {
            sc_core::wait(ns(500));
            std::memcpy(transaction.get_data_ptr(), at, transaction.get_data_length());
        } else {
            std::memcpy(at, transaction.get_data_ptr(), transaction.get_data_length());
        }
        transaction.set_response_status(tlm::TLM_OK_RESPONSE);
    }
    uint8_t bytes[16] = {};
    tlm_utils::simple_target_socket<Registers> socket{"socket"};
};

struct Machine {
    explicit Machine(const CpuConfig& config = CpuConfig::free_cpu()) : cpu("cpu", config, events) {
        cpu.mmio_socket.bind(registers.socket);
        events.on_violation([this](const Violation& violation) { checks.push_back(violation.check); });
    }
    // "what@time in ns"
    void note(const std::string& what) {
        log.push_back(what + "@" + std::to_string(static_cast<long>(sc_core::sc_time_stamp() / ns(1))));
    }
    void connect(uint32_t data, const std::string& name) {
        cpu.connect(msi_address, data, data, [this, name] { note(name); });
    }
    void run(double nanoseconds = 1e6) { sc_core::sc_start(ns(nanoseconds)); }

    EventStream events;
    Cpu cpu;
    Registers registers{"registers"};
    Log log, checks;
};

// The device's side of a test: messages at given times.
void at(Machine& m, double time_ns, std::function<void()> what) {
    sc_core::sc_spawn([time_ns, what = std::move(what)] {
        sc_core::wait(ns(time_ns));
        what();
    });
    (void)m;
}

CpuConfig costs(double send_ns) {
    CpuConfig config;
    config.work_ns[static_cast<size_t>(Work::send_nb)] = send_ns;
    return config;
}

TEST(Cpu, AnInterruptArrivesAfterItsLatency) {
    Machine m;
    m.connect(3, "isr");
    at(m, 100, [&] { m.cpu.message(msi_address, 3); });
    m.run();
    EXPECT_EQ(m.log, (Log{"isr@1100"}));
}

TEST(Cpu, MessagesBeforeTheIsrAreMergedForEachVector) {
    Machine m;
    m.connect(0, "rx");
    m.connect(1, "tx");
    for (double time : {100.0, 200.0, 1099.0}) at(m, time, [&] { m.cpu.message(msi_address, 0); });
    at(m, 150, [&] { m.cpu.message(msi_address, 1); });
    at(m, 1101, [&] { m.cpu.message(msi_address, 0); });
    m.run();
    EXPECT_EQ(m.log, (Log{"rx@1100", "tx@1150", "rx@2101"}));
    EXPECT_EQ(m.cpu.counters().messages, 5u);
    EXPECT_EQ(m.cpu.counters().interrupts, 3u);
}

TEST(Cpu, AMessageDuringItsIsrIsANewInterrupt) {
    CpuConfig config;
    config.isr_ns = 300;
    Machine m(config);
    m.connect(0, "isr");  // notes its end: the charge comes first
    at(m, 0, [&] { m.cpu.message(msi_address, 0); });
    at(m, 1100, [&] { m.cpu.message(msi_address, 0); });
    m.run();
    EXPECT_EQ(m.log, (Log{"isr@1300", "isr@2400"}));
}

TEST(Cpu, IsrsGoBeforeTimersAndTimersBeforeTheSoftirq) {
    CpuConfig config;
    config.isr_ns = 100;
    Machine m(config);
    m.cpu.register_softirq([&] { m.note("softirq"); });
    m.cpu.connect(msi_address, 0, 0, [&] {
        m.note("first");
        m.cpu.raise_softirq();
    });
    m.connect(1, "second");
    at(m, 0, [&] { m.cpu.message(msi_address, 0); });
    at(m, 50, [&] { m.cpu.message(msi_address, 1); });
    m.cpu.start_timer(ns(1060), [&] { m.note("timer"); });
    m.run();
    EXPECT_EQ(m.log, (Log{"first@1100", "second@1200", "timer@1200", "softirq@1200"}));
}

TEST(Cpu, SoftirqRequestsAreMergedUntilItStarts) {
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

TEST(Cpu, AMessageForNobodyIsReported) {
    Machine m;
    const unsigned handle = m.cpu.connect(msi_address, 0, 0, [&] { m.note("isr"); });
    at(m, 10, [&] { m.cpu.message(msi_address, 0); });
    at(m, 20, [&] { m.cpu.disconnect(handle); });
    at(m, 30, [&] { m.cpu.message(msi_address, 0); });
    at(m, 40, [&] { m.cpu.message(msi_address, 9); });
    m.run();
    EXPECT_TRUE(m.log.empty()) << "an interrupt that has arrived but not begun is dropped";
    EXPECT_EQ(m.checks, (Log{"cpu.unexpected_message", "cpu.unexpected_message"}));
}

TEST(Cpu, InterruptsAreTracedWithTheirVector) {
    Machine m;
    std::vector<std::pair<EventKind, uint64_t>> seen;
    m.events.add_sink([&](const Event& event) { seen.emplace_back(event.kind, event.time_ps + event.index); });
    m.connect(5, "isr");
    at(m, 0, [&] { m.cpu.message(msi_address, 5); });
    m.run();
    EXPECT_EQ(seen, (std::vector<std::pair<EventKind, uint64_t>>{{EventKind::irq_enter, 1000005}, {EventKind::irq_exit, 1000005}}));
}

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

TEST(Cpu, AnInterruptTakesTheCpuFromAThreadAndLengthensItsWork) {
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
    at(m, 400, [&] { m.cpu.message(msi_address, 0); });
    m.run();
    EXPECT_EQ(m.log, (Log{"isr@650", "a@1250", "b@1250"})) << "and the thread, not another, has the CPU back";
}

TEST(Cpu, AThreadIsNotInterruptedBetweenSpendingAndBlocking) {
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

TEST(Cpu, AReadStallsTheCpuWithItsInterrupts) {
    CpuConfig config;
    config.interrupt_ns = 0;
    Machine m(config);
    m.connect(0, "isr");
    m.cpu.spawn("a", [&] {
        m.cpu.mmio_read(0, 4);
        m.note("a");
    });
    m.cpu.spawn("b", [&] { m.note("b"); });
    at(m, 100, [&] { m.cpu.message(msi_address, 0); });
    m.run();
    EXPECT_EQ(m.log, (Log{"a@500", "isr@500", "b@500"}));
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

TEST(Cpu, AnEventSetByTheInterruptContextWakesAThread) {
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
    at(m, 0, [&] { m.cpu.message(msi_address, 0); });
    m.run();
    EXPECT_EQ(m.log, (Log{"isr@1000", "a@1000"}));
}

TEST(Cpu, BlockingInTheInterruptContextIsReportedAndDoesNotBlock) {
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

TEST(Cpu, DestroyingAnEventThatIsWaitedOnIsReported) {
    Machine m;
    Cpu::Event* event = m.cpu.create_event();
    m.cpu.spawn("a", [&] { m.cpu.wait_for(event, ns(100)); });
    m.cpu.spawn("b", [&] { m.cpu.destroy(event); });
    m.run();
    EXPECT_EQ(m.checks, (Log{"cpu.event_in_use"}));
}

TEST(Cpu, TimersRunInTheOrderOfTheirTimesAndOnce) {
    Machine m;
    m.cpu.start_timer(ns(300), [&] { m.note("third"); });
    m.cpu.start_timer(ns(100), [&] { m.note("first"); });
    m.cpu.start_timer(ns(100), [&] { m.note("second"); });
    m.run();
    EXPECT_EQ(m.log, (Log{"first@100", "second@100", "third@300"}));
    EXPECT_EQ(m.cpu.counters().timers, 3u);
}

TEST(Cpu, ACancelledTimerDoesNotRun) {
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

TEST(Cpu, AnEndlessSoftirqStopsTheSimulationWithAMessage) {
    Machine m;
    m.cpu.register_softirq([&] { m.cpu.raise_softirq(); });
    m.cpu.raise_softirq();
    m.run();
    EXPECT_EQ(m.checks, (Log{"cpu.livelock"}));
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
