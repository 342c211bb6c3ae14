/* SPDX-License-Identifier: Apache-2.0 */
/* netvio5_adapter.c: life of an adapter: initialise, interrupt, reset, failure, removal, halt. [D] 5 */
#include "netvio5_adapter.h"

static void report(struct netvio5_adapter *adapter, const char *check, const char *clause, const char *message) {
    adapter->platform->ops->violation(adapter->platform->ctx, check, clause, -1, message);
}

static void tear_down(struct netvio5_adapter *adapter) {
    if (adapter->connected) NdisMDeregisterInterrupt(&adapter->interrupt);
    netvio5_send_deinit(adapter);
    netvio5_receive_deinit(adapter);
    NdisFreeSpinLock(&adapter->tx_lock);
    NdisFreeSpinLock(&adapter->rx_lock);
    NdisFreeMemory(adapter, 0, 0);
}

static void take_config(struct netvio5_adapter *adapter) {
    const struct netvio5_config *config = ndis_handle_argument(adapter->handle);
    adapter->config = *config;
    if (adapter->config.rx_buffer_bytes == 0 || adapter->config.rx_buffer_bytes > NETVIO5_FRAME_MAX)
        adapter->config.rx_buffer_bytes = NETVIO5_FRAME_MAX;
}

static NDIS_STATUS connect(struct netvio5_adapter *adapter) {
    const NDIS_STATUS status = NdisMRegisterInterrupt(&adapter->interrupt, adapter->handle, 0, 0, TRUE, FALSE, NdisInterruptLatched);
    adapter->connected = status == NDIS_STATUS_SUCCESS;
    return status;
}

NDIS_STATUS netvio5_initialize(PNDIS_STATUS open_error, PUINT selected, PNDIS_MEDIUM media, UINT media_count, NDIS_HANDLE handle,
                               NDIS_HANDLE wrapper) {
    UNREFERENCED_PARAMETER(open_error);
    UNREFERENCED_PARAMETER(wrapper);
    for (*selected = 0; *selected < media_count && media[*selected] != NdisMedium802_3;) ++*selected;
    if (*selected == media_count) return NDIS_STATUS_UNSUPPORTED_MEDIA;
    struct netvio5_adapter *adapter = NdisAllocateMemoryWithTagPriority(handle, sizeof(*adapter), NETVIO5_TAG, NormalPoolPriority);
    if (!adapter) return NDIS_STATUS_RESOURCES;
    NdisZeroMemory(adapter, sizeof(*adapter));
    adapter->handle = handle;
    adapter->platform = ndis_platform(handle);
    NdisAllocateSpinLock(&adapter->tx_lock);
    NdisAllocateSpinLock(&adapter->rx_lock);
    take_config(adapter);
    NdisMSetAttributesEx(handle, adapter, 0, NDIS_ATTRIBUTE_DESERIALIZE | NDIS_ATTRIBUTE_BUS_MASTER | NDIS_ATTRIBUTE_SURPRISE_REMOVE_OK,
                         NdisInterfacePci);
    NDIS_STATUS status = netvio5_negotiate(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = netvio5_send_init(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = netvio5_receive_init(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = connect(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = netvio5_start_device(adapter);
    if (status == NDIS_STATUS_SUCCESS) return status;
    adapter->failed = true; /* a DPC that is queued finds nothing to do */
    if (adapter->pci.error[0]) report(adapter, "netvio5.initialize", "[V] 3.1.1", adapter->pci.error);
    if (adapter->rx) (void)virtio_pci_reset(&adapter->pci, true); /* it must forget our addresses before the memory goes */
    tear_down(adapter);
    return status;
}

/* NDIS has waited for every packet. */
VOID netvio5_halt(NDIS_HANDLE context) {
    struct netvio5_adapter *adapter = context;
    if (!adapter->failed && virtio_pci_reset(&adapter->pci, true)) report(adapter, "netvio5.halt", "[V] 2.4", adapter->pci.error);
    adapter->failed = true;
    netvio5_abort_sends(adapter, NDIS_STATUS_FAILURE);
    tear_down(adapter);
}

VOID netvio5_shutdown(PVOID context) {
    struct netvio5_adapter *adapter = context;
    (void)virtio_pci_reset(&adapter->pci, false);
}

/* A device that was pulled out completes nothing, and its registers say nothing: what it had is given back, and nobody asks it again. */
static void remove_now(struct netvio5_adapter *adapter) {
    if (adapter->failed) return;
    adapter->failed = true;
    netvio5_abort_sends(adapter, NDIS_STATUS_FAILURE);
}

VOID netvio5_pnp_event(NDIS_HANDLE context, NDIS_DEVICE_PNP_EVENT event, PVOID buffer, ULONG length) {
    UNREFERENCED_PARAMETER(buffer);
    UNREFERENCED_PARAMETER(length);
    if (event == NdisDevicePnPEventSurpriseRemoved) remove_now(context);
}

void netvio5_fail(struct netvio5_adapter *adapter, const char *check, const char *clause, const char *message) {
    if (adapter->failed) return;
    if (virtio_pci_is_gone(&adapter->pci)) { /* no fault of the device's: NDIS will say so */
        remove_now(adapter);
        return;
    }
    if (adapter->failed) return; /* while that was read */
    adapter->failed = true;
    report(adapter, check, clause, message);
    if (virtio_pci_reset(&adapter->pci, false)) report(adapter, "netvio5.reset", "[V] 2.4", adapter->pci.error);
    else netvio5_abort_sends(adapter, NDIS_STATUS_FAILURE);
}

/* Sends that the device had are given back as failed; buffers go on the ring again. */
NDIS_STATUS netvio5_reset(PBOOLEAN addressing, NDIS_HANDLE context) {
    struct netvio5_adapter *adapter = context;
    *addressing = FALSE;
    if (adapter->failed) return NDIS_STATUS_FAILURE;
    NDIS_STATUS status = NDIS_STATUS_FAILURE;
    if (virtio_pci_reset(&adapter->pci, true) == 0) {
        netvio5_abort_sends(adapter, NDIS_STATUS_REQUEST_ABORTED);
        (void)vq_restart(adapter->tx);
        netvio5_refill(adapter);
        status = netvio5_negotiate(adapter);
    }
    if (status == NDIS_STATUS_SUCCESS) status = netvio5_start_device(adapter);
    if (status != NDIS_STATUS_SUCCESS) netvio5_fail(adapter, "netvio5.reset", "[V] 2.4", "the device did not come back from its reset");
    return status;
}

/* ---- Interrupt: one line for both queues and the configuration */
VOID netvio5_isr(PBOOLEAN recognized, PBOOLEAN queue, NDIS_HANDLE context) {
    struct netvio5_adapter *adapter = context;
    *recognized = *queue = TRUE;
    vq_disable_interrupts(adapter->rx);
    vq_disable_interrupts(adapter->tx);
}

static void look_at_link(struct netvio5_adapter *adapter) {
    const bool before = adapter->link_up;
    netvio5_read_link(adapter);
    if (adapter->link_up == before) return;
    NdisMIndicateStatus(adapter->handle, adapter->link_up ? NDIS_STATUS_MEDIA_CONNECT : NDIS_STATUS_MEDIA_DISCONNECT, NULL, 0);
    NdisMIndicateStatusComplete(adapter->handle);
}

/* What was used between the last look and the enabling sends no interrupt: look again. An interrupt that no ring explains is the
 * configuration's; one that comes with others is found by netvio5_check_for_hang. */
VOID netvio5_dpc(NDIS_HANDLE context) {
    struct netvio5_adapter *adapter = context;
    bool explained = false, again = true;
    while (again && !adapter->failed) {
        bool any = netvio5_drain(adapter);
        if (!adapter->failed) any |= netvio5_poll(adapter);
        explained |= any;
        if (any || adapter->failed) continue;
        again = vq_enable_interrupts(adapter->tx);
        again |= vq_enable_interrupts(adapter->rx);
        if (!again) break;
        vq_disable_interrupts(adapter->tx);
        vq_disable_interrupts(adapter->rx);
    }
    if (!explained && !adapter->failed) look_at_link(adapter);
}

BOOLEAN netvio5_check_for_hang(NDIS_HANDLE context) {
    struct netvio5_adapter *adapter = context;
    if (!adapter->failed) look_at_link(adapter);
    return FALSE;
}
