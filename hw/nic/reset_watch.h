// SPDX-License-Identifier: Apache-2.0
// Sees that a device keeps its hands off memory once it has said that it is reset.
//
//   PcieLink <--> ResetWatch <--> Nic
//
// It stands at the device's pins, passes every TLP on unchanged and at once, and knows of the registers of [V] 4.1.4.3 only what the
// TLPs say. When the device answers a read of device_status with 0 after a driver wrote 0, it may neither read nor write memory nor send
// a message until DRIVER_OK. When it answers queue_reset with 0 after a driver wrote 1, it may not touch that queue's ring and event
// words until the queue is enabled again, and, if asked for, none of the writable buffers that it fetched from that ring: a receive
// queue's memory stays mapped over its reset, so that the IOMMU sees no fault.
//
// Leaves out: function level reset (the bus driver's, not used under traffic), buffers in indirect tables, messages of a queue (vectors
// may be shared).
//
// Reports "nic.after_reset" with the TLP and what it touched.
//
// Spec: [V] VIRTIO 1.2, 2.4, 2.6.1, 4.1.4.3
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "event.h"
#include "nic.h"

namespace hw {

class ResetWatch : public Nic, public DeviceLink {
public:
    // nic and events outlive it. buffers: follow the descriptors that the device fetches, which costs time for each of them.
    ResetWatch(Nic& nic, EventStream& events, bool buffers) : nic_(nic), events_(events), buffers_(buffers) {}

    // --- as the link sees it ---
    void connect(DeviceLink& link, DeviceWire& wire) override;
    void receive(TlpPtr tlp) override;
    void receive(FramePtr frame) override { nic_.receive(std::move(frame)); }
    void wake() override { nic_.wake(); }
    uint64_t cycles() const override { return nic_.cycles(); }
    uint64_t cycles_evaluated() const override { return nic_.cycles_evaluated(); }

    // --- as the device sees it ---
    bool can_send(TlpKind kind) const override { return link_->can_send(kind); }
    void send(TlpPtr tlp) override;
    void release(TlpKind kind, uint32_t payload_bytes) override { link_->release(kind, payload_bytes); }

    uint64_t device_resets() const { return device_resets_; }  // that the device finished
    uint64_t queue_resets() const { return queue_resets_; }

private:
    struct Queue {
        uint64_t desc = 0, driver = 0, device = 0;    // bus addresses
        uint32_t size = 0;                            // slots
        bool resetting = false, fenced = false;
        std::map<uint64_t, uint32_t> writable;        // buffers that the device fetched: address, length
    };
    struct Fetch {                                    // a read of the device from a ring, by tag
        uint64_t end = 0;                             // address behind it; 0: none
        uint16_t queue = 0;
    };
    static constexpr uint32_t none = UINT32_MAX;

    void register_written(uint32_t offset, uint64_t value);
    void register_read(uint32_t offset, uint64_t value);
    void completed(const Tlp& tlp);
    void note_fetch(const Tlp& tlp);
    void fetched(const Tlp& tlp);
    void check(const Tlp& tlp);
    void check_queue(const Tlp& tlp, unsigned number, uint64_t begin, uint64_t end);
    void violate(const Tlp& tlp, const char* clause, const std::string& what);
    Queue& selected();

    Nic& nic_;
    EventStream& events_;
    const bool buffers_;
    DeviceLink* link_ = nullptr;
    std::vector<Queue> queues_;                       // by number, as far as they were selected
    uint32_t select_ = 0;
    std::array<uint32_t, 256> reads_ = no_reads();    // by tag: register offset, or none
    std::array<Fetch, 256> fetches_{};
    bool device_resetting_ = false, quiet_ = false;
    unsigned fences_ = 0;
    uint64_t device_resets_ = 0, queue_resets_ = 0;

    static std::array<uint32_t, 256> no_reads() {
        std::array<uint32_t, 256> reads;
        reads.fill(none);
        return reads;
    }
};

}  // namespace hw
