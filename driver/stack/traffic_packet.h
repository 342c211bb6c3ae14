/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic_packet.h: the traffic protocol as a driver of NDIS 5: the same frames by the same callbacks, in packets.
 *
 *   free list -> frame over NDIS_BUFFERs (sender thread) -> NdisSendPackets -> SendComplete -> free list
 *   ReceivePacket -> sink, kept -> ReceiveComplete -> NdisReturnPackets
 *
 * NDIS 5 has no pause: the thread sends from bind to unbind, and what it sends while the stack is paused waits in NDIS.
 */
#ifndef RINGSIDE_TRAFFIC_PACKET_H
#define RINGSIDE_TRAFFIC_PACKET_H

#define NDIS_LEGACY_DRIVER 1
#include "ndis.h"
#include "ndis/legacy_protocol.h"

#include "traffic_internal.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TRAFFIC_PACKETS_KEPT = 64, TRAFFIC_PACKETS_SENT = 64 /* most in one call */ };

/* A packet with its frame, made once. Its buffers come and go with each flight. */
struct traffic_packet {
    PNDIS_PACKET packet;
    PUCHAR buffer;
    uint64_t id;
    struct traffic_packet *next;
};

struct traffic_packets {
    NDIS_HANDLE protocol, binding, pool, buffer_pool;
    struct traffic_packet *all, *free;
    unsigned count;
    PNDIS_PACKET kept[TRAFFIC_PACKETS_KEPT]; /* received, until the receive is complete */
    unsigned kept_count;
    PNDIS_PACKET rest;                       /* for what Receive does not show: over scratch */
    NDIS_STATUS open_error;
};

/* traffic_packet.c */
DRIVER_INITIALIZE traffic_packet_driver_entry;
/* As traffic_request, by NdisRequest. */
NDIS_STATUS traffic_packet_request(struct traffic *traffic, NDIS_REQUEST_TYPE type, NDIS_OID oid, PVOID buffer, UINT length);

/* traffic_packet_items.c. RESOURCES: what was made is freed with traffic_packet_free. */
NDIS_STATUS traffic_packet_make(struct traffic *traffic);
void traffic_packet_free(struct traffic *traffic);
/* Puts the pending frame into the packet. */
NDIS_STATUS traffic_packet_place(struct traffic *traffic, struct traffic_packet *item);
/* Takes its buffers off it. */
void traffic_packet_clear(struct traffic_packet *item);

/* traffic_packet_send.c */
void traffic_packet_sender(void *arg); /* thread */
VOID traffic_packet_send_complete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status);

/* traffic_packet_receive.c */
NDIS_STATUS traffic_packet_show(NDIS_HANDLE context, NDIS_HANDLE mac, PVOID header, UINT header_bytes, PVOID ahead, UINT ahead_bytes, UINT bytes);
VOID traffic_packet_receive_complete(NDIS_HANDLE context);
INT traffic_packet_receive(NDIS_HANDLE context, PNDIS_PACKET packet);

#ifdef __cplusplus
}
#endif

#endif
