/* SPDX-License-Identifier: Apache-2.0 */
/* winmeta.h: levels of event tracing by their newer names; it is off (TraceLoggingProvider.h). */
#ifndef RINGSIDE_WINMETA_H
#define RINGSIDE_WINMETA_H

#define WINEVENT_LEVEL_LOG_ALWAYS 0
#define WINEVENT_LEVEL_CRITICAL 1
#define WINEVENT_LEVEL_ERROR 2
#define WINEVENT_LEVEL_WARNING 3
#define WINEVENT_LEVEL_INFO 4
#define WINEVENT_LEVEL_VERBOSE 5

#endif
