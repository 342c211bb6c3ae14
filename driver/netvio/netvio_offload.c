/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_offload.c: task offloads: what was negotiated is what can be; what is on is what NDIS says. [D] 3.7, 4
 *
 *   InitializeEx            attributes: all that can be is on by default
 *   OID_OFFLOAD_ENCAPSULATION   a protocol over Ethernet uses it: from now on
 *   OID_TCP_OFFLOAD_PARAMETERS  one by one off and on again; the new state is indicated
 *
 * What is off is not said of received frames. Sends that ask for what was negotiated get it also when it was switched off meanwhile: they
 * were on their way. Not offered, because the device has none: large sends of version 1, IPsec, coalescing of received segments (RSC),
 * timestamps, encapsulated packets. The IPv4 header checksum of a send is made in software, as every miniport over VIRTIO must.
 */
#include "netvio_adapter.h"

enum { ENCAPSULATION = NDIS_ENCAPSULATION_IEEE_802_3 | NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q };

static bool has(const struct netvio_adapter *adapter, unsigned feature) { return virtio_pci_has(&adapter->pci, feature); }

void netvio_offload_init(struct netvio_adapter *adapter) {
    const UCHAR checksum = (UCHAR)((has(adapter, VIRTIO_NET_F_CSUM_BIT) ? MINIPORT_TASK_TX : 0) |
                                   (has(adapter, VIRTIO_NET_F_GUEST_CSUM_BIT) ? MINIPORT_TASK_RX : 0));
    adapter->capabilities = (struct miniport_tasks){
        .tcp4 = checksum, .udp4 = checksum, .tcp6 = checksum, .udp6 = checksum, .ip4 = checksum & MINIPORT_TASK_TX,
        .lso4 = has(adapter, VIRTIO_NET_F_HOST_TSO4_BIT), .lso6 = has(adapter, VIRTIO_NET_F_HOST_TSO6_BIT),
        .uso4 = has(adapter, VIRTIO_NET_F_HOST_USO_BIT), .uso6 = has(adapter, VIRTIO_NET_F_HOST_USO_BIT)};
    adapter->tasks = adapter->capabilities;
    adapter->header_bytes = has(adapter, VIRTIO_NET_F_HASH_REPORT_BIT) ? VIRTIO_NET_HDR_HASH_SIZE : VIRTIO_NET_HDR_SIZE;
    adapter->rx_described = has(adapter, VIRTIO_NET_F_GUEST_CSUM_BIT) || has(adapter, VIRTIO_NET_F_HASH_REPORT_BIT) ||
                            adapter->config.offloads.vlan;
}

static struct miniport_offload form(const struct netvio_adapter *adapter) {
    return (struct miniport_offload){.encapsulation = ENCAPSULATION | (adapter->config.offloads.vlan ? NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q_IN_OOB : 0),
                                     .large_payload = NETVIO_LARGE_PAYLOAD};
}

NDIS_STATUS netvio_offload_attributes(struct netvio_adapter *adapter) {
    const struct miniport_offload own = form(adapter);
    return miniport_offload_attributes(adapter->handle, &own, &adapter->tasks, &adapter->capabilities);
}

NDIS_STATUS netvio_offload_encapsulation(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    const struct miniport_offload own = form(adapter);
    return miniport_offload_encapsulation(&own, request);
}

NDIS_STATUS netvio_offload_parameters(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    const struct miniport_offload own = form(adapter);
    const NDIS_STATUS status = miniport_offload_parameters(request, &adapter->capabilities, &adapter->tasks);
    if (status != NDIS_STATUS_SUCCESS) return status;
    if (netvio_offload_apply(adapter)) return NDIS_STATUS_FAILURE;
    miniport_offload_indicate(adapter->handle, &own, &adapter->tasks);
    return NDIS_STATUS_SUCCESS;
}

/* Receive checksums are one switch in the device: on while one of them is. */
int netvio_offload_apply(struct netvio_adapter *adapter) {
    const struct miniport_tasks *tasks = &adapter->tasks;
    const bool receive = (tasks->tcp4 | tasks->udp4 | tasks->tcp6 | tasks->udp6) & MINIPORT_TASK_RX;
    if (!has(adapter, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT)) return 0;
    return virtio_ctrl_set_guest_offloads(&adapter->ctrl, receive ? REGMAP_BIT(VIRTIO_NET_F_GUEST_CSUM_BIT) : 0);
}
