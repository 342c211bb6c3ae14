// SPDX-License-Identifier: Apache-2.0
// One run of traffic over a System: bring the driver stack up, send both ways, wait until all is through, take the stack down.
//
//   frame_source --next()--> driver stack --> ... --> LinkPartner --recorded()--> frame_check "to the wire"
//   frame_source --play()--> LinkGroup --> LinkPartner --> ... --> driver stack --received()--> frame_check "to the host"
//
// The run is over when every frame was sent, completed by the driver, and arrived or was seen to be dropped. A stretch of simulated
// time without any such step, while none is due later, is reported as "progress" with what is still outstanding.
//
// With live traffic (live_traffic.h) nobody knows the frames beforehand, and it is over when whoever is at the other end wants no more.
//
// When the scenario disturbs the traffic (stress.*), a Disturber does, and losses.h says which frames need not arrive.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alarm.h"
#include "disturber.h"
#include "link_group.h"
#include "live_traffic.h"
#include "losses.h"
#include "machine.h"
#include "meter.h"
#include "system.h"
#include "traffic.h"
#include "vlan_wire.h"

namespace sim {

class TrafficRun {
public:
    // Both outlive the run. The first part is done at once (sources and sinks are connected); the rest when the simulation runs.
    TrafficRun(const machine_config& config, System& system);
    ~TrafficRun();
    TrafficRun(const TrafficRun&) = delete;
    TrafficRun& operator=(const TrafficRun&) = delete;

    // After the simulation. Not empty: the stack never came up, and there is no result.
    const std::string& error() const { return error_; }
    int error_status() const { return error_status_; }  // a negative errno then; -ENOMEM: the machine has too little memory
    // The stack was taken down; false when the simulation ended before.
    bool finished() const { return finished_; }
    // Ends the frame checks and fills in the result, but for its failures and wall time.
    void report(machine_result& result);

private:
    // One direction of traffic.
    struct Flow {
        Flow(const frame_source& frames, const char* direction, TrafficRun& run, bool drops_allowed, Meter::At at);
        ~Flow();
        Flow(const Flow&) = delete;
        Flow& operator=(const Flow&) = delete;
        std::unique_ptr<frame_source> source;    // what is being sent
        std::unique_ptr<frame_source> expected;  // the same again, for the check
        frame_check check{};
        Meter meter;
        uint64_t total;      // frames to send
        uint64_t taken = 0;  // handed to the sender so far
        uint64_t arrived = 0;
        uint64_t of_programs = 0;  // arrived too
        uint64_t due_ps = 0;  // when the last one taken may leave
        Losses losses;        // tracked when the scenario disturbs the traffic
    };

    void main();  // thread on the CPU
    bool start_stack();
    void wait_for_the_end();
    void settle();
    void watch_losses();
    void carrier(unsigned slot, bool gone);
    void on_ring(const hw::Event& event);
    void lost(const hw::Frame& frame, bool from_nic);
    void report_missing();
    void step();  // something moved
    void check_done();
    void wake_main();
    bool complete() const;
    bool over() const { return pulled_ && system_.slots.size() == 1; }  // without its only card
    void note_begin();
    void note_end();
    void report_adapters(machine_result& result) const;
    void close_window();
    void report_drops();
    std::string outstanding() const;
    int64_t lost_packet();
    int64_t next(Flow& flow, const uint8_t** data, size_t* length, uint64_t* not_before_ps);
    int64_t play(const uint8_t** data, size_t* length, uint64_t* not_before_ps);
    void untag(const uint8_t** data, size_t* length);
    bool of_a_program(Flow& flow, const uint8_t* data, size_t length);
    void recorded(const uint8_t* data, size_t length, const hw::Frame& frame);
    void received(const uint8_t* data, size_t length, const traffic_receive_info& info);
    void check_offload(const uint8_t* data, size_t length, const traffic_receive_info& info);
    void sent(uint64_t id, int32_t status);
    void handed_over(uint64_t id, const uint8_t* data, size_t length);
    int64_t next_live(const uint8_t** data, size_t* length);
    void on_event(const hw::Event& event);
    void count_queue(const hw::Event& event);
    void fail(const char* check, const char* clause, const std::string& message, int64_t packet = -1);

    const machine_config& config_;
    const scenario& scenario_;
    System& system_;
    Flow tx_, rx_;
    // One NIC, in its slot.
    struct Adapter {
        hw::LinkStatistics up_begin, down_begin, up_end, down_end;
        uint64_t sends = 0;   // that the driver has back from it
        bool down = false;    // no carrier now
        uint64_t up_ps = 0;   // when it came back last; 0: never
        uint64_t cycles = 0, cycles_evaluated = 0, dropped = 0;  // cycles: while traffic flowed
        std::array<machine_queue, MACHINE_MAX_QUEUES + 1> queues{};  // by virtqueue; the last: what is of no transmit or receive queue
    };
    std::vector<Adapter> adapters_;
    std::vector<uint64_t> posted_ps_;  // by packet, with several NICs and disturbances
    std::optional<LinkGroup> group_;
    uint64_t links_ = 1;  // that frames may take at a time
    unsigned pairs_ = 1;  // that the driver uses of each NIC
    struct traffic* traffic_ = nullptr;
    std::unique_ptr<LiveTraffic> live_;  // in place of the frames of the sources, or null
    std::optional<Disturber> disturber_;
    hw::Cpu::Event* done_;
    hw::Alarm done_alarm_{this, hw::Alarm::call<TrafficRun, &TrafficRun::wake_main>};
    bool open_ = false;  // traffic may flow
    bool done_set_ = false;
    bool finished_ = false;
    bool pulled_ = false, removed_ = false;  // the card is gone; and the stack above it
    std::string error_;
    int error_status_ = 0;
    const vlan_wire tags_{&scenario_.driver_stack, static_cast<unsigned>(scenario_.driver_priority << 13 | scenario_.driver_vlan_id)};
    size_t tag_bytes_ = vlan_wire_bytes(&tags_);
    std::array<uint8_t, CAPTURE_MAX_FRAME + VLAN_WIRE_ROOM> tagged_{}, untagged_{};
    std::vector<std::string> drivers_;
    uint64_t begin_ps_ = 0, end_ps_ = 0;
    double traffic_wall_s_ = 0;
    uint64_t steps_ = 0, completed_ = 0, refused_ = 0, dropped_ = 0;
    std::array<uint64_t, 8> drops_by_reason_{};  // by TRACE_DROP_*; 0: a reason that we do not know
    traffic_counts counts_{};
};

}  // namespace sim
