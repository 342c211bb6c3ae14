/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netviocx.h: the NetAdapterCx client driver of the VIRTIO network device, as whoever loads it sees it.
 *
 *   netcx_load_driver(kernel, "netviocx", netviocx_driver_entry, NULL);
 *   ndis_set_parameter(ndis, "netviocx", "nic0", "*ReceiveBuffers", "64");
 *
 * Its parameters are those of an adapter in Windows, by keyword; what is not given is the device's to say:
 *
 *   *TransmitBuffers, *ReceiveBuffers          slots of the rings
 *   *JumboPacket                               bytes of the longest frame that is received
 *   *TCPChecksumOffloadIPv4                    not 0: checksums of TCP and UDP are left to the device, if it makes and verifies them
 *   ReceiveBufferMode                          whose receive buffers are: 0 the system allocates and attaches them, 1 the driver does both,
 *                                              2 the system allocates and the driver attaches them
 *   DeclinedFeaturesLow, DeclinedFeaturesHigh  bits 0 to 31 and 32 to 63 of features that are not accepted although the device offers them
 *
 * One queue pair. The device must have RING_RESET: a receive queue that is stopped has to let go of the system's buffers, and the device alone
 * can do that for one queue; and IN_ORDER, since buffers go back to a ring in order.
 */
#ifndef RINGSIDE_NETVIOCX_H
#define RINGSIDE_NETVIOCX_H

#include "netadaptercx.h"

#ifdef __cplusplus
extern "C" {
#endif

DRIVER_INITIALIZE netviocx_driver_entry;

#ifdef __cplusplus
}
#endif

#endif
