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
 *   *JumboPacket                               bytes of the longest frame that is received, or with MergeableBuffers of a piece of one
 *   *NumRssQueues                              queue pairs, at most; with RSS, and as a power of two
 *   *RSS                                       not 0: hashes come with received frames
 *   *TCPChecksumOffloadIPv4                    not 0: checksums of TCP and UDP are left to the device, if it makes and verifies them
 *   *LsoV2IPv4                                 not 0: so are large sends of TCP and UDP, over IPv4 and IPv6
 *   *PriorityVLANTag, VlanID                   not 0: tags are beside frames, not in them; the VLAN that the device's filter lets through
 *   NetworkAddress                             in place of the device's own, if it takes one
 *   MergeableBuffers, DeviceFilters            not 0: a frame may take several receive buffers; the device drops what is not wanted
 *   TransmitModerationFrames, TransmitModerationTime, ReceiveModerationFrames, ReceiveModerationTime
 *                                              the device interrupts after so many frames or microseconds
 *   ReceivePieces                              fragments of a receive buffer, as long as each other; 0 is 1
 *   ReceiveBufferMode                          whose receive buffers are: 0 the system allocates and attaches them, 1 the driver does both,
 *                                              2 the system allocates and the driver attaches them
 *   IndirectFrom                               chains of so many elements go out as a table
 *   TransmitInterruptAfter                     with EVENT_IDX: buffers until a transmit interrupt
 *   Fault, FaultPacket                         a deliberate fault (enum netviocx_fault), and the packet that meets it
 *   DeclinedFeaturesLow, DeclinedFeaturesHigh  bits 0 to 31 and 32 to 63 of features that are not accepted although the device offers them
 *
 * The device must have RING_RESET: a receive queue that is stopped has to let go of the system's buffers, and the device alone can do that for
 * one queue; and IN_ORDER, since buffers go back to a ring in order.
 */
#ifndef RINGSIDE_NETVIOCX_H
#define RINGSIDE_NETVIOCX_H

#include "netadaptercx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Deliberate faults, for tests of what finds them: of the parameter Fault; FaultPacket is the id of the packet that meets it. */
enum netviocx_fault {
    NETVIOCX_FAULT_NONE,
    NETVIOCX_FAULT_LOSE_PACKET,   /* the packet is never given back */
    NETVIOCX_FAULT_UNMAPPED,      /* its first descriptor points outside any mapping */
    NETVIOCX_FAULT_FORGED_USED,   /* the ring's memory is corrupted once it was posted */
    NETVIOCX_FAULT_NEVER_POST,    /* it is forgotten before it is posted */
    NETVIOCX_FAULT_NO_DOORBELL,   /* from it on, the transmit doorbell is not rung */
    NETVIOCX_FAULT_NEVER_LOOK     /* from it on, used transmit buffers are not looked at, and their interrupts stay off */
};

DRIVER_INITIALIZE netviocx_driver_entry;

#ifdef __cplusplus
}
#endif

#endif
