/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model.h: the NIC of rtl/ once more, in C: the same registers, rings and frames, with a time for each step and no clock.
 *
 * Every block of rtl/ has a file here (model_vq_avail.c is rtl/virtio/vq_avail.sv) that decides what that block decides, at the clock
 * cycles that the cycle budget of rtl/README.md gives. Nothing is evaluated per cycle or per beat: a step is one descriptor, one request,
 * one TLP or one frame, and says when the next one is. What this leaves out: which of two that ask in the same cycle comes first where
 * that hangs on more than their turn, and pauses of a few cycles between the beats of one packet.
 *
 *   struct model *model = model_create(&config, &host);
 *   model_tlp_arrived(model, cycle);                 the host has a TLP for the device, whose last byte arrived by this clock edge
 *   model_frame_arrived(model, &frame);              a frame whose first beat is at frame.first
 *   while (model_next(model) <= edge) model_run(model, model_next(model));
 *
 * Cycles count clock edges from 0. The device sees nothing but struct model_host, which is the boundary hw/nic/nic.h in C.
 *
 * Spec: [V] VIRTIO 1.2  [P] PCI Express Base 5.0  [E] IEEE 802.3
 */
#ifndef RINGSIDE_MODEL_H
#define RINGSIDE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct model;

#define MODEL_NEVER UINT64_MAX

enum { MODEL_MAX_PAIRS = 16 };

struct model_config {
    uint32_t beat_bytes;    /* of the datapath: 8, 16, 32 or 64 */
    uint32_t queue_pairs;   /* 1 to MODEL_MAX_PAIRS */
    bool no_offloads;       /* checksums, segmentation, merged buffers, filters and RSS are not offered */
    uint32_t reset_cycles;  /* edges with the reset on, from 0 */
    uint32_t cycles_per_us; /* 1 or more */
    uint64_t mac_address;   /* bits 7:0 are the first byte on the wire */
};

/* Flow-control classes, [P] 2.6, in the order of hw::TlpKind. */
enum model_kind { MODEL_POSTED, MODEL_NON_POSTED, MODEL_COMPLETION };
/* Streams at the device's pins that may be held up, in the order of hw::Stalls::Stream. */
enum model_stream { MODEL_TLP_IN, MODEL_TLP_OUT, MODEL_FRAME_IN };

struct model_tlp {
    const uint32_t *hdr; /* four double words */
    const uint8_t *payload;
    uint32_t payload_bytes;
    uint64_t cycle; /* edge by which its last byte had arrived */
};

struct model_frame {
    void *handle;
    const uint8_t *bytes;  /* destination address to FCS; valid until frame_done() */
    uint32_t length;       /* with FCS */
    bool fcs_good;
    uint64_t first, last;  /* edges at which its first and last beats have arrived */
    uint64_t head;         /* ... and the beat behind its first 128 bytes; last if there is none */
};

/* What is around the device. All calls are made at the cycle that model_run() was given. */
struct model_host {
    void *ctx;
    /* The oldest TLP for the device; false: there is none. It stays until tlp_taken(), which gives its credits back. */
    bool (*tlp_front)(void *ctx, struct model_tlp *tlp);
    void (*tlp_taken)(void *ctx);
    /* May a TLP of this kind begin now? `cycle`: yes; later: ask again then; MODEL_NEVER: model_wake() will be called. */
    uint64_t (*may_send)(void *ctx, enum model_kind kind, uint64_t cycle);
    /* The last beat of this TLP leaves now. payload may be NULL when payload_bytes is 0. */
    void (*send)(void *ctx, const uint32_t hdr[4], const uint8_t *payload, uint32_t payload_bytes);
    bool (*link_up)(void *ctx);
    /* Earliest edge for the first beat of the next frame, and for the beat behind `sent` bytes of the one that was begun. */
    uint64_t (*frame_start)(void *ctx);
    uint64_t (*frame_continue)(void *ctx, uint32_t sent);
    void (*frame_begin)(void *ctx);
    /* The last beat leaves now: a frame without padding and FCS, in two parts (the second may be empty). */
    void (*frame_send)(void *ctx, const uint8_t *first, uint32_t first_bytes, const uint8_t *second, uint32_t second_bytes);
    void (*frame_done)(void *ctx, void *handle); /* the device is through with a received frame */
    /* Trace points of rtl/regmap/trace.def; traced: does anybody look? */
    bool (*traced)(void *ctx);
    void (*trace)(void *ctx, uint32_t point, uint64_t word);
    /* The edge, `cycle` or later, at which the n-th beat of a stream from `cycle` on is not held up; NULL: nothing ever is. */
    uint64_t (*beat)(void *ctx, enum model_stream stream, uint64_t cycle, uint32_t n);
};

/* Both are copied. NULL when there is no memory, or the configuration is out of its ranges. */
struct model *model_create(const struct model_config *config, const struct model_host *host);
void model_destroy(struct model *model);

void model_tlp_arrived(struct model *model, uint64_t cycle);
/* frame is copied, its bytes are not. */
void model_frame_arrived(struct model *model, const struct model_frame *frame);
/* Credits, readiness of the wire, or the carrier may have changed, by this edge. */
void model_wake(struct model *model, uint64_t cycle);

/* The next edge at which the device does something; MODEL_NEVER when it waits for others. */
uint64_t model_next(const struct model *model);
/* Does all of it. `cycle` never decreases. */
void model_run(struct model *model, uint64_t cycle);

#ifdef __cplusplus
}
#endif

#endif
