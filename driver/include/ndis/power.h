/* SPDX-License-Identifier: Apache-2.0 */
/* ndis/power.h: wake-up of NDIS 6.20: what an adapter can do, and the patterns that wake it. Nothing sleeps here. [D] 1.9 */
#ifndef RINGSIDE_NDIS_POWER_H
#define RINGSIDE_NDIS_POWER_H

#include "oid.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NDIS_PM_CAPABILITIES {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG SupportedWoLPacketPatterns, NumTotalWoLPatterns, MaxWoLPatternSize, MaxWoLPatternOffset, MaxWoLPacketSaveBuffer;
    ULONG SupportedProtocolOffloads, NumArpOffloadIPv4Addresses, NumNSOffloadIPv6Addresses;
    NDIS_DEVICE_POWER_STATE MinMagicPacketWakeUp, MinPatternWakeUp, MinLinkChangeWakeUp;
    ULONG SupportedWakeUpEvents, MediaSpecificWakeUpEvents; /* revision 2 */
} NDIS_PM_CAPABILITIES, *PNDIS_PM_CAPABILITIES;
#define NDIS_PM_WOL_MAGIC_PACKET_SUPPORTED 0x2u /* SupportedWoLPacketPatterns */
#define NDIS_PM_CAPABILITIES_REVISION_1 1
#define NDIS_PM_CAPABILITIES_REVISION_2 2
#define NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_1 52
#define NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_2 60
C_ASSERT(sizeof(NDIS_PM_CAPABILITIES) == 60);

typedef struct _NDIS_PM_PACKET_PATTERN {
    ULONG Priority, Reserved, MaskSize; /* bytes */
    ULONG PatternOffset, PatternSize;   /* from the start of the structure */
    ULONG PatternFlags;
} NDIS_PM_PACKET_PATTERN, *PNDIS_PM_PACKET_PATTERN;

#ifdef __cplusplus
}
#endif

#endif
