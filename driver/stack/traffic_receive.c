/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_receive.c: frames that arrive go to the sink, and their NBLs straight back. [D] 2.9 */
#include "traffic_internal.h"

/* One frame, contiguous: in place if it is in one MDL, else copied. Each is charged by itself, so that each has a time of its own. */
static void deliver(struct traffic *traffic, const NET_BUFFER_LIST *nbl, PNET_BUFFER nb) {
    struct traffic_receive_info info = {.hash_type = 0};
    const uint8_t *data = NULL;
    traffic->platform->ops->charge(traffic->platform->ctx, PLATFORM_WORK_RECEIVE_NB, 1);
    if (nb->DataLength <= ETH_MAX_FRAME) data = NdisGetDataBuffer(nb, nb->DataLength, traffic->scratch, 1, 0);
    if (!data) {
        kernel_violation(traffic->kernel, "traffic.receive", "[D] 2.9", -1, "a received frame of %u bytes cannot be read", nb->DataLength);
        return;
    }
    if (traffic->offloads_on) info = traffic_tasks_received(traffic, nbl);
    traffic->callbacks.received(traffic->callbacks.ctx, data, nb->DataLength, &info);
}

/* TRAFFIC_FAULT_KEEP_RECEIVED: takes one NBL out of the list; TRAFFIC_FAULT_FREE_RECEIVED: frees it in there. */
static PNET_BUFFER_LIST commit_fault(struct traffic *traffic, PNET_BUFFER_LIST nbls) {
    const bool frees = traffic->config.fault == TRAFFIC_FAULT_FREE_RECEIVED;
    if ((traffic->config.fault != TRAFFIC_FAULT_KEEP_RECEIVED && !frees) || traffic->fault_done) return nbls;
    for (PNET_BUFFER_LIST *link = &nbls; *link; link = &(*link)->Next) {
        if ((uint64_t)ndis_nbl_packet(*link) != traffic->config.fault_packet) continue;
        traffic->fault_done = true;
        if (frees) NdisFreeNetBufferList(*link);
        else *link = (*link)->Next;
        break;
    }
    return nbls;
}

VOID traffic_receive(NDIS_HANDLE context, PNET_BUFFER_LIST nbls, NDIS_PORT_NUMBER port, ULONG count, ULONG flags) {
    struct traffic *traffic = context;
    const struct platform *platform = traffic->platform;
    ULONG return_flags = NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(flags) ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL : 0;
    UNREFERENCED_PARAMETER(port);
    traffic_trace(traffic, PLATFORM_TRACE_FUNCTION_ENTER, "traffic_receive");
    for (PNET_BUFFER_LIST nbl = nbls; nbl; nbl = nbl->Next)
        for (PNET_BUFFER nb = nbl->FirstNetBuffer; nb; nb = nb->Next) deliver(traffic, nbl, nb);
    /* With RESOURCES they are the miniport's again when we return, and not ours to return. */
    if (NDIS_TEST_RECEIVE_CAN_PEND(flags)) {
        platform->ops->charge(platform->ctx, PLATFORM_WORK_RETURN_NB, count);
        nbls = commit_fault(traffic, nbls);
        if (nbls) NdisReturnNetBufferLists(traffic->binding, nbls, return_flags);
    }
    traffic_trace(traffic, PLATFORM_TRACE_FUNCTION_EXIT, "traffic_receive");
}
