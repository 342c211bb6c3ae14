/* SPDX-License-Identifier: Apache-2.0 */
/* nb_alloc.c: NBs out of pools of their own and back; and those in the block of an NBL, made ready. [D] 2.1 */
#include "nbl_fast.h"

void nb_init(PNET_BUFFER nb, struct ndis_pool *pool, uint8_t *block) {
    clear(nb, sizeof(*nb));
    nb->NdisPoolHandle = pool;
    if (pool->data_size == 0) return;
    PMDL mdl = (PMDL)(void *)(block + pool->mdl_at);
    MmInitializeMdl(mdl, block + pool->data_at, pool->data_size);
    MmBuildMdlForNonPagedPool(mdl);
    nb->MdlChain = mdl;
    nb_set_position(nb, pool->data_size);  /* all of it is backfill */
}

PNET_BUFFER nb_allocate(struct ndis_pool *pool, const char *site) {
    if (!ready(pool)) return NULL;
    struct nb_record *record = pool->free_nbs;
    pool->free_nbs = record->next_free;
    record->site = site;
    record->live = true;
    PNET_BUFFER nb = nb_of(record);
    nb_show(nb);
    nb_init(nb, pool, (uint8_t *)record);
    return nb;
}

PNET_BUFFER WdkAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength, const char *Site) {
    struct ndis_pool *pool = open_pool(PoolHandle, NDIS_OBJECT_NB_POOL, "NdisAllocateNetBuffer");
    if (!pool || pool->data_size > 0 || (!MdlChain && (DataOffset || DataLength))) return NULL;
    PNET_BUFFER nb = nb_allocate(pool, Site);
    if (nb) nb_describe(nb, MdlChain, DataOffset, DataLength);
    return nb;
}

PNET_BUFFER WdkAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle, const char *Site) {
    struct ndis_pool *pool = open_pool(PoolHandle, NDIS_OBJECT_NB_POOL, "NdisAllocateNetBufferMdlAndData");
    return pool && pool->data_size > 0 ? nb_allocate(pool, Site) : NULL;
}

VOID WdkFreeNetBuffer(PNET_BUFFER NetBuffer, const char *Site) {
    struct ndis *ndis = nbl_ndis("NdisFreeNetBuffer");
    struct ndis_pool *pool = NetBuffer->NdisPoolHandle;
    if (!ndis_is_pool(ndis, pool, NDIS_OBJECT_NB_POOL)) {
        kernel_violation(ndis->kernel, "nb.foreign", "[D] 2.1", -1, "NdisFreeNetBuffer at %s was given an NB of no NB pool",
                         kernel_site(Site));
        return;
    }
    struct nb_record *record = nb_record_of(NetBuffer);
    if (!record->live) {
        kernel_violation(ndis->kernel, "nb.freed_twice", "[D] 2.1", -1, "nb %u of %s was freed at %s, after it had been freed at %s",
                         record->number, pool->object.name, kernel_site(Site), kernel_site(record->site));
        return;
    }
    if (nb_is_mapped(NetBuffer)) {
        kernel_violation(ndis->kernel, "nbl.freed_under_dma", "[D] 2.7", -1,
                         "nb %u of %s, %u bytes, allocated at %s, was freed while its data is mapped for the device: free the "
                         "scatter/gather list first", record->number, pool->object.name, NetBuffer->DataLength, kernel_site(record->site));
        return;  /* not used again: the mapping still refers to it */
    }
    nb_forget_retreats(ndis, NetBuffer);
    record->live = false;
    record->site = Site;
    record->next_free = pool->free_nbs;
    pool->free_nbs = record;
    nb_hide(NetBuffer);
}

/* ---- The names of the documentation, where the caller does not say who it is. */
PNET_BUFFER (NdisAllocateNetBuffer)(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength) {
    return WdkAllocateNetBuffer(PoolHandle, MdlChain, DataOffset, DataLength, NULL);
}

PNET_BUFFER (NdisAllocateNetBufferMdlAndData)(NDIS_HANDLE PoolHandle) { return WdkAllocateNetBufferMdlAndData(PoolHandle, NULL); }

VOID (NdisFreeNetBuffer)(PNET_BUFFER NetBuffer) { WdkFreeNetBuffer(NetBuffer, NULL); }
