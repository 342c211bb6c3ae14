/* SPDX-License-Identifier: Apache-2.0 */
/*
 * miniport.h: what miniports answer alike, whatever device they drive: netvio for itself, netcx for its clients.
 *
 *   miniport_oid.c      queries of numbers and counters; status indications
 *   miniport_offload.c  task offloads: NDIS_OFFLOAD from a few switches, and the requests that turn them on and off
 *   miniport_rss.c      receive side scaling: OID_GEN_RECEIVE_SCALE_PARAMETERS, taken apart and put together
 *
 * Nothing here knows a device: what a request asks for comes back in a structure, and the caller tells the device. [D] 3.7, 4
 */
#ifndef RINGSIDE_MINIPORT_H
#define RINGSIDE_MINIPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "ndis.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Queries. BUFFER_TOO_SHORT, with the bytes needed, if the answer does not fit. */
NDIS_STATUS miniport_answer(PNDIS_OID_REQUEST request, const void *data, UINT length);
NDIS_STATUS miniport_answer_ulong(PNDIS_OID_REQUEST request, ULONG value);
/* Counters of the adapter: those of OID_GEN_XMIT_OK ... OID_GEN_RCV_NO_BUFFER, and OID_GEN_STATISTICS; NOT_SUPPORTED: another OID. */
struct miniport_totals {
    ULONG64 tx_frames, tx_bytes, tx_errors, rx_frames, rx_bytes, rx_errors;
};
NDIS_STATUS miniport_answer_totals(PNDIS_OID_REQUEST request, const struct miniport_totals *all);
/* The ULONG of a set request; false: it is too short. */
bool miniport_read_ulong(struct _SET *set, ULONG *value);
void miniport_indicate(NDIS_HANDLE adapter, NDIS_STATUS code, PVOID buffer, ULONG bytes);

/* ---- Private requests, for tests and for tools. Private OIDs begin with 0xFF.
 *
 * Set with a ULONG, a virtqueue's number: that queue alone is reset, under traffic ([V] 2.6.1). Sends that the device had and did not report
 * are completed with NDIS_STATUS_SEND_ABORTED, once; frames that it had received are indicated. NOT_SUPPORTED: the device cannot;
 * INVALID_DATA: no such queue; FAILURE: it did not finish, and was reset as a whole. */
#define OID_MINIPORT_RESET_QUEUE 0xFF000001u
/* Set without data: the whole device is reset ([V] 2.4) and brought up again with the features that it had, under traffic. Sends are treated as
 * above; frames that the device had received and not yet told of are lost with it. FAILURE: another reset is under way, or the device did not
 * come back, which is reported. */
#define OID_MINIPORT_RESET_DEVICE 0xFF000002u

/* ---- Task offloads */
enum { MINIPORT_TASK_TX = 1, MINIPORT_TASK_RX = 2 };
struct miniport_tasks {
    UCHAR ip4, tcp4, udp4, tcp6, udp6;  /* checksums: MINIPORT_TASK_* */
    bool lso4, lso6, uso4, uso6;        /* large sends of TCP (version 2) and UDP */
    bool rsc4, rsc6;                    /* received segments are joined */
};
/* What does not change: over which link layer, and the most payload of a large send. Options and extension headers are no obstacle. */
struct miniport_offload {
    ULONG encapsulation, large_payload;
};
/* To NDIS: what is on by default, and what can be. */
NDIS_STATUS miniport_offload_attributes(NDIS_HANDLE adapter, const struct miniport_offload *form, const struct miniport_tasks *tasks,
                                        const struct miniport_tasks *capabilities);
void miniport_offload_indicate(NDIS_HANDLE adapter, const struct miniport_offload *form, const struct miniport_tasks *tasks);
/* OID_OFFLOAD_ENCAPSULATION. */
NDIS_STATUS miniport_offload_encapsulation(const struct miniport_offload *form, PNDIS_OID_REQUEST request);
/* OID_TCP_OFFLOAD_PARAMETERS: the switches as they are wanted; NOT_SUPPORTED: more than can be, and nothing was changed. */
NDIS_STATUS miniport_offload_parameters(PNDIS_OID_REQUEST request, const struct miniport_tasks *capabilities, struct miniport_tasks *tasks);

/* ---- Receive side scaling */
enum { MINIPORT_RSS_ENTRIES = 128, MINIPORT_RSS_KEY = 40, MINIPORT_RSS_PROCESSORS = 256 };
struct miniport_rss {
    bool on;
    ULONG types;                             /* NDIS_HASH_* */
    USHORT entries;                          /* a power of two; 0: never set */
    UCHAR processors[MINIPORT_RSS_ENTRIES];
    UCHAR key_bytes, key[MINIPORT_RSS_KEY];
};
/* A set: what it leaves unchanged stays. INVALID_DATA, INVALID_LENGTH: nothing was changed. `types` are those that can be. */
NDIS_STATUS miniport_rss_take(PNDIS_OID_REQUEST request, ULONG types, struct miniport_rss *rss);
/* A query: the parts one behind the other: structure, table, key. */
NDIS_STATUS miniport_rss_answer(PNDIS_OID_REQUEST request, const struct miniport_rss *rss);
/* The queue of each entry: processors get queues in the order in which the table names them; more processors than queues share. */
void miniport_rss_queues(const struct miniport_rss *rss, unsigned queues, uint16_t table[MINIPORT_RSS_ENTRIES]);

#ifdef __cplusplus
}
#endif

#endif
