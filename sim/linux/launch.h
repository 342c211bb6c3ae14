/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launch.h: stock Linux kernels as processes, whose PCI slots and whose time are sockets of ours.
 *
 *   linux_hosts_start(&hosts, &config, error, sizeof error);    makes a working folder with the sockets, and starts the kernels
 *   machine_serve_pci(...)                                      with hosts.sockets and hosts.time
 *   linux_hosts_end(&hosts);                                    ends what is left of them, closes, removes the folder
 *
 * Each kernel runs the job on a disk that it cannot write to, as its first program (init), and switches off. What it prints is in
 * hosts.consoles; its last line says the status of the job. A kernel is given nothing that differs between two runs: addresses are not
 * randomized, names are relative to the working folder, the environment has the seed alone.
 */
#ifndef RINGSIDE_LAUNCH_H
#define RINGSIDE_LAUNCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LINUX_MAX_HOSTS = 2 };

struct linux_config {
    const char *folder;  /* that sim/linux/kernel filled */
    const char *entropy; /* entropy.c as a library */
    const char *job;
    unsigned hosts;
    uint64_t seed;
};

struct linux_hosts {
    char folder[64];               /* the working folder */
    int sockets[LINUX_MAX_HOSTS];  /* listening; -1: no such host */
    int time;
    pid_t kernels[LINUX_MAX_HOSTS];
    unsigned count;
};

/* 0, or a negative errno with one line in `error`; then nothing is left. */
int linux_hosts_start(struct linux_hosts *hosts, const struct linux_config *config, char *error, size_t error_size);
/* What host `number` printed, to be freed; and the status of its job, or -1 if it did not come that far. */
char *linux_hosts_console(const struct linux_hosts *hosts, unsigned number, int *status);
void linux_hosts_end(struct linux_hosts *hosts);

#ifdef __cplusplus
}
#endif

#endif
