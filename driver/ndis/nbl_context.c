/* SPDX-License-Identifier: Apache-2.0 */
/* nbl_context.c: the stack of per-NBL driver contexts. A push that finds room costs no allocation: that is what backfill is for. */
#include <stdlib.h>

#include "ndis_internal.h"

NDIS_STATUS NdisAllocateNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize, USHORT ContextBackFill, ULONG PoolTag) {
    (void)PoolTag;
    if (ContextSize % sizeof(PVOID) || ContextBackFill % sizeof(PVOID)) return NDIS_STATUS_FAILURE;
    PNET_BUFFER_LIST_CONTEXT top = NetBufferList->Context;
    if (top && top->Offset >= ContextSize) {
        top->Offset = (USHORT)(top->Offset - ContextSize);
        return NDIS_STATUS_SUCCESS;
    }
    if ((ULONG)ContextSize + ContextBackFill > UINT16_MAX) return NDIS_STATUS_FAILURE;
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    if (kernel_fault_due(&kernel->fail_allocation)) return NDIS_STATUS_RESOURCES;
    PNET_BUFFER_LIST_CONTEXT node = calloc(1, sizeof(*node) + ContextSize + ContextBackFill);
    if (!node) return NDIS_STATUS_RESOURCES;
    node->Size = (USHORT)(ContextSize + ContextBackFill);
    node->Offset = ContextBackFill;
    node->Next = top;
    NetBufferList->Context = node;
    return NDIS_STATUS_SUCCESS;
}

VOID NdisFreeNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT ContextSize) {
    struct nbl_record *record = nbl_record_of(NetBufferList);
    PNET_BUFFER_LIST_CONTEXT top = NetBufferList->Context;
    if (!top || (ULONG)top->Offset + ContextSize > top->Size) {
        nbl_violation(record, "nbl.context_unbalanced", "[D] 2.4", "more context was popped than was pushed");
        return;
    }
    top->Offset = (USHORT)(top->Offset + ContextSize);
    if (top->Offset < top->Size || top == record->context || top == record->allocated_context) return;
    NetBufferList->Context = top->Next;
    free(top);
}
