/* SPDX-License-Identifier: Apache-2.0 */
/* Rules for live traffic: a TCP/IP stack, a TAP interface, a client. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenario.h"
#include "tap.h"

const uint8_t scenario_partner_mac[6] = {0x02, 0x00, 0x00, 0x00, 0x00, 0xFE};

int scenario_parse_address(const char *text, uint32_t *address, unsigned *prefix) {
    enum { PREFIX_MOST = 30 };
    char host[INET_ADDRSTRLEN];
    struct in_addr parsed;
    const char *slash = strchr(text, '/');
    char *end;
    if (!slash || slash - text >= INET_ADDRSTRLEN || slash[1] < '0' || slash[1] > '9') return -EINVAL;
    memcpy(host, text, (size_t)(slash - text));
    host[slash - text] = '\0';
    const unsigned long bits = strtoul(slash + 1, &end, 10);
    if (*end || bits < 1 || bits > PREFIX_MOST || inet_pton(AF_INET, host, &parsed) != 1) return -EINVAL;
    if (address) *address = ntohl(parsed.s_addr);
    if (prefix) *prefix = (unsigned)bits;
    return 0;
}

/* What a stack that makes its own frames leaves without meaning. */
static int check_stack(const struct scenario *scenario, FILE *errors) {
    const struct {
        unsigned key;
        bool asked;
    } frames[] = {
        {SCENARIO_KEY_host_capture, *scenario->host_capture != '\0'},
        {SCENARIO_KEY_host_frames, scenario->host_frames != 0},
        {SCENARIO_KEY_wire_capture, *scenario->wire_capture != '\0'},
        {SCENARIO_KEY_wire_frames, scenario->wire_frames != 0},
        {SCENARIO_KEY_driver_nbs_per_nbl, scenario->driver_nbs_per_nbl > 1},
        {SCENARIO_KEY_driver_cut, scenario->driver_cut != 0},
        {SCENARIO_KEY_driver_fault, scenario->driver_fault != 0},
        {SCENARIO_KEY_driver_programs, *scenario->driver_programs != '\0'},
        {SCENARIO_KEY_stress_link_down_every_us, scenario->stress_link_down_every_us != 0},
        {SCENARIO_KEY_stress_queue_reset_every_us, scenario->stress_queue_reset_every_us != 0},
        {SCENARIO_KEY_stress_device_reset_every_us, scenario->stress_device_reset_every_us != 0},
        {SCENARIO_KEY_stress_miniport_reset_every_us, scenario->stress_miniport_reset_every_us != 0},
        {SCENARIO_KEY_stress_stack_restart_every_us, scenario->stress_stack_restart_every_us != 0},
        {SCENARIO_KEY_stress_cancel_every_us, scenario->stress_cancel_every_us != 0},
        {SCENARIO_KEY_stress_remove_us, scenario->stress_remove_us != 0},
    };
    int mistakes = 0;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        if (!frames[i].asked) continue;
        scenario_complain(scenario, frames[i].key, errors, "is not for driver.protocol: tcpip, whose frames nobody knows beforehand: leave it out");
        mistakes++;
    }
    if (scenario_parse_address(scenario->driver_address, NULL, NULL) != 0) {
        scenario_complain(scenario, SCENARIO_KEY_driver_address, errors, "expected an IPv4 address and a prefix like 192.0.2.2/24, got '%s'",
                          scenario->driver_address);
        mistakes++;
    }
    if (*scenario->wire_tap == '\0' && scenario->wire_requests == 0) {
        scenario_complain(scenario, SCENARIO_KEY_driver_protocol, errors,
                          "tcpip needs somebody who talks to it: --wire tap:NAME, or a client that makes wire.requests");
        mistakes++;
    }
    return mistakes;
}

int scenario_check_live(const struct scenario *scenario, FILE *errors) {
    int mistakes = 0;
    if (scenario->driver_protocol == SCENARIO_PROTOCOL_TCPIP) {
        mistakes = check_stack(scenario, errors);
    } else if (*scenario->wire_tap || scenario->wire_requests) {
        scenario_complain(scenario, *scenario->wire_tap ? SCENARIO_KEY_wire_tap : SCENARIO_KEY_wire_requests, errors,
                          "needs a stack that answers: driver.protocol: tcpip, as in the scenario http-server");
        mistakes++;
    }
    if (mistakes == 0 && *scenario->wire_tap) {
        char error[256];
        const int fd = tap_open(scenario->wire_tap, error, sizeof error);
        if (fd < 0) {
            scenario_complain(scenario, SCENARIO_KEY_wire_tap, errors, "%s", error);
            mistakes++;
        } else {
            close(fd);
        }
    }
    return mistakes ? -EINVAL : 0;
}
