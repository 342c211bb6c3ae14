/* SPDX-License-Identifier: Apache-2.0 */
/*
 * adding.c: a miniport without hardware that takes part in the set-up of its device (MiniportAddDevice), tries for I/O ports that do not
 * exist, reads a PCI header, says long where it means 32 bits (llp64.h), and drives one device and no more.
 */
#include <ndis.h>

#define TAG 'gddA'

C_ASSERT(sizeof(long) == 4 && sizeof(unsigned long) == sizeof(ULONG));

typedef struct _DEVICE {
    unsigned long Signature;
    NDIS_HANDLE Adapter;
} DEVICE, *PDEVICE;

static NDIS_HANDLE DriverHandle;
static LONG Devices;

static NDIS_STATUS AddDevice(NDIS_HANDLE Adapter, NDIS_HANDLE DriverContext)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
    PDEVICE device = NdisAllocateMemoryWithTagPriority(Adapter, sizeof(DEVICE), TAG, NormalPoolPriority);
    DbgPrint("add\n");
    if (!device) return NDIS_STATUS_RESOURCES;
    device->Signature = TAG;
    NdisZeroMemory(&attributes, sizeof(attributes));
    attributes.AddDeviceRegistrationAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES;
    attributes.AddDeviceRegistrationAttributes.Header.Revision = NDIS_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.AddDeviceRegistrationAttributes.Header.Size = NDIS_SIZEOF_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.AddDeviceRegistrationAttributes.MiniportAddDeviceContext = device;
    return NdisMSetMiniportAttributes(Adapter, &attributes);
}

static VOID RemoveDevice(NDIS_HANDLE Context)
{
    DbgPrint("remove\n");
    NdisFreeMemory(Context, 0, 0);
}

static NDIS_STATUS NoIrp(NDIS_HANDLE Context, PIRP Irp) { return NDIS_STATUS_SUCCESS; }

static VOID LookAround(NDIS_HANDLE Adapter)
{
    PCI_COMMON_HEADER header;
    PVOID ports;
    NdisMGetBusData(Adapter, PCI_WHICHSPACE_CONFIG, 0, &header, sizeof(header));
    DbgPrint("vendor %x, type %d, first capability %d\n", header.VendorID, PCI_CONFIGURATION_TYPE(&header),
             header.u.type0.CapabilitiesPtr >= sizeof(header));
    DbgPrint("ports %d\n", NdisMRegisterIoPortRange(&ports, Adapter, 0x1F0, 8) == NDIS_STATUS_RESOURCE_CONFLICT);
}

static NDIS_STATUS SetGeneral(NDIS_HANDLE Adapter)
{
    static const UCHAR address[6] = {2, 0, 0, 0, 0, 0x77};
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES general;
    NdisZeroMemory(&general, sizeof(general));
    general.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    general.Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
    general.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
    general.MediaType = NdisMedium802_3;
    general.MtuSize = general.LookaheadSize = 1500;
    general.MediaConnectState = MediaConnectStateConnected;
    general.MediaDuplexState = MediaDuplexStateFull;
    general.MacAddressLength = sizeof(address);
    NdisMoveMemory(general.PermanentMacAddress, address, sizeof(address));
    NdisMoveMemory(general.CurrentMacAddress, address, sizeof(address));
    general.SupportedPacketFilters = NDIS_PACKET_TYPE_DIRECTED;
    return NdisMSetMiniportAttributes(Adapter, (PNDIS_MINIPORT_ADAPTER_ATTRIBUTES)&general);
}

static NDIS_STATUS Initialize(NDIS_HANDLE Adapter, NDIS_HANDLE DriverContext, PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
    PDEVICE device = Parameters->MiniportAddDeviceContext;
    NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES registration;
    DbgPrint("initialize\n");
    if (!device || device->Signature != TAG) return NDIS_STATUS_FAILURE;
    if (InterlockedIncrement(&Devices) > 1) {
        InterlockedDecrement(&Devices);
        return NDIS_STATUS_RESOURCE_CONFLICT;
    }
    device->Adapter = Adapter;
    NdisZeroMemory(&registration, sizeof(registration));
    registration.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    registration.Header.Revision = NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    registration.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    registration.MiniportAdapterContext = device;
    registration.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_NDIS_WDM;
    registration.InterfaceType = NdisInterfaceInternal;
    NdisMSetMiniportAttributes(Adapter, (PNDIS_MINIPORT_ADAPTER_ATTRIBUTES)&registration);
    LookAround(Adapter);
    return SetGeneral(Adapter);
}

static VOID Halt(NDIS_HANDLE Context, NDIS_HALT_ACTION Action)
{
    DbgPrint("halt\n");
    InterlockedDecrement(&Devices);
}
static NDIS_STATUS Pause(NDIS_HANDLE Context, PNDIS_MINIPORT_PAUSE_PARAMETERS Parameters) { return NDIS_STATUS_SUCCESS; }
static NDIS_STATUS Restart(NDIS_HANDLE Context, PNDIS_MINIPORT_RESTART_PARAMETERS Parameters) { return NDIS_STATUS_SUCCESS; }
static NDIS_STATUS Request(NDIS_HANDLE Context, PNDIS_OID_REQUEST Request) { return NDIS_STATUS_NOT_SUPPORTED; }
static VOID Send(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Flags)
{
    NdisMSendNetBufferListsComplete(((PDEVICE)Context)->Adapter, Lists, 0);
}
static VOID Return(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, ULONG Flags) {}
static VOID CancelSend(NDIS_HANDLE Context, PVOID Id) {}
static VOID CancelRequest(NDIS_HANDLE Context, PVOID Id) {}
static VOID Event(NDIS_HANDLE Context, PNET_DEVICE_PNP_EVENT Event) {}
static VOID Shutdown(NDIS_HANDLE Context, NDIS_SHUTDOWN_ACTION Action) {}

static NDIS_STATUS SetOptions(NDIS_HANDLE Driver, NDIS_HANDLE Context)
{
    NDIS_MINIPORT_PNP_CHARACTERISTICS pnp;
    pnp.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS;
    pnp.Header.Revision = NDIS_MINIPORT_PNP_CHARACTERISTICS_REVISION_1;
    pnp.Header.Size = NDIS_SIZEOF_MINIPORT_PNP_CHARACTERISTICS_REVISION_1;
    pnp.MiniportAddDeviceHandler = AddDevice;
    pnp.MiniportRemoveDeviceHandler = RemoveDevice;
    pnp.MiniportStartDeviceHandler = pnp.MiniportFilterResourceRequirementsHandler = NoIrp;
    return NdisSetOptionalHandlers(Driver, (PNDIS_DRIVER_OPTIONAL_HANDLERS)&pnp);
}

static VOID Unload(PDRIVER_OBJECT Driver) { NdisMDeregisterMiniportDriver(DriverHandle); }

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS c;
    NdisZeroMemory(&c, sizeof(c));
    c.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
    c.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    c.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2;
    c.MajorNdisVersion = 6;
    c.MinorNdisVersion = 30;
    c.SetOptionsHandler = SetOptions;
    c.InitializeHandlerEx = Initialize;
    c.HaltHandlerEx = Halt;
    c.UnloadHandler = Unload;
    c.PauseHandler = Pause;
    c.RestartHandler = Restart;
    c.OidRequestHandler = Request;
    c.SendNetBufferListsHandler = Send;
    c.ReturnNetBufferListsHandler = Return;
    c.CancelSendHandler = CancelSend;
    c.CancelOidRequestHandler = CancelRequest;
    c.DevicePnPEventNotifyHandler = Event;
    c.ShutdownHandlerEx = Shutdown;
    return NdisMRegisterMiniportDriver(Driver, RegistryPath, NULL, &c, &DriverHandle);
}
