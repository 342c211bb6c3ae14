/* SPDX-License-Identifier: Apache-2.0 */
/* format.c: printf with the formats of Windows kernels; what goes to the debugger there. */
#include "format.h"

#include <stdarg.h>
#include <stdio.h>

#include "kernel_internal.h"
#include "ntstrsafe.h"

enum { CONVERSION = 48, LINE = 512 };

enum length { LENGTH_INT, LENGTH_SHORT, LENGTH_CHAR, LENGTH_64, LENGTH_WIDE };

struct output {
    char *text;
    size_t size, length;
};

static void put(struct output *output, char c) {
    if (output->length + 1 < output->size) output->text[output->length] = c;
    output->length++;
}

static void put_text(struct output *output, const char *text, int precision) {
    if (!text) text = "(null)";
    for (int i = 0; text[i] != '\0' && (precision < 0 || i < precision); i++) put(output, text[i]);
}

static void put_wide(struct output *output, const WCHAR *text, int characters) {
    if (!text) {
        put_text(output, "(null)", -1);
        return;
    }
    for (int i = 0; characters < 0 ? text[i] != 0 : i < characters; i++) put(output, text[i] < 0x80 ? (char)text[i] : '?');
}

/* A conversion of one number: the flags as they were, with a length that the host's printf knows. */
static void put_number(struct output *output, const char *flags, int flag_count, int width, int precision, char conversion, bool is_signed,
                       unsigned long long value) {
    char format[CONVERSION], text[CONVERSION * 4];
    snprintf(format, sizeof(format), "%%%.*s*.*ll%c", flag_count, flags, conversion);
    if (width > (int)sizeof(text) - 1) width = (int)sizeof(text) - 1;
    if (is_signed) snprintf(text, sizeof(text), format, width, precision, (long long)value);
    else snprintf(text, sizeof(text), format, width, precision, value);
    put_text(output, text, -1);
}

struct conversion {
    const char *flags;
    int flag_count, width, precision;
    enum length length;
};

static const char *parse_length(const char *at, struct conversion *conversion) {
    conversion->length = LENGTH_INT;
    if (at[0] == 'I' && at[1] == '6' && at[2] == '4') {
        conversion->length = LENGTH_64;
        return at + 3;
    }
    if (at[0] == 'I' && at[1] == '3' && at[2] == '2') return at + 3;
    if (*at == 'I' || *at == 'z' || *at == 'j' || *at == 't') {
        conversion->length = LENGTH_64;
        return at + 1;
    }
    if (at[0] == 'l' && at[1] == 'l') {
        conversion->length = LENGTH_64;
        return at + 2;
    }
    if (*at == 'l' || *at == 'w') {
        conversion->length = LENGTH_WIDE;
        return at + 1;
    }
    if (*at == 'h') {
        conversion->length = at[1] == 'h' ? LENGTH_CHAR : LENGTH_SHORT;
        return at + (at[1] == 'h' ? 2 : 1);
    }
    return at;
}

static int parse_int(const char **at, va_list *arguments) {
    int value = 0;
    if (**at == '*') {
        (*at)++;
        return va_arg(*arguments, int);
    }
    while (**at >= '0' && **at <= '9') value = value * 10 + (*(*at)++ - '0');
    return value;
}

static unsigned long long fetch(enum length length, bool is_signed, va_list *arguments) {
    if (length == LENGTH_64) return va_arg(*arguments, unsigned long long);
    const unsigned value = va_arg(*arguments, unsigned);
    switch (length) {
    case LENGTH_CHAR: return is_signed ? (unsigned long long)(signed char)value : (unsigned char)value;
    case LENGTH_SHORT: return is_signed ? (unsigned long long)(short)value : (unsigned short)value;
    default: return is_signed ? (unsigned long long)(int)value : value;
    }
}

static void put_counted(struct output *output, bool wide, const void *string) {
    const UNICODE_STRING *unicode = string;
    const ANSI_STRING *ansi = string;
    if (!string) put_text(output, "(null)", -1);
    else if (wide) put_wide(output, unicode->Buffer, unicode->Length / (int)sizeof(WCHAR));
    else put_text(output, ansi->Buffer, ansi->Length);
}

static void convert(struct output *output, const struct conversion *conversion, char kind, va_list *arguments) {
    const bool wide = conversion->length == LENGTH_WIDE;
    switch (kind) {
    case 'd': case 'i':
        put_number(output, conversion->flags, conversion->flag_count, conversion->width, conversion->precision, 'd', true,
                   fetch(conversion->length, true, arguments));
        break;
    case 'u': case 'x': case 'X': case 'o':
        put_number(output, conversion->flags, conversion->flag_count, conversion->width, conversion->precision, kind, false,
                   fetch(conversion->length, false, arguments));
        break;
    case 'c': case 'C': put(output, (char)va_arg(*arguments, int)); break;
    case 's':
        if (wide) put_wide(output, va_arg(*arguments, const WCHAR *), conversion->precision);
        else put_text(output, va_arg(*arguments, const char *), conversion->precision);
        break;
    case 'S': put_wide(output, va_arg(*arguments, const WCHAR *), conversion->precision); break;
    case 'Z': put_counted(output, wide, va_arg(*arguments, const void *)); break;
    case 'p': case 'P': put_text(output, va_arg(*arguments, void *) ? "ptr" : "null", -1); break;
    case '%': put(output, '%'); break;
    default:
        put(output, '%');
        if (kind) put(output, kind);
        break;
    }
}

size_t kernel_format(char *text, size_t size, const char *format, va_list list) {
    struct output output = {text, size, 0};
    va_list arguments;
    va_copy(arguments, list);
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            put(&output, *at);
            continue;
        }
        struct conversion conversion = {.flags = ++at, .precision = -1};
        while (*at == '-' || *at == '+' || *at == ' ' || *at == '#' || *at == '0') at++;
        conversion.flag_count = (int)(at - conversion.flags);
        conversion.width = parse_int(&at, &arguments);
        if (*at == '.') {
            at++;
            conversion.precision = parse_int(&at, &arguments);
        }
        at = parse_length(at, &conversion);
        convert(&output, &conversion, *at, &arguments);
        if (*at == '\0') break;
    }
    va_end(arguments);
    if (size) text[output.length < size ? output.length : size - 1] = '\0';
    return output.length;
}

/* ---- To the debugger */
ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, const CHAR *Format, va_list arglist) {
    UNREFERENCED_PARAMETER(ComponentId);
    UNREFERENCED_PARAMETER(Level);
    struct kernel *kernel = kernel_require_context(__func__)->kernel;
    if (!kernel->debug_print) return (ULONG)STATUS_SUCCESS;
    char text[LINE];
    (void)kernel_format(text, sizeof(text), Format, arglist);
    kernel->debug_print(kernel->debug_print_ctx, text);
    return (ULONG)STATUS_SUCCESS;
}

ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, const CHAR *Format, ...) {
    va_list arguments;
    va_start(arguments, Format);
    const ULONG status = vDbgPrintEx(ComponentId, Level, Format, arguments);
    va_end(arguments);
    return status;
}

ULONG DbgPrint(const CHAR *Format, ...) {
    va_list arguments;
    va_start(arguments, Format);
    const ULONG status = vDbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_INFO_LEVEL, Format, arguments);
    va_end(arguments);
    return status;
}

/* ---- Into buffers: ntstrsafe.h */
NTSTATUS RtlStringCbVPrintfExA(PSTR pszDest, SIZE_T cbDest, PSTR *ppszDestEnd, SIZE_T *pcbRemaining, ULONG dwFlags, PCSTR pszFormat,
                               va_list argList) {
    if (cbDest == 0 || dwFlags != 0) return STATUS_INVALID_PARAMETER;
    const SIZE_T length = kernel_format(pszDest, cbDest, pszFormat, argList);
    const SIZE_T written = length < cbDest ? length : cbDest - 1;
    if (ppszDestEnd) *ppszDestEnd = pszDest + written;
    if (pcbRemaining) *pcbRemaining = cbDest - written;
    return length < cbDest ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

NTSTATUS RtlStringCbVPrintfA(PSTR pszDest, SIZE_T cbDest, PCSTR pszFormat, va_list argList) {
    return RtlStringCbVPrintfExA(pszDest, cbDest, NULL, NULL, 0, pszFormat, argList);
}

NTSTATUS RtlStringCbPrintfA(PSTR pszDest, SIZE_T cbDest, PCSTR pszFormat, ...) {
    va_list arguments;
    va_start(arguments, pszFormat);
    const NTSTATUS status = RtlStringCbVPrintfExA(pszDest, cbDest, NULL, NULL, 0, pszFormat, arguments);
    va_end(arguments);
    return status;
}

NTSTATUS RtlStringCbPrintfExA(PSTR pszDest, SIZE_T cbDest, PSTR *ppszDestEnd, SIZE_T *pcbRemaining, ULONG dwFlags, PCSTR pszFormat, ...) {
    va_list arguments;
    va_start(arguments, pszFormat);
    const NTSTATUS status = RtlStringCbVPrintfExA(pszDest, cbDest, ppszDestEnd, pcbRemaining, dwFlags, pszFormat, arguments);
    va_end(arguments);
    return status;
}

int _vsnprintf_s(PCHAR buffer, SIZE_T sizeOfBuffer, SIZE_T count, const CHAR *format, va_list argptr) {
    const SIZE_T room = count < sizeOfBuffer ? count + 1 : sizeOfBuffer;
    const size_t length = kernel_format(buffer, room, format, argptr);
    return length < room ? (int)length : -1;
}
