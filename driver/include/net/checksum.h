/* SPDX-License-Identifier: Apache-2.0 */
/* net/checksum.h: what is to be made of a packet's checksums (transmit), or was found of them (receive); two bits a layer. */
#ifndef RINGSIDE_NET_CHECKSUM_H
#define RINGSIDE_NET_CHECKSUM_H

#include "extension.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _NET_PACKET_TX_CHECKSUM_ACTION {
    NetPacketTxChecksumActionPassthrough = 0, NetPacketTxChecksumActionRequired = 2
} NET_PACKET_TX_CHECKSUM_ACTION;
typedef enum _NET_PACKET_RX_CHECKSUM_EVALUATION {
    NetPacketRxChecksumEvaluationNotChecked, NetPacketRxChecksumEvaluationValid, NetPacketRxChecksumEvaluationInvalid
} NET_PACKET_RX_CHECKSUM_EVALUATION;
typedef struct _NET_PACKET_CHECKSUM {
    UINT8 Layer2 : 2;
    UINT8 Layer3 : 2;
    UINT8 Layer4 : 2;
    UINT8 Reserved : 2;
} NET_PACKET_CHECKSUM;
C_ASSERT(sizeof(NET_PACKET_CHECKSUM) == 1);
#define NET_PACKET_EXTENSION_CHECKSUM_NAME WDK_WIDE("ms_packet_checksum")
#define NET_PACKET_EXTENSION_CHECKSUM_VERSION_1 1u
#define NET_PACKET_EXTENSION_CHECKSUM_VERSION_1_SIZE sizeof(NET_PACKET_CHECKSUM)

FORCEINLINE NET_PACKET_CHECKSUM *NetExtensionGetPacketChecksum(NET_EXTENSION const *Extension, UINT32 Index)
{
    return (NET_PACKET_CHECKSUM *)NetExtensionGetData(Extension, Index);
}

#ifdef __cplusplus
}
#endif

#endif
