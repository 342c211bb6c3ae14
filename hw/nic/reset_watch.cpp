// SPDX-License-Identifier: Apache-2.0
#include "reset_watch.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

#include "register_write.h"
#include "regmap.h"
#include "sim_time.h"

namespace hw {

namespace {

constexpr uint32_t event_bytes = 4;    // [V] 2.8.14

}  // namespace

void ResetWatch::connect(DeviceLink& link, DeviceWire& wire) {
    link_ = &link;
    nic_.connect(*this, wire);
}

ResetWatch::Queue& ResetWatch::selected() {
    if (select_ >= queues_.size()) queues_.resize(select_ + 1);
    return queues_[select_];
}

// --- towards the device ---

void ResetWatch::receive(TlpPtr tlp) {
    uint32_t offset = 0;
    uint64_t value = 0;
    if (tlp->is_completion()) {
        if (buffers_ && fetches_[tlp->tag()].end) fetched(*tlp);
    } else if (tlp->is_memory_read()) {
        reads_[tlp->tag()] = static_cast<uint32_t>(tlp->first_byte() & bar_mask);
    } else if (register_write(*tlp, &offset, &value)) {
        register_written(offset, value);
    }
    nic_.receive(std::move(tlp));
}

void ResetWatch::register_written(uint32_t offset, uint64_t value) {
    if (offset - BAR0_COMMON >= VIRTIO_COMMON_BYTES) return;
    switch (offset - BAR0_COMMON) {
    case VIRTIO_COMMON_DEVICE_STATUS:
        device_resetting_ = value == 0;
        if (value >> VIRTIO_STATUS_DRIVER_OK_BIT & 1) quiet_ = false;
        break;
    case VIRTIO_COMMON_QUEUE_SELECT: select_ = static_cast<uint32_t>(value); break;
    case VIRTIO_COMMON_QUEUE_SIZE: selected().size = static_cast<uint32_t>(value); break;
    case VIRTIO_COMMON_QUEUE_DESC: set_half(selected().desc, false, value); break;
    case VIRTIO_COMMON_QUEUE_DESC + 4: set_half(selected().desc, true, value); break;
    case VIRTIO_COMMON_QUEUE_DRIVER: set_half(selected().driver, false, value); break;
    case VIRTIO_COMMON_QUEUE_DRIVER + 4: set_half(selected().driver, true, value); break;
    case VIRTIO_COMMON_QUEUE_DEVICE: set_half(selected().device, false, value); break;
    case VIRTIO_COMMON_QUEUE_DEVICE + 4: set_half(selected().device, true, value); break;
    case VIRTIO_COMMON_QUEUE_RESET: selected().resetting = value == 1; break;
    case VIRTIO_COMMON_QUEUE_ENABLE: {
        Queue& queue = selected();
        if (queue.fenced) --fences_;
        queue.fenced = queue.resetting = false;
        queue.writable.clear();
        break;
    }
    default: break;
    }
}

// A part of a ring that the device reads: what it may write to is in the descriptors.
void ResetWatch::fetched(const Tlp& tlp) {
    Fetch& fetch = fetches_[tlp.tag()];
    const uint64_t begin = fetch.end - tlp.byte_count();
    const uint8_t* data = tlp.payload.data() + (begin & 3);
    const uint32_t bytes = std::min(tlp.payload_bytes - static_cast<uint32_t>(begin & 3), tlp.byte_count());
    Queue& queue = queues_[fetch.queue];
    for (uint64_t at = (begin + VIRTQ_DESC_SIZE - 1) / VIRTQ_DESC_SIZE * VIRTQ_DESC_SIZE; at + VIRTQ_DESC_SIZE <= begin + bytes;
         at += VIRTQ_DESC_SIZE) {
        const uint8_t* descriptor = data + (at - begin);
        if (!(little_endian(descriptor + VIRTQ_DESC_FLAGS, 2) >> VIRTQ_DESC_F_WRITE_BIT & 1)) continue;
        uint32_t& length = queue.writable[little_endian(descriptor + VIRTQ_DESC_ADDR, 8)];
        length = std::max(length, static_cast<uint32_t>(little_endian(descriptor + VIRTQ_DESC_LEN, 4)));
    }
    if (tlp.status() != TLP_STATUS_SC || tlp.byte_count() <= bytes) fetch.end = 0;
}

// --- from the device ---

void ResetWatch::send(TlpPtr tlp) {
    if (tlp->is_completion()) {
        completed(*tlp);
    } else {
        if (quiet_ || fences_) check(*tlp);
        if (buffers_ && tlp->is_memory_read()) note_fetch(*tlp);
    }
    link_->send(std::move(tlp));
}

void ResetWatch::completed(const Tlp& tlp) {
    uint32_t& offset = reads_[tlp.tag()];
    if (offset != none && tlp.has_data() && tlp.status() == TLP_STATUS_SC)
        register_read(offset, little_endian(tlp.payload.data() + (offset & 3), std::min(tlp.byte_count(), 4 - (offset & 3))));
    offset = none;
}

void ResetWatch::register_read(uint32_t offset, uint64_t value) {
    if (value != 0) return;
    if (offset == BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS && device_resetting_) {
        device_resetting_ = false;
        quiet_ = true;
        ++device_resets_;
        queues_.clear();  // and every fence with them: nothing at all is allowed now
        fences_ = 0;
        fetches_ = {};
    }
    if (offset == BAR0_COMMON + VIRTIO_COMMON_QUEUE_RESET && select_ < queues_.size() && queues_[select_].resetting) {
        queues_[select_].resetting = false;
        queues_[select_].fenced = true;
        ++fences_;
        ++queue_resets_;
    }
}

void ResetWatch::note_fetch(const Tlp& tlp) {
    const uint64_t begin = tlp.first_byte();
    fetches_[tlp.tag()].end = 0;
    for (size_t i = 0; i < queues_.size(); ++i) {
        const Queue& queue = queues_[i];
        if (begin < queue.desc || begin >= queue.desc + uint64_t{queue.size} * VIRTQ_DESC_SIZE) continue;
        fetches_[tlp.tag()] = {begin + tlp.byte_span(), static_cast<uint16_t>(i)};
        return;
    }
}

void ResetWatch::check(const Tlp& tlp) {
    if (!tlp.is_memory_read() && !tlp.is_memory_write()) return;
    if (quiet_) return violate(tlp, "[V] 2.4.1", "the device, which said that it is reset,");
    if (tlp.is_interrupt()) return;
    const uint64_t begin = tlp.first_byte(), end = begin + tlp.byte_span();
    for (unsigned i = 0; i < queues_.size(); ++i)
        if (queues_[i].fenced) check_queue(tlp, i, begin, end);
}

void ResetWatch::check_queue(const Tlp& tlp, unsigned number, uint64_t begin, uint64_t end) {
    const Queue& queue = queues_[number];
    const auto meets = [begin, end](uint64_t from, uint64_t bytes) { return from && begin < from + bytes && from < end; };
    const char* part = nullptr;
    if (meets(queue.desc, uint64_t{queue.size} * VIRTQ_DESC_SIZE)) part = "ring";
    if (meets(queue.driver, event_bytes) || meets(queue.device, event_bytes)) part = "event words";
    const auto behind = queue.writable.upper_bound(begin);  // buffers do not overlap: it is this one or the one before
    if (behind != queue.writable.end() && meets(behind->first, behind->second)) part = "buffers";
    if (behind != queue.writable.begin()) {
        const auto& [address, bytes] = *std::prev(behind);
        if (meets(address, bytes)) part = "buffers";
    }
    if (!part) return;
    violate(tlp, "[V] 2.6.1.1", "queue " + std::to_string(number) + ", which said that it is reset, with its " + part + ",");
}

void ResetWatch::violate(const Tlp& tlp, const char* clause, const std::string& what) {
    events_.violate({now_ps(), "nic.after_reset", clause, what + " is still at work: " + tlp.to_string(), -1});
}

}  // namespace hw
