// SPDX-License-Identifier: Apache-2.0
// Alarms by the kernel and ahead of it. One test per process: SystemC elaborates once.
#ifndef SC_INCLUDE_DYNAMIC_PROCESSES
#define SC_INCLUDE_DYNAMIC_PROCESSES
#endif
#include "alarm.h"

#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <systemc>

#include "sim_time.h"

using hw::Alarm;
using hw::AlarmClock;
using hw::now_ps;

namespace {

// Says in `log` when it rang, and whether the kernel was there.
struct Bell {
    std::string& log;
    char name;
    std::function<void()> then = [] {};
    Alarm alarm{this, Alarm::call<Bell, &Bell::ring>};

    void ring() {
        log += name + std::to_string(now_ps()) + (AlarmClock::at_kernel_time() ? " " : "a ");
        then();
    }
};

void thread(const std::function<void()>& body) { sc_core::sc_spawn(body); }

}  // namespace

TEST(Alarm, TheKernelRunsAlarmsAtTheirTimesAndThoseOfOneTimeAsTheyWereMade) {
    std::string log;
    Bell a{log, 'a'}, b{log, 'b'};
    thread([&] {
        b.alarm.set(5000);
        a.alarm.set(5000);
        sc_core::wait(10, sc_core::SC_NS);
        a.alarm.set(12000);
    });
    sc_core::sc_start();
    EXPECT_EQ(log, "a5000 b5000 a12000 ");
}

TEST(Alarm, SettingAgainReplacesTheTime) {
    std::string log;
    Bell a{log, 'a'}, b{log, 'b'};
    thread([&] {
        a.alarm.set(1000);
        a.alarm.set(3000);
        b.alarm.set(2000);
        b.alarm.set(Alarm::never);
    });
    sc_core::sc_start();
    EXPECT_EQ(log, "a3000 ");
}

TEST(Alarm, AnAlarmMayBeSetForTheSameInstantFromInside) {
    std::string log;
    Bell a{log, 'a'}, b{log, 'b'};
    a.then = [&] { b.alarm.set(now_ps()); };
    thread([&] { a.alarm.set(1000); });
    sc_core::sc_start();
    EXPECT_EQ(log, "a1000 b1000 ");
}

TEST(AlarmClock, RunningAheadTakesTheTimeAlongAndTheKernelStays) {
    std::string log;
    Bell a{log, 'a'}, b{log, 'b'};
    thread([&] {
        a.alarm.set(1500);
        b.alarm.set(2500);
        AlarmClock::run_ahead();
        EXPECT_TRUE(AlarmClock::advance(2000));
        EXPECT_EQ(now_ps(), 2000u);
        EXPECT_EQ(sc_core::sc_time_stamp().value(), 0u);
        AlarmClock::give_way();
        EXPECT_EQ(now_ps(), 0u);
    });
    sc_core::sc_start();
    EXPECT_EQ(log, "a1500a b2500 ");  // what was not run ahead, the kernel runs
}

TEST(AlarmClock, NobodyRunsAheadOfAnAlarmForKernelTime) {
    std::string log;
    Bell a{log, 'a'}, b{log, 'b'}, c{log, 'c'};
    thread([&] {
        a.alarm.set(1000);
        b.alarm.set(2000, Alarm::When::kernel_time);
        c.alarm.set(3000);
        AlarmClock::run_ahead();
        EXPECT_FALSE(AlarmClock::advance(4000));
        EXPECT_EQ(log, "a1000a ");
        AlarmClock::give_way();
        sc_core::wait(4, sc_core::SC_NS);
    });
    sc_core::sc_start();
    EXPECT_EQ(log, "a1000a b2000 c3000 ");
}

TEST(AlarmClock, AnAlarmForKernelTimeRunsWhenTheKernelIsThere) {
    std::string log;
    Bell a{log, 'a'};
    thread([&] {
        sc_core::wait(1, sc_core::SC_NS);
        AlarmClock::run_ahead();
        a.alarm.set(1000, Alarm::When::kernel_time);
        EXPECT_TRUE(AlarmClock::advance(1000));
        AlarmClock::give_way();
    });
    sc_core::sc_start();
    EXPECT_EQ(log, "a1000 ");
}

TEST(AlarmClock, TheKernelsOwnPendingActivityDoesNotCountAlarms) {
    std::string log;
    Bell a{log, 'a'};
    thread([&] {
        a.alarm.set(1000);
        AlarmClock::run_ahead();
        EXPECT_GT(sc_core::sc_time_to_pending_activity(), sc_core::sc_time(1, sc_core::SC_NS));
        AlarmClock::give_way();
        EXPECT_EQ(sc_core::sc_time_to_pending_activity(), sc_core::sc_time(1, sc_core::SC_NS));
    });
    sc_core::sc_start();
    EXPECT_EQ(log, "a1000 ");
}
