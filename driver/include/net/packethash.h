/* SPDX-License-Identifier: Apache-2.0 */
/* net/packethash.h: the hash of a received packet, and over what. */
#ifndef RINGSIDE_NET_PACKETHASH_H
#define RINGSIDE_NET_PACKETHASH_H

#include "extension.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _NET_PACKET_HASH_PROTOCOL_TYPE {
    NetPacketHashProtocolTypeNone = 0, NetPacketHashProtocolTypeIPv4 = 1, NetPacketHashProtocolTypeIPv4Options = 2,
    NetPacketHashProtocolTypeIPv6 = 4, NetPacketHashProtocolTypeIPv6Extensions = 8, NetPacketHashProtocolTypeTcp = 0x10,
    NetPacketHashProtocolTypeUdp = 0x20
} NET_PACKET_HASH_PROTOCOL_TYPE;
DEFINE_ENUM_FLAG_OPERATORS(NET_PACKET_HASH_PROTOCOL_TYPE)
typedef struct _NET_PACKET_HASH {
    UINT32 HashValue;
    UINT16 ProtocolType;
} NET_PACKET_HASH;
C_ASSERT(sizeof(NET_PACKET_HASH) == 8);
#define NET_PACKET_EXTENSION_HASH_NAME WDK_WIDE("ms_packet_hash")
#define NET_PACKET_EXTENSION_HASH_VERSION_1 1u
#define NET_PACKET_EXTENSION_HASH_VERSION_1_SIZE sizeof(NET_PACKET_HASH)

FORCEINLINE NET_PACKET_HASH *NetExtensionGetPacketHash(NET_EXTENSION const *Extension, UINT32 Index)
{
    return (NET_PACKET_HASH *)NetExtensionGetData(Extension, Index);
}

#ifdef __cplusplus
}
#endif

#endif
