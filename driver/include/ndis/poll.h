/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/poll.h: NDIS polling, of NDIS 6.85: NDIS asks the miniport for what it received and sent, instead of being told. [D] poll.h
 *
 *   interrupt -> NdisRequestPoll -> notification off -> NdisPoll, again and again while it gives NBLs
 *                                -> notification on  -> NdisPoll once more, for what came meanwhile -> quiet, until the next request
 *
 * What NdisPoll leaves in the two chains, NDIS indicates and completes after it has returned. The first notification, on, comes when the
 * adapter runs; there is no poll before the first request.
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
#define NDIS_POLL_DATA_REVISION_1 1
#define NDIS_SIZEOF_NDIS_POLL_DATA_REVISION_1 152
C_ASSERT(sizeof(NDIS_POLL_TRANSMIT_DATA) == 72 && sizeof(NDIS_POLL_RECEIVE_DATA) == 72 && sizeof(NDIS_POLL_DATA) == 152);

/* At DISPATCH_LEVEL, and at PASSIVE_LEVEL when it goes on for long: the driver may count on neither. */
typedef VOID NDIS_POLL(PVOID Context, NDIS_POLL_DATA *PollData);
typedef NDIS_POLL *NDIS_POLL_HANDLER;
typedef struct _NDIS_POLL_NOTIFICATION {
    NDIS_OBJECT_HEADER Header;
    BOOLEAN Enabled;
} NDIS_POLL_NOTIFICATION;
#define NDIS_POLL_NOTIFICATION_REVISION_1 1
#define NDIS_SIZEOF_NDIS_POLL_NOTIFICATION_REVISION_1 5
typedef VOID NDIS_SET_POLL_NOTIFICATION(PVOID Context, NDIS_POLL_NOTIFICATION *Notification);
typedef NDIS_SET_POLL_NOTIFICATION *NDIS_SET_POLL_NOTIFICATION_HANDLER;
typedef struct _NDIS_POLL_CHARACTERISTICS {
    NDIS_OBJECT_HEADER Header;
    NDIS_SET_POLL_NOTIFICATION_HANDLER SetPollNotificationHandler;
    NDIS_POLL_HANDLER PollHandler;
} NDIS_POLL_CHARACTERISTICS;
#define NDIS_POLL_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1 24

/* PASSIVE. NdisHandle is the adapter's. INVALID_PARAMETER: a handler is missing. */
NDIS_STATUS NdisRegisterPoll(NDIS_HANDLE NdisHandle, VOID *Context, const NDIS_POLL_CHARACTERISTICS *Characteristics,
                             NDIS_POLL_HANDLE *PollHandle);
VOID NdisDeregisterPoll(NDIS_POLL_HANDLE PollHandle); /* PASSIVE; no callback runs afterwards */
VOID NdisSetPollAffinity(NDIS_POLL_HANDLE PollHandle, const PROCESSOR_NUMBER *PollAffinity);
VOID NdisRequestPoll(NDIS_POLL_HANDLE PollHandle, PVOID Reserved); /* any IRQL; NdisPoll is called at least once after it */

#ifdef __cplusplus
}
#endif

#endif
