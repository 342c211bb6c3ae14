/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.c: the heap of measured code. Blocks lie behind each other in the order of their allocation, each with its size in front; what was
 * freed is used again, the last first, for the same size. So places depend on the calls and on nothing else of the process.
 *
 * What it takes to get a block and to give it back is told as the few loads and stores that it is.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "access.h"

enum { ALIGNMENT = 16, SIZES = 1024 /* of freed blocks that are kept by size: up to 16 KiB; larger ones are found one by one */ };
static const size_t room = (size_t)4 << 30; /* of addresses: pages are the process's when they are touched */

struct block {
    _Alignas(ALIGNMENT) size_t bytes;
    struct block *next_free;
};

static struct {
    char *base;
    size_t used;
    struct block *free[SIZES + 1];
} heap;

/* The hooks of hooks.c, called by hand. */
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_read8(void *address);
void __tsan_write8(void *address);
void __tsan_write_range(void *address, size_t bytes);

static struct block **list_for(size_t bytes) { return &heap.free[bytes / ALIGNMENT < SIZES ? bytes / ALIGNMENT : SIZES]; }

static bool is_ours(const void *memory) {
    return heap.base && (const char *)memory >= heap.base && (const char *)memory < heap.base + room;
}

static struct block *block_of(void *memory) { return (struct block *)memory - 1; }

/* Where the first free block of that size hangs; *link is NULL when there is none. */
static struct block **find(size_t bytes) {
    struct block **link = list_for(bytes);
    for (;; link = &(*link)->next_free) {
        __tsan_read8(link);
        if (!*link) return link;
        __tsan_read8(&(*link)->bytes);
        if ((*link)->bytes == bytes) return link;
    }
}

static struct block *take(size_t bytes) {
    struct block **link = find(bytes), *block = *link;
    if (block) {
        __tsan_read8(&block->next_free);
        __tsan_write8(link);
        *link = block->next_free;
        return block;
    }
    if (room - heap.used < sizeof(*block) + bytes) return NULL;
    block = (struct block *)(void *)(heap.base + heap.used);
    heap.used += sizeof(*block) + bytes;
    __tsan_write8(&block->bytes);
    block->bytes = bytes;
    return block;
}

static bool is_open(void) {
    if (heap.base) return true;
    void *base = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base != MAP_FAILED) heap.base = base;
    return heap.base != NULL;
}

void *access_malloc(size_t bytes) {
    if (bytes > room || !is_open()) return NULL;
    __tsan_func_entry(NULL);
    struct block *block = take((bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    __tsan_func_exit();
    return block ? block + 1 : NULL;
}

void *access_calloc(size_t count, size_t bytes) {
    if (bytes && count > room / bytes) return NULL;
    void *memory = access_malloc(count * bytes);
    if (!memory || count * bytes == 0) return memory;
    __tsan_write_range(memory, count * bytes);
    return memset(memory, 0, count * bytes);
}

void *access_realloc(void *memory, size_t bytes) {
    if (memory && !is_ours(memory)) return realloc(memory, bytes);
    void *moved = access_malloc(bytes);
    if (moved && memory) {
        const size_t had = block_of(memory)->bytes;
        memcpy(moved, memory, had < bytes ? had : bytes);
        access_free(memory);
    }
    return moved;
}

void access_free(void *memory) {
    if (!memory) return;
    if (!is_ours(memory)) {
        free(memory);
        return;
    }
    struct block *block = block_of(memory);
    struct block **list = list_for(block->bytes);
    __tsan_func_entry(NULL);
    __tsan_read8(&block->bytes);
    __tsan_read8(list);
    __tsan_write8(&block->next_free);
    __tsan_write8(list);
    block->next_free = *list;
    *list = block;
    __tsan_func_exit();
}

const void *access_heap(size_t *bytes) {
    *bytes = room;
    return heap.base;
}
