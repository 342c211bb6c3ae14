/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_list.c: lists of NBLs, in order. */
#include "netcx_internal.h"

void netcx_nbls_append(struct netcx_nbls *list, PNET_BUFFER_LIST nbl) {
    nbl->Next = NULL;
    if (list->tail) list->tail->Next = nbl;
    else list->head = nbl;
    list->tail = nbl;
}

PNET_BUFFER_LIST netcx_nbls_pop(struct netcx_nbls *list) {
    PNET_BUFFER_LIST nbl = list->head;
    if (!nbl) return NULL;
    list->head = nbl->Next;
    if (!list->head) list->tail = NULL;
    nbl->Next = NULL;
    return nbl;
}
