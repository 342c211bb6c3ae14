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
    netviocx_buffers_declare(device, &rx, &dma, NETVIOCX_HEADER + device->frame_bytes, 1);
    rx.FragmentRingNumberOfElementsHint = power_of_two(vq_size(device->rx.vq));
    NetAdapterSetDataPathCapabilities(device->adapter, &tx, &rx);
}

/* A packet says what is asked of it: nothing has to be remembered. */
static EVT_NET_ADAPTER_OFFLOAD_SET_TX_CHECKSUM set_checksum;
static void set_checksum(NETADAPTER adapter, NETOFFLOAD offload) {
    UNREFERENCED_PARAMETER(adapter);
    UNREFERENCED_PARAMETER(offload);
}

/* The device makes and verifies the sums of TCP and UDP wherever they are; that of an IPv4 header the driver makes (netviocx_tx.c). */
static void set_offloads(NETVIOCX_DEVICE *device) {
    NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES tx;
    NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES rx;
    NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES_INIT(
        &tx, (NET_ADAPTER_OFFLOAD_LAYER3_FLAGS)(NetAdapterOffloadLayer3FlagIPv4NoOptions | NetAdapterOffloadLayer3FlagIPv4WithOptions |
                                                NetAdapterOffloadLayer3FlagIPv6NoExtensions | NetAdapterOffloadLayer3FlagIPv6WithExtensions),
        set_checksum);
    tx.Layer4Flags = (NET_ADAPTER_OFFLOAD_LAYER4_FLAGS)(NetAdapterOffloadLayer4FlagTcpNoOptions | NetAdapterOffloadLayer4FlagTcpWithOptions |
                                                        NetAdapterOffloadLayer4FlagUdp);
    NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES_INIT(&rx, set_checksum);
    if (virtio_pci_has(&device->pci, VIRTIO_NET_F_CSUM_BIT)) NetAdapterOffloadSetTxChecksumCapabilities(device->adapter, &tx);
    if (virtio_pci_has(&device->pci, VIRTIO_NET_F_GUEST_CSUM_BIT)) NetAdapterOffloadSetRxChecksumCapabilities(device->adapter, &rx);
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
    set_offloads(device);
    netviocx_adapter_set_link(device);
    const NTSTATUS status = set_address(device);
    return NT_SUCCESS(status) ? NetAdapterStart(device->adapter) : status;
}
