/* SPDX-License-Identifier: Apache-2.0 */
/* net/logicaladdress.h: the address of a fragment's base for the device; there with DMA capabilities. */
#ifndef RINGSIDE_NET_LOGICALADDRESS_H
#define RINGSIDE_NET_LOGICALADDRESS_H

#include "extension.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NET_FRAGMENT_LOGICAL_ADDRESS {
    UINT64 LogicalAddress;
} NET_FRAGMENT_LOGICAL_ADDRESS;
#define NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_NAME WDK_WIDE("ms_fragment_logicaladdress")
#define NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_VERSION_1 1u
#define NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_VERSION_1_SIZE sizeof(NET_FRAGMENT_LOGICAL_ADDRESS)

FORCEINLINE NET_FRAGMENT_LOGICAL_ADDRESS *NetExtensionGetFragmentLogicalAddress(NET_EXTENSION const *Extension, UINT32 Index)
{
    return (NET_FRAGMENT_LOGICAL_ADDRESS *)NetExtensionGetData(Extension, Index);
}

#ifdef __cplusplus
}
#endif

#endif
