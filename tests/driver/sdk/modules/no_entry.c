/* SPDX-License-Identifier: Apache-2.0 */
/* no_entry.c: a driver whose DriverEntry was left out. */
#include <ndis.h>

NTSTATUS AlmostDriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) { return STATUS_SUCCESS; }
