/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_platform: driver/platform.h in plain C, with a virtio-net device behind it, so that the driver is tested without SystemC.
 *
 *   struct fake_platform_config config;
 *   fake_platform_config_default(&config);
 *   struct fake_platform *fake = fake_platform_create(&config);
 *   struct platform *platform = fake_platform_seam(fake);
 *   ... calls that may block: the caller is a thread like any other, and the rest of the machine runs while it waits ...
 *   fake_platform_run_for(fake, 1000000);
 *   EXPECT_EQ(fake_platform_violation_count(fake), 0u);
 *   fake_platform_destroy(fake);
 *
 * Model. One CPU. Threads are coroutines that are switched when they block; interrupts, softirqs and timers run on the stack of
 * whoever lets time pass, as they do in life. Time moves by fixed costs of register accesses and charges, and jumps when every thread
 * waits. Bus addresses are a scramble of 4 KiB pages, so that memory which is contiguous for the CPU never is for the device, and the
 * device reaches nothing that is not mapped. Not modelled: link timing, ordering of posted writes, several CPUs.
 *
 * One process may hold several fakes. Not thread-safe.
 */
#ifndef RINGSIDE_FAKE_PLATFORM_H
#define RINGSIDE_FAKE_PLATFORM_H

#include "fake_device.h"
#include "platform.h"
#include "platform_lost.h"

#ifdef __cplusplus
extern "C" {
#endif

struct fake_platform;

struct fake_platform_config {
    struct fake_device_config device;
    unsigned vectors;          /* MSI-X vectors granted to the device */
    bool trace;                /* record platform_trace events */
    bool yield_on_charge;      /* every charge and posted write also lets the other threads run: shakes out races */
    unsigned fail_allocation;  /* the n-th allocation of memory, from 1, fails once; 0: none */
    unsigned fail_mapping;     /* the n-th dma_map, from 1, fails once with -ENOSPC; 0: none */
    uint64_t seed;             /* scramble of the bus addresses */
};

struct fake_violation {
    uint64_t time_ps;
    char check[48];
    char clause[48];
    char message[320];
    int64_t packet;
};

/* A machine with a device that offers everything the driver can use, queues of 256, and 3 vectors. */
void fake_platform_config_default(struct fake_platform_config *config);

/* The machine; never NULL (a test has no use for a half-made one: it aborts when the host has no memory). */
struct fake_platform *fake_platform_create(const struct fake_platform_config *config);
/* All threads but the caller must have ended. Returns the number of allocations and mappings that were still live. */
unsigned fake_platform_destroy(struct fake_platform *fake);
struct platform *fake_platform_seam(struct fake_platform *fake);

/* Let the machine run: for `ns` of simulated time, or until done(arg) is true (checked at every event; false after timeout_ns). */
void fake_platform_run_for(struct fake_platform *fake, uint64_t ns);
bool fake_platform_run_until(struct fake_platform *fake, bool (*done)(void *arg), void *arg, uint64_t timeout_ns);

/* What was reported. A violation's strings live as long as the fake. */
unsigned fake_platform_violation_count(const struct fake_platform *fake);
const struct fake_violation *fake_platform_violation(const struct fake_platform *fake, unsigned index);
const struct fake_violation *fake_platform_find_violation(const struct fake_platform *fake, const char *check);
/* Reports of lost NBLs. Numbers and texts are copied; addresses in them may be stale. */
unsigned fake_platform_lost_count(const struct fake_platform *fake);
const struct platform_lost *fake_platform_lost(const struct fake_platform *fake, unsigned index);
unsigned fake_platform_trace_count(const struct fake_platform *fake);
const struct platform_trace *fake_platform_trace(const struct fake_platform *fake, unsigned index);

/* Live objects, for leak assertions. */
unsigned fake_platform_live_allocations(const struct fake_platform *fake);
size_t fake_platform_coherent_bytes(const struct fake_platform *fake);   /* of coherent memory */
unsigned fake_platform_live_mappings(const struct fake_platform *fake);  /* coherent memory not counted */
unsigned fake_platform_interrupts(const struct fake_platform *fake, unsigned vector);  /* delivered to an ISR */
/* Units of work charged for one kind. */
uint64_t fake_platform_charged(const struct fake_platform *fake, enum platform_work work);

/* The device's view of a bus address: copies, or returns false (and reports "dma.unmapped") if any byte is outside a live mapping of
 * that direction. */
bool fake_platform_dma_read(struct fake_platform *fake, uint64_t iova, void *to, size_t length);
bool fake_platform_dma_write(struct fake_platform *fake, uint64_t iova, const void *from, size_t length);
/* Assert an MSI-X vector, as the device does. */
void fake_platform_interrupt(struct fake_platform *fake, unsigned vector);

#ifdef __cplusplus
}
#endif

#endif
