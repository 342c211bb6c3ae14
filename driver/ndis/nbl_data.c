/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_data.c: moving the start of the used data: retreat, advance, adjust. [D] 2.2
 *
 * A retreat within the chain's unused space is arithmetic. Beyond it, a new MDL goes in front of the chain; the NB remembers which MDLs
 * came that way, newest first, so that an advance frees those and no others.
 */
#include <stdlib.h>

#include "nbl_internal.h"

void nb_walk_to(PNET_BUFFER nb, ULONG data_offset) {
    PMDL mdl = nb->MdlChain;
    ULONG offset = data_offset;
    while (mdl && mdl->Next && offset >= mdl->ByteCount) {
        offset -= mdl->ByteCount;
        mdl = mdl->Next;
    }
    nb->CurrentMdl = mdl;
    nb->CurrentMdlOffset = offset;
}

VOID NdisAdjustNetBufferCurrentMdl(PNET_BUFFER NetBuffer) { nb_set_position(NetBuffer, NetBuffer->DataOffset); }

static struct nb_retreat *retreat_top(PNET_BUFFER nb) { return nb->NdisReserved[1]; }

/* A retreat record with `bytes` of memory and an MDL over it, or (bytes 0) neither. Records keep their memory when they are free. */
static struct nb_retreat *retreat_get(struct ndis *ndis, ULONG bytes) {
    struct nb_retreat *retreat = ndis->free_retreats;
    if (retreat) ndis->free_retreats = retreat->next;
    else retreat = calloc(1, sizeof(*retreat));
    if (!retreat) return NULL;
    retreat->next = NULL;
    retreat->mdl = NULL;
    if (bytes > retreat->bytes) {
        kernel_free(retreat->memory);
        retreat->bytes = 0;
        retreat->memory = kernel_allocate(ndis->kernel, bytes, 0x74657252 /* 'Rret' */);
        if (retreat->memory) retreat->bytes = bytes;
    }
    if (bytes > 0 && retreat->memory) {
        retreat->mdl = IoAllocateMdl(retreat->memory, bytes, FALSE, FALSE, NULL);
        if (retreat->mdl) MmBuildMdlForNonPagedPool(retreat->mdl);
    }
    if (bytes == 0 || retreat->mdl) return retreat;
    retreat->next = ndis->free_retreats;
    ndis->free_retreats = retreat;
    return NULL;
}

static void retreat_put(struct ndis *ndis, struct nb_retreat *retreat) {
    retreat->next = ndis->free_retreats;
    ndis->free_retreats = retreat;
}

/* Which of the two allocators made the record's MDL? The default one's MDL lies over the record's memory. */
static bool is_default(const struct nb_retreat *retreat) {
    return retreat->memory && MmGetMdlVirtualAddress(retreat->mdl) == retreat->memory;
}

void nb_forget_retreats(struct ndis *ndis, PNET_BUFFER nb) {
    struct nb_retreat *retreat = retreat_top(nb);
    nb->NdisReserved[1] = NULL;
    if (retreat)
        kernel_violation(ndis->kernel, "nb.retreat_leaked", "[D] 2.2", -1,
                         "an NB was freed with MDLs that a retreat allocated and no advance freed");
    while (retreat) {
        struct nb_retreat *next = retreat->next;
        if (is_default(retreat)) IoFreeMdl(retreat->mdl);
        retreat_put(ndis, retreat);
        retreat = next;
    }
}

/* A new MDL of at least `wanted` bytes in front; NULL: nothing was changed. */
static struct nb_retreat *prepend(struct ndis *ndis, PNET_BUFFER nb, ULONG wanted, NET_BUFFER_ALLOCATE_MDL_HANDLER allocate) {
    if (!allocate && kernel_fault_due(&ndis->kernel->fail_allocation)) return NULL;
    struct nb_retreat *retreat = retreat_get(ndis, allocate ? 0 : wanted);
    if (!retreat) return NULL;
    if (allocate) {
        ULONG size = wanted;
        retreat->mdl = allocate(&size);
        if (!retreat->mdl) {
            retreat_put(ndis, retreat);
            return NULL;
        }
    }
    retreat->operation = ndis->retreat_operations;
    retreat->mdl->Next = nb->MdlChain;
    nb->MdlChain = retreat->mdl;
    retreat->next = retreat_top(nb);
    nb->NdisReserved[1] = retreat;
    return retreat;
}

NDIS_STATUS NdisRetreatNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, ULONG DataBackFill,
                                          NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler) {
    struct ndis *ndis = nbl_ndis(__func__);
    if (!nb_check_ours(ndis, NetBuffer, __func__)) return NDIS_STATUS_FAILURE;
    const ULONG unused = NetBuffer->DataOffset;
    if (DataOffsetDelta > UINT32_MAX - NetBuffer->DataLength || DataBackFill > UINT32_MAX - DataOffsetDelta) return NDIS_STATUS_FAILURE;
    if (DataOffsetDelta <= unused) {
        nb_set_position(NetBuffer, unused - DataOffsetDelta);
    } else {
        struct nb_retreat *retreat = prepend(ndis, NetBuffer, DataOffsetDelta + DataBackFill, AllocateMdlHandler);
        if (!retreat) return NDIS_STATUS_RESOURCES;
        /* The used data is the tail of the new MDL, then what was unused before. */
        nb_set_position(NetBuffer, retreat->mdl->ByteCount + unused - DataOffsetDelta);
    }
    NetBuffer->DataLength += DataOffsetDelta;
    return NDIS_STATUS_SUCCESS;
}

/* The first MDL of the chain is unused and came from a retreat: take it out and free it. */
static bool free_first(struct ndis *ndis, PNET_BUFFER nb, NET_BUFFER_FREE_MDL_HANDLER handler) {
    struct nb_retreat *retreat = retreat_top(nb);
    PMDL mdl = nb->MdlChain;
    if (!retreat || retreat->mdl != mdl) return false;
    if (nb->CurrentMdl == mdl && nb->DataLength > 0) return false;
    bool made_by_default = is_default(retreat);
    if (!made_by_default && !handler) return false;
    ULONG bytes = mdl->ByteCount;
    nb->MdlChain = mdl->Next;
    nb->NdisReserved[1] = retreat->next;
    nb_set_position(nb, nb->DataOffset - (nb->DataOffset < bytes ? nb->DataOffset : bytes));
    mdl->Next = NULL;
    retreat_put(ndis, retreat);
    if (made_by_default) IoFreeMdl(mdl);
    else handler(mdl);
    return true;
}

VOID NdisAdvanceNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                   NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler) {
    struct ndis *ndis = nbl_ndis(__func__);
    if (!nb_check_ours(ndis, NetBuffer, __func__)) return;
    if (DataOffsetDelta > NetBuffer->DataLength) {
        kernel_violation(ndis->kernel, "nb.advance", "[D] 2.2", -1, "an advance by %u bytes over the %u bytes that are used",
                         DataOffsetDelta, NetBuffer->DataLength);
        DataOffsetDelta = NetBuffer->DataLength;
    }
    NetBuffer->DataLength -= DataOffsetDelta;
    nb_set_position(NetBuffer, NetBuffer->DataOffset + DataOffsetDelta);
    if (!FreeMdl) return;
    while (free_first(ndis, NetBuffer, FreeMdlHandler)) continue;
}

NDIS_STATUS NdisRetreatNetBufferListDataStart(PNET_BUFFER_LIST NetBufferList, ULONG DataOffsetDelta, ULONG DataBackFill,
                                              NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler,
                                              NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler) {
    struct ndis *ndis = nbl_ndis(__func__);
    if (!nbl_check_ours(ndis, NetBufferList, __func__)) return NDIS_STATUS_FAILURE;
    ndis->retreat_operations++;
    for (PNET_BUFFER nb = NetBufferList->FirstNetBuffer; nb; nb = nb->Next) {
        NDIS_STATUS status = NdisRetreatNetBufferDataStart(nb, DataOffsetDelta, DataBackFill, AllocateMdlHandler);
        if (status == NDIS_STATUS_SUCCESS) continue;
        /* All or nothing. An MDL that an earlier retreat left in the chain stays. */
        for (PNET_BUFFER done = NetBufferList->FirstNetBuffer; done != nb; done = done->Next) {
            bool ours = retreat_top(done) && retreat_top(done)->operation == ndis->retreat_operations;
            NdisAdvanceNetBufferDataStart(done, DataOffsetDelta, FALSE, NULL);
            if (ours) (void)free_first(ndis, done, FreeMdlHandler);
        }
        return status;
    }
    return NDIS_STATUS_SUCCESS;
}

VOID NdisAdvanceNetBufferListDataStart(PNET_BUFFER_LIST NetBufferList, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                       NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler) {
    if (!nbl_check_ours(nbl_ndis(__func__), NetBufferList, __func__)) return;
    for (PNET_BUFFER nb = NetBufferList->FirstNetBuffer; nb; nb = nb->Next)
        NdisAdvanceNetBufferDataStart(nb, DataOffsetDelta, FreeMdl, FreeMdlHandler);
}
