/* SPDX-License-Identifier: Apache-2.0 */
/* team_protocol.c: the lower edge of the team: members that join and leave, and the virtual adapter that lives as long as one. [D] 3.5, 3.10 */
#include "team_internal.h"

/* ---- The virtual adapter */
static VOID name_adapter(struct team_adapter *adapter, const char *name) {
    static const char device[] = "\\DEVICE\\";
    SIZE_T length = 0;
    for (const char *at = device; *at; at++) adapter->name[length++] = (WCHAR)(UCHAR)*at;
    for (const char *at = name; *at && length + 1 < TEAM_NAME; at++) adapter->name[length++] = (WCHAR)(UCHAR)*at;
    adapter->name[length] = 0;
    RtlInitUnicodeString(&adapter->name_string, adapter->name);
}

static struct team_adapter *make_adapter(struct team *team, const NDIS_BIND_PARAMETERS *parameters) {
    struct team_adapter *adapter = NdisAllocateMemoryWithTagPriority(team->protocol, sizeof(*adapter), TEAM_TAG, NormalPoolPriority);
    if (!adapter) return NULL;
    NdisZeroMemory(adapter, sizeof(*adapter));
    adapter->team = team;
    NdisAllocateSpinLock(&adapter->lock);
    KeInitializeEvent(&adapter->own_done, NotificationEvent, FALSE);
    RtlCopyMemory(adapter->address, parameters->CurrentMacAddress, TEAM_ADDRESS);
    name_adapter(adapter, team->name);
    team->adapter = adapter;
    return adapter;
}

static VOID free_adapter(struct team_adapter *adapter) {
    adapter->team->adapter = NULL;
    NdisFreeSpinLock(&adapter->lock);
    NdisFreeMemory(adapter, 0, 0);
}

static ULONG members_of(const struct team_adapter *adapter) {
    ULONG count = 0;
    for (unsigned i = 0; i < TEAM_MOST; i++) count += adapter->members[i].handle != NULL;
    return count;
}

/* ---- Members */
static NDIS_STATUS open_adapter(struct team_member *member, NDIS_HANDLE bind_context, PNDIS_BIND_PARAMETERS parameters) {
    NDIS_MEDIUM medium = NdisMedium802_3;
    UINT selected = 0;
    NDIS_OPEN_PARAMETERS open = {
        .Header = {NDIS_OBJECT_TYPE_OPEN_PARAMETERS, NDIS_OPEN_PARAMETERS_REVISION_1, NDIS_SIZEOF_OPEN_PARAMETERS_REVISION_1},
        .AdapterName = parameters->AdapterName, .MediumArray = &medium, .MediumArraySize = 1, .SelectedMediumIndex = &selected};
    return NdisOpenAdapterEx(member->adapter->team->protocol, member, &open, bind_context, &member->handle);
}

/* Of whichever revision it is; NULL: none. */
static VOID take_offload(struct team_member *member, const NDIS_OFFLOAD *offload) {
    NdisZeroMemory(&member->offload, sizeof(member->offload));
    if (!offload) return;
    const SIZE_T bytes = offload->Header.Size < sizeof(member->offload) ? offload->Header.Size : sizeof(member->offload);
    RtlCopyMemory(&member->offload, offload, bytes);
}

static VOID take_rss(struct team_member *member, const NDIS_RECEIVE_SCALE_CAPABILITIES *rss) {
    NdisZeroMemory(&member->rss, sizeof(member->rss));
    if (rss) RtlCopyMemory(&member->rss, rss, rss->Header.Size < sizeof(member->rss) ? rss->Header.Size : sizeof(member->rss));
}

static VOID fill(struct team_adapter *adapter, struct team_member *member, const NDIS_BIND_PARAMETERS *parameters) {
    *member = (struct team_member){.adapter = adapter, .bound = *parameters};
    member->link = (NDIS_LINK_STATE){
        .MediaConnectState = parameters->MediaConnectState, .MediaDuplexState = parameters->MediaDuplexState,
        .XmitLinkSpeed = parameters->XmitLinkSpeed, .RcvLinkSpeed = parameters->RcvLinkSpeed};
    KeInitializeEvent(&member->answered, NotificationEvent, TRUE);
    take_offload(member, parameters->DefaultOffloadConfiguration);
    take_rss(member, parameters->RcvScaleCapabilities);
}

static VOID leave(struct team_member *member) {
    struct team_adapter *adapter = member->adapter;
    NDIS_HANDLE handle = member->handle;
    if (members_of(adapter) == 1) { /* the last: the virtual adapter goes first, which returns all that it has */
        if (adapter->handle) (void)NdisIMDeInitializeDeviceInstance(adapter->handle);
        else (void)NdisIMCancelInitializeDeviceInstance(adapter->team->miniport, &adapter->name_string);
    }
    NdisAcquireSpinLock(&adapter->lock);
    member->leaving = TRUE;
    NdisReleaseSpinLock(&adapter->lock);
    (void)KeWaitForSingleObject(&member->answered, Executive, KernelMode, FALSE, NULL);
    NdisAcquireSpinLock(&adapter->lock);
    member->handle = NULL;
    for (unsigned i = 0; i < TEAM_FLOWS; i++)
        if (adapter->flows[i].member == member) adapter->flows[i].member = NULL;
    NdisReleaseSpinLock(&adapter->lock);
    (void)NdisCloseAdapterEx(handle);
    if (members_of(adapter) == 0) {
        free_adapter(adapter);
        return;
    }
    team_tell_link(adapter);
    team_tell_offload(adapter);
}

static struct team_member *free_place(struct team_adapter *adapter) {
    for (unsigned i = 0; i < TEAM_MOST; i++)
        if (!adapter->members[i].handle) return &adapter->members[i];
    return NULL;
}

static NDIS_STATUS bind(NDIS_HANDLE context, NDIS_HANDLE bind_context, PNDIS_BIND_PARAMETERS parameters) {
    struct team *team = context;
    const BOOLEAN first = !team->adapter;
    struct team_adapter *adapter = first ? make_adapter(team, parameters) : team->adapter;
    if (!adapter) return NDIS_STATUS_RESOURCES;
    struct team_member *member = free_place(adapter);
    if (!member || (adapter->handle && parameters->MtuSize < adapter->mtu)) return NDIS_STATUS_NOT_SUPPORTED; /* frames would not fit */
    fill(adapter, member, parameters);
    NDIS_STATUS status = open_adapter(member, bind_context, parameters);
    if (status != NDIS_STATUS_SUCCESS) {
        member->handle = NULL;
        if (first) free_adapter(adapter);
        return status;
    }
    status = first ? NdisIMInitializeDeviceInstanceEx(team->miniport, &adapter->name_string, adapter) : team_tell_member(member);
    if (status != NDIS_STATUS_SUCCESS) {
        leave(member);
        return status;
    }
    team_tell_link(adapter);
    team_tell_offload(adapter);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS unbind(NDIS_HANDLE unbind_context, NDIS_HANDLE context) {
    UNREFERENCED_PARAMETER(unbind_context);
    leave(context);
    return NDIS_STATUS_SUCCESS;
}

/* ---- Events */
static VOID note_attributes(struct team_member *member, const NET_PNP_EVENT *event) {
    const NDIS_PROTOCOL_RESTART_PARAMETERS *parameters = event->Buffer;
    for (PNDIS_RESTART_ATTRIBUTES entry = parameters ? parameters->RestartAttributes : NULL; entry; entry = entry->Next) {
        if (entry->Oid != OID_GEN_MINIPORT_RESTART_ATTRIBUTES) continue;
        const NDIS_RESTART_GENERAL_ATTRIBUTES *general = (const NDIS_RESTART_GENERAL_ATTRIBUTES *)(PVOID)entry->Data;
        member->bound.DataBackFillSize = general->DataBackFillSize;
        member->bound.ContextBackFillSize = general->ContextBackFillSize;
        member->bound.MtuSize = general->MtuSize;
    }
}

/* From now on its flows go by the others. */
static NDIS_STATUS pause(struct team_member *member, PNET_PNP_EVENT_NOTIFICATION event) {
    NdisAcquireSpinLock(&member->adapter->lock);
    member->running = FALSE;
    member->pausing = member->out ? event : NULL;
    const NDIS_STATUS status = member->pausing ? NDIS_STATUS_PENDING : NDIS_STATUS_SUCCESS;
    NdisReleaseSpinLock(&member->adapter->lock);
    return status;
}

static NDIS_STATUS net_pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event) {
    struct team_member *member = context;
    if (!member) return NDIS_STATUS_SUCCESS; /* to the driver as a whole */
    switch (event->NetPnPEvent.NetEvent) {
    case NetEventRestart:
        note_attributes(member, &event->NetPnPEvent);
        NdisAcquireSpinLock(&member->adapter->lock);
        member->running = TRUE;
        NdisReleaseSpinLock(&member->adapter->lock);
        return NDIS_STATUS_SUCCESS;
    case NetEventPause: return pause(member, event);
    default: return NDIS_STATUS_SUCCESS;
    }
}

/* The rest of what a member indicates is not of the team as a whole. */
static VOID status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication) {
    struct team_member *member = context;
    struct team_adapter *adapter = member->adapter;
    if (indication->StatusCode == NDIS_STATUS_LINK_STATE && indication->StatusBufferSize >= sizeof(member->link)) {
        NdisAcquireSpinLock(&adapter->lock);
        RtlCopyMemory(&member->link, indication->StatusBuffer, sizeof(member->link));
        NdisReleaseSpinLock(&adapter->lock);
        team_tell_link(adapter);
    }
    if (indication->StatusCode == NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG) {
        take_offload(member, indication->StatusBuffer);
        team_tell_offload(adapter);
    }
}

/* Opens and closes never pend. */
static VOID open_complete(NDIS_HANDLE context, NDIS_STATUS result) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(result);
}
static VOID close_complete(NDIS_HANDLE context) { UNREFERENCED_PARAMETER(context); }

NDIS_STATUS team_register_protocol(struct team *team) {
    static WCHAR name[] = u"Team";
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS characteristics = {
        .Header = {NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS, NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2,
                   NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = TEAM_NDIS_MAJOR,
        .MinorNdisVersion = TEAM_NDIS_MINOR,
        .BindAdapterHandlerEx = bind,
        .UnbindAdapterHandlerEx = unbind,
        .OpenAdapterCompleteHandlerEx = open_complete,
        .CloseAdapterCompleteHandlerEx = close_complete,
        .NetPnPEventHandler = net_pnp_event,
        .OidRequestCompleteHandler = team_oid_complete,
        .StatusHandlerEx = status,
        .ReceiveNetBufferListsHandler = team_receive,
        .SendNetBufferListsCompleteHandler = team_send_complete,
    };
    RtlInitUnicodeString(&characteristics.Name, name);
    return NdisRegisterProtocolDriver(team, &characteristics, &team->protocol);
}
