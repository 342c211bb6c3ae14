/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team_choice.c: by which member a flow is sent.
 *
 * Each hash has a home among the members. Flows whose home cannot send are spread over those that can, and nobody else's move.
 */
#include "one_flow.h"
#include "team_internal.h"
#include "traffic_parse.h"

enum { MACS = 12, PORTS = 4 };

/* FNV-1a. */
static ULONG add(ULONG hash, const UCHAR *bytes, SIZE_T count) {
    for (SIZE_T i = 0; i < count; i++) hash = (hash ^ bytes[i]) * 0x01000193u;
    return hash;
}

/* All NBs of what team_send makes of an NBL are of one flow, so that the first tells. Without a mapping of its memory any hash will do. */
struct team_flow *team_flow_of(struct team_adapter *adapter, PNET_BUFFER_LIST nbl) {
    UCHAR storage[ONE_FLOW_HEAD];
    ULONG length;
    const UCHAR *frame = one_flow_head(NET_BUFFER_LIST_FIRST_NB(nbl), storage, &length);
    ULONG hash = 0x811C9DC5u;
    if (frame) {
        const struct traffic_headers headers = traffic_parse(frame, length);
        if (headers.l3) hash = add(hash, frame + headers.addresses, headers.address_bytes);
        else hash = add(hash, frame, length < MACS ? length : MACS);
        if (headers.l4) hash = add(hash, frame + headers.l4, PORTS);
    }
    return &adapter->flows[(hash * 0x9E3779B1u >> 24) % TEAM_FLOWS]; /* the low bits of FNV-1a hang on those of the bytes alone */
}

static BOOLEAN can_send(const struct team_member *member) {
    return member->handle && member->running && member->link.MediaConnectState != MediaConnectStateDisconnected;
}

struct team_member *team_first(struct team_adapter *adapter) {
    for (unsigned i = 0; i < TEAM_MOST; i++)
        if (can_send(&adapter->members[i])) return &adapter->members[i];
    return NULL;
}

/* The n-th of those that can, or of all, counted around. */
static struct team_member *nth(struct team_adapter *adapter, ULONG n, BOOLEAN all) {
    struct team_member *found[TEAM_MOST];
    ULONG count = 0;
    for (unsigned i = 0; i < TEAM_MOST; i++) {
        struct team_member *member = &adapter->members[i];
        if (all ? member->handle != NULL : can_send(member)) found[count++] = member;
    }
    return count ? found[n % count] : NULL;
}

static struct team_member *wanted(struct team_adapter *adapter, const struct team_flow *flow) {
    const ULONG hash = (ULONG)(flow - adapter->flows);
    if (adapter->team->mode == TEAM_FAILOVER) return team_first(adapter);
    struct team_member *home = nth(adapter, hash, TRUE);
    return home && can_send(home) ? home : nth(adapter, hash / TEAM_MOST, FALSE);
}

/* With no link at all the frames go the way of those of an adapter without a link: to one that runs. */
struct team_member *team_choose(struct team_adapter *adapter, const struct team_flow *flow) {
    struct team_member *member = wanted(adapter, flow);
    for (unsigned i = 0; !member && i < TEAM_MOST; i++)
        if (adapter->members[i].handle && adapter->members[i].running) member = &adapter->members[i];
    return member;
}
