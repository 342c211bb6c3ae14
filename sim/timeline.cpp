// SPDX-License-Identifier: Apache-2.0
#include "timeline.h"

#include <jansson.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include "event_log.h"
#include "tlp.h"

namespace sim {

namespace {

using hw::EventKind;

constexpr size_t digits = 15;  // of a time: a picosecond in a quarter of an hour

double us(uint64_t ps) { return static_cast<double>(ps) / 1e6; }

std::string first_word(const std::string& text) { return text.substr(0, text.find(' ')); }

}  // namespace

Timeline::Timeline(const char* path) : file_(std::fopen(path, "w")) {
    if (!file_) throw std::runtime_error(std::string("cannot write the timeline ") + path + ": " + std::strerror(errno));
    std::fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", file_);
}

Timeline::~Timeline() { close(); }

void Timeline::attach(hw::EventStream& events) {
    events.add_sink([this](const hw::Event& event) {
        if (file_) write(event);
    });
}

bool Timeline::close() {
    if (!file_) return true;
    std::fputs("\n]}\n", file_);
    const bool whole = std::ferror(file_) == 0;
    const bool closed = std::fclose(file_) == 0;
    file_ = nullptr;
    return whole && closed;
}

void Timeline::put(json_t* entry) {
    std::fputs(first_ ? "\n" : ",\n", file_);
    first_ = false;
    json_dumpf(entry, file_, JSON_COMPACT | JSON_REAL_PRECISION(digits));
    json_decref(entry);
}

// Before the first entry of a track its names, once.
void Timeline::name_track(int process, unsigned thread, Track track, const char* process_name, const char* thread_name) {
    if (!named_.insert(process * 1000 + static_cast<int>(thread)).second) return;
    const std::string name = process >= tracks ? process_name + std::to_string(process / tracks) : process_name;
    put(json_pack("{s:s s:s s:i s:{s:s}}", "ph", "M", "name", "process_name", "pid", process, "args", "name", name.c_str()));
    put(json_pack("{s:s s:s s:i s:{s:i}}", "ph", "M", "name", "process_sort_index", "pid", process, "args", "sort_index", static_cast<int>(track)));
    put(json_pack("{s:s s:s s:i s:i s:{s:s}}", "ph", "M", "name", "thread_name", "pid", process, "tid", static_cast<int>(thread), "args", "name",
                  thread_name));
}

// The CPU is one; what runs on it lies one in the other.
void Timeline::slice(const hw::Event& event, const char* phase, const char* name) {
    const bool begins = *phase == 'B';
    if (!begins && depth_ == 0) return;  // began before the file did
    depth_ += begins ? 1u : -1u;
    name_track(cpu, 1, cpu, "driver", "CPU");
    put(json_pack("{s:s s:i s:i s:f s:s}", "ph", phase, "pid", cpu, "tid", 1, "ts", us(event.time_ps), "name", name));
}

void Timeline::span(const hw::Event& event, const char* phase, const char* what) {
    name_track(nbls, 1, nbls, "NBLs", what);
    put(json_pack("{s:s s:i s:i s:f s:s s:s s:I}", "ph", phase, "pid", nbls, "tid", 1, "ts", us(event.time_ps), "cat", what, "name", what, "id",
                  static_cast<json_int_t>(event.packet)));
}

void Timeline::moment(const hw::Event& event, Track track, unsigned thread, const char* name, json_t* args) {
    const int process = static_cast<int>(track) + tracks * event.nic;
    put(json_pack("{s:s s:i s:i s:f s:s s:s s:o}", "ph", "i", "pid", process, "tid", static_cast<int>(thread), "ts", us(event.time_ps), "s", "t",
                  "name", name, "args", args));
}

void Timeline::write(const hw::Event& event) {
    const std::string text = EventLog::text(event);
    const auto number = [](uint64_t value) { return json_integer(static_cast<json_int_t>(value)); };
    const int base = tracks * event.nic;
    switch (event.kind) {
    case EventKind::function_enter: slice(event, "B", text.c_str()); break;
    case EventKind::irq_enter: slice(event, "B", ("interrupt " + std::to_string(event.index)).c_str()); break;
    case EventKind::function_exit:
    case EventKind::irq_exit: slice(event, "E", text.c_str()); break;
    case EventKind::nbl_sent: span(event, "b", "send"); break;
    case EventKind::nbl_completed: span(event, "e", "send"); break;
    case EventKind::nbl_indicated: span(event, "b", "receive"); break;
    case EventKind::nbl_returned: span(event, "e", "receive"); break;
    case EventKind::ring_post:
    case EventKind::ring_reap:
    case EventKind::doorbell: {
        const char* name = event.kind == EventKind::ring_post ? "post" : event.kind == EventKind::ring_reap ? "reap" : "doorbell";
        const unsigned thread = 2u + event.queue;
        name_track(cpu, thread, cpu, "driver", ("ring " + std::to_string(event.queue)).c_str());
        put(json_pack("{s:s s:i s:i s:f s:s s:s s:{s:o s:o}}", "ph", "i", "pid", cpu, "tid", static_cast<int>(thread), "ts", us(event.time_ps), "s", "t",
                      "name", name, "args", "index", number(event.index), "packet", number(event.packet)));
        break;
    }
    case EventKind::device_trace:
        name_track(nic + base, 1u + event.queue, nic, "NIC", ("queue " + std::to_string(event.queue)).c_str());
        moment(event, nic, 1u + event.queue, first_word(text).c_str(), json_pack("{s:s s:o}", "says", text.c_str(), "packet", number(event.packet)));
        break;
    case EventKind::tlp_up:
    case EventKind::tlp_down: {
        const bool up = event.kind == EventKind::tlp_up;
        name_track(pcie + base, up ? 1 : 2, pcie, "PCIe", up ? "to the host" : "to the NIC");
        moment(event, pcie, up ? 1 : 2, hw::describe(event.index).c_str(), json_pack("{s:o}", "bytes on the link", number(event.value)));
        break;
    }
    case EventKind::frame_tx:
    case EventKind::frame_rx: {
        const bool out = event.kind == EventKind::frame_tx;
        name_track(wire + base, out ? 1 : 2, wire, "wire", out ? "from the NIC" : "to the NIC");
        moment(event, wire, out ? 1 : 2, "frame", json_pack("{s:o s:o}", "packet", number(event.packet), "bytes", number(event.value)));
        break;
    }
    case EventKind::violation:
    case EventKind::nbl_lost:
        put(json_pack("{s:s s:i s:i s:f s:s s:s}", "ph", "i", "pid", cpu, "tid", 1, "ts", us(event.time_ps), "s", "g", "name", text.c_str()));
        break;
    }
}

}  // namespace sim
