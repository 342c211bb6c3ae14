/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdm/registry.h: keys by their path. Include wdm.h, not this header. PASSIVE.
 *
 * There are the keys of drivers, \Registry\Machine\System\CurrentControlSet\Services\DRIVER and the same with \Parameters, those of their
 * adapters, ...\DRIVER\Parameters\Adapters\ADAPTER, and every key that the scenario gives by its whole path. They hold what
 * ndis/configuration.h reads: numbers are REG_DWORD, other text is REG_SZ, what a driver wrote is of the type that it wrote.
 */
#ifndef RINGSIDE_WDM_REGISTRY_H
#define RINGSIDE_WDM_REGISTRY_H

#define REG_NONE 0u
#define REG_SZ 1u
#define REG_BINARY 3u
#define REG_DWORD 4u
#define REG_MULTI_SZ 7u

typedef enum _KEY_VALUE_INFORMATION_CLASS {
    KeyValueBasicInformation, KeyValueFullInformation, KeyValuePartialInformation
} KEY_VALUE_INFORMATION_CLASS;
typedef struct _KEY_VALUE_BASIC_INFORMATION {
    ULONG TitleIndex, Type, NameLength; /* lengths are bytes */
    WCHAR Name[1];
} KEY_VALUE_BASIC_INFORMATION, *PKEY_VALUE_BASIC_INFORMATION;
typedef struct _KEY_VALUE_FULL_INFORMATION {
    ULONG TitleIndex, Type, DataOffset, DataLength, NameLength; /* the data from the start of this structure */
    WCHAR Name[1];
} KEY_VALUE_FULL_INFORMATION, *PKEY_VALUE_FULL_INFORMATION;
typedef struct _KEY_VALUE_PARTIAL_INFORMATION {
    ULONG TitleIndex, Type, DataLength;
    UCHAR Data[1];
} KEY_VALUE_PARTIAL_INFORMATION, *PKEY_VALUE_PARTIAL_INFORMATION;

/* OBJECT_NAME_NOT_FOUND: there is no such key. A relative name is one below RootDirectory, an open key. Closed by ZwClose. */
NTSTATUS ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
/* BUFFER_TOO_SMALL: not even the fixed part fits; BUFFER_OVERFLOW: that does, not all of the rest. *ResultLength is what is needed. */
NTSTATUS ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                         PVOID KeyValueInformation, ULONG Length, PULONG ResultLength);

#endif
