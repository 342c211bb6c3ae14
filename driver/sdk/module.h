/* SPDX-License-Identifier: Apache-2.0 */
/*
 * module.h: a driver from a file, a shared object with DriverEntry, as ringside_add_driver() or the command in the README builds one; or a
 * program that uses drivers, with main.
 *
 *   char error[1024];
 *   struct module *module = module_open("build/ndislwf.so", error, sizeof(error));
 *   ndis_load_driver(ndis, module_name(module), module_entry(module), NULL);
 *   ...
 *   module_close(module);     after the driver was unloaded
 *
 * The names that a driver calls are those of the program that loads it, which therefore exports them (ringside_export_wdk in CMake). Before
 * anything of the module runs, every name that is missing there is looked for where it is used.
 */
#ifndef RINGSIDE_SDK_MODULE_H
#define RINGSIDE_SDK_MODULE_H

#include <stddef.h>

#include "wdm.h"

#ifdef __cplusplus
extern "C" {
#endif

struct module;

/* NULL with a message of one or more lines, without a newline at its end, that says what is wrong and what to do. A module's variables are
 * those of the process: opened twice, it is one driver. */
struct module *module_open(const char *path, char *error, size_t size);
/* The same for a program. */
struct module *module_open_program(const char *path, char *error, size_t size);
void module_close(struct module *module);
const char *module_name(const struct module *module); /* of the file, without folder and .so */
DRIVER_INITIALIZE *module_entry(const struct module *module);
/* Where an instruction of a module is, "file.c:7 in Function"; "" when that is not known. */
void module_place(const void *instruction, char *text, size_t size);
/* Calls the program's main with argv, which ends with NULL. Its status; 0 when it is declared to return none, as Microsoft's compiler allows. */
int module_run(const struct module *module, int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
