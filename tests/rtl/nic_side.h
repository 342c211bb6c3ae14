// SPDX-License-Identifier: Apache-2.0
// SideOf<Nic>: one device with a driver that does what an Action says, until the device is quiet, and tells what came of it.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "nic_actions.h"

// What can be seen of a device that is quiet. Lines are named, so that differences can be.
using Seen = std::vector<std::pair<std::string, std::string>>;

template <class Nic>
class SideOf {
public:

    SideOf(const NicHostConfig& config, const Action& first) : d_(config, first.features, first.pairs, first.ring_size) {
        d_.host.isolated = true;
        d_.host.config_write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL_2, 1, 2);   // reads wait for 50 to 100 us
    }

    Seen apply(const Action& action) {
        seen_.clear();
        d_.host.messages.clear();
        d_.host.sent.clear();
        switch (action.kind) {
        case Action::Post:
            spoil(action.spoilt);
            post(action);
            break;
        case Action::Inject: for (const Frame& frame : action.frames) d_.host.receive(frame); break;
        case Action::Link: d_.host.bench->link_up_i = action.word != 0; break;
        case Action::Events: std::memcpy(d_.host.at(event_address(action.queue)), &action.word, 4); break;
        case Action::ResetQueue: reset(action.queue); break;
        case Action::Restart: restart(action); break;
        case Action::Break: break_ring(action); break;
        case Action::Packets:
            for (const RawPacket& packet : action.packets) inject(packet);
            break;
        case Action::Doorbells: for (const RawBell& bell : action.bells) d_.host.write(bell.offset, bell.value, bell.size); break;
        default: break;
        }
        bool rests = quiet();
        if (lost_) {
            await_timeout();
            rests = quiet();
        }
        if (!rests) see("quiet", "not within " + std::to_string(longest) + " cycles");
        if (action.kind == Action::ResetQueue || action.kind == Action::Restart) see_queues();
        d_.host.fault = nullptr;
        see_all();
        return seen_;
    }
    // Frames that came since the last restart, less those that were delivered or dropped since.
    bool waiting(uint64_t injected) const { return through_ < injected; }
    // The memory that a device writes packets and answers to.
    const uint8_t* memory() { return d_.host.at(kControlData); }
    static constexpr size_t memory_bytes = kTables - kControlData;

private:
    // Cycles. Used descriptors wait for 240 at most, moderation for a microsecond; a frame is seen when it is whole, in ModelPins twice.
    static constexpr unsigned pause = 700 + 3 * ETH_MAX_FRAME * 8 / RTL_DataWidth, longest = 100 * pause;
    DeviceOf<Nic> d_;
    Seen seen_;
    uint64_t through_ = 0, through_before_ = 0, errors_ = 0;
    bool lost_ = false;

    void see(const std::string& name, const std::string& value) { seen_.emplace_back(name, value); }
    void see(const std::string& name, uint64_t value) { see(name, std::to_string(value)); }

    void post(const Action& action) {
        auto& ring = d_.rings[action.queue];
        for (const Chain& chain : action.chains) {
            std::vector<RingElement> elements;
            size_t readable = 0;
            for (const Piece& piece : chain.pieces) {
                std::copy(piece.bytes.begin(), piece.bytes.end(), d_.host.at(piece.address));
                elements.push_back({piece.address, piece.length});
                readable += !piece.write;
            }
            if (!ring.offer(elements, readable, chain.table)) break;
        }
        kick(action.queue);
    }
    // The answer to the first read of that range; what is lost is missed only when it has timed out.
    void spoil(const Spoilt& spoilt) {
        using Fault = typename NicHost<Nic>::Fault;
        lost_ = false;
        if (!spoilt.fault) return;
        errors_ = counter(STATS_DMA_ERRORS);
        d_.host.fault = [this, spoilt, done = false](const typename NicHost<Nic>::Access& read) mutable {
            if (done || read.address < spoilt.from || read.address >= spoilt.to) return Fault::none;
            done = true;
            lost_ = Fault(spoilt.fault) == Fault::lose;
            return Fault(spoilt.fault);
        };
    }
    void await_timeout() {
        for (unsigned i = 0; i < longest / pause && counter(STATS_DMA_ERRORS) == errors_; ++i) d_.host.step(pause);
        lost_ = false;
    }
    // An answer, should there be one, is not that of the next read.
    void inject(const RawPacket& packet) {
        d_.host.inject(packet.hdr, packet.data);
        d_.host.step(100 + unsigned(packet.data.size()) / 4);
    }
    void break_ring(const Action& action) {
        restart(action);
        quiet();
        for (const RawBytes& bytes : action.broken.memory) std::copy(bytes.bytes.begin(), bytes.bytes.end(), d_.host.at(bytes.address));
        spoil(action.broken.spoilt);
        for (const RawSlot& slot : action.broken.slots) d_.rings[action.broken.queue].post_raw({slot.address, slot.length}, 1, slot.flags);
        kick(action.broken.queue);
        if (!quiet()) see("ring", "not quiet");
        for (const Frame& frame : action.frames) d_.host.receive(frame);
    }
    void kick(unsigned q) {
        const auto& ring = d_.rings[q];
        if (d_.features >> VIRTIO_F_NOTIFICATION_DATA_BIT & 1)
            q == kControl ? d_.kick_control() : d_.rings[q].kick();
        else
            d_.host.write(BAR0_NOTIFY + 4 * ring.queue, d_.number(q), 2);
    }
    void reset(unsigned q) {
        const uint32_t at = BAR0_COMMON + VIRTIO_COMMON_QUEUE_RESET;
        d_.host.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_SELECT, d_.number(q), 2);
        d_.host.write(at, 1, 2);
        for (unsigned i = 0; i < 1000 && d_.host.read(at, 2) != 0; ++i) {}
        see("queue_reset", d_.host.read(at, 2));
        see("queue_enable", d_.host.read(BAR0_COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2));
        d_.queue(q);
    }
    void restart(const Action& action) {
        d_.features = action.features;
        d_.pairs = action.pairs;
        d_.start(action.ring_size);
        through_before_ = through();
    }

    uint64_t activity() const { return d_.host.seen.size() + d_.host.messages.size() + d_.host.sent.size(); }
    bool quiet() {
        uint64_t last = activity();
        for (unsigned i = 0, idle = 0; i < longest; ++i) {
            if (idle++ == pause) return true;
            d_.host.step();
            if (activity() != last || d_.host.reads_outstanding() || !d_.host.wire_idle()) idle = 0;
            last = activity();
        }
        return false;
    }

    uint64_t counter(unsigned offset) { return d_.host.read(BAR0_STATS + offset, 4); }
    uint64_t through() {
        uint64_t sum = 0;
        for (const unsigned c : {STATS_RX_FRAMES, STATS_RX_DROPS_NO_BUFFER, STATS_RX_DROPS_FIFO, STATS_RX_DROPS_FCS, STATS_RX_DROPS_LENGTH,
                                 STATS_RX_DROPS_UNWANTED})
            sum += counter(c);
        return sum;
    }
    void see_queues() {
        for (unsigned q = 0; q <= kControl + 1; ++q) {
            d_.host.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_SELECT, q, 2);
            for (uint32_t at = VIRTIO_COMMON_QUEUE_SELECT; at < VIRTIO_COMMON_BYTES; at += 4)
                see("queue " + std::to_string(q) + " register " + std::to_string(at / 4 * 4), d_.host.read(BAR0_COMMON + at / 4 * 4, 4));
        }
    }
    void see_all() {
        const bool in_order = d_.features >> VIRTIO_F_IN_ORDER_BIT & 1;
        for (const Frame& frame : d_.host.sent) see("frame sent", std::string(frame.begin(), frame.end()));
        for (unsigned q = 0; q < d_.rings.size(); ++q)
            for (const RingBuffer& used : d_.rings[q].reap(in_order && q % 2 == 1))
                see("used on queue " + std::to_string(q), "id " + std::to_string(used.id) + " slots " + std::to_string(used.slots) + " len " +
                                                              std::to_string(used.length) + " flags " + std::to_string(used.flags & 2));
        std::set<uint32_t> vectors;
        for (const auto& message : d_.host.messages) vectors.insert(message.second);
        for (const uint32_t vector : vectors) see("interrupt", vector);
        see("status", d_.host.read(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 2));
        see("isr", d_.host.read(BAR0_ISR, 1));
        for (uint32_t at = 0; at < VIRTIO_NET_CONFIG_BYTES; at += 4) see("configuration " + std::to_string(at), d_.host.read(BAR0_DEVICE + at, 4));
        for (const unsigned c : {STATS_TX_FRAMES, STATS_TX_BYTES, STATS_TX_DROPS, STATS_TX_SEGMENTED, STATS_RX_FRAMES, STATS_RX_BYTES, STATS_RX_DROPS_NO_BUFFER,
                                 STATS_RX_DROPS_FIFO, STATS_RX_DROPS_FCS, STATS_RX_DROPS_LENGTH, STATS_RX_DROPS_UNWANTED, STATS_DMA_ERRORS,
                                 STATS_DOORBELLS, STATS_RING_ERRORS, STATS_CTRL_ERRORS})
            see("counter " + std::to_string(c), counter(c));
        through_ = through() - through_before_;
    }
};
