/* SPDX-License-Identifier: Apache-2.0 */
/*
 * legacy_protocol_receive.c: NBLs that a protocol of NDIS 5 gets, as packets to keep or as bytes to copy. [D] 5, 2.9
 *
 *   ReceivePacket  where the driver has it and the NBL may be kept: it says how often it will return the packet
 *   Receive        else, and with NDIS_RECEIVE_FLAGS_RESOURCES always: the header and what lies together behind it, during the call
 */
#include "legacy_protocol_internal.h"

enum { HEADER = 14, SHOWN_MOST = 2048 /* bytes of a frame in several MDLs that are gathered for Receive; NdisTransferData has the rest */ };

/* ---- Packets */
static void give_back(struct legacy_binding *binding, struct packet_record *record) {
    PNET_BUFFER_LIST nbl = record->nbl;
    packet_uncover(record);
    packet_give(record, "NdisReturnPackets");
    nbl->Next = NULL;
    NdisReturnNetBufferLists(binding->binding, nbl, packet_level_flag());
}

static struct packet_record *make_packet(struct legacy_binding *binding, PNET_BUFFER_LIST nbl) {
    struct packet_record *record = packet_take(binding->packets, "ProtocolReceivePacket");
    if (!record) return NULL;
    PNDIS_PACKET packet = packet_of(record);
    if (!packet_describe(record, nbl->FirstNetBuffer)) {
        packet_give(record, "ProtocolReceivePacket");
        return NULL;
    }
    record->nbl = nbl;
    record->id = ndis_nbl_packet(nbl);
    packet_info_receive_to_packet(packet, nbl);
    NDIS_SET_PACKET_HEADER_SIZE(packet, HEADER);
    NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_SUCCESS);
    return record;
}

/* True: the driver keeps it, and with it the NBL. */
static bool hand_over(struct legacy_binding *binding, struct packet_record *record) {
    struct ndis *ndis = binding->object.ndis;
    packet_move(record, PACKET_INDICATED, binding->object.name);
    record->showing = true;
    ndis_function_enter(ndis, "ProtocolReceivePacket");
    const INT references = binding->protocol->chars.ReceivePacketHandler(binding->context, packet_of(record));
    ndis_function_exit(ndis, "ProtocolReceivePacket");
    record->showing = false;
    record->references += references;
    if (record->references > 0) return true;
    if (record->references < 0)
        packet_violation(record, "packet.returned_twice", "was returned %d times more than ProtocolReceivePacket said", -record->references);
    packet_uncover(record);
    packet_give(record, "ProtocolReceivePacket");
    return false;
}

VOID NdisReturnPackets(PNDIS_PACKET *PacketsToReturn, UINT NumberOfPackets) {
    struct ndis *ndis = ndis_current(__func__);
    for (UINT i = 0; i < NumberOfPackets; i++) {
        struct packet_record *record = packet_check(ndis, PacketsToReturn[i], PACKET_INDICATED, __func__);
        if (!record) continue;
        record->references--;
        if (record->references != 0 || record->showing) continue;
        struct ndis_binding *binding = CONTAINING_RECORD(nbl_record_of(record->nbl)->holder, struct ndis_binding, layer);
        give_back(binding->context, record);
    }
}

/* ---- Bytes */
static void show(struct legacy_binding *binding, PNET_BUFFER_LIST nbl) {
    struct ndis *ndis = binding->object.ndis;
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    UCHAR storage[SHOWN_MOST];
    if (nb->DataLength < HEADER) return;
    ULONG length = nb->DataLength;
    PUCHAR bytes = NdisGetDataBuffer(nb, length, NULL, 1, 0);
    if (!bytes) {
        length = length < SHOWN_MOST ? length : SHOWN_MOST;
        bytes = NdisGetDataBuffer(nb, length, storage, 1, 0);
    }
    if (!bytes) return;  /* not mappable now: lost, as on a machine that is short of address space */
    binding->shown = nbl;
    ndis_function_enter(ndis, "ProtocolReceive");
    (void)binding->protocol->chars.ReceiveHandler(binding->context, binding, bytes, HEADER, bytes + HEADER, length - HEADER,
                                                  nb->DataLength - HEADER);
    ndis_function_exit(ndis, "ProtocolReceive");
    binding->shown = NULL;
    struct packet_record *record = binding->shown_packet;
    binding->shown_packet = NULL;
    if (!record) return;
    packet_uncover(record);
    packet_give(record, "ProtocolReceive");
}

/* What is in Receive now, as a packet; it is made when it is asked for first. */
static struct packet_record *shown_packet(struct legacy_binding *binding, NDIS_HANDLE context, const char *function) {
    if (context != binding || !binding->shown) {
        kernel_violation(binding->object.ndis->kernel, "packet.wrong_owner", "[D] 5", -1,
                         "%s called %s outside its receive handler, or for another receive", binding->object.name, function);
        return NULL;
    }
    if (binding->shown_packet) return binding->shown_packet;
    binding->shown_packet = make_packet(binding, binding->shown);
    if (!binding->shown_packet) return NULL;
    packet_move(binding->shown_packet, PACKET_INDICATED, binding->object.name);
    binding->shown_packet->showing = true;
    NDIS_SET_PACKET_STATUS(packet_of(binding->shown_packet), NDIS_STATUS_RESOURCES);
    return binding->shown_packet;
}

PNDIS_PACKET NdisGetReceivedPacket(NDIS_HANDLE NdisBindingHandle, NDIS_HANDLE MacContext) {
    struct legacy_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_LEGACY_BINDING, __func__);
    struct packet_record *record = binding ? shown_packet(binding, MacContext, __func__) : NULL;
    return record ? packet_of(record) : NULL;
}

VOID NdisTransferData(PNDIS_STATUS Status, NDIS_HANDLE NdisBindingHandle, NDIS_HANDLE MacReceiveContext, UINT ByteOffset,
                      UINT BytesToTransfer, PNDIS_PACKET Packet, PUINT BytesTransferred) {
    struct legacy_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_LEGACY_BINDING, __func__);
    struct packet_record *from = binding ? shown_packet(binding, MacReceiveContext, __func__) : NULL;
    *BytesTransferred = 0;
    *Status = from ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
    if (!from) return;
    NdisCopyFromPacketToPacket(Packet, 0, BytesToTransfer, packet_of(from), HEADER + ByteOffset, BytesTransferred);
    if (*BytesTransferred < BytesToTransfer) *Status = NDIS_STATUS_FAILURE;
}

/* ---- */
/* True: the NBL stays with the driver. */
static bool receive(struct legacy_binding *binding, PNET_BUFFER_LIST nbl, bool may_keep) {
    struct packet_record *record = may_keep && binding->protocol->chars.ReceivePacketHandler ? make_packet(binding, nbl) : NULL;
    if (record) return hand_over(binding, record);
    show(binding, nbl);
    return false;
}

VOID legacy_protocol_receive(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    struct legacy_binding *binding = context;
    const bool may_keep = NDIS_TEST_RECEIVE_CAN_PEND(flags);
    PNET_BUFFER_LIST done = NULL, *tail = &done;
    (void)port;
    (void)count;
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = nbl->Next;
        if (receive(binding, nbl, may_keep) || !may_keep) continue;
        *tail = nbl;
        tail = &nbl->Next;
    }
    if (may_keep) *tail = NULL;
    if (binding->protocol->chars.ReceiveCompleteHandler) binding->protocol->chars.ReceiveCompleteHandler(binding->context);
    if (done) NdisReturnNetBufferLists(binding->binding, done, flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}
