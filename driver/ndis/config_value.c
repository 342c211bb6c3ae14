/* SPDX-License-Identifier: Apache-2.0 */
/* config_value.c: a value of the configuration as the type that a driver asks for. [D] 3.8, NdisReadConfiguration */
#include <errno.h>
#include <stdlib.h>

#include "ndis_config.h"

enum { CONFIG_TAG = 0x6E6F4344 /* "DCon" */ };

static PNDIS_CONFIGURATION_PARAMETER make(struct ndis *ndis, NDIS_PARAMETER_TYPE type, size_t bytes) {
    PNDIS_CONFIGURATION_PARAMETER parameter = kernel_allocate(ndis->kernel, sizeof(*parameter) + bytes, CONFIG_TAG);
    if (parameter) parameter->ParameterType = type;
    return parameter;
}

static PNDIS_CONFIGURATION_PARAMETER make_integer(struct ndis *ndis, NDIS_PARAMETER_TYPE type, ULONG value) {
    PNDIS_CONFIGURATION_PARAMETER parameter = make(ndis, type, 0);
    if (parameter) parameter->ParameterData.IntegerData = value;
    return parameter;
}

/* UTF-16 of so many characters, and a NUL that does not count. */
static PNDIS_CONFIGURATION_PARAMETER make_string(struct ndis *ndis, NDIS_PARAMETER_TYPE type, const char *text, size_t length) {
    PNDIS_CONFIGURATION_PARAMETER parameter = make(ndis, type, (length + 1) * sizeof(WCHAR));
    if (!parameter) return NULL;
    PWSTR to = (PWSTR)(PVOID)(parameter + 1);
    for (size_t i = 0; i < length; i++) to[i] = (WCHAR)(UCHAR)text[i];
    parameter->ParameterData.StringData =
        (NDIS_STRING){(USHORT)(length * sizeof(WCHAR)), (USHORT)((length + 1) * sizeof(WCHAR)), to};
    return parameter;
}

/* "a, b" becomes "a\0b\0\0"; Length counts all of it. */
static PNDIS_CONFIGURATION_PARAMETER make_multi(struct ndis *ndis, const char *text) {
    const size_t length = strlen(text);
    PNDIS_CONFIGURATION_PARAMETER parameter = make(ndis, NdisParameterMultiString, (length + 2) * sizeof(WCHAR));
    if (!parameter) return NULL;
    PWSTR to = (PWSTR)(PVOID)(parameter + 1);
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == ' ' && (used == 0 || to[used - 1] == 0)) continue;
        to[used++] = text[i] == ',' ? 0 : (WCHAR)(UCHAR)text[i];
    }
    used += used ? 2 : 1; /* the NULs are there: the memory is zeroed */
    parameter->ParameterData.StringData = (NDIS_STRING){(USHORT)(used * sizeof(WCHAR)), (USHORT)((length + 2) * sizeof(WCHAR)), to};
    return parameter;
}

static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static PNDIS_CONFIGURATION_PARAMETER make_binary(struct ndis *ndis, const void *data, size_t bytes) {
    PNDIS_CONFIGURATION_PARAMETER parameter = make(ndis, NdisParameterBinary, bytes);
    if (!parameter) return NULL;
    memcpy(parameter + 1, data, bytes);
    parameter->ParameterData.BinaryData = (BINARY_DATA){(USHORT)bytes, parameter + 1};
    return parameter;
}

/* Pairs of digits, with ':' or '-' between them if one likes. */
static PNDIS_CONFIGURATION_PARAMETER parse_binary(struct ndis *ndis, const char *text) {
    UCHAR bytes[256];
    size_t count = 0;
    while (*text) {
        if (*text == ':' || *text == '-') {
            text++;
            continue;
        }
        const int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);
        if (low < 0 || count == sizeof(bytes)) return NULL;
        bytes[count++] = (UCHAR)(high << 4 | low);
        text += 2;
    }
    return make_binary(ndis, bytes, count);
}

static PNDIS_CONFIGURATION_PARAMETER parse_integer(struct ndis *ndis, const char *text, NDIS_PARAMETER_TYPE type) {
    char *end;
    errno = 0;
    const bool hexadecimal = type == NdisParameterHexInteger || (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'));
    const unsigned long value = strtoul(text, &end, hexadecimal ? 16 : 10);
    if (end == text || *end || errno || value > MAXULONG) return NULL;
    return make_integer(ndis, type, (ULONG)value);
}

static PNDIS_CONFIGURATION_PARAMETER from_text(struct ndis *ndis, const char *text, NDIS_PARAMETER_TYPE type) {
    switch (type) {
    case NdisParameterInteger:
    case NdisParameterHexInteger: return parse_integer(ndis, text, type);
    case NdisParameterString: return make_string(ndis, type, text, strlen(text));
    case NdisParameterMultiString: return make_multi(ndis, text);
    case NdisParameterBinary: return parse_binary(ndis, text);
    }
    return NULL;
}

static bool is_integer(NDIS_PARAMETER_TYPE type) { return type == NdisParameterInteger || type == NdisParameterHexInteger; }

PNDIS_CONFIGURATION_PARAMETER ndis_config_convert(struct ndis *ndis, const struct ndis_value *value, NDIS_PARAMETER_TYPE type) {
    if (value->is_text) return from_text(ndis, value->data, type);
    if (is_integer(value->type)) return is_integer(type) ? make_integer(ndis, type, value->integer) : NULL;
    if (value->type != type) return NULL;
    if (type == NdisParameterBinary) return make_binary(ndis, value->data, value->bytes);
    PNDIS_CONFIGURATION_PARAMETER parameter = make(ndis, type, value->bytes + sizeof(WCHAR));
    if (!parameter) return NULL;
    memcpy(parameter + 1, value->data, value->bytes);
    parameter->ParameterData.StringData =
        (NDIS_STRING){(USHORT)value->bytes, (USHORT)(value->bytes + sizeof(WCHAR)), (PWSTR)(PVOID)(parameter + 1)};
    return parameter;
}
