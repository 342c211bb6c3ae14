/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reset.c: reset of a miniport, under traffic. [D] 2.8, 3.3, 1.7
 *
 * While it runs, new sends come back with RESET_IN_PROGRESS and requests wait. It begins and ends with a status indication, and when
 * the miniport lost its filter and multicast list (AddressingReset), NDIS sets them again. The state of the adapter does not change.
 */
#include "ndis_internal.h"
#include "ndis_oid.h"

static void indicate(struct ndis_adapter *adapter, NDIS_STATUS code, NDIS_STATUS *result) {
    NDIS_STATUS_INDICATION indication = {
        .Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1},
        .SourceHandle = adapter, .StatusCode = code, .StatusBuffer = result, .StatusBufferSize = result ? sizeof(*result) : 0};
    NdisMIndicateStatusEx(adapter, &indication);
}

static void set_addresses_again(struct ndis_adapter *adapter) {
    adapter->packet_filter = 0;
    adapter->multicast.count = 0;
    (void)ndis_apply_filter(adapter);
    (void)ndis_apply_multicast(adapter);
}

static bool can_reset(const struct ndis_adapter *adapter) {
    const enum ndis_state state = adapter->layer.state;
    return adapter->driver->miniport.ResetHandlerEx && !adapter->in_reset && !adapter->removed && state != NDIS_STATE_HALTED &&
           state != NDIS_STATE_INITIALIZING;
}

NDIS_STATUS ndis_reset_now(struct ndis_adapter *adapter) {
    struct ndis *ndis = adapter->object.ndis;
    if (!can_reset(adapter)) return NDIS_STATUS_NOT_SUPPORTED;
    BOOLEAN addressing = FALSE;
    adapter->in_reset = adapter->resetting = true;
    adapter->addressing_reset = false;
    indicate(adapter, NDIS_STATUS_RESET_START, NULL);
    ndis_pending_begin(&adapter->reset);
    ndis_function_enter(ndis, "MiniportResetEx");
    NDIS_STATUS status = adapter->driver->miniport.ResetHandlerEx(adapter->context, &addressing);
    const bool pended = status == NDIS_STATUS_PENDING;
    if (!ndis_pending_wait(ndis, &adapter->reset, &status, "MiniportResetEx", adapter->object.name)) status = NDIS_STATUS_FAILURE;
    ndis_function_exit(ndis, "MiniportResetEx");
    adapter->resetting = false;
    if (status == NDIS_STATUS_SUCCESS && (pended ? adapter->addressing_reset : addressing != FALSE)) set_addresses_again(adapter);
    indicate(adapter, NDIS_STATUS_RESET_END, &status);
    ndis_oid_resume_queue(&adapter->layer);
    for (struct ndis_filter *filter = adapter->bottom; filter; filter = filter->above) ndis_oid_resume_queue(&filter->layer);
    adapter->in_reset = false;
    return status;
}

VOID NdisMResetComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status, BOOLEAN AddressingReset) {
    struct ndis_adapter *adapter = ndis_object_of(MiniportAdapterHandle, NDIS_OBJECT_ADAPTER, __func__);
    if (!adapter) return;
    adapter->addressing_reset = AddressingReset != FALSE;
    ndis_pending_complete(adapter->object.ndis, &adapter->reset, Status, __func__);
}

NDIS_STATUS ndis_reset(struct ndis *ndis, const char *adapter_name) {
    struct ndis_adapter *adapter = ndis_find_adapter(ndis, adapter_name);
    if (!adapter) return NDIS_STATUS_ADAPTER_NOT_FOUND;
    struct kernel_scope scope;
    kernel_enter(ndis->kernel, &scope);
    NDIS_STATUS status = ndis_reset_now(adapter);
    kernel_leave(&scope);
    return status;
}
