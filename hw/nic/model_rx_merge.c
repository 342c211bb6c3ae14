/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rx_merge: gives back the receive buffers of a packet that took several of them ([V] 5.1.6.4, MRG_RXBUF).
 *
 * How many they are is known when the packet ends. Then num_buffers is written over, and they are used, the first one last, so that a
 * driver that sees it sees them all; it moves the used pointer, and counts the slots of all.
 */
#include "model_device.h"

enum { LOW_AT = VIRTIO_NET_HDR_NUM_BUFFERS, HIGH_AT = LOW_AT + 1 };

void model_merge_note(struct model_merge *merge, uint32_t pos, uint32_t bytes, uint64_t addr) {
    if (pos <= LOW_AT && LOW_AT - pos < bytes) merge->low_addr = addr + (LOW_AT - pos);
    if (pos <= HIGH_AT && HIGH_AT - pos < bytes) merge->high_addr = addr + (HIGH_AT - pos);
}

void model_merge_fill(struct model_merge *merge, const struct model_buffer *buffer, bool last) {
    merge->buffers[merge->count++] = *buffer;
    if (!last) return;
    for (unsigned i = 1; i < merge->count; i++) {
        merge->buffers[0].slots = (uint16_t)(merge->buffers[0].slots + merge->buffers[i].slots);
        merge->buffers[i].slots = 0;
    }
    merge->state = MODEL_MERGE_LOW;
    merge->index = 1;
}

static void publish(struct model *model, uint64_t cycle) {
    struct model_merge *merge = &model->rx.merge;
    const unsigned q = 2 * model->rx.frames[model->rx.head].pair;
    if (!model_vq_use(model, q, &merge->buffers[merge->index], cycle)) return; /* woken when it may be */
    model->rx.free = cycle + 1;
    if (merge->index == 0) {
        *merge = (struct model_merge){.state = MODEL_MERGE_COLLECT};
        model_net_rx_delivered(model, cycle);
        return;
    }
    merge->index = merge->index + 1 == merge->count ? 0 : merge->index + 1;
    model_net_rx_wake(model, cycle + 1);
}

void model_merge_run(struct model *model, uint64_t cycle) {
    if (model->rx.merge.state == MODEL_MERGE_PUBLISH)
        publish(model, cycle);
    else
        model_wr_ask(model, model_wr_source_rx(model), cycle);
}

bool model_merge_grant(struct model *model, struct model_write *write, uint64_t cycle) {
    struct model_merge *merge = &model->rx.merge;
    const bool adjacent = merge->high_addr == merge->low_addr + 1, low = merge->state == MODEL_MERGE_LOW;
    if (merge->state == MODEL_MERGE_PUBLISH) return false;
    *write = (struct model_write){.addr = low ? merge->low_addr : merge->high_addr, .len = low && adjacent ? 2 : 1,
                                  .client = MODEL_WR_IMM, .imm = low ? merge->count : 0}; /* fewer than 256: the second byte is 0 */
    merge->state = low && !adjacent ? MODEL_MERGE_HIGH : MODEL_MERGE_PUBLISH;
    model->rx.free = cycle + 1;
    model_net_rx_wake(model, cycle + 1);
    return true;
}
