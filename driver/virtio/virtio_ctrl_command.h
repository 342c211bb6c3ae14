/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_ctrl_command.h: one command of the control queue, for the files that make them. Private to this folder. */
#ifndef RINGSIDE_VIRTIO_CTRL_COMMAND_H
#define RINGSIDE_VIRTIO_CTRL_COMMAND_H

#include "regmap.h"
#include "virtio_ctrl.h"

/* Longest data of a command: the largest indirection table and key that a driver gives, or the largest address table. */
enum { VIRTIO_CTRL_DATA_MOST = VIRTIO_RSS_TABLE + 2 * VIRTIO_CTRL_RSS_ENTRIES + 3 + VIRTIO_CTRL_RSS_KEY };

struct virtio_ctrl_command {
    uint8_t class, number;
    unsigned feature;      /* that it needs */
    const uint8_t *data;   /* copied */
    uint32_t data_bytes, reply_bytes;
    const char *name;
};

static inline void virtio_ctrl_put16(uint8_t *to, uint16_t value) {
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static inline void virtio_ctrl_put32(uint8_t *to, uint32_t value) {
    virtio_ctrl_put16(to, (uint16_t)value);
    virtio_ctrl_put16(to + 2, (uint16_t)(value >> 16));
}

/* Post it, wait, and judge the answer. The reply, if wanted, goes to reply[reply_bytes]. Returns as the functions of virtio_ctrl.h. */
int virtio_ctrl_execute(struct virtio_ctrl *ctrl, const struct virtio_ctrl_command *command, uint8_t *reply);

#endif
