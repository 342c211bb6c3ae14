/* SPDX-License-Identifier: Apache-2.0 */
/* The multiplexer of driver/stack as a module; the parameter Adapters says how many virtual ones it makes. */
#include "mux.h"
#include "stack_module.h"

static struct mux mux = {.prefix = "vnic"};

void *module_argument(PDRIVER_OBJECT driver) {
    UNREFERENCED_PARAMETER(driver);
    return &mux;
}

MODULE_ENTRY NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    mux.adapters = module_number(registry_path, L"Adapters", 2);
    return mux.adapters >= 1 && mux.adapters <= MUX_MOST ? mux_driver_entry(driver, registry_path) : STATUS_INVALID_PARAMETER;
}
