/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netviocx_fault.h: deliberate faults of this client, for tests of what finds them (the parameters Fault and FaultPacket). Each hook is one call
 * on the normal path of transmit, and does nothing when no fault is asked for.
 */
#ifndef RINGSIDE_NETVIOCX_FAULT_H
#define RINGSIDE_NETVIOCX_FAULT_H

#include "netviocx_device.h"

/* The packet, before its chain is posted: NEVER_POST returns true, and it is passed by; UNMAPPED moves its first element. */
bool netviocx_fault_forgets(NETVIOCX_DEVICE *device, uint64_t packet);
void netviocx_fault_chain(NETVIOCX_DEVICE *device, uint64_t packet, struct vq_element *chain);
/* Once the packet was posted: NO_DOORBELL and NEVER_LOOK return true, for ever. */
bool netviocx_fault_silences(const NETVIOCX_DEVICE *device);
bool netviocx_fault_blinds(const NETVIOCX_DEVICE *device);
/* Before the ring is reaped: FORGED_USED. */
void netviocx_fault_ring(NETVIOCX_DEVICE *device, struct vq_packed *vq);
/* A packet that the device is done with: LOSE_PACKET returns false, and it is never given back. */
bool netviocx_fault_gives_back(const NETVIOCX_DEVICE *device, uint64_t packet);

#endif
