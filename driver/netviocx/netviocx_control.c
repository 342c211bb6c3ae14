/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netviocx_control.c: commands to the device: its address, interrupt moderation, filters, and which queue a received frame goes to.
 * PASSIVE_LEVEL. [V] 5.1.6.5
 *
 * With several pairs the device has an indirection table from the start: all of it is queue 0 until NetAdapterCx enables scaling, as a client
 * without it has one receive queue; sends use all pairs.
 */
#include "netviocx_device.h"

static NETVIOCX_DEVICE *device_of(NETADAPTER adapter) { return netviocx_adapter_of(adapter)->device; }

static NTSTATUS status_of(int error) { return error ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS; }

/* ---- Scaling */
static int apply_scaling(NETVIOCX_DEVICE *device) {
    const struct virtio_ctrl_rss off = {.entries = 1, .transmit_queues = (uint16_t)device->pairs};
    if (device->failed || device->pairs == 1) return 0;
    return virtio_ctrl_set_rss(&device->ctrl, device->rss_on ? &device->rss : &off);
}

NTSTATUS netviocx_enable_scaling(NETADAPTER adapter, NET_ADAPTER_RECEIVE_SCALING_HASH_TYPE hash,
                                 NET_ADAPTER_RECEIVE_SCALING_PROTOCOL_TYPE protocols) {
    NETVIOCX_DEVICE *device = device_of(adapter);
    const int wanted = (int)protocols;
    const bool tcp = wanted & NetAdapterReceiveScalingProtocolTypeTcp, udp = wanted & NetAdapterReceiveScalingProtocolTypeUdp;
    UNREFERENCED_PARAMETER(hash); /* there is one */
    device->rss.types = 0;
    if (wanted & NetAdapterReceiveScalingProtocolTypeIPv4)
        device->rss.types |= 1u << VIRTIO_HASH_IPV4_BIT | (unsigned)tcp << VIRTIO_HASH_TCPV4_BIT | (unsigned)udp << VIRTIO_HASH_UDPV4_BIT;
    if (wanted & NetAdapterReceiveScalingProtocolTypeIPv6)
        device->rss.types |= 1u << VIRTIO_HASH_IPV6_BIT | (unsigned)tcp << VIRTIO_HASH_TCPV6_BIT | (unsigned)udp << VIRTIO_HASH_UDPV6_BIT;
    device->rss_on = true;
    return status_of(apply_scaling(device));
}

void netviocx_disable_scaling(NETADAPTER adapter) {
    NETVIOCX_DEVICE *device = device_of(adapter);
    device->rss_on = false;
    (void)apply_scaling(device);
}

NTSTATUS netviocx_set_key(NETADAPTER adapter, NET_ADAPTER_RECEIVE_SCALING_HASH_SECRET_KEY const *key) {
    NETVIOCX_DEVICE *device = device_of(adapter);
    if (key->Length > sizeof(device->rss.key)) return STATUS_INVALID_PARAMETER;
    device->rss.key_bytes = (uint8_t)key->Length;
    RtlCopyMemory(device->rss.key, key->Key, key->Length);
    return device->rss_on ? status_of(apply_scaling(device)) : STATUS_SUCCESS;
}

NTSTATUS netviocx_set_entries(NETADAPTER adapter, NET_ADAPTER_RECEIVE_SCALING_INDIRECTION_ENTRIES *entries) {
    NETVIOCX_DEVICE *device = device_of(adapter);
    for (SIZE_T i = 0; i < entries->Length; i++) {
        NET_ADAPTER_RECEIVE_SCALING_INDIRECTION_ENTRY *entry = &entries->Entries[i];
        device->rss.table[entry->Index] = netviocx_queue_of(entry->PacketQueue)->ring->number / 2;
        entry->Status = STATUS_SUCCESS;
    }
    return device->rss_on ? status_of(apply_scaling(device)) : STATUS_SUCCESS;
}

/* ---- Filters and receive offloads */
static int apply_filter(NETVIOCX_DEVICE *device) {
    if (device->failed || !device->filtered || !netviocx_has(device, VIRTIO_NET_F_CTRL_RX_BIT)) return 0;
    const int error = virtio_ctrl_set_mac_table(&device->ctrl, NULL, 0, (const uint8_t(*)[6])device->multicast, device->multicasts);
    return error ? error : virtio_ctrl_set_filter(&device->ctrl, &device->filter);
}

static void report(NETVIOCX_DEVICE *device, int error, const char *clause) {
    if (error && !virtio_pci_is_gone(&device->pci)) netviocx_report(device, "netviocx.control", clause, device->pci.error);
}

void netviocx_set_filter(NETADAPTER adapter, NETRECEIVEFILTER filter) {
    NETVIOCX_DEVICE *device = device_of(adapter);
    const int flags = (int)NetReceiveFilterGetPacketFilter(filter);
    const NET_ADAPTER_LINK_LAYER_ADDRESS *list = NetReceiveFilterGetMulticastAddressList(filter);
    device->multicasts = (unsigned)NetReceiveFilterGetMulticastAddressCount(filter);
    device->filter = (struct virtio_ctrl_filter){
        .promiscuous = (flags & NetPacketFilterFlagPromiscuous) != 0, .all_multicast = (flags & NetPacketFilterFlagAllMulticast) != 0,
        .multicast = (flags & NetPacketFilterFlagMulticast) != 0, .directed = (flags & NetPacketFilterFlagDirected) != 0,
        .broadcast = (flags & NetPacketFilterFlagBroadcast) != 0};
    for (unsigned i = 0; i < device->multicasts; i++) RtlCopyMemory(device->multicast[i], list[i].Address, sizeof(device->multicast[i]));
    device->filtered = true;
    report(device, apply_filter(device), "[V] 5.1.6.5.1");
}

/* Receive checksums are one switch in the device: on while one of them is. */
static int apply_rx_checksum(NETVIOCX_DEVICE *device) {
    if (device->failed || !netviocx_has(device, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT)) return 0;
    return virtio_ctrl_set_guest_offloads(&device->ctrl, device->rx_checksums_off ? 0 : REGMAP_BIT(VIRTIO_NET_F_GUEST_CSUM_BIT));
}

void netviocx_set_rx_checksum(NETADAPTER adapter, NETOFFLOAD offload) {
    NETVIOCX_DEVICE *device = device_of(adapter);
    const bool off = !NetOffloadIsRxChecksumTcpEnabled(offload) && !NetOffloadIsRxChecksumUdpEnabled(offload);
    if (off == device->rx_checksums_off) return;
    device->rx_checksums_off = off;
    report(device, apply_rx_checksum(device), "[V] 5.1.6.5.8");
}

/* ---- After DRIVER_OK: what a reset forgot, too. */
static bool any(struct virtio_ctrl_limits limits) { return limits.max_packets || limits.max_usecs; }

int netviocx_control_begin(NETVIOCX_DEVICE *device) {
    const struct netviocx_settings *settings = &device->settings;
    const bool moderation = netviocx_has(device, VIRTIO_NET_F_NOTF_COAL_BIT);
    int error = 0;
    if (!device->ctrl.vq) return 0;
    if (settings->address.Length && netviocx_has(device, VIRTIO_NET_F_CTRL_MAC_ADDR_BIT))
        error = virtio_ctrl_set_mac(&device->ctrl, settings->address.Address);
    device->rss_on = false; /* the queues of its table are gone */
    RtlZeroMemory(device->rss.table, sizeof(device->rss.table));
    if (!error) error = apply_scaling(device);
    if (!error) error = apply_filter(device);
    if (!error && device->rx_checksums_off) error = apply_rx_checksum(device);
    if (!error && moderation && any(settings->tx_limits)) error = virtio_ctrl_set_tx_limits(&device->ctrl, &settings->tx_limits);
    if (!error && moderation && any(settings->rx_limits)) error = virtio_ctrl_set_rx_limits(&device->ctrl, &settings->rx_limits);
    if (!error && settings->vlan_id && netviocx_has(device, VIRTIO_NET_F_CTRL_VLAN_BIT))
        error = virtio_ctrl_set_vlan(&device->ctrl, (uint16_t)settings->vlan_id, true);
    return error;
}
