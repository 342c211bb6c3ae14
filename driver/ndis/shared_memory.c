/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shared_memory.c: memory that driver and device share, with its bus addresses in a scatter/gather list. [D] NdisAllocateSharedMemory
 *
 * Without the flag CONTIGOUS it is not contiguous on the bus: a driver that takes the first element for all of it is found.
 */
#include <stdlib.h>

#include "ndis_internal.h"

struct ndis_shared_memory {
    struct ndis_object object;
    struct ndis_adapter *adapter;
    void *memory;
    bool contiguous;
    unsigned count;
    struct ndis_shared_memory *next;
    struct platform_dma_segment segments[];
};

static struct ndis_adapter *adapter_of(NDIS_HANDLE handle) {
    const struct ndis_object *object = handle;
    if (!object) return NULL;
    if (object->type == NDIS_OBJECT_BINDING) return ((struct ndis_binding *)handle)->adapter;
    return object->type == NDIS_OBJECT_ADAPTER ? handle : NULL;
}

static bool is_sound(const NDIS_SHARED_MEMORY_PARAMETERS *parameters) {
    return parameters->Header.Size >= NDIS_SIZEOF_SHARED_MEMORY_PARAMETERS_REVISION_1 && parameters->Length > 0 &&
           parameters->SGListBuffer && parameters->Usage > NdisSharedMemoryUsageUndefined && parameters->Usage < NdisSharedMemoryUsageMax;
}

static NDIS_STATUS allocate(struct ndis_shared_memory *shared, ULONG length, unsigned most) {
    const struct platform *platform = shared->adapter->platform;
    const char *name = shared->object.name;
    if (shared->contiguous) {
        shared->segments[0].length = length;
        shared->count = 1;
        shared->memory = platform->ops->dma_allocate_coherent(platform->ctx, length, PAGE_SIZE, UINT64_MAX, name, &shared->segments[0].iova);
        return shared->memory ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
    }
    shared->memory = platform->ops->memory_allocate(platform->ctx, length, PAGE_SIZE, name);
    if (!shared->memory) return NDIS_STATUS_RESOURCES;
    const int count = platform->ops->dma_map(platform->ctx, shared->memory, length, PLATFORM_DMA_BOTH, name, shared->segments, most);
    if (count <= 0) {
        platform->ops->memory_free(platform->ctx, shared->memory);
        return NDIS_STATUS_RESOURCES;
    }
    shared->count = (unsigned)count;
    return NDIS_STATUS_SUCCESS;
}

static void describe(PSCATTER_GATHER_LIST list, const struct ndis_shared_memory *shared) {
    list->NumberOfElements = shared->count;
    list->Reserved = 0;
    for (unsigned i = 0; i < shared->count; i++)
        list->Elements[i] = (SCATTER_GATHER_ELEMENT){.Address.QuadPart = (LONGLONG)shared->segments[i].iova,
                                                     .Length = shared->segments[i].length};
}

NDIS_STATUS NdisAllocateSharedMemory(NDIS_HANDLE NdisHandle, PNDIS_SHARED_MEMORY_PARAMETERS SharedMemoryParameters,
                                     PNDIS_HANDLE pAllocationHandle) {
    PNDIS_SHARED_MEMORY_PARAMETERS parameters = SharedMemoryParameters;
    struct ndis_adapter *adapter = adapter_of(NdisHandle);
    *pAllocationHandle = NULL;
    if (!adapter || !is_sound(parameters)) return NDIS_STATUS_INVALID_PARAMETER;
    ndis_require_passive(adapter->object.ndis, __func__);
    const bool contiguous = (parameters->Flags & NDIS_SHARED_MEM_PARAMETERS_CONTIGOUS) != 0;
    const unsigned most = contiguous ? 1 : (unsigned)BYTES_TO_PAGES(parameters->Length);
    const size_t list_bytes = sizeof(SCATTER_GATHER_LIST) + most * sizeof(SCATTER_GATHER_ELEMENT);
    if (parameters->SGListBufferLength < list_bytes) return NDIS_STATUS_INVALID_PARAMETER;
    struct ndis_shared_memory *shared = calloc(1, sizeof(*shared) + most * sizeof(shared->segments[0]));
    if (!shared) return NDIS_STATUS_RESOURCES;
    shared->object = (struct ndis_object){.type = NDIS_OBJECT_SHARED_MEMORY, .ndis = adapter->object.ndis, .name = adapter->object.name};
    shared->adapter = adapter;
    shared->contiguous = contiguous;
    const NDIS_STATUS status = allocate(shared, parameters->Length, most);
    if (status != NDIS_STATUS_SUCCESS) {
        free(shared);
        return status;
    }
    shared->next = adapter->shared_memory;
    adapter->shared_memory = shared;
    describe(parameters->SGListBuffer, shared);
    parameters->VirtualAddress = shared->memory;
    *pAllocationHandle = parameters->SharedMemoryHandle = shared;
    return NDIS_STATUS_SUCCESS;
}

static void release(struct ndis_shared_memory *shared) {
    const struct platform *platform = shared->adapter->platform;
    struct ndis_shared_memory **link = &shared->adapter->shared_memory;
    while (*link && *link != shared) link = &(*link)->next;
    if (*link) *link = shared->next;
    if (shared->contiguous) {
        platform->ops->dma_free_coherent(platform->ctx, shared->memory);
    } else {
        platform->ops->dma_unmap(platform->ctx, shared->segments, shared->count);
        platform->ops->memory_free(platform->ctx, shared->memory);
    }
    shared->object.type = (enum ndis_object_type)0;
    free(shared);
}

VOID NdisFreeSharedMemory(NDIS_HANDLE NdisHandle, NDIS_HANDLE AllocationHandle) {
    UNREFERENCED_PARAMETER(NdisHandle);
    struct ndis_shared_memory *shared = ndis_object_of(AllocationHandle, NDIS_OBJECT_SHARED_MEMORY, __func__);
    if (!shared) return;
    ndis_require_passive(shared->object.ndis, __func__);
    release(shared);
}

unsigned ndis_end_shared_memory(struct ndis_adapter *adapter) {
    unsigned count = 0;
    for (; adapter->shared_memory; count++) release(adapter->shared_memory);
    return count;
}
