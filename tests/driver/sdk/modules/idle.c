/* SPDX-License-Identifier: Apache-2.0 */
/* idle.c: a driver that starts and registers nothing. */
#include <ndis.h>

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) { return STATUS_SUCCESS; }
