/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_memory.c: memory, bus addresses and mappings of the fake platform.
 *
 * A bus address is generation << 34 | scrambled slot << 12 | offset in page. The generation counts the laps over the slots, so that an
 * address that was unmapped is not valid again soon, and neighbouring pages of one buffer are far apart on the bus. Coherent memory lives
 * below the first of them, contiguous: where a device that reaches less than all has what the system keeps for it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_internal.h"

enum { GENERATION_BIT = 34 };
static const uint64_t coherent_base = UINT64_C(1) << 20, mapped_base = UINT64_C(1) << GENERATION_BIT;

/* Index of the first allocation whose base is above va. */
static unsigned allocation_above(const struct fake_platform *fake, const uint8_t *va) {
    unsigned low = 0, high = fake->allocation_count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (fake->allocations[middle]->base <= va)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct fake_allocation *allocation_of(const struct fake_platform *fake, const void *va, size_t length) {
    unsigned above = allocation_above(fake, va);
    if (!above) return NULL;
    struct fake_allocation *allocation = fake->allocations[above - 1];
    size_t offset = (size_t)((const uint8_t *)va - allocation->base);
    return !allocation->freed && offset <= allocation->size && length <= allocation->size - offset ? allocation : NULL;
}

static void *aligned_zeroed(size_t size, size_t alignment) {
    void *memory = NULL;
    if (alignment < sizeof(void *)) alignment = sizeof(void *);
    if (posix_memalign(&memory, alignment, size ? size : 1)) return NULL;
    memset(memory, 0, size);
    return memory;
}

static void *memory_allocate(void *ctx, size_t size, size_t alignment, const char *site) {
    struct fake_platform *fake = ctx;
    if (++fake->allocation_calls == fake->config.fail_allocation) return NULL;
    struct fake_allocation *allocation = calloc(1, sizeof(*allocation));
    if (!allocation) return NULL;
    *allocation = (struct fake_allocation){.base = aligned_zeroed(size, alignment), .size = size, .site = site};
    if (!allocation->base) {
        free(allocation);
        return NULL;
    }
    fake->allocations = fake_grow(fake->allocations, fake->allocation_count, &fake->allocation_space, sizeof(void *));
    unsigned at = allocation_above(fake, allocation->base);
    memmove(&fake->allocations[at + 1], &fake->allocations[at], (fake->allocation_count - at) * sizeof(void *));
    fake->allocations[at] = allocation;
    fake->allocation_count++;
    return allocation->base;
}

static void allocation_drop(struct fake_platform *fake, struct fake_allocation *allocation) {
    unsigned at = allocation_above(fake, allocation->base) - 1;
    fake->allocation_count--;
    memmove(&fake->allocations[at], &fake->allocations[at + 1], (fake->allocation_count - at) * sizeof(void *));
    free(allocation->base);
    free(allocation);
}

static void memory_free(void *ctx, void *memory) {
    struct fake_platform *fake = ctx;
    if (!memory) return;
    struct fake_allocation *allocation = allocation_of(fake, memory, 0);
    if (!allocation || allocation->base != memory) {
        fake_violate(fake, "memory.bad_free", "ours", -1, "%p is not the start of a live allocation", memory);
        return;
    }
    if (!allocation->mapped) {
        allocation_drop(fake, allocation);
        return;
    }
    fake_violate(fake, "dma.freed_while_mapped", "ours", -1, "memory of %s was freed with %u pages mapped for DMA", allocation->site,
                 allocation->mapped);
    allocation->freed = true;
}

/* A permutation of the 16-bit slot numbers and its inverse: swap the bytes of slot xor key. */
static uint64_t swap_bytes(uint64_t value) { return (value >> 8 | value << 8) & (FAKE_SLOTS - 1); }
static uint64_t scramble(const struct fake_platform *fake, uint64_t slot) {
    return swap_bytes((slot ^ fake->config.seed * 0x9E37u) & (FAKE_SLOTS - 1));
}
static uint64_t unscramble(const struct fake_platform *fake, uint64_t page) {
    return (swap_bytes(page & (FAKE_SLOTS - 1)) ^ fake->config.seed * 0x9E37u) & (FAKE_SLOTS - 1);
}

static struct fake_mapping *mapping_new(struct fake_platform *fake, uint64_t *iova_page) {
    if (fake->mapping_live == FAKE_SLOTS) return NULL;
    uint32_t slot;
    do slot = fake->mapping_next++ % FAKE_SLOTS;
    while (fake->mappings[slot].host);
    uint64_t generation = fake->mapping_next / FAKE_SLOTS + 1;
    *iova_page = generation << GENERATION_BIT | scramble(fake, slot) << 12;
    return &fake->mappings[slot];
}

static struct fake_mapping *mapping_of(const struct fake_platform *fake, uint64_t iova) {
    struct fake_mapping *mapping = &fake->mappings[unscramble(fake, iova >> 12)];
    return mapping->host && mapping->iova >> 12 == iova >> 12 ? mapping : NULL;
}

static int dma_map(void *ctx, const void *va, size_t length, enum platform_dma_direction direction, const char *owner,
                   struct platform_dma_segment *segments, unsigned max_segments) {
    struct fake_platform *fake = ctx;
    struct fake_allocation *allocation = allocation_of(fake, va, length);
    if (!allocation || !length) return -EFAULT;
    if (++fake->map_calls == fake->config.fail_mapping) return -ENOSPC;
    uintptr_t start = (uintptr_t)va, end = start + length;
    unsigned count = (unsigned)((end - 1) / FAKE_PAGE - start / FAKE_PAGE) + 1;
    if (count > max_segments || fake->mapping_live + count > FAKE_SLOTS) return -ENOSPC;
    for (unsigned i = 0; i < count; i++) {
        uintptr_t stop = (start / FAKE_PAGE + 1) * FAKE_PAGE;
        if (stop > end) stop = end;
        uint64_t page = 0;
        struct fake_mapping *mapping = mapping_new(fake, &page);
        mapping->host = (uint8_t *)start;
        mapping->iova = page + start % FAKE_PAGE;
        mapping->length = (uint32_t)(stop - start);
        mapping->direction = (uint8_t)direction;
        mapping->allocation = allocation;
        snprintf(mapping->owner, sizeof(mapping->owner), "%s", owner);
        segments[i] = (struct platform_dma_segment){mapping->iova, mapping->length};
        start = stop;
    }
    allocation->mapped += count;
    fake->mapping_live += count;
    return (int)count;
}

static void dma_unmap(void *ctx, const struct platform_dma_segment *segments, unsigned count) {
    struct fake_platform *fake = ctx;
    for (unsigned i = 0; i < count; i++) {
        struct fake_mapping *mapping = mapping_of(fake, segments[i].iova);
        if (!mapping || mapping->iova != segments[i].iova || mapping->length != segments[i].length) {
            fake_violate(fake, "dma.bad_unmap", "ours", -1, "no mapping of %u bytes at bus address 0x%llx", segments[i].length,
                         (unsigned long long)segments[i].iova);
            continue;
        }
        struct fake_allocation *allocation = mapping->allocation;
        mapping->host = NULL;
        fake->mapping_live--;
        if (--allocation->mapped == 0 && allocation->freed) allocation_drop(fake, allocation);
    }
}

static void *dma_allocate_coherent(void *ctx, size_t size, size_t alignment, const char *owner, uint64_t *iova) {
    struct fake_platform *fake = ctx;
    (void)owner;
    if (++fake->allocation_calls == fake->config.fail_allocation) return NULL;
    size_t step = alignment > FAKE_PAGE ? alignment : FAKE_PAGE;
    struct fake_coherent coherent = {.host = aligned_zeroed(size, alignment), .size = size};
    if (!coherent.host) return NULL;
    coherent.iova = coherent_base + (fake->coherent_next + step - 1) / step * step;
    /* A gap behind each block: an overrun by the device is an error, not the next block. */
    fake->coherent_next = coherent.iova - coherent_base + size + FAKE_PAGE;
    fake->coherent = fake_grow(fake->coherent, fake->coherent_count, &fake->coherent_space, sizeof(coherent));
    fake->coherent[fake->coherent_count++] = coherent;
    *iova = coherent.iova;
    return coherent.host;
}

static void dma_free_coherent(void *ctx, void *memory) {
    struct fake_platform *fake = ctx;
    if (!memory) return;
    for (unsigned i = fake->coherent_count; i-- > 0;) {
        if (fake->coherent[i].host != memory) continue;
        fake->coherent_count--;
        memmove(&fake->coherent[i], &fake->coherent[i + 1], (fake->coherent_count - i) * sizeof(fake->coherent[0]));
        free(memory);
        return;
    }
    fake_violate(fake, "memory.bad_free", "ours", -1, "%p is not coherent memory", memory);
}

static uint8_t *translate_coherent(const struct fake_platform *fake, uint64_t iova, size_t length) {
    unsigned low = 0, high = fake->coherent_count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (fake->coherent[middle].iova <= iova)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low) return NULL;
    const struct fake_coherent *coherent = &fake->coherent[low - 1];
    return iova + length <= coherent->iova + coherent->size ? coherent->host + (iova - coherent->iova) : NULL;
}

/* Host address of [iova, iova + *length), *length cut at the end of the mapping. NULL: not mapped. */
static uint8_t *translate(const struct fake_platform *fake, uint64_t iova, size_t *length, unsigned direction) {
    if (iova < mapped_base) return translate_coherent(fake, iova, *length);
    const struct fake_mapping *mapping = mapping_of(fake, iova);
    if (!mapping || iova < mapping->iova || iova >= mapping->iova + mapping->length || !(mapping->direction & direction)) return NULL;
    size_t left = (size_t)(mapping->iova + mapping->length - iova);
    if (*length > left) *length = left;
    return mapping->host + (iova - mapping->iova);
}

static bool dma(struct fake_platform *fake, uint64_t iova, uint8_t *to, const uint8_t *from, size_t length) {
    while (length) {
        size_t run = length;
        uint8_t *host = translate(fake, iova, &run, from ? PLATFORM_DMA_FROM_DEVICE : PLATFORM_DMA_TO_DEVICE);
        if (!host) {
            fake_violate(fake, "dma.unmapped", "ours", -1, "device %s of %zu bytes at bus address 0x%llx is outside any mapping",
                         from ? "write" : "read", length, (unsigned long long)iova);
            return false;
        }
        memcpy(from ? host : to, from ? from : host, run);
        if (from)
            from += run;
        else
            to += run;
        iova += run;
        length -= run;
    }
    return true;
}

bool fake_platform_dma_read(struct fake_platform *fake, uint64_t iova, void *to, size_t length) {
    return dma(fake, iova, to, NULL, length);
}

bool fake_platform_dma_write(struct fake_platform *fake, uint64_t iova, const void *from, size_t length) {
    return dma(fake, iova, NULL, from, length);
}

void fake_memory_ops(struct platform_ops *ops) {
    ops->memory_allocate = memory_allocate;
    ops->memory_free = memory_free;
    ops->dma_map = dma_map;
    ops->dma_unmap = dma_unmap;
    ops->dma_allocate_coherent = dma_allocate_coherent;
    ops->dma_free_coherent = dma_free_coherent;
}

void fake_memory_init(struct fake_platform *fake) {
    fake->mappings = calloc(FAKE_SLOTS, sizeof(*fake->mappings));
    if (!fake->mappings) abort();
}

unsigned fake_memory_free_all(struct fake_platform *fake) {
    unsigned live = fake->mapping_live + fake->allocation_count;
    live += fake->coherent_count;
    while (fake->coherent_count) free(fake->coherent[--fake->coherent_count].host);
    free(fake->coherent);
    while (fake->allocation_count) allocation_drop(fake, fake->allocations[fake->allocation_count - 1]);
    free(fake->allocations);
    free(fake->mappings);
    return live;
}

unsigned fake_platform_live_allocations(const struct fake_platform *fake) { return fake->allocation_count; }
unsigned fake_platform_live_mappings(const struct fake_platform *fake) { return fake->mapping_live; }
size_t fake_platform_coherent_bytes(const struct fake_platform *fake) {
    size_t bytes = 0;
    for (unsigned i = 0; i < fake->coherent_count; i++) bytes += fake->coherent[i].size;
    return bytes;
}
