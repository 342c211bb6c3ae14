// SPDX-License-Identifier: Apache-2.0
// What an operating system's PCI bus driver does before a network driver sees its device: find it, give it addresses, size its packets,
// switch it on, and own its MSI-X table.
//
// Everything goes through configuration and register accesses, so it takes the simulated time that it takes. One device, function 0,
// type 0 header, one memory BAR (BAR0) that also holds the MSI-X table.
//
// Modelled: BAR sizing and assignment, MPS, MRRS and extended tags, MSI-X. Not modelled: bridges, several functions, expansion ROMs,
// power management, hot plug.
//
// Spec: [P] PCI Express Base 5.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cpu.h"
#include "root_complex.h"

namespace sim {

class BusDriver {
public:
    struct Config {
        unsigned number = 0;             // of the device, of several: its messages and its vectors in traces are apart from the others'
        uint32_t mps = 256;              // maximum payload size to programme, bytes: 128 << n
        uint32_t mrrs = 512;             // maximum read request size to programme, bytes: 128 << n
        bool short_timeout = false;      // the device's completion timeout: 50 to 100 us, or as it comes [P] 7.5.3.16
        uint64_t window_base = 0xC0000000, window_bytes = 0x30000000;  // CPU addresses that BAR0 is placed in: LinkConfig's mmio32
        unsigned max_vectors = 64;       // granted at most: 16 queue pairs, a control queue and the configuration need 34
        uint64_t message_address = 0xFEE00000;  // of all vectors; the root complex takes 0xFEE00000 to 0xFEEFFFFF for messages
        uint32_t first_message_data = 0x40;     // vector n sends this + n; differs from n so that mixing them up is seen
    };

    // Both outlive this object.
    BusDriver(const Config& config, hw::Cpu& cpu, hw::RootComplex& root);

    // Brings the device to the state in which a driver starts it. Blocks: call it once, in a thread of the CPU. Empty when done, else
    // one line that says what is wrong with the device or the configuration; the device is not usable then.
    std::string start();

    // Instead of start(), for a host that configures devices itself: what firmware does before, which is to set the sizes of TLPs; and that
    // after a reset of the function, which takes 100 ms. Both block, in any SC_THREAD. Empty, or one line.
    std::string prepare();
    std::string reset();

    uint16_t vendor_id() const { return vendor_id_; }
    uint16_t device_id() const { return device_id_; }
    uint64_t bar_address() const { return bar_address_; }
    uint64_t bar_bytes() const { return bar_bytes_; }
    unsigned vectors() const { return static_cast<unsigned>(connected_.size()); }

    uint32_t config_read(unsigned offset, unsigned size) { return root_.config_read(offset, size); }
    void config_write(unsigned offset, unsigned size, uint32_t value) { root_.config_write(offset, size, value); }

    // Make `vector` run `isr`: programmes its table entry, then unmasks it. 0, -EINVAL when there is no such vector, -EBUSY when it is
    // connected. Blocks, as it reads the entry back: when it returns, the device has the entry.
    int connect(unsigned vector, std::function<void()> isr);
    // Masks the entry and waits until the device knows; `isr` does not run after that. Nothing if it is not connected. Blocks.
    void disconnect(unsigned vector);

private:
    std::string find_device();
    std::string reset_function();
    std::string assign_bar();
    std::string find_capabilities();
    std::string set_packet_sizes();
    std::string enable_msix();
    void set_command(uint16_t set, uint16_t clear);
    uint64_t entry(unsigned vector) const;
    void set_mask(unsigned vector, bool masked);

    static constexpr unsigned not_connected = UINT32_MAX;

    const Config config_;
    hw::Cpu& cpu_;
    hw::RootComplex& root_;
    uint16_t vendor_id_ = 0, device_id_ = 0;
    uint64_t bar_address_ = 0, bar_bytes_ = 0;
    unsigned express_ = 0, msix_ = 0;        // offsets of the capabilities, 0: none
    uint64_t msix_table_ = 0;                // CPU address
    std::vector<unsigned> connected_;        // by vector: the CPU's handle
};

}  // namespace sim
