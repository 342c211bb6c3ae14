/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_guard.h: NBLs in pages of their own, out of reach: who touches one is asked whether it is his. For drivers from files (driver/sdk).
 *
 * An access faults, and the fault knows the instruction. Where that is code of a driver's module, the NBL must be with that driver, by the
 * books that NDIS keeps anyway; if not, reads and writes alike are reported as "nbl.touched", with their place, and go on. The page is then
 * open until other code may run: NDIS calls a driver or is back from it, another thread, DPC or interrupt goes on. What the program itself
 * does is not asked after: neither NDIS, nor drivers that are linked into it, nor the library's memcpy() on behalf of a driver.
 */
#ifndef RINGSIDE_NDIS_NBL_GUARD_H
#define RINGSIDE_NDIS_NBL_GUARD_H

#include "ndis_host.h"

struct ndis_pool;
struct ndis_slab;

/* A block of so many bytes takes so many when all of it but the record in front has pages of its own; and where the first block of a slab
 * is then, in memory that starts on a page. */
size_t guard_block_bytes(size_t bytes);
size_t guard_first_block(void);
/* A slab of a guarded pool begins: its members are out of reach. And ends: its memory is as any other's again. */
void guard_slab(const struct ndis_pool *pool, const struct ndis_slab *slab);
void guard_forget_slab(const struct ndis_pool *pool, const struct ndis_slab *slab);

/* Other code may run: what is open is out of reach again. */
void guard_close(void *ndis);
void guard_free(struct ndis *ndis);
/* The module, or program, in which a driver is. */
const void *guard_code_of(DRIVER_INITIALIZE *entry);

#endif
