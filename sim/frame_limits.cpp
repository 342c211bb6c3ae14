// SPDX-License-Identifier: Apache-2.0
#include "frame_limits.h"

#include <algorithm>
#include <vector>

#include "regmap.h"
#include "system.h"
#include "traffic.h"

namespace sim {

namespace {

constexpr uint32_t page = 4096, gap = 1;  // gap: driver/stack/traffic_items.c
constexpr uint32_t smallest_rx_element = 256, most_rx_elements = 16;  // driver/netvio/netvio_rx_init.c

// Lengths of the pieces of a frame without FCS.
std::vector<uint32_t> cut(const scenario& scenario, uint32_t bytes) {
    switch (static_cast<traffic_cut>(scenario.driver_cut)) {
    case TRAFFIC_CUT_HEADER:
        if (bytes > ETH_HEADER) return {ETH_HEADER, bytes - ETH_HEADER};
        break;
    case TRAFFIC_CUT_EVEN: {
        const uint32_t count = std::min(static_cast<uint32_t>(scenario.driver_pieces), bytes);
        std::vector<uint32_t> pieces;
        for (uint32_t i = 0; i < count; i++) pieces.push_back(bytes / count + (i < bytes % count));
        return pieces;
    }
    case TRAFFIC_CUT_WHOLE:
    case TRAFFIC_CUT_RANDOM:
    case TRAFFIC_CUT_BYTE: break;
    }
    return {bytes};
}

// Pages that are not next to each other make elements of their own.
uint32_t elements(const scenario& scenario, uint32_t offset, uint32_t bytes) {
    return scenario.memory_run_pages > 1 ? 1 : (offset + bytes - 1) / page + 1;
}

}  // namespace

hw::PacketLayout sent_layout(const scenario& scenario, uint32_t frame_bytes) {
    const auto backfill = static_cast<uint32_t>(scenario.driver_backfill);
    const bool joined = backfill >= VIRTIO_NET_HDR_SIZE;
    hw::PacketLayout layout{{}, 0};
    uint32_t at = static_cast<uint32_t>(scenario.driver_data_offset) + backfill;
    uint32_t header = joined ? VIRTIO_NET_HDR_SIZE : 0;
    if (!joined) layout = {{{0, VIRTIO_NET_HDR_SIZE}}, 1};
    for (const uint32_t bytes : cut(scenario, frame_bytes - ETH_FCS)) {
        const uint32_t offset = (at - header) % page;
        layout.pieces.push_back({offset, header + bytes});
        layout.descriptors += elements(scenario, offset, header + bytes);
        at += bytes + gap;
        header = 0;
    }
    return layout;
}

hw::PacketLayout received_layout(const scenario& scenario, uint32_t frame_bytes) {
    const auto offset = static_cast<uint32_t>(scenario.driver_rx_offset);
    const auto buffer = static_cast<uint32_t>(VIRTIO_NET_HDR_SIZE + scenario.driver_rx_buffer);
    auto count = std::min(static_cast<uint32_t>(scenario.driver_rx_elements), most_rx_elements);
    while (count > 1 && buffer / count < smallest_rx_element) count--;
    const uint32_t step = (buffer + count - 1) / count;
    hw::PacketLayout layout{{}, count};
    for (uint32_t left = VIRTIO_NET_HDR_SIZE + frame_bytes - ETH_FCS; left > 0;) {
        const uint32_t bytes = layout.pieces.size() + 1 < count ? std::min(step, left) : left;
        layout.pieces.push_back({offset, bytes});
        left -= bytes;
    }
    return layout;
}

Limits::Limits(const scenario& scenario, hw::FrameDirection direction)
    : scenario_(scenario), link_(link_config(scenario)), direction_(direction) {}

hw::FrameLimit Limits::of(uint32_t frame_bytes) const {
    return hw::frame_limit(link_, direction_, frame_bytes, static_cast<double>(scenario_.wire_gbps), sent_layout(scenario_, frame_bytes),
                           received_layout(scenario_, frame_bytes));
}

}  // namespace sim
