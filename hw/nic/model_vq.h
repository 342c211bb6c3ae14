/* SPDX-License-Identifier: Apache-2.0 */
/* model_vq.h: rtl/virtio: registers, packed virtqueues, the control queue. */
#ifndef RINGSIDE_MODEL_VQ_H
#define RINGSIDE_MODEL_VQ_H

#include "model_dma.h"
#include "regmap.h"

enum { MODEL_CHUNKS = 8, MODEL_CHUNK_SLOTS = 32, MODEL_CACHE = 128, MODEL_OUT = 8, MODEL_TABLES = 8, MODEL_WAITING = MODEL_TABLES + 8,
       MODEL_TABLE_BYTES = 256, MODEL_GROUPS = 4, MODEL_GROUP_BYTES = 256, MODEL_MAX_QUEUE_SIZE = 1024, MODEL_CONFIG_ASKER = 0xFFFF };

/* A position in a ring. */
struct model_pos {
    uint16_t slot;
    bool wrap;
};

/* An element of a chain, on its way to net_tx, net_rx or ctrl. */
struct model_element {
    uint64_t addr;
    uint32_t len;
    uint16_t id, slot;
    bool next, write, indirect, wrap;
    uint64_t ready; /* first cycle at which it is shown */
};

/* --- vq_avail --- */
struct model_chunk {
    uint32_t slots;
    bool proven, done;
    uint64_t since; /* done: first cycle at which it may be parsed */
    uint8_t bytes[MODEL_CHUNK_SLOTS * VIRTQ_DESC_SIZE];
};
struct model_avail {
    struct model_task task;
    bool poll, kick, blocked, is_void, error, trust, in_chain;
    bool bell, bell_has_data; /* a doorbell is in its register, which is looked at from bell_from on */
    uint32_t bell_data;
    uint64_t bell_from;
    struct model_pos fetch, parse, target;
    uint32_t chain_len, held, flight;
    struct model_chunk chunks[MODEL_CHUNKS];
    unsigned chunk_head, chunk_count, head_used;
    uint64_t parsed;    /* cycle of the last slot that was parsed */
    uint64_t room_from; /* cycle from which the room for the next read is there */
    uint64_t void_from; /* void: it may end from this cycle on */
    struct model_element out[MODEL_OUT];
    unsigned out_head, out_count;
};

/* --- vq_indirect --- */
struct model_waiting {
    struct model_element element;
    unsigned table;
};
struct model_table {
    bool taken, waiting;
    uint32_t left;  /* bytes still to come */
    uint64_t since; /* first cycle at which what came may be handed out */
    uint8_t bytes[MODEL_TABLE_BYTES];
};
struct model_indirect {
    struct model_waiting queue[MODEL_WAITING];
    unsigned head, count, next;
    struct model_table tables[MODEL_TABLES];
    uint32_t element, asked; /* of the table that is handed out: elements handed out, elements asked for (0: the first 16) */
    bool shown_valid, error;
    struct model_element shown;
    uint64_t free;           /* cycle from which the next element may be read */
    bool ask_first, ask_more;
};

/* --- vq_used --- */
struct model_buffer {
    uint16_t slot, slots, id, pid;
    bool wrap, write;
    uint32_t len;
};
struct model_moved {
    uint32_t slots, packets;
    struct model_pos next;
};
struct model_used {
    struct model_task task;
    bool open, flush, refused; /* refused: a buffer waits that does not join the group */
    uint32_t count, packets, slots;
    struct model_buffer first, last;
    struct model_pos next;
    uint64_t opened, taken; /* cycles of the first buffer of the group and of the last */
    unsigned group, oldest, flight;
    uint8_t ram[MODEL_GROUPS][MODEL_GROUP_BYTES];
    struct model_moved moved[MODEL_GROUPS];
};

/* --- vq_event --- */
struct model_event {
    struct model_task task;
    enum { MODEL_EVENT_IDLE, MODEL_EVENT_ASK, MODEL_EVENT_WAIT, MODEL_EVENT_NOTIFY } state;
    bool pending, error;
    uint64_t first;
    uint32_t packets, slots, eval_slots;
    struct model_pos next, eval_next;
    uint8_t word[4];
};

/* --- vq_serial --- */
struct model_serial {
    struct model_task task;
    enum { MODEL_SERIAL_SLEEP, MODEL_SERIAL_ASK, MODEL_SERIAL_WAIT, MODEL_SERIAL_JUDGE, MODEL_SERIAL_SHOW, MODEL_SERIAL_USE,
           MODEL_SERIAL_WRITE, MODEL_SERIAL_HOME } state;
    bool kick, in_chain, in_table, error, more;
    struct model_pos pos;
    uint32_t count, left;
    uint64_t table;
    uint8_t desc[VIRTQ_DESC_SIZE], used[8];
    struct model_element shown;
    struct model_buffer buffer;
};

struct model_queue {
    /* registers */
    uint16_t size, vector;
    uint64_t desc, driver, device;
    bool enabled, resetting;
    /* state */
    bool running; /* enabled and the driver is ready */
    bool in_chain;
    uint32_t begun;
    enum { MODEL_RESET_RUN, MODEL_RESET_MARK, MODEL_RESET_HOME, MODEL_RESET_OVER } reset_state;
    struct model_avail avail;
    struct model_indirect indirect;
    struct model_used used;
    struct model_event event;
};

/* --- vq: of queue q --- */
void model_vq_init(struct model *model, unsigned q);
/* The queue starts, or has stopped: all of its state is as after reset. */
void model_vq_clear(struct model *model, unsigned q);
void model_vq_start(struct model *model, unsigned q, uint64_t cycle);
bool model_is_ctrl(const struct model *model, unsigned q);
bool model_is_tx(const struct model *model, unsigned q);
/* Would so many bytes from here on go on at address 0? */
bool model_goes_beyond(uint64_t addr, uint32_t bytes);
bool model_vq_open(const struct model *model, unsigned q);
void model_vq_doorbell(struct model *model, unsigned q, bool has_data, uint32_t data, uint64_t cycle);
/* The element that is shown, now or (see ready) later; NULL: none is here. */
const struct model_element *model_vq_head(struct model *model, unsigned q, uint64_t cycle);
void model_vq_take(struct model *model, unsigned q, uint64_t cycle);
/* What was handed out from this position on comes back: whole chains, and perhaps one that was begun. */
void model_vq_rewind(struct model *model, unsigned q, struct model_pos pos, uint32_t chains, uint64_t cycle);
bool model_vq_starved(struct model *model, unsigned q);
bool model_vq_error(const struct model *model, unsigned q);
/* A chain was used; false: not now, the consumer is woken when it may be. */
bool model_vq_use(struct model *model, unsigned q, const struct model_buffer *buffer, uint64_t cycle);
bool model_vq_rd_grant(struct model *model, unsigned q, unsigned part, struct model_read *read, uint64_t cycle);
bool model_vq_wr_grant(struct model *model, unsigned q, struct model_write *write, uint64_t cycle);
void model_vq_rd_done(struct model *model, const struct model_read *read, uint32_t bytes, bool error, uint64_t cycle);
void model_vq_wr_done(struct model *model, const struct model_write *write, uint64_t cycle);
void model_vq_progress_reset(struct model *model, unsigned q, uint64_t cycle);
/* Something is to be had from this queue from this cycle on. */
void model_vq_wake_consumer(struct model *model, unsigned q, uint64_t cycle);

/* --- its parts --- */
void model_avail_clear(struct model *model, unsigned q);
void model_avail_run(struct model *model, unsigned q, uint64_t cycle);
void model_avail_doorbell(struct model *model, unsigned q, bool has_data, uint32_t data, uint64_t cycle);
bool model_avail_grant(struct model *model, unsigned q, struct model_read *read, uint64_t cycle);
void model_avail_done(struct model *model, const struct model_read *read, bool error, uint64_t cycle);
void model_avail_pop(struct model *model, unsigned q, uint64_t cycle);
void model_avail_rewind(struct model *model, unsigned q, struct model_pos pos, uint64_t cycle);
bool model_avail_starved(struct model *model, unsigned q);
bool model_avail_idle(struct model *model, unsigned q);
const struct model_element *model_avail_head(const struct model *model, unsigned q);

void model_indirect_clear(struct model *model, unsigned q);
const struct model_element *model_indirect_head(struct model *model, unsigned q, uint64_t cycle);
/* The same, and nothing is asked for: false if there is none yet. */
bool model_indirect_peek(const struct model *model, unsigned q, struct model_element *element);
void model_indirect_take(struct model *model, unsigned q, uint64_t cycle);
void model_indirect_flush(struct model *model, unsigned q);
bool model_indirect_grant(struct model *model, unsigned q, struct model_read *read, uint64_t cycle);
void model_indirect_done(struct model *model, const struct model_read *read, uint32_t bytes, bool error, uint64_t cycle);
bool model_indirect_idle(const struct model *model, unsigned q);

void model_used_clear(struct model *model, unsigned q);
void model_used_run(struct model *model, unsigned q, uint64_t cycle);
bool model_used_take(struct model *model, unsigned q, const struct model_buffer *buffer, uint64_t cycle);
bool model_used_grant(struct model *model, unsigned q, struct model_write *write, uint64_t cycle);
void model_used_done(struct model *model, unsigned q, uint64_t cycle);
bool model_used_idle(const struct model *model, unsigned q);
void model_used_descriptor(uint8_t *to, const struct model_buffer *buffer); /* bytes 8 to 15 of a used descriptor */

void model_event_clear(struct model *model, unsigned q);
void model_event_run(struct model *model, unsigned q, uint64_t cycle);
void model_event_used(struct model *model, unsigned q, const struct model_moved *moved, uint64_t cycle);
bool model_event_grant(struct model *model, unsigned q, struct model_read *read, uint64_t cycle);
void model_event_done(struct model *model, unsigned q, bool error, uint64_t cycle);
/* It is its turn to ask for an interrupt; false: it does not want one any more. */
bool model_event_irq(struct model *model, unsigned q, uint64_t cycle);
void model_event_moderation_changed(struct model *model, unsigned q, uint64_t cycle);

void model_serial_init(struct model *model);
void model_serial_clear(struct model *model);
void model_serial_run(struct model *model, unsigned q, uint64_t cycle);
bool model_serial_grant(struct model *model, unsigned part, struct model_read *read, uint64_t cycle);
void model_serial_done(struct model *model, bool error, uint64_t cycle);
void model_serial_take(struct model *model, uint64_t cycle);
bool model_serial_use(struct model *model, const struct model_buffer *buffer, uint64_t cycle);
bool model_serial_wr_grant(struct model *model, struct model_write *write, uint64_t cycle);
void model_serial_wr_done(struct model *model, uint64_t cycle);
bool model_serial_drained(const struct model *model);

/* Positions. */
struct model_pos model_pos_after(struct model_pos pos, uint32_t slots, uint32_t size);

/* --- ctrl --- */
struct model_limits {
    uint32_t packets, usecs;
};
struct model_ctrl {
    struct model_task task;
    enum { MODEL_CTRL_GATHER, MODEL_CTRL_ARRIVE, MODEL_CTRL_EXECUTE, MODEL_CTRL_CARRY, MODEL_CTRL_REPLY, MODEL_CTRL_DONE } state;
    uint64_t carried; /* MODEL_CTRL_CARRY: the cycle in which the command has been carried out */
    uint8_t command[512], reply[9];
    uint32_t length, asked, arrived, reply_len, replied, piece; /* piece: bytes of this element that are done */
    bool failed, in_chain, error;
    bool acknowledged; /* the command was carried out */
    bool has_room;     /* a writable element has come */
    struct model_buffer buffer;
    uint32_t pairs;
    bool guest_csum; /* checksums are to be verified */
    struct model_limits limits[MODEL_QUEUES], all[2]; /* all: of the receive queues, of the transmit queues */
};
void model_ctrl_init(struct model *model);
void model_ctrl_reset(struct model *model);   /* of the device */
void model_ctrl_restart(struct model *model); /* of its queue */
void model_ctrl_queue_reset(struct model *model, unsigned q);
void model_ctrl_wake(struct model *model, uint64_t cycle);
bool model_ctrl_rd_grant(struct model *model, struct model_read *read, uint64_t cycle);
bool model_ctrl_wr_grant(struct model *model, struct model_write *write, uint64_t cycle);
void model_ctrl_rd_done(struct model *model, uint32_t bytes, bool error, uint64_t cycle);
/* The data of the command at hand, behind class and command, and how many bytes it has. */
static inline const uint8_t *model_ctrl_data(const struct model_ctrl *ctrl) { return ctrl->command + VIRTIO_CTRL_HEADER_BYTES; }
static inline uint32_t model_ctrl_bytes(const struct model_ctrl *ctrl) { return ctrl->length - VIRTIO_CTRL_HEADER_BYTES; }
/* Class NOTF_COAL: carries the command at hand out, and puts what it asks for into the reply. False: it is refused. */
bool model_ctrl_coal(struct model *model, uint64_t cycle);
/* Limits of a queue as the counters see them. */
uint32_t model_ctrl_packets(const struct model *model, unsigned q);
uint64_t model_ctrl_cycles(const struct model *model, unsigned q);

/* --- ctrl_net, ctrl_rss, ctrl_mac: commands of reception. First how long the command at hand takes, in cycles (0: none), then, when that
 * has passed, it is carried out; false: it is refused, and nothing was changed. --- */
bool model_ctrl_net_is_mine(const struct model *model);
uint64_t model_ctrl_net_cycles(struct model *model, uint64_t cycle);
bool model_ctrl_net(struct model *model);
uint64_t model_ctrl_rss_cycles(const struct model *model);
bool model_ctrl_rss(struct model *model);
uint64_t model_ctrl_mac_cycles(const struct model *model);
bool model_ctrl_mac(struct model *model);

/* --- virtio_regs --- */
struct model_regs {
    uint32_t device_select, driver_select;
    uint64_t features;
    uint16_t config_vector, queue_select;
    uint8_t status, generation;
    bool reset_requested, link, changed, isr_queue, isr_config;
    bool live; /* the driver set DRIVER_OK; only a reset ends that, whatever it writes ([V] 2.1.1) */
};
void model_regs_init(struct model *model);
void model_regs_clear(struct model *model); /* the end of a device reset */
uint32_t model_regs_read(struct model *model, uint32_t offset, unsigned enables, uint64_t cycle);
void model_regs_write(struct model *model, uint32_t offset, unsigned enables, uint32_t value, uint64_t cycle);
uint32_t model_queue_regs_read(const struct model *model, uint32_t offset);
void model_queue_regs_write(struct model *model, uint32_t offset, unsigned enables, uint32_t value, uint64_t cycle);
bool model_driver_ok(const struct model *model);
bool model_has(const struct model *model, unsigned feature_bit);
void model_regs_request_reset(struct model *model, uint64_t cycle);
void model_regs_needs_reset(struct model *model, uint64_t cycle);
void model_regs_link(struct model *model, bool up, uint64_t cycle);
void model_regs_mac_set(struct model *model, uint64_t mac);
/* The queue that the driver means by this number, [V] 5.1.2. */
uint32_t model_physical_queue(const struct model *model, uint32_t number);

#endif
