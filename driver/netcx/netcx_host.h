/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_host.h: NetAdapterCx as the simulator sees it: load client drivers. And, for our own client, what Windows has no call for.
 *
 *   ndis = ndis_create(kernel);
 *   netcx_load_driver(kernel, "netviocx", netviocx_driver_entry, NULL);
 *   ndis_add_adapter(ndis, "netviocx", "nic0");
 *   ndis_start(ndis);
 *
 * To NDIS a client is a miniport, which the class extension registers for it: InitializeEx is the device's Plug and Play start, HaltEx its
 * end, restart and pause start and stop its queues. Protocols and filters do not know what drives the adapter.
 */
#ifndef RINGSIDE_NETCX_NETCX_HOST_H
#define RINGSIDE_NETCX_NETCX_HOST_H

#include "ndis/ndis_host.h"
#include "netadaptercx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As ndis_load_driver(), for the kernel's NDIS; and a driver that is written against wdf.h and netadaptercx.h, whose DriverEntry calls
 * WdfDriverCreate with EvtDriverDeviceAdd, becomes a miniport. PASSIVE_LEVEL, kernel entered by itself. */
NDIS_STATUS netcx_load_driver(struct kernel *kernel, const char *name, DRIVER_INITIALIZE *entry, void *argument);

/* The machine below a device: what a client gives its parts that are written against platform.h. */
struct platform *netcx_platform(WDFDEVICE device);

/* Packet ids, which show in traces and reports: of a packet that was posted for transmit, and of one that is given back as received. `queue`
 * is one of ours: it is not looked at. */
uint64_t netcx_tx_packet_id(NETPACKETQUEUE queue, UINT32 packet_index);
void netcx_rx_set_packet_id(NETPACKETQUEUE queue, UINT32 packet_index, uint64_t id);

#ifdef __cplusplus
}
#endif

#endif
