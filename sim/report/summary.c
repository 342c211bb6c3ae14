/* SPDX-License-Identifier: Apache-2.0 */
/* What a person reads after a run: the verdict, a small aligned table with units, and the failures with time, check and clause. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { FAILURES_SHOWN = 5 };

static const char *colour(const struct report_style *style, const char *code) { return style->colour ? code : ""; }

static long long integer(const json_t *object, const char *key) {
    return (long long)json_integer_value(json_object_get(object, key));
}

static double number(const json_t *object, const char *key) { return json_number_value(json_object_get(object, key)); }

/* A time with the unit that reads best. */
static const char *time_text(char *text, size_t size, double ps) {
    static const char *const units[] = {"ps", "ns", "us", "ms", "s"};
    unsigned unit = 0;
    while (ps >= 1000 && unit < 4) {
        ps /= 1000;
        unit++;
    }
    snprintf(text, size, "%.*f %s", unit ? 3 : 0, ps, units[unit]);
    return text;
}

static void print_verdict(FILE *out, const json_t *result, const struct report_style *style) {
    const bool passed = report_passed(result);
    const json_t *sim = json_object_get(result, "sim"), *expected = json_object_get(result, "expected");
    char time[32];
    fprintf(out, "%s%s%s %s", colour(style, passed ? "\033[1;32m" : "\033[1;31m"), passed ? "PASS" : "FAIL",
            colour(style, "\033[0m"), json_string_value(json_object_get(result, "scenario")));
    if (passed && expected) fprintf(out, " (failed as it should: %s)", json_string_value(json_object_get(expected, "check")));
    fprintf(out, ": %lld sent, %lld received in %s of simulated time\n", integer(json_object_get(result, "tx"), "packets"),
            integer(json_object_get(result, "rx"), "packets"), time_text(time, sizeof time, number(sim, "time_ps")));
}

static void print_direction(FILE *out, const char *name, const json_t *direction) {
    const json_t *latency = json_object_get(direction, "latency_ns");
    const long long packets = integer(direction, "packets");
    if (packets == 0 && integer(direction, "dropped") == 0) {
        fprintf(out, "  %-9s %9s\n", name, "-");
        return;
    }
    fprintf(out, "  %-9s %9lld %9lld %9.3f %9.3f %9.3f %-5s %6.1f %% %9.0f %9.0f %9.0f %9.0f\n", name, packets,
            integer(direction, "dropped"), number(direction, "mpps"), number(direction, "gbps"), number(direction, "limit_mpps"),
            json_string_value(json_object_get(direction, "limited_by")), 100 * number(direction, "efficiency"),
            number(latency, "min"), number(latency, "p50"), number(latency, "p99"), number(latency, "max"));
}

static void print_table(FILE *out, const json_t *result) {
    const json_t *nbl = json_object_get(result, "nbl"), *pcie = json_object_get(result, "pcie"),
                 *sim = json_object_get(result, "sim");
    const json_t *up = json_object_get(pcie, "up"), *down = json_object_get(pcie, "down");
    fprintf(out, "  %-9s %9s %9s %9s %9s %15s %8s %39s\n", "", "packets", "dropped", "rate", "rate", "limit", "effic.",
            "latency min, median, 99 %, max");
    fprintf(out, "  %-9s %9s %9s %9s %9s %9s %-5s %8s %9s %9s %9s %9s\n", "", "", "", "Mpps", "Gb/s", "Mpps", "by", "", "ns", "ns",
            "ns", "ns");
    print_direction(out, "transmit", json_object_get(result, "tx"));
    print_direction(out, "receive", json_object_get(result, "rx"));
    fprintf(out, "  PCIe      to host %lld TLPs, %lld bytes, %.1f %% busy; to NIC %lld TLPs, %lld bytes, %.1f %% busy\n",
            integer(up, "tlps"), integer(up, "bytes"), 100 * number(up, "utilisation"), integer(down, "tlps"),
            integer(down, "bytes"), 100 * number(down, "utilisation"));
    fprintf(out, "  NBLs      %lld allocated, %lld sent, %lld completed, %lld indicated, %lld returned, %lld outstanding\n",
            integer(nbl, "allocated"), integer(nbl, "sent"), integer(nbl, "completed"), integer(nbl, "indicated"),
            integer(nbl, "returned"), integer(nbl, "outstanding"));
    fprintf(out, "  other     %lld interrupts, %lld DMA violations, %lld NIC cycles (%lld evaluated), %.0f cycles/s in %.2f s\n",
            integer(result, "interrupts"), integer(json_object_get(result, "dma"), "violations"), integer(sim, "cycles"),
            integer(sim, "cycles_evaluated"), number(sim, "cycles_per_s"), number(sim, "wall_s"));
}

static void print_failures(FILE *out, const json_t *result, const struct report_style *style) {
    const json_t *failures = json_object_get(result, "failures");
    const size_t count = json_array_size(failures);
    const size_t shown = style->verbosity > 0 || count <= FAILURES_SHOWN ? count : FAILURES_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        const json_t *failure = json_array_get(failures, i);
        char time[32];
        fprintf(out, "  %s%s%s at %s: %s [%s]", colour(style, "\033[1m"), json_string_value(json_object_get(failure, "check")),
                colour(style, "\033[0m"), time_text(time, sizeof time, number(failure, "time_ps")),
                json_string_value(json_object_get(failure, "message")), json_string_value(json_object_get(failure, "clause")));
        if (json_is_integer(json_object_get(failure, "packet"))) fprintf(out, " packet %lld", integer(failure, "packet"));
        fputc('\n', out);
    }
    if (shown < count) fprintf(out, "  and %zu more: --verbose shows all, --json writes them to a file\n", count - shown);
}

void report_summary(FILE *out, const json_t *result, const struct report_style *style) {
    if (style->verbosity < -1) return;
    print_verdict(out, result, style);
    if (style->verbosity >= 0) print_table(out, result);
    print_failures(out, result, style);
}
