/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack_module.h: a driver of driver/stack as a module. Its sources are compiled with everything hidden but DriverEntry - the program that
 * loads it has functions of the same names - and with ndis_driver_argument() called module_argument(), which the module has itself.
 */
#ifndef RINGSIDE_STACK_MODULE_H
#define RINGSIDE_STACK_MODULE_H

#include "ndis.h"

#define MODULE_ENTRY __attribute__((visibility("default")))

void *module_argument(PDRIVER_OBJECT driver);

/* A number of the driver's own parameters, in its registry key; `otherwise` when it is not given. */
static inline ULONG module_number(PUNICODE_STRING registry_path, PCWSTR keyword, ULONG otherwise) {
    union {
        KEY_VALUE_PARTIAL_INFORMATION information;
        UCHAR room[64];
    } value;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    ULONG needed;
    HANDLE key;
    InitializeObjectAttributes(&attributes, registry_path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes))) return otherwise;
    RtlInitUnicodeString(&name, keyword);
    NTSTATUS status = ZwQueryValueKey(key, &name, KeyValuePartialInformation, &value, sizeof(value), &needed);
    if (NT_SUCCESS(status) && value.information.Type == REG_DWORD) RtlCopyMemory(&otherwise, value.information.Data, sizeof(otherwise));
    (void)ZwClose(key);
    return otherwise;
}

#endif
