// SPDX-License-Identifier: Apache-2.0
// The host of a machine whose driver runs in another process: one thread of the CPU that listens to the front-end and drives the device's
// registers for it.
//
//   front-end --message--> vhost_user --changed()/stop()--> VhostHost --registers--> NIC
//   front-end --kick-----> VhostHost --doorbell--> NIC --DMA--> SharedTarget --> front-end's memory
//   NIC --MSI-X--> ISR --call--> front-end
//
// The thread looks at the sockets every poll_ps of simulated time. Simulated time does not run ahead of wall time: the front-end
// lives in that, and frames from the wire come at a pace that it can follow; and an idle simulation costs no processor (pace.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "serve/pace.h"
#include "serve/serve.h"
#include "system.h"
#include "tap_end.h"
#include "virtio_ctrl.h"

namespace sim {

class VhostHost {
public:
    // config outlives it. front_end_memory() may be called at once.
    explicit VhostHost(const serve_config& config);
    VhostHost(const VhostHost&) = delete;
    VhostHost& operator=(const VhostHost&) = delete;

    // The bytes at a bus address, the front-end's or (of the control queue) the host's own, or null.
    uint8_t* memory(uint64_t address, uint64_t length);
    // The machine, which outlives it. Its thread starts with the simulation, and stops it when all is served.
    void attach(System& system);
    const std::string& error() const { return error_; }
    void report(machine_result& result) const;

private:
    void main();
    bool start_machine();
    void serve();
    void accept_front_end();
    void end_session();
    void look_at_sockets();
    void take_kicks();
    void report(const char* check, const char* clause, const std::string& message);
    void drain();
    int changed(char* error, size_t error_size);
    int start_device(char* error, size_t error_size);
    int start_control(char* error, size_t error_size);
    unsigned pairs_enabled() const;
    void let_flow();
    bool takes_frames();
    bool started(unsigned ring);
    bool has_buffers(unsigned ring) const;
    void stop_device();
    void note_statistics();
    void call(unsigned ring);
    void ring_doorbell(unsigned ring);
    int64_t play_tap(const uint8_t** data, size_t* length);
    int64_t play(const uint8_t** data, size_t* length, uint64_t* not_before_ps);

    const serve_config& config_;
    System* system_ = nullptr;
    struct platform* platform_ = nullptr;
    virtio_pci pci_{};
    std::vector<uint8_t> net_config_;
    vhost_user_device device_{};
    vhost_user session_{};
    serve_session record_{};
    frame_source from_wire_;
    std::optional<TapEnd> tap_;   // in its place
    int64_t tap_frames_ = 0;
    bool connected_ = false;
    bool running_ = false;        // the device is on
    bool flowing_ = false;        // frames may go to the front-end
    bool kicked_[VHOST_USER_MAX_RINGS]{};  // by the front-end, since the device is on
    unsigned rings_ = 0;          // that the device has from the front-end
    // Several queues: the host tells the device by its control queue how many pairs the front-end has enabled.
    virtio_ctrl control_{};
    struct Area {
        uint64_t address, bytes;
    };
    std::vector<Area> own_;       // what the device reads and writes of it
    unsigned pairs_ = 1;          // enabled, as the device knows
    uint32_t doorbells_[VHOST_USER_MAX_RINGS]{};
    uint64_t start_ps_ = 0;       // of the frames from the wire
    bool source_started_ = false;
    uint64_t answered_ = 0;       // of them, by as many frames to the wire
    uint64_t served_ = 0;
    Pace pace_;
    uint64_t recorded_before_ = 0, delivered_before_ = 0, dropped_before_ = 0;
    std::string error_;
};

}  // namespace sim
