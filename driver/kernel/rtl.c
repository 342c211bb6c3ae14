/* SPDX-License-Identifier: Apache-2.0 */
/* rtl.c: counted strings. Lengths are bytes; case folding is that of ASCII, enough for names of devices and keywords. */
#include "wdm.h"

VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
    USHORT characters = 0;
    if (SourceString)
        while (SourceString[characters] != 0 && characters < UINT16_MAX / 2 - 1) characters++;
    DestinationString->Length = (USHORT)(characters * sizeof(WCHAR));
    DestinationString->MaximumLength = (USHORT)(SourceString ? (characters + 1u) * sizeof(WCHAR) : 0);
    DestinationString->Buffer = (PWSTR)(ULONG_PTR)SourceString;
}

static WCHAR upper(WCHAR c) { return c >= u'a' && c <= u'z' ? (WCHAR)(c - u'a' + u'A') : c; }

BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
    if (String1->Length != String2->Length) return FALSE;
    for (unsigned i = 0; i < String1->Length / sizeof(WCHAR); i++) {
        WCHAR a = String1->Buffer[i], b = String2->Buffer[i];
        if (a != b && !(CaseInSensitive && upper(a) == upper(b))) return FALSE;
    }
    return TRUE;
}

VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString) {
    USHORT length = SourceString ? SourceString->Length : 0;
    if (length > DestinationString->MaximumLength) length = DestinationString->MaximumLength;
    if (length) memmove(DestinationString->Buffer, SourceString->Buffer, length);
    DestinationString->Length = length;
}
