/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_offload_calls.c: what clients declare of their offloads, and ask about them. [D] 3.7 */
#include "netcx_offload.h"

/* The adapter, if it may be told so now and the structure is whole. */
static struct netcx_adapter *configuring(NETADAPTER handle, ULONG size, SIZE_T expected, bool complete, const char *function) {
    struct netcx_adapter *adapter = netcx_adapter_of(handle, function);
    if (!adapter) return NULL;
    netcx_check_configuring(adapter, function);
    if (size == expected && complete) return adapter;
    netcx_violation(adapter->device, "netcx.capabilities", "%s: Size, flags or the callback is missing", function);
    return NULL;
}

void NetAdapterOffloadSetTxChecksumCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES const *Capabilities) {
    struct netcx_adapter *adapter =
        configuring(Adapter, Capabilities->Size, sizeof(*Capabilities), Capabilities->EvtAdapterOffloadSetTxChecksum != NULL, __func__);
    if (adapter) adapter->tx_checksum = *Capabilities;
}

void NetAdapterOffloadSetRxChecksumCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES const *Capabilities) {
    struct netcx_adapter *adapter =
        configuring(Adapter, Capabilities->Size, sizeof(*Capabilities), Capabilities->EvtAdapterOffloadSetRxChecksum != NULL, __func__);
    if (adapter) adapter->rx_checksum = *Capabilities;
}

/* In the words of 2.0: both directions, every kind of header; told by one callback. */
void NetAdapterOffloadSetChecksumCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_CHECKSUM_CAPABILITIES const *Capabilities) {
    struct netcx_adapter *adapter =
        configuring(Adapter, Capabilities->Size, sizeof(*Capabilities), Capabilities->EvtAdapterOffloadSetChecksum != NULL, __func__);
    if (!adapter) return;
    const int l3 = NetAdapterOffloadLayer3FlagIPv6NoExtensions | NetAdapterOffloadLayer3FlagIPv6WithExtensions |
                   (Capabilities->IPv4 ? NetAdapterOffloadLayer3FlagIPv4NoOptions | NetAdapterOffloadLayer3FlagIPv4WithOptions : 0);
    const int l4 = (Capabilities->Tcp ? NetAdapterOffloadLayer4FlagTcpNoOptions | NetAdapterOffloadLayer4FlagTcpWithOptions : 0) |
                   (Capabilities->Udp ? NetAdapterOffloadLayer4FlagUdp : 0);
    NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES_INIT(&adapter->tx_checksum, (NET_ADAPTER_OFFLOAD_LAYER3_FLAGS)l3, NULL);
    adapter->tx_checksum.Layer4Flags = (NET_ADAPTER_OFFLOAD_LAYER4_FLAGS)l4;
    NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES_INIT(&adapter->rx_checksum, NULL);
    adapter->set_checksum = Capabilities->EvtAdapterOffloadSetChecksum;
}

void NetAdapterOffloadSetGsoCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES const *Capabilities) {
    const bool complete = Capabilities->EvtAdapterOffloadSetGso && Capabilities->Layer3Flags && Capabilities->Layer4Flags &&
                          Capabilities->MaximumOffloadSize;
    struct netcx_adapter *adapter = configuring(Adapter, Capabilities->Size, sizeof(*Capabilities), complete, __func__);
    if (adapter) adapter->gso = *Capabilities;
}

/* The same for TCP alone, whose packets have the extension of 2.0. */
void NetAdapterOffloadSetLsoCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_LSO_CAPABILITIES const *Capabilities) {
    const bool complete = Capabilities->EvtAdapterOffloadSetLso && (Capabilities->IPv4 || Capabilities->IPv6) && Capabilities->MaximumOffloadSize;
    struct netcx_adapter *adapter = configuring(Adapter, Capabilities->Size, sizeof(*Capabilities), complete, __func__);
    if (!adapter) return;
    const int l3 = (Capabilities->IPv4 ? NetAdapterOffloadLayer3FlagIPv4NoOptions | NetAdapterOffloadLayer3FlagIPv4WithOptions : 0) |
                   (Capabilities->IPv6 ? NetAdapterOffloadLayer3FlagIPv6NoExtensions | NetAdapterOffloadLayer3FlagIPv6WithExtensions : 0);
    adapter->lso = *Capabilities;
    NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES_INIT(
        &adapter->gso, (NET_ADAPTER_OFFLOAD_LAYER3_FLAGS)l3,
        (NET_ADAPTER_OFFLOAD_LAYER4_FLAGS)(NetAdapterOffloadLayer4FlagTcpNoOptions | NetAdapterOffloadLayer4FlagTcpWithOptions),
        Capabilities->MaximumOffloadSize, Capabilities->MinimumSegmentCount, NULL);
}

void NetAdapterOffloadSetRscCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_RSC_CAPABILITIES const *Capabilities) {
    const bool complete = Capabilities->EvtAdapterOffloadSetRsc && Capabilities->Layer3Flags && Capabilities->Layer4Flags;
    struct netcx_adapter *adapter = configuring(Adapter, Capabilities->Size, sizeof(*Capabilities), complete, __func__);
    if (adapter) adapter->rsc = *Capabilities;
}

void NetAdapterOffloadSetIeee8021qTagCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_CAPABILITIES const *Capabilities) {
    struct netcx_adapter *adapter = configuring(Adapter, Capabilities->Size, sizeof(*Capabilities), true, __func__);
    if (adapter) adapter->tagging = Capabilities->Flags;
}

/* ---- What is on, of what the driver declared. The handle is the adapter: the state of its offloads is part of it. */
static struct miniport_tasks tasks_of(NETOFFLOAD handle, const char *function) {
    const struct netcx_adapter *adapter = netcx_adapter_of((NETADAPTER)(PVOID)handle, function);
    if (!adapter) return (struct miniport_tasks){0};
    const struct miniport_tasks *on = &adapter->tasks, *can = &adapter->hardware;
    return (struct miniport_tasks){.ip4 = on->ip4 & can->ip4, .tcp4 = on->tcp4 & can->tcp4, .udp4 = on->udp4 & can->udp4,
                                   .tcp6 = on->tcp6 & can->tcp6, .udp6 = on->udp6 & can->udp6, .lso4 = on->lso4 && can->lso4,
                                   .lso6 = on->lso6 && can->lso6, .uso4 = on->uso4 && can->uso4, .uso6 = on->uso6 && can->uso6,
                                   .rsc4 = on->rsc4 && can->rsc4, .rsc6 = on->rsc6 && can->rsc6};
}

static BOOLEAN is_on(UCHAR task, UCHAR direction) { return (task & direction) != 0; }

static BOOLEAN is_tcp_on(NETOFFLOAD handle, UCHAR direction, const char *function) {
    const struct miniport_tasks tasks = tasks_of(handle, function);
    return is_on(tasks.tcp4 | tasks.tcp6, direction);
}
static BOOLEAN is_udp_on(NETOFFLOAD handle, UCHAR direction, const char *function) {
    const struct miniport_tasks tasks = tasks_of(handle, function);
    return is_on(tasks.udp4 | tasks.udp6, direction);
}

BOOLEAN NetOffloadIsTxChecksumIPv4Enabled(NETOFFLOAD Offload) { return is_on(tasks_of(Offload, __func__).ip4, MINIPORT_TASK_TX); }
BOOLEAN NetOffloadIsRxChecksumIPv4Enabled(NETOFFLOAD Offload) { return is_on(tasks_of(Offload, __func__).ip4, MINIPORT_TASK_RX); }
BOOLEAN NetOffloadIsTxChecksumTcpEnabled(NETOFFLOAD Offload) { return is_tcp_on(Offload, MINIPORT_TASK_TX, __func__); }
BOOLEAN NetOffloadIsTxChecksumUdpEnabled(NETOFFLOAD Offload) { return is_udp_on(Offload, MINIPORT_TASK_TX, __func__); }
BOOLEAN NetOffloadIsRxChecksumTcpEnabled(NETOFFLOAD Offload) { return is_tcp_on(Offload, MINIPORT_TASK_RX, __func__); }
BOOLEAN NetOffloadIsRxChecksumUdpEnabled(NETOFFLOAD Offload) { return is_udp_on(Offload, MINIPORT_TASK_RX, __func__); }
BOOLEAN NetOffloadIsChecksumIPv4Enabled(NETOFFLOAD Offload) { return NetOffloadIsTxChecksumIPv4Enabled(Offload); }
BOOLEAN NetOffloadIsChecksumTcpEnabled(NETOFFLOAD Offload) { return NetOffloadIsTxChecksumTcpEnabled(Offload); }
BOOLEAN NetOffloadIsChecksumUdpEnabled(NETOFFLOAD Offload) { return NetOffloadIsTxChecksumUdpEnabled(Offload); }
BOOLEAN NetOffloadIsLsoIPv4Enabled(NETOFFLOAD Offload) { return tasks_of(Offload, __func__).lso4; }
BOOLEAN NetOffloadIsLsoIPv6Enabled(NETOFFLOAD Offload) { return tasks_of(Offload, __func__).lso6; }
BOOLEAN NetOffloadIsUsoIPv4Enabled(NETOFFLOAD Offload) { return tasks_of(Offload, __func__).uso4; }
BOOLEAN NetOffloadIsUsoIPv6Enabled(NETOFFLOAD Offload) { return tasks_of(Offload, __func__).uso6; }
BOOLEAN NetOffloadIsTcpRscIPv4Enabled(NETOFFLOAD Offload) { return tasks_of(Offload, __func__).rsc4; }
BOOLEAN NetOffloadIsTcpRscIPv6Enabled(NETOFFLOAD Offload) { return tasks_of(Offload, __func__).rsc6; }
BOOLEAN NetOffloadIsUdpRscEnabled(NETOFFLOAD Offload) {
    UNREFERENCED_PARAMETER(Offload);
    return FALSE; /* NDIS here knows that of TCP alone */
}
BOOLEAN NetOffloadIsRscTcpTimestampOptionEnabled(NETOFFLOAD Offload) {
    const struct netcx_adapter *adapter = netcx_adapter_of((NETADAPTER)(PVOID)Offload, __func__);
    return adapter && adapter->rsc.TcpTimestampOption && (adapter->tasks.rsc4 || adapter->tasks.rsc6);
}
