/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_filter.c: the receive filter of an adapter, and who is told of it. [D] NetAdapterSetReceiveFilterCapabilities */
#include "netcx_filter.h"

void NetAdapterSetReceiveFilterCapabilities(NETADAPTER Adapter, NET_ADAPTER_RECEIVE_FILTER_CAPABILITIES const *Capabilities) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    if (!adapter) return;
    netcx_check_configuring(adapter, __func__);
    if (Capabilities->Size != sizeof(*Capabilities) || !Capabilities->EvtSetReceiveFilter) {
        netcx_violation(adapter->device, "netcx.capabilities", "%s: Size or EvtSetReceiveFilter is missing", __func__);
        return;
    }
    adapter->filter_caps = *Capabilities;
}

/* 2.0: each half is declared by itself, and told by itself. */
void NetAdapterSetPacketFilterCapabilities(NETADAPTER Adapter, NET_ADAPTER_PACKET_FILTER_CAPABILITIES const *Capabilities) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    if (!adapter) return;
    netcx_check_configuring(adapter, __func__);
    if (Capabilities->Size != sizeof(*Capabilities) || !Capabilities->EvtSetPacketFilter) {
        netcx_violation(adapter->device, "netcx.capabilities", "%s: Size or EvtSetPacketFilter is missing", __func__);
        return;
    }
    adapter->packet_filter_caps = *Capabilities;
}

void NetAdapterSetMulticastCapabilities(NETADAPTER Adapter, NET_ADAPTER_MULTICAST_CAPABILITIES const *Capabilities) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    if (!adapter) return;
    netcx_check_configuring(adapter, __func__);
    if (Capabilities->Size != sizeof(*Capabilities) || !Capabilities->EvtSetMulticastList) {
        netcx_violation(adapter->device, "netcx.capabilities", "%s: Size or EvtSetMulticastList is missing", __func__);
        return;
    }
    adapter->multicast_caps = *Capabilities;
}

/* The handle is the adapter: the filter is part of it, and good as long. */
static const struct netcx_adapter *filter_of(NETRECEIVEFILTER handle, const char *function) {
    return netcx_adapter_of((NETADAPTER)(PVOID)handle, function);
}

NET_PACKET_FILTER_FLAGS NetReceiveFilterGetPacketFilter(NETRECEIVEFILTER Handle) {
    const struct netcx_adapter *adapter = filter_of(Handle, __func__);
    return (NET_PACKET_FILTER_FLAGS)(adapter ? adapter->packet_filter : 0);
}

SIZE_T NetReceiveFilterGetMulticastAddressCount(NETRECEIVEFILTER Handle) {
    const struct netcx_adapter *adapter = filter_of(Handle, __func__);
    return adapter ? adapter->multicasts : 0;
}

NET_ADAPTER_LINK_LAYER_ADDRESS const *NetReceiveFilterGetMulticastAddressList(NETRECEIVEFILTER Handle) {
    const struct netcx_adapter *adapter = filter_of(Handle, __func__);
    return adapter ? adapter->multicast : NULL;
}

static void tell(struct netcx_adapter *adapter) {
    if (adapter->filter_caps.EvtSetReceiveFilter)
        adapter->filter_caps.EvtSetReceiveFilter(netcx_adapter_handle(adapter), (NETRECEIVEFILTER)(PVOID)adapter);
}

NDIS_STATUS netcx_filter_set(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct _SET *set = &request->DATA.SET_INFORMATION;
    ULONG filter;
    set->BytesNeeded = sizeof(filter);
    if (set->InformationBufferLength < sizeof(filter)) return NDIS_STATUS_INVALID_LENGTH;
    RtlCopyMemory(&filter, set->InformationBuffer, sizeof(filter));
    if (filter & ~netcx_filter_supported(adapter)) return NDIS_STATUS_NOT_SUPPORTED;
    set->BytesRead = sizeof(filter);
    adapter->packet_filter = filter;
    if (adapter->packet_filter_caps.Size)
        adapter->packet_filter_caps.EvtSetPacketFilter(netcx_adapter_handle(adapter), (NET_PACKET_FILTER_FLAGS)filter);
    tell(adapter);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS netcx_filter_set_multicast(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request) {
    enum { BYTES = 6 };
    struct _SET *set = &request->DATA.SET_INFORMATION;
    const ULONG count = set->InformationBufferLength / BYTES;
    if (set->InformationBufferLength % BYTES) return NDIS_STATUS_INVALID_LENGTH;
    if (count > netcx_filter_multicasts(adapter)) return NDIS_STATUS_MULTICAST_FULL;
    for (ULONG i = 0; i < count; i++)
        NET_ADAPTER_LINK_LAYER_ADDRESS_INIT(&adapter->multicast[i], BYTES, (const UCHAR *)set->InformationBuffer + (SIZE_T)i * BYTES);
    adapter->multicasts = count;
    set->BytesRead = set->InformationBufferLength;
    if (adapter->multicast_caps.Size) adapter->multicast_caps.EvtSetMulticastList(netcx_adapter_handle(adapter), count, adapter->multicast);
    tell(adapter);
    return NDIS_STATUS_SUCCESS;
}

/* A driver that says nothing receives everything; NDIS picks. */
ULONG netcx_filter_supported(const struct netcx_adapter *adapter) {
    const ULONG all = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_BROADCAST |
                      NDIS_PACKET_TYPE_PROMISCUOUS;
    if (adapter->packet_filter_caps.Size) return (ULONG)adapter->packet_filter_caps.SupportedPacketFilters;
    return adapter->filter_caps.Size ? (ULONG)adapter->filter_caps.SupportedPacketFilters : all;
}

ULONG netcx_filter_multicasts(const struct netcx_adapter *adapter) {
    SIZE_T most = ARRAYSIZE(adapter->multicast);
    if (adapter->filter_caps.Size && adapter->filter_caps.MaximumMulticastAddresses < most) most = adapter->filter_caps.MaximumMulticastAddresses;
    if (adapter->multicast_caps.Size && adapter->multicast_caps.MaximumMulticastAddresses < most)
        most = adapter->multicast_caps.MaximumMulticastAddresses;
    return (ULONG)most;
}
