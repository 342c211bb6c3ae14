/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netviocx_device.h: the contexts of the device and of its queues, shared by the files of this folder.
 *
 *   transmit  NET_PACKET on the ring -> vq_add -> doorbell ... interrupt -> notify -> vq_reap -> BeginIndex
 *   receive   NET_FRAGMENT on the ring -> vq_add ... interrupt -> notify -> vq_reap -> a NET_PACKET names it -> BeginIndex
 *
 * The virtio header is in front of the frame, in one element with it: on transmit in the payload backfill, on receive at the start of the
 * buffer, with the frame at Offset behind it. Nothing is locked: callbacks of a queue never overlap, and a virtqueue is of one queue.
 *
 * Spec: [V] VIRTIO 1.2  [D] NetAdapterCx
 */
#ifndef RINGSIDE_NETVIOCX_DEVICE_H
#define RINGSIDE_NETVIOCX_DEVICE_H

#include "netcx_host.h"
#include "netviocx.h"
#include "regmap.h"
#include "virtio_pci.h"

enum {
    NETVIOCX_RX = 0, NETVIOCX_TX = 1, /* virtqueues, [V] 5.1.2 */
    NETVIOCX_HEADER = VIRTIO_NET_HDR_SIZE,
    NETVIOCX_FRAME_MAX = ETH_MAX_FRAME - ETH_FCS,
    NETVIOCX_MTU = 9000,
    NETVIOCX_FRAGMENTS = 16,          /* of a packet: a longer chain costs more descriptors than a copy costs time */
    NETVIOCX_MESSAGES = 3             /* configuration, receive, transmit; fewer are shared */
};

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
    ULONG message;
    struct vq_packed *vq;
    NETPACKETQUEUE queue;             /* NULL: there is none now */
    bool resetting, reset;            /* the device is letting go of it; it has */
    uint64_t ids;                     /* receive: the n-th buffer takes the n-th frame, whose packet id is its number */
};

typedef struct netviocx_device {
    WDFDEVICE device;
    NETADAPTER adapter;
    WDFDMAENABLER dma;
    struct platform *platform;
    struct virtio_pci pci;
    struct netviocx_ring rx, tx;
    enum netviocx_buffer_mode buffer_mode;
    ULONG frame_bytes;                /* of the longest frame that is received */
    uint64_t declined;
    bool wants_checksums;
    ULONG messages;                   /* that there are */
    bool link_up;
    bool failed;                      /* reset, or gone: the device has nothing of ours, and is left alone */
} NETVIOCX_DEVICE;
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
    NET_EXTENSION va, la, checksum;
    struct netviocx_buffers buffers;  /* of a receive queue */
} NETVIOCX_QUEUE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(NETVIOCX_QUEUE, netviocx_queue_of)

/* netviocx_device.c */
EVT_WDF_DEVICE_PREPARE_HARDWARE netviocx_prepare_hardware;
EVT_WDF_DEVICE_RELEASE_HARDWARE netviocx_release_hardware;
EVT_WDF_DEVICE_D0_ENTRY netviocx_d0_entry;
EVT_WDF_DEVICE_D0_EXIT netviocx_d0_exit;
EVT_WDF_DEVICE_SURPRISE_REMOVAL netviocx_surprise_removal;
void netviocx_read_link(NETVIOCX_DEVICE *device);
/* The device broke a rule: it is reset, which gives everything back. */
void netviocx_fail(NETVIOCX_DEVICE *device, const char *check, const char *clause, const char *message);

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
