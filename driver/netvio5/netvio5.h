/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio5.h: an NDIS 5.1 miniport of the VIRTIO network device, as whoever loads it sees it.
 *
 *   struct netvio5_config config = {.rx_buffer_bytes = 1518};
 *   ndis_load_driver(ndis, "netvio5", netvio5_driver_entry, &config);
 *
 * It shows what a driver of that age does with the ring library of driver/virtio/: one queue pair, packets with their scatter/gather
 * lists, one interrupt. No byte in front of a packet belongs to it, so the 12-byte virtio header is always a descriptor of its own.
 */
#ifndef RINGSIDE_NETVIO5_H
#define RINGSIDE_NETVIO5_H

#define NDIS51_MINIPORT 1
#include "ndis.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The driver's argument (ndis_driver_argument). */
struct netvio5_config {
    USHORT tx_queue_size, rx_queue_size; /* slots; 0, or more than the device has: the device's maximum */
    ULONG rx_buffer_bytes;               /* bytes of the longest frame that is received; 0: the longest there is */
    ULONG64 declined_features;           /* not accepted although the device offers them and the driver could */
};

DRIVER_INITIALIZE netvio5_driver_entry;

#ifdef __cplusplus
}
#endif

#endif
