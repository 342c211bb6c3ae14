// SPDX-License-Identifier: Apache-2.0
// The rules of the transaction layer, checked on every TLP of every run, at the device's pins.
//
// A broken rule is a violation with the time, the TLP and the clause; the run goes on. The checker follows configuration writes to
// learn what the device was told: its bus and device number, bus master enable, MPS, MRRS and extended tags. A permission counts
// from the moment the write reaches the device, a restriction from the moment the device has completed it.
//
//   check                      rule                                                               clause
//   tlp.type                   a type that this link does not carry, or in the wrong direction     [P] 2.2.1
//   tlp.length                 payload is what the header says; none where there is none           [P] 2.2.2
//   tlp.digest, tlp.poisoned   no ECRC is configured; no poisoned data                             [P] 2.7
//   tlp.mps, tlp.mrrs          payload and read request sizes                                      [P] 2.2.2, 2.2.7
//   tlp.4k                     no request crosses a 4 KiB boundary                                 [P] 2.2.7
//   tlp.byte_enables           legal patterns                                                      [P] 2.2.5
//   tlp.address_format         addresses below 4 GiB take the 3 DW header                          [P] 2.2.4.1
//   tlp.msi                    an interrupt message is one double word                             [P] 6.1.4
//   tlp.requester              requester and completer id are those given to the function          [P] 2.2.6.2, 2.2.9
//   tlp.bus_master             no request without bus master enable                                [P] 7.5.1.1.3
//   tlp.tag_in_use, .tag_range a tag is free, and within 5 bits without extended tags              [P] 2.2.6.2
//   tlp.unexpected_completion  a completion answers an outstanding request                         [P] 2.3.2
//   tlp.completion_type        data where data was asked for, and only there                       [P] 2.2.9
//   tlp.byte_count             bytes left of the request, so pieces come in address order          [P] 2.3.1.1
//   tlp.lower_address          address of the first byte                                           [P] 2.3.1.1
//   tlp.rcb                    a completion but the last ends at a multiple of RCB                 [P] 2.3.1.1
//   tlp.outstanding            nothing is unanswered at the end of the run                         [P] 2.3.1
//
// Leaves out: credits (the link checks them), flow between virtual channels, messages, locked, I/O and atomic requests, 10-bit tags.
//
// Spec: [P] PCI Express Base 5.0
#pragma once

#include <array>
#include <cstdint>

#include "event.h"
#include "link_config.h"
#include "tlp.h"

namespace hw {

class TlpChecker {
public:
    TlpChecker(const LinkConfig& config, EventStream& events);

    void up(const Tlp& tlp);    // leaves the device now
    void down(const Tlp& tlp);  // reaches the device now
    // The root complex gave up waiting for the request with this tag; an answer that still comes is unexpected.
    void abandon_down_request(uint32_t tag) { root_requests_[tag & 0xFF].active = false; }
    // The device was taken away: no request is answered any more.
    void abandon();
    // Does a read of the device wait for bytes of [begin, end) now?
    bool reading(uint64_t begin, uint64_t end) const;
    unsigned outstanding() const;  // requests without their last completion, both directions
    // Reports each request that is still unanswered. Call once at the end of a run that was to end quietly.
    void finish();

private:
    struct Request {
        bool active = false;
        bool memory = false;      // a memory read; else a configuration access
        uint64_t next = 0;        // memory: address of the first byte that is missing
        uint32_t remaining = 0;   // memory: bytes that are missing
        std::array<uint32_t, 4> hdr{};
        uint32_t payload = 0;     // configuration write: its data
        uint64_t id = 0;
    };
    using Requests = std::array<Request, 256>;
    // What the device was told by configuration writes.
    struct Settings {
        uint32_t mps, mrrs;
        bool bus_master, extended_tags;
    };

    void fail(const Tlp& tlp, const char* check, const char* clause, const std::string& reason);
    void check_format(const Tlp& tlp);
    void check_memory_request(const Tlp& tlp, uint32_t mps, uint32_t mrrs);
    void check_byte_enables(const Tlp& tlp);
    void check_device_request(const Tlp& tlp);
    void open(Requests& requests, const Tlp& tlp);
    // rcb is that of the completer.
    void check_completion(Requests& requests, const Tlp& tlp, uint32_t rcb, uint32_t mps);
    void check_read_completion(Request& request, const Tlp& tlp, uint32_t rcb, uint32_t mps);
    void check_config_completion(Request& request, const Tlp& tlp);
    void config_write_arrives(const Tlp& tlp);
    void config_write_done(const Request& request);
    Settings settings_after(uint32_t offset, uint32_t enables, uint32_t data) const;

    const LinkConfig config_;
    EventStream& events_;
    Requests device_requests_{};  // of the device, answered downwards
    Requests root_requests_{};    // of CPUs, answered upwards
    Settings settings_;
    uint32_t function_id_ = 0;    // [P] 2.2.6.2: captured from configuration writes; zero until the first
};

}  // namespace hw
