/* SPDX-License-Identifier: Apache-2.0 */
/* The VLAN filter of driver/stack as a module. What it is given as an argument there is the parameter VlanId here. */
#include "stack_module.h"
#include "vlan_filter.h"

static struct vlan_filter vlan;

void *module_argument(PDRIVER_OBJECT driver) {
    UNREFERENCED_PARAMETER(driver);
    return &vlan;
}

MODULE_ENTRY NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
    vlan.id = module_number(registry_path, L"VlanId", 7);
    return vlan.id >= 1 && vlan.id <= VLAN_ID_MOST ? vlan_filter_driver_entry(driver, registry_path) : STATUS_INVALID_PARAMETER;
}
