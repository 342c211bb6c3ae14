/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_tx.c: sends, from NDIS to the ring and back.
 *
 *   netvio_tx_send -> queue -> pump: map, post -> doorbell ... interrupt -> drain: reap, unmap -> complete, pump again
 *
 * An NBL is completed when all its NBs are used, whatever their order. Of an NBL, MiniportReserved[0] counts the NBs that are not done.
 * When the ring is full the queue waits: the next completion pumps it. Nothing here allocates.
 *
 * Spec: [D] 2.8 send path, 3.4 pause
 */
#include "netvio_fault.h"
#include "netvio_tx_offload.h"

static ULONG_PTR pending_nbs(const NET_BUFFER_LIST *nbl) { return (ULONG_PTR)nbl->MiniportReserved[0]; }
static void set_pending_nbs(PNET_BUFFER_LIST nbl, ULONG_PTR count) { nbl->MiniportReserved[0] = (PVOID)count; }

/* One NB of the NBL is done. The first bad status stays. The NBL joins `done` with its last NB. */
static void finish_nb(struct netvio_tx *tx, PNET_BUFFER_LIST nbl, NDIS_STATUS status, struct netvio_nbl_list *done) {
    if (status != NDIS_STATUS_SUCCESS && nbl->Status == NDIS_STATUS_SUCCESS) nbl->Status = status;
    set_pending_nbs(nbl, pending_nbs(nbl) - 1);
    if (pending_nbs(nbl)) return;
    tx->outstanding--;
    if (netvio_tx_is_large(nbl)) netvio_tx_finish_slots(nbl);
    if (netvio_fault_keeps(tx->adapter, nbl)) netvio_nbl_append(done, nbl);
}

/* Give finished NBLs back. Without the lock: the sender may send again from inside. */
static void complete(struct netvio_adapter *adapter, struct netvio_nbl_list *done, ULONG flags) {
    if (!done->head) return;
    PNET_BUFFER_LIST again = netvio_fault_again(adapter, done->head);
    NdisMSendNetBufferListsComplete(adapter->handle, done->head, flags);
    if (again) {
        again->Next = NULL;
        NdisMSendNetBufferListsComplete(adapter->handle, again, flags);
    }
}

/* The queue's next NB was posted or refused: go to the one after it. */
static void advance(struct netvio_tx *tx) {
    tx->next_id++;
    tx->next_nb = tx->next_nb->Next;
    if (tx->next_nb) return;
    tx->queue.head = tx->queue.head->Next;
    if (!tx->queue.head) tx->queue.tail = NULL;
}

/* Begin with the queue's head NBL, if it has not begun. */
static void open_head(struct netvio_tx *tx) {
    if (tx->next_nb || !tx->queue.head) return;
    tx->next_nb = tx->queue.head->FirstNetBuffer;
    int64_t id = ndis_nbl_packet(tx->queue.head);
    if (id >= 0) tx->next_id = (uint64_t)id;
}

/* Is there room for this NB at its worst? The count is an upper bound, so that a chain that fits is never mapped in vain; one that
 * might be longer than the ring has its chance when the ring is empty. */
static bool has_room(const struct netvio_tx *tx, PNET_BUFFER nb) {
    unsigned free_slots = vq_free_slots(tx->vq), size = vq_size(tx->vq), most = NdisQueryNetBufferPhysicalCount(nb) + 1;
    return tx->free && free_slots >= vq_most_slots(tx->vq, most < size ? most : size);
}

static void release_packet(struct netvio_tx *tx, struct netvio_tx_packet *packet) {
    packet->nb = NULL;
    packet->nbl = NULL;
    packet->next = tx->free;
    tx->free = packet;
}

/* Post a mapped packet. False: it was refused and is released, its NB finished. */
static bool post(struct netvio_tx *tx, struct netvio_tx_packet *packet, struct netvio_nbl_list *done) {
    unsigned count = netvio_tx_elements(tx, packet);
    if (count) {
        netvio_fault_elements(tx->adapter, packet, tx->elements);
        if (vq_add(tx->vq, tx->elements, count, packet, packet->id) == 0) {
            tx->frames++;
            tx->bytes += packet->nb->DataLength - (packet->retreated ? tx->adapter->header_bytes : 0);
            return true;
        }
    }
    /* More elements than the ring has slots: no waiting helps. */
    PNET_BUFFER_LIST nbl = packet->nbl;
    netvio_tx_unprepare(tx, packet);
    release_packet(tx, packet);
    tx->errors++;
    finish_nb(tx, nbl, NDIS_STATUS_INVALID_LENGTH, done);
    return false;
}

static bool length_is_good(const NET_BUFFER_LIST *nbl, const NET_BUFFER *nb) {
    if (nb->DataLength < ETH_HEADER) return false;
    return nb->DataLength <= NETVIO_FRAME_MAX || (nb->DataLength <= NETVIO_LARGE_MAX && netvio_tx_is_large(nbl));
}

/* Take the next NB of the queue up to being mapped. NULL: nothing to do now. The NB has left the queue when this returns. */
static struct netvio_tx_packet *map_next(struct netvio_tx *tx, struct netvio_nbl_list *done) {
    for (;;) {
        open_head(tx);
        if (!tx->next_nb) return NULL;
        PNET_BUFFER_LIST nbl = tx->queue.head;
        PNET_BUFFER nb = tx->next_nb;
        if (netvio_fault_forgets(tx)) {
            advance(tx);
            continue;
        }
        if (!length_is_good(nbl, nb)) {
            advance(tx);
            tx->errors++;
            finish_nb(tx, nbl, NDIS_STATUS_INVALID_LENGTH, done);
            continue;
        }
        if (!has_room(tx, nb)) return NULL;
        struct netvio_tx_packet *packet = tx->free;
        tx->free = packet->next;
        packet->nbl = nbl;
        packet->nb = nb;
        packet->id = tx->next_id;
        NDIS_STATUS status = netvio_tx_prepare(tx, packet);
        if (status == NDIS_STATUS_SUCCESS) {
            advance(tx);
            return packet;
        }
        release_packet(tx, packet);
        if (status == NDIS_STATUS_RESOURCES && vq_outstanding(tx->vq)) return NULL; /* what is out frees resources, and pumps again */
        advance(tx);
        tx->errors++;
        finish_nb(tx, nbl, status, done);
    }
}

/* Post what the queue has, until it is empty, the ring is full, or a scatter/gather list is late. Under tx.lock. True: ring the
 * doorbell. */
static bool pump(struct netvio_tx *tx, struct netvio_nbl_list *done) {
    bool posted = false;
    if (tx->pumping || tx->resetting || tx->adapter->failed) return false;
    tx->pumping = true;
    for (;;) {
        if (!tx->mapping) tx->mapping = map_next(tx, done);
        if (!tx->mapping || !tx->mapping->sgl) break;
        struct netvio_tx_packet *packet = tx->mapping;
        tx->mapping = NULL;
        posted |= post(tx, packet, done);
    }
    tx->pumping = false;
    return posted;
}

/* Pump, then do what may not be done under the lock: doorbell, completions. */
static void pump_and_release(struct netvio_tx *tx, struct netvio_nbl_list *done, ULONG flags) {
    uint32_t word = 0;
    bool ring = pump(tx, done) && vq_kick_prepare(tx->vq, &word) && !netvio_fault_silences(tx);
    NdisReleaseSpinLock(&tx->lock);
    if (ring) vq_notify(tx->vq, word);
    complete(tx->adapter, done, flags);
}

/* The device was reset: what it had goes back, and what waited for its list and has it now. Under tx.lock. */
static void abort_packet(struct netvio_tx *tx, struct netvio_tx_packet *packet, struct netvio_nbl_list *done) {
    PNET_BUFFER_LIST nbl = packet->nbl;
    netvio_tx_unprepare(tx, packet);
    release_packet(tx, packet);
    finish_nb(tx, nbl, NDIS_STATUS_SEND_ABORTED, done);
}

static void abort_mapping(struct netvio_tx *tx, struct netvio_nbl_list *done) {
    struct netvio_tx_packet *packet = tx->mapping;
    if (!packet || !packet->sgl) return;
    tx->mapping = NULL;
    abort_packet(tx, packet, done);
}

/* NDIS has the scatter/gather list of a packet: usually inside netvio_tx_prepare, but it may be late. */
VOID netvio_tx_sg_list(PDEVICE_OBJECT device, PVOID reserved, PSCATTER_GATHER_LIST list, PVOID context) {
    struct netvio_tx_packet *packet = context;
    struct netvio_tx *tx = packet->tx;
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(reserved);
    packet->sgl = list;
    if (tx->pumping) return;
    struct netvio_nbl_list done = {NULL, NULL};
    NdisAcquireSpinLock(&tx->lock);
    if (tx->adapter->failed) abort_mapping(tx, &done);
    pump_and_release(tx, &done, NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
}

void netvio_tx_send(struct netvio_tx *tx, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct netvio_nbl_list done = {NULL, NULL};
    NdisAcquireSpinLock(&tx->lock);
    while (nbls) {
        PNET_BUFFER_LIST nbl = nbls;
        nbls = nbl->Next;
        ULONG_PTR count = 0;
        for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next) count++;
        set_pending_nbs(nbl, count);
        nbl->Status = NDIS_STATUS_SUCCESS;
        tx->outstanding++;
        netvio_nbl_append(&tx->queue, nbl);
    }
    pump_and_release(tx, &done, flags);
}

/* Take every used packet. Under tx.lock. False: the ring is broken. */
static bool reap(struct netvio_tx *tx, struct netvio_nbl_list *done) {
    struct vq_used used;
    int found;
    netvio_fault_ring(tx);
    if (netvio_fault_blinds(tx)) return true;
    while ((found = vq_reap(tx->vq, &used)) > 0) {
        struct netvio_tx_packet *packet = used.cookie;
        PNET_BUFFER_LIST nbl = packet->nbl;
        netvio_tx_unprepare(tx, packet);
        release_packet(tx, packet);
        finish_nb(tx, nbl, NDIS_STATUS_SUCCESS, done);
    }
    return found == 0;
}

void netvio_tx_drain(struct netvio_tx *tx) {
    struct netvio_nbl_list done = {NULL, NULL};
    if (tx->adapter->failed || tx->resetting) return;
    NdisAcquireSpinLock(&tx->lock);
    if (reap(tx, &done)) {
        pump_and_release(tx, &done, NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
        return;
    }
    NdisReleaseSpinLock(&tx->lock);
    complete(tx->adapter, &done, NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
    netvio_fail_ring(tx->adapter, tx->vq);
}

/* NBs of the head NBL that the device already has run on. */
void netvio_tx_flush(struct netvio_tx *tx, NDIS_STATUS status, bool all, PVOID cancel_id) {
    struct netvio_nbl_list done = {NULL, NULL}, kept = {NULL, NULL};
    NdisAcquireSpinLock(&tx->lock);
    PNET_BUFFER_LIST nbl = tx->queue.head;
    PNET_BUFFER nb = tx->next_nb;
    bool head_stays = false;
    for (PNET_BUFFER_LIST next; nbl; nbl = next, nb = NULL) {
        next = nbl->Next;
        bool begun = nb != NULL && nb != nbl->FirstNetBuffer;
        /* An NBL of which the device has a part is not cancelled: its frames would leave incomplete for no gain. */
        if (!all && (begun || NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) != cancel_id)) {
            head_stays |= nb != NULL;
            netvio_nbl_append(&kept, nbl);
            continue;
        }
        for (nb = nb ? nb : nbl->FirstNetBuffer; nb;) {
            PNET_BUFFER rest = nb->Next;
            finish_nb(tx, nbl, status, &done);
            nb = rest;
        }
    }
    tx->queue = kept;
    if (!head_stays) tx->next_nb = NULL;
    NdisReleaseSpinLock(&tx->lock);
    complete(tx->adapter, &done, 0);
}

static void abort_outstanding(struct netvio_tx *tx, struct netvio_nbl_list *done) {
    struct vq_used used;
    while (vq_detach(tx->vq, &used)) abort_packet(tx, used.cookie, done);
}

void netvio_tx_abort(struct netvio_tx *tx) {
    struct netvio_nbl_list done = {NULL, NULL};
    NdisAcquireSpinLock(&tx->lock);
    abort_outstanding(tx, &done);
    abort_mapping(tx, &done);
    NdisReleaseSpinLock(&tx->lock);
    complete(tx->adapter, &done, 0);
    netvio_tx_flush(tx, NDIS_STATUS_SEND_ABORTED, true, NULL);
}

void netvio_tx_hold(struct netvio_tx *tx) {
    NdisAcquireSpinLock(&tx->lock);
    tx->resetting = true;
    NdisReleaseSpinLock(&tx->lock);
}

/* What the device reported before it let go was sent. Of the rest nobody knows whether it left: it is aborted, and not sent a second time.
 * What is queued, or waits for its scatter/gather list, has not been with the device and stays. */
bool netvio_tx_recover(struct netvio_tx *tx) {
    struct netvio_nbl_list done = {NULL, NULL};
    NdisAcquireSpinLock(&tx->lock);
    bool good = reap(tx, &done);
    if (good) {
        abort_outstanding(tx, &done);
        (void)vq_restart(tx->vq);
    }
    NdisReleaseSpinLock(&tx->lock);
    complete(tx->adapter, &done, 0);
    return good;
}

void netvio_tx_resume(struct netvio_tx *tx) {
    struct netvio_nbl_list done = {NULL, NULL};
    NdisAcquireSpinLock(&tx->lock);
    tx->resetting = false;
    pump_and_release(tx, &done, 0);
}
