/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic_programs.c: programs that use the drivers of the stack, one after another in a thread of the machine.
 *
 *   "prottest.so -n 10 nic0; other.so"    a module with main, and its arguments, separated by spaces
 *
 * A program that the stack goes down under meets what it would in life: what it waits for is cancelled. One that then does not end is
 * reported, and left.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traffic_internal.h"

enum { WORDS_MOST = 32, PATIENCE_MS = 1000 };

struct traffic_program {
    struct traffic *traffic;
    char *text;     /* ours, cut into words */
    unsigned count; /* of programs */
    struct {
        char *words[WORDS_MOST + 1]; /* the first is the module's path; NULL behind the last */
        int word_count;
    } programs[TRAFFIC_PROGRAMS_MOST];
    struct platform_thread *thread;
    KEVENT ended;
    bool done, stopping;
    char running[64]; /* name of the one that runs */
    struct module *module;
};

static int refuse(struct traffic *traffic, const char *what) {
    snprintf(traffic->problem, sizeof(traffic->problem), "programs: %s", what);
    return -EINVAL;
}

/* One program and its arguments, in place. */
static int cut(struct traffic_program *all, char *text) {
    char *rest = NULL;
    int words = 0;
    char *word = strtok_r(text, " \t\n", &rest);
    if (!word) return 0;
    if (all->count == TRAFFIC_PROGRAMS_MOST) return refuse(all->traffic, "at most 8 run one after another");
    for (; word; word = strtok_r(NULL, " \t\n", &rest)) {
        if (words == WORDS_MOST) return refuse(all->traffic, "one takes at most 31 arguments");
        all->programs[all->count].words[words++] = word;
    }
    all->programs[all->count++].word_count = words;
    return 0;
}

int traffic_programs_load(struct traffic *traffic) {
    const char *text = traffic->config.programs;
    if (!text || *text == '\0') return 0;
    struct traffic_program *all = calloc(1, sizeof(*all));
    if (!all) return -ENOMEM;
    traffic->programs = all;
    all->traffic = traffic;
    all->text = strdup(text);
    if (!all->text) return -ENOMEM;
    char *rest = NULL;
    for (char *one = strtok_r(all->text, ";", &rest); one; one = strtok_r(NULL, ";", &rest)) {
        const int result = cut(all, one);
        if (result) return result;
    }
    for (unsigned i = 0; i < all->count; i++) {
        struct module *module = module_open_program(all->programs[i].words[0], traffic->problem, sizeof(traffic->problem));
        if (!module) return -EINVAL;
        module_close(module);
    }
    return 0;
}

/* Opened anew for each run: a program begins with its variables as they are written. */
static void run_one(struct traffic_program *all, unsigned number) {
    char error[1024];
    all->module = module_open_program(all->programs[number].words[0], error, sizeof(error));
    if (!all->module) {
        kernel_violation(all->traffic->kernel, "program.failed", "driver.programs", -1, "%s", error);
        return;
    }
    snprintf(all->running, sizeof(all->running), "%s", module_name(all->module));
    const int status = module_run(all->module, all->programs[number].word_count, all->programs[number].words);
    if (status != 0) kernel_violation(all->traffic->kernel, "program.failed", "driver.programs", -1, "%s ended with status %d", all->running, status);
    module_close(all->module);
    all->module = NULL;
}

static void run(void *arg) {
    struct traffic_program *all = arg;
    for (unsigned i = 0; i < all->count && !all->stopping; i++) run_one(all, i);
    all->done = true;
    (void)KeSetEvent(&all->ended, IO_NO_INCREMENT, FALSE);
    if (all->traffic->callbacks.programs_ended) all->traffic->callbacks.programs_ended(all->traffic->callbacks.ctx);
}

void traffic_start_programs(struct traffic *traffic) {
    struct traffic_program *all = traffic->programs;
    struct kernel_scope scope;
    if (!all || all->thread) return;
    kernel_enter(traffic->kernel, &scope);
    KeInitializeEvent(&all->ended, NotificationEvent, FALSE);
    kernel_leave(&scope);
    kernel_set_program_print(traffic->kernel, traffic->config.program_print, traffic->config.debug_print_ctx);
    all->thread = traffic->platform->ops->thread_create(traffic->platform->ctx, "programs", run, all);
    if (all->thread) return;
    all->done = true;
    kernel_violation(traffic->kernel, "program.failed", "driver.programs", -1, "there is no memory for the thread of programs");
}

bool traffic_programs_done(const struct traffic *traffic) { return !traffic->programs || traffic->programs->done; }

const char *traffic_program_running(const struct traffic *traffic) { return traffic_programs_done(traffic) ? NULL : traffic->programs->running; }

/* True: the thread has ended. */
static bool end(struct traffic_program *all) {
    struct kernel_scope scope;
    LARGE_INTEGER step = {.QuadPart = -10000};
    kernel_enter(all->traffic->kernel, &scope);
    for (unsigned waited = 0; !all->done && waited < PATIENCE_MS; waited++) {
        (void)kernel_cancel_requests(all->traffic->kernel);
        (void)KeWaitForSingleObject(&all->ended, Executive, KernelMode, FALSE, &step);
    }
    kernel_leave(&scope);
    return all->done;
}

void traffic_programs_stop(struct traffic *traffic) {
    struct traffic_program *all = traffic->programs;
    if (!all || !all->thread) return;
    all->stopping = true;
    if (end(all))
        traffic->platform->ops->thread_join(traffic->platform->ctx, all->thread);
    else
        kernel_violation(traffic->kernel, "program.hangs", "driver.programs", -1,
                         "%s still ran %u ms after the stack was to go down, although what it waited for was cancelled", all->running,
                         (unsigned)PATIENCE_MS);
}

void traffic_programs_free(struct traffic *traffic) {
    struct traffic_program *all = traffic->programs;
    if (!all) return;
    traffic->programs = NULL;
    if (all->thread && !all->done) return; /* it runs for ever, with what it has */
    free(all->text);
    free(all);
}
