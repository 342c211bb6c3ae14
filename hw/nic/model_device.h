/* SPDX-License-Identifier: Apache-2.0 */
/* model_device.h: rtl/nic_top.sv: all blocks of the device, and what they share. */
#ifndef RINGSIDE_MODEL_DEVICE_H
#define RINGSIDE_MODEL_DEVICE_H

#include "model_net.h"
#include "model_pcie.h"

struct model {
    struct model_config config;
    struct model_host host;
    unsigned pairs, queues, vectors;
    struct model_tasks tasks;
    uint64_t cycle; /* that is being done */

    struct model_tlp_rx tlp_rx;
    struct model_tlp_tx tlp_tx;
    struct model_target target;
    struct model_cfg cfg;
    struct model_cpl_timer timer;
    struct model_msix msix;
    struct model_stats stats;
    struct model_regs regs;
    struct model_queue queue[MODEL_QUEUES];
    struct model_serial serial;
    struct model_ctrl ctrl;
    struct model_dma_rd rd;
    struct model_dma_wr wr;
    struct model_bench bench;
    struct model_net_tx tx;
    struct model_net_rx rx;
    struct model_steer steer;
    struct model_filter filter;
    struct model_rss rss;

    struct model_turns irq;
    struct model_task irq_task;
    struct model_task reset_task; /* the cycle in which a device reset ends */
    struct model_task wake_task;
    unsigned queue_resets;        /* queues that are being reset */
    bool ring_error[MODEL_QUEUES];
};

/* The driver was heard to reset the device: nothing new is begun. */
static inline bool model_stopped(const struct model *model) { return model->regs.reset_requested; }

static inline void model_at(struct model *model, struct model_task *task, uint64_t cycle) { model_task_at(&model->tasks, task, cycle); }

/* Report a trace point, if anybody looks. */
void model_trace(struct model *model, uint32_t point, uint32_t aux, uint32_t index, uint32_t queue, uint32_t pid);
/* This queue asks for an interrupt; the number of queues: the configuration does. One has its turn in each cycle. */
void model_irq_ask(struct model *model, unsigned source, uint64_t cycle);
/* An interrupt of this queue (MODEL_CONFIG_ASKER: of the configuration) is due. */
void model_interrupt(struct model *model, uint32_t vector, uint16_t asker, uint64_t cycle);
/* A ring error of this queue was found: it has stopped, and the driver is told once. */
void model_ring_error(struct model *model, unsigned q, uint64_t cycle);

/* Little-endian numbers in memory. */
static inline uint16_t model_le16(const uint8_t *bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }
static inline uint32_t model_le32(const uint8_t *bytes) { return model_le16(bytes) | (uint32_t)model_le16(bytes + 2) << 16; }
static inline uint64_t model_le64(const uint8_t *bytes) { return model_le32(bytes) | (uint64_t)model_le32(bytes + 4) << 32; }
static inline void model_put_le(uint8_t *bytes, uint64_t value, unsigned count) {
    for (unsigned i = 0; i < count; i++) bytes[i] = (uint8_t)(value >> 8 * i);
}

#endif
