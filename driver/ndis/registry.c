/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c: the keys of ndis_config.h by their path, as the kernel's own calls read them. [D] ZwOpenKey, ZwQueryValueKey */
#define _GNU_SOURCE
#include <stdio.h>
#include <strings.h>

#include "kernel/kernel_device.h"
#include "ndis_config.h"

enum { KEY_TAG = 0x79654B44 /* "DKey" */, PATH_MOST = 256 };

struct key_handle {
    struct kernel_handle handle;
    struct ndis *ndis;
    struct ndis_key *key;
    char path[PATH_MOST];
};

static NTSTATUS close_key(struct kernel_handle *handle) {
    handle->type = (enum kernel_handle_type)0;
    kernel_free(CONTAINING_RECORD(handle, struct key_handle, handle));
    return STATUS_SUCCESS;
}

static struct key_handle *key_of(HANDLE handle) {
    struct kernel_handle *at = handle;
    return at && at->type == KERNEL_HANDLE_KEY ? CONTAINING_RECORD(at, struct key_handle, handle) : NULL;
}

/* The path behind the prefix, in any case; NULL: it does not begin with that. */
static const char *behind(const char *path, const char *prefix) {
    const size_t length = strlen(prefix);
    return strncasecmp(path, prefix, length) == 0 ? path + length : NULL;
}

/* A driver as it spells its name: loaded, or one that has parameters. */
static const char *find_driver(struct ndis *ndis, const char *name) {
    for (const struct ndis_driver *driver = ndis->drivers; driver; driver = driver->next)
        if (strcasecmp(driver->object.name, name) == 0) return driver->object.name;
    for (const struct ndis_key *key = ndis->keys; key; key = key->next)
        if (strcasecmp(key->driver, name) == 0) return key->driver;
    return NULL;
}

static struct ndis_key *find_key(struct ndis *ndis, const char *path) {
    for (struct ndis_key *key = ndis->keys; key; key = key->next)
        if (key->adapter[0] == '\0' && strcasecmp(key->driver, path) == 0) return key;
    const char *service = behind(path, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\");
    if (!service) return NULL;
    char name[PATH_MOST];
    const size_t length = strcspn(service, "\\");
    snprintf(name, sizeof(name), "%.*s", (int)length, service);
    const char *driver = find_driver(ndis, name), *rest = service + length;
    if (!driver) return NULL;
    if (rest[0] == '\0' || strcasecmp(rest, "\\Parameters") == 0) return ndis_config_key(ndis, driver, "");
    const char *adapter = behind(rest, "\\Parameters\\Adapters\\");
    const struct ndis_adapter *known = adapter ? ndis_find_adapter(ndis, adapter) : NULL;
    return known ? ndis_config_key(ndis, driver, known->object.name) : NULL;
}

/* Its whole path as text. False: it is too long. */
static bool spell(char *path, const OBJECT_ATTRIBUTES *attributes) {
    const struct key_handle *root = key_of(attributes->RootDirectory);
    const UNICODE_STRING *name = attributes->ObjectName;
    const size_t length = name->Length / sizeof(WCHAR);
    size_t used = root ? (size_t)snprintf(path, PATH_MOST, "%s\\", root->path) : 0;
    if (used + length >= PATH_MOST) return false;
    for (size_t i = 0; i < length; i++) path[used++] = (char)name->Buffer[i];
    path[used] = '\0';
    return true;
}

NTSTATUS ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
    UNREFERENCED_PARAMETER(DesiredAccess);
    struct ndis *ndis = ndis_current(__func__);
    ndis_require_passive(ndis, __func__);
    *KeyHandle = NULL;
    if (!ObjectAttributes->ObjectName) return STATUS_INVALID_PARAMETER;
    if (ObjectAttributes->RootDirectory && !key_of(ObjectAttributes->RootDirectory)) return STATUS_INVALID_HANDLE;
    char path[PATH_MOST];
    struct ndis_key *key = spell(path, ObjectAttributes) ? find_key(ndis, path) : NULL;
    if (!key) return STATUS_OBJECT_NAME_NOT_FOUND;
    struct key_handle *open = kernel_allocate(ndis->kernel, sizeof(*open), KEY_TAG);
    if (!open) return STATUS_INSUFFICIENT_RESOURCES;
    open->handle = (struct kernel_handle){KERNEL_HANDLE_KEY, close_key};
    open->ndis = ndis;
    open->key = key;
    memcpy(open->path, path, sizeof(path));
    *KeyHandle = &open->handle;
    return STATUS_SUCCESS;
}

/* ---- Values */
struct value {
    ULONG type, bytes;
    const void *data;
};

static struct value read_parameter(const NDIS_CONFIGURATION_PARAMETER *parameter) {
    const NDIS_STRING *text = &parameter->ParameterData.StringData;
    switch (parameter->ParameterType) {
    case NdisParameterString: return (struct value){REG_SZ, text->Length + (ULONG)sizeof(WCHAR), text->Buffer}; /* a NUL is behind it */
    case NdisParameterMultiString: return (struct value){REG_MULTI_SZ, text->Length, text->Buffer};
    case NdisParameterBinary:
        return (struct value){REG_BINARY, parameter->ParameterData.BinaryData.Length, parameter->ParameterData.BinaryData.Buffer};
    default: return (struct value){REG_DWORD, sizeof(ULONG), &parameter->ParameterData.IntegerData};
    }
}

struct filler {
    PUCHAR to;
    ULONG room;
    bool whole;
};

static void put(struct filler *filler, ULONG offset, const void *data, ULONG bytes) {
    const ULONG room = filler->room > offset ? filler->room - offset : 0;
    if (bytes > room) filler->whole = false;
    if (bytes && room) memcpy(filler->to + offset, data, bytes < room ? bytes : room);
}

static NTSTATUS fill(KEY_VALUE_INFORMATION_CLASS class, const struct value *value, const UNICODE_STRING *name, PVOID to, ULONG room,
                     PULONG result) {
    struct filler filler = {to, room, true};
    const ULONG data_at = (ULONG)(offsetof(KEY_VALUE_FULL_INFORMATION, Name) + name->Length + 7) & ~7u;
    const ULONG basic[] = {0, value->type, name->Length}, partial[] = {0, value->type, value->bytes};
    const ULONG full[] = {0, value->type, data_at, value->bytes, name->Length};
    const bool with_name = class != KeyValuePartialInformation, with_data = class != KeyValueBasicInformation;
    const ULONG head = class == KeyValueFullInformation ? sizeof(full) : sizeof(basic);
    const ULONG data = class == KeyValueFullInformation ? data_at : head;
    *result = with_data ? data + value->bytes : head + name->Length;
    if (room < head) return STATUS_BUFFER_TOO_SMALL;
    put(&filler, 0, class == KeyValueFullInformation ? full : class == KeyValueBasicInformation ? basic : partial, head);
    if (with_name) put(&filler, head, name->Buffer, name->Length);
    if (with_data) put(&filler, data, value->data, value->bytes);
    return filler.whole ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

NTSTATUS ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                         PVOID KeyValueInformation, ULONG Length, PULONG ResultLength) {
    const struct key_handle *open = key_of(KeyHandle);
    *ResultLength = 0;
    if (!open) return STATUS_INVALID_HANDLE;
    if (KeyValueInformationClass > KeyValuePartialInformation) return STATUS_INVALID_PARAMETER;
    ndis_require_passive(open->ndis, __func__);
    const struct ndis_value *found = ndis_config_find(open->key, ValueName);
    if (!found) return STATUS_OBJECT_NAME_NOT_FOUND;
    PNDIS_CONFIGURATION_PARAMETER parameter = ndis_config_convert(open->ndis, found, found->is_text ? NdisParameterInteger : found->type);
    if (!parameter && found->is_text) parameter = ndis_config_convert(open->ndis, found, NdisParameterString);
    if (!parameter) return STATUS_INSUFFICIENT_RESOURCES;
    const struct value value = read_parameter(parameter);
    const NTSTATUS status = fill(KeyValueInformationClass, &value, &found->keyword, KeyValueInformation, Length, ResultLength);
    kernel_free(parameter);
    return status;
}
