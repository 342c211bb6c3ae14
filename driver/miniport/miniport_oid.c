/* SPDX-License-Identifier: Apache-2.0 */
/* miniport_oid.c: answers to queries, and status indications. [D] 3.7 */
#include "miniport.h"

NDIS_STATUS miniport_answer(PNDIS_OID_REQUEST request, const void *data, UINT length) {
    struct _QUERY *query = &request->DATA.QUERY_INFORMATION;
    query->BytesNeeded = length;
    if (query->InformationBufferLength < length) return NDIS_STATUS_BUFFER_TOO_SHORT;
    RtlCopyMemory(query->InformationBuffer, data, length);
    query->BytesWritten = length;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS miniport_answer_ulong(PNDIS_OID_REQUEST request, ULONG value) { return miniport_answer(request, &value, sizeof(value)); }

/* [D]: counters are answered in 8 bytes where there is room, else in 4. */
static NDIS_STATUS answer_number(PNDIS_OID_REQUEST request, ULONG64 value) {
    if (request->DATA.QUERY_INFORMATION.InformationBufferLength >= sizeof(value)) return miniport_answer(request, &value, sizeof(value));
    return miniport_answer_ulong(request, (ULONG)value);
}

static NDIS_STATUS answer_statistics(PNDIS_OID_REQUEST request, const struct miniport_totals *all) {
    NDIS_STATISTICS_INFO info = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_STATISTICS_INFO_REVISION_1, NDIS_SIZEOF_STATISTICS_INFO_REVISION_1},
        .SupportedStatistics = NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV | NDIS_STATISTICS_FLAGS_VALID_BYTES_XMIT |
                               NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR | NDIS_STATISTICS_FLAGS_VALID_XMIT_ERROR,
        .ifInErrors = all->rx_errors,
        .ifHCInOctets = all->rx_bytes,
        .ifHCOutOctets = all->tx_bytes,
        .ifOutErrors = all->tx_errors,
    };
    return miniport_answer(request, &info, sizeof(info));
}

NDIS_STATUS miniport_answer_totals(PNDIS_OID_REQUEST request, const struct miniport_totals *all) {
    switch (request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_XMIT_OK: return answer_number(request, all->tx_frames);
    case OID_GEN_RCV_OK: return answer_number(request, all->rx_frames);
    case OID_GEN_XMIT_ERROR: return answer_number(request, all->tx_errors);
    case OID_GEN_RCV_ERROR: return answer_number(request, all->rx_errors);
    case OID_GEN_RCV_NO_BUFFER: return answer_number(request, 0); /* the device drops those, and VIRTIO 1.2 has no counter for it */
    case OID_GEN_STATISTICS: return answer_statistics(request, all);
    default: return NDIS_STATUS_NOT_SUPPORTED;
    }
}

bool miniport_read_ulong(struct _SET *set, ULONG *value) {
    set->BytesNeeded = sizeof(*value);
    if (set->InformationBufferLength < sizeof(*value)) return false;
    RtlCopyMemory(value, set->InformationBuffer, sizeof(*value));
    set->BytesRead = sizeof(*value);
    return true;
}

void miniport_indicate(NDIS_HANDLE adapter, NDIS_STATUS code, PVOID buffer, ULONG bytes) {
    NDIS_STATUS_INDICATION indication = {
        .Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1},
        .SourceHandle = adapter,
        .StatusCode = code,
        .StatusBuffer = buffer,
        .StatusBufferSize = bytes,
    };
    NdisMIndicateStatusEx(adapter, &indication);
}
