/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctrl_net: the commands of the control queue that say which frames are received, and how ([V] 5.1.6.5.1 to 3, 5.1.6.5.6).
 *
 * Those of scaling and of the address table are long, and have files of their own: model_ctrl_rss.c, model_ctrl_mac.c. A command that is
 * wrong in any byte changes nothing.
 */
#include "model_device.h"

enum { MODE_BYTES = 1, ADDRESS_BYTES = 6, VID_BYTES = 2, OFFLOADS_BYTES = 8, MOST_VID = 0xFFF, GROUP_BIT = 1, STEP = 2 };

static unsigned class_of(const struct model *model) { return model->ctrl.command[VIRTIO_CTRL_CLASS]; }
static unsigned number_of(const struct model *model) { return model->ctrl.command[VIRTIO_CTRL_COMMAND]; }

static bool is_rss(const struct model *model) {
    return class_of(model) == VIRTIO_CTRL_CLASS_MQ &&
           (number_of(model) == VIRTIO_CTRL_MQ_RSS_CONFIG || number_of(model) == VIRTIO_CTRL_MQ_HASH_CONFIG);
}

static bool is_table(const struct model *model) {
    return class_of(model) == VIRTIO_CTRL_CLASS_MAC && number_of(model) == VIRTIO_CTRL_MAC_TABLE_SET;
}

bool model_ctrl_net_is_mine(const struct model *model) {
    switch (class_of(model)) {
    case VIRTIO_CTRL_CLASS_RX:
    case VIRTIO_CTRL_CLASS_MAC:
    case VIRTIO_CTRL_CLASS_VLAN:
    case VIRTIO_CTRL_CLASS_GUEST_OFFLOADS: return true;
    default: return is_rss(model);
    }
}

uint64_t model_ctrl_net_cycles(struct model *model, uint64_t cycle) {
    if (is_rss(model)) return model_ctrl_rss_cycles(model);
    if (!is_table(model)) return 0;
    const uint64_t cycles = model_ctrl_mac_cycles(model);
    /* A table that is being written is not asked: rather a frame too many than one too few. */
    if (cycles) {
        model->filter.open_from = cycle + STEP;
        model->filter.open_to = cycle + cycles + 1;
    }
    return cycles;
}

static bool set_mode(struct model *model) {
    struct model_filter *filter = &model->filter;
    const unsigned number = number_of(model);
    const unsigned needed = number <= VIRTIO_CTRL_RX_ALLMULTI ? VIRTIO_NET_F_CTRL_RX_BIT : VIRTIO_NET_F_CTRL_RX_EXTRA_BIT;
    const bool on = *model_ctrl_data(&model->ctrl) != 0;
    if (model_ctrl_bytes(&model->ctrl) < MODE_BYTES || !model_has(model, needed)) return false;
    switch (number) {
    case VIRTIO_CTRL_RX_PROMISC: filter->promisc = on; return true;
    case VIRTIO_CTRL_RX_ALLMULTI: filter->allmulti = on; return true;
    case VIRTIO_CTRL_RX_ALLUNI: filter->alluni = on; return true;
    case VIRTIO_CTRL_RX_NOMULTI: filter->nomulti = on; return true;
    case VIRTIO_CTRL_RX_NOUNI: filter->nouni = on; return true;
    case VIRTIO_CTRL_RX_NOBCAST: filter->nobcast = on; return true;
    default: return false;
    }
}

/* 1.2 asks for CTRL_RX too; its drivers do not. A group is no one's address. */
static bool set_address(struct model *model) {
    const uint8_t *data = model_ctrl_data(&model->ctrl);
    if (number_of(model) != VIRTIO_CTRL_MAC_ADDR_SET || model_ctrl_bytes(&model->ctrl) < ADDRESS_BYTES ||
        !model_has(model, VIRTIO_NET_F_CTRL_MAC_ADDR_BIT) || (data[0] & GROUP_BIT))
        return false;
    model_regs_mac_set(model, model_le64(data) & 0xFFFFFFFFFFFF);
    return true;
}

static bool set_vlan(struct model *model) {
    const unsigned vid = model_le16(model_ctrl_data(&model->ctrl)), number = number_of(model);
    if ((number != VIRTIO_CTRL_VLAN_ADD && number != VIRTIO_CTRL_VLAN_DEL) || model_ctrl_bytes(&model->ctrl) < VID_BYTES ||
        !model_has(model, VIRTIO_NET_F_CTRL_VLAN_BIT) || vid > MOST_VID || model->cycle < model->filter.ready_from)
        return false;
    model->filter.vlans[vid] = number == VIRTIO_CTRL_VLAN_ADD;
    return true;
}

static bool set_offloads(struct model *model) {
    const uint64_t wanted = model_le64(model_ctrl_data(&model->ctrl));
    const uint64_t allowed = model->regs.features & REGMAP_BIT(VIRTIO_NET_F_GUEST_CSUM_BIT);
    if (number_of(model) != VIRTIO_CTRL_GUEST_OFFLOADS_SET || model_ctrl_bytes(&model->ctrl) < OFFLOADS_BYTES ||
        !model_has(model, VIRTIO_NET_F_CTRL_GUEST_OFFLOADS_BIT) || (wanted & ~allowed))
        return false;
    model->ctrl.guest_csum = wanted & REGMAP_BIT(VIRTIO_NET_F_GUEST_CSUM_BIT);
    return true;
}

bool model_ctrl_net(struct model *model) {
    if (is_rss(model)) return model_ctrl_rss(model);
    if (is_table(model)) return model_ctrl_mac(model);
    switch (class_of(model)) {
    case VIRTIO_CTRL_CLASS_RX: return set_mode(model);
    case VIRTIO_CTRL_CLASS_MAC: return set_address(model);
    case VIRTIO_CTRL_CLASS_VLAN: return set_vlan(model);
    default: return set_offloads(model);
    }
}
