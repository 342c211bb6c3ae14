/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vq_used: writes the used descriptors of one packed virtqueue, many in one TLP.
 *
 * In a batch (transmit with IN_ORDER, [V] 2.8.8) one descriptor with the id of the last buffer, at the slot of the first, stands for all.
 * Otherwise each buffer has its own, and those of neighbouring slots of one 256-byte line share a write. A group goes out when it is
 * full, when no other buffer is about to follow, when one comes that does not join it, or when it is old.
 */
#include <string.h>

#include "model_device.h"

enum {
    TX_AGE = 240,
    RX_AGE = 96 /* cycles that a used descriptor may wait for others */,
    LINE = MODEL_GROUP_BYTES / VIRTQ_DESC_SIZE,
    PAYLOAD = 8
};

void model_used_clear(struct model *model, unsigned q) {
    struct model_used *used = &model->queue[q].used;
    model_task_cancel(&model->tasks, &used->task);
    used->open = used->flush = used->refused = false;
    used->group = used->oldest = used->flight = 0;
}

static bool batches(const struct model *model, unsigned q) { return model_is_tx(model, q) && model_has(model, VIRTIO_F_IN_ORDER_BIT); }

void model_used_descriptor(uint8_t *to, const struct model_buffer *buffer) {
    const uint16_t flags = (uint16_t)((buffer->wrap ? 1u << VIRTQ_DESC_F_AVAIL_BIT | 1u << VIRTQ_DESC_F_USED_BIT : 0) |
                                      (buffer->write ? 1u << VIRTQ_DESC_F_WRITE_BIT : 0));
    model_put_le(to + VIRTQ_DESC_LEN - PAYLOAD, buffer->len, 4);
    model_put_le(to + VIRTQ_DESC_ID - PAYLOAD, buffer->id, 2);
    model_put_le(to + VIRTQ_DESC_FLAGS - PAYLOAD, flags, 2);
}

static bool joins(const struct model *model, unsigned q, const struct model_buffer *buffer) {
    const struct model_used *used = &model->queue[q].used;
    if (buffer->wrap != used->first.wrap) return false;
    return batches(model, q) || (buffer->slot == used->first.slot + used->count && buffer->slot % LINE != 0);
}

static bool is_full(const struct model *model, unsigned q) {
    const struct model_used *used = &model->queue[q].used;
    return !batches(model, q) && ((used->first.slot + used->count) % LINE == 0 || used->last.slots > 1);
}

/* The cycle from which the group may go; later when that is not known yet. */
static uint64_t due(struct model *model, unsigned q, uint64_t cycle) {
    const struct model_used *used = &model->queue[q].used;
    const uint64_t old = used->opened + 1 + (model_is_tx(model, q) ? TX_AGE : RX_AGE);
    if (used->refused || is_full(model, q) || cycle >= old) return cycle;
    const uint64_t quiet =
        model_is_tx(model, q) ? (model_net_tx_quiet(model, cycle) ? cycle : MODEL_NEVER) : model_net_rx_quiet_from(model, cycle);
    return quiet < old ? quiet : old;
}

void model_used_run(struct model *model, unsigned q, uint64_t cycle) {
    struct model_used *used = &model->queue[q].used;
    if (!used->open || used->flush) return;
    const uint64_t when = used->taken == cycle ? cycle + 1 : due(model, q, cycle);
    if (when > cycle) {
        model_at(model, &used->task, when);
        return;
    }
    used->flush = true;
    model_wr_ask(model, q, cycle + (batches(model, q) ? 2 : 1)); /* a batch's descriptor is made up now */
}

static void put(struct model *model, unsigned q, const struct model_buffer *buffer) {
    struct model_used *used = &model->queue[q].used;
    model_used_descriptor(used->ram[used->group] + buffer->slot % LINE * VIRTQ_DESC_SIZE + PAYLOAD, buffer);
}

bool model_used_take(struct model *model, unsigned q, const struct model_buffer *buffer, uint64_t cycle) {
    struct model_used *used = &model->queue[q].used;
    if (used->flush || (!used->open && used->flight == MODEL_GROUPS)) {
        used->refused = true;
        return false;
    }
    if (used->open && !joins(model, q, buffer)) {
        used->refused = true;
        model_at(model, &used->task, cycle);
        return false;
    }
    if (!used->open) {
        used->open = true;
        used->first = *buffer;
        used->count = 1;
        used->packets = used->slots = 0;
        used->opened = cycle;
        used->flight++;
        memset(used->ram[used->group], 0, sizeof used->ram[used->group]);
    } else if (!batches(model, q)) {
        used->count++;
    }
    used->last = *buffer;
    used->taken = cycle;
    used->packets += buffer->slots != 0;
    used->slots += buffer->slots;
    if (buffer->slots) /* else the first buffer of its packet, which comes behind it, counts for all */
        used->next = model_pos_after((struct model_pos){buffer->slot, buffer->wrap}, buffer->slots, model->queue[q].size);
    if (!batches(model, q)) put(model, q, buffer);
    model_at(model, &used->task, cycle + 1);
    return true;
}

bool model_used_grant(struct model *model, unsigned q, struct model_write *write, uint64_t cycle) {
    struct model_used *used = &model->queue[q].used;
    if (!used->flush) return false;
    if (batches(model, q)) {
        struct model_buffer all = used->last;
        all.slot = used->first.slot;
        put(model, q, &all);
    }
    *write = (struct model_write){.addr = model->queue[q].desc + (uint64_t)used->first.slot * VIRTQ_DESC_SIZE + PAYLOAD,
                                  .len = used->count * VIRTQ_DESC_SIZE - PAYLOAD, .client = MODEL_WR_USED, .queue = q,
                                  .src = used->ram[used->group] + used->first.slot % LINE * VIRTQ_DESC_SIZE + PAYLOAD};
    used->moved[used->group] = (struct model_moved){used->slots, used->packets, used->next};
    used->group = (used->group + 1) % MODEL_GROUPS;
    used->open = used->flush = false;
    model_trace(model, model_is_tx(model, q) ? TRACE_TX_USED : TRACE_RX_USED, used->packets, used->first.slot, q, used->last.pid);
    if (used->refused) model_vq_wake_consumer(model, q, cycle + 1);
    used->refused = false;
    return true;
}

void model_used_done(struct model *model, unsigned q, uint64_t cycle) {
    struct model_used *used = &model->queue[q].used;
    const unsigned group = used->oldest;
    used->oldest = (used->oldest + 1) % MODEL_GROUPS;
    used->flight--;
    if (used->refused) model_vq_wake_consumer(model, q, cycle + 1);
    model_event_used(model, q, &used->moved[group], cycle);
}

bool model_used_idle(const struct model *model, unsigned q) {
    return !model->queue[q].used.open && model->queue[q].used.flight == 0;
}
