/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children and their pipes. A child writes messages of one byte and text, each ended by a newline: '%' progress, '=' the result as
 * one line of JSON, '!' an error, '?' an error of the input, '+' a further line of it. What it leaves unsaid, its exit status says.
 */
#define _POSIX_C_SOURCE 200809L
#include "runner.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stop_signal.h"

struct runner_progress {
    FILE *out;
    struct timespec last;
};

/* A running child. */
struct child {
    pid_t pid;
    int fd;
    struct runner_job *job;
    char *text; /* what it wrote and is not read yet */
    size_t length, room;
};

void runner_report_progress(struct runner_progress *progress, uint64_t time_ps, uint64_t packets, double fraction) {
    /* The wall clock decides only whether a line is drawn; the simulation does not see it. */
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const int64_t passed_ms = ((int64_t)now.tv_sec - (int64_t)progress->last.tv_sec) * 1000 +
                              ((int64_t)now.tv_nsec - (int64_t)progress->last.tv_nsec) / 1000000;
    if (passed_ms < 200) return;
    progress->last = now;
    fprintf(progress->out, "%%%.3f us, %" PRIu64 " packets, %.0f %%\n", (double)time_ps / 1e6, packets, 100 * fraction);
    fflush(progress->out);
}

static bool is_of_the_input(int status) { return status == -EINVAL || status == -ENOMEM || status == -ENOENT; }

static void write_error(FILE *out, int status, const char *error) {
    fputc(is_of_the_input(status) ? '?' : '!', out);
    for (const char *at = *error ? error : strerror(-status); *at; at++) {
        fputc(*at, out);
        if (*at == '\n') fputc('+', out);
    }
    fputc('\n', out);
}

static void __attribute__((noreturn)) run_child(struct runner_job *job, int fd) {
    FILE *out = fdopen(fd, "w");
    if (!out) _exit(3);
    struct runner_progress progress = {.out = out};
    clock_gettime(CLOCK_MONOTONIC, &progress.last);
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);

    char error[RUNNER_ERROR_SIZE] = "";
    json_t *result = NULL;
    const int status = job->body(job->arg, &progress, &result, error);
    if (status == 0 && result) {
        fputc('=', out);
        json_dumpf(result, out, JSON_COMPACT | JSON_REAL_PRECISION(17));
        fputc('\n', out);
    } else {
        write_error(out, status, error);
    }
    fflush(NULL);
    _exit(ferror(out) ? 3 : 0);
}

/* Who is told of signals: the last stoppable child. */
static volatile sig_atomic_t stoppable_child;

static void hand_on(int number) {
    if (stoppable_child) kill((pid_t)stoppable_child, number);
}

static int start_child(struct child *child, struct runner_job *job) {
    int ends[2];
    if (pipe(ends) != 0) return -errno;
    fflush(NULL);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) {
        const int error = errno;
        close(ends[0]);
        close(ends[1]);
        return -error;
    }
    if (pid == 0) {
        close(ends[0]);
        /* Whoever ends the program, by whatever signal, ends its simulations; the parent may have gone before this call. */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(3);
        run_child(job, ends[1]);
    }
    close(ends[1]);
    *child = (struct child){.pid = pid, .fd = ends[0], .job = job};
    if (job->stoppable) {
        stoppable_child = pid;
        stop_signal_catch(hand_on);
    }
    return 0;
}

static void draw(const char *name, const char *text, size_t length) {
    fprintf(stderr, "\r\033[K%s: %.*s", name, (int)length, text);
    fflush(stderr);
}

static void take_line(struct child *child, const char *line, size_t length, bool show_progress) {
    struct runner_job *job = child->job;
    if (length == 0) return;
    if (*line == '%' && show_progress) {
        draw(job->name, line + 1, length - 1);
    } else if (*line == '=') {
        json_error_t problem;
        job->result = json_loadb(line + 1, length - 1, 0, &problem);
        if (!job->result) snprintf(job->error, sizeof job->error, "its result is not readable: %s", problem.text);
    } else if (*line == '!' || *line == '?') {
        job->unfit = *line == '?';
        snprintf(job->error, sizeof job->error, "%.*s", (int)(length - 1), line + 1);
    } else if (*line == '+') {
        const size_t said = strlen(job->error);
        snprintf(job->error + said, sizeof job->error - said, "\n%.*s", (int)(length - 1), line + 1);
    }
}

/* Read what is there; false at the end of the pipe. */
static bool read_child(struct child *child, bool show_progress) {
    if (child->room - child->length < 65536) {
        child->room += 131072;
        child->text = realloc(child->text, child->room);
        if (!child->text) abort();
    }
    const ssize_t got = read(child->fd, child->text + child->length, child->room - child->length);
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    child->length += (size_t)got;
    size_t start = 0;
    for (char *newline; (newline = memchr(child->text + start, '\n', child->length - start));) {
        const size_t end = (size_t)(newline - child->text);
        take_line(child, child->text + start, end - start, show_progress);
        start = end + 1;
    }
    memmove(child->text, child->text + start, child->length - start);
    child->length -= start;
    return true;
}

static void end_child(struct child *child) {
    struct runner_job *job = child->job;
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) continue;
    if (stoppable_child == child->pid) stoppable_child = 0;
    close(child->fd);
    free(child->text);
    if (WIFSIGNALED(status)) {
        job->crashed = true;
        snprintf(job->error, sizeof job->error, "the simulation crashed: signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else if (WEXITSTATUS(status) != 0 || (!job->result && *job->error == '\0')) {
        job->crashed = true;
        snprintf(job->error, sizeof job->error, "the simulation ended without a result (exit status %d)", WEXITSTATUS(status));
    }
    if (job->crashed && job->result) {
        json_decref(job->result);
        job->result = NULL;
    }
    child->job = NULL;
}

/* Wait until one of the running children has ended, taking in what they say. */
static struct runner_job *wait_for_one(struct child *children, unsigned parallel, bool show_progress) {
    for (;;) {
        struct pollfd polls[64];
        unsigned which[64], count = 0;
        for (unsigned i = 0; i < parallel; i++) {
            if (children[i].job) {
                polls[count] = (struct pollfd){.fd = children[i].fd, .events = POLLIN};
                which[count++] = i;
            }
        }
        if (poll(polls, count, -1) < 0 && errno != EINTR) abort();
        for (unsigned i = 0; i < count; i++) {
            struct child *child = &children[which[i]];
            if (polls[i].revents && !read_child(child, show_progress)) {
                struct runner_job *job = child->job;
                end_child(child);
                return job;
            }
        }
    }
}

/* Fill the free places with jobs; returns how many children run. */
static unsigned start_more(struct child *children, unsigned parallel, struct runner_job *jobs, unsigned count, unsigned *next,
                           bool *ended) {
    unsigned running = 0;
    for (unsigned i = 0; i < parallel; i++) {
        while (!children[i].job && *next < count) {
            struct runner_job *job = &jobs[*next];
            const int status = start_child(&children[i], job);
            if (status) {
                snprintf(job->error, sizeof job->error, "cannot start a process: %s", strerror(-status));
                ended[*next] = true;
            }
            (*next)++;
        }
        running += children[i].job != NULL;
    }
    return running;
}

unsigned runner_run(struct runner_job *jobs, unsigned count, unsigned parallel, bool show_progress,
                    void (*done)(void *ctx, struct runner_job *job), void *ctx) {
    struct child children[64];
    memset(children, 0, sizeof children);
    if (parallel < 1) parallel = 1;
    if (parallel > 64) parallel = 64;
    bool *ended = calloc(count + 1, sizeof *ended);
    if (!ended) abort();

    unsigned next = 0, told = 0, missing = 0;
    while (start_more(children, parallel, jobs, count, &next, ended) > 0) {
        ended[wait_for_one(children, parallel, show_progress) - jobs] = true;
        for (; told < count && ended[told]; told++) {
            if (show_progress) fputs("\r\033[K", stderr);
            if (done) done(ctx, &jobs[told]);
        }
    }
    for (; told < count; told++)
        if (done) done(ctx, &jobs[told]);
    for (unsigned i = 0; i < count; i++) missing += !jobs[i].result;
    free(ended);
    return missing;
}

void runner_free(struct runner_job *jobs, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        json_decref(jobs[i].result);
        jobs[i].result = NULL;
    }
}
