/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team_oid.c: requests to the virtual adapter. [D] 3.7
 *
 *   addresses              its own
 *   settings               to every member, one after the other; the first failure is the answer
 *   counters               asked of every member, and added up
 *   everything else        asked of the first member
 *
 * A member whose address is not the team's hears what is for the team only when it hears everything; NDIS filters above.
 */
#include "team_internal.h"

static NDIS_STATUS answer(PNDIS_OID_REQUEST request, const void *data, UINT length) {
    struct _QUERY *query = &request->DATA.QUERY_INFORMATION;
    query->BytesNeeded = length;
    if (query->InformationBufferLength < length) return NDIS_STATUS_BUFFER_TOO_SHORT;
    RtlCopyMemory(query->InformationBuffer, data, length);
    query->BytesWritten = length;
    return NDIS_STATUS_SUCCESS;
}

static BOOLEAN is_set(const NDIS_OID_REQUEST *request) { return request->RequestType == NdisRequestSetInformation; }

static BOOLEAN is_counter(const NDIS_OID_REQUEST *request) {
    if (is_set(request) || request->RequestType == NdisRequestMethod) return FALSE;
    switch (request->DATA.QUERY_INFORMATION.Oid) {
    case OID_GEN_XMIT_OK:
    case OID_GEN_RCV_OK:
    case OID_GEN_XMIT_ERROR:
    case OID_GEN_RCV_ERROR:
    case OID_GEN_RCV_NO_BUFFER:
    case OID_GEN_STATISTICS: return TRUE;
    default: return FALSE;
    }
}

static BOOLEAN is_statistics(const NDIS_OID_REQUEST *request) { return request->DATA.QUERY_INFORMATION.Oid == OID_GEN_STATISTICS; }

static ULONG filter_of(const struct team_member *member) {
    ULONG filter = member->adapter->packet_filter;
    if (filter & NDIS_PACKET_TYPE_MULTICAST) filter |= NDIS_PACKET_TYPE_ALL_MULTICAST; /* the list stays here */
    if ((filter & NDIS_PACKET_TYPE_DIRECTED) && !RtlEqualMemory(member->bound.CurrentMacAddress, member->adapter->address, TEAM_ADDRESS))
        filter |= NDIS_PACKET_TYPE_PROMISCUOUS;
    return filter;
}

/* ---- Asked above */
static VOID make_below(struct team_adapter *adapter, const struct team_member *member) {
    const NDIS_OID_REQUEST *request = adapter->request;
    adapter->below = (NDIS_OID_REQUEST){.Header = request->Header, .RequestType = request->RequestType, .Timeout = request->Timeout,
                                        .RequestId = request->RequestId, .DATA = request->DATA};
    if (is_set(request) && request->DATA.SET_INFORMATION.Oid == OID_GEN_CURRENT_PACKET_FILTER) {
        adapter->filter_below = filter_of(member);
        adapter->below.DATA.SET_INFORMATION.InformationBuffer = &adapter->filter_below;
    }
    if (is_counter(request)) {
        NdisZeroMemory(&adapter->part, sizeof(adapter->part));
        adapter->below.DATA.QUERY_INFORMATION.InformationBuffer = &adapter->part;
        adapter->below.DATA.QUERY_INFORMATION.InformationBufferLength = is_statistics(request) ? NDIS_SIZEOF_STATISTICS_INFO_REVISION_1
                                                                                               : sizeof(adapter->part.count);
    }
}

/* Of statistics those that all members keep count, and every number behind the flags is one. */
static VOID add_part(struct team_adapter *adapter) {
    NDIS_STATISTICS_INFO *sum = &adapter->sum.statistics;
    const NDIS_STATISTICS_INFO *part = &adapter->part.statistics;
    if (!is_statistics(adapter->request)) {
        adapter->sum.count += adapter->part.count;
        return;
    }
    if (!sum->Header.Size) {
        *sum = *part;
        return;
    }
    sum->SupportedStatistics &= part->SupportedStatistics;
    ULONG64 *to = &sum->ifInDiscards;
    const ULONG64 *from = &part->ifInDiscards;
    for (; to <= &sum->ifHCOutBroadcastOctets; to++, from++) *to += *from;
}

/* One member has answered. TRUE: ask the next one. */
static BOOLEAN note_answer(struct team_adapter *adapter, NDIS_STATUS status) {
    PNDIS_OID_REQUEST request = adapter->request;
    const BOOLEAN counter = is_counter(request);
    if (adapter->status == NDIS_STATUS_SUCCESS) adapter->status = status;
    if (counter) {
        if (status == NDIS_STATUS_SUCCESS) add_part(adapter);
        return TRUE;
    }
    if (request->RequestType == NdisRequestMethod) {
        request->DATA.METHOD_INFORMATION.BytesWritten = adapter->below.DATA.METHOD_INFORMATION.BytesWritten;
        request->DATA.METHOD_INFORMATION.BytesRead = adapter->below.DATA.METHOD_INFORMATION.BytesRead;
        request->DATA.METHOD_INFORMATION.BytesNeeded = adapter->below.DATA.METHOD_INFORMATION.BytesNeeded;
    } else {
        request->DATA.QUERY_INFORMATION.BytesWritten = adapter->below.DATA.QUERY_INFORMATION.BytesWritten;
        request->DATA.QUERY_INFORMATION.BytesNeeded = adapter->below.DATA.QUERY_INFORMATION.BytesNeeded;
    }
    return is_set(request);
}

/* As wide as the asker has room for: these counters may be read with 4 bytes or with 8. */
static NDIS_STATUS answer_sum(const struct team_adapter *adapter) {
    const ULONG low = (ULONG)adapter->sum.count;
    if (is_statistics(adapter->request)) return answer(adapter->request, &adapter->sum.statistics, NDIS_SIZEOF_STATISTICS_INFO_REVISION_1);
    if (adapter->request->DATA.QUERY_INFORMATION.InformationBufferLength >= sizeof(adapter->sum.count))
        return answer(adapter->request, &adapter->sum.count, sizeof(adapter->sum.count));
    return answer(adapter->request, &low, sizeof(low));
}

/* From here to its answer the member's binding stays open. */
static BOOLEAN take(struct team_member *member) {
    struct team_adapter *adapter = member->adapter;
    if (!adapter) return FALSE; /* nobody was here yet */
    NdisAcquireSpinLock(&adapter->lock);
    const BOOLEAN there = member->handle && !member->leaving;
    if (there) KeClearEvent(&member->answered);
    NdisReleaseSpinLock(&adapter->lock);
    return there;
}

/* Asks from member `asked' on, as long as they answer at once. */
static NDIS_STATUS ask(struct team_adapter *adapter) {
    while (adapter->asked < TEAM_MOST) {
        struct team_member *member = &adapter->members[adapter->asked++];
        if (!take(member)) continue;
        make_below(adapter, member);
        NDIS_STATUS status = NdisOidRequest(member->handle, &adapter->below);
        if (status == NDIS_STATUS_PENDING) return status;
        (void)KeSetEvent(&member->answered, 0, FALSE);
        if (!note_answer(adapter, status)) break;
    }
    if (is_counter(adapter->request) && adapter->status == NDIS_STATUS_SUCCESS) return answer_sum(adapter);
    return adapter->status;
}

NDIS_STATUS team_oid_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
    struct team_adapter *adapter = context;
    const NDIS_OID oid = request->DATA.QUERY_INFORMATION.Oid;
    struct _SET *set = &request->DATA.SET_INFORMATION;
    if (!is_set(request) && (oid == OID_802_3_PERMANENT_ADDRESS || oid == OID_802_3_CURRENT_ADDRESS))
        return answer(request, adapter->address, sizeof(adapter->address));
    if (is_set(request) && oid == OID_802_3_MULTICAST_LIST) {
        set->BytesRead = set->InformationBufferLength;
        return NDIS_STATUS_SUCCESS;
    }
    if (is_set(request) && oid == OID_GEN_CURRENT_PACKET_FILTER) {
        set->BytesNeeded = sizeof(adapter->packet_filter);
        if (set->InformationBufferLength < sizeof(adapter->packet_filter)) return NDIS_STATUS_INVALID_LENGTH;
        RtlCopyMemory(&adapter->packet_filter, set->InformationBuffer, sizeof(adapter->packet_filter));
    }
    if (is_set(request) && oid == OID_OFFLOAD_ENCAPSULATION && set->InformationBufferLength >= sizeof(adapter->encapsulation))
        RtlCopyMemory(&adapter->encapsulation, set->InformationBuffer, sizeof(adapter->encapsulation));
    if (is_set(request) && oid == OID_GEN_RECEIVE_SCALE_PARAMETERS && set->InformationBufferLength <= sizeof(adapter->scale)) {
        adapter->scale_bytes = set->InformationBufferLength;
        RtlCopyMemory(adapter->scale, set->InformationBuffer, adapter->scale_bytes);
    }
    adapter->request = request;
    adapter->status = NDIS_STATUS_SUCCESS;
    adapter->asked = 0;
    NdisZeroMemory(&adapter->sum, sizeof(adapter->sum));
    return ask(adapter);
}

VOID team_cancel_oid_request(NDIS_HANDLE context, PVOID request_id) {
    const struct team_adapter *adapter = context;
    for (unsigned i = 0; i < TEAM_MOST; i++)
        if (adapter->members[i].handle) NdisCancelOidRequest(adapter->members[i].handle, request_id);
}

/* ---- Asked by the team itself */
static NDIS_STATUS tell(struct team_member *member, NDIS_OID oid, PVOID buffer, UINT length) {
    struct team_adapter *adapter = member->adapter;
    adapter->own = (NDIS_OID_REQUEST){
        .Header = {NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1},
        .RequestType = NdisRequestSetInformation};
    adapter->own.DATA.SET_INFORMATION.Oid = oid;
    adapter->own.DATA.SET_INFORMATION.InformationBuffer = buffer;
    adapter->own.DATA.SET_INFORMATION.InformationBufferLength = length;
    KeClearEvent(&adapter->own_done);
    NDIS_STATUS status = NdisOidRequest(member->handle, &adapter->own);
    if (status != NDIS_STATUS_PENDING) return status;
    (void)KeWaitForSingleObject(&adapter->own_done, Executive, KernelMode, FALSE, NULL);
    return adapter->own_status;
}

NDIS_STATUS team_tell_member(struct team_member *member) {
    struct team_adapter *adapter = member->adapter;
    ULONG filter = filter_of(member);
    NDIS_STATUS status = filter ? tell(member, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter)) : NDIS_STATUS_SUCCESS;
    if (status == NDIS_STATUS_SUCCESS && adapter->encapsulation.Header.Size)
        status = tell(member, OID_OFFLOAD_ENCAPSULATION, &adapter->encapsulation, sizeof(adapter->encapsulation));
    if (status == NDIS_STATUS_SUCCESS && adapter->scale_bytes)
        status = tell(member, OID_GEN_RECEIVE_SCALE_PARAMETERS, adapter->scale, adapter->scale_bytes);
    return status;
}

VOID team_oid_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST below, NDIS_STATUS status) {
    struct team_member *member = context;
    struct team_adapter *adapter = member->adapter;
    PNDIS_OID_REQUEST request = adapter->request;
    if (below == &adapter->own) {
        adapter->own_status = status;
        (void)KeSetEvent(&adapter->own_done, 0, FALSE);
        return;
    }
    const BOOLEAN more = note_answer(adapter, status);
    (void)KeSetEvent(&member->answered, 0, FALSE);
    if (more) status = ask(adapter);
    else status = adapter->status;
    if (status != NDIS_STATUS_PENDING) NdisMOidRequestComplete(adapter->handle, request, status);
}
