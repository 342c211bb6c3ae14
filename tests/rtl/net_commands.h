// SPDX-License-Identifier: Apache-2.0
// Commands of the control queue for reception, as bytes ([V] 5.1.6.5).
#pragma once

#include <cstdint>
#include <vector>

#include "filter_model.h"
#include "regmap.h"

using Command = std::vector<uint8_t>;

inline Command mode_command(uint8_t mode, bool on) { return {VIRTIO_CTRL_CLASS_RX, mode, uint8_t(on)}; }
inline Command table_command(const std::vector<Mac>& unicast, const std::vector<Mac>& group) {
    Command c{VIRTIO_CTRL_CLASS_MAC, VIRTIO_CTRL_MAC_TABLE_SET};
    for (const auto* list : {&unicast, &group}) {
        c.insert(c.end(), {uint8_t(list->size()), uint8_t(list->size() >> 8), 0, 0});
        for (const Mac& mac : *list) c.insert(c.end(), mac.begin(), mac.end());
    }
    return c;
}
inline Command address_command(const Mac& mac) {
    Command c{VIRTIO_CTRL_CLASS_MAC, VIRTIO_CTRL_MAC_ADDR_SET};
    c.insert(c.end(), mac.begin(), mac.end());
    return c;
}
inline Command vlan_command(uint8_t add_or_del, unsigned vid) {
    return {VIRTIO_CTRL_CLASS_VLAN, add_or_del, uint8_t(vid), uint8_t(vid >> 8)};
}
inline Command offloads_command(uint64_t features) {
    Command c{VIRTIO_CTRL_CLASS_GUEST_OFFLOADS, VIRTIO_CTRL_GUEST_OFFLOADS_SET};
    for (int i = 0; i < 8; ++i) c.push_back(uint8_t(features >> 8 * i));
    return c;
}
inline Command hash_command(unsigned types, const std::vector<uint8_t>& key) {
    Command c{VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_HASH_CONFIG, uint8_t(types), uint8_t(types >> 8), 0, 0};
    c.insert(c.end(), {1, 2, 3, 4, 5, 6, 7, 8, uint8_t(key.size())});   // eight reserved bytes
    c.insert(c.end(), key.begin(), key.end());
    return c;
}
// The table has a power of two of queues; pairs: of the device, all transmit queues may be used.
inline Command rss_command(const std::vector<uint8_t>& table, unsigned types, uint8_t unclassified, unsigned pairs,
                           const std::vector<uint8_t>& key) {
    Command c{VIRTIO_CTRL_CLASS_MQ, VIRTIO_CTRL_MQ_RSS_CONFIG, uint8_t(types), 0, 0, 0, uint8_t(table.size() - 1), 0, unclassified, 0};
    for (const uint8_t queue : table) c.insert(c.end(), {queue, 0});
    c.insert(c.end(), {uint8_t(pairs), uint8_t(pairs >> 8), uint8_t(key.size())});
    c.insert(c.end(), key.begin(), key.end());
    return c;
}
