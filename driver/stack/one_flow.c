/* SPDX-License-Identifier: Apache-2.0 */
/*
 * one_flow.c: lists that mix flows, into parts that do not, and together again. [D] 2.6, 2.8
 *
 * The parts share the MDLs of the list, with the room in front of its frames. ChildRefCount tells others that the list has children; it may
 * have had some when it came, so that the parts that are out are counted in Scratch, which is his who has the list.
 */
#include "one_flow.h"

#include "traffic_parse.h"

const UCHAR *one_flow_head(PNET_BUFFER nb, UCHAR storage[ONE_FLOW_HEAD], PULONG length) {
    *length = NET_BUFFER_DATA_LENGTH(nb) < ONE_FLOW_HEAD ? NET_BUFFER_DATA_LENGTH(nb) : ONE_FLOW_HEAD;
    return NdisGetDataBuffer(nb, *length, storage, 1, 0);
}

/* What cannot be read is not told apart. */
static BOOLEAN same_flow(PNET_BUFFER one, PNET_BUFFER other) {
    UCHAR one_storage[ONE_FLOW_HEAD], other_storage[ONE_FLOW_HEAD];
    ULONG one_length, other_length;
    const UCHAR *one_head = one_flow_head(one, one_storage, &one_length);
    const UCHAR *other_head = one_flow_head(other, other_storage, &other_length);
    return !one_head || !other_head || traffic_same_flow(one_head, one_length, other_head, other_length);
}

/* The last NB of those in a row that are of the flow of this one. */
static PNET_BUFFER last_of_run(PNET_BUFFER first) {
    PNET_BUFFER last = first;
    while (NET_BUFFER_NEXT_NB(last) && same_flow(first, NET_BUFFER_NEXT_NB(last))) last = NET_BUFFER_NEXT_NB(last);
    return last;
}

static PLONG parts_out(PNET_BUFFER_LIST list) { return (PLONG)(PVOID)&list->Scratch; }

/* A clone of these NBs alone: the others are out of the list while it is made. */
static PNET_BUFFER_LIST make_part(PNET_BUFFER_LIST list, PNET_BUFFER first, PNET_BUFFER last) {
    const PNET_BUFFER all = NET_BUFFER_LIST_FIRST_NB(list), after = NET_BUFFER_NEXT_NB(last);
    NET_BUFFER_LIST_FIRST_NB(list) = first;
    NET_BUFFER_NEXT_NB(last) = NULL;
    PNET_BUFFER_LIST part = NdisAllocateCloneNetBufferList(list, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    NET_BUFFER_LIST_FIRST_NB(list) = all;
    NET_BUFFER_NEXT_NB(last) = after;
    if (!part) return NULL;
    NdisCopySendNetBufferListInfo(part, list);
    part->ParentNetBufferList = list;
    NdisInterlockedIncrement(&list->ChildRefCount);
    ++*parts_out(list);
    return part;
}

PNET_BUFFER_LIST one_flow_split(PNET_BUFFER_LIST list) {
    PNET_BUFFER first = NET_BUFFER_LIST_FIRST_NB(list), last = last_of_run(first);
    PNET_BUFFER_LIST parts = NULL, *tail = &parts;
    if (!NET_BUFFER_NEXT_NB(last)) return list;
    *parts_out(list) = 0;
    NET_BUFFER_LIST_STATUS(list) = NDIS_STATUS_SUCCESS;
    for (; first; first = NET_BUFFER_NEXT_NB(last)) {
        last = last_of_run(first);
        *tail = make_part(list, first, last);
        if (!*tail) break;
        tail = &NET_BUFFER_LIST_NEXT_NBL(*tail);
    }
    if (!first) return parts;
    while (parts) {
        PNET_BUFFER_LIST part = parts;
        parts = NET_BUFFER_LIST_NEXT_NBL(part);
        NET_BUFFER_LIST_NEXT_NBL(part) = NULL;
        (void)one_flow_join(part);
    }
    return NULL;
}

PNET_BUFFER_LIST one_flow_join(PNET_BUFFER_LIST nbl) {
    if (nbl->SourceHandle) return nbl; /* whoever is above has his handle there */
    PNET_BUFFER_LIST list = nbl->ParentNetBufferList;
    if (NET_BUFFER_LIST_STATUS(nbl) != NDIS_STATUS_SUCCESS) NET_BUFFER_LIST_STATUS(list) = NET_BUFFER_LIST_STATUS(nbl);
    NdisFreeCloneNetBufferList(nbl, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    NdisInterlockedDecrement(&list->ChildRefCount);
    return NdisInterlockedDecrement(parts_out(list)) == 0 ? list : NULL;
}
