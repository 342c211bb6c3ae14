/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netvio5_adapter.h: the state of an adapter, shared by the files of this folder.
 *
 *   send     NDIS -> queue -> netvio5_pump: header and list on the ring -> doorbell ... interrupt -> reap -> NdisMSendComplete, pump
 *   receive  ring -> reap -> NdisMIndicateReceivePacket ... MiniportReturnPacket -> ring
 */
#ifndef RINGSIDE_NETVIO5_ADAPTER_H
#define RINGSIDE_NETVIO5_ADAPTER_H

#include "netvio5.h" /* first: it says that this is a driver of NDIS 5 */

#include "ndis/ndis_host.h"
#include "regmap.h"
#include "virtio_pci.h"

enum { NETVIO5_TAG = 0x356F766E /* 'nvo5' */, NETVIO5_FRAME_MAX = ETH_MAX_FRAME - ETH_FCS,
       NETVIO5_MTU = NETVIO5_FRAME_MAX - ETH_HEADER - 4 /* a tag */, NETVIO5_RX = 0, NETVIO5_TX = 1 /* virtqueues, [V] 5.1.2 */ };

struct netvio5_buffer {
    PNDIS_PACKET packet;
    PNDIS_BUFFER buffer;           /* over the frame, behind the header */
    PVOID va;
    NDIS_PHYSICAL_ADDRESS iova;
};

struct netvio5_adapter {
    NDIS_HANDLE handle;
    struct platform *platform;
    struct netvio5_config config;
    struct virtio_pci pci;
    NDIS_MINIPORT_INTERRUPT interrupt;
    bool connected, failed, link_up;
    ULONG packet_filter;
    UCHAR mac[6];
    /* Transmit. */
    NDIS_SPIN_LOCK tx_lock;
    struct vq_packed *tx;
    struct vq_element *elements;   /* scratch, one for each slot */
    PVOID header;                  /* shared memory: 12 bytes of zero, in front of every frame */
    NDIS_PHYSICAL_ADDRESS header_iova;
    PNDIS_PACKET first, last;      /* waiting for room, linked in MiniportReserved */
    ULONG64 tx_frames, tx_errors;
    /* Receive. */
    NDIS_SPIN_LOCK rx_lock;
    struct vq_packed *rx;
    NDIS_HANDLE packets, buffer_pool;
    struct netvio5_buffer *buffers;
    unsigned buffer_count;
    bool polling;                  /* the DPC will ring the doorbell for what is returned meanwhile */
    ULONG64 rx_frames, rx_errors, ids;
};

/* netvio5_adapter.c */
NDIS_STATUS netvio5_initialize(PNDIS_STATUS open_error, PUINT selected, PNDIS_MEDIUM media, UINT media_count, NDIS_HANDLE handle,
                               NDIS_HANDLE wrapper);
VOID netvio5_halt(NDIS_HANDLE context);
VOID netvio5_shutdown(PVOID context);
NDIS_STATUS netvio5_reset(PBOOLEAN addressing, NDIS_HANDLE context);
BOOLEAN netvio5_check_for_hang(NDIS_HANDLE context);
VOID netvio5_isr(PBOOLEAN recognized, PBOOLEAN queue, NDIS_HANDLE context);
VOID netvio5_dpc(NDIS_HANDLE context);
/* The device broke a rule: it is reset, what it had comes back, and nothing more is sent or received. */
VOID netvio5_pnp_event(NDIS_HANDLE context, NDIS_DEVICE_PNP_EVENT event, PVOID buffer, ULONG length);
void netvio5_fail(struct netvio5_adapter *adapter, const char *check, const char *clause, const char *message);

/* netvio5_device.c: the device, from reset to DRIVER_OK. */
NDIS_STATUS netvio5_negotiate(struct netvio5_adapter *adapter);
NDIS_STATUS netvio5_start_device(struct netvio5_adapter *adapter);
void netvio5_read_link(struct netvio5_adapter *adapter);
USHORT netvio5_queue_size(struct netvio5_adapter *adapter, USHORT queue, USHORT wanted);
NDIS_STATUS netvio5_make_ring(struct netvio5_adapter *adapter, USHORT queue, USHORT wanted, const char *name, struct vq_packed **ring);

/* netvio5_send.c */
NDIS_STATUS netvio5_send_init(struct netvio5_adapter *adapter);
void netvio5_send_deinit(struct netvio5_adapter *adapter);
VOID netvio5_send_packets(NDIS_HANDLE context, PPNDIS_PACKET packets, UINT count);
VOID netvio5_cancel_send(NDIS_HANDLE context, PVOID id);
/* True: something came back. */
bool netvio5_drain(struct netvio5_adapter *adapter);
/* All that the device and the queue have, with this status. The device is reset. */
void netvio5_abort_sends(struct netvio5_adapter *adapter, NDIS_STATUS status);

/* netvio5_receive.c */
NDIS_STATUS netvio5_receive_init(struct netvio5_adapter *adapter);
void netvio5_receive_deinit(struct netvio5_adapter *adapter);
void netvio5_fill(struct netvio5_adapter *adapter);
bool netvio5_poll(struct netvio5_adapter *adapter);
VOID netvio5_return_packet(NDIS_HANDLE context, PNDIS_PACKET packet);
/* After a reset: what the ring had is taken out, and goes on it again. */
void netvio5_refill(struct netvio5_adapter *adapter);

/* netvio5_oid.c */
NDIS_STATUS netvio5_query(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written, PULONG needed);
NDIS_STATUS netvio5_set(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG read, PULONG needed);

#endif
