/* SPDX-License-Identifier: Apache-2.0 */
/* miniport_rss.c: the parameters of receive side scaling, as NDIS writes them. [D] 3.7 */
#include "miniport.h"

/* A part of the buffer behind the structure, or NULL if it is not in there. */
static const UCHAR *part(const struct _SET *set, ULONG offset, ULONG size) {
    if (offset > set->InformationBufferLength || size > set->InformationBufferLength - offset) return NULL;
    return (const UCHAR *)set->InformationBuffer + offset;
}

static bool take_types(ULONG information, ULONG can, struct miniport_rss *rss) {
    rss->types = NDIS_RSS_HASH_TYPE_FROM_HASH_INFO(information);
    return !(rss->types & ~can) && NDIS_RSS_HASH_FUNC_FROM_HASH_INFO(information) == NdisHashFunctionToeplitz;
}

static bool take_table(const UCHAR *table, ULONG bytes, bool numbers, struct miniport_rss *rss) {
    const ULONG entry = numbers ? sizeof(PROCESSOR_NUMBER) : 1, count = bytes / entry;
    if (!table || count == 0 || count > MINIPORT_RSS_ENTRIES || (count & (count - 1)) || bytes % entry) return false;
    for (ULONG i = 0; i < count; i++) rss->processors[i] = table[i * entry + (numbers ? offsetof(PROCESSOR_NUMBER, Number) : 0)];
    rss->entries = (USHORT)count;
    return true;
}

static bool take_key(const UCHAR *key, ULONG bytes, struct miniport_rss *rss) {
    if (!key || bytes == 0 || bytes > MINIPORT_RSS_KEY) return false;
    RtlCopyMemory(rss->key, key, bytes);
    rss->key_bytes = (UCHAR)bytes;
    return true;
}

/* What does not change stays as it was set before. */
static bool take(const struct _SET *set, const NDIS_RECEIVE_SCALE_PARAMETERS *wanted, ULONG types, struct miniport_rss *rss) {
    const bool numbers = wanted->Header.Revision >= NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2;
    const ULONG table_bytes = wanted->IndirectionTableSize, key_bytes = wanted->HashSecretKeySize;
    const UCHAR *table = part(set, wanted->IndirectionTableOffset, table_bytes), *key = part(set, wanted->HashSecretKeyOffset, key_bytes);
    if (!(wanted->Flags & NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED) && !take_types(wanted->HashInformation, types, rss)) return false;
    if (!(wanted->Flags & NDIS_RSS_PARAM_FLAG_ITABLE_UNCHANGED) && !take_table(table, table_bytes, numbers, rss)) return false;
    if (!(wanted->Flags & NDIS_RSS_PARAM_FLAG_HASH_KEY_UNCHANGED) && !take_key(key, key_bytes, rss)) return false;
    return rss->entries != 0 && rss->key_bytes != 0;
}

NDIS_STATUS miniport_rss_take(PNDIS_OID_REQUEST request, ULONG types, struct miniport_rss *rss) {
    struct _SET *set = &request->DATA.SET_INFORMATION;
    NDIS_RECEIVE_SCALE_PARAMETERS wanted = {.Flags = 0};
    struct miniport_rss to = *rss;
    set->BytesNeeded = NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1;
    if (set->InformationBufferLength < NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1) return NDIS_STATUS_INVALID_LENGTH;
    RtlCopyMemory(&wanted, set->InformationBuffer,
                  set->InformationBufferLength < sizeof(wanted) ? set->InformationBufferLength : sizeof(wanted));
    to.on = !(wanted.Flags & NDIS_RSS_PARAM_FLAG_DISABLE_RSS) && ((wanted.Flags & NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED) ||
                                                                  NDIS_RSS_HASH_FUNC_FROM_HASH_INFO(wanted.HashInformation) != 0);
    if (to.on && !take(set, &wanted, types, &to)) return NDIS_STATUS_INVALID_DATA;
    *rss = to;
    set->BytesRead = set->InformationBufferLength;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS miniport_rss_answer(PNDIS_OID_REQUEST request, const struct miniport_rss *rss) {
    struct _QUERY *query = &request->DATA.QUERY_INFORMATION;
    const UINT table = rss->entries * (UINT)sizeof(PROCESSOR_NUMBER), all = (UINT)sizeof(NDIS_RECEIVE_SCALE_PARAMETERS) + table + rss->key_bytes;
    NDIS_RECEIVE_SCALE_PARAMETERS now = {
        .Header = {NDIS_OBJECT_TYPE_RSS_PARAMETERS, NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2,
                   NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2},
        .Flags = rss->on ? 0 : NDIS_RSS_PARAM_FLAG_DISABLE_RSS,
        .HashInformation = rss->on ? NDIS_RSS_HASH_INFO_FROM_TYPE_AND_FUNC(rss->types, NdisHashFunctionToeplitz) : 0,
        .IndirectionTableSize = (USHORT)table, .IndirectionTableOffset = sizeof(now),
        .HashSecretKeySize = rss->key_bytes, .HashSecretKeyOffset = (ULONG)sizeof(now) + table};
    query->BytesNeeded = all;
    if (query->InformationBufferLength < all) return NDIS_STATUS_BUFFER_TOO_SHORT;
    UCHAR *to = query->InformationBuffer;
    RtlCopyMemory(to, &now, sizeof(now));
    for (unsigned i = 0; i < rss->entries; i++) {
        const PROCESSOR_NUMBER processor = {.Number = rss->processors[i]};
        RtlCopyMemory(to + now.IndirectionTableOffset + i * sizeof(processor), &processor, sizeof(processor));
    }
    RtlCopyMemory(to + now.HashSecretKeyOffset, rss->key, rss->key_bytes);
    query->BytesWritten = all;
    return NDIS_STATUS_SUCCESS;
}

void miniport_rss_queues(const struct miniport_rss *rss, unsigned queues, uint16_t table[MINIPORT_RSS_ENTRIES]) {
    int16_t queue_of[MINIPORT_RSS_PROCESSORS];
    unsigned processors = 0;
    for (unsigned i = 0; i < MINIPORT_RSS_PROCESSORS; i++) queue_of[i] = -1;
    for (unsigned i = 0; i < rss->entries; i++) {
        int16_t *queue = &queue_of[rss->processors[i]];
        if (*queue < 0) *queue = (int16_t)(processors++ % queues);
        table[i] = (uint16_t)*queue;
    }
}
