/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_ctrl.c: the control queue, [V] 5.1.6.5. */
#include "virtio_ctrl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "virtio_ctrl_command.h"

enum {
    SLOTS = 16,             /* one command takes two */
    SHORT_BYTES = 64,       /* room for header and data of commands that have no table */
    LONG_BYTES = 512,       /* and of all others */
    REPLY_BYTES = 64,
    POLL_NS = 1000,
    POLLS = 100 * 1000,     /* times POLL_NS: 100 ms */
    POLLS_A_READ = 100,
    ACK_UNWRITTEN = 0xFF    /* neither OK nor ERR */
};

_Static_assert(VIRTIO_CTRL_HEADER_BYTES + VIRTIO_CTRL_DATA_MOST <= LONG_BYTES, "the longest command fits");

static uint32_t get32(const uint8_t *from) {
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

uint16_t virtio_ctrl_queue(const struct virtio_pci *pci, uint16_t max_pairs) {
    return (uint16_t)(2 * (virtio_pci_has(pci, VIRTIO_NET_F_MQ_BIT) || virtio_pci_has(pci, VIRTIO_NET_F_RSS_BIT) ? max_pairs : 1));
}

/* Only what has tables needs more than a cache line. */
static uint32_t request_bytes(const struct virtio_pci *pci) {
    const bool tables = virtio_pci_has(pci, VIRTIO_NET_F_RSS_BIT) || virtio_pci_has(pci, VIRTIO_NET_F_CTRL_RX_BIT) ||
                        virtio_pci_has(pci, VIRTIO_NET_F_HASH_REPORT_BIT);
    return tables ? LONG_BYTES : SHORT_BYTES;
}

int virtio_ctrl_open(struct virtio_ctrl *ctrl, struct virtio_pci *pci, uint16_t queue) {
    const struct platform *platform = pci->platform;
    *ctrl = (struct virtio_ctrl){.pci = pci, .queue = queue};
    if (!virtio_pci_has(pci, VIRTIO_NET_F_CTRL_VQ_BIT)) {
        snprintf(pci->error, sizeof(pci->error), "the device has no control queue");
        return -ENOTSUP;
    }
    uint16_t most = virtio_pci_queue_size(pci, queue);
    struct vq_config config = {.queue = queue, .size = most < SLOTS ? most : SLOTS, .name = "control",
                               .in_order = virtio_pci_has(pci, VIRTIO_F_IN_ORDER_BIT),
                               .notification_data = virtio_pci_has(pci, VIRTIO_F_NOTIFICATION_DATA_BIT),
                               .event_idx = virtio_pci_has(pci, VIRTIO_F_EVENT_IDX_BIT)};
    if (most < 2) {
        snprintf(pci->error, sizeof(pci->error), "the device's control queue %u is absent or too small for a command", queue);
        return -ENODEV;
    }
    ctrl->request_bytes = request_bytes(pci);
    ctrl->memory = platform->ops->dma_allocate_coherent(platform->ctx, ctrl->request_bytes + REPLY_BYTES, SHORT_BYTES, UINT64_MAX, "control",
                                                        &ctrl->iova);
    if (!ctrl->memory || vq_create(&ctrl->vq, pci->platform, &config)) {
        snprintf(pci->error, sizeof(pci->error), "no memory for the control queue");
        return -ENOMEM;
    }
    vq_disable_interrupts(ctrl->vq);
    return virtio_pci_setup_queue(pci, queue, ctrl->vq, VIRTIO_MSI_NO_VECTOR);
}

void virtio_ctrl_close(struct virtio_ctrl *ctrl) {
    if (ctrl->vq) vq_destroy(ctrl->vq);
    if (ctrl->memory) ctrl->pci->platform->ops->dma_free_coherent(ctrl->pci->platform->ctx, ctrl->memory);
    *ctrl = (struct virtio_ctrl){.pci = NULL};
}

/* Post the command, and wait until the device used it. `written` counts what it wrote. */
static int exchange(struct virtio_ctrl *ctrl, const struct virtio_ctrl_command *command, uint32_t *written) {
    const struct platform *platform = ctrl->pci->platform;
    const struct vq_element chain[2] = {
        {ctrl->iova, VIRTIO_CTRL_HEADER_BYTES + command->data_bytes, false},
        {ctrl->iova + ctrl->request_bytes, command->reply_bytes + VIRTIO_CTRL_ACK_BYTES, true},
    };
    ctrl->memory[VIRTIO_CTRL_CLASS] = command->class;
    ctrl->memory[VIRTIO_CTRL_COMMAND] = command->number;
    if (command->data_bytes) memcpy(ctrl->memory + VIRTIO_CTRL_HEADER_BYTES, command->data, command->data_bytes);
    memset(ctrl->memory + ctrl->request_bytes, ACK_UNWRITTEN, command->reply_bytes + VIRTIO_CTRL_ACK_BYTES);
    /* Something is out already: the command that was not answered in time. Its buffer is this one. */
    int status = vq_outstanding(ctrl->vq) ? -EIO : vq_add(ctrl->vq, chain, 2, ctrl, 0);
    if (status) {
        snprintf(ctrl->pci->error, sizeof(ctrl->pci->error), "%s: the control queue is stuck", command->name);
        return -EIO;
    }
    vq_kick(ctrl->vq);
    for (unsigned i = 0; i < POLLS; i++) {
        struct vq_used used;
        int found = vq_reap(ctrl->vq, &used);
        if (found > 0) {
            *written = used.written;
            return 0;
        }
        if (found < 0) {
            snprintf(ctrl->pci->error, sizeof(ctrl->pci->error), "%s", vq_error(ctrl->vq));
            return -EIO;
        }
        /* Its answer comes to memory: whether it is there at all only a register tells, which costs more to read. */
        if (i % POLLS_A_READ == POLLS_A_READ - 1 && virtio_pci_is_gone(ctrl->pci)) {
            snprintf(ctrl->pci->error, sizeof(ctrl->pci->error), "%s: the device is gone", command->name);
            return -ENODEV;
        }
        platform->ops->sleep_ns(platform->ctx, POLL_NS);
    }
    snprintf(ctrl->pci->error, sizeof(ctrl->pci->error), "%s: the device did not answer", command->name);
    return -ETIMEDOUT;
}

int virtio_ctrl_execute(struct virtio_ctrl *ctrl, const struct virtio_ctrl_command *command, uint8_t *reply) {
    char *error = ctrl->pci->error;
    const size_t room = sizeof(ctrl->pci->error);
    uint32_t written = 0;
    if (!ctrl->vq || !virtio_pci_has(ctrl->pci, command->feature)) {
        snprintf(error, room, "%s: the device does not offer it", command->name);
        return -ENOTSUP;
    }
    int status = exchange(ctrl, command, &written);
    if (status) return status;
    const uint8_t ack = ctrl->memory[ctrl->request_bytes + command->reply_bytes];
    if (ack == VIRTIO_CTRL_ACK_ERR) {
        snprintf(error, room, "%s: the device refused", command->name);
        return -EINVAL;
    }
    if (ack != VIRTIO_CTRL_ACK_OK || written < command->reply_bytes + VIRTIO_CTRL_ACK_BYTES) {
        snprintf(error, room, "%s: the device answered %u in %u bytes, which is no answer", command->name, ack, written);
        return -EIO;
    }
    if (reply) memcpy(reply, ctrl->memory + ctrl->request_bytes, command->reply_bytes);
    return 0;
}

int virtio_ctrl_set_pairs(struct virtio_ctrl *ctrl, uint16_t pairs) {
    uint8_t data[VIRTIO_CTRL_MQ_BYTES];
    const struct virtio_ctrl_command command = {
        .class = VIRTIO_CTRL_CLASS_MQ, .number = VIRTIO_CTRL_MQ_VQ_PAIRS_SET, .feature = VIRTIO_NET_F_MQ_BIT,
        .data = data, .data_bytes = sizeof(data), .name = "MQ VQ_PAIRS_SET"};
    virtio_ctrl_put16(data, pairs);
    return virtio_ctrl_execute(ctrl, &command, NULL);
}

static void put_limits(uint8_t *to, const struct virtio_ctrl_limits *limits) {
    virtio_ctrl_put32(to + VIRTIO_CTRL_COAL_MAX_PACKETS, limits->max_packets);
    virtio_ctrl_put32(to + VIRTIO_CTRL_COAL_MAX_USECS, limits->max_usecs);
}

static int set_direction(struct virtio_ctrl *ctrl, uint8_t number, const char *name, const struct virtio_ctrl_limits *limits) {
    uint8_t data[VIRTIO_CTRL_COAL_BYTES];
    const struct virtio_ctrl_command command = {
        .class = VIRTIO_CTRL_CLASS_NOTF_COAL, .number = number, .feature = VIRTIO_NET_F_NOTF_COAL_BIT,
        .data = data, .data_bytes = sizeof(data), .name = name};
    put_limits(data, limits);
    return virtio_ctrl_execute(ctrl, &command, NULL);
}

int virtio_ctrl_set_tx_limits(struct virtio_ctrl *ctrl, const struct virtio_ctrl_limits *limits) {
    return set_direction(ctrl, VIRTIO_CTRL_NOTF_COAL_TX_SET, "NOTF_COAL TX_SET", limits);
}

int virtio_ctrl_set_rx_limits(struct virtio_ctrl *ctrl, const struct virtio_ctrl_limits *limits) {
    return set_direction(ctrl, VIRTIO_CTRL_NOTF_COAL_RX_SET, "NOTF_COAL RX_SET", limits);
}

int virtio_ctrl_set_queue_limits(struct virtio_ctrl *ctrl, uint16_t queue, const struct virtio_ctrl_limits *limits) {
    uint8_t data[VIRTIO_CTRL_COAL_VQ_BYTES] = {0};
    const struct virtio_ctrl_command command = {
        .class = VIRTIO_CTRL_CLASS_NOTF_COAL, .number = VIRTIO_CTRL_NOTF_COAL_VQ_SET, .feature = VIRTIO_NET_F_VQ_NOTF_COAL_BIT,
        .data = data, .data_bytes = sizeof(data), .name = "NOTF_COAL VQ_SET"};
    virtio_ctrl_put16(data + VIRTIO_CTRL_COAL_VQ_QUEUE, queue);
    put_limits(data + VIRTIO_CTRL_COAL_VQ_LIMITS, limits);
    return virtio_ctrl_execute(ctrl, &command, NULL);
}

int virtio_ctrl_get_queue_limits(struct virtio_ctrl *ctrl, uint16_t queue, struct virtio_ctrl_limits *limits) {
    uint8_t data[VIRTIO_CTRL_COAL_VQ_GET_BYTES] = {0}, reply[VIRTIO_CTRL_COAL_BYTES];
    const struct virtio_ctrl_command command = {
        .class = VIRTIO_CTRL_CLASS_NOTF_COAL, .number = VIRTIO_CTRL_NOTF_COAL_VQ_GET, .feature = VIRTIO_NET_F_VQ_NOTF_COAL_BIT,
        .data = data, .data_bytes = sizeof(data), .reply_bytes = sizeof(reply), .name = "NOTF_COAL VQ_GET"};
    virtio_ctrl_put16(data + VIRTIO_CTRL_COAL_VQ_QUEUE, queue);
    int status = virtio_ctrl_execute(ctrl, &command, reply);
    if (status) return status;
    *limits = (struct virtio_ctrl_limits){get32(reply + VIRTIO_CTRL_COAL_MAX_PACKETS), get32(reply + VIRTIO_CTRL_COAL_MAX_USECS)};
    return 0;
}
