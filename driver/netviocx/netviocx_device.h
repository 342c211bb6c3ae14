/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netviocx_device.h: the contexts of the device and of its queues, shared by the files of this folder.
 *
 *   transmit  NET_PACKET on the ring -> vq_add -> doorbell ... interrupt -> notify -> vq_reap -> BeginIndex
 *   receive   NET_FRAGMENT on the ring -> vq_add ... interrupt -> notify -> vq_reap -> a NET_PACKET names it -> BeginIndex
 *
 * The virtio header is in front of the frame, in one element with it: on transmit in the payload backfill, on receive at the start of the
 * buffer, with the frame at Offset behind it. Callbacks of a queue never overlap, a virtqueue is of one queue, and the control queue is used at
 * PASSIVE_LEVEL, by one request of NDIS at a time: these are not locked. The registers of the queue that is selected are (`selecting`), by who
 * tries again later when they are taken.
 *
 * Spec: [V] VIRTIO 1.2  [D] NetAdapterCx
 */
#ifndef RINGSIDE_NETVIOCX_DEVICE_H
#define RINGSIDE_NETVIOCX_DEVICE_H

#include "netcx_host.h"
#include "netviocx.h"
#include "regmap.h"
#include "virtio_ctrl.h"
#include "virtio_net_receive.h"
#include "virtio_net_send.h"
#include "virtio_pci.h"

enum {
    NETVIOCX_PAIRS_MAX = 16,
    NETVIOCX_FRAME_MAX = ETH_MAX_FRAME - ETH_FCS,
    NETVIOCX_MTU = 9000,
    NETVIOCX_LARGE_PAYLOAD = 60 * 1024, /* of a large send: with its headers less than what the IP length can say */
    NETVIOCX_FRAGMENTS = 16,          /* of a packet: a longer chain costs more descriptors than a copy costs time */
    NETVIOCX_LARGE_FRAGMENTS = 32,    /* where packets can be large sends */
    NETVIOCX_TABLE = 32,              /* elements of an indirect table */
    NETVIOCX_PIECES_MAX = 16,         /* of a receive buffer */
    NETVIOCX_MERGE_LEAST = 256,       /* bytes of a mergeable buffer: every header is in the first */
    NETVIOCX_FRONT = 192,             /* bytes for a virtio header and the edited front of a frame */
    NETVIOCX_RX_ID_SHIFT = 40         /* packet ids of received frames count by queue, from pair << this */
};

typedef struct netviocx_device NETVIOCX_DEVICE;

/* ReceiveBufferMode: who allocates receive buffers and who attaches them (netviocx_buffers.c). */
enum netviocx_buffer_mode { NETVIOCX_SYSTEM_BUFFERS, NETVIOCX_DRIVER_BUFFERS, NETVIOCX_DATA_BUFFERS };

struct netviocx_buffers;
struct netviocx_buffer {
    struct netviocx_buffers *owner;
    struct netviocx_buffer *next;     /* free */
    PVOID va;
    uint64_t la;
};

/* Those of a receive queue, where the driver attaches. */
struct netviocx_buffers {
    ULONG bytes;
    UINT32 count;
    UINT32 attached, detached;        /* fragments before these have a buffer, or went back with theirs */
    struct netviocx_buffer *own, *free;
    NET_RING *ring;                   /* of data buffers, NULL: there is none */
    NET_EXTENSION handle, va, la;     /* what a fragment says of its buffer; where one of the ring is */
};

/* A virtqueue and the packet queue over it. */
struct netviocx_ring {
    uint16_t number;
    bool transmit;
    ULONG message;
    struct vq_packed *vq;
    NETPACKETQUEUE queue;             /* NULL: there is none now */
    bool resetting, begun, reset;     /* the device is to let go of it; was told; has */
    uint64_t ids;                     /* receive: the n-th buffer takes the n-th frame, whose packet id is its number */
};
struct netviocx_pair {
    struct netviocx_ring rx, tx;
};

/* The adapter's parameters: netviocx.h. */
struct netviocx_settings {
    ULONG tx_ring, rx_ring, frame_bytes, pairs;
    bool checksums, large_sends, hashes, mergeable, filters, tags;
    ULONG vlan_id, indirect_from, interrupt_after, rx_pieces;
    enum netviocx_buffer_mode buffer_mode;
    struct virtio_ctrl_limits tx_limits, rx_limits;
    NET_ADAPTER_LINK_LAYER_ADDRESS address; /* Length 0: the device's own */
    uint64_t declined;
    ULONG fault, fault_packet;
};

struct netviocx_device {
    WDFDEVICE device;
    NETADAPTER adapter;
    WDFDMAENABLER dma;
    struct platform *platform;
    struct virtio_pci pci;
    struct virtio_ctrl ctrl;          /* open if CTRL_VQ was negotiated */
    uint64_t features;                /* negotiated, for when it comes out of a reset */
    struct netviocx_settings settings;
    struct netviocx_pair pair[NETVIOCX_PAIRS_MAX];
    unsigned pairs;
    uint16_t device_pairs;
    ULONG header_bytes;               /* of the virtio header: with HASH_REPORT it is longer */
    unsigned pieces;                  /* fragments of a receive buffer, */
    ULONG piece_bytes;                /* and of each of them */
    bool mergeable;                   /* MRG_RXBUF was negotiated */
    struct virtio_ctrl_rss rss;       /* receive side scaling, as NetAdapterCx set it */
    bool rss_on;
    struct virtio_ctrl_filter filter; /* as NetAdapterCx set it */
    uint8_t multicast[VIRTIO_CTRL_MAC_ENTRIES][6];
    unsigned multicasts;
    bool filtered, rx_checksums_off;  /* it did */
    volatile LONG selecting;          /* a queue is selected: its registers are somebody's, and accesses to them may let others run */
    ULONG messages;                   /* that there are */
    bool link_up;
    bool fault_met;                   /* netviocx_fault.h */
    bool failed;                      /* reset, or gone: the device has nothing of ours, and is left alone */
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(NETVIOCX_DEVICE, netviocx_device_of)

/* Of the adapter. */
typedef struct netviocx_adapter {
    NETVIOCX_DEVICE *device;
} NETVIOCX_ADAPTER;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(NETVIOCX_ADAPTER, netviocx_adapter_of)

/* Of a packet queue. */
typedef struct netviocx_queue {
    NETVIOCX_DEVICE *device;
    struct netviocx_ring *ring;
    NET_RING *packets, *fragments;
    NET_EXTENSION va, la, checksum, gso, tag, hash;
    WDFCOMMONBUFFER fronts;           /* transmit: NETVIOCX_FRONT bytes for each packet of the ring; NULL: nothing can be asked for */
    struct netviocx_buffers buffers;  /* of a receive queue */
} NETVIOCX_QUEUE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(NETVIOCX_QUEUE, netviocx_queue_of)

static inline bool netviocx_has(const NETVIOCX_DEVICE *device, unsigned feature) { return virtio_pci_has(&device->pci, feature); }

/* netviocx_settings.c: the parameters, and the features that they ask for. */
NTSTATUS netviocx_read_settings(NETVIOCX_DEVICE *device);
uint64_t netviocx_wanted_features(const struct netviocx_settings *settings);

/* netviocx_device.c */
EVT_WDF_DEVICE_PREPARE_HARDWARE netviocx_prepare_hardware;
EVT_WDF_DEVICE_RELEASE_HARDWARE netviocx_release_hardware;
EVT_WDF_DEVICE_D0_ENTRY netviocx_d0_entry;
EVT_WDF_DEVICE_D0_EXIT_PRE_INTERRUPTS_DISABLED netviocx_quiesce;
EVT_WDF_DEVICE_D0_EXIT netviocx_d0_exit;
EVT_WDF_DEVICE_SURPRISE_REMOVAL netviocx_surprise_removal;
void netviocx_read_link(NETVIOCX_DEVICE *device);
void netviocx_report(NETVIOCX_DEVICE *device, const char *check, const char *clause, const char *message);
/* The device broke a rule: it is reset, which gives everything back. */
void netviocx_fail(NETVIOCX_DEVICE *device, const char *check, const char *clause, const char *message);

/* netviocx_pairs.c: how many queue pairs, and their rings. 0 or a negative errno. */
int netviocx_pairs_count(NETVIOCX_DEVICE *device);
int netviocx_pairs_create(NETVIOCX_DEVICE *device);
void netviocx_pairs_destroy(NETVIOCX_DEVICE *device);
int netviocx_pairs_set_up(NETVIOCX_DEVICE *device); /* the rings are empty */
void netviocx_pairs_enable(NETVIOCX_DEVICE *device);

/* netviocx_control.c: what the control queue is for: after DRIVER_OK, and when NetAdapterCx asks. */
int netviocx_control_begin(NETVIOCX_DEVICE *device);
EVT_NET_ADAPTER_SET_RECEIVE_FILTER netviocx_set_filter;
EVT_NET_ADAPTER_OFFLOAD_SET_RX_CHECKSUM netviocx_set_rx_checksum;
EVT_NET_ADAPTER_RECEIVE_SCALING_ENABLE netviocx_enable_scaling;
EVT_NET_ADAPTER_RECEIVE_SCALING_DISABLE netviocx_disable_scaling;
EVT_NET_ADAPTER_RECEIVE_SCALING_SET_HASH_SECRET_KEY netviocx_set_key;
EVT_NET_ADAPTER_RECEIVE_SCALING_SET_INDIRECTION_ENTRIES netviocx_set_entries;

/* netviocx_adapter.c: what the adapter is, and can do. */
NTSTATUS netviocx_adapter_start(NETVIOCX_DEVICE *device);
void netviocx_adapter_set_link(NETVIOCX_DEVICE *device);

/* netviocx_interrupt.c: an interrupt for each message. */
NTSTATUS netviocx_interrupts_create(NETVIOCX_DEVICE *device, WDFCMRESLIST raw, WDFCMRESLIST translated);

/* netviocx_queue.c: what both directions have in common. */
EVT_NET_ADAPTER_CREATE_TXQUEUE netviocx_create_tx_queue;
EVT_NET_ADAPTER_CREATE_RXQUEUE netviocx_create_rx_queue;

/* netviocx_buffers.c: what the adapter declares; a queue is made, and started. */
void netviocx_buffers_declare(const NETVIOCX_DEVICE *device, NET_ADAPTER_RX_CAPABILITIES *rx, NET_ADAPTER_DMA_CAPABILITIES *dma, ULONG bytes,
                              SIZE_T queues);
NTSTATUS netviocx_buffers_create(NETPACKETQUEUE handle);
void netviocx_buffers_start(NETVIOCX_QUEUE *queue);
/* Gives fragments their buffers; those before the index that it returns have one. */
UINT32 netviocx_buffers_attach(NETVIOCX_QUEUE *queue);
/* No packet will name the fragment, or any that the driver has. */
void netviocx_buffers_skip(NETVIOCX_QUEUE *queue, UINT32 index);
void netviocx_buffers_skip_all(NETVIOCX_QUEUE *queue);
/* Fragments went back to the system. */
void netviocx_buffers_detach(NETVIOCX_QUEUE *queue);

/* netviocx_tx.c, netviocx_rx.c */
EVT_PACKET_QUEUE_ADVANCE netviocx_tx_advance, netviocx_rx_advance;
EVT_PACKET_QUEUE_CANCEL netviocx_tx_cancel, netviocx_rx_cancel;
EVT_PACKET_QUEUE_START netviocx_rx_start;

#endif
