/* SPDX-License-Identifier: Apache-2.0 */
/* descriptors_nbl.c: NET_BUFFER_LISTs: with one NET_BUFFER each, and one with a NET_BUFFER for each packet. [D] 1, 2 */
#include "descriptors_internal.h"
#include "fwpsk.h"

/* Where the data of an NB starts: the chase from the NBL by its NB and MDL to an address. */
static const UCHAR *data_of(const NET_BUFFER *nb) {
    PUCHAR va = MmGetSystemAddressForMdlSafe(nb->CurrentMdl, NormalPagePriority | MdlMappingNoExecute);
    return va ? va + nb->CurrentMdlOffset : NULL;
}

static PVOID checksum_slot(void) {
    const NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info = {.Transmit = {.IsIPv4 = 1, .TcpChecksum = 1}};
    return info.Value;
}

static uint32_t checksum_flags(const NET_BUFFER_LIST *nbl) {
    const NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info = {.Value = nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo]};
    return info.Transmit.TcpChecksum ? DESCRIPTORS_CHECKSUM_FLAG : 0;
}

static bool nbl_tx_describe(struct descriptors *descriptors, unsigned count, struct descriptor_batch *batch) {
    PNET_BUFFER_LIST *link = &batch->nbl;
    const NDIS_HANDLE pool = descriptors->work.extra == DESCRIPTOR_ROOM ? descriptors->room_pool : descriptors->nbl_pool;
    for (; count > 0; count--) {
        PMDL mdl = descriptors->mdls[descriptors_next_frame(descriptors)];
        PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 0, DESCRIPTORS_FRAME);
        if (!nbl) return false;
        if (descriptors->work.extra == DESCRIPTOR_CHECKSUM) nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo] = checksum_slot();
        *link = nbl;
        link = &nbl->Next;
    }
    *link = NULL;
    return true;
}

static bool keep_context(PNET_BUFFER_LIST nbl, const void *data, ULONG length) {
    if (NdisAllocateNetBufferListContext(nbl, sizeof(struct descriptor_context), 0, DESCRIPTORS_TAG) != NDIS_STATUS_SUCCESS) return false;
    struct descriptor_context *context = (struct descriptor_context *)(void *)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl);
    *context = (struct descriptor_context){{(uint64_t)(ULONG_PTR)data, length, 0}};
    return true;
}

/* A layer of the filtering platform for each. */
static bool keep_tags(const struct descriptors *descriptors, PNET_BUFFER_LIST nbl, const void *data) {
    for (unsigned i = 0; i < descriptors->work.tags; i++)
        if (!NT_SUCCESS(FwpsNetBufferListAssociateContext0(nbl, 0, (UINT64)(ULONG_PTR)data, descriptors->tags[i], NULL, NULL, NULL, 0)))
            return false;
    return true;
}

static bool keep(const struct descriptors *descriptors, PNET_BUFFER_LIST nbl, const void *data, ULONG length) {
    return descriptors->work.extra == DESCRIPTOR_TAG ? keep_tags(descriptors, nbl, data) : keep_context(nbl, data, length);
}

/* Asked of every packet: a comparison, and no call for those that keep nothing. */
static inline bool keeps(const struct descriptors *descriptors) {
    const enum descriptor_extra extra = descriptors->work.extra;
    return extra == DESCRIPTOR_CONTEXT || extra == DESCRIPTOR_ROOM || extra == DESCRIPTOR_TAG;
}

static bool nbl_read(struct descriptors *descriptors, const struct descriptor_batch *batch) {
    for (PNET_BUFFER_LIST nbl = batch->nbl; nbl; nbl = nbl->Next) {
        const NET_BUFFER *nb = nbl->FirstNetBuffer;
        const UCHAR *data = data_of(nb);
        uint32_t flags = 0;
        if (descriptors->work.extra == DESCRIPTOR_CHECKSUM) flags = checksum_flags(nbl);
        if (keeps(descriptors) && !keep(descriptors, nbl, data, nb->DataLength)) return false;
        if (descriptors->work.extra == DESCRIPTOR_PARSE) flags = descriptors_parse(data, nb->DataLength);
        descriptors_put(descriptors, data, nb->DataLength, flags);
    }
    return true;
}

/* What there was no memory for is not there. */
static inline void drop(const struct descriptors *descriptors, PNET_BUFFER_LIST nbl) {
    UINT64 found;
    if (!keeps(descriptors)) return;
    if (nbl->Context) NdisFreeNetBufferListContext(nbl, sizeof(struct descriptor_context));
    if (descriptors->work.extra != DESCRIPTOR_TAG) return;
    for (unsigned i = 0; i < descriptors->work.tags; i++)
        (void)FwpsNetBufferListRetrieveContext0(nbl, descriptors->tags[i], TRUE, 0, &found);
}

static void nbl_tx_finish(struct descriptors *descriptors, const struct descriptor_batch *batch) {
    for (PNET_BUFFER_LIST nbl = batch->nbl, next; nbl; nbl = next) {
        next = nbl->Next;
        drop(descriptors, nbl);
        NdisFreeNetBufferList(nbl);
    }
}

static bool nbl_rx_describe(struct descriptors *descriptors, unsigned count, struct descriptor_batch *batch) {
    PNET_BUFFER_LIST *link = &batch->nbl;
    for (; count > 0; count--) {
        PNET_BUFFER_LIST nbl = descriptors->free_nbls[--descriptors->free_nbl_count];
        nbl->FirstNetBuffer->DataLength = DESCRIPTORS_FRAME;
        nbl->Status = NDIS_STATUS_SUCCESS;
        if (descriptors->work.extra == DESCRIPTOR_CHECKSUM) nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo] = checksum_slot();
        *link = nbl;
        link = &nbl->Next;
    }
    *link = NULL;
    return true;
}

static void nbl_rx_finish(struct descriptors *descriptors, const struct descriptor_batch *batch) {
    for (PNET_BUFFER_LIST nbl = batch->nbl; nbl; nbl = nbl->Next) {
        drop(descriptors, nbl);
        descriptors->free_nbls[descriptors->free_nbl_count++] = nbl;
    }
}

/* ---- One NBL: what is said of it is said once. */
static bool list_tx_describe(struct descriptors *descriptors, unsigned count, struct descriptor_batch *batch) {
    PNET_BUFFER_LIST nbl = batch->nbl = NdisAllocateNetBufferList(descriptors->list_pool, 0, 0);
    if (!nbl) return false;
    if (descriptors->work.extra == DESCRIPTOR_CHECKSUM) nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo] = checksum_slot();
    PNET_BUFFER *link = &nbl->FirstNetBuffer;
    for (; count > 0; count--) {
        PMDL mdl = descriptors->mdls[descriptors_next_frame(descriptors)];
        *link = NdisAllocateNetBuffer(descriptors->nb_pool, mdl, 0, DESCRIPTORS_FRAME);
        if (!*link) return false;
        link = &(*link)->Next;
    }
    return true;
}

static bool list_read(struct descriptors *descriptors, const struct descriptor_batch *batch) {
    const PNET_BUFFER_LIST nbl = batch->nbl;
    const NET_BUFFER *nb = nbl->FirstNetBuffer;
    uint32_t flags = 0;
    if (descriptors->work.extra == DESCRIPTOR_CHECKSUM) flags = checksum_flags(nbl);
    if (keeps(descriptors) && !keep(descriptors, nbl, data_of(nb), nb->DataLength)) return false;
    if (descriptors->work.extra == DESCRIPTOR_PARSE) flags = descriptors_parse(data_of(nb), nb->DataLength);
    for (; nb; nb = nb->Next) descriptors_put(descriptors, data_of(nb), nb->DataLength, flags);
    return true;
}

static void list_tx_finish(struct descriptors *descriptors, const struct descriptor_batch *batch) {
    const PNET_BUFFER_LIST nbl = batch->nbl;
    drop(descriptors, nbl);
    for (PNET_BUFFER nb = nbl->FirstNetBuffer, next; nb; nb = next) {
        next = nb->Next;
        NdisFreeNetBuffer(nb);
    }
    nbl->FirstNetBuffer = NULL;
    NdisFreeNetBufferList(nbl);
}

const struct descriptor_steps descriptors_nbl_tx = {nbl_tx_describe, nbl_read, nbl_tx_finish};
const struct descriptor_steps descriptors_nbl_rx = {nbl_rx_describe, nbl_read, nbl_rx_finish};
const struct descriptor_steps descriptors_list_tx = {list_tx_describe, list_read, list_tx_finish};

/* With room for so many bytes of context. */
static NDIS_HANDLE make_pool(bool with_nb, USHORT room) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1, NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .fAllocateNetBuffer = with_nb,
        .ContextSize = room,
        .PoolTag = DESCRIPTORS_TAG};
    return NdisAllocateNetBufferListPool(NULL, &parameters);
}

static NDIS_HANDLE make_nb_pool(void) {
    NET_BUFFER_POOL_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1, NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1},
        .PoolTag = DESCRIPTORS_TAG};
    return NdisAllocateNetBufferPool(NULL, &parameters);
}

bool descriptors_nbl_create(struct descriptors *descriptors) {
    const unsigned count = descriptors->outstanding;
    enum { ALIGNED = MEMORY_ALLOCATION_ALIGNMENT - 1 };
    descriptors->nbl_pool = make_pool(true, 0);
    descriptors->list_pool = make_pool(false, 0);
    descriptors->room_pool = make_pool(true, (sizeof(struct descriptor_context) + ALIGNED) & ~(unsigned)ALIGNED);
    descriptors->nb_pool = make_nb_pool();
    descriptors->free_nbls = kernel_allocate(descriptors->kernel, count * sizeof(PNET_BUFFER_LIST), DESCRIPTORS_TAG);
    if (!descriptors->nbl_pool || !descriptors->list_pool || !descriptors->room_pool || !descriptors->nb_pool || !descriptors->free_nbls)
        return false;
    for (unsigned i = 0; i < DESCRIPTORS_TAGS_MOST; i++) descriptors->tags[i] = FwpsNetBufferListGetTagForContext0();
    for (unsigned i = 0; i < count; i++) {
        PNET_BUFFER_LIST nbl =
            NdisAllocateNetBufferAndNetBufferList(descriptors->nbl_pool, 0, 0, descriptors->mdls[i], 0, DESCRIPTORS_FRAME);
        if (!nbl) return false;
        descriptors->free_nbls[descriptors->free_nbl_count++] = nbl;
    }
    return true;
}

void descriptors_nbl_destroy(struct descriptors *descriptors) {
    while (descriptors->free_nbl_count) NdisFreeNetBufferList(descriptors->free_nbls[--descriptors->free_nbl_count]);
    kernel_free(descriptors->free_nbls);
    if (descriptors->nb_pool) NdisFreeNetBufferPool(descriptors->nb_pool);
    if (descriptors->room_pool) NdisFreeNetBufferListPool(descriptors->room_pool);
    if (descriptors->list_pool) NdisFreeNetBufferListPool(descriptors->list_pool);
    if (descriptors->nbl_pool) NdisFreeNetBufferListPool(descriptors->nbl_pool);
}
