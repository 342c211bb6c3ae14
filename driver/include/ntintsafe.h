/* SPDX-License-Identifier: Apache-2.0 */
/* ntintsafe.h: arithmetic that says when a result does not fit: INTEGER_OVERFLOW, and all ones in the result. */
#ifndef RINGSIDE_NTINTSAFE_H
#define RINGSIDE_NTINTSAFE_H

#include "wdm.h"

#define USHORT_MAX MAXUSHORT

#define WDK_CHECKED(name, type, builtin, most)                            \
    FORCEINLINE NTSTATUS name(type Left, type Right, type *Result)        \
    {                                                                     \
        if (!builtin(Left, Right, Result)) {                              \
            return STATUS_SUCCESS;                                        \
        }                                                                 \
        *Result = (most);                                                 \
        return STATUS_INTEGER_OVERFLOW;                                   \
    }
WDK_CHECKED(RtlULongAdd, ULONG, __builtin_add_overflow, UINT32_MAX)
WDK_CHECKED(RtlULongSub, ULONG, __builtin_sub_overflow, UINT32_MAX)
WDK_CHECKED(RtlULongMult, ULONG, __builtin_mul_overflow, UINT32_MAX)
WDK_CHECKED(RtlUShortAdd, USHORT, __builtin_add_overflow, UINT16_MAX)
WDK_CHECKED(RtlSIZETAdd, SIZE_T, __builtin_add_overflow, UINT64_MAX)
WDK_CHECKED(RtlSIZETMult, SIZE_T, __builtin_mul_overflow, UINT64_MAX)
#undef WDK_CHECKED

#endif
