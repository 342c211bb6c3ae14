/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic_stack.c: the drivers between miniport and protocol, as the configuration stacks them.
 *
 *   {capture, vlan 7, mux 2, capture}:  netvio "nic0" <- capture <- vlan7 <- mux0 = "mux0v0", "mux0v1"; "mux0v0" <- capture <- traffic
 *   {team, capture}, two NICs:          netvio "nic0", "nic1" <- team = "team0"; "team0" <- capture <- traffic
 */
#include <stdio.h>

#include "traffic_internal.h"

static unsigned throw_away_open(void *ctx, const char *name) {
    UNREFERENCED_PARAMETER(ctx);
    UNREFERENCED_PARAMETER(name);
    return 0;
}

static void throw_away(void *ctx, unsigned interface, bool outbound, uint64_t time_ps, const uint8_t *data, size_t length) {
    UNREFERENCED_PARAMETER(ctx);
    UNREFERENCED_PARAMETER(interface);
    UNREFERENCED_PARAMETER(outbound);
    UNREFERENCED_PARAMETER(time_ps);
    UNREFERENCED_PARAMETER(data);
    UNREFERENCED_PARAMETER(length);
}

/* One driver serves all captures of the stack. */
static NDIS_STATUS load_capture(struct traffic *traffic) {
    if (traffic->capture.driver) return NDIS_STATUS_SUCCESS;
    traffic->capture.sink = traffic->config.capture;
    if (!traffic->capture.sink.open) traffic->capture.sink = (struct traffic_capture_sink){NULL, throw_away_open, throw_away};
    return ndis_load_driver(traffic->ndis, "capture", capture_filter_driver_entry, &traffic->capture);
}

static NDIS_STATUS stack_capture(struct traffic *traffic, struct traffic_layer *layer, unsigned number, const char *adapter) {
    snprintf(layer->name, sizeof(layer->name), "capture%u", number);
    NDIS_STATUS status = load_capture(traffic);
    return status == NDIS_STATUS_SUCCESS ? ndis_add_filter(traffic->ndis, "capture", adapter, layer->name) : status;
}

static NDIS_STATUS stack_vlan(struct traffic *traffic, struct traffic_layer *layer, unsigned number, unsigned id, const char *adapter) {
    snprintf(layer->name, sizeof(layer->name), "vlan%u-%u", id, number);
    layer->vlan.id = id;
    NDIS_STATUS status = ndis_load_driver(traffic->ndis, layer->name, vlan_filter_driver_entry, &layer->vlan);
    return status == NDIS_STATUS_SUCCESS ? ndis_add_filter(traffic->ndis, layer->name, adapter, layer->name) : status;
}

static NDIS_STATUS stack_mux(struct traffic *traffic, struct traffic_layer *layer, unsigned number, unsigned adapters, const char *adapter) {
    snprintf(layer->name, sizeof(layer->name), "mux%u", number);
    snprintf(layer->prefix, sizeof(layer->prefix), "mux%uv", number);
    layer->mux.adapters = adapters;
    layer->mux.prefix = layer->prefix;
    NDIS_STATUS status = ndis_load_driver(traffic->ndis, layer->name, mux_driver_entry, &layer->mux);
    return status == NDIS_STATUS_SUCCESS ? ndis_bind_only(traffic->ndis, layer->name, adapter) : status;
}

NDIS_STATUS traffic_bind_to_nics(struct traffic *traffic, const char *name) {
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    for (unsigned i = 0; i <= traffic->config.nic_count && status == NDIS_STATUS_SUCCESS; i++) {
        char nic[TRAFFIC_NIC_NAME];
        traffic_nic_name(i, nic);
        status = ndis_bind_only(traffic->ndis, name, nic);
    }
    return status;
}

static NDIS_STATUS stack_team(struct traffic *traffic, struct traffic_layer *layer, unsigned mode) {
    snprintf(layer->name, sizeof(layer->name), "team");
    snprintf(layer->prefix, sizeof(layer->prefix), "team0");
    layer->team.mode = (enum team_mode)mode;
    layer->team.name = layer->prefix;
    NDIS_STATUS status = ndis_load_driver(traffic->ndis, layer->name, team_driver_entry, &layer->team);
    return status == NDIS_STATUS_SUCCESS ? traffic_bind_to_nics(traffic, layer->name) : status;
}

/* Over all others, for the faults that are a filter's. */
static NDIS_STATUS stack_fault(struct traffic *traffic, const char *adapter) {
    static const char name[] = "fault0";
    if (traffic->config.fault < TRAFFIC_FAULT_HOLD_SENT) return NDIS_STATUS_SUCCESS;
    traffic->faulty.kind = (enum fault_filter_kind)(traffic->config.fault - TRAFFIC_FAULT_HOLD_SENT);
    traffic->faulty.packet = traffic->config.fault_packet;
    NDIS_STATUS status = ndis_load_driver(traffic->ndis, name, fault_filter_driver_entry, &traffic->faulty);
    return status == NDIS_STATUS_SUCCESS ? ndis_add_filter(traffic->ndis, name, adapter, name) : status;
}

NDIS_STATUS traffic_stack_load(struct traffic *traffic) {
    char adapter[32] = "nic0";
    NDIS_STATUS status = traffic_registry_load(traffic);
    for (unsigned i = 0; i < traffic->config.stack_count && status == NDIS_STATUS_SUCCESS; i++) {
        const struct traffic_driver *driver = &traffic->config.stack[i];
        struct traffic_layer *layer = &traffic->layers[i];
        switch (driver->kind) {
        case TRAFFIC_DRIVER_CAPTURE: status = stack_capture(traffic, layer, i, adapter); break;
        case TRAFFIC_DRIVER_VLAN: status = stack_vlan(traffic, layer, i, driver->number, adapter); break;
        case TRAFFIC_DRIVER_MUX:
            status = stack_mux(traffic, layer, i, driver->number, adapter);
            snprintf(adapter, sizeof(adapter), "%.20s0", layer->prefix);
            break;
        case TRAFFIC_DRIVER_TEAM:
            status = stack_team(traffic, layer, driver->number);
            snprintf(adapter, sizeof(adapter), "%.20s", layer->prefix);
            break;
        case TRAFFIC_DRIVER_MODULE: status = traffic_module_load(traffic, i, adapter, sizeof(adapter)); break;
        }
    }
    if (status == NDIS_STATUS_SUCCESS) status = stack_fault(traffic, adapter);
    return status == NDIS_STATUS_SUCCESS ? ndis_bind_only(traffic->ndis, traffic->protocol_name, adapter) : status;
}

/* ---- As it is bound */
struct description {
    void (*line)(void *arg, const char *text);
    void *arg;
};

static const char *sees(const struct ndis_stack_entry *entry) {
    if (entry->sees_sends && entry->sees_receives) return "sends and receives";
    return entry->sees_sends ? "sends" : entry->sees_receives ? "receives" : "passed by";
}

static void describe(void *arg, const struct ndis_stack_entry *entry) {
    const struct description *description = arg;
    char text[160];
    switch (entry->kind) {
    case NDIS_STACK_PROTOCOL:
        snprintf(text, sizeof(text), "%-10s %-12s protocol     %-10s backfill %u, context %u", entry->adapter, entry->name, entry->state,
                 (unsigned)entry->data_backfill, (unsigned)entry->context_backfill);
        break;
    case NDIS_STACK_FILTER:
        snprintf(text, sizeof(text), "%-10s %-12s filter       %-10s %s", entry->adapter, entry->name, entry->state, sees(entry));
        break;
    case NDIS_STACK_MINIPORT:
        snprintf(text, sizeof(text), "%-10s %-12s %s %-10s", entry->adapter, entry->driver, entry->below ? "intermediate" : "miniport    ",
                 entry->state);
        break;
    }
    description->line(description->arg, text);
}

void traffic_describe(const struct traffic *traffic, void (*line)(void *arg, const char *text), void *arg) {
    struct description description = {line, arg};
    ndis_walk_stack(traffic->ndis, describe, &description);
}
