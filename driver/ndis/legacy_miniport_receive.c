/* SPDX-License-Identifier: Apache-2.0 */
/* legacy_miniport_receive.c: packets that a miniport of NDIS 5 indicates, as NBLs, and back. [D] 5, 2.9 */
#include "legacy_miniport_internal.h"

/* Nobody wants it now: the driver's again, as if it had come back at once. */
static void turn_back(struct legacy_adapter *legacy, struct packet_record *record) {
    PNDIS_PACKET packet = packet_of(record);
    const bool lent = NDIS_GET_PACKET_STATUS(packet) == NDIS_STATUS_RESOURCES;
    packet_move(record, PACKET_OWNED, legacy->adapter->object.name);
    if (lent) return;
    if (legacy_is_serialized(legacy)) NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_SUCCESS);
    else legacy->miniport->chars.ReturnPacketHandler(legacy->context, packet);
}

static PNET_BUFFER_LIST translate(struct legacy_adapter *legacy, struct packet_record *record) {
    PNET_BUFFER_LIST nbl = packet_make_nbl(legacy->nbls, record, 0);
    if (!nbl) return NULL;
    nbl->SourceHandle = legacy->adapter;
    nbl->MiniportReserved[0] = record;
    packet_info_receive_to_nbl(nbl, packet_of(record));
    packet_move(record, PACKET_INDICATED, "the stack above");
    legacy->indicated++;
    return nbl;
}

static struct packet_record *untranslate(struct legacy_adapter *legacy, PNET_BUFFER_LIST nbl) {
    struct packet_record *record = nbl->MiniportReserved[0];
    NdisFreeNetBufferList(nbl);
    record->nbl = NULL;
    legacy->indicated--;
    packet_move(record, PACKET_OWNED, legacy->adapter->object.name);
    return record;
}

/* Packets in a row that are all lent, or all given. With RESOURCES the NBLs are ours again when the call is over. */
static void indicate(struct legacy_adapter *legacy, PNET_BUFFER_LIST chain, ULONG count, bool lent) {
    if (count == 0) return;
    NdisMIndicateReceiveNetBufferLists(legacy->adapter, chain, NDIS_DEFAULT_PORT_NUMBER, count,
                                       packet_level_flag() | (lent ? NDIS_RECEIVE_FLAGS_RESOURCES : 0));
    for (PNET_BUFFER_LIST nbl = lent ? chain : NULL, next; nbl; nbl = next) {
        next = nbl->Next;
        (void)untranslate(legacy, nbl);
    }
}

static void indicate_all(struct legacy_adapter *legacy, PPNDIS_PACKET packets, UINT number) {
    PNET_BUFFER_LIST first = NULL, *tail = &first;
    ULONG count = 0;
    bool lent = false;
    for (UINT i = 0; i < number; i++) {
        struct packet_record *record = packet_check(legacy->adapter->object.ndis, packets[i], PACKET_OWNED, "NdisMIndicateReceivePacket");
        if (!record) continue;
        const bool this_lent = NDIS_GET_PACKET_STATUS(packets[i]) == NDIS_STATUS_RESOURCES;
        PNET_BUFFER_LIST nbl = legacy->running && packets[i]->Private.Head ? translate(legacy, record) : NULL;
        if (!nbl) {
            turn_back(legacy, record);
            continue;
        }
        if (count && this_lent != lent) {
            indicate(legacy, first, count, lent);
            first = NULL;
            tail = &first;
            count = 0;
        }
        lent = this_lent;
        *tail = nbl;
        tail = &nbl->Next;
        count++;
    }
    indicate(legacy, first, count, lent);
}

/* What a driver that is serialized finds: PENDING, and it will come back by ReturnPacket; else it is back. */
static void say_who_has(PPNDIS_PACKET packets, UINT number) {
    for (UINT i = 0; i < number; i++) {
        if (NDIS_GET_PACKET_STATUS(packets[i]) == NDIS_STATUS_RESOURCES) continue;
        NDIS_SET_PACKET_STATUS(packets[i], packet_record_of(packets[i])->state == PACKET_INDICATED ? NDIS_STATUS_PENDING : NDIS_STATUS_SUCCESS);
    }
}

VOID NdisMIndicateReceivePacket(NDIS_HANDLE MiniportAdapterHandle, PPNDIS_PACKET ReceivePackets, UINT NumberOfPackets) {
    struct legacy_adapter *legacy = legacy_adapter_of(MiniportAdapterHandle, __func__);
    if (!legacy) return;
    if (!legacy_is_serialized(legacy)) {
        indicate_all(legacy, ReceivePackets, NumberOfPackets);
    } else {
        legacy->indicating = true;
        indicate_all(legacy, ReceivePackets, NumberOfPackets);
        legacy->indicating = false;
        say_who_has(ReceivePackets, NumberOfPackets);
    }
    legacy_check_paused(legacy);
}

VOID legacy_miniport_return(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, ULONG flags) {
    struct legacy_adapter *legacy = context;
    struct ndis *ndis = legacy->adapter->object.ndis;
    KIRQL old;
    (void)flags;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    for (PNET_BUFFER_LIST nbl = nbls, next; nbl; nbl = next) {
        next = nbl->Next;
        struct packet_record *record = untranslate(legacy, nbl);
        if (legacy->indicating) continue;  /* the driver looks at its status when the indication returns */
        ndis_function_enter(ndis, "MiniportReturnPacket");
        legacy->miniport->chars.ReturnPacketHandler(legacy->context, packet_of(record));
        ndis_function_exit(ndis, "MiniportReturnPacket");
    }
    KeLowerIrql(old);
    legacy_check_paused(legacy);
}
