/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_check.h: the rules of a queue's rings, checked around EvtAdvance and EvtCancel of every run. [D] NetAdapterCx, Driver Verifier
 *
 *   netcx.ring_header      1  the driver changed more of a ring's header than BeginIndex, NextIndex and Scratch
 *   netcx.begin_index      2  BeginIndex left [old BeginIndex, EndIndex]
 *   netcx.foreign_element  3  it changed an element that is the system's
 *   netcx.tx_changed       4  it changed more of a packet or fragment to send than the Scratch bit
 *   netcx.rx_ignored       5  it set Ignore in a received packet, and wrote something else there too
 *   netcx.rx_reserved      6  it changed reserved bits of a received packet
 *   netcx.rx_unwritten     7  it gave a packet back without FragmentIndex, FragmentCount or the types of the layout
 *   netcx.rx_fragments     8  a packet's fragments are none, were not the driver's, or are not given back with it
 *   netcx.rx_order         9  two packets name a fragment both, or the later one an earlier one
 *   netcx.rx_layout       10  a layout that no frame has
 *   netcx.rx_fragment     11  ValidLength and Offset are unwritten or exceed Capacity, or a reserved bit was changed; or Capacity was, if the
 *                             system attaches, or was not, if the driver does
 *   netcx.data_buffers    12  it changed an element of the data buffer ring
 *   netcx.rx_buffer           a packet names a fragment into which it put no buffer that it had (netcx_rx.c)
 *
 * So that nobody lives on what was there before, what the driver has to write is poisoned when it is posted. A rule that is broken is reported
 * once a callback, with the element; what the driver may not change is put back, and the run goes on.
 */
#ifndef RINGSIDE_NETCX_NETCX_CHECK_H
#define RINGSIDE_NETCX_NETCX_CHECK_H

#include "netcx_internal.h"

/* Once the queue has its rings. INSUFFICIENT_RESOURCES. netcx_check_destroy is harmless on NULL. */
NTSTATUS netcx_check_create(struct netcx_queue *queue);
void netcx_check_destroy(struct netcx_queue *queue);
void netcx_check_before(struct netcx_queue *queue);
void netcx_check_after(struct netcx_queue *queue);
/* Are a received packet's fragments among those that were given back and not taken yet? A driver that breaks this rule has been reported. */
bool netcx_check_has_fragments(const struct netcx_queue *queue, const NET_PACKET *packet);
/* What is posted to receive into; the element is zeroed but for what the system gives. */
void netcx_check_poison_packet(NET_PACKET *packet);
void netcx_check_poison_fragment(NET_FRAGMENT *fragment, bool capacity); /* also that: the driver attaches */

#endif
