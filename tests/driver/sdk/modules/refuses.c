/* SPDX-License-Identifier: Apache-2.0 */
/* refuses.c: a driver that does not start. */
#include <ndis.h>

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath) { return NDIS_STATUS_BAD_VERSION; }
