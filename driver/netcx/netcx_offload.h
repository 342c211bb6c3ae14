/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_offload.h: task offloads between NDIS and the driver.
 *
 * NDIS is told that checksums and large sends can be, whatever the driver declared: what it does not do is done here (netcx_software.c), and
 * what it does is left to it, packet by packet.
 */
#ifndef RINGSIDE_NETCX_NETCX_OFFLOAD_H
#define RINGSIDE_NETCX_NETCX_OFFLOAD_H

#include "netcx_internal.h"

/* At the start of the adapter: what can be, from what the driver declared. */
void netcx_offload_init(struct netcx_adapter *adapter);
/* Extensions of the packets of a queue. */
void netcx_offload_extensions(const struct netcx_adapter *adapter, bool is_tx, struct netcx_extensions *extensions);
NDIS_STATUS netcx_offload_attributes(struct netcx_adapter *adapter);
NDIS_STATUS netcx_offload_encapsulation(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request);
NDIS_STATUS netcx_offload_parameters(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request);
/* The most payload of a large send, and the most bytes of a packet that the driver gets, from Ethernet header to end. */
ULONG netcx_offload_payload(const struct netcx_adapter *adapter);
ULONG netcx_offload_longest(const struct netcx_adapter *adapter);
bool netcx_offload_cuts(const struct netcx_adapter *adapter); /* the driver does, if only some */

/* netcx_slots.c: what an NBL asks for in its slots, and what is found of a received packet, as slots. */
struct netcx_ask {
    NET_PACKET_CHECKSUM sum;
    ULONG mss;                 /* of a large send; 0: none */
    NET_PACKET_IEEE8021Q tag;
};
struct netcx_ask netcx_slots_ask(const struct netcx_adapter *adapter, const NET_BUFFER_LIST *nbl);
static inline bool netcx_asks_for_headers(const struct netcx_ask *ask) { return ask->mss || ask->sum.Layer3 || ask->sum.Layer4; }
/* As an NBL that was sent has to come back. */
void netcx_slots_sent(PNET_BUFFER_LIST nbl);
/* The extensions of a queue, found once. */
struct netcx_packet_extensions {
    NET_EXTENSION checksum, gso, lso, tag, hash, rsc, rsc_timestamp;
};
void netcx_slots_extensions(const struct netcx_queue *queue, struct netcx_packet_extensions *extensions);
void netcx_slots_found(const struct netcx_queue *queue, const struct netcx_packet_extensions *extensions, UINT32 index, PNET_BUFFER_LIST nbl);

/* netcx_software.c: does the driver do what is asked of such a packet? Where headers are is in the layout, and how many bytes they are. */
bool netcx_driver_sums(const struct netcx_adapter *adapter, const NET_PACKET_LAYOUT *layout, NET_PACKET_CHECKSUM asked);
bool netcx_driver_cuts(const struct netcx_adapter *adapter, const NET_PACKET_LAYOUT *layout, ULONG payload, ULONG mss);

/* How the NB at the head of a transmit queue is sent. */
enum netcx_how { NETCX_AS_IT_IS, NETCX_SUMMED_HERE, NETCX_CUT_HERE, NETCX_NEVER };
struct netcx_plan {
    enum netcx_how how;
    PNET_BUFFER nb;
    struct netcx_ask ask;
    NET_PACKET_LAYOUT layout;
    ULONG payload_at, at, number;  /* offsets of the payload, and of what is not sent yet; segments that were made */
};
struct netcx_plan netcx_plan_make(const struct netcx_adapter *adapter, PNET_BUFFER nb, const struct netcx_ask *ask);
/* Bytes of the next frame of a plan that is not NETCX_AS_IT_IS; it, written by netcx_plan_fill(plan, to); and on to the one behind it: false:
 * there is none. */
ULONG netcx_plan_bytes(const struct netcx_plan *plan);
bool netcx_plan_fill(void *plan, PUCHAR to);
bool netcx_plan_next(struct netcx_plan *plan);

#endif
