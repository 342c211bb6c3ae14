/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_tx_offload.h: what an NBL asks for in its out-of-band slots, as the device understands it.
 *
 * Spec: [V] VIRTIO 1.2, 5.1.6.2  [D] 4
 */
#ifndef RINGSIDE_NETVIO_TX_OFFLOAD_H
#define RINGSIDE_NETVIO_TX_OFFLOAD_H

#include "netvio_adapter.h"
#include "virtio_net_send.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Does the NBL ask for anything, or the VLAN that the adapter is in? Of all slots that a send may use these are the ones that miniports
 * act on. */
static inline bool netvio_tx_asks(const struct netvio_adapter *adapter, const NET_BUFFER_LIST *nbl) {
    return adapter->vlan_id != 0 ||
           ((ULONG_PTR)nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo] |
            (ULONG_PTR)nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo] |
            (ULONG_PTR)nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo] |
            (ULONG_PTR)nbl->NetBufferListInfo[UdpSegmentationOffloadInfo]) != 0;
}

/* Is it a large send, of TCP or UDP? */
static inline bool netvio_tx_is_large(const NET_BUFFER_LIST *nbl) {
    return ((ULONG_PTR)nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo] |
            (ULONG_PTR)nbl->NetBufferListInfo[UdpSegmentationOffloadInfo]) != 0;
}

/* Fill in the plan for one NB. INVALID_PACKET: it asks for what was not advertised, or its headers are not what it says; RESOURCES: its
 * bytes cannot be mapped now. */
NDIS_STATUS netvio_tx_plan(const struct netvio_adapter *adapter, const NET_BUFFER_LIST *nbl, PNET_BUFFER nb, struct virtio_net_front *plan);

/* What the slots of an NBL must hold when it is completed. [D] 4 */
void netvio_tx_finish_slots(PNET_BUFFER_LIST nbl);

#ifdef __cplusplus
}
#endif

#endif
