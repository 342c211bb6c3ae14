/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that one value alone cannot show: files that must be there, and keys that belong together. */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "scenario.h"

static int check_files(const struct scenario *scenario, FILE *errors) {
    int mistakes = 0;
    for (unsigned i = 0; i < SCENARIO_KEYS; i++) {
        if (scenario_keys[i].type != SCENARIO_FILE) continue;
        const char *path = *(char *const *)((const char *)scenario + scenario_keys[i].offset);
        if (*path && access(path, R_OK) != 0) {
            scenario_complain(scenario, i, errors, "cannot read '%s': %s", path, strerror(errno));
            mistakes++;
        }
    }
    return mistakes;
}

static int check_traffic(const struct scenario *scenario, FILE *errors) {
    int mistakes = 0;
    if (*scenario->host_capture && scenario->host_frames) {
        scenario_complain(scenario, SCENARIO_KEY_host_frames, errors,
                          "give either a capture or a number of generated frames, not both");
        mistakes++;
    }
    if (*scenario->wire_capture && scenario->wire_frames) {
        scenario_complain(scenario, SCENARIO_KEY_wire_frames, errors,
                          "give either a capture or a number of generated frames, not both");
        mistakes++;
    }
    return mistakes;
}

static int check_machine(const struct scenario *scenario, FILE *errors) {
    int mistakes = 0;
    if (2 * scenario->pcie_propagation_ns >= scenario->pcie_read_latency_ns) {
        scenario_complain(scenario, SCENARIO_KEY_pcie_propagation_ns, errors,
                          "two flights take %u ns, which pcie.read_latency_ns (%u ns) must exceed",
                          (unsigned)(2 * scenario->pcie_propagation_ns), (unsigned)scenario->pcie_read_latency_ns);
        mistakes++;
    }
    mistakes += scenario_check_nic(scenario, errors);
    const uint64_t datapath_mbps = scenario->nic_datapath_bits * scenario->nic_clock_mhz;
    if (datapath_mbps < scenario->wire_gbps * 1000) {
        scenario_complain(scenario, SCENARIO_KEY_wire_gbps, errors,
                          "the NIC moves %u bits at %u MHz, less than the wire: widen nic.datapath_bits or raise nic.clock_mhz",
                          (unsigned)scenario->nic_datapath_bits, (unsigned)scenario->nic_clock_mhz);
        mistakes++;
    }
    uint8_t mac[6];
    if (scenario_parse_mac(scenario->nic_mac, mac) != 0 || (mac[0] & 1)) {
        scenario_complain(scenario, SCENARIO_KEY_nic_mac, errors, "expected a unicast MAC address like 02:00:00:00:00:01, got '%s'",
                          scenario->nic_mac);
        mistakes++;
    }
    return mistakes;
}

/* A count alone would hold the last frames' interrupt back for ever; to the NIC, either one of 0 means no moderation. */
static int check_moderation(const struct scenario *scenario, unsigned key, uint64_t frames, uint64_t us, FILE *errors) {
    if ((frames == 0) == (us == 0)) return 0;
    scenario_complain(scenario, key, errors, "frames (%u) and time (%u us) of interrupt moderation are given together, or both are 0",
                      (unsigned)frames, (unsigned)us);
    return 1;
}

static int check_driver(const struct scenario *scenario, FILE *errors) {
    int mistakes = 0;
    if (scenario->driver_queue_pairs > scenario->nic_queue_pairs) {
        scenario_complain(scenario, SCENARIO_KEY_driver_queue_pairs, errors,
                          "the NIC has %u queue pair%s: raise nic.queue_pairs, or use fewer", (unsigned)scenario->nic_queue_pairs,
                          scenario->nic_queue_pairs == 1 ? "" : "s");
        mistakes++;
    }
    if (scenario->driver_tx_interrupt_after > 1 && !scenario->driver_event_idx) {
        scenario_complain(scenario, SCENARIO_KEY_driver_tx_interrupt_after, errors, "needs driver.event_idx: true");
        mistakes++;
    }
    mistakes += check_moderation(scenario, SCENARIO_KEY_driver_tx_moderation_us, scenario->driver_tx_moderation_frames,
                                 scenario->driver_tx_moderation_us, errors);
    mistakes += check_moderation(scenario, SCENARIO_KEY_driver_rx_moderation_us, scenario->driver_rx_moderation_frames,
                                 scenario->driver_rx_moderation_us, errors);
    if (scenario->driver_backfill + scenario->driver_data_offset > 4096) {
        scenario_complain(scenario, SCENARIO_KEY_driver_data_offset, errors,
                          "backfill and data offset together must fit in a page of 4096 bytes");
        mistakes++;
    }
    uint8_t mac[6];
    if (*scenario->driver_mac && (scenario_parse_mac(scenario->driver_mac, mac) != 0 || (mac[0] & 1))) {
        scenario_complain(scenario, SCENARIO_KEY_driver_mac, errors, "expected a unicast MAC address like 02:00:00:00:00:55, got '%s'",
                          scenario->driver_mac);
        mistakes++;
    }
    if (*scenario->expect_check && scenario->expect_verdict == 0) {
        scenario_complain(scenario, SCENARIO_KEY_expect_check, errors, "is only for expect.verdict: fail");
        mistakes++;
    }
    return mistakes;
}

/* A NIC that filters is in the VLANs that it was told, and of the slots it knows nothing. */
static int check_tag(const struct scenario *scenario, FILE *errors) {
    int mistakes = 0;
    if (scenario->driver_vlan_by_adapter && scenario->driver_vlan_id == 0) {
        scenario_complain(scenario, SCENARIO_KEY_driver_vlan_by_adapter, errors, "needs driver.vlan_id");
        mistakes++;
    }
    if (scenario->driver_filter && (scenario->driver_vlan_id || scenario->driver_priority) && !scenario->driver_vlan_by_adapter) {
        scenario_complain(scenario, SCENARIO_KEY_driver_filter, errors,
                          "the NIC would drop every frame with a tag: give driver.vlan_id with driver.vlan_by_adapter: true");
        mistakes++;
    }
    return mistakes;
}

/* Several NICs are there for a team, which is over all of them. */
static int check_team(const struct scenario *scenario, FILE *errors) {
    const struct scenario_drivers *stack = &scenario->driver_stack;
    int mistakes = 0;
    for (unsigned i = 1; i < stack->count; i++) {
        if (stack->drivers[i].kind != SCENARIO_DRIVER_TEAM) continue;
        scenario_complain(scenario, SCENARIO_KEY_driver_stack, errors, "a team is over NICs: it is the first driver of the stack");
        mistakes++;
    }
    const bool over_all = stack->count > 0 && (stack->drivers[0].kind == SCENARIO_DRIVER_TEAM || stack->drivers[0].kind == SCENARIO_DRIVER_MODULE);
    if (scenario->nic_adapters > 1 && !over_all) {
        scenario_complain(scenario, SCENARIO_KEY_nic_adapters, errors,
                          "%u NICs need a team, which is the first driver of driver.stack: `team spread`, `team failover`, or a module that does the like",
                          (unsigned)scenario->nic_adapters);
        mistakes++;
    }
    return mistakes;
}

enum { FAULT_COMPLETE_TWICE = 2 }; /* of driver.fault: NetAdapterCx completes, no client can */

/* What only the drivers of NDIS 6 do, and what the client of NetAdapterCx does not. */
static int check_age(const struct scenario *scenario, FILE *errors) {
    const struct {
        unsigned key;
        bool protocol, miniport, netcx, asked;
    } newer[] = {
        {SCENARIO_KEY_driver_nbs_per_nbl, true, false, false, scenario->driver_nbs_per_nbl > 1},
        {SCENARIO_KEY_driver_fault, true, true, scenario->driver_fault == FAULT_COMPLETE_TWICE, scenario->driver_fault != 0},
        {SCENARIO_KEY_driver_queue_pairs, false, true, false, scenario->driver_queue_pairs > 1},
        {SCENARIO_KEY_driver_event_idx, false, true, false, scenario->driver_event_idx},
        {SCENARIO_KEY_driver_tx_indirect_from, false, true, false, scenario->driver_tx_indirect_from != 0},
        {SCENARIO_KEY_driver_tx_moderation_frames, false, true, false, scenario->driver_tx_moderation_frames != 0},
        {SCENARIO_KEY_driver_rx_moderation_frames, false, true, false, scenario->driver_rx_moderation_frames != 0},
        {SCENARIO_KEY_driver_rx_elements, false, true, false, scenario->driver_rx_elements > 1},
        {SCENARIO_KEY_driver_rx_offset, false, true, true, scenario->driver_rx_offset != 0},
        {SCENARIO_KEY_stress_queue_reset_every_us, false, true, false, scenario->stress_queue_reset_every_us != 0},
        {SCENARIO_KEY_stress_device_reset_every_us, false, true, false, scenario->stress_device_reset_every_us != 0},
        {SCENARIO_KEY_stress_cancel_every_us, true, false, false, scenario->stress_cancel_every_us != 0},
        {SCENARIO_KEY_driver_vlan_id, true, true, false, scenario->driver_vlan_id != 0},
        {SCENARIO_KEY_driver_priority, true, true, false, scenario->driver_priority != 0},
        {SCENARIO_KEY_driver_mac, false, true, false, *scenario->driver_mac != '\0'},
    };
    int mistakes = 0;
    for (size_t i = 0; i < sizeof newer / sizeof *newer; i++) {
        if (!newer[i].asked) continue;
        const bool protocol = newer[i].protocol && scenario->driver_protocol == SCENARIO_PROTOCOL_NDIS5, miniport = newer[i].miniport && scenario->driver_miniport != 0;
        if (protocol || miniport) {
            scenario_complain(scenario, newer[i].key, errors, "is not for drivers of NDIS 5: leave it out, or use %s: ndis6",
                              miniport ? "driver.miniport" : "driver.protocol");
            mistakes++;
        }
        if (newer[i].netcx && scenario->driver_model != 0) {
            scenario_complain(scenario, newer[i].key, errors, "is not for the driver of NetAdapterCx: leave it out, or use driver.model: ndis");
            mistakes++;
        }
    }
    if (scenario->driver_model != 0 && scenario->driver_miniport != 0) {
        scenario_complain(scenario, SCENARIO_KEY_driver_miniport, errors, "is a driver of NDIS: leave it out, or use driver.model: ndis");
        mistakes++;
    }
    return mistakes;
}

int scenario_parse_mac(const char *text, uint8_t mac[6]) {
    for (unsigned i = 0; i < 6; i++) {
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) || text[2] != (i < 5 ? ':' : '\0'))
            return -EINVAL;
        unsigned byte;
        if (sscanf(text, "%2x", &byte) != 1) return -EINVAL;
        mac[i] = (uint8_t)byte;
        text += 3;
    }
    return 0;
}

int scenario_check(const struct scenario *scenario, FILE *errors) {
    const int mistakes = check_files(scenario, errors) + check_traffic(scenario, errors) + check_machine(scenario, errors) +
                         check_driver(scenario, errors) + check_tag(scenario, errors) + check_team(scenario, errors) +
                         check_age(scenario, errors);
    return mistakes ? -EINVAL : 0;
}
