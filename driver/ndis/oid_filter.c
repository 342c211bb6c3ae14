/* SPDX-License-Identifier: Apache-2.0 */
/* oid_filter.c: packet filter and multicast list: each binding has its own, and the miniport is told their sum. [D] 2.9, 3.7 */
#include "ndis_path.h"

static NDIS_STATUS tell_miniport(struct ndis_adapter *adapter, NDIS_OID oid, void *buffer, UINT length) {
    NDIS_OID_REQUEST request = {.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1, NDIS_SIZEOF_OID_REQUEST_REVISION_1},
                                .RequestType = NdisRequestSetInformation};
    request.DATA.SET_INFORMATION.Oid = oid;
    request.DATA.SET_INFORMATION.InformationBuffer = buffer;
    request.DATA.SET_INFORMATION.InformationBufferLength = length;
    return ndis_miniport_oid(adapter, &request);
}

static bool can_be_told(const struct ndis_adapter *adapter) {
    return adapter->layer.state != NDIS_STATE_HALTED && adapter->layer.state != NDIS_STATE_INITIALIZING && !adapter->removed;
}

/* ---- Packet filter */
static bool hears(const struct ndis_binding *binding) {
    return (binding->packet_filter & (NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_ALL_LOCAL)) != 0;
}

NDIS_STATUS ndis_apply_filter(struct ndis_adapter *adapter) {
    ULONG filter = 0;
    adapter->loopback_bindings = 0;
    for (const struct ndis_binding *binding = adapter->bindings; binding; binding = binding->next) {
        filter |= binding->packet_filter;
        adapter->loopback_bindings += hears(binding);
    }
    if (filter == adapter->packet_filter || !can_be_told(adapter)) return NDIS_STATUS_SUCCESS;
    NDIS_STATUS status = tell_miniport(adapter, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter));
    if (status == NDIS_STATUS_SUCCESS) adapter->packet_filter = filter;
    return status;
}

NDIS_STATUS ndis_set_packet_filter(struct ndis_binding *binding, PNDIS_OID_REQUEST request) {
    ULONG filter, old = binding->packet_filter;
    if (request->DATA.SET_INFORMATION.InformationBufferLength < sizeof(filter)) {
        request->DATA.SET_INFORMATION.BytesNeeded = sizeof(filter);
        return NDIS_STATUS_INVALID_LENGTH;
    }
    memcpy(&filter, request->DATA.SET_INFORMATION.InformationBuffer, sizeof(filter));
    binding->packet_filter = filter;
    NDIS_STATUS status = ndis_apply_filter(binding->adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        binding->packet_filter = old;
        (void)ndis_apply_filter(binding->adapter);
        return status;
    }
    request->DATA.SET_INFORMATION.BytesRead = sizeof(filter);
    return NDIS_STATUS_SUCCESS;
}

/* ---- Multicast list */
static bool add_addresses(struct ndis_multicast *to, const struct ndis_multicast *from) {
    for (unsigned i = 0; i < from->count; i++) {
        bool known = false;
        for (unsigned k = 0; k < to->count && !known; k++) known = memcmp(to->addresses[k], from->addresses[i], ETHERNET_ADDRESS) == 0;
        if (known) continue;
        if (to->count == NDIS_MULTICAST_MOST) return false;
        memcpy(to->addresses[to->count++], from->addresses[i], ETHERNET_ADDRESS);
    }
    return true;
}

NDIS_STATUS ndis_apply_multicast(struct ndis_adapter *adapter) {
    struct ndis_multicast all = {0};
    for (const struct ndis_binding *binding = adapter->bindings; binding; binding = binding->next)
        if (!add_addresses(&all, &binding->multicast)) return NDIS_STATUS_MULTICAST_FULL;
    const bool same = all.count == adapter->multicast.count &&
                      memcmp(all.addresses, adapter->multicast.addresses, all.count * sizeof(all.addresses[0])) == 0;
    if (same || !can_be_told(adapter)) return NDIS_STATUS_SUCCESS;
    struct ndis_multicast told = all;  /* a driver gets a buffer that is not ours */
    NDIS_STATUS status = tell_miniport(adapter, OID_802_3_MULTICAST_LIST, told.addresses, told.count * (UINT)sizeof(told.addresses[0]));
    if (status == NDIS_STATUS_SUCCESS) adapter->multicast = all;
    return status;
}

NDIS_STATUS ndis_set_multicast(struct ndis_binding *binding, PNDIS_OID_REQUEST request) {
    const UINT length = request->DATA.SET_INFORMATION.InformationBufferLength;
    const struct ndis_multicast old = binding->multicast;
    if (length % ETHERNET_ADDRESS) return NDIS_STATUS_INVALID_LENGTH;
    if (length / ETHERNET_ADDRESS > NDIS_MULTICAST_MOST) return NDIS_STATUS_MULTICAST_FULL;
    binding->multicast.count = length / ETHERNET_ADDRESS;
    if (length) memcpy(binding->multicast.addresses, request->DATA.SET_INFORMATION.InformationBuffer, length);
    NDIS_STATUS status = ndis_apply_multicast(binding->adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        binding->multicast = old;
        return status;
    }
    request->DATA.SET_INFORMATION.BytesRead = length;
    return NDIS_STATUS_SUCCESS;
}
