/* SPDX-License-Identifier: Apache-2.0 */
/*
 * legacy_miniport_internal.h: a miniport of NDIS 5 is, for the rest of NDIS, a miniport of NDIS 6 that is made of the files here. [D] 5
 *
 *   NDIS 6: MiniportSendNetBufferLists, ...             NdisMSendNetBufferListsComplete, NdisMIndicateReceiveNetBufferLists, ...
 *             | NBLs                                      ^ NBLs
 *   legacy_miniport_send.c, _receive.c, _request.c, _hardware.c, legacy_miniport.c: one legacy_adapter for each adapter
 *             | packets                                   ^ packets
 *   driver: MiniportSendPackets, MiniportReturnPacket   NdisMSendComplete, NdisMIndicateReceivePacket
 */
#ifndef RINGSIDE_NDIS_LEGACY_MINIPORT_INTERNAL_H
#define RINGSIDE_NDIS_LEGACY_MINIPORT_INTERNAL_H

#include "ndis/legacy_miniport.h"
#include "packet_internal.h"

struct legacy_miniport {
    NDIS_MINIPORT_CHARACTERISTICS chars;
    PDRIVER_UNLOAD unload;
};

struct legacy_adapter {
    struct legacy_miniport *miniport;
    struct ndis_adapter *adapter;   /* the driver's MiniportAdapterHandle */
    NDIS_HANDLE context;            /* the driver's */
    ULONG attributes;
    PNDIS_RESOURCE_LIST resources;  /* while it is initialised */
    bool running, pausing;
    /* Sends. */
    struct packet_pool *packets;
    struct packet_queue queue;      /* not yet with the driver, in order */
    unsigned out;                   /* queued, or with the driver */
    bool pushing, blocked;          /* inside the driver's send handler; it said RESOURCES */
    NDIS_HANDLE dma;                /* NULL: packets come without scatter/gather lists */
    /* Receives. */
    NDIS_HANDLE nbls;
    unsigned indicated;             /* NBLs that are not back */
    bool indicating;                /* inside NdisMIndicateReceivePacket of a serialized driver */
    /* The one request. */
    PNDIS_OID_REQUEST request;      /* of NDIS 6 */
    bool asking;                    /* or one of ours */
    NDIS_STATUS answer;
    KEVENT answered;
};

static inline bool legacy_is_serialized(const struct legacy_adapter *legacy) {
    return !(legacy->attributes & NDIS_ATTRIBUTE_DESERIALIZE);
}
/* The adapter behind a handle, if its driver is of NDIS 5. */
struct legacy_adapter *legacy_adapter_of(NDIS_HANDLE handle, const char *function);
void legacy_check_paused(struct legacy_adapter *legacy);

/* legacy_miniport_send.c */
MINIPORT_SEND_NET_BUFFER_LISTS legacy_miniport_send;
MINIPORT_CANCEL_SEND legacy_miniport_cancel_send;
MINIPORT_PROCESS_SG_LIST legacy_miniport_mapped;
/* legacy_miniport_receive.c */
MINIPORT_RETURN_NET_BUFFER_LISTS legacy_miniport_return;
/* legacy_miniport_request.c */
MINIPORT_OID_REQUEST legacy_miniport_request;
/* Asks the driver itself, and waits. PASSIVE, in MiniportInitialize's wake. */
NDIS_STATUS legacy_miniport_ask(struct legacy_adapter *legacy, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written);
/* legacy_miniport_hardware.c */
void legacy_miniport_release(struct legacy_adapter *legacy);

#endif
