/* SPDX-License-Identifier: Apache-2.0 */
/* packet_internal.h: packets of NDIS 5: their records, and what the packet_*.c and legacy_*.c files share. Not for drivers. [D] 5 */
#ifndef RINGSIDE_NDIS_PACKET_INTERNAL_H
#define RINGSIDE_NDIS_PACKET_INTERNAL_H

#include "ndis/packetapi.h"
#include "ndis_internal.h"

enum packet_state { PACKET_FREE, PACKET_OWNED, PACKET_SENT, PACKET_INDICATED };

struct packet_pool;

/* Lies in front of each packet. */
struct packet_record {
    struct packet_pool *pool;
    struct packet_record *next;      /* in the free list, or in the queue that it is in */
    enum packet_state state;
    uint32_t number, life;           /* of the packet; how often it was allocated */
    int64_t id;                      /* of the frame, for traces: ndis_packet_set_id */
    const char *site, *freed_site;
    const char *holder;              /* who has it while it is out */
    uint64_t since_ps;
    /* Translation: the NBL that it became, or the NB that it stands for. */
    PNET_BUFFER_LIST nbl;
    PNET_BUFFER nb;
    PMDL cover;                      /* MDLs over the used bytes, where the NB's own would say more */
    INT references;                  /* NdisReturnPackets calls to come; below 0 inside the receive handler */
    bool showing;                    /* the receive handler has it now */
    bool ready;                      /* it may be given to the miniport */
    PSCATTER_GATHER_LIST mapped;     /* as NdisMAllocateNetBufferSGList made it; the packet's own begins where the frame does */
};
enum { PACKET_RECORD_BYTES = (sizeof(struct packet_record) + 15) & ~15u };

struct packet_queue {
    struct packet_record *first, *last;
};

static inline PNDIS_PACKET packet_of(struct packet_record *record) {
    return (PNDIS_PACKET)(void *)((PUCHAR)record + PACKET_RECORD_BYTES);
}
static inline struct packet_record *packet_record_of(const NDIS_PACKET *packet) {
    return (struct packet_record *)(void *)((PUCHAR)(ULONG_PTR)packet - PACKET_RECORD_BYTES);
}

static inline void packet_append(struct packet_queue *queue, struct packet_record *record) {
    record->next = NULL;
    if (queue->last) queue->last->next = record;
    else queue->first = record;
    queue->last = record;
}

static inline struct packet_record *packet_remove_first(struct packet_queue *queue) {
    struct packet_record *record = queue->first;
    queue->first = record->next;
    if (!queue->first) queue->last = NULL;
    return record;
}

/* packet_pool.c. A pool of NDIS's own grows by `count` packets when it is empty; NULL without memory. */
struct packet_pool *packet_pool_make(struct ndis *ndis, const char *name, unsigned count, unsigned reserved, bool grows, const char *site);
void packet_pool_close(struct packet_pool *pool);
struct packet_record *packet_take(struct packet_pool *pool, const char *site);
void packet_give(struct packet_record *record, const char *site);
/* The record of a packet that a driver gives to `function`, if it is of a pool of this machine and in that state; reports why not. */
struct packet_record *packet_check(struct ndis *ndis, PNDIS_PACKET packet, enum packet_state state, const char *function);
/* Now `holder` has it: a name that lives as long as NDIS. */
void packet_move(struct packet_record *record, enum packet_state state, const char *holder);
void packet_violation(const struct packet_record *record, const char *check, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* packet_nbl.c. An NBL with one NB over the bytes of the packet, its out-of-band data in it; of a pool of shape (b). NULL without memory. */
PNET_BUFFER_LIST packet_make_nbl(NDIS_HANDLE pool, struct packet_record *record, USHORT context_backfill);
/* The packet has the bytes of the NB and no others. False without memory. packet_uncover frees what it took. */
bool packet_describe(struct packet_record *record, PNET_BUFFER nb);
void packet_uncover(struct packet_record *record);

/* packet_info.c: out-of-band data, both ways. */
void packet_info_send_to_nbl(PNET_BUFFER_LIST nbl, PNDIS_PACKET packet);
void packet_info_send_to_packet(PNDIS_PACKET packet, const NET_BUFFER_LIST *nbl);
void packet_info_receive_to_nbl(PNET_BUFFER_LIST nbl, PNDIS_PACKET packet);
void packet_info_receive_to_packet(PNDIS_PACKET packet, const NET_BUFFER_LIST *nbl);
/* Of a large send that is done: the bytes of payload that went out. */
void packet_info_sent_to_packet(PNDIS_PACKET packet, const NET_BUFFER_LIST *nbl);
void packet_info_sent_to_nbl(PNET_BUFFER_LIST nbl, PNDIS_PACKET packet);
/* What a driver of NDIS 5 is told in place of a status that it cannot know. */
NDIS_STATUS packet_status(NDIS_STATUS status);

/* At the level of the caller, for the flags of the data path: DISPATCH_LEVEL is bit 0 of each. */
static inline ULONG packet_level_flag(void) { return KeGetCurrentIrql() >= DISPATCH_LEVEL ? 1u : 0u; }

#endif
