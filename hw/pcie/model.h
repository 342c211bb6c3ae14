// SPDX-License-Identifier: Apache-2.0
// What the link allows at best, in closed form: the figures that `ringside bench` prints beside what it measured.
//
// Models bytes and nothing else: no latency, no credits, no tag limit, and payloads that start at a multiple of MPS. As in the public
// model of [N], payloads are not padded to double words here; the link does pad them, so compare at multiples of 4 bytes.
//
// Spec: [N] Neugebauer et al., SIGCOMM 2018, and its model pcie-bench/pcie-model
#pragma once

#include <cstdint>
#include <vector>

#include "link_config.h"

namespace hw {

enum class DmaOperation : uint8_t { read, write, both };

// Payload Gb/s (each way, for both) of back-to-back transfers of `bytes` with 64-bit addresses. bytes is 1 or more.
double dma_gbps(const LinkConfig& config, DmaOperation operation, uint32_t bytes);

enum class FrameDirection : uint8_t { transmit, receive, both };

// Bytes on the link for one packet, on average, of the NIC at its best: reference section 4.
struct FrameCost {
    double up, down;
};
FrameCost frame_cost(const LinkConfig& config, FrameDirection direction, uint32_t frame_bytes);

// Where a packet, that is virtio-net header and frame, lies in host memory: what it costs beyond its bytes. Bytes of padding are counted
// only as far as they are more than those of the packet in one piece, so that one piece at offset 0 costs what the functions above say.
struct PacketPiece {
    uint32_t offset;  // of its first byte in a page of 4 KiB
    uint32_t bytes;   // 1 or more; may go on in the next page
};
struct PacketLayout {
    std::vector<PacketPiece> pieces;
    uint32_t descriptors;  // of its chain
};
// The least for packets that lie like this: as few requests and completions as MRRS, MPS, RCB and pages allow. A received packet of
// several descriptors has its used descriptor written in a TLP of its own, for it is not next to the one before. What is not in
// `direction` is not looked at.
FrameCost frame_cost(const LinkConfig& config, FrameDirection direction, const PacketLayout& sent, const PacketLayout& received);

// Bytes on the link of the completions that bring such a packet, and of the writes that take one to memory: with headers and padding,
// and without requests, descriptors and used descriptors.
uint32_t completion_bytes_of(const LinkConfig& config, const PacketLayout& sent);
uint32_t write_bytes_of(const LinkConfig& config, const PacketLayout& received);

// Million packets per second (each way, for both) that wire and link allow. limited_by is "wire", "up" or "down", static storage; of
// equal limits the first named.
struct FrameLimit {
    double wire_mpps, up_mpps, down_mpps, mpps;
    const char* limited_by;
};
// frame_bytes includes the FCS, 64 to 9022. wire_gbps is the Ethernet rate.
FrameLimit frame_limit(const LinkConfig& config, FrameDirection direction, uint32_t frame_bytes, double wire_gbps);
FrameLimit frame_limit(const LinkConfig& config, FrameDirection direction, uint32_t frame_bytes, double wire_gbps,
                       const PacketLayout& sent, const PacketLayout& received);

}  // namespace hw
