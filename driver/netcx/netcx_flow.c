/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_flow.c: sends are spread over the transmit queues by their flow, so that every flow keeps its order: by the hash that the protocol
 * left in the NBL, or by addresses and ports, and by the Ethernet addresses of what is not IP.
 */
#include "netcx_internal.h"

enum { SEEN = 128, MAC_BYTES = 12, IPV4_ADDRESSES = 12, IPV4_BYTES = 8, IPV6_ADDRESSES = 8, IPV6_BYTES = 32, PORTS = 4 };

static ULONG fold(ULONG hash, const UCHAR *bytes, ULONG count) {
    for (ULONG i = 0; i < count; i++) hash ^= (ULONG)bytes[i] << i % 4 * 8;
    return hash;
}

static ULONG hash_of(const UCHAR *frame, ULONG length) {
    NET_PACKET at = {.FragmentCount = 1};
    ULONG hash = 0;
    netcx_layout_parse(&at.Layout, frame, length);
    const ULONG l3 = at.Layout.Layer2HeaderLength, l4 = l3 + at.Layout.Layer3HeaderLength;
    if (NetPacketIsIpv4(&at)) hash = fold(hash, frame + l3 + IPV4_ADDRESSES, IPV4_BYTES);
    else if (NetPacketIsIpv6(&at)) hash = fold(hash, frame + l3 + IPV6_ADDRESSES, IPV6_BYTES);
    else return fold(hash, frame, length < MAC_BYTES ? length : MAC_BYTES);
    if (at.Layout.Layer4Type == NetPacketLayer4TypeTcp || at.Layout.Layer4Type == NetPacketLayer4TypeUdp) hash = fold(hash, frame + l4, PORTS);
    return hash;
}

struct netcx_queue *netcx_flow_queue(const struct netcx_adapter *adapter, const NET_BUFFER_LIST *nbl) {
    UCHAR storage[SEEN];
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    ULONG hash = NET_BUFFER_LIST_GET_HASH_VALUE(nbl);
    if (adapter->tx_count == 1 || !nb) return adapter->tx[0];
    if (!hash) {
        const ULONG length = nb->DataLength < SEEN ? nb->DataLength : SEEN;
        const UCHAR *frame = length ? NdisGetDataBuffer(nb, length, storage, 1, 0) : NULL;
        if (frame) hash = hash_of(frame, length);
    }
    hash ^= hash >> 16;
    return adapter->tx[(hash ^ hash >> 8) % adapter->tx_count];
}
