/* SPDX-License-Identifier: Apache-2.0 */
/* module_symbols.h: the names that a module needs and this program does not have. */
#ifndef RINGSIDE_SDK_MODULE_SYMBOLS_H
#define RINGSIDE_SDK_MODULE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

/* True: there is none. Else the message names each, the function, source file and line of its first use, and what is planned for it. Call
 * sites are in modules linked with --emit-relocs, lines in those compiled with -g. */
bool module_check_symbols(const char *path, char *error, size_t size);

/* Is the function, global and compiled with -g, declared to return something? True when that is not known. */
bool module_returns(const char *path, const char *function);

/* "planned: ..." or "not planned: ..." for the names of planned.def, NULL for others. */
const char *module_plan(const char *name);

#endif
