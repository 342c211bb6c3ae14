/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_poison.h: what of an NBL is nobody's to read.
 *
 * What a miniport left for itself in an NBL that it completed is an address that no machine has. Under AddressSanitizer a free NBL or NB
 * cannot be read or written at all, but for the two members by which NDIS knows it and reports what is done with it.
 */
#ifndef RINGSIDE_NDIS_NBL_POISON_H
#define RINGSIDE_NDIS_NBL_POISON_H

#include "nbl_internal.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define UNCHECKED __attribute__((no_sanitize_address, unused))
static inline void hide(void *from, void *to) { __asan_poison_memory_region(from, (size_t)((PUCHAR)to - (PUCHAR)from)); }
static inline void show(void *from, size_t bytes) { __asan_unpoison_memory_region(from, bytes); }
#else
#define UNCHECKED inline
static inline void hide(void *from, void *to) { (void)from, (void)to; }
static inline void show(void *from, size_t bytes) { (void)from, (void)bytes; }
#endif

/* From the free on, until it is allocated again. */
static inline void nb_hide(PNET_BUFFER nb) {
    hide(nb, &nb->NdisPoolHandle);
    hide(nb->NdisReserved, nb + 1);
}
static inline void nb_show(PNET_BUFFER nb) { show(nb, sizeof(*nb)); }

static inline void nbl_hide(PNET_BUFFER_LIST nbl, PNET_BUFFER nb) {
    hide(nbl, &nbl->NdisPoolHandle);
    hide(nbl->ProtocolReserved, (PUCHAR)nbl + NBL_BYTES);
    if (nb) nb_hide(nb);
}
static inline void nbl_show(PNET_BUFFER_LIST nbl, PNET_BUFFER nb) {
    show(nbl, NBL_BYTES);
    if (nb) nb_show(nb);
}
/* Memory that is no pool's any more. */
static inline void nbl_show_slab(const struct ndis_pool *pool, const struct ndis_slab *slab) {
    show(slab->blocks, slab->count * pool->block_bytes);
}

/* The next of a chain that somebody hands over, whose NBLs may be free: what is wrong with them is said after this. */
static UNCHECKED PNET_BUFFER_LIST nbl_next(const NET_BUFFER_LIST *nbl) { return nbl->Next; }

#endif
