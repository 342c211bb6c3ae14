/* SPDX-License-Identifier: Apache-2.0 */
/* format.h: printf with the formats of Windows kernels. */
#ifndef RINGSIDE_KERNEL_FORMAT_H
#define RINGSIDE_KERNEL_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Writes at most size bytes, with a NUL, and returns the length that the whole text has. `l` is 32 bits, `I64` and `ll` 64, `I` and `z`
 * those of a pointer; `ws`, `ls` and `S` are UTF-16, `wZ` and `Z` counted strings. Pointers are shown as "ptr": where the host put a
 * thing may not show in what a run prints. */
size_t kernel_format(char *text, size_t size, const char *format, va_list arguments);

#endif
