/* SPDX-License-Identifier: Apache-2.0 */
/* netvio_trace.c: driver functions in the event stream: the software lanes of a waveform. */
#include "netvio_adapter.h"

static void trace(struct netvio_adapter *adapter, enum platform_trace_kind kind, const char *name) {
    const struct platform *platform = adapter->platform;
    if (!platform->ops->trace_enabled(platform->ctx, kind)) return;
    struct platform_trace event = {.kind = kind, .text = name};
    platform->ops->trace(platform->ctx, &event);
}

void netvio_enter(struct netvio_adapter *adapter, const char *name) { trace(adapter, PLATFORM_TRACE_FUNCTION_ENTER, name); }
void netvio_exit(struct netvio_adapter *adapter, const char *name) { trace(adapter, PLATFORM_TRACE_FUNCTION_EXIT, name); }
