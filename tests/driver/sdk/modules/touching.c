/* SPDX-License-Identifier: Apache-2.0 */
/*
 * touching.c: a filter that looks at every NBL while it has it, and (parameter Touch) at one that it has not: 1 a send that it passed on,
 * 2 a send that it completed, 3 a receive that it indicated, 4 one of its own that it freed.
 */
#include <ndis.h>

static NDIS_HANDLE Driver, Pool;
static ULONG Touch, Seen;

typedef struct _MODULE {
    NDIS_HANDLE Filter;
} MODULE, *PMODULE;

static VOID Look(PNET_BUFFER_LIST List)
{
    for (; List; List = NET_BUFFER_LIST_NEXT_NBL(List)) {
        Seen += NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(List));
        List->Scratch = &Seen;
    }
}

static VOID Send(NDIS_HANDLE Context, PNET_BUFFER_LIST List, NDIS_PORT_NUMBER Port, ULONG Flags)
{
    Look(List);
    NdisFSendNetBufferLists(((PMODULE)Context)->Filter, List, Port, Flags);
    if (Touch == 1) Seen += NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(List)); /* too late: read */
}

static VOID SendComplete(NDIS_HANDLE Context, PNET_BUFFER_LIST List, ULONG Flags)
{
    Look(List);
    NdisFSendNetBufferListsComplete(((PMODULE)Context)->Filter, List, Flags);
    if (Touch == 2) List->Scratch = NULL; /* too late: written */
}

static VOID Receive(NDIS_HANDLE Context, PNET_BUFFER_LIST List, NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags)
{
    Look(List);
    NdisFIndicateReceiveNetBufferLists(((PMODULE)Context)->Filter, List, Port, Count, Flags);
    if (Touch == 3) Seen += NET_BUFFER_LIST_STATUS(List); /* too late: indicated */
}

static VOID Return(NDIS_HANDLE Context, PNET_BUFFER_LIST List, ULONG Flags)
{
    Look(List);
    NdisFReturnNetBufferLists(((PMODULE)Context)->Filter, List, Flags);
}

static inline VOID UseOwn(VOID)
{
    PNET_BUFFER_LIST nbl = NdisAllocateNetBufferAndNetBufferList(Pool, 0, 0, NULL, 0, 0);
    nbl->ProtocolReserved[0] = &Seen;
    NdisFreeNetBufferList(nbl);
    if (Touch == 4) nbl->ProtocolReserved[1] = &Seen; /* too late: freed */
}

static NDIS_STATUS Attach(NDIS_HANDLE Filter, NDIS_HANDLE Context, PNDIS_FILTER_ATTACH_PARAMETERS Parameters)
{
    NDIS_FILTER_ATTRIBUTES attributes = {{NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1, sizeof(attributes)}, 0};
    NET_BUFFER_LIST_POOL_PARAMETERS pool = {{NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                                             NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1}};
    PMODULE module = NdisAllocateMemoryWithTagPriority(Filter, sizeof(MODULE), 'hcuT', NormalPoolPriority);
    if (!module) return NDIS_STATUS_RESOURCES;
    module->Filter = Filter;
    pool.fAllocateNetBuffer = TRUE;
    Pool = NdisAllocateNetBufferListPool(Filter, &pool);
    return NdisFSetAttributes(Filter, module, &attributes);
}

static VOID Detach(NDIS_HANDLE Context)
{
    NdisFreeNetBufferListPool(Pool);
    NdisFreeMemory(Context, 0, 0);
}

static NDIS_STATUS Pause(NDIS_HANDLE Context, PNDIS_FILTER_PAUSE_PARAMETERS Parameters) { return NDIS_STATUS_SUCCESS; }

static NDIS_STATUS Restart(NDIS_HANDLE Context, PNDIS_FILTER_RESTART_PARAMETERS Parameters)
{
    UseOwn();
    return NDIS_STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT Object) { NdisFDeregisterFilterDriver(Driver); }

static VOID ReadParameters(VOID)
{
    NDIS_CONFIGURATION_OBJECT object = {{NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, NDIS_CONFIGURATION_OBJECT_REVISION_1,
                                         NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1}, Driver, 0};
    NDIS_STRING name = NDIS_STRING_CONST("Touch");
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_HANDLE configuration;
    NDIS_STATUS status = NdisOpenConfigurationEx(&object, &configuration);
    if (status != NDIS_STATUS_SUCCESS) return;
    NdisReadConfiguration(&status, &value, configuration, &name, NdisParameterInteger);
    if (status == NDIS_STATUS_SUCCESS) Touch = value->ParameterData.IntegerData;
    NdisCloseConfiguration(configuration);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Object, PUNICODE_STRING RegistryPath)
{
    NDIS_FILTER_DRIVER_CHARACTERISTICS c;
    NDIS_STATUS status;
    NdisZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS;
    c.Header.Size = NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2;
    c.Header.Revision = NDIS_FILTER_CHARACTERISTICS_REVISION_2;
    c.MajorNdisVersion = NDIS_FILTER_MAJOR_VERSION;
    c.MinorNdisVersion = NDIS_FILTER_MINOR_VERSION;
    RtlInitUnicodeString(&c.FriendlyName, L"Touching");
    RtlInitUnicodeString(&c.UniqueName, L"{2c2bd8b7-3b0d-4a5b-9a5f-2f6a0a1c5a13}");
    RtlInitUnicodeString(&c.ServiceName, L"Touching");
    c.AttachHandler = Attach;
    c.DetachHandler = Detach;
    c.PauseHandler = Pause;
    c.RestartHandler = Restart;
    c.SendNetBufferListsHandler = Send;
    c.SendNetBufferListsCompleteHandler = SendComplete;
    c.ReceiveNetBufferListsHandler = Receive;
    c.ReturnNetBufferListsHandler = Return;
    Object->DriverUnload = Unload;
    status = NdisFRegisterFilterDriver(Object, NULL, &c, &Driver);
    if (status == NDIS_STATUS_SUCCESS) ReadParameters();
    return status;
}
