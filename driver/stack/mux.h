/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mux.h: an intermediate driver: several virtual adapters, each with a MAC address of its own, over one adapter.
 *
 * It is loaded with a struct mux as its argument, binds to whatever adapter the host binds it to (one), and makes `adapters` virtual ones
 * called PREFIX0, PREFIX1, ... The first has the address of the adapter below, the others that address counted up and made local.
 */
#ifndef RINGSIDE_MUX_H
#define RINGSIDE_MUX_H

#include "ndis.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MUX_MOST = 16 };

struct mux {
    unsigned adapters;   /* 1 to MUX_MOST */
    const char *prefix;  /* of their names; at most 16 characters */
    /* the driver's own */
    NDIS_HANDLE miniport, protocol;
    struct mux_binding *binding;
};

DRIVER_INITIALIZE mux_driver_entry;

#ifdef __cplusplus
}
#endif

#endif
