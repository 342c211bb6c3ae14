/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_rss.c: receive side scaling, from NDIS's processors to the device's queues. [D] 3.7, [V] 5.1.6.5.7
 *
 * NDIS's indirection table names a processor for each entry, the device's a queue. Processors get queues in the order in which the table
 * names them; more processors than queues share. Frames without a hash go to the first queue.
 */
#include "netvio_adapter.h"

enum { PROCESSORS = 256 };

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

/* A part of the buffer behind the structure, or NULL if it is not in there. */
static const UCHAR *part(const struct _SET *set, ULONG offset, ULONG size) {
    if (offset > set->InformationBufferLength || size > set->InformationBufferLength - offset) return NULL;
    return (const UCHAR *)set->InformationBuffer + offset;
}

static bool take_types(ULONG information, uint32_t *types) {
    ULONG left = NDIS_RSS_HASH_TYPE_FROM_HASH_INFO(information);
    *types = 0;
    for (unsigned i = 0; i < sizeof(hash_types) / sizeof(hash_types[0]); i++) {
        if (!(left & hash_types[i].ndis)) continue;
        left &= ~hash_types[i].ndis;
        *types |= 1u << hash_types[i].virtio;
    }
    return left == 0 && NDIS_RSS_HASH_FUNC_FROM_HASH_INFO(information) == NdisHashFunctionToeplitz;
}

/* The device's parameters, and the processors that its table stands for. */
struct wanted {
    struct virtio_ctrl_rss rss;
    UCHAR processors[VIRTIO_CTRL_RSS_ENTRIES];
};

static bool take_table(const struct netvio_adapter *adapter, const UCHAR *table, ULONG bytes, bool numbers, struct wanted *to) {
    const ULONG entry = numbers ? sizeof(PROCESSOR_NUMBER) : 1, count = bytes / entry;
    int16_t queue_of[PROCESSORS];
    unsigned processors = 0;
    if (!table || count == 0 || count > VIRTIO_CTRL_RSS_ENTRIES || (count & (count - 1)) || bytes % entry) return false;
    for (unsigned i = 0; i < PROCESSORS; i++) queue_of[i] = -1;
    for (ULONG i = 0; i < count; i++) {
        const unsigned processor = table[i * entry + (numbers ? offsetof(PROCESSOR_NUMBER, Number) : 0)];
        if (queue_of[processor] < 0) queue_of[processor] = (int16_t)(processors++ % adapter->pairs);
        to->processors[i] = (UCHAR)processor;
        to->rss.table[i] = (uint16_t)queue_of[processor];
    }
    to->rss.entries = (uint16_t)count;
    return true;
}

static bool take_key(const UCHAR *key, ULONG bytes, struct virtio_ctrl_rss *rss) {
    if (!key || bytes == 0 || bytes > VIRTIO_CTRL_RSS_KEY) return false;
    RtlCopyMemory(rss->key, key, bytes);
    rss->key_bytes = (uint8_t)bytes;
    return true;
}

/* What does not change stays as it was set before. */
static bool take(const struct netvio_adapter *adapter, const struct _SET *set, const NDIS_RECEIVE_SCALE_PARAMETERS *wanted,
                 struct wanted *to) {
    struct virtio_ctrl_rss *rss = &to->rss;
    const bool numbers = wanted->Header.Revision >= NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2;
    const ULONG table_bytes = wanted->IndirectionTableSize, key_bytes = wanted->HashSecretKeySize;
    const UCHAR *table = part(set, wanted->IndirectionTableOffset, table_bytes), *key = part(set, wanted->HashSecretKeyOffset, key_bytes);
    if (!(wanted->Flags & NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED) && !take_types(wanted->HashInformation, &rss->types)) return false;
    if (!(wanted->Flags & NDIS_RSS_PARAM_FLAG_ITABLE_UNCHANGED) && !take_table(adapter, table, table_bytes, numbers, to)) return false;
    if (!(wanted->Flags & NDIS_RSS_PARAM_FLAG_HASH_KEY_UNCHANGED) && !take_key(key, key_bytes, rss)) return false;
    rss->unclassified = 0;
    rss->transmit_queues = (uint16_t)adapter->pairs;
    return rss->entries != 0 && rss->key_bytes != 0;
}

NDIS_STATUS netvio_rss_set(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct _SET *set = &request->DATA.SET_INFORMATION;
    NDIS_RECEIVE_SCALE_PARAMETERS wanted = {.Flags = 0};
    struct wanted to = {.rss = adapter->rss};
    RtlCopyMemory(to.processors, adapter->rss_processors, sizeof(to.processors));
    if (!virtio_pci_has(&adapter->pci, VIRTIO_NET_F_RSS_BIT)) return NDIS_STATUS_NOT_SUPPORTED;
    set->BytesNeeded = NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1;
    if (set->InformationBufferLength < NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1) return NDIS_STATUS_INVALID_LENGTH;
    RtlCopyMemory(&wanted, set->InformationBuffer,
                  set->InformationBufferLength < sizeof(wanted) ? set->InformationBufferLength : sizeof(wanted));
    const bool off = (wanted.Flags & NDIS_RSS_PARAM_FLAG_DISABLE_RSS) || (!(wanted.Flags & NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED) &&
                                                                         NDIS_RSS_HASH_FUNC_FROM_HASH_INFO(wanted.HashInformation) == 0);
    if (!off && !take(adapter, set, &wanted, &to)) return NDIS_STATUS_INVALID_DATA;
    adapter->rss = to.rss;
    RtlCopyMemory(adapter->rss_processors, to.processors, sizeof(to.processors));
    adapter->rss_on = !off;
    set->BytesRead = set->InformationBufferLength;
    return netvio_rss_apply(adapter) ? NDIS_STATUS_FAILURE : NDIS_STATUS_SUCCESS;
}

/* As it was set, the parts one behind the other: structure, table, key. */
NDIS_STATUS netvio_rss_get(const struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct _QUERY *query = &request->DATA.QUERY_INFORMATION;
    const struct virtio_ctrl_rss *rss = &adapter->rss;
    const UINT table = rss->entries * (UINT)sizeof(PROCESSOR_NUMBER), all = (UINT)sizeof(NDIS_RECEIVE_SCALE_PARAMETERS) + table + rss->key_bytes;
    NDIS_RECEIVE_SCALE_PARAMETERS now = {
        .Header = {NDIS_OBJECT_TYPE_RSS_PARAMETERS, NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2,
                   NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2},
        .Flags = adapter->rss_on ? 0 : NDIS_RSS_PARAM_FLAG_DISABLE_RSS,
        .IndirectionTableSize = (USHORT)table, .IndirectionTableOffset = sizeof(now),
        .HashSecretKeySize = rss->key_bytes, .HashSecretKeyOffset = (ULONG)sizeof(now) + table};
    if (!virtio_pci_has(&adapter->pci, VIRTIO_NET_F_RSS_BIT)) return NDIS_STATUS_NOT_SUPPORTED;
    query->BytesNeeded = all;
    if (query->InformationBufferLength < all) return NDIS_STATUS_BUFFER_TOO_SHORT;
    if (adapter->rss_on) now.HashInformation = NdisHashFunctionToeplitz;
    for (unsigned i = 0; i < sizeof(hash_types) / sizeof(hash_types[0]) && adapter->rss_on; i++)
        if (rss->types & 1u << hash_types[i].virtio) now.HashInformation |= hash_types[i].ndis;
    UCHAR *to = query->InformationBuffer;
    RtlCopyMemory(to, &now, sizeof(now));
    for (unsigned i = 0; i < rss->entries; i++) {
        const PROCESSOR_NUMBER processor = {.Number = adapter->rss_processors[i]};
        RtlCopyMemory(to + now.IndirectionTableOffset + i * sizeof(processor), &processor, sizeof(processor));
    }
    RtlCopyMemory(to + now.HashSecretKeyOffset, rss->key, rss->key_bytes);
    query->BytesWritten = all;
    return NDIS_STATUS_SUCCESS;
}

/* Off: back to automatic steering, which takes the place of receive side scaling, [V] 5.1.6.5.5. */
int netvio_rss_apply(struct netvio_adapter *adapter) {
    if (adapter->rss_on) return virtio_ctrl_set_rss(&adapter->ctrl, &adapter->rss);
    return virtio_pci_has(&adapter->pci, VIRTIO_NET_F_MQ_BIT) ? virtio_ctrl_set_pairs(&adapter->ctrl, (uint16_t)adapter->pairs) : 0;
}
