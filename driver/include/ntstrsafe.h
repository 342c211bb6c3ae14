/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ntstrsafe.h: printf and copies into buffers of a known size, always ended with a NUL. BUFFER_OVERFLOW: what fitted was written.
 *
 * Formats are those of DbgPrint. Cb sizes are bytes, Cch sizes characters; for CHAR the same.
 */
#ifndef RINGSIDE_NTSTRSAFE_H
#define RINGSIDE_NTSTRSAFE_H

#include "wdm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NTSTRSAFE_PSTR PSTR
#define NTSTRSAFE_PCSTR PCSTR
NTSTATUS RtlStringCbVPrintfA(PSTR pszDest, SIZE_T cbDest, PCSTR pszFormat, va_list argList);
NTSTATUS RtlStringCbPrintfA(PSTR pszDest, SIZE_T cbDest, PCSTR pszFormat, ...);
/* Also where the text ends, and the bytes that are left from there. Flags are not modelled: 0. */
NTSTATUS RtlStringCbVPrintfExA(PSTR pszDest, SIZE_T cbDest, PSTR *ppszDestEnd, SIZE_T *pcbRemaining, ULONG dwFlags, PCSTR pszFormat,
                               va_list argList);
NTSTATUS RtlStringCbPrintfExA(PSTR pszDest, SIZE_T cbDest, PSTR *ppszDestEnd, SIZE_T *pcbRemaining, ULONG dwFlags, PCSTR pszFormat, ...);
#define STRSAFE_FILL_ON_FAILURE 0x400u /* not modelled, as the others */
NTSTATUS RtlStringCbCatA(PSTR pszDest, SIZE_T cbDest, PCSTR pszSrc);
NTSTATUS RtlStringCbCopyA(PSTR pszDest, SIZE_T cbDest, PCSTR pszSrc);
NTSTATUS RtlStringCbLengthA(PCSTR psz, SIZE_T cbMax, SIZE_T *pcbLength); /* INVALID_PARAMETER: no NUL in it */
#define RtlStringCchVPrintfA RtlStringCbVPrintfA
#define RtlStringCchPrintfA RtlStringCbPrintfA
#define RtlStringCchVPrintfExA RtlStringCbVPrintfExA
#define RtlStringCchPrintfExA RtlStringCbPrintfExA
#define RtlStringCchCatA RtlStringCbCatA
#define RtlStringCchCopyA RtlStringCbCopyA
#define RtlStringCchLengthA RtlStringCbLengthA

#ifdef __cplusplus
}
#endif

#endif
