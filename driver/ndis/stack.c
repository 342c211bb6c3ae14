/* SPDX-License-Identifier: Apache-2.0 */
/* stack.c: the stack as it is bound, for whoever wants to show it. */
#include "ndis_internal.h"

static const char *state_of(const struct ndis_layer *layer) {
    static const char *const words[] = {"Halted", "Initializing", "Paused", "Restarting", "Running", "Pausing"};
    return words[layer->state];
}

static struct ndis_stack_entry entry_of(const struct ndis_layer *layer) {
    return (struct ndis_stack_entry){.driver = layer->driver ? layer->driver->object.name : layer->object.name,
                                     .name = layer->object.name, .adapter = layer->adapter->object.name, .state = state_of(layer),
                                     .data_backfill = layer->adapter->restarted.DataBackFillSize,
                                     .context_backfill = layer->adapter->restarted.ContextBackFillSize};
}

unsigned ndis_driver_roles(const struct ndis *ndis, const char *driver) {
    unsigned roles = 0;
    for (const struct ndis_driver *at = ndis->drivers; at; at = at->next) {
        if (strcmp(at->object.name, driver) != 0 || !at->is_miniport) continue;
        roles |= at->miniport.Flags & NDIS_INTERMEDIATE_DRIVER ? NDIS_ROLE_INTERMEDIATE : NDIS_ROLE_MINIPORT;
    }
    for (const struct ndis_protocol *at = ndis->protocols; at; at = at->next)
        if (strcmp(at->object.name, driver) == 0) roles |= NDIS_ROLE_PROTOCOL;
    for (const struct ndis_filter_driver *at = ndis->filter_drivers; at; at = at->next)
        if (at->driver && strcmp(at->driver->object.name, driver) == 0) roles |= NDIS_ROLE_FILTER;
    return roles;
}

void ndis_walk_stack(const struct ndis *ndis, void (*visit)(void *arg, const struct ndis_stack_entry *entry), void *arg) {
    for (const struct ndis_adapter *adapter = ndis->adapters; adapter; adapter = adapter->next) {
        for (const struct ndis_binding *binding = adapter->bindings; binding; binding = binding->next) {
            struct ndis_stack_entry entry = entry_of(&binding->layer);
            entry.kind = NDIS_STACK_PROTOCOL;
            if (binding->open) visit(arg, &entry);
        }
        for (const struct ndis_filter *filter = adapter->top; filter; filter = filter->below) {
            struct ndis_stack_entry entry = entry_of(&filter->layer);
            entry.kind = NDIS_STACK_FILTER;
            entry.sees_sends = filter->send || filter->send_complete;
            entry.sees_receives = filter->receive || filter->return_nbls;
            visit(arg, &entry);
        }
        struct ndis_stack_entry entry = entry_of(&adapter->layer);
        entry.kind = NDIS_STACK_MINIPORT;
        entry.below = adapter->is_virtual ? adapter->driver->object.name : NULL;
        visit(arg, &entry);
    }
}
