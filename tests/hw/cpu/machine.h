// SPDX-License-Identifier: Apache-2.0
// A CPU, a few registers behind it, and a log of what ran when.
#pragma once

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include "cpu.h"
#include "event.h"

namespace hw {

using sc_core::sc_time;
using Log = std::vector<std::string>;

constexpr uint64_t msi_address = 0xFEE00000;

inline sc_time ns(double value) { return sc_time(value, sc_core::SC_NS); }

// 16 bytes of registers that answer after 500 ns; the address above them is refused.
struct Registers : sc_core::sc_module {
    explicit Registers(const sc_core::sc_module_name& name) : sc_module(name) { socket.register_b_transport(this, &Registers::b_transport); }
    void b_transport(tlm::tlm_generic_payload& transaction, sc_time&) {
        if (transaction.get_address() + transaction.get_data_length() > sizeof bytes) {
            transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
            return;
        }
        uint8_t* at = bytes + transaction.get_address();
        if (transaction.is_read()) {
            sc_core::wait(ns(500));
            std::memcpy(transaction.get_data_ptr(), at, transaction.get_data_length());
        } else {
            std::memcpy(at, transaction.get_data_ptr(), transaction.get_data_length());
        }
        transaction.set_response_status(tlm::TLM_OK_RESPONSE);
    }
    uint8_t bytes[16] = {};
    tlm_utils::simple_target_socket<Registers> socket{"socket"};
};

struct Machine {
    explicit Machine(const CpuConfig& config = CpuConfig::free_cpu()) : cpu("cpu", config, events) {
        cpu.mmio_socket.bind(registers.socket);
        events.on_violation([this](const Violation& violation) { checks.push_back(violation.check); });
    }
    // "what@time in ns"
    void note(const std::string& what) {
        log.push_back(what + "@" + std::to_string(static_cast<long>(sc_core::sc_time_stamp() / ns(1))));
    }
    void connect(uint32_t data, const std::string& name) {
        cpu.connect(msi_address, data, data, [this, name] { note(name); });
    }
    void run(double nanoseconds = 1e6) { sc_core::sc_start(ns(nanoseconds)); }

    EventStream events;
    Cpu cpu;
    Registers registers{"registers"};
    Log log, checks;
};

// The device's side of a test: messages at given times.
inline void at(double time_ns, std::function<void()> what) {
    sc_core::sc_spawn([time_ns, what = std::move(what)] {
        sc_core::wait(ns(time_ns));
        what();
    });
}

inline CpuConfig costs(double send_ns) {
    CpuConfig config;
    config.work_ns[static_cast<size_t>(Work::send_nb)] = send_ns;
    return config;
}

}  // namespace hw
