// SPDX-License-Identifier: Apache-2.0
#include "device_tap.h"

#include <algorithm>
#include <utility>

#include "register_write.h"
#include "regmap.h"
#include "sim_time.h"

namespace hw {

void DeviceTap::connect(DeviceLink& link, DeviceWire& wire) {
    link_ = &link;
    nic_.connect(*this, wire);
}

DeviceTap::Ring& DeviceTap::selected() {
    if (select_ >= rings_.size()) rings_.resize(select_ + 1);
    return rings_[select_];
}

// --- towards the device ---

void DeviceTap::receive(TlpPtr tlp) {
    uint32_t offset = 0;
    uint64_t value = 0;
    if (tlp->is_completion()) {
        if (fetches_[tlp->tag()].end) fetched(*tlp);
    } else if (register_write(*tlp, &offset, &value)) {
        register_written(offset, value);
    }
    nic_.receive(std::move(tlp));
}

void DeviceTap::register_written(uint32_t offset, uint64_t value) {
    if (offset >= BAR0_NOTIFY && offset < BAR0_STATS) ++doorbells_;
    const uint32_t entry = offset - BAR0_MSIX_TABLE;
    if (entry < BAR0_MSIX_PBA - BAR0_MSIX_TABLE && entry % PCI_MSIX_ENTRY_SIZE == PCI_MSIX_ENTRY_DATA) {
        vectors_.resize(std::max<size_t>(vectors_.size(), entry / PCI_MSIX_ENTRY_SIZE + 1));
        vectors_[entry / PCI_MSIX_ENTRY_SIZE].data = static_cast<uint32_t>(value);
    }
    if (offset - BAR0_COMMON >= VIRTIO_COMMON_BYTES) return;
    switch (offset - BAR0_COMMON) {
    case VIRTIO_COMMON_DEVICE_STATUS:
        if (value == 0) rings_.clear();
        break;
    case VIRTIO_COMMON_DRIVER_FEATURE_SELECT: feature_select_ = static_cast<uint32_t>(value); break;
    case VIRTIO_COMMON_DRIVER_FEATURE: set_half(features_, feature_select_ == 1, value); break;
    case VIRTIO_COMMON_QUEUE_SELECT: select_ = static_cast<uint32_t>(value); break;
    case VIRTIO_COMMON_QUEUE_SIZE: selected().size = static_cast<uint32_t>(value); break;
    case VIRTIO_COMMON_QUEUE_DESC: set_half(selected().desc, false, value); break;
    case VIRTIO_COMMON_QUEUE_DESC + 4: set_half(selected().desc, true, value); break;
    case VIRTIO_COMMON_QUEUE_DRIVER: set_half(selected().driver, false, value); break;
    case VIRTIO_COMMON_QUEUE_DRIVER + 4: set_half(selected().driver, true, value); break;
    case VIRTIO_COMMON_QUEUE_MSIX_VECTOR: selected().vector = static_cast<uint16_t>(value); break;
    case VIRTIO_COMMON_QUEUE_ENABLE:
        selected().used = 0;
        selected().early.clear();
        selected().slots.assign(selected().size, {});
        break;
    default: break;
    }
}

int DeviceTap::ring_at(uint64_t address) const {
    for (size_t i = 0; i < rings_.size(); ++i)
        if (address >= rings_[i].desc && address < rings_[i].desc + uint64_t{rings_[i].slots.size()} * VIRTQ_DESC_SIZE)
            return static_cast<int>(i);
    return -1;
}

// A device that looks ahead reads slots that are not available yet: what it used before, or its own used descriptor. Those have no new time.
void DeviceTap::take(Slot& slot, const uint8_t* descriptor, uint64_t now) {
    const auto flags = static_cast<uint16_t>(little_endian(descriptor + VIRTQ_DESC_FLAGS, 2));
    const uint64_t address = little_endian(descriptor + VIRTQ_DESC_ADDR, 8);
    const bool available = (flags >> VIRTQ_DESC_F_AVAIL_BIT & 1) != (flags >> VIRTQ_DESC_F_USED_BIT & 1);
    const bool same = slot.fetched && slot.flags == flags && slot.address == address;
    slot.id = static_cast<uint16_t>(little_endian(descriptor + VIRTQ_DESC_ID, 2));
    slot.next = (flags >> VIRTQ_DESC_F_NEXT_BIT & 1) != 0;
    slot.fetched = true;
    if (!available || same) return;
    slot.address = address;
    slot.length = static_cast<uint32_t>(little_endian(descriptor + VIRTQ_DESC_LEN, 4));
    slot.flags = flags;
    slot.fetched_ps = now;
    slot.used_ps = 0;
}

// Descriptors lie on their own size: no completion cuts one.
void DeviceTap::fetched(const Tlp& tlp) {
    Fetch& fetch = fetches_[tlp.tag()];
    const uint64_t begin = fetch.end - tlp.byte_count();
    const uint32_t bytes = std::min(tlp.payload_bytes, tlp.byte_count());
    if (fetch.queue < rings_.size() && tlp.status() == TLP_STATUS_SC) {
        Ring& ring = rings_[fetch.queue];
        const uint64_t now = now_ps();
        for (uint32_t at = 0; at + VIRTQ_DESC_SIZE <= bytes; at += VIRTQ_DESC_SIZE) {
            const uint8_t* descriptor = tlp.payload.data() + at;
            const uint64_t slot = (begin + at - ring.desc) / VIRTQ_DESC_SIZE;
            if (slot >= ring.slots.size()) break;
            take(ring.slots[slot], descriptor, now);
        }
    }
    if (tlp.status() != TLP_STATUS_SC || tlp.byte_count() <= bytes) fetch.end = 0;
}

// --- from the device ---

void DeviceTap::send(TlpPtr tlp) {
    if (tlp->is_memory_read()) {
        ++sent_.reads;
        const int queue = ring_at(tlp->first_byte());
        fetches_[tlp->tag()] = {queue < 0 ? 0 : tlp->first_byte() + tlp->byte_span(), static_cast<unsigned>(std::max(queue, 0))};
    } else if (tlp->is_memory_write()) {
        ++sent_.writes;
        if (tlp->is_interrupt())
            message_sent(*tlp);
        else
            written(*tlp);
    }
    link_->send(std::move(tlp));
}

void DeviceTap::message_sent(const Tlp& tlp) {
    ++sent_.messages;
    const auto data = static_cast<uint32_t>(little_endian(tlp.payload.data(), 4));
    for (Vector& vector : vectors_)
        if (vector.data == data) vector.sent_ps = now_ps();
}

std::optional<DeviceTap::Place> DeviceTap::find(uint64_t address, uint32_t length) const {
    std::optional<Place> found;
    uint64_t newest = 0;
    for (unsigned queue = 0; queue < rings_.size(); ++queue) {
        const std::vector<Slot>& slots = rings_[queue].slots;
        for (uint32_t i = 0; i < slots.size(); ++i) {
            const Slot& slot = slots[i];
            if (!slot.fetched_ps || slot.address >= address + length || address >= slot.address + slot.length) continue;
            if (found && slot.fetched_ps < newest) continue;
            newest = slot.fetched_ps;
            found = Place{queue, i};
        }
    }
    return found;
}

// The used descriptors in a write: of each, bytes 8 to 15.
void DeviceTap::written(const Tlp& tlp) {
    const int queue = ring_at(tlp.first_byte());
    if (queue < 0) return;
    const uint64_t begin = tlp.address(), desc = rings_[static_cast<size_t>(queue)].desc, end = tlp.first_byte() + tlp.byte_span();
    for (uint64_t at = tlp.first_byte() / VIRTQ_DESC_SIZE * VIRTQ_DESC_SIZE; at + VIRTQ_DESC_SIZE <= end; at += VIRTQ_DESC_SIZE) {
        const uint8_t* descriptor = tlp.payload.data() + (at + VIRTQ_DESC_LEN - begin) - VIRTQ_DESC_LEN;
        used(static_cast<unsigned>(queue), static_cast<uint32_t>((at - desc) / VIRTQ_DESC_SIZE),
             static_cast<uint16_t>(little_endian(descriptor + VIRTQ_DESC_ID, 2)),
             static_cast<uint32_t>(little_endian(descriptor + VIRTQ_DESC_LEN, 4)));
    }
}

// One used descriptor. Of a packet in several buffers the first is used last ([V] 5.1.6.4 says num_buffers there): the others wait for it.
void DeviceTap::used(unsigned queue, uint32_t slot, uint16_t id, uint32_t len) {
    Ring& ring = rings_[queue];
    if (slot != ring.used && (features_ >> VIRTIO_NET_F_MRG_RXBUF_BIT & 1) && ring.early.size() + 1 < ring.slots.size()) {
        ring.early[slot] = {id, len};
        return;
    }
    use(queue, slot, id, len);
    for (auto next = ring.early.find(ring.used); next != ring.early.end(); next = ring.early.find(ring.used)) {
        const Early early = next->second;
        ring.early.erase(next);
        use(queue, ring.used, early.id, early.len);
    }
}

// The buffers from the used pointer on, up to the one that it names.
void DeviceTap::use(unsigned queue, uint32_t slot, uint16_t id, uint32_t len) {
    Ring& ring = rings_[queue];
    const auto impossible = [&](const std::string& why) {
        sink_({queue, id, len, "slot " + std::to_string(slot) + " is used with id " + std::to_string(id) + ": " + why});
    };
    if (slot != ring.used) return impossible("the used pointer is at slot " + std::to_string(ring.used));
    const auto size = static_cast<uint32_t>(ring.slots.size());
    const uint64_t now = now_ps();
    for (uint32_t walked = 0; walked < size;) {
        uint32_t last = ring.used;
        for (; ring.slots[last].next && walked < size; ++walked) {
            ring.slots[last].used_ps = now;
            last = (last + 1) % size;
        }
        ++walked;
        if (!ring.slots[last].fetched) return impossible("the device has not fetched slot " + std::to_string(last));
        ring.slots[last].used_ps = now;
        const uint16_t buffer = ring.slots[last].id;
        ring.used = (last + 1) % size;
        sink_({queue, buffer, buffer == id ? len : 0, ""});
        if (buffer == id) return;
        if (!(features_ >> VIRTIO_F_IN_ORDER_BIT & 1)) return impossible("that is not the buffer at the used pointer");
    }
    impossible("no buffer in the ring has it");
}

}  // namespace hw
