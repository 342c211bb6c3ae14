/* SPDX-License-Identifier: Apache-2.0 */
/* text.c: counted strings beside those of rtl.c: appended, converted, compared. */
#include <stdbool.h>

#include "ntstrsafe.h"
#include "wdm.h"

enum { STRING_TAG = 0x72745352 /* "RStr" */ };

SIZE_T RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length) {
    const UCHAR *left = Source1, *right = Source2;
    SIZE_T equal = 0;
    while (equal < Length && left[equal] == right[equal]) equal++;
    return equal;
}

static NTSTATUS append(PUNICODE_STRING destination, const WCHAR *text, USHORT bytes) {
    if (bytes > destination->MaximumLength - destination->Length) return STATUS_BUFFER_TOO_SMALL;
    memmove((PUCHAR)destination->Buffer + destination->Length, text, bytes);
    destination->Length = (USHORT)(destination->Length + bytes);
    if (destination->Length + sizeof(WCHAR) <= destination->MaximumLength) destination->Buffer[destination->Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source) {
    return append(Destination, Source->Buffer, Source->Length);
}

NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source) {
    UNICODE_STRING source;
    RtlInitUnicodeString(&source, Source);
    return append(Destination, source.Buffer, source.Length);
}

VOID RtlInitAnsiString(PANSI_STRING DestinationString, const CHAR *SourceString) {
    const size_t length = SourceString ? strlen(SourceString) : 0;
    DestinationString->Length = (USHORT)length;
    DestinationString->MaximumLength = (USHORT)(SourceString ? length + 1 : 0);
    DestinationString->Buffer = (PCHAR)(ULONG_PTR)SourceString;
}

NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString) {
    const USHORT characters = SourceString->Length / sizeof(WCHAR);
    if (AllocateDestinationString) {
        DestinationString->Buffer = ExAllocatePoolWithTag(PagedPool, characters + 1u, STRING_TAG);
        if (!DestinationString->Buffer) return STATUS_NO_MEMORY;
        DestinationString->MaximumLength = (USHORT)(characters + 1);
    } else if (characters + 1 > DestinationString->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (USHORT i = 0; i < characters; i++) {
        const WCHAR c = SourceString->Buffer[i];
        DestinationString->Buffer[i] = c > 0xFF ? '?' : (CHAR)c;
    }
    DestinationString->Buffer[characters] = '\0';
    DestinationString->Length = characters;
    return STATUS_SUCCESS;
}

NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String) {
    WCHAR digits[32];
    unsigned count = 0;
    const ULONG base = Base ? Base : 10;
    if (base != 2 && base != 8 && base != 10 && base != 16) return STATUS_INVALID_PARAMETER;
    do digits[count++] = (WCHAR)"0123456789ABCDEF"[Value % base];
    while ((Value /= base) != 0);
    if (count * sizeof(WCHAR) > String->MaximumLength) return STATUS_BUFFER_OVERFLOW;
    String->Length = (USHORT)(count * sizeof(WCHAR));
    for (unsigned i = 0; i < count; i++) String->Buffer[i] = digits[count - 1 - i];
    if (String->Length + sizeof(WCHAR) <= String->MaximumLength) String->Buffer[count] = 0;
    return STATUS_SUCCESS;
}

/* Lehmer's generator, modulo 2^31 - 1. */
ULONG RtlRandomEx(PULONG Seed) {
    const uint64_t modulus = MAXLONG, state = *Seed % modulus;
    *Seed = (ULONG)((state ? state : 1) * 48271 % modulus);
    return *Seed;
}

static NTSTATUS room(PUNICODE_STRING destination, USHORT bytes, bool allocate) {
    if (!allocate) return bytes > destination->MaximumLength ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    destination->Buffer = ExAllocatePoolWithTag(PagedPool, bytes + sizeof(WCHAR), STRING_TAG);
    if (!destination->Buffer) return STATUS_NO_MEMORY;
    destination->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    destination->Buffer[bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, const ANSI_STRING *SourceString, BOOLEAN AllocateDestinationString) {
    const NTSTATUS status = room(DestinationString, (USHORT)(SourceString->Length * sizeof(WCHAR)), AllocateDestinationString);
    if (status != STATUS_SUCCESS) return status;
    for (USHORT i = 0; i < SourceString->Length; i++) DestinationString->Buffer[i] = (WCHAR)(UCHAR)SourceString->Buffer[i];
    DestinationString->Length = (USHORT)(SourceString->Length * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

VOID RtlFreeAnsiString(PANSI_STRING AnsiString) {
    if (AnsiString->Buffer) ExFreePoolWithTag(AnsiString->Buffer, STRING_TAG);
    *AnsiString = (ANSI_STRING){0, 0, NULL};
}

VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString) {
    if (UnicodeString->Buffer) ExFreePoolWithTag(UnicodeString->Buffer, STRING_TAG);
    *UnicodeString = (UNICODE_STRING){0, 0, NULL};
}

WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter) {
    return SourceCharacter >= 'a' && SourceCharacter <= 'z' ? (WCHAR)(SourceCharacter - 'a' + 'A') : SourceCharacter;
}

NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString) {
    const NTSTATUS status = room(DestinationString, SourceString->Length, AllocateDestinationString);
    if (status != STATUS_SUCCESS) return status;
    for (USHORT i = 0; i < SourceString->Length / sizeof(WCHAR); i++)
        DestinationString->Buffer[i] = RtlUpcaseUnicodeChar(SourceString->Buffer[i]);
    DestinationString->Length = SourceString->Length;
    return STATUS_SUCCESS;
}

LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
    const USHORT common = (USHORT)((String1->Length < String2->Length ? String1->Length : String2->Length) / sizeof(WCHAR));
    for (USHORT i = 0; i < common; i++) {
        const WCHAR left = String1->Buffer[i], right = String2->Buffer[i];
        const LONG order = CaseInSensitive ? RtlUpcaseUnicodeChar(left) - RtlUpcaseUnicodeChar(right) : left - right;
        if (order) return order;
    }
    return String1->Length - String2->Length;
}

static BOOLEAN version_fits(ULONG have, ULONG want, ULONG condition) {
    switch (condition) {
    case VER_EQUAL: return have == want;
    case VER_GREATER: return have > want;
    case VER_GREATER_EQUAL: return have >= want;
    case VER_LESS: return have < want;
    case VER_LESS_EQUAL: return have <= want;
    default: return FALSE;
    }
}

/* The most significant part that differs decides; a condition of a lesser part is asked only among equals. */
NTSTATUS RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask, ULONGLONG ConditionMask) {
    const struct {
        ULONG type, have, want, shift;
    } parts[] = {{VER_MAJORVERSION, 10, VersionInfo->dwMajorVersion, 3}, {VER_MINORVERSION, 0, VersionInfo->dwMinorVersion, 0},
                 {VER_BUILDNUMBER, 19041, VersionInfo->dwBuildNumber, 6}};
    BOOLEAN fits = TRUE;
    for (unsigned i = 0; i < RTL_NUMBER_OF(parts); i++) {
        if (!(TypeMask & parts[i].type)) continue;
        fits = version_fits(parts[i].have, parts[i].want, (ULONG)(ConditionMask >> parts[i].shift & 7));
        if (parts[i].have != parts[i].want) break;
    }
    return fits ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
}

/* ---- ntstrsafe.h */
NTSTATUS RtlStringCbLengthA(PCSTR psz, SIZE_T cbMax, SIZE_T *pcbLength) {
    SIZE_T length = 0;
    while (length < cbMax && psz[length] != '\0') length++;
    if (pcbLength) *pcbLength = length < cbMax ? length : 0;
    return length < cbMax ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS RtlStringCbCopyA(PSTR pszDest, SIZE_T cbDest, PCSTR pszSrc) {
    SIZE_T i = 0;
    if (cbDest == 0) return STATUS_INVALID_PARAMETER;
    for (; i + 1 < cbDest && pszSrc[i] != '\0'; i++) pszDest[i] = pszSrc[i];
    pszDest[i] = '\0';
    return pszSrc[i] == '\0' ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

NTSTATUS RtlStringCbCatA(PSTR pszDest, SIZE_T cbDest, PCSTR pszSrc) {
    SIZE_T length;
    const NTSTATUS status = RtlStringCbLengthA(pszDest, cbDest, &length);
    return status == STATUS_SUCCESS ? RtlStringCbCopyA(pszDest + length, cbDest - length, pszSrc) : status;
}
