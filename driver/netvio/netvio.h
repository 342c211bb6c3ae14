/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio.h: the NDIS 6 miniport driver of the VIRTIO network device, as whoever loads it sees it.
 *
 *   struct netvio_config config = {.rx_buffer_bytes = 1518, .rx_buffer_elements = 1};
 *   ndis_load_driver(ndis, "netvio", netvio_driver_entry, &config);
 *
 * One packed transmit and one packed receive queue, or as many pairs as configuration, device and interrupt messages allow: then a flow
 * keeps to one pair (netvio_flow.h) and its order. On transmit the 12-byte virtio header goes into the data backfill in front of the
 * frame, so that header and first fragment are one descriptor; without room there, into a header buffer of its own.
 *
 * Offloads are asked for one by one (struct netvio_offloads), and done without where the device does not offer them; what NDIS is told that
 * the adapter can do is what was negotiated. Never: coalescing of received segments (RSC), timestamps, large sends of version 1.
 */
#ifndef RINGSIDE_NETVIO_H
#define RINGSIDE_NETVIO_H

#include <stdbool.h>

#include "ndis.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Deliberate faults, for tests of what finds them. `packet` is the id of the packet that meets it (ndis_nbl_packet). */
enum netvio_fault_kind {
    NETVIO_FAULT_NONE,
    NETVIO_FAULT_LOSE_NBL,        /* the packet's NBL is never completed */
    NETVIO_FAULT_COMPLETE_TWICE,  /* the packet's NBL is completed twice */
    NETVIO_FAULT_UNMAPPED,        /* the packet's first descriptor points outside any mapping */
    NETVIO_FAULT_FORGED_USED,     /* the ring's memory is corrupted once the packet was posted */
    NETVIO_FAULT_NEVER_POST,      /* the packet is forgotten before it is posted */
    NETVIO_FAULT_NO_DOORBELL,     /* from the packet on, the transmit doorbell is not rung */
    NETVIO_FAULT_NEVER_LOOK       /* from the packet on, used transmit buffers are not looked at, and their interrupts stay off */
};
struct netvio_fault {
    enum netvio_fault_kind kind;
    uint64_t packet;
};

/* When the device interrupts: after so many packets or microseconds, whichever is first. Either 0: after every packet. */
struct netvio_limits {
    uint32_t max_packets, max_usecs;
};

/* What is asked of the device beside the rings. [D] 4, [V] 5.1.3 */
struct netvio_offloads {
    bool checksum;    /* CSUM, GUEST_CSUM: TCP and UDP checksums are made on send and verified on receive */
    bool large_send;  /* HOST_TSO4, HOST_TSO6, HOST_ECN, HOST_USO, with CSUM: LSO version 2 and USO */
    bool rss;         /* RSS, HASH_REPORT, once OID_GEN_RECEIVE_SCALE_PARAMETERS says how */
    bool mergeable;   /* MRG_RXBUF: frames longer than a receive buffer take several */
    bool vlan;        /* tags are in the 802.1Q slot, and not in the frame: the driver puts them in and takes them off */
    bool filter;      /* CTRL_RX, CTRL_RX_EXTRA, CTRL_VLAN: the device drops what is not wanted, not NDIS */
};

/* A receive buffer can start anywhere in a page. */
enum { NETVIO_RX_OFFSET_END = 4096 };

/* The driver's argument (ndis_driver_argument): what Windows would keep in the registry. Copied at InitializeEx; must outlive the
 * driver for the handle, which has no other place in a driver without globals. */
struct netvio_config {
    uint16_t tx_queue_size, rx_queue_size;  /* slots; 0, or more than the device has: the device's maximum */
    uint16_t queue_pairs;                   /* wanted, 0 is 1; with MQ, at most what the device has and one message a queue allows */
    uint16_t tx_interrupt_after;            /* with EVENT_IDX: buffers until a transmit interrupt, 0 is 1 */
    uint16_t tx_indirect_from;              /* with INDIRECT_DESC: chains of so many elements go out as a table; 0: none */
    struct netvio_limits tx_limits, rx_limits;  /* with NOTF_COAL; all 0: the device's own */
    uint64_t declined_features;             /* not accepted although the device offers them and the driver could */
    struct netvio_offloads offloads;
    uint32_t rx_buffer_bytes;               /* bytes of the longest frame that is received, or with mergeable buffers of a piece of one;
                                               0: the longest there is */
    uint32_t rx_buffer_elements;            /* MDLs and descriptors of a receive buffer, 1 to 16; 0 is 1 */
    uint32_t rx_buffer_offset;              /* start of each of them in its page; below NETVIO_RX_OFFSET_END */
    struct netvio_fault fault;
    NDIS_HANDLE driver;                     /* written by netvio_driver_entry, read by its unload handler; zero before */
};

/* DriverEntry: registers the miniport. Fails as NdisMRegisterMiniportDriver does. */
DRIVER_INITIALIZE netvio_driver_entry;

#ifdef __cplusplus
}
#endif

#endif
