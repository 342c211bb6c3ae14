/* SPDX-License-Identifier: Apache-2.0 */
/* scenario_registry.c: parameters of drivers as text: "driver/Keyword=value; driver/adapter/Keyword=value". */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"

enum { NAME_MOST = 63, PATH_MOST = 240, LINE_MOST = 500 };

/* A name of 1 to 63 characters that are no separators; more when it is the path of a key. */
static bool is_name(const char *text, size_t length) {
    if (length < 1 || length > (*text == '\\' ? PATH_MOST : NAME_MOST)) return false;
    for (size_t i = 0; i < length; i++)
        if (strchr("/=;\n", text[i])) return false;
    return true;
}

static bool is_entry(const char *text, size_t length) {
    const char *equals = memchr(text, '=', length);
    if (!equals || length > LINE_MOST) return false;
    unsigned names = 0;
    for (const char *at = text;; names++) {
        const size_t width = strcspn(at, "/=");
        if (!is_name(at, width)) return false;
        at += width + 1;
        if (at > equals) break;
    }
    return names == 1 || names == 2;
}

bool scenario_parse_registry(const char *text, char **lines) {
    size_t size;
    char *joined = NULL;
    FILE *out = open_memstream(&joined, &size);
    if (!out) abort();
    bool good = true;
    for (const char *at = text; *at && good;) {
        while (isspace((unsigned char)*at) || *at == ';') at++;
        size_t length = strcspn(at, ";\n");
        const char *next = at + length;
        while (length > 0 && isspace((unsigned char)at[length - 1])) length--;
        if (length > 0) {
            good = is_entry(at, length);
            fprintf(out, "%.*s\n", (int)length, at);
        }
        at = next;
    }
    fclose(out);
    if (!good) {
        free(joined);
        return false;
    }
    free(*lines);
    *lines = joined;
    return true;
}
