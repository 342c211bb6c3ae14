/* SPDX-License-Identifier: Apache-2.0 */
/* ndis/netaddress.h: addresses of a transport, as OID_GEN_NETWORK_LAYER_ADDRESSES tells them to a miniport. [D] */
#ifndef RINGSIDE_NDIS_NETADDRESS_H
#define RINGSIDE_NDIS_NETADDRESS_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NETWORK_ADDRESS {
    USHORT AddressLength, AddressType;
    UCHAR Address[1]; /* the next one follows the last byte */
} NETWORK_ADDRESS, *PNETWORK_ADDRESS;
typedef struct _NETWORK_ADDRESS_LIST {
    LONG AddressCount;
    USHORT AddressType; /* NDIS_PROTOCOL_ID_* */
    NETWORK_ADDRESS Address[1];
} NETWORK_ADDRESS_LIST, *PNETWORK_ADDRESS_LIST;
typedef struct _NETWORK_ADDRESS_IP {
    USHORT sin_port;
    ULONG in_addr;
    UCHAR sin_zero[8];
} NETWORK_ADDRESS_IP, *PNETWORK_ADDRESS_IP;
typedef struct _NETWORK_ADDRESS_IP6 {
    USHORT sin6_port;
    ULONG sin6_flowinfo;
    USHORT sin6_addr[8];
    ULONG sin6_scope_id;
} NETWORK_ADDRESS_IP6, *PNETWORK_ADDRESS_IP6;
#define NETWORK_ADDRESS_LENGTH_IP sizeof(NETWORK_ADDRESS_IP)
#define NETWORK_ADDRESS_LENGTH_IP6 sizeof(NETWORK_ADDRESS_IP6)

#ifdef __cplusplus
}
#endif

#endif
