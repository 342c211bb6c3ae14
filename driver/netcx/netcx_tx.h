/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_tx.h: the state of a transmit queue, shared by netcx_tx.c and netcx_tx_map.c. */
#ifndef RINGSIDE_NETCX_TX_H
#define RINGSIDE_NETCX_TX_H

#include "netcx_offload.h"

enum { NETCX_TX_SEGMENTS = 32 /* of a packet that is mapped; one of more is bounced */, NETCX_TX_BOUNCES = 64,
       NETCX_TX_CANCELS = 4, NETCX_TX_BOUNCE_BYTES = 1024 * 1024 /* of all of them; where large sends are the driver's, they are fewer, as on a short ring */ };

struct netcx_bounce {
    struct netcx_bounce *next;
    PUCHAR va;
    uint64_t la;
};

/* A run of a packet's segments that is of one MDL. */
struct netcx_piece {
    PMDL mdl;
    unsigned segments;
};

/* Beside each element of the packet ring. */
struct netcx_tx_packet {
    PNET_BUFFER_LIST nbl;  /* to be counted down when this comes back; NULL: packets behind this one do that */
    PNET_BUFFER nb;        /* NULL: the element is free */
    uint64_t id;           /* packet id */
    ULONG bytes;           /* of the frame */
    bool needs_headers;    /* the driver has to find them in the first piece */
    bool retreated;        /* the data start was moved by the backfill */
    struct netcx_bounce *bounce;
    unsigned pieces, segments;
    struct netcx_piece piece[NETCX_TX_SEGMENTS];
    struct platform_dma_segment segment[NETCX_TX_SEGMENTS];
};

struct netcx_tx {
    struct netcx_nbls queue;       /* not wholly posted; the head's NBs from next_nb on are not */
    PNET_BUFFER next_nb;
    struct netcx_ask ask;          /* of the head */
    struct netcx_plan plan;        /* of next_nb, if it is made */
    bool planned;
    PVOID cancel[NETCX_TX_CANCELS];/* cancel ids that came while the context ran */
    unsigned cancels;
    uint64_t next_id;
    unsigned outstanding;          /* NBLs that are here */
    bool open;                     /* sends are taken */
    ULONG backfill, longest;       /* bytes in front of a packet, and of the longest one without them: a frame, */
    ULONG longest_large;           /* or a large send */
    struct netcx_reach reach;      /* of what is sent */
    SIZE_T alignment;
    ULONG most_fragments;
    NET_EXTENSION va, la;
    struct netcx_packet_extensions extensions;
    struct netcx_tx_packet *packets;
    unsigned bounce_count;
    struct netcx_bounce *bounces, *free_bounces;
    ULONG bounce_bytes, bounce_pad;/* of each, and in front of its backfill, so that the payload is aligned */
};

#endif
