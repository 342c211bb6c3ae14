/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_rx.h: the state of a receive queue, shared by netcx_rx.c and netcx_rx_pool.c. */
#ifndef RINGSIDE_NETCX_RX_H
#define RINGSIDE_NETCX_RX_H

#include "netcx_internal.h"

/* A buffer of the system's: memory and an MDL over all of it. It is free, in a fragment of the ring, or in an NBL. */
struct netcx_rx_buffer {
    struct netcx_rx_buffer *next;  /* free list, or the next one of the same frame */
    PMDL mdl;
    PUCHAR va;
    uint64_t la;
};

struct netcx_rx {
    bool open;                          /* what is received is indicated */
    struct wdf_dma_enabler *dma;        /* NULL: the driver writes by the CPU */
    NDIS_HANDLE pool;                   /* of NBLs, as many as buffers */
    ULONG buffer_bytes, allocated_bytes;/* Capacity of a buffer, and what is behind it */
    unsigned count;                     /* buffers */
    struct netcx_rx_buffer *buffers, *free;
    struct netcx_nbls free_nbls;
    struct netcx_nbls returned;         /* by NDIS, not yet looked at */
    unsigned out;                       /* NBLs that NDIS has */
    NET_EXTENSION va, la;
    struct netcx_rx_buffer **attached;  /* beside each element of the fragment ring */
    int64_t *ids;                       /* beside each element of the packet ring: packet id, or NETCX_RX_ID_NONE */
};

/* netcx_rx_pool.c */
NTSTATUS netcx_rx_pool_create(struct netcx_queue *queue); /* on failure netcx_rx_pool_free undoes what was done */
void netcx_rx_pool_free(struct netcx_queue *queue);
/* The buffers of an NBL that came back are free again. */
void netcx_rx_release(struct netcx_rx *rx, PNET_BUFFER_LIST nbl);

#endif
