// SPDX-License-Identifier: Apache-2.0
// The host bridge: CPU addresses to the root port in whose windows they lie.
//
// Takes no time: what an access costs is the root port's. An address of nobody's window goes to the first port, which refuses it.
//
//   HostBridge bridge("bridge", 2);
//   bridge.connect(0, root0.mmio_socket, link0.config());
//   bridge.connect(1, root1.mmio_socket, link1.config());   // its windows are apart from the others'
//   cpu.mmio_socket.bind(bridge.mmio_socket);
//
// Spec: [T] IEEE 1666-2011, TLM-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "link_config.h"

namespace hw {

class HostBridge : public sc_core::sc_module {
public:
    // So many root ports, one or more.
    HostBridge(const sc_core::sc_module_name& name, size_t ports);

    tlm_utils::simple_target_socket<HostBridge> mmio_socket;

    // Each port once, before the simulation starts: the mmio_socket of a root complex, and the configuration that has its windows.
    void connect(size_t port, tlm::tlm_base_target_socket_b<>& registers, const LinkConfig& config);

private:
    struct Window {
        uint64_t base = 0, bytes = 0;
        bool has(uint64_t address) const { return address >= base && address - base < bytes; }
    };
    struct Port {
        Window low, high;
        std::unique_ptr<tlm_utils::simple_initiator_socket<HostBridge>> socket;
    };
    void transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay);

    std::vector<Port> ports_;
};

}  // namespace hw
