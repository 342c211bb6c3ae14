/* SPDX-License-Identifier: Apache-2.0 */
/* Counts.h: what the counting filter tells a program: the answer to its control code. */
#pragma once

#define IOCTL_COUNTS CTL_CODE(FILE_DEVICE_NETWORK, 0x201, METHOD_BUFFERED, FILE_READ_ACCESS)

typedef struct _COUNTS {
    ULONG Sends, Receives;
    ULONG Number;     /* the driver's parameter Number, or 0 */
    WCHAR Label[16];  /* of the adapter's parameter Label */
} COUNTS, *PCOUNTS;
