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
    struct model_read read; /* dst: behind the last byte */
    uint32_t bytes;
    bool busy;
};
struct model_dma_rd {
    struct model_task task;
    struct model_turns turns;
    bool cur_valid;
    uint64_t cur_since;
    struct model_read cur;
    struct { uint32_t hdr[4]; uint64_t since; } out[2];
    unsigned out_head, out_count;
    struct model_tag tags[MODEL_TAGS];
    uint8_t free_tags[MODEL_TAGS];
    unsigned free_head, free_count, fresh, in_flight;
    bool extended;
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
bool model_dma_rd_idle(const struct model *model);

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
