// SPDX-License-Identifier: Apache-2.0
// A machine of root complex, link, a plain memory and a device without logic, for the tests of this folder.
#pragma once

#ifndef SC_INCLUDE_DYNAMIC_PROCESSES
#define SC_INCLUDE_DYNAMIC_PROCESSES
#endif
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include "link.h"
#include "root_complex.h"
#include "sim_time.h"

namespace hw {

constexpr uint64_t memory_base = 0x100000000;
constexpr uint16_t nic_id = 0x0100;

// 1 MiB of RAM on the bus at memory_base. Records its accesses; addresses in [refuse_from, refuse_to) are refused.
struct Memory : sc_core::sc_module {
    struct Access {
        uint64_t time_ps;
        bool write;
        uint64_t address;
        uint32_t bytes;
        uint64_t tlp_id;
    };
    tlm_utils::simple_target_socket<Memory> socket;
    std::vector<uint8_t> bytes;
    std::vector<Access> accesses;
    uint64_t refuse_from = 0, refuse_to = 0, delay_ps = 0;

    explicit Memory(const sc_core::sc_module_name& name) : sc_module(name), socket("socket"), bytes(1 << 20) {
        socket.register_b_transport(this, &Memory::transport);
        for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = pattern(i);
    }
    static uint8_t pattern(uint64_t offset) { return static_cast<uint8_t>(offset ^ offset >> 8 ^ 0x5A); }

    void transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
        const uint64_t address = transaction.get_address();
        const uint32_t length = transaction.get_data_length();
        TlpExtension* tlp = nullptr;
        transaction.get_extension(tlp);
        accesses.push_back({now_ps(), transaction.is_write(), address, length, tlp ? tlp->tlp_id : 0});
        delay += ps_time(delay_ps);
        const bool refused = address < refuse_to && address + length > refuse_from;
        if (refused || address < memory_base || address + length > memory_base + bytes.size())
            return transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        uint8_t* data = transaction.get_data_ptr();
        const uint8_t* enables = transaction.get_byte_enable_ptr();
        for (uint32_t i = 0; i < length; ++i) {
            uint8_t& byte = bytes[address - memory_base + i];
            if (transaction.is_read())
                data[i] = byte;
            else if (!enables || enables[i] == TLM_BYTE_ENABLED)
                byte = data[i];
        }
        transaction.set_response_status(tlm::TLM_OK_RESPONSE);
    }
};

// A device at the end of the link: remembers what arrives, answers register and configuration accesses if told to.
struct FakeNic : Nic {
    struct Received {
        uint64_t time_ps;
        uint32_t type, tag, status, byte_count, lower_address;
        std::vector<uint8_t> payload;
    };
    DeviceLink* link = nullptr;
    std::vector<Received> received;
    std::vector<uint64_t> wakes;
    bool answers = true;         // configuration and register reads
    bool releases = true;        // receive buffers at once
    uint32_t refuse_status = TLP_STATUS_SC;  // of the answers to register reads
    std::deque<TlpPtr> answered;             // until the link takes them
    std::vector<uint8_t> config = std::vector<uint8_t>(4096), registers = std::vector<uint8_t>(65536);
    uint32_t id = 0;
    std::function<void(const Tlp&)> on_receive;
    sc_core::sc_event changed;

    void connect(DeviceLink& to, DeviceWire&) override { link = &to; }
    void receive(FramePtr) override {}
    void wake() override {
        wakes.push_back(now_ps());
        flush();
        changed.notify(sc_core::SC_ZERO_TIME);
    }
    uint64_t cycles() const override { return 0; }
    uint64_t cycles_evaluated() const override { return 0; }

    void receive(TlpPtr tlp) override {
        received.push_back({now_ps(), tlp->fmt_type(), tlp->tag(), tlp->status(), tlp->byte_count(), tlp->lower_address(),
                            std::vector<uint8_t>(tlp->payload.begin(), tlp->payload.begin() + tlp->payload_bytes)});
        if (releases) link->release(tlp->kind(), tlp->payload_bytes);
        if (on_receive) on_receive(*tlp);
        if (tlp->is_memory_write()) store(registers, tlp->address() & 0xFFFF, *tlp);
        if (tlp->fmt_type() == TLP_TYPE_CFGWR0) {
            id = tlp->config_target();
            store(config, tlp->config_offset(), *tlp);
        }
        if (answers && tlp->kind() == TlpKind::non_posted) answer(*tlp);
        flush();
        changed.notify(sc_core::SC_ZERO_TIME);
    }
    void flush() {
        while (!answered.empty() && link->can_send(TlpKind::completion)) {
            link->send(std::move(answered.front()));
            answered.pop_front();
        }
    }
    static void store(std::vector<uint8_t>& where, uint64_t offset, const Tlp& tlp) {
        for (uint32_t i = 0; i < tlp.payload_bytes; ++i) {
            const uint32_t be = i < 4 ? tlp.first_be() : i >= tlp.payload_bytes - 4 ? tlp.last_be() : 0xF;
            if (be >> (i & 3) & 1) where[offset + i] = tlp.payload[i];
        }
    }
    void answer(const Tlp& tlp) {
        uint32_t status = TLP_STATUS_SC, bytes = 0, count = 4;
        uint64_t first = 0;
        const uint8_t* data = nullptr;
        if (tlp.is_memory_read()) {
            first = tlp.first_byte();
            count = bytes = tlp.byte_span();
            data = &registers[first & 0xFFFF];  // the tests read what fits one completion
            status = refuse_status;
            if (status != TLP_STATUS_SC) bytes = 0;
        } else if (tlp.fmt_type() == TLP_TYPE_CFGRD0) {
            bytes = 4;
            data = &config[tlp.config_offset()];
        }
        answered.push_back(make_completion(tlp, id, status, first, count, data, bytes));
    }
};

struct NoWire : DeviceWire {
    uint64_t start_ps() const override { return UINT64_MAX; }
    uint64_t continue_ps(uint32_t) const override { return UINT64_MAX; }
    void start() override {}
    void finish(FramePtr) override {}
    bool link_up() const override { return false; }
};

struct Cpu : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<Cpu> socket;
    explicit Cpu(const sc_core::sc_module_name& name) : sc_module(name), socket("socket") {}
};

struct Machine {
    EventStream events;
    std::vector<Violation> violations;
    PcieLink link;
    Memory memory;
    RootComplex root;
    FakeNic nic;
    NoWire wire;
    Cpu cpu;

    explicit Machine(const LinkConfig& config = {}, const char* suffix = "")
        : link((std::string("link") + suffix).c_str(), config, events), memory((std::string("memory") + suffix).c_str()),
          root((std::string("root") + suffix).c_str(), link, events), cpu((std::string("cpu") + suffix).c_str()) {
        root.memory_socket.bind(memory.socket);
        cpu.socket.bind(root.mmio_socket);
        nic.connect(link, wire);
        link.connect(nic, root);
        events.on_violation([this](const Violation& violation) { violations.push_back(violation); });
    }

    // Runs `body` as a thread, after the device was told that it may be bus master, until nothing happens any more.
    void run(const std::function<void()>& body) {
        spawn(body);
        sc_core::sc_start();
    }
    void spawn(const std::function<void()>& body) {
        sc_core::sc_spawn([this, body] {
            root.config_write(PCI_CFG_COMMAND, 2, 6);
            sc_core::wait(1, sc_core::SC_US);  // quiet again
            nic.received.clear();
            memory.accesses.clear();
            body();
        });
    }
    void send(TlpPtr tlp) {
        while (!link.can_send(tlp->kind())) sc_core::wait(nic.changed);
        link.send(std::move(tlp));
    }
    void read(uint32_t tag, uint64_t offset, uint32_t bytes) { send(make_mem_read(nic_id, tag, memory_base + offset, bytes)); }
    void write(uint64_t offset, const std::vector<uint8_t>& data) {
        send(make_mem_write(nic_id, memory_base + offset, data.data(), static_cast<uint32_t>(data.size())));
    }
    tlm::tlm_response_status access(tlm::tlm_command command, uint64_t address, void* data, uint32_t bytes) {
        tlm::tlm_generic_payload transaction;
        transaction.set_command(command);
        transaction.set_address(address);
        transaction.set_data_ptr(static_cast<uint8_t*>(data));
        transaction.set_data_length(bytes);
        transaction.set_streaming_width(bytes);
        sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
        cpu.socket->b_transport(transaction, delay);
        return transaction.get_response_status();
    }
    // Time on the link of one TLP of so many bytes, alone.
    uint64_t ps(uint64_t bytes) const { return bytes * link.rate().ps_numerator / link.rate().ps_denominator; }
    std::string first_violation() const { return violations.empty() ? "" : violations[0].check + ": " + violations[0].message; }
};

}  // namespace hw
