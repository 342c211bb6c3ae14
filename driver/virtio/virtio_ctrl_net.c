/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_ctrl_net.c: commands that say which frames are received, and how they are spread, [V] 5.1.6.5.1 to 5.1.6.5.7. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "virtio_ctrl_command.h"

enum { MAC_BYTES = 6, COUNT_BYTES = 4 };

int virtio_ctrl_set_rx_mode(struct virtio_ctrl *ctrl, uint8_t mode, bool on) {
    const uint8_t data[1] = {on};
    const bool extra = mode != VIRTIO_CTRL_RX_PROMISC && mode != VIRTIO_CTRL_RX_ALLMULTI;
    const struct virtio_ctrl_command command = {
        .class = VIRTIO_CTRL_CLASS_RX, .number = mode, .feature = extra ? VIRTIO_NET_F_CTRL_RX_EXTRA_BIT : VIRTIO_NET_F_CTRL_RX_BIT,
        .data = data, .data_bytes = sizeof(data), .name = "RX mode"};
    return virtio_ctrl_execute(ctrl, &command, NULL);
}

static uint32_t put_list(uint8_t *to, const uint8_t (*addresses)[MAC_BYTES], unsigned count) {
    virtio_ctrl_put32(to, count);
    if (count) memcpy(to + COUNT_BYTES, addresses, count * MAC_BYTES);
    return COUNT_BYTES + count * MAC_BYTES;
}

int virtio_ctrl_set_filter(struct virtio_ctrl *ctrl, const struct virtio_ctrl_filter *filter) {
    const struct {
        uint8_t mode;
        bool on, extra;
    } modes[] = {{VIRTIO_CTRL_RX_PROMISC, filter->promiscuous, false},
                 {VIRTIO_CTRL_RX_ALLMULTI, filter->all_multicast, false},
                 {VIRTIO_CTRL_RX_NOMULTI, !filter->multicast && !filter->all_multicast, true},
                 {VIRTIO_CTRL_RX_NOUNI, !filter->directed, true},
                 {VIRTIO_CTRL_RX_NOBCAST, !filter->broadcast, true}};
    int error = 0;
    if (!virtio_pci_has(ctrl->pci, VIRTIO_NET_F_CTRL_RX_BIT)) return 0;
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]) && !error; i++)
        if (!modes[i].extra || virtio_pci_has(ctrl->pci, VIRTIO_NET_F_CTRL_RX_EXTRA_BIT))
            error = virtio_ctrl_set_rx_mode(ctrl, modes[i].mode, modes[i].on);
    return error;
}

int virtio_ctrl_set_mac_table(struct virtio_ctrl *ctrl, const uint8_t (*unicast)[MAC_BYTES], unsigned unicasts,
                              const uint8_t (*multicast)[MAC_BYTES], unsigned multicasts) {
    uint8_t data[2 * COUNT_BYTES + VIRTIO_CTRL_MAC_ENTRIES * MAC_BYTES];
    struct virtio_ctrl_command command = {.class = VIRTIO_CTRL_CLASS_MAC, .number = VIRTIO_CTRL_MAC_TABLE_SET,
                                          .feature = VIRTIO_NET_F_CTRL_RX_BIT, .data = data, .name = "MAC TABLE_SET"};
    if (unicasts > VIRTIO_CTRL_MAC_ENTRIES || multicasts > VIRTIO_CTRL_MAC_ENTRIES - unicasts) {
        snprintf(ctrl->pci->error, sizeof(ctrl->pci->error), "MAC TABLE_SET: %u and %u addresses, %d are possible", unicasts, multicasts,
                 VIRTIO_CTRL_MAC_ENTRIES);
        return -E2BIG;
    }
    command.data_bytes = put_list(data, unicast, unicasts);
    command.data_bytes += put_list(data + command.data_bytes, multicast, multicasts);
    return virtio_ctrl_execute(ctrl, &command, NULL);
}

int virtio_ctrl_set_mac(struct virtio_ctrl *ctrl, const uint8_t mac[MAC_BYTES]) {
    const struct virtio_ctrl_command command = {
        .class = VIRTIO_CTRL_CLASS_MAC, .number = VIRTIO_CTRL_MAC_ADDR_SET, .feature = VIRTIO_NET_F_CTRL_MAC_ADDR_BIT,
        .data = mac, .data_bytes = MAC_BYTES, .name = "MAC ADDR_SET"};
    return virtio_ctrl_execute(ctrl, &command, NULL);
}

int virtio_ctrl_set_vlan(struct virtio_ctrl *ctrl, uint16_t id, bool on) {
    uint8_t data[2];
    const struct virtio_ctrl_command command = {
        .class = VIRTIO_CTRL_CLASS_VLAN, .number = on ? VIRTIO_CTRL_VLAN_ADD : VIRTIO_CTRL_VLAN_DEL,
        .feature = VIRTIO_NET_F_CTRL_VLAN_BIT, .data = data, .data_bytes = sizeof(data), .name = on ? "VLAN ADD" : "VLAN DEL"};
    virtio_ctrl_put16(data, id);
    return virtio_ctrl_execute(ctrl, &command, NULL);
}

int virtio_ctrl_set_guest_offloads(struct virtio_ctrl *ctrl, uint64_t features) {
    uint8_t data[8];
    const struct virtio_ctrl_command command = {
        .class = VIRTIO_CTRL_CLASS_GUEST_OFFLOADS, .number = VIRTIO_CTRL_GUEST_OFFLOADS_SET,
        .feature = VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT, .data = data, .data_bytes = sizeof(data), .name = "GUEST_OFFLOADS SET"};
    virtio_ctrl_put32(data, (uint32_t)features);
    virtio_ctrl_put32(data + 4, (uint32_t)(features >> 32));
    return virtio_ctrl_execute(ctrl, &command, NULL);
}

int virtio_ctrl_set_rss(struct virtio_ctrl *ctrl, const struct virtio_ctrl_rss *rss) {
    uint8_t data[VIRTIO_CTRL_DATA_MOST], *at = data + VIRTIO_RSS_TABLE;
    struct virtio_ctrl_command command = {.class = VIRTIO_CTRL_CLASS_MQ, .number = VIRTIO_CTRL_MQ_RSS_CONFIG,
                                          .feature = VIRTIO_NET_F_RSS_BIT, .data = data, .name = "MQ RSS_CONFIG"};
    if (rss->entries < 1 || rss->entries > VIRTIO_CTRL_RSS_ENTRIES || rss->key_bytes > VIRTIO_CTRL_RSS_KEY) {
        snprintf(ctrl->pci->error, sizeof(ctrl->pci->error), "MQ RSS_CONFIG: %u entries and a key of %u bytes", rss->entries,
                 rss->key_bytes);
        return -EINVAL;
    }
    virtio_ctrl_put32(data + VIRTIO_RSS_TYPES, rss->types);
    virtio_ctrl_put16(data + VIRTIO_RSS_MASK, (uint16_t)(rss->entries - 1));
    virtio_ctrl_put16(data + VIRTIO_RSS_UNCLASSIFIED, rss->unclassified);
    for (unsigned i = 0; i < rss->entries; i++, at += 2) virtio_ctrl_put16(at, rss->table[i]);
    virtio_ctrl_put16(at, rss->transmit_queues);
    at[2] = rss->key_bytes;
    memcpy(at + 3, rss->key, rss->key_bytes);
    command.data_bytes = (uint32_t)(at + 3 + rss->key_bytes - data);
    return virtio_ctrl_execute(ctrl, &command, NULL);
}
