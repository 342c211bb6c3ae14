/* SPDX-License-Identifier: Apache-2.0 */
/* nbl_list.h: NBLs in the order in which they were put into a list. */
#ifndef RINGSIDE_NBL_LIST_H
#define RINGSIDE_NBL_LIST_H

#include "ndis.h"

/* All zeros: empty. */
struct nbl_list {
    PNET_BUFFER_LIST first, *tail;
    ULONG count;
};

/* Behind the others, and out of whatever chain it was in. */
static inline VOID nbl_list_append(struct nbl_list *list, PNET_BUFFER_LIST nbl) {
    if (!list->first) list->tail = &list->first;
    *list->tail = nbl;
    list->tail = &NET_BUFFER_LIST_NEXT_NBL(nbl);
    NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
    list->count++;
}

#endif
