/* SPDX-License-Identifier: Apache-2.0 */
/* return.c: received NBLs back down, by the filters that look at returns, to the layers that indicated them. [D] 2.9 */
#include "nbl_poison.h"
#include "ndis_path.h"

/* Who sees this return next: `filter` is the first below the one who gives it up. */
static struct ndis_layer *next_below(struct ndis_filter *filter, struct ndis_layer *origin) {
    for (; filter; filter = filter->below)
        if (&filter->layer == origin || filter->return_nbls) return &filter->layer;
    return origin;
}

static bool is_with(const struct ndis_layer *from, const struct nbl_record *record) {
    return record->holder == from && record->origin != from &&
           (record->state == NBL_INDICATED || (record->state == NBL_ZOMBIE && record->flight == NBL_INDICATED));
}

static bool may_return(struct ndis_layer *from, PNET_BUFFER_LIST nbl, const char *function) {
    if (!nbl_check_ours(from->object.ndis, nbl, function)) return false;
    struct nbl_record *record = nbl_record_of(nbl);
    if (!is_with(from, record)) {
        flight_report_misuse(record, from, NBL_RETURN, function);
        return false;
    }
    if (record->lent) {
        nbl_violation(record, "nbl.returned_resources", "[D] 2.9", "was returned although it was indicated with RECEIVE_FLAGS_RESOURCES");
        return false;
    }
    if (record->state != NBL_ZOMBIE) nbl_check_buffers(record, function);
    return true;
}

/* Takes the NBL from the layer; it is then on its way to the layer that is returned. */
static struct ndis_layer *take(struct ndis_layer *from, struct ndis_filter *below, struct nbl_record *record, bool traced) {
    struct ndis_layer *to = next_below(below, record->origin);
    nbl_hop(record, NBL_RETURN, from->object.name, to->object.name);
    if (from->object.type == NDIS_OBJECT_BINDING && flight_is_counted(record)) {
        struct ndis_counts *counts = &from->object.ndis->counts;
        counts->nbl_returned++;
        counts->nbl_outstanding--;
        if (traced) nbl_trace(record, PLATFORM_TRACE_NBL_RETURNED);
    }
    if (to == record->origin) flight_end(record);
    else flight_move(record, to);
    to->calls++;  /* until it was told: it is not idle */
    record->deliver = to;
    return to;
}

static void deliver(struct ndis_layer *to, PNET_BUFFER_LIST chain, unsigned count, ULONG flags) {
    struct ndis *ndis = to->object.ndis;
    if (to->object.type == NDIS_OBJECT_ADAPTER) {
        struct ndis_adapter *adapter = CONTAINING_RECORD(to, struct ndis_adapter, layer);
        ndis_function_enter(ndis, "MiniportReturnNetBufferLists");
        adapter->driver->miniport.ReturnNetBufferListsHandler(adapter->context, chain, flags);
        ndis_function_exit(ndis, "MiniportReturnNetBufferLists");
    } else {
        struct ndis_filter *filter = CONTAINING_RECORD(to, struct ndis_filter, layer);
        ndis_function_enter(ndis, "FilterReturnNetBufferLists");
        if (filter->return_nbls) filter->return_nbls(filter->context, chain, flags);
        ndis_function_exit(ndis, "FilterReturnNetBufferLists");
    }
    to->calls -= count;
    ndis_layer_check_idle(to);
}

/* The chain is checked already. */
static void give_back(struct ndis_layer *from, struct ndis_filter *below, PNET_BUFFER_LIST chain, ULONG flags) {
    struct ndis_layer *first = NULL;
    unsigned count = 0;
    bool mixed = false;
    const bool traced = path_is_traced(from->object.ndis, PLATFORM_TRACE_NBL_RETURNED);
    for (PNET_BUFFER_LIST nbl = chain; nbl; nbl = nbl->Next, count++) {
        struct ndis_layer *to = take(from, below, nbl_record_of(nbl), traced);
        if (!first) first = to;
        mixed |= to != first;
    }
    while (chain) {
        PNET_BUFFER_LIST theirs = mixed ? flight_split(&chain, &first, &count) : chain;
        if (!mixed) chain = NULL;
        deliver(first, theirs, count, flags);
    }
    ndis_layer_check_idle(from);
}

void path_return(struct ndis_layer *from, PNET_BUFFER_LIST chain, ULONG flags, const char *function) {
    path_check_level(from->object.ndis, (flags & NDIS_RETURN_FLAGS_DISPATCH_LEVEL) != 0, function);
    struct ndis_filter *below = from->adapter->top;
    if (from->object.type == NDIS_OBJECT_FILTER) below = CONTAINING_RECORD(from, struct ndis_filter, layer)->below;
    PNET_BUFFER_LIST good = NULL, *tail = &good;
    for (PNET_BUFFER_LIST nbl = chain, next; nbl; nbl = next) {
        next = nbl_next(nbl);
        if (!may_return(from, nbl, function)) break;  /* it links to a list of its owner's, as in completions */
        struct nbl_record *record = nbl_record_of(nbl);
        if (record->state == NBL_ZOMBIE) {
            flight_abandon(record);
            continue;
        }
        *tail = nbl;
        tail = &nbl->Next;
    }
    *tail = NULL;
    give_back(from, below, good, flags);
}

void path_return_unwanted(struct ndis_layer *from, struct ndis_filter *first, PNET_BUFFER_LIST chain) {
    give_back(from, first, chain, KeGetCurrentIrql() >= DISPATCH_LEVEL ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}

VOID WdkReturnNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags, const char *Site) {
    static const char function[] = "NdisReturnNetBufferLists";
    struct ndis_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_BINDING, function);
    if (!binding) return;
    path_at(&binding->layer, Site);
    path_return(&binding->layer, NetBufferLists, ReturnFlags, function);
}

VOID (NdisReturnNetBufferLists)(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags) {
    WdkReturnNetBufferLists(NdisBindingHandle, NetBufferLists, ReturnFlags, NULL);
}
