/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_address.c: an address in place of the device's own: the NetworkAddress of the adapter's parameters. [D] 3.8, [V] 5.1.6.5.2
 *
 * Only a device that takes one (CTRL_MAC_ADDR) gets one; another keeps its own, which NDIS is then told.
 */
#include "netvio_adapter.h"

static bool is_station(const UCHAR *address, UINT length) {
    static const UCHAR none[NETVIO_ADDRESS_BYTES];
    return length == NETVIO_ADDRESS_BYTES && !(address[0] & 1) && !RtlEqualMemory(address, none, sizeof(none));
}

void netvio_address_read(struct netvio_adapter *adapter) {
    NDIS_CONFIGURATION_OBJECT object = {
        .Header = {NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, NDIS_CONFIGURATION_OBJECT_REVISION_1, NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1},
        .NdisHandle = adapter->handle};
    NDIS_HANDLE configuration;
    NDIS_STATUS status;
    PVOID address;
    UINT length;
    if (NdisOpenConfigurationEx(&object, &configuration) != NDIS_STATUS_SUCCESS) return;
    NdisReadNetworkAddress(&status, &address, &length, configuration);
    adapter->address_wanted = status == NDIS_STATUS_SUCCESS && is_station(address, length);
    if (adapter->address_wanted) RtlCopyMemory(adapter->address, address, sizeof(adapter->address));
    NdisCloseConfiguration(configuration);
}

void netvio_address_negotiated(struct netvio_adapter *adapter) {
    adapter->address_wanted = adapter->address_wanted && virtio_pci_has(&adapter->pci, VIRTIO_NET_F_CTRL_MAC_ADDR_BIT);
    if (!adapter->address_wanted) RtlCopyMemory(adapter->address, adapter->mac, sizeof(adapter->address));
}

int netvio_address_apply(struct netvio_adapter *adapter) {
    return adapter->address_wanted ? virtio_ctrl_set_mac(&adapter->ctrl, adapter->address) : 0;
}
