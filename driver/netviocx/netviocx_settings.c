/* SPDX-License-Identifier: Apache-2.0 */
/* netviocx_settings.c: the adapter's parameters by their keywords, and the features that they ask the device for. [D] 3.8, [V] 5.1.3 */
#include "netviocx_device.h"

/* A keyword's number, or 0: it is not given. */
static ULONG number(NETCONFIGURATION configuration, PCWSTR keyword) {
    UNICODE_STRING name;
    ULONG value = 0;
    RtlInitUnicodeString(&name, keyword);
    (void)NetConfigurationQueryUlong(configuration, NET_CONFIGURATION_QUERY_ULONG_NO_FLAGS, &name, &value);
    return value;
}

static bool is_station(const NET_ADAPTER_LINK_LAYER_ADDRESS *address) {
    UCHAR any = 0;
    for (unsigned i = 0; i < 6; i++) any |= address->Address[i];
    return address->Length == 6 && any != 0 && !(address->Address[0] & 1);
}

static void read(NETCONFIGURATION from, struct netviocx_settings *to) {
    to->tx_ring = number(from, WDK_WIDE("*TransmitBuffers"));
    to->rx_ring = number(from, WDK_WIDE("*ReceiveBuffers"));
    to->frame_bytes = number(from, WDK_WIDE("*JumboPacket"));
    to->pairs = number(from, WDK_WIDE("*NumRssQueues"));
    to->checksums = number(from, WDK_WIDE("*TCPChecksumOffloadIPv4")) != 0;
    to->large_sends = number(from, WDK_WIDE("*LsoV2IPv4")) != 0;
    to->hashes = number(from, WDK_WIDE("*RSS")) != 0;
    to->tags = number(from, WDK_WIDE("*PriorityVLANTag")) != 0;
    to->vlan_id = number(from, WDK_WIDE("VlanID"));
    to->mergeable = number(from, WDK_WIDE("MergeableBuffers")) != 0;
    to->filters = number(from, WDK_WIDE("DeviceFilters")) != 0;
    to->indirect_from = number(from, WDK_WIDE("IndirectFrom"));
    to->rx_pieces = number(from, WDK_WIDE("ReceivePieces"));
    const ULONG mode = number(from, WDK_WIDE("ReceiveBufferMode"));
    to->buffer_mode = mode <= NETVIOCX_DATA_BUFFERS ? (enum netviocx_buffer_mode)mode : NETVIOCX_SYSTEM_BUFFERS;
    to->interrupt_after = number(from, WDK_WIDE("TransmitInterruptAfter"));
    to->tx_limits = (struct virtio_ctrl_limits){number(from, WDK_WIDE("TransmitModerationFrames")), number(from, WDK_WIDE("TransmitModerationTime"))};
    to->rx_limits = (struct virtio_ctrl_limits){number(from, WDK_WIDE("ReceiveModerationFrames")), number(from, WDK_WIDE("ReceiveModerationTime"))};
    to->declined = (uint64_t)number(from, WDK_WIDE("DeclinedFeaturesHigh")) << 32 | number(from, WDK_WIDE("DeclinedFeaturesLow"));
    to->fault = number(from, WDK_WIDE("Fault"));
    to->fault_packet = number(from, WDK_WIDE("FaultPacket"));
    if (!NT_SUCCESS(NetConfigurationQueryLinkLayerAddress(from, &to->address)) || !is_station(&to->address)) to->address.Length = 0;
}

NTSTATUS netviocx_read_settings(NETVIOCX_DEVICE *device) {
    struct netviocx_settings *settings = &device->settings;
    NETCONFIGURATION configuration;
    const NTSTATUS status = NetAdapterOpenConfiguration(device->adapter, WDF_NO_OBJECT_ATTRIBUTES, &configuration);
    if (!NT_SUCCESS(status)) return status;
    read(configuration, settings);
    NetConfigurationClose(configuration);
    if (settings->frame_bytes == 0 || settings->frame_bytes > NETVIOCX_FRAME_MAX) settings->frame_bytes = NETVIOCX_FRAME_MAX;
    if (settings->mergeable && settings->frame_bytes < NETVIOCX_MERGE_LEAST) settings->frame_bytes = NETVIOCX_MERGE_LEAST;
    return status;
}

static bool any(struct virtio_ctrl_limits limits) { return limits.max_packets || limits.max_usecs; }

/* What has no use with these settings is not asked for: a control queue, for one, costs a ring. */
uint64_t netviocx_wanted_features(const struct netviocx_settings *settings) {
    const uint64_t control = REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT), checksum = REGMAP_BIT(VIRTIO_NET_F_CSUM_BIT);
    uint64_t features = REGMAP_BIT(VIRTIO_F_NOTIFICATION_DATA_BIT) | REGMAP_BIT(VIRTIO_F_ORDER_PLATFORM_BIT) |
                        REGMAP_BIT(VIRTIO_NET_F_STATUS_BIT) | REGMAP_BIT(VIRTIO_F_EVENT_IDX_BIT);
    if (settings->checksums)
        features |= checksum | REGMAP_BIT(VIRTIO_NET_F_GUEST_CSUM_BIT) | control | REGMAP_BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT);
    if (settings->large_sends)
        features |= checksum | REGMAP_BIT(VIRTIO_NET_F_HOST_TSO4_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_TSO6_BIT) |
                    REGMAP_BIT(VIRTIO_NET_F_HOST_ECN_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_USO_BIT);
    if (settings->pairs > 1) features |= control | REGMAP_BIT(VIRTIO_NET_F_MQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_RSS_BIT);
    if (settings->pairs > 1 && settings->hashes) features |= REGMAP_BIT(VIRTIO_NET_F_HASH_REPORT_BIT);
    if (settings->mergeable) features |= REGMAP_BIT(VIRTIO_NET_F_MRG_RXBUF_BIT);
    if (settings->filters)
        features |= control | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) |
                    REGMAP_BIT(VIRTIO_NET_F_CTRL_VLAN_BIT) | REGMAP_BIT(VIRTIO_NET_F_MTU_BIT);
    if (any(settings->tx_limits) || any(settings->rx_limits)) features |= control | REGMAP_BIT(VIRTIO_NET_F_NOTF_COAL_BIT);
    if (settings->address.Length) features |= control | REGMAP_BIT(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT);
    if (settings->indirect_from) features |= REGMAP_BIT(VIRTIO_F_INDIRECT_DESC_BIT);
    return features & ~settings->declined;
}
