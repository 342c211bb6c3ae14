/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis_host.h: NDIS as the simulator sees it: load drivers, start adapters, take the stack down, look at it.
 *
 * Drivers see ndis.h. This header is for whoever plays the operating system's part, and for our own drivers where Windows has no call:
 * the packet id of an NBL, the platform below an adapter.
 *
 *   struct ndis *ndis = ndis_create(kernel);
 *   ndis_load_driver(ndis, "netvio", NetvioDriverEntry, &config);        calls DriverEntry
 *   ndis_load_driver(ndis, "traffic", TrafficDriverEntry, traffic);
 *   ndis_add_adapter(ndis, "netvio", "nic0");
 *   ndis_add_filter(ndis, "vlan", "nic0", "vlan7");
 *   ndis_start(ndis);     InitializeEx of each adapter, attach its filters, bind every protocol, restart bottom to top
 *   ...
 *   ndis_stop(ndis);      pause top to bottom, unbind, halt; what is still out is reported as "nbl.lost"
 *   ndis_destroy(ndis);   unload
 *
 * Events. NBL_SENT, NBL_COMPLETED, NBL_INDICATED and NBL_RETURNED carry index = number of the NBL, packet = id of its first packet,
 * value = its NET_BUFFERs, so that the event concerns packets [packet, packet + value); an id that was not set is UINT64_MAX. Around
 * each driver callback there are FUNCTION_ENTER and FUNCTION_EXIT with its name in Microsoft's spelling. CPU time: none is charged
 * here; the protocol charges what it does.
 *
 * Not modelled yet: direct and synchronous OID requests, power, ports.
 *
 * All functions run at PASSIVE_LEVEL and enter the kernel themselves; start, stop and destroy block.
 */
#ifndef RINGSIDE_NDIS_HOST_H
#define RINGSIDE_NDIS_HOST_H

#include "kernel/kernel.h"
#include "ndis.h"
#include "ndis/packet.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ndis;

/* NULL without memory. The kernel must outlive it. One NDIS a kernel. */
struct ndis *ndis_create(struct kernel *kernel);
void ndis_destroy(struct ndis *ndis);

/* Calls entry(DriverObject, RegistryPath) and returns its status. `argument` is what ndis_driver_argument() then gives for that
 * DriverObject: the place of what Windows would read from the registry. `name` is copied. */
NDIS_STATUS ndis_load_driver(struct ndis *ndis, const char *name, DRIVER_INITIALIZE *entry, void *argument);
void *ndis_driver_argument(PDRIVER_OBJECT driver_object);

/* The same by a handle that NDIS gave the driver: a MiniportAdapterHandle, or the BindContext of NDIS 5. Neither MiniportInitialize nor
 * BindAdapter of that age is given a context of the driver's. */
void *ndis_handle_argument(NDIS_HANDLE handle);

/* From now on each NBL of a pool lies in pages of its own, out of reach for code of a driver's module (driver/sdk) that does not have it:
 * what touches it all the same is reported as "nbl.touched". `name_place` says where an instruction is, "file.c:7 in Function"; it may be
 * NULL. Before any driver is loaded. For debugging: a run is many times as slow. False without memory. */
typedef void ndis_place_namer(const void *instruction, char *text, size_t size);
bool ndis_guard_nbls(struct ndis *ndis, ndis_place_namer *name_place);

/* Names of adapters are device names: drivers may spell them in another case (mux writes them large).
 *
 * One adapter of the named miniport driver over the kernel's NIC, not yet started. ADAPTER_NOT_FOUND: no such driver. */
NDIS_STATUS ndis_add_adapter(struct ndis *ndis, const char *driver, const char *name);

/* The same over another card, from kernel_add_slot(). */
NDIS_STATUS ndis_add_adapter_in(struct ndis *ndis, const char *driver, const char *name, struct platform *card);

/* The same for a miniport of no hardware, or of hardware of its own: it is given no resources. */
NDIS_STATUS ndis_add_software_adapter(struct ndis *ndis, const char *driver, const char *name);

/* What a loaded driver registered: several of these, or 0. */
enum ndis_role { NDIS_ROLE_MINIPORT = 1, NDIS_ROLE_PROTOCOL = 2, NDIS_ROLE_FILTER = 4, NDIS_ROLE_INTERMEDIATE = 8 };
unsigned ndis_driver_roles(const struct ndis *ndis, const char *driver);

/* One module of the named filter driver on top of those that the adapter has. Before ndis_start it is attached then; on a running
 * adapter at once, which pauses and restarts its stack; an adapter that is not there yet gets it when an intermediate driver makes it.
 * ADAPTER_NOT_FOUND: no such driver; RESOURCES; or FilterAttach's failure. */
NDIS_STATUS ndis_add_filter(struct ndis *ndis, const char *driver, const char *adapter, const char *name);
/* Pause, detach, restart. ADAPTER_NOT_FOUND: no such module. */
NDIS_STATUS ndis_remove_filter(struct ndis *ndis, const char *adapter, const char *name);
/* From the first call on, the protocol is bound to the adapters named for it, and to no others. They need not exist yet. */
NDIS_STATUS ndis_bind_only(struct ndis *ndis, const char *protocol, const char *adapter);

/* A parameter of a driver, as Windows has them in its registry: of its own key (adapter NULL), or of the one for an adapter that it drives,
 * is bound to or filters. The driver reads it as the type that it wants; text is copied. INVALID_PARAMETER: a keyword of 64 characters or
 * more. The driver need not be loaded yet. */
NDIS_STATUS ndis_set_parameter(struct ndis *ndis, const char *driver, const char *adapter, const char *keyword, const char *text);

/* The first failure stops the start, undoes what was done, and is returned. A protocol that refuses to bind is not a failure. */
NDIS_STATUS ndis_start(struct ndis *ndis);
void ndis_stop(struct ndis *ndis);
/* Pause every binding and miniport, and restart them: the state machine alone. */
NDIS_STATUS ndis_pause(struct ndis *ndis);
NDIS_STATUS ndis_restart(struct ndis *ndis);

/* MiniportResetEx, under traffic; waits for its end. NOT_SUPPORTED: the miniport has no such handler, or is not in a state for it. */
NDIS_STATUS ndis_reset(struct ndis *ndis, const char *adapter);
/* A net PnP event to the filters and bindings of an adapter; the last status that was not SUCCESS. The buffer stays the caller's. */
NDIS_STATUS ndis_net_event(struct ndis *ndis, const char *adapter, NET_PNP_EVENT_CODE code, void *buffer, ULONG length);
/* A device PnP event to the filters and the miniport. */
NDIS_STATUS ndis_device_event(struct ndis *ndis, const char *adapter, NDIS_DEVICE_PNP_EVENT code);
/* The device is gone: SurpriseRemoved to the drivers, then the stack goes down, HaltEx with NdisHaltDeviceSurpriseRemoved. */
NDIS_STATUS ndis_surprise_remove(struct ndis *ndis, const char *adapter);

/* The stack as it is bound, from the top of each adapter down to it; `line` is called for each driver in it. */
struct ndis_stack_entry {
    enum { NDIS_STACK_PROTOCOL, NDIS_STACK_FILTER, NDIS_STACK_MINIPORT } kind;
    const char *driver, *name, *adapter;  /* of the module or adapter, and whose stack it is in */
    const char *below;                    /* a virtual adapter's: the driver that makes it. Else NULL */
    const char *state;
    bool sees_sends, sees_receives;       /* a filter's data path; without it it is passed by */
    ULONG data_backfill, context_backfill;/* what protocols are told at the top of this adapter */
};
void ndis_walk_stack(const struct ndis *ndis, void (*entry)(void *arg, const struct ndis_stack_entry *entry), void *arg);

/* How long a pause, an OID or a completion may take before it is reported and given up: simulated ns, 1 s by default. */
void ndis_set_timeout(struct ndis *ndis, uint64_t ns);

/* The handler of every n-th scatter/gather list runs from a DPC, after the call that asked for the list has returned, as on a machine that
 * is short of map registers; 0, the default: all run inside the call. A driver must live with both. [D] 2.7 */
void ndis_defer_sg_lists(struct ndis *ndis, unsigned every);

struct ndis_counts {
    uint64_t nbl_allocated;                                     /* live NBLs of all pools */
    uint64_t nbl_sent, nbl_completed, nbl_indicated, nbl_returned;
    uint64_t nbl_outstanding;                                   /* sent and not completed, or indicated and not returned */
};
void ndis_get_counts(const struct ndis *ndis, struct ndis_counts *counts);

/* The machine below any NDIS handle (driver, adapter, binding, pool), an adapter's with its own card: what a miniport gives its NDIS-free
 * parts. */
struct platform *ndis_platform(NDIS_HANDLE handle);

/* A miniport that can say where in it an NBL is that it was sent, or that it indicated, for the report of a lost one; false: it does not know. It
 * changes nothing. Any context; NULL: no longer. */
typedef bool ndis_place(void *context, PNET_BUFFER_LIST nbl, char *text, size_t size);
void ndis_set_place(NDIS_HANDLE adapter, ndis_place *place, void *context);

/* The packet id of an NBL's first NB (the others count up); it shows in traces and reports. -1 until it is set; allocation resets it. */
void ndis_nbl_set_packet(PNET_BUFFER_LIST nbl, int64_t packet);
int64_t ndis_nbl_packet(const NET_BUFFER_LIST *nbl);
/* The same of a packet of NDIS 5; translation carries it from one to the other. */
void ndis_packet_set_id(PNDIS_PACKET packet, int64_t id);
int64_t ndis_packet_id(PNDIS_PACKET packet);
/* The owner of a DMA mapping in reports: "nbl 12 packet 7" where the NB is one of an NBL's pool; NBs of a pool of their own do not know their
 * NBL. */
enum { NDIS_NB_NAME = 64 }; /* two numbers of at most 20 characters, the words, and the end */
void ndis_nb_name(PNET_BUFFER nb, char text[NDIS_NB_NAME]);
/* Memory of the NB is mapped for the device, or no longer, by a framework of drivers and not by NDIS's scatter/gather lists: what is freed
 * meanwhile is reported as with these. And: is any, by whomever? */
void ndis_nb_set_mapped(PNET_BUFFER nb, bool mapped);
bool ndis_nb_is_mapped(const NET_BUFFER *nb);
/* Number of the NBL, from 1 in order of allocation from its pool's memory: the name of an NBL in reports. */
uint32_t ndis_nbl_number(const NET_BUFFER_LIST *nbl);
/* Tells the machine (platform_ops.lost) of every NBL that is out now, each once in its life: for a run that does not get on. Returns how
 * many there are; *packet is the first packet among them, or -1. */
unsigned ndis_tell_outstanding(struct ndis *ndis, const char *when, int64_t *packet);
/* Writes "nbl 12 (pool 'txTr', packet 7): held by netvio since 1.234 us; ..." with the recorded hand-offs; returns as snprintf. */
int ndis_nbl_describe(const NET_BUFFER_LIST *nbl, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
