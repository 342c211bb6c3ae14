/* SPDX-License-Identifier: Apache-2.0 */
/* model_net.h: rtl/net: from the wire to buffers, and steering; to the wire is in model_tx.h, what is said of frames in model_rx.h. */
#ifndef RINGSIDE_MODEL_NET_H
#define RINGSIDE_MODEL_NET_H

#include "model_rx.h"
#include "model_tx.h"

enum {
    MODEL_RX_RAM = 65536,
    MODEL_RX_FRAMES = 512,
    MODEL_RX_INCOMING = 64,     /* frames whose first bit has come and that are not stored: a few, but for stalls */
    MODEL_MERGE_BUFFERS = 32    /* most of a packet */
};

/* --- net_rx and mac_rx, and rx_merge --- */
struct model_incoming {
    struct model_frame frame;
    uint64_t begin, end; /* cycles of its first and last beat at net_rx */
};
struct model_rx_frame {
    void *handle;
    const uint8_t *bytes;
    uint32_t length, words; /* without FCS; of the RAM */
    unsigned pair;
    uint16_t pid;
    struct model_verdict verdict;
};
struct model_merge {
    enum { MODEL_MERGE_COLLECT, MODEL_MERGE_LOW, MODEL_MERGE_HIGH, MODEL_MERGE_PUBLISH } state;
    struct model_buffer buffers[MODEL_MERGE_BUFFERS]; /* of the packet at hand, that are full */
    unsigned count, index;
    uint64_t low_addr, high_addr; /* where the two bytes of num_buffers lie */
};
struct model_net_rx {
    struct model_task store, scatter;
    struct model_incoming incoming[MODEL_RX_INCOMING];
    unsigned incoming_head, incoming_count;
    struct model_rx_frame frames[MODEL_RX_FRAMES];
    unsigned head, count;
    uint32_t frame_words, ram_words; /* of frames that wait; of those and the ones that dma_wr still reads */
    bool enabled;
    uint64_t enabled_from;
    uint64_t offload_free;           /* first cycle for another frame to leave rx_offload */
    uint64_t last_busy;
    uint16_t pid[MODEL_MAX_PAIRS];
    bool in_chain;
    bool whole;                      /* the oldest frame has its last write, and waits for empty elements or its header */
    struct model_buffer buffer; /* of the chain at hand */
    uint64_t given;             /* bytes of its elements so far */
    uint32_t pos, chain_start;  /* bytes of the packet that are placed, in all and when the chain began */
    struct model_merge merge;
    uint64_t free;
};
void model_net_rx_init(struct model *model);
void model_net_rx_reset(struct model *model);
/* Driver, queues, carrier or a reset decide whether frames are taken. */
void model_net_rx_update(struct model *model, uint64_t cycle);
void model_net_rx_wake(struct model *model, uint64_t cycle);
void model_net_rx_arrived(struct model *model, const struct model_frame *frame);
bool model_net_rx_grant(struct model *model, struct model_write *write, uint64_t cycle);
void model_net_rx_done(struct model *model, const struct model_write *write);
/* The cycle from which no other frame is about to follow, as far as is known: now or earlier when there is none. */
uint64_t model_net_rx_quiet_from(const struct model *model, uint64_t cycle);
/* The oldest frame is in its buffers, which were used. */
void model_net_rx_delivered(struct model *model, uint64_t cycle);

/* A buffer of a packet is full, and it is not the only one; `last`: the packet ends in it. */
void model_merge_fill(struct model_merge *merge, const struct model_buffer *buffer, bool last);
/* num_buffers lies here, if it does: in these bytes of the packet, which are written to addr. */
void model_merge_note(struct model_merge *merge, uint32_t pos, uint32_t bytes, uint64_t addr);
static inline bool model_merge_busy(const struct model_merge *merge) { return merge->state != MODEL_MERGE_COLLECT; }
/* It is busy: does what is next, or asks dma_wr for its turn. */
void model_merge_run(struct model *model, uint64_t cycle);
bool model_merge_grant(struct model *model, struct model_write *write, uint64_t cycle);

/* --- flow_hash and rx_steer --- */
struct model_steer {
    uint8_t pair[256];
    bool known[256];
};
void model_steer_learn(struct model *model, const uint8_t head[64], unsigned pair);
unsigned model_steer_pair(const struct model *model, const uint8_t *frame, uint32_t length);

#endif
