/* SPDX-License-Identifier: Apache-2.0 */
/* config_store.c: keys and values, as the host and drivers put them there. */
#include <stdlib.h>

#include "ndis_config.h"

struct ndis_key *ndis_config_key(struct ndis *ndis, const char *driver, const char *adapter) {
    for (struct ndis_key *key = ndis->keys; key; key = key->next)
        if (strcmp(key->driver, driver) == 0 && strcmp(key->adapter, adapter) == 0) return key;
    struct ndis_key *key = calloc(1, sizeof(*key));
    if (!key) return NULL;
    key->driver = ndis_intern(ndis, driver);
    key->adapter = ndis_intern(ndis, adapter);
    key->next = ndis->keys;
    return ndis->keys = key;
}

struct ndis_value *ndis_config_find(struct ndis_key *key, PCUNICODE_STRING keyword) {
    struct ndis_value *value = key->values;
    while (value && !RtlEqualUnicodeString(&value->keyword, keyword, TRUE)) value = value->next;
    return value;
}

static void drop(struct ndis_key *key, struct ndis_value *old) {
    struct ndis_value **link = &key->values;
    while (*link && *link != old) link = &(*link)->next;
    if (*link) *link = old->next;
    free(old);
}

bool ndis_config_put(struct ndis_key *key, PCUNICODE_STRING keyword, bool is_text, NDIS_PARAMETER_TYPE type, ULONG integer, const void *data,
                     size_t bytes) {
    struct ndis_value *value = calloc(1, sizeof(*value) + keyword->Length + bytes);
    if (!value) return false;
    value->keyword = (NDIS_STRING){keyword->Length, keyword->Length, (PWSTR)(PVOID)(value + 1)};
    memcpy(value->keyword.Buffer, keyword->Buffer, keyword->Length);
    value->is_text = is_text;
    value->type = type;
    value->integer = integer;
    value->bytes = bytes;
    value->data = (PUCHAR)(value + 1) + keyword->Length;
    if (bytes) memcpy(value->data, data, bytes);
    struct ndis_value *old = ndis_config_find(key, keyword);
    if (old) drop(key, old);
    value->next = key->values;
    key->values = value;
    return true;
}

NDIS_STATUS ndis_set_parameter(struct ndis *ndis, const char *driver, const char *adapter, const char *keyword, const char *text) {
    WCHAR wide[64];
    const size_t length = strlen(keyword);
    if (length == 0 || length >= RTL_NUMBER_OF(wide)) return NDIS_STATUS_INVALID_PARAMETER;
    for (size_t i = 0; i < length; i++) wide[i] = (WCHAR)(UCHAR)keyword[i];
    const UNICODE_STRING name = {(USHORT)(length * sizeof(WCHAR)), (USHORT)(length * sizeof(WCHAR)), wide};
    struct ndis_key *key = ndis_config_key(ndis, driver, adapter ? adapter : "");
    return key && ndis_config_put(key, &name, true, NdisParameterString, 0, text, strlen(text) + 1) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

void ndis_free_config(struct ndis *ndis) {
    while (ndis->keys) {
        struct ndis_key *key = ndis->keys;
        ndis->keys = key->next;
        while (key->values) drop(key, key->values);
        free(key);
    }
}
