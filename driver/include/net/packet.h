/* SPDX-License-Identifier: Apache-2.0 */
/* net/packet.h: a frame: which fragments it has, and where its headers are. Zeroed before it is posted. */
#ifndef RINGSIDE_NET_PACKET_H
#define RINGSIDE_NET_PACKET_H

#include "fragment.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _NET_PACKET_LAYER2_TYPE {
    NetPacketLayer2TypeUnspecified, NetPacketLayer2TypeNull, NetPacketLayer2TypeEthernet, NetPacketLayer2TypeIeee80211
} NET_PACKET_LAYER2_TYPE;
typedef enum _NET_PACKET_LAYER3_TYPE {
    NetPacketLayer3TypeUnspecified,
    NetPacketLayer3TypeIPv4UnspecifiedOptions, NetPacketLayer3TypeIPv4WithOptions, NetPacketLayer3TypeIPv4NoOptions,
    NetPacketLayer3TypeIPv6UnspecifiedExtensions, NetPacketLayer3TypeIPv6WithExtensions, NetPacketLayer3TypeIPv6NoExtensions
} NET_PACKET_LAYER3_TYPE;
typedef enum _NET_PACKET_LAYER4_TYPE {
    NetPacketLayer4TypeUnspecified, NetPacketLayer4TypeTcp, NetPacketLayer4TypeUdp, NetPacketLayer4TypeIPFragment,
    NetPacketLayer4TypeIPNotFragment
} NET_PACKET_LAYER4_TYPE;

#pragma pack(push, 1)
typedef struct _NET_PACKET_LAYOUT {
    UINT16 Layer2HeaderLength : 7; /* bytes, as the other lengths */
    UINT16 Layer3HeaderLength : 9;
    UINT8 Layer4HeaderLength;
    UINT8 Layer2Type : 4;
    UINT8 Layer3Type : 4;
    UINT8 Layer4Type : 4;
    UINT8 Reserved0 : 4;
} NET_PACKET_LAYOUT;
#pragma pack(pop)
C_ASSERT(sizeof(NET_PACKET_LAYOUT) == 5);
C_ASSERT(offsetof(NET_PACKET_LAYOUT, Layer4HeaderLength) == 2);

typedef struct _NET_PACKET {
    UINT32 FragmentIndex;          /* the first one's, in the fragment ring */
    UINT16 FragmentCount;          /* those that follow each other */
    NET_PACKET_LAYOUT Layout;
    UINT8 Ignore : 1;              /* nothing to send, or nothing to indicate: only given back */
    UINT8 Scratch : 1;             /* the driver's */
    UINT8 Reserved1 : 6;
} NET_PACKET;
C_ASSERT(sizeof(NET_PACKET) == 12);
C_ASSERT(offsetof(NET_PACKET, Layout) == 6);

FORCEINLINE BOOLEAN NetPacketIsIpv4(NET_PACKET const *Packet)
{
    return Packet->Layout.Layer3Type >= NetPacketLayer3TypeIPv4UnspecifiedOptions &&
           Packet->Layout.Layer3Type <= NetPacketLayer3TypeIPv4NoOptions;
}
FORCEINLINE BOOLEAN NetPacketIsIpv6(NET_PACKET const *Packet)
{
    return Packet->Layout.Layer3Type >= NetPacketLayer3TypeIPv6UnspecifiedExtensions &&
           Packet->Layout.Layer3Type <= NetPacketLayer3TypeIPv6NoExtensions;
}

#ifdef __cplusplus
}
#endif

#endif
