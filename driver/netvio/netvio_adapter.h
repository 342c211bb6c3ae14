/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio_adapter.h: the state of one adapter, shared by the files of this folder.
 *
 * Queues come in pairs, each with its own rings, buffers, locks and messages; what a function needs of one queue it gets as that queue.
 *
 * Locks. tx->lock guards the transmit ring and everything of struct netvio_tx; rx->lock likewise. No two are held together. None is held
 * over a call into NDIS that can come back to us (complete, indicate, pause complete), nor over a doorbell: a posted write may let others
 * run. The ISR takes no lock: it only tells the device to be quiet.
 *
 *   shared memory          allocated by      written by          read by
 *   rings                  vq_create         driver, device      both
 *   transmit headers       netvio_tx_init    driver (zero once)  device
 *   receive buffers        netvio_rx_init    device              protocols, through our NBLs
 *
 * Spec: [V] VIRTIO 1.2  [D] Windows driver documentation, NDIS 6
 */
#ifndef RINGSIDE_NETVIO_ADAPTER_H
#define RINGSIDE_NETVIO_ADAPTER_H

#include "miniport.h"
#include "ndis.h"
#include "ndis/ndis_host.h"
#include "netvio.h"
#include "regmap.h"
#include "virtio_ctrl.h"
#include "virtio_pci.h"
#include "vq_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NETVIO_ADDRESS_BYTES = 6 };
enum {
    NETVIO_QUEUE_RX = 0,      /* [V] 5.1.2: receiveq1, transmitq1, receiveq2, ... */
    NETVIO_QUEUE_TX = 1,
    NETVIO_PAIRS_MAX = 16,
    NETVIO_FRAME_MAX = ETH_MAX_FRAME - ETH_FCS,
    NETVIO_MTU = 9000,
    NETVIO_MERGE_LEAST = 256, /* bytes of a mergeable receive buffer: every header is in the first */
    NETVIO_SG_INLINE = 24,    /* elements of a scatter/gather list that need no memory of NDIS */
    NETVIO_TX_TABLE = 32,     /* elements of an indirect table: longer chains stay in the ring */
    NETVIO_RX_ELEMENTS = 16,
    NETVIO_LARGE_PAYLOAD = 60 * 1024,  /* of a large send: with its headers less than what the IP length can say */
    NETVIO_LARGE_MAX = NETVIO_LARGE_PAYLOAD + 256,
    NETVIO_RX_ID_SHIFT = 40,  /* packet ids of received frames count by queue, from pair << this */
    NETVIO_RX_BUDGET = 64,    /* frames of one DPC, after which it gives way to others */
    NETVIO_TAG = 0x6F69766E   /* 'nvio' */
};

struct netvio_adapter;

/* ---- Transmit: one record for each NB that the device has. There are as many as slots in the ring. */
struct netvio_tx_packet {
    PNET_BUFFER_LIST nbl;
    PNET_BUFFER nb;
    PSCATTER_GATHER_LIST sgl;         /* NULL until NDIS gave it */
    uint64_t id;                      /* packet id, for traces */
    uint64_t header_iova;             /* of this record's own header buffer */
    PUCHAR header;                    /* and where we write it */
    ULONG header_bytes;               /* in it, with the edited front of the frame; 0: it is in the NB's backfill */
    ULONG taken;                      /* bytes of the frame that the front stands for */
    bool retreated;                   /* the header is in the NB's backfill */
    struct netvio_tx_packet *next;    /* free list */
    struct netvio_tx *tx;
    /* Room for a SCATTER_GATHER_LIST of NETVIO_SG_INLINE elements. */
    DECLSPEC_ALIGN(16) UCHAR sg_buffer[sizeof(SCATTER_GATHER_LIST) + NETVIO_SG_INLINE * sizeof(SCATTER_GATHER_ELEMENT)];
};

struct netvio_nbl_list {
    PNET_BUFFER_LIST head, tail;
};

struct netvio_tx {
    NDIS_SPIN_LOCK lock;
    struct netvio_adapter *adapter;
    uint16_t number;                   /* of the virtqueue */
    ULONG message;
    bool resetting;                    /* the ring is not the device's now: nothing is posted or reaped */
    struct vq_packed *vq;
    struct netvio_tx_packet *packets, *free;
    struct netvio_tx_packet *mapping;  /* waits for its scatter/gather list */
    bool pumping;                      /* the list's callback runs inside netvio_tx_pump */
    struct vq_element *elements;       /* scratch, one for each slot */
    PVOID headers;                     /* shared memory: header_stride bytes for each packet */
    ULONG header_stride;               /* as much as the longest header with an edited front, where there are offloads */
    NDIS_PHYSICAL_ADDRESS headers_iova;
    struct netvio_nbl_list queue;      /* not wholly posted; the head's NBs from next_nb on are not */
    PNET_BUFFER next_nb;
    uint64_t next_id;                  /* packet id of next_nb; counts on over NBLs that have none */
    uint32_t outstanding;              /* NBLs that we own */
    uint64_t frames, bytes, errors;
};

/* ---- Receive: a buffer is an NBL, its NB and MDLs, and shared memory, for the life of the adapter. */
struct netvio_rx_buffer {
    PNET_BUFFER_LIST nbl;
    PMDL mdl;
    unsigned count;                    /* elements */
    struct vq_element elements[NETVIO_RX_ELEMENTS];
    PVOID va[NETVIO_RX_ELEMENTS];      /* of the memory; the element begins rx_buffer_offset behind */
    PMDL last_mdl;
    struct netvio_rx_buffer *merged;   /* the rest of the frame is there; its MDLs are chained to ours until the frame is back */
};

struct netvio_rx {
    NDIS_SPIN_LOCK lock;
    struct netvio_adapter *adapter;
    uint16_t number;                   /* of the virtqueue */
    ULONG message;
    bool resetting;                    /* the ring is not the device's now: buffers are parked, not posted */
    struct netvio_nbl_list parked;
    struct vq_packed *vq;
    NDIS_HANDLE pool;
    bool mergeable;                    /* MRG_RXBUF was negotiated */
    struct netvio_rx_buffer *buffers;
    unsigned count;
    uint64_t frame_ids;                /* with mergeable buffers, which do not tell frames */
    bool polling;                      /* a DPC will ring the doorbell for what is returned meanwhile */
    uint32_t indicated;                /* NBLs that protocols have */
    uint64_t frames, bytes, errors, ids;
};

struct netvio_pair {
    struct netvio_rx rx;
    struct netvio_tx tx;
};

enum netvio_state { NETVIO_PAUSED, NETVIO_RUNNING, NETVIO_PAUSING };

struct netvio_adapter {
    NDIS_HANDLE handle, dma, interrupt;
    struct platform *platform;
    struct netvio_config config;
    struct virtio_pci pci;
    enum netvio_state state;
    bool pause_pending;                /* NdisMPauseComplete is owed */
    bool removed;                      /* the device is gone; it has failed too */
    bool failed;                       /* the device broke a rule and was reset; nothing is sent or received */
    bool resetting;                    /* the device as a whole is being reset, on purpose */
    bool link_up;
    unsigned messages;                 /* MSI-X messages granted */
    ULONG config_message;
    ULONG packet_filter;
    ULONG multicasts;
    UCHAR multicast[VIRTIO_CTRL_MAC_ENTRIES][6];
    ULONG vlan_id;                     /* OID_GEN_VLAN_ID; 0: none */
    ULONG mtu;
    UCHAR mac[NETVIO_ADDRESS_BYTES];     /* the device's own */
    UCHAR address[NETVIO_ADDRESS_BYTES]; /* in use */
    bool address_wanted;               /* another than the device's own, which is to be told */
    ULONG header_bytes;                /* of the virtio header: with HASH_REPORT it is longer */
    bool rx_described;                 /* received frames have out-of-band data */
    struct miniport_tasks tasks, capabilities; /* what is on of what was negotiated. [D] 4 */
    struct miniport_rss rss;           /* as it was set last */
    bool fault_done;
    struct virtio_ctrl ctrl;           /* open if CTRL_VQ was negotiated */
    uint16_t device_pairs;             /* that the device has */
    unsigned pairs;                    /* in use; 0 until they are allocated */
    struct netvio_pair *pair;
};

/* netvio_address.c: what the adapter's parameters ask for; what becomes of that with this device; and the command that tells it. */
void netvio_address_read(struct netvio_adapter *adapter);
void netvio_address_negotiated(struct netvio_adapter *adapter);
int netvio_address_apply(struct netvio_adapter *adapter);

/* netvio_adapter.c */
MINIPORT_INITIALIZE netvio_initialize;
MINIPORT_HALT netvio_halt;
MINIPORT_PAUSE netvio_pause;
MINIPORT_RESTART netvio_restart;
MINIPORT_SHUTDOWN netvio_shutdown;
/* Complete a pending pause if nothing is out any more. */
void netvio_pause_check(struct netvio_adapter *adapter);
/* The device broke a rule: report it, reset it, and give back what it had. Once an adapter's life. */
void netvio_fail(struct netvio_adapter *adapter, const char *check, const char *clause, const char *message);
/* The same for a used descriptor that no device may write; the ring says which. */
void netvio_fail_ring(struct netvio_adapter *adapter, const struct vq_packed *vq);

/* The device is gone: whatever it had is ours again, now, for it can reach no memory any more. */
void netvio_removed(struct netvio_adapter *adapter);

/* netvio_device.c: bring the device to DRIVER_OK, and find out what its configuration says. NDIS_STATUS. */
NDIS_STATUS netvio_device_negotiate(struct netvio_adapter *adapter);
NDIS_STATUS netvio_device_start(struct netvio_adapter *adapter);
/* From a finished reset to DRIVER_OK with these features; the rings are empty. The reason of a failure is in pci.error. */
NDIS_STATUS netvio_device_restart(struct netvio_adapter *adapter, uint64_t features);
void netvio_device_read_link(struct netvio_adapter *adapter);
uint16_t netvio_device_queue_size(struct netvio_adapter *adapter, uint16_t queue, uint16_t wanted);

/* netvio_pairs.c */
NDIS_STATUS netvio_pairs_init(struct netvio_adapter *adapter);  /* on failure netvio_pairs_deinit undoes what was done */
void netvio_pairs_deinit(struct netvio_adapter *adapter);
/* Features of the rings, as negotiated. */
struct vq_config netvio_vq_config(const struct netvio_adapter *adapter, uint16_t queue, uint16_t size);
/* After a device reset: everything that it had is ours again. */
void netvio_pairs_abort(struct netvio_adapter *adapter);

/* netvio_send.c: from NDIS to the queues. */
MINIPORT_SEND_NET_BUFFER_LISTS netvio_send;
MINIPORT_CANCEL_SEND netvio_cancel_send;

/* netvio_tx_init.c, netvio_tx.c */
NDIS_STATUS netvio_tx_init(struct netvio_tx *tx);
void netvio_tx_deinit(struct netvio_tx *tx);
MINIPORT_PROCESS_SG_LIST netvio_tx_sg_list;
void netvio_tx_send(struct netvio_tx *tx, PNET_BUFFER_LIST nbls, ULONG flags);  /* flags of the completion */
void netvio_tx_drain(struct netvio_tx *tx);  /* reap, complete, and post what waited */
/* Complete what is queued and not posted, all of it or what has the cancel id, with this status. */
void netvio_tx_flush(struct netvio_tx *tx, NDIS_STATUS status, bool all, PVOID cancel_id);
/* After a device reset: complete what the device had, as aborted. */
void netvio_tx_abort(struct netvio_tx *tx);
/* Around a reset of the queue: stop posting and reaping; when the device has let go, complete what it had (false: the ring was broken,
 * vq_error says why); when it has the ring again, post what waited. */
void netvio_tx_hold(struct netvio_tx *tx);
bool netvio_tx_recover(struct netvio_tx *tx);
void netvio_tx_resume(struct netvio_tx *tx);

/* netvio_tx_map.c: one NB becomes a chain of elements. Under tx->lock. prepare: RESOURCES: not now; any other failure is the NB's. */
NDIS_STATUS netvio_tx_prepare(struct netvio_tx *tx, struct netvio_tx_packet *packet);
unsigned netvio_tx_elements(struct netvio_tx *tx, struct netvio_tx_packet *packet);
void netvio_tx_unprepare(struct netvio_tx *tx, struct netvio_tx_packet *packet);

/* netvio_rx_init.c, netvio_rx.c */
NDIS_STATUS netvio_rx_init(struct netvio_rx *rx);
void netvio_rx_deinit(struct netvio_rx *rx);
void netvio_rx_reset_nb(struct netvio_rx *rx, struct netvio_rx_buffer *buffer, ULONG length);
/* netvio_rx_offload.c: what the virtio header says of a frame goes into the slots of its NBL, and its tag with it. */
void netvio_rx_describe(struct netvio_adapter *adapter, struct netvio_rx_buffer *buffer);
/* netvio_rx_merge.c: frames in several buffers. Collect the buffers of the frame that starts in `buffer` of `written` bytes, and adds those
 * of the others; false: the device did not deliver what its header says. Split them up again before they are posted. */
bool netvio_rx_merge(struct netvio_rx *rx, struct netvio_rx_buffer *buffer, uint32_t *written);
struct netvio_rx_buffer *netvio_rx_unmerge(struct netvio_rx_buffer *buffer);
void netvio_rx_fill(struct netvio_rx *rx);   /* make every buffer available, without a doorbell */
void netvio_rx_kick(struct netvio_rx *rx);
MINIPORT_RETURN_NET_BUFFER_LISTS netvio_return;
/* Indicate at most NETVIO_RX_BUDGET frames. True: there may be more. */
bool netvio_rx_poll(struct netvio_rx *rx);
void netvio_rx_abort(struct netvio_rx *rx);  /* after a device reset: the buffers are ours */
/* Around a reset of the queue, as for transmit. recover indicates what had arrived; it fails the adapter if the ring was broken. */
void netvio_rx_hold(struct netvio_rx *rx);
void netvio_rx_recover(struct netvio_rx *rx);
void netvio_rx_resume(struct netvio_rx *rx);

/* netvio_reset.c: reset one virtqueue, by its number, or the device; a thread at PASSIVE_LEVEL. Statuses as of OID_MINIPORT_RESET_QUEUE and
 * OID_MINIPORT_RESET_DEVICE. */
NDIS_STATUS netvio_reset_queue(struct netvio_adapter *adapter, ULONG queue);
NDIS_STATUS netvio_reset_device(struct netvio_adapter *adapter);
MINIPORT_RESET netvio_reset;

/* netvio_offload.c: task offloads: what can be, what is on, and the requests that change it. */
void netvio_offload_init(struct netvio_adapter *adapter);
NDIS_STATUS netvio_offload_attributes(struct netvio_adapter *adapter);
NDIS_STATUS netvio_offload_encapsulation(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request);
NDIS_STATUS netvio_offload_parameters(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request);
int netvio_offload_apply(struct netvio_adapter *adapter);  /* tell the device; 0 or a negative errno, pci.error says why */

/* netvio_rss.c: receive side scaling. */
NDIS_RECEIVE_SCALE_CAPABILITIES netvio_rss_capabilities(const struct netvio_adapter *adapter);
NDIS_STATUS netvio_rss_set(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request);
NDIS_STATUS netvio_rss_get(const struct netvio_adapter *adapter, PNDIS_OID_REQUEST request);
int netvio_rss_apply(struct netvio_adapter *adapter);      /* as netvio_offload_apply */

/* netvio_filter.c: which frames the device delivers. */
NDIS_STATUS netvio_filter_set(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request);
NDIS_STATUS netvio_filter_set_multicast(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request);
NDIS_STATUS netvio_filter_set_vlan(struct netvio_adapter *adapter, PNDIS_OID_REQUEST request);
int netvio_filter_apply(struct netvio_adapter *adapter);   /* as netvio_offload_apply */

/* netvio_interrupt.c */
NDIS_STATUS netvio_interrupt_connect(struct netvio_adapter *adapter);
void netvio_interrupt_disconnect(struct netvio_adapter *adapter);

/* netvio_oid.c */
MINIPORT_OID_REQUEST netvio_oid_request;
MINIPORT_CANCEL_OID_REQUEST netvio_cancel_oid_request;
void netvio_indicate_link(struct netvio_adapter *adapter);
extern const NDIS_OID netvio_supported_oids[];
extern const ULONG netvio_supported_oids_bytes;

/* netvio_trace.c: driver functions in the event stream. `name` is static storage. */
void netvio_enter(struct netvio_adapter *adapter, const char *name);
void netvio_exit(struct netvio_adapter *adapter, const char *name);

/* Little lists of NBLs, in order. */
static inline void netvio_nbl_append(struct netvio_nbl_list *list, PNET_BUFFER_LIST nbl) {
    nbl->Next = NULL;
    if (list->tail)
        list->tail->Next = nbl;
    else
        list->head = nbl;
    list->tail = nbl;
}

#ifdef __cplusplus
}
#endif

#endif
