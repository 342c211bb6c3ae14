/* SPDX-License-Identifier: Apache-2.0 */
/* The team of driver/stack as a module. */
#include "stack_module.h"
#include "team.h"

static struct team team = {.mode = TEAM_SPREAD, .name = "bond"};

void *module_argument(PDRIVER_OBJECT driver) {
    UNREFERENCED_PARAMETER(driver);
    return &team;
}

MODULE_ENTRY NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) { return team_driver_entry(driver, registry_path); }
