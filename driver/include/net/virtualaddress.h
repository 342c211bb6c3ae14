/* SPDX-License-Identifier: Apache-2.0 */
/* net/virtualaddress.h: the address of a fragment's base for the CPU; always there. */
#ifndef RINGSIDE_NET_VIRTUALADDRESS_H
#define RINGSIDE_NET_VIRTUALADDRESS_H

#include "extension.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NET_FRAGMENT_VIRTUAL_ADDRESS {
    void *VirtualAddress;
} NET_FRAGMENT_VIRTUAL_ADDRESS;
#define NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_NAME WDK_WIDE("ms_fragment_virtualaddress")
#define NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_VERSION_1 1u
#define NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_VERSION_1_SIZE sizeof(NET_FRAGMENT_VIRTUAL_ADDRESS)

FORCEINLINE NET_FRAGMENT_VIRTUAL_ADDRESS *NetExtensionGetFragmentVirtualAddress(NET_EXTENSION const *Extension, UINT32 Index)
{
    return (NET_FRAGMENT_VIRTUAL_ADDRESS *)NetExtensionGetData(Extension, Index);
}

#ifdef __cplusplus
}
#endif

#endif
