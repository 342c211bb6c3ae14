/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_layout.c: where the headers of a frame are, in the words of NET_PACKET_LAYOUT. [D] NET_PACKET_LAYOUT
 *
 * A header that is cut off, by the frame or by the end of its first piece, ends the search: what lies behind stays unspecified.
 */
#include "netcx_internal.h"

enum {
    ETHERNET_BYTES = 14, TYPE_AT = 12, TAG_BYTES = 4, TYPE_VLAN = 0x8100, TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD,
    IPV4_BYTES = 20, IPV4_FRAGMENT = 6, IPV4_FRAGMENT_MASK = 0x3FFF, IPV4_PROTOCOL = 9, IPV6_BYTES = 40, IPV6_NEXT = 6,
    HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60, EXTENSION_UNIT = 8, TCP = 6, UDP = 17, TCP_BYTES = 20, TCP_OFFSET = 12,
    UDP_BYTES = 8, L2_MOST = 127, L3_MOST = 511
};

static unsigned be16(const UCHAR *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }

static void parse_l4(NET_PACKET_LAYOUT *layout, const UCHAR *at, ULONG left, unsigned protocol, bool fragment) {
    if (fragment) {
        layout->Layer4Type = NetPacketLayer4TypeIPFragment & 0xF;
    } else if (protocol == TCP && left >= TCP_BYTES && (at[TCP_OFFSET] >> 4) * 4u >= TCP_BYTES && (at[TCP_OFFSET] >> 4) * 4u <= left) {
        layout->Layer4Type = NetPacketLayer4TypeTcp & 0xF;
        layout->Layer4HeaderLength = (UINT8)((at[TCP_OFFSET] >> 4) * 4u);
    } else if (protocol == UDP && left >= UDP_BYTES) {
        layout->Layer4Type = NetPacketLayer4TypeUdp & 0xF;
        layout->Layer4HeaderLength = UDP_BYTES;
    } else if (protocol != TCP && protocol != UDP) {
        layout->Layer4Type = NetPacketLayer4TypeIPNotFragment & 0xF;
    }
}

static void parse_ipv4(NET_PACKET_LAYOUT *layout, const UCHAR *at, ULONG left) {
    if (left < IPV4_BYTES || at[0] >> 4 != 4) return;
    const ULONG bytes = (at[0] & 0xFu) * 4u;
    if (bytes < IPV4_BYTES || bytes > left) return;
    layout->Layer3Type = (bytes > IPV4_BYTES ? NetPacketLayer3TypeIPv4WithOptions : NetPacketLayer3TypeIPv4NoOptions) & 0xF;
    layout->Layer3HeaderLength = bytes & L3_MOST;
    parse_l4(layout, at + bytes, left - bytes, at[IPV4_PROTOCOL], (be16(at + IPV4_FRAGMENT) & IPV4_FRAGMENT_MASK) != 0);
}

static void parse_ipv6(NET_PACKET_LAYOUT *layout, const UCHAR *at, ULONG left) {
    if (left < IPV6_BYTES || at[0] >> 4 != 6) return;
    unsigned next = at[IPV6_NEXT];
    ULONG bytes = IPV6_BYTES;
    bool fragment = false;
    while (next == HOP_BY_HOP || next == ROUTING || next == DESTINATION || next == FRAGMENT) {
        if (bytes + EXTENSION_UNIT > left) return;
        const ULONG length = next == FRAGMENT ? EXTENSION_UNIT : (at[bytes + 1] + 1u) * EXTENSION_UNIT;
        fragment |= next == FRAGMENT;
        next = at[bytes];
        bytes += length;
        if (bytes > left || bytes > L3_MOST) return;
    }
    layout->Layer3Type = (bytes > IPV6_BYTES ? NetPacketLayer3TypeIPv6WithExtensions : NetPacketLayer3TypeIPv6NoExtensions) & 0xF;
    layout->Layer3HeaderLength = bytes & L3_MOST;
    parse_l4(layout, at + bytes, left - bytes, next, fragment);
}

void netcx_layout_parse(NET_PACKET_LAYOUT *layout, const UCHAR *frame, ULONG first) {
    ULONG bytes = ETHERNET_BYTES;
    *layout = (NET_PACKET_LAYOUT){0};
    if (first < bytes) return;
    unsigned type = be16(frame + TYPE_AT);
    while (type == TYPE_VLAN) {
        bytes += TAG_BYTES;
        if (bytes > first || bytes > L2_MOST) return;
        type = be16(frame + bytes - 2);
    }
    layout->Layer2Type = NetPacketLayer2TypeEthernet & 0xF;
    layout->Layer2HeaderLength = bytes & L2_MOST;
    if (type == TYPE_IPV4) parse_ipv4(layout, frame + bytes, first - bytes);
    if (type == TYPE_IPV6) parse_ipv6(layout, frame + bytes, first - bytes);
}
