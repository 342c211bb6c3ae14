/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_context.c: the stack of per-NBL driver contexts. A push that finds room costs no allocation: that is what backfill is for. [D] 2.4
 *
 * Who pushed what is in the ledger, so that a pop of another size is told from one too many, and a push that is still there when its
 * driver gives the NBL back is told by its site (nbl_edge.c).
 */
#include <stdlib.h>

#include "nbl_internal.h"
#include "platform_uncharged.h"

static PLATFORM_UNCHARGED void note_push(struct nbl_record *record, USHORT size, const char *site) {
    struct nbl_ledger *ledger = &record->ledger;
    if (ledger->pushes < NBL_PUSHES) ledger->pushed[ledger->pushes] = (struct nbl_push){.site = site, .size = size};
    ledger->pushes++;
    record->special = true;
}

NDIS_STATUS WdkAllocateNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize, USHORT ContextBackFill, ULONG PoolTag,
                                            const char *Site) {
    (void)PoolTag;
    struct ndis *ndis = ndis_current("NdisAllocateNetBufferListContext");
    if (!nbl_check_ours(ndis, NetBufferList, "NdisAllocateNetBufferListContext")) return NDIS_STATUS_FAILURE;
    if (ContextSize % sizeof(PVOID) || ContextBackFill % sizeof(PVOID)) return NDIS_STATUS_FAILURE;
    struct nbl_record *record = nbl_record_of(NetBufferList);
    PNET_BUFFER_LIST_CONTEXT top = NetBufferList->Context;
    if (top && top->Offset >= ContextSize) {
        top->Offset = (USHORT)(top->Offset - ContextSize);
        note_push(record, ContextSize, Site);
        return NDIS_STATUS_SUCCESS;
    }
    if ((ULONG)ContextSize + ContextBackFill > UINT16_MAX) return NDIS_STATUS_FAILURE;
    if (kernel_fault_due(&ndis->kernel->fail_allocation)) return NDIS_STATUS_RESOURCES;
    PNET_BUFFER_LIST_CONTEXT node = calloc(1, sizeof(*node) + ContextSize + ContextBackFill);
    if (!node) return NDIS_STATUS_RESOURCES;
    node->Size = (USHORT)(ContextSize + ContextBackFill);
    node->Offset = ContextBackFill;
    node->Next = top;
    NetBufferList->Context = node;
    note_push(record, ContextSize, Site);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS (NdisAllocateNetBufferListContext)(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize, USHORT ContextBackFill, ULONG PoolTag) {
    return WdkAllocateNetBufferListContext(NetBufferList, ContextSize, ContextBackFill, PoolTag, NULL);
}

/* The pop must be of the last push. False: there is nothing to pop. */
static PLATFORM_UNCHARGED bool check_pop(struct nbl_record *record, PNET_BUFFER_LIST_CONTEXT top, USHORT size) {
    struct nbl_ledger *ledger = &record->ledger;
    if (!top || ledger->pushes == 0 || (ULONG)top->Offset + size > top->Size) {
        nbl_violation(record, "nbl.context_unbalanced", "[D] 2.4", "more context was popped than was pushed");
        return false;
    }
    const uint32_t last = --ledger->pushes;
    if (last >= NBL_PUSHES || ledger->pushed[last].size == size) return true;
    nbl_violation(record, "nbl.context_unbalanced", "[D] 2.4", "%u bytes of context were popped, but the last push, at %s, was of %u", size,
                  kernel_site(ledger->pushed[last].site), ledger->pushed[last].size);
    return true;
}

VOID NdisFreeNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize) {
    if (!nbl_check_ours(ndis_current(__func__), NetBufferList, __func__)) return;
    struct nbl_record *record = nbl_record_of(NetBufferList);
    PNET_BUFFER_LIST_CONTEXT top = NetBufferList->Context;
    if (!check_pop(record, top, ContextSize)) return;
    top->Offset = (USHORT)(top->Offset + ContextSize);
    if (top->Offset < top->Size || top == record->context || top == record->allocated_context) return;
    NetBufferList->Context = top->Next;
    free(top);
}

/* Contexts that drivers pushed and did not pop are reported and freed; those given at allocation just go. */
void nbl_free_contexts(struct nbl_record *record, PNET_BUFFER_LIST nbl) {
    PNET_BUFFER_LIST_CONTEXT own = record->allocated_context ? record->allocated_context : record->context;
    if (record->ledger.pushes > 0) {
        const uint32_t last = record->ledger.pushes - 1;
        nbl_violation(record, "nbl.context_leaked", "[D] 2.4", "was freed with %u contexts that were pushed and not popped, the last at %s",
                      last + 1, kernel_site(last < NBL_PUSHES ? record->ledger.pushed[last].site : NULL));
    }
    while (nbl->Context && nbl->Context != own) {
        PNET_BUFFER_LIST_CONTEXT node = nbl->Context;
        nbl->Context = node->Next;
        free(node);
    }
    free(record->allocated_context);
    record->allocated_context = NULL;
}
