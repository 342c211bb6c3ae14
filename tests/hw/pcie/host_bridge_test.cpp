// SPDX-License-Identifier: Apache-2.0
// The host bridge between a CPU and two ports that note what reaches them.
#include "host_bridge.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hw {
namespace {

struct Port : sc_core::sc_module {
    tlm_utils::simple_target_socket<Port> socket{"socket"};
    std::vector<uint64_t> addresses;
    explicit Port(const sc_core::sc_module_name& name) : sc_module(name) { socket.register_b_transport(this, &Port::transport); }
    void transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time&) {
        addresses.push_back(transaction.get_address());
        transaction.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

struct Initiator : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<Initiator> socket{"socket"};
    explicit Initiator(const sc_core::sc_module_name& name) : sc_module(name) {}
    void read(uint64_t address) {
        tlm::tlm_generic_payload transaction;
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        transaction.set_address(address);
        socket->b_transport(transaction, delay);
        EXPECT_EQ(transaction.get_response_status(), tlm::TLM_OK_RESPONSE);
        EXPECT_EQ(delay, sc_core::SC_ZERO_TIME);
    }
};

TEST(HostBridge, AnAccessGoesToThePortInWhoseWindowItLies) {
    LinkConfig low, high;
    low.mmio32_base = 0xC0000000, low.mmio32_bytes = 0x1000;
    high.mmio32_base = 0xC0001000, high.mmio32_bytes = 0x1000;
    low.mmio64_base = 0x4000000000, low.mmio64_bytes = 0x1000;
    high.mmio64_base = 0x4000001000, high.mmio64_bytes = 0x1000;
    Initiator cpu("cpu");
    HostBridge bridge("bridge", 2);
    Port first("first"), second("second");
    cpu.socket.bind(bridge.mmio_socket);
    bridge.connect(0, first.socket, low);
    bridge.connect(1, second.socket, high);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    for (uint64_t address : {0xC0000FFCull, 0xC0001000ull, 0x4000000000ull, 0x4000001FFCull, 0xC0002000ull, 0ull}) cpu.read(address);
    EXPECT_EQ(first.addresses, (std::vector<uint64_t>{0xC0000FFC, 0x4000000000, 0xC0002000, 0})) << "which refuses what is nobody's";
    EXPECT_EQ(second.addresses, (std::vector<uint64_t>{0xC0001000, 0x4000001FFC}));
}

}  // namespace
}  // namespace hw
