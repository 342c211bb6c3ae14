/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_ledger.h: what the checks remember of one NBL: where it came from, how it looked when it was handed over, who stacked what on it.
 *
 * Only what a hand-over touches is written, so that a packet pays for the drivers that it passes and for no more.
 */
#ifndef RINGSIDE_NDIS_NBL_LEDGER_H
#define RINGSIDE_NDIS_NBL_LEDGER_H

#include <stdint.h>

#include "ndis.h"

struct nbl_record;

enum { NBL_EDGES = 16, NBL_PUSHES = 8 };  /* drivers of a stack; what lies deeper is counted, not checked */

enum nbl_kind { NBL_PLAIN, NBL_CLONE, NBL_FRAGMENT, NBL_REASSEMBLED };

/* An NBL as it was handed over: so it has to look when it comes back. [D] 2.2, 2.4, 2.6 */
struct nbl_edge {
    _Alignas(64) const char *from; /* who handed it over: a name that lives as long as NDIS */
    PNET_BUFFER first;           /* and where its data starts: */
    PMDL chain;
    ULONG offset, length;
    uint64_t others;             /* the same of the other NBs, mixed; 0 when there is one NB */
    PNET_BUFFER_LIST parent;
    LONG children;               /* ChildRefCount, kept by drivers */
    uint32_t pushes;
};

struct nbl_push {
    const char *site;
    USHORT size;
};

struct nbl_ledger {
    struct nbl_edge edge[NBL_EDGES];
    struct nbl_push pushed[NBL_PUSHES];
    uint32_t derived_at[NBL_EDGES + 1]; /* see `derived`: those, by how many hand-overs it was out on then */
    /* Derived from another NBL, and how it must be freed. */
    enum nbl_kind kind;
    ULONG argument;              /* clone flags, or DataOffsetDelta */
    uint32_t parent_uses, parent_edges;
    struct nbl_record *parent;
    uint32_t uses;               /* lives that ended with NBLs derived from it: tells theirs from the next */
    uint32_t edges;              /* hand-overs that it is out on */
    uint32_t pushes;             /* contexts that drivers have pushed and not popped */
    uint32_t derived;            /* NBLs derived from this one that are alive */
    struct nbl_tag *tags;        /* contexts by tag, the newest first */
};

#endif
