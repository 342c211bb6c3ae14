/* SPDX-License-Identifier: Apache-2.0 */
/* descriptors_nbl.c: NET_BUFFER_LISTs: with one NET_BUFFER each, and one with a NET_BUFFER for each packet. [D] 1, 2 */
#include "descriptors_internal.h"

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
    for (; count > 0; count--) {
        PMDL mdl = descriptors->mdls[descriptors_next_frame(descriptors)];
        PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(descriptors->nbl_pool, 0, 0, mdl, 0, DESCRIPTORS_FRAME);
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

static bool nbl_read(struct descriptors *descriptors, const struct descriptor_batch *batch) {
    for (PNET_BUFFER_LIST nbl = batch->nbl; nbl; nbl = nbl->Next) {
        const NET_BUFFER *nb = nbl->FirstNetBuffer;
        const UCHAR *data = data_of(nb);
        uint32_t flags = 0;
        if (descriptors->work.extra == DESCRIPTOR_CHECKSUM) flags = checksum_flags(nbl);
        if (descriptors->work.extra == DESCRIPTOR_CONTEXT && !keep_context(nbl, data, nb->DataLength)) return false;
        if (descriptors->work.extra == DESCRIPTOR_PARSE) flags = descriptors_parse(data, nb->DataLength);
        descriptors_put(descriptors, data, nb->DataLength, flags);
    }
    return true;
}

/* One that there was no memory for is not there. */
static void drop_context(PNET_BUFFER_LIST nbl) {
    if (nbl->Context) NdisFreeNetBufferListContext(nbl, sizeof(struct descriptor_context));
}

static void nbl_tx_finish(struct descriptors *descriptors, const struct descriptor_batch *batch) {
    UNREFERENCED_PARAMETER(descriptors);
    for (PNET_BUFFER_LIST nbl = batch->nbl, next; nbl; nbl = next) {
        next = nbl->Next;
        drop_context(nbl);
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
        drop_context(nbl);
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
    if (descriptors->work.extra == DESCRIPTOR_CONTEXT && !keep_context(nbl, data_of(nb), nb->DataLength)) return false;
    if (descriptors->work.extra == DESCRIPTOR_PARSE) flags = descriptors_parse(data_of(nb), nb->DataLength);
    for (; nb; nb = nb->Next) descriptors_put(descriptors, data_of(nb), nb->DataLength, flags);
    return true;
}

static void list_tx_finish(struct descriptors *descriptors, const struct descriptor_batch *batch) {
    UNREFERENCED_PARAMETER(descriptors);
    const PNET_BUFFER_LIST nbl = batch->nbl;
    drop_context(nbl);
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

static NDIS_HANDLE make_pool(bool with_nb) {
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1, NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .fAllocateNetBuffer = with_nb,
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
    descriptors->nbl_pool = make_pool(true);
    descriptors->list_pool = make_pool(false);
    descriptors->nb_pool = make_nb_pool();
    descriptors->free_nbls = kernel_allocate(descriptors->kernel, count * sizeof(PNET_BUFFER_LIST), DESCRIPTORS_TAG);
    if (!descriptors->nbl_pool || !descriptors->list_pool || !descriptors->nb_pool || !descriptors->free_nbls) return false;
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
    if (descriptors->list_pool) NdisFreeNetBufferListPool(descriptors->list_pool);
    if (descriptors->nbl_pool) NdisFreeNetBufferListPool(descriptors->nbl_pool);
}
