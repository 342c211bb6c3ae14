/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TraceLoggingProvider.h: event tracing, which is off: what a driver would trace is compiled away, with all its arguments.
 *
 * A provider is a name that TraceLoggingWrite ignores.
 */
#ifndef RINGSIDE_TRACELOGGINGPROVIDER_H
#define RINGSIDE_TRACELOGGINGPROVIDER_H

#include "ntdef.h"

typedef const void *TraceLoggingHProvider;
#define TRACELOGGING_DECLARE_PROVIDER(provider) extern const TraceLoggingHProvider provider
#define TRACELOGGING_DEFINE_PROVIDER(provider, ...) const TraceLoggingHProvider provider = NULL
#define TraceLoggingRegister(provider) ((void)(provider), STATUS_SUCCESS)
#define TraceLoggingUnregister(provider) ((void)(provider))
#define TraceLoggingProviderEnabled(provider, level, keyword) FALSE
#define TraceLoggingWrite(provider, name, ...) ((void)0)
#define TraceLoggingWriteActivity(provider, name, ...) ((void)0)
#define TraceLoggingOptionGroup(...)

#endif
