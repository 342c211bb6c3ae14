/* SPDX-License-Identifier: Apache-2.0 */
/*
 * legacy_protocol_internal.h: a protocol of NDIS 5 is, for the rest of NDIS, a protocol of NDIS 6 that is made of the files here. [D] 5
 *
 *   driver: NdisSend, NdisReturnPackets, NdisRequest   SendComplete, ReceivePacket, Receive, Status
 *             | packets                                   ^ packets
 *   legacy_protocol_send.c, _receive.c, _request.c, legacy_protocol.c: one legacy_binding for each binding
 *             | NBLs                                      ^ NBLs
 *   NDIS 6: NdisSendNetBufferLists, ...                 ProtocolSendNetBufferListsComplete, ...
 */
#ifndef RINGSIDE_NDIS_LEGACY_PROTOCOL_INTERNAL_H
#define RINGSIDE_NDIS_LEGACY_PROTOCOL_INTERNAL_H

#include "ndis/legacy_protocol.h"
#include "packet_internal.h"

struct legacy_protocol {
    struct ndis_object object;      /* its name is the driver's */
    NDIS_PROTOCOL_CHARACTERISTICS chars;
    NDIS_HANDLE protocol;           /* of NDIS 6 */
    struct legacy_binding *bindings;
    struct legacy_protocol *next;
};

struct legacy_binding {
    struct ndis_object object;      /* the driver's NdisBindingHandle, and BindContext */
    struct legacy_protocol *protocol;
    struct legacy_binding *next;
    NDIS_HANDLE bind_context, binding;  /* of NDIS 6 */
    NDIS_HANDLE context;                /* the driver's */
    PNDIS_STRING adapter_name;
    bool open, running;
    USHORT context_backfill;
    NDIS_HANDLE nbls;                   /* pool of what is sent */
    struct packet_pool *packets;        /* pool of what is received */
    struct packet_queue waiting;        /* sends that came while the stack was paused */
    unsigned sends_out;
    PNET_PNP_EVENT_NOTIFICATION event;  /* that was pended: the pause, or one that the driver has */
    PNET_BUFFER_LIST shown;             /* in the driver's Receive now; the packet of it, once it was asked for */
    struct packet_record *shown_packet;
};

/* legacy_protocol_send.c */
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE legacy_protocol_sent;
/* What waits goes out, or (the binding closes) comes back with the status. */
void legacy_protocol_send_waiting(struct legacy_binding *binding);
void legacy_protocol_refuse_waiting(struct legacy_binding *binding, NDIS_STATUS status);

/* legacy_protocol_receive.c */
PROTOCOL_RECEIVE_NET_BUFFER_LISTS legacy_protocol_receive;

/* legacy_protocol_request.c */
PROTOCOL_OID_REQUEST_COMPLETE legacy_protocol_request_complete;
PROTOCOL_STATUS_EX legacy_protocol_status;
PROTOCOL_NET_PNP_EVENT legacy_protocol_pnp_event;

#endif
