/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_memory.c: memory of the system's for a queue's buffers, each from the start of a page. With DMA it is one run on the bus and mapped for
 * the device as long as it lives: what is in it is ready for the device as it is.
 *
 * Windows rounds a buffer up to whole pages. Here the machine does that, which has a guard behind each block: a buffer that were rounded up before
 * would take a page more for it, and a write into the rest of its last page would go unseen.
 */
#include "netcx_internal.h"

NTSTATUS netcx_reach_init(struct netcx_reach *reach, const NET_ADAPTER_DMA_CAPABILITIES *caps) {
    *reach = (struct netcx_reach){.highest = UINT64_MAX};
    if (!caps) return STATUS_SUCCESS;
    reach->dma = wdf_dma_enabler_of(caps->DmaEnabler);
    if (!reach->dma) return STATUS_INVALID_PARAMETER;
    const uint64_t limit = (uint64_t)caps->MaximumPhysicalAddress.QuadPart;
    reach->highest = wdf_dma_highest(reach->dma);
    if (limit && limit < reach->highest) reach->highest = limit;
    return STATUS_SUCCESS;
}

PUCHAR netcx_memory_allocate(struct netcx_queue *queue, const struct netcx_reach *reach, ULONG bytes, const char *name, uint64_t *la) {
    const struct platform *machine = queue->object.machine;
    *la = 0;
    if (!reach->dma) return machine->ops->memory_allocate(machine->ctx, bytes, PAGE_SIZE, name);
    PUCHAR va = machine->ops->dma_allocate_coherent(machine->ctx, bytes, PAGE_SIZE, name, la);
    if (!va || (*la <= reach->highest && bytes - 1 <= reach->highest - *la)) return va;
    netcx_violation(queue->adapter->device, "netcx.dma_limit",
                    "a %s is at bus address 0x%llx, and the adapter reaches 0x%llx: the machine has no lower ones; give the adapter a higher "
                    "MaximumPhysicalAddress, or its DMA enabler more address bits",
                    name, (unsigned long long)*la, (unsigned long long)reach->highest);
    netcx_memory_free(queue, reach, va);
    return NULL;
}

void netcx_memory_free(struct netcx_queue *queue, const struct netcx_reach *reach, PUCHAR va) {
    const struct platform *machine = queue->object.machine;
    if (!va) return;
    if (reach->dma) machine->ops->dma_free_coherent(machine->ctx, va);
    else machine->ops->memory_free(machine->ctx, va);
}
