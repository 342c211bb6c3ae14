/* SPDX-License-Identifier: Apache-2.0 */
/* The multiplexer of driver/stack as a module. */
#include "mux.h"
#include "stack_module.h"

static struct mux mux = {.adapters = 2, .prefix = "vnic"};

void *module_argument(PDRIVER_OBJECT driver) {
    UNREFERENCED_PARAMETER(driver);
    return &mux;
}

MODULE_ENTRY NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) { return mux_driver_entry(driver, registry_path); }
