// SPDX-License-Identifier: Apache-2.0
// The closed-form limits of model.h.
#include "model.h"

#include <algorithm>
#include <limits>

#include "regmap.h"

namespace hw {

namespace {

constexpr uint32_t request_bytes = TLP_OVERHEAD_PHYSICAL + 16, completion_bytes = TLP_OVERHEAD_PHYSICAL + 12;
constexpr uint32_t net_header_bytes = 12;  // virtio-net header in front of every frame in host memory, [V] 5.1.6
constexpr uint32_t ring_entry_bytes = 16;  // descriptor of a packed ring, and the used element that replaces it, [V] 2.8

uint32_t pieces(uint32_t bytes, uint32_t largest) { return (bytes + largest - 1) / largest; }

double million_per_second(double gbps, double bytes) {
    return bytes > 0 ? gbps * 1000.0 / (8.0 * bytes) : std::numeric_limits<double>::infinity();
}

// One packet per direction of traffic; ring entries travel in TLPs of full size, so that their headers are shared.
FrameCost transmit_cost(const LinkConfig& config, uint32_t packet) {
    const double entry_up = request_bytes * double{ring_entry_bytes} / config.mrrs;
    const double entry_down = ring_entry_bytes + completion_bytes * double{ring_entry_bytes} / config.mps;
    return {double(request_bytes) * pieces(packet, config.mrrs) + entry_up,
            packet + double(completion_bytes) * pieces(packet, config.mps) + entry_down};
}

FrameCost receive_cost(const LinkConfig& config, uint32_t packet) {
    const double used = ring_entry_bytes + request_bytes * double{ring_entry_bytes} / config.mps;
    const double entry_up = request_bytes * double{ring_entry_bytes} / config.mrrs;
    const double entry_down = ring_entry_bytes + completion_bytes * double{ring_entry_bytes} / config.mps;
    return {packet + double(request_bytes) * pieces(packet, config.mps) + used + entry_up, entry_down};
}

}  // namespace

double dma_gbps(const LinkConfig& config, DmaOperation operation, uint32_t bytes) {
    double up = 0, down = 0;  // bytes on the link for one transfer
    if (operation != DmaOperation::write) {
        up += double(request_bytes) * pieces(bytes, config.mrrs);
        down += bytes + double(completion_bytes) * pieces(bytes, config.mps);
    }
    if (operation != DmaOperation::read) up += bytes + double(request_bytes) * pieces(bytes, config.mps);
    return link_rate(config).tlp_gbps * bytes / std::max(up, down);
}

FrameCost frame_cost(const LinkConfig& config, FrameDirection direction, uint32_t frame_bytes) {
    const uint32_t packet = frame_bytes - ETH_FCS + net_header_bytes;
    FrameCost cost{};
    if (direction != FrameDirection::receive) cost = transmit_cost(config, packet);
    if (direction != FrameDirection::transmit) {
        const FrameCost receive = receive_cost(config, packet);
        cost.up += receive.up;
        cost.down += receive.down;
    }
    return cost;
}

FrameLimit frame_limit(const LinkConfig& config, FrameDirection direction, uint32_t frame_bytes, double wire_gbps) {
    const FrameCost cost = frame_cost(config, direction, frame_bytes);
    const double tlp_gbps = link_rate(config).tlp_gbps;
    FrameLimit limit{};
    limit.wire_mpps = million_per_second(wire_gbps, frame_bytes + ETH_PREAMBLE + ETH_IFG);
    limit.up_mpps = million_per_second(tlp_gbps, cost.up);
    limit.down_mpps = million_per_second(tlp_gbps, cost.down);
    limit.mpps = std::min({limit.wire_mpps, limit.up_mpps, limit.down_mpps});
    limit.limited_by = limit.mpps == limit.wire_mpps ? "wire" : limit.mpps == limit.up_mpps ? "up" : "down";
    return limit;
}

}  // namespace hw
