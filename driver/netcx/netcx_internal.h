/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx_internal.h: adapters and queues of the class extension; what its files share.
 *
 * Contexts. A queue's callbacks run in its execution context (netcx_context.c): a DPC, or the thread that starts and stops the data path, but
 * never both. What NDIS brings from elsewhere (sends, returned NBLs) goes into a list, and wakes the context.
 */
#ifndef RINGSIDE_NETCX_INTERNAL_H
#define RINGSIDE_NETCX_INTERNAL_H

#include "miniport.h"
#include "netcx_host.h"
#include "wdf_internal.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    NETCX_TAG = 0x7843744E, /* "NtCx" */
    NETCX_QUEUES_MAX = 16,  /* in each direction */
    NETCX_EXTENSIONS_MAX = 16,
    NETCX_TX_BATCH = 64,    /* NBLs of one completion */
    NETCX_RX_BATCH = 32,    /* NBLs of one indication */
    NETCX_RX_ID_NONE = -1
};

struct netcx_queue;
struct netcx_adapter;

/* ---- NBLs in order */
struct netcx_nbls {
    PNET_BUFFER_LIST head, tail;
};
/* A list from `first` to `last`, at the end. */
static inline void netcx_nbls_append_all(struct netcx_nbls *list, PNET_BUFFER_LIST first, PNET_BUFFER_LIST last) {
    last->Next = NULL;
    if (list->tail) list->tail->Next = first;
    else list->head = first;
    list->tail = last;
}
static inline void netcx_nbls_append(struct netcx_nbls *list, PNET_BUFFER_LIST nbl) { netcx_nbls_append_all(list, nbl, nbl); }
/* NULL: none. */
static inline PNET_BUFFER_LIST netcx_nbls_pop(struct netcx_nbls *list) {
    PNET_BUFFER_LIST nbl = list->head;
    if (!nbl) return NULL;
    list->head = nbl->Next;
    if (!list->head) list->tail = NULL;
    nbl->Next = NULL;
    return nbl;
}

/* ---- netcx_context.c: an execution context: polls its queue as long as there is work, then has the driver say when there is more. */
struct netcx_context {
    KDPC dpc;
    KEVENT idle;              /* not running */
    bool running, wake, armed, active;
    unsigned (*poll)(struct netcx_queue *queue); /* returns the work that was done */
    void (*arm)(struct netcx_queue *queue);
    struct netcx_queue *queue;
};
void netcx_context_init(struct netcx_context *context, struct netcx_queue *queue, unsigned (*poll)(struct netcx_queue *),
                        void (*arm)(struct netcx_queue *));
/* There may be work. Any IRQL. */
void netcx_context_wake(struct netcx_context *context);
/* Keep the context to the calling thread: no callback runs but what it calls. PASSIVE_LEVEL, blocks. Releasing polls again. */
void netcx_context_take(struct netcx_context *context);
void netcx_context_release(struct netcx_context *context);
/* From the last release on nothing polls; a DPC that is queued is gone. */
void netcx_context_stop(struct netcx_context *context);

/* ---- netcx_extension.c: what elements have behind the packet or fragment. */
struct netcx_extension {
    PCWSTR name;
    ULONG version, bytes, alignment;
    NET_EXTENSION_TYPE type;
    ULONG offset;  /* in the element */
};
struct netcx_extensions {
    struct netcx_extension list[NETCX_EXTENSIONS_MAX];
    unsigned count;
};
void netcx_extensions_add(struct netcx_extensions *extensions, PCWSTR name, ULONG version, NET_EXTENSION_TYPE type, SIZE_T bytes, SIZE_T alignment);
/* Gives each of a type its offset; returns the bytes of an element. */
ULONG netcx_extensions_lay_out(struct netcx_extensions *extensions, NET_EXTENSION_TYPE type);
void netcx_extensions_query(const struct netcx_extensions *extensions, const NET_RING_COLLECTION *rings, NET_EXTENSION_QUERY const *query,
                            NET_EXTENSION *extension);

/* ---- netcx_ring.c */
NET_RING *netcx_ring_create(struct kernel *kernel, UINT32 elements, ULONG stride); /* zeroed; NULL without memory; kernel_free() */
void netcx_ring_reset(NET_RING *ring);

/* ---- netcx_memory.c: the system's memory for a queue's buffers: page-aligned, and the device reaches it if there is DMA. */
struct netcx_reach {
    struct wdf_dma_enabler *dma; /* NULL: the CPU alone reads and writes */
    uint64_t highest;            /* bus address */
};
/* caps: NULL without DMA. INVALID_PARAMETER: its enabler is none. */
NTSTATUS netcx_reach_init(struct netcx_reach *reach, const NET_ADAPTER_DMA_CAPABILITIES *caps);
/* NULL: there is none, or none as low as the device reaches, which is reported. `name`: of the buffer, static storage. */
PUCHAR netcx_memory_allocate(struct netcx_queue *queue, const struct netcx_reach *reach, ULONG bytes, const char *name, uint64_t *la);
void netcx_memory_free(struct netcx_queue *queue, const struct netcx_reach *reach, PUCHAR va); /* harmless on NULL */

/* ---- netcx_layout.c: where the headers of a frame are; fills in *layout. `first` bytes of it are contiguous at `frame`. */
void netcx_layout_parse(NET_PACKET_LAYOUT *layout, const UCHAR *frame, ULONG first);

/* ---- Queues */
struct netcx_tx;
struct netcx_rx;

struct netcx_queue {
    struct wdf_object object; /* a NETPACKETQUEUE */
    struct netcx_adapter *adapter;
    ULONG id;
    bool is_tx, started, cancelled;
    NET_PACKET_QUEUE_CONFIG config;
    NET_RING_COLLECTION rings;
    struct netcx_extensions extensions;
    struct netcx_context context;
    struct netcx_check *check;
    struct netcx_tx *tx;      /* one of them */
    struct netcx_rx *rx;
};
static inline NETPACKETQUEUE netcx_queue_handle(struct netcx_queue *queue) { return (NETPACKETQUEUE)(PVOID)queue; }
/* Of a handle that is one: not looked at, as that costs. */
static inline struct netcx_queue *netcx_queue_of(NETPACKETQUEUE handle) { return (struct netcx_queue *)(PVOID)handle; }
static inline NET_RING *netcx_packets(const struct netcx_queue *queue) { return queue->rings.Rings[NetRingTypePacket]; }
static inline NET_RING *netcx_fragments(const struct netcx_queue *queue) { return queue->rings.Rings[NetRingTypeFragment]; }

/* netcx_queue.c */
NTSTATUS netcx_queues_create(struct netcx_adapter *adapter);
void netcx_queues_delete(struct netcx_adapter *adapter);
/* One more receive queue; it is in rx[] behind the others. */
NTSTATUS netcx_queue_create_rx(struct netcx_adapter *adapter, ULONG id);
/* netcx_datapath.c */
/* So many receive queues, started if the data path runs; on failure there are as many as before. */
NTSTATUS netcx_queues_scale(struct netcx_adapter *adapter, unsigned count);
unsigned netcx_queue_poll(struct netcx_queue *queue); /* returns the work that was done */
/* Start and stop the data path: all queues. PASSIVE_LEVEL; stopping blocks. */
void netcx_queues_start(struct netcx_adapter *adapter);
void netcx_queues_stop(struct netcx_adapter *adapter);
/* One of them, by its direction and id, stops and starts again: what it has been given and not posted waits. STATUS_NOT_FOUND: no such queue. */
NTSTATUS netcx_queue_restart(struct netcx_adapter *adapter, bool transmit, ULONG id);
/* A callback of the driver's, in the event stream and with its checks around it. */
void netcx_queue_advance(struct netcx_queue *queue);

/* netcx_tx.c: from NBLs to packets, and back. netcx_tx_init: on failure netcx_tx_deinit undoes what was done. */
NTSTATUS netcx_tx_init(struct netcx_queue *queue);
void netcx_tx_deinit(struct netcx_queue *queue);
void netcx_tx_send(struct netcx_queue *queue, PNET_BUFFER_LIST nbls);
unsigned netcx_tx_poll(struct netcx_queue *queue);
void netcx_tx_open(struct netcx_queue *queue);   /* the ring is empty; sends may come */
/* No more sends: what is queued comes back with this status. In the queue's context. */
void netcx_tx_flush(struct netcx_queue *queue, NDIS_STATUS status);
/* Where an NBL of the queue's is, in words; false: it has none such. */
bool netcx_tx_place(const struct netcx_queue *queue, const NET_BUFFER_LIST *nbl, char *text, size_t size);
/* What is queued and has the cancel id comes back, at once or at the next poll. Any context. */
void netcx_tx_cancel(struct netcx_queue *queue, PVOID cancel_id);
void netcx_tx_stopped(struct netcx_queue *queue); /* behind EvtStop: what the driver kept comes back all the same, as failed */
bool netcx_tx_is_empty(const struct netcx_queue *queue); /* no NBL is here */
bool netcx_tx_is_drained(const struct netcx_queue *queue); /* the packet ring is empty */

/* netcx_tx_map.c: an NB's memory as fragments, mapped or bounced. */
struct netcx_tx_packet;
enum netcx_map { NETCX_MAPPED, NETCX_MAP_LATER, NETCX_MAP_NEVER };
enum netcx_map netcx_tx_map(struct netcx_queue *queue, struct netcx_tx_packet *packet, NET_PACKET *to);
/* A frame of our own making, of packet->bytes bytes, which `fill` writes into a bounce buffer; false: it cannot be made. */
enum netcx_map netcx_tx_make(struct netcx_queue *queue, struct netcx_tx_packet *packet, NET_PACKET *to, bool (*fill)(void *arg, PUCHAR to),
                             void *arg);
void netcx_tx_unmap(struct netcx_queue *queue, struct netcx_tx_packet *packet);

/* netcx_rx.c, netcx_rx_pool.c: from packets to NBLs, and back. */
NTSTATUS netcx_rx_init(struct netcx_queue *queue);
void netcx_rx_deinit(struct netcx_queue *queue);
void netcx_rx_return(struct netcx_queue *queue, PNET_BUFFER_LIST first, PNET_BUFFER_LIST last); /* a list of NBLs of this queue */
static inline struct netcx_queue *netcx_rx_owner(const NET_BUFFER_LIST *nbl) { return nbl->MiniportReserved[1]; }
void netcx_rx_place(const NET_BUFFER_LIST *nbl, char *text, size_t size); /* where an NBL that is out came from, in words */
unsigned netcx_rx_poll(struct netcx_queue *queue);
void netcx_rx_open(struct netcx_queue *queue);
void netcx_rx_close(struct netcx_queue *queue);  /* what comes from now on is dropped */
void netcx_rx_stopped(struct netcx_queue *queue); /* behind EvtStop: what the driver still had of the system's is the system's again */
bool netcx_rx_is_idle(const struct netcx_queue *queue);   /* no NBL is out */
bool netcx_rx_is_drained(const struct netcx_queue *queue);/* the driver has given everything back */

/* ---- Adapters */
struct NETADAPTER_INIT {
    struct wdf_device *device;
    NET_ADAPTER_DATAPATH_CALLBACKS callbacks;
};

/* What NDIS knows as an adapter: the miniport's side, made before the driver makes its NETADAPTER. */
struct netcx_device {
    NDIS_HANDLE ndis;            /* MiniportAdapterHandle */
    NDIS_HANDLE driver;          /* NDIS's driver handle, for configuration */
    struct kernel *kernel;
    struct wdf_device *wdf;
    struct netcx_adapter *adapter; /* NULL until NetAdapterCreate */
    bool powered;                /* between D0 entry and exit: queues exist as soon as the adapter is started */
    bool attributes_set, running, removed;
    bool resetting;              /* sends come back RESET_IN_PROGRESS meanwhile */
    KEVENT control;              /* signaled: nobody starts, stops or resets it */
};

/* What became of OID_GEN_RECEIVE_SCALE_PARAMETERS. */
struct netcx_scaling {
    NET_ADAPTER_RECEIVE_SCALING_CAPABILITIES capabilities; /* Size 0: none */
    struct miniport_rss rss;     /* as NDIS set it */
    USHORT table[MINIPORT_RSS_ENTRIES]; /* queue of each entry, as the driver took it */
    bool on;                     /* as the driver was told: enabled, with these types, and this key */
    ULONG types;
    UCHAR key_bytes, key[MINIPORT_RSS_KEY];
};

struct netcx_adapter {
    struct wdf_object object;    /* a NETADAPTER */
    struct netcx_device *device;
    NET_ADAPTER_DATAPATH_CALLBACKS callbacks;
    NET_ADAPTER_LINK_LAYER_CAPABILITIES link_capabilities;
    NET_ADAPTER_LINK_STATE link;
    NET_ADAPTER_LINK_LAYER_ADDRESS permanent, current;
    NET_ADAPTER_TX_CAPABILITIES tx_caps;
    NET_ADAPTER_RX_CAPABILITIES rx_caps;
    NET_ADAPTER_DMA_CAPABILITIES tx_dma, rx_dma;
    NET_ADAPTER_RECEIVE_FILTER_CAPABILITIES filter_caps;
    NET_ADAPTER_PACKET_FILTER_CAPABILITIES packet_filter_caps; /* of 2.0: this and the next */
    NET_ADAPTER_MULTICAST_CAPABILITIES multicast_caps;
    NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES tx_checksum;
    NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES rx_checksum;
    NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES gso;
    NET_ADAPTER_OFFLOAD_LSO_CAPABILITIES lso;
    NET_ADAPTER_OFFLOAD_RSC_CAPABILITIES rsc;
    NET_ADAPTER_OFFLOAD_IEEE8021Q_TAG_FLAGS tagging;
    PFN_NET_ADAPTER_OFFLOAD_SET_CHECKSUM set_checksum;
    struct miniport_tasks hardware, capabilities, tasks; /* what the driver can; what can be, with what is done in software; what is on */
    ULONG vlan_id;               /* OID_GEN_VLAN_ID; 0: none */
    struct netcx_scaling scaling;
    bool have_tx_dma, have_rx_dma;
    ULONG mtu;
    bool started;
    struct netcx_queue *tx[NETCX_QUEUES_MAX], *rx[NETCX_QUEUES_MAX];
    unsigned tx_count, rx_count;
    ULONG packet_filter;
    NET_ADAPTER_LINK_LAYER_ADDRESS multicast[32];
    ULONG multicasts;
    struct miniport_totals counters;
    ULONG64 tx_bounced;
};
/* Does the driver attach receive buffers of the system's? */
static inline bool netcx_has_data_buffers(const struct netcx_adapter *adapter) {
    return adapter->rx_caps.AllocationMode == NetRxFragmentBufferAllocationModeSystem &&
           adapter->rx_caps.AttachmentMode == NetRxFragmentBufferAttachmentModeDriver;
}
static inline NETADAPTER netcx_adapter_handle(struct netcx_adapter *adapter) { return (NETADAPTER)(PVOID)adapter; }
struct netcx_adapter *netcx_adapter_of(NETADAPTER handle, const char *function);
/* NDIS_STATUS_LINK_STATE to the stack. */
void netcx_indicate_link(struct netcx_adapter *adapter);

/* Report that the driver broke a rule of the class extension: check, clause "[D] NetAdapterCx", text as printf. */
void netcx_violation(const struct netcx_device *device, const char *check, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A call that is at PASSIVE_LEVEL only, or only before NetAdapterStart. */
void netcx_check_configuring(struct netcx_adapter *adapter, const char *function);

/* netcx_attributes.c: what NDIS is told in InitializeEx: first that it is a miniport, and at the end what the driver declared. */
NDIS_STATUS netcx_set_registration(struct netcx_device *device);
NDIS_STATUS netcx_set_general(struct netcx_device *device);

/* netcx_flow.c: which of several transmit queues: every packet of a flow the same. */
struct netcx_queue *netcx_flow_queue(const struct netcx_adapter *adapter, const NET_BUFFER_LIST *nbl);

/* netcx_scaling.c: receive side scaling between NDIS and the driver. */
bool netcx_scaling_capabilities(const struct netcx_adapter *adapter, NDIS_RECEIVE_SCALE_CAPABILITIES *capabilities);
NDIS_STATUS netcx_scaling_set(struct netcx_adapter *adapter, PNDIS_OID_REQUEST request);
NDIS_STATUS netcx_scaling_get(const struct netcx_adapter *adapter, PNDIS_OID_REQUEST request);
/* The queues are made: as many as scaling needs, which the driver is told of anew. */
void netcx_scaling_restore(struct netcx_adapter *adapter);

/* netcx_reset.c: the device goes to D3 and back; one queue stops and starts; under traffic. PASSIVE_LEVEL, blocks. */
NDIS_STATUS netcx_reset_device(struct netcx_device *device);
NDIS_STATUS netcx_reset_queue(struct netcx_device *device, PNDIS_OID_REQUEST request);
/* Between these nobody else starts, stops or resets the device. */
void netcx_control_begin(struct netcx_device *device);
void netcx_control_end(struct netcx_device *device);

/* netcx_oid.c */
NDIS_STATUS netcx_oid_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request);
extern const NDIS_OID netcx_supported_oids[];
extern const ULONG netcx_supported_oids_bytes;

#ifdef __cplusplus
}
#endif

#endif
