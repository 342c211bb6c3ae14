/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/packet.h: NDIS_PACKET, what drivers of NDIS 5 send and receive in place of NBLs, and its out-of-band data. [D] 5
 *
 *   NDIS_PACKET | ProtocolReserved, as long as the pool says | NDIS_PACKET_OOB_DATA | NDIS_PACKET_EXTENSION
 *
 * A packet is one frame: the bytes of its NDIS_BUFFERs from Private.Head to Private.Tail, all of them; there is no offset. An NDIS_BUFFER
 * is an MDL. The functions are in packetapi.h. For drivers that define NDIS50, NDIS51 or NDIS_LEGACY_DRIVER.
 */
#ifndef RINGSIDE_NDIS_PACKET_H
#define RINGSIDE_NDIS_PACKET_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef MDL NDIS_BUFFER, *PNDIS_BUFFER;

typedef struct _NDIS_PACKET_PRIVATE {
    UINT PhysicalCount;          /* pages, once ValidCounts */
    UINT TotalLength;            /* bytes, once ValidCounts */
    PNDIS_BUFFER Head, Tail;
    PVOID Pool;
    UINT Count;                  /* buffers, once ValidCounts */
    ULONG Flags;                 /* NDIS_FLAGS_*; the low four bits are a protocol id */
    BOOLEAN ValidCounts;
    UCHAR NdisPacketFlags;       /* fPACKET_* */
    USHORT NdisPacketOobOffset;  /* from the start of the packet */
} NDIS_PACKET_PRIVATE, *PNDIS_PACKET_PRIVATE;

typedef struct _NDIS_PACKET {
    NDIS_PACKET_PRIVATE Private;
    WDK_EXTENSION union {
        WDK_EXTENSION struct {
            UCHAR MiniportReserved[2 * sizeof(PVOID)];
            UCHAR WrapperReserved[2 * sizeof(PVOID)];
        };
        WDK_EXTENSION struct {
            UCHAR MiniportReservedEx[3 * sizeof(PVOID)];
            UCHAR WrapperReservedEx[sizeof(PVOID)];
        };
        UCHAR MacReserved[4 * sizeof(PVOID)];
    };
    ULONG_PTR Reserved[2];
    UCHAR ProtocolReserved[1];
} NDIS_PACKET, *PNDIS_PACKET, **PPNDIS_PACKET;

/* Private.Flags */
#define NDIS_PROTOCOL_ID_MASK 0x0Fu
#define NDIS_FLAGS_MULTICAST_PACKET 0x10u
#define NDIS_FLAGS_DONT_LOOPBACK 0x80u
#define NDIS_FLAGS_IS_LOOPBACK_PACKET 0x100u
#define NDIS_FLAGS_LOOPBACK_ONLY 0x200u
#define NDIS_FLAGS_DOUBLE_BUFFERED 0x800u
#define NDIS_FLAGS_SENT_AT_DPC 0x1000u
#define NDIS_FLAGS_USES_SG_BUFFER_LIST 0x2000u
#define NDIS_FLAGS_USES_ORIGINAL_PACKET 0x4000u
#define NDIS_FLAGS_PADDED 0x10000u
#define NDIS_FLAGS_XLATE_AT_TOP 0x20000u
/* Private.NdisPacketFlags */
#define fPACKET_CONTAINS_MEDIA_SPECIFIC_INFO 0x40
#define fPACKET_ALLOCATED_BY_NDIS 0x80

typedef struct _NDIS_PACKET_OOB_DATA {
    WDK_EXTENSION union {
        ULONGLONG TimeToSend;
        ULONGLONG TimeSent;
    };
    ULONGLONG TimeReceived;
    UINT HeaderSize;
    UINT SizeMediaSpecificInfo;
    PVOID MediaSpecificInformation;
    NDIS_STATUS Status;
} NDIS_PACKET_OOB_DATA, *PNDIS_PACKET_OOB_DATA;

typedef enum _NDIS_PER_PACKET_INFO {
    TcpIpChecksumPacketInfo, IpSecPacketInfo, TcpLargeSendPacketInfo, ClassificationHandlePacketInfo, NdisReserved,
    ScatterGatherListPacketInfo, Ieee8021QInfo, OriginalPacketInfo, PacketCancelId, OriginalNetBufferList, CachedNetBufferList,
    ShortPacketPaddingInfo, MaxPerPacketInfo
} NDIS_PER_PACKET_INFO, *PNDIS_PER_PACKET_INFO;

typedef struct _NDIS_PACKET_EXTENSION {
    PVOID NdisPacketInfo[MaxPerPacketInfo];
} NDIS_PACKET_EXTENSION, *PNDIS_PACKET_EXTENSION;

/* Slot TcpIpChecksumPacketInfo; as in nblchecksum.h, without TcpHeaderOffset. */
typedef struct _NDIS_TCP_IP_CHECKSUM_PACKET_INFO {
    WDK_EXTENSION union {
        struct {
            ULONG NdisPacketChecksumV4 : 1;
            ULONG NdisPacketChecksumV6 : 1;
            ULONG NdisPacketTcpChecksum : 1;
            ULONG NdisPacketUdpChecksum : 1;
            ULONG NdisPacketIpChecksum : 1;
        } Transmit;
        struct {
            ULONG NdisPacketTcpChecksumFailed : 1;
            ULONG NdisPacketUdpChecksumFailed : 1;
            ULONG NdisPacketIpChecksumFailed : 1;
            ULONG NdisPacketTcpChecksumSucceeded : 1;
            ULONG NdisPacketUdpChecksumSucceeded : 1;
            ULONG NdisPacketIpChecksumSucceeded : 1;
            ULONG NdisPacketLoopback : 1;
        } Receive;
        ULONG Value;
    };
} NDIS_TCP_IP_CHECKSUM_PACKET_INFO, *PNDIS_TCP_IP_CHECKSUM_PACKET_INFO;

/* Slot Ieee8021QInfo: the bits of nbl8021q.h. */
typedef struct _NDIS_PACKET_8021Q_INFO {
    WDK_EXTENSION union {
        struct {
            UINT32 UserPriority : 3;
            UINT32 CanonicalFormatId : 1;
            UINT32 VlanId : 12;
            UINT32 Reserved : 16;
        } TagHeader;
        PVOID Value;
    };
} NDIS_PACKET_8021Q_INFO, *PNDIS_PACKET_8021Q_INFO;

#define NDIS_OOB_DATA_FROM_PACKET(p) ((PNDIS_PACKET_OOB_DATA)(PVOID)((PUCHAR)(p) + (p)->Private.NdisPacketOobOffset))
#define NDIS_PACKET_EXTENSION_FROM_PACKET(p) ((PNDIS_PACKET_EXTENSION)(PVOID)(NDIS_OOB_DATA_FROM_PACKET(p) + 1))
/* An lvalue. Slots hold values, not pointers, but for the scatter/gather list, the original packet and the NBLs. */
#define NDIS_PER_PACKET_INFO_FROM_PACKET(p, id) (NDIS_PACKET_EXTENSION_FROM_PACKET(p)->NdisPacketInfo[id])

#define NDIS_GET_PACKET_STATUS(p) (NDIS_OOB_DATA_FROM_PACKET(p)->Status)
#define NDIS_SET_PACKET_STATUS(p, status) (NDIS_OOB_DATA_FROM_PACKET(p)->Status = (status))
#define NDIS_GET_PACKET_HEADER_SIZE(p) (NDIS_OOB_DATA_FROM_PACKET(p)->HeaderSize)
#define NDIS_SET_PACKET_HEADER_SIZE(p, bytes) (NDIS_OOB_DATA_FROM_PACKET(p)->HeaderSize = (bytes))
#define NDIS_GET_PACKET_CANCEL_ID(p) NDIS_PER_PACKET_INFO_FROM_PACKET(p, PacketCancelId)
#define NDIS_SET_PACKET_CANCEL_ID(p, id) (NDIS_PER_PACKET_INFO_FROM_PACKET(p, PacketCancelId) = (id))
#define NDIS_GET_PACKET_PROTOCOL_TYPE(p) ((p)->Private.Flags & NDIS_PROTOCOL_ID_MASK)
#define NDIS_GET_ORIGINAL_PACKET(p) ((PNDIS_PACKET)NDIS_PER_PACKET_INFO_FROM_PACKET(p, OriginalPacketInfo))
#define NDIS_SET_ORIGINAL_PACKET(p, original) (NDIS_PER_PACKET_INFO_FROM_PACKET(p, OriginalPacketInfo) = (original))
#define NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(p, info, size) \
    do { \
        const BOOLEAN has_ = ((p)->Private.NdisPacketFlags & fPACKET_CONTAINS_MEDIA_SPECIFIC_INFO) != 0; \
        *(info) = has_ ? NDIS_OOB_DATA_FROM_PACKET(p)->MediaSpecificInformation : NULL; \
        *(size) = has_ ? NDIS_OOB_DATA_FROM_PACKET(p)->SizeMediaSpecificInfo : 0; \
    } while (0)
#define NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(p, info, size) \
    do { \
        (p)->Private.NdisPacketFlags |= fPACKET_CONTAINS_MEDIA_SPECIFIC_INFO; \
        NDIS_OOB_DATA_FROM_PACKET(p)->MediaSpecificInformation = (info); \
        NDIS_OOB_DATA_FROM_PACKET(p)->SizeMediaSpecificInfo = (size); \
    } while (0)

#ifdef __cplusplus
}
#endif

#endif
