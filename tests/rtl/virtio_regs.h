// SPDX-License-Identifier: Apache-2.0
// VirtioRegs: the fixture of the tests of virtio_regs, a driver on the register bus.
#pragma once

#include <Vvirtio_regs.h>
#include <gtest/gtest.h>

#include "bench.h"
#include "regmap.h"
#include "register_bus.h"

constexpr uint32_t queues = RTL_NumQueues;
constexpr uint64_t offered = REGMAP_BIT(VIRTIO_NET_F_MAC_BIT) | REGMAP_BIT(VIRTIO_NET_F_STATUS_BIT) | REGMAP_BIT(VIRTIO_F_VERSION_1_BIT) |
                             REGMAP_BIT(VIRTIO_F_ACCESS_PLATFORM_BIT) | REGMAP_BIT(VIRTIO_F_RING_PACKED_BIT) |
                             REGMAP_BIT(VIRTIO_F_IN_ORDER_BIT) | REGMAP_BIT(VIRTIO_F_ORDER_PLATFORM_BIT) |
                             REGMAP_BIT(VIRTIO_F_NOTIFICATION_DATA_BIT) | REGMAP_BIT(VIRTIO_F_EVENT_IDX_BIT) |
                             REGMAP_BIT(VIRTIO_F_INDIRECT_DESC_BIT) | REGMAP_BIT(VIRTIO_F_RING_RESET_BIT) |
                             REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_NOTF_COAL_BIT) |
                             REGMAP_BIT(VIRTIO_NET_F_VQ_NOTF_COAL_BIT) | REGMAP_BIT(VIRTIO_NET_F_CSUM_BIT) |
                             REGMAP_BIT(VIRTIO_NET_F_GUEST_CSUM_BIT) | REGMAP_BIT(VIRTIO_NET_F_MTU_BIT) |
                             REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) |
                             REGMAP_BIT(VIRTIO_NET_F_CTRL_VLAN_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT) |
                             REGMAP_BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT) | REGMAP_BIT(VIRTIO_NET_F_HASH_REPORT_BIT) |
                             REGMAP_BIT(VIRTIO_NET_F_MRG_RXBUF_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_TSO4_BIT) |
                             REGMAP_BIT(VIRTIO_NET_F_HOST_TSO6_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_ECN_BIT) |
                             REGMAP_BIT(VIRTIO_NET_F_HOST_USO_BIT);
constexpr uint64_t minimal = REGMAP_BIT(VIRTIO_F_VERSION_1_BIT) | REGMAP_BIT(VIRTIO_F_RING_PACKED_BIT);
constexpr uint8_t acknowledge = 1, driver = 2, driver_ok = 4, features_ok = 8, needs_reset = 64, failed = 128;

struct VirtioRegs : ::testing::Test {
    Bench<Vvirtio_regs> b;

    VirtioRegs() {
        b->reg_valid_i = b->reg_write_i = b->flr_i = b->reset_done_i = b->isr_queue_i = b->needs_reset_i = 0;
        b->cfgirq_ready_i = b->link_up_i = 0;
        b->vq_reset_done_i = 0;
        b->mac_set_i = 0;
        b->mac_address_i = 0x665544332211;
        b.reset();
        b.tick();
    }

    uint32_t read(uint32_t offset, unsigned bytes = 4) { return bus_read(b, BAR0_COMMON + offset, bytes); }
    void write(uint32_t offset, uint32_t value, unsigned bytes = 4) { bus_write(b, BAR0_COMMON + offset, value, bytes); }
    uint32_t status() { return read(VIRTIO_COMMON_DEVICE_STATUS, 1); }
    void set_status(uint32_t value) { write(VIRTIO_COMMON_DEVICE_STATUS, value, 1); }
    void select(uint32_t queue) { write(VIRTIO_COMMON_QUEUE_SELECT, queue, 2); }

    void write_features(uint64_t features) {
        for (uint32_t half = 0; half < 2; ++half) {
            write(VIRTIO_COMMON_DRIVER_FEATURE_SELECT, half);
            write(VIRTIO_COMMON_DRIVER_FEATURE, static_cast<uint32_t>(features >> 32 * half));
        }
    }
    bool negotiate(uint64_t features) {
        set_status(acknowledge);
        set_status(acknowledge | driver);
        write_features(features);
        set_status(acknowledge | driver | features_ok);
        return status() & features_ok;
    }
    void go_live(uint64_t features = offered) {
        ASSERT_TRUE(negotiate(features));
        for (uint32_t q = 0; q < queues; ++q) {
            select(q);
            write(VIRTIO_COMMON_QUEUE_ENABLE, 1, 2);
        }
        set_status(acknowledge | driver | features_ok | driver_ok);
        ASSERT_TRUE(b->driver_ok_o);
    }
    bool doorbell(uint32_t queue, uint32_t value, unsigned bytes) {
        bus_write(b, BAR0_NOTIFY + queue * BAR0_NOTIFY_MULTIPLIER, value, bytes);
        return b->db_valid_o;
    }
};
