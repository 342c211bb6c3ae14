/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ntdef.h: the basic types of the Windows driver kits, with their Windows widths on any 64-bit host.
 *
 * LLP64 on an LP64 host: ULONG and LONG are 32 bits, pointers and ULONG_PTR 64, WCHAR 16. The text is ours; the names and layouts are
 * those that drivers are written against.
 */
#ifndef RINGSIDE_NTDEF_H
#define RINGSIDE_NTDEF_H

#include <stddef.h>
#include <stdint.h>
#ifndef __cplusplus
#include <uchar.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Anonymous structures are C11 but an extension of C++, flexible arrays the other way round: `__extension__` quiets -Wpedantic there. */
#define WDK_EXTENSION __extension__

#define VOID void
#define CONST const
#define IN
#define OUT
#define OPTIONAL
#define FORCEINLINE static inline
#define NTAPI
/* "file:line" of the call that a macro is part of, without the folder: reports do not depend on where the sources lie. */
#define WDK_SITE __FILE_NAME__ ":" WDK_TEXT(__LINE__)
#define WDK_TEXT(tokens) WDK_TEXT_(tokens)
#define WDK_TEXT_(tokens) #tokens
#define DECLSPEC_ALIGN(bytes) __attribute__((aligned(bytes)))
#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
#ifdef __cplusplus
#define C_ASSERT(expression) static_assert(expression, #expression)
#else
#define C_ASSERT(expression) _Static_assert(expression, #expression)
#endif

typedef void *PVOID;
typedef char CHAR, *PCHAR;
typedef uint8_t UCHAR, *PUCHAR, BOOLEAN, *PBOOLEAN, UINT8, BYTE, *PBYTE;
typedef int16_t SHORT, CSHORT, *PSHORT;
typedef uint16_t USHORT, *PUSHORT, UINT16;
typedef int32_t LONG, *PLONG, INT, *PINT;
typedef uint32_t ULONG, *PULONG, UINT, *PUINT, UINT32, DWORD;
typedef int64_t LONGLONG, LONG64, *PLONGLONG, *PLONG64;
typedef uint64_t ULONGLONG, ULONG64, UINT64, *PULONGLONG, *PULONG64;
typedef uint64_t ULONG_PTR, *PULONG_PTR, SIZE_T, *PSIZE_T, UINT_PTR, KAFFINITY;
typedef int64_t LONG_PTR;
typedef char16_t WCHAR, *PWCHAR, *PWSTR;
typedef const WCHAR *PCWSTR;
typedef void *HANDLE, **PHANDLE;
typedef int32_t NTSTATUS;
typedef UCHAR KIRQL, *PKIRQL;

#define TRUE 1
#define FALSE 0

typedef union _LARGE_INTEGER {
    WDK_EXTENSION struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER, PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef struct _GUID {
    ULONG Data1;
    USHORT Data2, Data3;
    UCHAR Data4[8];
} GUID;

/* Counted UTF-16 text; both lengths are bytes and the text need not end with a NUL. */
typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink, *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

/* 16 bytes, 16-aligned: this is what aligns NET_BUFFER and NET_BUFFER_LIST. */
typedef union DECLSPEC_ALIGN(16) _SLIST_HEADER {
    WDK_EXTENSION struct {
        ULONGLONG Alignment;
        ULONGLONG Region;
    };
} SLIST_HEADER, *PSLIST_HEADER;

typedef struct _PROCESSOR_NUMBER {
    USHORT Group;
    UCHAR Number, Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;

#define MEMORY_ALLOCATION_ALIGNMENT 16
#define PAGE_SIZE 4096u
#define PAGE_SHIFT 12

#define CONTAINING_RECORD(address, type, field) ((type *)(void *)((PUCHAR)(address) - offsetof(type, field)))
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))

#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)
#define STATUS_SUCCESS ((NTSTATUS)0)
#define STATUS_TIMEOUT ((NTSTATUS)0x00000102)
#define STATUS_PENDING ((NTSTATUS)0x00000103)
#define STATUS_BUFFER_OVERFLOW ((NTSTATUS)0x80000005)
#define STATUS_UNSUCCESSFUL ((NTSTATUS)0xC0000001)
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000D)
#define STATUS_BUFFER_TOO_SMALL ((NTSTATUS)0xC0000023)
#define STATUS_INSUFFICIENT_RESOURCES ((NTSTATUS)0xC000009A)
#define STATUS_NOT_SUPPORTED ((NTSTATUS)0xC00000BB)

#ifdef __cplusplus
}
#endif

#endif
