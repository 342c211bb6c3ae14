/* SPDX-License-Identifier: Apache-2.0 */
/* team_merge.c: what the virtual adapter is, of what its members are: the link, what sends must have room for, offloads. [D] 2.10, 3.7 */
#include "team_internal.h"

static ULONG64 together(ULONG64 a, ULONG64 b) { return a == NDIS_LINK_SPEED_UNKNOWN || b == NDIS_LINK_SPEED_UNKNOWN ? NDIS_LINK_SPEED_UNKNOWN : a + b; }

/* Up as long as one member can send; as fast as they are together, or as the one that sends. */
NDIS_LINK_STATE team_link(struct team_adapter *adapter) {
    NDIS_LINK_STATE link = {.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1, NDIS_SIZEOF_LINK_STATE_REVISION_1},
                            .MediaConnectState = MediaConnectStateDisconnected,
                            .XmitLinkSpeed = NDIS_LINK_SPEED_UNKNOWN, .RcvLinkSpeed = NDIS_LINK_SPEED_UNKNOWN};
    for (unsigned i = 0; i < TEAM_MOST; i++) {
        const struct team_member *member = &adapter->members[i];
        if (!member->handle || member->link.MediaConnectState == MediaConnectStateDisconnected) continue;
        if (link.MediaConnectState == MediaConnectStateDisconnected) {
            link.MediaConnectState = MediaConnectStateConnected;
            link.MediaDuplexState = member->link.MediaDuplexState;
            link.XmitLinkSpeed = member->link.XmitLinkSpeed;
            link.RcvLinkSpeed = member->link.RcvLinkSpeed;
        } else if (adapter->team->mode == TEAM_SPREAD) {
            link.XmitLinkSpeed = together(link.XmitLinkSpeed, member->link.XmitLinkSpeed);
            link.RcvLinkSpeed = together(link.RcvLinkSpeed, member->link.RcvLinkSpeed);
        }
    }
    return link;
}

VOID team_tell_link(struct team_adapter *adapter) {
    NdisAcquireSpinLock(&adapter->lock);
    NDIS_LINK_STATE link = team_link(adapter);
    const BOOLEAN same = link.MediaConnectState == adapter->link.MediaConnectState && link.XmitLinkSpeed == adapter->link.XmitLinkSpeed &&
                         link.RcvLinkSpeed == adapter->link.RcvLinkSpeed;
    adapter->link = link;
    NdisReleaseSpinLock(&adapter->lock);
    if (same || !adapter->handle) return;
    NDIS_STATUS_INDICATION indication = {
        .Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1},
        .SourceHandle = adapter->handle, .StatusCode = NDIS_STATUS_LINK_STATE, .StatusBuffer = &link, .StatusBufferSize = sizeof(link)};
    NdisMIndicateStatusEx(adapter->handle, &indication);
}

static ULONG least(ULONG a, ULONG b) { return a < b ? a : b; }
static ULONG most(ULONG a, ULONG b) { return a > b ? a : b; }

/* Room for the most that one of them needs, and frames that all of them take. */
NDIS_BIND_PARAMETERS team_bound(const struct team_adapter *adapter) {
    NDIS_BIND_PARAMETERS all = {0};
    BOOLEAN first = TRUE;
    for (unsigned i = 0; i < TEAM_MOST; i++) {
        const NDIS_BIND_PARAMETERS *one = &adapter->members[i].bound;
        if (!adapter->members[i].handle) continue;
        if (first) {
            all = *one;
            first = FALSE;
            continue;
        }
        all.DataBackFillSize = most(all.DataBackFillSize, one->DataBackFillSize);
        all.ContextBackFillSize = most(all.ContextBackFillSize, one->ContextBackFillSize);
        all.MtuSize = least(all.MtuSize, one->MtuSize);
        all.LookaheadSize = least(all.LookaheadSize, one->LookaheadSize);
        all.MacOptions &= one->MacOptions;
        all.SupportedPacketFilters &= one->SupportedPacketFilters;
        if (adapter->team->mode == TEAM_FAILOVER) continue;
        all.MaxXmitLinkSpeed = together(all.MaxXmitLinkSpeed, one->MaxXmitLinkSpeed);
        all.MaxRcvLinkSpeed = together(all.MaxRcvLinkSpeed, one->MaxRcvLinkSpeed);
    }
    return all;
}

/* ---- Offloads: what all of them do. Encapsulations, and the fields of two bits, are what both have. */
static VOID and_bits(PVOID to, const VOID *from, SIZE_T bytes) {
    for (SIZE_T i = 0; i < bytes; i++) ((PUCHAR)to)[i] &= ((const UCHAR *)from)[i];
}

#define BOTH(part) and_bits(&all->part, &one->part, sizeof(all->part))

/* Of one kind of segments; the counts may be bit fields. */
#define SEGMENTS(part)                                                                                                        \
    all->part.Encapsulation &= one->part.Encapsulation;                                                                       \
    all->part.MaxOffLoadSize = least(all->part.MaxOffLoadSize, one->part.MaxOffLoadSize);                                     \
    if (one->part.MinSegmentCount > all->part.MinSegmentCount) all->part.MinSegmentCount = one->part.MinSegmentCount

static VOID reduce(NDIS_OFFLOAD *all, const NDIS_OFFLOAD *one) {
    BOTH(Checksum);
    SEGMENTS(LsoV2.IPv4);
    SEGMENTS(LsoV2.IPv6);
    all->LsoV2.IPv6.IpExtensionHeadersSupported &= one->LsoV2.IPv6.IpExtensionHeadersSupported;
    all->LsoV2.IPv6.TcpOptionsSupported &= one->LsoV2.IPv6.TcpOptionsSupported;
    SEGMENTS(UdpSegmentation.IPv4);
    SEGMENTS(UdpSegmentation.IPv6);
    all->UdpSegmentation.IPv4.SubMssFinalSegmentSupported &= one->UdpSegmentation.IPv4.SubMssFinalSegmentSupported;
    all->UdpSegmentation.IPv6.SubMssFinalSegmentSupported &= one->UdpSegmentation.IPv6.SubMssFinalSegmentSupported;
    all->UdpSegmentation.IPv6.IpExtensionHeadersSupported &= one->UdpSegmentation.IPv6.IpExtensionHeadersSupported;
    BOTH(Rsc);
}

NDIS_OFFLOAD team_offload(const struct team_adapter *adapter) {
    NDIS_OFFLOAD all = {.Header = {.Size = 0}};
    BOOLEAN first = TRUE;
    for (unsigned i = 0; i < TEAM_MOST; i++) {
        const struct team_member *member = &adapter->members[i];
        if (!member->handle) continue;
        if (first) all = member->offload;
        else if (!member->offload.Header.Size) all.Header.Size = 0; /* one that does nothing: nor does the team */
        else reduce(&all, &member->offload);
        first = FALSE;
    }
    return all;
}

/* Receive side scaling: what all of them can. Each member spreads what it receives by the same table. */
NDIS_RECEIVE_SCALE_CAPABILITIES team_rss(const struct team_adapter *adapter) {
    NDIS_RECEIVE_SCALE_CAPABILITIES all = {.Header = {.Size = 0}};
    BOOLEAN first = TRUE;
    for (unsigned i = 0; i < TEAM_MOST; i++) {
        const NDIS_RECEIVE_SCALE_CAPABILITIES *one = &adapter->members[i].rss;
        if (!adapter->members[i].handle) continue;
        if (first) all = *one;
        else if (!one->Header.Size) all.Header.Size = 0;
        all.CapabilitiesFlags &= one->CapabilitiesFlags;
        all.NumberOfInterruptMessages = least(all.NumberOfInterruptMessages, one->NumberOfInterruptMessages);
        all.NumberOfReceiveQueues = least(all.NumberOfReceiveQueues, one->NumberOfReceiveQueues);
        if (one->NumberOfIndirectionTableEntries < all.NumberOfIndirectionTableEntries)
            all.NumberOfIndirectionTableEntries = one->NumberOfIndirectionTableEntries;
        first = FALSE;
    }
    return all;
}

VOID team_tell_offload(struct team_adapter *adapter) {
    NDIS_OFFLOAD offload = team_offload(adapter);
    if (!offload.Header.Size || !adapter->handle) return;
    NDIS_STATUS_INDICATION indication = {
        .Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, NDIS_STATUS_INDICATION_REVISION_1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1},
        .SourceHandle = adapter->handle, .StatusCode = NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG,
        .StatusBuffer = &offload, .StatusBufferSize = sizeof(offload)};
    NdisMIndicateStatusEx(adapter->handle, &indication);
}
