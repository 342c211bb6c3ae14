/* SPDX-License-Identifier: Apache-2.0 */
/* The lost NBLs of a result, for a person: one of each class in full, and what the hardware had to do with it. */
#include <stdbool.h>
#include <string.h>

#include "report.h"

static const char *text(const json_t *object, const char *key) {
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static long long integer(const json_t *object, const char *key) { return (long long)json_integer_value(json_object_get(object, key)); }

static void print_time(FILE *out, const json_t *object, const char *key) {
    fprintf(out, "%.3f us", json_number_value(json_object_get(object, key)) / 1e6);
}

/* ", WORD 34.567 us" if there is such a time. */
static void print_step(FILE *out, const json_t *hardware, const char *key, const char *word, const char **separator) {
    if (!json_object_get(hardware, key)) return;
    fprintf(out, "%s%s ", *separator, word);
    print_time(out, hardware, key);
    *separator = ", ";
}

static void print_interrupt(FILE *out, const json_t *hardware) {
    const json_t *interrupt = json_object_get(hardware, "interrupt"), *raised = json_object_get(interrupt, "raised"),
                 *wanted = json_object_get(interrupt, "wanted");
    if (!interrupt) return;
    fprintf(out, "\n      interrupt  vector %lld: ", integer(interrupt, "vector"));
    if (raised) fputs(json_is_true(raised) ? "raised since it was used" : "not raised since it was used", out);
    if (!json_object_get(interrupt, "last_ps")) {
        fputs(raised ? ", nor before" : "never raised", out);
    } else {
        fputs(raised ? "; last at " : "last raised at ", out);
        print_time(out, interrupt, "last_ps");
    }
    if (wanted && !json_is_true(wanted)) fputs("; the driver has them off", out);
}

static void print_hardware(FILE *out, const json_t *hardware) {
    const char *separator = ": ";
    fputs("      hardware   ", out);
    if (json_object_get(hardware, "queue")) {
        fprintf(out, "queue %lld, slot %lld", integer(hardware, "queue"), integer(hardware, "slot"));
        if (json_object_get(hardware, "id")) fprintf(out, ", id %lld", integer(hardware, "id"));
        print_step(out, hardware, "posted_ps", "posted", &separator);
        print_step(out, hardware, "fetched_ps", "fetched", &separator);
        print_step(out, hardware, "used_ps", "used", &separator);
        print_step(out, hardware, "reaped_ps", "taken back", &separator);
        fprintf(out, "; %s", text(hardware, "state"));
    } else {
        fputs("in no ring", out);
    }
    if (json_is_true(json_object_get(hardware, "mapped"))) fprintf(out, "; mapped at %s", text(hardware, "bus_address"));
    else fputs("; not mapped for the device", out);
    if (json_is_true(json_object_get(hardware, "dma_in_flight"))) fputs("; a read of it is in flight", out);
    print_interrupt(out, hardware);
    fputc('\n', out);
}

static void print_history(FILE *out, const json_t *nbl) {
    size_t index;
    json_t *hop;
    const long long earlier = integer(nbl, "earlier_hand_overs");
    if (earlier) fprintf(out, "      (%lld earlier hand-overs)\n", earlier);
    json_array_foreach(json_object_get(nbl, "history"), index, hop) {
        fprintf(out, "      %10.3f us  %-9s %s -> %s", json_number_value(json_object_get(hop, "time_ps")) / 1e6, text(hop, "what"),
                text(hop, "from"), text(hop, "to"));
        if (json_object_get(hop, "site")) fprintf(out, "  (%s)", text(hop, "site"));
        fputc('\n', out);
    }
}

static void print_family(FILE *out, const json_t *nbl) {
    size_t index;
    json_t *child;
    const json_t *parent = json_object_get(nbl, "parent");
    if (parent) fprintf(out, "      derived from nbl %lld, with %s\n", integer(parent, "nbl"), text(parent, "holder"));
    json_array_foreach(json_object_get(nbl, "children"), index, child)
        fprintf(out, "      nbl %lld is derived from it, with %s\n", integer(child, "nbl"), text(child, "holder"));
}

static void print_oob(FILE *out, const json_t *nbl) {
    const char *name, *separator = "      oob        ";
    json_t *value;
    json_object_foreach(json_object_get(nbl, "oob"), name, value) {
        fprintf(out, "%s%s %s", separator, name, json_string_value(value));
        separator = ", ";
    }
    if (*separator == ',') fputc('\n', out);
}

static void print_nbl(FILE *out, const json_t *nbl, const struct report_style *style) {
    size_t index;
    json_t *nb;
    const json_t *allocated = json_object_get(nbl, "allocated");
    fprintf(out, "    %snbl %lld%s", style->colour ? "\033[1m" : "", integer(nbl, "nbl"), style->colour ? "\033[0m" : "");
    if (json_is_integer(json_object_get(nbl, "packet"))) fprintf(out, ", packet %lld", integer(nbl, "packet"));
    fprintf(out, ": %s\n      with       %s since ", text(nbl, "what"), text(nbl, "holder"));
    print_time(out, nbl, "since_ps");
    fprintf(out, " (%s); found at ", text(nbl, "direction"));
    print_time(out, nbl, "time_ps");
    fprintf(out, ", %s\n", text(nbl, "when"));
    if (json_object_get(nbl, "misuser")) fprintf(out, "      by         %s\n", text(nbl, "misuser"));
    fprintf(out, "      allocated  at %s of %s, ", text(allocated, "site"), text(nbl, "pool"));
    print_time(out, allocated, "time_ps");
    if (json_object_get(nbl, "freed")) fprintf(out, "; freed at %s", text(nbl, "freed"));
    if (json_is_string(json_object_get(nbl, "address"))) fprintf(out, "; at %s", text(nbl, "address"));
    fputc('\n', out);
    if (json_object_get(nbl, "place")) fprintf(out, "      place      %s\n", text(nbl, "place"));
    print_history(out, nbl);
    print_family(out, nbl);
    print_oob(out, nbl);
    json_array_foreach(json_object_get(nbl, "nbs"), index, nb) {
        fprintf(out, "      NB %-7zu %lld bytes in %lld MDL%s: %s\n", index, integer(nb, "bytes"), integer(nb, "mdls"),
                integer(nb, "mdls") == 1 ? "" : "s", text(nb, "data"));
        print_hardware(out, json_object_get(nb, "hardware"));
    }
}

/* Is it the first of its class? */
static bool is_first(const json_t *nbls, size_t index) {
    const char *class = text(json_array_get(nbls, index), "class");
    for (size_t i = 0; i < index; i++)
        if (strcmp(text(json_array_get(nbls, i), "class"), class) == 0) return false;
    return true;
}

void report_lost(FILE *out, const json_t *result, const struct report_style *style) {
    const json_t *lost = json_object_get(result, "lost"), *nbls = json_object_get(lost, "nbls");
    if (!lost) return;
    const char *name, *separator = "";
    json_t *count;
    size_t shown = 0;
    fprintf(out, "  NBLs lost or misused: ");
    json_object_foreach(json_object_get(lost, "classes"), name, count) {
        fprintf(out, "%s%lld %s", separator, (long long)json_integer_value(count), name);
        separator = ", ";
    }
    fputc('\n', out);
    for (size_t i = 0; i < json_array_size(nbls); i++) {
        if (style->verbosity <= 0 && !is_first(nbls, i)) continue;
        print_nbl(out, json_array_get(nbls, i), style);
        shown++;
    }
    if ((long long)shown < integer(lost, "count"))
        fprintf(out, "    one of each class is shown; --verbose shows more, --json has the first %zu in full\n", json_array_size(nbls));
}
