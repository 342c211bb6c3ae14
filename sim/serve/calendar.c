/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of one kernel, and their answers. */
#include "calendar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACK = 0, START = 1, REQUEST = 2, WAIT = 3, GET = 4, UPDATE = 5, RUN = 6, GET_TOD = 8 };
/* The time of day at time 0: 2026-01-01, the same in every run. */
static const uint64_t day_ns = UINT64_C(1767225600000000000);

struct message {
    uint32_t operation, sequence;
    uint64_t time_ns;
};
_Static_assert(sizeof(struct message) == CALENDAR_MESSAGE, "as on the socket");

__attribute__((format(printf, 2, 3))) static int end(struct calendar_kernel *kernel, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(kernel->error, sizeof kernel->error, format, arguments);
    va_end(arguments);
    return -1;
}

static int tell(struct calendar_kernel *kernel, uint32_t operation, uint32_t sequence, uint64_t time_ns) {
    const struct message message = {operation, sequence, time_ns};
    const ssize_t sent = send(kernel->fd, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == (ssize_t)sizeof message) return 0;
    if (sent < 0 && errno == EPIPE) return -1;
    return end(kernel, "a message could not be sent: %s", strerror(sent < 0 ? errno : EAGAIN));
}

static int handle(struct calendar_kernel *kernel, const struct message *message, uint64_t now_ns) {
    uint64_t answer = 0;
    kernel->messages++;
    if (!kernel->started && message->operation != START)
        return end(kernel, "operation %" PRIu32 " comes before START", message->operation);
    switch (message->operation) {
        case ACK:
            return message->sequence == kernel->runs
                       ? 0
                       : end(kernel, "RUN %" PRIu32 " is answered as %" PRIu32, kernel->runs, message->sequence);
        case START:
            if (kernel->started) return end(kernel, "START comes again");
            kernel->started = true;
            kernel->id = message->time_ns;
            break;
        case REQUEST:
            if (message->time_ns < now_ns)
                return end(kernel, "it asks to run at %" PRIu64 " ns, and it is %" PRIu64, message->time_ns, now_ns);
            kernel->wakes_ns = message->time_ns;
            break;
        case WAIT:
            kernel->running = false;
            break;
        case GET:
            answer = now_ns;
            break;
        case UPDATE:
            if (message->time_ns != now_ns)
                return end(kernel, "its time is %" PRIu64 " ns, and it is %" PRIu64, message->time_ns, now_ns);
            break;
        case GET_TOD:
            answer = day_ns + now_ns;
            break;
        default:
            return end(kernel, "operation %" PRIu32 " is unknown", message->operation);
    }
    return tell(kernel, ACK, message->sequence, answer);
}

void calendar_open(struct calendar_kernel *kernel, int fd) {
    *kernel = (struct calendar_kernel){.fd = fd, .running = true, .wakes_ns = INT64_MAX};
}

int calendar_step(struct calendar_kernel *kernel, uint64_t now_ns) {
    while (kernel->have < sizeof kernel->bytes) {
        const ssize_t got = recv(kernel->fd, kernel->bytes + kernel->have, sizeof kernel->bytes - kernel->have, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
        if (got < 0 && errno != ECONNRESET) return end(kernel, "the socket: %s", strerror(errno));
        if (got <= 0) return kernel->have ? end(kernel, "it closed the socket inside a message") : -1;
        kernel->have += (size_t)got;
    }
    struct message message;
    memcpy(&message, kernel->bytes, sizeof message);
    kernel->have = 0;
    return handle(kernel, &message, now_ns) == 0 ? 1 : -1;
}

int calendar_run(struct calendar_kernel *kernel, uint64_t now_ns) {
    kernel->running = true;
    kernel->wakes_ns = INT64_MAX;
    return tell(kernel, RUN, ++kernel->runs, now_ns);
}

void calendar_close(struct calendar_kernel *kernel) {
    if (kernel->fd >= 0) close(kernel->fd);
    kernel->fd = -1;
}
