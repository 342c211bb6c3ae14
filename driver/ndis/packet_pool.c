/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packet_pool.c: pools of packets: their memory, allocation and free, and who has a packet now. [D] 5
 *
 *   record | NDIS_PACKET with ProtocolReserved | OOB data | extension
 *
 * Blocks live as long as NDIS, as those of NBLs do: a packet that is lost can still be named.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "packet_internal.h"
#include "platform_uncharged.h"

enum { TAG = 0x7470646E /* 'ndpt' */, PACKETS_MOST = 0xFFFF, NAMED_LEAKS = 3 };

struct packet_slab {
    struct packet_slab *next;
    uint8_t *blocks;
    unsigned count;
};

struct packet_pool {
    struct ndis_object object;
    struct packet_pool *next;
    struct packet_slab *slabs;
    struct packet_record *free;
    unsigned count, out;
    size_t oob_at, stride;
    bool grows, closed;
    const char *site;
};

static const char *const state_words[] = {"free", "its driver's", "sent", "indicated"};

static size_t round8(size_t bytes) { return (bytes + 7) & ~(size_t)7; }

static bool grow(struct packet_pool *pool) {
    struct packet_slab *slab = calloc(1, sizeof(*slab));
    if (slab) slab->blocks = kernel_allocate(pool->object.ndis->kernel, pool->count * pool->stride, TAG);
    if (!slab || !slab->blocks) {
        free(slab);
        return false;
    }
    slab->count = pool->count;
    slab->next = pool->slabs;
    pool->slabs = slab;
    for (unsigned i = pool->count; i-- > 0;) {  /* the lowest is used first */
        struct packet_record *record = (struct packet_record *)(void *)(slab->blocks + i * pool->stride);
        record->pool = pool;
        record->number = pool->object.ndis->packet_numbers + i + 1;
        record->next = pool->free;
        pool->free = record;
    }
    pool->object.ndis->packet_numbers += pool->count;
    return true;
}

struct packet_pool *packet_pool_make(struct ndis *ndis, const char *name, unsigned count, unsigned reserved, bool grows, const char *site) {
    struct packet_pool *pool = calloc(1, sizeof(*pool));
    if (!pool) return NULL;
    pool->object = (struct ndis_object){.type = NDIS_OBJECT_PACKET_POOL, .ndis = ndis, .name = name};
    pool->count = count;
    pool->grows = grows;
    pool->site = site;
    const size_t packet = offsetof(NDIS_PACKET, ProtocolReserved) + reserved;
    pool->oob_at = round8(packet > sizeof(NDIS_PACKET) ? packet : sizeof(NDIS_PACKET));
    pool->stride = (PACKET_RECORD_BYTES + pool->oob_at + sizeof(NDIS_PACKET_OOB_DATA) + sizeof(NDIS_PACKET_EXTENSION) + 15) & ~(size_t)15;
    if (!grow(pool)) {
        free(pool);
        return NULL;
    }
    pool->next = ndis->packet_pools;
    ndis->packet_pools = pool;
    return pool;
}

void packet_violation(const struct packet_record *record, const char *check, const char *format, ...) {
    char what[240];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    const bool freed = record->state == PACKET_FREE && record->freed_site;
    kernel_violation(record->pool->object.ndis->kernel, check, "[D] 5", record->id,
                     "packet %u of %s %s: it is %s, with %s since %" PRIu64 ".%06" PRIu64 " us, allocated at %s%s%s", record->number,
                     record->pool->object.name, what, state_words[record->state], record->holder ? record->holder : "nobody",
                     record->since_ps / 1000000, record->since_ps % 1000000, kernel_site(record->site), freed ? ", freed at " : "",
                     freed ? kernel_site(record->freed_site) : "");
}

PLATFORM_UNCHARGED void packet_move(struct packet_record *record, enum packet_state state, const char *holder) {
    record->state = state;
    record->holder = holder;
    record->since_ps = record->pool->object.ndis->kernel->time_ps;
}

struct packet_record *packet_take(struct packet_pool *pool, const char *site) {
    if (kernel_fault_due(&pool->object.ndis->kernel->fail_allocation)) return NULL;
    if (!pool->free && !(pool->grows && grow(pool))) return NULL;
    struct packet_record *record = pool->free;
    pool->free = record->next;
    pool->out++;
    PNDIS_PACKET packet = packet_of(record);
    memset(packet, 0, pool->stride - PACKET_RECORD_BYTES);
    packet->Private.Pool = pool;
    packet->Private.NdisPacketFlags = fPACKET_ALLOCATED_BY_NDIS;
    packet->Private.NdisPacketOobOffset = (USHORT)pool->oob_at;
    *record = (struct packet_record){.pool = pool, .number = record->number, .life = record->life + 1, .id = -1, .site = site};
    packet_move(record, PACKET_OWNED, pool->object.name);
    return record;
}

void packet_give(struct packet_record *record, const char *site) {
    struct packet_pool *pool = record->pool;
    packet_move(record, PACKET_FREE, NULL);
    record->freed_site = site;
    record->next = pool->free;
    pool->free = record;
    pool->out--;
}

static PLATFORM_UNCHARGED bool is_of(const struct packet_pool *pool, const struct packet_record *record) {
    for (const struct packet_slab *slab = pool->slabs; slab; slab = slab->next) {
        const size_t at = (size_t)((uintptr_t)record - (uintptr_t)slab->blocks);
        if (at < slab->count * pool->stride && at % pool->stride == 0) return true;
    }
    return false;
}

static const char *misuse(enum packet_state is, enum packet_state wanted) {
    if (is == PACKET_FREE) return "packet.use_after_free";
    if (wanted == PACKET_SENT && is == PACKET_OWNED) return "packet.completed_twice";
    if (wanted == PACKET_INDICATED && is == PACKET_OWNED) return "packet.returned_twice";
    return "packet.wrong_owner";
}

PLATFORM_UNCHARGED struct packet_record *packet_check(struct ndis *ndis, PNDIS_PACKET packet, enum packet_state state, const char *function) {
    struct packet_record *record = packet_record_of(packet);
    const struct packet_pool *pool = ndis->packet_pools;
    while (pool && !is_of(pool, record)) pool = pool->next;
    if (!pool) {
        kernel_violation(ndis->kernel, "packet.foreign", "[D] 5", -1, "%s was given a packet that no pool of NDIS made", function);
        return NULL;
    }
    if (record->state == state) return record;
    packet_violation(record, misuse(record->state, state), "was given to %s, which takes packets that are %s", function,
                     state_words[state]);
    return NULL;
}

/* ---- For drivers */
VOID WdkAllocatePacketPool(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors, UINT ProtocolReservedLength,
                           const char *Site) {
    struct ndis *ndis = ndis_current("NdisAllocatePacketPool");
    const char *name = ndis->loading ? ndis->loading->object.name : ndis_intern(ndis, "packets");
    *PoolHandle = NULL;
    *Status = NDIS_STATUS_RESOURCES;
    if (NumberOfDescriptors < 1 || NumberOfDescriptors > PACKETS_MOST || ProtocolReservedLength > PACKETS_MOST / 2) return;
    *PoolHandle = packet_pool_make(ndis, name, NumberOfDescriptors, ProtocolReservedLength, false, Site);
    if (*PoolHandle) *Status = NDIS_STATUS_SUCCESS;
}

UINT NdisPacketPoolUsage(NDIS_HANDLE PoolHandle) {
    const struct packet_pool *pool = ndis_object_of(PoolHandle, NDIS_OBJECT_PACKET_POOL, __func__);
    return pool ? pool->out : 0;
}

void packet_pool_close(struct packet_pool *pool) {
    char text[160] = "";
    size_t length = 0;
    unsigned named = 0;
    pool->closed = true;
    for (const struct packet_slab *slab = pool->slabs; slab; slab = slab->next) {
        for (unsigned i = 0; i < slab->count && named < NAMED_LEAKS; i++) {
            const struct packet_record *record = (const struct packet_record *)(const void *)(slab->blocks + i * pool->stride);
            if (record->state == PACKET_FREE) continue;
            const int added = snprintf(text + length, sizeof(text) - length, "%s packet %u of %s, %s", named++ ? ";" : ":", record->number,
                                       kernel_site(record->site), state_words[record->state]);
            length += added > 0 ? (size_t)added : 0;
            if (length >= sizeof(text)) length = sizeof(text) - 1;
        }
    }
    if (pool->out)
        kernel_violation(pool->object.ndis->kernel, "packet.leaked", "[D] 5", -1,
                         "%s freed a pool, allocated at %s, of which %u packets are still out%s", pool->object.name,
                         kernel_site(pool->site), pool->out, text);
}

VOID NdisFreePacketPool(NDIS_HANDLE PoolHandle) {
    struct packet_pool *pool = ndis_object_of(PoolHandle, NDIS_OBJECT_PACKET_POOL, __func__);
    if (!pool) return;
    if (pool->closed)
        kernel_violation(pool->object.ndis->kernel, "pool.freed_twice", "[D] 5", -1, "%s freed a pool twice that it allocated at %s",
                         pool->object.name, kernel_site(pool->site));
    else packet_pool_close(pool);
}

VOID WdkAllocatePacket(PNDIS_STATUS Status, PNDIS_PACKET *Packet, NDIS_HANDLE PoolHandle, const char *Site) {
    struct packet_pool *pool = ndis_object_of(PoolHandle, NDIS_OBJECT_PACKET_POOL, "NdisAllocatePacket");
    if (pool && pool->closed)
        kernel_violation(pool->object.ndis->kernel, "pool.closed", "[D] 5", -1,
                         "NdisAllocatePacket at %s: the pool, allocated at %s, was freed", kernel_site(Site), kernel_site(pool->site));
    struct packet_record *record = pool && !pool->closed ? packet_take(pool, Site) : NULL;
    *Packet = record ? packet_of(record) : NULL;
    *Status = record ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

VOID WdkFreePacket(PNDIS_PACKET Packet, const char *Site) {
    struct ndis *ndis = ndis_current("NdisFreePacket");
    struct packet_record *record = packet_record_of(Packet);
    const struct packet_pool *pool = ndis->packet_pools;
    while (pool && !is_of(pool, record)) pool = pool->next;
    if (!pool) (void)packet_check(ndis, Packet, PACKET_OWNED, "NdisFreePacket");
    else if (record->state == PACKET_FREE) packet_violation(record, "packet.freed_twice", "was freed again at %s", kernel_site(Site));
    else if (record->state != PACKET_OWNED)
        packet_violation(record, "packet.freed_in_flight", "was freed at %s while it is out", kernel_site(Site));
    else packet_give(record, Site);
}

void ndis_free_packet_pools(struct ndis *ndis) {
    while (ndis->packet_pools) {
        struct packet_pool *pool = ndis->packet_pools;
        if (!pool->closed) {
            kernel_violation(ndis->kernel, "pool.leaked", "[D] 5", -1, "%s never freed a pool of packets that it allocated at %s",
                             pool->object.name, kernel_site(pool->site));
            packet_pool_close(pool);
        }
        ndis->packet_pools = pool->next;
        while (pool->slabs) {
            struct packet_slab *slab = pool->slabs;
            pool->slabs = slab->next;
            kernel_free(slab->blocks);
            free(slab);
        }
        free(pool);
    }
}

PLATFORM_UNCHARGED void ndis_packet_set_id(PNDIS_PACKET packet, int64_t id) { packet_record_of(packet)->id = id; }

PLATFORM_UNCHARGED int64_t ndis_packet_id(PNDIS_PACKET packet) { return packet_record_of(packet)->id; }

/* ---- The names of the documentation, where the caller does not say who it is. */
VOID (NdisAllocatePacketPool)(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors, UINT ProtocolReservedLength) {
    WdkAllocatePacketPool(Status, PoolHandle, NumberOfDescriptors, ProtocolReservedLength, NULL);
}

VOID (NdisAllocatePacketPoolEx)(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors, UINT NumberOfOverflowDescriptors,
                                UINT ProtocolReservedLength) {
    WdkAllocatePacketPool(Status, PoolHandle, NumberOfDescriptors + NumberOfOverflowDescriptors, ProtocolReservedLength, NULL);
}

VOID (NdisAllocatePacket)(PNDIS_STATUS Status, PNDIS_PACKET *Packet, NDIS_HANDLE PoolHandle) {
    WdkAllocatePacket(Status, Packet, PoolHandle, NULL);
}

VOID (NdisFreePacket)(PNDIS_PACKET Packet) { WdkFreePacket(Packet, NULL); }
