/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet_info.c: out-of-band data of packets as that of NBLs, and back. [D] 4, 5
 *
 *   packet                       NBL slot        what changes
 *   TcpIpChecksumPacketInfo      0               on send TcpHeaderOffset is put in, read from the frame: NDIS 5 has none
 *   TcpLargeSendPacketInfo       2               the MSS, to version 1 with TcpHeaderOffset; back: the payload that was sent
 *   ClassificationHandle, Ieee8021QInfo, PacketCancelId, MediaSpecificInformation   3, 4, 5, 6   nothing
 *   protocol id in Private.Flags 7               nothing
 *   IS_LOOPBACK_PACKET           NblFlags        nothing
 *
 * What a packet has no place for is not carried: hash, coalescing, UDP segmentation, timestamp, filter and queue; version 2 of large
 * sends is not offered to drivers of NDIS 5, who could not tell its headers.
 */
#include "ndis/nblchecksum.h"
#include "ndis/nblinfo.h"
#include "ndis/nbllso.h"
#include "packet_internal.h"

enum { SEND_CHECKSUM_BITS = 0x1F, RECEIVE_CHECKSUM_BITS = 0x7F };
enum { ETHERNET = 14, TYPE_AT = 12, TAG = 4, TYPE_VLAN = 0x8100, TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, IPV6 = 40, HEADERS = ETHERNET + TAG + 1 };

static ULONG bits_of(PVOID slot, ULONG mask) { return (ULONG)(ULONG_PTR)slot & mask; }

static PVOID slot_of(ULONG value) { return (PVOID)(ULONG_PTR)value; }

/* Bytes in front of the TCP header; 0 when it cannot be told. Extension headers of IPv6 are not walked: nobody offloads behind them. */
static ULONG transport_offset(PNET_BUFFER nb) {
    UCHAR storage[HEADERS];
    const UCHAR *bytes = NdisGetDataBuffer(nb, HEADERS, storage, 1, 0);
    if (!bytes) return 0;
    ULONG at = ETHERNET, type = (ULONG)bytes[TYPE_AT] << 8 | bytes[TYPE_AT + 1];
    if (type == TYPE_VLAN) {
        type = (ULONG)bytes[TYPE_AT + TAG] << 8 | bytes[TYPE_AT + TAG + 1];
        at += TAG;
    }
    if (type == TYPE_IPV4) return at + (bytes[at] & 0xFu) * 4;
    return type == TYPE_IPV6 ? at + IPV6 : 0;
}

static void checksum_to_nbl(PNET_BUFFER_LIST nbl, PVOID slot) {
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info = {.Value = slot_of(bits_of(slot, SEND_CHECKSUM_BITS))};
    if (info.Transmit.TcpChecksum) info.Transmit.TcpHeaderOffset = transport_offset(nbl->FirstNetBuffer) & 0x3FFu;
    nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo] = info.Value;
}

static void large_send_to_nbl(PNET_BUFFER_LIST nbl, PVOID slot) {
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info = {.Value = NULL};
    if (!slot) return;
    info.LsoV1Transmit.MSS = (ULONG)(ULONG_PTR)slot & 0xFFFFFu;
    info.LsoV1Transmit.TcpHeaderOffset = transport_offset(nbl->FirstNetBuffer) & 0x3FFu;
    info.LsoV1Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE;
    nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo] = info.Value;
}

static void common_to_nbl(PNET_BUFFER_LIST nbl, PNDIS_PACKET packet) {
    PVOID media;
    UINT bytes;
    NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(packet, &media, &bytes);
    nbl->NetBufferListInfo[ClassificationHandleNetBufferListInfo] = NDIS_PER_PACKET_INFO_FROM_PACKET(packet, ClassificationHandlePacketInfo);
    nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo] = NDIS_PER_PACKET_INFO_FROM_PACKET(packet, Ieee8021QInfo);
    nbl->NetBufferListInfo[MediaSpecificInformation] = media;
}

static void common_to_packet(PNDIS_PACKET packet, const NET_BUFFER_LIST *nbl) {
    PVOID media = nbl->NetBufferListInfo[MediaSpecificInformation];
    NDIS_PER_PACKET_INFO_FROM_PACKET(packet, ClassificationHandlePacketInfo) = nbl->NetBufferListInfo[ClassificationHandleNetBufferListInfo];
    NDIS_PER_PACKET_INFO_FROM_PACKET(packet, Ieee8021QInfo) = nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo];
    if (media) NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(packet, media, 0); /* an NBL does not say how long it is */
    if (nbl->NblFlags & NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET) NdisSetPacketFlags(packet, NDIS_FLAGS_IS_LOOPBACK_PACKET);
}

void packet_info_send_to_nbl(PNET_BUFFER_LIST nbl, PNDIS_PACKET packet) {
    common_to_nbl(nbl, packet);
    checksum_to_nbl(nbl, NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpIpChecksumPacketInfo));
    large_send_to_nbl(nbl, NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpLargeSendPacketInfo));
    nbl->NetBufferListInfo[NetBufferListCancelId] = NDIS_GET_PACKET_CANCEL_ID(packet);
    nbl->NetBufferListInfo[NetBufferListProtocolId] = slot_of(NDIS_GET_PACKET_PROTOCOL_TYPE(packet));
}

void packet_info_send_to_packet(PNDIS_PACKET packet, const NET_BUFFER_LIST *nbl) {
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO large = {.Value = nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo]};
    common_to_packet(packet, nbl);
    NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpIpChecksumPacketInfo) =
        slot_of(bits_of(nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo], SEND_CHECKSUM_BITS));
    NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpLargeSendPacketInfo) = slot_of(large.LsoV1Transmit.MSS);
    NDIS_SET_PACKET_CANCEL_ID(packet, nbl->NetBufferListInfo[NetBufferListCancelId]);
    NdisSetPacketFlags(packet, bits_of(nbl->NetBufferListInfo[NetBufferListProtocolId], NDIS_PROTOCOL_ID_MASK));
}

void packet_info_receive_to_nbl(PNET_BUFFER_LIST nbl, PNDIS_PACKET packet) {
    common_to_nbl(nbl, packet);
    nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo] =
        slot_of(bits_of(NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpIpChecksumPacketInfo), RECEIVE_CHECKSUM_BITS));
}

void packet_info_receive_to_packet(PNDIS_PACKET packet, const NET_BUFFER_LIST *nbl) {
    common_to_packet(packet, nbl);
    NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpIpChecksumPacketInfo) =
        slot_of(bits_of(nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo], RECEIVE_CHECKSUM_BITS));
}

void packet_info_sent_to_packet(PNDIS_PACKET packet, const NET_BUFFER_LIST *nbl) {
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info = {.Value = nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo]};
    if (NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpLargeSendPacketInfo))
        NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpLargeSendPacketInfo) = slot_of(info.LsoV1TransmitComplete.TcpPayload);
}

void packet_info_sent_to_nbl(PNET_BUFFER_LIST nbl, PNDIS_PACKET packet) {
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info = {.Value = NULL};
    if (!nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo]) return;
    info.LsoV1TransmitComplete.TcpPayload = (ULONG)(ULONG_PTR)NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpLargeSendPacketInfo) & 0x3FFFFFFFu;
    info.LsoV1TransmitComplete.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE;
    nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo] = info.Value;
}

NDIS_STATUS packet_status(NDIS_STATUS status) {
    switch (status) {
    case NDIS_STATUS_SEND_ABORTED: return NDIS_STATUS_REQUEST_ABORTED;
    case NDIS_STATUS_PAUSED:
    case NDIS_STATUS_LOW_POWER_STATE: return NDIS_STATUS_ADAPTER_NOT_READY;
    case NDIS_STATUS_MEDIA_DISCONNECTED:
    case NDIS_STATUS_INVALID_PORT: return NDIS_STATUS_FAILURE;
    default: return status;
    }
}
