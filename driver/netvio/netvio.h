/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio.h: the NDIS 6 miniport driver of the VIRTIO network device, as whoever loads it sees it.
 *
 *   struct netvio_config config = {.rx_buffer_bytes = 1518, .rx_buffer_elements = 1};
 *   ndis_load_driver(ndis, "netvio", netvio_driver_entry, &config);
 *
 * One packed transmit and one packed receive queue. On transmit the 12-byte virtio header goes into the data backfill in front of the
 * frame, so that header and first fragment are one descriptor; without room there, into a header buffer of its own.
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
    NETVIO_FAULT_FORGED_USED      /* the ring's memory is corrupted once the packet was posted */
};
struct netvio_fault {
    enum netvio_fault_kind kind;
    uint64_t packet;
};

/* The driver's argument (ndis_driver_argument): what Windows would keep in the registry. Copied at InitializeEx; must outlive the
 * driver for the handle, which has no other place in a driver without globals. */
struct netvio_config {
    uint16_t tx_queue_size, rx_queue_size;  /* slots; 0, or more than the device has: the device's maximum */
    uint32_t rx_buffer_bytes;               /* bytes of the longest frame that is received; 0: the longest there is */
    uint32_t rx_buffer_elements;            /* MDLs and descriptors of a receive buffer, 1 to 16; 0 is 1 */
    struct netvio_fault fault;
    NDIS_HANDLE driver;                     /* written by netvio_driver_entry, read by its unload handler; zero before */
};

/* DriverEntry: registers the miniport. Fails as NdisMRegisterMiniportDriver does. */
DRIVER_INITIALIZE netvio_driver_entry;

#ifdef __cplusplus
}
#endif

#endif
