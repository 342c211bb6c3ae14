/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_rx.h: the state of a receive queue, shared by netcx_rx.c and netcx_rx_pool.c. */
#ifndef RINGSIDE_NETCX_RX_H
#define RINGSIDE_NETCX_RX_H

#include "netcx_offload.h"

struct netcx_rx_data;
struct netcx_data_buffer;

/* A buffer of the system's: memory and an MDL over all of it. It is free, in a fragment of the ring, or in an NBL. Where the driver attaches
 * buffers, this is an MDL for one of them: free, or in an NBL. */
struct netcx_rx_buffer {
    struct netcx_rx_buffer *next;  /* free list, or the next one of the same frame */
    PMDL mdl;
    PUCHAR va;                     /* NULL: the driver attaches */
    uint64_t la;
    NET_FRAGMENT_RETURN_CONTEXT_HANDLE handle; /* of the driver's: its name for it */
    struct netcx_data_buffer *data;            /* of the data buffer ring */
    UINT32 packet;                             /* of the first of a frame: where on the packet ring that was */
};

struct netcx_rx {
    bool open;                          /* what is received is indicated */
    bool driver_allocates, driver_attaches; /* if it allocates, it attaches */
    struct netcx_reach reach;           /* of buffers of the system's */
    struct netcx_rx_data *data;         /* of the data buffer ring, NULL: there is none */
    NDIS_HANDLE pool;                   /* of NBLs, as many as buffers */
    ULONG buffer_bytes;                 /* Capacity of a buffer */
    unsigned count;                     /* buffers */
    struct netcx_rx_buffer *buffers, *free;
    unsigned free_count;
    PNET_BUFFER_LIST free_nbls;         /* the last one that came back first: it is in the cache */
    struct netcx_nbls returned;         /* by NDIS, not yet looked at */
    unsigned out;                       /* NBLs that NDIS has */
    NET_EXTENSION va, la, return_context;
    struct netcx_packet_extensions extensions;
    struct netcx_rx_buffer **attached;  /* beside each element of the fragment ring */
    int64_t *ids;                       /* beside each element of the packet ring: packet id, or NETCX_RX_ID_NONE */
};

/* netcx_rx_data.c. Creating: on failure netcx_rx_data_free, which is harmless without one, undoes what was done. */
NTSTATUS netcx_rx_data_create(struct netcx_queue *queue);
void netcx_rx_data_free(struct netcx_queue *queue);
/* Free buffers to the driver; what it gave back since, of either ring; all that it has, back. */
void netcx_rx_data_post(struct netcx_queue *queue);
void netcx_rx_data_take(struct netcx_queue *queue);
void netcx_rx_data_reclaim(struct netcx_queue *queue);
/* A fragment's buffer goes into an NBL, NULL if it has none; and it is no longer in one, or in a fragment. */
struct netcx_data_buffer *netcx_rx_data_claim(struct netcx_rx *rx, UINT32 index);
void netcx_rx_data_release(struct netcx_rx *rx, struct netcx_data_buffer *buffer);

/* netcx_rx_pool.c */
NTSTATUS netcx_rx_pool_create(struct netcx_queue *queue); /* on failure netcx_rx_pool_free undoes what was done */
void netcx_rx_pool_free(struct netcx_queue *queue);
/* A free buffer, of which there is one, goes into the fragment at `index`, which is zeroed. */
void netcx_rx_attach(struct netcx_rx *rx, NET_FRAGMENT *fragment, UINT32 index);
/* What becomes of a fragment that the driver gave back: its buffer goes into an NBL, with an MDL over its bytes; or a packet named it and is
 * dropped: a buffer of the driver's goes back to it; or nobody named it: a buffer of the driver's is the driver's still. */
struct netcx_rx_buffer *netcx_rx_claim(struct netcx_queue *queue, UINT32 index);
void netcx_rx_drop(struct netcx_queue *queue, UINT32 index);
void netcx_rx_skip(struct netcx_queue *queue, UINT32 index);
/* A free NBL: there is one for each buffer. */
static inline PNET_BUFFER_LIST netcx_rx_take_nbl(struct netcx_rx *rx) {
    PNET_BUFFER_LIST nbl = rx->free_nbls;
    rx->free_nbls = nbl->Next;
    return nbl;
}
/* The buffers of an NBL that came back: free again, or returned to the driver. */
void netcx_rx_release(struct netcx_queue *queue, PNET_BUFFER_LIST nbl);

#endif
