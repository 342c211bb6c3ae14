// SPDX-License-Identifier: Apache-2.0
// The cable between the NIC and its link partner: full duplex, any rate, frames with their preamble and gap.
//
// What it models: every frame occupies the line for preamble, its bytes with FCS, and the inter-packet gap, exactly at the line rate
// (picoseconds with the fraction carried, so that no rate drifts). Towards the NIC a frame is handed over with its first bit. From the
// NIC, the MAC may be `fifo_bytes` ahead of the line: the transmit FIFO of the PHY, which hides that beats come on clock edges.
//
// On request it stalls at random (stall_percent): the MAC may start a frame late, and go on with it late, by as much as the FIFO can
// hide; the line itself never waits inside a frame. Towards the NIC nothing waits: that line is the partner's.
//
// What it leaves out: coding (64b/66b), lanes, deskew, pause frames, auto-negotiation; gaps between a frame's beats that the MAC makes
// up for before the frame ends (a frame whose last beat comes after its time on the line is reported: wire.underrun).
//
// Events: frame_rx at the first bit of the destination address, frame_tx at the end of the last FCS bit; value = bytes with FCS, packet
// = Frame::id, index = picoseconds from that first to that last bit (0xFFFFFFFF: more). Propagation is charged after frame_tx and
// before frame_rx.
//
// Spec: [E] IEEE 802.3-2018 3.1.1, 4.4.2
#pragma once

#include <deque>
#include <functional>

#include <systemc>

#include "alarm.h"
#include "event.h"
#include "line_time.h"
#include "nic.h"

namespace hw {

struct WireConfig {
    uint64_t bits_per_second = UINT64_C(40000000000);
    uint32_t fifo_bytes = 128;    // how far the MAC may be ahead of the line
    uint64_t propagation_ps = 0;  // each way; 5 ns per metre of cable
    uint32_t stall_percent = 0;   // of the frames and beats of the NIC that are kept waiting, up to 100
    uint64_t stall_seed = 1;
};

struct WireStats {
    uint64_t frames = 0;
    uint64_t bytes = 0;       // destination address to FCS
    uint64_t line_bytes = 0;  // and preamble and gap
    uint64_t lost = 0;        // sent while the link was down; not in the others of what is sent to the NIC
    uint64_t first_ps = 0;    // first bit of the first frame
    uint64_t last_ps = 0;     // last bit of the last frame
    // Part of the line that was in use from first to last, 0 to 1.
    double utilisation(uint64_t bits_per_second) const;
};

class Wire : public sc_core::sc_module, public DeviceWire {
public:
    using FrameSink = std::function<void(const Frame&)>;

    // Throws std::invalid_argument for a rate of 0. events must outlive it.
    Wire(sc_core::sc_module_name name, const WireConfig& config, EventStream& events);
    void connect(Nic& nic) { nic_ = &nic; }
    // Who gets the frames of the NIC, each when its last bit has arrived. The frame is valid during the call.
    void on_frame(FrameSink sink) { sink_ = std::move(sink); }
    // Who is told of frames that are lost because the link is down; from_nic says whose. The frame is valid during the call.
    using LossSink = std::function<void(const Frame&, bool from_nic)>;
    void on_loss(LossSink sink) { loss_sink_ = std::move(sink); }

    // --- the link partner's side ---
    // Sends a frame (with FCS): its preamble begins now, or as soon as the line is free. Sets first and last.
    void partner_send(FramePtr frame);
    // When the line towards the NIC is free for another preamble, rounded down: a frame sent then follows without a gap.
    uint64_t partner_free_ps() const { return to_nic_free_.ps; }
    // Takes the carrier away or gives it back. Frames sent meanwhile are lost.
    void set_link(bool up);

    const WireStats& from_nic() const { return from_nic_stats_; }
    const WireStats& to_nic() const { return to_nic_stats_; }
    uint64_t bits_per_second() const { return rate_.bits_per_second(); }

    // --- the NIC's side ---
    uint64_t start_ps() const override;
    uint64_t continue_ps(uint32_t sent) const override;
    void start() override;
    void finish(FramePtr frame) override;
    bool link_up() const override { return up_; }

private:
    static uint64_t rounded_up(const LineTime& time) { return time.ps + (time.fraction ? 1 : 0); }
    // The line's time `free`, or now if that is later.
    static LineTime not_before_now(const LineTime& free);
    uint64_t ahead(const LineTime& time) const;
    uint64_t stall_ps(uint64_t event, uint64_t longest_ps) const;
    void deliver_to_nic();
    void deliver_from_nic();
    void report(EventKind kind, const Frame& frame);
    static void count(WireStats& stats, const Frame& frame);

    const WireConfig config_;
    const LineRate rate_;
    const uint64_t fifo_ps_;
    EventStream& events_;
    Nic* nic_ = nullptr;
    FrameSink sink_;
    LossSink loss_sink_;
    bool up_ = true;

    LineTime from_nic_free_;      // the line may carry the next preamble
    LineTime from_nic_first_;     // first bit of the frame in progress
    bool sending_ = false;
    uint64_t from_nic_frames_ = 0;
    struct InFlight { FramePtr frame; bool reported = false; };
    std::deque<InFlight> from_nic_;
    Alarm from_nic_alarm_{this, Alarm::call<Wire, &Wire::deliver_from_nic>};
    WireStats from_nic_stats_;

    LineTime to_nic_free_;
    std::deque<FramePtr> to_nic_;
    Alarm to_nic_alarm_{this, Alarm::call<Wire, &Wire::deliver_to_nic>};
    WireStats to_nic_stats_;
};

}  // namespace hw
