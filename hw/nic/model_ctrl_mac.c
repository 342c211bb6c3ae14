/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctrl_mac: MAC TABLE_SET: two lists of addresses into one table ([V] 5.1.6.5.2).
 *
 * The lengths of both lists must fit the command, else nothing is changed. A list that does not fit the rest of the table, or lies behind
 * the bytes of a command that are kept, is replaced by "all of its kind".
 */
#include "model_device.h"

enum {
    COUNT = 4, ADDRESS = 6,
    JUDGE = 9,   /* cycles until both counts are known */
    PER_ADDRESS = 14, LISTS = 2
};

struct lists {
    uint64_t first_end;                     /* offset in the data behind the first list; 64 bits, for the counts are any */
    bool too_short, seen;                   /* seen: the second count is among the bytes that are kept */
    bool all_unicast, all_groups;
    uint32_t unicast, groups;               /* that go into the table */
};

static struct lists lists_of(const struct model *model) {
    const struct model_ctrl *ctrl = &model->ctrl;
    const uint8_t *data = model_ctrl_data(ctrl);
    const uint64_t bytes = model_ctrl_bytes(ctrl), kept = sizeof ctrl->command - VIRTIO_CTRL_HEADER_BYTES;
    const uint32_t unicast = model_le32(data);
    struct lists lists = {.first_end = COUNT + (uint64_t)ADDRESS * unicast, .all_unicast = true, .all_groups = true};
    lists.too_short = bytes < lists.first_end + COUNT;
    lists.seen = lists.first_end + COUNT <= kept;
    if (lists.too_short || !lists.seen) return lists;
    const uint32_t groups = model_le32(data + lists.first_end);
    const uint64_t second_end = lists.first_end + COUNT + (uint64_t)ADDRESS * groups;
    lists.too_short = bytes < second_end;
    lists.all_unicast = unicast > MODEL_ADDRESSES;
    lists.unicast = lists.all_unicast ? 0 : unicast;
    lists.all_groups = groups > MODEL_ADDRESSES - lists.unicast || second_end > kept;
    lists.groups = lists.all_groups ? 0 : groups;
    return lists;
}

static bool is_possible(const struct model *model) {
    return model_has(model, VIRTIO_NET_F_CTRL_RX_BIT) && model_ctrl_bytes(&model->ctrl) >= COUNT;
}

uint64_t model_ctrl_mac_cycles(const struct model *model) {
    if (!is_possible(model)) return 0;
    const struct lists lists = lists_of(model);
    if (!lists.seen || (lists.too_short && model_ctrl_bytes(&model->ctrl) < lists.first_end + COUNT)) return 0;
    return JUDGE + (lists.too_short ? 0 : LISTS + (uint64_t)PER_ADDRESS * (lists.unicast + lists.groups));
}

static void add(struct model_filter *filter, const uint8_t *data, uint32_t count) {
    for (; count; count--, data += ADDRESS) filter->addresses[filter->used++] = model_le32(data) | (uint64_t)model_le16(data + 4) << 32;
}

bool model_ctrl_mac(struct model *model) {
    struct model_filter *filter = &model->filter;
    const uint8_t *data = model_ctrl_data(&model->ctrl);
    if (!is_possible(model)) return false;
    const struct lists lists = lists_of(model);
    if (lists.too_short) return false;
    filter->used = 0;
    filter->too_many_unicast = lists.all_unicast;
    filter->too_many_groups = lists.all_groups;
    add(filter, data + COUNT, lists.unicast);
    if (lists.seen) add(filter, data + lists.first_end + COUNT, lists.groups);
    return true;
}
