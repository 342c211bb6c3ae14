/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access.h: what measured code does, told while it does it.
 *
 * Code that was compiled with -fsanitize=thread calls a hook before every load and store and at the begin and end of every
 * function. The hooks are those of hooks.c in place of the sanitizer's runtime, and hand each to the one listener; without one they
 * return. Compilers instrument no memcpy() and its kin: measured.h, which measured code is compiled with, does.
 *
 * The heap of measured code is one stretch of addresses, so that a place in it is a number that every run has alike.
 *
 * Global, because a hook has no argument to say whose it is; a process runs one simulation.
 */
#ifndef RINGSIDE_HW_CPU_ACCESS_H
#define RINGSIDE_HW_CPU_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct access_listener {
    void *ctx;
    void (*load)(void *ctx, const void *address, size_t bytes);
    void (*store)(void *ctx, const void *address, size_t bytes);
    void (*locked)(void *ctx);                  /* the access before was part of a locked instruction, or this is a full fence */
    void (*enter)(void *ctx, const void *code); /* an address inside of the function */
    void (*leave)(void *ctx);
};

/* NULL: nobody listens. The listener is referred to. */
void access_listen(const struct access_listener *listener);
/* Does this program hold measured code? */
bool access_is_measured(void);

/* The heap of measured code: as malloc() and its kin. free() and realloc() take what malloc() gave, too. */
void *access_malloc(size_t bytes);
void *access_calloc(size_t count, size_t bytes);
void *access_realloc(void *memory, size_t bytes);
void access_free(void *memory);
/* Its first address, and how many there are; NULL before the first allocation. */
const void *access_heap(size_t *bytes);

#ifdef __cplusplus
}
#endif

#endif
