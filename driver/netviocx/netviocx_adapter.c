/* SPDX-License-Identifier: Apache-2.0 */
/* netviocx_adapter.c: what the adapter is and can do, for NetAdapterCx to make rings and buffers of. [D] NetAdapterSetDataPathCapabilities */
#include "netviocx_device.h"

static ULONG power_of_two(ULONG least) {
    ULONG value = 1;
    while (value < least) value *= 2;
    return value;
}

static void set_datapath(NETVIOCX_DEVICE *device) {
    NET_ADAPTER_DMA_CAPABILITIES dma;
    NET_ADAPTER_TX_CAPABILITIES tx;
    NET_ADAPTER_RX_CAPABILITIES rx;
    NET_ADAPTER_DMA_CAPABILITIES_INIT(&dma, device->dma);
    NET_ADAPTER_TX_CAPABILITIES_INIT_FOR_DMA(&tx, &dma, 1);
    tx.PayloadBackfill = NETVIOCX_HEADER;
    /* A chain that is longer than the ring would never fit. */
    tx.MaximumNumberOfFragments = vq_size(device->tx.vq) < NETVIOCX_FRAGMENTS ? vq_size(device->tx.vq) : NETVIOCX_FRAGMENTS;
    tx.FragmentRingNumberOfElementsHint = power_of_two(4 * vq_size(device->tx.vq));
    NET_ADAPTER_RX_CAPABILITIES_INIT_SYSTEM_MANAGED_DMA(&rx, &dma, NETVIOCX_HEADER + device->frame_bytes, 1);
    rx.FragmentRingNumberOfElementsHint = power_of_two(vq_size(device->rx.vq));
    NetAdapterSetDataPathCapabilities(device->adapter, &tx, &rx);
}

static NTSTATUS set_address(NETVIOCX_DEVICE *device) {
    NET_ADAPTER_LINK_LAYER_ADDRESS address;
    uint8_t mac[6];
    if (virtio_pci_read_config(&device->pci, VIRTIO_NET_CONFIG_MAC, mac, sizeof(mac))) return STATUS_UNSUCCESSFUL;
    NET_ADAPTER_LINK_LAYER_ADDRESS_INIT(&address, sizeof(mac), mac);
    NetAdapterSetPermanentLinkLayerAddress(device->adapter, &address);
    NetAdapterSetCurrentLinkLayerAddress(device->adapter, &address);
    return STATUS_SUCCESS;
}

/* VIRTIO tells the speed only with SPEED_DUPLEX, which is not negotiated. */
void netviocx_adapter_set_link(NETVIOCX_DEVICE *device) {
    NET_ADAPTER_LINK_STATE link;
    NET_ADAPTER_LINK_STATE_INIT(&link, NDIS_LINK_SPEED_UNKNOWN, device->link_up ? MediaConnectStateConnected : MediaConnectStateDisconnected,
                                MediaDuplexStateFull, NetAdapterPauseFunctionTypeUnsupported, NetAdapterAutoNegotiationFlagNone);
    NetAdapterSetLinkState(device->adapter, &link);
}

NTSTATUS netviocx_adapter_start(NETVIOCX_DEVICE *device) {
    NET_ADAPTER_LINK_LAYER_CAPABILITIES link;
    NET_ADAPTER_LINK_LAYER_CAPABILITIES_INIT(&link, NDIS_LINK_SPEED_UNKNOWN, NDIS_LINK_SPEED_UNKNOWN);
    NetAdapterSetLinkLayerCapabilities(device->adapter, &link);
    NetAdapterSetLinkLayerMtuSize(device->adapter, NETVIOCX_MTU);
    set_datapath(device);
    netviocx_adapter_set_link(device);
    const NTSTATUS status = set_address(device);
    return NT_SUCCESS(status) ? NetAdapterStart(device->adapter) : status;
}
