/* SPDX-License-Identifier: Apache-2.0 */
/* fake_internal.h: what the files of the fake platform share. Not for tests. */
#ifndef RINGSIDE_FAKE_INTERNAL_H
#define RINGSIDE_FAKE_INTERNAL_H

#include <ucontext.h>

#include "fake_platform.h"
#include "regmap.h"

enum {
    FAKE_PAGE = 4096,
    FAKE_SLOTS = 1 << 16,  /* bus pages that can be mapped at one time */
    FAKE_VECTORS = 40,
    FAKE_STACK = 256 * 1024
};

struct fake_allocation {
    uint8_t *base;
    size_t size;
    unsigned mapped;  /* live bus pages that point into it */
    bool freed;       /* freed while mapped: kept so that the device's accesses stay defined */
    const char *site;
};

/* One bus page: [host, host + length) at iova. host is NULL when the slot is free. */
struct fake_mapping {
    uint8_t *host;
    uint64_t iova;
    uint32_t length;
    uint8_t direction;
    struct fake_allocation *allocation;
    char owner[24];
};

struct fake_coherent {
    uint8_t *host;
    uint64_t iova;
    size_t size;
};

struct platform_event {
    bool set;
};

enum fake_thread_state { FAKE_READY, FAKE_WAITING, FAKE_DONE };

struct platform_thread {
    ucontext_t context;
    void *stack;  /* NULL: the caller's own */
    void *stack_bottom;  /* for AddressSanitizer */
    size_t stack_size;
    enum fake_thread_state state;
    struct platform_event *event;    /* waited for, or NULL */
    struct platform_thread *joined;  /* waited for, or NULL */
    uint64_t deadline_ps;            /* UINT64_MAX: none */
    bool timed_out;
    void (*entry)(void *arg);
    void *arg;
    struct fake_platform *fake;
    struct platform_thread *next;
};

struct fake_timer {
    uint64_t handle;
    uint64_t due_ps;
    void (*callback)(void *arg);
    void *arg;
    struct fake_timer *next;
};

struct fake_ring {
    uint16_t size, next, used;  /* slots: size of the ring, next to fetch, next used position */
    bool wrap, used_wrap;
    uint16_t vector;
    bool enabled, held;
    uint64_t desc, driver, device;
    unsigned resetting;          /* reads of queue_reset that still show 1 */
    uint32_t advanced;           /* slots used since the driver's event structure was looked at */
    uint32_t max_packets, max_usecs, waiting;  /* moderation; waiting: used since the last interrupt */
    uint64_t due_ps;             /* when they are told of at the latest, UINT64_MAX: no hurry */
};

enum { FAKE_RSS_KEY = 40, FAKE_RSS_ENTRIES = 128, FAKE_MACS = 64 };

struct fake_rss {
    bool on;
    uint32_t types;
    uint16_t mask, unclassified, table[FAKE_RSS_ENTRIES];
    uint8_t key[FAKE_RSS_KEY];
};

struct fake_device {
    struct fake_device_config config;
    struct fake_device_state state;
    struct fake_ring rings[FAKE_QUEUES];
    uint32_t device_feature_select, driver_feature_select;
    uint16_t queue_select, config_vector;
    uint8_t status, generation, isr;
    uint16_t command;
    unsigned reset_countdown;
    bool removed;
    unsigned write_count;
    unsigned pairs;    /* in use: receive steering */
    struct fake_rss rss;
    bool guest_csum_off;
    bool modes[VIRTIO_CTRL_RX_NOBCAST + 1], vlans[4096];
    uint8_t address[6];  /* that it hears; its own until another is set */
    uint8_t mac_table[FAKE_MACS][6];
    unsigned macs;
    uint64_t next_ps;  /* when available buffers are looked at, UINT64_MAX: not scheduled */
    fake_transmit_fn transmit;
    void *transmit_arg;
    uint8_t *scratch;  /* a frame being gathered or scattered */
};

struct fake_platform {
    struct platform seam;
    struct fake_platform_config config;
    uint64_t now_ps;
    struct platform_thread main_thread;
    struct platform_thread *threads, *current;
    struct fake_timer *timers;
    uint64_t timer_handles;
    bool in_interrupt;
    bool pending[FAKE_VECTORS];
    void (*isr[FAKE_VECTORS])(void *arg);
    void *isr_arg[FAKE_VECTORS];
    unsigned interrupts[FAKE_VECTORS];
    void (*softirq)(void *arg);
    void *softirq_arg;
    bool softirq_pending;
    uint64_t charged[PLATFORM_WORK_RETURN_NB + 1];

    struct fake_allocation **allocations;  /* sorted by base */
    unsigned allocation_count, allocation_space, allocation_calls, map_calls;
    struct fake_mapping *mappings;  /* FAKE_SLOTS */
    uint32_t mapping_next;
    unsigned mapping_live;
    struct fake_coherent *coherent;  /* sorted by iova */
    unsigned coherent_count, coherent_space;
    uint64_t coherent_next, coherent_low;

    struct fake_violation *violations;
    unsigned violation_count, violation_space;
    struct platform_lost *lost;
    unsigned lost_count, lost_space;
    struct platform_trace *traces;
    unsigned trace_count, trace_space;

    struct fake_device device;
};

/* fake_platform.c */
void *fake_grow(void *array, unsigned count, unsigned *space, size_t element);
void fake_violate(struct fake_platform *fake, const char *check, const char *clause, int64_t packet, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* fake_sched.c */
void fake_sched_ops(struct platform_ops *ops);
void fake_sched_init(struct fake_platform *fake);
void fake_sched_free(struct fake_platform *fake);
/* Time passes in the context of the caller: due timers, the device and interrupts run. */
void fake_pass(struct fake_platform *fake, uint64_t ps, bool yield);

/* fake_memory.c */
void fake_memory_ops(struct platform_ops *ops);
void fake_memory_init(struct fake_platform *fake);
unsigned fake_memory_free_all(struct fake_platform *fake);

/* fake_device.c */
void fake_device_init(struct fake_platform *fake);
void fake_device_free(struct fake_platform *fake);
uint32_t fake_config_read(struct fake_platform *fake, unsigned offset, unsigned size);
void fake_config_write(struct fake_platform *fake, unsigned offset, unsigned size, uint32_t value);
uint32_t fake_mmio_read(struct fake_platform *fake, unsigned bar, uint32_t offset, unsigned size);
void fake_mmio_write(struct fake_platform *fake, unsigned bar, uint32_t offset, unsigned size, uint32_t value);

static inline bool fake_has(const struct fake_platform *fake, unsigned feature) {
    return (fake->device.state.driver_features & REGMAP_BIT(feature)) != 0;
}

/* fake_ring.c: look at the transmit rings and the control queue now. */
void fake_ring_step(struct fake_platform *fake);
void fake_ring_reset(struct fake_ring *ring, uint16_t size);
void fake_device_schedule(struct fake_platform *fake);
unsigned fake_device_max_pairs(const struct fake_device *device);
/* Number of the control queue, FAKE_QUEUES when it was not negotiated. */
unsigned fake_device_control_queue(const struct fake_platform *fake);

/* fake_offload.c: where the headers of a frame are; version 0: no IP. */
struct fake_packet {
    unsigned version, protocol;
    bool fragment;
    size_t ip, l4, l4_bytes;
};
struct fake_packet fake_packet_of(const uint8_t *frame, size_t length);
bool fake_checksum_is_good(const uint8_t *frame, size_t length);
typedef void (*fake_emit_fn)(struct fake_platform *fake, const uint8_t *frame, size_t length, void *arg);
/* Do what the header asks for; the frame may be changed. False: it cannot be done, the frame is dropped. */
bool fake_offload_send(struct fake_platform *fake, const uint8_t *header, uint8_t *frame, size_t length, fake_emit_fn emit, void *arg);

/* fake_receive.c: is a frame wanted, to which pair it goes, and the header in front of it. */
bool fake_receive_wants(const struct fake_platform *fake, const uint8_t *frame, size_t length);
unsigned fake_receive_pair(struct fake_platform *fake, const uint8_t *frame, size_t length);
void fake_receive_header(struct fake_platform *fake, const uint8_t *frame, size_t length, uint8_t *header);

/* fake_event.c: buffers were used: interrupt now, later, or not at all. */
void fake_event_notify(struct fake_platform *fake, struct fake_ring *ring, unsigned buffers);
/* Say what kind of doorbell is wanted from here on. */
void fake_event_arm(struct fake_platform *fake, struct fake_ring *ring);
uint64_t fake_event_due(const struct fake_platform *fake);
void fake_event_run(struct fake_platform *fake);  /* interrupts that have waited long enough */

/* fake_control.c: execute a request; fill in the reply with the ack behind it. Returns their bytes, 0: no answer at all. */
size_t fake_control_execute(struct fake_platform *fake, const uint8_t *request, size_t bytes, uint8_t *reply, size_t room);

#endif
