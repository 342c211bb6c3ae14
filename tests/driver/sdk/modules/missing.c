/* SPDX-License-Identifier: Apache-2.0 */
/* missing.c: a driver that calls what is not there: one name that is planned, one that is not, and one that nobody knows. */
#include <ndis.h>

NDIS_STATUS NdisRegisterPoll(NDIS_HANDLE Handle, PVOID Context, PVOID Characteristics, PNDIS_HANDLE PollHandle);
NTSTATUS ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
VOID MissingHelper(VOID);

static NDIS_STATUS Poll(VOID) { return NdisRegisterPoll(NULL, NULL, NULL, NULL); }

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    ZwOpenKey(NULL, KEY_READ, NULL);
    MissingHelper();
    return Poll();
}
