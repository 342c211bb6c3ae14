/* SPDX-License-Identifier: Apache-2.0 */
/* The NetAdapterCx client of the NIC as a module. */
#include "netviocx.h"
#include "stack_module.h"

MODULE_ENTRY NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) { return netviocx_driver_entry(driver, registry_path); }
