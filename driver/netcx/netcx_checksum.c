/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_checksum.c: the checksum slot of an NBL, and the checksum extension of a packet. [D] 4, NET_PACKET_CHECKSUM */
#include "netcx_offload.h"

static NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO slot_of(const NET_BUFFER_LIST *nbl) {
    return (NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO){.Value = nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo]};
}

bool netcx_checksum_is_asked(const NET_BUFFER_LIST *nbl) {
    const NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO slot = slot_of(nbl);
    return (slot.Transmit.IsIPv4 || slot.Transmit.IsIPv6) &&
           (slot.Transmit.TcpChecksum || slot.Transmit.UdpChecksum || slot.Transmit.IpHeaderChecksum);
}

NET_PACKET_CHECKSUM netcx_checksum_ask(const NET_BUFFER_LIST *nbl) {
    const NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO slot = slot_of(nbl);
    NET_PACKET_CHECKSUM asked = {0};
    if (!netcx_checksum_is_asked(nbl)) return asked;
    if (slot.Transmit.TcpChecksum || slot.Transmit.UdpChecksum) asked.Layer4 = NetPacketTxChecksumActionRequired;
    if (slot.Transmit.IpHeaderChecksum && slot.Transmit.IsIPv4) asked.Layer3 = NetPacketTxChecksumActionRequired;
    return asked;
}

PVOID netcx_checksum_found(const struct netcx_adapter *adapter, const NET_PACKET *packet, NET_PACKET_CHECKSUM found, const UCHAR *frame, ULONG first) {
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO slot = {.Value = NULL};
    NET_PACKET at = *packet;
    const struct netcx_tasks *tasks = &adapter->tasks;
    if (at.Layout.Layer4Type == NetPacketLayer4TypeUnspecified) netcx_layout_parse(&at.Layout, frame, first);
    const bool ipv4 = NetPacketIsIpv4(&at);
    if (ipv4 && tasks->ip4 & NETCX_TASK_RX) {
        slot.Receive.IpChecksumSucceeded = found.Layer3 == NetPacketRxChecksumEvaluationValid;
        slot.Receive.IpChecksumFailed = found.Layer3 == NetPacketRxChecksumEvaluationInvalid;
    }
    if (at.Layout.Layer4Type == NetPacketLayer4TypeTcp && (ipv4 ? tasks->tcp4 : tasks->tcp6) & NETCX_TASK_RX) {
        slot.Receive.TcpChecksumSucceeded = found.Layer4 == NetPacketRxChecksumEvaluationValid;
        slot.Receive.TcpChecksumFailed = found.Layer4 == NetPacketRxChecksumEvaluationInvalid;
    }
    if (at.Layout.Layer4Type == NetPacketLayer4TypeUdp && (ipv4 ? tasks->udp4 : tasks->udp6) & NETCX_TASK_RX) {
        slot.Receive.UdpChecksumSucceeded = found.Layer4 == NetPacketRxChecksumEvaluationValid;
        slot.Receive.UdpChecksumFailed = found.Layer4 == NetPacketRxChecksumEvaluationInvalid;
    }
    return slot.Value;
}
