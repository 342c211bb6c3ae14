/* SPDX-License-Identifier: Apache-2.0 */
/* vq: one packed virtqueue from its parts, and its reset alone ([V] 2.6.1). */
#include <string.h>

#include "model_device.h"

bool model_is_ctrl(const struct model *model, unsigned q) { return q + 1 == model->queues; }
bool model_is_tx(const struct model *model, unsigned q) { return q % 2 == 1 && !model_is_ctrl(model, q); }

struct model_pos model_pos_after(struct model_pos pos, uint32_t slots, uint32_t size) {
    const uint32_t slot = pos.slot + slots;
    if (slot < size) return (struct model_pos){(uint16_t)slot, pos.wrap};
    return (struct model_pos){(uint16_t)(slot - size), !pos.wrap};
}

/* What was handed out must be followed to its end, also when the queue is being reset. */
bool model_vq_open(const struct model *model, unsigned q) {
    const struct model_queue *queue = &model->queue[q];
    const bool in_chain = model_is_ctrl(model, q) ? model->serial.in_chain : queue->in_chain;
    return queue->running && (!queue->resetting || in_chain);
}

bool model_goes_beyond(uint64_t addr, uint32_t bytes) { return addr != 0 && bytes > 0 - addr; }

/* Tables are asked for, and found to be wrong, before their turn, also when the consumer looks at nothing. */
static bool has_table(const struct model *model, unsigned q) {
    const struct model_element *head = model_avail_head(model, q);
    return head && head->indirect;
}

/* An element that would go on at address 0 is a ring error: it stays where it is, and the queue with it. */
static bool is_beyond(const struct model *model, unsigned q, struct model_element *head) {
    return model_indirect_peek(model, q, head) && model_goes_beyond(head->addr, head->len);
}

static void judge_head(struct model *model, unsigned q, uint64_t cycle) {
    struct model_element head;
    if (!is_beyond(model, q, &head)) return;
    if (head.ready > cycle)
        model_at(model, &model->queue[q].avail.task, head.ready);
    else
        model_ring_error(model, q, cycle + 1);
}

void model_vq_wake_consumer(struct model *model, unsigned q, uint64_t cycle) {
    struct model_element head;
    if (is_beyond(model, q, &head)) model_at(model, &model->queue[q].avail.task, head.ready > cycle ? head.ready : cycle);
    if (has_table(model, q)) model_at(model, &model->queue[q].avail.task, cycle);
    if (model_is_ctrl(model, q))
        model_ctrl_wake(model, cycle);
    else if (model_is_tx(model, q))
        model_net_tx_wake(model, cycle);
    else
        model_net_rx_wake(model, cycle);
}

static void avail_run(struct model *model, unsigned q, uint64_t cycle) {
    model_avail_run(model, q, cycle);
    if (model_vq_open(model, q) && has_table(model, q)) model_indirect_head(model, q, cycle);
    judge_head(model, q, cycle);
}

void model_vq_init(struct model *model, unsigned q) {
    struct model_queue *queue = &model->queue[q];
    model_task_add(&model->tasks, &queue->avail.task, avail_run, q);
    model_task_add(&model->tasks, &queue->event.task, model_event_run, q);
}

void model_vq_clear(struct model *model, unsigned q) {
    struct model_queue *queue = &model->queue[q];
    queue->running = queue->in_chain = false;
    queue->begun = 0;
    queue->reset_state = MODEL_RESET_RUN;
    model_avail_clear(model, q);
    model_indirect_clear(model, q);
    model_used_clear(model, q);
    model_event_clear(model, q);
    if (model_is_ctrl(model, q)) model_serial_clear(model);
    if (model_is_ctrl(model, q)) model_ctrl_restart(model);
}

void model_vq_start(struct model *model, unsigned q, uint64_t cycle) {
    model->queue[q].running = true;
    model_at(model, model_is_ctrl(model, q) ? &model->serial.task : &model->queue[q].avail.task, cycle + 1);
}

void model_vq_doorbell(struct model *model, unsigned q, bool has_data, uint32_t data, uint64_t cycle) {
    if (model_is_ctrl(model, q)) {
        model->serial.kick = true;
        model_at(model, &model->serial.task, cycle + 1);
    } else {
        model_avail_doorbell(model, q, has_data, data, cycle);
    }
}

/* --- chains, to their consumer and back --- */

const struct model_element *model_vq_head(struct model *model, unsigned q, uint64_t cycle) {
    if (!model_vq_open(model, q)) return NULL;
    if (model_is_ctrl(model, q)) return model->serial.state == MODEL_SERIAL_SHOW ? &model->serial.shown : NULL;
    const struct model_element *head = model_indirect_head(model, q, cycle);
    return head && !model_goes_beyond(head->addr, head->len) ? head : NULL;
}

void model_vq_take(struct model *model, unsigned q, uint64_t cycle) {
    if (model_is_ctrl(model, q)) {
        model_serial_take(model, cycle);
        return;
    }
    struct model_queue *queue = &model->queue[q];
    const struct model_element *head = model_indirect_head(model, q, cycle);
    queue->in_chain = head->next;
    if (!head->next) queue->begun++;
    model_indirect_take(model, q, cycle);
    judge_head(model, q, cycle);
}

void model_vq_rewind(struct model *model, unsigned q, struct model_pos pos, uint32_t chains, uint64_t cycle) {
    if (!model->queue[q].running) return; /* cleared meanwhile */
    model->queue[q].in_chain = false;
    model->queue[q].begun -= chains;
    model_indirect_flush(model, q);
    model_avail_rewind(model, q, pos, cycle);
}

bool model_vq_starved(struct model *model, unsigned q) {
    if (!model_vq_open(model, q)) return true;
    return model->queue[q].indirect.count == 0 && model_avail_starved(model, q);
}

bool model_vq_use(struct model *model, unsigned q, const struct model_buffer *buffer, uint64_t cycle) {
    if (model_is_ctrl(model, q)) return model_serial_use(model, buffer, cycle);
    if (!model->queue[q].running) return true; /* disabled meanwhile: nobody is to be told */
    if (!model_used_take(model, q, buffer, cycle)) return false;
    model->queue[q].begun--;
    return true;
}

/* --- the DMA engines --- */

bool model_vq_rd_grant(struct model *model, unsigned q, unsigned part, struct model_read *read, uint64_t cycle) {
    if (!model->queue[q].running) return false;
    if (part == MODEL_RD_OF_QUEUE_EVENT) return model_event_grant(model, q, read, cycle);
    if (model_is_ctrl(model, q)) return model_serial_grant(model, part, read, cycle);
    return part == MODEL_RD_OF_QUEUE_DESC ? model_avail_grant(model, q, read, cycle) : model_indirect_grant(model, q, read, cycle);
}

void model_vq_rd_done(struct model *model, const struct model_read *read, uint32_t bytes, bool error, uint64_t cycle) {
    if (!model->queue[read->queue].running) return;
    if (read->client == MODEL_RD_EVENT) {
        model_event_done(model, read->queue, error, cycle);
        return;
    }
    if (model_is_ctrl(model, read->queue)) {
        model_serial_done(model, error, cycle);
        return;
    }
    if (read->client == MODEL_RD_DESC) {
        model_avail_done(model, read, error, cycle);
        return;
    }
    model_indirect_done(model, read, bytes, error, cycle);
}

bool model_vq_wr_grant(struct model *model, unsigned q, struct model_write *write, uint64_t cycle) {
    struct model_queue *queue = &model->queue[q];
    if (!queue->running) return false;
    if (model_is_ctrl(model, q)) return model_serial_wr_grant(model, write, cycle);
    if (queue->reset_state != MODEL_RESET_MARK) return model_used_grant(model, q, write, cycle);
    queue->reset_state = MODEL_RESET_HOME;
    *write = (struct model_write){.client = MODEL_WR_MARK, .queue = q};
    return true;
}

void model_vq_wr_done(struct model *model, const struct model_write *write, uint64_t cycle) {
    struct model_queue *queue = &model->queue[write->queue];
    if (!queue->running) return;
    if (write->client == MODEL_WR_MARK)
        queue->reset_state = MODEL_RESET_OVER;
    else if (model_is_ctrl(model, write->queue))
        model_serial_wr_done(model, cycle);
    else
        model_used_done(model, write->queue, cycle);
}

/* --- reset of one queue: it hands out no new chain, follows those that it has handed out until they are used, lets its reads come home
 * and its messages leave, and sends a command without data behind them. When that has passed, nothing of it is on its way. --- */

static void disable(struct model *model, unsigned q, uint64_t cycle) {
    struct model_queue *queue = &model->queue[q];
    model_vq_clear(model, q);
    queue->enabled = queue->resetting = false;
    queue->size = MODEL_MAX_QUEUE_SIZE;
    queue->vector = VIRTIO_MSI_NO_VECTOR;
    queue->desc = queue->driver = queue->device = 0;
    model->queue_resets--;
    if (!model_is_ctrl(model, q)) model_ctrl_queue_reset(model, q);
    model_net_rx_update(model, cycle);
    model_vq_wake_consumer(model, q, cycle + 1);
}

void model_vq_progress_reset(struct model *model, unsigned q, uint64_t cycle) {
    struct model_queue *queue = &model->queue[q];
    const bool event_quiet = queue->event.state == MODEL_EVENT_IDLE && !model_msix_unsent(model, queue->vector);
    if (!queue->running || queue->reset_state == MODEL_RESET_OVER) {
        disable(model, q, cycle);
        return;
    }
    if (model_is_ctrl(model, q)) {
        if (event_quiet && model_serial_drained(model)) disable(model, q, cycle);
        return;
    }
    if (queue->reset_state != MODEL_RESET_RUN || model_vq_open(model, q) || queue->begun || model_stopped(model)) return;
    if (!model_used_idle(model, q) || !model_avail_idle(model, q) || !model_indirect_idle(model, q) || !event_quiet) return;
    queue->reset_state = MODEL_RESET_MARK;
    model_wr_ask(model, q, cycle + 1);
}
