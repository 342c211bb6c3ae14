/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_slots.c: the out-of-band slots of NBLs, and the extensions of packets. [D] 4
 *
 *   on send      checksum, large send of TCP or UDP, tag      the same for every NB of the NBL
 *   on receive   checksum, tag, hash, coalescing              each slot is written whenever there is its extension
 */
#include "netcx_offload.h"

/* ---- On send */
static NET_PACKET_CHECKSUM ask_sums(const NET_BUFFER_LIST *nbl) {
    const NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO slot = {.Value = nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo]};
    NET_PACKET_CHECKSUM asked = {0};
    if (!slot.Transmit.IsIPv4 && !slot.Transmit.IsIPv6) return asked;
    if (slot.Transmit.TcpChecksum || slot.Transmit.UdpChecksum) asked.Layer4 = NetPacketTxChecksumActionRequired;
    if (slot.Transmit.IpHeaderChecksum && slot.Transmit.IsIPv4) asked.Layer3 = NetPacketTxChecksumActionRequired;
    return asked;
}

static ULONG ask_segments(const NET_BUFFER_LIST *nbl) {
    const NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO lso = {.Value = nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo]};
    const NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO uso = {.Value = nbl->NetBufferListInfo[UdpSegmentationOffloadInfo]};
    if (lso.Value && lso.Transmit.Type == NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE) return lso.LsoV2Transmit.MSS;
    return uso.Transmit.MSS;
}

/* A priority alone belongs to the VLAN that the adapter is in. */
static NET_PACKET_IEEE8021Q ask_tag(const struct netcx_adapter *adapter, const NET_BUFFER_LIST *nbl) {
    const NDIS_NET_BUFFER_LIST_8021Q_INFO slot = {.Value = nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo]};
    NET_PACKET_IEEE8021Q tag = {0};
    if (!slot.Value && !adapter->vlan_id) return tag;
    tag.PriorityCodePoint = slot.TagHeader.UserPriority & 7;
    tag.VlanIdentifier = (slot.TagHeader.VlanId ? slot.TagHeader.VlanId : adapter->vlan_id) & 0xFFF;
    if (adapter->tagging & NetAdapterOffloadIeee8021PriorityTaggingFlag) tag.TxTagging |= NetPacketTxIeee8021qActionFlagPriorityRequired & 3;
    if (tag.VlanIdentifier && adapter->tagging & NetAdapterOffloadIeee8021VlanTaggingFlag)
        tag.TxTagging |= NetPacketTxIeee8021qActionFlagVlanRequired & 3;
    return tag;
}

struct netcx_ask netcx_slots_ask(const struct netcx_adapter *adapter, const NET_BUFFER_LIST *nbl) {
    struct netcx_ask ask = {.sum = ask_sums(nbl), .mss = ask_segments(nbl)};
    if (adapter->tagging) ask.tag = ask_tag(adapter, nbl);
    return ask;
}

void netcx_slots_sent(PNET_BUFFER_LIST nbl) {
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO lso = {.Value = nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo]};
    if (!lso.Value) return;
    lso.Value = NULL;
    lso.LsoV2TransmitComplete.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
    nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo] = lso.Value;
}

/* ---- Extensions */
static void find(const struct netcx_queue *queue, PCWSTR name, NET_EXTENSION *extension) {
    NET_EXTENSION_QUERY query;
    NET_EXTENSION_QUERY_INIT(&query, name, 1, NetExtensionTypePacket);
    netcx_extensions_query(&queue->extensions, &queue->rings, &query, extension);
}

void netcx_slots_extensions(const struct netcx_queue *queue, struct netcx_packet_extensions *extensions) {
    find(queue, NET_PACKET_EXTENSION_CHECKSUM_NAME, &extensions->checksum);
    find(queue, NET_PACKET_EXTENSION_GSO_NAME, &extensions->gso);
    find(queue, NET_PACKET_EXTENSION_LSO_NAME, &extensions->lso);
    find(queue, NET_PACKET_EXTENSION_IEEE8021Q_NAME, &extensions->tag);
    find(queue, NET_PACKET_EXTENSION_HASH_NAME, &extensions->hash);
    find(queue, NET_PACKET_EXTENSION_RSC_NAME, &extensions->rsc);
    find(queue, NET_PACKET_EXTENSION_RSC_TIMESTAMP_NAME, &extensions->rsc_timestamp);
}

/* ---- On receive */
static PVOID sums_found(const struct miniport_tasks *tasks, const NET_PACKET *packet, NET_PACKET_CHECKSUM found, PNET_BUFFER nb) {
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO slot = {.Value = NULL};
    NET_PACKET at = *packet;
    if (at.Layout.Layer4Type == NetPacketLayer4TypeUnspecified) {
        const ULONG have = nb->CurrentMdl->ByteCount - nb->CurrentMdlOffset;
        netcx_layout_parse(&at.Layout, (const UCHAR *)MmGetMdlVirtualAddress(nb->CurrentMdl) + nb->CurrentMdlOffset,
                           have < nb->DataLength ? have : nb->DataLength);
    }
    const bool ipv4 = NetPacketIsIpv4(&at);
    if (ipv4 && tasks->ip4 & MINIPORT_TASK_RX) {
        slot.Receive.IpChecksumSucceeded = found.Layer3 == NetPacketRxChecksumEvaluationValid;
        slot.Receive.IpChecksumFailed = found.Layer3 == NetPacketRxChecksumEvaluationInvalid;
    }
    if (at.Layout.Layer4Type == NetPacketLayer4TypeTcp && (ipv4 ? tasks->tcp4 : tasks->tcp6) & MINIPORT_TASK_RX) {
        slot.Receive.TcpChecksumSucceeded = found.Layer4 == NetPacketRxChecksumEvaluationValid;
        slot.Receive.TcpChecksumFailed = found.Layer4 == NetPacketRxChecksumEvaluationInvalid;
    }
    if (at.Layout.Layer4Type == NetPacketLayer4TypeUdp && (ipv4 ? tasks->udp4 : tasks->udp6) & MINIPORT_TASK_RX) {
        slot.Receive.UdpChecksumSucceeded = found.Layer4 == NetPacketRxChecksumEvaluationValid;
        slot.Receive.UdpChecksumFailed = found.Layer4 == NetPacketRxChecksumEvaluationInvalid;
    }
    return slot.Value;
}

static PVOID tag_found(NET_PACKET_IEEE8021Q found) {
    NDIS_NET_BUFFER_LIST_8021Q_INFO slot = {.Value = NULL};
    slot.TagHeader.UserPriority = found.PriorityCodePoint & 7;
    slot.TagHeader.VlanId = found.VlanIdentifier & 0xFFF;
    return slot.Value;
}

static void put_hash(PNET_BUFFER_LIST nbl, NET_PACKET_HASH found) {
    const int over = found.ProtocolType;
    const bool ipv4 = over & (NetPacketHashProtocolTypeIPv4 | NetPacketHashProtocolTypeIPv4Options);
    const bool ipv6 = over & (NetPacketHashProtocolTypeIPv6 | NetPacketHashProtocolTypeIPv6Extensions);
    ULONG type = ipv4 ? NDIS_HASH_IPV4 : ipv6 ? NDIS_HASH_IPV6 : 0;
    if (type && over & NetPacketHashProtocolTypeTcp) type = ipv4 ? NDIS_HASH_TCP_IPV4 : NDIS_HASH_TCP_IPV6;
    if (type && over & NetPacketHashProtocolTypeUdp) type = ipv4 ? NDIS_HASH_UDP_IPV4 : NDIS_HASH_UDP_IPV6;
    nbl->NetBufferListInfo[NetBufferListHashInfo] = NULL;
    NET_BUFFER_LIST_SET_HASH_VALUE(nbl, type ? found.HashValue : 0);
    if (!type) return;
    NET_BUFFER_LIST_SET_HASH_TYPE(nbl, type);
    NET_BUFFER_LIST_SET_HASH_FUNCTION(nbl, NdisHashFunctionToeplitz);
}

static PVOID coalesced(NET_PACKET_RSC found) {
    NDIS_RSC_NBL_INFO slot = {.Value = NULL};
    if (!found.TCP.CoalescedSegmentCount) return NULL;
    slot.Info.CoalescedSegCount = found.TCP.CoalescedSegmentCount;
    slot.Info.DupAckCount = found.TCP.DuplicateAckCount;
    return slot.Value;
}

void netcx_slots_found(const struct netcx_queue *queue, const struct netcx_packet_extensions *extensions, UINT32 index, PNET_BUFFER_LIST nbl) {
    const NET_PACKET *packet = NetRingGetPacketAtIndex(netcx_packets(queue), index);
    PVOID *slots = nbl->NetBufferListInfo;
    if (extensions->checksum.Enabled)
        slots[TcpIpChecksumNetBufferListInfo] = sums_found(&queue->adapter->tasks, packet, *NetExtensionGetPacketChecksum(&extensions->checksum, index),
                                                           nbl->FirstNetBuffer);
    if (extensions->tag.Enabled) slots[Ieee8021QNetBufferListInfo] = tag_found(*NetExtensionGetPacketIeee8021Q(&extensions->tag, index));
    if (extensions->hash.Enabled) put_hash(nbl, *NetExtensionGetPacketHash(&extensions->hash, index));
    if (!extensions->rsc.Enabled) return;
    slots[TcpRecvSegCoalesceInfo] = coalesced(*NetExtensionGetPacketRsc(&extensions->rsc, index));
    if (!extensions->rsc_timestamp.Enabled) return;
    const ULONG_PTR delta = NetExtensionGetPacketRscTimestamp(&extensions->rsc_timestamp, index)->TCP.RscTcpTimestampDelta;
    slots[RscTcpTimestampDelta] = slots[TcpRecvSegCoalesceInfo] ? (PVOID)delta : NULL;
}
