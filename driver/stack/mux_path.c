/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mux_path.c: the same NBL above and below. [D] 3.5
 *
 * A send keeps its out-of-band data and its frames; its SourceHandle becomes ours while it is below, and waits in a context, for which
 * the virtual adapters ask for backfill. A send that mixes flows goes in parts. A receive goes to the virtual adapter whose address it has,
 * or to all whose filter wants it: lent to all but the last of them.
 */
#include "mux_internal.h"
#include "nbl_list.h"
#include "one_flow.h"

/* ---- Send */
static struct mux_send *saved_of(PNET_BUFFER_LIST nbl) { return (struct mux_send *)(PVOID)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl); }

static BOOLEAN push(struct mux_adapter *adapter, PNET_BUFFER_LIST nbl) {
    if (NdisAllocateNetBufferListContext(nbl, sizeof(struct mux_send), 0, MUX_TAG) != NDIS_STATUS_SUCCESS) return FALSE;
    struct mux_send *saved = saved_of(nbl);
    saved->source = nbl->SourceHandle;
    saved->adapter = adapter;
    nbl->SourceHandle = adapter->binding->handle;
    return TRUE;
}

static VOID pop(PNET_BUFFER_LIST nbl) {
    nbl->SourceHandle = saved_of(nbl)->source;
    NdisFreeNetBufferListContext(nbl, sizeof(struct mux_send));
}

static VOID refuse(struct mux_adapter *adapter, PNET_BUFFER_LIST nbls, NDIS_STATUS status, ULONG send_flags) {
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) NET_BUFFER_LIST_STATUS(nbl) = status;
    NdisMSendNetBufferListsComplete(adapter->handle, nbls,
                                    NDIS_TEST_SEND_AT_DISPATCH_LEVEL(send_flags) ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

/* What goes below of an NBL: itself or its parts. A part that cannot is back at once. */
static VOID take(struct mux_adapter *adapter, PNET_BUFFER_LIST nbl, struct nbl_list *good, struct nbl_list *bad) {
    PNET_BUFFER_LIST parts = one_flow_split(nbl);
    if (!parts) nbl_list_append(bad, nbl);
    for (PNET_BUFFER_LIST next; parts; parts = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(parts);
        if (push(adapter, parts)) {
            nbl_list_append(good, parts);
            continue;
        }
        NET_BUFFER_LIST_STATUS(parts) = NDIS_STATUS_RESOURCES;
        if ((nbl = one_flow_join(parts)) != NULL) nbl_list_append(bad, nbl);
    }
}

VOID mux_send(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG flags) {
    struct mux_adapter *adapter = context;
    struct mux_binding *binding = adapter->binding;
    UNREFERENCED_PARAMETER(port);
    if (!adapter->running || !binding->running) {
        refuse(adapter, nbls, NDIS_STATUS_PAUSED, flags); /* all of the chain, not only its first */
        return;
    }
    struct nbl_list good = {0}, bad = {0};
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
        take(adapter, nbl, &good, &bad);
    }
    adapter->out += good.count;
    binding->sends_out += good.count;
    if (bad.first) refuse(adapter, bad.first, NDIS_STATUS_RESOURCES, flags);
    if (good.first)
        NdisSendNetBufferLists(binding->handle, good.first, NDIS_DEFAULT_PORT_NUMBER, flags & ~NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK);
}

VOID mux_cancel_send(NDIS_HANDLE context, PVOID id) {
    const struct mux_adapter *adapter = context;
    NdisCancelSendNetBufferLists(adapter->binding->handle, id);
}

static VOID check_lower_paused(struct mux_binding *binding) {
    PNET_PNP_EVENT_NOTIFICATION event = binding->pausing;
    if (!event || binding->sends_out) return;
    binding->pausing = NULL;
    NdisCompleteNetPnPEvent(binding->handle, event, NDIS_STATUS_SUCCESS);
}

VOID mux_send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct mux_binding *binding = context;
    while (nbls) {
        /* Those of one adapter in a row go up in one call. */
        struct mux_adapter *adapter = saved_of(nbls)->adapter;
        struct nbl_list up = {0};
        ULONG count = 0;
        for (; nbls && saved_of(nbls)->adapter == adapter; count++) {
            PNET_BUFFER_LIST nbl = nbls;
            nbls = NET_BUFFER_LIST_NEXT_NBL(nbl);
            pop(nbl);
            if ((nbl = one_flow_join(nbl)) != NULL) nbl_list_append(&up, nbl);
        }
        if (up.first) NdisMSendNetBufferListsComplete(adapter->handle, up.first, flags);
        adapter->out -= count;
        binding->sends_out -= count;
        mux_check_paused(adapter);
    }
    check_lower_paused(binding);
}

/* ---- Receive */
/* The addresses are in the first MDL of what a NIC indicates; of what is not, nobody wants it. */
static const UCHAR *destination_of(PNET_BUFFER_LIST nbl, UCHAR storage[MUX_ADDRESS]) {
    return NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(nbl), MUX_ADDRESS, storage, 1, 0);
}

static BOOLEAN is_of(const struct mux_adapter *adapter, const UCHAR *destination) {
    return RtlEqualMemory(adapter->address, destination, MUX_ADDRESS);
}

/* NDIS filters once more, by what each protocol above wants: this is what the adapter would hear on a wire of its own. */
static BOOLEAN wants(const struct mux_adapter *adapter, const UCHAR *destination) {
    const ULONG group = NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST;
    if (!adapter->running) return FALSE;
    if (adapter->packet_filter & NDIS_PACKET_TYPE_PROMISCUOUS) return TRUE;
    if (destination[0] & 1) return (adapter->packet_filter & group) != 0;
    return (adapter->packet_filter & NDIS_PACKET_TYPE_DIRECTED) && is_of(adapter, destination);
}

static VOID lend(struct mux_adapter *adapter, PNET_BUFFER_LIST nbl, ULONG flags) {
    PNET_BUFFER_LIST next = NET_BUFFER_LIST_NEXT_NBL(nbl);
    NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
    NdisMIndicateReceiveNetBufferLists(adapter->handle, nbl, NDIS_DEFAULT_PORT_NUMBER, 1, flags | NDIS_RECEIVE_FLAGS_RESOURCES);
    NET_BUFFER_LIST_NEXT_NBL(nbl) = next;
}

/* The adapter that gets the NBL; the others that want it are shown it here. */
static struct mux_adapter *last_taker(struct mux_binding *binding, PNET_BUFFER_LIST nbl, ULONG flags) {
    UCHAR storage[MUX_ADDRESS];
    const UCHAR *destination = destination_of(nbl, storage);
    struct mux_adapter *last = NULL;
    for (unsigned i = 0; destination && i < binding->mux->adapters; i++) {
        struct mux_adapter *adapter = &binding->adapters[i];
        if (!wants(adapter, destination)) continue;
        if (last) lend(last, nbl, flags);
        last = adapter;
    }
    return last;
}

/* NBLs in a row for one adapter, or (NULL) for nobody. */
static VOID flush(struct mux_binding *binding, struct mux_adapter *adapter, PNET_BUFFER_LIST first, ULONG count, ULONG flags) {
    if (count == 0) return;
    if (adapter) {
        adapter->out += count;
        NdisMIndicateReceiveNetBufferLists(adapter->handle, first, NDIS_DEFAULT_PORT_NUMBER, count, flags);
    } else {
        NdisReturnNetBufferLists(binding->handle, first, NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(flags) ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
    }
}

VOID mux_receive(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    struct mux_binding *binding = context;
    UNREFERENCED_PARAMETER(port);
    UNREFERENCED_PARAMETER(count);
    const ULONG common = flags & (NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL | NDIS_RECEIVE_FLAGS_RESOURCES | NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE |
                                  NDIS_RECEIVE_FLAGS_SINGLE_VLAN);
    struct mux_adapter *current = NULL;
    PNET_BUFFER_LIST first = NULL, *tail = &first;
    ULONG run = 0;
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = NET_BUFFER_LIST_NEXT_NBL(nbl);
        struct mux_adapter *taker = last_taker(binding, nbl, common);
        if (NDIS_TEST_RECEIVE_CANNOT_PEND(flags)) {
            if (taker) lend(taker, nbl, common);
            continue;
        }
        if (run && taker != current) {
            *tail = NULL;
            flush(binding, current, first, run, common);
            run = 0;
        }
        if (run == 0) tail = &first;
        current = taker;
        *tail = nbl;
        tail = &NET_BUFFER_LIST_NEXT_NBL(nbl);
        run++;
    }
    *tail = NULL;
    flush(binding, current, first, run, common);
}

VOID mux_return(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct mux_adapter *adapter = context;
    ULONG count = 0;
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) count++;
    NdisReturnNetBufferLists(adapter->binding->handle, nbls, flags);
    adapter->out -= count;
    mux_check_paused(adapter);
}
