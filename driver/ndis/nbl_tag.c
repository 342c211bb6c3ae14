/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_tag.c: contexts that are found by tag. [D] Using packet tagging
 *
 *   NBL  WfpNetBufferListInfo -> newest -> ... -> oldest      one allocation each, searched from the newest on
 *
 * The slot is any driver's to overwrite, so that the list itself hangs on the NBL's ledger, and the slot shows where it begins. All
 * associations of the machine are in one list besides, for the removal of a tag from wherever it is.
 */
#include "fwpsk.h"
#include "nbl_internal.h"
#include "platform_uncharged.h"

enum { TAG = 0x74704657 /* "WFpt" */ };

struct nbl_tag {
    struct nbl_tag *next;
    UINT64 tag, context;
    FWPS_NET_BUFFER_LIST_NOTIFY_FN0 notify;
    PNET_BUFFER_LIST nbl;
    LIST_ENTRY entry;  /* of the machine's */
    UINT16 layer;
};

static struct nbl_tag **find(struct nbl_record *record, UINT64 tag) {
    struct nbl_tag **link = &record->ledger.tags;
    while (*link && (*link)->tag != tag) link = &(*link)->next;
    return link;
}

static void show(struct nbl_record *record) { nbl_of(record)->NetBufferListInfo[WfpNetBufferListInfo] = record->ledger.tags; }

static PLATFORM_UNCHARGED void check_slot(struct nbl_record *record) {
    if (nbl_of(record)->NetBufferListInfo[WfpNetBufferListInfo] == record->ledger.tags) return;
    nbl_violation(record, "nbl.tags_overwritten", "[D] WfpNetBufferListInfo",
                  "has tags, and a driver wrote into its slot WfpNetBufferListInfo, which is the filtering platform's");
}

/* Takes it out of its lists. */
static void take(struct nbl_record *record, struct nbl_tag **link) {
    struct nbl_tag *tag = *link;
    check_slot(record);
    *link = tag->next;
    show(record);
    (void)RemoveEntryList(&tag->entry);
}

static void end(struct nbl_record *record, struct nbl_tag **link, FWPS_NET_BUFFER_LIST_EVENT_TYPE0 event) {
    struct nbl_tag *tag = *link;
    take(record, link);
    if (tag->notify) tag->notify(event, tag->nbl, NULL, tag->layer, tag->context, tag->tag);
    kernel_free(tag);
}

void nbl_tags_end(struct nbl_record *record, enum nbl_what what) {
    const FWPS_NET_BUFFER_LIST_EVENT_TYPE0 event = what == NBL_COMPLETE ? FWPS_NET_BUFFER_LIST_NDIS_SEND_COMPLETE
                                                   : what == NBL_RETURN ? FWPS_NET_BUFFER_LIST_NDIS_RECV_COMPLETE
                                                                        : FWPS_NET_BUFFER_LIST_CONTEXT_REMOVED;
    while (record->ledger.tags) end(record, &record->ledger.tags, event);
}

/* ---- What drivers call */
UINT64 FwpsNetBufferListGetTagForContext0(VOID) { return ++ndis_current(__func__)->tags_given; }

NTSTATUS FwpsNetBufferListAssociateContext0(NET_BUFFER_LIST *netBufferList, UINT16 layerId, UINT64 context, UINT64 contextTag,
                                            GUID *providerGuid, PVOID deviceObject, FWPS_NET_BUFFER_LIST_NOTIFY_FN0 notifyFn, UINT32 flags) {
    struct ndis *ndis = ndis_current(__func__);
    UNREFERENCED_PARAMETER(providerGuid);
    UNREFERENCED_PARAMETER(deviceObject);
    if (!nbl_check_ours(ndis, netBufferList, __func__) || flags != 0) return STATUS_INVALID_PARAMETER;
    if (contextTag == 0 || contextTag > ndis->tags_given) return STATUS_INVALID_PARAMETER;
    struct nbl_record *record = nbl_record_of(netBufferList);
    if (*find(record, contextTag)) return STATUS_OBJECT_NAME_COLLISION;
    struct nbl_tag *tag = kernel_fault_due(&ndis->kernel->fail_allocation) ? NULL : kernel_allocate(ndis->kernel, sizeof(*tag), TAG);
    if (!tag) return STATUS_INSUFFICIENT_RESOURCES;
    *tag = (struct nbl_tag){.next = record->ledger.tags, .tag = contextTag, .context = context, .notify = notifyFn, .nbl = netBufferList,
                            .layer = layerId};
    if (!ndis->tagged.Flink) InitializeListHead(&ndis->tagged);
    InsertTailList(&ndis->tagged, &tag->entry);
    if (record->ledger.tags) check_slot(record);
    record->ledger.tags = tag;
    record->special = true;
    show(record);
    return STATUS_SUCCESS;
}

NTSTATUS FwpsNetBufferListRetrieveContext0(NET_BUFFER_LIST *netBufferList, UINT64 contextTag, BOOLEAN removeContext, UINT32 flags,
                                           UINT64 *context) {
    if (!nbl_check_ours(nbl_ndis(__func__), netBufferList, __func__) || flags != 0) return STATUS_INVALID_PARAMETER;
    struct nbl_record *record = nbl_record_of(netBufferList);
    struct nbl_tag **link = find(record, contextTag), *tag = *link;
    if (!tag) return STATUS_NOT_FOUND;
    *context = tag->context;
    if (!removeContext) return STATUS_SUCCESS;
    take(record, link);
    kernel_free(tag);
    return STATUS_SUCCESS;
}

/* The end of one may begin others: after each the list is looked at from its start. */
static NTSTATUS remove_everywhere(struct ndis *ndis, UINT64 wanted) {
    NTSTATUS status = STATUS_NOT_FOUND;
    for (PLIST_ENTRY at = ndis->tagged.Flink; at && at != &ndis->tagged;) {
        struct nbl_tag *tag = CONTAINING_RECORD(at, struct nbl_tag, entry);
        at = at->Flink;
        if (tag->tag != wanted) continue;
        struct nbl_record *record = nbl_record_of(tag->nbl);
        end(record, find(record, wanted), FWPS_NET_BUFFER_LIST_CONTEXT_REMOVED);
        at = ndis->tagged.Flink;
        status = STATUS_SUCCESS;
    }
    return status;
}

NTSTATUS FwpsNetBufferListRemoveContext0(NET_BUFFER_LIST *netBufferList, UINT64 contextTag, UINT32 flags) {
    struct ndis *ndis = ndis_current(__func__);
    if (flags != 0) return STATUS_INVALID_PARAMETER;
    if (!netBufferList) return remove_everywhere(ndis, contextTag);
    if (!nbl_check_ours(ndis, netBufferList, __func__)) return STATUS_INVALID_PARAMETER;
    struct nbl_record *record = nbl_record_of(netBufferList);
    struct nbl_tag **link = find(record, contextTag);
    if (!*link) return STATUS_NOT_FOUND;
    end(record, link, FWPS_NET_BUFFER_LIST_CONTEXT_REMOVED);
    return STATUS_SUCCESS;
}
