/* SPDX-License-Identifier: Apache-2.0 */
/* ndis_config.h: the store behind ndis/configuration.h: keys of drivers, and of their adapters, with values by keyword. */
#ifndef RINGSIDE_NDIS_CONFIG_H
#define RINGSIDE_NDIS_CONFIG_H

#include "ndis_internal.h"

/* A value as it was given: text from the host, or what a driver wrote. */
struct ndis_value {
    struct ndis_value *next;
    NDIS_STRING keyword;
    bool is_text;              /* the host's: read as whatever type is asked for */
    NDIS_PARAMETER_TYPE type;  /* of what a driver wrote */
    ULONG integer;
    size_t bytes;              /* of the data behind this structure */
    void *data;
};

struct ndis_key {
    struct ndis_key *next;
    const char *driver, *adapter;  /* interned; adapter "" is the driver's own key */
    struct ndis_value *values;
};

/* The key, made if it is not there; NULL without memory. */
struct ndis_key *ndis_config_key(struct ndis *ndis, const char *driver, const char *adapter);
struct ndis_value *ndis_config_find(struct ndis_key *key, PCUNICODE_STRING keyword);
/* Adds or replaces. False without memory. */
bool ndis_config_put(struct ndis_key *key, PCUNICODE_STRING keyword, bool is_text, NDIS_PARAMETER_TYPE type, ULONG integer, const void *data,
                     size_t bytes);

/* config_value.c: *parameter, with room for its data behind it, in memory that the caller frees with kernel_free. NULL: it is not of that
 * type, or there is no memory. */
PNDIS_CONFIGURATION_PARAMETER ndis_config_convert(struct ndis *ndis, const struct ndis_value *value, NDIS_PARAMETER_TYPE type);

#endif
