/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_registry.c: the parameters of drivers, a line each, to NDIS. */
#include <stdio.h>

#include "traffic_internal.h"

/* "driver/Keyword=value" or "driver/adapter/Keyword=value", taken apart in place. */
static NDIS_STATUS set(struct traffic *traffic, char *line) {
    char *value = strchr(line, '='), *slash = strchr(line, '/');
    if (!value || !slash || slash > value) {
        snprintf(traffic->problem, sizeof(traffic->problem),
                 "driver parameter '%s': expected driver/Keyword=value or driver/adapter/Keyword=value", line);
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    *value++ = *slash++ = '\0';
    char *keyword = strchr(slash, '/');
    if (keyword) *keyword++ = '\0';
    return ndis_set_parameter(traffic->ndis, line, keyword ? slash : NULL, keyword ? keyword : slash, value);
}

NDIS_STATUS traffic_registry_load(struct traffic *traffic) {
    char line[512];
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    for (const char *at = traffic->config.registry ? traffic->config.registry : ""; *at && status == NDIS_STATUS_SUCCESS;) {
        const size_t length = strcspn(at, "\n");
        if (length >= sizeof(line)) {
            snprintf(traffic->problem, sizeof(traffic->problem), "a driver parameter is longer than %zu characters: %.40s...", sizeof(line) - 1, at);
            return NDIS_STATUS_INVALID_PARAMETER;
        }
        memcpy(line, at, length);
        line[length] = '\0';
        if (length > 0) status = set(traffic, line);
        at += length + (at[length] == '\n');
    }
    return status;
}
