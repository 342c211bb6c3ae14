/* SPDX-License-Identifier: Apache-2.0 */
/* legacy_protocol_send.c: packets that a protocol of NDIS 5 sends become NBLs, and their completions become packets'. [D] 5, 2.8 */
#include "legacy_protocol_internal.h"

/* NDIS 5 loops a packet back to those who hear it unless the sender says no; in NDIS 6 the sender says yes. */
static ULONG flags_of(PNDIS_PACKET packet) {
    const ULONG loopback = NdisGetPacketFlags(packet) & NDIS_FLAGS_DONT_LOOPBACK ? 0 : NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK;
    return loopback | packet_level_flag();
}

static void complete(struct legacy_binding *binding, struct packet_record *record, NDIS_STATUS status) {
    struct ndis *ndis = binding->object.ndis;
    PNDIS_PACKET packet = packet_of(record);
    packet_move(record, PACKET_OWNED, binding->object.name);
    NDIS_SET_PACKET_STATUS(packet, status);
    if (!binding->open) return;  /* of an NBL that was lost, and came back late */
    ndis_function_enter(ndis, "ProtocolSendComplete");
    binding->protocol->chars.SendCompleteHandler(binding->context, packet, status);
    ndis_function_exit(ndis, "ProtocolSendComplete");
}

/* Takes the packet from the driver. NULL: it may not be sent, for a reason that was reported or is in *status. */
static struct packet_record *take(struct legacy_binding *binding, PNDIS_PACKET packet, NDIS_STATUS *status, const char *function) {
    struct packet_record *record = packet_check(binding->object.ndis, packet, PACKET_OWNED, function);
    *status = NDIS_STATUS_INVALID_PACKET;
    if (!record || !packet->Private.Head) return NULL;
    *status = binding->open ? NDIS_STATUS_PENDING : NDIS_STATUS_CLOSING;
    if (!binding->open) return NULL;
    packet_move(record, PACKET_SENT, "ndis");
    return record;
}

static PNET_BUFFER_LIST translate(struct legacy_binding *binding, struct packet_record *record) {
    PNET_BUFFER_LIST nbl = packet_make_nbl(binding->nbls, record, binding->context_backfill);
    if (!nbl) return NULL;
    nbl->SourceHandle = binding->binding;
    nbl->ProtocolReserved[0] = record;
    packet_info_send_to_nbl(nbl, packet_of(record));
    record->holder = "the stack below";
    binding->sends_out++;
    return nbl;
}

/* Sends what waits in as few calls as the packets' flags allow; the first packet that finds no memory and those behind it stay. */
void legacy_protocol_send_waiting(struct legacy_binding *binding) {
    while (binding->running && binding->waiting.first) {
        const ULONG flags = flags_of(packet_of(binding->waiting.first));
        PNET_BUFFER_LIST first = NULL, *tail = &first;
        while (binding->waiting.first && flags_of(packet_of(binding->waiting.first)) == flags) {
            PNET_BUFFER_LIST nbl = translate(binding, binding->waiting.first);
            if (!nbl) break;
            (void)packet_remove_first(&binding->waiting);
            *tail = nbl;
            tail = &nbl->Next;
        }
        if (!first) break;
        NdisSendNetBufferLists(binding->binding, first, NDIS_DEFAULT_PORT_NUMBER, flags);
    }
}

void legacy_protocol_refuse_waiting(struct legacy_binding *binding, NDIS_STATUS status) {
    while (binding->waiting.first) complete(binding, packet_remove_first(&binding->waiting), status);
}

VOID NdisSend(PNDIS_STATUS Status, NDIS_HANDLE NdisBindingHandle, PNDIS_PACKET Packet) {
    struct legacy_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_LEGACY_BINDING, __func__);
    *Status = NDIS_STATUS_FAILURE;
    struct packet_record *record = binding ? take(binding, Packet, Status, __func__) : NULL;
    if (!record) return;
    packet_append(&binding->waiting, record);
    legacy_protocol_send_waiting(binding);
    if (!binding->running || binding->waiting.last != record) return;
    struct packet_queue rest = {0};  /* no memory for it: the caller has it back */
    while (binding->waiting.first != record) packet_append(&rest, packet_remove_first(&binding->waiting));
    binding->waiting = rest;
    packet_move(record, PACKET_OWNED, binding->object.name);
    *Status = NDIS_STATUS_RESOURCES;
}

VOID NdisSendPackets(NDIS_HANDLE NdisBindingHandle, PPNDIS_PACKET PacketArray, UINT NumberOfPackets) {
    struct legacy_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_LEGACY_BINDING, __func__);
    for (UINT i = 0; binding && i < NumberOfPackets; i++) {
        NDIS_STATUS status;
        struct packet_record *record = take(binding, PacketArray[i], &status, __func__);
        if (record) packet_append(&binding->waiting, record);
        else if (status == NDIS_STATUS_INVALID_PACKET && !PacketArray[i]->Private.Head)
            binding->protocol->chars.SendCompleteHandler(binding->context, PacketArray[i], status);
    }
    if (!binding) return;
    legacy_protocol_send_waiting(binding);
    if (binding->running) legacy_protocol_refuse_waiting(binding, NDIS_STATUS_RESOURCES);
}

VOID NdisCancelSendPackets(NDIS_HANDLE NdisBindingHandle, PVOID CancelId) {
    struct legacy_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_LEGACY_BINDING, __func__);
    if (!binding) return;
    struct packet_queue all = binding->waiting;
    binding->waiting = (struct packet_queue){0};
    while (all.first) {
        struct packet_record *record = packet_remove_first(&all);
        if (NDIS_GET_PACKET_CANCEL_ID(packet_of(record)) == CancelId) complete(binding, record, NDIS_STATUS_REQUEST_ABORTED);
        else packet_append(&binding->waiting, record);
    }
    NdisCancelSendNetBufferLists(binding->binding, CancelId);
}

VOID legacy_protocol_sent(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct legacy_binding *binding = context;
    (void)flags;
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = nbl->Next;
        struct packet_record *record = nbl->ProtocolReserved[0];
        const NDIS_STATUS status = packet_status(nbl->Status);
        packet_info_sent_to_packet(packet_of(record), nbl);
        NdisFreeNetBufferList(nbl);
        record->nbl = NULL;
        binding->sends_out--;
        complete(binding, record, status);
    }
    if (binding->sends_out || binding->running || !binding->event) return;
    PNET_PNP_EVENT_NOTIFICATION pause = binding->event;
    binding->event = NULL;
    if (((struct ndis_binding *)binding->binding)->pnp.active)  /* else it took too long, and NDIS went on */
        NdisCompleteNetPnPEvent(binding->binding, pause, NDIS_STATUS_SUCCESS);
}
