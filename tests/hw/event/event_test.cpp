// SPDX-License-Identifier: Apache-2.0
#include "event.h"

#include <gtest/gtest.h>

#include <systemc>

namespace hw {
namespace {

TEST(EventStream, EachSinkSeesEachEventInOrder) {
    EventStream events;
    std::vector<uint64_t> first, second;
    events.add_sink([&](const Event& event) { first.push_back(event.value); });
    events.add_sink([&](const Event& event) { second.push_back(event.value); });
    for (uint64_t value : {3, 1, 2}) {
        Event event;
        event.value = value;
        events.emit(event);
    }
    EXPECT_EQ(first, (std::vector<uint64_t>{3, 1, 2}));
    EXPECT_EQ(second, first);
}

TEST(EventStream, AViolationIsCountedAndSeenAsEventAndAsViolation) {
    EventStream events;
    std::vector<std::string> texts, checks;
    events.add_sink([&](const Event& event) {
        ASSERT_EQ(event.kind, EventKind::violation);
        texts.emplace_back(event.text);
    });
    events.on_violation([&](const Violation& violation) { checks.push_back(violation.check); });
    events.violate({7, "tlp.mps", "[P] 2.2.2", "too long", 4});
    EXPECT_EQ(events.violations(), 1u);
    EXPECT_EQ(texts, (std::vector<std::string>{"too long"}));
    EXPECT_EQ(checks, (std::vector<std::string>{"tlp.mps"}));
}

TEST(EventStream, WhatANicReportsReachesTheMachineWithItsNumber) {
    EventStream machine, second(machine, 1);
    EXPECT_FALSE(second.wants(EventKind::tlp_up));
    std::vector<unsigned> nics;
    machine.add_sink([&](const Event& event) { nics.push_back(event.nic); }, EventStream::kinds(EventKind::tlp_up));
    EXPECT_TRUE(second.wants(EventKind::tlp_up));
    Event event;
    event.kind = EventKind::tlp_up;
    second.emit(event);
    machine.emit(event);
    EXPECT_EQ(nics, (std::vector<unsigned>{1, 0}));
    std::string message;
    machine.on_violation([&](const Violation& violation) { message = violation.message; });
    second.violate({7, "tlp.mps", "[P] 2.2.2", "too long", 4});
    EXPECT_EQ(message, "NIC 1: too long");
    EXPECT_EQ(machine.violations(), 1u);
}

TEST(EventStream, AViolationWithoutTimeGetsTheSimulatedTime) {
    EventStream events;
    uint64_t time_ps = 0;
    events.on_violation([&](const Violation& violation) { time_ps = violation.time_ps; });
    sc_core::sc_start(sc_core::sc_time(1234, sc_core::SC_PS));
    events.violate({0, "x", "ours", "y", -1});
    EXPECT_EQ(time_ps, 1234u);
}

}  // namespace
}  // namespace hw
