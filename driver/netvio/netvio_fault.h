/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_fault.h: where the deliberate faults of netvio.h take hold. Each hook is one call on the normal path, and does nothing when
 * no fault is configured.
 */
#ifndef RINGSIDE_NETVIO_FAULT_H
#define RINGSIDE_NETVIO_FAULT_H

#include "netvio_adapter.h"

/* Before a chain is posted: NETVIO_FAULT_UNMAPPED moves its first element. */
void netvio_fault_elements(struct netvio_adapter *adapter, const struct netvio_tx_packet *packet, struct vq_element *elements);
/* Before the transmit ring is reaped, under tx->lock: NETVIO_FAULT_FORGED_USED. */
void netvio_fault_ring(struct netvio_tx *tx);
/* The next packet of the queue, before it is mapped: NETVIO_FAULT_NEVER_POST returns true, and it is passed by. */
bool netvio_fault_forgets(struct netvio_tx *tx);
/* Once the packet was posted: NETVIO_FAULT_NO_DOORBELL and NETVIO_FAULT_NEVER_LOOK return true, for ever. */
bool netvio_fault_silences(const struct netvio_tx *tx);
bool netvio_fault_blinds(const struct netvio_tx *tx);
/* The NBL that is about to be completed: NETVIO_FAULT_LOSE_NBL returns false. */
bool netvio_fault_keeps(struct netvio_adapter *adapter, PNET_BUFFER_LIST nbl);
/* The NBL that NETVIO_FAULT_COMPLETE_TWICE wants completed again after this list, or NULL. */
PNET_BUFFER_LIST netvio_fault_again(struct netvio_adapter *adapter, PNET_BUFFER_LIST list);

#endif
