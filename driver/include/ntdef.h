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

#include "sal.h"

#define VOID void
#define CONST const
#define IN
#define OUT
#define OPTIONAL
#define FORCEINLINE static inline
#define NTAPI
#define NTKERNELAPI
#define NTSYSAPI
#define NTHALAPI
#define DECLSPEC_IMPORT
#define DECLSPEC_NORETURN __attribute__((noreturn))
/* Calling conventions: x64 has one, and the host's stands in for it. */
#ifndef _WIN32
#define UNALIGNED
#define __forceinline inline __attribute__((always_inline))
#define __stdcall
#define __cdecl
#define __CRTDECL
#define __fastcall
#define WINAPI
#define __declspec(attributes)
#define __int64 long long
#define __ptr64
#endif
#define __fallthrough __attribute__((fallthrough))
#define SYSTEM_CACHE_ALIGNMENT_SIZE 64
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(SYSTEM_CACHE_ALIGNMENT_SIZE)
#define __pragma(directive)
/* Structured exceptions: the guarded code runs; what would be raised there stops the program with a signal, as any bad access does. */
#ifndef __cplusplus
#define __try
#define __except(filter) for (; 0;)
#define __finally
#define __leave ((void)0)
#define GetExceptionCode() STATUS_UNSUCCESSFUL
#define EXCEPTION_EXECUTE_HANDLER 1
#endif
/* "file:line" of the call that a macro is part of, without the folder: reports do not depend on where the sources lie. */
#define WDK_SITE __FILE_NAME__ ":" WDK_TEXT(__LINE__)
#define WDK_TEXT(tokens) WDK_TEXT_(tokens)
#define WDK_TEXT_(tokens) #tokens
#define DECLSPEC_ALIGN(bytes) __attribute__((aligned(bytes)))
#define UNREFERENCED_PARAMETER(parameter) ((void)(parameter))
/* Text in WCHARs. */
#if __SIZEOF_WCHAR_T__ == 2
#define WDK_WIDE(text) L##text
#else
#define WDK_WIDE(text) u##text
#endif
/* A handle of a type of its own. */
#define DECLARE_HANDLE(name)  \
    struct name##__;          \
    typedef struct name##__ *name
/* Flags of an enumeration combine to one of the same type; in C they do anyway. */
#ifdef __cplusplus
#define DEFINE_ENUM_FLAG_OPERATORS(type)                                                                               \
    extern "C++" {                                                                                                     \
    inline constexpr type operator|(type a, type b) { return static_cast<type>(static_cast<int>(a) | static_cast<int>(b)); } \
    inline constexpr type operator&(type a, type b) { return static_cast<type>(static_cast<int>(a) & static_cast<int>(b)); } \
    inline constexpr type operator^(type a, type b) { return static_cast<type>(static_cast<int>(a) ^ static_cast<int>(b)); } \
    inline constexpr type operator~(type a) { return static_cast<type>(~static_cast<int>(a)); }                        \
    inline type &operator|=(type &a, type b) { return a = a | b; }                                                     \
    inline type &operator&=(type &a, type b) { return a = a & b; }                                                     \
    }
#else
#define DEFINE_ENUM_FLAG_OPERATORS(type)
#endif
#ifdef __cplusplus
#define C_ASSERT(expression) static_assert(expression, #expression)
#else
#define C_ASSERT(expression) _Static_assert(expression, #expression)
#endif

typedef void *PVOID;
typedef char CHAR, *PCHAR;
typedef uint8_t UCHAR, *PUCHAR, BOOLEAN, *PBOOLEAN, UINT8, BYTE, *PBYTE;
typedef int16_t SHORT, CSHORT, *PSHORT;
typedef uint16_t USHORT, *PUSHORT, UINT16, *PUINT16, WORD;
typedef int32_t LONG, *PLONG, INT, *PINT, INT32, LONG32, BOOL;
typedef uint32_t ULONG, *PULONG, UINT, *PUINT, UINT32, *PUINT32, ULONG32, DWORD, *PDWORD, LCID;
typedef int64_t LONGLONG, LONG64, *PLONGLONG, *PLONG64, INT64;
typedef uint64_t ULONGLONG, ULONG64, UINT64, *PULONGLONG, *PULONG64, *PUINT64;
typedef uint64_t ULONG_PTR, *PULONG_PTR, SIZE_T, *PSIZE_T, UINT_PTR, KAFFINITY, *PKAFFINITY;
typedef int64_t LONG_PTR, INT_PTR, SSIZE_T;
typedef int8_t INT8;
typedef char CCHAR, *PCCHAR;
typedef int16_t INT16;
#if defined(__cplusplus) && __SIZEOF_WCHAR_T__ == 2 /* a type of its own there */
typedef wchar_t WCHAR, *PWCHAR, *PWSTR, *PWCH;
#else
typedef char16_t WCHAR, *PWCHAR, *PWSTR, *PWCH;
#endif
typedef const WCHAR *PCWSTR, *PCWCH;
typedef char *PSTR, *LPSTR;
typedef const char *PCSTR, *LPCSTR, *PCCH;
typedef void *HANDLE, **PHANDLE;
typedef int32_t NTSTATUS;
typedef UCHAR KIRQL, *PKIRQL;
typedef ULONG LOGICAL;
typedef const void *PCVOID;

#define TRUE 1
#define FALSE 0
#define UNICODE_NULL ((WCHAR)0)
#define ANSI_NULL ((CHAR)0)
#define MAXUCHAR 0xFF
#define MAXUSHORT 0xFFFF
#define MAXULONG 0xFFFFFFFFu
#define MAXLONG 0x7FFFFFFF
#define MAXUINT 0xFFFFFFFFu
#define MAXULONGLONG UINT64_MAX
#define _UI32_MAX 0xFFFFFFFFu
#define RTL_CONTAINS_FIELD(object, size, field) ((PCHAR)(&(object)->field + 1) <= (PCHAR)(object) + (size))

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
} GUID, *PGUID, *LPGUID, IID, CLSID;
#ifdef __cplusplus
#define EXTERN_C extern "C"
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END }
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#endif
/* Declares; behind initguid.h it defines. */
#ifndef DEFINE_GUID
#ifdef __cplusplus
#define DEFINE_GUID(name, ...) extern "C" const GUID name
#else
#define DEFINE_GUID(name, ...) extern const GUID name
#endif
#endif
#define IsEqualGUID(left, right) (memcmp((left), (right), sizeof(GUID)) == 0)

/* Counted UTF-16 text; both lengths are bytes and the text need not end with a NUL. */
typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _ANSI_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PCHAR Buffer;
} ANSI_STRING, *PANSI_STRING, STRING, *PSTRING;

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

typedef ULONG NODE_REQUIREMENT; /* of memory: a node of processors */
#define MM_ANY_NODE_OK 0x80000000u
typedef struct _PROCESSOR_NUMBER {
    USHORT Group;
    UCHAR Number, Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;

#if __SIZEOF_WCHAR_T__ == 2 /* drivers: the names are not those of a C++ library then */
#ifndef min
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#endif
#endif

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
#define STATUS_OBJECT_NAME_EXISTS ((NTSTATUS)0x40000000)
#define STATUS_RESOURCE_TYPE_NOT_FOUND ((NTSTATUS)0xC000008A)
#define STATUS_DEVICE_CONFIGURATION_ERROR ((NTSTATUS)0xC0000182)
#define STATUS_POWER_STATE_INVALID ((NTSTATUS)0xC00002D3)
#define STATUS_BUFFER_ALL_ZEROS ((NTSTATUS)0x00000117)
#define STATUS_NO_MORE_ENTRIES ((NTSTATUS)0x8000001A)
#define STATUS_NOT_IMPLEMENTED ((NTSTATUS)0xC0000002)
#define STATUS_INFO_LENGTH_MISMATCH ((NTSTATUS)0xC0000004)
#define STATUS_INVALID_HANDLE ((NTSTATUS)0xC0000008)
#define STATUS_NO_SUCH_DEVICE ((NTSTATUS)0xC000000E)
#define STATUS_INVALID_DEVICE_REQUEST ((NTSTATUS)0xC0000010)
#define STATUS_END_OF_FILE ((NTSTATUS)0xC0000011)
#define STATUS_NO_MEMORY ((NTSTATUS)0xC0000017)
#define STATUS_ACCESS_DENIED ((NTSTATUS)0xC0000022)
#define STATUS_OBJECT_TYPE_MISMATCH ((NTSTATUS)0xC0000024)
#define STATUS_OBJECT_NAME_INVALID ((NTSTATUS)0xC0000033)
#define STATUS_OBJECT_NAME_NOT_FOUND ((NTSTATUS)0xC0000034)
#define STATUS_OBJECT_NAME_COLLISION ((NTSTATUS)0xC0000035)
#define STATUS_DELETE_PENDING ((NTSTATUS)0xC0000056)
#define STATUS_REVISION_MISMATCH ((NTSTATUS)0xC0000059)
#define STATUS_INTEGER_OVERFLOW ((NTSTATUS)0xC0000095)
#define STATUS_DEVICE_NOT_READY ((NTSTATUS)0xC00000A3)
#define STATUS_NETWORK_BUSY ((NTSTATUS)0xC00000BF)
#define STATUS_DEVICE_DOES_NOT_EXIST ((NTSTATUS)0xC00000C0)
#define STATUS_DEVICE_NOT_CONNECTED ((NTSTATUS)0xC000009D)
#define STATUS_CANCELLED ((NTSTATUS)0xC0000120)
#define STATUS_INVALID_DEVICE_STATE ((NTSTATUS)0xC0000184)
#define STATUS_INVALID_BUFFER_SIZE ((NTSTATUS)0xC0000206)
#define STATUS_BAD_DATA ((NTSTATUS)0xC000090B)
#define STATUS_NDIS_ADAPTER_NOT_FOUND ((NTSTATUS)0xC0230006)
#define STATUS_NDIS_RESOURCE_CONFLICT ((NTSTATUS)0xC023001E)
#define STATUS_NDIS_INVALID_ADDRESS ((NTSTATUS)0xC0230022)
#define STATUS_NDIS_PAUSED ((NTSTATUS)0xC023002A)
#define STATUS_NOT_FOUND ((NTSTATUS)0xC0000225)
#define STATUS_DEVICE_BUSY ((NTSTATUS)0x80000011)
#define NT_INFORMATION(status) (((ULONG)(status) >> 30) == 1)
#define NT_WARNING(status) (((ULONG)(status) >> 30) == 2)
#define NT_ERROR(status) (((ULONG)(status) >> 30) == 3)

#ifdef __cplusplus
}
#endif

#endif
