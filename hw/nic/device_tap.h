// SPDX-License-Identifier: Apache-2.0
// What a device does to its rings, seen from its PCIe link: every buffer that it uses, in order, and what it sends.
//
// A tap stands in front of a NIC, at the boundary nic.h, and passes everything on unchanged. It learns from the driver's register writes
// where the rings are and from the descriptors that the device fetches what the buffers are; of each used descriptor it then tells the
// buffers, one by one, also those that a batch skips ([V] 2.8.8). So two devices can be compared whatever the batches are. And
// it knows of each descriptor when the device fetched and used it, and of each vector when its message was sent last: what the pins showed.
//
// Leaves out: buffers of a queue while it is reset, and their rest; split rings.
//
// Spec: [V] VIRTIO 1.2, 2.8, 4.1.4.3
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
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
    // A descriptor as it stood in the ring when the device fetched it last.
    struct Slot {
        uint64_t address = 0;
        uint32_t length = 0;
        uint16_t id = 0, flags = 0;
        bool next = false, fetched = false;
        uint64_t fetched_ps = 0, used_ps = 0;  // used_ps 0: not yet
    };
    struct Early {
        uint16_t id;
        uint32_t len;
    };
    struct Ring {
        uint64_t desc = 0, driver = 0;         // bus addresses, as the driver wrote them
        uint32_t size = 0;
        uint16_t vector = 0;
        uint32_t used = 0;                     // next slot of the used pointer
        std::vector<Slot> slots;               // empty until the queue is enabled
        std::map<uint32_t, Early> early;       // by slot, used in front of the used pointer: of packets in several buffers
    };
    struct Place {
        unsigned queue;
        uint32_t slot;
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
    // By queue, as far as they were selected, since the last reset.
    const std::vector<Ring>& rings() const { return rings_; }
    // The descriptor, of those that Slot describes, whose buffer has any of these bus addresses; the one that was fetched last.
    std::optional<Place> find(uint64_t address, uint32_t length) const;
    // When the device last sent the message of a vector; 0: never.
    uint64_t message_ps(unsigned vector) const { return vector < vectors_.size() ? vectors_[vector].sent_ps : 0; }

private:
    struct Vector {
        uint32_t data = 0;           // of its message
        uint64_t sent_ps = 0;
    };
    struct Fetch {                   // a read of the device from a ring, by tag
        uint64_t end = 0;            // address behind it; 0: none
        unsigned queue = 0;
    };

    Ring& selected();
    void message_sent(const Tlp& tlp);
    void register_written(uint32_t offset, uint64_t value);
    static void take(Slot& slot, const uint8_t* descriptor, uint64_t now);
    void fetched(const Tlp& tlp);
    int ring_at(uint64_t address) const;
    void written(const Tlp& tlp);
    void used(unsigned queue, uint32_t slot, uint16_t id, uint32_t len);
    void use(unsigned queue, uint32_t slot, uint16_t id, uint32_t len);

    Nic& nic_;
    const UsedSink sink_;
    DeviceLink* link_ = nullptr;
    std::vector<Ring> rings_;        // by queue, as far as they were selected
    uint32_t select_ = 0;
    uint64_t features_ = 0;
    uint32_t feature_select_ = 0;
    std::vector<Vector> vectors_;
    std::array<Fetch, 256> fetches_{};
    Sent sent_;
    uint64_t doorbells_ = 0;
};

}  // namespace hw
