/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_config.c: the parameters of an adapter, which NDIS keeps. [D] NetConfigurationQueryUlong */
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

NTSTATUS NetConfigurationQueryUlong(NETCONFIGURATION Configuration, NET_CONFIGURATION_QUERY_ULONG_FLAGS Flags, PCUNICODE_STRING ValueName,
                                    ULONG *Value) {
    const struct netcx_config *config = config_of(Configuration, __func__);
    PNDIS_CONFIGURATION_PARAMETER parameter = NULL;
    NDIS_STRING name = *ValueName;
    NDIS_STATUS status;
    if (!config) return STATUS_INVALID_HANDLE;
    const bool hex = (Flags & NET_CONFIGURATION_QUERY_ULONG_MAY_BE_STORED_AS_HEX_STRING) != 0;
    NdisReadConfiguration(&status, &parameter, config->ndis, &name, hex ? NdisParameterHexInteger : NdisParameterInteger);
    if (status != NDIS_STATUS_SUCCESS) return STATUS_OBJECT_NAME_NOT_FOUND;
    *Value = parameter->ParameterData.IntegerData;
    return STATUS_SUCCESS;
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
