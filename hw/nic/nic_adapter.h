// SPDX-License-Identifier: Apache-2.0
// What every datapath width shares: when to evaluate an edge, and TLPs and frames to and from beats.
//
// NicModel (nic_model.h) derives from it once per Verilated class and moves pins; this class never sees one. Edges and the alarms of the
// models around the NIC are run ahead of the SystemC kernel, up to the next activity of any other process: see hw/event/alarm.h.
#pragma once

#include <array>
#include <deque>
#include <limits>
#include <string>
#include <vector>

#include "rtl_messages.h"
#include "verilated_nic.h"

namespace hw {

class NicAdapter : public VerilatedNic, protected RtlMessageSink {
public:
    void connect(DeviceLink& link, DeviceWire& wire) override;
    void receive(TlpPtr tlp) override;
    void receive(FramePtr frame) override;
    void wake() override;
    uint64_t cycles() const override { return sc_core::sc_time_stamp().value() / config_.clock_period_ps + 1; }
    uint64_t cycles_evaluated() const override { return edges_evaluated_; }
    const NicStats& stats() const override { return stats_; }
    void finish() override;

protected:
    static constexpr uint64_t never = std::numeric_limits<uint64_t>::max();

    SC_HAS_PROCESS(NicAdapter);
    NicAdapter(const sc_core::sc_module_name& name, const NicConfig& config, uint32_t beat_bytes, EventStream& events);

    // Evaluates the edge with this number, which is at edge_ps_. Returns idle_o, or false while any input is active.
    virtual bool evaluate_edge(uint64_t cycle) = 0;
    // Edges up to and including this number were skipped: what follows cycle_i catches up.
    virtual void skip_to(uint64_t cycle) = 0;

    // --- TLPs to the device: the beat that waits, and its acceptance ---
    struct TlpBeat {
        const uint32_t* header;
        const uint8_t* data;
        uint32_t bytes;  // of payload in this beat
        bool sop, eop;
    };
    bool tlp_waiting() const { return !rx_tlps_.empty(); }
    TlpBeat tlp_beat() const;
    void tlp_beat_accepted();

    // --- TLPs from the device ---
    struct LinkFlags {
        std::array<bool, 3> ok{};  // by TlpKind
        bool link_up = false;
    };
    // Credits and link state, asked for again only after they may have changed. True: they were.
    bool refresh_flags();
    const LinkFlags& flags() const { return flags_; }
    // May this first beat be accepted now? Remembers a header that has to wait, to check that it stays as it is.
    bool may_take_tlp(bool sop, const uint32_t* header);
    void take_tlp_beat(bool sop, bool eop, const uint32_t* header, const void* data);
    bool tlp_blocked() const { return blocked_; }
    void tlp_withdrawn();  // the waiting first beat is gone, against the rules of valid and ready

    // --- frames ---
    bool mac_may_send() const { return edge_ps_ >= mac_ready_ps_; }
    void take_frame_beat(const void* data, uint32_t bytes, bool last);
    struct FrameBeat {
        const uint8_t* data;
        uint32_t bytes;
        bool last;
    };
    bool frame_beat_arrived() const { return edge_ps_ >= rx_beat_ps_; }
    FrameBeat next_frame_beat();  // requires frame_beat_arrived(); data is valid until the next call

    // Trace point n carried this word at the current edge.
    void report_trace(uint32_t point, uint64_t word);
    void rtl_error(const std::string& text) override;
    bool in_reset() const { return edge_index_ < config_.reset_cycles; }

    // --- stalls ---
    // Is the stream held up at this edge, for no reason but NicConfig::stalls?
    bool held(Stalls::Stream stream) const { return stalls_.on() && stalls_.held(stream, edge_index_); }
    // A frame cannot wait for long: what arrives meanwhile would have to be kept somewhere.
    bool frame_beat_held() const { return stalls_.on() && hold_frame_beat(); }
    // The device drives this beat, and ready is low: inside a TLP it must stay as it is until it is taken. Before the first beat is taken
    // the device may change its mind about which TLP goes next.
    void hold_tlp_beat(bool sop, const void* data);
    bool tlp_beat_held() const { return held_; }
    void check_held_tlp_beat(bool sop, const void* data);

    const NicConfig config_;
    Waves* waves_ = nullptr;
    uint64_t edge_ps_ = 0;      // time of the edge being evaluated, or of the next one
    uint64_t settled_ps_ = 0;   // time of the edge whose registers the model computes next: an assertion failed then

private:
    void run();
    void run_edges();
    void sleep();
    void schedule_wake(uint64_t earliest_ps);
    bool can_sleep() const;
    void expect_next_frame_beat();
    bool hold_frame_beat() const;
    void withhold_credits();
    void violate(const char* check, const char* clause, const std::string& message);

    const uint32_t beat_bytes_;
    EventStream& events_;
    DeviceLink* link_ = nullptr;
    DeviceWire* wire_ = nullptr;
    NicStats stats_;

    // scheduling
    sc_core::sc_event wake_event_;
    uint64_t now_ps_ = 0;          // kernel time at the last resumption of the thread
    uint64_t edge_index_ = 0;
    uint64_t edges_evaluated_ = 0;
    bool quiet_ = false;           // the last evaluated edge found the model idle and its inputs inactive
    bool sleeping_ = false;

    // stalls
    const Stalls stalls_;
    std::array<uint64_t, 3> credits_back_{};  // edge from which credits of a kind may be seen again
    bool held_ = false;            // a beat from the device waits for ready
    bool held_sop_ = false;
    std::vector<uint8_t> held_data_;

    // TLPs
    std::deque<TlpPtr> rx_tlps_;
    uint32_t rx_tlp_offset_ = 0;
    LinkFlags flags_;
    bool flags_stale_ = true;
    bool blocked_ = false;         // a first beat waits for credits
    std::array<uint32_t, 4> blocked_header_{};
    TlpPtr tx_tlp_;                // being assembled
    uint32_t tx_tlp_offset_ = 0;
    bool tx_tlp_bad_ = false;

    // frames
    FramePtr tx_frame_;            // being assembled
    uint64_t mac_ready_ps_ = 0;
    std::deque<FramePtr> rx_frames_;
    FramePtr rx_done_;             // keeps the bytes of the last beat alive
    uint32_t rx_frame_offset_ = 0;
    uint64_t rx_beat_ps_ = never;  // arrival of the last byte of the next beat
};

}  // namespace hw
