/* SPDX-License-Identifier: Apache-2.0 */
/* ringside serve PROTOCOL --socket PATH */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "output.h"
#include "regmap.h"
#include "serve/serve.h"
#include "session.h"
#include "stop_signal.h"
#include "tap.h"
#include "version.h"

static const char documentation[] =
    "Let a driver in another process drive the NIC.\v"
    "Protocols:\n"
    "  vhost-user   the back-end of a virtio network device: DPDK's virtio-user, QEMU, user-mode Linux\n"
    "  pci          a PCI slot of user-mode Linux, whose kernel finds the device and binds its own driver\n"
    "\n"
    "The driver's memory becomes the host memory of the simulated machine: descriptors and frames cross the PCIe link from and to it. "
    "Front-ends are served one after the other, each from its start to the closing of its socket; packed rings are what "
    "they must take; --set nic.queue_pairs=4 offers several queues. Ctrl-C ends serving; so does --sessions.\n"
    "\n"
    "With pci and two sockets two hosts have a NIC each, and their cables end in the same switch. With --time the kernels live in simulated "
    "time: the same kernels do the same, packet for packet, and serving ends with them. sim/linux/kernel builds such a kernel.\n"
    "\n"
    "Frames from the wire are played as soon as a front-end has receive buffers, or a host with PCI has sent a frame: a capture, or generated ones by "
    "--set traffic.from_wire.frames=N and its neighbours, at the pace that they ask for; or --wire tap:NAME, and the cable leads to this host's "
    "own network. What the driver sends is recorded by --to-wire, with simulated times.\n"
    "\n"
    "Example, in two terminals:\n"
    "  ringside serve vhost-user --socket nic.sock --to-wire sent.pcap\n"
    "  dpdk-testpmd --no-huge -m 128 --no-pci --single-file-segments \\\n"
    "      --vdev net_virtio_user0,path=nic.sock,packed_vq=1,in_order=1,mrg_rxbuf=1 \\\n"
    "      -- --forward-mode=txonly --total-num-mbufs=2048 --no-mlockall\n"
    "\n"
    "Exit status: 0 all went well, 1 a check failed or a front-end was refused, 2 bad usage or input, 3 internal error.";

enum { KEY_SOCKET = 640, KEY_SESSIONS, KEY_FROM_WIRE, KEY_TO_WIRE, KEY_TIME, KEY_IN_FLIGHT };
enum { MAX_SOCKETS = 2 };

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "Serving:", 1},
    {"socket", KEY_SOCKET, "PATH", 0, "Listen here; made with mode 0600. Twice with pci: for two hosts", 0},
    {"time", KEY_TIME, "PATH", 0, "Kernels connect here for their time (time-travel=ext:HOST:PATH); pci only", 0},
    {"sessions", KEY_SESSIONS, "N", 0, "End after so many front-ends", 0},
    {"from-wire", KEY_FROM_WIRE, "B.pcap", 0, "Frames that arrive from the wire", 0},
    {"in-flight", KEY_IN_FLIGHT, "N", 0,
     "So many frames from the wire at most that the driver has not answered by a frame of its own: for one that sends back what it gets; vhost-user only", 0},
    {"to-wire", KEY_TO_WIRE, "FILE", 0, "Record what left on the wire", 0},
    {0}};

struct arguments {
    struct options options;
    const char *protocol, *sockets[MAX_SOCKETS], *time, *from_wire, *to_wire;
    unsigned socket_count;
    uint32_t sessions, in_flight;
};

static bool is_pci(const struct arguments *arguments) { return strcmp(arguments->protocol, "pci") == 0; }

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->options; break;
    case KEY_SOCKET:
        if (arguments->socket_count == MAX_SOCKETS) argp_error(state, "--socket %s: there are two hosts at most", argument);
        arguments->sockets[arguments->socket_count++] = argument;
        break;
    case KEY_TIME: arguments->time = argument; break;
    case KEY_FROM_WIRE: arguments->from_wire = argument; break;
    case KEY_TO_WIRE: arguments->to_wire = argument; break;
    case KEY_IN_FLIGHT:
        if (options_parse_list(argument, 1, 1000000, &arguments->in_flight, 1) != 1)
            argp_error(state, "--in-flight %s: expected a number from 1 to 1000000", argument);
        break;
    case KEY_SESSIONS:
        if (options_parse_list(argument, 1, 1000000, &arguments->sessions, 1) != 1)
            argp_error(state, "--sessions %s: expected a number from 1 to 1000000", argument);
        break;
    case ARGP_KEY_ARG:
        if (arguments->protocol) argp_error(state, "unexpected '%s': one protocol at a time", argument);
        if (strcmp(argument, "vhost-user") != 0 && strcmp(argument, "pci") != 0)
            argp_error(state, "there is no protocol '%s'; there are vhost-user and pci", argument);
        arguments->protocol = argument;
        break;
    case ARGP_KEY_NO_ARGS: argp_error(state, "a protocol is missing: vhost-user or pci"); break;
    case ARGP_KEY_END:
        if (!arguments->socket_count) argp_error(state, "--socket PATH is missing: where front-ends connect");
        if (!is_pci(arguments) && (arguments->socket_count > 1 || arguments->time)) argp_error(state, "two hosts, and --time, are for pci");
        if (is_pci(arguments) && arguments->in_flight) argp_error(state, "--in-flight is for vhost-user");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static volatile sig_atomic_t stop;

static void ask_to_stop(int number) {
    (void)number;
    stop = 1;
}

/* What is told and kept of the front-ends. */
struct log {
    FILE *out; /* NULL: quiet */
    json_t *sessions;
    unsigned number;
    bool pci;
};

static const struct {
    unsigned bit;
    const char *name;
} feature_names[] = {
    {VIRTIO_NET_F_CSUM_BIT, "CSUM"},           {VIRTIO_NET_F_GUEST_CSUM_BIT, "GUEST_CSUM"}, {VIRTIO_NET_F_MAC_BIT, "MAC"},
    {VIRTIO_NET_F_MRG_RXBUF_BIT, "MRG_RXBUF"}, {VIRTIO_NET_F_MQ_BIT, "MQ"},
    {VIRTIO_F_EVENT_IDX_BIT, "EVENT_IDX"},
    {VIRTIO_F_VERSION_1_BIT, "VERSION_1"},     {VIRTIO_F_RING_PACKED_BIT, "RING_PACKED"},   {VIRTIO_F_IN_ORDER_BIT, "IN_ORDER"}};

static json_t *features_json(uint64_t features) {
    json_t *names = json_array();
    for (size_t i = 0; i < sizeof feature_names / sizeof *feature_names; i++)
        if (features & REGMAP_BIT(feature_names[i].bit)) json_array_append_new(names, json_string(feature_names[i].name));
    return names;
}

static void tell_started(void *ctx, const struct serve_session *session) {
    const struct log *log = ctx;
    if (!log->out) return;
    fprintf(log->out, "front-end %u: rings run;", log->number + 1);
    for (size_t i = 0; i < sizeof feature_names / sizeof *feature_names; i++)
        if (session->features & REGMAP_BIT(feature_names[i].bit)) fprintf(log->out, " %s", feature_names[i].name);
    fputc('\n', log->out);
    fflush(log->out);
}

static json_t *session_json(const struct serve_session *session) {
    return json_pack("{s:o,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:s}", "features", features_json(session->features), "pairs",
                     (json_int_t)session->pairs, "starts", (json_int_t)session->starts, "kicks", (json_int_t)session->kicks, "calls", (json_int_t)session->calls,
                     "to_wire", (json_int_t)session->to_wire, "to_host", (json_int_t)session->to_host, "dropped",
                     (json_int_t)session->dropped, "config_accesses", (json_int_t)session->config_accesses, "register_reads",
                     (json_int_t)session->register_reads, "register_writes", (json_int_t)session->register_writes, "interrupts",
                     (json_int_t)session->interrupts, "error", session->error);
}

static void tell_ended(void *ctx, const struct serve_session *session) {
    struct log *log = ctx;
    log->number++;
    json_array_append_new(log->sessions, session_json(session));
    if (!log->out) return;
    if (log->pci)
        fprintf(log->out,
                "host %u: %" PRIu64 " frames to the wire; %" PRIu64 " configuration accesses, %" PRIu64 " register reads, %" PRIu64
                " writes, %" PRIu64 " interrupts",
                log->number, session->to_wire, session->config_accesses, session->register_reads, session->register_writes,
                session->interrupts);
    else
        fprintf(log->out,
                "front-end %u: %" PRIu64 " frames to the wire, %" PRIu64 " to the host, %" PRIu64 " dropped; %" PRIu64
                " kicks, %" PRIu64 " calls",
                log->number, session->to_wire, session->to_host, session->dropped, session->kicks, session->calls);
    fprintf(log->out, "%s%s\n", *session->error ? "; ended: " : "", session->error);
    fflush(log->out);
}

static json_t *result_json(const struct log *log, const struct machine_result *result) {
    json_t *failures = json_array(), *tap = json_null();
    if (result->live == MACHINE_LIVE_TAP)
        tap = json_pack("{s:I,s:I,s:I}", "received", (json_int_t)result->tap_received, "sent", (json_int_t)result->tap_sent, "refused",
                        (json_int_t)result->tap_refused);
    for (size_t i = 0; i < result->failure_count; i++)
        json_array_append_new(failures, json_pack("{s:I,s:s,s:s}", "time_ps", (json_int_t)result->failures[i].time_ps, "check",
                                                  result->failures[i].check, "message", result->failures[i].message));
    return json_pack("{s:s,s:s,s:s,s:o,s:O,s:o,s:{s:I,s:I,s:I}}", "ringside", RINGSIDE_VERSION, "serve", log->pci ? "pci" : "vhost-user",
                     "verdict", result->failure_count ? "fail" : "pass", "failures", failures, "sessions", log->sessions, "tap", tap, "sim",
                     "time_ps", (json_int_t)result->time_ps, "cycles", (json_int_t)result->cycles, "cycles_evaluated",
                     (json_int_t)result->cycles_evaluated);
}

static int conclude(const struct arguments *arguments, const struct log *log, const struct machine_result *result) {
    for (size_t i = 0; i < result->failure_count && arguments->options.verbosity >= -1; i++)
        fprintf(stderr, "ringside: error: at %.3f us: %s: %s\n", (double)result->failures[i].time_ps / 1e6, result->failures[i].check,
                result->failures[i].message);
    int status = 0;
    if (arguments->options.json) {
        json_t *json = result_json(log, result);
        status = report_write_json(arguments->options.json, json);
        json_decref(json);
    }
    return status ? EXIT_INTERNAL : result->failure_count ? EXIT_FAILED : EXIT_PASSED;
}

/* The sockets that are listened at, and the TAP interface; -1: none. */
struct listeners {
    int hosts[MAX_SOCKETS], time, tap;
};

static int serve(const struct arguments *arguments, const struct simulation *simulation, const struct listeners *listeners) {
    struct serve_config *config = calloc(1, sizeof *config);
    struct machine_result result = {0};
    struct frame_source from_host;
    char error[512] = "";
    const bool to_stdout = arguments->options.json && strcmp(arguments->options.json, "-") == 0;
    struct log log = {.out = arguments->options.verbosity < 0 ? NULL
                             : to_stdout                      ? stderr
                                                              : stdout,
                      .sessions = json_array(),
                      .pci = is_pci(arguments)};
    if (!config || !log.sessions) abort();
    simulation_sources(simulation, &from_host, &config->from_wire);
    config->scenario = &simulation->scenario;
    config->listener = listeners->hosts[0];
    config->second_listener = listeners->hosts[1];
    config->calendar_listener = listeners->time;
    config->tap = listeners->tap;
    config->sessions = arguments->time ? 1 : arguments->sessions;
    config->in_flight = arguments->in_flight;
    config->stop = &stop;
    config->waves = simulation->waves;
    config->events = simulation->events;
    config->started = tell_started;
    config->ended = tell_ended;
    config->ctx = &log;
    int status = EXIT_INTERNAL;
    if (!arguments->to_wire || (config->to_wire = capture_writer_open(arguments->to_wire, error, sizeof error))) {
        if ((log.pci ? machine_serve_pci : machine_serve)(config, &result, error, sizeof error) == 0)
            status = conclude(arguments, &log, &result);
        if (capture_writer_close(config->to_wire) != 0) {
            snprintf(error, sizeof error, "%s could not be written completely; is the disk full?", arguments->to_wire);
            status = EXIT_INTERNAL;
        }
    }
    if (*error) fprintf(stderr, "ringside: error: %s\n", error);
    machine_result_free(&result);
    json_decref(log.sessions);
    free(config);
    return status;
}

static int make_scenario(struct scenario *scenario, const struct arguments *arguments) {
    scenario_init(scenario);
    int mistakes = scenario_set_option(scenario, "serve", "name", "serve", stderr) |
                   scenario_set_option(scenario, "serve", "traffic.from_wire.frames", "0", stderr) |
                   scenario_set_option(scenario, "serve", "nic.offloads", "yes", stderr);   /* what the peer will use is not known yet */
    if (arguments->from_wire)
        mistakes |= scenario_set_option(scenario, "--from-wire", "traffic.from_wire.capture", arguments->from_wire, stderr);
    return mistakes | options_apply(&arguments->options, scenario);
}

static int check_outputs(const struct arguments *arguments) {
    const struct options *options = &arguments->options;
    const char *output = options->junit        ? "JUnit file"
                         : options->timeline   ? "timeline"
                         : options->transcript ? "transcript"
                         : options->capture    ? "capture of drivers"
                                               : NULL;
    if (output) {
        fprintf(stderr, "ringside: error: serving writes no %s\n", output);
        return -EINVAL;
    }
    return output_check("json", arguments->options.json) | output_check("to-wire", arguments->to_wire) |
           output_check("waves", arguments->options.waves) | output_check("events", arguments->options.events);
}

static int listen_at(const char *option, const char *path, int *listener) {
    char error[256];
    if (!path) return 0;
    *listener = serve_listen(path, error, sizeof error);
    if (*listener < 0) fprintf(stderr, "ringside: error: --%s %s\n", option, error);
    return *listener < 0 ? *listener : 0;
}

static void stop_listening(const char *path, int listener) {
    if (listener < 0) return;
    close(listener);
    unlink(path);
}

/* The TAP interface that the scenario names: its descriptor, or -1. False: it cannot be had. */
static bool open_tap(const struct arguments *arguments, const struct scenario *scenario, int *tap) {
    char error[256];
    *tap = -1;
    if (*scenario->wire_tap == '\0') return true;
    if (scenario->wire_frames || *scenario->wire_capture) {
        scenario_complain(scenario, SCENARIO_KEY_wire_tap, stderr, "is where frames come from: give no others");
        return false;
    }
    if (arguments->socket_count > 1 || arguments->time) {
        scenario_complain(scenario, SCENARIO_KEY_wire_tap, stderr, "is the other end of one host's cable, in wall time: leave out %s",
                          arguments->time ? "--time" : "the second --socket");
        return false;
    }
    *tap = tap_open(scenario->wire_tap, error, sizeof error);
    if (*tap < 0) scenario_complain(scenario, SCENARIO_KEY_wire_tap, stderr, "%s", error);
    return *tap >= 0;
}

static int listen_and_serve(const struct arguments *arguments, const struct simulation *simulation) {
    struct listeners listeners = {{-1, -1}, -1, -1};
    int status = EXIT_USAGE;
    if (open_tap(arguments, &simulation->scenario, &listeners.tap) && listen_at("socket", arguments->sockets[0], &listeners.hosts[0]) == 0 &&
        listen_at("socket", arguments->sockets[1], &listeners.hosts[1]) == 0 && listen_at("time", arguments->time, &listeners.time) == 0) {
        stop_signal_catch(ask_to_stop);
        status = serve(arguments, simulation, &listeners);
    }
    if (listeners.tap >= 0) close(listeners.tap);
    stop_listening(arguments->time, listeners.time);
    for (unsigned i = 0; i < MAX_SOCKETS; i++) stop_listening(arguments->sockets[i], listeners.hosts[i]);
    return status;
}

static int prepare_and_serve(const struct arguments *arguments) {
    struct scenario scenario;
    struct simulation simulation;
    int status = EXIT_USAGE;
    if (make_scenario(&scenario, arguments) == 0 && simulation_prepare(&simulation, &scenario, stderr) == 0) {
        simulation.scenario.nic_adapters = arguments->socket_count;
        if (check_outputs(arguments) == 0 && session_apply_waves(&simulation, &arguments->options, 1) == 0)
            status = listen_and_serve(arguments, &simulation);
        simulation_free(&simulation);
    }
    scenario_free(&scenario);
    return status;
}

int command_serve(int argc, char **argv) {
    static const struct argp_child children[] = {{&options_argp, 0, NULL, 0}, {0}};
    const struct argp parser = {
        .options = option_table, .parser = parse_option, .args_doc = "PROTOCOL", .doc = documentation, .children = children};
    struct arguments arguments = {0};
    options_init(&arguments.options);
    int status = EXIT_USAGE;
    if (argp_parse(&parser, argc, argv, 0, NULL, &arguments) == 0) status = prepare_and_serve(&arguments);
    options_free(&arguments.options);
    return status;
}
