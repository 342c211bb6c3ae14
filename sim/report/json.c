/* SPDX-License-Identifier: Apache-2.0 */
/* The result as JSON; key order is kept, and numbers are printed with a fixed number of digits, so that equal runs give equal
 * files. */
#include <errno.h>
#include <string.h>

#include "report.h"
#include "version.h"

static json_t *latency_json(const struct machine_latency *latency) {
    return json_pack("{s:f,s:f,s:f,s:f}", "min", latency->min_ns, "p50", latency->p50_ns, "p99", latency->p99_ns, "max",
                     latency->max_ns);
}

static json_t *direction_json(const struct machine_direction *direction) {
    json_t *json = json_pack("{s:I,s:I,s:f,s:f,s:f,s:s,s:f,s:o,s:I}", "packets", (json_int_t)direction->packets, "bytes",
                     (json_int_t)direction->bytes, "mpps", direction->mpps, "gbps", direction->gbps, "limit_mpps",
                     direction->limit_mpps, "limited_by", direction->limited_by ? direction->limited_by : "", "efficiency",
                     direction->efficiency, "latency_ns", latency_json(&direction->latency), "dropped",
                     (json_int_t)direction->dropped);
    if (direction->hardware.count) json_object_set_new(json, "hardware_ns", latency_json(&direction->hardware));
    return json;
}

static json_t *link_json(const struct machine_link *link) {
    return json_pack("{s:I,s:I,s:f}", "tlps", (json_int_t)link->tlps, "bytes", (json_int_t)link->bytes, "utilisation",
                     link->utilisation);
}

static json_t *queues_json(const struct machine_queue *all, unsigned count) {
    json_t *queues = json_array();
    for (unsigned i = 0; i < count; i++) {
        const struct machine_queue *queue = &all[i];
        json_array_append_new(queues, json_pack("{s:s,s:i,s:I,s:I,s:I}", "direction", i % 2 ? "tx" : "rx", "pair", (int)(i / 2), "frames",
                                                (json_int_t)queue->frames, "doorbells", (json_int_t)queue->doorbells, "interrupts",
                                                (json_int_t)queue->interrupts));
    }
    return queues;
}

static json_t *adapters_json(const struct machine_result *result) {
    json_t *adapters = json_array();
    for (unsigned i = 0; i < result->adapter_count; i++) {
        const struct machine_adapter *adapter = &result->adapters[i];
        char name[16];
        snprintf(name, sizeof name, "nic%u", i);
        json_array_append_new(
            adapters, json_pack("{s:s,s:{s:I,s:I,s:I},s:{s:I,s:I,s:I},s:I,s:{s:o,s:o},s:o}", "name", name, "tx", "sends",
                                (json_int_t)adapter->tx_sends, "frames",
                                (json_int_t)adapter->tx_frames, "lost", (json_int_t)adapter->tx_lost, "rx", "frames",
                                (json_int_t)adapter->rx_frames, "lost", (json_int_t)adapter->rx_lost, "dropped",
                                (json_int_t)adapter->dropped, "messages", (json_int_t)adapter->messages, "pcie", "up",
                                link_json(&adapter->up), "down", link_json(&adapter->down), "queues",
                                queues_json(adapter->queues, result->queue_count)));
    }
    return adapters;
}

static json_t *drivers_json(const struct machine_result *result) {
    json_t *lines = json_array();
    for (size_t i = 0; i < result->driver_count; i++) json_array_append_new(lines, json_string(result->drivers[i]));
    return lines;
}

static json_t *failure_json(uint64_t time_ps, const char *check, const char *clause, const char *message, int64_t packet) {
    return json_pack("{s:I,s:s,s:s,s:s,s:o}", "time_ps", (json_int_t)time_ps, "check", check, "clause", clause, "message", message,
                     "packet", packet < 0 ? json_null() : json_integer((json_int_t)packet));
}

/* Did the run do what the scenario expects? An expected failure that stayed away becomes a failure. */
static bool judge(const struct scenario *scenario, const struct machine_result *result, json_t *failures) {
    if (scenario->expect_verdict == 0) return result->failure_count == 0;
    const char *check = scenario->expect_check;
    for (size_t i = 0; i < result->failure_count; i++)
        if (*check == '\0' || strcmp(check, result->failures[i].check) == 0) return true;
    char message[256];
    snprintf(message, sizeof message, "the scenario expects that %s fails, and it did not", *check ? check : "some check");
    json_array_append_new(failures, failure_json(result->time_ps, "expect.verdict", "scenario", message, -1));
    return false;
}

static json_t *live_json(const struct machine_result *result) {
    json_t *json = json_pack("{s:I,s:I,s:I,s:I}", "requests", (json_int_t)result->http_requests, "pages", (json_int_t)result->http_pages,
                             "frames_copied", (json_int_t)result->tcpip_copied, "frames_refused", (json_int_t)result->tcpip_refused);
    json_t *with = result->live == MACHINE_LIVE_TAP
                       ? json_pack("{s:I,s:I,s:I}", "received", (json_int_t)result->tap_received, "sent", (json_int_t)result->tap_sent,
                                   "refused", (json_int_t)result->tap_refused)
                       : json_pack("{s:I,s:I,s:I,s:I}", "pages", (json_int_t)result->client_pages, "bytes", (json_int_t)result->client_bytes,
                                   "sent_again", (json_int_t)result->client_again, "out_of_order", (json_int_t)result->client_late);
    json_object_set_new(json, result->live == MACHINE_LIVE_TAP ? "tap" : "client", with);
    return json;
}

json_t *report_json(const struct scenario *scenario, const struct machine_result *result) {
    json_t *failures = json_array();
    for (size_t i = 0; i < result->failure_count; i++) {
        const struct machine_failure *failure = &result->failures[i];
        json_array_append_new(failures,
                              failure_json(failure->time_ps, failure->check, failure->clause, failure->message, failure->packet));
    }
    const bool passed = judge(scenario, result, failures);
    json_t *json = json_pack("{s:s,s:s,s:I,s:s}", "ringside", RINGSIDE_VERSION, "scenario", scenario->name, "seed",
                             (json_int_t)scenario->seed, "verdict", passed ? "pass" : "fail");
    if (scenario->expect_verdict != 0)
        json_object_set_new(json, "expected", json_pack("{s:s,s:s}", "verdict", "fail", "check", scenario->expect_check));
    json_object_set_new(json, "failures", failures);
    json_object_set_new(
        json, "sim",
        json_pack("{s:I,s:I,s:I,s:f,s:f}", "time_ps", (json_int_t)result->time_ps, "cycles", (json_int_t)result->cycles,
                  "cycles_evaluated", (json_int_t)result->cycles_evaluated, "wall_s", result->wall_s, "cycles_per_s",
                  result->wall_s > 0 ? (double)result->cycles / result->wall_s : 0.0));
    json_object_set_new(json, "tx", direction_json(&result->tx));
    json_object_set_new(json, "rx", direction_json(&result->rx));
    json_object_set_new(
        json, "nbl",
        json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "allocated", (json_int_t)result->nbl_allocated, "sent", (json_int_t)result->nbl_sent,
                  "completed", (json_int_t)result->nbl_completed, "indicated", (json_int_t)result->nbl_indicated, "returned",
                  (json_int_t)result->nbl_returned, "outstanding", (json_int_t)result->nbl_outstanding));
    json_object_set_new(json, "pcie", json_pack("{s:o,s:o}", "up", link_json(&result->up), "down", link_json(&result->down)));
    json_object_set_new(json, "dma", json_pack("{s:I}", "violations", (json_int_t)result->dma_violations));
    json_object_set_new(json, "offload", json_pack("{s:I,s:I,s:I,s:I,s:I}", "tx_checksums", (json_int_t)result->tx_checksums, "large_sends",
                                                   (json_int_t)result->large_sends, "large_send_frames",
                                                   (json_int_t)result->large_send_frames, "rx_checksums", (json_int_t)result->rx_checksums,
                                                   "rx_hashes", (json_int_t)result->rx_hashes));
    json_object_set_new(json, "interrupts", json_integer((json_int_t)result->interrupts));
    json_object_set_new(json, "queues", queues_json(result->queues, result->queue_count));
    if (result->adapter_count > 1) json_object_set_new(json, "adapters", adapters_json(result));
    if (*scenario->driver_programs)
        json_object_set_new(json, "programs", json_pack("{s:I,s:I}", "tx_frames", (json_int_t)result->program_tx_frames, "rx_frames",
                                                       (json_int_t)result->program_rx_frames));
    if (result->live) json_object_set_new(json, "tcpip", live_json(result));
    if (result->lost) json_object_set(json, "lost", result->lost);
    if (result->hosts) json_object_set(json, "hosts", result->hosts);
    if (result->cpu) json_object_set(json, "cpu", result->cpu);
    if (result->driver_count) json_object_set_new(json, "drivers", drivers_json(result));
    return json;
}

bool report_passed(const json_t *result) {
    const char *verdict = json_string_value(json_object_get(result, "verdict"));
    return verdict && strcmp(verdict, "pass") == 0;
}

static json_t *value_json(const struct scenario *scenario, unsigned number) {
    const void *field = (const char *)scenario + scenario_keys[number].offset;
    char name[32];
    switch (scenario_keys[number].type) {
    case SCENARIO_UINT:
    case SCENARIO_PICK: return json_integer((json_int_t) * (const uint64_t *)field);
    case SCENARIO_BOOL: return json_boolean(*(const bool *)field);
    case SCENARIO_ENUM: return json_string(scenario_enum_name(number, *(const unsigned *)field, name, sizeof name));
    case SCENARIO_TEXT: return json_string(*(char *const *)field);
    case SCENARIO_FILE:
    case SCENARIO_SIZES:
    case SCENARIO_REGISTRY:
    case SCENARIO_DRIVERS: break;
    }
    return NULL;
}

json_t *report_machine_json(const struct scenario *scenario) {
    static const char *const sections[] = {"pcie.", "memory.", "cpu.", "nic.", "wire.", "driver."};
    json_t *machine = json_object();
    for (unsigned i = 0; i < SCENARIO_KEYS; i++) {
        for (size_t s = 0; s < sizeof sections / sizeof *sections; s++) {
            if (strncmp(scenario_keys[i].key, sections[s], strlen(sections[s])) == 0)
                json_object_set_new(machine, scenario_keys[i].key, value_json(scenario, i));
        }
    }
    return machine;
}

int report_write_json(const char *path, const json_t *json) {
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (!out) {
        const int error = errno;
        fprintf(stderr, "ringside: error: cannot write %s: %s\n", path, strerror(error));
        return -error;
    }
    bool good = json_dumpf(json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0 && fputc('\n', out) != EOF && fflush(out) == 0;
    if (out != stdout) good = fclose(out) == 0 && good;
    if (good) return 0;
    fprintf(stderr, "ringside: error: cannot write %s: the file is incomplete\n", path);
    return -EIO;
}
