/* SPDX-License-Identifier: Apache-2.0 */
/* ringside replay --from-host A.pcap --from-wire B.pcap */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "commands.h"
#include "session.h"

static const char documentation[] =
    "Send captures through the machine: A from the driver to the wire, B from the wire to the driver, either or both.\v"
    "Any Ethernet capture, pcap or pcapng, with frames of 14 to 9018 bytes. Every frame must come out at the other end, in order "
    "and bit-identical; frames of less than 60 bytes are padded with zeros to 60. What came out is written as nanosecond pcap with "
    "simulated timestamps: the first bit of the frame on the wire, or the time at which the protocol driver got it.\n"
    "\n"
    "Examples:\n"
    "  ringside replay --from-host a.pcap --to-wire a-sent.pcap\n"
    "  ringside replay --from-host a.pcap --from-wire b.pcap --cut byte \\\n"
    "      --to-wire x.pcap --to-host y.pcap\n"
    "\n"
    "Exit status: 0 passed, 1 a check failed, 2 bad usage or input, 3 internal error.";

enum { KEY_FROM_HOST = 512, KEY_FROM_WIRE, KEY_TO_WIRE, KEY_TO_HOST, KEY_CUT, KEY_TIMING };

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "Captures:", 1},
    {"from-host", KEY_FROM_HOST, "A.pcap", 0, "Frames that the driver sends", 0},
    {"from-wire", KEY_FROM_WIRE, "B.pcap", 0, "Frames that arrive from the wire", 0},
    {"to-wire", KEY_TO_WIRE, "FILE", 0, "Record what left on the wire", 0},
    {"to-host", KEY_TO_HOST, "FILE", 0, "Record what the protocol driver received", 0},
    {"cut", KEY_CUT, "whole|header|random|byte", 0, "How frames are cut into MDLs (the key driver.cut)", 0},
    {"timing", KEY_TIMING, "asap|capture", 0, "As fast as possible, or at the times of the captures", 0},
    {0}};

struct arguments {
    struct options options;
    const char *from_host, *from_wire, *to_wire, *to_host, *cut, *timing;
};

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->options; break;
    case KEY_FROM_HOST: arguments->from_host = argument; break;
    case KEY_FROM_WIRE: arguments->from_wire = argument; break;
    case KEY_TO_WIRE: arguments->to_wire = argument; break;
    case KEY_TO_HOST: arguments->to_host = argument; break;
    case KEY_CUT: arguments->cut = argument; break;
    case KEY_TIMING: arguments->timing = argument; break;
    case ARGP_KEY_ARG: argp_error(state, "unexpected '%s': captures are given with --from-host and --from-wire", argument); break;
    case ARGP_KEY_END:
        if (!arguments->from_host && !arguments->from_wire)
            argp_error(state, "nothing to send: give --from-host A.pcap, --from-wire B.pcap or both");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* The value of an option, if it was given. */
static int set(struct scenario *scenario, const char *option, const char *key, const char *value) {
    return value ? scenario_set_option(scenario, option, key, value, stderr) : 0;
}

static int make_scenario(struct scenario *scenario, const struct arguments *arguments) {
    scenario_init(scenario);
    int mistakes = set(scenario, "replay", "name", "replay") |
                   set(scenario, "--from-host", "traffic.from_host.capture", arguments->from_host) |
                   set(scenario, "--from-wire", "traffic.from_wire.capture", arguments->from_wire) |
                   set(scenario, "--cut", "driver.cut", arguments->cut) |
                   set(scenario, "--timing", "traffic.from_host.timing", arguments->timing) |
                   set(scenario, "--timing", "traffic.from_wire.timing", arguments->timing);
    mistakes |= options_apply(&arguments->options, scenario);
    return mistakes;
}

static int replay(const struct arguments *arguments) {
    struct scenario scenario;
    struct simulation simulation;
    int status = EXIT_USAGE;
    if (make_scenario(&scenario, arguments) == 0 && simulation_prepare(&simulation, &scenario, stderr) == 0) {
        simulation.to_wire = arguments->to_wire;
        simulation.to_host = arguments->to_host;
        if (session_apply_waves(&simulation, &arguments->options, 1) == 0)
            status = session_run(&simulation, 1, &arguments->options);
        simulation_free(&simulation);
    }
    scenario_free(&scenario);
    return status;
}

int command_replay(int argc, char **argv) {
    static const struct argp_child children[] = {{&options_argp, 0, NULL, 0}, {0}};
    const struct argp parser = {.options = option_table, .parser = parse_option, .doc = documentation, .children = children};
    struct arguments arguments = {0};
    options_init(&arguments.options);
    int status = EXIT_USAGE;
    if (argp_parse(&parser, argc, argv, 0, NULL, &arguments) == 0) status = replay(&arguments);
    options_free(&arguments.options);
    return status;
}
