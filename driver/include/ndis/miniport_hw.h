/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/miniport_hw.h: how a miniport reaches its device: resources, registers, shared memory, scatter/gather DMA, interrupts.
 *
 * A mapped register address is an opaque cookie: it may be offset, compared and given to the NdisRead/WriteRegister functions, but
 * not dereferenced. (It lies where no host memory is, so that a dereference faults at once.)
 */
#ifndef RINGSIDE_NDIS_MINIPORT_HW_H
#define RINGSIDE_NDIS_MINIPORT_HW_H

#include "nbl.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Resources: the shape of CM_PARTIAL_RESOURCE_LIST. */
typedef struct _NDIS_RESOURCE_LIST {
    USHORT Version, Revision;
    ULONG Count;
    CM_PARTIAL_RESOURCE_DESCRIPTOR PartialDescriptors[1];
} NDIS_RESOURCE_LIST, *PNDIS_RESOURCE_LIST;

/* ---- Registers */
/* PASSIVE. PhysicalAddress is the Start of a memory resource (+ offset). RESOURCE_CONFLICT when it lies in none. */
NDIS_STATUS NdisMMapIoSpace(PVOID *VirtualAddress, NDIS_HANDLE MiniportAdapterHandle, NDIS_PHYSICAL_ADDRESS PhysicalAddress, UINT Length);
VOID NdisMUnmapIoSpace(NDIS_HANDLE MiniportAdapterHandle, PVOID VirtualAddress, UINT Length);
/* READ_REGISTER_ULONG and its kin: wdm/registers.h. */
/* A register may be given as a number, too. */
#define NdisReadRegisterUchar(r, value) (*(value) = WdkReadRegister8((const volatile VOID *)(ULONG_PTR)(r)))
#define NdisReadRegisterUshort(r, value) (*(value) = WdkReadRegister16((const volatile VOID *)(ULONG_PTR)(r)))
#define NdisReadRegisterUlong(r, value) (*(value) = WdkReadRegister32((const volatile VOID *)(ULONG_PTR)(r)))
#define NdisWriteRegisterUchar(r, value) WdkWriteRegister8((volatile VOID *)(ULONG_PTR)(r), (value))
#define NdisWriteRegisterUshort(r, value) WdkWriteRegister16((volatile VOID *)(ULONG_PTR)(r), (value))
#define NdisWriteRegisterUlong(r, value) WdkWriteRegister32((volatile VOID *)(ULONG_PTR)(r), (value))

/* Configuration space; returns the bytes read or written. */
ULONG NdisMGetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer, ULONG Length);
ULONG NdisMSetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer, ULONG Length);

/* ---- Shared memory: contiguous on the bus and mapped both ways until freed. *VirtualAddress is NULL on failure. PASSIVE. */
VOID NdisMAllocateSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached, PVOID *VirtualAddress,
                               PNDIS_PHYSICAL_ADDRESS PhysicalAddress);
VOID NdisMFreeSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached, PVOID VirtualAddress,
                           NDIS_PHYSICAL_ADDRESS PhysicalAddress);

/* ---- Scatter/gather DMA */
typedef struct _SCATTER_GATHER_ELEMENT {
    PHYSICAL_ADDRESS Address;
    ULONG Length;
    ULONG_PTR Reserved;
} SCATTER_GATHER_ELEMENT, *PSCATTER_GATHER_ELEMENT;
struct _SCATTER_GATHER_LIST {
    ULONG NumberOfElements;
    ULONG_PTR Reserved;
    WDK_EXTENSION SCATTER_GATHER_ELEMENT Elements[];
};

/* At DISPATCH_LEVEL; DeviceObject and Reserved say nothing. */
typedef VOID MINIPORT_PROCESS_SG_LIST(PDEVICE_OBJECT DeviceObject, PVOID Reserved, PSCATTER_GATHER_LIST ScatterGatherListBuffer,
                                      PVOID Context);
typedef MINIPORT_PROCESS_SG_LIST *MINIPORT_PROCESS_SG_LIST_HANDLER;
typedef VOID MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE(NDIS_HANDLE MiniportAdapterContext, PVOID VirtualAddress,
                                                   PNDIS_PHYSICAL_ADDRESS PhysicalAddress, ULONG Length, PVOID Context);
typedef MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE *MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER;
typedef struct _NDIS_SG_DMA_DESCRIPTION {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG MaximumPhysicalMapping; /* bytes of the largest frame */
    MINIPORT_PROCESS_SG_LIST_HANDLER ProcessSGListHandler;
    MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER SharedMemAllocateCompleteHandler;
    ULONG ScatterGatherListSize; /* out: bytes of a list of the worst case */
} NDIS_SG_DMA_DESCRIPTION, *PNDIS_SG_DMA_DESCRIPTION;
#define NDIS_SG_DMA_DESCRIPTION_REVISION_1 1
#define NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1 36
#define NDIS_SG_DMA_64_BIT_ADDRESS 0x1u
#define NDIS_SG_DMA_V3_HAL_API 0x2u /* nothing that a driver would notice here */
#define NDIS_SG_LIST_WRITE_TO_DEVICE 0x1u

/* PASSIVE, in InitializeEx. Needs NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER, else NOT_SUPPORTED. */
NDIS_STATUS NdisMRegisterScatterGatherDma(NDIS_HANDLE MiniportAdapterHandle, PNDIS_SG_DMA_DESCRIPTION DmaDescription,
                                          PNDIS_HANDLE NdisMiniportDmaHandle);
VOID NdisMDeregisterScatterGatherDma(NDIS_HANDLE NdisMiniportDmaHandle);
/* DISPATCH_LEVEL. SUCCESS: the handler was or will be called, here always before this returns. RESOURCES: it will not. The list covers
 * the memory from the START of CurrentMdl: CurrentMdlOffset bytes to skip, then DataLength to use. It is built in
 * ScatterGatherListBuffer when ScatterGatherListBufferSize is enough, else in memory of NDIS; either way it lives until
 * NdisMFreeNetBufferSGList, and so does the device's mapping. [D] 2.7 */
NDIS_STATUS NdisMAllocateNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PNET_BUFFER NetBuffer, PVOID Context, ULONG Flags,
                                         PVOID ScatterGatherListBuffer, ULONG ScatterGatherListBufferSize);
VOID NdisMFreeNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PSCATTER_GATHER_LIST ScatterGatherList, PNET_BUFFER NetBuffer);

/* ---- Interrupts */
#define NDIS_INDICATE_ALL_NBLS UINT32_MAX
/* Given to each DPC: how many NBLs it may indicate, and (out) whether it left some, in which case it is queued again. */
typedef struct _NDIS_RECEIVE_THROTTLE_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG MaxNblsToIndicate;
    WDK_EXTENSION BOOLEAN MoreNblsPending : 1;
} NDIS_RECEIVE_THROTTLE_PARAMETERS, *PNDIS_RECEIVE_THROTTLE_PARAMETERS;

typedef BOOLEAN MINIPORT_ISR(NDIS_HANDLE MiniportInterruptContext, PBOOLEAN QueueDefaultInterruptDpc, PULONG TargetProcessors);
typedef MINIPORT_ISR *MINIPORT_ISR_HANDLER;
typedef VOID MINIPORT_INTERRUPT_DPC(NDIS_HANDLE MiniportInterruptContext, PVOID MiniportDpcContext, PVOID ReceiveThrottleParameters,
                                    PVOID NdisReserved2);
typedef MINIPORT_INTERRUPT_DPC *MINIPORT_INTERRUPT_DPC_HANDLER;
typedef VOID MINIPORT_INTERRUPT_CONTROL(NDIS_HANDLE MiniportInterruptContext);
typedef MINIPORT_INTERRUPT_CONTROL MINIPORT_DISABLE_INTERRUPT, MINIPORT_ENABLE_INTERRUPT;
typedef MINIPORT_INTERRUPT_CONTROL *MINIPORT_DISABLE_INTERRUPT_HANDLER, *MINIPORT_ENABLE_INTERRUPT_HANDLER;
typedef BOOLEAN MINIPORT_MESSAGE_INTERRUPT(NDIS_HANDLE MiniportInterruptContext, ULONG MessageId, PBOOLEAN QueueDefaultInterruptDpc,
                                           PULONG TargetProcessors);
typedef MINIPORT_MESSAGE_INTERRUPT *MINIPORT_MSI_ISR_HANDLER;
typedef VOID MINIPORT_MESSAGE_INTERRUPT_DPC(NDIS_HANDLE MiniportInterruptContext, ULONG MessageId, PVOID MiniportDpcContext,
                                            PVOID ReceiveThrottleParameters, PVOID NdisReserved2);
typedef MINIPORT_MESSAGE_INTERRUPT_DPC *MINIPORT_MSI_INTERRUPT_DPC_HANDLER;
typedef VOID MINIPORT_MESSAGE_INTERRUPT_CONTROL(NDIS_HANDLE MiniportInterruptContext, ULONG MessageId);
typedef MINIPORT_MESSAGE_INTERRUPT_CONTROL MINIPORT_DISABLE_MESSAGE_INTERRUPT, MINIPORT_ENABLE_MESSAGE_INTERRUPT;
typedef MINIPORT_MESSAGE_INTERRUPT_CONTROL *MINIPORT_DISABLE_MSI_INTERRUPT_HANDLER, *MINIPORT_ENABLE_MSI_INTERRUPT_HANDLER;
typedef BOOLEAN MINIPORT_SYNCHRONIZE_INTERRUPT(NDIS_HANDLE SynchronizeContext);
typedef MINIPORT_SYNCHRONIZE_INTERRUPT *MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER;

typedef enum _NDIS_INTERRUPT_TYPE { NDIS_CONNECT_LINE_BASED = 1, NDIS_CONNECT_MESSAGE_BASED = 2 } NDIS_INTERRUPT_TYPE;
typedef struct _IO_INTERRUPT_MESSAGE_INFO_ENTRY {
    PHYSICAL_ADDRESS MessageAddress;
    KAFFINITY TargetProcessorSet;
    PVOID InterruptObject;
    ULONG MessageData, Vector;
    KIRQL Irql;
    ULONG Mode, Polarity;
} IO_INTERRUPT_MESSAGE_INFO_ENTRY, *PIO_INTERRUPT_MESSAGE_INFO_ENTRY;
typedef struct _IO_INTERRUPT_MESSAGE_INFO {
    KIRQL UnifiedIrql;
    ULONG MessageCount;
    IO_INTERRUPT_MESSAGE_INFO_ENTRY MessageInfo[1];
} IO_INTERRUPT_MESSAGE_INFO, *PIO_INTERRUPT_MESSAGE_INFO;
typedef struct _NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS {
    NDIS_OBJECT_HEADER Header;
    MINIPORT_ISR_HANDLER InterruptHandler;
    MINIPORT_INTERRUPT_DPC_HANDLER InterruptDpcHandler;
    MINIPORT_DISABLE_INTERRUPT_HANDLER DisableInterruptHandler;
    MINIPORT_ENABLE_INTERRUPT_HANDLER EnableInterruptHandler;
    BOOLEAN MsiSupported;
    BOOLEAN MsiSyncWithAllMessages;
    MINIPORT_MSI_ISR_HANDLER MessageInterruptHandler;
    MINIPORT_MSI_INTERRUPT_DPC_HANDLER MessageInterruptDpcHandler;
    MINIPORT_DISABLE_MSI_INTERRUPT_HANDLER DisableMessageInterruptHandler;
    MINIPORT_ENABLE_MSI_INTERRUPT_HANDLER EnableMessageInterruptHandler;
    NDIS_INTERRUPT_TYPE InterruptType;             /* out */
    PIO_INTERRUPT_MESSAGE_INFO MessageInfoTable;   /* out; lives until deregistration */
} NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS, *PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS;
#define NDIS_MINIPORT_INTERRUPT_REVISION_1 1
#define NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1 96

/* PASSIVE, in InitializeEx. The machine has MSI-X only: NOT_SUPPORTED without MsiSupported. An ISR that sets
 * *QueueDefaultInterruptDpc makes the DPC of that message run at DISPATCH_LEVEL. */
NDIS_STATUS NdisMRegisterInterruptEx(NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportInterruptContext,
                                     PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS MiniportInterruptCharacteristics,
                                     PNDIS_HANDLE NdisInterruptHandle);
VOID NdisMDeregisterInterruptEx(NDIS_HANDLE NdisInterruptHandle); /* PASSIVE; no ISR or DPC of it runs afterwards */
BOOLEAN NdisMSynchronizeWithInterruptEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
                                        MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER SynchronizeFunction, PVOID SynchronizeContext);
ULONG NdisMQueueDpc(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, ULONG TargetProcessors, PVOID MiniportDpcContext);

#ifdef __cplusplus
}
#endif

#endif
