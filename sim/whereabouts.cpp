// SPDX-License-Identifier: Apache-2.0
#include "whereabouts.h"

#include "register_write.h"
#include "regmap.h"
#include "sim_time.h"
#include "system.h"

namespace sim {

namespace {

using hw::EventKind;
using hw::little_endian;

// What lies in host memory at a bus address that the driver gave the device; null when no machine has it.
const uint8_t* host_bytes(const System& system, uint64_t bus_address, uint32_t length) {
    const uint64_t pa = hw::Iommu::physical(bus_address);
    const hw::Ram& ram = system.memory->ram();
    return pa + length <= ram.bytes() ? ram.at(pa) : nullptr;
}

bool flag(uint16_t flags, unsigned bit) { return flags >> bit & 1; }

bool has(const uint8_t* descriptor, uint64_t address, uint32_t length) {
    const uint64_t begin = little_endian(descriptor + VIRTQ_DESC_ADDR, 8), bytes = little_endian(descriptor + VIRTQ_DESC_LEN, 4);
    return begin < address + length && address < begin + bytes;
}

bool is_of(unsigned queue, bool receive) { return (queue % 2 == 0) == receive; }  // [V] 5.1.2

}  // namespace

const char* state_name(Whereabouts::State state) {
    switch (state) {
    case Whereabouts::State::nowhere: return "nowhere";
    case Whereabouts::State::written: return "written";
    case Whereabouts::State::available: return "available";
    case Whereabouts::State::fetched: return "fetched";
    case Whereabouts::State::used: return "used";
    case Whereabouts::State::unknown: break;
    }
    return "unknown";
}

Whereabouts::Whereabouts(System& system, const Slot& slot) : system_(system), slot_(slot), sent_(kept) {
    system.events.add_sink([this](const hw::Event& event) { on_event(event); },
                           hw::EventStream::kinds(EventKind::nbl_sent, EventKind::ring_post, EventKind::ring_reap));
}

void Whereabouts::on_event(const hw::Event& event) {
    if (event.kind == EventKind::nbl_sent) {
        sent_[event.packet % kept] = {event.packet, event.value, event.index};
        return;
    }
    if (event.nic != slot_.number) return;
    if (event.queue >= passages_.size()) passages_.resize(event.queue + 1u);
    std::vector<Passage>& queue = passages_[event.queue];
    if (queue.empty()) queue.resize(kept);
    Passage& passage = queue[event.packet % kept];
    if (event.kind == EventKind::ring_post)
        passage = {event.packet, event.time_ps, 0, event.index, static_cast<uint32_t>(event.value)};
    else if (passage.packet == event.packet)
        passage.reaped_ps = event.time_ps;
}

const Whereabouts::Passage* Whereabouts::passage(int64_t packet, bool receive, int* queue) const {
    if (packet < 0) return nullptr;
    for (size_t i = receive ? 0 : 1; i < passages_.size(); i += 2) {
        if (passages_[i].empty()) continue;
        const Passage& found = passages_[i][static_cast<uint64_t>(packet) % kept];
        if (found.packet != static_cast<uint64_t>(packet)) continue;
        *queue = static_cast<int>(i);
        return &found;
    }
    return nullptr;
}

// Does this descriptor, or the table that it refers to, have the address?
bool Whereabouts::is_in(uint64_t descriptor, uint64_t address, uint32_t length) const {
    const uint8_t* bytes = host_bytes(system_, descriptor, VIRTQ_DESC_SIZE);
    if (!bytes) return false;
    if (!flag(static_cast<uint16_t>(little_endian(bytes + VIRTQ_DESC_FLAGS, 2)), VIRTQ_DESC_F_INDIRECT_BIT)) return has(bytes, address, length);
    const uint64_t table = little_endian(bytes + VIRTQ_DESC_ADDR, 8);
    const auto table_bytes = static_cast<uint32_t>(little_endian(bytes + VIRTQ_DESC_LEN, 4));
    const uint8_t* entries = host_bytes(system_, table, table_bytes);
    for (uint32_t at = 0; entries && at + VIRTQ_DESC_SIZE <= table_bytes; at += VIRTQ_DESC_SIZE)
        if (has(entries + at, address, length)) return true;
    return false;
}

// What the device has not fetched only memory shows.
std::optional<hw::DeviceTap::Place> Whereabouts::scan_rings(uint64_t address, uint32_t length) const {
    const auto& rings = slot_.tap->rings();
    for (unsigned queue = 0; queue < rings.size(); ++queue)
        for (uint32_t slot = 0; slot < rings[queue].slots.size(); ++slot)
            if (is_in(rings[queue].desc + uint64_t{slot} * VIRTQ_DESC_SIZE, address, length)) return hw::DeviceTap::Place{queue, slot};
    return {};
}

void Whereabouts::find_descriptor(Place& place, uint32_t length, bool receive) const {
    auto found = slot_.tap->find(place.bus_address, length);
    const bool fetched = found.has_value();
    if (!found) found = scan_rings(place.bus_address, length);
    if (!found || !is_of(found->queue, receive)) return;
    const auto& ring = slot_.tap->rings()[found->queue];
    const auto& seen = ring.slots[found->slot];
    const uint8_t* bytes = host_bytes(system_, ring.desc + uint64_t{found->slot} * VIRTQ_DESC_SIZE, VIRTQ_DESC_SIZE);
    if (!bytes) return;
    const auto flags = static_cast<uint16_t>(little_endian(bytes + VIRTQ_DESC_FLAGS, 2));
    place.queue = static_cast<int>(found->queue);
    place.slot = found->slot;
    // As the device fetched it; a table is in memory, and the link showed what refers to it.
    if (fetched || (seen.fetched_ps && seen.address == little_endian(bytes + VIRTQ_DESC_ADDR, 8))) {
        place.id = seen.id;
        place.fetched_ps = seen.fetched_ps;
        place.used_ps = seen.used_ps;
        place.state = seen.used_ps ? State::used : State::fetched;
        return;
    }
    place.id = static_cast<uint16_t>(little_endian(bytes + VIRTQ_DESC_ID, 2));
    place.state = flag(flags, VIRTQ_DESC_F_AVAIL_BIT) != flag(flags, VIRTQ_DESC_F_USED_BIT) ? State::available : State::written;
}

void Whereabouts::add_interrupt(Place& place) const {
    const auto& rings = slot_.tap->rings();
    if (place.queue < 0 || static_cast<size_t>(place.queue) >= rings.size()) return;
    const auto& ring = rings[static_cast<size_t>(place.queue)];
    place.vector = ring.vector;
    place.message_ps = slot_.tap->message_ps(ring.vector);
    if (const uint8_t* event = host_bytes(system_, ring.driver, 4))
        place.interrupts_wanted = (little_endian(event + VIRTQ_EVENT_FLAGS, 2) & 3) != VIRTQ_EVENT_FLAGS_DISABLE;
}

Whereabouts::Place Whereabouts::of(const void* va, uint32_t length, int64_t packet, bool receive) const {
    Place place;
    for (const auto& queue : passages_) place.reported |= !queue.empty();
    if (system_.memory->ram().contains(va) && length) place.bus_address = system_.iommu->bus_address(va, length);
    if (place.bus_address) {
        find_descriptor(place, length, receive);
        place.dma = slot_.link->checker().reading(place.bus_address, place.bus_address + length);
    }
    int queue = -1;
    if (const Passage* passed = passage(packet, receive, &queue)) {
        // A buffer that came around again was fetched for a later packet.
        const bool later = passed->reaped_ps && place.fetched_ps > passed->reaped_ps;
        if (place.queue != queue || later) {
            place.fetched_ps = place.used_ps = 0;
            place.id.reset();
            place.slot = passed->slot;
            place.state = passed->reaped_ps ? State::used : State::available;
        }
        place.queue = queue;
        place.posted_ps = passed->posted_ps;
        place.reaped_ps = passed->reaped_ps;
        const auto& rings = slot_.tap->rings();
        const auto number = static_cast<size_t>(queue);
        if (place.state == State::used && !place.used_ps && number < rings.size() && passed->slot < rings[number].slots.size()) {
            // Unmapped by now; the slot itself still tells, if no later packet has it.
            const auto& slot = rings[number].slots[passed->slot];
            if (slot.used_ps >= passed->posted_ps && slot.used_ps <= passed->reaped_ps) {
                place.fetched_ps = slot.fetched_ps;
                place.used_ps = slot.used_ps;
                place.id = slot.id;
            }
        }
    } else if (place.state == State::nowhere && packet >= 0 && !passages_.empty()) {
        for (size_t i = receive ? 0 : 1; i < passages_.size(); i += 2) {
            if (passages_[i].empty()) continue;
            const uint64_t newer = passages_[i][static_cast<uint64_t>(packet) % kept].packet;
            if (newer != none && newer > static_cast<uint64_t>(packet)) place.state = State::unknown;  // a later one has its place
        }
    }
    add_interrupt(place);
    return place;
}

Whereabouts::Owner Whereabouts::owner_of(uint64_t address) const {
    Owner owner;
    auto found = slot_.tap->find(address, 1);
    const bool fetched = found.has_value();
    if (!found) found = scan_rings(address, 1);
    if (!found || found->queue >= passages_.size()) return owner;
    const auto& slots = slot_.tap->rings()[found->queue].slots;
    const auto size = static_cast<uint32_t>(slots.size());
    const uint64_t before = fetched ? slots[found->slot].fetched_ps : hw::now_ps();
    const Passage* best = nullptr;
    for (const Passage& passage : passages_[found->queue]) {
        if (passage.packet == none || passage.posted_ps > before || (found->slot + size - passage.slot) % size >= passage.slots) continue;
        if (!best || passage.posted_ps > best->posted_ps) best = &passage;
    }
    if (!best) return owner;
    owner.packet = static_cast<int64_t>(best->packet);
    if (is_of(found->queue, true)) return owner;
    for (const Sent& sent : sent_)
        if (sent.packet <= best->packet && best->packet < sent.packet + sent.nbs) owner.nbl = sent.nbl;
    return owner;
}

}  // namespace sim
