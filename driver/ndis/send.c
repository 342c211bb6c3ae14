/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send.c: NBLs down to the miniport and back to their senders. [D] 2.8
 *
 *   protocol --NdisSendNetBufferLists--> miniport (holds it) --NdisMSendNetBufferListsComplete--> protocol of SourceHandle
 *
 * A chain may come back in any order and grouping, so completion sorts it by the binding that the tracker recorded, not by what the
 * NBL says: a clobbered SourceHandle is reported and survived. CPU time is charged by the protocol, who knows what it does.
 */
#include "ndis_internal.h"

static void check_level(struct ndis *ndis, bool flag, const char *function) {
    if (flag && KeGetCurrentIrql() < DISPATCH_LEVEL)
        kernel_violation(ndis->kernel, "nbl.flags", "[D] 2.8", -1, "%s: the DISPATCH_LEVEL flag is set at IRQL %u", function,
                         KeGetCurrentIrql());
}

/* May this NBL go down through the binding? Reports why not. */
static bool may_send(struct ndis_binding *binding, PNET_BUFFER_LIST nbl) {
    struct ndis *ndis = binding->object.ndis;
    if (!nbl_check_ours(ndis, nbl, "NdisSendNetBufferLists")) return false;
    struct nbl_record *record = nbl_record_of(nbl);
    if (record->state != NBL_OWNED) {
        nbl_violation(record, record->state == NBL_SENT ? "nbl.sent_twice" : "nbl.wrong_owner", "[D] 2.8",
                      "was sent by a driver that does not own it");
        return false;
    }
    if (nbl->SourceHandle != binding)
        nbl_violation(record, "nbl.source_handle", "[D] 2.8", "was sent with a SourceHandle that is not the sender's binding");
    if (!nbl->FirstNetBuffer) nbl_violation(record, "nbl.empty", "[D] 2.8", "was sent without a NET_BUFFER");
    nbl_check_buffers(record, "NdisSendNetBufferLists");
    return true;
}

static void mark_sent(struct ndis_binding *binding, PNET_BUFFER_LIST nbl) {
    struct nbl_record *record = nbl_record_of(nbl);
    struct ndis_adapter *adapter = binding->adapter;
    record->state = NBL_SENT;
    record->sender = binding;
    record->holder = &adapter->object;
    nbl_hop(record, NBL_SEND, binding->protocol->object.name, adapter->object.name);
    nbl_trace(record, PLATFORM_TRACE_NBL_SENT);
    binding->sends_out++;
    adapter->sends_out++;
    struct ndis_counts *counts = &binding->object.ndis->counts;
    counts->nbl_sent++;
    counts->nbl_outstanding++;
}

/* Sends in a state that allows none: NDIS completes them itself. */
static void reject(struct ndis_binding *binding, PNET_BUFFER_LIST first) {
    for (PNET_BUFFER_LIST nbl = first; nbl; nbl = nbl->Next) {
        struct nbl_record *record = nbl_record_of(nbl);
        nbl_hop(record, NBL_SEND, binding->protocol->object.name, "ndis");
        nbl_hop(record, NBL_COMPLETE, "ndis", binding->protocol->object.name);
        nbl->Status = NDIS_STATUS_PAUSED;
    }
    binding->protocol->chars.SendNetBufferListsCompleteHandler(
        binding->context, first, KeGetCurrentIrql() >= DISPATCH_LEVEL ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
}

VOID NdisSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber, ULONG SendFlags) {
    struct ndis_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_BINDING, __func__);
    if (!binding) return;
    struct ndis *ndis = binding->object.ndis;
    struct ndis_adapter *adapter = binding->adapter;
    check_level(ndis, NDIS_TEST_SEND_AT_DISPATCH_LEVEL(SendFlags) != 0, __func__);

    PNET_BUFFER_LIST good = NULL, *tail = &good;
    for (PNET_BUFFER_LIST nbl = NetBufferLists, next; nbl; nbl = next) {
        next = nbl->Next;
        if (!may_send(binding, nbl)) continue;
        *tail = nbl;
        tail = &nbl->Next;
    }
    *tail = NULL;
    if (!good) return;
    bool accepts = adapter->state == NDIS_STATE_RUNNING && binding->state == NDIS_STATE_RUNNING;
    if (!accepts) {
        kernel_violation(ndis->kernel, "ndis.state", "[D] 3.4", ndis_nbl_packet(good), "%s sent while its binding is not running",
                         binding->protocol->object.name);
        reject(binding, good);
        return;
    }
    for (PNET_BUFFER_LIST nbl = good; nbl; nbl = nbl->Next) mark_sent(binding, nbl);
    ndis_function_enter(ndis, "MiniportSendNetBufferLists");
    adapter->driver->miniport.SendNetBufferListsHandler(adapter->context, good, PortNumber, SendFlags);
    ndis_function_exit(ndis, "MiniportSendNetBufferLists");
}

VOID NdisCancelSendNetBufferLists(NDIS_HANDLE NdisBindingHandle, PVOID CancelId) {
    struct ndis_binding *binding = ndis_object_of(NdisBindingHandle, NDIS_OBJECT_BINDING, __func__);
    if (binding && binding->adapter->driver->miniport.CancelSendHandler)
        binding->adapter->driver->miniport.CancelSendHandler(binding->adapter->context, CancelId);
}

/* May this NBL be completed by the adapter? Reports why not. */
static bool may_complete(struct ndis_adapter *adapter, PNET_BUFFER_LIST nbl) {
    struct ndis *ndis = adapter->object.ndis;
    if (!nbl_check_ours(ndis, nbl, "NdisMSendNetBufferListsComplete")) return false;
    struct nbl_record *record = nbl_record_of(nbl);
    if (record->state == NBL_ZOMBIE && record->sender && record->holder == &adapter->object) return true;
    if (record->state != NBL_SENT) {
        const struct nbl_hop *last = &record->hops[(record->hop_count - 1) % NBL_HISTORY];
        bool twice = last->what == NBL_COMPLETE && record->hop_count > 0;
        nbl_violation(record, twice ? "nbl.completed_twice" : "nbl.completed_not_sent", "[D] 2.8",
                      twice ? "was completed twice" : "was completed but is not with the miniport");
        return false;
    }
    if (record->holder != &adapter->object) {
        nbl_violation(record, "nbl.wrong_owner", "[D] 2.8", "was completed by an adapter that does not hold it");
        return false;
    }
    if (nbl->SourceHandle != record->sender)
        nbl_violation(record, "nbl.source_handle", "[D] 2.8", "was completed with another SourceHandle than it was sent with");
    if (nbl->Status == NDIS_STATUS_PENDING)
        nbl_violation(record, "nbl.status_pending", "[D] 1.7", "was completed with the status PENDING");
    nbl_check_buffers(record, "NdisMSendNetBufferListsComplete");
    return true;
}

static bool is_with(struct ndis_adapter *adapter, PNET_BUFFER_LIST nbl) {
    struct nbl_record *record = nbl_record_of(nbl);
    return record->state == NBL_SENT && record->holder == &adapter->object;
}

/* Takes the NBL out of flight. False: it goes to nobody, because its owner freed it meanwhile. */
static bool mark_completed(struct ndis_adapter *adapter, PNET_BUFFER_LIST nbl) {
    struct nbl_record *record = nbl_record_of(nbl);
    struct ndis_counts *counts = &adapter->object.ndis->counts;
    adapter->sends_out--;
    counts->nbl_completed++;
    counts->nbl_outstanding--;
    nbl_hop(record, NBL_COMPLETE, adapter->object.name, record->sender->protocol->object.name);
    nbl_trace(record, PLATFORM_TRACE_NBL_COMPLETED);
    record->holder = NULL;
    if (record->state != NBL_ZOMBIE) {
        record->state = NBL_OWNED;
        record->complete_pending = true;
        return true;
    }
    record->sender->sends_out--;
    ndis_binding_check_idle(record->sender);
    record->sender = NULL;
    return false;
}

/* Hands the NBLs of one sender to it; the chain left behind is that of the other senders. */
static PNET_BUFFER_LIST deliver_first(struct ndis *ndis, PNET_BUFFER_LIST chain, ULONG flags) {
    struct ndis_binding *binding = nbl_record_of(chain)->sender;
    PNET_BUFFER_LIST theirs = NULL, rest = NULL, *their_tail = &theirs, *rest_tail = &rest;
    uint64_t count = 0;
    for (PNET_BUFFER_LIST nbl = chain; nbl; nbl = nbl->Next) {
        struct nbl_record *record = nbl_record_of(nbl);
        if (record->sender == binding) {
            record->sender = NULL;
            record->complete_pending = false;
            *their_tail = nbl;
            their_tail = &nbl->Next;
            count++;
        } else {
            *rest_tail = nbl;
            rest_tail = &nbl->Next;
        }
    }
    *their_tail = *rest_tail = NULL;
    binding->sends_out -= count;
    ndis_function_enter(ndis, "ProtocolSendNetBufferListsComplete");
    binding->protocol->chars.SendNetBufferListsCompleteHandler(binding->context, theirs, flags);
    ndis_function_exit(ndis, "ProtocolSendNetBufferListsComplete");
    ndis_binding_check_idle(binding);
    return rest;
}

VOID NdisMSendNetBufferListsComplete(NDIS_HANDLE MiniportAdapterHandle, PNET_BUFFER_LIST NetBufferList, ULONG SendCompleteFlags) {
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (!adapter) return;
    struct ndis *ndis = adapter->object.ndis;
    check_level(ndis, NDIS_TEST_SEND_COMPLETE_AT_DISPATCH_LEVEL(SendCompleteFlags) != 0, __func__);

    PNET_BUFFER_LIST good = NULL, *tail = &good;
    bool bad = false;
    for (PNET_BUFFER_LIST nbl = NetBufferList, next; nbl; nbl = next) {
        next = nbl->Next;
        /* An NBL that is not the miniport's to complete may link to its owner's list: believe what follows only if it is with us. */
        if (bad && !is_with(adapter, nbl)) break;
        if (!may_complete(adapter, nbl)) {
            bad = true;
            continue;
        }
        if (!mark_completed(adapter, nbl)) continue;
        *tail = nbl;
        tail = &nbl->Next;
    }
    *tail = NULL;
    while (good) good = deliver_first(ndis, good, SendCompleteFlags);
}
