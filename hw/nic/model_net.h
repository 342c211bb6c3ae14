/* SPDX-License-Identifier: Apache-2.0 */
/* model_net.h: rtl/net: from chains to the wire, and from the wire to buffers. */
#ifndef RINGSIDE_MODEL_NET_H
#define RINGSIDE_MODEL_NET_H

#include "model_vq.h"

enum {
    MODEL_TX_RAM = 32768,
    MODEL_TX_FRAMES = 256,
    MODEL_TX_KEPT = 2, /* what was read is kept until it has left: twice the RAM and slots, of which only so much is ever reserved */
    MODEL_TX_MAX_PACKET = 9030, /* header and frame, without FCS */
    MODEL_RX_RAM = 65536,
    MODEL_RX_FRAMES = 512,
    MODEL_RX_INCOMING = 64      /* frames whose first bit has come and that are not stored: two, but for stalls */
};

/* --- net_tx and mac_tx --- */
struct model_tx_frame {
    uint32_t base, length, end; /* bytes in the RAM; end: reserved up to there, free running */
    uint32_t issued, received;
    uint64_t complete;          /* cycle at which the last of its bytes is seen; valid when all have come */
    uint64_t ready;             /* used: first cycle at the MAC's pins */
    uint64_t begin;             /* used: number of its first beat at the pins, of all that there were */
    uint32_t beats;
    bool drop, failed;
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

/* --- net_rx and mac_rx --- */
struct model_rx_frame {
    void *handle;
    const uint8_t *bytes;
    uint32_t length, words; /* without FCS; of the RAM */
    unsigned pair;
    uint16_t pid;
};
struct model_net_rx {
    struct model_task store, scatter;
    struct model_frame incoming[MODEL_RX_INCOMING];
    unsigned incoming_head, incoming_count;
    struct model_rx_frame frames[MODEL_RX_FRAMES];
    unsigned head, count;
    uint32_t frame_words, ram_words; /* of frames that wait; of those and the ones that dma_wr still reads */
    bool enabled;
    uint64_t enabled_from;
    uint64_t last_busy;
    uint16_t pid[MODEL_MAX_PAIRS];
    bool in_chain;
    struct model_buffer buffer; /* of the chain at hand */
    uint32_t pos;
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

/* --- flow_hash and rx_steer --- */
struct model_steer {
    uint8_t pair[256];
    bool known[256];
};
void model_steer_learn(struct model *model, const uint8_t head[64], unsigned pair);
unsigned model_steer_pair(const struct model *model, const uint8_t *frame, uint32_t length);

#endif
