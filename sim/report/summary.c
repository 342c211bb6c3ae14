/* SPDX-License-Identifier: Apache-2.0 */
/* What a person reads after a run: the verdict, a small aligned table with units, and the failures with time, check and clause. */
#define _GNU_SOURCE
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

static void print_rates(FILE *out, const char *name, const json_t *direction) {
    const long long packets = integer(direction, "packets"), dropped = integer(direction, "dropped");
    if (packets == 0 && dropped == 0) {
        fprintf(out, "  %-10s %9s\n", name, "-");
        return;
    }
    fprintf(out, "  %-10s %9lld %9lld %9.3f %9.3f %11.3f  %-5s %6.1f %%\n", name, packets, dropped, number(direction, "mpps"),
            number(direction, "gbps"), number(direction, "limit_mpps"), json_string_value(json_object_get(direction, "limited_by")),
            100 * number(direction, "efficiency"));
}

static void print_latency(FILE *out, const char *name, const json_t *direction) {
    const json_t *latency = json_object_get(direction, "latency_ns");
    if (integer(direction, "packets") == 0) return;
    fprintf(out, "  %-10s %9.0f %9.0f %9.0f %11.0f\n", name, number(latency, "min"), number(latency, "p50"), number(latency, "p99"),
            number(latency, "max"));
}

static void print_link(FILE *out, const char *name, const json_t *direction) {
    fprintf(out, "  %-10s %9lld %9lld %7.1f %%\n", name, integer(direction, "tlps"), integer(direction, "bytes"),
            100 * number(direction, "utilisation"));
}

/* Of several, what each had: frames that its wire carried and lost, and those from the wire that it dropped. */
static void print_adapters(FILE *out, const json_t *adapters) {
    size_t i;
    json_t *adapter;
    if (!adapters) return;
    fprintf(out, "  %-10s %9s %9s %9s %11s %9s\n", "NICs", "sent", "lost", "received", "lost", "dropped");
    json_array_foreach((json_t *)adapters, i, adapter) {
        const json_t *tx = json_object_get(adapter, "tx"), *rx = json_object_get(adapter, "rx");
        fprintf(out, "  %-10s %9lld %9lld %9lld %11lld %9lld\n", json_string_value(json_object_get(adapter, "name")), integer(tx, "frames"),
                integer(tx, "sends") - integer(tx, "frames"), integer(rx, "frames"), integer(rx, "lost"), integer(rx, "dropped"));
    }
}

/* What Linux hosts printed, under what their NICs did. */
static void print_hosts(FILE *out, const json_t *hosts) {
    size_t i;
    json_t *host;
    json_array_foreach((json_t *)hosts, i, host) {
        fprintf(out, "  host %zu: %lld frames sent, %lld received, %lld configuration accesses, %lld register reads, %lld writes, %lld interrupts\n",
                i, integer(host, "to_wire"), integer(host, "to_host"), integer(host, "config_accesses"), integer(host, "register_reads"),
                integer(host, "register_writes"), integer(host, "interrupts"));
        const json_t *answer = json_object_get(host, "answer");
        fprintf(out, "          %.3f Mb/s to the wire; from a frame to it to its next one, %lld times: %.3f us at least, %.3f us median\n",
                json_number_value(json_object_get(json_object_get(host, "wire"), "mbps")), integer(answer, "count"),
                (double)integer(answer, "min_ps") / 1e6, (double)integer(answer, "median_ps") / 1e6);
        const char *line = json_string_value(json_object_get(host, "console"));
        while (line && *line) {
            const size_t length = strcspn(line, "\r\n");
            if (length) fprintf(out, "    | %.*s\n", (int)length, line);
            line += length + (line[length] != '\0');
        }
    }
}

/* Only what was left to the NIC. */
static void print_offload(FILE *out, const json_t *offload) {
    const long long checksums = integer(offload, "tx_checksums"), sends = integer(offload, "large_sends");
    const long long verified = integer(offload, "rx_checksums"), hashes = integer(offload, "rx_hashes");
    if (checksums) fprintf(out, "  %lld checksums made by the NIC\n", checksums);
    if (sends) fprintf(out, "  %lld frames in %lld large sends, cut by the NIC\n", integer(offload, "large_send_frames"), sends);
    if (verified) fprintf(out, "  %lld checksums verified by the NIC\n", verified);
    if (hashes) fprintf(out, "  %lld frames received with a hash\n", hashes);
}

/* What the TCP/IP stack did, and whom it talked to. */
static void print_tcpip(FILE *out, const json_t *tcpip) {
    const json_t *tap = json_object_get(tcpip, "tap"), *client = json_object_get(tcpip, "client");
    if (!tcpip) return;
    fprintf(out, "  %lld HTTP requests, %lld pages served\n", integer(tcpip, "requests"), integer(tcpip, "pages"));
    if (tap)
        fprintf(out, "  %lld frames from the TAP interface, %lld to it, %lld refused (it was down)\n", integer(tap, "received"),
                integer(tap, "sent"), integer(tap, "refused"));
    if (client)
        fprintf(out, "  %lld pages at the client, %lld bytes; %lld segments sent again, %lld came out of order\n", integer(client, "pages"),
                integer(client, "bytes"), integer(client, "sent_again"), integer(client, "out_of_order"));
}

/* What measured code took; nothing where a table of costs was charged. */
static void print_cpu(FILE *out, const json_t *cpu) {
    if (!cpu) return;
    fprintf(out, "  CPU: %.0f cycles a packet, %.1f cache lines; one core: %.2f million a second\n", number(cpu, "cycles"),
            number(cpu, "lines"), number(cpu, "mpps"));
}

/* At most 80 columns, so that it reads the same on any terminal. */
static void print_table(FILE *out, const json_t *result) {
    const json_t *tx = json_object_get(result, "tx"), *rx = json_object_get(result, "rx"), *nbl = json_object_get(result, "nbl"),
                 *pcie = json_object_get(result, "pcie");
    fprintf(out, "  %-10s %9s %9s %9s %9s %11s  %-5s %8s\n", "rate", "packets", "dropped", "Mpps", "Gb/s", "limit, Mpps", "by",
            "reached");
    print_rates(out, "transmit", tx);
    print_rates(out, "receive", rx);
    fprintf(out, "  %-10s %9s %9s %9s %11s\n", "latency", "min, ns", "median", "99 %", "max");
    print_latency(out, "transmit", tx);
    print_latency(out, "receive", rx);
    fprintf(out, "  %-10s %9s %9s %9s\n", "PCIe", "TLPs", "bytes", "busy");
    print_link(out, "to host", json_object_get(pcie, "up"));
    print_link(out, "to NIC", json_object_get(pcie, "down"));
    print_adapters(out, json_object_get(result, "adapters"));
    fprintf(out, "  %-10s %9s %9s %9s %11s %9s %12s\n", "NBLs", "allocated", "sent", "completed", "indicated", "returned",
            "outstanding");
    fprintf(out, "  %-10s %9lld %9lld %9lld %11lld %9lld %12lld\n", "", integer(nbl, "allocated"), integer(nbl, "sent"),
            integer(nbl, "completed"), integer(nbl, "indicated"), integer(nbl, "returned"), integer(nbl, "outstanding"));
    const json_t *programs = json_object_get(result, "programs");
    if (programs)
        fprintf(out, "  %lld frames of programs reached the wire, %lld the traffic protocol\n", integer(programs, "tx_frames"),
                integer(programs, "rx_frames"));
    fprintf(out, "  %lld interrupts, %lld DMA violations\n", integer(result, "interrupts"),
            integer(json_object_get(result, "dma"), "violations"));
    print_offload(out, json_object_get(result, "offload"));
    print_tcpip(out, json_object_get(result, "tcpip"));
    print_cpu(out, json_object_get(result, "cpu"));
}

static void print_effort(FILE *out, const json_t *sim) {
    const double evaluated = number(sim, "cycles_evaluated"), wall = number(sim, "wall_s");
    fprintf(out, "  simulated %.0f of %lld NIC cycles (the rest idle) in %.2f s, %.0f a second\n", evaluated,
            integer(sim, "cycles"), wall, wall > 0 ? evaluated / wall : 0);
}

/* One line in a pipe, so that grep finds all of it; on a terminal broken between words, the rest indented. */
static void print_wrapped(FILE *out, const char *text, unsigned columns, unsigned at) {
    const unsigned indent = 4;
    for (const char *word = text; *word;) {
        const size_t length = strcspn(word, " ");
        if (columns && at + 1 + length > columns && at > indent) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", (int)length, word);
        at += (unsigned)length;
        word += length;
        while (*word == ' ') word++;
    }
    fputc('\n', out);
}

static const char *check_of(const json_t *failures, size_t index) {
    return json_string_value(json_object_get(json_array_get(failures, index), "check"));
}

static bool is_first_of_check(const json_t *failures, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (strcmp(check_of(failures, i), check_of(failures, index)) == 0) return false;
    return true;
}

static size_t count_checks(const json_t *failures) {
    size_t checks = 0;
    for (size_t i = 0; i < json_array_size(failures); i++) checks += is_first_of_check(failures, i);
    return checks;
}

/* Of more than fit, the first of each check comes before any second one: a hundred of a kind do not hide another. */
static void print_failures(FILE *out, const json_t *result, const struct report_style *style) {
    const json_t *failures = json_object_get(result, "failures");
    const size_t count = json_array_size(failures), checks = count_checks(failures);
    const size_t most = style->verbosity > 0 || count <= FAILURES_SHOWN ? count : FAILURES_SHOWN;
    size_t shown = 0, again = most > checks ? most - checks : 0;
    for (size_t i = 0; i < count && shown < most; i++) {
        const json_t *failure = json_array_get(failures, i);
        const char *check = check_of(failures, i);
        if (!is_first_of_check(failures, i) && again-- == 0) {
            again = 0;
            continue;
        }
        shown++;
        char time[32], packet[32] = "", *text;
        if (json_is_integer(json_object_get(failure, "packet")))
            snprintf(packet, sizeof packet, "; packet %lld", integer(failure, "packet"));
        if (asprintf(&text, "at %s: %s (%s%s)", time_text(time, sizeof time, number(failure, "time_ps")),
                     json_string_value(json_object_get(failure, "message")), json_string_value(json_object_get(failure, "clause")),
                     packet) < 0)
            abort();
        fprintf(out, "  %s%s%s", colour(style, "\033[1m"), check, colour(style, "\033[0m"));
        print_wrapped(out, text, style->columns, 2 + (unsigned)strlen(check));
        free(text);
    }
    if (shown < count) fprintf(out, "  and %zu more: --verbose shows all, --json writes them to a file\n", count - shown);
}

void report_summary(FILE *out, const json_t *result, const struct report_style *style) {
    if (style->verbosity < -1) return;
    print_verdict(out, result, style);
    const json_t *hosts = json_object_get(result, "hosts");
    if (style->verbosity >= 0 && !hosts) print_table(out, result);
    if (style->verbosity >= 0 && hosts) print_hosts(out, hosts);
    if (style->verbosity >= 0) print_effort(out, json_object_get(result, "sim"));
    print_failures(out, result, style);
    report_lost(out, result, style);
}
