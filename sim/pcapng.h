/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcapng.h: captures with several interfaces and the direction of each frame, which pcap cannot hold.
 *
 * Only what is written here: a section, Ethernet interfaces with nanoseconds, enhanced packets with their direction. The bytes of a file
 * depend on the frames and the simulated times alone.
 *
 * Spec: draft-ietf-opsawg-pcapng-02, sections 4.1 to 4.3
 */
#ifndef RINGSIDE_PCAPNG_H
#define RINGSIDE_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pcapng_writer;

/* NULL with a message in `error` when the file cannot be made. */
struct pcapng_writer *pcapng_open(const char *path, char *error, size_t error_size);
/* A new interface of this name; its number, from 0. */
unsigned pcapng_add_interface(struct pcapng_writer *writer, const char *name);
/* One frame without FCS; times are simulated and are rounded down to nanoseconds. outbound: towards the wire. */
void pcapng_add_frame(struct pcapng_writer *writer, unsigned interface, bool outbound, uint64_t time_ps, const uint8_t *data, size_t length);
/* 0, or -EIO when some of it could not be written. The writer is gone either way; NULL is allowed. */
int pcapng_close(struct pcapng_writer *writer);

#ifdef __cplusplus
}
#endif

#endif
