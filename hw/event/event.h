// SPDX-License-Identifier: Apache-2.0
// The one stream of events that every view reads: waveform lanes, text log, latencies, checkers.
//
// Software and hardware report here; a sink sees each event once, in the order of simulated time. An event that no sink
// wants costs a test.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace hw {

enum class EventKind : uint16_t {
    // driver (through the platform seam); `text` is a function or object name with static storage
    function_enter, function_exit,
    nbl_sent, nbl_completed, nbl_indicated, nbl_returned,
    ring_post,       // queue, index = first slot, packet, value = slots
    ring_reap,       // queue, index = slot of the used descriptor, packet, value = slots
    doorbell,        // queue, value = doorbell word
    irq_enter, irq_exit,  // index = vector
    // device: value = TRACE word of rtl/regmap/trace.def, index = trace point
    device_trace,
    // link and wire: value = bytes on the link, index = TLP fmt/type, packet = TLP or frame id
    tlp_up, tlp_down, frame_tx, frame_rx,
    violation,       // text = the message
    nbl_lost         // an NBL was found lost or misused: index = its number, packet, text = what, with which driver since when
};

struct Event {
    uint64_t time_ps = 0;
    EventKind kind{};
    uint16_t queue = 0;
    uint32_t index = 0;
    uint64_t packet = 0;
    uint64_t value = 0;
    const char* text = nullptr;
    uint16_t nic = 0;  // of a machine with several: which one it concerns
};

// A broken rule. The run goes on to its end and fails.
struct Violation {
    uint64_t time_ps = 0;
    std::string check;    // short stable name, for example "iommu.unmapped"
    std::string clause;   // for example "[V] 2.8.21"
    std::string message;  // object, values, what to do
    int64_t packet = -1;  // the packet concerned, or -1
    uint64_t address = 0; // the bus address concerned, or 0: tells the packet when that is not known yet
};

class EventStream {
public:
    using Sink = std::function<void(const Event&)>;
    using ViolationSink = std::function<void(const Violation&)>;
    // Which kinds a sink sees: kinds(EventKind::tlp_up, EventKind::tlp_down), all of them unless it says.
    using Kinds = uint32_t;
    static constexpr Kinds all_kinds = UINT32_MAX;
    template <class... K>
    static constexpr Kinds kinds(K... kind) { return (... | (Kinds{1} << static_cast<unsigned>(kind))); }

    EventStream() = default;
    // What one of several NICs reports, with its number, to those who listen to `machine`, which outlives it. It has no sinks of its own.
    EventStream(EventStream& machine, uint16_t nic) : machine_(&machine), nic_(nic) {}
    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;

    void add_sink(Sink sink, Kinds seen = all_kinds) {
        sinks_.push_back({std::move(sink), seen});
        wanted_ |= seen;
    }
    void on_violation(ViolationSink sink) { violation_sinks_.push_back(std::move(sink)); }
    bool wants(EventKind kind) const { return machine_->wanted_ & kinds(kind); }  // does anybody look? Asked before an event is made up
    void emit(const Event& event) {
        if (nic_) return emit_of_nic(event);
        for (auto& sink : sinks_)
            if (sink.seen & kinds(event.kind)) sink.call(event);
    }
    void violate(Violation violation);  // fills in time_ps with the current simulated time if it is 0; also emitted as an Event
    uint64_t violations() const { return violations_; }

private:
    void emit_of_nic(Event event);

    EventStream* machine_ = this;
    uint16_t nic_ = 0;
    struct Listener { Sink call; Kinds seen; };
    std::vector<Listener> sinks_;
    Kinds wanted_ = 0;
    std::vector<ViolationSink> violation_sinks_;
    uint64_t violations_ = 0;
};

}  // namespace hw
