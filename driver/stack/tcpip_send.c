/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcpip_send.c: frames that lwIP hands over become NBLs over the same memory.
 *
 *   one frame       NB [ headers and payload of pbuf 0 ]                                            an MDL
 *   a large send    NB [ headers and payload of pbuf 0 ][ payload of pbuf 1 ][ payload of pbuf 2 ]  an MDL each, LSO in the NBL's slot
 *
 * lwIP leaves a segment alone while somebody else holds a reference to it, so that its headers may be edited until the NBL is back; the
 * next time that it sends the segment it makes all of them anew but for the TCP flags, which are put back.
 */
#include "tcpip_internal.h"

enum { TCP_FLAGS = 13, ETHER_TYPE = 12, IPV4_TYPE = 0x08, ID_HIGH = ETH_HEADER + 4, HEADER_SUM = ETH_HEADER + 10 };

/* ---- Made once for a binding */
static NDIS_STATUS make_send(struct tcpip *tcpip, struct tcpip_send *send) {
    struct traffic *traffic = tcpip->traffic;
    send->nbl = NdisAllocateNetBufferAndNetBufferList(traffic->nbl_pool, 0, traffic->context_backfill, NULL, 0, 0);
    send->mdls = kernel_allocate(traffic->kernel, traffic->mdl_stride * TCPIP_SEGMENTS_MOST, TCPIP_TAG);
    if (!send->nbl || !send->mdls) return NDIS_STATUS_RESOURCES;
    send->nb = send->nbl->FirstNetBuffer;
    send->nbl->ProtocolReserved[0] = send;
    send->nbl->SourceHandle = traffic->binding;
    send->next = tcpip->free;
    tcpip->free = send;
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS tcpip_sends_make(struct tcpip *tcpip) {
    struct traffic *traffic = tcpip->traffic;
    NET_BUFFER_LIST_POOL_PARAMETERS pool = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .ProtocolId = NDIS_PROTOCOL_ID_TCP_IP,
        .fAllocateNetBuffer = TRUE,
        .PoolTag = TCPIP_TAG,
    };
    const SIZE_T mdl = MmSizeOfMdl((PVOID)(ULONG_PTR)(PAGE_SIZE - 1), ETH_MAX_FRAME);
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    traffic->mdl_stride = (mdl + MEMORY_ALLOCATION_ALIGNMENT - 1) & ~(SIZE_T)(MEMORY_ALLOCATION_ALIGNMENT - 1);
    traffic->nbl_pool = NdisAllocateNetBufferListPool(traffic->protocol, &pool);
    tcpip->sends = kernel_allocate(traffic->kernel, traffic->config.outstanding_nbls * sizeof(*tcpip->sends), TCPIP_TAG);
    if (!traffic->nbl_pool || !tcpip->sends) return NDIS_STATUS_RESOURCES;
    for (unsigned i = traffic->config.outstanding_nbls; i-- > 0 && status == NDIS_STATUS_SUCCESS;) status = make_send(tcpip, &tcpip->sends[i]);
    return status;
}

void tcpip_sends_free(struct tcpip *tcpip) {
    struct traffic *traffic = tcpip->traffic;
    for (unsigned i = 0; tcpip->sends && i < traffic->config.outstanding_nbls; i++) {
        struct tcpip_send *send = &tcpip->sends[i];
        if (send->nb) send->nb->MdlChain = send->nb->CurrentMdl = NULL;
        if (send->nbl) NdisFreeNetBufferList(send->nbl);
        kernel_free(send->mdls);
    }
    kernel_free(tcpip->sends);
    if (traffic->nbl_pool) NdisFreeNetBufferListPool(traffic->nbl_pool);
    traffic->nbl_pool = NULL;
}

/* ---- Handing over */
/* Two elements for an MDL that a page's end goes through, and some for headers of the adapter's own. */
static unsigned most_segments(const struct tcpip *tcpip) {
    const unsigned slots = tcpip->traffic->slots, fit = slots > 6 ? (slots - 4) / 2 : 1;
    return fit < TCPIP_SEGMENTS_MOST ? fit : TCPIP_SEGMENTS_MOST;
}

static void append(struct tcpip *tcpip, struct tcpip_send *send, struct pbuf *p, size_t skip) {
    PMDL mdl = (PMDL)(void *)(send->mdls + send->count * tcpip->traffic->mdl_stride);
    PNET_BUFFER nb = send->nb;
    MmInitializeMdl(mdl, (PUCHAR)p->payload + skip, p->len - skip);
    MmBuildMdlForNonPagedPool(mdl);
    mdl->Next = NULL;
    if (send->count)
        ((PMDL)(void *)((PUCHAR)mdl - tcpip->traffic->mdl_stride))->Next = mdl;
    else
        nb->MdlChain = nb->CurrentMdl = mdl;
    nb->stDataLength += p->len - skip;
    send->pbufs[send->count++] = p;
}

/* Nothing joins the open send any more: its slots are filled in, and it is one of the batch. */
static void close_open(struct tcpip *tcpip) {
    struct traffic *traffic = tcpip->traffic;
    struct tcpip_send *send = tcpip->open;
    struct traffic_ask ask = {NULL, NULL, NULL};
    if (!send) return;
    tcpip->open = NULL;
    if (send->count > 1)
        traffic_large_finish(&tcpip->large, &ask);
    else
        (void)traffic_ask_checksum(&traffic->tasks, send->pbufs[0]->payload, send->pbufs[0]->len, &ask);
    send->nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo] = ask.checksum;
    send->nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo] = ask.lso;
    traffic->tx_checksums += ask.checksum || ask.lso ? send->count : 0;
    traffic->large_sends += send->count > 1;
    traffic->large_send_frames += send->count > 1 ? send->count : 0;
    *traffic->batch_end = send->nbl;
    traffic->batch_end = &send->nbl->Next;
    traffic->batch_nbls++;
    traffic->batch_nbs++;
}

static bool open_send(struct tcpip *tcpip, struct pbuf *p) {
    struct tcpip_send *send = tcpip->free;
    if (!send) return false;
    tcpip->free = send->next;
    *send = (struct tcpip_send){.nbl = send->nbl, .nb = send->nb, .mdls = send->mdls, .id = tcpip->next_id};
    send->nb->stDataLength = 0;
    send->nb->DataOffset = send->nb->CurrentMdlOffset = 0;
    send->nbl->Next = NULL;
    append(tcpip, send, p, 0);
    ndis_nbl_set_packet(send->nbl, (int64_t)send->id);
    tcpip->large.bytes = p->payload;
    tcpip->large_open = traffic_large_open(&tcpip->large, &tcpip->traffic->tasks, p->payload, p->len);
    if (tcpip->large_open) {
        send->flags_at = (uint8_t *)p->payload + tcpip->large.at.l4 + TCP_FLAGS;
        send->flags = *send->flags_at;
    }
    tcpip->open = send;
    return true;
}

static bool joins_open(struct tcpip *tcpip, struct pbuf *p) {
    struct tcpip_send *send = tcpip->open;
    if (!send || !tcpip->large_open || send->count >= most_segments(tcpip)) return false;
    if (!traffic_large_follow(&tcpip->large, p->payload, p->len)) return false;
    append(tcpip, send, p, tcpip->large.at.end);
    return true;
}

/* NDIS lets large sends have identifications up to 0x7FFF. lwIP counts on: its highest bit goes, and into the header's sum (RFC 1624). */
static void limit_id(uint8_t *frame, size_t length) {
    if (length <= HEADER_SUM + 1 || frame[ETHER_TYPE] != IPV4_TYPE || frame[ETHER_TYPE + 1] || !(frame[ID_HIGH] & 0x80)) return;
    frame[ID_HIGH] &= 0x7F;
    uint32_t sum = (uint32_t)(frame[HEADER_SUM] << 8 | frame[HEADER_SUM + 1]) + 0x8000u;
    sum = (sum & 0xFFFF) + (sum >> 16);
    if (sum == 0xFFFF) sum = 0; /* as the header's own bytes give it: they are never all 0 */
    frame[HEADER_SUM] = (uint8_t)(sum >> 8);
    frame[HEADER_SUM + 1] = (uint8_t)sum;
}

err_t tcpip_output(struct netif *netif, struct pbuf *p) {
    struct tcpip *tcpip = netif->state;
    struct traffic *traffic = tcpip->traffic;
    /* In machine memory and in one piece, as this library makes all that it sends. */
    const bool whole = !p->next && pbuf_match_type(p, PBUF_RAM);
    if (!traffic->running) return ERR_IF; /* paused: lwIP sends again what it must */
    if (whole)
        pbuf_ref(p);
    else if (!(p = pbuf_clone(PBUF_RAW, PBUF_RAM, p)))
        return ERR_MEM;
    uint8_t *bytes = p->payload;
    limit_id(bytes, p->len);
    if (!joins_open(tcpip, p)) {
        close_open(tcpip);
        if (!open_send(tcpip, p)) {
            (void)pbuf_free(p);
            tcpip->starved = true;
            return ERR_MEM;
        }
    }
    traffic->callbacks.handed_over(traffic->callbacks.ctx, tcpip->next_id++, bytes, p->len); /* headers are edited when a send is closed */
    return ERR_OK;
}

void tcpip_flush(struct tcpip *tcpip) {
    struct traffic *traffic = tcpip->traffic;
    const struct platform *platform = traffic->platform;
    close_open(tcpip);
    if (!traffic->batch) return;
    platform->ops->charge(platform->ctx, PLATFORM_WORK_SEND_NB, traffic->batch_nbs);
    if (!traffic->running) return; /* paused meanwhile: the batch waits for the restart */
    PNET_BUFFER_LIST batch = traffic->batch;
    traffic->outstanding += traffic->batch_nbls;
    traffic->batch = NULL;
    traffic->batch_end = &traffic->batch;
    traffic->batch_nbls = traffic->batch_nbs = 0;
    NdisSendNetBufferLists(traffic->binding, batch, NDIS_DEFAULT_PORT_NUMBER, 0);
}

/* ---- And back */
static void recycle(struct tcpip *tcpip, struct tcpip_send *send, NDIS_STATUS status) {
    const struct traffic_callbacks *callbacks = &tcpip->traffic->callbacks;
    if (send->flags_at) *send->flags_at = send->flags;
    for (unsigned i = 0; i < send->count; i++) {
        (void)pbuf_free(send->pbufs[i]);
        callbacks->sent(callbacks->ctx, send->id + i, status);
    }
    send->next = tcpip->free;
    tcpip->free = send;
}

VOID tcpip_send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct traffic *traffic = context;
    const struct platform *platform = traffic->platform;
    unsigned count = 0;
    UNREFERENCED_PARAMETER(flags);
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = nbl->Next) count++;
    platform->ops->charge(platform->ctx, PLATFORM_WORK_COMPLETE_NB, count);
    while (nbls) {
        PNET_BUFFER_LIST nbl = nbls;
        nbls = nbl->Next;
        nbl->Next = NULL;
        recycle(traffic->tcpip, nbl->ProtocolReserved[0], nbl->Status);
        traffic->outstanding--;
    }
    platform->ops->event_set(platform->ctx, traffic->wake);
    traffic_send_pause_check(traffic);
}

void tcpip_drop_batch(struct tcpip *tcpip) {
    struct traffic *traffic = tcpip->traffic;
    close_open(tcpip);
    while (traffic->batch) {
        PNET_BUFFER_LIST nbl = traffic->batch;
        traffic->batch = nbl->Next;
        nbl->Next = NULL;
        recycle(tcpip, nbl->ProtocolReserved[0], NDIS_STATUS_PAUSED);
    }
    traffic->batch_end = &traffic->batch;
    traffic->batch_nbls = traffic->batch_nbs = 0;
}
