/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/legacy_miniport.h: miniport drivers of NDIS 5: registration, packets, requests, and their way to the device. [D] 5
 *
 * NDIS puts any stack over them and turns its NBLs into packets and back, so that neither side sees the other's age. The adapter handle is
 * what the calls of miniport_hw.h take too. They know no pause: NDIS waits for their packets, and takes back what they indicate meanwhile.
 *
 * Without NDIS_ATTRIBUTE_DESERIALIZE the send handler's status counts when it returns, and one with RESOURCES is sent again, in order,
 * after NdisMSendResourcesAvailable or NdisMSendComplete. With it every packet ends with NdisMSendComplete, and the driver queues itself.
 * Not there: NdisMEthIndicateReceive and TransferData below, connection-oriented calls, map registers.
 */
#ifndef RINGSIDE_NDIS_LEGACY_MINIPORT_H
#define RINGSIDE_NDIS_LEGACY_MINIPORT_H

#include "miniport.h"
#include "packetapi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef BOOLEAN (*W_CHECK_FOR_HANG_HANDLER)(NDIS_HANDLE MiniportAdapterContext);
typedef VOID (*W_DISABLE_INTERRUPT_HANDLER)(NDIS_HANDLE MiniportAdapterContext);
typedef VOID (*W_ENABLE_INTERRUPT_HANDLER)(NDIS_HANDLE MiniportAdapterContext);
typedef VOID (*W_HALT_HANDLER)(NDIS_HANDLE MiniportAdapterContext);
typedef VOID (*W_HANDLE_INTERRUPT_HANDLER)(NDIS_HANDLE MiniportAdapterContext);
typedef NDIS_STATUS (*W_INITIALIZE_HANDLER)(PNDIS_STATUS OpenErrorStatus, PUINT SelectedMediumIndex, PNDIS_MEDIUM MediumArray,
                                            UINT MediumArraySize, NDIS_HANDLE MiniportAdapterHandle,
                                            NDIS_HANDLE WrapperConfigurationContext);
typedef VOID (*W_ISR_HANDLER)(PBOOLEAN InterruptRecognized, PBOOLEAN QueueMiniportHandleInterrupt, NDIS_HANDLE MiniportAdapterContext);
typedef NDIS_STATUS (*W_QUERY_INFORMATION_HANDLER)(NDIS_HANDLE MiniportAdapterContext, NDIS_OID Oid, PVOID InformationBuffer,
                                                   ULONG InformationBufferLength, PULONG BytesWritten, PULONG BytesNeeded);
typedef NDIS_STATUS (*W_RECONFIGURE_HANDLER)(PNDIS_STATUS OpenErrorStatus, NDIS_HANDLE MiniportAdapterContext,
                                             NDIS_HANDLE WrapperConfigurationContext);
typedef NDIS_STATUS (*W_RESET_HANDLER)(PBOOLEAN AddressingReset, NDIS_HANDLE MiniportAdapterContext);
typedef NDIS_STATUS (*W_SEND_HANDLER)(NDIS_HANDLE MiniportAdapterContext, PNDIS_PACKET Packet, UINT Flags);
typedef NDIS_STATUS (*W_SET_INFORMATION_HANDLER)(NDIS_HANDLE MiniportAdapterContext, NDIS_OID Oid, PVOID InformationBuffer,
                                                 ULONG InformationBufferLength, PULONG BytesRead, PULONG BytesNeeded);
typedef NDIS_STATUS (*W_TRANSFER_DATA_HANDLER)(PNDIS_PACKET Packet, PUINT BytesTransferred, NDIS_HANDLE MiniportAdapterContext,
                                               NDIS_HANDLE MiniportReceiveContext, UINT ByteOffset, UINT BytesToTransfer);
typedef VOID (*W_RETURN_PACKET_HANDLER)(NDIS_HANDLE MiniportAdapterContext, PNDIS_PACKET Packet);
typedef VOID (*W_SEND_PACKETS_HANDLER)(NDIS_HANDLE MiniportAdapterContext, PPNDIS_PACKET PacketArray, UINT NumberOfPackets);
typedef VOID (*W_ALLOCATE_COMPLETE_HANDLER)(NDIS_HANDLE MiniportAdapterContext, PVOID VirtualAddress, PNDIS_PHYSICAL_ADDRESS PhysicalAddress,
                                            ULONG Length, PVOID Context);
typedef VOID (*W_CANCEL_SEND_PACKETS_HANDLER)(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId);
typedef VOID (*W_PNP_EVENT_NOTIFY_HANDLER)(NDIS_HANDLE MiniportAdapterContext, NDIS_DEVICE_PNP_EVENT PnPEvent, PVOID InformationBuffer,
                                           ULONG InformationBufferLength);
typedef VOID (*ADAPTER_SHUTDOWN_HANDLER)(PVOID ShutdownContext);

/* NDIS 5.1; 5.0 ends before CancelSendPacketsHandler, NDIS 4 before the Co handlers. */
typedef struct _NDIS_MINIPORT_CHARACTERISTICS {
    UCHAR MajorNdisVersion, MinorNdisVersion;
    USHORT Filler;
    UINT Reserved;
    W_CHECK_FOR_HANG_HANDLER CheckForHangHandler;
    W_DISABLE_INTERRUPT_HANDLER DisableInterruptHandler;
    W_ENABLE_INTERRUPT_HANDLER EnableInterruptHandler;
    W_HALT_HANDLER HaltHandler;
    W_HANDLE_INTERRUPT_HANDLER HandleInterruptHandler;
    W_INITIALIZE_HANDLER InitializeHandler;
    W_ISR_HANDLER ISRHandler;
    W_QUERY_INFORMATION_HANDLER QueryInformationHandler;
    W_RECONFIGURE_HANDLER ReconfigureHandler;
    W_RESET_HANDLER ResetHandler;
    W_SEND_HANDLER SendHandler;
    W_SET_INFORMATION_HANDLER SetInformationHandler;
    W_TRANSFER_DATA_HANDLER TransferDataHandler;
    W_RETURN_PACKET_HANDLER ReturnPacketHandler;
    W_SEND_PACKETS_HANDLER SendPacketsHandler; /* preferred to SendHandler; one of them must be there */
    W_ALLOCATE_COMPLETE_HANDLER AllocateCompleteHandler;
    PVOID CoCreateVcHandler, CoDeleteVcHandler, CoActivateVcHandler, CoDeactivateVcHandler, CoSendPacketsHandler, CoRequestHandler;
    W_CANCEL_SEND_PACKETS_HANDLER CancelSendPacketsHandler;
    W_PNP_EVENT_NOTIFY_HANDLER PnPEventNotifyHandler;
    ADAPTER_SHUTDOWN_HANDLER AdapterShutdownHandler;
    PVOID Reserved1, Reserved2, Reserved3, Reserved4;
} NDIS_MINIPORT_CHARACTERISTICS, *PNDIS_MINIPORT_CHARACTERISTICS;

/* AttributeFlags of NdisMSetAttributesEx. */
#define NDIS_ATTRIBUTE_IGNORE_PACKET_TIMEOUT 0x1u
#define NDIS_ATTRIBUTE_IGNORE_REQUEST_TIMEOUT 0x2u
#define NDIS_ATTRIBUTE_IGNORE_TOKEN_RING_ERRORS 0x4u
#define NDIS_ATTRIBUTE_BUS_MASTER 0x8u
#define NDIS_ATTRIBUTE_DESERIALIZE 0x20u
#define NDIS_ATTRIBUTE_NO_HALT_ON_SUSPEND 0x40u
#define NDIS_ATTRIBUTE_SURPRISE_REMOVE_OK 0x80u

/* ---- Life */
VOID NdisMInitializeWrapper(PNDIS_HANDLE NdisWrapperHandle, PVOID SystemSpecific1, PVOID SystemSpecific2, PVOID SystemSpecific3);
VOID NdisTerminateWrapper(NDIS_HANDLE NdisWrapperHandle, PVOID SystemSpecific);
/* PASSIVE, in DriverEntry. The characteristics are copied. BAD_CHARACTERISTICS, BAD_VERSION, RESOURCES. */
NDIS_STATUS NdisMRegisterMiniport(NDIS_HANDLE NdisWrapperHandle, PNDIS_MINIPORT_CHARACTERISTICS MiniportCharacteristics,
                                  UINT CharacteristicsLength);
VOID NdisMRegisterUnloadHandler(NDIS_HANDLE NdisWrapperHandle, PDRIVER_UNLOAD UnloadHandler);
/* First in MiniportInitialize: the context of every other handler. */
VOID NdisMSetAttributesEx(NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportAdapterContext, UINT CheckForHangTimeInSeconds,
                          ULONG AttributeFlags, NDIS_INTERFACE_TYPE AdapterType);
/* In MiniportInitialize. *BufferSize: bytes of the buffer, and then of the list; RESOURCES: it is too small. */
VOID NdisMQueryAdapterResources(PNDIS_STATUS Status, NDIS_HANDLE WrapperConfigurationContext, PNDIS_RESOURCE_LIST ResourceList,
                                PUINT BufferSize);
/* In MiniportInitialize: from then on each packet to send comes with its scatter/gather list in ScatterGatherListPacketInfo, of the frame
 * and nothing else. NOT_SUPPORTED: without NDIS_ATTRIBUTE_BUS_MASTER. Undone by NDIS after MiniportHalt. */
NDIS_STATUS NdisMInitializeScatterGatherDma(NDIS_HANDLE MiniportAdapterHandle, BOOLEAN Dma64BitAddresses, ULONG MaximumPhysicalMapping);

/* ---- Interrupt: the machine has messages; all of them are the one line of such a driver. */
typedef enum _NDIS_INTERRUPT_MODE { NdisInterruptLevelSensitive, NdisInterruptLatched } NDIS_INTERRUPT_MODE;
typedef struct _NDIS_MINIPORT_INTERRUPT {
    NDIS_HANDLE NdisReserved[2];
    NDIS_HANDLE MiniportAdapterHandle;
    BOOLEAN IsrRequested;
} NDIS_MINIPORT_INTERRUPT, *PNDIS_MINIPORT_INTERRUPT;
/* PASSIVE. The driver keeps *Interrupt until it deregisters. Without RequestIsr, DisableInterrupt is called in place of the ISR. */
NDIS_STATUS NdisMRegisterInterrupt(PNDIS_MINIPORT_INTERRUPT Interrupt, NDIS_HANDLE MiniportAdapterHandle, UINT InterruptVector,
                                   UINT InterruptLevel, BOOLEAN RequestIsr, BOOLEAN SharedInterrupt, NDIS_INTERRUPT_MODE InterruptMode);
VOID NdisMDeregisterInterrupt(PNDIS_MINIPORT_INTERRUPT Interrupt);
BOOLEAN NdisMSynchronizeWithInterrupt(PNDIS_MINIPORT_INTERRUPT Interrupt, MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER SynchronizeFunction,
                                      PVOID SynchronizeContext);

/* ---- Packets, requests, status */
VOID NdisMSendComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_PACKET Packet, NDIS_STATUS Status);
VOID NdisMSendResourcesAvailable(NDIS_HANDLE MiniportAdapterHandle);
/* A packet whose status is RESOURCES is the driver's again on return. The others come back by ReturnPacket; a driver that is serialized
 * looks at their status on return instead, and keeps those that are not PENDING. */
VOID NdisMIndicateReceivePacket(NDIS_HANDLE MiniportAdapterHandle, PPNDIS_PACKET ReceivePackets, UINT NumberOfPackets);
VOID NdisMQueryInformationComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status);
VOID NdisMSetInformationComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status);
/* MEDIA_CONNECT and MEDIA_DISCONNECT reach NDIS 6 as LINK_STATE. */
VOID NdisMIndicateStatus(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS GeneralStatus, PVOID StatusBuffer, UINT StatusBufferSize);
VOID NdisMIndicateStatusComplete(NDIS_HANDLE MiniportAdapterHandle);

#ifdef __cplusplus
}
#endif

#endif
