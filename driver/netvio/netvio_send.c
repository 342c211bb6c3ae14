/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_send.c: sends from NDIS to the transmit queues: each NBL to the queue of its flow.
 *
 * All NBs of an NBL are of one flow ([D] 2.8), so an NBL is never spread. NBLs of one flow meet in one queue in the order of the call,
 * and a queue keeps order: a flow does.
 */
#include "netvio_adapter.h"
#include "netvio_flow.h"

/* Refuse a whole list with one status. */
static void reject(struct netvio_adapter *adapter, PNET_BUFFER_LIST nbls, NDIS_STATUS status, ULONG flags) {
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = nbl->Next) nbl->Status = status;
    NdisMSendNetBufferListsComplete(adapter->handle, nbls, flags);
}

static unsigned pair_of(PNET_BUFFER_LIST nbl, unsigned pairs) {
    UCHAR storage[NETVIO_FLOW_BYTES];
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    if (!nb) return 0;
    const ULONG length = nb->DataLength < sizeof(storage) ? nb->DataLength : (ULONG)sizeof(storage);
    /* A frame that cannot be read has no flow; the device reads it all the same. */
    const UCHAR *frame = length ? NdisGetDataBuffer(nb, length, storage, 1, 0) : NULL;
    return frame ? netvio_flow_hash(frame, length) % pairs : 0;
}

static void spread(struct netvio_adapter *adapter, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct netvio_nbl_list lists[NETVIO_PAIRS_MAX] = {{NULL, NULL}};
    const unsigned pairs = adapter->pairs;
    while (nbls) {
        PNET_BUFFER_LIST nbl = nbls;
        nbls = nbl->Next;
        netvio_nbl_append(&lists[pair_of(nbl, pairs)], nbl);
    }
    for (unsigned i = 0; i < pairs; i++)
        if (lists[i].head) netvio_tx_send(&adapter->pair[i].tx, lists[i].head, flags);
}

VOID netvio_send(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG send_flags) {
    struct netvio_adapter *adapter = context;
    ULONG flags = NDIS_TEST_SEND_AT_DISPATCH_LEVEL(send_flags) ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0;
    UNREFERENCED_PARAMETER(port);
    if (adapter->state != NETVIO_RUNNING || adapter->failed) {
        reject(adapter, nbls, adapter->failed ? NDIS_STATUS_FAILURE : NDIS_STATUS_PAUSED, flags);
        return;
    }
    netvio_enter(adapter, "netvio_send");
    if (adapter->pairs == 1)
        netvio_tx_send(&adapter->pair[0].tx, nbls, flags);
    else
        spread(adapter, nbls, flags);
    netvio_exit(adapter, "netvio_send");
}

VOID netvio_cancel_send(NDIS_HANDLE context, PVOID cancel_id) {
    struct netvio_adapter *adapter = context;
    for (unsigned i = 0; i < adapter->pairs; i++) netvio_tx_flush(&adapter->pair[i].tx, NDIS_STATUS_SEND_ABORTED, false, cancel_id);
}
