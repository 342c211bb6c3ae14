/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_internal.h: what the files of kernel/, and ndis/ above them, share. Not for drivers. */
#ifndef RINGSIDE_KERNEL_INTERNAL_H
#define RINGSIDE_KERNEL_INTERNAL_H

#include "kernel.h"

enum { KERNEL_MDL_CLASSES = 3 };

struct kernel_pool_block;
struct kernel_mdl;
struct kernel_waiter;
struct kernel_vector;
struct kernel_timer;

/* Counts down to a run of failures. */
struct kernel_fault {
    unsigned skip, count;
};

/* Where a card is: kernel_add_slot(). */
struct kernel_slot {
    struct kernel *kernel;
    const struct platform *real;
    struct platform seam;
};

struct kernel {
    const struct platform *real;  /* the machine */
    struct platform seam;         /* the same, wrapped: kernel_platform() */
    struct platform_ops seam_ops;
    struct kernel_slot slots[KERNEL_SLOTS];  /* the first: the machine itself */
    unsigned slot_count;

    /* One CPU: who is at DISPATCH_LEVEL or above (ISRs apart), who waits to be, and whether DPCs wait. */
    struct kernel_context *dispatch_owner;
    unsigned dispatch_waiters;
    struct platform_event *dispatch_free;
    bool softirq_deferred;

    uint64_t time_ps;  /* now: it stands still while a context runs, and is asked for where one begins or goes on */
    LIST_ENTRY dpcs;
    struct kernel_context *dpc_context;  /* of the running softirq, or NULL */
    void (*client_softirq)(void *arg);   /* registered through kernel_platform() */
    void *client_softirq_arg;
    bool client_softirq_pending;

    struct kernel_pool_block *pool_blocks;
    uint64_t pool_live, pool_bytes;
    LIST_ENTRY mdls;  /* all of them, struct kernel_mdl.all */
    struct kernel_mdl *mdl_free[KERNEL_MDL_CLASSES];
    uint64_t mdl_live;
    struct kernel_waiter *waiters_free;
    struct kernel_vector *vectors;
    struct kernel_timer *timers;
    struct kernel_fault fail_mapping, fail_allocation;
    struct kernel_counts counts;
    LIST_ENTRY devices, links, files, threads;  /* struct kernel_device, kernel_link, kernel_file, _KTHREAD */
    KSPIN_LOCK cancel_lock;
    void (*debug_print)(void *ctx, const char *text);
    void *debug_print_ctx;
    void (*program_print)(void *ctx, const char *text);
    void *program_print_ctx;
    ULONG last_error;  /* of programs, which run one after another */
    void (*other_code_runs)(void *ndis);  /* NDIS is told so where another thread, interrupt or DPC begins or goes on; NULL: need not */
    void *ndis;  /* the struct ndis above, for NDIS calls that carry no handle */
    void *wdf;   /* the first of the driver framework's drivers, for the same reason */
};

/* kernel.c: the current context, for paths where a call is too dear; others ask kernel_current_context(). */
extern _Thread_local struct kernel_context *kernel_context_now;
/* A context that is not nested. begin() returns the context to put back. */
struct kernel_context *kernel_context_begin(struct kernel_context *context, struct kernel *kernel, KIRQL irql, bool interrupt);
void kernel_context_end(struct kernel_context *context, struct kernel_context *previous);
void kernel_context_set(struct kernel_context *context);
/* The current context. Called outside of any, aborts: there is no machine to report to. */
struct kernel_context *kernel_require_context(const char *function);
bool kernel_fault_due(struct kernel_fault *fault);

/* irql.c: become, and cease to be, the one context at DISPATCH_LEVEL. */
void kernel_dispatch_acquire(struct kernel_context *context);
void kernel_dispatch_release(struct kernel_context *context);
/* irql.c: its level becomes this; only threads compete for DISPATCH_LEVEL, the others were given it. */
void kernel_set_irql(struct kernel_context *context, KIRQL irql);

/* dpc.c */
void kernel_softirq(void *kernel);
/* processors.c: the mutex that a KEVENT is the head of; takes it if it is free or the context's already. */
bool kernel_is_mutex(const KEVENT *event);
bool kernel_mutex_try(PKMUTEX mutex, struct kernel_context *context);
/* device.c, thread.c, callback.c */
void kernel_free_devices(struct kernel *kernel);
void kernel_join_threads(struct kernel *kernel);
/* event.c */
void kernel_free_waiters(struct kernel *kernel);
/* mdl.c: count a DMA mapping of an MDL from IoAllocateMdl; other MDLs are ignored. */
void kernel_mdl_pin(PMDL mdl, int delta);
/* Say who made an MDL of IoAllocateMdl, and where; and ask who, NULL when nobody said so or when it lies in a driver's own storage. */
void kernel_mdl_own(PMDL mdl, const void *owner, const char *site);
const void *kernel_mdl_owner(PMDL mdl);
/* "file:line", or words that say that it is not known. */
const char *kernel_site(const char *site);
void kernel_report_mdls(struct kernel *kernel); /* those that were not freed, as "mdl.leaked" */
void kernel_free_mdls(struct kernel *kernel);
/* pool.c */
void kernel_free_pool(struct kernel *kernel);
/* kernel_platform.c, timer.c */
void kernel_make_seam(struct kernel *kernel);
/* The number of the slot that a platform of kernel_add_slot() or kernel_platform() is, from 0. */
unsigned kernel_slot_of(const struct platform *seam);

/* registers.c: what names the registers at a physical address of this card, NULL: none; and its configuration space, in bytes done. */
PVOID kernel_map_registers(const struct platform *platform, uint64_t at, uint64_t length);
ULONG kernel_config_read(const struct platform *platform, ULONG offset, PVOID buffer, ULONG length);
ULONG kernel_config_write(const struct platform *platform, ULONG offset, const VOID *buffer, ULONG length);

void kernel_free_vectors(struct kernel *kernel);
uint64_t kernel_timer_start(void *slot, uint64_t ns, void (*callback)(void *arg), void *arg);
bool kernel_timer_cancel(void *slot, uint64_t timer);
void kernel_free_timers(struct kernel *kernel);

#endif
