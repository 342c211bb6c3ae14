// SPDX-License-Identifier: Apache-2.0
// Everything that a scenario may set about the PCIe side of the machine. The defaults are the default machine.
//
// Sources: rates [N]; latencies [N] section 6 (450 to 550 ns for a small read on Xeon E5; the middle of it, with a share of it on each
// side of the link); a root port offers the most credits that there are without scaled flow control ([P] 2.6.1), a small endpoint a 4 KiB buffer.
//
// Spec: [P] PCI Express Base 5.0  [N] Neugebauer et al., SIGCOMM 2018
#pragma once

#include <cstdint>
#include <string>

namespace hw {

// Receive buffer of one side, in credits of [P] 2.6.1: a header credit is one TLP, a data credit 16 bytes.
struct Credits {
    uint32_t posted_headers, posted_data, non_posted_headers, non_posted_data;
};

// What happens to the answer of one read of the device, on purpose.
enum class ReadFault {
    none,
    lose,         // it never comes [P] 2.8
    unsupported,  // status unsupported request [P] 2.3.1
    abort,        // status completer abort [P] 2.3.1
    poison,       // its data is poisoned [P] 2.7.2
    byte_count,   // its byte count is that of another request [P] 2.3.2
    twice,        // it comes again, when nobody waits for it any more [P] 2.3.2
    malformed     // a packet of no type comes with it [P] 2.2.1
};

struct LinkConfig {
    unsigned generation = 3;          // 1 to 5
    unsigned lanes = 8;               // 1, 2, 4, 8 or 16
    uint32_t mps = 256;               // maximum payload size, bytes: 128 << n up to 4096
    uint32_t mrrs = 512;              // maximum read request size, bytes: 128 << n up to 4096
    uint32_t rcb = 64;                // read completion boundary of the root complex, bytes: 64 or 128

    uint32_t propagation_ns = 75;     // each way: PHY, PCS and trace, last bit out to last bit in
    uint32_t credit_return_ns = 100;  // from the release of a buffer to the moment the sender may use it; at least 1
    uint32_t tx_queue_bytes = 1024;   // device side: TLPs handed over and not yet on the link; can_send() is false above it
    Credits root_credits = {127, 2047, 127, 16};  // advertised to the device; completion credits are infinite
    Credits device_credits = {32, 256, 16, 16};   // advertised to the root complex; completion credits are infinite [P] 2.6.1

    uint32_t read_latency_ns = 450;   // idle system: last bit of MRd leaves the device to first bit of its first CplD arriving there
    uint32_t read_reorder_ns = 0;     // each completion is up to this much later, at random: those of different tags overtake
    uint32_t write_latency_ns = 0;    // posted write: last bit at the root complex to visible in memory
    uint32_t outstanding_reads = 256; // requests of the device that the root complex works on at a time
    uint32_t cpu_write_queue = 16;    // posted writes of CPUs that the root complex holds before the next one waits
    uint64_t completion_timeout_ns = 1'000'000;  // CPU reads and configuration accesses [P] 2.8
    uint32_t split_percent = 0;       // completions that end at an earlier multiple of RCB than they must, at random
    uint64_t seed = 1;                // of read_reorder_ns and split_percent
    ReadFault fault = ReadFault::none;
    uint64_t fault_read = 0;          // the read of the device that meets it, from 0

    // CPU addresses that the root complex forwards to the device: one window below and one above 4 GiB.
    uint64_t mmio32_base = 0xC0000000, mmio32_bytes = 0x30000000;
    uint64_t mmio64_base = 0x4000000000, mmio64_bytes = 0x1000000000;
    uint16_t device_id = 0x0100;      // bus, device, function of the NIC: 01:00.0
    uint16_t root_id = 0x0000;        // of the root port, as requester and completer

    // Empty when the values are legal together, else one sentence that names the key, what it is and what was expected.
    std::string error() const;
};

// Time on the link, exactly: a byte takes ps_numerator / ps_denominator picoseconds of the transaction layer's share.
struct LinkRate {
    double raw_gbps;   // after line encoding, per direction
    double tlp_gbps;   // left for TLPs after ACK and flow-control DLLPs and SKIP ordered sets
    uint64_t ps_numerator, ps_denominator;  // in lowest terms; 8192 bytes times ps_numerator fits 64 bits
};

// The rate of reference section 2, from first principles (see link_config.cpp). Requires error().empty().
LinkRate link_rate(const LinkConfig& config);

}  // namespace hw
