/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model_task.h: what is to be done at which cycle.
 *
 * A task is one function that is called at one cycle; setting it again keeps the earlier one. Tasks of a cycle run in the order in which
 * they were added, which is fixed when the device is built, so that runs repeat exactly. A task may set itself, or any other, for the
 * cycle at hand or a later one.
 */
#ifndef RINGSIDE_MODEL_TASK_H
#define RINGSIDE_MODEL_TASK_H

#include <stdint.h>

struct model;

struct model_task {
    void (*run)(struct model *model, unsigned argument, uint64_t cycle);
    unsigned argument; /* a queue, for tasks that every queue has */
    uint64_t due;      /* MODEL_NEVER: not set */
    unsigned order, place;
};

enum { MODEL_MAX_TASKS = 160 };

/* A binary heap by due cycle, then order. */
struct model_tasks {
    struct model_task *heap[MODEL_MAX_TASKS];
    unsigned count, added;
};

void model_task_add(struct model_tasks *tasks, struct model_task *task, void (*run)(struct model *, unsigned, uint64_t), unsigned argument);
/* No later than at this cycle. MODEL_NEVER: nothing. */
void model_task_at(struct model_tasks *tasks, struct model_task *task, uint64_t cycle);
void model_task_cancel(struct model_tasks *tasks, struct model_task *task);
/* The task that is due first, or NULL. */
struct model_task *model_task_first(const struct model_tasks *tasks);

#endif
