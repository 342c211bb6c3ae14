// SPDX-License-Identifier: Apache-2.0
#include "lost.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>

#include "sim_time.h"
#include "system.h"

namespace sim {

namespace {

constexpr uint64_t most_in_full = 64;  // NBLs; the rest is counted
using State = Whereabouts::State;

struct Class { const char *name, *what; };

json_t* hex(uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "%#" PRIx64, value);
    return json_string(text);
}

void set(json_t* object, const char* key, json_t* value) { json_object_set_new(object, key, value); }
json_t* number(uint64_t value) { return json_integer(static_cast<json_int_t>(value)); }
void set_time(json_t* object, const char* key, uint64_t ps) {
    if (ps) set(object, key, number(ps));
}

// How far a packet got, for the NB of an NBL that got least far.
unsigned progress(const Whereabouts::Place& place) {
    if (place.reaped_ps) return 3;
    if (place.state == State::used) return 2;
    return place.state == State::nowhere || place.state == State::written ? 0 : 1;
}

Class class_in_miniport(const Whereabouts::Place& place) {
    if (place.reaped_ps || (place.state == State::used && !place.bus_address && !place.reported))
        return {"never_completed", "taken off the ring by the driver, and never completed"};
    switch (place.state) {
    case State::nowhere: return {"never_posted", "never posted: no descriptor was made for it"};
    case State::written: return {"never_posted", "never posted: its descriptor is not available to the device"};
    case State::available: return {"posted_never_used", "posted and never used: the device has not even fetched the descriptor"};
    case State::fetched: return {"posted_never_used", "posted and never used by the device"};
    case State::used: return {"used_never_seen", "used by the device, and the driver has not looked"};
    case State::unknown: break;
    }
    return {"never_completed", "it passed through the ring long ago, and was never completed"};
}

Class class_of(const platform_lost& lost, const Whereabouts::Place& place) {
    switch (lost.kind) {
    case PLATFORM_LOST_IN_MINIPORT: return class_in_miniport(place);
    case PLATFORM_LOST_ABOVE: return {"held", "held above the miniport: neither passed on nor completed"};
    case PLATFORM_LOST_NOT_RETURNED: return {"never_returned", "received and never returned"};
    case PLATFORM_LOST_CLONED: return {"cloned", "still held by NBLs that were derived from it"};
    case PLATFORM_LOST_TWICE: return {"completed_twice", lost.receive ? "returned twice" : "completed twice"};
    case PLATFORM_LOST_WRONG_DRIVER: return {"wrong_driver", lost.receive ? "returned by the wrong driver" : "completed by the wrong driver"};
    case PLATFORM_LOST_FREED: return {"freed", "freed while another driver has it"};
    case PLATFORM_LOST_FREED_UNDER_DMA: break;
    }
    return {"freed_under_dma", "freed while the device may use its memory"};
}

json_t* hardware_json(const Whereabouts::Place& place) {
    json_t* json = json_object();
    set(json, "state", json_string(state_name(place.state)));
    if (place.queue >= 0) {
        set(json, "queue", json_integer(place.queue));
        set(json, "slot", number(place.slot));
        if (place.id) set(json, "id", number(*place.id));
    }
    set_time(json, "posted_ps", place.posted_ps);
    set_time(json, "fetched_ps", place.fetched_ps);
    set_time(json, "used_ps", place.used_ps);
    set_time(json, "reaped_ps", place.reaped_ps);
    if (place.bus_address) set(json, "bus_address", hex(place.bus_address));
    set(json, "mapped", json_boolean(place.bus_address != 0));
    set(json, "dma_in_flight", json_boolean(place.dma));
    if (place.vector < 0) return json;
    json_t* interrupt = json_object();
    set(interrupt, "vector", json_integer(place.vector));
    set_time(interrupt, "last_ps", place.message_ps);
    if (place.used_ps) set(interrupt, "raised", json_boolean(place.message_ps >= place.used_ps));
    if (place.interrupts_wanted) set(interrupt, "wanted", json_boolean(*place.interrupts_wanted));
    set(json, "interrupt", interrupt);
    return json;
}

json_t* history_json(const platform_lost& lost) {
    json_t* history = json_array();
    for (unsigned i = 0; i < lost.hop_count; i++) {
        const platform_lost_hop& hop = lost.hops[i];
        json_t* entry = json_pack("{s:I,s:s,s:s,s:s}", "time_ps", static_cast<json_int_t>(hop.time_ps), "what", hop.what, "from", hop.from,
                                  "to", hop.to);
        if (hop.site) set(entry, "site", json_string(hop.site));
        json_array_append_new(history, entry);
    }
    return history;
}

json_t* relative_json(const platform_lost_relative& relative) {
    return json_pack("{s:I,s:s}", "nbl", static_cast<json_int_t>(relative.number), "holder", relative.holder);
}

json_t* data_json(const platform_lost_nb& nb) {
    std::string text;
    char byte[4];
    for (unsigned i = 0; i < nb.byte_count; i++) {
        std::snprintf(byte, sizeof byte, i ? " %02x" : "%02x", nb.bytes[i]);
        text += byte;
    }
    return json_string(text.c_str());
}

// A value that does not fit a word is a pointer, which no two runs have alike.
json_t* oob_json(const platform_lost& lost) {
    json_t* slots = json_object();
    for (unsigned i = 0; i < lost.slot_count; i++)
        set(slots, lost.slots[i].name, lost.slots[i].value > UINT32_MAX ? json_string("a pointer") : hex(lost.slots[i].value));
    return slots;
}

}  // namespace

LostReports::LostReports(System& system) : system_(system) {
    system.platform->on_lost([this](const platform_lost& lost) { add(lost); });
}

LostReports::~LostReports() {
    system_.platform->on_lost(nullptr);
    json_decref(nbls_);
}

// The physical address: that of the CPU differs from process to process.
json_t* LostReports::address_json(const void* va) const {
    const hw::Ram& ram = system_.memory->ram();
    return ram.contains(va) ? hex(ram.physical(va)) : json_null();
}

json_t* LostReports::nbs_json(const platform_lost& lost, const Whereabouts::Place* places) const {
    json_t* nbs = json_array();
    for (unsigned i = 0; i < std::min<unsigned>(lost.nb_count, PLATFORM_LOST_NBS); i++) {
        const platform_lost_nb& nb = lost.nbs[i];
        json_t* json = json_pack("{s:o,s:I,s:I,s:I,s:o}", "address", address_json(nb.nb), "bytes", static_cast<json_int_t>(nb.data_length),
                                 "offset", static_cast<json_int_t>(nb.data_offset), "mdls", static_cast<json_int_t>(nb.mdls), "data",
                                 data_json(nb));
        set(json, "hardware", hardware_json(places[i]));
        json_array_append_new(nbs, json);
    }
    return nbs;
}

// In the waveform, and in the log of events.
void LostReports::mark(const platform_lost& lost, const char* what) {
    char text[96];
    std::snprintf(text, sizeof text, "nbl %u %s: %s since %" PRIu64 " ns", lost.number, what, lost.holder, lost.since_ps / 1000);
    hw::Event event;
    event.time_ps = hw::now_ps();
    event.kind = hw::EventKind::nbl_lost;
    event.index = lost.number;
    event.packet = lost.packet < 0 ? 0 : static_cast<uint64_t>(lost.packet);
    event.text = text;
    system_.events.emit(event);
}

void LostReports::add(const platform_lost& lost) {
    std::array<Whereabouts::Place, PLATFORM_LOST_NBS> places;
    const unsigned described = std::min<unsigned>(lost.nb_count, PLATFORM_LOST_NBS);
    size_t least = 0;
    for (unsigned i = 0; i < described; i++) {
        const platform_lost_nb& nb = lost.nbs[i];
        places[i] = system_.place_of(nb.mdl_count ? nb.mdl[0].va : nullptr, nb.mdl_count ? nb.mdl[0].length : 0,
                                            lost.packet < 0 ? -1 : lost.packet + i, lost.receive);
        if (progress(places[i]) < progress(places[least])) least = i;
    }
    const Class kind = class_of(lost, places[least]);
    classes_[kind.name]++;
    mark(lost, kind.name);
    if (++count_ > most_in_full) return;
    if (!nbls_) nbls_ = json_array();
    json_t* json = json_pack("{s:I,s:s,s:s,s:s,s:I,s:o,s:s,s:o}", "nbl", static_cast<json_int_t>(lost.number), "class", kind.name, "what",
                             kind.what, "when", lost.when, "time_ps", static_cast<json_int_t>(hw::now_ps()), "packet",
                             lost.packet < 0 ? json_null() : json_integer(lost.packet), "direction", lost.receive ? "receive" : "send",
                             "address", address_json(lost.nbl));
    set(json, "pool", json_string(lost.pool));
    set(json, "allocated", json_pack("{s:I,s:s}", "time_ps", static_cast<json_int_t>(lost.allocated_ps), "site", lost.site));
    if (lost.freed_site) set(json, "freed", json_string(lost.freed_site));
    set(json, "holder", json_string(lost.holder));
    set(json, "since_ps", number(lost.since_ps));
    if (lost.place[0]) set(json, "place", json_string(lost.place));
    if (lost.misuser) set(json, "misuser", json_string(lost.misuser));
    set(json, "earlier_hand_overs", number(lost.hops_before));
    set(json, "history", history_json(lost));
    set(json, "nb_count", number(lost.nb_count));
    set(json, "nbs", nbs_json(lost, places.data()));
    if (lost.parent.number) set(json, "parent", relative_json(lost.parent));
    json_t* children = json_array();
    for (unsigned i = 0; i < std::min<unsigned>(lost.child_count, PLATFORM_LOST_NBLS); i++)
        json_array_append_new(children, relative_json(lost.children[i]));
    set(json, "child_count", number(lost.child_count));
    set(json, "children", children);
    set(json, "flags", hex(lost.flags));
    set(json, "status", hex(static_cast<uint32_t>(lost.status)));
    set(json, "contexts", number(lost.contexts));
    set(json, "oob", oob_json(lost));
    json_array_append_new(nbls_, json);
}

json_t* LostReports::take() {
    if (!count_) return nullptr;
    json_t* classes = json_object();
    for (const auto& [name, count] : classes_) set(classes, name.c_str(), number(count));
    json_t* lost = json_pack("{s:I,s:o,s:o}", "count", static_cast<json_int_t>(count_), "classes", classes, "nbls", nbls_);
    nbls_ = nullptr;
    count_ = 0;
    classes_.clear();
    return lost;
}

}  // namespace sim
