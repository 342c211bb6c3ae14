/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctrl: the control queue's commands ([V] 5.1.6.5): reads one, carries it out, acknowledges it. What a class of commands does is in a
 * file of its own: model_ctrl_coal.c, model_ctrl_net.c.
 */
#include <string.h>

#include "model_device.h"

enum { REPLY_PIECE = 4, WORD = 8 };

static unsigned ctrl_queue(const struct model *model) { return model->queues - 1; }

static void begin(struct model_ctrl *ctrl) {
    ctrl->state = MODEL_CTRL_GATHER;
    memset(ctrl->command, 0, sizeof ctrl->command);
    ctrl->length = 0;
    ctrl->asked = ctrl->arrived = ctrl->replied = 0;
    ctrl->failed = ctrl->acknowledged = ctrl->has_room = false;
}

void model_ctrl_restart(struct model *model) {
    begin(&model->ctrl);
    model->ctrl.in_chain = model->ctrl.error = false;
    model->ctrl.piece = 0;
}

void model_ctrl_reset(struct model *model) {
    model_ctrl_restart(model);
    model->ctrl.pairs = 1;
    model->ctrl.guest_csum = true;
    memset(model->ctrl.limits, 0, sizeof model->ctrl.limits);
    memset(model->ctrl.all, 0, sizeof model->ctrl.all);
}

void model_ctrl_wake(struct model *model, uint64_t cycle) { model_at(model, &model->ctrl.task, cycle); }

/* --- commands --- */

static bool set_pairs(struct model *model) {
    const uint32_t pairs = model_le16(model_ctrl_data(&model->ctrl) + VIRTIO_CTRL_MQ_PAIRS);
    if (model_ctrl_bytes(&model->ctrl) < VIRTIO_CTRL_MQ_BYTES || !model_has(model, VIRTIO_NET_F_MQ_BIT) || pairs == 0 ||
        pairs > model->pairs)
        return false;
    model->ctrl.pairs = pairs;
    model->rss.steer = false; /* [V] 5.1.6.5.5: back to automatic steering */
    return true;
}

static bool carry_out(struct model *model, uint64_t cycle) {
    const struct model_ctrl *ctrl = &model->ctrl;
    if (ctrl->command[VIRTIO_CTRL_CLASS] == VIRTIO_CTRL_CLASS_NOTF_COAL) return model_ctrl_coal(model, cycle);
    return ctrl->command[VIRTIO_CTRL_CLASS] == VIRTIO_CTRL_CLASS_MQ && ctrl->command[VIRTIO_CTRL_COMMAND] == VIRTIO_CTRL_MQ_VQ_PAIRS_SET &&
           set_pairs(model);
}

static void answer(struct model_ctrl *ctrl, bool ok) {
    ctrl->reply[ctrl->reply_len++] = ok ? VIRTIO_CTRL_ACK_OK : VIRTIO_CTRL_ACK_ERR;
    ctrl->acknowledged = ok;
    ctrl->state = MODEL_CTRL_REPLY;
}

/* A chain with less than class and command is not answered. */
static void execute(struct model *model, uint64_t cycle) {
    struct model_ctrl *ctrl = &model->ctrl;
    ctrl->reply_len = 0;
    if (ctrl->length < VIRTIO_CTRL_HEADER_BYTES) {
        ctrl->state = MODEL_CTRL_REPLY;
    } else if (ctrl->failed) {
        answer(ctrl, false);
    } else if (model_ctrl_net_is_mine(model)) {
        ctrl->state = MODEL_CTRL_CARRY;
        ctrl->carried = cycle + model_ctrl_net_cycles(model, cycle);
    } else {
        answer(ctrl, carry_out(model, cycle));
    }
}

/* --- elements --- */

static void take(struct model *model, const struct model_element *element, uint64_t cycle) {
    struct model_ctrl *ctrl = &model->ctrl;
    struct model_buffer *buffer = &ctrl->buffer;
    buffer->slots = (uint16_t)(ctrl->in_chain && !element->indirect ? buffer->slots + 1 : 1);
    if (!ctrl->in_chain) {
        buffer->slot = element->slot;
        buffer->wrap = element->wrap;
    }
    buffer->id = element->id;
    ctrl->in_chain = element->next;
    ctrl->piece = 0;
    if (!element->next) ctrl->state = MODEL_CTRL_DONE;
    model_vq_take(model, ctrl_queue(model), cycle);
    model_ctrl_wake(model, cycle + 1);
}

/* Bytes of a readable element that the next read asks for: some of one word, of those that are kept. */
static uint32_t wanted(const struct model_ctrl *ctrl, const struct model_element *element) {
    const uint32_t word_left = WORD - ctrl->asked % WORD, left = element->len - ctrl->piece;
    if (ctrl->asked == sizeof ctrl->command) return 0;
    return left < word_left ? left : word_left;
}

/* [V] 2.8.5: a readable element behind a writable one, however short that was. */
static void fail(struct model *model, uint64_t cycle) {
    model->ctrl.error = true;
    model_ring_error(model, ctrl_queue(model), cycle + 1);
}

static void gather(struct model *model, const struct model_element *element, uint64_t cycle) {
    struct model_ctrl *ctrl = &model->ctrl;
    if (!element->write && ctrl->has_room) {
        fail(model, cycle);
        return;
    }
    if (!element->write) {
        if (wanted(ctrl, element)) {
            model_rd_ask(model, model_rd_source_ctrl(model), cycle);
            return;
        }
        ctrl->length += element->len;
        take(model, element, cycle);
        return;
    }
    if (element->len == 0) { /* room for the acknowledgement is looked for before a command is carried out */
        ctrl->has_room = true;
        take(model, element, cycle);
        return;
    }
    ctrl->state = MODEL_CTRL_ARRIVE;
    model_ctrl_wake(model, cycle + 1);
}

bool model_ctrl_rd_grant(struct model *model, struct model_read *read, uint64_t cycle) {
    struct model_ctrl *ctrl = &model->ctrl;
    const struct model_element *element = model_vq_head(model, ctrl_queue(model), cycle);
    if (ctrl->state != MODEL_CTRL_GATHER || !element || element->write || ctrl->has_room) return false;
    *read = (struct model_read){
        .addr = element->addr + ctrl->piece, .len = wanted(ctrl, element), .client = MODEL_RD_CTRL, .dst = ctrl->asked};
    if (read->len == 0) return false;
    ctrl->asked += read->len;
    ctrl->piece += read->len;
    if (ctrl->piece == element->len) {
        ctrl->length += element->len;
        take(model, element, cycle);
    } else {
        model_ctrl_wake(model, cycle + 1);
    }
    return true;
}

void model_ctrl_rd_done(struct model *model, uint32_t bytes, bool error, uint64_t cycle) {
    model->ctrl.arrived += bytes;
    model->ctrl.failed = model->ctrl.failed || error;
    model_ctrl_wake(model, cycle + 1);
}

/* Bytes of the reply that the next write takes: few enough for the narrowest beat. */
static uint32_t next_piece(const struct model_ctrl *ctrl, const struct model_element *element) {
    uint32_t piece = ctrl->reply_len - ctrl->replied;
    if (piece > REPLY_PIECE) piece = REPLY_PIECE;
    return element->len - ctrl->piece < piece ? element->len - ctrl->piece : piece;
}

static void reply(struct model *model, const struct model_element *element, uint64_t cycle) {
    struct model_ctrl *ctrl = &model->ctrl;
    if (!element->write) {
        fail(model, cycle);
        return;
    }
    if (next_piece(ctrl, element) == 0) {
        take(model, element, cycle);
        return;
    }
    model_wr_ask(model, model_wr_source_ctrl(model), cycle);
}

bool model_ctrl_wr_grant(struct model *model, struct model_write *write, uint64_t cycle) {
    struct model_ctrl *ctrl = &model->ctrl;
    const struct model_element *element = model_vq_head(model, ctrl_queue(model), cycle);
    if (ctrl->state != MODEL_CTRL_REPLY || !element || !element->write) return false;
    const uint32_t bytes = next_piece(ctrl, element);
    if (bytes == 0) return false;
    *write = (struct model_write){.addr = element->addr + ctrl->piece, .len = bytes, .client = MODEL_WR_IMM};
    for (uint32_t i = 0; i < bytes; i++) write->imm |= (uint32_t)ctrl->reply[ctrl->replied + i] << 8 * i;
    ctrl->replied += bytes;
    ctrl->piece += bytes;
    model_ctrl_wake(model, cycle + 1);
    return true;
}

static void run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_ctrl *ctrl = &model->ctrl;
    const unsigned q = ctrl_queue(model);
    (void)argument;
    if (ctrl->state == MODEL_CTRL_ARRIVE && ctrl->arrived == ctrl->asked) {
        ctrl->state = MODEL_CTRL_EXECUTE;
        model_ctrl_wake(model, cycle + 1);
        return;
    }
    if (ctrl->state == MODEL_CTRL_EXECUTE || ctrl->state == MODEL_CTRL_CARRY) {
        if (ctrl->state == MODEL_CTRL_EXECUTE) execute(model, cycle);
        if (ctrl->state == MODEL_CTRL_CARRY && cycle >= ctrl->carried) answer(ctrl, model_ctrl_net(model));
        model_ctrl_wake(model, ctrl->state == MODEL_CTRL_CARRY ? ctrl->carried : cycle + 1);
        return;
    }
    if (ctrl->state == MODEL_CTRL_DONE && ctrl->arrived == ctrl->asked) {
        ctrl->buffer.len = ctrl->replied;
        ctrl->buffer.write = ctrl->replied != 0;
        if (!model_vq_use(model, q, &ctrl->buffer, cycle)) return;
        if (!ctrl->acknowledged) model_count(model, STATS_CTRL_ERRORS, 1);
        begin(ctrl);
        return;
    }
    const struct model_element *element = model_vq_head(model, q, cycle);
    if (!element || model_stopped(model) || ctrl->error) return;
    if (element->ready > cycle) {
        model_ctrl_wake(model, element->ready);
        return;
    }
    if (ctrl->state == MODEL_CTRL_GATHER)
        gather(model, element, cycle);
    else if (ctrl->state == MODEL_CTRL_REPLY)
        reply(model, element, cycle);
}

void model_ctrl_init(struct model *model) { model_task_add(&model->tasks, &model->ctrl.task, run, 0); }
