/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpl_timer: the period of the completion timeout ([P] 2.8, 7.5.3.16).
 *
 * A read that sees two ticks has waited one period at least and two at most. Nothing is counted while nothing is in flight.
 */
#include "model_device.h"

static uint64_t period(const struct model *model) {
    const uint64_t us = model->config.cycles_per_us;
    switch (model->cfg.devctl2 >> PCI_EXP_DEVCTL2_TIMEOUT_LSB & ((1u << PCI_EXP_DEVCTL2_TIMEOUT_WIDTH) - 1)) {
    case 1: return 50 * us;    /* 50 to 100 us */
    case 2: return 4096 * us;  /* 4.1 to 8.2 ms, of 1 to 10 ms */
    default: return 16384 * us;
    }
}

static bool is_off(const struct model *model) { return model->cfg.devctl2 >> PCI_EXP_DEVCTL2_TIMEOUT_DISABLE_BIT & 1; }

static uint64_t due(const struct model *model) { return model->timer.from + period(model) - 1; }

static void run(struct model *model, unsigned argument, uint64_t cycle) {
    (void)argument;
    if (model_dma_rd_idle(model) || is_off(model)) return;
    if (cycle >= due(model)) {
        model->timer.from = cycle + 1;
        model_dma_rd_tick(model, cycle);
    }
    model_at(model, &model->timer.task, due(model));
}

void model_cpl_timer_changed(struct model *model, uint64_t cycle) {
    if (!model_dma_rd_idle(model) && !is_off(model)) model_at(model, &model->timer.task, due(model) > cycle ? due(model) : cycle);
}

void model_cpl_timer_wait(struct model *model, uint64_t cycle) {
    if (cycle > model->timer.rest) model->timer.from = cycle;
    model->timer.rest = MODEL_NEVER;
    model_cpl_timer_changed(model, cycle);
}

/* Nobody is woken for a tick that nobody waits for. */
void model_cpl_timer_rest(struct model *model, uint64_t cycle) {
    model->timer.rest = cycle;
    model_task_cancel(&model->tasks, &model->timer.task);
}

void model_cpl_timer_init(struct model *model) {
    model_task_add(&model->tasks, &model->timer.task, run, 0);
    model->timer.rest = 0;
}
