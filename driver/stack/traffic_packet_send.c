/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_packet_send.c: the sender thread of the protocol by packets, and completions. [D] 5 */
#include "traffic_packet.h"

static const uint64_t for_ever = UINT64_MAX;

/* Builds packets until the batch is full or there is no more to do; returns how long to wait for more, in ns: 0 not at all. */
static uint64_t gather(struct traffic *traffic, PNDIS_PACKET *batch, UINT *count) {
    struct traffic_packets *packets = traffic->packets;
    const unsigned most = traffic->config.nbls_per_send < TRAFFIC_PACKETS_SENT ? traffic->config.nbls_per_send : TRAFFIC_PACKETS_SENT;
    while (*count < most) {
        struct traffic_packet *item = packets->free;
        if (!item || !traffic_fetch(traffic)) return for_ever;
        const uint64_t wait = traffic_due_in(traffic);
        if (wait) return wait;
        if (traffic_packet_place(traffic, item) != NDIS_STATUS_SUCCESS) return for_ever; /* until a packet is back, and its buffers */
        packets->free = item->next;
        traffic->outstanding++;
        batch[(*count)++] = item->packet;
    }
    return 0;
}

static void send(struct traffic *traffic, PNDIS_PACKET *batch, UINT count) {
    const struct platform *platform = traffic->platform;
    platform->ops->charge(platform->ctx, PLATFORM_WORK_SEND_NB, count);
    traffic_trace(traffic, PLATFORM_TRACE_FUNCTION_ENTER, "traffic_send");
    NdisSendPackets(traffic->binding, batch, count);
    traffic_trace(traffic, PLATFORM_TRACE_FUNCTION_EXIT, "traffic_send");
}

void traffic_packet_sender(void *arg) {
    struct traffic *traffic = arg;
    const struct platform *platform = traffic->platform;
    while (traffic->running) {
        PNDIS_PACKET batch[TRAFFIC_PACKETS_SENT];
        UINT count = 0;
        /* Reset before looking: what happens from here on sets it again. */
        platform->ops->event_reset(platform->ctx, traffic->wake);
        const uint64_t wait = gather(traffic, batch, &count);
        if (count) send(traffic, batch, count);
        else if (wait) (void)platform->ops->event_wait(platform->ctx, traffic->wake, wait == for_ever ? 0 : wait);
    }
}

VOID traffic_packet_send_complete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status) {
    struct traffic *traffic = context;
    const struct platform *platform = traffic->platform;
    struct traffic_packet *item = *(struct traffic_packet **)(PVOID)packet->ProtocolReserved;
    platform->ops->charge(platform->ctx, PLATFORM_WORK_COMPLETE_NB, 1);
    traffic->callbacks.sent(traffic->callbacks.ctx, item->id, status);
    traffic_packet_clear(item);
    item->next = traffic->packets->free;
    traffic->packets->free = item;
    traffic->outstanding--;
    platform->ops->event_set(platform->ctx, traffic->wake);
}
