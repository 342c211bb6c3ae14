/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel.h: one Windows-shaped kernel over one machine (struct platform).
 *
 * The functions of wdm.h name no machine. They act on the *current context*: which kernel, at which IRQL. A context begins wherever the
 * platform calls in (thread, ISR, DPC, timer: done here) or where the simulator calls a driver (kernel_enter), and survives blocking:
 * kernel_platform() gives the machine's operations wrapped so that the context is put back after every call that lets others run.
 * Code of a driver stack uses that platform and no other.
 *
 * One CPU: at most one context is at DISPATCH_LEVEL. A DPC waits until the thread that is there lowers its IRQL, and a thread that
 * raises waits for a running DPC; so a spin lock that is found taken is a driver's error ("kernel.spin_lock"). Waiting for an event or
 * sleeping at DISPATCH_LEVEL is one too ("kernel.irql"); a register read is not a wait, although time passes in it.
 *
 *   struct kernel *kernel = kernel_create(&platform);
 *   struct kernel_scope scope;
 *   kernel_enter(kernel, &scope);
 *   void *memory = ExAllocatePoolWithTag(NonPagedPool, 100, 'tset');
 *   ...
 *   kernel_leave(&scope);
 *   kernel_destroy(kernel);
 *
 * Violations reported: kernel.irql, kernel.spin_lock, kernel.context, kernel.mutex, kernel.bug_check, kernel.processor, driver.assert,
 * driver.break, irp.completed_twice, device.leaked, thread.leaked, pool.tag, pool.leaked, mdl.freed_under_dma, mdl.freed_twice, mdl.leaked.
 * Not modelled: paging, quotas, processor groups (one CPU), APCs, floating point state.
 */
#ifndef RINGSIDE_KERNEL_KERNEL_H
#define RINGSIDE_KERNEL_KERNEL_H

#include "platform.h"
#include "wdm.h"

#ifdef __cplusplus
extern "C" {
#endif

struct kernel;

/* Where code runs: made by kernel_enter or by the kernel on entry from the platform; lives on the stack of that entry. */
enum { KERNEL_CALLS = 24 }; /* of driver functions inside each other whose level is remembered */
struct kernel_context {
    struct kernel *kernel;
    KIRQL irql;
    bool interrupt;  /* ISR, DPC or timer, as against a thread */
    unsigned calls;
    KIRQL call_irql[KERNEL_CALLS];
};

struct kernel_scope {
    struct kernel_context context;
    struct kernel_context *previous;
    KIRQL irql;  /* at entry */
};

/* The platform is referred to, not copied; it must outlive the kernel. NULL without memory. One kernel a platform. */
struct kernel *kernel_create(const struct platform *platform);
/* Reports what was not freed ("pool.leaked", with tag, count and bytes), then frees it. No thread, timer or interrupt may be left. */
void kernel_destroy(struct kernel *kernel);

/* Bracket calls into driver code. They nest: an inner scope of the same kernel shares the context. In the platform's interrupt context
 * only KeSetEvent and KeInsertQueueDpc may be called inside. Leaving at another IRQL than entering is reported. */
void kernel_enter(struct kernel *kernel, struct kernel_scope *scope);
void kernel_leave(struct kernel_scope *scope);
/* The kernel whose code runs, and its context; NULL outside of any. */
struct kernel *kernel_current(void);
struct kernel_context *kernel_current_context(void);

/* The machine's operations, safe for code that runs in contexts. Threads and interrupts made through it have contexts of their own. */
struct platform *kernel_platform(struct kernel *kernel);
/* Another card of the same machine: `platform` has its registers, configuration space and interrupts, and in all else is the platform that
 * the kernel was made of. The same operations for it as kernel_platform() gives, as long as the kernel lives; NULL when there are
 * KERNEL_SLOTS. `platform` is referred to, and outlives the kernel. */
enum { KERNEL_SLOTS = 8 };
struct platform *kernel_add_slot(struct kernel *kernel, const struct platform *platform);

/* Bracket a call of a driver's function, which has to return at the level at which it is called, with the locks that it found held and no
 * others. [D] 3.9 The level is what it was before, whatever the function did. */
void kernel_call_begin(void);
void kernel_call_end(const char *function);

/* Report a broken rule through the platform. Format as printf; packet -1 when none is concerned. */
void kernel_violation(struct kernel *kernel, const char *check, const char *clause, int64_t packet, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Pool memory of a named kernel, for the layers above. Zeroed, 16-aligned. */
void *kernel_allocate(struct kernel *kernel, size_t size, ULONG tag);
void kernel_free(void *memory);

/* Where DbgPrint and its kin go: a line or a part of one at a time, valid during the call. Nowhere by default. */
void kernel_set_debug_print(struct kernel *kernel, void (*print)(void *ctx, const char *text), void *ctx);
/* The same for what programs print (windows.h). */
void kernel_set_program_print(struct kernel *kernel, void (*print)(void *ctx, const char *text), void *ctx);
/* Cancels every request to a device that waits and can be cancelled; says how many were. */
unsigned kernel_cancel_requests(struct kernel *kernel);

/* Fault injection: the next `count` calls of MmGetSystemAddressForMdlSafe or ExAllocatePool* after `skip` good ones return NULL. */
void kernel_fail_mappings(struct kernel *kernel, unsigned skip, unsigned count);
void kernel_fail_allocations(struct kernel *kernel, unsigned skip, unsigned count);

/* Simulated time of the running context, without a call of the machine: it stands still between the calls that let time pass. */
uint64_t kernel_now_ps(const struct kernel *kernel);

struct kernel_counts {
    uint64_t pool_allocations, pool_bytes;  /* live now */
    uint64_t dpcs, interrupts, timers;      /* run so far */
};
void kernel_get_counts(const struct kernel *kernel, struct kernel_counts *counts);

#ifdef __cplusplus
}
#endif

#endif
