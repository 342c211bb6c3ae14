/* SPDX-License-Identifier: Apache-2.0 */
/* mac_tx: frames leave at the pins, in order, as the wire lets them. */
#include "model_device.h"

enum { HEAD = 64, SHORTEST = ETH_MIN_FRAME - ETH_FCS };

static struct model_tx_frame *oldest(struct model *model) { return &model->tx.frames[model->tx.send % MODEL_TX_PLANNED]; }

uint64_t model_mac_tx_leaves(struct model *model, uint64_t beat) {
    const struct model_net_tx *tx = &model->tx;
    const struct model_tx_frame *frame = oldest(model);
    const uint64_t begin = tx->send != tx->planned ? frame->begin : tx->beats; /* of the frame that is, or will be, at the pins */
    if (beat < begin) return beat + 1 == begin && !tx->sending ? tx->mac_free - 1 : 0;
    if (!tx->sending || beat >= begin + frame->beats) return MODEL_NEVER;
    const uint32_t number = (uint32_t)(beat - begin);
    if (number == 0) return tx->started;
    const uint64_t paced = model->host.frame_continue(model->host.ctx, number * model->config.beat_bytes), soonest = tx->started + number;
    return paced > soonest ? paced : soonest;
}

/* Before its checksum is completed, as rx_steer sees it. */
static void learn(struct model *model, const struct model_tx_frame *frame) {
    uint8_t head[HEAD] = {0};
    for (uint32_t i = 0; i < HEAD && i < frame->length; i++) head[i] = *model_tx_byte(model, frame, i);
    model_steer_learn(model, head, frame->pair);
}

static void start(struct model *model, const struct model_tx_frame *frame, uint64_t cycle) {
    const struct model_host *host = &model->host;
    if (frame->first) model_trace(model, TRACE_TX_FIRST, frame->length, frame->slot, frame->pair, frame->pid);
    if (model->pairs > 1) learn(model, frame);
    host->frame_begin(host->ctx);
    uint64_t last = cycle + frame->beats - 1;
    if (frame->beats > 1) {
        const uint64_t paced = host->frame_continue(host->ctx, (frame->beats - 1) * model->config.beat_bytes);
        if (paced > last) last = paced;
    }
    model->tx.sending = true;
    model->tx.started = cycle;
    model->tx.mac_free = last;
    model_at(model, &model->tx.read, cycle);
    model_at(model, &model->tx.mac, last);
}

static void hand_over(struct model *model, const struct model_tx_frame *frame) {
    const struct model_host *host = &model->host;
    const struct model_net_tx *tx = &model->tx;
    if (frame->csum) model_tx_csum_complete(model, frame);
    if (frame->own) {
        host->frame_send(host->ctx, frame->own, frame->length, tx->ram, 0);
        return;
    }
    const uint32_t at = frame->base % sizeof tx->ram, left = sizeof tx->ram - at, first = frame->length < left ? frame->length : left;
    host->frame_send(host->ctx, tx->ram + at, first, tx->ram, frame->length - first);
}

static void finish(struct model *model, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    const struct model_tx_frame *frame = oldest(model);
    tx->sending = false;
    tx->mac_free = cycle + 1;
    hand_over(model, frame);
    model_count(model, STATS_TX_FRAMES, 1);
    model_count(model, STATS_TX_BYTES, frame->length > SHORTEST ? frame->length : SHORTEST);
    if (frame->last) model_trace(model, TRACE_TX_LAST, 0, 0, frame->pair, frame->pid);
    tx->send++;
    if (tx->reading && tx->send == tx->planned) model_net_tx_free(model, cycle);
    if (tx->send != tx->planned) model_at(model, &tx->mac, cycle + 1);
    model_at(model, &tx->read, cycle);
}

void model_mac_tx_run(struct model *model, unsigned argument, uint64_t cycle) {
    struct model_net_tx *tx = &model->tx;
    (void)argument;
    if (tx->sending) {
        if (cycle < tx->mac_free) {
            model_at(model, &tx->mac, tx->mac_free);
            return;
        }
        finish(model, cycle);
        return;
    }
    if (tx->send == tx->planned || model_stopped(model)) return;
    const struct model_tx_frame *frame = oldest(model);
    uint64_t when = model->host.frame_start(model->host.ctx);
    if (when < frame->ready) when = frame->ready;
    if (when < tx->mac_free) when = tx->mac_free;
    if (when > cycle) {
        model_at(model, &tx->mac, when);
        return;
    }
    start(model, frame, cycle);
}
