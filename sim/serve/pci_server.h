// SPDX-License-Identifier: Apache-2.0
// All hosts of a machine that serves PCI, one or two, and the time they live in.
//
// In wall time the sockets are looked at every poll_ps of simulated time, which does not run ahead of wall time. In simulated time
// each kernel is told its time (calendar.h): either one kernel works, and simulated time stands still, or all wait, and the machine
// works until the first of them is to run or has an interrupt. Then the same kernels with the same disks do the same, packet for
// packet.
//
// The cable of one host alone leads to the frames of the scenario, or to a TAP interface; that lives in wall time.
// Two hosts are joined by the cable of their NICs, with a switch in the middle: what one NIC sends the other receives, after the
// propagation of both halves and the time of storing the frame once.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/calendar.h"
#include "serve/pace.h"
#include "serve/pci_host.h"
#include "serve/serve.h"
#include "system.h"
#include "tap_end.h"

namespace sim {

class PciServer {
public:
    // config outlives it.
    explicit PciServer(const serve_config& config);
    ~PciServer();
    PciServer(const PciServer&) = delete;
    PciServer& operator=(const PciServer&) = delete;

    // For System: a host for each slot.
    std::vector<ForeignHost> hosts();
    // The machine, which outlives it. Serving starts with the simulation, and stops it when it is over.
    void attach(System& system);
    const std::string& error() const { return error_; }
    void report(machine_result& result) const { if (tap_) tap_->report(result); }

private:
    struct Host {
        explicit Host(unsigned number, bool in_band, uint64_t interrupt_ps) : pci(number, in_band, interrupt_ps) {}
        PciHost pci;
        int listener = -1;
        calendar_kernel kernel{};
        bool kernel_here = false;
        std::deque<std::vector<uint8_t>> frames;  // to be played to its NIC
        std::vector<uint8_t> playing;
        // What it sent, and how soon after what it got.
        uint64_t bytes = 0, first_ps = 0, last_ps = 0, asked_ps = 0;
        std::vector<uint64_t> answers_ps;
        uint64_t served = 0;
    };

    void main();
    bool over();
    void accept(Host& host);
    void see_who_left();
    static void note_frame(Host& host, size_t bytes, uint64_t first_ps, uint64_t last_ps);
    static void report_frames(Host& host, serve_session& session);
    void join_cables();
    int64_t play_own(const uint8_t** data, size_t* length, uint64_t* not_before_ps);

    void serve_in_wall_time();

    void serve_in_simulated_time();
    bool meet_kernels();
    bool meet_one();
    bool let_work(Host& host, bool until_called);
    void end_kernel(Host& host, const std::string& error);
    bool one_step();
    uint64_t now_ns() const;

    const serve_config& config_;
    System* system_ = nullptr;
    std::vector<std::unique_ptr<Host>> hosts_;
    frame_source from_wire_;
    std::optional<TapEnd> tap_;  // in its place
    int64_t tap_frames_ = 0;
    uint64_t start_ps_ = 0;  // of the frames from the wire
    uint64_t epoch_ps_ = 0;  // the kernels' time 0: when their devices are ready
    bool speaks_ = false;    // the host has sent a frame
    bool source_started_ = false;
    Pace pace_;
    std::string error_;
};

}  // namespace sim
