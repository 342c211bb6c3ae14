/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model_dma.h: rtl/dma: reads and writes of host memory, and the benchmark of both.
 *
 * Clients ask for a turn (model_rd_ask, model_wr_ask) and are asked back, when it is theirs, for what they want (their *_grant function):
 * one in each cycle, round robin.
 */
#ifndef RINGSIDE_MODEL_DMA_H
#define RINGSIDE_MODEL_DMA_H

#include "model.h"
#include "model_task.h"
#include "regmap.h"

enum model_rd_client { MODEL_RD_TX, MODEL_RD_DESC, MODEL_RD_EVENT, MODEL_RD_BENCH, MODEL_RD_CTRL, MODEL_RD_TABLE };
enum model_wr_client { MODEL_WR_RX, MODEL_WR_USED, MODEL_WR_IMM, MODEL_WR_BENCH, MODEL_WR_MARK };
enum {
    MODEL_QUEUES = 2 * MODEL_MAX_PAIRS + 1,
    MODEL_RD_SOURCES = 3 * MODEL_QUEUES + 3, /* of each queue descriptors, events, tables; then net_tx, ctrl, dma_bench */
    MODEL_WR_SOURCES = MODEL_QUEUES + 4,     /* of each queue used descriptors; then net_rx, msix, ctrl, dma_bench */
    MODEL_TAGS = 256,
    MODEL_WR_DEPTH = 8,
    MODEL_MAX_PAYLOAD = 512
};
enum { MODEL_RD_OF_QUEUE_DESC, MODEL_RD_OF_QUEUE_EVENT, MODEL_RD_OF_QUEUE_TABLE };

/* Requests of sources, served in turn. */
struct model_turns {
    uint64_t since[MODEL_RD_SOURCES]; /* by source: asks from this cycle on; MODEL_NEVER: does not */
    unsigned count, asking, last;
};
void model_turns_init(struct model_turns *turns, unsigned count);
/* The source whose turn it is at this cycle, or -1. It does not ask any more; who is then served says so. */
int model_turns_take(struct model_turns *turns, uint64_t cycle);
void model_turns_served(struct model_turns *turns, int source);

/* --- dma_rd --- */
struct model_read {
    uint64_t addr;
    uint32_t len;
    enum model_rd_client client;
    unsigned queue, index; /* the client's: a chunk, a table, a frame slot */
    uint32_t dst;          /* byte in the client's memory */
};
struct model_tag {
    struct model_read read;      /* dst: behind the last byte */
    uint32_t bytes, rest;        /* of the request; of them still to come */
    uint32_t end;                /* lowest 7 bits of the address behind its last byte */
    bool poisoned;               /* some of it was */
    bool busy, lost;             /* it is in flight; it was given up, and its completion has not come */
    bool old, late;              /* in flight at the last tick; to be given up */
};
/* dma_tags: tags that were never used come first, then those that came back. */
struct model_tags {
    struct model_tag tag[MODEL_TAGS];
    uint8_t free[MODEL_TAGS];
    unsigned free_head, free_count, fresh, in_flight;
    bool extended;
};
struct model_dma_rd {
    struct model_task task, late; /* late: what is to be given up is, one read a cycle */
    struct model_turns turns;
    bool cur_valid;
    uint64_t cur_since;
    uint32_t mrrs;                /* as it was when the request came: its client counts on that */
    struct model_read cur;
    struct { uint32_t hdr[4]; uint64_t since; } out[2];
    unsigned out_head, out_count;
    struct model_tags tags;
};
void model_dma_rd_init(struct model *model);
void model_dma_rd_reset(struct model *model);
void model_rd_ask(struct model *model, unsigned source, uint64_t cycle);
unsigned model_rd_source_tx(const struct model *model);
unsigned model_rd_source_ctrl(const struct model *model);
unsigned model_rd_source_bench(const struct model *model);
/* tlp_tx took the oldest request. */
void model_dma_rd_sent(struct model *model, uint64_t cycle);
/* A completion whose last beat is at this cycle. */
void model_dma_rd_completion(struct model *model, const struct model_tlp *tlp, uint64_t cycle);
/* A period of the completion timeout ends. */
void model_dma_rd_tick(struct model *model, uint64_t cycle);
/* What cannot be sent for want of bus master enable never will be: it is forgotten. */
void model_dma_rd_abandon(struct model *model, uint64_t cycle);
bool model_dma_rd_idle(const struct model *model);

/* A tag for a read, or -1: none now. */
int model_tags_take(struct model *model);
/* Every tag is lost, and none will come back by itself. */
bool model_tags_none(struct model *model);
/* The last completion of a tag that is busy or lost came. */
void model_tags_end(struct model *model, unsigned number);
/* Those that were in flight at the last tick, and still are, are late; the lowest of them, or -1; it is given up. */
void model_tags_tick(struct model *model);
int model_tags_late(const struct model *model);
void model_tags_give_up(struct model *model, unsigned number);
/* A reset of the device: nothing is in flight. What is lost stays so, for it may still come. */
void model_tags_reset(struct model *model);

/* --- dma_wr --- */
struct model_write {
    uint64_t addr;
    uint32_t len; /* 0: no TLP, only its turn */
    enum model_wr_client client;
    unsigned queue;
    const uint8_t *src; /* WR_USED: the bytes, which stay until the command is done. WR_RX: the frame */
    uint32_t pos;       /* WR_RX: offset in the packet, header included */
    bool last;          /* WR_RX: the frame is through with it */
    void *frame;        /* WR_RX: its handle */
    uint8_t header[VIRTIO_NET_HDR_HASH_SIZE];
    uint32_t header_bytes; /* WR_RX: of the virtio-net header, which is in front of the frame */
    uint32_t words;     /* WR_RX, last: of the RAM, given back */
    uint32_t imm;
    uint64_t since;     /* set by dma_wr */
};
struct model_dma_wr {
    struct model_task task;
    struct model_turns turns;
    struct model_write commands[MODEL_WR_DEPTH + 3]; /* that wait, and those whose data is in the stages behind */
    unsigned head, count;
    uint32_t done;         /* bytes of the oldest command that are in TLPs */
    uint64_t left_from;    /* first cycle at which the queue has the oldest command's place: its last beats are in the stages behind */
    bool offered;          /* a TLP for tlp_tx is ready: */
    uint64_t offer_since;
    uint64_t free;         /* first cycle for the next one */
    uint32_t hdr[4], bytes, chunk;
    uint8_t payload[MODEL_MAX_PAYLOAD + 8];
};
void model_dma_wr_init(struct model *model);
void model_dma_wr_reset(struct model *model);
void model_wr_ask(struct model *model, unsigned source, uint64_t cycle);
unsigned model_wr_source_rx(const struct model *model);
unsigned model_wr_source_msix(const struct model *model);
unsigned model_wr_source_ctrl(const struct model *model);
unsigned model_wr_source_bench(const struct model *model);
/* The first beat of the TLP that was offered leaves, of so many. */
void model_dma_wr_begun(struct model *model, uint32_t beats, uint64_t cycle);
/* The last beat of the TLP that was offered has left. */
void model_dma_wr_sent(struct model *model, uint64_t cycle);
/* What was not begun for want of bus master enable never will be: it is forgotten. */
void model_dma_wr_abandon(struct model *model);
bool model_dma_wr_idle(const struct model *model);

/* Both engines: byte enables and the rest of a request's header, [P] 2.2.5, 2.2.7. */
void model_request_header(uint32_t hdr[4], uint32_t type32, uint32_t requester, uint32_t tag, uint64_t addr, uint32_t bytes);
/* The bytes of a request that go into one TLP: all when they fit `most` and cross no 4 KiB boundary, else up to a boundary of `most`. */
uint32_t model_cut(uint64_t addr, uint32_t bytes, uint32_t most);

/* --- dma_bench --- */
struct model_bench {
    uint32_t size, count, stride, window;
    uint64_t base;
    struct {
        bool busy;
        uint32_t left, in_window;
        uint64_t addr, pending; /* bytes of reads, commands of writes */
        uint64_t begin;
        uint32_t cycles;        /* when it is over */
    } rd, wr;
};
void model_bench_reset(struct model *model);
uint32_t model_bench_read(const struct model *model, uint32_t offset, uint64_t cycle);
void model_bench_write(struct model *model, uint32_t offset, uint32_t value, uint64_t cycle);
bool model_bench_rd_grant(struct model *model, struct model_read *read, uint64_t cycle);
bool model_bench_wr_grant(struct model *model, struct model_write *write, uint64_t cycle);
void model_bench_rd_done(struct model *model, uint32_t bytes, uint64_t cycle);
void model_bench_wr_done(struct model *model, uint64_t cycle);

#endif
