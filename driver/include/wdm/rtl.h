/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdm/rtl.h: the run-time library: byte order, strings, bit maps, assertions, debug output. Include wdm.h, not this header.
 *
 * Case folding is that of ASCII, enough for names of devices and keywords.
 */
#ifndef RINGSIDE_WDM_RTL_H
#define RINGSIDE_WDM_RTL_H

#include <stdarg.h>

#define RtlUshortByteSwap(value) __builtin_bswap16((USHORT)(value))
#define RtlUlongByteSwap(value) __builtin_bswap32((ULONG)(value))
#define RtlUlonglongByteSwap(value) __builtin_bswap64((ULONGLONG)(value))
#define _byteswap_ushort(value) RtlUshortByteSwap(value)
#define _byteswap_ulong(value) RtlUlongByteSwap(value)

#define RTL_FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
#define RTL_NUMBER_OF(array) (sizeof(array) / sizeof((array)[0]))
#ifndef ARRAYSIZE
#define ARRAYSIZE(array) RTL_NUMBER_OF(array)
#endif
#define RtlOffsetToPointer(base, offset) ((PCHAR)((PCHAR)(base) + (ULONG_PTR)(offset)))
#define RtlPointerToOffset(base, pointer) ((ULONG)((PCHAR)(pointer) - (PCHAR)(base)))
#define ALIGN_DOWN_BY(value, multiple) ((ULONG_PTR)(value) & ~((ULONG_PTR)(multiple)-1))
#define ALIGN_UP_BY(value, multiple) ALIGN_DOWN_BY((ULONG_PTR)(value) + (multiple)-1, (multiple))
#define ALIGN_UP(value, type) ALIGN_UP_BY((value), sizeof(type))
#define ALIGN_DOWN(value, type) ALIGN_DOWN_BY((value), sizeof(type))
#define ALIGN_UP_POINTER_BY(pointer, multiple) ((PVOID)ALIGN_UP_BY((pointer), (multiple)))
#define ALIGN_DOWN_POINTER_BY(pointer, multiple) ((PVOID)ALIGN_DOWN_BY((pointer), (multiple)))
#define ROUND_TO_PAGES(size) ALIGN_UP_BY((size), PAGE_SIZE)
#define RTL_CONSTANT_STRING(text) {sizeof(text) - sizeof((text)[0]), sizeof(text), (void *)(ULONG_PTR)(text)}

/* The number of the lowest or highest bit that is set; 0, and *index undefined: none is. */
FORCEINLINE UCHAR WdkBitScanForward(PULONG index, ULONG mask)
{
    if (mask == 0) {
        return 0;
    }
    *index = (ULONG)__builtin_ctz(mask);
    return 1;
}
FORCEINLINE UCHAR WdkBitScanReverse(PULONG index, ULONG mask)
{
    if (mask == 0) {
        return 0;
    }
    *index = 31u - (ULONG)__builtin_clz(mask);
    return 1;
}
#define BitScanForward WdkBitScanForward
#define BitScanReverse WdkBitScanReverse

SIZE_T RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length); /* how many bytes are equal from the start */

/* ---- Counted strings */
NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source); /* BUFFER_TOO_SMALL: nothing was done */
NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source);
VOID RtlInitAnsiString(PANSI_STRING DestinationString, const CHAR *SourceString); /* refers to the source */
/* One byte for each character, '?' for those above 0xFF. With AllocateDestinationString freed by RtlFreeAnsiString. */
/* Digits of base 2, 8, 10 or 16, 0 means 10; into the room that String has. INVALID_PARAMETER, BUFFER_OVERFLOW. */
NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String);
#define DECLARE_CONST_UNICODE_STRING(name, text) \
    const UNICODE_STRING name = {sizeof(text) - sizeof((text)[0]), sizeof(text), (PWSTR)(ULONG_PTR)(text)}
/* The next of a sequence that *Seed begins: up to MAXLONG - 1. The same seed gives the same numbers. */
ULONG RtlRandomEx(PULONG Seed);
NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString);
NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, const ANSI_STRING *SourceString, BOOLEAN AllocateDestinationString);
VOID RtlFreeAnsiString(PANSI_STRING AnsiString);
VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString);
WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter);
NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString);
LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive); /* <, = or > 0 */

/* ---- Bit maps; the lowest bit of the lowest word is bit 0 */
typedef struct _RTL_BITMAP {
    ULONG SizeOfBitMap; /* bits */
    PULONG Buffer;
} RTL_BITMAP, *PRTL_BITMAP;
VOID RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap);
VOID RtlClearAllBits(PRTL_BITMAP BitMapHeader);
VOID RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
VOID RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
BOOLEAN RtlCheckBit(PRTL_BITMAP BitMapHeader, ULONG BitPosition);
/* The first run of so many clear bits from the hint on, around the end; they are set. MAXULONG: there is none. */
ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
CCHAR RtlFindLeastSignificantBit(ULONGLONG Set); /* -1: no bit is set */
CCHAR RtlFindMostSignificantBit(ULONGLONG Set);
ULONG RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target);

typedef struct _OSVERSIONINFOEXW {
    ULONG dwOSVersionInfoSize, dwMajorVersion, dwMinorVersion, dwBuildNumber, dwPlatformId;
    WCHAR szCSDVersion[128];
    USHORT wServicePackMajor, wServicePackMinor, wSuiteMask;
    UCHAR wProductType, wReserved;
} OSVERSIONINFOEXW, *POSVERSIONINFOEXW, RTL_OSVERSIONINFOEXW, *PRTL_OSVERSIONINFOEXW;
#define VER_MINORVERSION 0x1
#define VER_MAJORVERSION 0x2
#define VER_BUILDNUMBER 0x4
#define VER_EQUAL 1
#define VER_GREATER 2
#define VER_GREATER_EQUAL 3
#define VER_LESS 4
#define VER_LESS_EQUAL 5
#define VER_SET_CONDITION(mask, type, condition) ((mask) |= (ULONGLONG)(condition) << ((type) == VER_MINORVERSION ? 0 : (type) == VER_MAJORVERSION ? 3 : 6))
/* Compared with Windows 10 (10.0.19041), which is what drivers are told that they run on. REVISION_MISMATCH: it does not fit. */
NTSTATUS RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask, ULONGLONG ConditionMask);

/* ---- Debug output: printf formats of Windows, in which `l` is 32 bits, and `%wZ`, `%ws`, `%I64x` are known. To the host. */
ULONG DbgPrint(const CHAR *Format, ...);
ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, const CHAR *Format, ...);
ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, const CHAR *Format, va_list arglist);
#ifndef _WIN32
/* At most count characters, or as many as fit (_TRUNCATE), and a NUL. -1: cut. */
int _vsnprintf_s(PCHAR buffer, SIZE_T sizeOfBuffer, SIZE_T count, const CHAR *format, va_list argptr);
#define _TRUNCATE ((SIZE_T)-1)
#endif
#define KdPrint(arguments) DbgPrint arguments
#define DPFLTR_IHVNETWORK_ID 79
#define DPFLTR_IHVDRIVER_ID 77
#define DPFLTR_ERROR_LEVEL 0
#define DPFLTR_WARNING_LEVEL 1
#define DPFLTR_TRACE_LEVEL 2
#define DPFLTR_INFO_LEVEL 3

/* ---- Assertions, in drivers built with DBG: one that fails is reported as "driver.assert", and the driver goes on. */
VOID RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber, PCHAR MutableMessage);
#if DBG
#define ASSERT(expression) ((expression) ? (void)0 : RtlAssert((PVOID)(ULONG_PTR)#expression, (PVOID)(ULONG_PTR)__FILE_NAME__, __LINE__, NULL))
#define ASSERTMSG(text, expression) \
    ((expression) ? (void)0 : RtlAssert((PVOID)(ULONG_PTR)#expression, (PVOID)(ULONG_PTR)__FILE_NAME__, __LINE__, (PCHAR)(ULONG_PTR)(text)))
#else
#define ASSERT(expression) ((void)0)
#define ASSERTMSG(text, expression) ((void)0)
#endif
#define NT_ASSERT(expression) ASSERT(expression)
#define NT_ASSERTMSG(text, expression) ASSERTMSG(text, expression)
#define NT_FRE_ASSERT(expression) ASSERT(expression)
#define NT_FRE_ASSERTMSG(text, expression) ASSERTMSG(text, expression)
#if DBG
#define NT_VERIFY(expression) ASSERT(expression)
#else
#define NT_VERIFY(expression) ((void)(expression)) /* evaluated always */
#endif
#define PAGED_CODE() ASSERT(KeGetCurrentIrql() <= APC_LEVEL)
#define PAGED_CODE_LOCKED() ((void)0)

PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName); /* NULL: not in this system */

#endif
