/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio_pci.h: the modern virtio-pci transport: find the structures, negotiate, set queues up, reset.
 *
 *   struct virtio_pci pci;
 *   if (virtio_pci_open(&pci, platform) || virtio_pci_reset(&pci, true) || virtio_pci_negotiate(&pci, required, wanted)) fail(pci.error);
 *   ... virtio_pci_map_config_vector(), then for each queue virtio_pci_setup_queue() ...
 *   ... then for each queue virtio_pci_enable_queue(), and last ...
 *   virtio_pci_driver_ok(&pci);
 *
 * The order is [V] 3.1.1, and that of Linux. Every call runs in a thread and may block on register reads, except those marked. All
 * return 0 or a negative errno and leave one line of text in pci->error. Nothing is allocated: the structure is the caller's.
 *
 * Spec: [V] VIRTIO 1.2, 3.1 and 4.1  [P] PCI Express Base 5.0
 */
#ifndef RINGSIDE_VIRTIO_PCI_H
#define RINGSIDE_VIRTIO_PCI_H

#include "platform.h"
#include "vq_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A VIRTIO structure in a BAR. length 0: not there. */
struct virtio_region {
    unsigned bar;
    uint32_t offset, length;
};

struct virtio_pci {
    struct platform *platform;
    struct virtio_region common, notify, isr, device;
    uint32_t notify_multiplier;  /* bytes from one doorbell to the next */
    uint64_t features;           /* negotiated */
    char error[120];
};

/* Find the structures through the capabilities and switch memory access and bus mastering on. -ENODEV: not a modern network device;
 * -ENXIO: a structure is missing; -EINVAL: one is malformed. */
int virtio_pci_open(struct virtio_pci *pci, struct platform *platform);
/* Write status 0 and wait until it reads 0. Afterwards the device touches no memory. Sleeping between the polls, it waits 100 ms;
 * without (any context), for 1000 register reads. -ETIMEDOUT: the device is not reset; -ENODEV: it is gone. */
int virtio_pci_reset(struct virtio_pci *pci, bool may_sleep);
/* Does the device not answer any more? A read of nothing is all ones, and no device status is: its bits 4 and 5 are reserved. */
bool virtio_pci_is_gone(struct virtio_pci *pci);
/* The features that the device offers. */
uint64_t virtio_pci_offered(struct virtio_pci *pci);
/* ACKNOWLEDGE to FEATURES_OK. Accepts what is offered of required | wanted, but no feature without the one that it needs. -ENOTSUP: a
 * required bit is not offered, or the device refused the set. */
int virtio_pci_negotiate(struct virtio_pci *pci, uint64_t required, uint64_t wanted);
bool virtio_pci_has(const struct virtio_pci *pci, unsigned feature_bit);
/* MSI-X vector of configuration changes. -EBUSY: the device could not map it. */
int virtio_pci_map_config_vector(struct virtio_pci *pci, uint16_t vector);
/* The largest size of a queue, 0: no such queue. */
uint16_t virtio_pci_queue_size(struct virtio_pci *pci, uint16_t queue);
/* Tell the device where the ring is and which vector it has, and the ring where its doorbell is. -ENODEV: no such queue; -EINVAL: the
 * ring is too large, or its doorbell is outside the structure; -EBUSY: the queue is live, or the vector could not be mapped. */
int virtio_pci_setup_queue(struct virtio_pci *pci, uint16_t queue, struct vq_packed *vq, uint16_t vector);
/* The same for a ring that is somebody else's; *doorbell is where its doorbell is in notify.bar. */
int virtio_pci_place_queue(struct virtio_pci *pci, uint16_t queue, const struct vq_addresses *addresses, uint16_t vector, uint32_t *doorbell);
void virtio_pci_enable_queue(struct virtio_pci *pci, uint16_t queue);
/* RING_RESET: take one queue out of service, [V] 2.6.1. When this is done the device has no buffer of it and sends no interrupt for it,
 * and it can be set up and enabled again. It waits 100 ms at most. -ENOTSUP: not negotiated; -ETIMEDOUT: the device still has it; -ENODEV: it
 * is gone. */
int virtio_pci_reset_queue(struct virtio_pci *pci, uint16_t queue);
/* The same in two steps, for who may not wait: begin (-ENOTSUP as above), then ask until it is done: 1; 0: not yet; -ENODEV. Any context. */
int virtio_pci_begin_queue_reset(struct virtio_pci *pci, uint16_t queue);
int virtio_pci_queue_reset_done(struct virtio_pci *pci, uint16_t queue);
void virtio_pci_driver_ok(struct virtio_pci *pci);
void virtio_pci_fail(struct virtio_pci *pci);       /* tell the device that the driver gave up */
uint8_t virtio_pci_status(struct virtio_pci *pci);  /* any context */
/* Copy [offset, +length) of the device configuration, as one consistent snapshot of several reads, [V] 2.5.1. Aligned 2-byte fields
 * are read as such. -EINVAL: outside the structure; -EAGAIN: it kept changing. Any context. */
int virtio_pci_read_config(struct virtio_pci *pci, uint32_t offset, void *to, uint32_t length);

/* virtio_pci_caps.c, called by virtio_pci_open: fill in the regions from the capability list. */
int virtio_pci_find_structures(struct virtio_pci *pci);

#ifdef __cplusplus
}
#endif

#endif
