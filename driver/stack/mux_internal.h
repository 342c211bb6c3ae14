/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mux_internal.h: the two edges of the multiplexer.
 *
 *   protocols above        | virtual adapters: mux_miniport.c, a miniport
 *   one NBL, no copy       | mux_path.c
 *   one adapter below      | the binding: mux_protocol.c, a protocol
 */
#ifndef RINGSIDE_MUX_INTERNAL_H
#define RINGSIDE_MUX_INTERNAL_H

#include "mux.h"

enum { MUX_TAG = 0x2078756D /* 'mux ' */, MUX_NAME = 32, MUX_ADDRESS = 6, MUX_NDIS_MAJOR = 6, MUX_NDIS_MINOR = 80 };

/* A virtual adapter. */
struct mux_adapter {
    struct mux_binding *binding;
    NDIS_HANDLE handle;       /* NULL: not initialised */
    UCHAR address[MUX_ADDRESS];
    BOOLEAN running, pausing;
    ULONG packet_filter;
    ULONG out;                /* sends below, and receives above, that are not back */
    /* The one request that is being answered, and what is asked below for it. */
    PNDIS_OID_REQUEST request;
    NDIS_OID_REQUEST below;
    ULONG filter_below, filter_wanted;
    WCHAR name[MUX_NAME];
    NDIS_STRING name_string;
};

struct mux_binding {
    struct mux *mux;
    NDIS_HANDLE handle;
    NDIS_BIND_PARAMETERS bound;        /* values only: what it points at is gone */
    ULONG data_backfill, context_backfill;
    NDIS_LINK_STATE link;
    BOOLEAN running;
    ULONG sends_out;
    PNET_PNP_EVENT_NOTIFICATION pausing;
    ULONG packet_filter;               /* that the adapter below was told */
    struct mux_adapter adapters[MUX_MOST];
};

/* What a send carries while it is below, in its context. */
struct mux_send {
    NDIS_HANDLE source;
    struct mux_adapter *adapter;
};

/* mux.c: of both halves; NDIS owns the unloading of a miniport. */
DRIVER_UNLOAD mux_unload;

/* mux_path.c */
MINIPORT_SEND_NET_BUFFER_LISTS mux_send;
MINIPORT_CANCEL_SEND mux_cancel_send;
MINIPORT_RETURN_NET_BUFFER_LISTS mux_return;
PROTOCOL_SEND_NET_BUFFER_LISTS_COMPLETE mux_send_complete;
PROTOCOL_RECEIVE_NET_BUFFER_LISTS mux_receive;

/* mux_oid.c */
MINIPORT_OID_REQUEST mux_oid_request;
MINIPORT_CANCEL_OID_REQUEST mux_cancel_oid_request;
PROTOCOL_OID_REQUEST_COMPLETE mux_oid_complete;

/* mux_miniport.c */
NDIS_STATUS mux_register_miniport(struct mux *mux, PDRIVER_OBJECT driver, PUNICODE_STRING registry_path);
void mux_check_paused(struct mux_adapter *adapter);

/* mux_protocol.c */
NDIS_STATUS mux_register_protocol(struct mux *mux);

#endif
