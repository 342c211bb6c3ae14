/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio_ctrl.h: commands to the device through the control queue: how many queue pairs, when to interrupt,
 * which frames are received, how they are spread over the queues.
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
    uint32_t request_bytes;  /* of the part that it reads */
};

/* Largest tables that a driver can give. */
enum { VIRTIO_CTRL_RSS_ENTRIES = 128, VIRTIO_CTRL_RSS_KEY = 40, VIRTIO_CTRL_MAC_ENTRIES = 32 };

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

/* ---- virtio_ctrl_net.c: what is received */

/* A mode of the receive filter, VIRTIO_CTRL_RX_*: PROMISC and ALLMULTI need CTRL_RX, the others CTRL_RX_EXTRA. */
int virtio_ctrl_set_rx_mode(struct virtio_ctrl *ctrl, uint8_t mode, bool on);
/* All modes at once, as an operating system's filter has them, as far as the device knows them. */
struct virtio_ctrl_filter {
    bool promiscuous, all_multicast, multicast, directed, broadcast;
};
int virtio_ctrl_set_filter(struct virtio_ctrl *ctrl, const struct virtio_ctrl_filter *filter);
/* The addresses that are received beside the device's own: MAC TABLE_SET replaces both lists; needs CTRL_RX. Also -E2BIG: more than
 * VIRTIO_CTRL_MAC_ENTRIES of them together. */
int virtio_ctrl_set_mac_table(struct virtio_ctrl *ctrl, const uint8_t (*unicast)[6], unsigned unicasts, const uint8_t (*multicast)[6],
                              unsigned multicasts);
/* The device's own address: MAC ADDR_SET; needs CTRL_MAC_ADDR. */
int virtio_ctrl_set_mac(struct virtio_ctrl *ctrl, const uint8_t mac[6]);
/* Let frames of a VLAN through, or no longer: VLAN ADD, DEL; need CTRL_VLAN. */
int virtio_ctrl_set_vlan(struct virtio_ctrl *ctrl, uint16_t id, bool on);
/* The receive offloads that stay on, a mask of feature bits: GUEST_OFFLOADS SET; needs CTRL_GUEST_OFFLOADS. */
int virtio_ctrl_set_guest_offloads(struct virtio_ctrl *ctrl, uint64_t features);

/* Receive side scaling: packets of these types (VIRTIO_HASH_*) go to the queue table[hash % entries], others to `unclassified`; queues
 * count from 0. Transmit queues 0 to transmit_queues - 1 may be used. */
struct virtio_ctrl_rss {
    uint32_t types;
    uint16_t entries;           /* a power of two, at most VIRTIO_CTRL_RSS_ENTRIES */
    uint16_t unclassified, transmit_queues;
    uint16_t table[VIRTIO_CTRL_RSS_ENTRIES];
    uint8_t key_bytes;
    uint8_t key[VIRTIO_CTRL_RSS_KEY];
};
/* MQ RSS_CONFIG; needs RSS. It takes the place of virtio_ctrl_set_pairs, and the other way round: the last one counts. */
int virtio_ctrl_set_rss(struct virtio_ctrl *ctrl, const struct virtio_ctrl_rss *rss);

#ifdef __cplusplus
}
#endif

#endif
