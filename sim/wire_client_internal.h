/* SPDX-License-Identifier: Apache-2.0 */
/* wire_client_internal.h: the state of a wire client, shared by wire_client.c, wire_frames.c and wire_tcp.c. */
#ifndef RINGSIDE_WIRE_CLIENT_INTERNAL_H
#define RINGSIDE_WIRE_CLIENT_INTERNAL_H

#include "wire_client.h"

enum { WIRE_REQUEST_MOST = 128, WIRE_HEAD_MOST = 512 };

struct wire_client_frame {
    struct wire_client_frame *next;
    size_t length;
    uint8_t bytes[];
};

enum wire_tcp_state { WIRE_TCP_CLOSED, WIRE_TCP_SYN_SENT, WIRE_TCP_OPEN, WIRE_TCP_LAST_ACK };
struct wire_tcp {
    enum wire_tcp_state state;
    uint16_t port;
    uint32_t unacknowledged, next; /* of ours */
    uint32_t expected;             /* of theirs */
    char request[WIRE_REQUEST_MOST];
    char head[WIRE_HEAD_MOST + 1]; /* of the answer */
    size_t head_length;
    bool head_done;
    uint64_t content, length;      /* bytes of the page so far; of all, as its head says */
    uint64_t due_ps;               /* to send again what is not acknowledged, or to give up */
    unsigned tries;
};

/* Asking for the server's address, for a sign of life, for pages. */
enum wire_client_stage { WIRE_CLIENT_ARP, WIRE_CLIENT_PING, WIRE_CLIENT_PAGES };

struct wire_client {
    struct wire_client_config config;
    enum wire_client_stage stage;
    bool failed;
    unsigned tries;
    uint64_t due_ps;
    uint8_t server_mac[6];
    uint16_t identification, port;
    uint32_t sequence;
    unsigned asked;
    struct wire_tcp connections[WIRE_CLIENT_CONNECTIONS];
    struct wire_client_counts counts;
    struct wire_client_frame *first, *last, *lent;
};

/* A frame for us, taken apart. */
enum wire_kind { WIRE_OTHER, WIRE_ARP_REQUEST, WIRE_ARP_REPLY, WIRE_PING_REPLY, WIRE_TCP };
struct wire_packet {
    uint8_t sender_mac[6];       /* of ARP */
    uint16_t from_port, to_port; /* of TCP, as the rest */
    uint32_t sequence, acknowledged;
    unsigned flags;
    const uint8_t *payload;
    size_t payload_length;
};
enum { WIRE_FIN = 1, WIRE_SYN = 2, WIRE_RST = 4, WIRE_PSH = 8, WIRE_ACK = 16 };

/* wire_client.c */
struct wire_client_frame *wire_client_frame(struct wire_client *client, size_t length); /* zeroed, at the end of those to send */
void wire_client_fail(struct wire_client *client, const char *check, const char *clause, const char *message);

/* wire_frames.c */
enum wire_kind wire_packet_read(struct wire_client *client, struct wire_packet *packet, const uint8_t *frame, size_t length);
void wire_client_send_arp(struct wire_client *client, const uint8_t *request); /* NULL: ask for the server; else answer */
void wire_client_send_ping(struct wire_client *client, size_t bytes);
void wire_client_send_tcp(struct wire_client *client, const struct wire_tcp *connection, uint32_t sequence, unsigned flags, const char *payload);

/* wire_tcp.c */
void wire_tcp_connect(struct wire_client *client, struct wire_tcp *connection, uint64_t now_ps);
void wire_tcp_receive(struct wire_client *client, struct wire_tcp *connection, const struct wire_packet *packet, uint64_t now_ps);
void wire_tcp_run(struct wire_client *client, struct wire_tcp *connection, uint64_t now_ps);

#endif
