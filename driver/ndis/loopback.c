/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loopback.c: what one binding sends, heard by others, over a NIC that does not loop back itself. [D] 2.9
 *
 * Bindings that are promiscuous or want ALL_LOCAL hear the sends of the others; with CHECK_FOR_LOOPBACK everybody hears them who would
 * receive them, the sender too. They get a copy with NDIS_RECEIVE_FLAGS_RESOURCES, so that the send itself goes its way undelayed.
 */
#include <stdlib.h>

#include "ndis_path.h"

static struct ndis_pool *pool_of(struct ndis *ndis) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .fAllocateNetBuffer = TRUE, .PoolTag = 0x706F6F4C /* 'Loop' */};
    if (!ndis->loopback_pool) ndis->loopback_pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    return ndis->loopback_pool;
}

/* One frame, contiguous, in memory of its own. NULL without memory: a loopback may be missed, a send not. */
static PNET_BUFFER_LIST copy_frame(struct ndis *ndis, PNET_BUFFER nb, PNET_BUFFER_LIST sent) {
    PUCHAR memory = nb->DataLength ? kernel_allocate(ndis->kernel, nb->DataLength, 0x706F6F4C) : NULL;
    struct ndis_pool *pool = pool_of(ndis);
    PMDL mdl = memory ? IoAllocateMdl(memory, nb->DataLength, FALSE, FALSE, NULL) : NULL;
    if (mdl) MmBuildMdlForNonPagedPool(mdl);
    PNET_BUFFER_LIST nbl = mdl && pool ? NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 0, nb->DataLength) : NULL;
    PVOID data = nbl ? NdisGetDataBuffer(nb, nb->DataLength, memory, 1, 0) : NULL;
    if (data) {
        if (data != memory) memcpy(memory, data, nb->DataLength);
        NdisSetNblFlag(nbl, NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET);
        nbl->NetBufferListInfo[Ieee8021QNetBufferListInfo] = sent->NetBufferListInfo[Ieee8021QNetBufferListInfo];
        return nbl;
    }
    if (nbl) NdisFreeNetBufferList(nbl);
    if (mdl) IoFreeMdl(mdl);
    kernel_free(memory);
    return NULL;
}

static void free_frame(PNET_BUFFER_LIST nbl) {
    PMDL mdl = nbl->FirstNetBuffer->MdlChain;
    PVOID memory = MmGetMdlVirtualAddress(mdl);
    NdisFreeNetBufferList(nbl);
    IoFreeMdl(mdl);
    kernel_free(memory);
}

static bool hears(const struct ndis_binding *binding, const struct ndis_binding *sender, bool checked, PNET_BUFFER nb,
                  struct frame_header *header) {
    const bool curious = (binding->packet_filter & (NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_ALL_LOCAL)) != 0;
    if (checked) return path_wants(binding, nb, header);
    if (binding == sender || !curious) return false;
    return (binding->packet_filter & NDIS_PACKET_TYPE_ALL_LOCAL) ? binding->open && binding->layer.state == NDIS_STATE_RUNNING
                                                                 : path_wants(binding, nb, header);
}

static void loop_frame(struct ndis_binding *sender, PNET_BUFFER_LIST sent, PNET_BUFFER nb, bool checked) {
    struct ndis_adapter *adapter = sender->adapter;
    struct frame_header header = {0};
    PNET_BUFFER_LIST copy = NULL;
    for (struct ndis_binding *binding = adapter->bindings; binding; binding = binding->next) {
        if (!hears(binding, sender, checked, nb, &header)) continue;
        if (!copy) copy = copy_frame(adapter->object.ndis, nb, sent);
        if (!copy) return;
        copy->SourceHandle = adapter;
        flight_begin(nbl_record_of(copy), &adapter->layer, NBL_INDICATED);
        path_lend(&adapter->layer, &binding->layer, copy, NDIS_DEFAULT_PORT_NUMBER, 1, 0);
        flight_end(nbl_record_of(copy));
    }
    if (copy) free_frame(copy);
}

void path_loop_back(struct ndis_binding *sender, PNET_BUFFER_LIST chain, ULONG flags) {
    const bool checked = (flags & NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK) != 0;
    if (sender->layer.state != NDIS_STATE_RUNNING) return;
    for (PNET_BUFFER_LIST nbl = chain; nbl; nbl = nbl->Next)
        for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next) loop_frame(sender, nbl, nb, checked);
}

void ndis_free_loopback(struct ndis *ndis) {
    if (ndis->loopback_pool) NdisFreeNetBufferListPool(ndis->loopback_pool);
    ndis->loopback_pool = NULL;
}
