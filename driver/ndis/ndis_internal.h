/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis_internal.h: the objects of NDIS and what its files share. Not for drivers.
 *
 *   ndis -> drivers -> their miniport, filter and protocol registrations
 *   adapter -> filter modules, bottom to top -> bindings; each of these three is a layer
 * Every NDIS_HANDLE points at a struct ndis_object, the first member of each of these.
 */
#ifndef RINGSIDE_NDIS_INTERNAL_H
#define RINGSIDE_NDIS_INTERNAL_H

#include "kernel/kernel_internal.h"
#include "nbl_ledger.h"
#include "ndis_host.h"
#include "platform_lost.h"

enum ndis_object_type {
    NDIS_OBJECT_DRIVER = 0x4E440001, NDIS_OBJECT_PROTOCOL, NDIS_OBJECT_ADAPTER, NDIS_OBJECT_BINDING, NDIS_OBJECT_NBL_POOL,
    NDIS_OBJECT_NB_POOL, NDIS_OBJECT_DMA, NDIS_OBJECT_INTERRUPT, NDIS_OBJECT_TIMER, NDIS_OBJECT_FILTER_DRIVER, NDIS_OBJECT_FILTER,
    NDIS_OBJECT_PACKET_POOL, NDIS_OBJECT_LEGACY_PROTOCOL, NDIS_OBJECT_LEGACY_BINDING, NDIS_OBJECT_POLL,
    NDIS_OBJECT_SHARED_MEMORY
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
    NDIS_MINIPORT_PNP_CHARACTERISTICS pnp;  /* optional */
    bool is_miniport;
    struct legacy_miniport *legacy;  /* it is of NDIS 5 */
    const void *code;                /* the module that it is in: nbl_guard.h */
    struct ndis_driver *next;
};

struct ndis_protocol {
    struct ndis_object object;
    struct ndis_driver *driver;      /* whose DriverEntry registered it; NULL: registered later */
    struct ndis_driver *associated;  /* the miniport half of an intermediate driver */
    NDIS_HANDLE context;
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS chars;
    struct ndis_allowed *allowed;    /* NULL: it is bound to every adapter */
    struct ndis_protocol *next;
};

struct ndis_filter_driver {
    struct ndis_object object;
    struct ndis_driver *driver;
    NDIS_HANDLE context;
    NDIS_FILTER_DRIVER_CHARACTERISTICS chars;
    bool deregistered;
    struct ndis_filter_driver *next;
};

/* ---- Adapters, filter modules, bindings */
enum { NDIS_MULTICAST_MOST = 32 };

struct ndis_multicast {
    unsigned count;
    UCHAR addresses[NDIS_MULTICAST_MOST][6];
};

enum ndis_state { NDIS_STATE_HALTED, NDIS_STATE_INITIALIZING, NDIS_STATE_PAUSED, NDIS_STATE_RESTARTING, NDIS_STATE_RUNNING,
                  NDIS_STATE_PAUSING };

/* An operation that a driver may pend: begun, and completed with a status. */
struct ndis_pending {
    bool active;
    NDIS_STATUS status;
    KEVENT done;
};

/* What NBLs and requests pass on their way through the stack of an adapter: the miniport's adapter itself, a filter module, a binding. */
struct ndis_layer {
    struct ndis_object object;
    struct ndis_driver *driver;  /* whose code it is */
    struct ndis_adapter *adapter;
    enum ndis_state state;
    uint64_t originated;         /* NBLs that it sent or indicated itself and that are not back */
    uint64_t held;               /* NBLs of others that it has */
    unsigned calls;              /* of the data path, inside it now */
    KEVENT idle;                 /* set when the three above become 0 */
    struct ndis_oid *oid;        /* the one request inside it */
    LIST_ENTRY oid_queue;        /* those that wait for it to be done */
    unsigned oids_out;           /* requests that it made and that are not done */
};

struct ndis_adapter {
    union {
        struct ndis_object object;
        struct ndis_layer layer;
    };
    struct ndis_driver *driver;
    struct platform *platform;    /* with the registers and interrupts of its card */
    NDIS_HANDLE context;
    ULONG attribute_flags, hang_seconds;
    bool have_registration, have_general;
    NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES general;
    NDIS_RESTART_GENERAL_ATTRIBUTES restarted;  /* general, as the stack changed it at its last restart */
    NDIS_PNP_CAPABILITIES power;
    NDIS_OID *oids;
    NDIS_LINK_STATE link;
    bool have_offload, have_rss;
    NDIS_OFFLOAD offload_config, offload_capabilities;  /* what is on now; what can be */
    NDIS_RECEIVE_SCALE_CAPABILITIES rss;
    WCHAR device_name[64];
    NDIS_STRING device_string;
    NET_IFINDEX if_index;
    ULONG packet_filter;          /* what the miniport was told: OR of the bindings */
    struct ndis_multicast multicast;  /* the same: their union */
    struct ndis_pending pause, restart, reset;
    bool in_reset;                /* from the indication of its start to that of its end */
    bool resetting, addressing_reset, removed;
    unsigned interrupts_registered, dmas_registered;
    NDIS_POLL_HANDLE polls;
    struct ndis_shared_memory *shared_memory;
    ndis_place *place;            /* NULL: it cannot say where in it an NBL is */
    void *place_context;
    struct ndis_filter *bottom, *top;
    struct ndis_binding *bindings;
    unsigned loopback_bindings;   /* that hear what the others send */
    KEVENT pnp_free;              /* one pause, restart, bind, attach or removal at a time */
    bool is_software;             /* no resources */
    bool is_virtual;              /* of an intermediate driver */
    bool cancelled;               /* NdisIMCancelInitializeDeviceInstance, or taken down for good */
    bool adding_device, device_added;
    NDIS_HANDLE add_device_context;
    NDIS_HANDLE im_context;       /* DeviceContext of NdisIMInitializeDeviceInstanceEx */
    uint64_t hang_timer;
    bool hang_watched;            /* the timer is set */
    struct legacy_adapter *legacy;/* its driver is of NDIS 5 */
    struct ndis_adapter *next;
};

/* A filter module. */
struct ndis_filter {
    union {
        struct ndis_object object;
        struct ndis_layer layer;
    };
    struct ndis_filter_driver *filter_driver;
    NDIS_HANDLE context;
    /* Of the driver, or the module's own choice. */
    FILTER_SEND_NET_BUFFER_LISTS_HANDLER send;
    FILTER_SEND_NET_BUFFER_LISTS_COMPLETE_HANDLER send_complete;
    FILTER_CANCEL_SEND_HANDLER cancel_send;
    FILTER_RECEIVE_NET_BUFFER_LISTS_HANDLER receive;
    FILTER_RETURN_NET_BUFFER_LISTS_HANDLER return_nbls;
    bool attaching, choosing;    /* FilterAttach, FilterSetFilterModuleOptions run */
    bool attached;
    struct ndis_pending pause, restart;
    WCHAR name[64];
    NDIS_STRING name_string;
    struct ndis_filter *above, *below;
};

enum { NDIS_FRAME_TYPES = 16 };

struct ndis_binding {
    union {
        struct ndis_object object;
        struct ndis_layer layer;
    };
    struct ndis_adapter *adapter;
    struct ndis_protocol *protocol;
    NDIS_HANDLE context;
    bool open;                    /* NdisOpenAdapterEx was done, NdisCloseAdapterEx not yet */
    ULONG packet_filter;
    struct ndis_multicast multicast;
    NET_FRAME_TYPE frame_types[NDIS_FRAME_TYPES];
    unsigned frame_type_count;    /* 0: all */
    struct ndis_pending bind, unbind, pnp;
    struct ndis_binding *next;
};

/* ---- Packets */
enum nbl_state { NBL_FREE, NBL_OWNED, NBL_SENT, NBL_INDICATED, NBL_ZOMBIE /* freed while it was out */ };
#define NBL_POISON ((PVOID)(ULONG_PTR)UINT64_C(0xDEAD5C7A7C40DEAD))
enum nbl_what { NBL_ALLOCATED, NBL_SEND, NBL_COMPLETE, NBL_INDICATE, NBL_RETURN };
enum { NBL_HISTORY = 16, NBL_OOB_SLOTS = 30, NBL_BYTES = 384, NBL_LEVELS = 7 };

enum { NDIS_POOL_BYTES = 256, NDIS_POOLS = 64 /* in one piece; more are found by a search */ };

struct nbl_hop {
    uint64_t time_ps;
    const char *from, *to, *site;    /* of the call, or NULL */
    enum nbl_what what;
};

/* One flight of an NBL: from the layer that sent or indicated it until it is back there. Intermediate drivers nest them. */
struct nbl_level {
    enum nbl_state state, flight;
    unsigned lent;
    struct ndis_layer *holder, *origin;
};

enum { CACHE_LINE = 64 };

/* Lies in front of each NBL. What every life writes is one cache line, and what every flight writes the next: packets pay for no more. */
struct nbl_record {
    struct nbl_ledger ledger;        /* what the checks remember */
    struct nbl_hop hops[NBL_HISTORY];
    struct nbl_level outer[NBL_LEVELS];
    PNET_BUFFER nb;                  /* of the pool's block, shapes (b) and (c) */
    PNET_BUFFER_LIST_CONTEXT context;/* of the pool's block, ContextSize > 0 */
    PNET_BUFFER_LIST_CONTEXT allocated_context; /* given at allocation beyond the pool's: freed with the NBL */
    struct nbl_hop first_send;
    /* A flight. */
    _Alignas(CACHE_LINE) struct ndis_layer *holder; /* who has it; the origin itself while NDIS carries it */
    struct ndis_layer *origin;       /* who sent or indicated it, and gets it back */
    struct ndis_layer *deliver;      /* scratch of one completion or return: who is next */
    uint64_t since_ps;               /* begin of the flight */
    enum nbl_state flight;           /* NBL_SENT or NBL_INDICATED while it is out, also when it was freed meanwhile */
    unsigned depth;                  /* flights around this one */
    unsigned lent;                   /* indications with NDIS_RECEIVE_FLAGS_RESOURCES that it is inside of: may not be returned */
    bool reported, told, overdue;    /* as lost: by a violation, and in full; as out for too long */
    /* A life. */
    _Alignas(CACHE_LINE) struct ndis_pool *pool;
    PNET_BUFFER_LIST next_free;
    uint32_t number;
    unsigned hop_count;
    const char *freed_site;
    int64_t packet;                  /* from here on what an allocation writes, in one store */
    enum nbl_state state;
    uint32_t special;                /* it is derived, was derived from, or had a context: its end takes more than a push on a list */
    const char *site;                /* of the allocation */
    uint64_t allocated_ps;
};
enum { NBL_RECORD_BYTES = sizeof(struct nbl_record) };
C_ASSERT(NBL_RECORD_BYTES % CACHE_LINE == 0 && offsetof(struct nbl_record, pool) + CACHE_LINE == NBL_RECORD_BYTES);

/* An MDL that a retreat put in front of an NB's chain; the newest first, in NET_BUFFER.NdisReserved[1]. */
struct nb_retreat {
    struct nb_retreat *next;
    PMDL mdl;
    void *memory;  /* of the default allocator, NULL when a handler made the MDL */
    size_t bytes;
    uint64_t operation;  /* the NBL retreat that made it: what an undo may free */
};

struct ndis_sg;
struct ndis_key;

struct ndis {
    struct kernel *kernel;
    struct platform *platform;
    struct ndis_driver *drivers;
    struct ndis_protocol *protocols, *dead_protocols;  /* the dead are still named by bindings that lost an NBL */
    struct ndis_filter_driver *filter_drivers;
    struct ndis_planned_filter *planned_filters;
    struct ndis_filter *dead_filters;                  /* as above */
    struct ndis_adapter *adapters;
    struct ndis_pool *pools;
    uint8_t *pool_block;               /* NDIS_POOLS of NDIS_POOL_BYTES each: a handle into it is a pool's */
    unsigned pools_made;
    struct ndis_pool *own_nbls, *own_nbs;  /* for derived NBLs without a pool of the caller's */
    struct ndis_driver *loading;       /* whose DriverEntry runs */
    struct ndis_binding *binding_now;  /* in ProtocolBindAdapterEx */
    struct ndis_name *names;
    struct nb_retreat *free_retreats;
    struct ndis_guard *guard;              /* nbl_guard.h; NULL: NBLs lie in the open */
    struct ndis_counts counts;
    uint32_t nbl_numbers, nb_numbers, packet_numbers;
    struct packet_pool *packet_pools;      /* NDIS 5 */
    struct legacy_protocol *legacy_protocols;
    uint64_t retreat_operations;
    uint64_t tags_given;               /* nbl_tag.c */
    LIST_ENTRY tagged;                 /* associations of all NBLs */
    const char *call_site;             /* of the call that hands NBLs over now, for their histories; NULL: it does not say */
    struct ndis_sg *free_sgs, *all_sgs;
    struct ndis_sg *deferred_sgs;      /* whose handlers sg_dpc runs */
    KDPC sg_dpc;
    unsigned defer_every, sg_lists;    /* ndis_defer_sg_lists; lists since then */
    struct ndis_workers *workers;
    struct ndis_oid *free_oids;
    struct ndis_key *keys;             /* ndis_config.h */
    struct ndis_pool *loopback_pool;
    uint64_t timeout_ns;
    uint64_t watch_timer;
    bool watching;                     /* the timer above is set */
    UCHAR cancel_ids;
    bool started;
    bool bringing_up;                  /* ndis_start will come to adapters that are made now */
};

/* ndis.c */
struct ndis *ndis_current(const char *function);
/* The object behind a handle of the type, or NULL after a report "ndis.handle". */
void *ndis_object_of(NDIS_HANDLE handle, enum ndis_object_type type, const char *function);
/* Reports a call at a higher level as "kernel.irql". */
void ndis_require_passive(struct ndis *ndis, const char *function);
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
/* Is it an NBL that NDIS made? Those bear their own address, and have a record; of others no byte around them is read. */
static inline bool nbl_is_made(const NET_BUFFER_LIST *nbl) { return nbl->NdisReserved[0] == nbl; }
/* Is it an NBL of one of this machine's pools, in use? Reports "nbl.foreign" or "nbl.use_after_free" if not. */
static inline bool nbl_check_ours(struct ndis *ndis, const NET_BUFFER_LIST *nbl, const char *function) {
    if (!__builtin_expect(nbl_is_made(nbl), 1)) return nbl_check_ours_slowly(ndis, nbl, function);
    const struct nbl_record *record = nbl_record_of(nbl);
    const struct ndis_object *pool = (const struct ndis_object *)record->pool;
    const bool ours = nbl->NdisPoolHandle == pool && pool->ndis == ndis && record->state != NBL_FREE;
    return __builtin_expect(ours, 1) || nbl_check_ours_slowly(ndis, nbl, function);
}
void nbl_recycle(struct nbl_record *record);
void ndis_free_pools(struct ndis *ndis);
uint64_t ndis_live_nbls(const struct ndis *ndis);

/* The data lies in the first MDL, as it should. */
static inline bool nb_is_whole(const NET_BUFFER *nb) {
    const MDL *mdl = nb->CurrentMdl;
    return mdl && mdl == nb->MdlChain && nb->DataOffset == nb->CurrentMdlOffset &&
           (uint64_t)nb->DataOffset + nb->DataLength <= mdl->ByteCount;
}
/* nbl_check.c: [D] 1.2 for every NB; `function` is where the NBL crosses. */
void nbl_check_each(struct nbl_record *record, const char *function);
static inline void nbl_check_buffers(struct nbl_record *record, const char *function) {
    const NET_BUFFER *nb = nbl_of(record)->FirstNetBuffer;
    const bool common = nb && !nb->Next && nb->NdisPoolHandle == record->pool && nb_is_whole(nb);
    if (!__builtin_expect(common, 1)) nbl_check_each(record, function);
}
/* nbl_flow.c: are the NBs, several, of one flow? */
void nbl_check_flows(struct nbl_record *record);

/* nbl_edge.c: notes that the NBL goes from one driver to another, and checks on the way back that it is as it went. */
void nbl_hop(struct nbl_record *record, enum nbl_what what, const char *from, const char *to);
/* nbl_track.c */
/* Format as printf: what is wrong, as the end of a sentence that begins with the NBL. */
void nbl_violation(struct nbl_record *record, const char *check, const char *clause, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void nbl_trace(struct nbl_record *record, enum platform_trace_kind kind);
unsigned nbl_count_nbs(const NET_BUFFER_LIST *nbl);
/* nbl_lost.c: all that is known of the NBL, to the machine. misuser: who gave it up without having it, or NULL. */
void nbl_tell(struct nbl_record *record, enum platform_lost_kind kind, const char *misuser, const char *when);
/* Reports every NBL that `holder` holds, or came from `source`; NULL fits any. Each NBL is reported once. */
unsigned nbl_report_lost(struct ndis *ndis, const struct ndis_object *holder, const struct ndis_object *source, const char *when);

/* binding.c */
NDIS_STATUS ndis_bind(struct ndis_adapter *adapter, struct ndis_protocol *protocol);
void ndis_unbind(struct ndis_binding *binding);
void ndis_protocol_free(struct ndis_protocol *protocol);
void ndis_binding_free(struct ndis_binding *binding);

/* The rules of who is bound where: the host's, and no protocol to the virtual adapters of its own driver. */
bool ndis_may_bind(const struct ndis_adapter *adapter, const struct ndis_protocol *protocol);

/* layer.c */
void ndis_layer_init(struct ndis_layer *layer, enum ndis_object_type type, const char *name, struct ndis_driver *driver,
                     struct ndis_adapter *adapter);
void ndis_layer_check_idle(struct ndis_layer *layer);
/* Waits until the layer has no NBL, and sent or indicated none, that is still out. What is then is reported; `when`: "the pause of .." */
void ndis_layer_wait_idle(struct ndis_layer *layer, const char *when);

/* state.c */
void ndis_pause_adapter(struct ndis_adapter *adapter, ULONG reason);
NDIS_STATUS ndis_restart_adapter(struct ndis_adapter *adapter);

/* bringup.c. Begin and end bracket every change of an adapter's state. */
void ndis_pnp_begin(struct ndis_adapter *adapter);
void ndis_pnp_end(struct ndis_adapter *adapter);
struct ndis_adapter *ndis_adapter_create(struct ndis *ndis, struct ndis_driver *driver, const char *name);
NDIS_STATUS ndis_bring_up_adapter(struct ndis_adapter *adapter);
void ndis_take_down_adapter(struct ndis_adapter *adapter, NDIS_HALT_ACTION action);

/* filter.c, filter_driver.c */
NDIS_STATUS ndis_make_planned_filters(struct ndis_adapter *adapter); /* those that waited for the adapter to be made */
NDIS_STATUS ndis_attach_filters(struct ndis_adapter *adapter);
void ndis_detach_filters(struct ndis_adapter *adapter);
/* Out of its stack for good, which is paused for it if it runs. PASSIVE. */
void ndis_detach_filter_module(struct ndis_filter *filter);
void ndis_free_filters(struct ndis *ndis);
/* loopback.c */
void ndis_free_loopback(struct ndis *ndis);
/* reset.c: waits for its end. PASSIVE. */
NDIS_STATUS ndis_reset_now(struct ndis_adapter *adapter);
/* Revision of bind and attach parameters that a driver of NDIS 6.minor knows. */
UCHAR ndis_revision_of(UCHAR minor);
struct ndis_adapter *ndis_find_adapter(struct ndis *ndis, const char *name);

/* pnp.c: to a binding, and to a protocol that need not have one. A status that pended is waited for. */
NDIS_STATUS ndis_net_pnp(struct ndis_binding *binding, NET_PNP_EVENT_CODE code, void *buffer, ULONG length, const char *what);
void ndis_protocol_event(struct ndis_protocol *protocol, NET_PNP_EVENT_CODE code, void *buffer, ULONG length);

/* work.c: `function` runs in a thread, at PASSIVE_LEVEL, soon. Any IRQL. False without memory. */
bool ndis_queue_work(struct ndis *ndis, void (*function)(void *arg), void *arg);
void ndis_stop_workers(struct ndis *ndis);

/* config_store.c */
void ndis_free_config(struct ndis *ndis);

/* watch.c: sends that take too long, and miniports that hang. [D] 6 */
void ndis_watch_sends(struct ndis *ndis);
void ndis_stop_watching(struct ndis *ndis);
void ndis_watch_hangs(struct ndis_adapter *adapter);
void ndis_unwatch_hangs(struct ndis_adapter *adapter);

/* oid.c: a request of NDIS itself, through the filters; waits for its end. PASSIVE. */
NDIS_STATUS ndis_miniport_oid(struct ndis_adapter *adapter, PNDIS_OID_REQUEST request);
/* Requests that wait for the layer are given up. */
void ndis_oid_abort_queue(struct ndis_layer *layer);
void ndis_free_oids(struct ndis *ndis);
/* oid_known.c: what NDIS answers or combines itself. True: *status is final. */
bool ndis_oid_known(struct ndis_binding *binding, PNDIS_OID_REQUEST request, NDIS_STATUS *status);

/* offload.c: the same for offloads and receive side scaling; what the miniport says of them in its attributes and indications. */
bool ndis_offload_known(const struct ndis_adapter *adapter, PNDIS_OID_REQUEST request, NDIS_STATUS *status);
NDIS_STATUS ndis_take_offload(struct ndis_adapter *adapter, const NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES *from);
void ndis_take_rss(struct ndis_adapter *adapter, const NDIS_RECEIVE_SCALE_CAPABILITIES *from);
void ndis_note_offload(struct ndis_adapter *adapter, const NDIS_STATUS_INDICATION *indication);
/* oid_filter.c: the miniport is told the sum of what the bindings set, when it changes. */
NDIS_STATUS ndis_apply_filter(struct ndis_adapter *adapter);
NDIS_STATUS ndis_apply_multicast(struct ndis_adapter *adapter);
NDIS_STATUS ndis_set_packet_filter(struct ndis_binding *binding, PNDIS_OID_REQUEST request);
NDIS_STATUS ndis_set_multicast(struct ndis_binding *binding, PNDIS_OID_REQUEST request);

/* packet_pool.c, legacy_protocol.c: NDIS 5 */
void ndis_free_packet_pools(struct ndis *ndis);
void ndis_free_legacy_protocols(struct ndis *ndis);

/* sg_dma.c */
void ndis_free_sgs(struct ndis *ndis);

/* poll.c: the adapter runs: polls begin. And it halts: says how many the driver has not deregistered, and ends them. */
void ndis_start_polls(struct ndis_adapter *adapter);
unsigned ndis_end_polls(struct ndis_adapter *adapter);

/* shared_memory.c: says how many blocks the driver has not freed, and frees them. */
unsigned ndis_end_shared_memory(struct ndis_adapter *adapter);

/* add_device.c, filter_driver.c: optional handlers; the device that a miniport helps to set up. */
NDIS_STATUS ndis_set_filter_handlers(NDIS_HANDLE NdisHandle, PNDIS_DRIVER_OPTIONAL_HANDLERS OptionalHandlers);
NDIS_STATUS ndis_set_add_device(struct ndis_adapter *adapter, const NDIS_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES *from);
NDIS_STATUS ndis_add_device(struct ndis_adapter *adapter);
void ndis_remove_device(struct ndis_adapter *adapter);

#endif
