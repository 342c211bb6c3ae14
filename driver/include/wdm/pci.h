/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdm/pci.h: PCI configuration space as drivers read it: the common header, its type 0 form, capabilities, base addresses. [P] 7.5.1
 *
 * What is read with NdisMGetBusData or a bus interface. Include wdm.h, not this header.
 */
#ifndef RINGSIDE_WDM_PCI_H
#define RINGSIDE_WDM_PCI_H

#define PCI_TYPE0_ADDRESSES 6
#define PCI_TYPE1_ADDRESSES 2
#define PCI_TYPE2_ADDRESSES 5

typedef struct _PCI_COMMON_HEADER {
    USHORT VendorID, DeviceID, Command, Status;
    UCHAR RevisionID, ProgIf, SubClass, BaseClass;
    UCHAR CacheLineSize, LatencyTimer, HeaderType, BIST;
    union {
        struct _PCI_HEADER_TYPE_0 {
            ULONG BaseAddresses[PCI_TYPE0_ADDRESSES];
            ULONG CIS;
            USHORT SubVendorID, SubSystemID;
            ULONG ROMBaseAddress;
            UCHAR CapabilitiesPtr, Reserved1[3];
            ULONG Reserved2;
            UCHAR InterruptLine, InterruptPin, MinimumGrant, MaximumLatency;
        } type0;
        struct _PCI_HEADER_TYPE_1 {
            ULONG BaseAddresses[PCI_TYPE1_ADDRESSES];
            UCHAR PrimaryBus, SecondaryBus, SubordinateBus, SecondaryLatency;
            UCHAR IOBase, IOLimit;
            USHORT SecondaryStatus, MemoryBase, MemoryLimit, PrefetchBase, PrefetchLimit;
            ULONG PrefetchBaseUpper32, PrefetchLimitUpper32;
            USHORT IOBaseUpper16, IOLimitUpper16;
            UCHAR CapabilitiesPtr, Reserved1[3];
            ULONG ROMBaseAddress;
            UCHAR InterruptLine, InterruptPin;
            USHORT BridgeControl;
        } type1;
        struct _PCI_HEADER_TYPE_2 {
            ULONG SocketRegistersBaseAddress;
            UCHAR CapabilitiesPtr, Reserved;
            USHORT SecondaryStatus;
            UCHAR PrimaryBus, SecondaryBus, SubordinateBus, SecondaryLatency;
            struct {
                ULONG Base, Limit;
            } Range[PCI_TYPE2_ADDRESSES - 1];
            UCHAR InterruptLine, InterruptPin;
            USHORT BridgeControl;
        } type2;
    } u;
} PCI_COMMON_HEADER, *PPCI_COMMON_HEADER;
C_ASSERT(sizeof(PCI_COMMON_HEADER) == 64);

/* The whole of it, as far as PCI goes, with the members of the header as its own. */
#ifdef __cplusplus
typedef struct _PCI_COMMON_CONFIG : PCI_COMMON_HEADER {
#else
typedef struct _PCI_COMMON_CONFIG {
    USHORT VendorID, DeviceID, Command, Status;
    UCHAR RevisionID, ProgIf, SubClass, BaseClass;
    UCHAR CacheLineSize, LatencyTimer, HeaderType, BIST;
    union {
        struct _PCI_HEADER_TYPE_0 type0;
        struct _PCI_HEADER_TYPE_1 type1;
        struct _PCI_HEADER_TYPE_2 type2;
    } u;
#endif
    UCHAR DeviceSpecific[192];
} PCI_COMMON_CONFIG, *PPCI_COMMON_CONFIG;
C_ASSERT(sizeof(PCI_COMMON_CONFIG) == 256);

typedef struct _PCI_CAPABILITIES_HEADER {
    UCHAR CapabilityID;
    UCHAR Next; /* offset of the next one, 0: none */
} PCI_CAPABILITIES_HEADER, *PPCI_CAPABILITIES_HEADER;
#define PCI_CAPABILITY_ID_POWER_MANAGEMENT 0x01
#define PCI_CAPABILITY_ID_MSI 0x05
#define PCI_CAPABILITY_ID_VENDOR_SPECIFIC 0x09
#define PCI_CAPABILITY_ID_PCI_EXPRESS 0x10
#define PCI_CAPABILITY_ID_MSIX 0x11

#define PCI_ENABLE_IO_SPACE 0x0001
#define PCI_ENABLE_MEMORY_SPACE 0x0002
#define PCI_ENABLE_BUS_MASTER 0x0004
#define PCI_STATUS_CAPABILITIES_LIST 0x0010
#define PCI_INVALID_VENDORID 0xFFFF

#define PCI_MULTIFUNCTION 0x80
#define PCI_DEVICE_TYPE 0x00
#define PCI_BRIDGE_TYPE 0x01
#define PCI_CARDBUS_BRIDGE_TYPE 0x02
#define PCI_CONFIGURATION_TYPE(header) ((UCHAR)((header)->HeaderType & ~PCI_MULTIFUNCTION))

#define PCI_ADDRESS_IO_SPACE 0x00000001u
#define PCI_ADDRESS_MEMORY_TYPE_MASK 0x00000006u
#define PCI_ADDRESS_MEMORY_PREFETCHABLE 0x00000008u
#define PCI_ADDRESS_IO_ADDRESS_MASK 0xFFFFFFFCu
#define PCI_ADDRESS_MEMORY_ADDRESS_MASK 0xFFFFFFF0u
#define PCI_TYPE_32BIT 0
#define PCI_TYPE_20BIT 2
#define PCI_TYPE_64BIT 4

#define PCI_WHICHSPACE_CONFIG 0x0u

/* ---- What the bus offers the driver of a device (WdfFdoQueryForInterface). Context goes first into each of its functions; the reference
 * that the query took is given back with InterfaceDereference. */
typedef VOID INTERFACE_REFERENCE(PVOID Context);
typedef INTERFACE_REFERENCE *PINTERFACE_REFERENCE, *PINTERFACE_DEREFERENCE;
typedef struct _INTERFACE {
    USHORT Size, Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
} INTERFACE, *PINTERFACE;

typedef BOOLEAN TRANSLATE_BUS_ADDRESS(PVOID Context, PHYSICAL_ADDRESS BusAddress, ULONG Length, PULONG AddressSpace,
                                      PPHYSICAL_ADDRESS TranslatedAddress);
typedef ULONG GET_SET_DEVICE_DATA(PVOID Context, ULONG DataType, PVOID Buffer, ULONG Offset, ULONG Length); /* bytes done */
typedef GET_SET_DEVICE_DATA *PGET_SET_DEVICE_DATA;
typedef struct _BUS_INTERFACE_STANDARD {
    USHORT Size, Version; /* 1 */
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    TRANSLATE_BUS_ADDRESS *TranslateBusAddress; /* this and the next are NULL: nothing here asks for them */
    PVOID GetDmaAdapter;
    PGET_SET_DEVICE_DATA SetBusData, GetBusData; /* of PCI_WHICHSPACE_CONFIG */
} BUS_INTERFACE_STANDARD, *PBUS_INTERFACE_STANDARD;
C_ASSERT(sizeof(BUS_INTERFACE_STANDARD) == 64);

#endif
