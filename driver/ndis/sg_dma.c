/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sg_dma.c: scatter/gather lists: the MDLs of an NB, mapped for the device. [D] 2.7
 *
 * The list covers the memory from the start of CurrentMdl, CurrentMdlOffset bytes before the used data ("documented mode"). An element
 * is a run that is contiguous on the bus, also across MDLs. The mapping lives until the list is freed; a record behind it remembers
 * the segments exactly as the machine gave them, and hangs on the NB so that freeing the NB meanwhile is noticed. Records and their
 * arrays are used again: no packet costs an allocation once the arrays have grown. The handler runs inside the call, or from a DPC when
 * the host wants that: both are documented.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "nbl_internal.h"
#include "platform_uncharged.h"

struct ndis_dma {
    struct ndis_object object;
    struct ndis_adapter *adapter;
    MINIPORT_PROCESS_SG_LIST_HANDLER process;
    ULONG largest;
    uint64_t live;
};

struct ndis_sg {
    struct ndis_sg *next;      /* free list, or the next one of the same NB */
    struct ndis_sg *next_all;
    struct ndis_dma *dma;
    PNET_BUFFER nb;        /* NULL when the record is free */
    PMDL first;
    unsigned mdls;         /* pinned from `first` on */
    unsigned count, room;  /* segments */
    struct platform_dma_segment *segments;
    PSCATTER_GATHER_LIST own_list;  /* when the driver gave no room */
    size_t own_bytes;
    struct ndis_sg *next_deferred;
    PSCATTER_GATHER_LIST deferred_list;
    PVOID context;         /* of the handler, when it was deferred */
};

void ndis_free_sgs(struct ndis *ndis) {
    if (ndis->sg_dpc.DeferredRoutine) (void)KeRemoveQueueDpc(&ndis->sg_dpc);
    while (ndis->all_sgs) {
        struct ndis_sg *sg = ndis->all_sgs;
        ndis->all_sgs = sg->next_all;
        free(sg->segments);
        free(sg->own_list);
        free(sg);
    }
}

/* Pages of the largest frame at the worst alignment, each MDL boundary costing one more: an upper bound for what drivers keep ready. */
static ULONG list_bytes(ULONG largest) {
    return (ULONG)(sizeof(SCATTER_GATHER_LIST) + (largest / PAGE_SIZE + 2) * sizeof(SCATTER_GATHER_ELEMENT));
}

NDIS_STATUS NdisMRegisterScatterGatherDma(NDIS_HANDLE MiniportAdapterHandle, PNDIS_SG_DMA_DESCRIPTION DmaDescription,
                                          PNDIS_HANDLE NdisMiniportDmaHandle) {
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (!adapter) return NDIS_STATUS_INVALID_PARAMETER;
    if (DmaDescription->Header.Size < NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1) return NDIS_STATUS_BAD_VERSION;
    if (!(adapter->attribute_flags & NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER)) return NDIS_STATUS_NOT_SUPPORTED;
    struct ndis_dma *dma = calloc(1, sizeof(*dma));
    if (!dma) return NDIS_STATUS_RESOURCES;
    dma->object = (struct ndis_object){.type = NDIS_OBJECT_DMA, .ndis = adapter->object.ndis, .name = adapter->object.name};
    dma->adapter = adapter;
    dma->process = DmaDescription->ProcessSGListHandler;
    dma->largest = DmaDescription->MaximumPhysicalMapping;
    DmaDescription->ScatterGatherListSize = list_bytes(dma->largest);
    adapter->dmas_registered++;
    *NdisMiniportDmaHandle = dma;
    return NDIS_STATUS_SUCCESS;
}

static struct ndis_sg *sg_take(struct ndis_dma *dma, PNET_BUFFER nb) {
    struct ndis *ndis = dma->object.ndis;
    struct ndis_sg *sg = ndis->free_sgs;
    if (sg) {
        ndis->free_sgs = sg->next;
    } else {
        sg = calloc(1, sizeof(*sg));
        if (!sg) return NULL;
        sg->next_all = ndis->all_sgs;
        ndis->all_sgs = sg;
    }
    sg->dma = dma;
    sg->nb = nb;
    sg->first = nb->CurrentMdl;
    sg->mdls = sg->count = 0;
    return sg;
}

static void sg_put(struct ndis *ndis, struct ndis_sg *sg) {
    sg->nb = NULL;
    sg->next = ndis->free_sgs;
    ndis->free_sgs = sg;
}

static bool grow(struct ndis_sg *sg) {
    unsigned room = sg->room ? sg->room * 2 : 16;
    struct platform_dma_segment *segments = realloc(sg->segments, room * sizeof(*segments));
    if (!segments) return false;
    sg->segments = segments;
    sg->room = room;
    return true;
}

static void unmap(struct ndis_sg *sg) {
    const struct platform *platform = sg->dma->adapter->platform;
    if (sg->count) platform->ops->dma_unmap(platform->ctx, sg->segments, sg->count);
    PMDL mdl = sg->first;
    for (unsigned i = 0; i < sg->mdls; i++) {
        PMDL next = mdl->Next;
        kernel_mdl_pin(mdl, -1);
        mdl = next;
    }
    sg->count = sg->mdls = 0;
}

/* ---- Handlers that run later */
static VOID run_deferred(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    struct ndis *ndis = context;
    (void)dpc;
    (void)argument1;
    (void)argument2;
    while (ndis->deferred_sgs) {
        struct ndis_sg *sg = ndis->deferred_sgs;
        ndis->deferred_sgs = sg->next_deferred;
        sg->dma->process(NULL, NULL, sg->deferred_list, sg->context);
    }
}

void ndis_defer_sg_lists(struct ndis *ndis, unsigned every) {
    if (!ndis->sg_dpc.DeferredRoutine) KeInitializeDpc(&ndis->sg_dpc, run_deferred, ndis);
    ndis->defer_every = every;
    ndis->sg_lists = 0;
}

static void defer(struct ndis *ndis, struct ndis_sg *sg, PSCATTER_GATHER_LIST list, PVOID context) {
    struct ndis_sg **link = &ndis->deferred_sgs;
    while (*link) link = &(*link)->next_deferred;
    sg->next_deferred = NULL;
    sg->deferred_list = list;
    sg->context = context;
    *link = sg;
    (void)KeInsertQueueDpc(&ndis->sg_dpc, NULL, NULL);
}

static void forget_deferred(struct ndis *ndis, const struct ndis_dma *dma) {
    for (struct ndis_sg **link = &ndis->deferred_sgs; *link;) {
        if ((*link)->dma == dma) *link = (*link)->next_deferred;
        else link = &(*link)->next_deferred;
    }
}

/* The channel is gone, and with it the device's access: what a lost packet still maps is unmapped after the report. */
VOID NdisMDeregisterScatterGatherDma(NDIS_HANDLE NdisMiniportDmaHandle) {
    struct ndis_dma *dma = ndis_object_of(NdisMiniportDmaHandle, NDIS_OBJECT_DMA, __func__);
    if (!dma) return;
    struct ndis *ndis = dma->object.ndis;
    dma->adapter->dmas_registered--;
    if (dma->live > 0)
        kernel_violation(ndis->kernel, "dma.leaked", "[D] 2.7", -1, "%s deregistered its DMA channel with %llu lists not freed",
                         dma->object.name, (unsigned long long)dma->live);
    forget_deferred(ndis, dma);
    for (struct ndis_sg *sg = ndis->all_sgs; sg; sg = sg->next_all) {
        if (!sg->nb || sg->dma != dma) continue;
        sg->nb->NdisReserved[0] = NULL;
        unmap(sg);
        sg_put(ndis, sg);
    }
    free(dma);
}

/* Maps one run of memory, whatever number of segments it takes. */
static NDIS_STATUS map_run(struct ndis_sg *sg, const void *va, ULONG length, enum platform_dma_direction direction, const char *owner) {
    const struct platform *platform = sg->dma->adapter->platform;
    unsigned most = ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, length);  /* no run can need more: beyond it, -ENOSPC is the machine's limit */
    for (;;) {
        if (sg->room - sg->count < most && !grow(sg)) return NDIS_STATUS_RESOURCES;
        if (sg->room - sg->count < most) continue;
        int made = platform->ops->dma_map(platform->ctx, va, length, direction, owner, sg->segments + sg->count, sg->room - sg->count);
        if (made > 0) {
            sg->count += (unsigned)made;
            return NDIS_STATUS_SUCCESS;
        }
        if (made == -EFAULT)
            kernel_violation(sg->dma->object.ndis->kernel, "dma.foreign_memory", "[D] 2.7", -1,
                             "an MDL of %s describes memory that is not the machine's", owner);
        return made == -EFAULT ? NDIS_STATUS_FAILURE : NDIS_STATUS_RESOURCES;
    }
}

static NDIS_STATUS map_chain(struct ndis_sg *sg, bool to_device, const char *owner) {
    uint64_t left = (uint64_t)sg->nb->CurrentMdlOffset + sg->nb->DataLength;
    for (PMDL mdl = sg->first; mdl && left > 0; mdl = mdl->Next) {
        ULONG length = mdl->ByteCount < left ? mdl->ByteCount : (ULONG)left;
        if (length > 0) {
            NDIS_STATUS status = map_run(sg, MmGetMdlVirtualAddress(mdl), length,
                                         to_device ? PLATFORM_DMA_TO_DEVICE : PLATFORM_DMA_FROM_DEVICE, owner);
            if (status != NDIS_STATUS_SUCCESS) return status;
        }
        kernel_mdl_pin(mdl, 1);
        sg->mdls++;
        left -= length;
    }
    return NDIS_STATUS_SUCCESS;
}

/* Elements from segments: neighbours on the bus become one. Counts only when list is NULL. */
static ULONG merge(const struct ndis_sg *sg, PSCATTER_GATHER_LIST list) {
    ULONG elements = 0;
    uint64_t end = 0;
    for (unsigned i = 0; i < sg->count; i++) {
        const struct platform_dma_segment *segment = &sg->segments[i];
        if (elements > 0 && segment->iova == end) {
            if (list) list->Elements[elements - 1].Length += segment->length;
        } else {
            if (list)
                list->Elements[elements] =
                    (SCATTER_GATHER_ELEMENT){.Address.QuadPart = (LONGLONG)segment->iova, .Length = segment->length};
            elements++;
        }
        end = segment->iova + segment->length;
    }
    return elements;
}

/* The list in the driver's buffer if it fits there, else in the record's own memory. */
static PSCATTER_GATHER_LIST make_list(struct ndis_sg *sg, PVOID buffer, ULONG buffer_size) {
    ULONG elements = merge(sg, NULL);
    size_t bytes = sizeof(SCATTER_GATHER_LIST) + elements * sizeof(SCATTER_GATHER_ELEMENT);
    PSCATTER_GATHER_LIST list = buffer;
    if (!buffer || buffer_size < bytes) {
        if (sg->own_bytes < bytes) {
            free(sg->own_list);
            sg->own_list = malloc(bytes);
            sg->own_bytes = sg->own_list ? bytes : 0;
        }
        list = sg->own_list;
    }
    if (!list) return NULL;
    list->NumberOfElements = elements;
    list->Reserved = (ULONG_PTR)sg;
    (void)merge(sg, list);
    return list;
}

/* Append a literal or a decimal number, and return the end. Not snprintf(): this runs for every packet, and would cost a tenth of it. */
#define put_text(to, literal) ((char *)memcpy((to), (literal), sizeof(literal) - 1) + sizeof(literal) - 1)

static PLATFORM_UNCHARGED char *put_number(char *to, int64_t value) {
    char digits[20];
    unsigned count = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (value < 0) *to++ = '-';
    do digits[count++] = (char)('0' + rest % 10);
    while (rest /= 10);
    while (count) *to++ = digits[--count];
    return to;
}

PLATFORM_UNCHARGED void ndis_nb_name(PNET_BUFFER nb, char text[NDIS_NB_NAME]) {
    const struct nbl_record *record = nbl_record_of_nb(nb);
    char *end = text;
    if (record) {
        end = put_number(put_text(end, "nbl "), record->number);
        end = put_number(put_text(end, " packet "), record->packet);
    } else {
        end = put_number(put_text(end, "nb of "), nb->DataLength);
        end = put_text(end, " bytes");
    }
    *end = '\0';
}

static void check_level(struct ndis *ndis, const char *function) {
    if (KeGetCurrentIrql() != DISPATCH_LEVEL)
        kernel_violation(ndis->kernel, "kernel.irql", "[D] 2.7", -1, "%s at IRQL %u, must be DISPATCH_LEVEL", function, KeGetCurrentIrql());
}

NDIS_STATUS NdisMAllocateNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PNET_BUFFER NetBuffer, PVOID Context, ULONG Flags,
                                         PVOID ScatterGatherListBuffer, ULONG ScatterGatherListBufferSize) {
    struct ndis_dma *dma = ndis_object_of(NdisMiniportDmaHandle, NDIS_OBJECT_DMA, __func__);
    if (!dma) return NDIS_STATUS_FAILURE;
    struct ndis *ndis = dma->object.ndis;
    check_level(ndis, __func__);
    struct ndis_sg *sg = sg_take(dma, NetBuffer);
    if (!sg) return NDIS_STATUS_RESOURCES;
    char owner[NDIS_NB_NAME];
    ndis_nb_name(NetBuffer, owner);
    NDIS_STATUS status = map_chain(sg, (Flags & NDIS_SG_LIST_WRITE_TO_DEVICE) != 0, owner);
    PSCATTER_GATHER_LIST list = NULL;
    if (status == NDIS_STATUS_SUCCESS) {
        list = make_list(sg, ScatterGatherListBuffer, ScatterGatherListBufferSize);
        if (!list) status = NDIS_STATUS_RESOURCES;
    }
    if (status != NDIS_STATUS_SUCCESS) {
        unmap(sg);
        sg_put(ndis, sg);
        return status;
    }
    sg->next = NetBuffer->NdisReserved[0];
    NetBuffer->NdisReserved[0] = sg;
    dma->live++;
    if (ndis->defer_every && ++ndis->sg_lists % ndis->defer_every == 0) defer(ndis, sg, list, Context);
    else dma->process(NULL, NULL, list, Context);
    return NDIS_STATUS_SUCCESS;
}

/* What is mapped by a framework of drivers has no list of NDIS's. */
static struct ndis_sg elsewhere;

void ndis_nb_set_mapped(PNET_BUFFER nb, bool mapped) {
    if (mapped && !nb->NdisReserved[0]) nb->NdisReserved[0] = &elsewhere;
    else if (!mapped && nb->NdisReserved[0] == &elsewhere) nb->NdisReserved[0] = NULL;
}

bool ndis_nb_is_mapped(const NET_BUFFER *nb) { return nb_is_mapped(nb); }

VOID NdisMFreeNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PSCATTER_GATHER_LIST ScatterGatherList, PNET_BUFFER NetBuffer) {
    struct ndis_dma *dma = ndis_object_of(NdisMiniportDmaHandle, NDIS_OBJECT_DMA, __func__);
    if (!dma) return;
    struct ndis *ndis = dma->object.ndis;
    check_level(ndis, __func__);
    struct ndis_sg *sg = (struct ndis_sg *)ScatterGatherList->Reserved;
    struct ndis_sg *at = NetBuffer->NdisReserved[0], *before = NULL;
    while (at && at != sg) {
        before = at;
        at = at->next;
    }
    if (!at) {
        kernel_violation(ndis->kernel, "dma.foreign_list", "[D] 2.7", -1, "%s freed a scatter/gather list that is not of this NB, or twice",
                         dma->object.name);
        return;
    }
    if (before) before->next = sg->next;
    else NetBuffer->NdisReserved[0] = sg->next;
    dma->live--;
    unmap(sg);
    sg_put(ndis, sg);
}
