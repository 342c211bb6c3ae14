/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic_internal.h: the state of the traffic protocol, shared by the files of this folder.
 *
 * An item is an NBL with its NBs for life, and for each NB a frame: page-aligned memory for the bytes, and storage for its MDLs. Items
 * are made when the protocol binds and recycled on completion: the data path allocates nothing.
 *
 *   free list -> build (sender thread) -> batch -> NdisSendNetBufferLists -> completion handler -> free list
 */
#ifndef RINGSIDE_TRAFFIC_INTERNAL_H
#define RINGSIDE_TRAFFIC_INTERNAL_H

#include "capture_filter.h"
#include "fault_filter.h"
#include "kernel/kernel.h"
#include "module.h"
#include "mux.h"
#include "ndis.h"
#include "ndis/ndis_host.h"
#include "netvio.h"
#include "netvio5.h"
#include "netviocx.h"
#include "netcx_host.h"
#include "regmap.h"
#include "team.h"
#include "traffic.h"
#include "traffic_offload.h"
#include "vlan_filter.h"
#include "platform_uncharged.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    TRAFFIC_TAG = 0x66617274, /* 'traf' */
    TRAFFIC_FRAME_MAX = ETH_MAX_FRAME - ETH_FCS,
    TRAFFIC_OFFSET_RANDOM = 64, /* bytes by which a random cut moves the start of a frame */
    TRAFFIC_EVEN_PIECES = 16,   /* most pieces of an even cut */
    TRAFFIC_GAP = 8,            /* most bytes between two pieces */
    TRAFFIC_NIC_NAME = 16,
    TRAFFIC_FLOW_BYTES = 160    /* of a frame, hold every header that makes its flow */
};

struct traffic_frame {
    PNET_BUFFER nb;
    PUCHAR buffer;    /* NULL after TRAFFIC_FAULT_FREE_UNDER_DMA, until the next use */
    PUCHAR mdls;      /* storage, traffic.mdl_stride bytes each */
    uint64_t id;
    unsigned count;   /* packets that it stands for, from id on: more than 1 in a large send */
};

struct traffic_item {
    PNET_BUFFER_LIST nbl;
    struct traffic_frame *frames;
    unsigned used;    /* frames in this flight */
    bool in_flight;
    struct traffic_item *next;
};

/* traffic_packet.h: the protocol by packets. */
struct traffic_packets;

/* tcpip.h: lwIP. */
struct tcpip;

/* traffic_programs.c: programs, loaded, and the thread that they run in. */
struct traffic_program;

/* A driver of the stack, loaded. */
struct traffic_layer {
    char name[24], prefix[24];
    union {
        struct vlan_filter vlan;
        struct mux mux;
        struct team team;
    };
};

struct traffic {
    struct platform *machine;   /* as given: for calls from outside */
    struct platform *platform;  /* the kernel's: for our own code */
    struct traffic_config config;
    struct traffic_callbacks callbacks;
    struct kernel *kernel;
    struct ndis *ndis;
    struct netvio_config miniport;
    struct netvio5_config miniport5;
    struct traffic_packets *packets;  /* instead of items, with config.protocol_ndis5 */
    struct tcpip *tcpip;              /* instead of items, with config.tcpip */
    struct capture_filter capture;
    struct fault_filter faulty;
    struct traffic_layer layers[TRAFFIC_STACK_MOST];
    struct module *modules[TRAFFIC_STACK_MOST];
    struct traffic_program *programs;
    char problem[2048];         /* why the stack did not load, when there is more to say than a status */

    const char *protocol_name;  /* of the driver, as it is loaded and shown */
    NDIS_HANDLE protocol, binding, nbl_pool, nb_pool;
    NDIS_STATUS bind_status;    /* what came of binding, for the message */
    ULONG backfill;             /* of data, in front of each frame */
    USHORT context_backfill;
    unsigned slots;             /* of the adapter's transmit ring: bounds the pieces of a frame */
    unsigned pieces;            /* most MDLs of a frame */
    SIZE_T mdl_stride, buffer_bytes;
    uint32_t *lengths;          /* scratch, one for each piece */
    struct traffic_item *items, *free;
    struct traffic_frame *frames;
    PUCHAR scratch;             /* a received frame, contiguous */

    struct platform_thread *sender;
    struct platform_event *wake;
    bool running;               /* between restart and pause */
    bool exhausted;             /* next() said: no more */
    bool have_pending;          /* pending is a frame that next() gave and that is in no NBL yet */
    struct {
        uint64_t id, not_before_ps;
        const uint8_t *data;
        size_t length;
    } pending;
    bool offloads_on;           /* the adapter was asked: NBLs have slots to fill in */
    struct traffic_tasks tasks; /* what it does now */
    struct traffic_large large;
    uint8_t *edited;            /* a frame whose checksum is left to the adapter */
    uint64_t tx_checksums, large_sends, large_send_frames, rx_checksums, rx_hashes;
    uint8_t flow[TRAFFIC_FLOW_BYTES];    /* start of the first frame of the NBL that is being built */
    size_t flow_length;
    PNET_BUFFER_LIST batch, *batch_end;  /* built, not sent */
    unsigned batch_nbls, batch_nbs;
    UCHAR cancel_part;          /* of NdisGeneratePartialCancelId */
    uint32_t calls;             /* of send: the rest of the cancel id */
    uint64_t outstanding;       /* NBLs that NDIS has */
    PNET_PNP_EVENT_NOTIFICATION pausing;
    uint64_t random;
    bool fault_done;
    KEVENT oid_free;            /* set: no request is under way */
    KEVENT oid_done;
    NDIS_STATUS oid_status;
};

/* traffic_protocol.c */
DRIVER_INITIALIZE traffic_driver_entry;
/* Ask the miniport (query) or tell it (set), and wait for the answer, after others that are under way. PASSIVE_LEVEL, blocks.
 * CLOSING: the binding is closed. */
NDIS_STATUS traffic_request(struct traffic *traffic, NDIS_REQUEST_TYPE type, NDIS_OID oid, PVOID buffer, UINT length);

/* Keep requests out, from when those under way have ended: around the closing of the binding. PASSIVE_LEVEL; taking blocks. */
void traffic_take_requests(struct traffic *traffic);
void traffic_give_requests(struct traffic *traffic);

/* Fills in traffic.slots. The number of transmit blocks is what bounds the fragments of a frame: our adapters have a block for each slot
 * of their ring. PASSIVE_LEVEL, blocks. */
NDIS_STATUS traffic_ask_slots(struct traffic *traffic);

/* traffic_tasks.c: ask the adapter for what the configuration wants of offloads, as far as it announced them. Receive side scaling that it announced
 * and now refuses is an error: its frames would all go to one queue. PASSIVE_LEVEL, blocks. */
NDIS_STATUS traffic_tasks_ask(struct traffic *traffic, const NDIS_BIND_PARAMETERS *parameters);
void traffic_tasks_status(struct traffic *traffic, const NDIS_STATUS_INDICATION *indication);
/* The 802.1Q slot of what is sent; and, if the adapter is to know it, the VLAN to it. */
PVOID traffic_tag_slot(const struct traffic *traffic);
NDIS_STATUS traffic_tasks_join_vlan(struct traffic *traffic);
/* What the slots of a received NBL say. */
struct traffic_receive_info traffic_tasks_received(struct traffic *traffic, const NET_BUFFER_LIST *nbl);

/* traffic.c: the adapter of a NIC of the machine, from 0. */
void traffic_nic_name(unsigned nic, char name[TRAFFIC_NIC_NAME]);

/* traffic_stack.c: binds a protocol, or the lower half of an intermediate driver, to every NIC, in their order. */
NDIS_STATUS traffic_bind_to_nics(struct traffic *traffic, const char *protocol);
/* Loads the drivers of the configuration, stacks them over "nic0", and binds the protocol to the top. */
NDIS_STATUS traffic_stack_load(struct traffic *traffic);

/* traffic_module.c: a driver of the stack from a file; *adapter becomes that which carries what is above, if it is another. */
NDIS_STATUS traffic_module_load(struct traffic *traffic, unsigned number, char *adapter, size_t size);
/* The start of the stack failed with this status: if an adapter of a module is why, traffic.problem says so. */
void traffic_module_blame(struct traffic *traffic, NDIS_STATUS status);
/* Closes every module, once their drivers are unloaded. */
void traffic_modules_close(struct traffic *traffic);
/* traffic_programs.c: 0, or a negative errno with traffic.problem; stop before the stack goes down (blocks), free when it has. */
int traffic_programs_load(struct traffic *traffic);
void traffic_programs_stop(struct traffic *traffic);
void traffic_programs_free(struct traffic *traffic);
/* traffic_registry.c: gives NDIS the parameters of the configuration. */
NDIS_STATUS traffic_registry_load(struct traffic *traffic);
/* traffic_client.c: the parameters of netviocx, and then it. */
NDIS_STATUS traffic_client_load(struct traffic *traffic);

/* traffic_items.c: items, made for a binding. NDIS_STATUS; traffic_items_free undoes a part as well. */
NDIS_STATUS traffic_items_make(struct traffic *traffic);
void traffic_items_free(struct traffic *traffic);
/* Put a frame into the NB number `index` of the item. RESOURCES only after TRAFFIC_FAULT_FREE_UNDER_DMA. */
NDIS_STATUS traffic_items_place(struct traffic *traffic, struct traffic_item *item, unsigned index, uint64_t id, const uint8_t *data,
                                size_t length);
/* Bytes of the longest thing that is sent. */
SIZE_T traffic_items_longest(const struct traffic *traffic);

/* Most pieces that the configuration cuts a frame into, and the adapter can take. */
unsigned traffic_most_pieces(const struct traffic *traffic);

/* traffic_send.c */
void traffic_sender(void *arg);  /* thread */
/* Make pending the next frame. False: there is none now. Frames that no Ethernet has are refused here. */
bool traffic_fetch(struct traffic *traffic);
uint64_t traffic_due_in(const struct traffic *traffic);  /* ns until the pending frame is due, rounded up */
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE traffic_send_complete;
void traffic_send_drop_batch(struct traffic *traffic);  /* built and never sent: reported as paused */
void traffic_send_pause_check(struct traffic *traffic);

/* The cancel id of the last call: NDIS gives the high byte, the driver the rest. [D] 2.8 */
static inline PVOID traffic_cancel_id(const struct traffic *traffic) {
    return (PVOID)((ULONG_PTR)traffic->cancel_part << 24 | (traffic->calls & 0xFFFFFFu));
}

/* traffic_receive.c */
PROTOCOL_RECEIVE_NET_BUFFER_LISTS traffic_receive;

static inline PLATFORM_UNCHARGED void traffic_trace(struct traffic *traffic, enum platform_trace_kind kind, const char *name) {
    const struct platform *platform = traffic->platform;
    if (!platform->ops->trace_enabled(platform->ctx, kind)) return;
    struct platform_trace event = {kind, 0, 0, 0, 0, name};
    platform->ops->trace(platform->ctx, &event);
}

#ifdef __cplusplus
}
#endif

#endif
