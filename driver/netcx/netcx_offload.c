/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_offload.c: task offloads: what the driver declared is what can be; what is on is what NDIS says. [D] 3.7, 4
 *
 *   NetAdapterStart             all that can be is on by default
 *   OID_OFFLOAD_ENCAPSULATION   a protocol over Ethernet uses it: the driver is told
 *   OID_TCP_OFFLOAD_PARAMETERS  one by one off and on again: the driver is told, and the new state indicated
 */
#include "netcx_offload.h"

enum { IPV4 = NetAdapterOffloadLayer3FlagIPv4NoOptions | NetAdapterOffloadLayer3FlagIPv4WithOptions,
       IPV6 = NetAdapterOffloadLayer3FlagIPv6NoExtensions | NetAdapterOffloadLayer3FlagIPv6WithExtensions,
       TCP = NetAdapterOffloadLayer4FlagTcpNoOptions | NetAdapterOffloadLayer4FlagTcpWithOptions,
       ENCAPSULATION = NDIS_ENCAPSULATION_IEEE_802_3 | NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q };

/* ---- What clients call */
void NetAdapterOffloadSetTxChecksumCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES const *Capabilities) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    if (!adapter) return;
    netcx_check_configuring(adapter, __func__);
    if (Capabilities->Size != sizeof(*Capabilities) || !Capabilities->EvtAdapterOffloadSetTxChecksum)
        netcx_violation(adapter->device, "netcx.capabilities", "%s: Size or the callback is missing", __func__);
    else
        adapter->tx_checksum = *Capabilities;
}

void NetAdapterOffloadSetRxChecksumCapabilities(NETADAPTER Adapter, NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES const *Capabilities) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    if (!adapter) return;
    netcx_check_configuring(adapter, __func__);
    if (Capabilities->Size != sizeof(*Capabilities) || !Capabilities->EvtAdapterOffloadSetRxChecksum)
        netcx_violation(adapter->device, "netcx.capabilities", "%s: Size or the callback is missing", __func__);
    else
        adapter->rx_checksum = *Capabilities;
}

/* The handle is the adapter: the state of its offloads is part of it. */
static struct netcx_tasks tasks_of(NETOFFLOAD handle, const char *function) {
    const struct netcx_adapter *adapter = netcx_adapter_of((NETADAPTER)(PVOID)handle, function);
    return adapter ? adapter->tasks : (struct netcx_tasks){0};
}

static BOOLEAN is_on(UCHAR task, UCHAR direction) { return (task & direction) != 0; }

BOOLEAN NetOffloadIsTxChecksumIPv4Enabled(NETOFFLOAD Offload) { return is_on(tasks_of(Offload, __func__).ip4, NETCX_TASK_TX); }
BOOLEAN NetOffloadIsRxChecksumIPv4Enabled(NETOFFLOAD Offload) { return is_on(tasks_of(Offload, __func__).ip4, NETCX_TASK_RX); }

static BOOLEAN is_tcp_on(NETOFFLOAD handle, UCHAR direction, const char *function) {
    const struct netcx_tasks tasks = tasks_of(handle, function);
    return is_on(tasks.tcp4 | tasks.tcp6, direction);
}
static BOOLEAN is_udp_on(NETOFFLOAD handle, UCHAR direction, const char *function) {
    const struct netcx_tasks tasks = tasks_of(handle, function);
    return is_on(tasks.udp4 | tasks.udp6, direction);
}
BOOLEAN NetOffloadIsTxChecksumTcpEnabled(NETOFFLOAD Offload) { return is_tcp_on(Offload, NETCX_TASK_TX, __func__); }
BOOLEAN NetOffloadIsTxChecksumUdpEnabled(NETOFFLOAD Offload) { return is_udp_on(Offload, NETCX_TASK_TX, __func__); }
BOOLEAN NetOffloadIsRxChecksumTcpEnabled(NETOFFLOAD Offload) { return is_tcp_on(Offload, NETCX_TASK_RX, __func__); }
BOOLEAN NetOffloadIsRxChecksumUdpEnabled(NETOFFLOAD Offload) { return is_udp_on(Offload, NETCX_TASK_RX, __func__); }

/* ---- What can be */
void netcx_offload_init(struct netcx_adapter *adapter) {
    const int l3 = (int)adapter->tx_checksum.Layer3Flags, l4 = (int)adapter->tx_checksum.Layer4Flags;
    const UCHAR rx = adapter->rx_checksum.Size ? NETCX_TASK_RX : 0;
    const bool udp = l4 & NetAdapterOffloadLayer4FlagUdp;
    adapter->capabilities = (struct netcx_tasks){
        .ip4 = (UCHAR)((l3 & IPV4 ? NETCX_TASK_TX : 0) | rx),
        .tcp4 = (UCHAR)((l3 & IPV4 && l4 & TCP ? NETCX_TASK_TX : 0) | rx), .udp4 = (UCHAR)((l3 & IPV4 && udp ? NETCX_TASK_TX : 0) | rx),
        .tcp6 = (UCHAR)((l3 & IPV6 && l4 & TCP ? NETCX_TASK_TX : 0) | rx), .udp6 = (UCHAR)((l3 & IPV6 && udp ? NETCX_TASK_TX : 0) | rx)};
    adapter->tasks = adapter->capabilities;
}

static bool has_any(const struct netcx_adapter *adapter) { return adapter->tx_checksum.Size || adapter->rx_checksum.Size; }

/* [D] in the packets of every queue, if it is declared for any direction. */
void netcx_offload_extensions(const struct netcx_adapter *adapter, bool is_tx, struct netcx_extensions *extensions) {
    UNREFERENCED_PARAMETER(is_tx);
    if (has_any(adapter))
        netcx_extensions_add(extensions, NET_PACKET_EXTENSION_CHECKSUM_NAME, NET_PACKET_EXTENSION_CHECKSUM_VERSION_1, NetExtensionTypePacket,
                             NET_PACKET_EXTENSION_CHECKSUM_VERSION_1_SIZE, 1);
}

/* ---- What NDIS is told */
static unsigned supported(UCHAR task, UCHAR direction) {
    return task & direction ? NDIS_OFFLOAD_SUPPORTED : NDIS_OFFLOAD_NOT_SUPPORTED;
}

static NDIS_OFFLOAD describe(const struct netcx_adapter *adapter, const struct netcx_tasks *tasks) {
    NDIS_OFFLOAD offload = {.Header = {NDIS_OBJECT_TYPE_OFFLOAD, NDIS_OFFLOAD_REVISION_6, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6}};
    NDIS_TCP_IP_CHECKSUM_OFFLOAD *to = &offload.Checksum;
    const int l3 = (int)adapter->tx_checksum.Layer3Flags, l4 = (int)adapter->tx_checksum.Layer4Flags;
    const UCHAR any4 = tasks->ip4 | tasks->tcp4 | tasks->udp4, any6 = tasks->tcp6 | tasks->udp6;
    const unsigned tcp_options = l4 & NetAdapterOffloadLayer4FlagTcpWithOptions ? NDIS_OFFLOAD_SUPPORTED : NDIS_OFFLOAD_NOT_SUPPORTED;
    if (any4 & NETCX_TASK_TX) {
        to->IPv4Transmit.Encapsulation = ENCAPSULATION;
        to->IPv4Transmit.IpOptionsSupported = (l3 & NetAdapterOffloadLayer3FlagIPv4WithOptions ? NDIS_OFFLOAD_SUPPORTED : 0) & 3;
        to->IPv4Transmit.TcpOptionsSupported = tcp_options & 3;
        to->IPv4Transmit.TcpChecksum = supported(tasks->tcp4, NETCX_TASK_TX) & 3;
        to->IPv4Transmit.UdpChecksum = supported(tasks->udp4, NETCX_TASK_TX) & 3;
        to->IPv4Transmit.IpChecksum = supported(tasks->ip4, NETCX_TASK_TX) & 3;
    }
    if (any6 & NETCX_TASK_TX) {
        to->IPv6Transmit.Encapsulation = ENCAPSULATION;
        to->IPv6Transmit.IpExtensionHeadersSupported = (l3 & NetAdapterOffloadLayer3FlagIPv6WithExtensions ? NDIS_OFFLOAD_SUPPORTED : 0) & 3;
        to->IPv6Transmit.TcpOptionsSupported = tcp_options & 3;
        to->IPv6Transmit.TcpChecksum = supported(tasks->tcp6, NETCX_TASK_TX) & 3;
        to->IPv6Transmit.UdpChecksum = supported(tasks->udp6, NETCX_TASK_TX) & 3;
    }
    if (any4 & NETCX_TASK_RX) {
        to->IPv4Receive.Encapsulation = ENCAPSULATION;
        to->IPv4Receive.IpOptionsSupported = to->IPv4Receive.TcpOptionsSupported = NDIS_OFFLOAD_SUPPORTED;
        to->IPv4Receive.TcpChecksum = supported(tasks->tcp4, NETCX_TASK_RX) & 3;
        to->IPv4Receive.UdpChecksum = supported(tasks->udp4, NETCX_TASK_RX) & 3;
        to->IPv4Receive.IpChecksum = supported(tasks->ip4, NETCX_TASK_RX) & 3;
    }
    if (any6 & NETCX_TASK_RX) {
        to->IPv6Receive.Encapsulation = ENCAPSULATION;
        to->IPv6Receive.IpExtensionHeadersSupported = to->IPv6Receive.TcpOptionsSupported = NDIS_OFFLOAD_SUPPORTED;
        to->IPv6Receive.TcpChecksum = supported(tasks->tcp6, NETCX_TASK_RX) & 3;
        to->IPv6Receive.UdpChecksum = supported(tasks->udp6, NETCX_TASK_RX) & 3;
    }
    return offload;
}

NDIS_STATUS netcx_offload_attributes(struct netcx_adapter *adapter) {
    NDIS_OFFLOAD config = describe(adapter, &adapter->tasks), capabilities = describe(adapter, &adapter->capabilities);
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.OffloadAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
                   NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1},
        .DefaultOffloadConfiguration = &config,
        .HardwareOffloadCapabilities = &capabilities}};
    return has_any(adapter) ? NdisMSetMiniportAttributes(adapter->device->ndis, &attributes) : NDIS_STATUS_SUCCESS;
}

static void indicate(struct netcx_adapter *adapter) {
    NDIS_OFFLOAD config = describe(adapter, &adapter->tasks);
    NDIS_STATUS_INDICATION indication = {
        .Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1},
        .SourceHandle = adapter->device->ndis,
        .StatusCode = NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG,
        .StatusBuffer = &config,
        .StatusBufferSize = sizeof(config),
    };
    NdisMIndicateStatusEx(adapter->device->ndis, &indication);
}

/* ---- Requests */
static void tell_driver(struct netcx_adapter *adapter) {
    const NETOFFLOAD handle = (NETOFFLOAD)(PVOID)adapter;
    if (adapter->tx_checksum.Size) adapter->tx_checksum.EvtAdapterOffloadSetTxChecksum(netcx_adapter_handle(adapter), handle);
    if (adapter->rx_checksum.Size) adapter->rx_checksum.EvtAdapterOffloadSetRxChecksum(netcx_adapter_handle(adapter), handle);
}

NDIS_STATUS netcx_offload_encapsulation(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct _SET *set = &request->DATA.SET_INFORMATION;
    NDIS_OFFLOAD_ENCAPSULATION wanted;
    if (!has_any(adapter)) return NDIS_STATUS_NOT_SUPPORTED;
    set->BytesNeeded = NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1;
    if (set->InformationBufferLength < NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1) return NDIS_STATUS_INVALID_LENGTH;
    RtlCopyMemory(&wanted, set->InformationBuffer, NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1);
    set->BytesRead = NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1;
    if (wanted.IPv4.Enabled == NDIS_OFFLOAD_SET_ON && !(wanted.IPv4.EncapsulationType & ENCAPSULATION)) return NDIS_STATUS_NOT_SUPPORTED;
    if (wanted.IPv6.Enabled == NDIS_OFFLOAD_SET_ON && !(wanted.IPv6.EncapsulationType & ENCAPSULATION)) return NDIS_STATUS_NOT_SUPPORTED;
    tell_driver(adapter);
    return NDIS_STATUS_SUCCESS;
}

/* One checksum; false: more than can be. */
static bool take(UCHAR wanted, UCHAR can, UCHAR *task) {
    static const UCHAR tasks[] = {0, 0, NETCX_TASK_TX, NETCX_TASK_RX, NETCX_TASK_TX | NETCX_TASK_RX};
    if (wanted == NDIS_OFFLOAD_PARAMETERS_NO_CHANGE) return true;
    if (wanted > NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED || (tasks[wanted] & ~can)) return false;
    *task = tasks[wanted];
    return true;
}

NDIS_STATUS netcx_offload_parameters(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct _SET *set = &request->DATA.SET_INFORMATION;
    NDIS_OFFLOAD_PARAMETERS wanted = {.Flags = 0};
    struct netcx_tasks tasks = adapter->tasks;
    const struct netcx_tasks *can = &adapter->capabilities;
    if (!has_any(adapter)) return NDIS_STATUS_NOT_SUPPORTED;
    set->BytesNeeded = NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1;
    if (set->InformationBufferLength < NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1) return NDIS_STATUS_INVALID_LENGTH;
    set->BytesRead = set->InformationBufferLength < sizeof(wanted) ? set->InformationBufferLength : (UINT)sizeof(wanted);
    RtlCopyMemory(&wanted, set->InformationBuffer, set->BytesRead);
    if (!take(wanted.IPv4Checksum, can->ip4, &tasks.ip4) || !take(wanted.TCPIPv4Checksum, can->tcp4, &tasks.tcp4) ||
        !take(wanted.UDPIPv4Checksum, can->udp4, &tasks.udp4) || !take(wanted.TCPIPv6Checksum, can->tcp6, &tasks.tcp6) ||
        !take(wanted.UDPIPv6Checksum, can->udp6, &tasks.udp6))
        return NDIS_STATUS_NOT_SUPPORTED;
    adapter->tasks = tasks;
    tell_driver(adapter);
    indicate(adapter);
    return NDIS_STATUS_SUCCESS;
}
