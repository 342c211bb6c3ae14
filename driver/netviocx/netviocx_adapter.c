/* SPDX-License-Identifier: Apache-2.0 */
/* netviocx_adapter.c: what the adapter is and can do, for NetAdapterCx to make rings and buffers of. [D] NetAdapterSetDataPathCapabilities */
#include "netviocx_device.h"

static ULONG power_of_two(ULONG least) {
    ULONG value = 1;
    while (value < least) value *= 2;
    return value;
}

/* As many as are wanted, fit into the ring, and leave the headers in the first. */
static unsigned count_pieces(const NETVIOCX_DEVICE *device, unsigned slots, ULONG buffer) {
    enum { LEAST = 128 };
    unsigned pieces = device->settings.rx_pieces < NETVIOCX_PIECES_MAX ? device->settings.rx_pieces : NETVIOCX_PIECES_MAX;
    if (pieces > slots) pieces = slots;
    if (pieces > buffer / LEAST) pieces = buffer / LEAST;
    return pieces ? pieces : 1;
}

/* Of buffers in pieces a ring of fragments holds one less than it has elements: where that is much of it, it is longer. */
static ULONG rx_fragments(unsigned slots, unsigned pieces) {
    enum { MANY = 8 };
    return power_of_two(pieces > 1 && slots < MANY * pieces ? slots + pieces : slots);
}

static void set_datapath(NETVIOCX_DEVICE *device) {
    NET_ADAPTER_DMA_CAPABILITIES dma;
    NET_ADAPTER_TX_CAPABILITIES tx;
    NET_ADAPTER_RX_CAPABILITIES rx;
    const unsigned tx_slots = vq_size(device->pair[0].tx.vq), rx_slots = vq_size(device->pair[0].rx.vq);
    const unsigned longest = device->settings.large_sends ? NETVIOCX_LARGE_FRAGMENTS : NETVIOCX_FRAGMENTS;
    NET_ADAPTER_DMA_CAPABILITIES_INIT(&dma, device->dma);
    NET_ADAPTER_TX_CAPABILITIES_INIT_FOR_DMA(&tx, &dma, device->pairs);
    tx.PayloadBackfill = device->header_bytes;
    /* A chain that is longer than the ring, with a front of ours, would never fit. */
    tx.MaximumNumberOfFragments = tx_slots <= longest ? (tx_slots > 1 ? tx_slots - 1 : 1) : longest;
    tx.FragmentRingNumberOfElementsHint = power_of_two(4 * tx_slots);
    const ULONG buffer = device->header_bytes + device->settings.frame_bytes;
    device->pieces = count_pieces(device, rx_slots, buffer);
    device->piece_bytes = (buffer + device->pieces - 1) / device->pieces;
    netviocx_buffers_declare(device, &rx, &dma, device->piece_bytes, device->pairs);
    rx.FragmentRingNumberOfElementsHint = rx_fragments(rx_slots, device->pieces);
    NetAdapterSetDataPathCapabilities(device->adapter, &tx, &rx);
}

/* A packet says what is asked of it: of what is sent nothing has to be remembered. */
static void nothing_to_do(NETADAPTER adapter, NETOFFLOAD offload) {
    UNREFERENCED_PARAMETER(adapter);
    UNREFERENCED_PARAMETER(offload);
}

enum { IPV4 = NetAdapterOffloadLayer3FlagIPv4NoOptions | NetAdapterOffloadLayer3FlagIPv4WithOptions,
       IPV6 = NetAdapterOffloadLayer3FlagIPv6NoExtensions | NetAdapterOffloadLayer3FlagIPv6WithExtensions,
       TCP = NetAdapterOffloadLayer4FlagTcpNoOptions | NetAdapterOffloadLayer4FlagTcpWithOptions, UDP = NetAdapterOffloadLayer4FlagUdp };

/* The device makes and verifies the sums of TCP and UDP wherever they are; that of an IPv4 header is made with the front of the frame. */
static void set_checksums(NETVIOCX_DEVICE *device) {
    enum { IP_MOST = 60 };
    NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES tx;
    NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES rx;
    NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES_INIT(&tx, (NET_ADAPTER_OFFLOAD_LAYER3_FLAGS)(IPV4 | IPV6), nothing_to_do);
    tx.Layer4Flags = (NET_ADAPTER_OFFLOAD_LAYER4_FLAGS)(TCP | UDP);
    tx.Layer3HeaderOffsetLimit = VIRTIO_NET_FRONT_BYTES - VIRTIO_NET_TAG_BYTES - IP_MOST;
    NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES_INIT(&rx, netviocx_set_rx_checksum);
    if (netviocx_has(device, VIRTIO_NET_F_CSUM_BIT)) NetAdapterOffloadSetTxChecksumCapabilities(device->adapter, &tx);
    if (netviocx_has(device, VIRTIO_NET_F_GUEST_CSUM_BIT)) NetAdapterOffloadSetRxChecksumCapabilities(device->adapter, &rx);
}

/* UDP over one version of IP alone cannot be said, nor has any device that; headers have to fit into the front. */
static void set_segmentation(NETVIOCX_DEVICE *device) {
    enum { LEAST_SEGMENTS = 2, TCP_MOST = 60, OFFSET_MOST = VIRTIO_NET_FRONT_BYTES - VIRTIO_NET_TAG_BYTES - TCP_MOST };
    NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES gso;
    const bool tso4 = netviocx_has(device, VIRTIO_NET_F_HOST_TSO4_BIT), tso6 = netviocx_has(device, VIRTIO_NET_F_HOST_TSO6_BIT);
    const bool uso = netviocx_has(device, VIRTIO_NET_F_HOST_USO_BIT) && tso4 == tso6;
    const int l3 = (tso4 || uso ? IPV4 : 0) | (tso6 || uso ? IPV6 : 0), l4 = (tso4 || tso6 ? TCP : 0) | (uso ? UDP : 0);
    if (!l3) return;
    NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES_INIT(&gso, (NET_ADAPTER_OFFLOAD_LAYER3_FLAGS)l3, (NET_ADAPTER_OFFLOAD_LAYER4_FLAGS)l4,
                                              NETVIOCX_LARGE_PAYLOAD, LEAST_SEGMENTS, nothing_to_do);
    gso.Layer4HeaderOffsetLimit = OFFSET_MOST;
    NetAdapterOffloadSetGsoCapabilities(device->adapter, &gso);
}

static void set_tags(NETVIOCX_DEVICE *device) {
    NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_CAPABILITIES tags;
    NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_CAPABILITIES_INIT(
        &tags, (NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_FLAGS)(NetAdapterOffloadIeee8021PriorityTaggingFlag | NetAdapterOffloadIeee8021VlanTaggingFlag));
    NetAdapterOffloadSetIeee8021qTagCapabilities(device->adapter, &tags);
}

/* An offload may need a front of ours, and so two slots. */
static void set_offloads(NETVIOCX_DEVICE *device) {
    if (vq_size(device->pair[0].tx.vq) < 2) return;
    set_checksums(device);
    set_segmentation(device);
    if (device->settings.tags) set_tags(device);
}

static void set_scaling(NETVIOCX_DEVICE *device) {
    NET_ADAPTER_RECEIVE_SCALING_CAPABILITIES scaling;
    if (device->pairs == 1) return;
    NET_ADAPTER_RECEIVE_SCALING_CAPABILITIES_INIT(
        &scaling, device->pairs, NetAdapterReceiveScalingUnhashedTargetTypeUnspecified, NetAdapterReceiveScalingHashTypeToeplitz,
        (NET_ADAPTER_RECEIVE_SCALING_PROTOCOL_TYPE)(NetAdapterReceiveScalingProtocolTypeIPv4 | NetAdapterReceiveScalingProtocolTypeIPv6 |
                                                    NetAdapterReceiveScalingProtocolTypeTcp | NetAdapterReceiveScalingProtocolTypeUdp),
        netviocx_enable_scaling, netviocx_disable_scaling, netviocx_set_key, netviocx_set_entries);
    scaling.IndirectionTableSize = VIRTIO_CTRL_RSS_ENTRIES;
    device->rss.entries = VIRTIO_CTRL_RSS_ENTRIES;
    device->rss.transmit_queues = (uint16_t)device->pairs;
    NetAdapterSetReceiveScalingCapabilities(device->adapter, &scaling);
}

static void set_filter(NETVIOCX_DEVICE *device) {
    NET_ADAPTER_RECEIVE_FILTER_CAPABILITIES filter;
    NET_ADAPTER_RECEIVE_FILTER_CAPABILITIES_INIT(&filter, netviocx_set_filter);
    filter.SupportedPacketFilters =
        (NET_PACKET_FILTER_FLAGS)(NetPacketFilterFlagDirected | NetPacketFilterFlagMulticast | NetPacketFilterFlagAllMulticast |
                                  NetPacketFilterFlagBroadcast | NetPacketFilterFlagPromiscuous);
    filter.MaximumMulticastAddresses = VIRTIO_CTRL_MAC_ENTRIES;
    NetAdapterSetReceiveFilterCapabilities(device->adapter, &filter);
}

/* Only a device that takes another address gets one; else it keeps its own, which NDIS is then told. */
static NTSTATUS set_address(NETVIOCX_DEVICE *device) {
    NET_ADAPTER_LINK_LAYER_ADDRESS address;
    uint8_t mac[6];
    if (virtio_pci_read_config(&device->pci, VIRTIO_NET_CONFIG_MAC, mac, sizeof(mac))) return STATUS_UNSUCCESSFUL;
    NET_ADAPTER_LINK_LAYER_ADDRESS_INIT(&address, sizeof(mac), mac);
    NetAdapterSetPermanentLinkLayerAddress(device->adapter, &address);
    if (device->settings.address.Length && netviocx_has(device, VIRTIO_NET_F_CTRL_MAC_ADDR_BIT)) address = device->settings.address;
    NetAdapterSetCurrentLinkLayerAddress(device->adapter, &address);
    return STATUS_SUCCESS;
}

static ULONG read_mtu(NETVIOCX_DEVICE *device) {
    uint8_t mtu[2] = {NETVIOCX_MTU & 0xFF, NETVIOCX_MTU >> 8};
    if (netviocx_has(device, VIRTIO_NET_F_MTU_BIT)) (void)virtio_pci_read_config(&device->pci, VIRTIO_NET_CONFIG_MTU, mtu, sizeof(mtu));
    return mtu[0] | (ULONG)mtu[1] << 8;
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
    NetAdapterSetLinkLayerMtuSize(device->adapter, read_mtu(device));
    set_datapath(device);
    set_offloads(device);
    set_scaling(device);
    set_filter(device);
    netviocx_adapter_set_link(device);
    const NTSTATUS status = set_address(device);
    return NT_SUCCESS(status) ? NetAdapterStart(device->adapter) : status;
}
