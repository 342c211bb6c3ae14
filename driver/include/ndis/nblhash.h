/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/nblhash.h: slots NetBufferListHashValue and NetBufferListHashInfo: what receive side scaling found. [D] 4
 *
 * Type 0: the packet matches no type that is on, and the value means nothing.
 */
#ifndef RINGSIDE_NDIS_NBLHASH_H
#define RINGSIDE_NDIS_NBLHASH_H

#include "nbl.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NdisHashFunctionToeplitz 0x00000001u
#define NdisHashFunctionReserved1 0x00000002u
#define NdisHashFunctionReserved2 0x00000004u
#define NdisHashFunctionReserved3 0x00000008u
#define NDIS_HASH_FUNCTION_MASK 0x000000FFu
#define NDIS_HASH_TYPE_MASK 0x00FFFF00u
#define NDIS_HASH_IPV4 0x00000100u
#define NDIS_HASH_TCP_IPV4 0x00000200u
#define NDIS_HASH_IPV6 0x00000400u
#define NDIS_HASH_IPV6_EX 0x00000800u
#define NDIS_HASH_TCP_IPV6 0x00001000u
#define NDIS_HASH_TCP_IPV6_EX 0x00002000u
#define NDIS_HASH_UDP_IPV4 0x00004000u
#define NDIS_HASH_UDP_IPV6 0x00008000u
#define NDIS_HASH_UDP_IPV6_EX 0x00010000u

#define NDIS_RSS_HASH_FUNC_FROM_HASH_INFO(info) ((info) & NDIS_HASH_FUNCTION_MASK)
#define NDIS_RSS_HASH_TYPE_FROM_HASH_INFO(info) ((info) & NDIS_HASH_TYPE_MASK)
#define NDIS_RSS_HASH_INFO_FROM_TYPE_AND_FUNC(type, function) ((type) | (function))

/* Writes `value` under `mask` into a slot that holds a ULONG, and reads one back. */
FORCEINLINE VOID WdkSetSlotBits(PVOID *Slot, ULONG Mask, ULONG Value)
{
    *Slot = (PVOID)(ULONG_PTR)(((ULONG)(ULONG_PTR)*Slot & ~Mask) | (Value & Mask));
}
FORCEINLINE ULONG WdkGetSlotBits(PVOID Slot, ULONG Mask) { return (ULONG)(ULONG_PTR)Slot & Mask; }

#define NET_BUFFER_LIST_SET_HASH_VALUE(nbl, value) WdkSetSlotBits(&(nbl)->NetBufferListInfo[NetBufferListHashValue], 0xFFFFFFFFu, (value))
#define NET_BUFFER_LIST_GET_HASH_VALUE(nbl) WdkGetSlotBits((nbl)->NetBufferListInfo[NetBufferListHashValue], 0xFFFFFFFFu)
#define NET_BUFFER_LIST_SET_HASH_TYPE(nbl, type) \
    WdkSetSlotBits(&(nbl)->NetBufferListInfo[NetBufferListHashInfo], NDIS_HASH_TYPE_MASK, (type))
#define NET_BUFFER_LIST_GET_HASH_TYPE(nbl) WdkGetSlotBits((nbl)->NetBufferListInfo[NetBufferListHashInfo], NDIS_HASH_TYPE_MASK)
#define NET_BUFFER_LIST_SET_HASH_FUNCTION(nbl, function) \
    WdkSetSlotBits(&(nbl)->NetBufferListInfo[NetBufferListHashInfo], NDIS_HASH_FUNCTION_MASK, (function))
#define NET_BUFFER_LIST_GET_HASH_FUNCTION(nbl) WdkGetSlotBits((nbl)->NetBufferListInfo[NetBufferListHashInfo], NDIS_HASH_FUNCTION_MASK)

#ifdef __cplusplus
}
#endif

#endif
