// SPDX-License-Identifier: Apache-2.0
// What a device does to its rings, seen from its PCIe link: every buffer that it uses, in order, and what it sends.
//
// A tap stands in front of a NIC, at the boundary nic.h, and passes everything on unchanged. It learns from the driver's register writes
// where the rings are and from the descriptors that the device fetches what the buffers are; of each used descriptor it then tells the
// buffers, one by one, also those that a batch skips ([V] 2.8.8). So two devices can be compared whatever the batches are.
//
// Leaves out: buffers of a queue while it is reset, and their rest; split rings.
//
// Spec: [V] VIRTIO 1.2, 2.8, 4.1.4.3
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "nic.h"

namespace hw {

class DeviceTap : public Nic, public DeviceLink {
public:
    struct Used {
        unsigned queue;       // as the driver numbers it
        uint16_t id;
        uint32_t len;         // 0 for one that a batch skips
        std::string problem;  // not empty: this descriptor cannot be, and why; nothing else means anything then
    };
    struct Sent {
        uint64_t reads = 0, writes = 0, messages = 0;  // of memory; messages are writes too
    };
    using UsedSink = std::function<void(const Used&)>;

    // nic outlives it.
    DeviceTap(Nic& nic, UsedSink sink) : nic_(nic), sink_(std::move(sink)) {}

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

    const Sent& sent() const { return sent_; }
    uint64_t doorbells() const { return doorbells_; }  // written by the driver

private:
    struct Slot {
        uint16_t id = 0;
        bool next = false, fetched = false;
    };
    struct Ring {
        uint64_t desc = 0;
        uint32_t size = 0;
        uint32_t used = 0;           // next slot of the used pointer
        std::vector<Slot> slots;     // as the device fetched them last
    };
    struct Fetch {                   // a read of the device from a ring, by tag
        uint64_t end = 0;            // address behind it; 0: none
        unsigned queue = 0;
    };

    Ring& selected();
    void register_written(uint32_t offset, uint64_t value);
    void fetched(const Tlp& tlp);
    int ring_at(uint64_t address) const;
    void written(const Tlp& tlp);
    void used(unsigned queue, uint32_t slot, uint16_t id, uint32_t len);

    Nic& nic_;
    const UsedSink sink_;
    DeviceLink* link_ = nullptr;
    std::vector<Ring> rings_;        // by queue, as far as they were selected
    uint32_t select_ = 0;
    uint64_t features_ = 0;
    uint32_t feature_select_ = 0;
    std::array<Fetch, 256> fetches_{};
    Sent sent_;
    uint64_t doorbells_ = 0;
};

}  // namespace hw
