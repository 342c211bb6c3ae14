// SPDX-License-Identifier: Apache-2.0
#include "stack_config.h"

#include <cinttypes>
#include <cstdio>

#include "machine.h"
#include "regmap.h"

namespace sim {

namespace {

static_assert(static_cast<int>(SCENARIO_MAX_DRIVERS) == TRAFFIC_STACK_MOST);
static_assert(static_cast<int>(SCENARIO_DRIVER_CAPTURE) == TRAFFIC_DRIVER_CAPTURE);
static_assert(static_cast<int>(SCENARIO_DRIVER_VLAN) == TRAFFIC_DRIVER_VLAN);
static_assert(static_cast<int>(SCENARIO_DRIVER_MUX) == TRAFFIC_DRIVER_MUX);
static_assert(static_cast<int>(SCENARIO_DRIVER_MODULE) == TRAFFIC_DRIVER_MODULE);
static_assert(static_cast<int>(SCENARIO_DRIVER_TEAM) == TRAFFIC_DRIVER_TEAM);
static_assert(static_cast<int>(MACHINE_MAX_ADAPTERS) == TRAFFIC_NICS_MOST);

constexpr uint64_t feature(unsigned bit) { return uint64_t{1} << bit; }

// Of what the driver asks for by itself, what the scenario does not. The other features come with the keys that need them.
uint64_t declined_features(const scenario& scenario) {
    return (scenario.stress_queue_reset_every_us ? 0 : feature(VIRTIO_F_RING_RESET_BIT)) |
           (scenario.driver_event_idx ? 0 : feature(VIRTIO_F_EVENT_IDX_BIT));
}

}  // namespace

std::string memory_advice(const scenario& scenario) {
    const uint64_t slots = scenario.driver_rx_ring ? scenario.driver_rx_ring : 1024;  // rtl/nic_top.sv: MaxQueueSize
    const uint64_t page = 4096, pages = (12 + scenario.driver_rx_offset + scenario.driver_rx_buffer + page - 1) / page;
    char text[256];
    std::snprintf(text, sizeof text,
                  "; %u queue pairs of up to %" PRIu64 " receive buffers of %" PRIu64 " bytes want %" PRIu64 " MiB for these alone, of the %" PRIu64
                  " MiB of memory.size_mib: raise that, or lower driver.queue_pairs, driver.rx_ring or driver.rx_buffer",
                  scenario_driver_pairs(&scenario), slots, scenario.driver_rx_buffer, scenario_driver_pairs(&scenario) * slots * pages * page >> 20,
                  scenario.memory_size_mib);
    return text;
}

traffic_config stack_config(const scenario& scenario) {
    traffic_config config{};
    config.cut = static_cast<traffic_cut>(scenario.driver_cut);
    config.pieces = static_cast<unsigned>(scenario.driver_pieces);
    config.seed = scenario.seed;
    // Unless the scenario says otherwise, what the stack asks for; without the room NetAdapterCx would copy every frame.
    const bool chosen = scenario.marks[SCENARIO_KEY_driver_backfill].origin != SCENARIO_DEFAULT, asks = scenario.driver_stack.count || scenario.driver_model;
    config.backfill = chosen || !asks ? static_cast<unsigned>(scenario.driver_backfill) : TRAFFIC_BACKFILL_ASKED;
    config.protocol_ndis5 = scenario.driver_protocol == SCENARIO_PROTOCOL_NDIS5;
    config.tcpip = scenario.driver_protocol == SCENARIO_PROTOCOL_TCPIP ? scenario.driver_address : nullptr;
    config.miniport = scenario.driver_model ? TRAFFIC_MINIPORT_NETCX : static_cast<traffic_miniport>(scenario.driver_miniport);
    config.stack_count = scenario.driver_stack.count;
    for (unsigned i = 0; i < config.stack_count; i++)
        config.stack[i] = {static_cast<traffic_driver_kind>(scenario.driver_stack.drivers[i].kind), scenario.driver_stack.drivers[i].number},
        config.modules[i] = {scenario.driver_stack.drivers[i].path, scenario.driver_stack.drivers[i].argument};
    config.registry = scenario.driver_registry;
    config.guard_nbls = scenario.driver_guard_nbls;
    config.programs = scenario.driver_programs;
    config.program_print = [](void*, const char* text) { std::fputs(text, stderr); };
    if (scenario.driver_debug_print) config.debug_print = [](void*, const char* text) { std::fputs(text, stderr); };
    config.data_offset = static_cast<unsigned>(scenario.driver_data_offset);
    config.nbs_per_nbl = static_cast<unsigned>(scenario.driver_nbs_per_nbl);
    config.nbls_per_send = static_cast<unsigned>(scenario.driver_nbls_per_send);
    config.outstanding_nbls = static_cast<unsigned>(scenario.driver_outstanding);
    config.tx_queue_size = static_cast<unsigned>(scenario.driver_tx_ring);
    config.rx_queue_size = static_cast<unsigned>(scenario.driver_rx_ring);
    config.offloads.checksum = scenario.driver_checksum_offload;
    config.offloads.large_send = static_cast<unsigned>(scenario.driver_large_send);
    config.offloads.rss = scenario.driver_rss;
    config.offloads.mergeable = scenario.driver_mergeable;
    config.offloads.filter = scenario.driver_filter;
    config.tag = {static_cast<unsigned>(scenario.driver_vlan_id), static_cast<unsigned>(scenario.driver_priority), scenario.driver_vlan_by_adapter};
    config.rx_buffer_bytes = static_cast<unsigned>(scenario.driver_rx_buffer);
    config.rx_buffer_elements = static_cast<unsigned>(scenario.driver_rx_elements);
    config.rx_offset = static_cast<unsigned>(scenario.driver_rx_offset);
    config.queue_pairs = scenario_driver_pairs(&scenario);
    config.tx_interrupt_after = static_cast<unsigned>(scenario.driver_tx_interrupt_after);
    config.tx_indirect_from = static_cast<unsigned>(scenario.driver_tx_indirect_from);
    config.tx_max_packets = static_cast<uint32_t>(scenario.driver_tx_moderation_frames);
    config.tx_max_usecs = static_cast<uint32_t>(scenario.driver_tx_moderation_us);
    config.rx_max_packets = static_cast<uint32_t>(scenario.driver_rx_moderation_frames);
    config.rx_max_usecs = static_cast<uint32_t>(scenario.driver_rx_moderation_us);
    config.declined_features = declined_features(scenario);
    config.fault = static_cast<traffic_fault>(scenario.driver_fault);
    config.fault_packet = scenario.driver_fault_packet;
    return config;
}

}  // namespace sim
