/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_rss.c: receive side scaling, from NDIS's processors to the device's queues. [D] 3.7, [V] 5.1.6.5.7
 *
 * NDIS's indirection table names a processor for each entry, the device's a queue. Processors get queues in the order in which the table
 * names them; more processors than queues share. Frames without a hash go to the first queue.
 */
#include "netvio_adapter.h"

static const struct {
    ULONG ndis;
    unsigned virtio;
} hash_types[] = {{NDIS_HASH_IPV4, VIRTIO_HASH_IPV4_BIT},         {NDIS_HASH_TCP_IPV4, VIRTIO_HASH_TCPV4_BIT},
                  {NDIS_HASH_UDP_IPV4, VIRTIO_HASH_UDPV4_BIT},    {NDIS_HASH_IPV6, VIRTIO_HASH_IPV6_BIT},
                  {NDIS_HASH_TCP_IPV6, VIRTIO_HASH_TCPV6_BIT},    {NDIS_HASH_UDP_IPV6, VIRTIO_HASH_UDPV6_BIT}};

NDIS_RECEIVE_SCALE_CAPABILITIES netvio_rss_capabilities(const struct netvio_adapter *adapter) {
    return (NDIS_RECEIVE_SCALE_CAPABILITIES){
        .Header = {NDIS_OBJECT_TYPE_RSS_CAPABILITIES, NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_2,
                   NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2},
        .CapabilitiesFlags = NDIS_RSS_CAPS_MESSAGE_SIGNALED_INTERRUPTS | NDIS_RSS_CAPS_CLASSIFICATION_AT_ISR | NDIS_RSS_CAPS_USING_MSI_X |
                             NDIS_RSS_CAPS_SUPPORTS_MSI_X | NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV4 | NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV6 |
                             NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV4 | NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV6 | NdisHashFunctionToeplitz,
        .NumberOfInterruptMessages = 2 * adapter->pairs + 1,
        .NumberOfReceiveQueues = adapter->pairs,
        .NumberOfIndirectionTableEntries = VIRTIO_CTRL_RSS_ENTRIES};
}

static ULONG known_types(void) {
    ULONG all = 0;
    for (unsigned i = 0; i < sizeof(hash_types) / sizeof(hash_types[0]); i++) all |= hash_types[i].ndis;
    return all;
}

NDIS_STATUS netvio_rss_set(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    if (!virtio_pci_has(&adapter->pci, VIRTIO_NET_F_RSS_BIT)) return NDIS_STATUS_NOT_SUPPORTED;
    const NDIS_STATUS status = miniport_rss_take(request, known_types(), &adapter->rss);
    if (status != NDIS_STATUS_SUCCESS) return status;
    return netvio_rss_apply(adapter) ? NDIS_STATUS_FAILURE : NDIS_STATUS_SUCCESS;
}

NDIS_STATUS netvio_rss_get(const struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    if (!virtio_pci_has(&adapter->pci, VIRTIO_NET_F_RSS_BIT)) return NDIS_STATUS_NOT_SUPPORTED;
    return miniport_rss_answer(request, &adapter->rss);
}

static int set(struct netvio_adapter *adapter) {
    const struct miniport_rss *wanted = &adapter->rss;
    struct virtio_ctrl_rss rss = {.entries = wanted->entries, .key_bytes = wanted->key_bytes, .transmit_queues = (uint16_t)adapter->pairs};
    for (unsigned i = 0; i < sizeof(hash_types) / sizeof(hash_types[0]); i++)
        if (wanted->types & hash_types[i].ndis) rss.types |= 1u << hash_types[i].virtio;
    miniport_rss_queues(wanted, adapter->pairs, rss.table);
    RtlCopyMemory(rss.key, wanted->key, wanted->key_bytes);
    return virtio_ctrl_set_rss(&adapter->ctrl, &rss);
}

/* Off: back to automatic steering, which takes the place of receive side scaling, [V] 5.1.6.5.5. */
int netvio_rss_apply(struct netvio_adapter *adapter) {
    if (adapter->rss.on) return set(adapter);
    return virtio_pci_has(&adapter->pci, VIRTIO_NET_F_MQ_BIT) ? virtio_ctrl_set_pairs(&adapter->ctrl, (uint16_t)adapter->pairs) : 0;
}
