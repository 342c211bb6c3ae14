/* SPDX-License-Identifier: Apache-2.0 */
/* The team of driver/stack as a module; the parameter Failover is 1 for a team of which one member works at a time. */
#include "stack_module.h"
#include "team.h"

static struct team team = {.name = "bond"};

void *module_argument(PDRIVER_OBJECT driver) {
    UNREFERENCED_PARAMETER(driver);
    return &team;
}

MODULE_ENTRY NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    team.mode = module_number(registry_path, L"Failover", 0) ? TEAM_FAILOVER : TEAM_SPREAD;
    return team_driver_entry(driver, registry_path);
}
