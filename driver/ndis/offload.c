/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offload.c: what a miniport says of its task offloads and of receive side scaling, and who is told. [D] 3.7, 4
 *
 * NDIS remembers what is on and what can be: it is in the bind parameters, it answers queries, and a status indication changes it. What is
 * set goes down to the miniport as any request does.
 */
#include "ndis_internal.h"

static void take(NDIS_OFFLOAD *to, const NDIS_OFFLOAD *from) {
    memset(to, 0, sizeof(*to));
    memcpy(to, from, from->Header.Size < sizeof(*to) ? from->Header.Size : sizeof(*to));
}

NDIS_STATUS ndis_take_offload(struct ndis_adapter *adapter, const NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES *from) {
    const NDIS_OFFLOAD *config = from->DefaultOffloadConfiguration, *capabilities = from->HardwareOffloadCapabilities;
    if (from->Header.Size < NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1) return NDIS_STATUS_BAD_CHARACTERISTICS;
    if (!config || config->Header.Size < NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1) return NDIS_STATUS_INVALID_PARAMETER;
    if (!capabilities || capabilities->Header.Size < NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1) return NDIS_STATUS_INVALID_PARAMETER;
    take(&adapter->offload_config, config);
    take(&adapter->offload_capabilities, capabilities);
    adapter->have_offload = true;
    return NDIS_STATUS_SUCCESS;
}

void ndis_take_rss(struct ndis_adapter *adapter, const NDIS_RECEIVE_SCALE_CAPABILITIES *from) {
    adapter->have_rss = from && from->Header.Size >= NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_1;
    adapter->general.RecvScaleCapabilities = NULL;
    memset(&adapter->rss, 0, sizeof(adapter->rss));
    if (!adapter->have_rss) return;
    memcpy(&adapter->rss, from, from->Header.Size < sizeof(adapter->rss) ? from->Header.Size : sizeof(adapter->rss));
    adapter->general.RecvScaleCapabilities = &adapter->rss;
}

void ndis_note_offload(struct ndis_adapter *adapter, const NDIS_STATUS_INDICATION *indication) {
    const NDIS_OFFLOAD *config = indication->StatusBuffer;
    if (indication->StatusCode != NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG) return;
    if (indication->StatusBufferSize < NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1 || config->Header.Size > indication->StatusBufferSize) {
        kernel_violation(adapter->object.ndis->kernel, "ndis.status", "[D] 4", -1,
                         "%s indicated an offload configuration of %u bytes in a buffer of %u", adapter->object.name,
                         config ? config->Header.Size : 0, indication->StatusBufferSize);
        return;
    }
    take(&adapter->offload_config, config);
}

/* Revision 1 for drivers of NDIS 6.20. */
static UCHAR revision_for(NDIS_HANDLE handle) {
    const struct ndis_object *object = handle;
    UCHAR minor = 0;
    if (object->type == NDIS_OBJECT_ADAPTER) minor = ((const struct ndis_adapter *)handle)->driver->miniport.MinorNdisVersion;
    else if (object->type == NDIS_OBJECT_BINDING) minor = ((const struct ndis_binding *)handle)->protocol->chars.MinorNdisVersion;
    else return 0;
    return minor < 30 ? NDIS_RSS_PROCESSOR_INFO_REVISION_1 : NDIS_RSS_PROCESSOR_INFO_REVISION_2;
}

NDIS_STATUS NdisGetRssProcessorInformation(NDIS_HANDLE NdisHandle, PNDIS_RSS_PROCESSOR_INFO RssProcessorInfo, PSIZE_T Size) {
    const UCHAR revision = NdisHandle ? revision_for(NdisHandle) : 0;
    if (!revision) return NDIS_STATUS_INVALID_PARAMETER;
    const USHORT head = revision == 1 ? NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_1 : NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_2;
    const SIZE_T needed = head + sizeof(NDIS_RSS_PROCESSOR), room = *Size;
    *Size = needed;
    if (!RssProcessorInfo || room < needed) return NDIS_STATUS_BUFFER_TOO_SHORT;
    const NDIS_RSS_PROCESSOR_INFO info = {
        .Header = {NDIS_OBJECT_TYPE_RSS_PROCESSOR_INFO, revision, head}, .MaxNumRssProcessors = 1, .RssProcessorArrayOffset = head,
        .RssProcessorCount = 1, .RssProcessorEntrySize = sizeof(NDIS_RSS_PROCESSOR), .RssProfile = NdisRssProfileClosest};
    memcpy(RssProcessorInfo, &info, head);
    memset((PUCHAR)RssProcessorInfo + head, 0, sizeof(NDIS_RSS_PROCESSOR));
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS answer(PNDIS_OID_REQUEST request, const void *value, ULONG size, bool known) {
    struct _QUERY *query = &request->DATA.QUERY_INFORMATION;
    if (!known) return NDIS_STATUS_NOT_SUPPORTED;
    query->BytesNeeded = size;
    query->BytesWritten = 0;
    if (query->InformationBufferLength < size) return NDIS_STATUS_BUFFER_TOO_SHORT;
    memcpy(query->InformationBuffer, value, size);
    query->BytesWritten = size;
    return NDIS_STATUS_SUCCESS;
}

bool ndis_offload_known(const struct ndis_adapter *adapter, PNDIS_OID_REQUEST request, NDIS_STATUS *status) {
    const NDIS_OFFLOAD *config = &adapter->offload_config, *capabilities = &adapter->offload_capabilities;
    switch (request->DATA.QUERY_INFORMATION.Oid) {
    case OID_TCP_OFFLOAD_CURRENT_CONFIG: *status = answer(request, config, config->Header.Size, adapter->have_offload); return true;
    case OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES:
        *status = answer(request, capabilities, capabilities->Header.Size, adapter->have_offload);
        return true;
    case OID_GEN_RECEIVE_SCALE_CAPABILITIES:
        *status = answer(request, &adapter->rss, adapter->rss.Header.Size, adapter->have_rss);
        return true;
    default: return false;
    }
}
