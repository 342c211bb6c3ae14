/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vlan_filter.h: a filter that makes what is above it a station of one VLAN: sends get an 802.1Q tag, receives of that VLAN lose it, and
 * receives of others go no further.
 *
 * It is loaded once for each VLAN, with a struct vlan_filter as its argument.
 */
#ifndef RINGSIDE_VLAN_FILTER_H
#define RINGSIDE_VLAN_FILTER_H

#include "ndis.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { VLAN_TAG_BYTES = 4, VLAN_ID_MOST = 4094 };

struct vlan_filter {
    unsigned id;         /* 1 to VLAN_ID_MOST */
    NDIS_HANDLE driver;  /* the filter's own */
};

DRIVER_INITIALIZE vlan_filter_driver_entry;

#ifdef __cplusplus
}
#endif

#endif
