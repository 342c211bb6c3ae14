/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_config.c: the parameters of an adapter, which NDIS keeps. [D] NetConfigurationQueryUlong, NetConfigurationAssignUlong */
#include "netcx_internal.h"

struct netcx_config {
    struct wdf_object object; /* a NETCONFIGURATION */
    NDIS_HANDLE ndis;
};

static void dispose(struct wdf_object *object) {
    const struct netcx_config *config = CONTAINING_RECORD(object, struct netcx_config, object);
    if (config->ndis) NdisCloseConfiguration(config->ndis);
}

static NTSTATUS open(const struct netcx_device *device, WDF_OBJECT_ATTRIBUTES *attributes, struct wdf_object *parent, NETCONFIGURATION *handle) {
    NDIS_CONFIGURATION_OBJECT object = {
        .Header = {NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, NDIS_CONFIGURATION_OBJECT_REVISION_1, NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1},
        .NdisHandle = device->ndis,
    };
    struct netcx_config *config;
    const NTSTATUS status = wdf_object_create(device->kernel, WDF_TYPE_NET_CONFIGURATION, sizeof(*config), attributes, parent, &config);
    if (!NT_SUCCESS(status)) return status;
    config->object.dispose = dispose;
    const NDIS_STATUS opened = NdisOpenConfigurationEx(&object, &config->ndis);
    if (opened != NDIS_STATUS_SUCCESS) {
        wdf_object_delete(&config->object);
        return opened;
    }
    *handle = (NETCONFIGURATION)(PVOID)config;
    return STATUS_SUCCESS;
}

NTSTATUS NetAdapterOpenConfiguration(NETADAPTER Adapter, WDF_OBJECT_ATTRIBUTES *ConfigurationAttributes, NETCONFIGURATION *Configuration) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    return adapter ? open(adapter->device, ConfigurationAttributes, &adapter->object, Configuration) : STATUS_INVALID_HANDLE;
}

NTSTATUS NetDeviceOpenConfiguration(WDFDEVICE Device, WDF_OBJECT_ATTRIBUTES *ConfigurationAttributes, NETCONFIGURATION *Configuration) {
    struct wdf_device *device = wdf_object_of(Device, WDF_TYPE_DEVICE, __func__);
    return device ? open(device->owner, ConfigurationAttributes, &device->object, Configuration) : STATUS_INVALID_HANDLE;
}

static struct netcx_config *config_of(NETCONFIGURATION handle, const char *function) {
    return wdf_object_of(handle, WDF_TYPE_NET_CONFIGURATION, function);
}

void NetConfigurationClose(NETCONFIGURATION Configuration) {
    struct netcx_config *config = config_of(Configuration, __func__);
    if (config) wdf_object_delete(&config->object);
}

/* NULL: there is none of that type. It lives until the parameters are closed. */
static PNDIS_CONFIGURATION_PARAMETER read(const struct netcx_config *config, PCUNICODE_STRING name, NDIS_PARAMETER_TYPE type) {
    PNDIS_CONFIGURATION_PARAMETER parameter = NULL;
    NDIS_STRING keyword = *name;
    NDIS_STATUS status;
    NdisReadConfiguration(&status, &parameter, config->ndis, &keyword, type);
    return status == NDIS_STATUS_SUCCESS ? parameter : NULL;
}

NTSTATUS NetConfigurationQueryUlong(NETCONFIGURATION Configuration, NET_CONFIGURATION_QUERY_ULONG_FLAGS Flags, PCUNICODE_STRING ValueName,
                                    ULONG *Value) {
    const struct netcx_config *config = config_of(Configuration, __func__);
    if (!config) return STATUS_INVALID_HANDLE;
    const bool hex = (Flags & NET_CONFIGURATION_QUERY_ULONG_MAY_BE_STORED_AS_HEX_STRING) != 0;
    const NDIS_CONFIGURATION_PARAMETER *found = read(config, ValueName, hex ? NdisParameterHexInteger : NdisParameterInteger);
    if (!found) return STATUS_OBJECT_NAME_NOT_FOUND;
    *Value = found->ParameterData.IntegerData;
    return STATUS_SUCCESS;
}

NTSTATUS NetConfigurationQueryString(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName, WDF_OBJECT_ATTRIBUTES *StringAttributes,
                                     WDFSTRING *WdfString) {
    const struct netcx_config *config = config_of(Configuration, __func__);
    if (!config) return STATUS_INVALID_HANDLE;
    const NDIS_CONFIGURATION_PARAMETER *found = read(config, ValueName, NdisParameterString);
    return found ? WdfStringCreate(&found->ParameterData.StringData, StringAttributes, WdfString) : STATUS_OBJECT_NAME_NOT_FOUND;
}

/* The collection has the only reference that stays. */
static NTSTATUS add_string(WDFCOLLECTION collection, const UNICODE_STRING *text, WDF_OBJECT_ATTRIBUTES *attributes) {
    WDFSTRING string;
    NTSTATUS status = WdfStringCreate(text, attributes, &string);
    if (!NT_SUCCESS(status)) return status;
    status = WdfCollectionAdd(collection, string);
    if (!NT_SUCCESS(status)) WdfObjectDelete(string);
    return status;
}

NTSTATUS NetConfigurationQueryMultiString(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName,
                                          WDF_OBJECT_ATTRIBUTES *StringsAttributes, WDFCOLLECTION Collection) {
    const struct netcx_config *config = config_of(Configuration, __func__);
    if (!config) return STATUS_INVALID_HANDLE;
    const NDIS_CONFIGURATION_PARAMETER *found = read(config, ValueName, NdisParameterMultiString);
    if (!found) return STATUS_OBJECT_NAME_NOT_FOUND;
    const USHORT all = found->ParameterData.StringData.Length / sizeof(WCHAR);
    PWSTR at = found->ParameterData.StringData.Buffer, end = at + all;
    NTSTATUS status = STATUS_SUCCESS;
    while (NT_SUCCESS(status) && at < end && *at) {
        PWSTR last = at;
        while (last < end && *last) last++;
        const USHORT bytes = (USHORT)((last - at) * (LONG)sizeof(WCHAR));
        status = add_string(Collection, &(UNICODE_STRING){bytes, bytes, at}, StringsAttributes);
        at = last + 1;
    }
    return status;
}

NTSTATUS NetConfigurationQueryBinary(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName, POOL_TYPE PoolType,
                                     WDF_OBJECT_ATTRIBUTES *MemoryAttributes, WDFMEMORY *WdfMemory) {
    const struct netcx_config *config = config_of(Configuration, __func__);
    PVOID buffer;
    if (!config) return STATUS_INVALID_HANDLE;
    const NDIS_CONFIGURATION_PARAMETER *found = read(config, ValueName, NdisParameterBinary);
    if (!found || found->ParameterData.BinaryData.Length == 0) return STATUS_OBJECT_NAME_NOT_FOUND;
    const BINARY_DATA *data = &found->ParameterData.BinaryData;
    const NTSTATUS status = WdfMemoryCreate(MemoryAttributes, PoolType, 0, data->Length, WdfMemory, &buffer);
    if (NT_SUCCESS(status)) RtlCopyMemory(buffer, data->Buffer, data->Length);
    return status;
}

/* ---- Assigned */
static NTSTATUS assign(NETCONFIGURATION handle, PCUNICODE_STRING name, NDIS_CONFIGURATION_PARAMETER value, const char *function) {
    const struct netcx_config *config = config_of(handle, function);
    NDIS_STRING keyword = *name;
    NDIS_STATUS status;
    if (!config) return STATUS_INVALID_HANDLE;
    NdisWriteConfiguration(&status, config->ndis, &keyword, &value);
    return status == NDIS_STATUS_SUCCESS ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

NTSTATUS NetConfigurationAssignUlong(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName, ULONG Value) {
    const NDIS_CONFIGURATION_PARAMETER value = {.ParameterType = NdisParameterInteger, .ParameterData.IntegerData = Value};
    return assign(Configuration, ValueName, value, __func__);
}

NTSTATUS NetConfigurationAssignUnicodeString(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName, PCUNICODE_STRING Value) {
    const NDIS_CONFIGURATION_PARAMETER value = {.ParameterType = NdisParameterString, .ParameterData.StringData = *Value};
    return assign(Configuration, ValueName, value, __func__);
}

NTSTATUS NetConfigurationAssignBinary(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName, void *Buffer, ULONG BufferLength) {
    if (BufferLength > MAXUSHORT) return STATUS_INVALID_PARAMETER;
    const NDIS_CONFIGURATION_PARAMETER value = {.ParameterType = NdisParameterBinary,
                                                .ParameterData.BinaryData = {(USHORT)BufferLength, Buffer}};
    return assign(Configuration, ValueName, value, __func__);
}

/* The strings in a row, each with its NUL, and an empty one. */
NTSTATUS NetConfigurationAssignMultiString(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName, WDFCOLLECTION StringsCollection) {
    WCHAR row[512];
    size_t used = 0;
    for (ULONG i = 0; i < WdfCollectionGetCount(StringsCollection); i++) {
        UNICODE_STRING text;
        WdfStringGetUnicodeString(WdfCollectionGetItem(StringsCollection, i), &text);
        const size_t count = text.Length / sizeof(WCHAR);
        if (used + count + 2 > ARRAYSIZE(row)) return STATUS_INVALID_PARAMETER;
        if (count) RtlCopyMemory(row + used, text.Buffer, text.Length);
        used += count;
        row[used++] = 0;
    }
    row[used++] = 0;
    const USHORT bytes = (USHORT)(used * sizeof(WCHAR));
    const NDIS_CONFIGURATION_PARAMETER value = {.ParameterType = NdisParameterMultiString, .ParameterData.StringData = {bytes, bytes, row}};
    return assign(Configuration, ValueName, value, __func__);
}

NTSTATUS NetConfigurationQueryLinkLayerAddress(NETCONFIGURATION Configuration, NET_ADAPTER_LINK_LAYER_ADDRESS *LinkLayerAddress) {
    const struct netcx_config *config = config_of(Configuration, __func__);
    NDIS_STATUS status;
    PVOID address;
    UINT length;
    if (!config) return STATUS_INVALID_HANDLE;
    NdisReadNetworkAddress(&status, &address, &length, config->ndis);
    if (status != NDIS_STATUS_SUCCESS) return STATUS_OBJECT_NAME_NOT_FOUND;
    NET_ADAPTER_LINK_LAYER_ADDRESS_INIT(LinkLayerAddress, (USHORT)length, address);
    return STATUS_SUCCESS;
}
