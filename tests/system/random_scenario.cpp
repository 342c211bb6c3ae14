// SPDX-License-Identifier: Apache-2.0
#include "random_scenario.h"

#include <algorithm>
#include <vector>

#include "draw.h"

namespace system_test {
namespace {

struct Sizes {
    std::string text;
    uint64_t mean;
};

Sizes draw_sizes(Draw& draw, bool short_ones) {
    const uint64_t least = short_ones ? 18 : told_apart;
    switch (draw.below(7)) {
    case 0: return {std::to_string(least) + "..9022", 4520};
    case 1: return {std::to_string(least) + "..80", 50};
    case 2: return {"60..1522", 790};
    case 3: return {"[64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1518]", 405};
    case 4: return {"[64, 9018, 65, 9022, 4096, 60]", 3720};
    case 5: {
        const uint64_t size = least + draw.below(1522 - least);
        return {std::to_string(size), size};
    }
    default: {
        const uint64_t first = least + draw.below(600), last = first + draw.below(1000);
        return {std::to_string(first) + ".." + std::to_string(last), (first + last) / 2};
    }
    }
}

// What a machine carries, roughly: a slow one gets fewer frames, or the nightly million would be spent waiting for it.
struct Pace {
    uint64_t link_mbps;      // of the PCIe link, for payload
    uint64_t round_trip_us;  // from a descriptor to the interrupt for it

    // Of frames of so many bytes in so many descriptors, so many of them out at once, in this time, on a wire of this rate.
    uint64_t frames(uint64_t bytes, uint64_t descriptors, uint64_t in_flight, uint64_t wire_mbps, uint64_t us) const {
        constexpr uint64_t descriptor_cost = 100;  // itself, and the headers of reading it and what it points at
        const uint64_t on_wire = wire_mbps * us / 8 / (bytes + 20), on_link = link_mbps * us / 8 / (bytes + descriptor_cost * descriptors);
        return std::min({on_wire, on_link, in_flight * us / round_trip_us});
    }
};

uint64_t lane_mbps(uint64_t generation) {
    constexpr uint64_t rates[] = {2000, 4000, 7877, 15754, 31508};
    return rates[generation - 1] * 3 / 4;
}

Pace draw_machine(Draw& draw) {
    const uint64_t generation = draw.pick("pcie.generation", {1, 2, 3, 3, 4, 5});
    const uint64_t lanes = draw.pick("pcie.lanes", {1, 2, 4, 8, 8, 16});
    draw.pick("pcie.mps", {128, 256, 512});
    draw.pick("pcie.mrrs", {128, 256, 512, 1024, 4096});
    draw.pick("pcie.rcb", {64, 128});
    const uint64_t read_ns = draw.pick("pcie.read_latency_ns", {250, 450, 1000, 1500, 5000});
    const uint64_t reorder_ns = draw.pick("pcie.read_reorder_ns", {0, 100, 1000, 5000});
    draw.pick("pcie.propagation_ns", {0, 75, 100});
    draw.pick("memory.run_pages", {1, 2, 16, 512});
    draw.pick("memory.iommu_tlb_entries", {0, 0, 1, 4, 64});
    draw.word("cpu.free", {"true", "false"});
    const uint64_t interrupt_ns = draw.pick("cpu.interrupt_ns", {0, 300, 1000, 20000});
    draw.pick("wire.cable_ns", {0, 10, 5000});
    // A descriptor is read, then what it points at; the used entry raises an interrupt.
    return {lanes * lane_mbps(generation), 1 + (2 * (read_ns + reorder_ns) + interrupt_ns) / 1000};
}

// Returns how many frames may be on their way to the wire at once.
uint64_t draw_driver(Draw& draw) {
    draw.pick("driver.backfill", {0, 1, 11, 12, 12, 64});
    draw.pick("driver.data_offset", {0, 1, 2, 3, 31, 63, 64, 4031});
    const uint64_t nbs = draw.pick("driver.nbs_per_nbl", {1, 1, 2, 7});
    draw.pick("driver.nbls_per_send", {1, 4, 16, 256});
    const uint64_t outstanding = draw.pick("driver.outstanding", {1, 2, 16, 256});
    draw.pick("driver.rx_elements", {1, 1, 2, 3, 16});
    return nbs * outstanding;
}

// Queues and events, of a NIC with so many pairs.
void draw_queues(Draw& draw, uint64_t pairs) {
    draw.set("driver.queue_pairs", pairs == 1 ? 0 : draw.from({0, 0, 1, 2, 3}));
    draw.pick("traffic.from_host.flows", {1, 1, 3, 64});
    draw.pick("traffic.from_wire.flows", {1, 1, 3, 64});
    draw.word("driver.event_idx", {"false", "false", "true"});
    draw.pick("driver.tx_indirect_from", {0, 0, 1, 2, 4});
    for (const std::string direction : {"tx", "rx"}) {
        if (draw.chance(50)) continue;
        draw.pick("driver." + direction + "_moderation_frames", {1, 8, 64});
        draw.pick("driver." + direction + "_moderation_us", {1, 20, 100});
    }
}

// What the driver leaves to the NIC. `large_sends`: they fit the ring. `filter`: it may drop what is longer than the MTU, too.
void draw_offloads(Draw& draw, bool large_sends, bool filter) {
    const std::vector<std::string> protocols = {"ethernet", "tcp4", "tcp6", "udp4", "udp6"};
    draw.word("traffic.from_host.protocol", protocols);
    draw.word("traffic.from_wire.protocol", protocols);
    draw.word("driver.checksum_offload", {"false", "true"});
    draw.word("driver.rss", {"false", "true"});
    draw.word("driver.filter", {"false", filter ? "true" : "false"});
    if (large_sends && draw.chance(40)) {
        draw.pick("driver.large_send", {1000, 4000, 20000, 61440});
        draw.set("driver.tx_ring", 0);
    }
    // A packet has 32 buffers at most.
    if (draw.word("driver.mergeable", {"false", "false", "true"}) == "true") {
        draw.pick("driver.rx_buffer", {300, 700, 2048, 4096});
        draw.pick("driver.rx_elements", {1, 1, 2});
    }
}

// What takes frames away. Returns whether any does.
bool draw_losses(Draw& draw) {
    if (draw.chance(50)) return false;
    const unsigned which = static_cast<unsigned>(1 + draw.below(7));
    if (which & 1) draw.pick("stress.queue_reset_every_us", {20, 50, 200, 1000});
    if (which & 2) draw.pick("stress.device_reset_every_us", {200, 500, 2000});
    if (which & 4) {
        draw.pick("stress.link_down_every_us", {50, 200, 1000});
        draw.pick("stress.link_down_us", {1, 5, 20, 100});
    }
    return true;
}

}  // namespace

std::string random_scenario(uint64_t seed, Effort effort) {
    Draw draw(seed);
    draw.set("seed", seed);
    Pace pace = draw_machine(draw);
    const uint64_t in_flight = draw_driver(draw);
    const bool losses = draw_losses(draw);
    pace.link_mbps = pace.link_mbps * (100 - draw.pick("stress.stall_percent", {0, 0, 1, 5, 20, 50, 80})) / 100;
    draw.pick("stress.split_percent", {0, 0, 30, 100});
    pace.round_trip_us += draw.pick("stress.interrupt_jitter_ns", {0, 0, 2000, 50000}) / 2000;

    const uint64_t bits = draw.pick("nic.datapath_bits", {64, 128, 256, 256, 256, 256, 512});
    const uint64_t pairs = bits == 256 ? draw.pick("nic.queue_pairs", {1, 1, 4}) : 1;
    draw_queues(draw, pairs);
    const uint64_t mhz = draw.pick("nic.clock_mhz", {160, 200, 250, 333, 500});
    std::vector<uint64_t> rates;
    for (const uint64_t gbps : {1, 10, 25, 40, 100})
        if (gbps * 1000 <= bits * mhz) rates.push_back(gbps);
    const uint64_t gbps = draw.pick("wire.gbps", rates);

    const Sizes host = draw_sizes(draw, !losses), wire = draw_sizes(draw, !losses);
    const bool small = host.mean <= 1600;
    const std::string cut = draw.word("driver.cut", {"whole", "header", "random", small ? "byte" : "random"});
    if (cut == "byte") draw.set("memory.size_mib", 1024);
    // Every cycle of a machine that does not skip the idle ones is paid for.
    const bool skip = draw.word("nic.idle_skip", {"true", "true", "true", "true", "false"}) == "true";
    const auto frames = [&](const Sizes& sizes, uint64_t descriptors, uint64_t out, uint64_t mbps) {
        const uint64_t carried = pace.frames(sizes.mean, descriptors, out, std::min(mbps, gbps * 1000), effort.us);
        return std::min(effort.frames, carried) / (skip ? 1 : 8) + 20;
    };
    // 0: transmit alone, 1: receive alone, else both. With several pairs a received flow moves to the pair that is seen to send it
    // first, and may then overtake itself: not both.
    const unsigned directions = static_cast<unsigned>(draw.below(pairs > 1 ? 2 : 5));
    if (directions != 1) {
        draw.set("traffic.from_host.frames", frames(host, cut == "byte" ? host.mean : 3, in_flight, gbps * 1000));
        draw.set("traffic.from_host.size", host.text);
        draw.word("traffic.from_host.pattern", {"random", "random", "counter", "zeros"});
    }
    // Calm: nothing may be dropped. Else the NIC may drop what finds no buffer, and says so.
    const bool calm = !losses && draw.chance(40);
    if (directions != 0) {
        const uint64_t mbps = calm ? 300 : draw.from({gbps * 1000, gbps * 1000, 500, 2000, 10000});
        draw.set("traffic.from_wire.frames", frames(wire, 2, 256, mbps));
        draw.set("traffic.from_wire.size", wire.text);
        draw.word("traffic.from_wire.pattern", {"random", "random", "counter", "ones"});
        draw.set("traffic.from_wire.rate_mbps", mbps);
        draw.set("traffic.from_wire.burst", calm ? 1 : draw.from({1, 1, 8, 64}));
    }
    // A frame that is longer than the ring cannot be sent: pages, and the header.
    draw.set("driver.tx_ring", small ? draw.from({0, 3, 4, 5, 16, 100, 256}) : draw.from({0, 6, 7, 8, 16, 100, 256}));
    draw.set("driver.rx_ring", calm ? 0 : draw.from({0, 2, 3, 8, 64, 100}));
    draw_offloads(draw, cut != "byte", !calm || wire.text.find("9022") == std::string::npos);
    if (calm) {
        draw.set("driver.rx_elements", 1);
        draw.set("stress.interrupt_jitter_ns", draw.from({0, 2000}));
    }
    draw.set("expect.drops", calm ? "false" : "true");
    draw.set("limits.stall_us", 20000);
    return draw.yaml();
}

}  // namespace system_test
