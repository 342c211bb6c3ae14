/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.c: tagged pool memory, one platform allocation each, so that the machine sees a block freed under a DMA mapping.
 *
 * The block's header lies in front of it. Blocks of a page or more start on a page, as in Windows, and pay a page for the header.
 */
#include "kernel_internal.h"

struct kernel_pool_block {
    struct kernel_pool_block *next, *previous;
    struct kernel *kernel;
    void *base;  /* what the platform gave */
    size_t size;
    ULONG tag;
    bool internal;  /* of the kernel or NDIS: tags of ExFreePoolWithTag do not apply */
};

enum { HEADER_BYTES = 64 };
C_ASSERT(sizeof(struct kernel_pool_block) <= HEADER_BYTES);

static struct kernel_pool_block *block_of(void *memory) {
    return (struct kernel_pool_block *)(void *)((PUCHAR)memory - HEADER_BYTES);
}

static void *pool_allocate(struct kernel *kernel, size_t size, ULONG tag, bool internal) {
    size_t front = size >= PAGE_SIZE ? PAGE_SIZE : HEADER_BYTES;
    size_t alignment = size >= PAGE_SIZE ? PAGE_SIZE : MEMORY_ALLOCATION_ALIGNMENT;
    PUCHAR base = kernel->real->ops->memory_allocate(kernel->real->ctx, front + size, alignment, "pool");
    if (!base) return NULL;
    struct kernel_pool_block *block = block_of(base + front);
    *block = (struct kernel_pool_block){
        .next = kernel->pool_blocks, .kernel = kernel, .base = base, .size = size, .tag = tag, .internal = internal};
    if (block->next) block->next->previous = block;
    kernel->pool_blocks = block;
    kernel->pool_live++;
    kernel->pool_bytes += size;
    return base + front;
}

static void pool_free(struct kernel_pool_block *block) {
    struct kernel *kernel = block->kernel;
    if (block->previous) block->previous->next = block->next;
    else kernel->pool_blocks = block->next;
    if (block->next) block->next->previous = block->previous;
    kernel->pool_live--;
    kernel->pool_bytes -= block->size;
    kernel->real->ops->memory_free(kernel->real->ctx, block->base);
}

void *kernel_allocate(struct kernel *kernel, size_t size, ULONG tag) { return pool_allocate(kernel, size, tag, true); }

void kernel_free(void *memory) {
    if (memory) pool_free(block_of(memory));
}

/* Tags are four characters, first one lowest; what does not print becomes a dot. */
static void tag_text(ULONG tag, char text[5]) {
    for (unsigned i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)(tag >> (8 * i));
        text[i] = c >= 0x20 && c < 0x7F ? (char)c : '.';
    }
    text[4] = '\0';
}

void kernel_free_pool(struct kernel *kernel) {
    while (kernel->pool_blocks) {
        ULONG tag = kernel->pool_blocks->tag;
        uint64_t count = 0, bytes = 0;
        for (struct kernel_pool_block *block = kernel->pool_blocks, *next; block; block = next) {
            next = block->next;
            if (block->tag != tag) continue;
            count++;
            bytes += block->size;
            pool_free(block);
        }
        char text[5];
        tag_text(tag, text);
        kernel_violation(kernel, "pool.leaked", "[D] 2.1", -1, "%llu blocks of pool memory with tag '%s', %llu bytes, were never freed",
                         (unsigned long long)count, text, (unsigned long long)bytes);
    }
}

static PVOID driver_allocate(const char *function, SIZE_T bytes, ULONG tag) {
    struct kernel *kernel = kernel_require_context(function)->kernel;
    if (kernel_fault_due(&kernel->fail_allocation)) return NULL;
    return pool_allocate(kernel, bytes ? bytes : 1, tag, false);
}

PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
    (void)PoolType;
    return driver_allocate(__func__, NumberOfBytes, Tag);
}

PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag) {
    (void)Flags;
    return driver_allocate(__func__, NumberOfBytes, Tag);
}

VOID ExFreePoolWithTag(PVOID P, ULONG Tag) {
    if (!P) return;
    struct kernel_pool_block *block = block_of(P);
    if (Tag != 0 && !block->internal && Tag != block->tag) {
        char is[5], given[5];
        tag_text(block->tag, is);
        tag_text(Tag, given);
        kernel_violation(block->kernel, "pool.tag", "[D] 2.1", -1, "pool memory allocated with tag '%s' was freed with tag '%s'", is, given);
    }
    pool_free(block);
}

VOID ExFreePool(PVOID P) { ExFreePoolWithTag(P, 0); }
