/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_tasks.c: what the protocol asks of the adapter: task offloads and receive side scaling. [D] 3.7, 4 */
#include "traffic_internal.h"

enum { RSS_ENTRIES = 128 };

/* The key with which hashes are published. */
const uint8_t traffic_rss_key[TRAFFIC_RSS_KEY_BYTES] = {
    0x6D, 0x5A, 0x56, 0xDA, 0x25, 0x5B, 0x0E, 0xC2, 0x41, 0x67, 0x25, 0x3D, 0x43, 0xA3, 0x8F, 0xB0, 0xD0, 0xCA, 0x2B, 0xCB,
    0xAE, 0x7B, 0x30, 0xB4, 0x77, 0xCB, 0x2D, 0xA3, 0x80, 0x30, 0xF2, 0x0C, 0x6A, 0x42, 0xB7, 0x3B, 0xBE, 0xAC, 0x01, 0xFA};

static void take(struct traffic *traffic, const NDIS_OFFLOAD *config) {
    traffic->tasks = traffic_tasks_of(config, traffic->config.offloads.checksum, traffic->config.offloads.large_send);
}

/* From now on the adapter may rely on what NBLs ask, and tells of received ones. */
static void ask_offloads(struct traffic *traffic, const NDIS_OFFLOAD *config) {
    NDIS_OFFLOAD_ENCAPSULATION encapsulation = {
        .Header = {NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION, NDIS_OFFLOAD_ENCAPSULATION_REVISION_1,
                   NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1},
        .IPv4 = {NDIS_OFFLOAD_SET_ON, NDIS_ENCAPSULATION_IEEE_802_3, ETH_HEADER},
        .IPv6 = {NDIS_OFFLOAD_SET_ON, NDIS_ENCAPSULATION_IEEE_802_3, ETH_HEADER}};
    if (traffic_request(traffic, NdisRequestSetInformation, OID_OFFLOAD_ENCAPSULATION, &encapsulation, sizeof(encapsulation)) !=
        NDIS_STATUS_SUCCESS)
        return;
    traffic->offloads_on = true;
    take(traffic, config);
}

/* The queues take turns in the table: a processor for each. */
static NDIS_STATUS ask_rss(struct traffic *traffic, const NDIS_RECEIVE_SCALE_CAPABILITIES *can) {
    struct {
        NDIS_RECEIVE_SCALE_PARAMETERS parameters;
        PROCESSOR_NUMBER table[RSS_ENTRIES];
        UCHAR key[TRAFFIC_RSS_KEY_BYTES];
    } wanted = {.parameters = {
        .Header = {NDIS_OBJECT_TYPE_RSS_PARAMETERS, NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2,
                   NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2},
        .HashInformation = NDIS_RSS_HASH_INFO_FROM_TYPE_AND_FUNC(
            NDIS_HASH_IPV4 | NDIS_HASH_TCP_IPV4 | NDIS_HASH_UDP_IPV4 | NDIS_HASH_IPV6 | NDIS_HASH_TCP_IPV6 | NDIS_HASH_UDP_IPV6,
            NdisHashFunctionToeplitz),
        .IndirectionTableSize = sizeof(wanted.table), .IndirectionTableOffset = offsetof(__typeof__(wanted), table),
        .HashSecretKeySize = sizeof(wanted.key), .HashSecretKeyOffset = offsetof(__typeof__(wanted), key)}};
    for (unsigned i = 0; i < RSS_ENTRIES; i++) wanted.table[i].Number = (UCHAR)(i % can->NumberOfReceiveQueues);
    RtlCopyMemory(wanted.key, traffic_rss_key, sizeof(wanted.key));
    const NDIS_STATUS status = traffic_request(traffic, NdisRequestSetInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS, &wanted, sizeof(wanted));
    traffic->offloads_on |= status == NDIS_STATUS_SUCCESS;
    return status;
}

/* The slot of every NBL that is sent. */
PVOID traffic_tag_slot(const struct traffic *traffic) {
    const struct traffic_tag *tag = &traffic->config.tag;
    NDIS_NET_BUFFER_LIST_8021Q_INFO info = {.Value = NULL};
    info.TagHeader.UserPriority = tag->priority & 7;
    info.TagHeader.VlanId = tag->by_adapter ? 0 : tag->id & 0xFFF;
    return info.Value;
}

static uint16_t tag_of(const NET_BUFFER_LIST *nbl) {
    const NDIS_NET_BUFFER_LIST_8021Q_INFO info = {.Value = nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo]};
    return (uint16_t)(info.TagHeader.UserPriority << 13 | info.TagHeader.CanonicalFormatId << 12 | info.TagHeader.VlanId);
}

NDIS_STATUS traffic_tasks_join_vlan(struct traffic *traffic) {
    ULONG id = traffic->config.tag.id;
    if (!traffic->config.tag.by_adapter) return NDIS_STATUS_SUCCESS;
    return traffic_request(traffic, NdisRequestSetInformation, OID_GEN_VLAN_ID, &id, sizeof(id));
}

NDIS_STATUS traffic_tasks_ask(struct traffic *traffic, const NDIS_BIND_PARAMETERS *parameters) {
    const struct traffic_offloads *offloads = &traffic->config.offloads;
    const NDIS_RECEIVE_SCALE_CAPABILITIES *rss = parameters->RcvScaleCapabilities;
    if ((offloads->checksum || offloads->large_send) && parameters->DefaultOffloadConfiguration)
        ask_offloads(traffic, parameters->DefaultOffloadConfiguration);
    return offloads->rss && rss && rss->NumberOfReceiveQueues ? ask_rss(traffic, rss) : NDIS_STATUS_SUCCESS;
}

void traffic_tasks_status(struct traffic *traffic, const NDIS_STATUS_INDICATION *indication) {
    if (indication->StatusCode == NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG && traffic->offloads_on) take(traffic, indication->StatusBuffer);
}

struct traffic_receive_info traffic_tasks_received(struct traffic *traffic, const NET_BUFFER_LIST *nbl) {
    if (!traffic->offloads_on) return (struct traffic_receive_info){.tag = tag_of(nbl)};
    const NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO sums = {.Value = nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo]};
    const struct traffic_receive_info info = {.tag = tag_of(nbl), .tcp_good = sums.Receive.TcpChecksumSucceeded,
                                              .udp_good = sums.Receive.UdpChecksumSucceeded,
                                              .hash_type = NET_BUFFER_LIST_GET_HASH_TYPE(nbl),
                                              .hash = NET_BUFFER_LIST_GET_HASH_VALUE(nbl)};
    traffic->rx_checksums += info.tcp_good || info.udp_good;
    traffic->rx_hashes += info.hash_type != 0;
    return info;
}
