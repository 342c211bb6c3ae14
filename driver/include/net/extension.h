/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/extension.h: what rings carry beside packets and fragments, found by name and version when a queue is made:
 *
 *   NET_EXTENSION_QUERY query;
 *   NET_EXTENSION_QUERY_INIT(&query, NET_PACKET_EXTENSION_CHECKSUM_NAME, NET_PACKET_EXTENSION_CHECKSUM_VERSION_1, NetExtensionTypePacket);
 *   NetTxQueueGetExtension(queue, &query, &context->checksum);
 *   if (context->checksum.Enabled) ... NetExtensionGetPacketChecksum(&context->checksum, index) ...
 *
 * A value: it stays good as long as its queue. Without Enabled there is no data. An index is one of the ring of the extension's type.
 */
#ifndef RINGSIDE_NET_EXTENSION_H
#define RINGSIDE_NET_EXTENSION_H

#include "../ntdef.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _NET_EXTENSION_TYPE { NetExtensionTypePacket = 1, NetExtensionTypeFragment, NetExtensionTypeBuffer } NET_EXTENSION_TYPE;

typedef struct _NET_EXTENSION_QUERY {
    ULONG Size;
    PCWSTR Name;
    ULONG Version;
    NET_EXTENSION_TYPE Type;
} NET_EXTENSION_QUERY;
C_ASSERT(sizeof(NET_EXTENSION_QUERY) == 24);

FORCEINLINE void NET_EXTENSION_QUERY_INIT(NET_EXTENSION_QUERY *Query, PCWSTR Name, ULONG Version, NET_EXTENSION_TYPE Type)
{
    Query->Size = sizeof(*Query);
    Query->Name = Name;
    Query->Version = Version;
    Query->Type = Type;
}

typedef struct _NET_EXTENSION {
    void *Reserved[4];
    WDK_EXTENSION union {
        BOOLEAN Enabled;
        void *Reserved1;
    };
} NET_EXTENSION;
C_ASSERT(sizeof(NET_EXTENSION) == 40);

FORCEINLINE void *NetExtensionGetData(NET_EXTENSION const *Extension, UINT32 Index)
{
    return (UINT8 *)Extension->Reserved[0] + (SIZE_T)(ULONG_PTR)Extension->Reserved[1] * Index;
}

#ifdef __cplusplus
}
#endif

#endif
