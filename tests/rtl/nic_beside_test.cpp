// SPDX-License-Identifier: Apache-2.0
// The device and its C model (hw/nic) beside each other: a random driver, wire and host do the same to both, and whenever both are quiet,
// both have sent the same frames, used the same buffers with the same bytes in them, answered the same, and read the same.
//
// A seed is a session: features, rings and host from the seed, then a hundred actions. RINGSIDE_BESIDE_SEED and RINGSIDE_BESIDE_SEEDS choose
// the first one and how many. What only timing decides is not compared: how many used descriptors, interrupts and TLPs there were, and when.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "model_pins.h"
#include "nic_side.h"

namespace {

using Rtl = SideOf<Vnic_top>;
using Model = SideOf<ModelPins<RTL_DataWidth, RTL_QueuePairs>>;

constexpr unsigned kActions = 100;

NicHostConfig random_host(unsigned seed) {
    std::mt19937 random(seed);
    NicHostConfig c = config(seed);
    c.mps = 128u << random() % 2;
    c.mrrs = 128u << random() % 3;
    c.latency_min = 10 + unsigned(random() % 100);
    c.latency_max = c.latency_min + unsigned(random() % 300);
    c.stall_percent = random() % 2 * unsigned(random() % 20);
    c.cycles_per_us = 60 * 256 / std::min(RTL_DataWidth, 256);   // no read that is answered waits for 50 us
    return c;
}

std::string printable(const std::string& value) {
    std::string text;
    for (const char c : value) {
        char hex[4];
        std::snprintf(hex, sizeof hex, "%02x", static_cast<unsigned char>(c));
        text += c >= ' ' && c < 127 ? std::string(1, c) : hex;
    }
    return text;
}

// All that has a name, in its order.
std::map<std::string, std::vector<std::string>> by_name(const Seen& seen) {
    std::map<std::string, std::vector<std::string>> names;
    for (const auto& [name, value] : seen) names[name].push_back(value);
    return names;
}

// "" if they are the same, else what differs: of each name the first value that does.
std::string difference(const Seen& rtl, const Seen& model) {
    auto of_rtl = by_name(rtl), of_model = by_name(model);
    for (const auto& [name, values] : of_rtl) of_model[name];
    std::string text;
    for (auto& [name, m] : of_model) {
        auto& r = of_rtl[name];
        if (r == m) continue;
        size_t i = 0;
        while (i < r.size() && i < m.size() && r[i] == m[i]) ++i;
        auto at = [i](const std::vector<std::string>& v) { return i < v.size() ? printable(v[i]).substr(0, 200) : "nothing"; };
        text += "\n" + name + ", number " + std::to_string(i) + " of " + std::to_string(r.size()) + " and " + std::to_string(m.size()) +
                "\n  rtl   " + at(r) + "\n  model " + at(m);
    }
    return text;
}

std::string difference(const uint8_t* rtl, const uint8_t* model, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i)
        if (rtl[i] != model[i])
            return "memory byte " + std::to_string(i) + ": rtl " + std::to_string(rtl[i]) + ", model " + std::to_string(model[i]);
    return "";
}

// What a session has done, so that one that did nothing is seen.
struct Tally { uint64_t frames = 0, used = 0, answers = 0, segmented = 0, ring_errors = 0, link_errors = 0, refused = 0; };

void session(unsigned seed, Tally& tally) {
    Actions actions(seed);
    const Action first = actions.restart();
    SCOPED_TRACE("seed " + std::to_string(seed) + ", " + first.name);
    Rtl rtl(random_host(seed), first);
    Model model(random_host(seed), first);
    std::string story;
    uint64_t injected = 0;
    std::map<unsigned, uint64_t> counters;
    for (unsigned i = 0; i < kActions; ++i) {
        const Action action = actions.next(rtl.waiting(injected));
        story += std::to_string(i) + ": " + action.name + "\n";
        if (action.kind == Action::Restart || action.kind == Action::Break) injected = 0;
        injected += action.frames.size();
        const auto from_rtl = rtl.apply(action);
        const auto from_model = model.apply(action);
        if (const std::string text = difference(from_rtl, from_model); !text.empty()) FAIL() << text << "\n" << story;
        if (const std::string text = difference(rtl.memory(), model.memory(), Rtl::memory_bytes); !text.empty()) FAIL() << text << "\n" << story;
        for (const auto& [name, value] : from_rtl) {
            tally.frames += name == "frame sent";
            tally.used += name.rfind("used", 0) == 0;
            tally.answers += name == "used on queue " + std::to_string(kControl);
            for (const unsigned c : {STATS_TX_SEGMENTED, STATS_RING_ERRORS, STATS_CTRL_ERRORS, STATS_DMA_ERRORS})
                if (name == "counter " + std::to_string(c)) counters[c] = std::strtoull(value.c_str(), nullptr, 10);
        }
    }
    tally.segmented += counters[STATS_TX_SEGMENTED];
    tally.ring_errors += counters[STATS_RING_ERRORS];
    tally.link_errors += counters[STATS_DMA_ERRORS];
    tally.refused += counters[STATS_CTRL_ERRORS];
}

unsigned number(const char* variable, unsigned otherwise) {
    const char* text = std::getenv(variable);
    return text ? unsigned(std::strtoul(text, nullptr, 0)) : otherwise;
}

TEST(NicBeside, RandomSessionsEndTheSameOnTheDeviceAndOnItsModel) {
    const unsigned first = number("RINGSIDE_BESIDE_SEED", 1), seeds = number("RINGSIDE_BESIDE_SEEDS", 12);
    Tally tally;
    for (unsigned seed = first; seed < first + seeds && !HasFatalFailure(); ++seed) session(seed, tally);
    if (HasFatalFailure()) return;
    EXPECT_GT(tally.frames, 20 * seeds);
    EXPECT_GT(tally.used, 100 * seeds);
    EXPECT_GT(tally.answers, 5 * seeds);
    EXPECT_GT(tally.segmented, seeds);
    EXPECT_GT(tally.ring_errors, seeds);
    EXPECT_GT(tally.link_errors, seeds);
    EXPECT_GT(tally.refused, seeds);
}

}  // namespace
