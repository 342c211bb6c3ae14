/* SPDX-License-Identifier: Apache-2.0 */
/*
 * legacy_miniport_send.c: NBLs that a miniport of NDIS 5 sends, as packets, one for each NB. [D] 5, 2.8
 *
 *   NBs -> packets -> queue, in order, until each has its scatter/gather list -> the driver -> NdisMSendComplete -> NBL, with its last packet
 *
 * An NBL's status is that of its first packet that failed. A driver that is serialized may put packets back by the status RESOURCES: it
 * gets them again, first.
 */
#include <stdlib.h>

#include "legacy_miniport_internal.h"

enum { BATCH = 16 };

static ULONG_PTR packets_left(const NET_BUFFER_LIST *nbl) { return (ULONG_PTR)nbl->MiniportReserved[0]; }

static void complete_nbl(struct legacy_adapter *legacy, PNET_BUFFER_LIST nbl) {
    nbl->Next = NULL;
    nbl->MiniportReserved[0] = NULL;
    NdisMSendNetBufferListsComplete(legacy->adapter, nbl, packet_level_flag());
}

/* One packet of the NBL less. */
static void note_done(struct legacy_adapter *legacy, PNET_BUFFER_LIST nbl, NDIS_STATUS status) {
    if (status != NDIS_STATUS_SUCCESS && nbl->Status == NDIS_STATUS_SUCCESS) nbl->Status = status;
    nbl->MiniportReserved[0] = (PVOID)(packets_left(nbl) - 1);
    if (packets_left(nbl) == 0) complete_nbl(legacy, nbl);
}

static void unmap(struct legacy_adapter *legacy, struct packet_record *record) {
    PVOID own = NDIS_PER_PACKET_INFO_FROM_PACKET(packet_of(record), ScatterGatherListPacketInfo);
    KIRQL old;
    if (!record->mapped) return;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    NdisMFreeNetBufferSGList(legacy->dma, record->mapped, record->nb);
    KeLowerIrql(old);
    record->mapped = NULL;
    free(own);
}

static void finish(struct legacy_adapter *legacy, struct packet_record *record, NDIS_STATUS status) {
    PNET_BUFFER_LIST nbl = record->nbl;
    if (status == NDIS_STATUS_SUCCESS) packet_info_sent_to_nbl(nbl, packet_of(record));
    unmap(legacy, record);
    packet_uncover(record);
    packet_give(record, "NdisMSendComplete");
    legacy->out--;
    note_done(legacy, nbl, status);
}

/* ---- To the driver */
static void send_one(struct legacy_adapter *legacy, struct packet_record *record) {
    struct ndis *ndis = legacy->adapter->object.ndis;
    PNDIS_PACKET packet = packet_of(record);
    ndis_function_enter(ndis, "MiniportSend");
    const NDIS_STATUS status = legacy->miniport->chars.SendHandler(legacy->context, packet, NdisGetPacketFlags(packet));
    ndis_function_exit(ndis, "MiniportSend");
    NDIS_SET_PACKET_STATUS(packet, status);
}

static void send_batch(struct legacy_adapter *legacy, struct packet_record *const *batch, unsigned count) {
    struct ndis *ndis = legacy->adapter->object.ndis;
    PNDIS_PACKET packets[BATCH];
    for (unsigned i = 0; i < count; i++) packets[i] = packet_of(batch[i]);
    ndis_function_enter(ndis, "MiniportSendPackets");
    legacy->miniport->chars.SendPacketsHandler(legacy->context, packets, count);
    ndis_function_exit(ndis, "MiniportSendPackets");
}

/* What the driver says of the packets that it did not complete meanwhile. Their lives tell which these are. */
static void look_at_statuses(struct legacy_adapter *legacy, struct packet_record *const *batch, const uint32_t *lives, unsigned count) {
    struct packet_queue again = {0};
    for (unsigned i = 0; i < count; i++) {
        struct packet_record *record = batch[i];
        if (record->life != lives[i] || record->state != PACKET_SENT) continue;
        const NDIS_STATUS status = NDIS_GET_PACKET_STATUS(packet_of(record));
        if (status == NDIS_STATUS_PENDING) continue;
        if (status == NDIS_STATUS_RESOURCES || again.first) {
            packet_move(record, PACKET_OWNED, "ndis");
            packet_append(&again, record);
            legacy->blocked = true;
        } else {
            finish(legacy, record, status);
        }
    }
    while (legacy->queue.first && again.first) packet_append(&again, packet_remove_first(&legacy->queue));
    if (again.first) legacy->queue = again;
}

static unsigned take_batch(struct legacy_adapter *legacy, struct packet_record **batch, uint32_t *lives) {
    const unsigned most = legacy->miniport->chars.SendPacketsHandler ? BATCH : 1;
    unsigned count = 0;
    for (; count < most && legacy->queue.first && legacy->queue.first->ready; count++) {
        struct packet_record *record = packet_remove_first(&legacy->queue);
        NDIS_SET_PACKET_STATUS(packet_of(record), NDIS_STATUS_PENDING);
        packet_move(record, PACKET_SENT, legacy->adapter->object.name);
        batch[count] = record;
        lives[count] = record->life;
    }
    return count;
}

/* Not inside itself: what a driver completes or asks for from its send handler goes on when that is over. */
static void push(struct legacy_adapter *legacy) {
    if (legacy->pushing) return;
    KIRQL old;
    legacy->pushing = true;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    while (!legacy->blocked && legacy->queue.first && legacy->queue.first->ready) {
        struct packet_record *batch[BATCH];
        uint32_t lives[BATCH];
        const unsigned count = take_batch(legacy, batch, lives);
        const bool many = legacy->miniport->chars.SendPacketsHandler != NULL;
        if (many) send_batch(legacy, batch, count);
        else send_one(legacy, batch[0]);
        if (!many || legacy_is_serialized(legacy)) look_at_statuses(legacy, batch, lives, count);
    }
    KeLowerIrql(old);
    legacy->pushing = false;
    legacy_check_paused(legacy);
}

/* ---- From NDIS 6 */
/* The list without what lies in front of the frame: a packet has no offset to say so. */
static PSCATTER_GATHER_LIST cut_list(const SCATTER_GATHER_LIST *whole, ULONG skip, ULONG left) {
    PSCATTER_GATHER_LIST list = malloc(sizeof(*list) + whole->NumberOfElements * sizeof(list->Elements[0]));
    if (!list) return NULL;
    list->Reserved = 0;
    list->NumberOfElements = 0;
    for (ULONG i = 0; i < whole->NumberOfElements && left; i++) {
        SCATTER_GATHER_ELEMENT element = whole->Elements[i];
        const ULONG cut = skip < element.Length ? skip : element.Length;
        skip -= cut;
        element.Address.QuadPart += cut;
        element.Length -= cut;
        if (element.Length > left) element.Length = left;
        if (element.Length == 0) continue;
        left -= element.Length;
        list->Elements[list->NumberOfElements++] = element;
    }
    return list;
}

VOID legacy_miniport_mapped(PDEVICE_OBJECT device, PVOID reserved, PSCATTER_GATHER_LIST list, PVOID context) {
    struct packet_record *record = context;
    (void)device;
    (void)reserved;
    record->mapped = list;
    NDIS_PER_PACKET_INFO_FROM_PACKET(packet_of(record), ScatterGatherListPacketInfo) =
        cut_list(list, record->nb->CurrentMdlOffset, record->nb->DataLength);
    record->ready = true;
    struct ndis_adapter *adapter = CONTAINING_RECORD(nbl_record_of(record->nbl)->holder, struct ndis_adapter, layer);
    push(adapter->legacy);
}

static NDIS_STATUS map(struct legacy_adapter *legacy, struct packet_record *record) {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    const NDIS_STATUS status = NdisMAllocateNetBufferSGList(legacy->dma, record->nb, record, NDIS_SG_LIST_WRITE_TO_DEVICE, NULL, 0);
    KeLowerIrql(old);
    return status;
}

static struct packet_record *translate(struct legacy_adapter *legacy, PNET_BUFFER_LIST nbl, PNET_BUFFER nb) {
    struct packet_record *record = packet_take(legacy->packets, "MiniportSendPackets");
    if (!record) return NULL;
    if (!packet_describe(record, nb)) {
        packet_give(record, "MiniportSendPackets");
        return NULL;
    }
    record->nbl = nbl;
    NDIS_PER_PACKET_INFO_FROM_PACKET(packet_of(record), OriginalNetBufferList) = nbl;
    packet_info_send_to_packet(packet_of(record), nbl);
    return record;
}

/* Into the queue, and to be mapped. Its own status if that fails: it is not in the queue then. */
static void enqueue(struct legacy_adapter *legacy, struct packet_record *record) {
    packet_move(record, PACKET_OWNED, "ndis");
    packet_append(&legacy->queue, record);
    legacy->out++;
    record->ready = legacy->dma == NULL;
    if (record->ready || map(legacy, record) == NDIS_STATUS_SUCCESS) return;
    struct packet_queue rest = {0};
    while (legacy->queue.first) {
        struct packet_record *other = packet_remove_first(&legacy->queue);
        if (other != record) packet_append(&rest, other);
    }
    legacy->queue = rest;
    finish(legacy, record, NDIS_STATUS_RESOURCES);
}

static void send_nbl(struct legacy_adapter *legacy, PNET_BUFFER_LIST nbl) {
    const int64_t first = ndis_nbl_packet(nbl);
    ULONG_PTR count = 0;
    for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next) count++;
    nbl->Status = legacy->running ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PAUSED;
    if (!legacy->running || count == 0) {
        complete_nbl(legacy, nbl);
        return;
    }
    nbl->MiniportReserved[0] = (PVOID)count;
    ULONG_PTR number = 0;
    for (PNET_BUFFER nb = nbl->FirstNetBuffer, next; number < count; nb = next, number++) {
        next = nb->Next;  /* the last packet's end may be the NBL's */
        struct packet_record *record = translate(legacy, nbl, nb);
        if (!record) {
            note_done(legacy, nbl, NDIS_STATUS_RESOURCES);
            continue;
        }
        record->id = first < 0 ? -1 : first + (int64_t)number;
        enqueue(legacy, record);
    }
}

VOID legacy_miniport_send(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG flags) {
    struct legacy_adapter *legacy = context;
    const bool outside = !legacy->pushing;
    (void)port;
    (void)flags;
    legacy->pushing = true;  /* all of the call first, so that the driver gets it in few */
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = nbl->Next;
        send_nbl(legacy, nbl);
    }
    if (!outside) return;
    legacy->pushing = false;
    push(legacy);
}

VOID legacy_miniport_cancel_send(NDIS_HANDLE context, PVOID id) {
    struct legacy_adapter *legacy = context;
    struct packet_queue all = legacy->queue;
    legacy->queue = (struct packet_queue){0};
    while (all.first) {
        struct packet_record *record = packet_remove_first(&all);
        const bool mapped = record->ready;  /* one whose list is on its way is not ours to stop */
        if (mapped && NDIS_GET_PACKET_CANCEL_ID(packet_of(record)) == id) finish(legacy, record, NDIS_STATUS_SEND_ABORTED);
        else packet_append(&legacy->queue, record);
    }
    if (legacy->miniport->chars.CancelSendPacketsHandler) legacy->miniport->chars.CancelSendPacketsHandler(legacy->context, id);
    legacy_check_paused(legacy);
}

/* ---- From the driver */
VOID NdisMSendComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_PACKET Packet, NDIS_STATUS Status) {
    struct legacy_adapter *legacy = legacy_adapter_of(MiniportAdapterHandle, __func__);
    if (!legacy) return;
    struct packet_record *record = packet_check(legacy->adapter->object.ndis, Packet, PACKET_SENT, __func__);
    if (!record) return;
    if (record->pool != legacy->packets) {
        packet_violation(record, "packet.wrong_owner", "was completed by %s, who was not given it", legacy->adapter->object.name);
        return;
    }
    legacy->blocked = false;
    finish(legacy, record, Status == NDIS_STATUS_REQUEST_ABORTED ? NDIS_STATUS_SEND_ABORTED : Status);
    push(legacy);
}

VOID NdisMSendResourcesAvailable(NDIS_HANDLE MiniportAdapterHandle) {
    struct legacy_adapter *legacy = legacy_adapter_of(MiniportAdapterHandle, __func__);
    if (!legacy) return;
    legacy->blocked = false;
    push(legacy);
}
