// SPDX-License-Identifier: Apache-2.0
// An endpoint in a few lines: configuration space with its read-only bits, 64 KiB of registers, MSI-X, DMA on request.
#pragma once

#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "nic.h"
#include "regmap.h"
#include "tlp.h"

namespace sim {

class ModelDevice : public hw::Nic {
public:
    static constexpr unsigned vectors = 4;

    ModelDevice() : config(4096), writable(4096), registers(BAR0_SIZE) {
        set(PCI_CFG_VENDOR_ID, 2, PCI_ID_VENDOR);
        set(PCI_CFG_DEVICE_ID, 2, PCI_ID_DEVICE);
        set(PCI_CFG_STATUS, 2, 1u << PCI_STATUS_CAPABILITY_LIST_BIT);
        set(PCI_CFG_COMMAND, 2, 0, 0x407);
        set(PCI_CFG_BAR0, 4, PCI_BAR_MEMORY_64, ~(uint32_t{BAR0_SIZE} - 1));
        set(PCI_CFG_BAR0_HIGH, 4, 0, UINT32_MAX);
        set(PCI_CFG_CAPABILITIES, 1, PCI_CAP_EXPRESS);
        set(PCI_CAP_EXPRESS, 2, PCI_CAP_MSIX << 8 | PCI_CAP_ID_EXPRESS);
        set(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CAPABILITIES, 4, 2u << PCI_EXP_DEVCAP_MPS_LSB | 1u << PCI_EXP_DEVCAP_EXTENDED_TAG_BIT);
        set(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 2, 0x2810, 0x7FFF);
        set(PCI_CAP_MSIX, 2, PCI_CAP_ID_MSIX);
        set(PCI_CAP_MSIX + PCI_MSIX_CONTROL, 2, vectors - 1, 0xC000);
        set(PCI_CAP_MSIX + PCI_MSIX_TABLE, 4, BAR0_MSIX_TABLE);
        for (unsigned v = 0; v < vectors; v++) registers[entry(v) + PCI_MSIX_ENTRY_CONTROL] = 1;
    }

    void set(uint32_t offset, uint32_t size, uint32_t value, uint32_t mask = 0) {
        for (uint32_t i = 0; i < size; i++) {
            config[offset + i] = static_cast<uint8_t>(value >> 8 * i);
            writable[offset + i] = static_cast<uint8_t>(mask >> 8 * i);
        }
    }
    static uint32_t get(const std::vector<uint8_t>& from, uint64_t offset, uint32_t size = 4) {
        uint32_t value = 0;
        for (uint32_t i = 0; i < size; i++) value |= uint32_t{from[offset + i]} << 8 * i;
        return value;
    }
    uint64_t bar() const { return (get(config, PCI_CFG_BAR0) & ~0xFu) | uint64_t{get(config, PCI_CFG_BAR0_HIGH)} << 32; }
    static uint64_t entry(unsigned vector) { return BAR0_MSIX_TABLE + vector * uint64_t{PCI_MSIX_ENTRY_SIZE}; }

    // As a device does: an interrupt only when it is enabled and not masked.
    bool raise(unsigned vector) {
        const uint32_t control = get(config, PCI_CAP_MSIX + PCI_MSIX_CONTROL, 2);
        if (!(control & 1u << PCI_MSIX_CONTROL_ENABLE_BIT) || (control & 1u << PCI_MSIX_CONTROL_FUNCTION_MASK_BIT)) return false;
        if (registers[entry(vector) + PCI_MSIX_ENTRY_CONTROL] & 1) return false;
        const uint64_t address = get(registers, entry(vector)) | uint64_t{get(registers, entry(vector) + PCI_MSIX_ENTRY_ADDRESS_HIGH)} << 32;
        send(hw::make_mem_write(id_, address, &registers[entry(vector) + PCI_MSIX_ENTRY_DATA], 4));
        return true;
    }
    void dma_write(uint64_t iova, const std::vector<uint8_t>& data) {
        send(hw::make_mem_write(id_, iova, data.data(), static_cast<uint32_t>(data.size())));
    }
    // `done` gets the bytes, or nothing when the read was refused.
    void dma_read(uint64_t iova, uint32_t bytes, std::function<void(std::vector<uint8_t>)> done) {
        const uint32_t tag = next_tag_++ & 0xFF;
        reads_[tag] = {{}, std::move(done), iova & 3};
        send(hw::make_mem_read(id_, tag, iova, bytes));
    }

    void connect(hw::DeviceLink& link, hw::DeviceWire&) override { link_ = &link; }
    void receive(hw::FramePtr) override {}
    void wake() override { flush(); }
    uint64_t cycles() const override { return 0; }
    uint64_t cycles_evaluated() const override { return 0; }
    void receive(hw::TlpPtr tlp) override {
        link_->release(tlp->kind(), tlp->payload_bytes);
        if (tlp->is_completion()) return completion(*tlp);
        if (tlp->is_config()) return configuration(*tlp);
        if (!silent && tlp->is_memory_write()) store(registers, nullptr, tlp->address() - bar(), *tlp);
        if (tlp->is_memory_write() && on_write) on_write(tlp->address() - bar());
        if (!silent && tlp->is_memory_read()) {
            const uint64_t first = tlp->first_byte();
            send(hw::make_completion(*tlp, id_, TLP_STATUS_SC, first, tlp->byte_span(), &registers[first - bar()], tlp->byte_span()));
        }
    }

    std::vector<uint8_t> config, writable, registers;
    bool silent = false;         // answers configuration accesses only
    bool absent = false;         // refuses these, too: as an empty slot
    std::function<void(uint64_t offset)> on_write;

private:
    struct Read {
        std::vector<uint8_t> data;
        std::function<void(std::vector<uint8_t>)> done;
        uint64_t lead;
    };

    void configuration(const hw::Tlp& tlp) {
        if (absent) return send(hw::make_completion(tlp, id_, TLP_STATUS_UR, 0, 4, nullptr, 0));
        if (tlp.has_data()) {
            id_ = tlp.config_target();
            store(config, writable.data(), tlp.config_offset(), tlp);
            return send(hw::make_completion(tlp, id_, TLP_STATUS_SC, 0, 4, nullptr, 0));
        }
        send(hw::make_completion(tlp, id_, TLP_STATUS_SC, 0, 4, &config[tlp.config_offset()], 4));
    }
    static void store(std::vector<uint8_t>& where, const uint8_t* mask, uint64_t offset, const hw::Tlp& tlp) {
        for (uint32_t i = 0; i < tlp.payload_bytes; i++) {
            const uint32_t enables = i < 4 ? tlp.first_be() : i >= tlp.payload_bytes - 4 ? tlp.last_be() : 0xF;
            const uint8_t bits = !(enables >> (i & 3) & 1) ? 0 : mask ? mask[offset + i] : 0xFF;
            where[offset + i] = static_cast<uint8_t>((where[offset + i] & ~bits) | (tlp.payload[i] & bits));
        }
    }
    void completion(const hw::Tlp& tlp) {
        Read& read = reads_[tlp.tag()];
        const bool good = tlp.status() == TLP_STATUS_SC;
        const uint32_t lead = tlp.lower_address() & 3;
        const uint32_t bytes = good ? std::min(tlp.payload_bytes - lead, tlp.byte_count()) : 0;
        read.data.insert(read.data.end(), tlp.payload.begin() + lead, tlp.payload.begin() + lead + bytes);
        if (good && bytes < tlp.byte_count()) return;
        if (!good) read.data.clear();
        Read whole = std::move(read);
        reads_.erase(tlp.tag());
        whole.done(std::move(whole.data));
    }
    void send(hw::TlpPtr tlp) {
        waiting_.push_back(std::move(tlp));
        flush();
    }
    void flush() {
        while (!waiting_.empty() && link_->can_send(waiting_.front()->kind())) {
            link_->send(std::move(waiting_.front()));
            waiting_.pop_front();
        }
    }

    hw::DeviceLink* link_ = nullptr;
    std::deque<hw::TlpPtr> waiting_;
    std::map<uint32_t, Read> reads_;
    uint32_t next_tag_ = 0;
    uint32_t id_ = 0;
};

}  // namespace sim
