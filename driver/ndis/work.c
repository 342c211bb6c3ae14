/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work.c: threads for what must not run where it was asked for: requests made at DISPATCH_LEVEL, restarts asked for by a filter.
 *
 * A thread is made when there is work and none is free, so that work which waits for other work is no deadlock.
 */
#include <stdlib.h>

#include "ndis_internal.h"

enum { MOST_WORKERS = 16 };

struct work {
    struct work *next;
    void (*function)(void *arg);
    void *arg;
};

struct ndis_workers {
    struct ndis *ndis;
    struct work *first, **last;
    struct platform_event *wake;
    struct platform_thread *threads[MOST_WORKERS];
    unsigned count, idle, queued;
    bool stopping;
};

static void run_one(struct ndis_workers *workers) {
    struct work *work = workers->first;
    workers->first = work->next;
    if (!workers->first) workers->last = &workers->first;
    workers->queued--;
    work->function(work->arg);
    free(work);
}

static void worker(void *arg) {
    struct ndis_workers *workers = arg;
    const struct platform *platform = workers->ndis->platform;
    while (workers->first || !workers->stopping) {
        if (workers->first) {
            run_one(workers);
            continue;
        }
        workers->idle++;
        platform->ops->event_reset(platform->ctx, workers->wake);
        (void)platform->ops->event_wait(platform->ctx, workers->wake, 0);
        workers->idle--;
    }
}

static struct ndis_workers *workers_of(struct ndis *ndis) {
    if (ndis->workers) return ndis->workers;
    struct ndis_workers *workers = calloc(1, sizeof(*workers));
    if (!workers) return NULL;
    workers->ndis = ndis;
    workers->last = &workers->first;
    workers->wake = ndis->platform->ops->event_create(ndis->platform->ctx);
    if (!workers->wake) {
        free(workers);
        return NULL;
    }
    return ndis->workers = workers;
}

bool ndis_queue_work(struct ndis *ndis, void (*function)(void *arg), void *arg) {
    struct ndis_workers *workers = workers_of(ndis);
    struct work *work = workers ? malloc(sizeof(*work)) : NULL;
    if (!work) return false;
    *work = (struct work){.function = function, .arg = arg};
    *workers->last = work;
    workers->last = &work->next;
    workers->queued++;
    const struct platform *platform = ndis->platform;
    if (workers->queued > workers->idle && workers->count < MOST_WORKERS) {
        struct platform_thread *thread = platform->ops->thread_create(platform->ctx, "ndis worker", worker, workers);
        if (thread) workers->threads[workers->count++] = thread;
    }
    platform->ops->event_set(platform->ctx, workers->wake);
    return workers->count > 0;
}

void ndis_stop_workers(struct ndis *ndis) {
    struct ndis_workers *workers = ndis->workers;
    if (!workers) return;
    workers->stopping = true;
    ndis->platform->ops->event_set(ndis->platform->ctx, workers->wake);
    for (unsigned i = 0; i < workers->count; i++) ndis->platform->ops->thread_join(ndis->platform->ctx, workers->threads[i]);
    ndis->platform->ops->event_destroy(ndis->platform->ctx, workers->wake);
    ndis->workers = NULL;
    free(workers);
}
