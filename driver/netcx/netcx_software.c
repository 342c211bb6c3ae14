/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_software.c: what a driver does not do for a packet is done before it sees it: checksums, and large sends cut into frames. [D] 3.7, 5.2
 *
 *   declared                      else
 *   Layer3Flags, Layer4Flags      a kind of header that is not among them
 *   Layer3-, Layer4HeaderOffsetLimit  a header behind them
 *   MaximumOffloadSize, MinimumSegmentCount  too much payload, too few segments
 *
 * Such a packet is made in a bounce buffer of the queue, the sender's memory stays as it is. Each frame of a large send has its sums made here,
 * so that a driver without any offload can send it. What cannot be made (its headers are not what the slots say) is passed to the driver as a
 * packet to ignore.
 */
#include "netcx_offload.h"

enum {
    SEEN = 256, IP_TCP = 6, IP_UDP = 17, IPV6_BYTES = 40, IPV4_LENGTH = 2, IPV4_ID = 4, IPV4_SUM = 10, IPV4_ADDRESSES = 12, IPV4_ADDRESSES_BYTES = 8,
    IPV6_LENGTH = 4, IPV6_ADDRESSES = 8, IPV6_ADDRESSES_BYTES = 32, TCP_SEQUENCE = 4, TCP_FLAGS = 13, TCP_SUM = 16, UDP_LENGTH = 4, UDP_SUM = 6,
    TCP_FIN = 0x01, TCP_PSH = 0x08, TCP_CWR = 0x80, TCP_BYTES = 20, IP_LENGTH_MOST = 0xFFFF
};

/* ---- What the driver does */
static int l3_flag(const NET_PACKET_LAYOUT *layout) {
    switch (layout->Layer3Type) {
    case NetPacketLayer3TypeIPv4NoOptions: return NetAdapterOffloadLayer3FlagIPv4NoOptions;
    case NetPacketLayer3TypeIPv4WithOptions: return NetAdapterOffloadLayer3FlagIPv4WithOptions;
    case NetPacketLayer3TypeIPv6NoExtensions: return NetAdapterOffloadLayer3FlagIPv6NoExtensions;
    case NetPacketLayer3TypeIPv6WithExtensions: return NetAdapterOffloadLayer3FlagIPv6WithExtensions;
    default: return 0;
    }
}

static int l4_flag(const NET_PACKET_LAYOUT *layout) {
    if (layout->Layer4Type == NetPacketLayer4TypeUdp) return NetAdapterOffloadLayer4FlagUdp;
    if (layout->Layer4Type != NetPacketLayer4TypeTcp) return 0;
    return layout->Layer4HeaderLength > TCP_BYTES ? NetAdapterOffloadLayer4FlagTcpWithOptions : NetAdapterOffloadLayer4FlagTcpNoOptions;
}

static ULONG l4_at(const NET_PACKET_LAYOUT *layout) { return (ULONG)layout->Layer2HeaderLength + layout->Layer3HeaderLength; }
static bool within(ULONG offset, UINT16 limit) { return limit == 0 || offset <= limit; }

bool netcx_driver_sums(const struct netcx_adapter *adapter, const NET_PACKET_LAYOUT *layout, NET_PACKET_CHECKSUM asked) {
    const NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES *can = &adapter->tx_checksum;
    if (!can->Size || !((int)can->Layer3Flags & l3_flag(layout)) || !within(layout->Layer2HeaderLength, can->Layer3HeaderOffsetLimit)) return false;
    if (asked.Layer4 != NetPacketTxChecksumActionRequired) return true;
    return ((int)can->Layer4Flags & l4_flag(layout)) != 0 && within(l4_at(layout), can->Layer4HeaderOffsetLimit);
}

bool netcx_driver_cuts(const struct netcx_adapter *adapter, const NET_PACKET_LAYOUT *layout, ULONG payload, ULONG mss) {
    const NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES *can = &adapter->gso;
    return can->Size && (int)can->Layer3Flags & l3_flag(layout) && (int)can->Layer4Flags & l4_flag(layout) &&
           within(l4_at(layout), can->Layer4HeaderOffsetLimit) && payload <= can->MaximumOffloadSize &&
           (payload + mss - 1) / mss >= can->MinimumSegmentCount;
}

/* ---- Plans */
struct netcx_plan netcx_plan_make(const struct netcx_adapter *adapter, PNET_BUFFER nb, const struct netcx_ask *ask) {
    struct netcx_plan plan = {.how = NETCX_AS_IT_IS, .nb = nb, .ask = *ask};
    UCHAR storage[SEEN];
    const ULONG seen = nb->DataLength < SEEN ? nb->DataLength : SEEN;
    if (!netcx_asks_for_headers(ask)) return plan;
    plan.how = NETCX_NEVER;
    const UCHAR *frame = seen ? NdisGetDataBuffer(nb, seen, storage, 1, 0) : NULL;
    if (!frame) return plan;
    netcx_layout_parse(&plan.layout, frame, seen);
    plan.payload_at = plan.at = l4_at(&plan.layout) + plan.layout.Layer4HeaderLength;
    const bool has_l4 = l4_flag(&plan.layout) != 0;
    if (ask->mss) {
        const ULONG ip_bytes = nb->DataLength - plan.layout.Layer2HeaderLength;
        if (!has_l4 || plan.at >= nb->DataLength || ip_bytes > IP_LENGTH_MOST) return plan;
        plan.how = netcx_driver_cuts(adapter, &plan.layout, nb->DataLength - plan.at, ask->mss) ? NETCX_AS_IT_IS : NETCX_CUT_HERE;
        if (plan.how == NETCX_CUT_HERE && plan.at + ask->mss > (ULONG)18 + adapter->mtu) plan.how = NETCX_NEVER;
        return plan;
    }
    if (!l3_flag(&plan.layout) || (ask->sum.Layer4 && !has_l4)) return plan;
    plan.how = netcx_driver_sums(adapter, &plan.layout, ask->sum) ? NETCX_AS_IT_IS : NETCX_SUMMED_HERE;
    return plan;
}

static ULONG rest(const struct netcx_plan *plan) { return plan->nb->DataLength - plan->at; }
static ULONG segment(const struct netcx_plan *plan) { return rest(plan) < plan->ask.mss ? rest(plan) : plan->ask.mss; }

ULONG netcx_plan_bytes(const struct netcx_plan *plan) {
    return plan->how == NETCX_CUT_HERE ? plan->payload_at + segment(plan) : plan->nb->DataLength;
}

bool netcx_plan_next(struct netcx_plan *plan) {
    if (plan->how != NETCX_CUT_HERE) return false;
    plan->at += segment(plan);
    plan->number++;
    return plan->at < plan->nb->DataLength;
}

/* ---- Bytes */
static unsigned be16(const UCHAR *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }
static ULONG be32(const UCHAR *bytes) { return (ULONG)be16(bytes) << 16 | be16(bytes + 2); }
static void put16(UCHAR *to, unsigned value) {
    to[0] = (UCHAR)(value >> 8);
    to[1] = (UCHAR)value;
}
static void put32(UCHAR *to, ULONG value) {
    put16(to, value >> 16);
    put16(to + 2, value & 0xFFFF);
}

/* RFC 1071. */
static ULONG add(ULONG sum, const UCHAR *bytes, ULONG count) {
    for (ULONG i = 0; i + 1 < count; i += 2) sum += be16(bytes + i);
    if (count & 1) sum += (ULONG)bytes[count - 1] << 8;
    while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

/* [offset, +bytes) of an NB. False: an MDL could not be mapped. */
static bool copy(const NET_BUFFER *nb, ULONG offset, ULONG bytes, UCHAR *to) {
    PMDL mdl = nb->CurrentMdl;
    ULONG skip = nb->CurrentMdlOffset + offset;
    for (; mdl && bytes; mdl = mdl->Next) {
        if (skip >= mdl->ByteCount) {
            skip -= mdl->ByteCount;
            continue;
        }
        const UCHAR *from = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
        const ULONG have = mdl->ByteCount - skip, count = have < bytes ? have : bytes;
        if (!from) return false;
        RtlCopyMemory(to, from + skip, count);
        to += count;
        bytes -= count;
        skip = 0;
    }
    return bytes == 0;
}

/* ---- Sums of a frame whose lengths are right */
static void sum_ipv4(const NET_PACKET_LAYOUT *layout, UCHAR *frame) {
    UCHAR *ip = frame + layout->Layer2HeaderLength;
    put16(ip + IPV4_SUM, 0);
    put16(ip + IPV4_SUM, ~add(0, ip, layout->Layer3HeaderLength) & 0xFFFF);
}

/* `sum` is that of the pseudo header; 0 means none to UDP, and is sent as its twin. */
static void sum_l4(const NET_PACKET_LAYOUT *layout, UCHAR *frame, ULONG bytes, ULONG sum) {
    const bool tcp = layout->Layer4Type == NetPacketLayer4TypeTcp;
    UCHAR *l4 = frame + l4_at(layout), *field = l4 + (tcp ? TCP_SUM : UDP_SUM);
    put16(field, 0);
    const unsigned made = ~add(sum, l4, bytes) & 0xFFFF;
    put16(field, made || tcp ? made : 0xFFFF);
}

static ULONG pseudo_sum(const NET_PACKET_LAYOUT *layout, const UCHAR *frame, bool ipv4, ULONG bytes) {
    const UCHAR *ip = frame + layout->Layer2HeaderLength;
    const ULONG sum = (ULONG)(layout->Layer4Type == NetPacketLayer4TypeTcp ? IP_TCP : IP_UDP) + bytes;
    return ipv4 ? add(sum, ip + IPV4_ADDRESSES, IPV4_ADDRESSES_BYTES) : add(sum, ip + IPV6_ADDRESSES, IPV6_ADDRESSES_BYTES);
}

/* A checksum alone: the field has the sum of the pseudo header. Behind the packet there may be padding. */
static bool fill_summed(const struct netcx_plan *plan, bool ipv4, UCHAR *to) {
    const NET_PACKET_LAYOUT *layout = &plan->layout;
    const UCHAR *ip = to + layout->Layer2HeaderLength;
    if (!copy(plan->nb, 0, plan->nb->DataLength, to)) return false;
    if (plan->ask.sum.Layer3) sum_ipv4(layout, to);
    if (!plan->ask.sum.Layer4) return true;
    const ULONG end = layout->Layer2HeaderLength + (ipv4 ? be16(ip + IPV4_LENGTH) : (ULONG)IPV6_BYTES + be16(ip + IPV6_LENGTH));
    if (end > plan->nb->DataLength || end < plan->payload_at) return false;
    const UCHAR *field = to + l4_at(layout) + (layout->Layer4Type == NetPacketLayer4TypeTcp ? TCP_SUM : UDP_SUM);
    sum_l4(layout, to, end - l4_at(layout), be16(field));
    return true;
}

static bool fill_segment(const struct netcx_plan *plan, bool ipv4, UCHAR *to) {
    const NET_PACKET_LAYOUT *layout = &plan->layout;
    const ULONG bytes = segment(plan), end = plan->payload_at + bytes, l4_bytes = end - l4_at(layout);
    UCHAR *ip = to + layout->Layer2HeaderLength, *l4 = to + l4_at(layout);
    if (!copy(plan->nb, 0, plan->payload_at, to) || !copy(plan->nb, plan->at, bytes, to + plan->payload_at)) return false;
    if (ipv4) {
        put16(ip + IPV4_LENGTH, end - layout->Layer2HeaderLength);
        put16(ip + IPV4_ID, (be16(ip + IPV4_ID) + plan->number) & 0xFFFF);
        sum_ipv4(layout, to);
    } else {
        put16(ip + IPV6_LENGTH, end - layout->Layer2HeaderLength - IPV6_BYTES);
    }
    if (layout->Layer4Type == NetPacketLayer4TypeTcp) {
        put32(l4 + TCP_SEQUENCE, be32(l4 + TCP_SEQUENCE) + (plan->at - plan->payload_at));
        if (plan->number > 0) l4[TCP_FLAGS] &= (UCHAR)~TCP_CWR;
        if (bytes < rest(plan)) l4[TCP_FLAGS] &= (UCHAR)~(TCP_FIN | TCP_PSH);
    } else {
        put16(l4 + UDP_LENGTH, l4_bytes);
    }
    sum_l4(layout, to, l4_bytes, pseudo_sum(layout, to, ipv4, l4_bytes));
    return true;
}

bool netcx_plan_fill(void *arg, PUCHAR to) {
    const struct netcx_plan *plan = arg;
    const NET_PACKET at = {.Layout = plan->layout};
    const bool ipv4 = NetPacketIsIpv4(&at);
    return plan->how == NETCX_CUT_HERE ? fill_segment(plan, ipv4, to) : fill_summed(plan, ipv4, to);
}
