/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vq_event: decides, after used descriptors were written, whether and when the driver wants an interrupt ([V] 2.8.10), with moderation
 * ([V] 1.3, 5.1.6.5.11) in front.
 */
#include "model_device.h"

enum { ENOUGH = 0x8000 /* counts stop far above any ring */ };

void model_event_clear(struct model *model, unsigned q) {
    struct model_event *event = &model->queue[q].event;
    model_task_cancel(&model->tasks, &event->task);
    event->state = MODEL_EVENT_IDLE;
    event->pending = event->error = false;
    event->packets = event->slots = 0;
}

/* The cycle from which what was used may be told. */
static uint64_t due(const struct model *model, unsigned q, uint64_t cycle) {
    const struct model_event *event = &model->queue[q].event;
    const uint32_t packets = model_ctrl_packets(model, q);
    const uint64_t cycles = model_ctrl_cycles(model, q);
    if (packets == 0 || cycles == 0 || event->packets >= packets || cycle >= event->first + cycles) return cycle;
    return event->first + cycles;
}

/* What was used asks for an evaluation. */
void model_event_run(struct model *model, unsigned q, uint64_t cycle) {
    const struct model_queue *queue = &model->queue[q];
    struct model_event *event = &model->queue[q].event;
    if (!queue->running) return;
    if (event->state != MODEL_EVENT_IDLE || !event->pending || model_stopped(model) || queue->resetting) return;
    const uint64_t when = due(model, q, cycle);
    if (when > cycle) {
        model_at(model, &event->task, when);
        return;
    }
    event->state = MODEL_EVENT_ASK;
    model_rd_ask(model, 3 * q + MODEL_RD_OF_QUEUE_EVENT, cycle + 1);
}

static uint32_t add(uint32_t count, uint32_t more) { return count >= ENOUGH ? count : count + more; }

void model_event_used(struct model *model, unsigned q, const struct model_moved *moved, uint64_t cycle) {
    struct model_event *event = &model->queue[q].event;
    if (!event->pending) event->first = cycle;
    event->pending = true;
    event->next = moved->next;
    event->packets = add(event->packets, moved->packets);
    event->slots = add(event->slots, moved->slots);
    if (event->state == MODEL_EVENT_IDLE) model_at(model, &event->task, cycle + 1);
}

void model_event_moderation_changed(struct model *model, unsigned q, uint64_t cycle) {
    if (model->queue[q].event.pending) model_at(model, &model->queue[q].event.task, cycle + 1);
}

bool model_event_grant(struct model *model, unsigned q, struct model_read *read, uint64_t cycle) {
    struct model_event *event = &model->queue[q].event;
    if (event->state != MODEL_EVENT_ASK) return false;
    if (model->queue[q].resetting) {
        event->state = MODEL_EVENT_IDLE;
        return false;
    }
    /* What was used until here is in front of the read: this evaluation covers it. */
    event->state = MODEL_EVENT_WAIT;
    event->pending = false;
    event->first = cycle;
    event->eval_slots = event->slots;
    event->eval_next = event->next;
    event->packets = event->slots = 0;
    *read = (struct model_read){.addr = model->queue[q].driver, .len = 4, .client = MODEL_RD_EVENT, .queue = q};
    return true;
}

/* [V] 2.8.10; 16-bit arithmetic as in the standard's vring_need_event. Anything but DISABLE and a slot that was not passed is ENABLE. */
static bool fires(const struct model *model, unsigned q) {
    const struct model_event *event = &model->queue[q].event;
    const uint16_t size = model->queue[q].size, offset = model_le16(event->word) & 0x7FFF;
    const bool wrap = model_le16(event->word) >> 15;
    const uint32_t flags = model_le16(event->word + VIRTQ_EVENT_FLAGS) & 3u;
    if (flags == VIRTQ_EVENT_FLAGS_DISABLE) return false;
    if (!model_has(model, VIRTIO_F_EVENT_IDX_BIT) || flags != VIRTQ_EVENT_FLAGS_DESC || offset >= size) return true;
    const uint16_t wanted = (uint16_t)(wrap == event->eval_next.wrap ? offset : offset - size);
    const uint16_t behind = (uint16_t)(event->eval_next.slot - wanted - 1);
    return behind < event->eval_slots || event->eval_slots > size;
}

void model_event_done(struct model *model, unsigned q, bool error, uint64_t cycle) {
    struct model_event *event = &model->queue[q].event;
    if (event->state != MODEL_EVENT_WAIT) return;
    if (error) {
        event->error = true;
        model_ring_error(model, q, cycle + 1);
    }
    event->state = !error && fires(model, q) ? MODEL_EVENT_NOTIFY : MODEL_EVENT_IDLE;
    if (event->state == MODEL_EVENT_NOTIFY)
        model_irq_ask(model, q, cycle + 1);
    else if (event->pending)
        model_at(model, &event->task, cycle + 1);
}

bool model_event_irq(struct model *model, unsigned q, uint64_t cycle) {
    struct model_event *event = &model->queue[q].event;
    if (event->state != MODEL_EVENT_NOTIFY) return false;
    event->state = MODEL_EVENT_IDLE;
    model_interrupt(model, model->queue[q].vector, (uint16_t)q, cycle);
    if (event->pending) model_at(model, &event->task, cycle + 1);
    return true;
}
