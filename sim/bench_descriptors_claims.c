/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Microsoft says of NET_BUFFER_LISTs, each claim in figures: of descriptors alone, transmit, in batches of 16.
 *
 * A figure is the difference of two works, or the functions that do what the claim is about.
 */
#define _POSIX_C_SOURCE 200809L
#include <string.h>

#include "bench_descriptors.h"
#include "descriptor_bytes.h"

enum { BATCH = 16 };

/* What is measured. TAGS and the ones behind it: 1, 2, 4, 8 and 16 readers. */
enum work { NBL, LIST, NET, NBL_PARSE, LIST_PARSE, NET_PARSE, NBL_CONTEXT, LIST_CONTEXT, NET_CONTEXT, NBL_ROOM, NET_EXTENSION, TAGS,
            TAG_COUNTS = 5, WORKS = TAGS + TAG_COUNTS };

static const struct descriptor_work works[WORKS] = {
    [NBL] = {.kind = DESCRIPTOR_NBL, .batch = BATCH},
    [LIST] = {.kind = DESCRIPTOR_NBL_LIST, .batch = BATCH},
    [NET] = {.kind = DESCRIPTOR_NET_PACKET, .batch = BATCH},
    [NBL_PARSE] = {.kind = DESCRIPTOR_NBL, .extra = DESCRIPTOR_PARSE, .batch = BATCH},
    [LIST_PARSE] = {.kind = DESCRIPTOR_NBL_LIST, .extra = DESCRIPTOR_PARSE, .batch = BATCH},
    [NET_PARSE] = {.kind = DESCRIPTOR_NET_PACKET, .extra = DESCRIPTOR_PARSE, .batch = BATCH},
    [NBL_CONTEXT] = {.kind = DESCRIPTOR_NBL, .extra = DESCRIPTOR_CONTEXT, .batch = BATCH},
    [LIST_CONTEXT] = {.kind = DESCRIPTOR_NBL_LIST, .extra = DESCRIPTOR_CONTEXT, .batch = BATCH},
    [NET_CONTEXT] = {.kind = DESCRIPTOR_NET_PACKET, .extra = DESCRIPTOR_CONTEXT, .batch = BATCH},
    [NBL_ROOM] = {.kind = DESCRIPTOR_NBL, .extra = DESCRIPTOR_ROOM, .batch = BATCH},
    [NET_EXTENSION] = {.kind = DESCRIPTOR_NET_PACKET, .extra = DESCRIPTOR_EXTENSION, .batch = BATCH},
    [TAGS] = {.kind = DESCRIPTOR_NBL, .extra = DESCRIPTOR_TAG, .batch = BATCH, .tags = 1},
    [TAGS + 1] = {.kind = DESCRIPTOR_NBL, .extra = DESCRIPTOR_TAG, .batch = BATCH, .tags = 2},
    [TAGS + 2] = {.kind = DESCRIPTOR_NBL, .extra = DESCRIPTOR_TAG, .batch = BATCH, .tags = 4},
    [TAGS + 3] = {.kind = DESCRIPTOR_NBL, .extra = DESCRIPTOR_TAG, .batch = BATCH, .tags = 8},
    [TAGS + 4] = {.kind = DESCRIPTOR_NBL, .extra = DESCRIPTOR_TAG, .batch = BATCH, .tags = 16},
};

/* A claim's figures; NONE: it says nothing of that kind. */
struct claim {
    const char *claim, *what;
    double nbl, nbl_list, net_packet;
};
static const double NONE = -1;

static double of(const json_t *cpus, enum work work, const char *key) {
    return json_number_value(json_object_get(json_array_get(cpus, work), key));
}
static double more(const json_t *cpus, enum work with, enum work without) { return of(cpus, with, "cycles") - of(cpus, without, "cycles"); }
static double of_folder(const json_t *cpus, enum work work, const char *folder) {
    return json_number_value(json_object_get(json_object_get(json_array_get(cpus, work), "folders"), folder));
}

/* Cycles of a function of a packet; `calls`: of each call of it. */
static double of_function(const json_t *cpus, enum work work, const char *name, bool calls) {
    size_t i;
    json_t *function;
    json_array_foreach(json_object_get(json_array_get(cpus, work), "functions"), i, function) {
        if (strcmp(json_string_value(json_object_get(function, "name")), name) != 0) continue;
        const double cycles = json_number_value(json_object_get(function, "cycles"));
        return calls ? cycles / json_number_value(json_object_get(function, "calls")) : cycles;
    }
    return 0;
}

static double chase(const json_t *cpus, enum work work, const char *reader) {
    return of_function(cpus, work, reader, false) + of_function(cpus, work, "MmGetSystemAddressForMdlSafe", false);
}

static void put_figure(FILE *out, json_t *row, const char *key, double figure) {
    if (figure == NONE) {
        fprintf(out, " %10s", "-");
    } else {
        fprintf(out, " %10.1f", figure);
        json_object_set_new(row, key, json_real(figure));
    }
}

static void put(struct descriptors_bench *bench, const struct claim *claim) {
    FILE *out = bench_table(&bench->arguments->options);
    json_t *row = json_pack("{s:s,s:s,s:s}", "part", "claims", "claim", claim->claim, "what", claim->what);
    fprintf(out, "%-12s %-72s", claim->claim, claim->what);
    put_figure(out, row, "nbl", claim->nbl);
    put_figure(out, row, "nbl_list", claim->nbl_list);
    put_figure(out, row, "net_packet", claim->net_packet);
    fputc('\n', out);
    json_array_append_new(bench->rows, row);
}

/* Of so many readers. */
static void put_tags(struct descriptors_bench *bench, const json_t *cpus, enum work work) {
    char more_text[80], each_text[80];
    snprintf(more_text, sizeof more_text, "cycles more when %u keep something by tag, and find it again", works[work].tags);
    snprintf(each_text, sizeof each_text, "cycles of each search in a list of %u", works[work].tags);
    const double each = of_function(cpus, work, "FwpsNetBufferListRetrieveContext0", true);
    const struct claim claims[] = {{"tag", more_text, more(cpus, work, NBL), NONE, NONE}, {"tag search", each_text, each, NONE, NONE}};
    put(bench, &claims[0]);
    put(bench, &claims[1]);
}

static void put_all(struct descriptors_bench *bench, const json_t *cpus) {
    const struct claim claims[] = {
        {"size", "bytes that stand for a packet", descriptor_bytes_nbl(), descriptor_bytes_nbl_list(BATCH),
         descriptor_bytes_net_packet(DESCRIPTOR_PLAIN)},
        {"scattered", "different cache lines touched for a packet", of(cpus, NBL, "lines"), of(cpus, LIST, "lines"), of(cpus, NET, "lines")},
        {"chase", "cycles from FirstNetBuffer by CurrentMdl to its address; from a ring", chase(cpus, NBL, "nbl_read"),
         chase(cpus, LIST, "list_read"), chase(cpus, NET, "net_read")},
        {"allocation", "cycles to allocate and free it; to clear elements of a ring", of_folder(cpus, NBL, "ndis"), of_folder(cpus, LIST, "ndis"),
         of_function(cpus, NET, "net_finish", false)},
        {"parse", "cycles more when headers are looked at, of 16 NBLs or once for their list", more(cpus, NBL_PARSE, NBL),
         more(cpus, LIST_PARSE, LIST), more(cpus, NET_PARSE, NET)},
        {"context", "cycles more to keep 24 bytes: allocated for it; in an array", more(cpus, NBL_CONTEXT, NBL), more(cpus, LIST_CONTEXT, LIST),
         more(cpus, NET_CONTEXT, NET)},
        {"context", "the same where there is room: in the pool's NBLs; as an extension", more(cpus, NBL_ROOM, NBL), NONE,
         more(cpus, NET_EXTENSION, NET)},
    };
    fprintf(bench_table(&bench->arguments->options), "Claims: transmit, batches of %d\n%-12s %-72s %10s %10s %10s\n", BATCH, "claim", "what", "nbl",
            "nbl_list", "net_packet");
    for (unsigned i = 0; i < sizeof claims / sizeof claims[0]; i++) put(bench, &claims[i]);
    for (int i = 0; i < TAG_COUNTS; i++) put_tags(bench, cpus, (enum work)(TAGS + i));
}

void bench_descriptors_claims(struct descriptors_bench *bench) {
    json_t *cpus = descriptors_measure(bench, "descriptors of claims", works, WORKS);
    if (cpus) put_all(bench, cpus);
    json_decref(cpus);
}
