/* SPDX-License-Identifier: Apache-2.0 */
#include "model_task.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "model.h"

static bool before(const struct model_task *a, const struct model_task *b) {
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put(struct model_tasks *tasks, unsigned place, struct model_task *task) {
    tasks->heap[place] = task;
    task->place = place;
}

static void sift_up(struct model_tasks *tasks, struct model_task *task) {
    unsigned place = task->place;
    for (; place > 0 && before(task, tasks->heap[(place - 1) / 2]); place = (place - 1) / 2)
        put(tasks, place, tasks->heap[(place - 1) / 2]);
    put(tasks, place, task);
}

static void sift_down(struct model_tasks *tasks, struct model_task *task) {
    unsigned place = task->place;
    for (;;) {
        unsigned child = 2 * place + 1;
        if (child >= tasks->count) break;
        if (child + 1 < tasks->count && before(tasks->heap[child + 1], tasks->heap[child])) child++;
        if (!before(tasks->heap[child], task)) break;
        put(tasks, place, tasks->heap[child]);
        place = child;
    }
    put(tasks, place, task);
}

void model_task_add(struct model_tasks* tasks, struct model_task* task, void (*run)(struct model*, unsigned, uint64_t),
                    unsigned argument) {
    assert(tasks->added < MODEL_MAX_TASKS);
    *task = (struct model_task){.run = run, .argument = argument, .due = MODEL_NEVER, .order = tasks->added++};
}

void model_task_at(struct model_tasks *tasks, struct model_task *task, uint64_t cycle) {
    if (cycle >= task->due) return;
    const bool is_set = task->due != MODEL_NEVER;
    task->due = cycle;
    if (!is_set) task->place = tasks->count++;
    sift_up(tasks, task);
}

void model_task_cancel(struct model_tasks *tasks, struct model_task *task) {
    if (task->due == MODEL_NEVER) return;
    struct model_task *last = tasks->heap[--tasks->count];
    task->due = MODEL_NEVER;
    if (last == task) return;
    last->place = task->place;
    if (last->place) sift_up(tasks, last);
    sift_down(tasks, last);
}

struct model_task *model_task_first(const struct model_tasks *tasks) { return tasks->count ? tasks->heap[0] : NULL; }
