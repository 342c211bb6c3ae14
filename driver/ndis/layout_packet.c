/* SPDX-License-Identifier: Apache-2.0 */
/* layout_packet.c: the x64 layouts of NDIS 5, checked by the compiler. [D] 5 */
#include "ndis/legacy_miniport.h"
#include "ndis/legacy_protocol.h"

#define AT(type, field, offset) C_ASSERT(offsetof(type, field) == (offset))
#define SIZE(type, bytes) C_ASSERT(sizeof(type) == (bytes))

SIZE(NDIS_PACKET_PRIVATE, 48);
AT(NDIS_PACKET_PRIVATE, TotalLength, 4); AT(NDIS_PACKET_PRIVATE, Head, 8); AT(NDIS_PACKET_PRIVATE, Tail, 16);
AT(NDIS_PACKET_PRIVATE, Pool, 24); AT(NDIS_PACKET_PRIVATE, Count, 32); AT(NDIS_PACKET_PRIVATE, Flags, 36);
AT(NDIS_PACKET_PRIVATE, ValidCounts, 40); AT(NDIS_PACKET_PRIVATE, NdisPacketFlags, 41); AT(NDIS_PACKET_PRIVATE, NdisPacketOobOffset, 42);

SIZE(NDIS_PACKET, 104);
AT(NDIS_PACKET, MiniportReserved, 48); AT(NDIS_PACKET, WrapperReserved, 64); AT(NDIS_PACKET, MiniportReservedEx, 48);
AT(NDIS_PACKET, WrapperReservedEx, 72); AT(NDIS_PACKET, Reserved, 80); AT(NDIS_PACKET, ProtocolReserved, 96);

SIZE(NDIS_PACKET_OOB_DATA, 40);
AT(NDIS_PACKET_OOB_DATA, TimeReceived, 8); AT(NDIS_PACKET_OOB_DATA, HeaderSize, 16); AT(NDIS_PACKET_OOB_DATA, MediaSpecificInformation, 24);
AT(NDIS_PACKET_OOB_DATA, Status, 32);
SIZE(NDIS_PACKET_EXTENSION, 96);
C_ASSERT(Ieee8021QInfo == 6 && PacketCancelId == 8 && OriginalNetBufferList == 9 && ShortPacketPaddingInfo == 11);
SIZE(NDIS_BUFFER, 48);
