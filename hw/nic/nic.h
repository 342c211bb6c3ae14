// SPDX-License-Identifier: Apache-2.0
// The boundary of a NIC: TLPs on one side, frames on the other. A second NIC design is plugged in here.
//
// Nothing else crosses: no call here reads or writes the device's state past these two links.
// The current time of each call is now_ps() (sim_time.h): a NIC may be ahead of the SystemC kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <systemc>

#include "tlp.h"

namespace hw {

// A frame on the cable: destination address to FCS, without preamble.
struct Frame {
    std::vector<uint8_t> bytes;
    uint64_t id = 0;            // running number in its direction
    sc_core::sc_time first;     // first bit of the destination address on the wire
    sc_core::sc_time last;      // end of the last FCS bit
};

// Frames that nobody holds, with the memory of their bytes: after the first few, a frame costs no allocation. Never destroyed, so that a
// FramePtr in a static object may outlive main(). One thread only, as SystemC is.
inline std::vector<Frame*>& free_frames() {
    static auto& list = *new std::vector<Frame*>;
    return list;
}
struct FrameDeleter { void operator()(Frame* frame) const { free_frames().push_back(frame); } };
using FramePtr = std::unique_ptr<Frame, FrameDeleter>;

// An empty frame.
inline FramePtr make_frame() {
    auto& list = free_frames();
    if (list.empty()) return FramePtr(new Frame);
    FramePtr frame(list.back());
    list.pop_back();
    frame->bytes.clear();
    frame->id = 0;
    frame->first = frame->last = sc_core::SC_ZERO_TIME;
    return frame;
}

// What a NIC sees of its PCIe link (implemented by hw/pcie/link.h).
class DeviceLink {
public:
    virtual ~DeviceLink() = default;
    // Are there credits and queue space for one more TLP of this kind with up to MPS bytes, counting those already handed over?
    virtual bool can_send(TlpKind kind) const = 0;
    // The device's last beat of this TLP left at the current time. Requires can_send(tlp->kind()).
    virtual void send(TlpPtr tlp) = 0;
    // The device has taken a received TLP out of its receive buffer: credits go back to the root complex.
    virtual void release(TlpKind kind, uint32_t payload_bytes) = 0;
};

// What a NIC sees of its cable (implemented by hw/wire/wire.h). Times are picoseconds, so that a MAC compares instead of polling.
class DeviceWire {
public:
    virtual ~DeviceWire() = default;
    // Earliest time at which the MAC may hand over the first beat of its next frame (preamble and IFG of the last one permitting).
    virtual uint64_t start_ps() const = 0;
    // Earliest time for another beat, `sent` bytes of the frame being already accepted. (Paces the MAC to the line rate.)
    virtual uint64_t continue_ps(uint32_t sent) const = 0;
    virtual void start() = 0;                 // first beat accepted at the current time; not before start_ps()
    virtual void finish(FramePtr frame) = 0;  // last beat accepted; the wire fills in id, first and last
    virtual bool link_up() const = 0;
};

// A NIC as the rest of the machine sees it.
class Nic {
public:
    virtual ~Nic() = default;
    virtual void connect(DeviceLink& link, DeviceWire& wire) = 0;
    virtual void receive(TlpPtr tlp) = 0;      // the last byte of this TLP has arrived over the link at the current time
    virtual void receive(FramePtr frame) = 0;  // the first bit arrives at frame->first (now or later); bytes follow at the line rate
    virtual void wake() = 0;                   // something that the NIC polls (credits, wire readiness, link state) changed
    virtual uint64_t cycles() const = 0;            // clock cycles of simulated time
    virtual uint64_t cycles_evaluated() const = 0;  // of these, the ones that were simulated and not skipped as idle
};

}  // namespace hw
