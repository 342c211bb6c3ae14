// SPDX-License-Identifier: Apache-2.0
// The frames per second that wire and link of a scenario allow, frames lying in host memory as its driver lays them out.
//
// Packets in one piece are the rule of hw/pcie/model.h. Offsets, pieces and pages cost the TLPs and descriptors that they make
// unavoidable, and no more. Cuts that are drawn at random, or finer than anybody would (`random`, `byte`), count as whole: their limit is
// that of the frames, whatever the driver makes of them; and `header` as if every header were as long as the Ethernet header.
#pragma once

#include <cstdint>

#include "model.h"
#include "scenario.h"

namespace sim {

// Of one frame with its virtio-net header, as the driver sends it and as the device puts it into a receive buffer.
hw::PacketLayout sent_layout(const scenario& scenario, uint32_t frame_bytes);
hw::PacketLayout received_layout(const scenario& scenario, uint32_t frame_bytes);

class Limits {
public:
    // The scenario must outlive it. With both directions at once, frames of both are of the same sizes.
    Limits(const scenario& scenario, hw::FrameDirection direction);
    hw::FrameLimit of(uint32_t frame_bytes) const;  // with FCS

private:
    const scenario& scenario_;
    const hw::LinkConfig link_;
    const hw::FrameDirection direction_;
};

}  // namespace sim
