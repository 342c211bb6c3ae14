/* SPDX-License-Identifier: Apache-2.0 */
/* nic_top: the blocks together, the reset of the device ([V] 2.4), errors and interrupts. */
#include "model_device.h"

#include <assert.h>
#include <stdlib.h>

void model_trace(struct model *model, uint32_t point, uint32_t aux, uint32_t index, uint32_t queue, uint32_t pid) {
    const struct model_host *host = &model->host;
    if (!host->traced(host->ctx)) return;
    host->trace(
        host->ctx, point,
        (uint64_t)(aux & 0xFFFF) << 48 | (uint64_t)(index & 0xFFFF) << 32 | (uint64_t)(queue & 0xFFFF) << 16 | (pid & 0xFFFF));
}

void model_interrupt(struct model *model, uint32_t vector, uint16_t asker, uint64_t cycle) {
    if (asker != MODEL_CONFIG_ASKER) model->regs.isr_queue = true; /* the change set its own bit when it came */
    model_msix_request(model, vector, asker, cycle);
}

void model_irq_ask(struct model *model, unsigned source, uint64_t cycle) {
    if (cycle >= model->irq.since[source]) return;
    if (model->irq.since[source] == MODEL_NEVER) model->irq.asking++;
    model->irq.since[source] = cycle;
    model_at(model, &model->irq_task, cycle);
}

static void irq_run(struct model *model, unsigned argument, uint64_t cycle) {
    (void)argument;
    for (bool done = false; !done;) {
        const int source = model_turns_take(&model->irq, cycle);
        if (source < 0) break;
        done = (unsigned)source == model->queues;
        if (done)
            model_interrupt(model, model->regs.config_vector, MODEL_CONFIG_ASKER, cycle);
        else
            done = model_event_irq(model, (unsigned)source, cycle);
        if (done) model_turns_served(&model->irq, source);
    }
    for (unsigned i = 0; model->irq.asking && i < model->irq.count; i++)
        if (model->irq.since[i] != MODEL_NEVER)
            model_at(model, &model->irq_task, model->irq.since[i] > cycle ? model->irq.since[i] : cycle + 1);
}

void model_ring_error(struct model *model, unsigned q, uint64_t cycle) {
    if (model->ring_error[q]) return;
    model->ring_error[q] = true;
    model_count(model, STATS_RING_ERRORS, 1);
    model_regs_needs_reset(model, cycle);
    model_net_rx_update(model, cycle); /* the wire cannot wait for a reset */
}

/* What is in flight comes home, a frame that is being sent is finished; then the engines are cleared, and only then the status is 0. */
static bool is_home(const struct model *model) {
    return model_dma_rd_idle(model) && model_dma_wr_idle(model) && !model->tx.sending;
}

static void reset_run(struct model *model, unsigned argument, uint64_t cycle) {
    (void)argument;
    if (!model_stopped(model) || !is_home(model)) return; /* tried again after everything that is done */
    model_msix_clear_pending(model);
    model_turns_init(&model->irq, model->queues + 1);
    model_regs_clear(model);
    model_dma_rd_reset(model);
    model_dma_wr_reset(model);
    model_bench_reset(model);
    model_net_tx_reset(model, cycle);
    model_net_rx_reset(model);
    model_ctrl_reset(model);
    model_serial_clear(model);
    model->steer = (struct model_steer){.known = {false}};
    model_filter_reset(model, cycle);
    model->rss = (struct model_rss){.steer = false};
    for (unsigned q = 0; q < model->queues; q++) model->ring_error[q] = false;
    model_net_rx_update(model, cycle);
}

/* Everybody who waits for something outside looks again. */
static void wake_run(struct model *model, unsigned argument, uint64_t cycle) {
    (void)argument;
    model_regs_link(model, model->host.link_up(model->host.ctx), cycle);
    model_tlp_tx_kick(model, cycle);
    model_at(model, &model->tx.mac, cycle);
}

void model_wake(struct model *model, uint64_t cycle) {
    const uint64_t first = model->config.reset_cycles;
    model_at(model, &model->wake_task, cycle > first ? cycle : first);
}

static void add_tasks(struct model *model) {
    model_tlp_rx_init(model);
    model_cpl_timer_init(model);
    model_target_init(model);
    model_net_rx_init(model);
    model_net_tx_init(model);
    for (unsigned q = 0; q < model->queues; q++) model_vq_init(model, q);
    model_serial_init(model);
    model_ctrl_init(model);
    model_task_add(&model->tasks, &model->irq_task, irq_run, 0);
    /* Those that serve come behind those that ask: a request of a cycle has its turn in that cycle. A group of used descriptors is closed
     * when all that joins it in that cycle has. */
    model_dma_rd_init(model);
    model_dma_wr_init(model);
    for (unsigned q = 0; q < model->queues; q++) model_task_add(&model->tasks, &model->queue[q].used.task, model_used_run, q);
    model_tlp_tx_init(model);
    model_task_add(&model->tasks, &model->reset_task, reset_run, 0);
    model_task_add(&model->tasks, &model->wake_task, wake_run, 0);
}

struct model *model_create(const struct model_config *config, const struct model_host *host) {
    if (config->queue_pairs == 0 || config->queue_pairs > MODEL_MAX_PAIRS || config->beat_bytes == 0 || config->cycles_per_us == 0)
        return NULL;
    struct model *model = calloc(1, sizeof *model);
    if (!model) return NULL;
    model->config = *config;
    model->host = *host;
    model->pairs = config->queue_pairs;
    model->queues = 2 * config->queue_pairs + 1;
    model->vectors = model->queues + 1; /* one for each queue and one for the configuration */
    add_tasks(model);
    model_cfg_reset(model);
    model_msix_reset(model);
    model_turns_init(&model->irq, model->queues + 1);
    model_regs_init(model);
    model_dma_rd_reset(model);
    model_dma_wr_reset(model);
    model_bench_reset(model);
    model_net_tx_reset(model, config->reset_cycles);
    model_net_rx_reset(model);
    model_ctrl_reset(model);
    model_serial_clear(model);
    model_filter_reset(model, config->reset_cycles);
    model_wake(model, 0);
    return model;
}

void model_destroy(struct model *model) { free(model); }

uint64_t model_next(const struct model *model) {
    const struct model_task *first = model_task_first(&model->tasks);
    return first ? first->due : MODEL_NEVER;
}

void model_run(struct model *model, uint64_t cycle) {
    struct model_task *task;
    model->cycle = cycle;
    while ((task = model_task_first(&model->tasks)) && task->due <= cycle) {
        model_task_cancel(&model->tasks, task);
        task->run(model, task->argument, cycle);
    }
    if (model_stopped(model) && !model_cfg_bus_master(model)) {
        model_dma_rd_abandon(model, cycle);
        model_dma_wr_abandon(model);
    }
    if (model_stopped(model) && is_home(model)) model_at(model, &model->reset_task, cycle + 1);
    for (unsigned q = 0; model->queue_resets && q < model->queues; q++)
        if (model->queue[q].resetting) model_vq_progress_reset(model, q, cycle);
}
