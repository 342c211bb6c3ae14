// SPDX-License-Identifier: Apache-2.0
#include "event_log.h"

#include <cerrno>
#include <cinttypes>
#include <cstring>
#include <stdexcept>

#include "regmap.h"
#include "tlp.h"

namespace sim {

namespace {

using hw::EventKind;

struct KindName { const char *lane, *kind; };

KindName name_of(EventKind kind) {
    switch (kind) {
    case EventKind::function_enter: return {"driver", "function_enter"};
    case EventKind::function_exit: return {"driver", "function_exit"};
    case EventKind::nbl_sent: return {"driver", "nbl_sent"};
    case EventKind::nbl_completed: return {"driver", "nbl_completed"};
    case EventKind::nbl_indicated: return {"driver", "nbl_indicated"};
    case EventKind::nbl_returned: return {"driver", "nbl_returned"};
    case EventKind::ring_post: return {"driver", "ring_post"};
    case EventKind::ring_reap: return {"driver", "ring_reap"};
    case EventKind::doorbell: return {"driver", "doorbell"};
    case EventKind::irq_enter: return {"driver", "irq_enter"};
    case EventKind::irq_exit: return {"driver", "irq_exit"};
    case EventKind::device_trace: return {"nic", "device_trace"};
    case EventKind::tlp_up: return {"pcie", "tlp_up"};
    case EventKind::tlp_down: return {"pcie", "tlp_down"};
    case EventKind::frame_tx: return {"wire", "frame_tx"};
    case EventKind::frame_rx: return {"wire", "frame_rx"};
    case EventKind::violation: return {"check", "violation"};
    case EventKind::nbl_lost: return {"check", "nbl_lost"};
    }
    return {"?", "?"};
}

// The one list of trace points also gives them their names.
const char* trace_point(uint32_t number) {
    struct Value { const char *block, *name; uint32_t number; };
    static const Value values[] = {
#define VALUE(block, name, number, clause, meaning) {#block, #name, number},
#include "trace.def"
#undef VALUE
    };
    for (const Value& value : values)
        if (std::strcmp(value.block, "TRACE") == 0 && value.number == number && number < TRACE_POINTS) return value.name;
    return "?";
}

// The payload, from what the TLP costs on the link and what its type says about the header.
std::string tlp_text(const hw::Event& event) {
    hw::Tlp tlp;
    tlp.hdr[0] = event.index << TLP_FMT_TYPE_LSB;
    return hw::describe(event.index) + " payload " + std::to_string(event.value - tlp.link_bytes());
}

// A trace word is {aux, index, queue, packet}, 16 bits each.
std::string trace_text(const hw::Event& event) {
    return std::string(trace_point(event.index)) + " index " + std::to_string(event.value >> 32 & 0xFFFF) + " aux " +
           std::to_string(event.value >> 48);
}

}  // namespace

EventLog::EventLog(const char* path) : file_(std::fopen(path, "w")) {
    if (!file_) throw std::runtime_error(std::string("cannot write the event log ") + path + ": " + std::strerror(errno));
    std::fputs("#    time_ps lane   kind           queue index   packet      value text\n", file_);
}

EventLog::~EventLog() { close(); }

void EventLog::attach(hw::EventStream& events) {
    events.add_sink([this](const hw::Event& event) {
        if (!file_) return;
        std::fputs(line(event).c_str(), file_);
        std::fputc('\n', file_);
    });
}

bool EventLog::close() {
    if (!file_) return true;
    const bool whole = std::ferror(file_) == 0;
    const bool closed = std::fclose(file_) == 0;
    file_ = nullptr;
    return whole && closed;
}

std::string EventLog::text(const hw::Event& event) {
    switch (event.kind) {
    case EventKind::tlp_up:
    case EventKind::tlp_down: return tlp_text(event);
    case EventKind::device_trace: return trace_text(event);
    default: return event.text ? event.text : "-";
    }
}

std::string EventLog::line(const hw::Event& event) {
    const KindName name = name_of(event.kind);
    char numbers[128];
    const std::string lane = name.lane + (event.nic ? std::to_string(event.nic) : std::string());
    std::snprintf(numbers, sizeof numbers, "%12" PRIu64 " %-6s %-14s %5u %5" PRIu32 " %8" PRIu64 " %10" PRIu64 " ", event.time_ps,
                  lane.c_str(), name.kind, static_cast<unsigned>(event.queue), event.index, event.packet, event.value);
    return numbers + text(event);
}

}  // namespace sim
