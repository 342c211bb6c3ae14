/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic.h: what the simulator asks of a driver stack: bring it up over a NIC, send these frames, hand over what arrives, take it down.
 *
 * The stack is NDIS, the miniport of driver/netvio/, drivers of driver/stack/ as the configuration stacks them, and the traffic protocol. Frames go in and out as bytes without
 * FCS; how a frame is cut into MDLs, and how frames are grouped into NBs, NBLs and calls, is part of the configuration.
 */
#ifndef RINGSIDE_TRAFFIC_H
#define RINGSIDE_TRAFFIC_H

#include "platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a frame is cut into MDLs. */
enum traffic_cut { TRAFFIC_CUT_WHOLE, TRAFFIC_CUT_HEADER, TRAFFIC_CUT_RANDOM, TRAFFIC_CUT_BYTE, TRAFFIC_CUT_EVEN };

/* Deliberate faults of a driver, each caught by a check (tests only; `fault:` in a scenario). */
enum traffic_fault {
    TRAFFIC_FAULT_NONE,
    TRAFFIC_FAULT_LOSE_NBL,          /* the miniport never completes one NBL */
    TRAFFIC_FAULT_COMPLETE_TWICE,    /* the miniport completes one NBL twice */
    TRAFFIC_FAULT_FREE_UNDER_DMA,    /* the protocol frees the data of one NBL while the NIC still reads it */
    TRAFFIC_FAULT_UNMAPPED,          /* one descriptor points outside any mapping */
    TRAFFIC_FAULT_FORGED_USED,       /* the driver sees a used entry that it never posted (its ring memory is corrupted) */
    TRAFFIC_FAULT_NEVER_POST,        /* the miniport forgets one packet before it is posted */
    TRAFFIC_FAULT_NO_DOORBELL,       /* the miniport rings no transmit doorbell any more */
    TRAFFIC_FAULT_NEVER_LOOK,        /* the miniport looks at no used transmit buffer any more */
    TRAFFIC_FAULT_KEEP_RECEIVED,     /* the protocol never returns one received NBL */
    TRAFFIC_FAULT_FREE_NBL,          /* the protocol frees one NBL that the miniport has */
    TRAFFIC_FAULT_FREE_RECEIVED,     /* the protocol frees one received NBL, which is the miniport's, and returns it then */
    /* A filter of its own, over the others, has these: fault_filter.h. */
    TRAFFIC_FAULT_HOLD_SENT, TRAFFIC_FAULT_COMPLETE_SENT, TRAFFIC_FAULT_CLONE_SENT
};

/* What drives the NIC: netvio; netvio5, a miniport of NDIS 5, with one queue pair, no moderation, no offloads, no faults and no resets of its own; or
 * netviocx, a client of NetAdapterCx, of which rx_offset is not asked, and which cannot complete twice. */
enum traffic_miniport { TRAFFIC_MINIPORT_NDIS6, TRAFFIC_MINIPORT_NDIS5, TRAFFIC_MINIPORT_NETCX };

/* A driver between the miniport and the protocol. */
enum traffic_driver_kind { TRAFFIC_DRIVER_CAPTURE, TRAFFIC_DRIVER_VLAN, TRAFFIC_DRIVER_MUX, TRAFFIC_DRIVER_MODULE, TRAFFIC_DRIVER_TEAM };
struct traffic_driver {
    enum traffic_driver_kind kind;
    unsigned number;  /* VLAN: its id, 1 to 4094; mux: virtual adapters, 1 to 16, of which the first carries what is above;
                         team, the lowest of the stack: enum team_mode */
};
enum { TRAFFIC_STACK_MOST = 8, TRAFFIC_PROGRAMS_MOST = 8 };

/* A driver from a file: the path, and what it says of it: the adapter that a filter or protocol goes over instead of the
 * top of the stack; the virtual adapter of an intermediate driver that carries what is above; how many adapters a miniport drives, or
 * "nic0" for the NIC itself, in place of our own miniport. "" when nothing is said. Borrowed; they outlive the stack. */
struct traffic_module {
    const char *path, *argument;
};

/* Where captures go: each capture driver of the stack opens an interface, and shows the frames that pass it. */
struct traffic_capture_sink {
    void *ctx;
    unsigned (*open)(void *ctx, const char *name);
    /* Bytes without FCS, valid during the call; outbound: towards the wire. */
    void (*frame)(void *ctx, unsigned interface, bool outbound, uint64_t time_ps, const uint8_t *data, size_t length);
};

/* What is asked of the adapter; what it does not offer, the protocol does itself or does without. */
struct traffic_offloads {
    bool checksum;         /* of TCP and UDP, made on send and verified on receive */
    unsigned large_send;   /* segments of a flow that follow each other go out as one send of at most so many bytes of payload; 0: none */
    bool rss;              /* receive side scaling over all queues, hashes reported */
    bool mergeable;        /* frames longer than a receive buffer take several */
    bool filter;           /* the adapter drops what is not for it: broadcasts and its own address pass, and no tagged frames */
};
enum { TRAFFIC_PRIORITY_MOST = 7 };
enum { TRAFFIC_LARGE_SEND_MOST = 60 * 1024 };

/* The 802.1Q tag of every frame, which is not in the frame but in the slot of its NBL; all 0: there is none. */
struct traffic_tag {
    unsigned id, priority;
    bool by_adapter;       /* slots have the priority alone: the adapter is told the id, with OID_GEN_VLAN_ID */
};

/* What the adapter said of a received frame. */
struct traffic_receive_info {
    uint16_t tag;             /* of the 802.1Q slot, as on the wire: priority, CFI, id */
    bool tcp_good, udp_good;  /* the checksum was verified */
    uint32_t hash_type;       /* NDIS_HASH_*; 0: not hashed */
    uint32_t hash;
};
/* The key of the hash. */
enum { TRAFFIC_RSS_KEY_BYTES = 40 };
extern const uint8_t traffic_rss_key[TRAFFIC_RSS_KEY_BYTES];

#define TRAFFIC_BACKFILL_ASKED UINT32_MAX /* as much as the stack below asks for */

enum { TRAFFIC_NICS_MOST = 4 };

struct traffic_config {
    struct platform *nics[TRAFFIC_NICS_MOST - 1]; /* further NICs of the machine: adapters "nic1", ... beside "nic0"; borrowed */
    unsigned nic_count;                           /* of these */
    struct traffic_driver stack[TRAFFIC_STACK_MOST]; /* from the miniport up */
    unsigned stack_count;
    struct traffic_module modules[TRAFFIC_STACK_MOST]; /* of those of the stack that are modules, at the same place */
    /* Parameters of drivers: "driver/Keyword=value" or "driver/adapter/Keyword=value", a line each; NULL: none. Borrowed. */
    const char *registry;
    /* What drivers say to their debugger; NULL: nobody listens. */
    void (*debug_print)(void *ctx, const char *text);
    void *debug_print_ctx;
    bool guard_nbls;  /* ndis_guard_nbls() */
    /* Programs that use the drivers, with their arguments, separated by semicolons (traffic_programs.c); NULL: none. Borrowed. */
    const char *programs;
    void (*program_print)(void *ctx, const char *text); /* what they print, with debug_print_ctx; NULL: nobody listens */
    struct traffic_capture_sink capture; /* open NULL: captures are thrown away */
    /* lwIP over the adapter in place of the frames of next(): its address and the length of its network's prefix, "192.0.2.2/24"; it answers
     * ping and serves pages (tcpip.h). NULL: none. Borrowed */
    const char *tcpip;
    bool protocol_ndis5;        /* the frames travel in NDIS_PACKETs, one each: nbs_per_nbl and backfill have no meaning */
    enum traffic_miniport miniport;
    enum traffic_cut cut;
    unsigned pieces;            /* of an even cut, 1 or more */
    uint64_t seed;              /* for random cuts and offsets */
    unsigned backfill;          /* bytes of data backfill in front of each frame, or TRAFFIC_BACKFILL_ASKED, with which NBLs have the context
                                   backfill too; below 12, the header gets a buffer of its own */
    unsigned data_offset;       /* start of the frame's first byte in its page-aligned buffer, beyond the backfill: alignment */
    unsigned nbs_per_nbl;       /* 1 or more */
    unsigned nbls_per_send;     /* NBLs in one NdisSendNetBufferLists call */
    unsigned outstanding_nbls;  /* most NBLs in flight */
    unsigned tx_queue_size, rx_queue_size;  /* ring sizes, 0: the device's maximum */
    unsigned queue_pairs;       /* wanted, 0 is 1; more if the device has MQ and there are interrupts for them */
    unsigned tx_interrupt_after;/* sends until a transmit interrupt, with EVENT_IDX; 0 is 1 */
    unsigned tx_indirect_from;  /* chains of so many descriptors go out as a table, with INDIRECT_DESC; 0: none */
    uint32_t tx_max_packets, tx_max_usecs, rx_max_packets, rx_max_usecs;  /* interrupt moderation, with NOTF_COAL; 0: the device's own */
    uint64_t declined_features; /* VIRTIO features that the driver does not accept */
    struct traffic_offloads offloads;
    struct traffic_tag tag;
    const char *network_address; /* of the adapters, 12 hexadecimal digits, in place of their own; NULL: none. Borrowed */
    unsigned rx_buffer_bytes;   /* frame bytes of a receive buffer */
    unsigned rx_buffer_elements;/* MDLs (descriptors) of a receive buffer, 1 or more */
    unsigned rx_offset;         /* start of each of them in its page: alignment */
    enum traffic_fault fault;
    uint64_t fault_packet;      /* the packet that meets it, from 0 */
};

struct traffic_callbacks {
    void *ctx;
    /* Next frame to send: points *data at its bytes (valid until the next call), sets *length and *not_before_ps (earliest time to
     * send it). Returns the packet id (0, 1, ...), or -1: no more, or -2: none until traffic_kick(). */
    int64_t (*next)(void *ctx, const uint8_t **data, size_t *length, uint64_t *not_before_ps);
    /* A send of packet `id` was completed with this NDIS_STATUS. */
    void (*sent)(void *ctx, uint64_t id, int32_t status);
    /* A frame arrived (contiguous copy, valid during the call, as is the info). */
    void (*received)(void *ctx, const uint8_t *data, size_t length, const struct traffic_receive_info *info);
    void (*programs_ended)(void *ctx); /* may be NULL */
    /* With config.tcpip: a frame that the stack sends, as it must reach the wire, before sent() is told of it. */
    void (*handed_over)(void *ctx, uint64_t id, const uint8_t *data, size_t length);
};

struct traffic_counts {
    uint64_t nbl_allocated, nbl_sent, nbl_completed, nbl_indicated, nbl_returned, nbl_outstanding;
    uint64_t interrupts;
    uint64_t tx_checksums;                   /* frames whose checksum was left to the adapter, alone or in a large send */
    uint64_t large_sends, large_send_frames; /* and the frames that they stand for */
    uint64_t rx_checksums, rx_hashes;        /* received frames that came with a verified checksum, or a hash */
    uint64_t tcpip_requests, tcpip_pages;    /* of its HTTP server */
    uint64_t tcpip_copied, tcpip_refused;    /* received frames that it copied, or threw away for want of memory */
};

struct traffic;

/* Bring the stack up (threads context, blocks): load, initialise, bind, restart. 0, or a negative errno with a message in error;
 * -ENOMEM: the machine has too little memory for the configuration.
 * The platform, config and callbacks must outlive the stack; config and callbacks are copied. */
int traffic_start(struct platform *platform, const struct traffic_config *config, const struct traffic_callbacks *callbacks,
                  struct traffic **traffic, char *error, size_t error_size);
/* Let the programs of the configuration run, once, when the stack is up. */
void traffic_start_programs(struct traffic *traffic);
/* Have all of them ended? And which one runs; NULL: none. */
bool traffic_programs_done(const struct traffic *traffic);
const char *traffic_program_running(const struct traffic *traffic);
/* Have all frames of next() been sent and completed? */
bool traffic_sends_done(const struct traffic *traffic);
/* next() has frames again. Any context. */
void traffic_kick(struct traffic *traffic);
/* Reset one virtqueue alone, under traffic (threads, blocks). 0, -ENOTSUP (the device cannot), -EINVAL (no such queue), or -EIO: the device
 * did not finish, and was reset as a whole. Not during traffic_stop(), and one at a time. */
int traffic_reset_queue(struct traffic *traffic, unsigned queue);
/* Reset the device and bring it up again, under traffic (threads, blocks). 0, or -EIO: it did not come back. As above. */
int traffic_reset_device(struct traffic *traffic);
/* NDIS resets the miniport of this NIC (MiniportResetEx), under traffic (threads, blocks). 0, or -EIO: it did not come back. As above. */
int traffic_reset_miniport(struct traffic *traffic, unsigned nic);
/* Pause the whole stack and restart it, under traffic (threads, blocks). 0, or -EIO: it did not come back. As above. */
int traffic_restart_stack(struct traffic *traffic);
/* The stack as it is bound, one line of text for each driver, from the top; `line` gets them one by one. */
void traffic_describe(const struct traffic *traffic, void (*line)(void *arg, const char *text), void *arg);
/* Cancels the sends of the last call (NdisCancelSendNetBufferLists), under traffic: what waits in a driver comes back SEND_ABORTED, what the
 * device has goes on. Threads. */
void traffic_cancel_sends(struct traffic *traffic);
/* This NIC is gone: the drivers are told, and everything that stands on it alone is taken down (threads, blocks). Without a team nothing
 * can be sent any more. 0, or -EINVAL: it was gone already. */
int traffic_surprise_remove(struct traffic *traffic, unsigned nic);
/* Tells the machine (platform_ops.lost) of every NBL that is out now; `when` for the report, static storage. The first packet among them,
 * or -1: none is out, or none has a packet. */
int64_t traffic_tell_outstanding(struct traffic *traffic, const char *when);
void traffic_get_counts(const struct traffic *traffic, struct traffic_counts *counts);
/* Take it down (blocks): pause, unbind, halt, unload. Reports every NBL that is still out as a violation, then frees all. */
void traffic_stop(struct traffic *traffic);

#ifdef __cplusplus
}
#endif

#endif
