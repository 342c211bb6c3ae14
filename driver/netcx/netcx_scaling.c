/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_scaling.c: receive side scaling: NDIS's processors become the driver's queues. [D] NetAdapterSetReceiveScalingCapabilities
 *
 *   OID_GEN_RECEIVE_SCALE_PARAMETERS -> the queues that are missing -> entries that changed -> key -> protocols, enabled
 *
 * The driver's table has as many entries as it declared; one of NDIS with fewer is repeated in it, which is the same for every hash. With the
 * protocol flags of NetAdapterCx a driver that is asked for TCP over IPv4 is asked for the rest of IPv4 as well.
 */
#include "netcx_internal.h"

enum { TYPES = NDIS_HASH_IPV4 | NDIS_HASH_TCP_IPV4 | NDIS_HASH_UDP_IPV4 | NDIS_HASH_IPV6 | NDIS_HASH_TCP_IPV6 | NDIS_HASH_UDP_IPV6,
       TCP_TYPES = NDIS_HASH_TCP_IPV4 | NDIS_HASH_TCP_IPV6, UDP_TYPES = NDIS_HASH_UDP_IPV4 | NDIS_HASH_UDP_IPV6,
       IPV4_TYPES = NDIS_HASH_IPV4 | NDIS_HASH_TCP_IPV4 | NDIS_HASH_UDP_IPV4, IPV6_TYPES = NDIS_HASH_IPV6 | NDIS_HASH_TCP_IPV6 | NDIS_HASH_UDP_IPV6,
       VERSIONS = NetAdapterReceiveScalingProtocolTypeIPv4 | NetAdapterReceiveScalingProtocolTypeIPv6 };

static bool is_power_of_two(SIZE_T value) { return value != 0 && (value & (value - 1)) == 0; }

void NetAdapterSetReceiveScalingCapabilities(NETADAPTER Adapter, NET_ADAPTER_RECEIVE_SCALING_CAPABILITIES const *Capabilities) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    const char *wrong = NULL;
    if (!adapter) return;
    netcx_check_configuring(adapter, __func__);
    if (Capabilities->Size != sizeof(*Capabilities)) wrong = "its _INIT was not called";
    else if (!Capabilities->EvtAdapterReceiveScalingEnable || !Capabilities->EvtAdapterReceiveScalingDisable ||
             !Capabilities->EvtAdapterReceiveScalingSetHashSecretKey || !Capabilities->EvtAdapterReceiveScalingSetIndirectionEntries)
        wrong = "all four callbacks are mandatory";
    else if (!is_power_of_two(Capabilities->NumberOfQueues) || !is_power_of_two(Capabilities->IndirectionTableSize))
        wrong = "NumberOfQueues and IndirectionTableSize are powers of two";
    else if (!(Capabilities->ReceiveScalingHashTypes & NetAdapterReceiveScalingHashTypeToeplitz) ||
             !(Capabilities->ReceiveScalingProtocolTypes & VERSIONS))
        wrong = "it has no hash, or nothing to hash";
    if (wrong) netcx_violation(adapter->device, "netcx.capabilities", "%s: %s", __func__, wrong);
    else adapter->scaling.capabilities = *Capabilities;
}

static unsigned queues(const struct netcx_adapter *adapter) {
    SIZE_T count = adapter->scaling.capabilities.NumberOfQueues;
    if (count > adapter->rx_caps.MaximumNumberOfQueues) count = adapter->rx_caps.MaximumNumberOfQueues;
    return count < NETCX_QUEUES_MAX ? (unsigned)count : NETCX_QUEUES_MAX;
}

static unsigned entries(const struct netcx_adapter *adapter) {
    const SIZE_T count = adapter->scaling.capabilities.IndirectionTableSize;
    return count < MINIPORT_RSS_ENTRIES ? (unsigned)count : MINIPORT_RSS_ENTRIES;
}

/* Of those that the driver hashes. */
static ULONG known_types(const struct netcx_adapter *adapter) {
    const int can = (int)adapter->scaling.capabilities.ReceiveScalingProtocolTypes;
    ULONG types = TYPES;
    if (!(can & NetAdapterReceiveScalingProtocolTypeIPv4)) types &= ~(ULONG)IPV4_TYPES;
    if (!(can & NetAdapterReceiveScalingProtocolTypeIPv6)) types &= ~(ULONG)IPV6_TYPES;
    if (!(can & NetAdapterReceiveScalingProtocolTypeTcp)) types &= ~(ULONG)TCP_TYPES;
    if (!(can & NetAdapterReceiveScalingProtocolTypeUdp)) types &= ~(ULONG)UDP_TYPES;
    return types;
}

bool netcx_scaling_capabilities(const struct netcx_adapter *adapter, NDIS_RECEIVE_SCALE_CAPABILITIES *capabilities) {
    const ULONG types = known_types(adapter);
    if (!adapter->scaling.capabilities.Size) return false;
    *capabilities = (NDIS_RECEIVE_SCALE_CAPABILITIES){
        .Header = {NDIS_OBJECT_TYPE_RSS_CAPABILITIES, NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_2,
                   NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2},
        .CapabilitiesFlags = NDIS_RSS_CAPS_MESSAGE_SIGNALED_INTERRUPTS | NDIS_RSS_CAPS_CLASSIFICATION_AT_ISR | NDIS_RSS_CAPS_USING_MSI_X |
                             NDIS_RSS_CAPS_SUPPORTS_MSI_X | NdisHashFunctionToeplitz |
                             (types & NDIS_HASH_TCP_IPV4 ? NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV4 : 0) |
                             (types & NDIS_HASH_TCP_IPV6 ? NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV6 : 0) |
                             (types & NDIS_HASH_UDP_IPV4 ? NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV4 : 0) |
                             (types & NDIS_HASH_UDP_IPV6 ? NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV6 : 0),
        .NumberOfInterruptMessages = queues(adapter),
        .NumberOfReceiveQueues = queues(adapter),
        .NumberOfIndirectionTableEntries = (USHORT)entries(adapter)};
    return true;
}

/* ---- The driver is told */
static NTSTATUS tell_entries(struct netcx_adapter *adapter) {
    struct netcx_scaling *scaling = &adapter->scaling;
    NET_ADAPTER_RECEIVE_SCALING_INDIRECTION_ENTRY changed[MINIPORT_RSS_ENTRIES];
    USHORT wanted[MINIPORT_RSS_ENTRIES];
    NET_ADAPTER_RECEIVE_SCALING_INDIRECTION_ENTRIES list = {changed, 0};
    miniport_rss_queues(&scaling->rss, adapter->rx_count, wanted);
    for (UINT32 i = 0; i < entries(adapter); i++) {
        const USHORT queue = wanted[i % scaling->rss.entries];
        if (queue == scaling->table[i]) continue;
        changed[list.Length++] = (NET_ADAPTER_RECEIVE_SCALING_INDIRECTION_ENTRY){netcx_queue_handle(adapter->rx[queue]), STATUS_SUCCESS, i};
    }
    if (list.Length == 0) return STATUS_SUCCESS;
    const NTSTATUS all = scaling->capabilities.EvtAdapterReceiveScalingSetIndirectionEntries(netcx_adapter_handle(adapter), &list);
    NTSTATUS status = all;
    for (SIZE_T i = 0; i < list.Length && NT_SUCCESS(all); i++) {
        if (NT_SUCCESS(changed[i].Status)) scaling->table[changed[i].Index] = wanted[changed[i].Index % scaling->rss.entries];
        else status = changed[i].Status;
    }
    return status;
}

static NTSTATUS tell_key(struct netcx_adapter *adapter) {
    struct netcx_scaling *scaling = &adapter->scaling;
    const struct miniport_rss *rss = &scaling->rss;
    if (scaling->key_bytes == rss->key_bytes && RtlEqualMemory(scaling->key, rss->key, rss->key_bytes)) return STATUS_SUCCESS;
    RtlCopyMemory(scaling->key, rss->key, rss->key_bytes);
    scaling->key_bytes = 0; /* until it has it */
    const NET_ADAPTER_RECEIVE_SCALING_HASH_SECRET_KEY key = {scaling->key, rss->key_bytes};
    const NTSTATUS status = scaling->capabilities.EvtAdapterReceiveScalingSetHashSecretKey(netcx_adapter_handle(adapter), &key);
    if (NT_SUCCESS(status)) scaling->key_bytes = rss->key_bytes;
    return status;
}

static void disable(struct netcx_adapter *adapter) {
    if (adapter->scaling.on) adapter->scaling.capabilities.EvtAdapterReceiveScalingDisable(netcx_adapter_handle(adapter));
    adapter->scaling.on = false;
}

static NTSTATUS enable(struct netcx_adapter *adapter) {
    const ULONG types = adapter->scaling.rss.types;
    const int protocols = (types & IPV4_TYPES ? NetAdapterReceiveScalingProtocolTypeIPv4 : 0) |
                          (types & IPV6_TYPES ? NetAdapterReceiveScalingProtocolTypeIPv6 : 0) |
                          (types & TCP_TYPES ? NetAdapterReceiveScalingProtocolTypeTcp : 0) |
                          (types & UDP_TYPES ? NetAdapterReceiveScalingProtocolTypeUdp : 0);
    const NTSTATUS status = adapter->scaling.capabilities.EvtAdapterReceiveScalingEnable(
        netcx_adapter_handle(adapter), NetAdapterReceiveScalingHashTypeToeplitz, (NET_ADAPTER_RECEIVE_SCALING_PROTOCOL_TYPE)protocols);
    adapter->scaling.on = NT_SUCCESS(status);
    adapter->scaling.types = types;
    return status;
}

/* From what the driver was told to what NDIS wants now. */
static NTSTATUS apply(struct netcx_adapter *adapter) {
    const struct netcx_scaling *scaling = &adapter->scaling;
    if (!scaling->rss.on) {
        disable(adapter);
        return STATUS_SUCCESS;
    }
    NTSTATUS status = netcx_queues_scale(adapter, queues(adapter));
    if (NT_SUCCESS(status)) status = tell_entries(adapter);
    if (NT_SUCCESS(status)) status = tell_key(adapter);
    if (!NT_SUCCESS(status) || (scaling->on && scaling->types == scaling->rss.types)) return status;
    disable(adapter);
    return enable(adapter);
}

NDIS_STATUS netcx_scaling_set(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct netcx_scaling *scaling = &adapter->scaling;
    const struct miniport_rss before = scaling->rss;
    if (!scaling->capabilities.Size) return NDIS_STATUS_NOT_SUPPORTED;
    const NDIS_STATUS status = miniport_rss_take(request, known_types(adapter), &scaling->rss);
    if (status != NDIS_STATUS_SUCCESS) return status;
    if (scaling->rss.entries > entries(adapter)) {
        scaling->rss = before;
        return NDIS_STATUS_INVALID_DATA;
    }
    const NTSTATUS applied = apply(adapter);
    if (NT_SUCCESS(applied)) return NDIS_STATUS_SUCCESS;
    disable(adapter); /* everything goes to queue 0 */
    scaling->rss.on = false;
    return applied == STATUS_INSUFFICIENT_RESOURCES ? NDIS_STATUS_RESOURCES : NDIS_STATUS_FAILURE;
}

NDIS_STATUS netcx_scaling_get(const struct netcx_adapter *adapter, PNDIS_OID_REQUEST request) {
    return adapter->scaling.capabilities.Size ? miniport_rss_answer(request, &adapter->scaling.rss) : NDIS_STATUS_NOT_SUPPORTED;
}

void netcx_scaling_restore(struct netcx_adapter *adapter) {
    adapter->scaling.on = false;
    adapter->scaling.key_bytes = 0;
    RtlZeroMemory(adapter->scaling.table, sizeof(adapter->scaling.table));
    if (adapter->scaling.rss.on && !NT_SUCCESS(apply(adapter))) disable(adapter);
}
