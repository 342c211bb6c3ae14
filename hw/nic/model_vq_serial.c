/* SPDX-License-Identifier: Apache-2.0 */
/* vq_serial: a packed virtqueue that takes one chain at a time, reading one descriptor after the other: the control queue. */
#include "model_device.h"

static unsigned ctrl_queue(const struct model *model) { return model->queues - 1; }

void model_serial_clear(struct model *model) {
    struct model_serial *serial = &model->serial;
    model_task_cancel(&model->tasks, &serial->task);
    serial->state = MODEL_SERIAL_SLEEP;
    serial->kick = true; /* DRIVER_OK stands for a doorbell: the ring may have been filled before ([V] 3.1.1) */
    serial->in_chain = serial->in_table = serial->error = false;
    serial->pos = (struct model_pos){0, true};
}

void model_serial_init(struct model *model) { model_task_add(&model->tasks, &model->serial.task, model_serial_run, ctrl_queue(model)); }

static void ask(struct model *model, uint64_t cycle) {
    const unsigned part = model->serial.in_table ? MODEL_RD_OF_QUEUE_TABLE : MODEL_RD_OF_QUEUE_DESC;
    model->serial.state = MODEL_SERIAL_ASK;
    if (model_vq_open(model, ctrl_queue(model))) model_rd_ask(model, 3 * ctrl_queue(model) + part, cycle);
}

static void fail(struct model *model, uint64_t cycle) {
    model->serial.error = true;
    model->serial.state = MODEL_SERIAL_SLEEP;
    model_ring_error(model, ctrl_queue(model), cycle);
}

static void show(struct model *model, bool more, uint64_t cycle) {
    struct model_serial *serial = &model->serial;
    const uint16_t flags = model_le16(serial->desc + VIRTQ_DESC_FLAGS);
    serial->more = more;
    serial->shown.addr = model_le64(serial->desc + VIRTQ_DESC_ADDR);
    serial->shown.len = model_le32(serial->desc + VIRTQ_DESC_LEN);
    serial->shown.write = flags >> VIRTQ_DESC_F_WRITE_BIT & 1;
    serial->shown.next = more;
    serial->shown.indirect = serial->in_table;
    serial->shown.ready = cycle;
    if (model_goes_beyond(serial->shown.addr, serial->shown.len)) {
        fail(model, cycle);
        return;
    }
    serial->state = MODEL_SERIAL_SHOW;
    model_ctrl_wake(model, cycle);
}

/* [V] 2.8.7: a list is all direct or one indirect descriptor, whose length is that of whole descriptors; 2.8.5: no chain is longer than
 * the ring. Ours: none goes on at address 0. */
static bool is_bad(const struct model *model, uint16_t flags) {
    const uint64_t addr = model_le64(model->serial.desc + VIRTQ_DESC_ADDR);
    const uint32_t len = model_le32(model->serial.desc + VIRTQ_DESC_LEN);
    const struct model_serial *serial = &model->serial;
    const uint32_t size = model->queue[ctrl_queue(model)].size;
    const bool bad_table = !model_has(model, VIRTIO_F_INDIRECT_DESC_BIT) || serial->in_chain ||
                           (flags >> VIRTQ_DESC_F_NEXT_BIT & 1) || len == 0 || len % VIRTQ_DESC_SIZE ||
                           len > size * VIRTQ_DESC_SIZE;
    return ((flags >> VIRTQ_DESC_F_INDIRECT_BIT & 1) && bad_table) || (serial->in_chain && serial->count >= size) ||
           model_goes_beyond(addr, len);
}

static void judge(struct model *model, uint64_t cycle) {
    struct model_serial *serial = &model->serial;
    const uint16_t flags = model_le16(serial->desc + VIRTQ_DESC_FLAGS);
    const uint32_t len = model_le32(serial->desc + VIRTQ_DESC_LEN);
    const bool available =
        (flags >> VIRTQ_DESC_F_AVAIL_BIT & 1) == serial->pos.wrap && (flags >> VIRTQ_DESC_F_USED_BIT & 1) != serial->pos.wrap;
    if (available ? is_bad(model, flags) : serial->in_chain) {
        fail(model, cycle);
        return;
    }
    if (!available || !model_vq_open(model, ctrl_queue(model))) {
        serial->state = MODEL_SERIAL_SLEEP;
        serial->kick = serial->kick || available;
        if (serial->kick) model_at(model, &serial->task, cycle + 1);
        return;
    }
    serial->count = serial->in_chain ? serial->count + 1 : 1;
    serial->in_chain = true;
    serial->shown.id = model_le16(serial->desc + VIRTQ_DESC_ID);
    serial->shown.slot = serial->pos.slot;
    serial->shown.wrap = serial->pos.wrap;
    serial->pos = model_pos_after(serial->pos, 1, model->queue[ctrl_queue(model)].size);
    serial->in_table = flags >> VIRTQ_DESC_F_INDIRECT_BIT & 1;
    serial->table = model_le64(serial->desc + VIRTQ_DESC_ADDR);
    serial->left = len / VIRTQ_DESC_SIZE;
    if (serial->in_table)
        ask(model, cycle + 1);
    else
        show(model, flags >> VIRTQ_DESC_F_NEXT_BIT & 1, cycle + 1);
}

void model_serial_run(struct model *model, unsigned q, uint64_t cycle) {
    struct model_serial *serial = &model->serial;
    if (!model->queue[q].running) return;
    if (serial->state == MODEL_SERIAL_SLEEP && serial->kick && !serial->error)
        ask(model, cycle + 1);
    else if (serial->state == MODEL_SERIAL_JUDGE)
        judge(model, cycle);
}

bool model_serial_grant(struct model *model, unsigned part, struct model_read *read, uint64_t cycle) {
    struct model_serial *serial = &model->serial;
    const unsigned q = ctrl_queue(model);
    (void)cycle;
    if (serial->state != MODEL_SERIAL_ASK || !model_vq_open(model, q) || (part == MODEL_RD_OF_QUEUE_TABLE) != serial->in_table)
        return false;
    serial->state = MODEL_SERIAL_WAIT;
    if (!serial->in_chain) serial->kick = false; /* what a doorbell said until here, this read will see */
    if (!serial->in_table) model_trace(model, TRACE_DESC_READ, 1, serial->pos.slot, q, 0);
    *read = (struct model_read){
        .addr = serial->in_table ? serial->table : model->queue[q].desc + (uint64_t)serial->pos.slot * VIRTQ_DESC_SIZE,
        .len = VIRTQ_DESC_SIZE,
        .client = serial->in_table ? MODEL_RD_TABLE : MODEL_RD_DESC,
        .queue = q};
    return true;
}

void model_serial_done(struct model *model, bool error, uint64_t cycle) {
    struct model_serial *serial = &model->serial;
    if (error) {
        fail(model, cycle + 1);
        return;
    }
    if (serial->in_table) {
        show(model, serial->left != 1, cycle + 1);
        return;
    }
    serial->state = MODEL_SERIAL_JUDGE;
    model_at(model, &serial->task, cycle + 1);
}

void model_serial_take(struct model *model, uint64_t cycle) {
    struct model_serial *serial = &model->serial;
    serial->table += VIRTQ_DESC_SIZE;
    serial->left--;
    if (serial->more)
        ask(model, cycle + 1);
    else
        serial->state = MODEL_SERIAL_USE;
}

bool model_serial_use(struct model *model, const struct model_buffer *buffer, uint64_t cycle) {
    if (model->serial.state != MODEL_SERIAL_USE) return false;
    model->serial.buffer = *buffer;
    model_used_descriptor(model->serial.used, buffer);
    model->serial.state = MODEL_SERIAL_WRITE;
    model_wr_ask(model, ctrl_queue(model), cycle + 1);
    return true;
}

bool model_serial_wr_grant(struct model *model, struct model_write *write, uint64_t cycle) {
    struct model_serial *serial = &model->serial;
    const unsigned q = ctrl_queue(model);
    (void)cycle;
    if (serial->state != MODEL_SERIAL_WRITE) return false;
    serial->state = MODEL_SERIAL_HOME;
    model_trace(model, TRACE_RX_USED, 1, serial->buffer.slot, q, 0);
    *write = (struct model_write){.addr = model->queue[q].desc + (uint64_t)serial->buffer.slot * VIRTQ_DESC_SIZE + VIRTQ_DESC_LEN,
                                  .len = sizeof serial->used, .client = MODEL_WR_USED, .queue = q, .src = serial->used};
    return true;
}

void model_serial_wr_done(struct model *model, uint64_t cycle) {
    struct model_serial *serial = &model->serial;
    const struct model_moved moved = {serial->buffer.slots, 1, serial->pos};
    serial->in_chain = serial->in_table = false;
    ask(model, cycle + 1);
    model_event_used(model, ctrl_queue(model), &moved, cycle);
}

bool model_serial_drained(const struct model *model) {
    const struct model_serial *serial = &model->serial;
    return (serial->state == MODEL_SERIAL_SLEEP || serial->state == MODEL_SERIAL_ASK) && !serial->in_chain;
}
