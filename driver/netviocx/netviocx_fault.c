/* SPDX-License-Identifier: Apache-2.0 */
/* netviocx_fault.c: the deliberate faults of netviocx.h. */
#include "netviocx_fault.h"

#include "vq_fault.h"

/* Below the first page of the bus: no mapping is there on any machine. */
static const uint64_t unmapped_iova = 0x10;

static bool is(const NETVIOCX_DEVICE *device, enum netviocx_fault kind) { return device->settings.fault == (ULONG)kind; }
static bool is_packet(const NETVIOCX_DEVICE *device, uint64_t packet) { return packet == device->settings.fault_packet; }

bool netviocx_fault_forgets(NETVIOCX_DEVICE *device, uint64_t packet) {
    device->fault_met |= is_packet(device, packet);
    return is(device, NETVIOCX_FAULT_NEVER_POST) && is_packet(device, packet);
}

void netviocx_fault_chain(NETVIOCX_DEVICE *device, uint64_t packet, struct vq_element *chain) {
    if (is(device, NETVIOCX_FAULT_UNMAPPED) && is_packet(device, packet)) chain[0].iova = unmapped_iova;
}

bool netviocx_fault_silences(const NETVIOCX_DEVICE *device) { return is(device, NETVIOCX_FAULT_NO_DOORBELL) && device->fault_met; }
bool netviocx_fault_blinds(const NETVIOCX_DEVICE *device) { return is(device, NETVIOCX_FAULT_NEVER_LOOK) && device->fault_met; }

void netviocx_fault_ring(NETVIOCX_DEVICE *device, struct vq_packed *vq) {
    if (!is(device, NETVIOCX_FAULT_FORGED_USED) || !device->fault_met) return;
    vq_fault_forge_used(vq);
    device->settings.fault = NETVIOCX_FAULT_NONE;
}

bool netviocx_fault_gives_back(const NETVIOCX_DEVICE *device, uint64_t packet) {
    return !is(device, NETVIOCX_FAULT_LOSE_PACKET) || !is_packet(device, packet);
}
