/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_flow.c: sends are spread over the transmit queues by their flow, so that every flow keeps its order: by the hash that the protocol
 * left in the NBL, or by addresses and ports, and by the Ethernet addresses of what is not IP.
 */
#include "netcx_internal.h"

enum { SEEN = 128, MAC_BYTES = 12, IPV4_ADDRESSES = 12, IPV4_BYTES = 8, IPV6_ADDRESSES = 8, IPV6_BYTES = 32, PORTS = 4 };

/* FNV-1a. An exclusive or alone would not do: flows whose addresses and ports count up together would all be the same. */
static ULONG fold(ULONG hash, const UCHAR *bytes, ULONG count) {
    for (ULONG i = 0; i < count; i++) hash = (hash ^ bytes[i]) * 0x01000193u;
    return hash;
}

/* So that every bit of it tells in the lowest ones: the last steps of MurmurHash3. */
static ULONG mix(ULONG hash) {
    hash = (hash ^ hash >> 16) * 0x85EBCA6Bu;
    hash = (hash ^ hash >> 13) * 0xC2B2AE35u;
    return hash ^ hash >> 16;
}

static ULONG hash_of(const UCHAR *frame, ULONG length) {
    NET_PACKET at = {.FragmentCount = 1};
    ULONG hash = 0x811C9DC5u;
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
    return adapter->tx[mix(hash) % adapter->tx_count];
}
