/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_queue_regs: the common configuration registers of every virtqueue, from queue_size on. */
#include "model_device.h"

static void set_half(uint64_t *field, bool high, uint32_t mask, uint32_t value, uint32_t alignment) {
    const unsigned shift = high ? 32 : 0;
    const uint32_t old = (uint32_t)(*field >> shift);
    uint32_t now = (old & ~mask) | (value & mask);
    if (!high) now &= ~(alignment - 1); /* [V] 2.8: bits below the alignment do not exist */
    *field = (*field & ~(UINT64_C(0xFFFFFFFF) << shift)) | (uint64_t)now << shift;
}

uint32_t model_queue_regs_read(const struct model *model, uint32_t offset) {
    const uint32_t q = model_physical_queue(model, model->regs.queue_select);
    if (q >= model->queues) return offset == VIRTIO_COMMON_QUEUE_SIZE ? (uint32_t)VIRTIO_MSI_NO_VECTOR << 16 : 0;
    const struct model_queue *queue = &model->queue[q];
    switch (offset) {
    case VIRTIO_COMMON_QUEUE_SIZE: return (uint32_t)queue->vector << 16 | queue->size;
    case VIRTIO_COMMON_QUEUE_ENABLE: return q << 16 | (queue->enabled ? 1 : 0);
    case VIRTIO_COMMON_QUEUE_DESC: return (uint32_t)queue->desc;
    case VIRTIO_COMMON_QUEUE_DESC + 4: return (uint32_t)(queue->desc >> 32);
    case VIRTIO_COMMON_QUEUE_DRIVER: return (uint32_t)queue->driver;
    case VIRTIO_COMMON_QUEUE_DRIVER + 4: return (uint32_t)(queue->driver >> 32);
    case VIRTIO_COMMON_QUEUE_DEVICE: return (uint32_t)queue->device;
    case VIRTIO_COMMON_QUEUE_DEVICE + 4: return (uint32_t)(queue->device >> 32);
    case VIRTIO_COMMON_QUEUE_NOTIFY_DATA: return queue->resetting ? 1u << 16 : 0; /* queue_reset is the upper half */
    default: return 0;
    }
}

static void write_size(struct model *model, struct model_queue *queue, uint32_t mask, uint32_t value) {
    const uint32_t size = (queue->size & ~mask & 0xFFFF) | (value & mask & 0xFFFF);
    const uint32_t vector = ((uint32_t)queue->vector << 16 & ~mask) >> 16 | (value & mask) >> 16;
    if (!queue->enabled && size != 0 && size <= MODEL_MAX_QUEUE_SIZE) queue->size = (uint16_t)size;
    /* [V] 4.1.5.1.2: a vector that does not exist reads back as none. */
    if (mask >> 16) queue->vector = (uint16_t)(vector < model->vectors ? vector : (uint32_t)VIRTIO_MSI_NO_VECTOR);
}

static void write_address(struct model_queue *queue, uint32_t offset, uint32_t mask, uint32_t value) {
    if (queue->enabled) return;
    switch (offset) { /* [V] 4.1.3.1: the halves of an address are independent */
    case VIRTIO_COMMON_QUEUE_DESC: set_half(&queue->desc, false, mask, value, VIRTQ_DESC_SIZE); break;
    case VIRTIO_COMMON_QUEUE_DESC + 4: set_half(&queue->desc, true, mask, value, VIRTQ_DESC_SIZE); break;
    case VIRTIO_COMMON_QUEUE_DRIVER: set_half(&queue->driver, false, mask, value, 4); break;
    case VIRTIO_COMMON_QUEUE_DRIVER + 4: set_half(&queue->driver, true, mask, value, 4); break;
    case VIRTIO_COMMON_QUEUE_DEVICE: set_half(&queue->device, false, mask, value, 4); break;
    case VIRTIO_COMMON_QUEUE_DEVICE + 4: set_half(&queue->device, true, mask, value, 4); break;
    default: break;
    }
}

void model_queue_regs_write(struct model *model, uint32_t offset, unsigned enables, uint32_t value, uint64_t cycle) {
    const uint32_t mask = model_byte_mask(enables), q = model_physical_queue(model, model->regs.queue_select);
    if (q >= model->queues) return;
    struct model_queue *queue = &model->queue[q];
    switch (offset) {
    case VIRTIO_COMMON_QUEUE_SIZE: write_size(model, queue, mask, value); break;
    case VIRTIO_COMMON_QUEUE_ENABLE: /* writing 0 is not allowed to the driver, and ignored */
        if (!(mask & 1) || !(value & 1)) break;
        if (queue->desc != 0 && UINT64_C(16) * queue->size > 0 - queue->desc) break; /* it would go on at address 0 */
        queue->enabled = true;
        if (model_driver_ok(model) && !queue->running) model_vq_start(model, q, cycle + 1);
        model_net_rx_update(model, cycle + 1);
        break;
    case VIRTIO_COMMON_QUEUE_NOTIFY_DATA:
        if (!model_has(model, VIRTIO_F_RING_RESET_BIT) || !(model->regs.status >> VIRTIO_STATUS_FEATURES_OK_BIT & 1)) break;
        if (!(enables >> 2 & 1) || !(value >> 16 & 1) || queue->resetting) break;
        queue->resetting = true;
        model->queue_resets++;
        model_at(model, &model->wake_task, cycle + 1);
        break;
    default: write_address(queue, offset, mask, value);
    }
}
