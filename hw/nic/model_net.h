/* SPDX-License-Identifier: Apache-2.0 */
/* model_net.h: rtl/net: from chains to the wire, and from the wire to buffers; what is said of frames is in model_rx.h. */
#ifndef RINGSIDE_MODEL_NET_H
#define RINGSIDE_MODEL_NET_H

#include "model_rx.h"
#include "model_vq.h"

enum {
    MODEL_TX_RAM = 32768,
    MODEL_TX_FRAMES = 256,
    MODEL_TX_KEPT = 2, /* what was read is kept until it has left: twice the RAM and slots, of which only so much is ever reserved */
    MODEL_TX_MAX_FRAME = ETH_MAX_FRAME - ETH_FCS,
    MODEL_CSUM_RAM = 16384,     /* of tx_csum */
    MODEL_CSUM_FRAMES = 16,
    MODEL_RX_RAM = 65536,
    MODEL_RX_FRAMES = 512,
    MODEL_RX_INCOMING = 64,     /* frames whose first bit has come and that are not stored: a few, but for stalls */
    MODEL_MERGE_BUFFERS = 32    /* most of a packet */
};

/* --- net_tx and mac_tx --- */
struct model_tx_frame {
    uint32_t base, length, end; /* bytes in the RAM; end: reserved up to there, free running */
    uint32_t issued, received;
    uint64_t complete;          /* cycle at which the last of its bytes is seen; valid when all have come */
    uint64_t used;              /* cycle at which its buffer was used */
    bool planned;               /* used, and its turn in the RAM is known: */
    uint64_t first_read;        /* ... the first cycle for its first beat, if the pins allow */
    uint64_t ready;             /* ... and the first one for that beat at the MAC's pins */
    bool kept;                  /* ... it goes through the RAM of tx_csum */
    uint64_t begin;             /* used: number of its first beat at the pins, of all that there were */
    uint32_t beats;
    bool drop, failed;
    bool csum;                  /* complete its checksum: the sum from this byte of the frame on, put there */
    uint32_t csum_start, csum_field;
    unsigned pair;
    struct model_buffer buffer;
};
struct model_net_tx {
    struct model_task gather, complete, mac, read;
    uint8_t ram[MODEL_TX_KEPT * MODEL_TX_RAM];
    struct model_tx_frame frames[MODEL_TX_KEPT * MODEL_TX_FRAMES];
    uint32_t tail, used, send;  /* frame slots, free running: filled, used, sent */
    uint32_t freed;             /* ... and read, which is ahead of being sent */
    uint32_t rptr_before;       /* before what was freed last, which is seen from freed_from on */
    uint64_t freed_from;
    uint64_t beats;             /* numbered so far */
    uint64_t read_free;         /* first cycle for reading another beat */
    uint64_t started;           /* cycle at which frame `send` began, while sending */
    uint32_t wptr, rptr;        /* bytes reserved and freed, free running */
    bool in_chain;
    unsigned pair, last_pair;   /* of the chain at hand; served last */
    uint16_t pid[MODEL_MAX_PAIRS];
    uint64_t gather_free, complete_free, cleared;
    bool sending;               /* a frame is on its way; its last beat is at mac_free */
    uint64_t mac_free;          /* else the first cycle for another first beat */
};
void model_net_tx_init(struct model *model);
void model_net_tx_reset(struct model *model, uint64_t cycle);
void model_net_tx_wake(struct model *model, uint64_t cycle);
bool model_net_tx_grant(struct model *model, struct model_read *read, uint64_t cycle);
void model_net_tx_data(struct model *model, uint32_t dst, const uint8_t *data, uint32_t bytes);
void model_net_tx_done(struct model *model, unsigned slot, uint32_t bytes, bool error, uint64_t cycle);
bool model_net_tx_quiet(struct model *model, uint64_t cycle);
/* A byte of a frame's packet in the RAM, its virtio-net header included. */
uint8_t *model_net_tx_byte(struct model *model, const struct model_tx_frame *frame, uint32_t at);

/* --- tx_csum --- */
/* The header of a frame that is whole says whether it wants a checksum, and of what; one that cannot be served is dropped. */
void model_tx_csum_read(struct model *model, struct model_tx_frame *frame);
void model_tx_csum_complete(struct model *model, const struct model_tx_frame *frame);

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
    struct model_buffer buffer; /* of the chain at hand */
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

/* Bytes of the virtio-net header, both ways ([V] 5.1.6.1). */
uint32_t model_header_bytes(const struct model *model);

/* --- flow_hash and rx_steer --- */
struct model_steer {
    uint8_t pair[256];
    bool known[256];
};
void model_steer_learn(struct model *model, const uint8_t head[64], unsigned pair);
unsigned model_steer_pair(const struct model *model, const uint8_t *frame, uint32_t length);

#endif
