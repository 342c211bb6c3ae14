// SPDX-License-Identifier: Apache-2.0
// Who is at the other end of the cable: plays frames to the NIC and records what the NIC sends.
//
// Frames are given and taken without FCS; the partner pads them to the smallest size and adds the FCS, and checks and strips that of
// the frames it receives. A frame that breaks the rules of Ethernet is a violation and is not handed on.
//
// Example:  LinkPartner partner("partner", {}, wire, events);  partner.play(next);  partner.record(sink);
//
// Spec: [E] IEEE 802.3-2018 3.2.9, 4.4.2
#pragma once

#include <functional>

#include <systemc>

#include "alarm.h"
#include "event.h"
#include "sim_time.h"
#include "wire.h"

namespace hw {

struct LinkPartnerConfig {
    uint64_t interval_ps = 0;  // from the start of one frame to the start of the next at least; 0: as fast as the line goes
};

class LinkPartner : public sc_core::sc_module {
public:
    // Next frame to play: points *data at its bytes (valid until the next call), sets *length and *not_before_ps (earliest start of its
    // preamble). Returns the frame's id, or -1: no more, or -2: none until kick(). The contract of next() in driver/stack/traffic.h.
    using Source = std::function<int64_t(const uint8_t** data, size_t* length, uint64_t* not_before_ps)>;
    // A good frame without FCS, at the time its last bit arrived. frame has its times and its bytes with FCS.
    using Sink = std::function<void(const uint8_t* data, size_t length, const Frame& frame)>;
    // Changes a frame that is about to be sent, FCS included: to damage it on purpose.
    using Tamper = std::function<void(Frame& frame)>;

    // Takes over the wire's on_frame(). wire and events must outlive it.
    LinkPartner(sc_core::sc_module_name name, const LinkPartnerConfig& config, Wire& wire, EventStream& events);
    void play(Source source) { source_ = std::move(source); }
    void record(Sink sink) { sink_ = std::move(sink); }
    void tamper(Tamper tamper) { tamper_ = std::move(tamper); }

    // The source has frames again after it said -2. Any process.
    void kick() { play_alarm_.set(now_ps()); }
    // Has the source said -1, and has its last frame's last bit arrived?
    bool played() const;
    uint64_t frames_played() const { return frames_played_; }
    uint64_t frames_recorded() const { return frames_recorded_; }
    uint64_t frames_refused() const { return frames_refused_; }

private:
    void play_next();
    bool fetch();
    void receive(const Frame& frame);

    const LinkPartnerConfig config_;
    Wire& wire_;
    EventStream& events_;
    Source source_;
    Sink sink_;
    Tamper tamper_;
    Alarm play_alarm_{this, Alarm::call<LinkPartner, &LinkPartner::play_next>};
    FramePtr waiting_;               // fetched, to be sent at not_before_ps_
    uint64_t not_before_ps_ = 0;
    uint64_t next_start_ps_ = 0;     // by interval_ps
    bool ended_ = false;
    uint64_t frames_played_ = 0, frames_recorded_ = 0, frames_refused_ = 0;
};

}  // namespace hw
