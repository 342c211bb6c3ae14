/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_pci.c: the modern virtio-pci transport, [V] 3.1.1 and 4.1, in the order in which Linux does it. */
#include "virtio_pci.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "regmap.h"

enum {
    RESET_POLLS = 10 * 1000,        /* times RESET_POLL_NS: 100 ms, for the device and for a queue */
    RESET_POLL_NS = 10 * 1000,
    RESET_READS = 1000,
    CONFIG_TRIES = 16,
    HALF_BITS = 32,
    STATUS_OF_NOTHING = 0xFF
};

static uint32_t common_read(const struct virtio_pci *pci, uint32_t offset, unsigned size) {
    return pci->platform->ops->mmio_read(pci->platform->ctx, pci->common.bar, pci->common.offset + offset, size);
}

static void common_write(const struct virtio_pci *pci, uint32_t offset, unsigned size, uint32_t value) {
    pci->platform->ops->mmio_write(pci->platform->ctx, pci->common.bar, pci->common.offset + offset, size, value);
}

/* [V] 4.1.3.1: 64-bit fields are written as two independent halves. */
static void common_write64(const struct virtio_pci *pci, uint32_t offset, uint64_t value) {
    common_write(pci, offset, 4, (uint32_t)value);
    common_write(pci, offset + 4, 4, (uint32_t)(value >> HALF_BITS));
}

int virtio_pci_open(struct virtio_pci *pci, struct platform *platform) {
    *pci = (struct virtio_pci){.platform = platform};
    const struct platform_ops *ops = platform->ops;
    uint32_t vendor = ops->config_read(platform->ctx, PCI_CFG_VENDOR_ID, 2);
    uint32_t device = ops->config_read(platform->ctx, PCI_CFG_DEVICE_ID, 2);
    if (vendor != PCI_ID_VENDOR || device != PCI_ID_DEVICE) {
        snprintf(pci->error, sizeof(pci->error), "%04x:%04x is not a modern virtio network device", vendor, device);
        return -ENODEV;
    }
    int status = virtio_pci_find_structures(pci);
    if (status) return status;
    uint32_t command = ops->config_read(platform->ctx, PCI_CFG_COMMAND, 2);
    command |= 1u << PCI_COMMAND_MEMORY_BIT | 1u << PCI_COMMAND_BUS_MASTER_BIT | 1u << PCI_COMMAND_INTX_DISABLE_BIT;
    ops->config_write(platform->ctx, PCI_CFG_COMMAND, 2, command);
    return 0;
}

uint8_t virtio_pci_status(struct virtio_pci *pci) { return (uint8_t)common_read(pci, VIRTIO_COMMON_DEVICE_STATUS, 1); }

static void set_status(struct virtio_pci *pci, unsigned bit) {
    /* [V] 2.1.1: a driver never clears a bit but by reset. */
    uint32_t status = virtio_pci_status(pci);
    common_write(pci, VIRTIO_COMMON_DEVICE_STATUS, 1, status | 1u << bit);
}

bool virtio_pci_is_gone(struct virtio_pci *pci) { return virtio_pci_status(pci) == STATUS_OF_NOTHING; }

static int gone(struct virtio_pci *pci) {
    snprintf(pci->error, sizeof(pci->error), "the device is gone: its registers read as all ones");
    return -ENODEV;
}

int virtio_pci_reset(struct virtio_pci *pci, bool may_sleep) {
    common_write(pci, VIRTIO_COMMON_DEVICE_STATUS, 1, 0);
    pci->features = 0;
    /* [V] 4.1.4.3.2: the device is reset only when status reads 0; until then it may still write memory. */
    for (unsigned i = 0; i < (may_sleep ? RESET_POLLS : RESET_READS); i++) {
        const uint8_t status = virtio_pci_status(pci);
        if (status == 0) return 0;
        if (status == STATUS_OF_NOTHING) return gone(pci);
        if (may_sleep) pci->platform->ops->sleep_ns(pci->platform->ctx, RESET_POLL_NS);
    }
    snprintf(pci->error, sizeof(pci->error), "the device did not finish its reset");
    return -ETIMEDOUT;
}

uint64_t virtio_pci_offered(struct virtio_pci *pci) {
    uint64_t features = 0;
    for (uint32_t window = 0; window < 2; window++) {
        common_write(pci, VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4, window);
        features |= (uint64_t)common_read(pci, VIRTIO_COMMON_DEVICE_FEATURE, 4) << HALF_BITS * window;
    }
    return features;
}

/* [V] 2.2.1: a driver accepts no feature whose prerequisite it does not have, whatever the device offers. */
static uint64_t without_orphans(uint64_t features) {
    static const uint64_t need_control =
        REGMAP_BIT(VIRTIO_NET_F_MQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_NOTF_COAL_BIT) | REGMAP_BIT(VIRTIO_NET_F_VQ_NOTF_COAL_BIT) |
        REGMAP_BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_VLAN_BIT) |
        REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT) | REGMAP_BIT(VIRTIO_NET_F_RSS_BIT) |
        REGMAP_BIT(VIRTIO_NET_F_HASH_REPORT_BIT);
    static const uint64_t segmentation = REGMAP_BIT(VIRTIO_NET_F_HOST_TSO4_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_TSO6_BIT);
    if (!(features & REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT))) features &= ~need_control;
    if (!(features & REGMAP_BIT(VIRTIO_NET_F_CSUM_BIT))) features &= ~(segmentation | REGMAP_BIT(VIRTIO_NET_F_HOST_USO_BIT));
    if (!(features & segmentation)) features &= ~REGMAP_BIT(VIRTIO_NET_F_HOST_ECN_BIT);
    return features;
}

int virtio_pci_negotiate(struct virtio_pci *pci, uint64_t required, uint64_t wanted) {
    set_status(pci, VIRTIO_STATUS_ACKNOWLEDGE_BIT);
    set_status(pci, VIRTIO_STATUS_DRIVER_BIT);
    uint64_t offered = virtio_pci_offered(pci), accepted = without_orphans(offered & (required | wanted));
    if (required & ~offered) {
        snprintf(pci->error, sizeof(pci->error), "the device does not offer features 0x%llx that the driver needs",
                 (unsigned long long)(required & ~offered));
        virtio_pci_fail(pci);
        return -ENOTSUP;
    }
    for (uint32_t window = 0; window < 2; window++) {
        common_write(pci, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, window);
        common_write(pci, VIRTIO_COMMON_DRIVER_FEATURE, 4, (uint32_t)(accepted >> HALF_BITS * window));
    }
    set_status(pci, VIRTIO_STATUS_FEATURES_OK_BIT);
    /* [V] 3.1.1 step 6: the bit stays only if the device can work with this set. */
    if (!(virtio_pci_status(pci) >> VIRTIO_STATUS_FEATURES_OK_BIT & 1u)) {
        snprintf(pci->error, sizeof(pci->error), "the device refused the features 0x%llx", (unsigned long long)accepted);
        virtio_pci_fail(pci);
        return -ENOTSUP;
    }
    pci->features = accepted;
    return 0;
}

bool virtio_pci_has(const struct virtio_pci *pci, unsigned feature_bit) { return (pci->features & REGMAP_BIT(feature_bit)) != 0; }

/* [V] 4.1.5.1.2.2: a vector is mapped only if it reads back. */
static int map_vector(struct virtio_pci *pci, uint32_t offset, uint16_t vector) {
    common_write(pci, offset, 2, vector);
    if (common_read(pci, offset, 2) == vector) return 0;
    snprintf(pci->error, sizeof(pci->error), "the device could not map MSI-X vector %u", vector);
    return -EBUSY;
}

int virtio_pci_map_config_vector(struct virtio_pci *pci, uint16_t vector) {
    return map_vector(pci, VIRTIO_COMMON_CONFIG_MSIX_VECTOR, vector);
}

uint16_t virtio_pci_queue_size(struct virtio_pci *pci, uint16_t queue) {
    common_write(pci, VIRTIO_COMMON_QUEUE_SELECT, 2, queue);
    return (uint16_t)common_read(pci, VIRTIO_COMMON_QUEUE_SIZE, 2);
}

static int find_doorbell(struct virtio_pci *pci, uint16_t queue, uint32_t *doorbell) {
    uint64_t offset = (uint64_t)common_read(pci, VIRTIO_COMMON_QUEUE_NOTIFY_OFF, 2) * pci->notify_multiplier;
    uint32_t size = virtio_pci_has(pci, VIRTIO_F_NOTIFICATION_DATA_BIT) ? 4 : 2;
    if (offset + size > pci->notify.length || (pci->notify.offset + offset) % size) {
        snprintf(pci->error, sizeof(pci->error), "queue %u: its doorbell at 0x%llx is outside the notification structure", queue,
                 (unsigned long long)offset);
        return -EINVAL;
    }
    *doorbell = pci->notify.offset + (uint32_t)offset;
    return 0;
}

int virtio_pci_place_queue(struct virtio_pci *pci, uint16_t queue, const struct vq_addresses *addresses, uint16_t vector, uint32_t *doorbell) {
    uint16_t most = virtio_pci_queue_size(pci, queue);
    if (most == 0) {
        snprintf(pci->error, sizeof(pci->error), "the device has no queue %u", queue);
        return -ENODEV;
    }
    if (addresses->size > most) {
        snprintf(pci->error, sizeof(pci->error), "queue %u: %u slots asked, the device has %u", queue, addresses->size, most);
        return -EINVAL;
    }
    if (common_read(pci, VIRTIO_COMMON_QUEUE_ENABLE, 2)) {
        snprintf(pci->error, sizeof(pci->error), "queue %u is enabled before it was set up", queue);
        return -EBUSY;
    }
    common_write(pci, VIRTIO_COMMON_QUEUE_SIZE, 2, addresses->size);
    common_write64(pci, VIRTIO_COMMON_QUEUE_DESC, addresses->desc);
    common_write64(pci, VIRTIO_COMMON_QUEUE_DRIVER, addresses->driver);
    common_write64(pci, VIRTIO_COMMON_QUEUE_DEVICE, addresses->device);
    int status = map_vector(pci, VIRTIO_COMMON_QUEUE_MSIX_VECTOR, vector);
    return status ? status : find_doorbell(pci, queue, doorbell);
}

int virtio_pci_setup_queue(struct virtio_pci *pci, uint16_t queue, struct vq_packed *vq, uint16_t vector) {
    const struct vq_addresses addresses = vq_get_addresses(vq);
    uint32_t doorbell;
    int status = virtio_pci_place_queue(pci, queue, &addresses, vector, &doorbell);
    if (status == 0) vq_set_doorbell(vq, pci->notify.bar, doorbell);
    return status;
}

void virtio_pci_enable_queue(struct virtio_pci *pci, uint16_t queue) {
    common_write(pci, VIRTIO_COMMON_QUEUE_SELECT, 2, queue);
    common_write(pci, VIRTIO_COMMON_QUEUE_ENABLE, 2, 1);
}

int virtio_pci_begin_queue_reset(struct virtio_pci *pci, uint16_t queue) {
    if (!virtio_pci_has(pci, VIRTIO_F_RING_RESET_BIT)) {
        snprintf(pci->error, sizeof(pci->error), "queue %u: the device cannot reset a queue alone", queue);
        return -ENOTSUP;
    }
    common_write(pci, VIRTIO_COMMON_QUEUE_SELECT, 2, queue);
    common_write(pci, VIRTIO_COMMON_QUEUE_RESET, 2, 1);
    return 0;
}

int virtio_pci_queue_reset_done(struct virtio_pci *pci, uint16_t queue) {
    common_write(pci, VIRTIO_COMMON_QUEUE_SELECT, 2, queue);
    /* [V] 4.1.4.3.1: done is queue_reset 0, and then queue_enable 0. */
    const uint32_t resetting = common_read(pci, VIRTIO_COMMON_QUEUE_RESET, 2);
    if (resetting == UINT16_MAX) return gone(pci);
    return !resetting && !common_read(pci, VIRTIO_COMMON_QUEUE_ENABLE, 2);
}

int virtio_pci_reset_queue(struct virtio_pci *pci, uint16_t queue) {
    int status = virtio_pci_begin_queue_reset(pci, queue);
    for (unsigned i = 0; i < RESET_POLLS && status == 0; i++) {
        status = virtio_pci_queue_reset_done(pci, queue);
        if (status == 0) pci->platform->ops->sleep_ns(pci->platform->ctx, RESET_POLL_NS);
    }
    if (status) return status > 0 ? 0 : status;
    snprintf(pci->error, sizeof(pci->error), "queue %u: the device did not finish its reset", queue);
    return -ETIMEDOUT;
}

void virtio_pci_driver_ok(struct virtio_pci *pci) { set_status(pci, VIRTIO_STATUS_DRIVER_OK_BIT); }
void virtio_pci_fail(struct virtio_pci *pci) { set_status(pci, VIRTIO_STATUS_FAILED_BIT); }

int virtio_pci_read_config(struct virtio_pci *pci, uint32_t offset, void *to, uint32_t length) {
    const struct platform_ops *ops = pci->platform->ops;
    if (offset > pci->device.length || length > pci->device.length - offset) {
        snprintf(pci->error, sizeof(pci->error), "device configuration [%u, +%u) is outside the structure of %u bytes", offset, length,
                 pci->device.length);
        return -EINVAL;
    }
    uint32_t size = length == 2 && offset % 2 == 0 ? 2 : 1;
    uint8_t *bytes = to;
    for (unsigned i = 0; i < CONFIG_TRIES; i++) {
        uint32_t before = common_read(pci, VIRTIO_COMMON_CONFIG_GENERATION, 1);
        for (uint32_t at = 0; at < length; at += size) {
            uint32_t value = ops->mmio_read(pci->platform->ctx, pci->device.bar, pci->device.offset + offset + at, size);
            for (uint32_t byte = 0; byte < size; byte++) bytes[at + byte] = (uint8_t)(value >> 8 * byte);
        }
        if (common_read(pci, VIRTIO_COMMON_CONFIG_GENERATION, 1) == before) return 0;
    }
    snprintf(pci->error, sizeof(pci->error), "the device configuration changed under %d reads", CONFIG_TRIES);
    return -EAGAIN;
}
