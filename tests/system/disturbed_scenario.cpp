// SPDX-License-Identifier: Apache-2.0
#include "disturbed_scenario.h"

#include <algorithm>

#include "draw.h"

namespace system_test {
namespace {

constexpr uint64_t traffic_us = 40;
// Shorter frames would be padded by whoever sends them, with their VLAN tags; and all of these differ, so that a lost one is told from the others.
constexpr uint64_t shortest = 64;

// Every driver of the project above the miniport, at any place.
std::string draw_stack(Draw& draw) {
    std::string stack;
    for (uint64_t count = draw.below(6); count > 0; --count) {
        if (!stack.empty()) stack += ", ";
        switch (draw.below(4)) {
        case 0: stack += "mux " + std::to_string(1 + draw.below(3)); break;
        case 1: stack += "vlan " + std::to_string(1 + draw.below(4094)); break;
        default: stack += "capture"; break;
        }
    }
    return stack;
}

void draw_driver(Draw& draw) {
    std::string stack = draw_stack(draw);
    if (draw.below(3) == 0) {  // over two cards: one of them goes, or its link, and the other does not
        stack = std::string("team ") + (draw.below(2) ? "spread" : "failover") + (stack.empty() ? "" : ", " + stack);
        draw.set("nic.adapters", 2);
        draw.set("memory.size_mib", 512);
    }
    if (!stack.empty()) draw.set("driver.stack", "[" + stack + "]");
    draw.word("driver.cut", {"whole", "header", "random"});
    draw.pick("driver.nbs_per_nbl", {1, 1, 2, 7});
    draw.pick("driver.nbls_per_send", {1, 4, 16, 64});
    draw.pick("driver.outstanding", {2, 16, 64, 256});
    draw.pick("driver.tx_ring", {0, 4, 8, 16, 64});  // a short one lets sends wait, and be cancelled
    draw.pick("driver.rx_ring", {0, 4, 16, 64});
    draw.pick("driver.rx_elements", {1, 1, 3});
    draw.word("driver.event_idx", {"false", "true"});
    draw.pick("driver.tx_indirect_from", {0, 0, 2});
}

// At least one; each of them may fall into another.
void draw_disturbances(Draw& draw) {
    const uint64_t which = 1 + draw.below(127);
    if (which & 1) draw.pick("stress.stack_restart_every_us", {4, 10, 25});
    if (which & 2) draw.pick("stress.cancel_every_us", {1, 3, 10});
    if (which & 4) draw.pick("stress.queue_reset_every_us", {4, 10, 25});
    if (which & 8) draw.pick("stress.device_reset_every_us", {10, 20, 40});
    if (which & 16) {
        draw.pick("stress.link_down_every_us", {10, 30});
        draw.pick("stress.link_down_us", {1, 5});
    }
    if (which & 64) draw.pick("stress.miniport_reset_every_us", {10, 20, 40});
    if (which & 32) draw.pick("stress.remove_us", {1, 5, 15, 30, 40});
}

void draw_traffic(Draw& draw, bool both) {
    const uint64_t least = shortest + draw.below(200), most = least + draw.below(1300);
    const std::string sizes = std::to_string(least) + ".." + std::to_string(most);
    const uint64_t mbps = draw.from({5000, 10000, 40000}), frames = std::max<uint64_t>(20, mbps * traffic_us / 4 / (least + most + 40));
    const uint64_t directions = both ? draw.below(4) : draw.below(2);
    if (directions != 1) {
        draw.set("traffic.from_host.frames", std::min<uint64_t>(frames, 800));
        draw.set("traffic.from_host.size", sizes);
        draw.set("traffic.from_host.rate_mbps", mbps);
        draw.pick("traffic.from_host.burst", {1, 8, 64});
    }
    if (directions != 0) {
        draw.set("traffic.from_wire.frames", std::min<uint64_t>(frames, 800));
        draw.set("traffic.from_wire.size", sizes);
        draw.set("traffic.from_wire.rate_mbps", mbps);
        draw.pick("traffic.from_wire.burst", {1, 8, 64});
    }
}

}  // namespace

std::string disturbed_scenario(uint64_t seed) {
    Draw draw(seed);
    draw.set("seed", seed);
    const uint64_t pairs = draw.from({1, 1, 1, 1, 1, 1, 1, 1, 1, 4});
    draw.set("nic.queue_pairs", pairs);
    draw.pick("pcie.read_latency_ns", {250, 450, 1500});
    draw.pick("pcie.read_reorder_ns", {0, 0, 1000});
    draw.pick("cpu.interrupt_ns", {0, 300, 1000, 5000});
    draw.word("cpu.free", {"true", "false"});
    draw.pick("stress.stall_percent", {0, 0, 20});
    draw.pick("stress.split_percent", {0, 30});
    draw.pick("stress.interrupt_jitter_ns", {0, 0, 2000});
    draw_driver(draw);
    draw_disturbances(draw);
    // With several pairs a received flow moves to the pair that is seen to send it first, and may then overtake itself: not both ways.
    draw_traffic(draw, pairs == 1);
    draw.set("expect.drops", "true");
    draw.set("limits.stall_us", 20000);
    return draw.yaml();
}

}  // namespace system_test
