/* SPDX-License-Identifier: Apache-2.0 */
/* netvio_fault.c: the deliberate faults of netvio.h, each committed once. */
#include "netvio_fault.h"

#include "vq_fault.h"

/* Below the first page of the bus: no mapping is there on any machine. */
static const uint64_t unmapped_iova = 0x10;

static bool armed(const struct netvio_adapter *adapter, enum netvio_fault_kind kind) {
    return adapter->config.fault.kind == kind && !adapter->fault_done;
}

static bool carries(const struct netvio_adapter *adapter, PNET_BUFFER_LIST nbl) {
    uint64_t id = (uint64_t)ndis_nbl_packet(nbl);
    for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next, id++)
        if (id == adapter->config.fault.packet) return true;
    return false;
}

void netvio_fault_elements(struct netvio_adapter *adapter, const struct netvio_tx_packet *packet, struct vq_element *elements) {
    if (!armed(adapter, NETVIO_FAULT_UNMAPPED) || packet->id != adapter->config.fault.packet) return;
    elements[0].iova = unmapped_iova;
    adapter->fault_done = true;
}

void netvio_fault_ring(struct netvio_tx *tx) {
    struct netvio_adapter *adapter = tx->adapter;
    if (!armed(adapter, NETVIO_FAULT_FORGED_USED) || tx->next_id <= adapter->config.fault.packet) return;
    vq_fault_forge_used(tx->vq);
    adapter->fault_done = true;
}

bool netvio_fault_forgets(struct netvio_tx *tx) {
    struct netvio_adapter *adapter = tx->adapter;
    if (!armed(adapter, NETVIO_FAULT_NEVER_POST) || tx->next_id != adapter->config.fault.packet) return false;
    adapter->fault_done = true;
    return true;
}

bool netvio_fault_silences(const struct netvio_tx *tx) {
    return armed(tx->adapter, NETVIO_FAULT_NO_DOORBELL) && tx->next_id > tx->adapter->config.fault.packet;
}

bool netvio_fault_blinds(const struct netvio_tx *tx) {
    return armed(tx->adapter, NETVIO_FAULT_NEVER_LOOK) && tx->next_id > tx->adapter->config.fault.packet;
}

bool netvio_fault_keeps(struct netvio_adapter *adapter, PNET_BUFFER_LIST nbl) {
    if (!armed(adapter, NETVIO_FAULT_LOSE_NBL) || !carries(adapter, nbl)) return true;
    adapter->fault_done = true;
    return false;
}

PNET_BUFFER_LIST netvio_fault_again(struct netvio_adapter *adapter, PNET_BUFFER_LIST list) {
    if (!armed(adapter, NETVIO_FAULT_COMPLETE_TWICE)) return NULL;
    while (list && !carries(adapter, list)) list = list->Next;
    adapter->fault_done = list != NULL;
    return list;
}
