/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis_internal.h: the objects of NDIS and what its files share. Not for drivers.
 *
 *   ndis -> drivers (miniport), protocols, adapters, pools
 *   adapter -> bindings <- protocol
 * Every NDIS_HANDLE points at a struct ndis_object, the first member of each of these.
 */
#ifndef RINGSIDE_NDIS_INTERNAL_H
#define RINGSIDE_NDIS_INTERNAL_H

#include "kernel/kernel_internal.h"
#include "nbl_ledger.h"
#include "ndis_host.h"

enum ndis_object_type {
    NDIS_OBJECT_DRIVER = 0x4E440001, NDIS_OBJECT_PROTOCOL, NDIS_OBJECT_ADAPTER, NDIS_OBJECT_BINDING, NDIS_OBJECT_NBL_POOL,
    NDIS_OBJECT_NB_POOL, NDIS_OBJECT_DMA, NDIS_OBJECT_INTERRUPT, NDIS_OBJECT_TIMER
};

struct ndis_object {
    enum ndis_object_type type;
    struct ndis *ndis;
    const char *name;  /* lives as long as ndis: hand-off histories refer to it */
};

/* ---- Drivers */
struct ndis_driver {
    struct ndis_object object;
    DRIVER_OBJECT driver_object;
    void *argument;
    NDIS_HANDLE context;
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS miniport;
    bool is_miniport;
    struct ndis_driver *next;
};

struct ndis_protocol {
    struct ndis_object object;
    NDIS_HANDLE context;
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS chars;
    struct ndis_protocol *next;
};

/* ---- Adapters and bindings */
enum ndis_state { NDIS_STATE_HALTED, NDIS_STATE_INITIALIZING, NDIS_STATE_PAUSED, NDIS_STATE_RESTARTING, NDIS_STATE_RUNNING,
                  NDIS_STATE_PAUSING };

/* An operation that a driver may pend: begun, and completed with a status. */
struct ndis_pending {
    bool active;
    NDIS_STATUS status;
    KEVENT done;
};

struct ndis_adapter {
    struct ndis_object object;
    struct ndis_driver *driver;
    enum ndis_state state;
    NDIS_HANDLE context;
    ULONG attribute_flags;
    bool have_registration, have_general;
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES general;
    NDIS_PNP_CAPABILITIES power;
    NDIS_OID *oids;
    NDIS_LINK_STATE link;
    WCHAR device_name[64];
    NDIS_STRING device_string;
    NET_IFINDEX if_index;
    ULONG packet_filter;          /* what the miniport was told: OR of the bindings */
    uint64_t sends_out, receives_out;
    struct ndis_pending pause, restart;
    PNDIS_OID_REQUEST oid;        /* in the miniport */
    struct ndis_pending oid_done;
    KEVENT oid_free;
    unsigned interrupts_registered, dmas_registered;
    struct ndis_binding *bindings;
    struct ndis_adapter *next;
};

enum { NDIS_FRAME_TYPES = 16 };

struct ndis_binding {
    struct ndis_object object;
    struct ndis_adapter *adapter;
    struct ndis_protocol *protocol;
    NDIS_HANDLE context;
    enum ndis_state state;
    bool open;                    /* NdisOpenAdapterEx was done, NdisCloseAdapterEx not yet */
    ULONG packet_filter;
    NET_FRAME_TYPE frame_types[NDIS_FRAME_TYPES];
    unsigned frame_type_count;    /* 0: all */
    uint64_t sends_out, receives_out;
    struct ndis_pending bind, unbind, pnp;
    KEVENT idle;                  /* set when the two counts above are 0 */
    struct ndis_binding *next;
};

/* ---- Packets */
enum nbl_state { NBL_FREE, NBL_OWNED, NBL_SENT, NBL_INDICATED, NBL_ZOMBIE /* freed while it was out */ };
enum nbl_what { NBL_ALLOCATED, NBL_SEND, NBL_COMPLETE, NBL_INDICATE, NBL_RETURN };
enum { NBL_HISTORY = 8, NBL_OOB_SLOTS = 30, NBL_BYTES = 384 };

enum { NDIS_POOL_BYTES = 256, NDIS_POOLS = 64 /* in one piece; more are found by a search */ };

struct nbl_hop {
    uint64_t time_ps;
    const char *from, *to;
    enum nbl_what what;
};

/* Lies in front of each NBL. */
struct nbl_record {
    struct ndis_pool *pool;
    struct nbl_record *next_free;
    enum nbl_state state;
    uint32_t number;
    int64_t packet;
    struct ndis_object *holder;      /* an adapter or binding while it is out */
    struct ndis_binding *sender;     /* while NBL_SENT */
    struct ndis_adapter *indicator;  /* while NBL_INDICATED */
    bool resources;                  /* indicated with NDIS_RECEIVE_FLAGS_RESOURCES: may not be returned */
    bool reported;                   /* as lost */
    bool complete_pending;           /* scratch of one completion call: see send.c */
    struct nbl_hop first_send, hops[NBL_HISTORY];
    unsigned hop_count;
    PNET_BUFFER nb;                  /* of the pool's block, shapes (b) and (c) */
    PNET_BUFFER_LIST_CONTEXT context;/* of the pool's block, ContextSize > 0 */
    PNET_BUFFER_LIST_CONTEXT allocated_context; /* given at allocation beyond the pool's: freed with the NBL */
    struct nbl_ledger ledger;        /* what the checks remember */
};
enum { CACHE_LINE = 64, NBL_RECORD_BYTES = (sizeof(struct nbl_record) + CACHE_LINE - 1) & ~(CACHE_LINE - 1u) };

/* An MDL that a retreat put in front of an NB's chain; the newest first, in NET_BUFFER.NdisReserved[1]. */
struct nb_retreat {
    struct nb_retreat *next;
    PMDL mdl;
    void *memory;  /* of the default allocator, NULL when a handler made the MDL */
    size_t bytes;
    uint64_t operation;  /* the NBL retreat that made it: what an undo may free */
};

struct ndis_sg;

struct ndis {
    struct kernel *kernel;
    struct platform *platform;
    struct ndis_driver *drivers;
    struct ndis_protocol *protocols, *dead_protocols;  /* the dead are still named by bindings that lost an NBL */
    struct ndis_adapter *adapters;
    struct ndis_pool *pools;
    uint8_t *pool_block;               /* NDIS_POOLS of NDIS_POOL_BYTES each: a handle into it is a pool's */
    unsigned pools_made;
    struct ndis_pool *own_nbls, *own_nbs;  /* for derived NBLs without a pool of the caller's */
    struct ndis_driver *loading;       /* whose DriverEntry runs */
    struct ndis_binding *binding_now;  /* in ProtocolBindAdapterEx */
    struct ndis_name *names;
    struct nb_retreat *free_retreats;
    struct ndis_counts counts;
    uint32_t nbl_numbers, nb_numbers;
    uint64_t retreat_operations;
    struct ndis_sg *free_sgs, *all_sgs;
    struct ndis_sg *deferred_sgs;      /* whose handlers sg_dpc runs */
    KDPC sg_dpc;
    unsigned defer_every, sg_lists;    /* ndis_defer_sg_lists; lists since then */
    uint64_t timeout_ns;
    bool started, running;
};

/* ndis.c */
struct ndis *ndis_current(const char *function);
/* The object behind a handle of the type, or NULL after a report "ndis.handle". */
void *ndis_object_of(NDIS_HANDLE handle, enum ndis_object_type type, const char *function);
const char *ndis_intern(struct ndis *ndis, const char *name);
void ndis_pending_begin(struct ndis_pending *pending);
void ndis_pending_complete(struct ndis *ndis, struct ndis_pending *pending, NDIS_STATUS status, const char *what);
/* Waits for a status that was PENDING. False after the timeout, reported as check `ndis.timeout`. */
bool ndis_pending_wait(struct ndis *ndis, struct ndis_pending *pending, NDIS_STATUS *status, const char *what, const char *who);
void ndis_function_enter(struct ndis *ndis, const char *function);
void ndis_function_exit(struct ndis *ndis, const char *function);

/* nbl_pool.c, nbl_alloc.c: more in nbl_internal.h */
static inline struct nbl_record *nbl_record_of(const NET_BUFFER_LIST *nbl) {
    return (struct nbl_record *)(void *)((PUCHAR)(ULONG_PTR)nbl - NBL_RECORD_BYTES);
}
static inline PNET_BUFFER_LIST nbl_of(struct nbl_record *record) {
    return (PNET_BUFFER_LIST)(void *)((PUCHAR)record + NBL_RECORD_BYTES);
}
/* Is the handle a pool of that kind in the machine's block? No byte behind it is read before it is known to be a pool. */
static inline bool ndis_is_near_pool(const struct ndis *ndis, const void *handle, enum ndis_object_type type) {
    const ULONG_PTR at = (ULONG_PTR)handle - (ULONG_PTR)ndis->pool_block;
    return at < NDIS_POOLS * NDIS_POOL_BYTES && at % NDIS_POOL_BYTES == 0 && ndis->pool_block && ((const struct ndis_object *)handle)->type == type;
}
bool nbl_check_ours_slowly(struct ndis *ndis, const NET_BUFFER_LIST *nbl, const char *function);
/* Is it an NBL of one of this machine's pools, in use? Reports "nbl.foreign" or "nbl.use_after_free" if not. */
static inline bool nbl_check_ours(struct ndis *ndis, const NET_BUFFER_LIST *nbl, const char *function) {
    const bool ours = ndis_is_near_pool(ndis, nbl->NdisPoolHandle, NDIS_OBJECT_NBL_POOL) && nbl_record_of(nbl)->state != NBL_FREE;
    return __builtin_expect(ours, 1) || nbl_check_ours_slowly(ndis, nbl, function);
}
void nbl_recycle(struct nbl_record *record);
void ndis_free_pools(struct ndis *ndis);
uint64_t ndis_live_nbls(const struct ndis *ndis);

/* nbl_check.c: [D] 1.2 for every NB; `function` is where the NBL crosses. */
void nbl_check_buffers(struct nbl_record *record, const char *function);

/* nbl_track.c */
/* Notes that the NBL goes from one driver to another, and checks on the way back that it is as it went: see nbl_check.c. */
void nbl_hop(struct nbl_record *record, enum nbl_what what, const char *from, const char *to);
/* Format as printf: what is wrong, as the end of a sentence that begins with the NBL. */
void nbl_violation(struct nbl_record *record, const char *check, const char *clause, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void nbl_trace(struct nbl_record *record, enum platform_trace_kind kind);
unsigned nbl_count_nbs(const NET_BUFFER_LIST *nbl);
/* Reports every NBL that `holder` holds, or came from `source`; NULL fits any. Each NBL is reported once. */
unsigned nbl_report_lost(struct ndis *ndis, const struct ndis_object *holder, const struct ndis_object *source, const char *when);

/* binding.c, state.c */
NDIS_STATUS ndis_bind(struct ndis_adapter *adapter, struct ndis_protocol *protocol);
void ndis_unbind(struct ndis_binding *binding);
void ndis_binding_free(struct ndis_binding *binding);
NDIS_STATUS ndis_net_pnp(struct ndis_binding *binding, NET_PNP_EVENT_CODE code, void *buffer, ULONG length, const char *what);
void ndis_binding_check_idle(struct ndis_binding *binding);
void ndis_pause_adapter(struct ndis_adapter *adapter);
NDIS_STATUS ndis_restart_adapter(struct ndis_adapter *adapter);

/* oid.c: a request of NDIS itself, waits for its end. PASSIVE. */
NDIS_STATUS ndis_miniport_oid(struct ndis_adapter *adapter, PNDIS_OID_REQUEST request);
NDIS_STATUS ndis_apply_filter(struct ndis_adapter *adapter);

/* sg_dma.c */
void ndis_free_sgs(struct ndis *ndis);

#endif
