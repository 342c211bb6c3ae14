/* SPDX-License-Identifier: Apache-2.0 */
/* ringside bench descriptors: what a packet costs the CPU as an NDIS_PACKET, a NET_BUFFER_LIST and a NET_PACKET. */
#define _POSIX_C_SOURCE 200809L
#include "bench_descriptors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "descriptor_bytes.h"

static const char documentation[] =
    "Measure what a packet costs the CPU as an NDIS_PACKET, a NET_BUFFER_LIST and a NET_PACKET.\v"
    "Three parts. `alone': descriptors are made over buffers that are there, read into a ring of elements of 16 bytes, and given back, with "
    "512 packets outstanding and nothing else around (driver/descriptors). `drivers': the same frames by three drivers of the same NIC: "
    "netvio5 (NDIS 5) under a protocol of NDIS 5, netvio (NDIS 6), and netviocx (NetAdapterCx), whose packets NetAdapterCx makes of NBLs. "
    "What all of this code loads, stores and calls is charged on one core of 3 GHz with caches, into which the NIC writes (cpu.model: "
    "caches; hw/cpu/README.md has its numbers and their sources). `claims': what Microsoft says of NBLs, each in the figures of batches of 16 "
    "alone.\n"
    "\n"
    "Of a packet, with everything that was done for it:\n"
    "  bytes     size of the structures that stand for it (one fragment)\n"
    "  lines     different cache lines of 64 bytes touched, in a batch, divided by its packets\n"
    "  L2, LLC, memory   loads and stores served by that level; the rest is in L1\n"
    "  cycles    of the code; with interrupts and doorbells in `ns'\n"
    "  Mpps      packets per second of that one core: 1000 / ns\n"
    "Then where the cycles go, by folder of driver/; --functions N shows the first N functions of each row, and --json has all.\n"
    "\n"
    "  nbl         a NET_BUFFER_LIST with one NET_BUFFER\n"
    "  nbl_list    one NET_BUFFER_LIST with a NET_BUFFER for each packet of the batch (alone, tx)\n"
    "  checksum    what is asked or said of a checksum: per-packet information, a slot of the NBL, an extension\n"
    "  context     24 bytes that the driver keeps for each packet: reserved bytes, a NET_BUFFER_LIST_CONTEXT, an array (alone)\n"
    "  room        the same, for which the pool has room (alone, nbl, tx)\n"
    "  tag         a word that one reader keeps by tag and finds again, or so many readers (--tags), in a list that each of them searches "
    "(alone, nbl, nbl_list)\n"
    "  extension   the 24 bytes in an extension of the ring's elements (alone, net_packet)\n"
    "  parse       the headers are looked at: each packet's, once for a list, or by NetAdapterCx as it describes (alone)\n"
    "\n"
    "With drivers, a batch is what the protocol sends in one call (driver.nbls_per_send), or frames that arrive at once. The NIC is its C "
    "model (--set nic.kind=rtl: the device itself).\n"
    "\n"
    "Examples:\n"
    "  ringside bench descriptors\n"
    "  ringside bench descriptors --kinds nbl,net_packet --directions tx --batches 1,64 --functions 10\n"
    "  ringside bench descriptors --parts alone --with plain,context\n"
    "  ringside bench descriptors --parts drivers --set cpu.ddio_ways=0 --json without-ddio.json\n"
    "\n"
    "Exit status: 0 measured, 1 a check failed while measuring, 2 bad usage, 3 internal error.";

static const char *const part_names[] = {"alone", "drivers", "claims", NULL};
static const char *const kind_names[] = {
    [DESCRIPTOR_NDIS_PACKET] = "ndis_packet", [DESCRIPTOR_NBL] = "nbl", [DESCRIPTOR_NBL_LIST] = "nbl_list",
    [DESCRIPTOR_NET_PACKET] = "net_packet",   [DESCRIPTOR_KINDS] = NULL};
static const char *const direction_names[] = {"tx", "rx", NULL};
static const char *const extra_names[] = {
    [DESCRIPTOR_PLAIN] = "plain", [DESCRIPTOR_CHECKSUM] = "checksum",   [DESCRIPTOR_CONTEXT] = "context", [DESCRIPTOR_ROOM] = "room",
    [DESCRIPTOR_TAG] = "tag",     [DESCRIPTOR_EXTENSION] = "extension", [DESCRIPTOR_PARSE] = "parse",     [DESCRIPTOR_EXTRAS] = NULL};

enum { KEY_PARTS = 512, KEY_KINDS, KEY_DIRECTIONS, KEY_BATCHES, KEY_WITH, KEY_TAGS, KEY_FUNCTIONS, MOST_FUNCTIONS = 1000 };

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "Bench:", 1},
    {"parts", KEY_PARTS, "LIST", 0, "Of alone, drivers and claims (default all)", 0},
    {"kinds", KEY_KINDS, "LIST", 0, "Of ndis_packet, nbl, nbl_list and net_packet (default all)", 0},
    {"directions", KEY_DIRECTIONS, "LIST", 0, "Of tx and rx (default both)", 0},
    {"batches", KEY_BATCHES, "LIST", 0, "Packets in a batch, 1 to 256 (default 1,4,16,64,256)", 0},
    {"with", KEY_WITH, "LIST", 0, "Of plain, checksum, context, room, tag, extension and parse (default all)", 0},
    {"tags", KEY_TAGS, "LIST", 0, "Readers that keep something by tag, 1 to 16 (default 1,4,16)", 0},
    {"functions", KEY_FUNCTIONS, "N", 0, "Show the first N functions of each row (default none)", 0},
    {0}};

static void parse_choice(struct argp_state *state, const char *option, const char *text, const char *const *names,
                         struct descriptors_choice *choice) {
    choice->count = 0;
    for (const char *at = text;; at++) {
        const size_t width = strcspn(at, ",");
        unsigned found = 0;
        while (names[found] && (strlen(names[found]) != width || memcmp(at, names[found], width) != 0)) found++;
        if (!names[found] || choice->count == DESCRIPTORS_CHOICES)
            argp_error(state, "--%s %s: there is no '%.*s'; --help names what there is", option, text, (int)width, at);
        choice->values[choice->count++] = found;
        at += width;
        if (*at == '\0') return;
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    struct descriptors_arguments *arguments = state->input;
    uint32_t number = 0;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->options; break;
    case KEY_PARTS: parse_choice(state, "parts", argument, part_names, &arguments->parts); break;
    case KEY_KINDS: parse_choice(state, "kinds", argument, kind_names, &arguments->kinds); break;
    case KEY_DIRECTIONS: parse_choice(state, "directions", argument, direction_names, &arguments->directions); break;
    case KEY_WITH: parse_choice(state, "with", argument, extra_names, &arguments->extras); break;
    case KEY_BATCHES:
        arguments->batch_count =
            bench_parse_list(state, "batches", argument, 1, DESCRIPTORS_BATCH_MOST, "1,16,256", arguments->batches);
        break;
    case KEY_TAGS:
        arguments->tag_count = bench_parse_list(state, "tags", argument, 1, DESCRIPTORS_TAGS_MOST, "1,4,16", arguments->tags);
        break;
    case KEY_FUNCTIONS:
        if (options_parse_list(argument, 1, MOST_FUNCTIONS, &number, 1) != 1)
            argp_error(state, "--functions %s: expected a number from 1 to %d", argument, MOST_FUNCTIONS);
        arguments->functions = number;
        break;
    case ARGP_KEY_ARG: argp_error(state, "unexpected '%s'", argument); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

unsigned descriptors_most(const struct descriptors_arguments *arguments) {
    return arguments->directions.count * arguments->extras.count * arguments->batch_count * arguments->kinds.count * arguments->tag_count;
}

unsigned descriptors_list(const struct descriptors_arguments *arguments, bool (*can)(const struct descriptor_work *work),
                          struct descriptor_work *works) {
    static const uint32_t none[] = {0};
    unsigned count = 0;
    for (unsigned d = 0; d < arguments->directions.count; d++)
        for (unsigned e = 0; e < arguments->extras.count; e++) {
            const bool tags = arguments->extras.values[e] == DESCRIPTOR_TAG;
            for (unsigned t = 0; t < (tags ? arguments->tag_count : 1); t++)
                for (unsigned b = 0; b < arguments->batch_count; b++)
                    for (unsigned k = 0; k < arguments->kinds.count; k++) {
                        works[count] = (struct descriptor_work){.kind = (enum descriptor_kind)arguments->kinds.values[k],
                                                                .extra = (enum descriptor_extra)arguments->extras.values[e],
                                                                .receive = arguments->directions.values[d] != 0,
                                                                .batch = arguments->batches[b],
                                                                .tags = (tags ? arguments->tags : none)[t]};
                        count += can(&works[count]);
                    }
        }
    return count;
}

static const char *extra_text(const struct descriptor_work *work, char text[16]) {
    if (work->tags > 1) snprintf(text, 16, "%s *%u", extra_names[work->extra], work->tags);
    else snprintf(text, 16, "%s", extra_names[work->extra]);
    return text;
}

void descriptors_name(const struct descriptor_work *work, char *name, size_t size) {
    char extra[16];
    snprintf(name, size, "%s %s, %s, batch %u", kind_names[work->kind], direction_names[work->receive], extra_text(work, extra), work->batch);
}

static unsigned bytes_of(const struct descriptor_work *work) {
    switch (work->kind) {
    case DESCRIPTOR_NDIS_PACKET: return descriptor_bytes_ndis_packet();
    case DESCRIPTOR_NBL: return descriptor_bytes_nbl();
    case DESCRIPTOR_NBL_LIST: return descriptor_bytes_nbl_list(work->batch);
    default: return descriptor_bytes_net_packet(work->extra);
    }
}

void descriptors_print_head(const struct descriptors_bench *bench, const char *title) {
    FILE *out = bench_table(&bench->arguments->options);
    fprintf(out, "%s\n%-11s %-3s %-9s %5s %6s %6s %6s %6s %6s %7s %7s %8s  %s\n", title, "descriptor", "dir", "with", "batch", "bytes",
            "lines", "L2", "LLC", "memory", "cycles", "ns", "Mpps", "cycles by folder");
}

static void print_folders(FILE *out, json_t *folders) {
    const char *folder, *comma = "";
    json_t *cycles;
    json_object_foreach(folders, folder, cycles) {
        fprintf(out, "%s%s %.0f", comma, folder, json_number_value(cycles));
        comma = ", ";
    }
    fputc('\n', out);
}

static double number(const json_t *object, const char *key) { return json_number_value(json_object_get(object, key)); }

static void print_functions(FILE *out, json_t *functions, unsigned most) {
    size_t i;
    json_t *function;
    json_array_foreach(functions, i, function) {
        if (i == most) break;
        fprintf(out, "    %8.1f cycles %6.2f calls %6.1f loads %6.1f stores %6.2f L2 %6.2f LLC %6.2f memory  %s/%s\n",
                number(function, "cycles"), number(function, "calls"), number(function, "loads"), number(function, "stores"),
                number(function, "l2"), number(function, "llc"), number(function, "memory"),
                json_string_value(json_object_get(function, "folder")), json_string_value(json_object_get(function, "name")));
    }
}

void descriptors_print(struct descriptors_bench *bench, const char *part, const struct descriptor_work *work, json_t *cpu) {
    const json_t *served = json_object_get(cpu, "served");
    const unsigned bytes = bytes_of(work);
    char extra[16];
    json_t *row = json_pack("{s:s,s:s,s:s,s:s,s:i,s:i}", "part", part, "descriptor", kind_names[work->kind], "direction",
                            direction_names[work->receive], "with", extra_names[work->extra], "batch", (int)work->batch, "bytes",
                            (int)bytes);
    if (work->tags) json_object_set_new(row, "tags", json_integer((json_int_t)work->tags));
    json_object_set(row, "batch_measured", json_object_get(cpu, "batch"));
    json_object_update_missing(row, cpu);
    json_array_append_new(bench->rows, row);
    FILE *out = bench_table(&bench->arguments->options);
    fprintf(out, "%-11s %-3s %-9s %5u %6u %6.1f %6.2f %6.2f %6.2f %7.1f %7.1f %8.3f  ", kind_names[work->kind],
            direction_names[work->receive], extra_text(work, extra), work->batch, bytes, number(cpu, "lines"), number(served, "l2"),
            number(served, "llc"), number(served, "memory"), number(cpu, "cycles"), number(cpu, "ns"), number(cpu, "mpps"));
    print_folders(out, json_object_get(cpu, "folders"));
    print_functions(out, json_object_get(cpu, "functions"), bench->arguments->functions);
    fflush(out);
}

static int measure(const void *context, const struct scenario *machine) {
    const struct descriptors_arguments *arguments = context;
    struct descriptors_bench bench = {.arguments = arguments, .machine = machine, .rows = json_array(), .status = EXIT_PASSED};
    static void (*const parts[])(struct descriptors_bench *) = {bench_descriptors_alone, bench_descriptors_drivers, bench_descriptors_claims};
    for (unsigned i = 0; i < arguments->parts.count; i++) parts[arguments->parts.values[i]](&bench);
    if (bench_write(&arguments->options, "descriptors", machine, bench.rows) != 0) bench.status = EXIT_INTERNAL;
    return bench.status;
}

int bench_descriptors(int argc, char **argv) {
    static const struct bench bench = {.options = option_table,
                                       .parse = parse_option,
                                       .documentation = documentation,
                                       .setting = "nic.kind=model",
                                       .measure = measure};
    struct descriptors_arguments arguments = {.parts = {3, {0, 1, 2}},
                                              .kinds = {DESCRIPTOR_KINDS, {0, 1, 2, 3}},
                                              .directions = {2, {0, 1}},
                                              .extras = {DESCRIPTOR_EXTRAS, {0, 1, 2, 3, 4, 5, 6}},
                                              .batches = {1, 4, 16, 64, 256},
                                              .batch_count = 5,
                                              .tags = {1, 4, 16},
                                              .tag_count = 3};
    return bench_command_run(&bench, argc, argv, &arguments, &arguments.options);
}
