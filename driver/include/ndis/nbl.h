/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/nbl.h: NET_BUFFER_LIST -> NET_BUFFER -> MDL, the packet of NDIS 6.
 *
 *   NBL --Next--> NBL            one call carries a list of NBLs; an NBL is what is owned, handed over and completed
 *    |FirstNetBuffer
 *   NB  --Next--> NB             one frame each, all of one flow
 *    |MdlChain
 *   MDL --Next--> MDL            |<- DataOffset ->|<------- DataLength ------->|
 *   [ backfill ][ used data of the frame, in pieces ]   the used data starts CurrentMdlOffset bytes into CurrentMdl
 *
 * Invariants, checked at every hand-over: the bytes of the MDLs before CurrentMdl + CurrentMdlOffset == DataOffset, and
 * DataOffset + DataLength <= the bytes of the chain. [D] 1.2
 */
#ifndef RINGSIDE_NDIS_NBL_H
#define RINGSIDE_NDIS_NBL_H

#include "nblinfo.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NET_BUFFER NET_BUFFER, *PNET_BUFFER;
typedef struct _NET_BUFFER_LIST NET_BUFFER_LIST, *PNET_BUFFER_LIST;
typedef struct _SCATTER_GATHER_LIST SCATTER_GATHER_LIST, *PSCATTER_GATHER_LIST;
typedef struct _NET_BUFFER_LIST_CONTEXT NET_BUFFER_LIST_CONTEXT, *PNET_BUFFER_LIST_CONTEXT;

typedef union _NET_BUFFER_DATA_LENGTH {
    ULONG DataLength;
    SIZE_T stDataLength;
} NET_BUFFER_DATA_LENGTH, *PNET_BUFFER_DATA_LENGTH;

typedef struct _NET_BUFFER_DATA {
    PNET_BUFFER Next;
    PMDL CurrentMdl;
    ULONG CurrentMdlOffset;
    NET_BUFFER_DATA_LENGTH NbDataLength;
    PMDL MdlChain;
    ULONG DataOffset;
} NET_BUFFER_DATA, *PNET_BUFFER_DATA;

typedef union _NET_BUFFER_HEADER {
    NET_BUFFER_DATA NetBufferData;
    SLIST_HEADER Link;
} NET_BUFFER_HEADER, *PNET_BUFFER_HEADER;

typedef struct _NET_BUFFER_SHARED_MEMORY {
    struct _NET_BUFFER_SHARED_MEMORY *NextSharedMemorySegment;
    ULONG SharedMemoryFlags;
    NDIS_HANDLE SharedMemoryHandle;
    ULONG SharedMemoryOffset;
    ULONG SharedMemoryLength;
} NET_BUFFER_SHARED_MEMORY, *PNET_BUFFER_SHARED_MEMORY;

struct _NET_BUFFER {
    WDK_EXTENSION union {
        WDK_EXTENSION struct {
            PNET_BUFFER Next;
            PMDL CurrentMdl;
            ULONG CurrentMdlOffset;
            WDK_EXTENSION union {
                ULONG DataLength;
                SIZE_T stDataLength;
            };
            PMDL MdlChain;
            ULONG DataOffset;
        };
        SLIST_HEADER Link;
        NET_BUFFER_HEADER NetBufferHeader;
    };
    USHORT ChecksumBias;
    USHORT Reserved;
    NDIS_HANDLE NdisPoolHandle;
    PVOID NdisReserved[2];
    PVOID ProtocolReserved[6];
    PVOID MiniportReserved[4];
    NDIS_PHYSICAL_ADDRESS DataPhysicalAddress;
    WDK_EXTENSION union {
        PNET_BUFFER_SHARED_MEMORY SharedMemoryInfo;
        PSCATTER_GATHER_LIST ScatterGatherList;
    };
};

typedef struct _NET_BUFFER_LIST_DATA {
    PNET_BUFFER_LIST Next;
    PNET_BUFFER FirstNetBuffer;
} NET_BUFFER_LIST_DATA, *PNET_BUFFER_LIST_DATA;

typedef union _NET_BUFFER_LIST_HEADER {
    NET_BUFFER_LIST_DATA NetBufferListData;
    SLIST_HEADER Link;
} NET_BUFFER_LIST_HEADER, *PNET_BUFFER_LIST_HEADER;

/* Only NDIS allocates these: the pool's block has more out-of-band slots than are named here, and the tracker's record. */
struct _NET_BUFFER_LIST {
    WDK_EXTENSION union {
        WDK_EXTENSION struct {
            PNET_BUFFER_LIST Next;
            PNET_BUFFER FirstNetBuffer;
        };
        SLIST_HEADER Link;
        NET_BUFFER_LIST_HEADER NetBufferListHeader;
    };
    PNET_BUFFER_LIST_CONTEXT Context;
    PNET_BUFFER_LIST ParentNetBufferList;
    NDIS_HANDLE NdisPoolHandle;
    DECLSPEC_ALIGN(16) PVOID NdisReserved[2];
    PVOID ProtocolReserved[4];
    PVOID MiniportReserved[2];
    PVOID Scratch;
    NDIS_HANDLE SourceHandle;
    ULONG NblFlags;
    LONG ChildRefCount;
    ULONG Flags;
    WDK_EXTENSION union {
        NDIS_STATUS Status;
        ULONG NdisReserved2;
    };
    PVOID NetBufferListInfo[MaxNetBufferListInfo];
};

/* A stack of per-NBL driver data: the used bytes are [Offset, Size) of ContextData. */
struct _NET_BUFFER_LIST_CONTEXT {
    PNET_BUFFER_LIST_CONTEXT Next;
    USHORT Size;
    USHORT Offset;
    WDK_EXTENSION DECLSPEC_ALIGN(16) UCHAR ContextData[];
};

/* NblFlags. IPv4 excludes IPv6, TCP excludes UDP, and either of these needs one of those; 0x4 to 0x80 belong to NDIS. */
#define NDIS_NBL_FLAGS_SEND_READ_ONLY 0x1u
#define NDIS_NBL_FLAGS_RECV_READ_ONLY 0x2u
#define NDIS_NBL_FLAGS_HD_SPLIT 0x100u
#define NDIS_NBL_FLAGS_IS_IPV4 0x200u
#define NDIS_NBL_FLAGS_IS_IPV6 0x400u
#define NDIS_NBL_FLAGS_IS_TCP 0x800u
#define NDIS_NBL_FLAGS_IS_UDP 0x1000u
#define NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_HEADER 0x2000u
#define NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_PAYLOAD 0x4000u
#define NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET 0x8000u
#define NDIS_NBL_FLAGS_CAPTURE_TIMESTAMP_ON_TRANSMIT 0x10000u

/* Flags: whose bits are whose. */
#define NBL_FLAGS_PROTOCOL_RESERVED 0xFFF00003u
#define NBL_PROT_RSVD_FLAGS NBL_FLAGS_PROTOCOL_RESERVED
#define NBL_FLAGS_MINIPORT_RESERVED 0x0000F000u
#define NBL_FLAGS_SCRATCH 0x000F0000u
#define NBL_FLAGS_NDIS_RESERVED 0x00000FFCu

/* Flag words of the data path. */
#define NDIS_SEND_FLAGS_DISPATCH_LEVEL 0x1u
#define NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK 0x2u
#define NDIS_SEND_FLAGS_SINGLE_QUEUE 0x4u
#define NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL 0x1u
#define NDIS_SEND_COMPLETE_FLAGS_SINGLE_QUEUE 0x2u
#define NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL 0x1u
#define NDIS_RECEIVE_FLAGS_RESOURCES 0x2u
#define NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE 0x100u
#define NDIS_RECEIVE_FLAGS_SINGLE_VLAN 0x200u
#define NDIS_RECEIVE_FLAGS_PERFECT_FILTERED 0x400u
#define NDIS_RECEIVE_FLAGS_SINGLE_QUEUE 0x800u
#define NDIS_RETURN_FLAGS_DISPATCH_LEVEL 0x1u
#define NDIS_RETURN_FLAGS_SINGLE_QUEUE 0x2u
#define NDIS_TEST_SEND_AT_DISPATCH_LEVEL(flags) (((flags) & NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0)
#define NDIS_TEST_SEND_COMPLETE_AT_DISPATCH_LEVEL(flags) (((flags) & NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL) != 0)
#define NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(flags) (((flags) & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL) != 0)
#define NDIS_TEST_RECEIVE_CAN_PEND(flags) (((flags) & NDIS_RECEIVE_FLAGS_RESOURCES) == 0)
#define NDIS_TEST_RETURN_AT_DISPATCH_LEVEL(flags) (((flags) & NDIS_RETURN_FLAGS_DISPATCH_LEVEL) != 0)
#define NDIS_SET_SEND_FLAG(flags, flag) ((flags) |= (flag))
#define NDIS_SET_SEND_COMPLETE_FLAG(flags, flag) ((flags) |= (flag))
#define NDIS_SET_RECEIVE_FLAG(flags, flag) ((flags) |= (flag))
#define NDIS_SET_RETURN_FLAG(flags, flag) ((flags) |= (flag))
#define NDIS_CLEAR_SEND_FLAG(flags, flag) ((flags) &= ~(flag))
#define NDIS_TEST_RECEIVE_CANNOT_PEND(flags) (((flags) & NDIS_RECEIVE_FLAGS_RESOURCES) != 0)

#ifdef __cplusplus
}
#endif

#endif
