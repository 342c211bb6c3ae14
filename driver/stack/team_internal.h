/* SPDX-License-Identifier: Apache-2.0 */
/*
 * team_internal.h: the two edges of the team, and what is between them.
 *
 *   protocols above        | the virtual adapter: team_miniport.c, a miniport; its requests: team_oid.c
 *   one NBL, no copy       | team_send.c, team_receive.c, team_path.c; by which member: team_choice.c; what they are together: team_merge.c
 *   the adapters below     | the members: team_protocol.c, a protocol
 *
 * The lock is for what sends, completions and events of several members may touch at a time: link states, `running', `pausing', counts and
 * flows. It is never held across a call of NDIS. NDIS itself sees to it that binds, unbinds and requests come one at a time.
 */
#ifndef RINGSIDE_TEAM_INTERNAL_H
#define RINGSIDE_TEAM_INTERNAL_H

#include "nbl_list.h"
#include "team.h"

enum { TEAM_TAG = 0x6D616574 /* 'team' */, TEAM_NAME = 32, TEAM_ADDRESS = 6, TEAM_FLOWS = 256, TEAM_NDIS_MAJOR = 6, TEAM_NDIS_MINOR = 80 };
enum { TEAM_SCALE_BYTES = sizeof(NDIS_RECEIVE_SCALE_PARAMETERS) + NDIS_RSS_INDIRECTION_TABLE_MAX_SIZE_REVISION_2 +
                          NDIS_RSS_HASH_SECRET_KEY_MAX_SIZE_REVISION_2 };

/* An adapter below. */
struct team_member {
    struct team_adapter *adapter;
    NDIS_HANDLE handle;          /* NULL: this place is free */
    NDIS_BIND_PARAMETERS bound;  /* values only: what it points at is gone */
    NDIS_LINK_STATE link;
    NDIS_OFFLOAD offload;        /* what it does now; Header.Size 0: nothing */
    NDIS_RECEIVE_SCALE_CAPABILITIES rss; /* the same */
    BOOLEAN running;
    ULONG out;                   /* sends below, and receives above, that are not back */
    PNET_PNP_EVENT_NOTIFICATION pausing;
    BOOLEAN leaving;             /* asked nothing any more */
    KEVENT answered;             /* nothing is being asked of it */
};

/* All flows of one hash. */
struct team_flow {
    struct team_member *member;  /* that has their sends */
    ULONG out;                   /* sends below that are not back */
    BOOLEAN waits;               /* it is to go by another member: further sends wait ... */
    BOOLEAN moving;              /* ... and somebody is sending those that waited */
    struct nbl_list waiting;
    struct team_flow *next;      /* of those that one completion lets go */
};

struct team_adapter {
    struct team *team;
    NDIS_HANDLE handle;          /* NULL: not initialised */
    NDIS_SPIN_LOCK lock;
    UCHAR address[TEAM_ADDRESS];
    BOOLEAN running, pausing;
    ULONG out;                   /* of all members */
    ULONG mtu;                   /* as told above */
    NDIS_LINK_STATE link;        /* as told above */
    ULONG packet_filter;         /* as asked above */
    NDIS_OFFLOAD_ENCAPSULATION encapsulation; /* as asked above; Header.Size 0: not yet */
    NDIS_RECEIVE_SCALE_CAPABILITIES rss;      /* as told above */
    UCHAR scale[TEAM_SCALE_BYTES];            /* receive side scaling as asked above, which members that join are told */
    ULONG scale_bytes;                        /* 0: not yet */
    struct team_member members[TEAM_MOST];
    struct team_flow flows[TEAM_FLOWS];
    /* The one request that is being answered, what is asked below for it, and of whom. */
    PNDIS_OID_REQUEST request;
    NDIS_OID_REQUEST below;
    NDIS_STATUS status;
    ULONG filter_below;
    unsigned asked;
    union {                      /* of counters: so far, and of one member */
        ULONG64 count;
        NDIS_STATISTICS_INFO statistics;
    } sum, part;
    /* The one request that the team makes by itself, while a member binds. */
    KEVENT own_done;
    NDIS_OID_REQUEST own;
    NDIS_STATUS own_status;
    WCHAR name[TEAM_NAME];
    NDIS_STRING name_string;
};

/* What a send carries while it is below, and a receive while it is above, in its context. */
struct team_context {
    NDIS_HANDLE source;
    union {
        struct team_flow *flow;      /* of a send */
        struct team_member *member;  /* of a receive */
    };
};

/* team.c: of both halves; NDIS owns the unloading of a miniport. */
DRIVER_UNLOAD team_unload;

/* team_choice.c. The last two with the lock held: by which member a flow should go now, and the first that can; NULL: none. */
struct team_flow *team_flow_of(struct team_adapter *adapter, PNET_BUFFER_LIST nbl);
struct team_member *team_choose(struct team_adapter *adapter, const struct team_flow *flow);
struct team_member *team_first(struct team_adapter *adapter);

/* team_merge.c: what the team is, of what its members are. */
NDIS_LINK_STATE team_link(struct team_adapter *adapter);
NDIS_BIND_PARAMETERS team_bound(const struct team_adapter *adapter);
NDIS_OFFLOAD team_offload(const struct team_adapter *adapter);
NDIS_RECEIVE_SCALE_CAPABILITIES team_rss(const struct team_adapter *adapter); /* Header.Size 0: none */
/* Tell those above of the link, if it changed, and of the offloads. Without the lock. */
VOID team_tell_link(struct team_adapter *adapter);
VOID team_tell_offload(struct team_adapter *adapter);

/* team_path.c */
/* Room in the context of an NBL, with its SourceHandle in it; NULL: no memory. And out of it again. */
struct team_context *team_push(PNET_BUFFER_LIST nbl);
VOID team_pop(PNET_BUFFER_LIST nbl);
static inline struct team_context *team_context_of(PNET_BUFFER_LIST nbl) {
    return (struct team_context *)(PVOID)NET_BUFFER_LIST_CONTEXT_DATA_START(nbl);
}
/* So many are back, of a member's or (NULL) of none: a pause that waited for the last of them is complete. Without the lock. */
VOID team_note_back(struct team_adapter *adapter, struct team_member *member, ULONG count);

/* team_send.c, team_receive.c */
MINIPORT_SEND_NET_BUFFER_LISTS team_send;
MINIPORT_CANCEL_SEND team_cancel_send;
MINIPORT_RETURN_NET_BUFFER_LISTS team_return;
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE team_send_complete;
PROTOCOL_RECEIVE_NET_BUFFER_LISTS team_receive;

/* team_oid.c */
MINIPORT_OID_REQUEST team_oid_request;
MINIPORT_CANCEL_OID_REQUEST team_cancel_oid_request;
PROTOCOL_OID_REQUEST_COMPLETE team_oid_complete;
/* A member that joins is told what the others were told. PASSIVE_LEVEL, waits. */
NDIS_STATUS team_tell_member(struct team_member *member);

/* team_miniport.c */
NDIS_STATUS team_register_miniport(struct team *team, PDRIVER_OBJECT driver, PUNICODE_STRING registry_path);

/* team_protocol.c */
NDIS_STATUS team_register_protocol(struct team *team);

#endif
