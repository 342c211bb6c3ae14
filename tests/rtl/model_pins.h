// SPDX-License-Identifier: Apache-2.0
// ModelPins<DataWidth, QueuePairs>: the C model of the device (hw/nic/model.h) at the pins of nic_top, as Verilator would make them.
//
// What drives a Verilated nic_top (Bench, NicHost, Device) drives this: beats become TLPs and frames, and come out as beats. The model runs
// at every rising edge. It counts no beats of TLPs, for the pins do, so that they are at the pins when the device's are. A frame
// begins to leave at the pins when the model has sent the last of it, so it is there its own length later than the device's.
#pragma once

#include <verilated.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <list>
#include <stdexcept>
#include <vector>

#include "model.h"
#include "regmap.h"

template <unsigned DataWidth, unsigned QueuePairs>
class ModelPins {
    static constexpr uint32_t W = DataWidth / 8;
    using Beat = std::array<uint8_t, W>;

public:
    uint8_t clk_i = 0, rst_ni = 0;
    uint8_t rx_tlp_valid_i = 0, rx_tlp_ready_o = 1, rx_tlp_sop_i = 0, rx_tlp_eop_i = 0;
    std::array<uint32_t, 4> rx_tlp_hdr_i{};
    Beat rx_tlp_data_i{};
    uint8_t tx_tlp_valid_o = 0, tx_tlp_ready_i = 0, tx_tlp_sop_o = 0, tx_tlp_eop_o = 0;
    std::array<uint32_t, 4> tx_tlp_hdr_o{};
    Beat tx_tlp_data_o{};
    uint8_t tx_posted_ok_i = 0, tx_non_posted_ok_i = 0, tx_completion_ok_i = 0;
    uint8_t mac_tx_valid_o = 0, mac_tx_ready_i = 0, mac_tx_last_o = 0, mac_tx_bytes_o = 0;
    Beat mac_tx_data_o{};
    uint8_t mac_rx_valid_i = 0, mac_rx_last_i = 0, mac_rx_error_i = 0, mac_rx_bytes_i = 0;
    Beat mac_rx_data_i{};
    uint8_t link_up_i = 0, idle_o = 0;
    uint64_t mac_address_i = 0, cycle_i = 0;
    uint16_t cycles_per_us_i = 0, trace_valid_o = 0;
    std::array<uint64_t, TRACE_POINTS> trace_data_o{};

    explicit ModelPins(VerilatedContext*) {}
    ~ModelPins() { model_destroy(model_); }
    ModelPins(const ModelPins&) = delete;
    ModelPins& operator=(const ModelPins&) = delete;
    void final() {}

    // Outputs are registers: only a rising edge changes anything.
    void eval() {
        const bool rises = clk_i && !clock_;
        clock_ = clk_i;
        if (!rises) return;
        if (!rst_ni) return clear();
        if (!model_) create();
        ++cycle_;
        take_inputs();
        while (model_next(model_) <= cycle_) model_run(model_, cycle_);
        give_outputs();
    }

private:
    struct Tlp { std::array<uint32_t, 4> hdr; std::vector<uint8_t> data; uint64_t cycle; };
    struct Incoming { std::vector<uint8_t> bytes; uint64_t first = 0, head = 0; };
    static constexpr size_t head_bytes = 128;   // see model_frame
    // Frames that wait for their beats to leave: one at the pins and one behind it, as a registered output has. TLPs of the host that wait.
    static constexpr size_t waiting = 2;

    void clear() {
        model_destroy(model_);
        model_ = nullptr;
        cycle_ = 0;
        arrived_.clear();
        tlps_.clear();
        frames_.clear();
        held_.clear();
        tlp_ = {};
        frame_ = {};
        tlp_sent_ = frame_sent_ = 0;
        tx_tlp_valid_o = mac_tx_valid_o = idle_o = 0;
        trace_valid_o = 0;
        rx_tlp_ready_o = 1;
    }
    void create() {
        model_config config{};
        config.beat_bytes = W;
        config.queue_pairs = QueuePairs;
        config.reset_cycles = 1;
        config.cycles_per_us = cycles_per_us_i;
        config.mac_address = mac_address_i;
        const model_host host = this->host();
        model_ = model_create(&config, &host);
        if (!model_) throw std::runtime_error("the C model refuses its configuration: are cycles_per_us_i and the shape set?");
    }

    void take_inputs() {
        if (rx_tlp_valid_i && rx_tlp_ready_o) take_tlp_beat();
        if (mac_rx_valid_i) take_frame_beat();
        bool room = link_was_up_ != link_up_i;
        link_was_up_ = link_up_i;
        if (tx_tlp_valid_o && tx_tlp_ready_i) {
            room = true;
            tlp_sent_ += W;
            if (tx_tlp_eop_o) {
                tlps_.pop_front();
                tlp_sent_ = 0;
            }
        }
        if (mac_tx_valid_o && mac_tx_ready_i) {
            room = true;
            frame_sent_ += W;
            if (mac_tx_last_o) {
                frames_.pop_front();
                frame_sent_ = 0;
            }
        }
        const unsigned ok = tx_posted_ok_i | tx_non_posted_ok_i << 1 | tx_completion_ok_i << 2;
        if (room || ok != ok_) model_wake(model_, cycle_);
        ok_ = ok;
    }
    void take_tlp_beat() {
        if (rx_tlp_sop_i) tlp_ = {rx_tlp_hdr_i, {}, cycle_};
        tlp_.data.insert(tlp_.data.end(), rx_tlp_data_i.begin(), rx_tlp_data_i.end());
        if (!rx_tlp_eop_i) return;
        const bool has_data = tlp_.hdr[0] >> 30 & 1;
        const uint32_t dws = tlp_.hdr[0] & 0x3FF;
        tlp_.data.resize(std::min<size_t>(tlp_.data.size(), has_data ? 4 * (dws ? dws : 1024) : 0));   // more or fewer than it says
        arrived_.push_back(std::move(tlp_));
        model_tlp_arrived(model_, arrived_.back().cycle);
    }
    void take_frame_beat() {
        if (frame_.bytes.empty()) frame_.first = cycle_;
        if (frame_.bytes.size() <= head_bytes) frame_.head = cycle_;
        frame_.bytes.insert(frame_.bytes.end(), mac_rx_data_i.begin(), mac_rx_data_i.begin() + mac_rx_bytes_i);
        if (!mac_rx_last_i) return;
        held_.push_back(std::move(frame_));
        frame_ = {};
        const auto& bytes = held_.back().bytes;
        model_frame arrived{};
        arrived.handle = &held_.back();
        arrived.bytes = bytes.data();
        arrived.length = static_cast<uint32_t>(bytes.size());
        arrived.fcs_good = !mac_rx_error_i && bytes.size() >= ETH_FCS && fcs_of(bytes.data(), bytes.size() - ETH_FCS) == last_four(bytes);
        arrived.first = held_.back().first;
        arrived.head = held_.back().head;
        arrived.last = cycle_;
        model_frame_arrived(model_, &arrived);
    }

    void give_outputs() {
        tx_tlp_valid_o = !tlps_.empty();
        if (tx_tlp_valid_o) {
            tx_tlp_sop_o = tlp_sent_ == 0;
            tx_tlp_eop_o = tlp_sent_ + W >= tlps_.front().data.size();
            tx_tlp_hdr_o = tlps_.front().hdr;
            load(tx_tlp_data_o, tlps_.front().data, tlp_sent_);
        }
        mac_tx_valid_o = !frames_.empty();
        if (mac_tx_valid_o) {
            const size_t left = frames_.front().size() - frame_sent_;
            mac_tx_last_o = left <= W;
            mac_tx_bytes_o = static_cast<uint8_t>(std::min<size_t>(left, W));
            load(mac_tx_data_o, frames_.front(), frame_sent_);
        }
        rx_tlp_ready_o = arrived_.size() < waiting;
        trace_valid_o = traced_;
        traced_ = 0;
        idle_o = model_next(model_) == MODEL_NEVER && tlps_.empty() && frames_.empty() && arrived_.empty();
    }

    static void load(Beat& beat, const std::vector<uint8_t>& from, size_t at) {
        beat.fill(0);
        if (at < from.size()) std::copy_n(from.begin() + static_cast<long>(at), std::min<size_t>(W, from.size() - at), beat.begin());
    }
    static uint32_t fcs_of(const uint8_t* bytes, size_t count) {
        return static_cast<uint32_t>(crc32(0, bytes, static_cast<unsigned>(count)));
    }
    static uint32_t last_four(const std::vector<uint8_t>& bytes) {
        uint32_t value;
        std::memcpy(&value, bytes.data() + bytes.size() - 4, 4);
        return value;
    }

    // --- struct model_host ---
    static ModelPins& self(void* ctx) { return *static_cast<ModelPins*>(ctx); }
    bool front(model_tlp* tlp) const {
        if (arrived_.empty()) return false;
        const Tlp& oldest = arrived_.front();
        *tlp = {oldest.hdr.data(), oldest.data.data(), static_cast<uint32_t>(oldest.data.size()), oldest.cycle};
        return true;
    }
    void send(const uint32_t hdr[4], const uint8_t* payload, uint32_t bytes) {
        Tlp tlp{};
        std::copy_n(hdr, 4, tlp.hdr.begin());
        if (bytes) tlp.data.assign(payload, payload + bytes);
        tlps_.push_back(std::move(tlp));
    }
    void frame_send(const uint8_t* first, uint32_t first_bytes, const uint8_t* second, uint32_t second_bytes) {
        std::vector<uint8_t> frame(first, first + first_bytes);
        frame.insert(frame.end(), second, second + second_bytes);
        frame.resize(std::max<size_t>(frame.size(), ETH_MIN_FRAME - ETH_FCS));
        const uint32_t fcs = fcs_of(frame.data(), frame.size());
        for (unsigned i = 0; i < ETH_FCS; ++i) frame.push_back(static_cast<uint8_t>(fcs >> 8 * i));
        frames_.push_back(std::move(frame));
    }
    void frame_done(const void* handle) {
        const size_t before = held_.size();
        held_.remove_if([handle](const Incoming& frame) { return &frame == handle; });
        if (held_.size() + 1 != before) throw std::logic_error("the C model gives a frame back that it does not have");
    }
    model_host host() {
        model_host host{};
        host.ctx = this;
        host.tlp_front = [](void* ctx, model_tlp* tlp) { return self(ctx).front(tlp); };
        host.tlp_taken = [](void* ctx) { self(ctx).arrived_.pop_front(); };
        host.may_send = [](void* ctx, model_kind kind, uint64_t cycle) {
            const ModelPins& pins = self(ctx);
            return pins.tlps_.empty() && (pins.ok_ >> kind & 1) ? cycle : MODEL_NEVER;
        };
        host.send = [](void* ctx, const uint32_t hdr[4], const uint8_t* payload, uint32_t bytes) { self(ctx).send(hdr, payload, bytes); };
        host.link_up = [](void* ctx) { return self(ctx).link_was_up_ != 0; };
        host.frame_start = [](void* ctx) { return self(ctx).frames_.size() < waiting ? self(ctx).cycle_ : MODEL_NEVER; };
        host.frame_continue = [](void*, uint32_t) { return uint64_t{0}; };
        host.frame_begin = [](void*) {};
        host.frame_send = [](void* ctx, const uint8_t* first, uint32_t first_bytes, const uint8_t* second, uint32_t second_bytes) {
            self(ctx).frame_send(first, first_bytes, second, second_bytes);
        };
        host.frame_done = [](void* ctx, void* handle) { self(ctx).frame_done(handle); };
        host.beat = [](void*, model_stream, uint64_t cycle, uint32_t) { return cycle; };
        host.traced = [](void*) { return true; };
        host.trace = [](void* ctx, uint32_t point, uint64_t word) {
            self(ctx).traced_ = static_cast<uint16_t>(self(ctx).traced_ | 1u << point);
            self(ctx).trace_data_o[point] = word;
        };
        return host;
    }

    model* model_ = nullptr;
    uint64_t cycle_ = 0;
    uint8_t clock_ = 0, link_was_up_ = 0;
    unsigned ok_ = 0;
    Tlp tlp_{};                                 // its beats are coming
    Incoming frame_;
    std::deque<Tlp> arrived_, tlps_;            // for the model; from it
    std::deque<std::vector<uint8_t>> frames_;
    std::list<Incoming> held_;                  // that the model has
    size_t tlp_sent_ = 0, frame_sent_ = 0;      // bytes of the oldest
    uint16_t traced_ = 0;
};
