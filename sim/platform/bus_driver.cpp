// SPDX-License-Identifier: Apache-2.0
#include "bus_driver.h"

#include <cerrno>
#include <cinttypes>
#include <cstdio>

#include "regmap.h"

namespace sim {
namespace {

// Fields that are the same in every function of every vendor, where regmap describes those of our device.
constexpr uint32_t no_device = 0xFFFF;             // [P] 2.3.2: what nobody answers reads as all ones
constexpr uint32_t header_type_offset = 2;         // [P] 7.5.1.1.9: byte 2 of the header word
constexpr uint32_t header_type_mask = 0x7F;        // without the multi-function bit
constexpr uint32_t bar_flags = 0xF;                // [P] 7.5.1.2.1: memory BAR, low bits
constexpr uint32_t bar_is_io = 0x1, bar_type = 0x6, bar_type_64 = 0x4;
constexpr uint32_t capability_pointer_mask = 0xFC; // [P] 7.5.1.1.11
constexpr unsigned most_capabilities = 48;         // as many as fit behind the header
constexpr uint32_t shortest_timeout = 1;            // [P] 7.5.3.16: 50 to 100 us
constexpr double function_reset_ms = 100;          // [P] 6.6.2
constexpr uint32_t msix_table_size = 0x7FF;        // [P] 7.7.2.2: last vector
constexpr uint32_t msix_bir = 0x7;                 // [P] 7.7.2.3: number of the BAR
constexpr uint32_t msix_entry_masked = 0x1;        // [P] 7.7.2.8

template <class... Args>
std::string print(const char* format, Args... args) {
    char line[200];
    std::snprintf(line, sizeof line, format, args...);
    return line;
}

// The code of a size in Device Control, or -1: 128 << code.
int size_code(uint32_t bytes) {
    for (int code = 0; code <= 5; code++)
        if (bytes == 128u << code) return code;
    return -1;
}

uint32_t mask(unsigned lsb, unsigned width) { return ((1u << width) - 1) << lsb; }

}  // namespace

BusDriver::BusDriver(const Config& config, hw::Cpu& cpu, hw::RootComplex& root) : config_(config), cpu_(cpu), root_(root) {}

std::string BusDriver::start() {
    for (auto step : {&BusDriver::find_device, &BusDriver::assign_bar, &BusDriver::find_capabilities, &BusDriver::set_packet_sizes,
                      &BusDriver::enable_msix}) {
        std::string error = (this->*step)();
        if (!error.empty()) return error;
    }
    return {};
}

std::string BusDriver::prepare() {
    for (auto step : {&BusDriver::find_device, &BusDriver::find_capabilities, &BusDriver::set_packet_sizes}) {
        std::string error = (this->*step)();
        if (!error.empty()) return error;
    }
    return {};
}

std::string BusDriver::reset() {
    std::string error = prepare();
    if (error.empty()) error = reset_function();
    return error.empty() ? prepare() : error;
}

// [P] 6.6.2: the function is given 100 ms.
std::string BusDriver::reset_function() {
    if (!(config_read(express_ + PCI_EXP_DEVICE_CAPABILITIES, PCI_EXP_DEVICE_CAPABILITIES_BYTES) & 1u << PCI_EXP_DEVCAP_FLR_BIT))
        return "the device has no function level reset";
    const uint32_t control = config_read(express_ + PCI_EXP_DEVICE_CONTROL, PCI_EXP_DEVICE_CONTROL_BYTES);
    config_write(express_ + PCI_EXP_DEVICE_CONTROL, PCI_EXP_DEVICE_CONTROL_BYTES, control | 1u << PCI_EXP_DEVCTL_INITIATE_FLR_BIT);
    sc_core::wait(sc_core::sc_time(function_reset_ms, sc_core::SC_MS));
    return {};
}

std::string BusDriver::find_device() {
    vendor_id_ = static_cast<uint16_t>(config_read(PCI_CFG_VENDOR_ID, PCI_CFG_VENDOR_ID_BYTES));
    if (vendor_id_ == no_device) return "no device answers configuration reads behind the root port";
    device_id_ = static_cast<uint16_t>(config_read(PCI_CFG_DEVICE_ID, PCI_CFG_DEVICE_ID_BYTES));
    const uint32_t type = config_read(PCI_CFG_HEADER + header_type_offset, 1) & header_type_mask;
    if (type != 0) return print("device %04x:%04x has header type %u, expected 0 (an endpoint)", vendor_id_, device_id_, type);
    return {};
}

void BusDriver::set_command(uint16_t set, uint16_t clear) {
    const auto value = static_cast<uint16_t>(config_read(PCI_CFG_COMMAND, PCI_CFG_COMMAND_BYTES));
    config_write(PCI_CFG_COMMAND, PCI_CFG_COMMAND_BYTES, (value & ~uint32_t{clear}) | set);
}

// [P] 7.5.1.2.1: all ones written, the address bits that the device implements read back. Memory space is off meanwhile, as the BAR
// stands at a wrong address.
std::string BusDriver::assign_bar() {
    set_command(0, 1u << PCI_COMMAND_MEMORY_BIT | 1u << PCI_COMMAND_BUS_MASTER_BIT);
    config_write(PCI_CFG_BAR0, 4, UINT32_MAX);
    const uint32_t low = config_read(PCI_CFG_BAR0, 4);
    if (low == 0 || (low & bar_is_io)) return print("BAR0 reads %#x after sizing, expected a memory BAR", low);
    const bool wide = (low & bar_type) == bar_type_64;
    uint64_t ones = (wide ? 0 : uint64_t{UINT32_MAX} << 32) | (low & ~bar_flags);
    if (wide) {
        config_write(PCI_CFG_BAR0_HIGH, 4, UINT32_MAX);
        ones |= uint64_t{config_read(PCI_CFG_BAR0_HIGH, 4)} << 32;
    }
    bar_bytes_ = ~ones + 1;
    if (bar_bytes_ == 0 || (bar_bytes_ & (bar_bytes_ - 1))) return print("BAR0 asks for %#" PRIx64 " bytes, not a power of two", bar_bytes_);
    bar_address_ = (config_.window_base + bar_bytes_ - 1) & ~(bar_bytes_ - 1);
    if (bar_address_ < config_.window_base || bar_address_ - config_.window_base > config_.window_bytes ||
        bar_bytes_ > config_.window_bytes - (bar_address_ - config_.window_base))
        return print("BAR0 asks for %#" PRIx64 " bytes, the root port's window has room for %#" PRIx64, bar_bytes_, config_.window_bytes);
    if (!wide && bar_address_ >> 32) return "BAR0 takes 32-bit addresses, the root port's window is above 4 GiB";
    config_write(PCI_CFG_BAR0, 4, static_cast<uint32_t>(bar_address_));
    if (wide) config_write(PCI_CFG_BAR0_HIGH, 4, static_cast<uint32_t>(bar_address_ >> 32));
    return {};
}

std::string BusDriver::find_capabilities() {
    if (!(config_read(PCI_CFG_STATUS, PCI_CFG_STATUS_BYTES) & 1u << PCI_STATUS_CAPABILITY_LIST_BIT)) return "the device has no capabilities";
    uint32_t offset = config_read(PCI_CFG_CAPABILITIES, PCI_CFG_CAPABILITIES_BYTES) & capability_pointer_mask;
    for (unsigned n = 0; offset != 0; n++) {
        if (n == most_capabilities) return "the device's list of capabilities has no end";
        const uint32_t header = config_read(offset, 2);  // id and next, a byte each
        if ((header & 0xFF) == PCI_CAP_ID_EXPRESS) express_ = offset;
        if ((header & 0xFF) == PCI_CAP_ID_MSIX) msix_ = offset;
        offset = header >> 8 & capability_pointer_mask;
    }
    if (!express_) return "the device has no PCI Express capability";
    if (!msix_) return "the device has no MSI-X capability";
    return {};
}

std::string BusDriver::set_packet_sizes() {
    const int mps = size_code(config_.mps), mrrs = size_code(config_.mrrs);
    if (mps < 0) return print("maximum payload size %u: expected 128, 256, 512, 1024, 2048 or 4096", config_.mps);
    if (mrrs < 0) return print("maximum read request size %u: expected 128, 256, 512, 1024, 2048 or 4096", config_.mrrs);
    const uint32_t capabilities = config_read(express_ + PCI_EXP_DEVICE_CAPABILITIES, PCI_EXP_DEVICE_CAPABILITIES_BYTES);
    const uint32_t supported = capabilities >> PCI_EXP_DEVCAP_MPS_LSB & mask(0, PCI_EXP_DEVCAP_MPS_WIDTH);
    if (static_cast<uint32_t>(mps) > supported)
        return print("maximum payload size %u: the device supports at most %u", config_.mps, 128u << supported);
    uint32_t control = config_read(express_ + PCI_EXP_DEVICE_CONTROL, PCI_EXP_DEVICE_CONTROL_BYTES);
    control &= ~(mask(PCI_EXP_DEVCTL_MPS_LSB, PCI_EXP_DEVCTL_MPS_WIDTH) | mask(PCI_EXP_DEVCTL_MRRS_LSB, PCI_EXP_DEVCTL_MRRS_WIDTH) |
                 1u << PCI_EXP_DEVCTL_EXTENDED_TAG_BIT);
    control |= static_cast<uint32_t>(mps) << PCI_EXP_DEVCTL_MPS_LSB | static_cast<uint32_t>(mrrs) << PCI_EXP_DEVCTL_MRRS_LSB;
    if (capabilities & 1u << PCI_EXP_DEVCAP_EXTENDED_TAG_BIT) control |= 1u << PCI_EXP_DEVCTL_EXTENDED_TAG_BIT;
    config_write(express_ + PCI_EXP_DEVICE_CONTROL, PCI_EXP_DEVICE_CONTROL_BYTES, control);
    if (config_.short_timeout) config_write(express_ + PCI_EXP_DEVICE_CONTROL_2, PCI_EXP_DEVICE_CONTROL_2_BYTES, shortest_timeout);
    return {};
}

// [P] 6.1.4: enabled with all vectors masked by the function mask, entries masked one by one, then the function mask goes.
std::string BusDriver::enable_msix() {
    const uint32_t control = config_read(msix_ + PCI_MSIX_CONTROL, PCI_MSIX_CONTROL_BYTES);
    const uint32_t table = config_read(msix_ + PCI_MSIX_TABLE, PCI_MSIX_TABLE_BYTES);
    const uint32_t count = (control & msix_table_size) + 1, offset = table & ~msix_bir;
    if ((table & msix_bir) != 0) return print("the MSI-X table is in BAR%u, expected BAR0", table & msix_bir);
    if (offset + uint64_t{count} * PCI_MSIX_ENTRY_SIZE > bar_bytes_)
        return print("the MSI-X table of %u entries at %#x is larger than BAR0", count, offset);
    msix_table_ = bar_address_ + offset;
    connected_.assign(count < config_.max_vectors ? count : config_.max_vectors, not_connected);
    const uint32_t enable = 1u << PCI_MSIX_CONTROL_ENABLE_BIT, function_mask = 1u << PCI_MSIX_CONTROL_FUNCTION_MASK_BIT;
    config_write(msix_ + PCI_MSIX_CONTROL, PCI_MSIX_CONTROL_BYTES, enable | function_mask);
    set_command(1u << PCI_COMMAND_MEMORY_BIT | 1u << PCI_COMMAND_BUS_MASTER_BIT | 1u << PCI_COMMAND_INTX_DISABLE_BIT, 0);
    for (unsigned vector = 0; vector < count; vector++) cpu_.mmio_write(entry(vector) + PCI_MSIX_ENTRY_CONTROL, 4, msix_entry_masked);
    const uint32_t masked = cpu_.mmio_read(entry(0) + PCI_MSIX_ENTRY_CONTROL, 4);  // waits for the writes, and shows that BAR0 answers
    if (masked == UINT32_MAX || !(masked & msix_entry_masked))
        return print("BAR0 at %#" PRIx64 " does not answer as an MSI-X table: entry 0 control reads %#x", bar_address_, masked);
    config_write(msix_ + PCI_MSIX_CONTROL, PCI_MSIX_CONTROL_BYTES, enable);
    return {};
}

uint64_t BusDriver::entry(unsigned vector) const { return msix_table_ + uint64_t{vector} * PCI_MSIX_ENTRY_SIZE; }

// Reading back makes sure that the device has the write: the read does not pass it, [P] 2.4.1.
void BusDriver::set_mask(unsigned vector, bool masked) {
    cpu_.mmio_write(entry(vector) + PCI_MSIX_ENTRY_CONTROL, PCI_MSIX_ENTRY_CONTROL_BYTES, masked ? msix_entry_masked : 0);
    cpu_.mmio_read(entry(vector) + PCI_MSIX_ENTRY_CONTROL, PCI_MSIX_ENTRY_CONTROL_BYTES);
}

int BusDriver::connect(unsigned vector, std::function<void()> isr) {
    if (vector >= connected_.size()) return -EINVAL;
    if (connected_[vector] != not_connected) return -EBUSY;
    const unsigned number = config_.number * config_.max_vectors + vector;
    const uint32_t data = config_.first_message_data + number;
    connected_[vector] = cpu_.connect(config_.message_address, data, number, std::move(isr));
    cpu_.mmio_write(entry(vector) + PCI_MSIX_ENTRY_ADDRESS, 4, static_cast<uint32_t>(config_.message_address));
    cpu_.mmio_write(entry(vector) + PCI_MSIX_ENTRY_ADDRESS_HIGH, 4, static_cast<uint32_t>(config_.message_address >> 32));
    cpu_.mmio_write(entry(vector) + PCI_MSIX_ENTRY_DATA, 4, data);
    set_mask(vector, false);
    return 0;
}

void BusDriver::disconnect(unsigned vector) {
    if (vector >= connected_.size() || connected_[vector] == not_connected) return;
    set_mask(vector, true);  // a message that the device sent before is here when the read comes back
    cpu_.disconnect(connected_[vector]);
    connected_[vector] = not_connected;
}

}  // namespace sim
