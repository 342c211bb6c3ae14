/* SPDX-License-Identifier: Apache-2.0 */
/* restart.h: what a stack is told when it restarts, and what its drivers change of it on the way up. [D] 1.6, 2.10, 3.6 */
#ifndef RINGSIDE_NDIS_RESTART_H
#define RINGSIDE_NDIS_RESTART_H

#include "ndis_internal.h"

enum { NDIS_RESTART_NAMES = 1024 };  /* UTF-16 units for the names of all filter modules of an adapter */

/* One entry, the general attributes of the miniport. NULL without memory. Drivers may add entries from pool memory behind it. */
PNDIS_RESTART_ATTRIBUTES ndis_restart_attributes(const struct ndis_adapter *adapter);
void ndis_restart_free(PNDIS_RESTART_ATTRIBUTES attributes);
/* Notes what the drivers made of the general attributes: what protocols are told from now on. */
void ndis_restart_take_over(struct ndis_adapter *adapter, const NDIS_RESTART_ATTRIBUTES *attributes);
/* {length in bytes, text} of each filter module from the top; returns the bytes. Names that do not fit are left out. */
ULONG ndis_restart_names(const struct ndis_adapter *adapter, WCHAR names[NDIS_RESTART_NAMES]);

#endif
