/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/poll.h: NDIS polling, of NDIS 6.85: the structures alone. The functions are planned (sdk/planned.def): a driver that calls them does
 * not load, one that carries the types builds. [D] ndis/poll.h
 */
#ifndef RINGSIDE_NDIS_POLL_H
#define RINGSIDE_NDIS_POLL_H

#include "nbl.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct NDIS_POLL_HANDLE__ *NDIS_POLL_HANDLE;
#define NDIS_ANY_NUMBER_OF_NBLS 0xFFFFFFFFu

typedef struct _NDIS_POLL_TRANSMIT_DATA {
    ULONG MaxNblsToComplete;
    ULONG Reserved1[3];
    NET_BUFFER_LIST *CompletedNblChain;
    ULONG NumberOfCompletedNbls, NumberOfRemainingNbls, SendCompleteFlags, Reserved2;
    PVOID Reserved3[4];
} NDIS_POLL_TRANSMIT_DATA;
typedef struct _NDIS_POLL_RECEIVE_DATA {
    ULONG MaxNblsToIndicate;
    ULONG Reserved1[3];
    NET_BUFFER_LIST *IndicatedNblChain;
    ULONG NumberOfIndicatedNbls, NumberOfRemainingNbls, Flags, Reserved2;
    PVOID Reserved3[4];
} NDIS_POLL_RECEIVE_DATA;
typedef struct _NDIS_POLL_DATA {
    NDIS_OBJECT_HEADER Header;
    NDIS_POLL_TRANSMIT_DATA Transmit;
    NDIS_POLL_RECEIVE_DATA Receive;
} NDIS_POLL_DATA;
C_ASSERT(sizeof(NDIS_POLL_TRANSMIT_DATA) == 72 && sizeof(NDIS_POLL_RECEIVE_DATA) == 72 && sizeof(NDIS_POLL_DATA) == 152);

typedef VOID NDIS_POLL(PVOID Context, NDIS_POLL_DATA *PollData);
typedef NDIS_POLL *NDIS_POLL_HANDLER;
typedef struct _NDIS_POLL_NOTIFICATION {
    NDIS_OBJECT_HEADER Header;
    BOOLEAN Enabled;
} NDIS_POLL_NOTIFICATION;
typedef VOID NDIS_SET_POLL_NOTIFICATION(PVOID Context, NDIS_POLL_NOTIFICATION *Notification);
typedef NDIS_SET_POLL_NOTIFICATION *NDIS_SET_POLL_NOTIFICATION_HANDLER;
typedef struct _NDIS_POLL_CHARACTERISTICS {
    NDIS_OBJECT_HEADER Header;
    NDIS_SET_POLL_NOTIFICATION_HANDLER SetPollNotificationHandler;
    NDIS_POLL_HANDLER PollHandler;
} NDIS_POLL_CHARACTERISTICS;
#define NDIS_POLL_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1 24

#ifdef __cplusplus
}
#endif

#endif
