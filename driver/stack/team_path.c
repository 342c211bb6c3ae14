/* SPDX-License-Identifier: Apache-2.0 */
/* team_path.c: what both directions of the team's data path share: the contexts of NBLs, and who waits for the last of them. [D] 2.4, 3.4 */
#include "team_internal.h"

struct team_context *team_push(PNET_BUFFER_LIST nbl) {
    if (NdisAllocateNetBufferListContext(nbl, sizeof(struct team_context), 0, TEAM_TAG) != NDIS_STATUS_SUCCESS) return NULL;
    team_context_of(nbl)->source = nbl->SourceHandle;
    return team_context_of(nbl);
}

VOID team_pop(PNET_BUFFER_LIST nbl) {
    nbl->SourceHandle = team_context_of(nbl)->source;
    NdisFreeNetBufferListContext(nbl, sizeof(struct team_context));
}

VOID team_note_back(struct team_adapter *adapter, struct team_member *member, ULONG count) {
    NdisAcquireSpinLock(&adapter->lock);
    if (member) member->out -= count;
    adapter->out -= count;
    const BOOLEAN paused = adapter->pausing && adapter->out == 0;
    if (paused) adapter->pausing = FALSE;
    PNET_PNP_EVENT_NOTIFICATION event = member && member->out == 0 ? member->pausing : NULL;
    if (event) member->pausing = NULL;
    NdisReleaseSpinLock(&adapter->lock);
    if (paused) NdisMPauseComplete(adapter->handle);
    if (event) NdisCompleteNetPnPEvent(member->handle, event, NDIS_STATUS_SUCCESS); /* last: the member may be unbound from here on */
}

