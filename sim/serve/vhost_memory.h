/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vhost_memory.h: the front-end's memory, mapped: what its descriptors and ring addresses point at.
 *
 * Two address spaces: descriptors carry guest-physical addresses, which are the bus addresses of the simulated device; ring addresses
 * are virtual addresses of the front-end. A region maps both to a file that the front-end passed.
 *
 * The front-end can shrink that file under us at any time, and an access to what is gone is a SIGBUS. A handler puts zeroed memory of
 * our own there instead and notes it: the session fails, the program does not.
 *
 * Spec: vhost-user protocol (QEMU docs/interop/vhost-user), memory regions description
 */
#ifndef RINGSIDE_VHOST_MEMORY_H
#define RINGSIDE_VHOST_MEMORY_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { VHOST_MAX_REGIONS = 8, VHOST_MAX_MEMORIES = 4 };

/* A region as it is sent: bytes, all in the front-end's byte order, which is ours. */
struct vhost_region_info {
    uint64_t guest_phys, size, user_addr, mmap_offset;
};

struct vhost_region {
    uint64_t guest_phys, size, user_addr;
    uint8_t *bytes; /* of its first byte */
    void *mapping;  /* from offset 0 of the file */
    size_t mapped;
};

struct vhost_memory {
    struct vhost_region regions[VHOST_MAX_REGIONS];
    unsigned count;
    volatile sig_atomic_t withdrawn; /* set by a signal handler */
};

/* Replace what is mapped by these regions; the descriptors stay the caller's. 0, or -EINVAL (a size of 0, an end beyond 2^64, a
 * file shorter than its region, regions that overlap in guest-physical addresses) or mmap's errno, with one line in `error`; then
 * nothing is mapped. A process may have VHOST_MAX_MEMORIES of them mapped, which stay where they are. */
int vhost_memory_map(struct vhost_memory *memory, const struct vhost_region_info *regions, const int *fds, unsigned count,
                     char *error, size_t error_size);
void vhost_memory_unmap(struct vhost_memory *memory);
/* Bytes at guest-physical [address, +length) if one region holds them all, else NULL. */
uint8_t *vhost_memory_at(const struct vhost_memory *memory, uint64_t address, uint64_t length);
/* Guest-physical address of the front-end's virtual [user_addr, +length). False: one region does not hold it. */
bool vhost_memory_guest(const struct vhost_memory *memory, uint64_t user_addr, uint64_t length, uint64_t *address);
/* Has memory that was touched been gone since vhost_memory_map? */
bool vhost_memory_withdrawn(const struct vhost_memory *memory);

#ifdef __cplusplus
}
#endif

#endif
