/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_regs: discovery, negotiation, reset, doorbells, ISR byte and network configuration. */
#include "model_device.h"

static uint64_t needs_control(const struct model *model) {
    return REGMAP_BIT(VIRTIO_NET_F_NOTF_COAL_BIT) | REGMAP_BIT(VIRTIO_NET_F_VQ_NOTF_COAL_BIT) |
           REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) |
           REGMAP_BIT(VIRTIO_NET_F_CTRL_VLAN_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT) |
           REGMAP_BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT) | REGMAP_BIT(VIRTIO_NET_F_HASH_REPORT_BIT) |
           (model->pairs > 1 ? REGMAP_BIT(VIRTIO_NET_F_MQ_BIT) | REGMAP_BIT(VIRTIO_NET_F_RSS_BIT) : 0);
}

/* Segments need checksums. */
static uint64_t needs_csum(void) {
    return REGMAP_BIT(VIRTIO_NET_F_HOST_TSO4_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_TSO6_BIT) | REGMAP_BIT(VIRTIO_NET_F_HOST_USO_BIT);
}

/* What a plain device does not have, nor offer: nic_top's Offloads. */
static uint64_t offloads(void) {
    return needs_csum() | REGMAP_BIT(VIRTIO_NET_F_HOST_ECN_BIT) | REGMAP_BIT(VIRTIO_NET_F_CSUM_BIT) |
           REGMAP_BIT(VIRTIO_NET_F_GUEST_CSUM_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT) |
           REGMAP_BIT(VIRTIO_NET_F_MTU_BIT) | REGMAP_BIT(VIRTIO_NET_F_MRG_RXBUF_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_BIT) |
           REGMAP_BIT(VIRTIO_NET_F_CTRL_RX_EXTRA_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_VLAN_BIT) |
           REGMAP_BIT(VIRTIO_NET_F_CTRL_MAC_ADDR_BIT) | REGMAP_BIT(VIRTIO_NET_F_HASH_REPORT_BIT) | REGMAP_BIT(VIRTIO_NET_F_RSS_BIT);
}

static uint64_t offered(const struct model *model) {
    const uint64_t all =
        REGMAP_BIT(VIRTIO_NET_F_MAC_BIT) | REGMAP_BIT(VIRTIO_NET_F_STATUS_BIT) | REGMAP_BIT(VIRTIO_F_VERSION_1_BIT) |
        REGMAP_BIT(VIRTIO_F_ACCESS_PLATFORM_BIT) | REGMAP_BIT(VIRTIO_F_RING_PACKED_BIT) | REGMAP_BIT(VIRTIO_F_IN_ORDER_BIT) |
        REGMAP_BIT(VIRTIO_F_ORDER_PLATFORM_BIT) | REGMAP_BIT(VIRTIO_F_NOTIFICATION_DATA_BIT) | REGMAP_BIT(VIRTIO_F_RING_RESET_BIT) |
        REGMAP_BIT(VIRTIO_F_EVENT_IDX_BIT) | REGMAP_BIT(VIRTIO_F_INDIRECT_DESC_BIT) | REGMAP_BIT(VIRTIO_NET_F_CTRL_VQ_BIT) |
        needs_control(model) | (model->pairs > 1 ? offloads() : offloads() & ~REGMAP_BIT(VIRTIO_NET_F_RSS_BIT));
    return model->config.no_offloads ? all & ~offloads() : all;
}

bool model_has(const struct model *model, unsigned bit) { return model->regs.features >> bit & 1; }

static bool acceptable(const struct model *model) {
    const uint64_t features = model->regs.features, required = REGMAP_BIT(VIRTIO_F_VERSION_1_BIT) | REGMAP_BIT(VIRTIO_F_RING_PACKED_BIT);
    return (features & ~offered(model)) == 0 && (features & required) == required &&
           (model_has(model, VIRTIO_NET_F_CTRL_VQ_BIT) || (features & needs_control(model)) == 0) &&
           (model_has(model, VIRTIO_NET_F_CSUM_BIT) || (features & needs_csum()) == 0) &&
           (model_has(model, VIRTIO_NET_F_HOST_TSO4_BIT) || model_has(model, VIRTIO_NET_F_HOST_TSO6_BIT) ||
            !model_has(model, VIRTIO_NET_F_HOST_ECN_BIT));
}

static bool features_ok(const struct model *model) { return model->regs.status >> VIRTIO_STATUS_FEATURES_OK_BIT & 1; }

bool model_driver_ok(const struct model *model) {
    return model->regs.live && !model->regs.reset_requested;
}

/* [V] 5.1.2: without MQ and RSS the control queue is queue 2, whatever the device has; with one of them, it is the last one. */
static bool is_single_pair(const struct model *model) {
    return model->pairs > 1 && features_ok(model) && !model_has(model, VIRTIO_NET_F_MQ_BIT) && !model_has(model, VIRTIO_NET_F_RSS_BIT);
}

uint32_t model_physical_queue(const struct model *model, uint32_t number) {
    if (!is_single_pair(model)) return number;
    return number == 2 ? model->queues - 1 : number > 2 ? model->queues : number;
}

/* --- reset, [V] 2.4: only asked for here; it ends when nothing is in flight (model_device.c) --- */

void model_regs_request_reset(struct model *model, uint64_t cycle) {
    model->regs.reset_requested = true;
    for (unsigned q = 0; q < model->queues; q++) model_vq_clear(model, q); /* what comes home for them is forgotten */
    model_net_rx_update(model, cycle);
    model_at(model, &model->reset_task, cycle + 1);
}

void model_regs_clear(struct model *model) {
    struct model_regs *regs = &model->regs;
    const bool link = regs->link, changed = regs->changed;
    const uint8_t generation = regs->generation;
    *regs = (struct model_regs){.config_vector = VIRTIO_MSI_NO_VECTOR, .link = link, .changed = changed, .generation = generation};
    for (unsigned q = 0; q < model->queues; q++) {
        model_vq_clear(model, q);
        struct model_queue *queue = &model->queue[q];
        queue->size = MODEL_MAX_QUEUE_SIZE;
        queue->vector = VIRTIO_MSI_NO_VECTOR;
        queue->desc = queue->driver = queue->device = 0;
        queue->enabled = queue->resetting = false;
    }
    model->queue_resets = 0;
}

void model_regs_init(struct model *model) {
    model->regs.link = false; /* the first look at the carrier is a change */
    model_regs_clear(model);
}

static void update_running(struct model *model, uint64_t cycle) {
    for (unsigned q = 0; q < model->queues; q++) {
        const bool wanted = model->queue[q].enabled && model_driver_ok(model);
        if (wanted && !model->queue[q].running) model_vq_start(model, q, cycle);
        if (!wanted && model->queue[q].running) model_vq_clear(model, q);
    }
    model_net_rx_update(model, cycle);
}

/* --- changes of the configuration --- */

static void notify_config(struct model *model, uint64_t cycle) {
    if (!model_driver_ok(model)) return;
    model->regs.isr_config = true; /* [V] 4.1.4.5: before the interrupt is asked for */
    if (model->regs.config_vector != VIRTIO_MSI_NO_VECTOR)
        model_irq_ask(model, model->queues, cycle + 1);
}

void model_regs_needs_reset(struct model *model, uint64_t cycle) {
    notify_config(model, cycle);
    model->regs.status |= 1u << VIRTIO_STATUS_NEEDS_RESET_BIT;
}

/* [V] 5.1.6.5.2: the driver did it, so that it needs no interrupt. */
void model_regs_mac_set(struct model *model, uint64_t mac) {
    model->filter.mac = mac;
    model->regs.changed = true;
}

void model_regs_link(struct model *model, bool up, uint64_t cycle) {
    if (model->regs.link == up) return;
    model->regs.link = up;
    model->regs.changed = true;
    notify_config(model, cycle);
    model_net_rx_update(model, cycle + 1);
}

/* --- reads --- */

static uint32_t half(uint64_t value, uint32_t select) { return select == 0 ? (uint32_t)value : select == 1 ? (uint32_t)(value >> 32) : 0; }

static uint32_t read_common(const struct model *model, uint32_t offset) {
    const struct model_regs *regs = &model->regs;
    switch (offset) {
    case VIRTIO_COMMON_DEVICE_FEATURE_SELECT: return regs->device_select;
    case VIRTIO_COMMON_DEVICE_FEATURE: return half(offered(model), regs->device_select);
    case VIRTIO_COMMON_DRIVER_FEATURE_SELECT: return regs->driver_select;
    case VIRTIO_COMMON_DRIVER_FEATURE: return half(regs->features, regs->driver_select);
    case VIRTIO_COMMON_CONFIG_MSIX_VECTOR: return model->queues << 16 | regs->config_vector;
    case VIRTIO_COMMON_DEVICE_STATUS: return (uint32_t)regs->queue_select << 16 | (uint32_t)regs->generation << 8 | regs->status;
    default: return model_queue_regs_read(model, offset);
    }
}

/* [V] 2.5.2: a change is counted when the changed fields are read, so that no number of changes brings the generation back. */
static uint32_t read_device(struct model *model, uint32_t offset) {
    if (model->regs.changed) model->regs.generation++;
    model->regs.changed = false;
    switch (offset) {
    case VIRTIO_NET_CONFIG_MAC: return (uint32_t)model->filter.mac;
    case VIRTIO_NET_CONFIG_MAC + 4: return (uint32_t)(model->filter.mac >> 32 & 0xFFFF) | (uint32_t)model->regs.link << 16;
    case VIRTIO_NET_CONFIG_MAX_VIRTQUEUE_PAIRS: return (uint32_t)VIRTIO_NET_CONFIG_MTU_OFFERED << 16 | model->pairs;
    case VIRTIO_NET_CONFIG_RSS_MAX_KEY_SIZE - 1: return (uint32_t)VIRTIO_HASH_TABLE_ENTRIES << 16 | VIRTIO_HASH_KEY_BYTES << 8;
    case VIRTIO_NET_CONFIG_HASH_TYPES: return VIRTIO_HASH_SUPPORTED;
    default: return 0;
    }
}

static uint32_t read_isr(struct model *model, unsigned enables) {
    const uint32_t value = (uint32_t)model->regs.isr_queue << VIRTIO_ISR_QUEUE_BIT | (uint32_t)model->regs.isr_config
                                                                                         << VIRTIO_ISR_CONFIG_BIT;
    if (enables & 1) model->regs.isr_queue = model->regs.isr_config = false;
    return value;
}

uint32_t model_regs_read(struct model *model, uint32_t offset, unsigned enables, uint64_t cycle) {
    const uint32_t in_block = offset & 0xFFC;
    (void)cycle;
    switch (offset >> 12) {
    case BAR0_COMMON >> 12: return read_common(model, in_block);
    case BAR0_ISR >> 12: return in_block == 0 ? read_isr(model, enables) : 0;
    default: return read_device(model, in_block);
    }
}

/* --- writes --- */

static void write_status(struct model *model, uint8_t value, uint64_t cycle) {
    struct model_regs *regs = &model->regs;
    /* Not NEEDS_RESET, which is an echo, nor bits without a meaning. */
    const uint8_t writable = 1u << VIRTIO_STATUS_ACKNOWLEDGE_BIT | 1u << VIRTIO_STATUS_DRIVER_BIT | 1u << VIRTIO_STATUS_DRIVER_OK_BIT |
                             1u << VIRTIO_STATUS_FEATURES_OK_BIT | 1u << VIRTIO_STATUS_FAILED_BIT;
    if (value == 0) {
        model_regs_request_reset(model, cycle + 1);
        return;
    }
    if (regs->reset_requested) return;
    uint8_t status = (uint8_t)((value & writable) | (regs->status & 1u << VIRTIO_STATUS_NEEDS_RESET_BIT));
    /* [V] 2.2.2, 3.1.1: judged once, when the driver sets it. */
    if (!features_ok(model) && !acceptable(model)) status = (uint8_t)(status & ~(1u << VIRTIO_STATUS_FEATURES_OK_BIT));
    regs->status = status;
    if ((status >> VIRTIO_STATUS_DRIVER_OK_BIT & 1) && features_ok(model)) regs->live = true;
    update_running(model, cycle + 1);
}

static void write_features(struct model *model, uint32_t mask, uint32_t value) {
    struct model_regs *regs = &model->regs;
    if (features_ok(model) || regs->live || regs->driver_select > 1) return;
    const unsigned shift = 32 * regs->driver_select;
    regs->features = (regs->features & ~((uint64_t)mask << shift)) | (uint64_t)(value & mask) << shift;
}

static void write_common(struct model *model, uint32_t offset, unsigned enables, uint32_t value, uint64_t cycle) {
    struct model_regs *regs = &model->regs;
    const uint32_t mask = model_byte_mask(enables);
    switch (offset) {
    case VIRTIO_COMMON_DEVICE_FEATURE_SELECT: regs->device_select = (regs->device_select & ~mask) | (value & mask); break;
    case VIRTIO_COMMON_DRIVER_FEATURE_SELECT: regs->driver_select = (regs->driver_select & ~mask) | (value & mask); break;
    case VIRTIO_COMMON_DRIVER_FEATURE: write_features(model, mask, value); break;
    case VIRTIO_COMMON_CONFIG_MSIX_VECTOR: {
        const uint16_t vector = (uint16_t)((regs->config_vector & ~mask) | (value & mask));
        if (enables & 3) regs->config_vector = vector < model->vectors ? vector : VIRTIO_MSI_NO_VECTOR;
        break;
    }
    case VIRTIO_COMMON_DEVICE_STATUS:
        if (enables & 1) write_status(model, (uint8_t)value, cycle);
        regs->queue_select = (uint16_t)((regs->queue_select & ~(mask >> 16)) | (value & mask) >> 16);
        break;
    default: model_queue_regs_write(model, offset, enables, value, cycle);
    }
}

/* [V] 4.1.5.2: 32 bits with NOTIFICATION_DATA, else 16; another width, or a queue that does not run, is ignored. */
static void write_doorbell(struct model *model, uint32_t offset, unsigned enables, uint32_t value, uint64_t cycle) {
    const bool has_data = model_has(model, VIRTIO_F_NOTIFICATION_DATA_BIT);
    const uint32_t named = value & 0xFFFF;
    const uint32_t q = is_single_pair(model) && named == 2 ? model->queues - 1 : named;
    if (enables != (has_data ? 0xFu : 0x3u) || !model_driver_ok(model) || q != offset / BAR0_NOTIFY_MULTIPLIER || q >= model->queues ||
        !model->queue[q].enabled)
        return;
    model_count(model, STATS_DOORBELLS, 1);
    model_trace(model, TRACE_DOORBELL, value >> 31, value >> 16 & 0x7FFF, q, 0);
    model_vq_doorbell(model, q, has_data, value >> 16, cycle + 1);
}

void model_regs_write(struct model *model, uint32_t offset, unsigned enables, uint32_t value, uint64_t cycle) {
    if (offset >> 12 == BAR0_NOTIFY >> 12)
        write_doorbell(model, offset & 0xFFC, enables, value, cycle);
    else
        write_common(model, offset & 0xFFC, enables, value, cycle);
}
