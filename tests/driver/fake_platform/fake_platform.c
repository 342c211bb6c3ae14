/* SPDX-License-Identifier: Apache-2.0 */
/* fake_platform.c: the machine put together, register costs, and the record of what was reported. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_internal.h"

/* What a register access costs. Any plausible numbers do: they only have to let other contexts run. */
enum { READ_PS = 1000 * 1000, WRITE_PS = 50 * 1000, CHARGE_PS = 20 * 1000 };

void *fake_grow(void *array, unsigned count, unsigned *space, size_t element) {
    if (count < *space) return array;
    *space = *space ? *space * 2 : 64;
    void *grown = realloc(array, *space * element);
    if (!grown) abort();
    return grown;
}

void fake_violate(struct fake_platform *fake, const char *check, const char *clause, int64_t packet, const char *format, ...) {
    fake->violations =
        fake_grow(fake->violations, fake->violation_count, &fake->violation_space, sizeof(struct fake_violation));
    struct fake_violation *violation = &fake->violations[fake->violation_count++];
    violation->time_ps = fake->now_ps;
    violation->packet = packet;
    snprintf(violation->check, sizeof(violation->check), "%s", check);
    snprintf(violation->clause, sizeof(violation->clause), "%s", clause);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(violation->message, sizeof(violation->message), format, arguments);
    va_end(arguments);
}

static uint32_t config_read(void *ctx, unsigned offset, unsigned size) {
    fake_pass(ctx, READ_PS, false);
    return fake_config_read(ctx, offset, size);
}

static void config_write(void *ctx, unsigned offset, unsigned size, uint32_t value) {
    fake_config_write(ctx, offset, size, value);
    fake_pass(ctx, READ_PS, false);
}

static uint32_t mmio_read(void *ctx, unsigned bar, uint32_t offset, unsigned size) {
    fake_pass(ctx, READ_PS, false);
    return fake_mmio_read(ctx, bar, offset, size);
}

static void mmio_write(void *ctx, unsigned bar, uint32_t offset, unsigned size, uint32_t value) {
    struct fake_platform *fake = ctx;
    fake_mmio_write(fake, bar, offset, size, value);
    fake_pass(fake, WRITE_PS, fake->config.yield_on_charge);
}

/* The device looks at memory only when a context lets time pass, so that the compiler's order is the only one to keep. */
static void barrier(void *ctx) {
    (void)ctx;
    __asm__ volatile("" ::: "memory");
}

static void charge(void *ctx, enum platform_work work, unsigned count) {
    struct fake_platform *fake = ctx;
    fake->charged[work] += count;
    fake_pass(fake, (uint64_t)CHARGE_PS * count, fake->config.yield_on_charge);
}

static bool trace_enabled(void *ctx, enum platform_trace_kind kind) {
    (void)kind;
    const struct fake_platform *fake = ctx;
    return fake->config.trace;
}

static void trace(void *ctx, const struct platform_trace *event) {
    struct fake_platform *fake = ctx;
    if (!fake->config.trace) return;
    fake->traces = fake_grow(fake->traces, fake->trace_count, &fake->trace_space, sizeof(*event));
    fake->traces[fake->trace_count++] = *event;
}

static void violation(void *ctx, const char *check, const char *clause, int64_t packet, const char *message) {
    fake_violate(ctx, check, clause, packet, "%s", message);
}

static void lost(void *ctx, const struct platform_lost *report) {
    struct fake_platform *fake = ctx;
    fake->lost = fake_grow(fake->lost, fake->lost_count, &fake->lost_space, sizeof(*report));
    fake->lost[fake->lost_count++] = *report;
}

static struct platform_ops make_ops(void) {
    struct platform_ops ops = {
        .config_read = config_read, .config_write = config_write, .mmio_read = mmio_read, .mmio_write = mmio_write,
        .read_barrier = barrier, .write_barrier = barrier, .full_barrier = barrier, .charge = charge,
        .trace_enabled = trace_enabled, .trace = trace, .violation = violation, .lost = lost,
    };
    fake_sched_ops(&ops);
    fake_memory_ops(&ops);
    return ops;
}

void fake_platform_config_default(struct fake_platform_config *config) {
    *config = (struct fake_platform_config){
        .vectors = 3,
        .seed = 1,
        .device = {
            .features = REGMAP_BIT(VIRTIO_F_VERSION_1_BIT) | REGMAP_BIT(VIRTIO_F_RING_PACKED_BIT) |
                        REGMAP_BIT(VIRTIO_F_IN_ORDER_BIT) | REGMAP_BIT(VIRTIO_F_NOTIFICATION_DATA_BIT) |
                        REGMAP_BIT(VIRTIO_F_ACCESS_PLATFORM_BIT) | REGMAP_BIT(VIRTIO_F_ORDER_PLATFORM_BIT) |
                        REGMAP_BIT(VIRTIO_NET_F_MAC_BIT) | REGMAP_BIT(VIRTIO_NET_F_STATUS_BIT),
            .queue_size = 256,
            .mac = {0x02, 0x00, 0x00, 0x00, 0x00, 0x01},
            .link_up = true,
            .mtu = 9000,
            .latency_ps = 2000 * 1000,
            .tx_batch = 4,
            .reset_polls = 1,
        },
    };
}

/* The operations and the machine live in one block: the seam's table must not be shared between fakes of different make. */
struct fake_block {
    struct fake_platform fake;
    struct platform_ops ops;
};

struct fake_platform *fake_platform_create(const struct fake_platform_config *config) {
    struct fake_block *block = calloc(1, sizeof(*block));
    if (!block) abort();
    struct fake_platform *fake = &block->fake;
    fake->config = *config;
    block->ops = make_ops();
    fake->seam.ops = &block->ops;
    fake->seam.ctx = fake;
    fake_sched_init(fake);
    fake_memory_init(fake);
    fake_device_init(fake);
    return fake;
}

unsigned fake_platform_destroy(struct fake_platform *fake) {
    fake_device_free(fake);
    fake_sched_free(fake);
    unsigned live = fake_memory_free_all(fake);
    free(fake->violations);
    free(fake->lost);
    free(fake->traces);
    free((struct fake_block *)(void *)fake);
    return live;
}

struct platform *fake_platform_seam(struct fake_platform *fake) { return &fake->seam; }

unsigned fake_platform_violation_count(const struct fake_platform *fake) { return fake->violation_count; }

const struct fake_violation *fake_platform_violation(const struct fake_platform *fake, unsigned index) {
    return index < fake->violation_count ? &fake->violations[index] : NULL;
}

unsigned fake_platform_lost_count(const struct fake_platform *fake) { return fake->lost_count; }

const struct platform_lost *fake_platform_lost(const struct fake_platform *fake, unsigned index) {
    return index < fake->lost_count ? &fake->lost[index] : NULL;
}

const struct fake_violation *fake_platform_find_violation(const struct fake_platform *fake, const char *check) {
    for (unsigned i = 0; i < fake->violation_count; i++)
        if (strcmp(fake->violations[i].check, check) == 0) return &fake->violations[i];
    return NULL;
}

unsigned fake_platform_trace_count(const struct fake_platform *fake) { return fake->trace_count; }

const struct platform_trace *fake_platform_trace(const struct fake_platform *fake, unsigned index) {
    return index < fake->trace_count ? &fake->traces[index] : NULL;
}

uint64_t fake_platform_charged(const struct fake_platform *fake, enum platform_work work) { return fake->charged[work]; }
