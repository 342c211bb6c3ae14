/* SPDX-License-Identifier: Apache-2.0 */
/* Which NIC a scenario asks for: its shape, of those that were built, and whether it has offloads. */
#include <stdio.h>
#include <string.h>

#include "scenario.h"

enum { AUTO, NO, YES }; /* nic.offloads */

static const struct shape {
    unsigned bits, pairs;
    bool offloads;
} shapes[] = {
#define plain false
#define full true
#define SHAPE(bits, pairs, kind) {bits, pairs, kind},
#include "hw/nic/shapes.def"
#undef SHAPE
#undef full
#undef plain
};

static bool was_built(const struct scenario *scenario, bool offloads) {
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (shapes[i].bits == scenario->nic_datapath_bits && shapes[i].pairs == scenario->nic_queue_pairs && shapes[i].offloads == offloads)
            return true;
    return false;
}

unsigned scenario_driver_pairs(const struct scenario *scenario) {
    const unsigned pairs = (unsigned)(scenario->driver_queue_pairs ? scenario->driver_queue_pairs : scenario->nic_queue_pairs);
    unsigned rounded = 1;
    while (2 * rounded <= pairs) rounded *= 2;
    return scenario->driver_model != 0 ? rounded : pairs;
}

/* The key by which the driver is told to use an offload, or -1. */
static int uses_offload(const struct scenario *scenario) {
    if (scenario->driver_checksum_offload) return SCENARIO_KEY_driver_checksum_offload;
    if (scenario->driver_large_send) return SCENARIO_KEY_driver_large_send;
    if (scenario->driver_rss) return SCENARIO_KEY_driver_rss;
    if (scenario->driver_mergeable) return SCENARIO_KEY_driver_mergeable;
    if (*scenario->driver_mac) return SCENARIO_KEY_driver_mac;
    if (scenario->driver_filter) return SCENARIO_KEY_driver_filter;
    return -1;
}

/* NetAdapterCx does these itself where the NIC does not. */
static bool has_software(const struct scenario *scenario, int key) {
    return scenario->driver_model != 0 && (key == SCENARIO_KEY_driver_checksum_offload || key == SCENARIO_KEY_driver_large_send);
}

/* Several queues NetAdapterCx has for scaling alone. */
static bool scales(const struct scenario *scenario) {
    return scenario->driver_model != 0 && scenario->nic_queue_pairs > 1 && scenario->driver_queue_pairs != 1;
}

/* What a driver that is not ours asks for, nobody knows before. */
static bool driven_by_stranger(const struct scenario *scenario) {
    if (*scenario->linux_job) return true;
    const struct scenario_drivers *stack = &scenario->driver_stack;
    return stack->count > 0 && stack->drivers[0].kind == SCENARIO_DRIVER_MODULE && strcmp(stack->drivers[0].argument, "nic0") == 0;
}

bool scenario_offloads(const struct scenario *scenario) {
    if (scenario->nic_offloads != AUTO) return scenario->nic_offloads == YES;
    /* The C model has every shape, and is the NIC that the RTL would be. */
    return uses_offload(scenario) >= 0 || scales(scenario) || driven_by_stranger(scenario) || !was_built(scenario, false);
}

int scenario_check_nic(const struct scenario *scenario, FILE *errors) {
    const int used = uses_offload(scenario);
    if (scenario->nic_offloads == NO && used >= 0 && !has_software(scenario, used)) {
        scenario_complain(scenario, (unsigned)used, errors, "needs the NIC's offloads: leave nic.offloads out, or make it yes");
        return 1;
    }
    if (scenario->nic_kind != 0 || was_built(scenario, scenario_offloads(scenario))) return 0;
    char built[256] = "";
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (shapes[i].offloads != scenario_offloads(scenario)) continue;
        const size_t at = strlen(built);
        snprintf(built + at, sizeof built - at, "%s%u with %u", at ? ", " : "", shapes[i].bits, shapes[i].pairs);
    }
    scenario_complain(scenario, SCENARIO_KEY_nic_queue_pairs, errors,
                      "this build has no NIC of %u bits with %u queue pairs%s; nic.datapath_bits with nic.queue_pairs can be %s",
                      (unsigned)scenario->nic_datapath_bits, (unsigned)scenario->nic_queue_pairs,
                      scenario_offloads(scenario) ? "" : " and nic.offloads: no", built);
    return 1;
}
