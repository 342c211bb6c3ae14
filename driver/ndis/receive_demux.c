/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receive_demux.c: which bindings a received frame is for. [D] 2.9
 *
 * Each NBL goes to the bindings whose packet filter and frame types accept it: with NDIS_RECEIVE_FLAGS_RESOURCES to all but the last of
 * them, and to the last one as it was indicated. What nobody wants goes back at once.
 */
#include "ndis_path.h"

enum { ETHERTYPE_VLAN = 0x8100 };

static void read_header(PNET_BUFFER nb, struct frame_header *header) {
    ULONG length = nb->DataLength < sizeof(header->storage) ? nb->DataLength : (ULONG)sizeof(header->storage);
    header->bytes = length >= ETHERNET_HEADER ? NdisGetDataBuffer(nb, length, header->storage, 1, 0) : NULL;
    if (!header->bytes) return;
    header->type = (NET_FRAME_TYPE)(header->bytes[12] << 8 | header->bytes[13]);
    if (header->type == ETHERTYPE_VLAN && length == sizeof(header->storage))
        header->type = (NET_FRAME_TYPE)(header->bytes[16] << 8 | header->bytes[17]);
}

static bool is_listed(const struct ndis_multicast *list, const uint8_t *address) {
    for (unsigned i = 0; i < list->count; i++)
        if (memcmp(list->addresses[i], address, ETHERNET_ADDRESS) == 0) return true;
    return false;
}

static bool address_accepted(const struct ndis_binding *binding, const uint8_t *destination) {
    static const uint8_t broadcast[ETHERNET_ADDRESS] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const ULONG filter = binding->packet_filter;
    if (filter & NDIS_PACKET_TYPE_PROMISCUOUS) return true;
    if (memcmp(destination, broadcast, ETHERNET_ADDRESS) == 0) return (filter & NDIS_PACKET_TYPE_BROADCAST) != 0;
    if (destination[0] & 1)
        return (filter & NDIS_PACKET_TYPE_ALL_MULTICAST) ||
               ((filter & NDIS_PACKET_TYPE_MULTICAST) && is_listed(&binding->multicast, destination));
    return (filter & NDIS_PACKET_TYPE_DIRECTED) &&
           memcmp(destination, binding->adapter->general.CurrentMacAddress, ETHERNET_ADDRESS) == 0;
}

static bool type_accepted(const struct ndis_binding *binding, NET_FRAME_TYPE type) {
    if (binding->frame_type_count == 0) return true;
    for (unsigned i = 0; i < binding->frame_type_count; i++)
        if (binding->frame_types[i] == type) return true;
    return false;
}

bool path_wants(const struct ndis_binding *binding, PNET_BUFFER nb, struct frame_header *header) {
    if (!binding->open || binding->packet_filter == 0) return false;
    if (binding->layer.state != NDIS_STATE_RUNNING && binding->layer.state != NDIS_STATE_PAUSING) return false;
    bool everything = (binding->packet_filter & NDIS_PACKET_TYPE_PROMISCUOUS) && binding->frame_type_count == 0;
    if (everything) return true;
    if (!header->bytes) read_header(nb, header);
    return header->bytes && address_accepted(binding, header->bytes) && type_accepted(binding, header->type);
}

/* The binding that gets the NBL last; the others that want it are shown it here. */
static struct ndis_binding *last_taker(struct ndis_layer *from, PNET_BUFFER_LIST nbl, NDIS_PORT_NUMBER port, ULONG flags) {
    struct frame_header header = {0};
    struct ndis_binding *last = NULL;
    for (struct ndis_binding *binding = from->adapter->bindings; binding; binding = binding->next) {
        if (!path_wants(binding, nbl->FirstNetBuffer, &header)) continue;
        if (last) {
            PNET_BUFFER_LIST next = nbl->Next;
            nbl->Next = NULL;
            path_lend(from, &last->layer, nbl, port, 1, flags | NDIS_RECEIVE_FLAGS_RESOURCES);
            nbl->Next = next;
        }
        last = binding;
    }
    return last;
}

/* NBLs in a row that go to the same last binding. */
struct run {
    struct ndis_binding *binding;
    PNET_BUFFER_LIST first, *tail;
    ULONG count;
};

static void give(struct ndis_layer *from, struct ndis_binding *binding, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG count,
                 ULONG flags) {
    const bool traced = path_is_traced(binding->object.ndis, PLATFORM_TRACE_NBL_INDICATED);
    for (PNET_BUFFER_LIST nbl = chain; nbl; nbl = nbl->Next) {
        struct nbl_record *record = nbl_record_of(nbl);
        flight_move(record, &binding->layer);
        nbl_hop(record, NBL_INDICATE, from->object.name, binding->object.name);
        if (!flight_is_counted(record)) continue;
        binding->object.ndis->counts.nbl_indicated++;
        binding->object.ndis->counts.nbl_outstanding++;
        if (traced) nbl_trace(record, PLATFORM_TRACE_NBL_INDICATED);
    }
    path_call_receive(&binding->layer, chain, port, count, flags);
}

static void run_flush(struct ndis_layer *from, struct run *run, NDIS_PORT_NUMBER port, ULONG flags, PNET_BUFFER_LIST **unwanted) {
    if (run->count == 0) return;
    *run->tail = NULL;
    if (run->binding && (flags & NDIS_RECEIVE_FLAGS_RESOURCES)) {
        path_lend(from, &run->binding->layer, run->first, port, run->count, flags);
    } else if (run->binding) {
        give(from, run->binding, run->first, port, run->count, flags);
    } else {
        **unwanted = run->first;
        *unwanted = run->tail;
    }
    run->count = 0;
}

void path_to_bindings(struct ndis_layer *from, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG flags) {
    const bool resources = (flags & NDIS_RECEIVE_FLAGS_RESOURCES) != 0;
    PNET_BUFFER_LIST unwanted = NULL, *unwanted_tail = &unwanted;
    struct run run = {.count = 0};
    const char *const site = from->object.ndis->call_site;
    for (PNET_BUFFER_LIST nbl = chain, next; nbl; nbl = next) {
        next = nbl->Next;
        path_at(from, site);  /* the receivers' own calls have left theirs */
        struct ndis_binding *taker = last_taker(from, nbl, port, flags);
        if (run.count == 0 || taker != run.binding) {
            run_flush(from, &run, port, flags, &unwanted_tail);
            run = (struct run){.binding = taker, .first = nbl};
        }
        run.tail = &nbl->Next;
        run.count++;
        if (!resources) continue;
        run_flush(from, &run, port, flags, &unwanted_tail);  /* the caller keeps its chain: one at a time, and relinked */
        nbl->Next = next;
        unwanted_tail = &unwanted;
    }
    run_flush(from, &run, port, flags, &unwanted_tail);
    *unwanted_tail = NULL;
    if (!resources && unwanted) path_return_unwanted(from, from->adapter->top, unwanted);
}
