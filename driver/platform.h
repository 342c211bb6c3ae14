/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform.h: the seam between the driver and whatever machine it runs on.
 *
 * Everything that a driver reaches outside its own code goes through these calls: register access, memory, DMA mappings, barriers,
 * interrupts, time, threads, and reports. The simulator implements them over hw/ (sim/platform/); the driver's unit tests implement
 * them in a few hundred lines of C (tests/driver/fake_platform). No global state: a `struct platform` is one machine with one NIC;
 * a further NIC of it is a platform with registers, configuration space and interrupts of its own, and the same in all else.
 *
 * Contexts. Code runs either in a thread (platform_thread) or in the interrupt context (one a CPU). A context is never preempted
 * between two platform calls: only the calls marked (blocks) or (charges) let simulated time pass and other contexts run.
 */
#ifndef RINGSIDE_PLATFORM_H
#define RINGSIDE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum platform_dma_direction { PLATFORM_DMA_TO_DEVICE = 1, PLATFORM_DMA_FROM_DEVICE = 2, PLATFORM_DMA_BOTH = 3 };

/* One run of memory that is contiguous on the bus. */
struct platform_dma_segment {
    uint64_t iova;    /* bus address, as a descriptor carries it */
    uint32_t length;  /* bytes */
};

struct platform_event;   /* manual-reset event */
struct platform_thread;
struct platform_lost;    /* platform_lost.h */

/* Event kinds that a driver reports; the meaning of the arguments is that of hw/event/event.h. */
enum platform_trace_kind {
    PLATFORM_TRACE_FUNCTION_ENTER, PLATFORM_TRACE_FUNCTION_EXIT,
    PLATFORM_TRACE_NBL_SENT, PLATFORM_TRACE_NBL_COMPLETED, PLATFORM_TRACE_NBL_INDICATED, PLATFORM_TRACE_NBL_RETURNED,
    PLATFORM_TRACE_RING_POST, PLATFORM_TRACE_RING_REAP, PLATFORM_TRACE_DOORBELL
};

struct platform_trace {
    enum platform_trace_kind kind;
    uint16_t queue;
    uint32_t index;
    uint64_t packet;
    uint64_t value;
    const char *text;  /* static storage */
};

/* What the CPU is charged for, in hw/cpu/ alone. */
enum platform_work { PLATFORM_WORK_SEND_NB, PLATFORM_WORK_COMPLETE_NB, PLATFORM_WORK_RECEIVE_NB, PLATFORM_WORK_RETURN_NB };

struct platform_ops {
    /* Memory. `site` names the allocation in reports (static storage). Zeroed; contiguous for the CPU, scattered on the bus.
     * NULL when there is none left. Freeing memory that is mapped for DMA is reported as a violation. */
    void *(*memory_allocate)(void *ctx, size_t size, size_t alignment, const char *site);
    void (*memory_free)(void *ctx, void *memory);

    /* Map [va, va + length) for the device. Fills at most max_segments runs and returns their number (1 or more), or -ENOSPC when
     * they are not enough (nothing is mapped), or -EFAULT when va is not memory_allocate()d. `owner` names the mapping in reports
     * and is copied. dma_unmap() takes exactly the segments that dma_map() gave. */
    int (*dma_map)(void *ctx, const void *va, size_t length, enum platform_dma_direction direction, const char *owner,
                   struct platform_dma_segment *segments, unsigned max_segments);
    void (*dma_unmap)(void *ctx, const struct platform_dma_segment *segments, unsigned count);
    /* Memory contiguous on the bus, mapped both ways until it is freed: rings. No byte of it is above the bus address `highest`, UINT64_MAX for a
     * device that reaches all. NULL when there is none. */
    void *(*dma_allocate_coherent)(void *ctx, size_t size, size_t alignment, uint64_t highest, const char *owner, uint64_t *iova);
    void (*dma_free_coherent)(void *ctx, void *memory);

    /* Registers: size is 1, 2 or 4 bytes, offset is naturally aligned. Reads are non-posted (blocks); writes are posted (charges).
     * 64-bit registers are written as two 32-bit halves by the caller. */
    uint32_t (*config_read)(void *ctx, unsigned offset, unsigned size);
    void (*config_write)(void *ctx, unsigned offset, unsigned size, uint32_t value);
    uint32_t (*mmio_read)(void *ctx, unsigned bar, uint32_t offset, unsigned size);
    void (*mmio_write)(void *ctx, unsigned bar, uint32_t offset, unsigned size, uint32_t value);

    /* Barriers for memory shared with the device. The caller says why in a comment. */
    void (*read_barrier)(void *ctx);
    void (*write_barrier)(void *ctx);
    void (*full_barrier)(void *ctx);

    /* MSI-X: the number of vectors that were granted to the device; the bus driver has programmed and unmasked the table entries that
     * are connected. `isr` runs in the interrupt context. */
    unsigned (*interrupt_vectors)(void *ctx);
    int (*interrupt_connect)(void *ctx, unsigned vector, void (*isr)(void *arg), void *arg);
    void (*interrupt_disconnect)(void *ctx, unsigned vector);
    /* Ask that `callback(arg)` runs in the interrupt context soon (after the ISR that is running): the kernel's DPC queue. Requests
     * made before it runs are merged. May be called from any context. NULL: nothing runs any more. */
    void (*softirq_register)(void *ctx, void (*callback)(void *arg), void *arg);
    void (*softirq_raise)(void *ctx);
    bool (*in_interrupt)(void *ctx);

    /* Time and threads. */
    uint64_t (*now_ps)(void *ctx);
    void (*charge)(void *ctx, enum platform_work work, unsigned count);             /* (charges) */
    void (*sleep_ns)(void *ctx, uint64_t ns);                                       /* (blocks) threads only */
    struct platform_event *(*event_create)(void *ctx);
    void (*event_destroy)(void *ctx, struct platform_event *event);
    void (*event_set)(void *ctx, struct platform_event *event);                     /* any context */
    void (*event_reset)(void *ctx, struct platform_event *event);
    bool (*event_wait)(void *ctx, struct platform_event *event, uint64_t timeout_ns); /* (blocks) 0: for ever; false: timed out */
    /* One-shot timer: `callback(arg)` in the interrupt context after `ns`. Returns a handle for timer_cancel, which says whether the
     * callback was prevented. The handle is dead once the callback ran or the timer was cancelled. */
    uint64_t (*timer_start)(void *ctx, uint64_t ns, void (*callback)(void *arg), void *arg);
    bool (*timer_cancel)(void *ctx, uint64_t timer);
    struct platform_thread *(*thread_create)(void *ctx, const char *name, void (*entry)(void *arg), void *arg);
    void (*thread_join)(void *ctx, struct platform_thread *thread);                 /* (blocks) */

    /* Reports. `trace` costs little for kinds that nobody looks at. A violation fails the run: check is a short stable name ("nbl.lost"), clause
     * the rule's source, message one line without newline; packet -1 when there is none. */
    bool (*trace_enabled)(void *ctx, enum platform_trace_kind kind);
    void (*trace)(void *ctx, const struct platform_trace *event);
    void (*violation)(void *ctx, const char *check, const char *clause, int64_t packet, const char *message);
    /* All that is known of an NBL that is lost or was misused: the report beside the violation that names it. */
    void (*lost)(void *ctx, const struct platform_lost *lost);
};

struct platform {
    const struct platform_ops *ops;
    void *ctx;
};

#ifdef __cplusplus
}
#endif

#endif
