/* SPDX-License-Identifier: Apache-2.0 */
/* ctrl, class NOTF_COAL: limits of interrupt moderation, of one queue or of all of a direction ([V] 1.3 5.1.6.5.11). */
#include "model_device.h"

enum { MOST_PACKETS = 0x7FFF /* limits beyond what the counters hold are as good as never */ };

/* [V] 1.3 5.1.6.5.11.3: a queue that was reset has the limits of its direction. */
void model_ctrl_queue_reset(struct model *model, unsigned q) { model->ctrl.limits[q] = model->ctrl.all[q % 2]; }

uint32_t model_ctrl_packets(const struct model *model, unsigned q) {
    if (model_is_ctrl(model, q)) return 0;
    const uint32_t packets = model->ctrl.limits[q].packets;
    return packets > MOST_PACKETS ? MOST_PACKETS : packets;
}

uint64_t model_ctrl_cycles(const struct model *model, unsigned q) {
    if (model_is_ctrl(model, q)) return 0;
    const uint64_t cycles = (uint64_t)model->ctrl.limits[q].usecs * model->config.cycles_per_us;
    return cycles > UINT32_MAX ? UINT32_MAX : cycles;
}

static void set_limits(struct model *model, unsigned q, struct model_limits limits, uint64_t cycle) {
    model->ctrl.limits[q] = limits;
    model_event_moderation_changed(model, q, cycle);
}

static struct model_limits limits_at(const uint8_t *data) {
    return (struct model_limits){model_le32(data + VIRTIO_CTRL_COAL_MAX_PACKETS), model_le32(data + VIRTIO_CTRL_COAL_MAX_USECS)};
}

static bool set_direction(struct model *model, bool tx, uint64_t cycle) {
    struct model_ctrl *ctrl = &model->ctrl;
    if (model_ctrl_bytes(ctrl) < VIRTIO_CTRL_COAL_BYTES || !model_has(model, VIRTIO_NET_F_NOTF_COAL_BIT)) return false;
    ctrl->all[tx] = limits_at(model_ctrl_data(ctrl));
    for (unsigned q = tx; q < 2 * model->pairs; q += 2) set_limits(model, q, ctrl->all[tx], cycle);
    return true;
}

static bool one_queue(struct model *model, bool set, uint64_t cycle) {
    struct model_ctrl *ctrl = &model->ctrl;
    const uint8_t *data = model_ctrl_data(ctrl);
    const uint32_t q = model_le16(data + VIRTIO_CTRL_COAL_VQ_QUEUE), needed = set ? VIRTIO_CTRL_COAL_VQ_BYTES : VIRTIO_CTRL_COAL_VQ_GET_BYTES;
    if (model_ctrl_bytes(ctrl) < needed || !model_has(model, VIRTIO_NET_F_VQ_NOTF_COAL_BIT) || q >= 2 * model->pairs) return false;
    if (set) {
        set_limits(model, q, limits_at(data + VIRTIO_CTRL_COAL_VQ_LIMITS), cycle);
    } else {
        model_put_le(ctrl->reply + VIRTIO_CTRL_COAL_MAX_PACKETS, ctrl->limits[q].packets, 4);
        model_put_le(ctrl->reply + VIRTIO_CTRL_COAL_MAX_USECS, ctrl->limits[q].usecs, 4);
        ctrl->reply_len = VIRTIO_CTRL_COAL_BYTES;
    }
    return true;
}

bool model_ctrl_coal(struct model *model, uint64_t cycle) {
    switch (model->ctrl.command[VIRTIO_CTRL_COMMAND]) {
    case VIRTIO_CTRL_NOTF_COAL_TX_SET: return set_direction(model, true, cycle);
    case VIRTIO_CTRL_NOTF_COAL_RX_SET: return set_direction(model, false, cycle);
    case VIRTIO_CTRL_NOTF_COAL_VQ_SET: return one_queue(model, true, cycle);
    case VIRTIO_CTRL_NOTF_COAL_VQ_GET: return one_queue(model, false, cycle);
    default: return false;
    }
}
