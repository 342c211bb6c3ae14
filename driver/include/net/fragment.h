/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/fragment.h: a run of bytes of a packet: ValidLength bytes, Offset behind the base that an extension gives (virtualaddress.h,
 * logicaladdress.h). Capacity counts from the base: Offset + ValidLength <= Capacity.
 */
#ifndef RINGSIDE_NET_FRAGMENT_H
#define RINGSIDE_NET_FRAGMENT_H

#include "../ntdef.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NET_FRAGMENT {
    UINT64 ValidLength : 26;
    UINT64 Capacity : 26;
    UINT64 Offset : 10;
    UINT64 Scratch : 1;            /* the driver's */
    UINT64 OsReserved_Bounced : 1;
} NET_FRAGMENT;
C_ASSERT(sizeof(NET_FRAGMENT) == 8);

#ifdef __cplusplus
}
#endif

#endif
