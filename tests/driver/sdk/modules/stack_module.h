/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack_module.h: a driver of driver/stack as a module. Its sources are compiled with everything hidden but DriverEntry - the program that
 * loads it has functions of the same names - and with ndis_driver_argument() called module_argument(), which the module has itself.
 */
#ifndef RINGSIDE_STACK_MODULE_H
#define RINGSIDE_STACK_MODULE_H

#include "ndis.h"

#define MODULE_ENTRY __attribute__((visibility("default")))

void *module_argument(PDRIVER_OBJECT driver);

#endif
