/* SPDX-License-Identifier: Apache-2.0 */
/* miniport_offload.c: task offloads between NDIS and a miniport. [D] 3.7, 4 */
#include "miniport.h"

enum { LEAST_SEGMENTS = 2 };

/* Two-bit fields, NDIS_OFFLOAD_SUPPORTED or 0. */
static unsigned sends(UCHAR task) { return task & MINIPORT_TASK_TX ? NDIS_OFFLOAD_SUPPORTED : NDIS_OFFLOAD_NOT_SUPPORTED; }
static unsigned receives(UCHAR task) { return task & MINIPORT_TASK_RX ? NDIS_OFFLOAD_SUPPORTED : NDIS_OFFLOAD_NOT_SUPPORTED; }

static void describe_checksums(const struct miniport_tasks *tasks, ULONG encapsulation, NDIS_TCP_IP_CHECKSUM_OFFLOAD *to) {
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
    to->IPv4Receive.IpChecksum = receives(tasks->ip4) & 3;
    to->IPv6Transmit.Encapsulation = sends(any6) ? encapsulation : 0;
    to->IPv6Transmit.IpExtensionHeadersSupported = to->IPv6Transmit.TcpOptionsSupported = sends(any6) & 3;
    to->IPv6Transmit.TcpChecksum = sends(tasks->tcp6) & 3;
    to->IPv6Transmit.UdpChecksum = sends(tasks->udp6) & 3;
    to->IPv6Receive.Encapsulation = receives(any6) ? encapsulation : 0;
    to->IPv6Receive.IpExtensionHeadersSupported = to->IPv6Receive.TcpOptionsSupported = receives(any6) & 3;
    to->IPv6Receive.TcpChecksum = receives(tasks->tcp6) & 3;
    to->IPv6Receive.UdpChecksum = receives(tasks->udp6) & 3;
}

static void describe_segmentation(const struct miniport_offload *form, const struct miniport_tasks *tasks, NDIS_OFFLOAD *to) {
    if (tasks->lso4) {
        to->LsoV2.IPv4.Encapsulation = form->encapsulation;
        to->LsoV2.IPv4.MaxOffLoadSize = form->large_payload;
        to->LsoV2.IPv4.MinSegmentCount = LEAST_SEGMENTS;
    }
    if (tasks->lso6) {
        to->LsoV2.IPv6.Encapsulation = form->encapsulation;
        to->LsoV2.IPv6.MaxOffLoadSize = form->large_payload;
        to->LsoV2.IPv6.MinSegmentCount = LEAST_SEGMENTS;
        to->LsoV2.IPv6.IpExtensionHeadersSupported = to->LsoV2.IPv6.TcpOptionsSupported = NDIS_OFFLOAD_SUPPORTED;
    }
    if (tasks->uso4) {
        to->UdpSegmentation.IPv4.Encapsulation = form->encapsulation;
        to->UdpSegmentation.IPv4.MaxOffLoadSize = form->large_payload;
        to->UdpSegmentation.IPv4.MinSegmentCount = LEAST_SEGMENTS;
        to->UdpSegmentation.IPv4.SubMssFinalSegmentSupported = 1;
    }
    if (tasks->uso6) {
        to->UdpSegmentation.IPv6.Encapsulation = form->encapsulation;
        to->UdpSegmentation.IPv6.MaxOffLoadSize = form->large_payload;
        to->UdpSegmentation.IPv6.MinSegmentCount = LEAST_SEGMENTS;
        to->UdpSegmentation.IPv6.SubMssFinalSegmentSupported = 1;
        to->UdpSegmentation.IPv6.IpExtensionHeadersSupported = NDIS_OFFLOAD_SUPPORTED;
    }
    to->Rsc.IPv4.Enabled = tasks->rsc4;
    to->Rsc.IPv6.Enabled = tasks->rsc6;
}

static NDIS_OFFLOAD describe(const struct miniport_offload *form, const struct miniport_tasks *tasks) {
    NDIS_OFFLOAD offload = {.Header = {NDIS_OBJECT_TYPE_OFFLOAD, NDIS_OFFLOAD_REVISION_6, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6}};
    describe_checksums(tasks, form->encapsulation, &offload.Checksum);
    describe_segmentation(form, tasks, &offload);
    return offload;
}

NDIS_STATUS miniport_offload_attributes(NDIS_HANDLE adapter, const struct miniport_offload *form, const struct miniport_tasks *tasks,
                                        const struct miniport_tasks *can) {
    NDIS_OFFLOAD config = describe(form, tasks), capabilities = describe(form, can);
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.OffloadAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
                   NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1},
        .DefaultOffloadConfiguration = &config,
        .HardwareOffloadCapabilities = &capabilities}};
    return NdisMSetMiniportAttributes(adapter, &attributes);
}

void miniport_offload_indicate(NDIS_HANDLE adapter, const struct miniport_offload *form, const struct miniport_tasks *tasks) {
    NDIS_OFFLOAD config = describe(form, tasks);
    miniport_indicate(adapter, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG, &config, sizeof(config));
}

NDIS_STATUS miniport_offload_encapsulation(const struct miniport_offload *form, PNDIS_OID_REQUEST request) {
    struct _SET *set = &request->DATA.SET_INFORMATION;
    NDIS_OFFLOAD_ENCAPSULATION wanted;
    set->BytesNeeded = NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1;
    if (set->InformationBufferLength < NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1) return NDIS_STATUS_INVALID_LENGTH;
    RtlCopyMemory(&wanted, set->InformationBuffer, NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1);
    set->BytesRead = NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1;
    if (wanted.IPv4.Enabled == NDIS_OFFLOAD_SET_ON && !(wanted.IPv4.EncapsulationType & form->encapsulation)) return NDIS_STATUS_NOT_SUPPORTED;
    if (wanted.IPv6.Enabled == NDIS_OFFLOAD_SET_ON && !(wanted.IPv6.EncapsulationType & form->encapsulation)) return NDIS_STATUS_NOT_SUPPORTED;
    return NDIS_STATUS_SUCCESS;
}

/* One checksum; false: more than can be. */
static bool take_checksum(UCHAR wanted, UCHAR can, UCHAR *task) {
    static const UCHAR tasks[] = {0, 0, MINIPORT_TASK_TX, MINIPORT_TASK_RX, MINIPORT_TASK_TX | MINIPORT_TASK_RX};
    if (wanted == NDIS_OFFLOAD_PARAMETERS_NO_CHANGE) return true;
    if (wanted > NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED || (tasks[wanted] & ~can)) return false;
    *task = tasks[wanted];
    return true;
}

/* Everything else has the same two values. */
static bool take_switch(UCHAR wanted, bool can, bool *task) {
    if (wanted == NDIS_OFFLOAD_PARAMETERS_NO_CHANGE) return true;
    if (wanted > NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED || (wanted == NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED && !can)) return false;
    *task = wanted == NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED;
    return true;
}

static bool take(const NDIS_OFFLOAD_PARAMETERS *wanted, const struct miniport_tasks *can, struct miniport_tasks *tasks) {
    return take_checksum(wanted->IPv4Checksum, can->ip4, &tasks->ip4) && take_checksum(wanted->TCPIPv4Checksum, can->tcp4, &tasks->tcp4) &&
           take_checksum(wanted->UDPIPv4Checksum, can->udp4, &tasks->udp4) &&
           take_checksum(wanted->TCPIPv6Checksum, can->tcp6, &tasks->tcp6) &&
           take_checksum(wanted->UDPIPv6Checksum, can->udp6, &tasks->udp6) && take_switch(wanted->LsoV2IPv4, can->lso4, &tasks->lso4) &&
           take_switch(wanted->LsoV2IPv6, can->lso6, &tasks->lso6) && take_switch(wanted->UdpSegmentation.IPv4, can->uso4, &tasks->uso4) &&
           take_switch(wanted->UdpSegmentation.IPv6, can->uso6, &tasks->uso6) && take_switch(wanted->RscIPv4, can->rsc4, &tasks->rsc4) &&
           take_switch(wanted->RscIPv6, can->rsc6, &tasks->rsc6) && wanted->LsoV1 != NDIS_OFFLOAD_PARAMETERS_LSOV1_ENABLED;
}

NDIS_STATUS miniport_offload_parameters(PNDIS_OID_REQUEST request, const struct miniport_tasks *capabilities, struct miniport_tasks *tasks) {
    struct _SET *set = &request->DATA.SET_INFORMATION;
    NDIS_OFFLOAD_PARAMETERS wanted = {.Flags = 0};
    struct miniport_tasks taken = *tasks;
    set->BytesNeeded = NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1;
    if (set->InformationBufferLength < NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1) return NDIS_STATUS_INVALID_LENGTH;
    set->BytesRead = set->InformationBufferLength < sizeof(wanted) ? set->InformationBufferLength : (UINT)sizeof(wanted);
    RtlCopyMemory(&wanted, set->InformationBuffer, set->BytesRead);
    if (!take(&wanted, capabilities, &taken)) return NDIS_STATUS_NOT_SUPPORTED;
    *tasks = taken;
    return NDIS_STATUS_SUCCESS;
}
