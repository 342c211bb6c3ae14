// SPDX-License-Identifier: Apache-2.0
// What the link allows at best, in closed form: the figures that `ringside bench` prints beside what it measured.
//
// Models bytes and nothing else: no latency, no credits, no tag limit, and payloads that start at a multiple of MPS. As in the public
// model of [N], payloads are not padded to double words here; the link does pad them, so compare at multiples of 4 bytes.
//
// Spec: [N] Neugebauer et al., SIGCOMM 2018, and its model pcie-bench/pcie-model
#pragma once

#include <cstdint>

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

// Million packets per second (each way, for both) that wire and link allow. limited_by is "wire", "up" or "down", static storage; of
// equal limits the first named.
struct FrameLimit {
    double wire_mpps, up_mpps, down_mpps, mpps;
    const char* limited_by;
};
// frame_bytes includes the FCS, 64 to 9022. wire_gbps is the Ethernet rate.
FrameLimit frame_limit(const LinkConfig& config, FrameDirection direction, uint32_t frame_bytes, double wire_gbps);

}  // namespace hw
