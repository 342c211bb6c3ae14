/* SPDX-License-Identifier: Apache-2.0 */
/* wdm/resource.h: what a device was given: address ranges and interrupts. Include wdm.h, not this header. [D] CM_PARTIAL_RESOURCE_DESCRIPTOR */
#ifndef RINGSIDE_WDM_RESOURCE_H
#define RINGSIDE_WDM_RESOURCE_H

#define CmResourceTypeNull 0
#define CmResourceTypePort 1
#define CmResourceTypeInterrupt 2
#define CmResourceTypeMemory 3
#define CmResourceTypeDma 4
#define CmResourceTypeDeviceSpecific 5
#define CmResourceTypeBusNumber 6
#define CmResourceTypeMemoryLarge 7
#define CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE 0x0u
#define CM_RESOURCE_INTERRUPT_LATCHED 0x1u
#define CM_RESOURCE_INTERRUPT_MESSAGE 0x2u

#pragma pack(push, 4)
typedef struct _CM_PARTIAL_RESOURCE_DESCRIPTOR {
    UCHAR Type;
    UCHAR ShareDisposition;
    USHORT Flags;
    union {
        struct {
            PHYSICAL_ADDRESS Start;
            ULONG Length;
        } Generic, Port, Memory;
        struct {
            USHORT Level, Group;
            ULONG Vector;
            KAFFINITY Affinity;
        } Interrupt;
        struct {
            WDK_EXTENSION union {
                struct {
                    USHORT Group, MessageCount;
                    ULONG Vector;
                    KAFFINITY Affinity;
                } Raw;
                struct {
                    USHORT Level, Group;
                    ULONG Vector;
                    KAFFINITY Affinity;
                } Translated;
            };
        } MessageInterrupt;
    } u;
} CM_PARTIAL_RESOURCE_DESCRIPTOR, *PCM_PARTIAL_RESOURCE_DESCRIPTOR;
#pragma pack(pop)
C_ASSERT(sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR) == 20);

#endif
