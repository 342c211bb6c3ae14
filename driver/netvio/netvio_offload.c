/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_offload.c: task offloads: what was negotiated is what can be; what is on is what NDIS says. [D] 3.7, 4
 *
 *   InitializeEx            attributes: all that can be is on by default
 *   OID_OFFLOAD_ENCAPSULATION   a protocol over Ethernet uses it: from now on
 *   OID_TCP_OFFLOAD_PARAMETERS  one by one off and on again; the new state is indicated
 *
 * What is off is not said of received frames. Sends that ask for what was negotiated get it also when it was switched off meanwhile: they
 * were on their way. Not offered, because the device has none: large sends of version 1, IPsec, coalescing of received segments (RSC),
 * timestamps, encapsulated packets. The IPv4 header checksum of a send is made in software, as every miniport over VIRTIO must.
 */
#include "netvio_adapter.h"

enum { ENCAPSULATION = NDIS_ENCAPSULATION_IEEE_802_3 | NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q, LEAST_SEGMENTS = 2 };

static bool has(const struct netvio_adapter *adapter, unsigned feature) { return virtio_pci_has(&adapter->pci, feature); }

void netvio_offload_init(struct netvio_adapter *adapter) {
    const UCHAR checksum = (UCHAR)((has(adapter, VIRTIO_NET_F_CSUM_BIT) ? NETVIO_TASK_TX : 0) |
                                   (has(adapter, VIRTIO_NET_F_GUEST_CSUM_BIT) ? NETVIO_TASK_RX : 0));
    adapter->capabilities = (struct netvio_tasks){
        .tcp4 = checksum, .udp4 = checksum, .tcp6 = checksum, .udp6 = checksum, .ip4 = checksum & NETVIO_TASK_TX,
        .lso4 = has(adapter, VIRTIO_NET_F_HOST_TSO4_BIT), .lso6 = has(adapter, VIRTIO_NET_F_HOST_TSO6_BIT),
        .uso4 = has(adapter, VIRTIO_NET_F_HOST_USO_BIT), .uso6 = has(adapter, VIRTIO_NET_F_HOST_USO_BIT)};
    adapter->tasks = adapter->capabilities;
    adapter->header_bytes = has(adapter, VIRTIO_NET_F_HASH_REPORT_BIT) ? VIRTIO_NET_HDR_HASH_SIZE : VIRTIO_NET_HDR_SIZE;
    adapter->rx_described = has(adapter, VIRTIO_NET_F_GUEST_CSUM_BIT) || has(adapter, VIRTIO_NET_F_HASH_REPORT_BIT) ||
                            adapter->config.offloads.vlan;
}

static ULONG link(const struct netvio_adapter *adapter) {
    return ENCAPSULATION | (adapter->config.offloads.vlan ? NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q_IN_OOB : 0);
}

/* Two-bit fields, NDIS_OFFLOAD_SUPPORTED or 0. */
static unsigned sends(UCHAR task) { return task & NETVIO_TASK_TX ? NDIS_OFFLOAD_SUPPORTED : NDIS_OFFLOAD_NOT_SUPPORTED; }
static unsigned receives(UCHAR task) { return task & NETVIO_TASK_RX ? NDIS_OFFLOAD_SUPPORTED : NDIS_OFFLOAD_NOT_SUPPORTED; }

static void describe_checksums(const struct netvio_tasks *tasks, ULONG encapsulation, NDIS_TCP_IP_CHECKSUM_OFFLOAD *to) {
    const UCHAR any4 = tasks->tcp4 | tasks->udp4 | tasks->ip4, any6 = tasks->tcp6 | tasks->udp6;
    to->IPv4Transmit.Encapsulation = sends(any4) ? encapsulation : 0;
    to->IPv4Transmit.IpOptionsSupported = to->IPv4Transmit.TcpOptionsSupported = sends(any4) & 3;
    to->IPv4Transmit.TcpChecksum = sends(tasks->tcp4) & 3;
    to->IPv4Transmit.UdpChecksum = sends(tasks->udp4) & 3;
    to->IPv4Transmit.IpChecksum = sends(tasks->ip4) & 3;
    to->IPv4Receive.Encapsulation = receives(any4) ? encapsulation : 0;
    to->IPv4Receive.IpOptionsSupported = to->IPv4Receive.TcpOptionsSupported = receives(any4) & 3;
    to->IPv4Receive.TcpChecksum = receives(tasks->tcp4) & 3;
    to->IPv4Receive.UdpChecksum = receives(tasks->udp4) & 3;
    to->IPv6Transmit.Encapsulation = sends(any6) ? encapsulation : 0;
    to->IPv6Transmit.IpExtensionHeadersSupported = to->IPv6Transmit.TcpOptionsSupported = sends(any6) & 3;
    to->IPv6Transmit.TcpChecksum = sends(tasks->tcp6) & 3;
    to->IPv6Transmit.UdpChecksum = sends(tasks->udp6) & 3;
    to->IPv6Receive.Encapsulation = receives(any6) ? encapsulation : 0;
    to->IPv6Receive.IpExtensionHeadersSupported = to->IPv6Receive.TcpOptionsSupported = receives(any6) & 3;
    to->IPv6Receive.TcpChecksum = receives(tasks->tcp6) & 3;
    to->IPv6Receive.UdpChecksum = receives(tasks->udp6) & 3;
}

static void describe_segmentation(const struct netvio_tasks *tasks, ULONG encapsulation, NDIS_OFFLOAD *to) {
    if (tasks->lso4) {
        to->LsoV2.IPv4.Encapsulation = encapsulation;
        to->LsoV2.IPv4.MaxOffLoadSize = NETVIO_LARGE_PAYLOAD;
        to->LsoV2.IPv4.MinSegmentCount = LEAST_SEGMENTS;
    }
    if (tasks->lso6) {
        to->LsoV2.IPv6.Encapsulation = encapsulation;
        to->LsoV2.IPv6.MaxOffLoadSize = NETVIO_LARGE_PAYLOAD;
        to->LsoV2.IPv6.MinSegmentCount = LEAST_SEGMENTS;
        to->LsoV2.IPv6.IpExtensionHeadersSupported = to->LsoV2.IPv6.TcpOptionsSupported = NDIS_OFFLOAD_SUPPORTED;
    }
    if (tasks->uso4) {
        to->UdpSegmentation.IPv4.Encapsulation = encapsulation;
        to->UdpSegmentation.IPv4.MaxOffLoadSize = NETVIO_LARGE_PAYLOAD;
        to->UdpSegmentation.IPv4.MinSegmentCount = LEAST_SEGMENTS;
        to->UdpSegmentation.IPv4.SubMssFinalSegmentSupported = 1;
    }
    if (tasks->uso6) {
        to->UdpSegmentation.IPv6.Encapsulation = encapsulation;
        to->UdpSegmentation.IPv6.MaxOffLoadSize = NETVIO_LARGE_PAYLOAD;
        to->UdpSegmentation.IPv6.MinSegmentCount = LEAST_SEGMENTS;
        to->UdpSegmentation.IPv6.SubMssFinalSegmentSupported = 1;
        to->UdpSegmentation.IPv6.IpExtensionHeadersSupported = NDIS_OFFLOAD_SUPPORTED;
    }
}

static NDIS_OFFLOAD describe(const struct netvio_adapter *adapter, const struct netvio_tasks *tasks) {
    NDIS_OFFLOAD offload = {.Header = {NDIS_OBJECT_TYPE_OFFLOAD, NDIS_OFFLOAD_REVISION_6, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6}};
    describe_checksums(tasks, link(adapter), &offload.Checksum);
    describe_segmentation(tasks, link(adapter), &offload);
    return offload;
}

NDIS_STATUS netvio_offload_attributes(struct netvio_adapter *adapter) {
    NDIS_OFFLOAD config = describe(adapter, &adapter->tasks), capabilities = describe(adapter, &adapter->capabilities);
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.OffloadAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
                   NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1},
        .DefaultOffloadConfiguration = &config,
        .HardwareOffloadCapabilities = &capabilities}};
    return NdisMSetMiniportAttributes(adapter->handle, &attributes);
}

static void indicate(struct netvio_adapter *adapter) {
    NDIS_OFFLOAD config = describe(adapter, &adapter->tasks);
    NDIS_STATUS_INDICATION indication = {
        .Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1},
        .SourceHandle = adapter->handle,
        .StatusCode = NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG,
        .StatusBuffer = &config,
        .StatusBufferSize = sizeof(config),
    };
    NdisMIndicateStatusEx(adapter->handle, &indication);
}

/* ---- Requests */
NDIS_STATUS netvio_offload_encapsulation(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct _SET *set = &request->DATA.SET_INFORMATION;
    NDIS_OFFLOAD_ENCAPSULATION wanted;
    set->BytesNeeded = NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1;
    if (set->InformationBufferLength < NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1) return NDIS_STATUS_INVALID_LENGTH;
    RtlCopyMemory(&wanted, set->InformationBuffer, NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1);
    set->BytesRead = NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1;
    const ULONG known = link(adapter);
    if (wanted.IPv4.Enabled == NDIS_OFFLOAD_SET_ON && !(wanted.IPv4.EncapsulationType & known)) return NDIS_STATUS_NOT_SUPPORTED;
    if (wanted.IPv6.Enabled == NDIS_OFFLOAD_SET_ON && !(wanted.IPv6.EncapsulationType & known)) return NDIS_STATUS_NOT_SUPPORTED;
    if (wanted.IPv4.Enabled == NDIS_OFFLOAD_SET_ON || wanted.IPv6.Enabled == NDIS_OFFLOAD_SET_ON) adapter->tasks.encapsulated = true;
    return NDIS_STATUS_SUCCESS;
}

/* One checksum; false: more than can be. */
static bool take_checksum(UCHAR wanted, UCHAR can, UCHAR *task) {
    static const UCHAR tasks[] = {0, 0, NETVIO_TASK_TX, NETVIO_TASK_RX, NETVIO_TASK_TX | NETVIO_TASK_RX};
    if (wanted == NDIS_OFFLOAD_PARAMETERS_NO_CHANGE) return true;
    if (wanted > NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED || (tasks[wanted] & ~can)) return false;
    *task = tasks[wanted];
    return true;
}

static bool take_switch(UCHAR wanted, bool can, bool *task) {
    if (wanted == NDIS_OFFLOAD_PARAMETERS_NO_CHANGE) return true;
    if (wanted > NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED || (wanted == NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED && !can)) return false;
    *task = wanted == NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED;
    return true;
}

static bool take(const NDIS_OFFLOAD_PARAMETERS *wanted, const struct netvio_tasks *can, struct netvio_tasks *tasks) {
    return take_checksum(wanted->IPv4Checksum, can->ip4, &tasks->ip4) && take_checksum(wanted->TCPIPv4Checksum, can->tcp4, &tasks->tcp4) &&
           take_checksum(wanted->UDPIPv4Checksum, can->udp4, &tasks->udp4) &&
           take_checksum(wanted->TCPIPv6Checksum, can->tcp6, &tasks->tcp6) &&
           take_checksum(wanted->UDPIPv6Checksum, can->udp6, &tasks->udp6) && take_switch(wanted->LsoV2IPv4, can->lso4, &tasks->lso4) &&
           take_switch(wanted->LsoV2IPv6, can->lso6, &tasks->lso6) &&
           take_switch(wanted->UdpSegmentation.IPv4, can->uso4, &tasks->uso4) &&
           take_switch(wanted->UdpSegmentation.IPv6, can->uso6, &tasks->uso6) && wanted->LsoV1 != NDIS_OFFLOAD_PARAMETERS_LSOV1_ENABLED &&
           wanted->RscIPv4 != NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED && wanted->RscIPv6 != NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED;
}

NDIS_STATUS netvio_offload_parameters(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request) {
    struct _SET *set = &request->DATA.SET_INFORMATION;
    NDIS_OFFLOAD_PARAMETERS wanted = {.Flags = 0};
    struct netvio_tasks tasks = adapter->tasks;
    set->BytesNeeded = NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1;
    if (set->InformationBufferLength < NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1) return NDIS_STATUS_INVALID_LENGTH;
    set->BytesRead = set->InformationBufferLength < sizeof(wanted) ? set->InformationBufferLength : (UINT)sizeof(wanted);
    RtlCopyMemory(&wanted, set->InformationBuffer, set->BytesRead);
    if (!take(&wanted, &adapter->capabilities, &tasks)) return NDIS_STATUS_NOT_SUPPORTED;
    adapter->tasks = tasks;
    if (netvio_offload_apply(adapter)) return NDIS_STATUS_FAILURE;
    indicate(adapter);
    return NDIS_STATUS_SUCCESS;
}

/* Receive checksums are one switch in the device: on while one of them is. */
int netvio_offload_apply(struct netvio_adapter *adapter) {
    const struct netvio_tasks *tasks = &adapter->tasks;
    const bool receive = (tasks->tcp4 | tasks->udp4 | tasks->tcp6 | tasks->udp6) & NETVIO_TASK_RX;
    if (!has(adapter, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT)) return 0;
    return virtio_ctrl_set_guest_offloads(&adapter->ctrl, receive ? REGMAP_BIT(VIRTIO_NET_F_GUEST_CSUM_BIT) : 0);
}
