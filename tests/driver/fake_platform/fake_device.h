/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_device: a virtio-net device of the fake platform: configuration space, BAR0 register file, one receive and one transmit packed
 * ring, executed on demand. It obeys VIRTIO 1.2; the knobs below make it slow, odd or broken, one way at a time.
 *
 * Spec: [V] VIRTIO 1.2  [P] PCI Express Base 5.0
 */
#ifndef RINGSIDE_FAKE_DEVICE_H
#define RINGSIDE_FAKE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct fake_platform;

enum { FAKE_QUEUE_RX = 0, FAKE_QUEUE_TX = 1, FAKE_QUEUES = 2 };

struct fake_device_config {
    uint64_t features;            /* offered */
    uint16_t queue_size;          /* maximum size of both queues */
    uint8_t mac[6];
    bool link_up;
    uint64_t latency_ps;          /* doorbell to completion */
    unsigned tx_batch;            /* transmit buffers that one used descriptor covers (IN_ORDER), 1 or more */
    bool reverse;                 /* complete what is available in reverse order (only without IN_ORDER) */
    unsigned reset_polls;         /* status reads that do not yet show 0 after a reset; UINT_MAX: it never does */
    bool refuse_features;         /* FEATURES_OK does not stick */
    bool refuse_vectors;          /* vectors read back as NO_VECTOR */
    unsigned hidden_capability;   /* virtio structure type 1 to 5 that is not listed, 0: all are */
    unsigned generation_changes;  /* device configuration changes under the first n reads of the MAC */
};

/* What a frame that the driver sent looks like on the wire: no virtio header, no FCS, not padded. `elements` counts the descriptors,
 * `first` is the length of the first one (header and perhaps the start of the frame). */
struct fake_frame {
    const uint8_t *bytes;
    size_t length;
    unsigned elements;
    uint32_t first;
};

typedef void (*fake_transmit_fn)(void *arg, const struct fake_frame *frame);

/* Called for each frame that the driver sends, in the order of completion. */
void fake_device_on_transmit(struct fake_platform *fake, fake_transmit_fn callback, void *arg);
/* A frame from the wire. False when it was dropped: no buffer, too small a buffer, or the device is not live. */
bool fake_device_receive(struct fake_platform *fake, const uint8_t *bytes, size_t length);
/* While held, a queue's available buffers stay where they are. Releasing it completes them after the latency. */
void fake_device_hold(struct fake_platform *fake, unsigned queue, bool held);
/* Complete at most `limit` transmit buffers of a held queue now. Returns how many there were. */
unsigned fake_device_complete(struct fake_platform *fake, unsigned limit);
/* Write the device event suppression structure of a queue: VIRTQ_EVENT_FLAGS_*. */
void fake_device_set_doorbells(struct fake_platform *fake, unsigned queue, uint16_t flags);
/* Write an arbitrary used descriptor at the device's used position: id and length as given, position advanced by `slots`. */
void fake_device_forge_used(struct fake_platform *fake, unsigned queue, uint16_t id, uint32_t length, unsigned slots);
void fake_device_set_link(struct fake_platform *fake, bool up);
/* Set DEVICE_NEEDS_RESET and tell the driver. */
void fake_device_fail(struct fake_platform *fake);

struct fake_device_state {
    uint8_t status;
    uint64_t driver_features;
    unsigned doorbells[FAKE_QUEUES];       /* accepted */
    uint32_t last_doorbell[FAKE_QUEUES];   /* word */
    uint16_t size[FAKE_QUEUES];
    uint16_t vector[FAKE_QUEUES];
    uint16_t config_vector;
    bool enabled[FAKE_QUEUES];
    unsigned resets;
    unsigned sent, received, dropped;      /* frames */
    char writes[64];                       /* order of the writes to the common configuration, one letter each, see fake_device.c */
};
void fake_device_get_state(const struct fake_platform *fake, struct fake_device_state *state);

#ifdef __cplusplus
}
#endif

#endif
