/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture_filter.h: a filter that shows every frame which passes it to the host, and changes nothing.
 *
 * It is loaded once with a struct capture_filter as its argument; each of its modules, at whatever layer, is an interface of the capture.
 */
#ifndef RINGSIDE_CAPTURE_FILTER_H
#define RINGSIDE_CAPTURE_FILTER_H

#include "ndis.h"
#include "traffic.h"

#ifdef __cplusplus
extern "C" {
#endif

struct capture_filter {
    struct traffic_capture_sink sink;
    NDIS_HANDLE driver;  /* the filter's own */
};

DRIVER_INITIALIZE capture_filter_driver_entry;

#ifdef __cplusplus
}
#endif

#endif
