/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_offload.c: task offloads: what the driver declared, and what software does in its place, can be; what is on is what NDIS says. [D] 3.7, 4
 *
 *   NetAdapterStart             all that can be is on by default
 *   OID_OFFLOAD_ENCAPSULATION   a protocol over Ethernet uses it: the driver is told
 *   OID_TCP_OFFLOAD_PARAMETERS  one by one off and on again: the driver is told, and the new state indicated
 */
#include "netcx_offload.h"

enum { IPV4 = NetAdapterOffloadLayer3FlagIPv4NoOptions | NetAdapterOffloadLayer3FlagIPv4WithOptions,
       IPV6 = NetAdapterOffloadLayer3FlagIPv6NoExtensions | NetAdapterOffloadLayer3FlagIPv6WithExtensions,
       TCP = NetAdapterOffloadLayer4FlagTcpNoOptions | NetAdapterOffloadLayer4FlagTcpWithOptions,
       ENCAPSULATION = NDIS_ENCAPSULATION_IEEE_802_3 | NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q,
       SOFTWARE_PAYLOAD = 60 * 1024, HEADERS_MOST = 18 + 60 + 60 };

/* ---- What can be */
static struct miniport_tasks declared(const struct netcx_adapter *adapter) {
    const int l3 = (int)adapter->tx_checksum.Layer3Flags, l4 = (int)adapter->tx_checksum.Layer4Flags;
    const int gso3 = (int)adapter->gso.Layer3Flags, gso4 = (int)adapter->gso.Layer4Flags;
    const int rsc3 = (int)adapter->rsc.Layer3Flags, rsc4 = (int)adapter->rsc.Layer4Flags;
    const UCHAR rx = adapter->rx_checksum.Size ? MINIPORT_TASK_RX : 0;
    const bool udp = l4 & NetAdapterOffloadLayer4FlagUdp, uso = gso4 & NetAdapterOffloadLayer4FlagUdp;
    return (struct miniport_tasks){
        .ip4 = (UCHAR)((l3 & IPV4 ? MINIPORT_TASK_TX : 0) | rx),
        .tcp4 = (UCHAR)((l3 & IPV4 && l4 & TCP ? MINIPORT_TASK_TX : 0) | rx), .udp4 = (UCHAR)((l3 & IPV4 && udp ? MINIPORT_TASK_TX : 0) | rx),
        .tcp6 = (UCHAR)((l3 & IPV6 && l4 & TCP ? MINIPORT_TASK_TX : 0) | rx), .udp6 = (UCHAR)((l3 & IPV6 && udp ? MINIPORT_TASK_TX : 0) | rx),
        .lso4 = gso3 & IPV4 && gso4 & TCP, .lso6 = gso3 & IPV6 && gso4 & TCP, .uso4 = gso3 & IPV4 && uso, .uso6 = gso3 & IPV6 && uso,
        .rsc4 = rsc3 & IPV4 && rsc4 & TCP, .rsc6 = rsc3 & IPV6 && rsc4 & TCP};
}

void netcx_offload_init(struct netcx_adapter *adapter) {
    struct miniport_tasks all = adapter->hardware = declared(adapter);
    all.ip4 |= MINIPORT_TASK_TX;
    all.tcp4 |= MINIPORT_TASK_TX;
    all.udp4 |= MINIPORT_TASK_TX;
    all.tcp6 |= MINIPORT_TASK_TX;
    all.udp6 |= MINIPORT_TASK_TX;
    all.lso4 = all.lso6 = all.uso4 = all.uso6 = true;
    adapter->tasks = adapter->capabilities = all;
}

bool netcx_offload_cuts(const struct netcx_adapter *adapter) { return adapter->gso.Size != 0; }

/* What the driver cuts is best; more would be cut here. */
ULONG netcx_offload_payload(const struct netcx_adapter *adapter) {
    const SIZE_T most = adapter->gso.MaximumOffloadSize;
    return netcx_offload_cuts(adapter) && most < SOFTWARE_PAYLOAD ? (ULONG)most : SOFTWARE_PAYLOAD;
}

ULONG netcx_offload_longest(const struct netcx_adapter *adapter) {
    enum { TAGGED_HEADER = 18 /* a frame may have its tag in it */ };
    const ULONG frame = TAGGED_HEADER + adapter->mtu, large = HEADERS_MOST + netcx_offload_payload(adapter);
    return netcx_offload_cuts(adapter) && large > frame ? large : frame;
}

static void add(struct netcx_extensions *extensions, PCWSTR name, SIZE_T bytes, SIZE_T alignment) {
    netcx_extensions_add(extensions, name, 1, NetExtensionTypePacket, bytes, alignment);
}

/* [D] in the packets of every queue, if it is declared for any direction. */
void netcx_offload_extensions(const struct netcx_adapter *adapter, bool is_tx, struct netcx_extensions *extensions) {
    UNREFERENCED_PARAMETER(is_tx);
    if (adapter->tx_checksum.Size || adapter->rx_checksum.Size)
        add(extensions, NET_PACKET_EXTENSION_CHECKSUM_NAME, sizeof(NET_PACKET_CHECKSUM), 1);
    if (adapter->lso.Size) add(extensions, NET_PACKET_EXTENSION_LSO_NAME, sizeof(NET_PACKET_LSO), sizeof(UINT32));
    else if (adapter->gso.Size) add(extensions, NET_PACKET_EXTENSION_GSO_NAME, sizeof(NET_PACKET_GSO), sizeof(UINT32));
    if (adapter->rsc.Size) add(extensions, NET_PACKET_EXTENSION_RSC_NAME, sizeof(NET_PACKET_RSC), sizeof(UINT16));
    if (adapter->rsc.Size && adapter->rsc.TcpTimestampOption)
        add(extensions, NET_PACKET_EXTENSION_RSC_TIMESTAMP_NAME, sizeof(NET_PACKET_RSC_TIMESTAMP), sizeof(UINT32));
    if (adapter->tagging) add(extensions, NET_PACKET_EXTENSION_IEEE8021Q_NAME, sizeof(NET_PACKET_IEEE8021Q), sizeof(UINT16));
    if (adapter->scaling.capabilities.Size) add(extensions, NET_PACKET_EXTENSION_HASH_NAME, sizeof(NET_PACKET_HASH), sizeof(UINT32));
}

/* ---- Requests */
static struct miniport_offload form(const struct netcx_adapter *adapter) {
    return (struct miniport_offload){.encapsulation = ENCAPSULATION | (adapter->tagging ? NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q_IN_OOB : 0),
                                     .large_payload = netcx_offload_payload(adapter)};
}

NDIS_STATUS netcx_offload_attributes(struct netcx_adapter *adapter) {
    const struct miniport_offload own = form(adapter);
    return miniport_offload_attributes(adapter->device->ndis, &own, &adapter->tasks, &adapter->capabilities);
}

static void tell_driver(struct netcx_adapter *adapter) {
    const NETADAPTER to = netcx_adapter_handle(adapter);
    const NETOFFLOAD offload = (NETOFFLOAD)(PVOID)adapter;
    if (adapter->tx_checksum.EvtAdapterOffloadSetTxChecksum) adapter->tx_checksum.EvtAdapterOffloadSetTxChecksum(to, offload);
    if (adapter->rx_checksum.EvtAdapterOffloadSetRxChecksum) adapter->rx_checksum.EvtAdapterOffloadSetRxChecksum(to, offload);
    if (adapter->set_checksum) adapter->set_checksum(to, offload);
    if (adapter->lso.Size) adapter->lso.EvtAdapterOffloadSetLso(to, offload);
    else if (adapter->gso.Size) adapter->gso.EvtAdapterOffloadSetGso(to, offload);
    if (adapter->rsc.Size) adapter->rsc.EvtAdapterOffloadSetRsc(to, offload);
}

NDIS_STATUS netcx_offload_encapsulation(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request) {
    const struct miniport_offload own = form(adapter);
    const NDIS_STATUS status = miniport_offload_encapsulation(&own, request);
    if (status == NDIS_STATUS_SUCCESS) tell_driver(adapter);
    return status;
}

NDIS_STATUS netcx_offload_parameters(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request) {
    const struct miniport_offload own = form(adapter);
    const NDIS_STATUS status = miniport_offload_parameters(request, &adapter->capabilities, &adapter->tasks);
    if (status != NDIS_STATUS_SUCCESS) return status;
    tell_driver(adapter);
    miniport_offload_indicate(adapter->device->ndis, &own, &adapter->tasks);
    return NDIS_STATUS_SUCCESS;
}
