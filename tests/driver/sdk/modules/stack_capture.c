/* SPDX-License-Identifier: Apache-2.0 */
/* The capture filter of driver/stack as a module, which tells the debugger of each frame. */
#include "capture_filter.h"
#include "stack_module.h"

static unsigned interfaces;

static unsigned open_interface(void *ctx, const char *name) {
    UNREFERENCED_PARAMETER(ctx);
    DbgPrint("capture %u: %s\n", interfaces, name);
    return interfaces++;
}

static void show(void *ctx, unsigned interface, bool outbound, uint64_t time_ps, const uint8_t *data, size_t length) {
    UNREFERENCED_PARAMETER(ctx);
    UNREFERENCED_PARAMETER(time_ps);
    UNREFERENCED_PARAMETER(data);
    DbgPrint("capture %u: %s %u\n", interface, outbound ? "out" : "in", (unsigned)length);
}

static struct capture_filter capture = {.sink = {.open = open_interface, .frame = show}};

void *module_argument(PDRIVER_OBJECT driver) {
    UNREFERENCED_PARAMETER(driver);
    return &capture;
}

MODULE_ENTRY NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) { return capture_filter_driver_entry(driver, registry_path); }
