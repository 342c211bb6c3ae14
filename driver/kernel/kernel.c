/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel.c: life of a kernel, and the current context.
 *
 * The current context is the one thread-local variable of the driver side. Contexts of the simulator may be coroutines of one host
 * thread, so it must never be left set while another context can run: kernel_platform.c clears it around each call that lets time pass.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel_internal.h"

#define current kernel_context_now
_Thread_local struct kernel_context *kernel_context_now;

struct kernel *kernel_create(const struct platform *platform) {
    struct kernel *kernel = calloc(1, sizeof(*kernel));
    if (!kernel) return NULL;
    kernel->real = platform;
    InitializeListHead(&kernel->dpcs);
    InitializeListHead(&kernel->mdls);
    InitializeListHead(&kernel->devices);
    InitializeListHead(&kernel->links);
    InitializeListHead(&kernel->files);
    InitializeListHead(&kernel->threads);
    kernel->dispatch_free = platform->ops->event_create(platform->ctx);
    if (!kernel->dispatch_free) {
        free(kernel);
        return NULL;
    }
    kernel_make_seam(kernel);
    platform->ops->softirq_register(platform->ctx, kernel_softirq, kernel);
    return kernel;
}

void kernel_destroy(struct kernel *kernel) {
    if (!kernel) return;
    kernel_free_devices(kernel);
    kernel_report_mdls(kernel);
    kernel->real->ops->softirq_register(kernel->real->ctx, NULL, NULL);
    kernel_free_timers(kernel);
    kernel_free_vectors(kernel);
    kernel_free_pool(kernel);
    kernel_free_mdls(kernel);
    kernel_free_waiters(kernel);
    kernel->real->ops->event_destroy(kernel->real->ctx, kernel->dispatch_free);
    free(kernel);
}

/* Once here in place of once for everything that notes when it was. */
static void look_at_time(struct kernel *kernel) {
    kernel->time_ps = kernel->real->ops->now_ps(kernel->real->ctx);
    if (kernel->other_code_runs) kernel->other_code_runs(kernel->ndis);
}

uint64_t kernel_now_ps(const struct kernel *kernel) { return kernel->time_ps; }

struct kernel_context *kernel_context_begin(struct kernel_context *context, struct kernel *kernel, KIRQL irql, bool interrupt) {
    struct kernel_context *previous = current;
    *context = (struct kernel_context){.kernel = kernel, .irql = irql, .interrupt = interrupt};
    current = context;
    look_at_time(kernel);
    return previous;
}

void kernel_context_end(struct kernel_context *context, struct kernel_context *previous) {
    struct kernel *kernel = context->kernel;
    if (kernel->dispatch_owner == context) kernel_dispatch_release(context);
    current = previous;
}

void kernel_context_set(struct kernel_context *context) {
    current = context;
    if (context) look_at_time(context->kernel);
}

void kernel_enter(struct kernel *kernel, struct kernel_scope *scope) {
    if (current && current->kernel == kernel) {
        scope->previous = current;
        scope->context.kernel = NULL;  /* nested: no context of its own */
        scope->irql = current->irql;
        return;
    }
    bool interrupt = kernel->real->ops->in_interrupt(kernel->real->ctx);
    scope->irql = interrupt ? DISPATCH_LEVEL : PASSIVE_LEVEL;
    scope->previous = kernel_context_begin(&scope->context, kernel, scope->irql, interrupt);
}

void kernel_leave(struct kernel_scope *scope) {
    struct kernel_context *context = current;
    if (context->irql != scope->irql) {
        kernel_violation(context->kernel, "kernel.irql", "[D] 3.9", -1, "driver code was entered at IRQL %u and returned at IRQL %u",
                         scope->irql, context->irql);
        kernel_set_irql(context, scope->irql);
    }
    if (scope->context.kernel) kernel_context_end(&scope->context, scope->previous);
}

void kernel_call_begin(void) {
    struct kernel_context *context = current;
    if (context->calls < KERNEL_CALLS) context->call_irql[context->calls] = context->irql;
    context->calls++;
}

void kernel_call_end(const char *function) {
    struct kernel_context *context = current;
    if (--context->calls >= KERNEL_CALLS || context->irql == context->call_irql[context->calls]) return;
    const KIRQL was = context->call_irql[context->calls];
    kernel_violation(context->kernel, "kernel.irql", "[D] 3.9", -1, "%s was called at IRQL %u and returned at IRQL %u: %s", function, was,
                     context->irql, context->irql > was ? "it keeps a lock that it acquired" : "it gave back a lock that is not its own");
    kernel_set_irql(context, was);
}

struct kernel *kernel_current(void) { return current ? current->kernel : NULL; }

struct kernel_context *kernel_current_context(void) { return current; }

struct kernel_context *kernel_require_context(const char *function) {
    if (!current) {
        fprintf(stderr, "ringside: %s was called outside of any machine: bracket the call with kernel_enter and kernel_leave\n", function);
        abort();
    }
    return current;
}

struct platform *kernel_platform(struct kernel *kernel) { return &kernel->seam; }

void kernel_violation(struct kernel *kernel, const char *check, const char *clause, int64_t packet, const char *format, ...) {
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    kernel->real->ops->violation(kernel->real->ctx, check, clause, packet, message);
}

void kernel_set_debug_print(struct kernel *kernel, void (*print)(void *ctx, const char *text), void *ctx) {
    kernel->debug_print = print;
    kernel->debug_print_ctx = ctx;
}

void kernel_set_program_print(struct kernel *kernel, void (*print)(void *ctx, const char *text), void *ctx) {
    kernel->program_print = print;
    kernel->program_print_ctx = ctx;
}

bool kernel_fault_due(struct kernel_fault *fault) {
    if (fault->count == 0) return false;
    if (fault->skip > 0) {
        fault->skip--;
        return false;
    }
    fault->count--;
    return true;
}

void kernel_fail_mappings(struct kernel *kernel, unsigned skip, unsigned count) {
    kernel->fail_mapping = (struct kernel_fault){.skip = skip, .count = count};
}

void kernel_fail_allocations(struct kernel *kernel, unsigned skip, unsigned count) {
    kernel->fail_allocation = (struct kernel_fault){.skip = skip, .count = count};
}

void kernel_get_counts(const struct kernel *kernel, struct kernel_counts *counts) {
    *counts = kernel->counts;
    counts->pool_allocations = kernel->pool_live;
    counts->pool_bytes = kernel->pool_bytes;
}
