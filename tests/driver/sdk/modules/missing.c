/* SPDX-License-Identifier: Apache-2.0 */
/* missing.c: a driver that calls what is not there: one name that is planned, one that is not, and one that nobody knows. */
#include <ndis.h>

NDIS_STATUS NdisDirectOidRequest(NDIS_HANDLE BindingHandle, PNDIS_OID_REQUEST OidRequest);
NDIS_STATUS NdisCoSendNetBufferLists(NDIS_HANDLE VcHandle, PNET_BUFFER_LIST NetBufferLists, ULONG Flags);
VOID MissingHelper(VOID);

static NDIS_STATUS Ask(VOID) { return NdisDirectOidRequest(NULL, NULL); }

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    NdisCoSendNetBufferLists(NULL, NULL, 0);
    MissingHelper();
    return Ask();
}
