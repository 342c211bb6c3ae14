/* SPDX-License-Identifier: Apache-2.0 */
/* restart.c: restart attributes, made, taken over and freed. */
#include "restart.h"

#include <stdlib.h>

static NDIS_RESTART_GENERAL_ATTRIBUTES general_of(const struct ndis_adapter *adapter) {
    const NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES *from = &adapter->general;
    return (NDIS_RESTART_GENERAL_ATTRIBUTES){
        .Header = {NDIS_OBJECT_TYPE_RESTART_GENERAL_ATTRIBUTES, 2, sizeof(NDIS_RESTART_GENERAL_ATTRIBUTES)},
        .MtuSize = from->MtuSize, .MaxXmitLinkSpeed = from->MaxXmitLinkSpeed, .MaxRcvLinkSpeed = from->MaxRcvLinkSpeed,
        .LookaheadSize = from->LookaheadSize, .MacOptions = from->MacOptions, .SupportedPacketFilters = from->SupportedPacketFilters,
        .MaxMulticastListSize = from->MaxMulticastListSize, .AccessType = from->AccessType, .ConnectionType = from->ConnectionType,
        .SupportedStatistics = from->SupportedStatistics, .DataBackFillSize = from->DataBackFillSize,
        .ContextBackFillSize = from->ContextBackFillSize, .SupportedOidList = adapter->oids,
        .SupportedOidListLength = from->SupportedOidListLength};
}

PNDIS_RESTART_ATTRIBUTES ndis_restart_attributes(const struct ndis_adapter *adapter) {
    PNDIS_RESTART_ATTRIBUTES entry = calloc(1, sizeof(*entry) + sizeof(NDIS_RESTART_GENERAL_ATTRIBUTES));
    if (!entry) return NULL;
    entry->Oid = OID_GEN_MINIPORT_RESTART_ATTRIBUTES;
    entry->DataLength = sizeof(NDIS_RESTART_GENERAL_ATTRIBUTES);
    *(PNDIS_RESTART_GENERAL_ATTRIBUTES)(void *)entry->Data = general_of(adapter);
    return entry;
}

void ndis_restart_free(PNDIS_RESTART_ATTRIBUTES attributes) {
    while (attributes->Next) {
        PNDIS_RESTART_ATTRIBUTES added = attributes->Next;
        attributes->Next = added->Next;
        ExFreePool(added);
    }
    free(attributes);
}

void ndis_restart_take_over(struct ndis_adapter *adapter, const NDIS_RESTART_ATTRIBUTES *attributes) {
    memcpy(&adapter->restarted, attributes->Data, sizeof(adapter->restarted));
}

ULONG ndis_restart_names(const struct ndis_adapter *adapter, WCHAR names[NDIS_RESTART_NAMES]) {
    ULONG used = 0;
    for (const struct ndis_filter *filter = adapter->top; filter; filter = filter->below) {
        const ULONG units = filter->name_string.Length / sizeof(WCHAR);
        if (used + 1 + units > NDIS_RESTART_NAMES) break;
        names[used] = (WCHAR)filter->name_string.Length;
        memcpy(names + used + 1, filter->name_string.Buffer, filter->name_string.Length);
        used += 1 + units;
    }
    return used * (ULONG)sizeof(WCHAR);
}
