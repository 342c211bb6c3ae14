/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_platform.c: the machine's operations with the current context kept right.
 *
 * Three kinds: calls in which time passes put the context aside and back; calls that make new contexts (threads, interrupts; timers are
 * in timer.c) give them one; the rest is handed on.
 */
#include <errno.h>
#include <stdlib.h>

#include "kernel_internal.h"

#define KERNEL(ctx) (((struct kernel_slot *)(ctx))->kernel)
#define REAL(ctx) (((struct kernel_slot *)(ctx))->real)

/* ---- Time passes: nobody's context is current meanwhile. */
static uint32_t config_read(void *ctx, unsigned offset, unsigned size) {
    struct kernel_context *self = kernel_current_context();
    kernel_context_set(NULL);
    uint32_t value = REAL(ctx)->ops->config_read(REAL(ctx)->ctx, offset, size);
    kernel_context_set(self);
    return value;
}

static void config_write(void *ctx, unsigned offset, unsigned size, uint32_t value) {
    struct kernel_context *self = kernel_current_context();
    kernel_context_set(NULL);
    REAL(ctx)->ops->config_write(REAL(ctx)->ctx, offset, size, value);
    kernel_context_set(self);
}

static uint32_t mmio_read(void *ctx, unsigned bar, uint32_t offset, unsigned size) {
    struct kernel_context *self = kernel_current_context();
    kernel_context_set(NULL);
    uint32_t value = REAL(ctx)->ops->mmio_read(REAL(ctx)->ctx, bar, offset, size);
    kernel_context_set(self);
    return value;
}

static void mmio_write(void *ctx, unsigned bar, uint32_t offset, unsigned size, uint32_t value) {
    struct kernel_context *self = kernel_current_context();
    kernel_context_set(NULL);
    REAL(ctx)->ops->mmio_write(REAL(ctx)->ctx, bar, offset, size, value);
    kernel_context_set(self);
}

static void charge(void *ctx, enum platform_work work, unsigned count) {
    struct kernel_context *self = kernel_current_context();
    kernel_context_set(NULL);
    REAL(ctx)->ops->charge(REAL(ctx)->ctx, work, count);
    kernel_context_set(self);
}

static void sleep_ns(void *ctx, uint64_t ns) {
    struct kernel_context *self = kernel_current_context();
    kernel_context_set(NULL);
    REAL(ctx)->ops->sleep_ns(REAL(ctx)->ctx, ns);
    kernel_context_set(self);
}

static bool event_wait(void *ctx, struct platform_event *event, uint64_t timeout_ns) {
    struct kernel_context *self = kernel_current_context();
    kernel_context_set(NULL);
    bool set = REAL(ctx)->ops->event_wait(REAL(ctx)->ctx, event, timeout_ns);
    kernel_context_set(self);
    return set;
}

static void thread_join(void *ctx, struct platform_thread *thread) {
    struct kernel_context *self = kernel_current_context();
    kernel_context_set(NULL);
    REAL(ctx)->ops->thread_join(REAL(ctx)->ctx, thread);
    kernel_context_set(self);
}

/* ---- New contexts. */
struct kernel_thread {
    struct kernel *kernel;
    void (*entry)(void *arg);
    void *arg;
};

static void thread_main(void *arg) {
    struct kernel_thread thread = *(struct kernel_thread *)arg;
    free(arg);
    struct kernel_context context;
    struct kernel_context *previous = kernel_context_begin(&context, thread.kernel, PASSIVE_LEVEL, false);
    thread.entry(thread.arg);
    if (context.irql != PASSIVE_LEVEL)
        kernel_violation(thread.kernel, "kernel.irql", "[D] 3.9", -1, "a thread ended at IRQL %u", context.irql);
    kernel_context_end(&context, previous);
}

static struct platform_thread *thread_create(void *ctx, const char *name, void (*entry)(void *arg), void *arg) {
    struct kernel_thread *thread = malloc(sizeof(*thread));
    if (!thread) return NULL;
    *thread = (struct kernel_thread){.kernel = KERNEL(ctx), .entry = entry, .arg = arg};
    struct platform_thread *made = REAL(ctx)->ops->thread_create(REAL(ctx)->ctx, name, thread_main, thread);
    if (!made) free(thread);
    return made;
}

struct kernel_vector {
    struct kernel_slot *slot;
    unsigned vector;
    void (*isr)(void *arg);
    void *arg;
    struct kernel_vector *next;
};

static void vector_isr(void *arg) {
    struct kernel_vector *vector = arg;
    struct kernel_context context;
    struct kernel_context *previous = kernel_context_begin(&context, vector->slot->kernel, DEVICE_LEVEL, true);
    vector->slot->kernel->counts.interrupts++;
    vector->isr(vector->arg);
    kernel_context_end(&context, previous);
}

static int interrupt_connect(void *ctx, unsigned number, void (*isr)(void *arg), void *arg) {
    struct kernel *kernel = KERNEL(ctx);
    struct kernel_vector *vector = malloc(sizeof(*vector));
    if (!vector) return -ENOMEM;
    *vector = (struct kernel_vector){.slot = ctx, .vector = number, .isr = isr, .arg = arg, .next = kernel->vectors};
    int error = REAL(ctx)->ops->interrupt_connect(REAL(ctx)->ctx, number, vector_isr, vector);
    if (error) {
        free(vector);
        return error;
    }
    kernel->vectors = vector;
    return 0;
}

static void interrupt_disconnect(void *ctx, unsigned number) {
    struct kernel *kernel = KERNEL(ctx);
    REAL(ctx)->ops->interrupt_disconnect(REAL(ctx)->ctx, number);
    for (struct kernel_vector **link = &kernel->vectors; *link; link = &(*link)->next) {
        if ((*link)->slot != ctx || (*link)->vector != number) continue;
        struct kernel_vector *gone = *link;
        *link = gone->next;
        free(gone);
        return;
    }
}

void kernel_free_vectors(struct kernel *kernel) {
    while (kernel->vectors) interrupt_disconnect(kernel->vectors->slot, kernel->vectors->vector);
}

static void softirq_register(void *ctx, void (*callback)(void *arg), void *arg) {
    struct kernel *kernel = KERNEL(ctx);
    kernel->client_softirq = callback;
    kernel->client_softirq_arg = arg;
}

static void softirq_raise(void *ctx) {
    struct kernel *kernel = KERNEL(ctx);
    kernel->client_softirq_pending = true;
    REAL(ctx)->ops->softirq_raise(REAL(ctx)->ctx);
}

/* ---- Handed on. */
static void *memory_allocate(void *ctx, size_t size, size_t alignment, const char *site) {
    return REAL(ctx)->ops->memory_allocate(REAL(ctx)->ctx, size, alignment, site);
}
static void memory_free(void *ctx, void *memory) { REAL(ctx)->ops->memory_free(REAL(ctx)->ctx, memory); }
static int dma_map(void *ctx, const void *va, size_t length, enum platform_dma_direction direction, const char *owner,
                   struct platform_dma_segment *segments, unsigned max_segments) {
    return REAL(ctx)->ops->dma_map(REAL(ctx)->ctx, va, length, direction, owner, segments, max_segments);
}
static void dma_unmap(void *ctx, const struct platform_dma_segment *segments, unsigned count) {
    REAL(ctx)->ops->dma_unmap(REAL(ctx)->ctx, segments, count);
}
static void *dma_allocate_coherent(void *ctx, size_t size, size_t alignment, uint64_t highest, const char *owner, uint64_t *iova) {
    return REAL(ctx)->ops->dma_allocate_coherent(REAL(ctx)->ctx, size, alignment, highest, owner, iova);
}
static void dma_free_coherent(void *ctx, void *memory) { REAL(ctx)->ops->dma_free_coherent(REAL(ctx)->ctx, memory); }
static void read_barrier(void *ctx) { REAL(ctx)->ops->read_barrier(REAL(ctx)->ctx); }
static void write_barrier(void *ctx) { REAL(ctx)->ops->write_barrier(REAL(ctx)->ctx); }
static void full_barrier(void *ctx) { REAL(ctx)->ops->full_barrier(REAL(ctx)->ctx); }
static unsigned interrupt_vectors(void *ctx) { return REAL(ctx)->ops->interrupt_vectors(REAL(ctx)->ctx); }
static bool in_interrupt(void *ctx) { return REAL(ctx)->ops->in_interrupt(REAL(ctx)->ctx); }
static uint64_t now_ps(void *ctx) { return REAL(ctx)->ops->now_ps(REAL(ctx)->ctx); }
static struct platform_event *event_create(void *ctx) { return REAL(ctx)->ops->event_create(REAL(ctx)->ctx); }
static void event_destroy(void *ctx, struct platform_event *event) { REAL(ctx)->ops->event_destroy(REAL(ctx)->ctx, event); }
static void event_set(void *ctx, struct platform_event *event) { REAL(ctx)->ops->event_set(REAL(ctx)->ctx, event); }
static void event_reset(void *ctx, struct platform_event *event) { REAL(ctx)->ops->event_reset(REAL(ctx)->ctx, event); }
static bool trace_enabled(void *ctx, enum platform_trace_kind kind) {
    return REAL(ctx)->ops->trace_enabled(REAL(ctx)->ctx, kind);
}
static void trace(void *ctx, const struct platform_trace *event) { REAL(ctx)->ops->trace(REAL(ctx)->ctx, event); }
static void violation(void *ctx, const char *check, const char *clause, int64_t packet, const char *message) {
    REAL(ctx)->ops->violation(REAL(ctx)->ctx, check, clause, packet, message);
}

static void lost(void *ctx, const struct platform_lost *report) { REAL(ctx)->ops->lost(REAL(ctx)->ctx, report); }

void kernel_make_seam(struct kernel *kernel) {
    kernel->seam_ops = (struct platform_ops){
        .memory_allocate = memory_allocate, .memory_free = memory_free, .dma_map = dma_map, .dma_unmap = dma_unmap,
        .dma_allocate_coherent = dma_allocate_coherent, .dma_free_coherent = dma_free_coherent,
        .config_read = config_read, .config_write = config_write, .mmio_read = mmio_read, .mmio_write = mmio_write,
        .read_barrier = read_barrier, .write_barrier = write_barrier, .full_barrier = full_barrier,
        .interrupt_vectors = interrupt_vectors, .interrupt_connect = interrupt_connect,
        .interrupt_disconnect = interrupt_disconnect, .softirq_register = softirq_register, .softirq_raise = softirq_raise,
        .in_interrupt = in_interrupt, .now_ps = now_ps, .charge = charge, .sleep_ns = sleep_ns, .event_create = event_create,
        .event_destroy = event_destroy, .event_set = event_set, .event_reset = event_reset, .event_wait = event_wait,
        .timer_start = kernel_timer_start, .timer_cancel = kernel_timer_cancel, .thread_create = thread_create,
        .thread_join = thread_join, .trace_enabled = trace_enabled, .trace = trace, .violation = violation, .lost = lost,
    };
    kernel->seam = *kernel_add_slot(kernel, kernel->real);
}

struct platform *kernel_add_slot(struct kernel *kernel, const struct platform *platform) {
    if (kernel->slot_count == KERNEL_SLOTS) return NULL;
    struct kernel_slot *slot = &kernel->slots[kernel->slot_count++];
    *slot = (struct kernel_slot){kernel, platform, {&kernel->seam_ops, slot}};
    return &slot->seam;
}

unsigned kernel_slot_of(const struct platform *seam) {
    const struct kernel_slot *slot = seam->ctx;
    return (unsigned)(slot - slot->kernel->slots);
}
