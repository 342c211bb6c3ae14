/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_device: a virtio-net device of the fake platform: configuration space, BAR0 register file, up to 16 pairs of packed rings and a
 * control queue, executed on demand. What its features promise it does: event suppression by slot, indirect descriptors, steering by
 * flow, interrupt moderation, reset of one queue, checksums, segmentation, receive side scaling, merged buffers, filters. It obeys VIRTIO 1.2; the knobs below make it slow, odd or broken, one way at a time.
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

enum { FAKE_QUEUE_RX = 0, FAKE_QUEUE_TX = 1, FAKE_PAIRS = 16, FAKE_QUEUES = 2 * FAKE_PAIRS + 1 };

/* What the device does with a command of the control queue. */
enum fake_control { FAKE_CONTROL_OBEYS, FAKE_CONTROL_REFUSES, FAKE_CONTROL_SILENT, FAKE_CONTROL_GARBLES };

struct fake_device_config {
    uint64_t features;            /* offered */
    uint16_t queue_size;          /* maximum size of every queue */
    uint16_t max_pairs;           /* queue pairs that it has, 1 to FAKE_PAIRS; 0 is 1; more: it lies */
    uint8_t mac[6];
    bool link_up;
    uint16_t mtu;                 /* with MTU */
    uint64_t latency_ps;          /* doorbell to completion */
    unsigned tx_batch;            /* transmit buffers that one used descriptor covers (IN_ORDER), 1 or more */
    bool reverse;                 /* complete what is available in reverse order (only without IN_ORDER) */
    unsigned reset_polls;         /* status reads that do not yet show 0 after a reset; UINT_MAX: it never does */
    bool refuse_features;         /* FEATURES_OK does not stick */
    bool refuse_vectors;          /* vectors read back as NO_VECTOR */
    unsigned hidden_capability;   /* virtio structure type 1 to 5 that is not listed, 0: all are */
    unsigned queue_reset_polls;   /* queue_reset reads that still show 1; UINT_MAX: it never ends */
    bool doorbell_events;         /* with EVENT_IDX: ask for a doorbell at the next slot alone whenever a ring was looked at */
    enum fake_control control;
    bool lie_about_buffers;       /* num_buffers is one too many */
    unsigned generation_changes;  /* device configuration changes under the first n reads of the MAC */
};

/* What a frame that the driver sent looks like on the wire: no virtio header, no FCS, not padded. `elements` counts the descriptors,
 * `first` is the length of the first one (header and perhaps the start of the frame). */
struct fake_frame {
    const uint8_t *bytes;
    size_t length;
    unsigned elements;
    uint32_t first;
    unsigned queue;               /* number of the transmit queue */
    bool indirect;                /* the elements were in a table */
};

typedef void (*fake_transmit_fn)(void *arg, const struct fake_frame *frame);

/* Called for each frame that the driver sends, in the order of completion. */
void fake_device_on_transmit(struct fake_platform *fake, fake_transmit_fn callback, void *arg);
/* A frame from the wire, for the receive queue of its flow. False when it was dropped: no buffer, too small a buffer, or the device is
 * not live. */
bool fake_device_receive(struct fake_platform *fake, const uint8_t *bytes, size_t length);
/* The Toeplitz hash of [V] 5.1.6.4.3.4 with a key of 40 bytes. */
uint32_t fake_toeplitz(const uint8_t *key, const uint8_t *input, size_t bytes);
/* The pair that a frame belongs to, of `pairs`: what the driver must find too. */
unsigned fake_device_pair_of(const uint8_t *bytes, size_t length, unsigned pairs);
/* While held, a queue's available buffers stay where they are. Releasing it completes them after the latency. */
void fake_device_hold(struct fake_platform *fake, unsigned queue, bool held);
/* Complete at most `limit` buffers of the first transmit queue, held, now. Returns how many there were. */
unsigned fake_device_complete(struct fake_platform *fake, unsigned limit);
/* Write the device event suppression structure of a queue: VIRTQ_EVENT_FLAGS_*. */
void fake_device_set_doorbells(struct fake_platform *fake, unsigned queue, uint16_t flags);
/* The same with EVENT_IDX: a doorbell is wanted when this slot of this lap is made available. */
void fake_device_set_doorbell_event(struct fake_platform *fake, unsigned queue, uint16_t slot, bool wrap);
/* Write an arbitrary used descriptor at the device's used position: id and length as given, position advanced by `slots`. */
void fake_device_forge_used(struct fake_platform *fake, unsigned queue, uint16_t id, uint32_t length, unsigned slots);
void fake_device_set_link(struct fake_platform *fake, bool up);
/* Pull the device out: it does nothing any more, and registers read as all ones. */
void fake_device_remove(struct fake_platform *fake);
/* From now on FEATURES_OK does not stick: a reset device does not come back. */
void fake_device_refuse_features(struct fake_platform *fake);
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
    unsigned resets, queue_resets;
    unsigned pairs;                        /* in use */
    unsigned commands;                     /* of the control queue, whatever became of them */
    uint32_t max_packets[FAKE_QUEUES], max_usecs[FAKE_QUEUES];
    unsigned sent, received, dropped;      /* frames */
    unsigned checksums, large_sends;       /* chains that asked for them */
    unsigned unwanted;                     /* frames that the filters kept away */
    char writes[64];                       /* order of the writes to the common configuration, one letter each, see fake_device.c */
};
void fake_device_get_state(const struct fake_platform *fake, struct fake_device_state *state);

#ifdef __cplusplus
}
#endif

#endif
