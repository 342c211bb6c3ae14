/* SPDX-License-Identifier: Apache-2.0 */
/* model_tx.h: rtl/net: from chains to the wire: net_tx with tx_pieces, tx_header and tx_seg; tx_csum; mac_tx. */
#ifndef RINGSIDE_MODEL_TX_H
#define RINGSIDE_MODEL_TX_H

#include "model_vq.h"

enum {
    MODEL_TX_RAM = 32768,
    MODEL_TX_SLOTS = 256,
    MODEL_TX_KEPT = 2,           /* what was read is kept until it has left: twice the RAM, of which only so much is ever reserved */
    MODEL_TX_MAX_FRAME = ETH_MAX_FRAME - ETH_FCS,
    MODEL_TX_PLANNED = 512,      /* frames that are being read, and those that have not left */
    MODEL_TX_PIECE = 4096,
    MODEL_CSUM_RAM = 16384,      /* of tx_csum */
    MODEL_CSUM_FRAMES = 16,
    MODEL_SEG_HEADERS = 254,     /* bytes of headers that tx_seg holds */
    MODEL_TX_OWN = 2 * MODEL_CSUM_FRAMES /* more frames than tx_csum keeps at once */
};

/* --- net_tx: a packet, or a piece of a longer one, on its way into the RAM --- */
struct model_tx_slot {
    uint32_t base, end; /* its bytes in the RAM, free running */
    uint32_t length;    /* of the packet, with its virtio-net header */
    uint32_t issued, received;
    uint64_t complete;  /* cycle at which the last of its bytes is seen; valid when all have come */
    uint64_t used;      /* cycle at which it was found complete; with the last piece the buffer is used */
    bool more;          /* the packet goes on in the next slot */
    bool drop, failed;
    unsigned pair;
    struct model_buffer buffer;
};

/* --- tx_pieces: elements of a packet that is longer than a frame, until the chain has ended --- */
struct model_pieces {
    bool keeping, bad, draining;
    uint32_t total;         /* bytes of the chain */
    uint32_t in_slot;       /* of them in the slot at hand */
    uint32_t left;          /* kept, and not handed on */
    uint32_t count;         /* elements that were kept, and those of them with bytes: */
    uint32_t kept, given, at;
    struct { uint64_t addr; uint32_t len; } elements[MODEL_MAX_QUEUE_SIZE];
    struct model_element first; /* of those that were kept */
    uint16_t id;                /* of the chain's last */
    uint64_t from;              /* first cycle for the next that is handed on */
};
/* An element as net_tx sees it. */
struct model_tx_element {
    struct model_element element;
    bool is_long, piece;  /* of a packet in pieces; a piece ends here */
    uint32_t elements;    /* of the chain that this one stands for */
};
bool model_pieces_enabled(const struct model *model);
/* The element that the queue shows: is it to be kept? Then it is. */
bool model_pieces_keep(struct model *model, const struct model_element *element, uint64_t cycle);
/* It passes. */
void model_pieces_pass(struct model *model, const struct model_element *element);
/* draining: what is handed on next, and that it was. */
struct model_tx_element model_pieces_shown(const struct model *model);
void model_pieces_give(struct model *model, uint64_t cycle);

/* --- tx_header: what the virtio-net header of a packet asks for --- */
struct model_tx_ask {
    bool bad;                /* it cannot be: the packet is dropped */
    bool csum;               /* complete a checksum: the sum from this byte of the frame on, put there */
    uint32_t start, field;
    bool segment, v4, v6, udp;
    uint32_t gso_size;
};
struct model_tx_ask model_tx_header(struct model *model, const struct model_tx_slot *slot);

/* --- frames to the MAC --- */
struct model_tx_frame {
    uint8_t *own;            /* its bytes, if tx_csum keeps it; else they are in the RAM, from base on */
    uint32_t base, length;   /* without virtio-net header and FCS */
    uint32_t beats;          /* at the pins */
    uint64_t begin;          /* number of its first beat at the pins, of all that there were */
    uint64_t first_read;     /* first cycle for its first beat from the RAM, if the pins allow */
    uint64_t ready;          /* first cycle at the MAC's pins */
    bool kept;               /* it goes through the RAM of tx_csum */
    bool csum;
    uint32_t csum_start, csum_field;
    bool first, last;        /* of its packet */
    unsigned pair;
    uint16_t slot, pid;
};
/* A byte of it. */
uint8_t *model_tx_byte(struct model *model, const struct model_tx_frame *frame, uint32_t at);
/* Reads it at `frame->first_read` or later, behind those that were planned; false: tx_csum has no room for it. */
bool model_tx_plan(struct model *model, struct model_tx_frame *frame);
void model_tx_csum_complete(struct model *model, const struct model_tx_frame *frame);

/* --- tx_seg --- */
struct model_seg {
    bool active, all;        /* all: its last slot is taken */
    struct model_tx_ask ask;
    uint32_t base, length;   /* of the packet, without its virtio-net header */
    uint32_t l3, head;       /* where its network header begins, and its payload */
    uint8_t headers[MODEL_SEG_HEADERS];
    bool is_v6;
    uint16_t id;
    uint32_t seq;
    uint32_t payload, end;   /* next byte to send, and behind the last one that has come; addresses in the RAM, free running */
    uint32_t left, sent, number; /* bytes of payload; segments */
    uint64_t from;           /* first cycle for its first segment */
    unsigned pair;
    uint16_t slot, pid;
};
/* A packet that is to be segmented begins to be read at this cycle. False: its headers are not what is claimed. */
bool model_seg_begin(struct model *model, const struct model_tx_slot *slot, const struct model_tx_ask *ask, uint64_t cycle);
/* The bytes of the next segment; the number of them. */
uint32_t model_seg_make(struct model *model, uint8_t *frame);
/* Payload of the next segment. */
uint32_t model_seg_payload(const struct model_seg *seg);

struct model_net_tx {
    struct model_task gather, complete, mac, read;
    uint8_t ram[MODEL_TX_KEPT * MODEL_TX_RAM];
    struct model_tx_slot slots[MODEL_TX_SLOTS];
    uint32_t tail, used, freed; /* slots, free running: filled, complete, read */
    uint32_t rptr_before;       /* before what was freed last, which is seen from freed_from on */
    uint64_t freed_from;
    uint32_t wptr, rptr;        /* bytes reserved and freed, free running */
    bool in_chain;              /* of the queue: its chain goes on */
    bool open, in_slot, drop;   /* of net_tx: a chain has begun, a slot has, and the chain is malformed */
    struct model_buffer chain;
    struct model_pieces pieces;
    unsigned pair, last_pair;   /* of the chain at hand; served last */
    uint16_t pid[MODEL_MAX_PAIRS];
    uint64_t gather_free, complete_free, cleared;

    struct model_seg seg;
    bool reading;               /* the frame that was planned last is being read */
    bool rest;                  /* slots that follow are the rest of a packet that was dropped */
    uint64_t read_free;         /* first cycle for reading another beat */
    uint8_t own[MODEL_TX_OWN][MODEL_TX_MAX_FRAME];
    uint32_t next_own;
    struct model_tx_frame frames[MODEL_TX_PLANNED];
    uint32_t planned, send;     /* free running */
    uint64_t beats;             /* numbered so far */
    uint64_t started;           /* cycle at which frame `send` began, while sending */
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
/* Its second half: a task. */
void model_tx_read_run(struct model *model, unsigned argument, uint64_t cycle);
void model_tx_read_reset(struct model *model);
/* mac_tx: a task of it. */
void model_mac_tx_run(struct model *model, unsigned argument, uint64_t cycle);
/* When a beat leaves at the pins, or has left (0: long ago); MODEL_NEVER: its frame has not begun. */
uint64_t model_mac_tx_leaves(struct model *model, uint64_t beat);
/* The frame that is being read is no longer: its slot is free. */
void model_net_tx_free(struct model *model, uint64_t cycle);
static inline uint8_t *model_tx_ram(struct model_net_tx *tx, uint32_t at) { return &tx->ram[at % sizeof tx->ram]; }

/* Bytes of the virtio-net header, both ways ([V] 5.1.6.1). */
uint32_t model_header_bytes(const struct model *model);

#endif
