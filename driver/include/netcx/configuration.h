/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx/configuration.h: the parameters of an adapter, which a scenario gives by keyword (ndis/configuration.h). Include netadaptercx.h, not
 * this header. P
 */
#ifndef RINGSIDE_NETCX_CONFIGURATION_H
#define RINGSIDE_NETCX_CONFIGURATION_H

#ifdef __cplusplus
extern "C" {
#endif

DECLARE_HANDLE(NETCONFIGURATION);
typedef enum _NET_CONFIGURATION_QUERY_ULONG_FLAGS {
    NET_CONFIGURATION_QUERY_ULONG_NO_FLAGS = 0, NET_CONFIGURATION_QUERY_ULONG_MAY_BE_STORED_AS_HEX_STRING = 1
} NET_CONFIGURATION_QUERY_ULONG_FLAGS;

NTSTATUS NetAdapterOpenConfiguration(NETADAPTER Adapter, WDF_OBJECT_ATTRIBUTES *ConfigurationAttributes, NETCONFIGURATION *Configuration);
NTSTATUS NetDeviceOpenConfiguration(WDFDEVICE Device, WDF_OBJECT_ATTRIBUTES *ConfigurationAttributes, NETCONFIGURATION *Configuration);
void NetConfigurationClose(NETCONFIGURATION Configuration);
/* OBJECT_NAME_NOT_FOUND: no such keyword, or a value of another kind. */
NTSTATUS NetConfigurationQueryUlong(NETCONFIGURATION Configuration, NET_CONFIGURATION_QUERY_ULONG_FLAGS Flags, PCUNICODE_STRING ValueName,
                                    ULONG *Value);
/* Copies of the value, the caller's objects: by default they go with the driver. Of a multi-string each string is put into the collection. */
NTSTATUS NetConfigurationQueryString(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName, WDF_OBJECT_ATTRIBUTES *StringAttributes,
                                     WDFSTRING *WdfString);
NTSTATUS NetConfigurationQueryMultiString(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName,
                                          WDF_OBJECT_ATTRIBUTES *StringsAttributes, WDFCOLLECTION Collection);
NTSTATUS NetConfigurationQueryBinary(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName, POOL_TYPE PoolType,
                                     WDF_OBJECT_ATTRIBUTES *MemoryAttributes, WDFMEMORY *WdfMemory);
/* What is assigned is read again by whoever opens the parameters. */
NTSTATUS NetConfigurationAssignUlong(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName, ULONG Value);
NTSTATUS NetConfigurationAssignUnicodeString(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName, PCUNICODE_STRING Value);
NTSTATUS NetConfigurationAssignMultiString(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName, WDFCOLLECTION StringsCollection);
NTSTATUS NetConfigurationAssignBinary(NETCONFIGURATION Configuration, PCUNICODE_STRING ValueName, void *Buffer, ULONG BufferLength);
/* The keyword NetworkAddress. */
NTSTATUS NetConfigurationQueryLinkLayerAddress(NETCONFIGURATION Configuration, NET_ADAPTER_LINK_LAYER_ADDRESS *LinkLayerAddress);

#ifdef __cplusplus
}
#endif

#endif
