/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_attributes.c: what NDIS is told of a client in InitializeEx, from what it declared. [D] NdisMSetMiniportAttributes */
#include "netcx_filter.h"

NDIS_STATUS netcx_set_registration(struct netcx_device *device) {
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.RegistrationAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
                   NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1},
        .MiniportAdapterContext = device,
        .AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE | NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER,
        .InterfaceType = NdisInterfacePci,
    }};
    return NdisMSetMiniportAttributes(device->ndis, &attributes);
}

static ULONG tag_options(const struct netcx_adapter *adapter) {
    return (adapter->tagging & NetAdapterOffloadIeee8021PriorityTaggingFlag ? NDIS_MAC_OPTION_8021P_PRIORITY : 0u) |
           (adapter->tagging & NetAdapterOffloadIeee8021VlanTaggingFlag ? NDIS_MAC_OPTION_8021Q_VLAN : 0u);
}

NDIS_STATUS netcx_set_general(struct netcx_device *device) {
    const struct netcx_adapter *adapter = device->adapter;
    NDIS_PNP_CAPABILITIES power = {0};
    NDIS_RECEIVE_SCALE_CAPABILITIES scaling;
    const bool scales = netcx_scaling_capabilities(adapter, &scaling);
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.GeneralAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2,
                   NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2},
        .MediaType = NdisMedium802_3,
        .PhysicalMediumType = NdisPhysicalMedium802_3,
        .MtuSize = adapter->mtu,
        .MaxXmitLinkSpeed = adapter->link_capabilities.MaxTxLinkSpeed,
        .XmitLinkSpeed = adapter->link.TxLinkSpeed,
        .MaxRcvLinkSpeed = adapter->link_capabilities.MaxRxLinkSpeed,
        .RcvLinkSpeed = adapter->link.RxLinkSpeed,
        .MediaConnectState = adapter->link.MediaConnectState,
        .MediaDuplexState = adapter->link.MediaDuplexState,
        .LookaheadSize = adapter->mtu,
        .PowerManagementCapabilities = &power,
        .MacOptions = NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA | NDIS_MAC_OPTION_TRANSFERS_NOT_PEND | NDIS_MAC_OPTION_NO_LOOPBACK |
                      NDIS_MAC_OPTION_FULL_DUPLEX | tag_options(adapter),
        .SupportedPacketFilters = netcx_filter_supported(adapter),
        .MaxMulticastListSize = netcx_filter_multicasts(adapter),
        .MacAddressLength = adapter->current.Length,
        .RecvScaleCapabilities = scales ? &scaling : NULL,
        .AccessType = NET_IF_ACCESS_BROADCAST,
        .DirectionType = NET_IF_DIRECTION_SENDRECEIVE,
        .ConnectionType = NET_IF_CONNECTION_DEDICATED,
        .IfType = IF_TYPE_ETHERNET_CSMACD,
        .IfConnectorPresent = TRUE,
        .SupportedStatistics = NDIS_STATISTICS_BYTES_RCV_SUPPORTED | NDIS_STATISTICS_BYTES_XMIT_SUPPORTED |
                               NDIS_STATISTICS_RCV_ERROR_SUPPORTED | NDIS_STATISTICS_XMIT_ERROR_SUPPORTED |
                               NDIS_STATISTICS_GEN_STATISTICS_SUPPORTED,
        .SupportedPauseFunctions = (ULONG)adapter->link.SupportedPauseFunctions,
        .DataBackFillSize = (ULONG)adapter->tx_caps.PayloadBackfill,
        .SupportedOidList = (PNDIS_OID)(ULONG_PTR)netcx_supported_oids,
        .SupportedOidListLength = netcx_supported_oids_bytes,
    }};
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general = &attributes.GeneralAttributes;
    RtlCopyMemory(general->PermanentMacAddress, adapter->permanent.Address, sizeof(adapter->permanent.Address));
    RtlCopyMemory(general->CurrentMacAddress, adapter->current.Address, sizeof(adapter->current.Address));
    return NdisMSetMiniportAttributes(device->ndis, &attributes);
}
