/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx/queue.h: packet queues. Include netadaptercx.h, not this header.
 *
 * The callbacks of one queue never overlap; those of two may. EvtStart, EvtStop and EvtCancel run at PASSIVE_LEVEL, EvtAdvance and
 * EvtSetNotificationEnabled at PASSIVE_LEVEL or DISPATCH_LEVEL; none may wait.
 *
 *   EvtAdvance                 post what is new, give back what is done; called as long as there is work
 *   EvtSetNotificationEnabled  TRUE: call NetTxQueueNotify..., NetRxQueueNotify... at least once when there is work again
 *   EvtCancel                  before the stop: give everything back, soon
 *   EvtStop                    the queue is empty: no callback comes but EvtStart, or the object's end
 */
#ifndef RINGSIDE_NETCX_QUEUE_H
#define RINGSIDE_NETCX_QUEUE_H

#ifdef __cplusplus
extern "C" {
#endif

DECLARE_HANDLE(NETEXECUTIONCONTEXT);

#define WDK_QUEUE_EVENT(name, ...)                     \
    typedef void EVT_PACKET_QUEUE_##name(__VA_ARGS__); \
    typedef EVT_PACKET_QUEUE_##name *PFN_PACKET_QUEUE_##name;
WDK_QUEUE_EVENT(START, NETPACKETQUEUE PacketQueue)
WDK_QUEUE_EVENT(STOP, NETPACKETQUEUE PacketQueue)
WDK_QUEUE_EVENT(ADVANCE, NETPACKETQUEUE PacketQueue)
WDK_QUEUE_EVENT(CANCEL, NETPACKETQUEUE PacketQueue)
WDK_QUEUE_EVENT(SET_NOTIFICATION_ENABLED, NETPACKETQUEUE PacketQueue, BOOLEAN NotificationEnabled)
#undef WDK_QUEUE_EVENT

typedef struct _NET_PACKET_QUEUE_CONFIG {
    ULONG Size;
    PFN_PACKET_QUEUE_START EvtStart; /* this and the next may be left out */
    PFN_PACKET_QUEUE_STOP EvtStop;
    PFN_PACKET_QUEUE_ADVANCE EvtAdvance;
    PFN_PACKET_QUEUE_SET_NOTIFICATION_ENABLED EvtSetNotificationEnabled;
    PFN_PACKET_QUEUE_CANCEL EvtCancel;
    NETEXECUTIONCONTEXT ExecutionContext; /* NULL */
} NET_PACKET_QUEUE_CONFIG;
C_ASSERT(sizeof(NET_PACKET_QUEUE_CONFIG) == 56);
FORCEINLINE void NET_PACKET_QUEUE_CONFIG_INIT(NET_PACKET_QUEUE_CONFIG *Config, PFN_PACKET_QUEUE_ADVANCE EvtAdvance,
                                              PFN_PACKET_QUEUE_SET_NOTIFICATION_ENABLED EvtSetNotificationEnabled,
                                              PFN_PACKET_QUEUE_CANCEL EvtCancel)
{
    WDK_INIT_STRUCTURE(Config);
    Config->EvtAdvance = EvtAdvance;
    Config->EvtSetNotificationEnabled = EvtSetNotificationEnabled;
    Config->EvtCancel = EvtCancel;
}

/* Only inside EvtAdapterCreateTxQueue or -RxQueue, once. The queue's parent is the adapter. P */
NTSTATUS NetTxQueueCreate(NETTXQUEUE_INIT *TxQueueInit, WDF_OBJECT_ATTRIBUTES *TxQueueAttributes, NET_PACKET_QUEUE_CONFIG *Configuration,
                          NETPACKETQUEUE *TxQueue);
NTSTATUS NetRxQueueCreate(NETRXQUEUE_INIT *RxQueueInit, WDF_OBJECT_ATTRIBUTES *RxQueueAttributes, NET_PACKET_QUEUE_CONFIG *Configuration,
                          NETPACKETQUEUE *RxQueue);
ULONG NetTxQueueInitGetQueueId(NETTXQUEUE_INIT *TxQueueInit); /* from 0, in each direction */
ULONG NetRxQueueInitGetQueueId(NETRXQUEUE_INIT *RxQueueInit);
NET_RING_COLLECTION const *NetTxQueueGetRingCollection(NETPACKETQUEUE TxQueue);
NET_RING_COLLECTION const *NetRxQueueGetRingCollection(NETPACKETQUEUE RxQueue);
/* Enabled in *Extension says whether there is such an extension. */
void NetTxQueueGetExtension(NETPACKETQUEUE TxQueue, NET_EXTENSION_QUERY const *Query, NET_EXTENSION *Extension);
void NetRxQueueGetExtension(NETPACKETQUEUE RxQueue, NET_EXTENSION_QUERY const *Query, NET_EXTENSION *Extension);
/* There is work: EvtAdvance will be called. Any IRQL. */
void NetTxQueueNotifyMoreCompletedPacketsAvailable(NETPACKETQUEUE TxQueue);
void NetRxQueueNotifyMoreReceivedPacketsAvailable(NETPACKETQUEUE RxQueue);

#ifdef __cplusplus
}
#endif

#endif
