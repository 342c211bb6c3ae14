/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_packet_receive.c: frames to the sink, from packets that may be kept and from bytes that may not. [D] 5 */
#include "traffic_packet.h"

/* It asks for no offload, and is told of none. */
static const struct traffic_receive_info nothing_said;

static void charge(struct traffic *traffic, enum platform_work work, unsigned count) {
    traffic->platform->ops->charge(traffic->platform->ctx, work, count);
}

static void report(struct traffic *traffic, UINT bytes) {
    kernel_violation(traffic->kernel, "traffic.receive", "[D] 5", -1, "a received frame of %u bytes cannot be read", bytes);
}

/* Copied, that it is contiguous, in a driver's own way: buffer by buffer. */
static bool gather(PNDIS_PACKET packet, PUCHAR to, UINT room, UINT *bytes) {
    PNDIS_BUFFER buffer;
    NdisQueryPacket(packet, NULL, NULL, &buffer, bytes);
    if (*bytes > room) return false;
    while (buffer) {
        PVOID va;
        UINT length;
        NdisQueryBufferSafe(buffer, &va, &length, NormalPagePriority);
        if (!va) return false;
        RtlCopyMemory(to, va, length);
        to += length;
        NdisGetNextBuffer(buffer, &buffer);
    }
    return true;
}

static void give_back(struct traffic *traffic) {
    struct traffic_packets *packets = traffic->packets;
    const unsigned count = packets->kept_count;
    if (count == 0) return;
    packets->kept_count = 0;
    charge(traffic, PLATFORM_WORK_RETURN_NB, count);
    NdisReturnPackets(packets->kept, count);
}

INT traffic_packet_receive(NDIS_HANDLE context, PNDIS_PACKET packet) {
    struct traffic *traffic = context;
    struct traffic_packets *packets = traffic->packets;
    UINT bytes;
    charge(traffic, PLATFORM_WORK_RECEIVE_NB, 1);
    if (gather(packet, traffic->scratch, ETH_MAX_FRAME, &bytes))
        traffic->callbacks.received(traffic->callbacks.ctx, traffic->scratch, bytes, &nothing_said);
    else report(traffic, bytes);
    if (packets->kept_count == TRAFFIC_PACKETS_KEPT) give_back(traffic);
    packets->kept[packets->kept_count++] = packet;
    return 1;
}

VOID traffic_packet_receive_complete(NDIS_HANDLE context) { give_back(context); }

NDIS_STATUS traffic_packet_show(NDIS_HANDLE context, NDIS_HANDLE mac, PVOID header, UINT header_bytes, PVOID ahead, UINT ahead_bytes, UINT bytes) {
    struct traffic *traffic = context;
    UINT moved = 0;
    charge(traffic, PLATFORM_WORK_RECEIVE_NB, 1);
    if (header_bytes + bytes > ETH_MAX_FRAME) {
        report(traffic, header_bytes + bytes);
        return NDIS_STATUS_NOT_ACCEPTED;
    }
    if (ahead_bytes < bytes) { /* all of it into the packet over scratch, and then to its place */
        NDIS_STATUS status;
        NdisTransferData(&status, traffic->binding, mac, 0, bytes, traffic->packets->rest, &moved);
        if (status != NDIS_STATUS_SUCCESS) {
            report(traffic, bytes);
            return NDIS_STATUS_NOT_ACCEPTED;
        }
        RtlMoveMemory(traffic->scratch + header_bytes, traffic->scratch, moved);
    } else {
        RtlCopyMemory(traffic->scratch + header_bytes, ahead, bytes);
    }
    RtlCopyMemory(traffic->scratch, header, header_bytes);
    traffic->callbacks.received(traffic->callbacks.ctx, traffic->scratch, header_bytes + bytes, &nothing_said);
    return NDIS_STATUS_SUCCESS;
}
