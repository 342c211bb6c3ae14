/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_reset.c: one queue is reset while the others go on, or the whole device, while NDIS above it knows nothing.
 *
 *   hold: nothing more goes to the ring -> the device lets go of it -> recover: what it had comes back, the ring begins anew ->
 *   the device gets it again -> resume: what waited is posted -> the DPC looks once
 *
 * Receive: what the device had used before it let go is indicated. A frame that it had received, but not yet put into a buffer, is no
 * state of the virtqueue: what [V] 2.6.1 forbids is to use the buffers of the ring that was reset, and the device waits until a frame
 * that has begun one has ended it. It may drop such a frame, or deliver it, whole and in order, into the first buffers of the new ring;
 * this device does the latter when the ring is back before it needs the room. No driver can tell the frame from one that came a moment
 * later.
 *
 * The device: all queues at once, and between letting go and getting them again it is brought up anew, with the features it had.
 *
 * The register accesses block: DPCs of this and of other queues run meanwhile, and find a queue that is held. A queue that does not
 * finish is reset with the whole device, for then only that gives memory back; a device that does not finish has failed.
 *
 * Spec: [V] VIRTIO 1.2, 2.4, 2.6.1, 3.1.1
 */
#include "netvio_adapter.h"

/* 0, or a negative errno; the reason is in pci.error. */
static int set_up(struct netvio_adapter *adapter, uint16_t queue, struct vq_packed *vq, ULONG message) {
    int error = virtio_pci_setup_queue(&adapter->pci, queue, vq, (uint16_t)message);
    if (!error) virtio_pci_enable_queue(&adapter->pci, queue);
    return error;
}

static NDIS_STATUS give_up(struct netvio_adapter *adapter) {
    netvio_fail(adapter, "netvio.queue_reset", "[V] 2.6.1", adapter->pci.error);
    return NDIS_STATUS_FAILURE;
}

static NDIS_STATUS forged(struct netvio_adapter *adapter, const struct vq_packed *vq) {
    netvio_fail_ring(adapter, vq);
    return NDIS_STATUS_FAILURE;
}

/* An interrupt of the time before may have found the queue held and left it silent: look once, and let it speak. */
static NDIS_STATUS wake(struct netvio_adapter *adapter, ULONG message) {
    (void)NdisMQueueDpc(adapter->interrupt, message, 0, NULL);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS reset_tx(struct netvio_tx *tx) {
    struct netvio_adapter *adapter = tx->adapter;
    netvio_tx_hold(tx);
    if (virtio_pci_reset_queue(&adapter->pci, tx->number)) return give_up(adapter);
    if (adapter->failed) return NDIS_STATUS_FAILURE; /* meanwhile: all is aborted already */
    if (!netvio_tx_recover(tx)) return forged(adapter, tx->vq);
    if (set_up(adapter, tx->number, tx->vq, tx->message)) return give_up(adapter);
    netvio_tx_resume(tx);
    return wake(adapter, tx->message);
}

static NDIS_STATUS reset_rx(struct netvio_rx *rx) {
    struct netvio_adapter *adapter = rx->adapter;
    netvio_rx_hold(rx);
    if (virtio_pci_reset_queue(&adapter->pci, rx->number)) return give_up(adapter);
    netvio_rx_recover(rx);
    if (adapter->failed) return NDIS_STATUS_FAILURE;
    if (set_up(adapter, rx->number, rx->vq, rx->message)) return give_up(adapter);
    netvio_rx_resume(rx);
    return wake(adapter, rx->message);
}

NDIS_STATUS netvio_reset_queue(struct netvio_adapter *adapter, ULONG queue) {
    if (adapter->failed) return NDIS_STATUS_FAILURE; /* a reset device has no features */
    if (!virtio_pci_has(&adapter->pci, VIRTIO_F_RING_RESET_BIT)) return NDIS_STATUS_NOT_SUPPORTED;
    if (queue >= 2 * adapter->pairs) return NDIS_STATUS_INVALID_DATA;
    struct netvio_pair *pair = &adapter->pair[queue / 2];
    const bool transmit = queue % 2 == NETVIO_QUEUE_TX;
    if (adapter->resetting) return NDIS_STATUS_FAILURE;
    if (transmit ? pair->tx.resetting : pair->rx.resetting) return NDIS_STATUS_FAILURE;
    netvio_enter(adapter, "netvio_reset_queue");
    NDIS_STATUS status = transmit ? reset_tx(&pair->tx) : reset_rx(&pair->rx);
    netvio_pause_check(adapter);
    netvio_exit(adapter, "netvio_reset_queue");
    return status;
}

static bool any_resetting(const struct netvio_adapter *adapter) {
    bool any = adapter->resetting;
    for (unsigned i = 0; i < adapter->pairs; i++) any |= adapter->pair[i].tx.resetting || adapter->pair[i].rx.resetting;
    return any;
}

/* Everything that the device had is ours again: its rings begin anew. */
static NDIS_STATUS recover_all(struct netvio_adapter *adapter) {
    for (unsigned i = 0; i < adapter->pairs; i++) {
        struct netvio_pair *pair = &adapter->pair[i];
        if (!netvio_tx_recover(&pair->tx)) return forged(adapter, pair->tx.vq);
        netvio_rx_recover(&pair->rx);
        if (adapter->failed) return NDIS_STATUS_FAILURE;
    }
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS reset_failed(struct netvio_adapter *adapter) {
    netvio_fail(adapter, "netvio.device_reset", "[V] 2.4", adapter->pci.error);
    return NDIS_STATUS_FAILURE;
}

static NDIS_STATUS reset_held(struct netvio_adapter *adapter) {
    const uint64_t features = adapter->pci.features;
    if (virtio_pci_reset(&adapter->pci, true)) return reset_failed(adapter);
    if (adapter->failed) return NDIS_STATUS_FAILURE; /* meanwhile: all is aborted already */
    NDIS_STATUS status = recover_all(adapter);
    if (status != NDIS_STATUS_SUCCESS) return status;
    virtio_ctrl_close(&adapter->ctrl);
    status = netvio_device_restart(adapter, features);
    return status == NDIS_STATUS_SUCCESS ? status : reset_failed(adapter);
}

static void resume_all(struct netvio_adapter *adapter) {
    for (unsigned i = 0; i < adapter->pairs; i++) {
        struct netvio_pair *pair = &adapter->pair[i];
        netvio_rx_resume(&pair->rx);
        netvio_tx_resume(&pair->tx);
        (void)wake(adapter, pair->rx.message);
        (void)wake(adapter, pair->tx.message);
    }
    (void)wake(adapter, adapter->config_message); /* the link may have changed while nobody was told */
}

NDIS_STATUS netvio_reset_device(struct netvio_adapter *adapter) {
    if (adapter->failed || any_resetting(adapter)) return NDIS_STATUS_FAILURE;
    netvio_enter(adapter, "netvio_reset_device");
    adapter->resetting = true;
    for (unsigned i = 0; i < adapter->pairs; i++) {
        netvio_tx_hold(&adapter->pair[i].tx);
        netvio_rx_hold(&adapter->pair[i].rx);
    }
    NDIS_STATUS status = reset_held(adapter);
    adapter->resetting = false;
    if (status == NDIS_STATUS_SUCCESS) resume_all(adapter);
    netvio_pause_check(adapter);
    netvio_exit(adapter, "netvio_reset_device");
    return status;
}

/* What waits here goes back at once, what the device has when it let go of it; new sends NDIS keeps away meanwhile. The filters are set
 * again from what we know: NDIS need not. */
NDIS_STATUS netvio_reset(NDIS_HANDLE context, PBOOLEAN addressing_reset) {
    struct netvio_adapter *adapter = context;
    *addressing_reset = FALSE;
    if (adapter->failed || any_resetting(adapter)) return NDIS_STATUS_FAILURE;
    for (unsigned i = 0; i < adapter->pairs; i++) netvio_tx_flush(&adapter->pair[i].tx, NDIS_STATUS_RESET_IN_PROGRESS, true, NULL);
    return netvio_reset_device(adapter);
}
