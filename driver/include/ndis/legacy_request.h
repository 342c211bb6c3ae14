/* SPDX-License-Identifier: Apache-2.0 */
/* ndis/legacy_request.h: NDIS_REQUEST, which is how a protocol of NDIS 5 asks for an OID. [D] 5 */
#ifndef RINGSIDE_NDIS_LEGACY_REQUEST_H
#define RINGSIDE_NDIS_LEGACY_REQUEST_H

#include "oid.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NDIS_REQUEST {
    UCHAR MacReserved[4 * sizeof(PVOID)];
    NDIS_REQUEST_TYPE RequestType;
    union _DATA {
        struct {
            NDIS_OID Oid;
            PVOID InformationBuffer;
            UINT InformationBufferLength;
            UINT BytesWritten;
            UINT BytesNeeded;
        } QUERY_INFORMATION;
        struct {
            NDIS_OID Oid;
            PVOID InformationBuffer;
            UINT InformationBufferLength;
            UINT BytesRead;
            UINT BytesNeeded;
        } SET_INFORMATION;
    } DATA;
    UCHAR NdisReserved[9 * sizeof(PVOID)];
    WDK_EXTENSION union {
        UCHAR CallMgrReserved[2 * sizeof(PVOID)];
        UCHAR ProtocolReserved[2 * sizeof(PVOID)];
    };
    UCHAR MiniportReserved[2 * sizeof(PVOID)];
} NDIS_REQUEST, *PNDIS_REQUEST;

#ifdef __cplusplus
}
#endif

#endif
