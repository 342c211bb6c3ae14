// SPDX-License-Identifier: Apache-2.0
// NicHost<Model>: the least host that can drive nic_top: memory, TLPs on its pins beat by beat, and a cable.
//
// It answers reads after a random latency, tags in any order, completions cut at MPS, 64-byte boundaries and, now and then, anywhere
// the standard allows; applies writes in order; stalls every stream at random. All randomness is seeded.
//
// A test can do to the device what a link and a root complex can: `fault` spoils the answer to a read, inject() puts any packet on the
// pins, and with `isolated` an access outside of memory is refused as an IOMMU does, instead of ending the test. `watch` sees every access.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench.h"
#include "regmap.h"

struct NicHostConfig {
    unsigned data_width = 256;
    unsigned mps = 256;              // bytes, what the device is told
    unsigned mrrs = 512;
    unsigned latency_min = 50;       // cycles from a read to its first completion
    unsigned latency_max = 50;
    unsigned stall_percent = 0;      // of cycles in which a stream is held up
    unsigned vectors = 3;            // MSI-X vectors to set up
    unsigned cycles_per_us = 250;
    unsigned seed = 1;
};

template <class Model>
class NicHost {
public:
    static constexpr uint64_t memory_base = 0x200000000;
    static constexpr uint64_t bar0 = 0xE0000000;
    static constexpr uint64_t msi_base = 0xFEE00000;

    explicit NicHost(const NicHostConfig& config)
        : bench(config.seed), config_(config), width_(config.data_width / 8), memory(8u << 20, 0) {
        auto& dut = *bench.operator->();
        dut.link_up_i = 1;
        dut.mac_address_i = 0x010000000002;
        dut.cycles_per_us_i = uint16_t(config.cycles_per_us);
        dut.tx_posted_ok_i = dut.tx_non_posted_ok_i = dut.tx_completion_ok_i = 1;
        bench.reset();
        set_up();
    }

    // ---- host software -------------------------------------------------------------------------------------------------------
    void write(uint32_t offset, uint32_t value, unsigned size) {
        std::vector<uint8_t> tlp_data(4, 0);
        std::memcpy(tlp_data.data() + (offset & 3), &value, size);
        requests_.push_back({{0x40000001u, ((1u << size) - 1) << (offset & 3), uint32_t(bar0 + (offset & ~3u)), 0}, tlp_data});
        drain_requests();
    }
    uint32_t read(uint32_t offset, unsigned size) {
        requests_.push_back({{1u, (0x55u << 8) | ((1u << size) - 1) << (offset & 3), uint32_t(bar0 + (offset & ~3u)), 0}, {}});
        return wait_completion() >> (8 * (offset & 3)) & (size == 4 ? ~0u : (1u << 8 * size) - 1);
    }
    void config_write(uint32_t offset, uint32_t value, unsigned size) {
        std::vector<uint8_t> data(4, 0);
        std::memcpy(data.data() + (offset & 3), &value, size);
        requests_.push_back({{0x44000001u, (0x55u << 8) | ((1u << size) - 1) << (offset & 3), 0x01000000u | (offset & ~3u), 0}, data});
        wait_completion();
    }
    uint32_t config_read(uint32_t offset) {
        requests_.push_back({{0x04000001u, (0x55u << 8) | 0xF, 0x01000000u | (offset & ~3u), 0}, {}});
        return wait_completion();
    }
    uint8_t* at(uint64_t address) {
        if (address < memory_base || address >= memory_base + memory.size())
            throw std::runtime_error("DMA outside memory at " + std::to_string(address));
        return &memory[address - memory_base];
    }

    // Frames: what the device sent, and what it is to receive (with FCS).
    std::vector<std::vector<uint8_t>> sent;
    void receive(std::vector<uint8_t> frame_with_fcs) { incoming_.push_back(std::move(frame_with_fcs)); }
    bool wire_idle() const { return incoming_.empty(); }
    bool sending() { return !outgoing_.empty() || bench->mac_tx_valid_o; }   // a frame is on its way out
    bool hold_wire = false;                               // the wire takes nothing
    size_t incoming() const { return incoming_.size(); }

    std::vector<std::pair<uint64_t, uint32_t>> messages;  // MSI-X: address, data
    struct Seen { uint64_t cycle; bool up; uint32_t type; uint64_t address; uint32_t bytes; };
    std::vector<Seen> seen;                               // every TLP of the device, by first beat

    struct Access { uint64_t address; uint32_t bytes; bool write; };   // of the device to memory, its enabled bytes
    // What becomes of the answer to a read: it is lost, or an error ([P] 2.2.9), or its first part is poisoned; or it is good, and
    // its first part is preceded by one with another byte count, or its last part comes twice.
    enum class Fault { none, lose, unsupported, abort, poison, count, twice };
    std::function<Fault(const Access&)> fault;            // asked for each read
    std::function<void(const Access&)> watch;             // told of each access, before it takes place
    bool isolated = false;
    // Any packet: its header double words and its data.
    void inject(const std::array<uint32_t, 4>& hdr, std::vector<uint8_t> data = {}) {
        requests_.push_back({{hdr[0], hdr[1], hdr[2], hdr[3]}, std::move(data)});
    }
    void deliver_lost() {                                 // what was lost comes after all
        for (auto& response : lost_) responses_.push_back(std::move(response));
        lost_.clear();
    }
    bool inside(uint64_t address, uint64_t bytes) const {
        return address >= memory_base && bytes <= memory.size() && address - memory_base <= memory.size() - bytes;
    }

    void step(unsigned cycles = 1) { while (cycles--) one_cycle(); }
    bool reads_outstanding() const { return !responses_.empty(); }

    Bench<Model> bench;

private:
    struct Tlp {
        uint32_t hdr[4];
        std::vector<uint8_t> data;
    };
    NicHostConfig config_;
    unsigned width_;

public:
    std::vector<uint8_t> memory;

private:
    std::deque<Tlp> requests_;
    struct Response { uint64_t due; std::deque<Tlp> tlps; };
    std::deque<Response> responses_, lost_;
    Tlp down_;              // on the pins
    bool down_active_ = false;
    size_t down_sent_ = 0;
    Tlp up_;
    bool up_active_ = false;
    std::vector<uint32_t> completions_;
    std::deque<std::vector<uint8_t>> incoming_;
    size_t incoming_sent_ = 0;
    std::vector<uint8_t> outgoing_;
    bool resting_ = false;   // idle, and untouched since
    bool carrier_ = true;    // in the cycle before
    unsigned credits_ = 7;   // and what has any

    uint32_t* words(void* port) { return static_cast<uint32_t*>(port); }

public:
    // What a bus driver does after a reset of the function: address, sizes, vectors.
    void set_up() {
        config_write(PCI_CFG_BAR0, uint32_t(bar0), 4);
        config_write(PCI_CFG_BAR0_HIGH, 0, 4);
        unsigned mps = 0, mrrs = 0;
        while (128u << mps < config_.mps) ++mps;
        while (128u << mrrs < config_.mrrs) ++mrrs;
        config_write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, mps << 5 | 1u << 8 | mrrs << 12, 2);
        config_write(PCI_CFG_COMMAND, 6, 2);
        config_write(PCI_CAP_MSIX + PCI_MSIX_CONTROL, 0x8000, 2);
        for (unsigned v = 0; v < config_.vectors; ++v) {
            write(BAR0_MSIX_TABLE + 16 * v, uint32_t(msi_base), 4);
            write(BAR0_MSIX_TABLE + 16 * v + 4, 0, 4);
            write(BAR0_MSIX_TABLE + 16 * v + 8, v, 4);
            write(BAR0_MSIX_TABLE + 16 * v + 12, 0, 4);
        }
    }

private:
    void drain_requests() {
        for (unsigned i = 0; i < 1000 && (!requests_.empty() || down_active_); ++i) one_cycle();
    }
    uint32_t wait_completion() {
        completions_.clear();
        for (unsigned i = 0; i < 2000 && completions_.empty(); ++i) one_cycle();
        if (completions_.empty()) throw std::runtime_error("no completion from the device");
        return completions_.front();
    }

    void drive_down() {
        auto& dut = *bench.operator->();
        if (!down_active_ && !bench.chance(config_.stall_percent)) {
            if (!requests_.empty()) {
                down_ = std::move(requests_.front());
                requests_.pop_front();
                down_active_ = true;
            } else {
                for (size_t i = 0; i < responses_.size(); ++i) {
                    if (responses_[i].due > bench.cycle) continue;
                    down_ = std::move(responses_[i].tlps.front());
                    responses_[i].tlps.pop_front();
                    if (responses_[i].tlps.empty()) responses_.erase(responses_.begin() + long(i));
                    down_active_ = true;
                    break;
                }
            }
            down_sent_ = 0;
        }
        dut.rx_tlp_valid_i = down_active_;
        if (!down_active_) return;
        dut.rx_tlp_sop_i = down_sent_ == 0;
        dut.rx_tlp_eop_i = down_sent_ + width_ >= down_.data.size();
        std::memcpy(&dut.rx_tlp_hdr_i, down_.hdr, 16);
        std::vector<uint8_t> beat(width_, 0xEE);
        for (size_t i = 0; i < width_ && down_sent_ + i < down_.data.size(); ++i) beat[i] = down_.data[down_sent_ + i];
        std::memcpy(&dut.rx_tlp_data_i, beat.data(), width_);
    }

    void handle_up() {
        const uint32_t type = up_.hdr[0] >> 24;
        const bool wide = type & 0x20;
        const uint64_t address = wide ? uint64_t(up_.hdr[2]) << 32 | up_.hdr[3] : up_.hdr[2];
        const uint32_t first_be = up_.hdr[1] & 15, last_be = up_.hdr[1] >> 4 & 15;
        uint32_t dws = up_.hdr[0] & 0x3FF;
        if (dws == 0) dws = 1024;
        if (type == TLP_TYPE_CPL || type == TLP_TYPE_CPLD) {
            uint32_t value = ~0u;
            if (type == TLP_TYPE_CPLD) std::memcpy(&value, up_.data.data(), 4);
            completions_.push_back(value);
            return;
        }
        auto enabled = [&](uint32_t byte) {
            const uint32_t dw = byte / 4;
            const uint32_t be = dw == 0 ? first_be : dw == dws - 1 ? last_be : 15;
            return be >> (byte % 4) & 1;
        };
        if (type == TLP_TYPE_MWR32 || type == TLP_TYPE_MWR64) {
            if (up_.data.size() < dws * 4) throw std::runtime_error("write TLP shorter than its length");
            if (address >= msi_base && address < msi_base + 0x100000) {
                uint32_t value;
                std::memcpy(&value, up_.data.data(), 4);
                messages.emplace_back(address, value);
                return;
            }
            uint32_t lo = 0, hi = dws * 4;
            while (lo < hi && !enabled(lo)) ++lo;
            while (hi > lo && !enabled(hi - 1)) --hi;
            if (watch) watch({address + lo, hi - lo, true});
            if (isolated && !inside(address + lo, hi - lo)) return;
            for (uint32_t i = lo; i < hi; ++i)
                if (enabled(i)) *at(address + i) = up_.data[i];
            return;
        }
        if (type != TLP_TYPE_MRD32 && type != TLP_TYPE_MRD64) throw std::runtime_error("TLP of unknown type " + std::to_string(type));
        // Completions: the bytes between the first and the last enabled one.
        uint32_t lo = 0, hi = dws * 4;
        while (!enabled(lo)) ++lo;
        while (!enabled(hi - 1)) --hi;
        Response response{bench.cycle + config_.latency_min + (config_.latency_max > config_.latency_min
                              ? bench.random() % (config_.latency_max - config_.latency_min) : 0), {}};
        uint64_t byte = address + lo;
        const uint64_t end = address + hi;
        const Access access{byte, hi - lo, false};
        if (watch) watch(access);
        Fault what = fault ? fault(access) : Fault::none;
        if (isolated && !inside(byte, hi - lo)) what = Fault::unsupported;
        if (what == Fault::unsupported || what == Fault::abort) {
            const uint32_t status = what == Fault::abort ? TLP_STATUS_CA : TLP_STATUS_UR;
            response.tlps.push_back({{0x0A000000u, status << TLP_STATUS_LSB | ((hi - lo) & 0xFFF),
                                      (up_.hdr[1] & 0xFFFFFF00u) | uint32_t(byte & 0x7F), 0}, {}});
            responses_.push_back(std::move(response));
            return;
        }
        while (byte < end) {
            uint64_t stop = (byte + config_.mps) / 64 * 64;
            if (bench.chance(20)) stop = byte / 64 * 64 + 64;
            if (stop > end) stop = end;
            const uint64_t first_dw = byte & ~3ull;
            const uint32_t count = uint32_t((stop + 3) / 4 - first_dw / 4);
            Tlp tlp{{0x4A000000u | (count & 0x3FF), uint32_t((end - byte) & 0xFFF),
                     (up_.hdr[1] & 0xFFFFFF00u) | uint32_t(byte & 0x7F), 0}, {}};
            for (uint64_t a = first_dw; a < first_dw + count * 4; ++a)
                tlp.data.push_back(a >= byte && a < stop ? *at(a) : 0xDD);
            response.tlps.push_back(std::move(tlp));
            byte = stop;
        }
        if (what == Fault::poison) response.tlps.front().hdr[0] |= 1u << TLP_EP_BIT;
        if (what == Fault::twice) response.tlps.push_back(response.tlps.back());
        if (what == Fault::count) {
            response.tlps.push_front(response.tlps.front());
            response.tlps.front().hdr[1] = (response.tlps.front().hdr[1] & ~0xFFFu) | ((response.tlps.front().hdr[1] + 4) & 0xFFF);
        }
        (what == Fault::lose ? lost_ : responses_).push_back(std::move(response));
    }

    void one_cycle() {
        auto& dut = *bench.operator->();
        drive_down();
        dut.tx_tlp_ready_i = !bench.chance(config_.stall_percent);
        dut.mac_tx_ready_i = !bench.chance(config_.stall_percent) && !hold_wire;
        dut.mac_rx_valid_i = !incoming_.empty() && !(incoming_sent_ > 0 ? false : bench.chance(config_.stall_percent));
        if (dut.mac_rx_valid_i) {
            auto& frame = incoming_.front();
            const size_t left = frame.size() - incoming_sent_;
            dut.mac_rx_last_i = left <= width_;
            dut.mac_rx_bytes_i = uint8_t(left <= width_ ? left : width_);
            dut.mac_rx_error_i = 0;
            std::vector<uint8_t> beat(width_, 0xCC);
            std::memcpy(beat.data(), frame.data() + incoming_sent_, dut.mac_rx_bytes_i);
            std::memcpy(&dut.mac_rx_data_i, beat.data(), width_);
        }
        dut.cycle_i = bench.cycle;
        bench.settle();
        // A simulator may stop the clock of a device that says that it is idle: nothing may come of it but from without.
        const unsigned credits = dut.tx_posted_ok_i | dut.tx_non_posted_ok_i << 1 | dut.tx_completion_ok_i << 2;
        const bool touched = dut.rx_tlp_valid_i || dut.mac_rx_valid_i || dut.link_up_i != carrier_ || credits != credits_;
        carrier_ = dut.link_up_i;
        credits_ = credits;
        if (resting_ && !touched && (dut.tx_tlp_valid_o || dut.mac_tx_valid_o)) {
            const auto* hdr = words(&dut.tx_tlp_hdr_o);
            char what[120] = " with a frame";
            if (dut.tx_tlp_valid_o) std::snprintf(what, sizeof what, " with the TLP %08x %08x %08x %08x", hdr[0], hdr[1], hdr[2], hdr[3]);
            throw std::runtime_error("the device was idle, and goes on by itself in cycle " + std::to_string(bench.cycle) + what);
        }
        const bool down_taken = dut.rx_tlp_valid_i && dut.rx_tlp_ready_o;
        if (dut.tx_tlp_valid_o && dut.tx_tlp_ready_i) {
            if (dut.tx_tlp_sop_o) {
                std::memcpy(up_.hdr, &dut.tx_tlp_hdr_o, 16);
                up_.data.clear();
                const uint32_t type = up_.hdr[0] >> 24;
                seen.push_back({bench.cycle, true, type, type & 0x20 ? uint64_t(up_.hdr[2]) << 32 | up_.hdr[3] : up_.hdr[2],
                                (up_.hdr[0] & 0x3FF) * 4});
            }
            const auto* bytes = reinterpret_cast<const uint8_t*>(&dut.tx_tlp_data_o);
            up_.data.insert(up_.data.end(), bytes, bytes + width_);
            if (dut.tx_tlp_eop_o) handle_up();
        }
        if (dut.mac_tx_valid_o && dut.mac_tx_ready_i) {
            const auto* bytes = reinterpret_cast<const uint8_t*>(&dut.mac_tx_data_o);
            outgoing_.insert(outgoing_.end(), bytes, bytes + dut.mac_tx_bytes_o);
            if (dut.mac_tx_last_o) {
                sent.push_back(std::move(outgoing_));
                outgoing_.clear();
            }
        }
        if (dut.mac_rx_valid_i) {
            incoming_sent_ += dut.mac_rx_bytes_i;
            if (dut.mac_rx_last_i) {
                incoming_.pop_front();
                incoming_sent_ = 0;
            }
        }
        bench.edge();
        resting_ = (resting_ || dut.idle_o) && !touched;
        if (down_taken) {
            down_sent_ += width_;
            if (down_sent_ >= down_.data.size()) down_active_ = false;
        }
    }
};
