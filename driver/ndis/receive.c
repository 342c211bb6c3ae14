/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receive.c: NBLs up to the protocols and back to the miniport. [D] 2.9
 *
 *   miniport --NdisMIndicateReceiveNetBufferLists--> NDIS --> protocol (holds it) --NdisReturnNetBufferLists--> miniport
 *
 * Each NBL goes to the bindings whose packet filter and frame types accept it: with NDIS_RECEIVE_FLAGS_RESOURCES to all but the last of
 * them, and to the last one as the miniport indicated it. What nobody wants goes back at once.
 */
#include "ndis_internal.h"

enum { ETHERNET_HEADER = 14, ETHERTYPE_VLAN = 0x8100, VLAN_TAG = 4, ADDRESS_BYTES = 6 };

/* ---- Who wants it */
struct frame_header {
    const uint8_t *bytes;  /* NULL when the frame is too short to have one */
    NET_FRAME_TYPE type;   /* host order */
    UCHAR storage[ETHERNET_HEADER + VLAN_TAG];
};

static void read_header(PNET_BUFFER_LIST nbl, struct frame_header *header) {
    PNET_BUFFER nb = nbl->FirstNetBuffer;
    ULONG length = nb->DataLength < sizeof(header->storage) ? nb->DataLength : (ULONG)sizeof(header->storage);
    header->bytes = length >= ETHERNET_HEADER ? NdisGetDataBuffer(nb, length, header->storage, 1, 0) : NULL;
    if (!header->bytes) return;
    header->type = (NET_FRAME_TYPE)(header->bytes[12] << 8 | header->bytes[13]);
    if (header->type == ETHERTYPE_VLAN && length == sizeof(header->storage))
        header->type = (NET_FRAME_TYPE)(header->bytes[16] << 8 | header->bytes[17]);
}

static bool address_accepted(const struct ndis_adapter *adapter, ULONG filter, const uint8_t *destination) {
    static const uint8_t broadcast[ADDRESS_BYTES] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    if (filter & NDIS_PACKET_TYPE_PROMISCUOUS) return true;
    if (memcmp(destination, broadcast, ADDRESS_BYTES) == 0) return (filter & NDIS_PACKET_TYPE_BROADCAST) != 0;
    if (destination[0] & 1) return (filter & (NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST)) != 0;
    return (filter & NDIS_PACKET_TYPE_DIRECTED) && memcmp(destination, adapter->general.CurrentMacAddress, ADDRESS_BYTES) == 0;
}

static bool type_accepted(const struct ndis_binding *binding, NET_FRAME_TYPE type) {
    if (binding->frame_type_count == 0) return true;
    for (unsigned i = 0; i < binding->frame_type_count; i++)
        if (binding->frame_types[i] == type) return true;
    return false;
}

static bool wants(const struct ndis_binding *binding, PNET_BUFFER_LIST nbl, struct frame_header *header) {
    if (!binding->open || binding->packet_filter == 0) return false;
    if (binding->state != NDIS_STATE_RUNNING && binding->state != NDIS_STATE_PAUSING) return false;
    bool everything = (binding->packet_filter & NDIS_PACKET_TYPE_PROMISCUOUS) && binding->frame_type_count == 0;
    if (everything) return true;
    if (!header->bytes) read_header(nbl, header);
    return header->bytes && address_accepted(binding->adapter, binding->packet_filter, header->bytes) &&
           type_accepted(binding, header->type);
}

/* ---- Handing over */
static void mark_indicated(struct ndis_binding *binding, PNET_BUFFER_LIST nbl, bool resources) {
    struct nbl_record *record = nbl_record_of(nbl);
    struct ndis_counts *counts = &binding->object.ndis->counts;
    record->state = NBL_INDICATED;
    record->holder = &binding->object;
    record->indicator = binding->adapter;
    record->resources = resources;
    nbl_hop(record, NBL_INDICATE, binding->adapter->object.name, binding->protocol->object.name);
    nbl_trace(record, PLATFORM_TRACE_NBL_INDICATED);
    binding->receives_out++;
    binding->adapter->receives_out++;
    counts->nbl_indicated++;
    counts->nbl_outstanding++;
}

static void mark_returned(struct ndis_binding *binding, struct nbl_record *record) {
    struct ndis_counts *counts = &binding->object.ndis->counts;
    nbl_hop(record, NBL_RETURN, binding->protocol->object.name, binding->adapter->object.name);
    nbl_trace(record, PLATFORM_TRACE_NBL_RETURNED);
    if (record->state == NBL_INDICATED) record->state = NBL_OWNED;
    record->holder = NULL;
    record->indicator = NULL;
    binding->receives_out--;
    binding->adapter->receives_out--;
    counts->nbl_returned++;
    counts->nbl_outstanding--;
    ndis_binding_check_idle(binding);
}

static void call_receive(struct ndis_binding *binding, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    struct ndis *ndis = binding->object.ndis;
    ndis_function_enter(ndis, "ProtocolReceiveNetBufferLists");
    binding->protocol->chars.ReceiveNetBufferListsHandler(binding->context, nbls, port, count, flags);
    ndis_function_exit(ndis, "ProtocolReceiveNetBufferLists");
}

/* A run that the protocol sees during the call only. It must give the chain back as it was. */
static void deliver_resources(struct ndis_binding *binding, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = nbl->Next) mark_indicated(binding, nbl, true);
    call_receive(binding, nbls, port, count, flags | NDIS_RECEIVE_FLAGS_RESOURCES);
    ULONG left = 0;
    for (PNET_BUFFER_LIST nbl = nbls; nbl && left <= count; nbl = nbl->Next) {
        struct nbl_record *record = nbl_record_of(nbl);
        if (record->state == NBL_INDICATED && record->holder == &binding->object) mark_returned(binding, record);
        left++;
    }
    if (left != count)
        kernel_violation(binding->object.ndis->kernel, "nbl.resources_chain", "[D] 2.9", ndis_nbl_packet(nbls),
                         "%s changed a chain that it was shown with RECEIVE_FLAGS_RESOURCES", binding->protocol->object.name);
}

static void deliver_owned(struct ndis_binding *binding, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = nbl->Next) mark_indicated(binding, nbl, false);
    call_receive(binding, nbls, port, count, flags);
}

static void return_to_miniport(struct ndis_adapter *adapter, PNET_BUFFER_LIST nbls, ULONG flags) {
    if (!nbls) return;
    ndis_function_enter(adapter->object.ndis, "MiniportReturnNetBufferLists");
    adapter->driver->miniport.ReturnNetBufferListsHandler(adapter->context, nbls, flags);
    ndis_function_exit(adapter->object.ndis, "MiniportReturnNetBufferLists");
}

/* NBLs in a row that go to the same last binding. */
struct run {
    struct ndis_binding *binding;
    PNET_BUFFER_LIST first, *tail;
    ULONG count;
};

static void run_flush(struct run *run, NDIS_PORT_NUMBER port, ULONG flags, PNET_BUFFER_LIST *unwanted) {
    if (run->count == 0) return;
    *run->tail = NULL;
    if (!run->binding) {
        while (*unwanted) unwanted = &(*unwanted)->Next;
        *unwanted = run->first;
    } else if (flags & NDIS_RECEIVE_FLAGS_RESOURCES) {
        deliver_resources(run->binding, run->first, port, run->count, flags);
    } else {
        deliver_owned(run->binding, run->first, port, run->count, flags);
    }
    run->count = 0;
}

/* The binding that gets the NBL last; the others that want it are shown it here. */
static struct ndis_binding *last_taker(struct ndis_adapter *adapter, PNET_BUFFER_LIST nbl, NDIS_PORT_NUMBER port, ULONG flags) {
    struct frame_header header = {0};
    struct ndis_binding *last = NULL;
    for (struct ndis_binding *binding = adapter->bindings; binding; binding = binding->next) {
        if (!wants(binding, nbl, &header)) continue;
        if (last) {
            nbl->Next = NULL;
            deliver_resources(last, nbl, port, 1, flags);
        }
        last = binding;
    }
    return last;
}

static bool may_indicate(struct ndis_adapter *adapter, PNET_BUFFER_LIST nbl) {
    if (!nbl_check_ours(adapter->object.ndis, nbl, "NdisMIndicateReceiveNetBufferLists")) return false;
    struct nbl_record *record = nbl_record_of(nbl);
    if (record->state != NBL_OWNED) {
        nbl_violation(record, record->state == NBL_INDICATED ? "nbl.indicated_twice" : "nbl.wrong_owner", "[D] 2.9",
                      "was indicated by a miniport that does not own it");
        return false;
    }
    if (nbl->SourceHandle != adapter)
        nbl_violation(record, "nbl.source_handle", "[D] 2.9", "was indicated with a SourceHandle that is not the adapter's handle");
    if (nbl_count_nbs(nbl) != 1) {
        nbl_violation(record, "nbl.indicate_nbs", "[D] 2.9", "was indicated with other than one NET_BUFFER");
        return false;
    }
    nbl_check_buffers(record, "NdisMIndicateReceiveNetBufferLists");
    return true;
}

static void check_indication(struct ndis_adapter *adapter, PNET_BUFFER_LIST nbls, ULONG count, ULONG flags) {
    struct kernel *kernel = adapter->object.ndis->kernel;
    ULONG length = 0;
    for (PNET_BUFFER_LIST nbl = nbls; nbl && length <= count; nbl = nbl->Next) length++;
    if (length != count)
        kernel_violation(kernel, "nbl.indicate_count", "[D] 2.9", -1, "%s indicated a list of %s than the %u NBLs it announced",
                         adapter->object.name, length > count ? "more" : "fewer", count);
    if (NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(flags) && KeGetCurrentIrql() < DISPATCH_LEVEL)
        kernel_violation(kernel, "nbl.flags", "[D] 2.9", -1, "an indication has the DISPATCH_LEVEL flag at IRQL %u", KeGetCurrentIrql());
    if (adapter->state != NDIS_STATE_RUNNING && adapter->state != NDIS_STATE_PAUSING && adapter->state != NDIS_STATE_RESTARTING)
        kernel_violation(kernel, "ndis.state", "[D] 3.4", -1, "%s indicated receives while it is paused", adapter->object.name);
}

VOID NdisMIndicateReceiveNetBufferLists(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList, NDIS_PORT_NUMBER PortNumber,
                                        ULONG NumberOfNetBufferLists, ULONG ReceiveFlags) {
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (!adapter) return;
    check_indication(adapter, NetBufferList, NumberOfNetBufferLists, ReceiveFlags);

    bool resources = (ReceiveFlags & NDIS_RECEIVE_FLAGS_RESOURCES) != 0;
    PNET_BUFFER_LIST unwanted = NULL;
    struct run run = {.count = 0};
    for (PNET_BUFFER_LIST nbl = NetBufferList, next; nbl; nbl = next) {
        next = nbl->Next;
        if (!may_indicate(adapter, nbl)) break;  /* it links to a list of its owner's, as in completions */
        struct ndis_binding *taker = last_taker(adapter, nbl, PortNumber, ReceiveFlags);
        if (run.count == 0 || taker != run.binding) {
            run_flush(&run, PortNumber, ReceiveFlags, &unwanted);
            run = (struct run){.binding = taker, .first = nbl, .count = 0};
            run.tail = &run.first;
        }
        *run.tail = nbl;
        run.tail = &nbl->Next;
        run.count++;
        if (resources) {  /* the caller keeps its chain: one at a time, and relinked */
            run_flush(&run, PortNumber, ReceiveFlags, &unwanted);
            nbl->Next = next;
            unwanted = NULL;
        }
    }
    run_flush(&run, PortNumber, ReceiveFlags, &unwanted);
    if (!resources)
        return_to_miniport(adapter, unwanted, KeGetCurrentIrql() >= DISPATCH_LEVEL ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0);
}

static bool may_return(struct ndis_binding *binding, PNET_BUFFER_LIST nbl) {
    if (!nbl_check_ours(binding->object.ndis, nbl, "NdisReturnNetBufferLists")) return false;
    struct nbl_record *record = nbl_record_of(nbl);
    bool zombie = record->state == NBL_ZOMBIE && record->indicator;
    if (record->state != NBL_INDICATED && !zombie) {
        nbl_violation(record, "nbl.returned_twice", "[D] 2.9", "was returned but is not indicated");
        return false;
    }
    if (record->holder != &binding->object) {
        nbl_violation(record, "nbl.wrong_owner", "[D] 2.9", "was returned by a binding that does not hold it");
        return false;
    }
    if (record->resources) {
        nbl_violation(record, "nbl.returned_resources", "[D] 2.9", "was returned although it was indicated with RECEIVE_FLAGS_RESOURCES");
        return false;
    }
    if (!zombie) nbl_check_buffers(record, "NdisReturnNetBufferLists");
    return true;
}

VOID NdisReturnNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags) {
    struct ndis_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_BINDING, __func__);
    if (!binding) return;
    PNET_BUFFER_LIST good = NULL, *tail = &good;
    for (PNET_BUFFER_LIST nbl = NetBufferLists, next; nbl; nbl = next) {
        next = nbl->Next;
        if (!may_return(binding, nbl)) break;
        struct nbl_record *record = nbl_record_of(nbl);
        bool zombie = record->state == NBL_ZOMBIE;
        mark_returned(binding, record);
        if (zombie) continue;
        *tail = nbl;
        tail = &nbl->Next;
    }
    *tail = NULL;
    return_to_miniport(binding->adapter, good, ReturnFlags);
}
