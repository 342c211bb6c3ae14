/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that ask for an end. */
#define _POSIX_C_SOURCE 200809L
#include "stop_signal.h"

#include <signal.h>
#include <time.h>

static void (*tell)(int number);

static void asked_for(int number) {
    static time_t first;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (first && now.tv_sec > first + 1) signal(number, SIG_DFL), raise(number);
    if (!first) first = now.tv_sec;
    tell(number);
}

void stop_signal_catch(void (*asked)(int number)) {
    const struct sigaction action = {.sa_handler = asked_for}; /* signal() would be for one time */
    tell = asked;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}
