/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdm/requirements.h: what a device asks of the Plug and Play manager. There is none here: drivers that would change what is asked for compile,
 * and nobody asks them. What a device was given is in wdm/resource.h. Include wdm.h, not this header.
 */
#ifndef RINGSIDE_WDM_REQUIREMENTS_H
#define RINGSIDE_WDM_REQUIREMENTS_H

#define IO_RESOURCE_PREFERRED 0x01
#define IO_RESOURCE_DEFAULT 0x02
#define IO_RESOURCE_ALTERNATIVE 0x08
#define CM_RESOURCE_INTERRUPT_POLICY_INCLUDED 0x4u

typedef enum _IRQ_DEVICE_POLICY {
    IrqPolicyMachineDefault, IrqPolicyAllCloseProcessors, IrqPolicyOneCloseProcessor, IrqPolicyAllProcessorsInMachine,
    IrqPolicySpecifiedProcessors, IrqPolicySpreadMessagesAcrossAllProcessors, IrqPolicyAllProcessorsInMachineWhenSteered
} IRQ_DEVICE_POLICY, *PIRQ_DEVICE_POLICY;
typedef enum _IRQ_PRIORITY { IrqPriorityUndefined, IrqPriorityLow, IrqPriorityNormal, IrqPriorityHigh } IRQ_PRIORITY, *PIRQ_PRIORITY;

typedef struct _IO_RESOURCE_DESCRIPTOR {
    UCHAR Option, Type, ShareDisposition, Spare1;
    USHORT Flags, Spare2;
    union {
        struct {
            ULONG Length, Alignment;
            PHYSICAL_ADDRESS MinimumAddress, MaximumAddress;
        } Port, Memory, Generic;
        struct {
            ULONG MinimumVector, MaximumVector;
            USHORT AffinityPolicy, Group; /* IRQ_DEVICE_POLICY */
            IRQ_PRIORITY PriorityPolicy;
            KAFFINITY TargetedProcessors;
        } Interrupt;
        struct {
            ULONG Data[3];
        } DevicePrivate;
    } u;
} IO_RESOURCE_DESCRIPTOR, *PIO_RESOURCE_DESCRIPTOR;
typedef struct _IO_RESOURCE_LIST {
    USHORT Version, Revision;
    ULONG Count;
    IO_RESOURCE_DESCRIPTOR Descriptors[1];
} IO_RESOURCE_LIST, *PIO_RESOURCE_LIST;
typedef struct _IO_RESOURCE_REQUIREMENTS_LIST {
    ULONG ListSize; /* bytes, of all lists */
    ULONG InterfaceType, BusNumber, SlotNumber, Reserved[3], AlternativeLists;
    IO_RESOURCE_LIST List[1]; /* the others follow, each as long as its Count says */
} IO_RESOURCE_REQUIREMENTS_LIST, *PIO_RESOURCE_REQUIREMENTS_LIST;
C_ASSERT(sizeof(IO_RESOURCE_DESCRIPTOR) == 32 && sizeof(IO_RESOURCE_LIST) == 40 && sizeof(IO_RESOURCE_REQUIREMENTS_LIST) == 72);

#endif
