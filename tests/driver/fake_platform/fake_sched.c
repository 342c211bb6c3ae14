/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_sched.c: simulated time, coroutine threads, events, timers and interrupts of the fake platform.
 *
 * The thread that gives up the CPU runs the scheduler on its own stack. Interrupt work borrows the stack of whoever is running, and
 * does not nest. AddressSanitizer must be told of every change of stack, or it reports frames of sleeping coroutines as poisoned.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_internal.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

static void switch_to(struct fake_platform *fake, struct platform_thread *to) {
    struct platform_thread *from = fake->current;
    if (to == from) return;
    fake->current = to;
#if defined(__SANITIZE_ADDRESS__)
    void *fake_stack = NULL;
    __sanitizer_start_switch_fiber(from->state == FAKE_DONE ? NULL : &fake_stack, to->stack_bottom, to->stack_size);
#endif
    swapcontext(&from->context, &to->context);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake_stack, NULL, NULL);
#endif
}

static void run_interrupts(struct fake_platform *fake) {
    if (fake->in_interrupt) return;
    fake->in_interrupt = true;
    for (bool again = true; again;) {
        again = false;
        for (unsigned vector = 0; vector < fake->config.vectors; vector++) {
            if (!fake->pending[vector] || !fake->isr[vector]) continue;
            fake->pending[vector] = false;
            fake->interrupts[vector]++;
            fake->isr[vector](fake->isr_arg[vector]);
            again = true;
        }
        if (!again && fake->softirq_pending && fake->softirq) {
            fake->softirq_pending = false;
            fake->softirq(fake->softirq_arg);
            again = true;
        }
    }
    fake->in_interrupt = false;
}

/* Wake threads whose deadline has come, start the device, run timer callbacks that are due. */
static void run_due(struct fake_platform *fake) {
    for (struct platform_thread *thread = fake->threads; thread; thread = thread->next) {
        if (thread->state != FAKE_WAITING || thread->deadline_ps > fake->now_ps) continue;
        thread->state = FAKE_READY;
        thread->timed_out = true;
    }
    if (fake->device.next_ps <= fake->now_ps) {
        fake->device.next_ps = UINT64_MAX;
        fake_ring_step(fake);
    }
    fake_event_run(fake);
    if (fake->in_interrupt) return;
    for (struct fake_timer **link = &fake->timers; *link;) {
        struct fake_timer *timer = *link;
        if (timer->due_ps > fake->now_ps) {
            link = &timer->next;
            continue;
        }
        *link = timer->next;
        fake->in_interrupt = true;
        timer->callback(timer->arg);
        fake->in_interrupt = false;
        free(timer);
        link = &fake->timers;
    }
}

static uint64_t next_due(const struct fake_platform *fake) {
    uint64_t due = fake_event_due(fake);
    if (fake->device.next_ps < due) due = fake->device.next_ps;
    for (const struct platform_thread *thread = fake->threads; thread; thread = thread->next)
        if (thread->state == FAKE_WAITING && thread->deadline_ps < due) due = thread->deadline_ps;
    for (const struct fake_timer *timer = fake->timers; timer; timer = timer->next)
        if (timer->due_ps < due) due = timer->due_ps;
    return due;
}

static struct platform_thread *next_ready(struct fake_platform *fake) {
    struct platform_thread *thread = fake->current;
    do {
        thread = thread->next ? thread->next : fake->threads;
        if (thread->state == FAKE_READY) return thread;
    } while (thread != fake->current);
    return NULL;
}

/* The current thread gives up the CPU; returns when it is its turn again. */
static void schedule(struct fake_platform *fake) {
    for (;;) {
        run_due(fake);
        run_interrupts(fake);
        struct platform_thread *ready = next_ready(fake);
        if (ready) {
            switch_to(fake, ready);
            return;
        }
        uint64_t due = next_due(fake);
        if (due == UINT64_MAX) {
            fprintf(stderr, "fake_platform: every thread waits and nothing will ever happen: deadlock at %llu ps\n",
                    (unsigned long long)fake->now_ps);
            abort();
        }
        if (due > fake->now_ps) fake->now_ps = due;
    }
}

void fake_pass(struct fake_platform *fake, uint64_t ps, bool yield) {
    fake->now_ps += ps;
    run_due(fake);
    run_interrupts(fake);
    if (yield && !fake->in_interrupt) schedule(fake);
}

static void thread_main(unsigned low, unsigned high) {
    struct platform_thread *thread = (struct platform_thread *)(((uintptr_t)high << 32) | low);
    struct fake_platform *fake = thread->fake;
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
    thread->entry(thread->arg);
    thread->state = FAKE_DONE;
    for (struct platform_thread *other = fake->threads; other; other = other->next)
        if (other->joined == thread) other->state = FAKE_READY;
    schedule(fake);
    abort(); /* a finished thread is never scheduled */
}

static struct platform_thread *thread_create(void *ctx, const char *name, void (*entry)(void *arg), void *arg) {
    struct fake_platform *fake = ctx;
    (void)name;
    struct platform_thread *thread = calloc(1, sizeof(*thread));
    if (!thread || !(thread->stack = malloc(FAKE_STACK))) abort();
    thread->fake = fake;
    thread->entry = entry;
    thread->arg = arg;
    thread->deadline_ps = UINT64_MAX;
    getcontext(&thread->context);
    thread->context.uc_stack.ss_sp = thread->stack_bottom = thread->stack;
    thread->context.uc_stack.ss_size = thread->stack_size = FAKE_STACK;
    /* makecontext passes ints: the pointer travels in two halves. */
    makecontext(&thread->context, (void (*)(void))thread_main, 2, (unsigned)((uintptr_t)thread & 0xFFFFFFFFu),
                (unsigned)((uintptr_t)thread >> 32));
    struct platform_thread **link = &fake->threads;
    while (*link) link = &(*link)->next;
    *link = thread;
    return thread;
}

static void must_be_thread(struct fake_platform *fake, const char *call) {
    if (fake->in_interrupt) {
        fprintf(stderr, "fake_platform: %s may block and was called in the interrupt context\n", call);
        abort();
    }
}

static void thread_join(void *ctx, struct platform_thread *thread) {
    struct fake_platform *fake = ctx;
    must_be_thread(fake, "thread_join");
    while (thread->state != FAKE_DONE) {
        fake->current->joined = thread;
        fake->current->state = FAKE_WAITING;
        schedule(fake);
        fake->current->joined = NULL;
    }
    struct platform_thread **link = &fake->threads;
    while (*link != thread) link = &(*link)->next;
    *link = thread->next;
    free(thread->stack);
    free(thread);
}

/* Wait for the event (NULL: only for the time). False when the time was up first. */
static bool wait_for(struct fake_platform *fake, struct platform_event *event, uint64_t deadline_ps) {
    struct platform_thread *self = fake->current;
    self->event = event;
    self->deadline_ps = deadline_ps;
    self->timed_out = false;
    self->state = FAKE_WAITING;
    schedule(fake);
    self->event = NULL;
    self->deadline_ps = UINT64_MAX;
    return !self->timed_out;
}

static void sleep_ns(void *ctx, uint64_t ns) {
    struct fake_platform *fake = ctx;
    must_be_thread(fake, "sleep_ns");
    wait_for(fake, NULL, fake->now_ps + ns * 1000);
}

static struct platform_event *event_create(void *ctx) {
    (void)ctx;
    struct platform_event *event = calloc(1, sizeof(*event));
    if (!event) abort();
    return event;
}

static void event_destroy(void *ctx, struct platform_event *event) {
    (void)ctx;
    free(event);
}

static void event_set(void *ctx, struct platform_event *event) {
    struct fake_platform *fake = ctx;
    event->set = true;
    for (struct platform_thread *thread = fake->threads; thread; thread = thread->next)
        if (thread->state == FAKE_WAITING && thread->event == event) thread->state = FAKE_READY;
}

static void event_reset(void *ctx, struct platform_event *event) {
    (void)ctx;
    event->set = false;
}

static bool event_wait(void *ctx, struct platform_event *event, uint64_t timeout_ns) {
    struct fake_platform *fake = ctx;
    must_be_thread(fake, "event_wait");
    if (event->set) return true;
    return wait_for(fake, event, timeout_ns ? fake->now_ps + timeout_ns * 1000 : UINT64_MAX);
}

static uint64_t timer_start(void *ctx, uint64_t ns, void (*callback)(void *arg), void *arg) {
    struct fake_platform *fake = ctx;
    struct fake_timer *timer = calloc(1, sizeof(*timer));
    if (!timer) abort();
    *timer = (struct fake_timer){++fake->timer_handles, fake->now_ps + ns * 1000, callback, arg, NULL};
    struct fake_timer **link = &fake->timers;
    while (*link && (*link)->due_ps <= timer->due_ps) link = &(*link)->next;
    timer->next = *link;
    *link = timer;
    return timer->handle;
}

static bool timer_cancel(void *ctx, uint64_t handle) {
    struct fake_platform *fake = ctx;
    for (struct fake_timer **link = &fake->timers; *link; link = &(*link)->next) {
        if ((*link)->handle != handle) continue;
        struct fake_timer *timer = *link;
        *link = timer->next;
        free(timer);
        return true;
    }
    return false;
}

static uint64_t now_ps(void *ctx) { return ((const struct fake_platform *)ctx)->now_ps; }
static bool in_interrupt(void *ctx) { return ((const struct fake_platform *)ctx)->in_interrupt; }
static unsigned interrupt_vectors(void *ctx) { return ((const struct fake_platform *)ctx)->config.vectors; }

static int interrupt_connect(void *ctx, unsigned vector, void (*isr)(void *arg), void *arg) {
    struct fake_platform *fake = ctx;
    if (vector >= fake->config.vectors || fake->isr[vector]) return -1;
    fake->isr[vector] = isr;
    fake->isr_arg[vector] = arg;
    return 0;
}

static void interrupt_disconnect(void *ctx, unsigned vector) {
    struct fake_platform *fake = ctx;
    fake->isr[vector] = NULL;
    fake->pending[vector] = false;
}

static void softirq_register(void *ctx, void (*callback)(void *arg), void *arg) {
    struct fake_platform *fake = ctx;
    fake->softirq = callback;
    fake->softirq_arg = arg;
}

static void softirq_raise(void *ctx) { ((struct fake_platform *)ctx)->softirq_pending = true; }

void fake_sched_ops(struct platform_ops *ops) {
    ops->interrupt_vectors = interrupt_vectors;
    ops->interrupt_connect = interrupt_connect;
    ops->interrupt_disconnect = interrupt_disconnect;
    ops->softirq_register = softirq_register;
    ops->softirq_raise = softirq_raise;
    ops->in_interrupt = in_interrupt;
    ops->now_ps = now_ps;
    ops->sleep_ns = sleep_ns;
    ops->event_create = event_create;
    ops->event_destroy = event_destroy;
    ops->event_set = event_set;
    ops->event_reset = event_reset;
    ops->event_wait = event_wait;
    ops->timer_start = timer_start;
    ops->timer_cancel = timer_cancel;
    ops->thread_create = thread_create;
    ops->thread_join = thread_join;
}

void fake_sched_init(struct fake_platform *fake) {
    if (fake->config.vectors > FAKE_VECTORS) fake->config.vectors = FAKE_VECTORS;
    fake->main_thread.deadline_ps = UINT64_MAX;
    fake->main_thread.fake = fake;
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes)) abort();
    pthread_attr_getstack(&attributes, &fake->main_thread.stack_bottom, &fake->main_thread.stack_size);
    pthread_attr_destroy(&attributes);
    fake->threads = fake->current = &fake->main_thread;
}

void fake_sched_free(struct fake_platform *fake) {
    while (fake->timers) timer_cancel(fake, fake->timers->handle);
    for (struct platform_thread *thread = fake->threads; thread;) {
        struct platform_thread *next = thread->next;
        if (thread != &fake->main_thread) {
            free(thread->stack);
            free(thread);
        }
        thread = next;
    }
}

void fake_platform_interrupt(struct fake_platform *fake, unsigned vector) {
    if (vector < FAKE_VECTORS) fake->pending[vector] = true;
}

unsigned fake_platform_interrupts(const struct fake_platform *fake, unsigned vector) {
    return vector < FAKE_VECTORS ? fake->interrupts[vector] : 0;
}

void fake_platform_run_for(struct fake_platform *fake, uint64_t ns) { sleep_ns(fake, ns); }

bool fake_platform_run_until(struct fake_platform *fake, bool (*done)(void *arg), void *arg, uint64_t timeout_ns) {
    enum { STEP_NS = 500 };
    uint64_t deadline = fake->now_ps + timeout_ns * 1000;
    while (!done(arg)) {
        if (fake->now_ps >= deadline) return false;
        sleep_ns(fake, STEP_NS);
    }
    return true;
}
