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

constexpr uint32_t page_bytes = 4096;  // no TLP crosses one, [P] 2.2.7

uint32_t padded(uint32_t lead, uint32_t bytes) { return (lead % 4 + bytes + 3) / 4 * 4; }

// Calls f(offset, bytes) for the TLPs of a piece: as long as `largest` and pages allow, or ending at its multiples.
template <class F>
void cut(PacketPiece piece, uint32_t largest, bool at_multiples, F f) {
    for (uint32_t at = piece.offset, left = piece.bytes; left > 0;) {
        const uint32_t room = at_multiples ? largest - at % largest : largest - at % 4;
        const uint32_t bytes = std::min({left, room, page_bytes - at % page_bytes});
        f(at, bytes);
        at += bytes;
        left -= bytes;
    }
}

uint32_t tlps(PacketPiece piece, uint32_t largest) {
    uint32_t count = 0;
    cut(piece, largest, false, [&](uint32_t, uint32_t) { ++count; });
    return count;
}

uint32_t completions_of(const LinkConfig& config, uint32_t at, uint32_t bytes) {
    uint32_t count = 1;
    for (uint32_t start = at / 4 * 4; padded(at, bytes) > config.mps; ++count, start = at) {
        const uint32_t next = (start + config.mps) / config.rcb * config.rcb;
        bytes -= next - at;
        at = next;
    }
    return count;
}

// Long requests are fewest; those that end at multiples of MRRS are better placed for the completer. The link takes the better.
uint32_t completions(const LinkConfig& config, PacketPiece piece) {
    uint32_t least = UINT32_MAX;
    for (const bool at_multiples : {false, true}) {
        uint32_t count = 0;
        cut(piece, config.mrrs, at_multiples, [&](uint32_t at, uint32_t bytes) { count += completions_of(config, at, bytes); });
        least = std::min(least, count);
    }
    return least;
}

// Bytes of the packet with the padding that its pieces add.
uint32_t payload(const PacketLayout& layout) {
    uint32_t bytes = 0, whole = 0;
    for (const PacketPiece& piece : layout.pieces) {
        bytes += piece.bytes;
        whole += padded(piece.offset, piece.bytes);
    }
    return bytes + std::max(whole, padded(0, bytes)) - padded(0, bytes);
}

FrameCost descriptor_cost(const LinkConfig& config, uint32_t count) {
    const double bytes = double{ring_entry_bytes} * count;
    return {request_bytes * bytes / config.mrrs, bytes + completion_bytes * bytes / config.mps};
}

FrameCost sent_cost(const LinkConfig& config, const PacketLayout& layout) {
    FrameCost cost = descriptor_cost(config, layout.descriptors);
    cost.down += payload(layout);
    for (const PacketPiece& piece : layout.pieces) {
        cost.up += double{request_bytes} * tlps(piece, config.mrrs);
        cost.down += double{completion_bytes} * completions(config, piece);
    }
    return cost;
}

FrameCost received_cost(const LinkConfig& config, const PacketLayout& layout) {
    FrameCost cost = descriptor_cost(config, layout.descriptors);
    const double used_share = layout.descriptors > 1 ? 1.0 : double{ring_entry_bytes} / config.mps;
    cost.up += payload(layout) + ring_entry_bytes + request_bytes * used_share;
    for (const PacketPiece& piece : layout.pieces) cost.up += double{request_bytes} * tlps(piece, config.mps);
    return cost;
}

FrameLimit limit_of(const LinkConfig& config, const FrameCost& cost, uint32_t frame_bytes, double wire_gbps) {
    const double tlp_gbps = link_rate(config).tlp_gbps;
    FrameLimit limit{};
    limit.wire_mpps = million_per_second(wire_gbps, frame_bytes + ETH_PREAMBLE + ETH_IFG);
    limit.up_mpps = million_per_second(tlp_gbps, cost.up);
    limit.down_mpps = million_per_second(tlp_gbps, cost.down);
    limit.mpps = std::min({limit.wire_mpps, limit.up_mpps, limit.down_mpps});
    limit.limited_by = limit.mpps == limit.wire_mpps ? "wire" : limit.mpps == limit.up_mpps ? "up" : "down";
    return limit;
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

FrameCost frame_cost(const LinkConfig& config, FrameDirection direction, const PacketLayout& sent, const PacketLayout& received) {
    FrameCost cost{};
    if (direction != FrameDirection::receive) cost = sent_cost(config, sent);
    if (direction != FrameDirection::transmit) {
        const FrameCost receive = received_cost(config, received);
        cost.up += receive.up;
        cost.down += receive.down;
    }
    return cost;
}

uint32_t completion_bytes_of(const LinkConfig& config, const PacketLayout& sent) {
    uint32_t bytes = 0;
    for (const PacketPiece& piece : sent.pieces) bytes += padded(piece.offset, piece.bytes) + completion_bytes * completions(config, piece);
    return bytes;
}

uint32_t write_bytes_of(const LinkConfig& config, const PacketLayout& received) {
    uint32_t bytes = 0;
    for (const PacketPiece& piece : received.pieces) bytes += padded(piece.offset, piece.bytes) + request_bytes * tlps(piece, config.mps);
    return bytes;
}

FrameLimit frame_limit(const LinkConfig& config, FrameDirection direction, uint32_t frame_bytes, double wire_gbps) {
    return limit_of(config, frame_cost(config, direction, frame_bytes), frame_bytes, wire_gbps);
}

FrameLimit frame_limit(const LinkConfig& config, FrameDirection direction, uint32_t frame_bytes, double wire_gbps,
                       const PacketLayout& sent, const PacketLayout& received) {
    return limit_of(config, frame_cost(config, direction, sent, received), frame_bytes, wire_gbps);
}

}  // namespace hw
