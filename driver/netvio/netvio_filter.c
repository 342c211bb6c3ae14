/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_filter.c: which frames the device delivers. [D] 3.7, [V] 5.1.6.5.1 to 5.1.6.5.3
 *
 * Without CTRL_RX it delivers all, and NDIS filters by binding: only "nothing at all" is ours to do. With it the device is told. It may
 * deliver more than it should, [V] 5.1.6.5.1, so NDIS filters as before. Frames with a tag pass only if they are of the VLAN of
 * OID_GEN_VLAN_ID, where CTRL_VLAN was negotiated; PROMISCUOUS beats everything.
 */
#include "netvio_adapter.h"

enum { PACKET_FILTERS = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST |
                        NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS,
       ADDRESS_BYTES = 6, VLAN_MOST = 4094 };

static bool has(const struct netvio_adapter *adapter, unsigned feature) { return virtio_pci_has(&adapter->pci, feature); }

static int apply_modes(struct netvio_adapter *adapter) {
    const ULONG filter = adapter->packet_filter;
    const struct virtio_ctrl_filter modes = {
        .promiscuous = (filter & NDIS_PACKET_TYPE_PROMISCUOUS) != 0, .all_multicast = (filter & NDIS_PACKET_TYPE_ALL_MULTICAST) != 0,
        .multicast = (filter & NDIS_PACKET_TYPE_MULTICAST) != 0, .directed = (filter & NDIS_PACKET_TYPE_DIRECTED) != 0,
        .broadcast = (filter & NDIS_PACKET_TYPE_BROADCAST) != 0};
    return has(adapter, VIRTIO_NET_F_CTRL_RX_BIT) ? virtio_ctrl_set_filter(&adapter->ctrl, &modes) : 0;
}

static int apply_multicast(struct netvio_adapter *adapter) {
    if (!has(adapter, VIRTIO_NET_F_CTRL_RX_BIT)) return 0;
    return virtio_ctrl_set_mac_table(&adapter->ctrl, NULL, 0, (const uint8_t(*)[ADDRESS_BYTES])adapter->multicast, adapter->multicasts);
}

int netvio_filter_apply(struct netvio_adapter *adapter) {
    int error = apply_multicast(adapter);
    if (!error && adapter->vlan_id && has(adapter, VIRTIO_NET_F_CTRL_VLAN_BIT))
        error = virtio_ctrl_set_vlan(&adapter->ctrl, (uint16_t)adapter->vlan_id, true);
    return error ? error : apply_modes(adapter);
}

NDIS_STATUS netvio_filter_set(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    ULONG filter;
    if (!miniport_read_ulong(&request->DATA.SET_INFORMATION, &filter)) return NDIS_STATUS_INVALID_LENGTH;
    if (filter & ~(ULONG)PACKET_FILTERS) return NDIS_STATUS_NOT_SUPPORTED;
    adapter->packet_filter = filter;
    return apply_modes(adapter) ? NDIS_STATUS_FAILURE : NDIS_STATUS_SUCCESS;
}

NDIS_STATUS netvio_filter_set_multicast(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct _SET *set = &request->DATA.SET_INFORMATION;
    const UINT length = set->InformationBufferLength;
    if (length % ADDRESS_BYTES) return NDIS_STATUS_INVALID_LENGTH;
    if (length / ADDRESS_BYTES > VIRTIO_CTRL_MAC_ENTRIES) return NDIS_STATUS_MULTICAST_FULL;
    if (length) RtlCopyMemory(adapter->multicast, set->InformationBuffer, length);
    adapter->multicasts = length / ADDRESS_BYTES;
    set->BytesRead = length;
    return apply_multicast(adapter) ? NDIS_STATUS_FAILURE : NDIS_STATUS_SUCCESS;
}

NDIS_STATUS netvio_filter_set_vlan(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    ULONG id;
    const ULONG before = adapter->vlan_id;
    int error = 0;
    if (!adapter->config.offloads.vlan) return NDIS_STATUS_NOT_SUPPORTED;
    if (!miniport_read_ulong(&request->DATA.SET_INFORMATION, &id)) return NDIS_STATUS_INVALID_LENGTH;
    if (id > VLAN_MOST) return NDIS_STATUS_INVALID_DATA;
    adapter->vlan_id = id;
    if (!has(adapter, VIRTIO_NET_F_CTRL_VLAN_BIT) || id == before) return NDIS_STATUS_SUCCESS;
    if (before) error = virtio_ctrl_set_vlan(&adapter->ctrl, (uint16_t)before, false);
    if (!error && id) error = virtio_ctrl_set_vlan(&adapter->ctrl, (uint16_t)id, true);
    return error ? NDIS_STATUS_FAILURE : NDIS_STATUS_SUCCESS;
}
