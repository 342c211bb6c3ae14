/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calendar.h: the time of one user-mode Linux kernel, told by the simulation (`time-travel=ext:ID:SOCKET` on its command line).
 *
 * The kernel either has its processor, and then its time and the simulation's stand still while it works, or it waits until the
 * time that it asked for last. What it does takes no simulated time but what it asks for: sleeps, delays, and 256 ns for each look
 * at its clock.
 *
 *   calendar_open(&kernel, accepted_socket);
 *   while ((status = calendar_step(&kernel, now_ns)) >= 0) if (status == 0) poll the socket;      while kernel.running
 *   calendar_run(&kernel, kernel.wakes_ns);                                                       when that time has come
 *
 * Each message is answered at once, and nothing is sent that was not asked for but calendar_run(): kernel and simulation never work
 * at the same time, so the same kernel does the same at the same times. A message that breaks the protocol ends the connection with
 * a line.
 *
 * Source: include/uapi/linux/um_timetravel.h of Linux 6.1, which documents the protocol
 */
#ifndef RINGSIDE_CALENDAR_H
#define RINGSIDE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CALENDAR_MESSAGE = 16 };

struct calendar_kernel {
    int fd;
    bool started;      /* has said who it is */
    uint64_t id;       /* that it was given on its command line */
    bool running;      /* has its processor */
    uint64_t wakes_ns; /* asked to run at; INT64_MAX: only when somebody calls it */
    uint64_t messages;
    uint32_t runs;
    uint8_t bytes[CALENDAR_MESSAGE]; /* a message that is arriving */
    size_t have;
    char error[160]; /* empty: it closed the socket */
};

/* Takes over the connected socket `fd`. */
void calendar_open(struct calendar_kernel *kernel, int fd);
/* Handles one message, if there is one. 1: done; 0: none; -1: the connection is over. */
int calendar_step(struct calendar_kernel *kernel, uint64_t now_ns);
/* Gives the processor to the kernel, which waits. 0, or -1: the connection is over. */
int calendar_run(struct calendar_kernel *kernel, uint64_t now_ns);
void calendar_close(struct calendar_kernel *kernel);

#ifdef __cplusplus
}
#endif

#endif
