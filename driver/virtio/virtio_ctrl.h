/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio_ctrl.h: commands to the device through the control queue: how many queue pairs, when to interrupt.
 *
 *   virtio_ctrl_open(&ctrl, &pci, virtio_ctrl_queue(&pci, max_pairs)) ... virtio_pci_enable_queue(&pci, ctrl.queue) ... DRIVER_OK ...
 *   if (virtio_ctrl_set_pairs(&ctrl, 4)) fail(pci.error);
 *   ... virtio_pci_reset() ... virtio_ctrl_close(&ctrl);
 *
 * One command at a time: a chain of {class, command, data} that the device reads and {reply, ack} that it writes, waited for by looking at
 * the ring, without interrupts, as Linux does. Every command runs in a thread and blocks: 100 ms at most. All return 0 or a negative errno
 * and leave one line of text in pci->error: -ENOTSUP (the feature was not negotiated), -EINVAL (the device refused: nothing changed),
 * -ETIMEDOUT (no answer), -ENODEV (the device is gone), -EIO (an answer that is none; also every command after a time-out, for the device
 * still has the buffer).
 *
 * Spec: [V] VIRTIO 1.2, 5.1.6.5; class NOTF_COAL is of VIRTIO 1.3.
 */
#ifndef RINGSIDE_VIRTIO_CTRL_H
#define RINGSIDE_VIRTIO_CTRL_H

#include "virtio_pci.h"

#ifdef __cplusplus
extern "C" {
#endif

struct virtio_ctrl {
    struct virtio_pci *pci;
    struct vq_packed *vq;  /* NULL: not open */
    uint16_t queue;
    uint8_t *memory;       /* coherent: what the device reads, then what it writes */
    uint64_t iova;
};

/* When to interrupt: after so many packets or so many microseconds, whichever is first; either 0: after every packet. */
struct virtio_ctrl_limits {
    uint32_t max_packets, max_usecs;
};

/* Number of the control queue: behind all pairs that the device has if MQ was negotiated, behind the first one if not, [V] 5.1.2. */
uint16_t virtio_ctrl_queue(const struct virtio_pci *pci, uint16_t max_pairs);
/* Between FEATURES_OK and DRIVER_OK: allocate the ring and tell the device where it is. Also -ENOMEM, -ENOTSUP (no CTRL_VQ), and as
 * virtio_pci_setup_queue. Close also after a failure. */
int virtio_ctrl_open(struct virtio_ctrl *ctrl, struct virtio_pci *pci, uint16_t queue);
/* The device was reset. Harmless on a zeroed structure. */
void virtio_ctrl_close(struct virtio_ctrl *ctrl);

/* Use queue pairs 0 to pairs - 1, with automatic steering: MQ VQ_PAIRS_SET. */
int virtio_ctrl_set_pairs(struct virtio_ctrl *ctrl, uint16_t pairs);
/* Limits of all transmit or all receive queues: NOTF_COAL TX_SET, RX_SET. */
int virtio_ctrl_set_tx_limits(struct virtio_ctrl *ctrl, const struct virtio_ctrl_limits *limits);
int virtio_ctrl_set_rx_limits(struct virtio_ctrl *ctrl, const struct virtio_ctrl_limits *limits);
/* Limits of one queue, by its number: NOTF_COAL VQ_SET, VQ_GET. They need VQ_NOTF_COAL. */
int virtio_ctrl_set_queue_limits(struct virtio_ctrl *ctrl, uint16_t queue, const struct virtio_ctrl_limits *limits);
int virtio_ctrl_get_queue_limits(struct virtio_ctrl *ctrl, uint16_t queue, struct virtio_ctrl_limits *limits);

#ifdef __cplusplus
}
#endif

#endif
