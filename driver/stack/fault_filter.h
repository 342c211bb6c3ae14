/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault_filter.h: a filter that passes everything on, but for one send: that it loses or misuses in one of the ways that filters do.
 *
 * For tests of the checks, not to be copied. It is loaded with a struct fault_filter as its argument.
 */
#ifndef RINGSIDE_FAULT_FILTER_H
#define RINGSIDE_FAULT_FILTER_H

#include "ndis.h"

#ifdef __cplusplus
extern "C" {
#endif

enum fault_filter_kind {
    FAULT_FILTER_HOLDS,     /* neither passes the NBL on nor completes it */
    FAULT_FILTER_COMPLETES, /* passes the NBL on, and completes it at once too */
    FAULT_FILTER_CLONES     /* sends a clone, and frees neither it nor completes the NBL when that comes back */
};

struct fault_filter {
    enum fault_filter_kind kind;
    uint64_t packet;    /* any of the NBL that meets it */
    BOOLEAN done;        /* the filter's own, as is the rest */
    NDIS_HANDLE driver;
};

DRIVER_INITIALIZE fault_filter_driver_entry;

#ifdef __cplusplus
}
#endif

#endif
