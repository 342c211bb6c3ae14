// SPDX-License-Identifier: Apache-2.0
// The root complex: turns the device's TLPs into memory accesses and interrupts, and CPU accesses into TLPs.
//
//   PcieLink --accept()--> posted   --write_latency--> memory_socket, or on_msi() for is_msi_address()
//                          reads    --read_latency---> memory_socket --> CplD, split --> PcieLink::send_down()
//                          completions of CPU reads --> the CPU thread that waits
//   CPU threads --mmio_socket, config_read(), config_write()--> PcieLink::send_down()
//
// Read latency is measured at the device: from the last bit of the MRd leaving it to the first bit of the first CplD arriving there,
// in an idle system, exactly read_latency_ns plus what the memory target annotates (a TLB miss, say). Memory is read at the end of
// that time less one propagation, one transaction per completion: the data of a completion is one snapshot, finer than a request and
// never finer than the 64-byte lines that real memory promises. With read_reorder_ns each completion is later by a seeded random
// share of it, so that those of different tags overtake each other and interleave; those of one request stay in address order.
// Posted writes become visible one after the other in link order. A read, and a completion towards a CPU, waits for the posted writes
// that came before it [P] 2.4.1. A write's annotated delay holds back the writes behind it.
//
// Models: latency, a limit of requests in work, completion splitting at MPS and RCB into the largest pieces, refused addresses
// (UR completion for a read; a write is dropped and counted), completion timeout, buffers that return credits. The answer to one read may
// be spoilt on purpose (LinkConfig::fault), to show what a device does then.
// Leaves out: memory bandwidth and banks (the target's business), write combining, snoop filters, peer to peer, error registers.
//
// Sources of the default numbers: link_config.h.
// Spec: [P] PCI Express Base 5.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <random>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "alarm.h"
#include "event.h"
#include "link.h"
#include "tlp.h"
#include "tlp_extension.h"

namespace hw {

struct RootStatistics {
    uint64_t reads = 0, read_bytes = 0;      // requests of the device
    uint64_t writes = 0, write_bytes = 0;    // without interrupts
    uint64_t interrupts = 0;
    uint64_t refused_reads = 0, dropped_writes = 0;  // the memory target answered with an error
    uint64_t cpu_reads = 0, cpu_writes = 0, cpu_config = 0;
};

class RootComplex : public sc_core::sc_module, public RootPort {
public:
    // The link and the event stream outlive the root complex. Parameters are link.config().
    RootComplex(const sc_core::sc_module_name& name, PcieLink& link, EventStream& events);
    ~RootComplex() override;

    // Memory as the device sees it. Bus addresses; b_transport only, which must not block; a returned delay is charged as said above;
    // TLM_ADDRESS_ERROR_RESPONSE refuses (the target reports why). Byte enables only where a write has gaps. With a TlpExtension.
    tlm_utils::simple_initiator_socket<RootComplex> memory_socket;
    // Memory as a CPU sees the device. Physical addresses inside the windows of LinkConfig, others are TLM_ADDRESS_ERROR_RESPONSE.
    // b_transport blocks: reads until the completion is there, writes while cpu_write_queue TLPs wait. Any length; no byte enables.
    // A read that the device refuses or never answers returns all ones with TLM_GENERIC_ERROR_RESPONSE and is a violation. Where the device
    // was removed reads return all ones, and writes go nowhere.
    tlm_utils::simple_target_socket_optional<RootComplex> mmio_socket;

    // What mmio_socket calls, for a host that is none of this machine's CPUs.
    void mmio_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);

    // Configuration space of the device, for bus drivers. size is 1, 2 or 4, offset naturally aligned. Blocks: SC_THREAD context.
    // An unsupported request reads as all ones, as from an empty slot; a timeout does too and is a violation.
    uint32_t config_read(uint32_t offset, uint32_t size);
    void config_write(uint32_t offset, uint32_t size, uint32_t value);

    // Called for each interrupt message when it becomes visible, in order with the writes before it. Must not block.
    using MsiHandler = std::function<void(uint64_t address, uint32_t data)>;
    void on_msi(MsiHandler handler) { msi_handler_ = std::move(handler); }

    const RootStatistics& statistics() const { return statistics_; }

    // RootPort
    void accept(TlpPtr tlp, uint64_t arrival_ps) override;
    void delivered(const Tlp& tlp) override;
    void removed() override;

private:
    struct Posted {
        uint64_t due_ps;
        bool interrupt;
        TlpPtr tlp;
    };
    struct Inbound {               // a completion for a CPU, or a read without a free slot
        uint64_t due_ps;
        uint64_t posted_before;    // posted writes that arrived earlier
        TlpPtr tlp;
    };
    struct ReadJob {               // one per tag of the device
        TlpPtr request;            // null: free
        TlpPtr completion;         // data read, waiting for the memory target's delay
        uint64_t next = 0;         // address of the next byte to read
        uint32_t remaining = 0;    // bytes to read
        uint64_t posted_before = 0;
        ReadFault fault = ReadFault::none;
    };
    struct Due {                   // heap entry: when a job goes on
        uint64_t time_ps, sequence;
        uint32_t tag;
        bool operator<(const Due& other) const {  // earliest on top of std::push_heap's heap
            return time_ps != other.time_ps ? time_ps > other.time_ps : sequence > other.sequence;
        }
    };
    struct CpuRequest {            // one per tag of the root complex
        bool active = false, done = false;
        uint32_t status = 0;
        uint8_t* data = nullptr;   // where the bytes of a memory read or configuration read go
        uint32_t bytes = 0, received = 0, lead = 0;
        sc_core::sc_event event;
    };
    enum class Outcome { success, unsupported, timeout, removed };

    // Device side: root_complex.cpp.
    void service();                                    // everything that is due
    void arm();
    uint64_t for_cpu_ps() const;
    void apply_posted(const Tlp& tlp);
    void write_memory(const Tlp& tlp);
    void begin_read(Inbound read, uint64_t time_ps);
    void schedule_read(uint32_t tag, uint64_t time_ps);
    void continue_read(uint32_t tag);
    bool access_read(ReadJob& job);                    // fills job.completion; true if it may leave now
    void send_completion(ReadJob& job);
    void send_spoilt(ReadJob& job);
    void finish_read(ReadJob& job);
    void refuse(const Tlp& request);
    uint64_t posted_due_ps() const { return std::max(posted_.front().due_ps, posted_free_ps_); }
    uint64_t jitter_ps();
    uint32_t split(uint64_t address, uint32_t bytes);
    // One transaction on memory_socket. Returns the response; *delay_ps is what the target annotated.
    tlm::tlm_response_status transport(const Tlp& tlp, tlm::tlm_command command, uint64_t address, uint8_t* data, uint32_t bytes,
                                       uint8_t* enables, uint64_t* delay_ps);

    // CPU side: root_complex_cpu.cpp.
    Outcome cpu_read(uint64_t address, uint8_t* data, uint32_t bytes);
    void cpu_write(uint64_t address, const uint8_t* data, uint32_t bytes);
    uint32_t claim_tag();
    Outcome complete(uint32_t tag, TlpPtr request, uint8_t* data, uint32_t bytes);
    void cpu_completion(const Tlp& tlp);
    bool in_window(uint64_t address, uint64_t bytes) const;

    PcieLink& link_;
    EventStream& events_;
    const LinkConfig& config_;
    MsiHandler msi_handler_;
    RootStatistics statistics_;

    std::deque<Posted> posted_;
    uint64_t posted_accepted_ = 0, posted_applied_ = 0;
    uint64_t posted_free_ps_ = 0;           // the last write's annotated delay is over
    std::deque<Inbound> completions_;
    std::deque<Inbound> waiting_reads_;     // without a free slot
    std::array<ReadJob, 256> jobs_;
    uint32_t jobs_active_ = 0;
    std::vector<Due> due_reads_;            // heap
    uint64_t next_sequence_ = 0;
    uint64_t read_delay_ps_, write_delay_ps_, reorder_ps_;
    std::mt19937_64 random_;                // its sequence is fixed by the C++ standard
    Alarm service_alarm_{this, Alarm::call<RootComplex, &RootComplex::service>};
    tlm::tlm_generic_payload transaction_;  // reused
    TlpExtension extension_;

    static constexpr uint32_t cpu_tags = 32;
    std::array<CpuRequest, cpu_tags> cpu_requests_;
    uint32_t next_cpu_tag_ = 0;
    sc_core::sc_event cpu_tag_event_, cpu_room_event_;
};

}  // namespace hw
