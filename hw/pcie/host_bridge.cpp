// SPDX-License-Identifier: Apache-2.0
#include "host_bridge.h"

namespace hw {

HostBridge::HostBridge(const sc_core::sc_module_name& name, size_t ports) : sc_module(name), mmio_socket("mmio_socket"), ports_(ports) {
    mmio_socket.register_b_transport(this, &HostBridge::transport);
    for (Port& port : ports_)
        port.socket = std::make_unique<tlm_utils::simple_initiator_socket<HostBridge>>(sc_core::sc_gen_unique_name("port"));
}

void HostBridge::connect(size_t port, tlm::tlm_base_target_socket_b<>& registers, const LinkConfig& config) {
    ports_[port].low = {config.mmio32_base, config.mmio32_bytes};
    ports_[port].high = {config.mmio64_base, config.mmio64_bytes};
    ports_[port].socket->bind(registers);
}

void HostBridge::transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
    Port* to = &ports_.front();
    for (Port& port : ports_)
        if (port.low.has(transaction.get_address()) || port.high.has(transaction.get_address())) to = &port;
    (*to->socket)->b_transport(transaction, delay);
}

}  // namespace hw
