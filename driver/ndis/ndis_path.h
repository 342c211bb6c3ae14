/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis_path.h: the four ways of an NBL through the layers of an adapter, and who has it meanwhile. Not for drivers.
 *
 *   send      a binding or filter -> filters with a Send handler, downwards -> miniport
 *   complete  miniport or filter -> filters with a SendComplete handler, upwards -> the layer that sent it
 *   indicate  miniport or filter -> filters with a Receive handler, upwards -> bindings that want it
 *   return    a binding or filter -> filters with a Return handler, downwards -> the layer that indicated it
 *
 * A flight is one such way out and back. An intermediate driver that sends or indicates an NBL which it holds begins a flight inside the
 * flight, up to NBL_LEVELS of them; the driver that allocated the NBL is around them all.
 */
#ifndef RINGSIDE_NDIS_PATH_H
#define RINGSIDE_NDIS_PATH_H

#include "ndis_internal.h"

/* `from` gives the chain up; `function` is what it called, for reports. What it may not give is reported and left out. */
void path_send(struct ndis_layer *from, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG flags, const char *function);
void path_complete(struct ndis_layer *from, PNET_BUFFER_LIST chain, ULONG flags, const char *function);
/* Sends that NDIS refuses, with the status already in them: back to `from` at once. */
void path_refuse(struct ndis_layer *from, PNET_BUFFER_LIST chain, const char *function);
void path_indicate(struct ndis_layer *from, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG count, ULONG flags, const char *function);
void path_return(struct ndis_layer *from, PNET_BUFFER_LIST chain, ULONG flags, const char *function);
/* NBLs that a filter above `from` does not take now, or that no binding wants: back to their origin, by the filters from `first` down. */
void path_return_unwanted(struct ndis_layer *from, struct ndis_filter *first, PNET_BUFFER_LIST chain);
/* What passed all filters, to the bindings; receive_demux.c. */
void path_to_bindings(struct ndis_layer *from, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG flags);
/* Shows the chain to `to` during the call only; receive_lend.c. */
void path_lend(struct ndis_layer *from, struct ndis_layer *to, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG count, ULONG flags);
/* Calls the layer's receive handler. */
void path_call_receive(struct ndis_layer *to, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG count, ULONG flags);
/* loopback.c: what `sender` is about to send, shown to the bindings that hear it. */
void path_loop_back(struct ndis_binding *sender, PNET_BUFFER_LIST chain, ULONG flags);
static inline bool path_is_heard(const struct ndis_binding *sender, ULONG flags);
/* What `from` hands over next is called from there: it is in the history of each NBL. */
static inline void path_at(const struct ndis_layer *from, const char *site) { from->object.ndis->call_site = site; }

/* Would `binding` accept this frame? Its first bytes are read once, into `header`. receive_demux.c */
enum { ETHERNET_HEADER = 14, ETHERNET_VLAN_TAG = 4, ETHERNET_ADDRESS = 6 };
struct frame_header {
    const uint8_t *bytes;  /* NULL when the frame is too short to have one */
    NET_FRAME_TYPE type;   /* host order */
    UCHAR storage[ETHERNET_HEADER + ETHERNET_VLAN_TAG];
};
bool path_wants(const struct ndis_binding *binding, PNET_BUFFER nb, struct frame_header *header);

/* The DISPATCH_LEVEL flag of a call is set below that level, or the call comes above it: reported. [D] 2.8 */
void path_check_level(struct ndis *ndis, bool flag, const char *function);
/* May `from` begin a flight of this NBL? It is its allocator's, or `from` belongs to the driver that holds it. Reports why not. */
bool flight_may_begin(struct nbl_record *record, struct ndis_layer *from, enum nbl_state flight, const char *function);
/* Somebody gives the NBL up who does not have it: reported as what it is. */
void flight_report_misuse(struct nbl_record *record, struct ndis_layer *from, enum nbl_what what, const char *function);
/* Takes those out of the chain that go where its first one goes; what is left stays there. */
PNET_BUFFER_LIST flight_split(PNET_BUFFER_LIST *chain, struct ndis_layer **to, unsigned *count);
/* The NBL was freed while it was out, and comes back: its flights end, nobody gets it, and its block is its pool's again. */
void flight_abandon(struct nbl_record *record);

/* ---- Flights, as fast as they can be */
static inline void flight_begin(struct nbl_record *record, struct ndis_layer *origin, enum nbl_state flight) {
    if (record->state != NBL_OWNED)
        record->outer[record->depth++] =
            (struct nbl_level){record->state, record->flight, record->lent, record->holder, record->origin};
    record->state = record->flight = flight;
    record->lent = 0;
    record->holder = record->origin = origin;
    origin->originated++;
}

static inline void flight_move(struct nbl_record *record, struct ndis_layer *to) {
    if (record->holder != record->origin) record->holder->held--;
    record->holder = to;
    if (to != record->origin) to->held++;
}

/* Back at its origin. */
static inline void flight_end(struct nbl_record *record) {
    if (record->holder != record->origin) record->holder->held--;
    record->origin->originated--;
    if (record->depth == 0) {
        if (record->state != NBL_ZOMBIE) record->state = NBL_OWNED;
        record->holder = record->origin = NULL;
        return;
    }
    const struct nbl_level *outer = &record->outer[--record->depth];
    if (record->state != NBL_ZOMBIE) record->state = outer->state;
    record->flight = outer->flight;
    record->lent = outer->lent;
    record->holder = outer->holder;
    record->origin = outer->origin;
}

/* Does anybody look at these events? Asked once for a list. */
static inline bool path_is_traced(const struct ndis *ndis, enum platform_trace_kind kind) {
    return ndis->platform->ops->trace_enabled(ndis->platform->ctx, kind);
}

/* Only the way of the allocator's own NBL is counted and traced: an intermediate driver's part of it is not a packet more. */
static inline bool flight_is_counted(const struct nbl_record *record) { return record->depth == 0; }

static inline bool path_is_heard(const struct ndis_binding *sender, ULONG flags) {
    const ULONG hearing = NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_ALL_LOCAL;
    const unsigned itself = (sender->packet_filter & hearing) != 0;
    return (sender->adapter->loopback_bindings > itself || (flags & NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK)) &&
           (sender->adapter->general.MacOptions & NDIS_MAC_OPTION_NO_LOOPBACK);
}

#endif
