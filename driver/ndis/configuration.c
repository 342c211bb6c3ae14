/* SPDX-License-Identifier: Apache-2.0 */
/* configuration.c: open, read, write and close keys; which key a handle stands for. [D] 3.8 */
#include <stdlib.h>

#include "ndis_config.h"

enum { OPEN_MAGIC = 0x4E444346, CONFIG_TAG = 0x6E6F4344 /* "DCon" */ };

/* An open key, with the parameters that were read through it. */
struct open_key {
    ULONG magic;
    struct ndis *ndis;
    struct ndis_key *key;
    struct read_value {
        struct read_value *next;
        PVOID memory;
    } *read;
};

static const char *driver_name(const struct ndis_driver *driver) { return driver ? driver->object.name : ""; }

/* Inside ProtocolBindAdapterEx, which names its parameters or its bind context. */
static struct ndis_key *key_of_bind(struct ndis *ndis, const struct ndis_binding *binding) {
    return binding ? ndis_config_key(ndis, binding->protocol->object.name, binding->adapter->object.name) : NULL;
}

static struct ndis_key *key_of(struct ndis *ndis, NDIS_HANDLE handle) {
    const struct ndis_object *object = handle;
    const NDIS_OBJECT_HEADER *header = handle;
    if (!object) return NULL;
    if (header->Type == NDIS_OBJECT_TYPE_BIND_PARAMETERS && object->type != NDIS_OBJECT_BINDING) return key_of_bind(ndis, ndis->binding_now);
    switch (object->type) {
    case NDIS_OBJECT_DRIVER: return ndis_config_key(ndis, object->name, "");
    case NDIS_OBJECT_PROTOCOL: return ndis_config_key(ndis, object->name, "");
    case NDIS_OBJECT_FILTER_DRIVER:
        return ndis_config_key(ndis, driver_name(((const struct ndis_filter_driver *)handle)->driver), "");
    case NDIS_OBJECT_ADAPTER: return ndis_config_key(ndis, driver_name(((const struct ndis_adapter *)handle)->driver), object->name);
    case NDIS_OBJECT_FILTER: {
        const struct ndis_filter *filter = handle;
        return ndis_config_key(ndis, driver_name(filter->filter_driver->driver), filter->layer.adapter->object.name);
    }
    case NDIS_OBJECT_BINDING: return key_of_bind(ndis, handle);
    default: return NULL;
    }
}

static struct open_key *open_of(NDIS_HANDLE handle, const char *function) {
    struct open_key *open = handle;
    if (open && open->magic == OPEN_MAGIC) return open;
    kernel_violation(kernel_require_context(function)->kernel, "ndis.handle", "[D] 3.8", -1, "%s was given a handle that is no open key", function);
    return NULL;
}

static struct open_key *open_key(struct ndis *ndis, struct ndis_key *key) {
    struct open_key *open = kernel_allocate(ndis->kernel, sizeof(*open), CONFIG_TAG);
    if (open) *open = (struct open_key){.magic = OPEN_MAGIC, .ndis = ndis, .key = key};
    return open;
}

NDIS_STATUS NdisOpenConfigurationEx(PNDIS_CONFIGURATION_OBJECT ConfigObject, PNDIS_HANDLE ConfigurationHandle) {
    struct ndis *ndis = ndis_current(__func__);
    ndis_require_passive(ndis, __func__);
    *ConfigurationHandle = NULL;
    if (ConfigObject->Header.Size < NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1) return NDIS_STATUS_INVALID_PARAMETER;
    struct ndis_key *key = key_of(ndis, ConfigObject->NdisHandle);
    if (!key) {
        kernel_violation(ndis->kernel, "ndis.handle", "[D] 3.8", -1,
                         "NdisOpenConfigurationEx was given a handle that has no key: a driver's, an adapter's or a binding's has");
        return NDIS_STATUS_FAILURE;
    }
    *ConfigurationHandle = open_key(ndis, key);
    return *ConfigurationHandle ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

/* The only keys below another are those of a driver's adapters. */
VOID NdisOpenConfigurationKeyByName(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle, PNDIS_STRING SubKeyName,
                                    PNDIS_HANDLE SubKeyHandle) {
    *SubKeyHandle = NULL;
    *Status = NDIS_STATUS_FAILURE;
    struct open_key *open = open_of(ConfigurationHandle, __func__);
    char name[64];
    const size_t length = SubKeyName->Length / sizeof(WCHAR);
    if (!open || length >= sizeof(name) || open->key->adapter[0] != '\0') return;
    for (size_t i = 0; i < length; i++) name[i] = (char)SubKeyName->Buffer[i];
    name[length] = '\0';
    for (struct ndis_key *key = open->ndis->keys; key; key = key->next) {
        if (strcmp(key->driver, open->key->driver) != 0 || strcmp(key->adapter, name) != 0) continue;
        *SubKeyHandle = open_key(open->ndis, key);
        *Status = *SubKeyHandle ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
    }
}

VOID NdisCloseConfiguration(NDIS_HANDLE ConfigurationHandle) {
    struct open_key *open = open_of(ConfigurationHandle, __func__);
    if (!open) return;
    while (open->read) {
        struct read_value *read = open->read;
        open->read = read->next;
        kernel_free(read->memory);
        kernel_free(read);
    }
    open->magic = 0;
    kernel_free(open);
}

/* The memory goes when the key is closed. False without memory for that note; then it is gone. */
static bool keep(struct open_key *open, PVOID memory) {
    struct read_value *read = kernel_allocate(open->ndis->kernel, sizeof(*read), CONFIG_TAG);
    if (!read) {
        kernel_free(memory);
        return false;
    }
    *read = (struct read_value){open->read, memory};
    open->read = read;
    return true;
}

VOID NdisReadConfiguration(PNDIS_STATUS Status, PNDIS_CONFIGURATION_PARAMETER *ParameterValue, NDIS_HANDLE ConfigurationHandle,
                           PNDIS_STRING Keyword, NDIS_PARAMETER_TYPE ParameterType) {
    *Status = NDIS_STATUS_FAILURE;
    *ParameterValue = NULL;
    struct open_key *open = open_of(ConfigurationHandle, __func__);
    const struct ndis_value *value = open ? ndis_config_find(open->key, Keyword) : NULL;
    if (!value) return;
    PNDIS_CONFIGURATION_PARAMETER parameter = ndis_config_convert(open->ndis, value, ParameterType);
    if (!parameter || !keep(open, parameter)) return;
    *ParameterValue = parameter;
    *Status = NDIS_STATUS_SUCCESS;
}

VOID NdisWriteConfiguration(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle, PNDIS_STRING Keyword,
                            PNDIS_CONFIGURATION_PARAMETER ParameterValue) {
    *Status = NDIS_STATUS_FAILURE;
    struct open_key *open = open_of(ConfigurationHandle, __func__);
    if (!open) return;
    const void *data = NULL;
    size_t bytes = 0;
    switch (ParameterValue->ParameterType) {
    case NdisParameterInteger:
    case NdisParameterHexInteger: break;
    case NdisParameterString:
    case NdisParameterMultiString:
        data = ParameterValue->ParameterData.StringData.Buffer;
        bytes = ParameterValue->ParameterData.StringData.Length;
        break;
    case NdisParameterBinary:
        data = ParameterValue->ParameterData.BinaryData.Buffer;
        bytes = ParameterValue->ParameterData.BinaryData.Length;
        break;
    default: *Status = NDIS_STATUS_NOT_SUPPORTED; return;
    }
    const bool put = ndis_config_put(open->key, Keyword, false, ParameterValue->ParameterType, ParameterValue->ParameterData.IntegerData, data,
                                     bytes);
    *Status = put ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

VOID NdisReadNetworkAddress(PNDIS_STATUS Status, PVOID *NetworkAddress, PUINT NetworkAddressLength, NDIS_HANDLE ConfigurationHandle) {
    static NDIS_STRING keyword = NDIS_STRING_CONST("NetworkAddress");
    PNDIS_CONFIGURATION_PARAMETER parameter;
    NdisReadConfiguration(Status, &parameter, ConfigurationHandle, &keyword, NdisParameterBinary);
    *NetworkAddress = *Status == NDIS_STATUS_SUCCESS ? parameter->ParameterData.BinaryData.Buffer : NULL;
    *NetworkAddressLength = *Status == NDIS_STATUS_SUCCESS ? parameter->ParameterData.BinaryData.Length : 0;
}
