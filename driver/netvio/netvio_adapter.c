/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_adapter.c: life of an adapter: initialise, restart, pause, halt, and failure.
 *
 * The device runs from InitializeEx to HaltEx; pausing is a matter between NDIS and us. A pause is complete when no NBL is out in
 * either direction: sends that the device has are waited for, queued ones are completed as paused, frames that still arrive are put
 * back on the ring.
 *
 * Spec: [D] 3.3 states, 3.4 pause rules
 */
#include <errno.h>

#include "netvio_adapter.h"

static NDIS_STATUS set_registration(struct netvio_adapter *adapter) {
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.RegistrationAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
                   NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1},
        .MiniportAdapterContext = adapter,
        .AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE | NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER,
        .InterfaceType = NdisInterfacePci,
    }};
    return NdisMSetMiniportAttributes(adapter->handle, &attributes);
}

static NDIS_STATUS set_general(struct netvio_adapter *adapter) {
    NDIS_PNP_CAPABILITIES power = {0};
    NDIS_RECEIVE_SCALE_CAPABILITIES rss = netvio_rss_capabilities(adapter);
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {.GeneralAttributes = {
        .Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2,
                   NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2},
        .MediaType = NdisMedium802_3,
        .PhysicalMediumType = NdisPhysicalMedium802_3,
        .MtuSize = adapter->mtu,
        /* VIRTIO tells the speed only with SPEED_DUPLEX, which is not negotiated. */
        .MaxXmitLinkSpeed = NDIS_LINK_SPEED_UNKNOWN,
        .XmitLinkSpeed = NDIS_LINK_SPEED_UNKNOWN,
        .MaxRcvLinkSpeed = NDIS_LINK_SPEED_UNKNOWN,
        .RcvLinkSpeed = NDIS_LINK_SPEED_UNKNOWN,
        .MediaConnectState = adapter->link_up ? MediaConnectStateConnected : MediaConnectStateDisconnected,
        .MediaDuplexState = MediaDuplexStateFull,
        .LookaheadSize = adapter->mtu,
        .PowerManagementCapabilities = &power,
        .MacOptions = NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA | NDIS_MAC_OPTION_TRANSFERS_NOT_PEND | NDIS_MAC_OPTION_NO_LOOPBACK |
                      NDIS_MAC_OPTION_FULL_DUPLEX |
                      (adapter->config.offloads.vlan ? NDIS_MAC_OPTION_8021P_PRIORITY | NDIS_MAC_OPTION_8021Q_VLAN : 0u),
        .SupportedPacketFilters = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST |
                                  NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS,
        .MaxMulticastListSize = VIRTIO_CTRL_MAC_ENTRIES,
        .MacAddressLength = sizeof(adapter->mac),
        .RecvScaleCapabilities = virtio_pci_has(&adapter->pci, VIRTIO_NET_F_RSS_BIT) ? &rss : NULL,
        .AccessType = NET_IF_ACCESS_BROADCAST,
        .DirectionType = NET_IF_DIRECTION_SENDRECEIVE,
        .ConnectionType = NET_IF_CONNECTION_DEDICATED,
        .IfType = IF_TYPE_ETHERNET_CSMACD,
        .IfConnectorPresent = TRUE,
        .SupportedStatistics = NDIS_STATISTICS_BYTES_RCV_SUPPORTED | NDIS_STATISTICS_BYTES_XMIT_SUPPORTED |
                               NDIS_STATISTICS_RCV_ERROR_SUPPORTED | NDIS_STATISTICS_XMIT_ERROR_SUPPORTED |
                               NDIS_STATISTICS_GEN_STATISTICS_SUPPORTED,
        .SupportedPauseFunctions = NdisPauseFunctionsUnsupported,
        .DataBackFillSize = adapter->header_bytes, /* originators leave room for the header in front of each frame */
        .SupportedOidList = (PNDIS_OID)(uintptr_t)netvio_supported_oids,
        .SupportedOidListLength = netvio_supported_oids_bytes,
    }};
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *general = &attributes.GeneralAttributes;
    RtlCopyMemory(general->PermanentMacAddress, adapter->mac, sizeof(adapter->mac));
    RtlCopyMemory(general->CurrentMacAddress, adapter->address, sizeof(adapter->address));
    return NdisMSetMiniportAttributes(adapter->handle, &attributes);
}

static void report_packet(struct netvio_adapter *adapter, const char *check, const char *clause, int64_t packet, const char *message) {
    adapter->platform->ops->violation(adapter->platform->ctx, check, clause, packet, message);
}

static void report(struct netvio_adapter *adapter, const char *check, const char *clause, const char *message) {
    report_packet(adapter, check, clause, -1, message);
}

/* Everything from the device up that initialisation makes; halt and a failed initialisation take it down. */
static void tear_down(struct netvio_adapter *adapter) {
    netvio_interrupt_disconnect(adapter);
    virtio_ctrl_close(&adapter->ctrl);
    netvio_pairs_deinit(adapter);
    NdisFreeMemory(adapter, 0, 0);
}

static void take_config(struct netvio_adapter *adapter, const struct netvio_config *config) {
    adapter->config = *config;
    if (adapter->config.rx_buffer_bytes == 0 || adapter->config.rx_buffer_bytes > NETVIO_FRAME_MAX)
        adapter->config.rx_buffer_bytes = NETVIO_FRAME_MAX;
    adapter->config.rx_buffer_offset %= NETVIO_RX_OFFSET_END;
    if (adapter->config.offloads.mergeable && adapter->config.rx_buffer_bytes < NETVIO_MERGE_LEAST)
        adapter->config.rx_buffer_bytes = NETVIO_MERGE_LEAST;
    if (adapter->config.rx_buffer_elements == 0) adapter->config.rx_buffer_elements = 1;
    if (adapter->config.rx_buffer_elements > NETVIO_RX_ELEMENTS) adapter->config.rx_buffer_elements = NETVIO_RX_ELEMENTS;
}

NDIS_STATUS netvio_initialize(NDIS_HANDLE handle, NDIS_HANDLE driver_context, PNDIS_MINIPORT_INIT_PARAMETERS parameters) {
    UNREFERENCED_PARAMETER(parameters);
    struct netvio_adapter *adapter = NdisAllocateMemoryWithTagPriority(handle, sizeof(*adapter), NETVIO_TAG, NormalPoolPriority);
    if (!adapter) return NDIS_STATUS_RESOURCES;
    NdisZeroMemory(adapter, sizeof(*adapter));
    adapter->handle = handle;
    adapter->platform = ndis_platform(handle);
    take_config(adapter, driver_context);
    netvio_address_read(adapter);
    NDIS_STATUS status = set_registration(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = netvio_device_negotiate(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = netvio_pairs_init(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = set_general(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = netvio_offload_attributes(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = netvio_interrupt_connect(adapter);
    if (status == NDIS_STATUS_SUCCESS) status = netvio_device_start(adapter);
    if (status == NDIS_STATUS_SUCCESS) return status;
    adapter->failed = true; /* a device that was live may have left DPCs behind: they find nothing to do */
    if (adapter->pci.error[0]) report(adapter, "netvio.initialize", "[V] 3.1.1", adapter->pci.error);
    /* A device that got as far as having our addresses must forget them before the memory goes. */
    if (adapter->pairs && adapter->pair[0].rx.vq) (void)virtio_pci_reset(&adapter->pci, true);
    tear_down(adapter);
    return status;
}

NDIS_STATUS netvio_restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters) {
    struct netvio_adapter *adapter = context;
    UNREFERENCED_PARAMETER(parameters);
    if (adapter->failed) return NDIS_STATUS_FAILURE;
    adapter->state = NETVIO_RUNNING;
    return NDIS_STATUS_SUCCESS;
}

static bool anything_out(const struct netvio_adapter *adapter) {
    for (unsigned i = 0; i < adapter->pairs; i++) {
        const struct netvio_pair *pair = &adapter->pair[i];
        if (pair->tx.outstanding != 0 || pair->rx.indicated != 0 || pair->rx.polling) return true;
    }
    return false;
}

void netvio_pause_check(struct netvio_adapter *adapter) {
    if (adapter->state != NETVIO_PAUSING || !adapter->pause_pending || anything_out(adapter)) return;
    adapter->pause_pending = false;
    adapter->state = NETVIO_PAUSED;
    NdisMPauseComplete(adapter->handle);
}

NDIS_STATUS netvio_pause(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters) {
    struct netvio_adapter *adapter = context;
    UNREFERENCED_PARAMETER(parameters);
    adapter->state = NETVIO_PAUSING;
    for (unsigned i = 0; i < adapter->pairs; i++) netvio_tx_flush(&adapter->pair[i].tx, NDIS_STATUS_PAUSED, true, NULL);
    if (anything_out(adapter)) {
        adapter->pause_pending = true;
        return NDIS_STATUS_PENDING;
    }
    adapter->state = NETVIO_PAUSED;
    return NDIS_STATUS_SUCCESS;
}

/* NDIS has paused us: nothing is out. The device may still be writing frames into buffers until its reset is done. */
VOID netvio_halt(NDIS_HANDLE context, NDIS_HALT_ACTION action) {
    struct netvio_adapter *adapter = context;
    UNREFERENCED_PARAMETER(action);
    adapter->state = NETVIO_PAUSED;
    if (!adapter->failed && virtio_pci_reset(&adapter->pci, true)) report(adapter, "netvio.halt", "[V] 2.4", adapter->pci.error);
    adapter->failed = true; /* DPCs that are still queued find nothing to do */
    netvio_interrupt_disconnect(adapter);
    netvio_pairs_abort(adapter);
    tear_down(adapter);
}

/* At HIGH_LEVEL, with the machine about to go: stop the DMA, touch nothing else. */
VOID netvio_shutdown(NDIS_HANDLE context, NDIS_SHUTDOWN_ACTION action) {
    struct netvio_adapter *adapter = context;
    UNREFERENCED_PARAMETER(action);
    (void)virtio_pci_reset(&adapter->pci, false);
}

/* Only a reset gives the memory back for certain. If it does not end, what the device has stays with it. */
static void take_all_back(struct netvio_adapter *adapter) {
    const int status = virtio_pci_reset(&adapter->pci, false);
    if (status && status != -ENODEV) {
        report(adapter, "netvio.reset", "[V] 2.4", adapter->pci.error);
        return;
    }
    netvio_pairs_abort(adapter);
    netvio_pause_check(adapter);
}

void netvio_removed(struct netvio_adapter *adapter) {
    adapter->removed = true;
    if (adapter->failed) return;
    adapter->failed = true;
    netvio_pairs_abort(adapter);
    netvio_pause_check(adapter);
}

void netvio_fail(struct netvio_adapter *adapter, const char *check, const char *clause, const char *message) {
    if (adapter->failed) return;
    if (virtio_pci_is_gone(&adapter->pci)) { /* no fault of the device's: it was pulled, and NDIS will say so */
        netvio_removed(adapter);
        return;
    }
    if (adapter->failed) return; /* while that was read */
    adapter->failed = true;
    report(adapter, check, clause, message);
    take_all_back(adapter);
}

void netvio_fail_ring(struct netvio_adapter *adapter, const struct vq_packed *vq) {
    if (adapter->failed) return;
    adapter->failed = true;
    report_packet(adapter, "vq.forged_used", "[V] 2.8.8", vq_error_packet(vq), vq_error(vq));
    take_all_back(adapter);
}
