/* SPDX-License-Identifier: Apache-2.0 */
/* wire_client.c: the client's ARP and ping, and what it does when. Frames are made and taken apart by wire_frames.c, TCP is wire_tcp.c. */
#include "wire_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire_client_internal.h"

enum { TRIES_MOST = 8, PING_BYTES = 56 };
static const uint64_t again_after_ps = UINT64_C(200000000000); /* 200 ms */

struct wire_client *wire_client_create(const struct wire_client_config *config) {
    struct wire_client *client = calloc(1, sizeof *client);
    if (!client) return NULL;
    client->config = *config;
    client->due_ps = 0;
    client->port = (uint16_t)(49152 + config->seed % 8192);
    client->sequence = (uint32_t)(config->seed * 2654435761u);
    return client;
}

void wire_client_destroy(struct wire_client *client) {
    if (!client) return;
    while (client->first) {
        struct wire_client_frame *frame = client->first;
        client->first = frame->next;
        free(frame);
    }
    free(client->lent);
    free(client);
}

void wire_client_fail(struct wire_client *client, const char *check, const char *clause, const char *message) {
    client->config.report(client->config.ctx, check, clause, message);
}

/* ---- Frames to send */
struct wire_client_frame *wire_client_frame(struct wire_client *client, size_t length) {
    struct wire_client_frame *frame = calloc(1, sizeof *frame + length);
    if (!frame) abort();
    frame->length = length;
    *(client->first ? &client->last->next : &client->first) = frame;
    client->last = frame;
    return frame;
}

size_t wire_client_next(struct wire_client *client, const uint8_t **frame) {
    free(client->lent);
    client->lent = client->first;
    if (!client->lent) return 0;
    client->first = client->lent->next;
    *frame = client->lent->bytes;
    return client->lent->length;
}

bool wire_client_has_frames(const struct wire_client *client) { return client->first != NULL; }

/* ---- Time */
uint64_t wire_client_due_ps(const struct wire_client *client) {
    uint64_t due = client->stage == WIRE_CLIENT_PAGES ? UINT64_MAX : client->due_ps;
    for (unsigned i = 0; client->stage == WIRE_CLIENT_PAGES && i < client->config.connections; i++)
        if (client->connections[i].state != WIRE_TCP_CLOSED && client->connections[i].due_ps < due) due = client->connections[i].due_ps;
    return wire_client_done(client) ? UINT64_MAX : due;
}

/* The first two stages: ask until there is an answer. */
static void ask(struct wire_client *client, uint64_t now_ps) {
    if (client->tries++ == TRIES_MOST) {
        wire_client_fail(client, "client.timeout", client->stage == WIRE_CLIENT_ARP ? "RFC 826" : "RFC 792",
                         client->stage == WIRE_CLIENT_ARP ? "nobody answers ARP for the server's address" : "the server does not answer ping");
        client->failed = true;
        return;
    }
    client->due_ps = now_ps + again_after_ps;
    if (client->stage == WIRE_CLIENT_ARP)
        wire_client_send_arp(client, NULL);
    else
        wire_client_send_ping(client, PING_BYTES);
}

/* The next requests, as far as connections are free. */
static void ask_for_pages(struct wire_client *client, uint64_t now_ps) {
    for (unsigned i = 0; i < client->config.connections && client->asked < client->config.requests; i++) {
        if (client->connections[i].state != WIRE_TCP_CLOSED) continue;
        client->asked++;
        wire_tcp_connect(client, &client->connections[i], now_ps);
    }
}

static void enter(struct wire_client *client, enum wire_client_stage stage, uint64_t now_ps) {
    client->stage = stage;
    client->tries = 0;
    if (stage == WIRE_CLIENT_PAGES)
        ask_for_pages(client, now_ps);
    else
        ask(client, now_ps);
}

void wire_client_run(struct wire_client *client, uint64_t now_ps) {
    if (client->failed) return;
    if (client->stage != WIRE_CLIENT_PAGES) {
        if (now_ps >= client->due_ps) ask(client, now_ps);
        return;
    }
    for (unsigned i = 0; i < client->config.connections; i++) wire_tcp_run(client, &client->connections[i], now_ps);
    ask_for_pages(client, now_ps);
}

bool wire_client_done(const struct wire_client *client) {
    if (client->failed) return true;
    if (client->asked < client->config.requests || client->stage != WIRE_CLIENT_PAGES) return false;
    for (unsigned i = 0; i < client->config.connections; i++)
        if (client->connections[i].state != WIRE_TCP_CLOSED) return false;
    return true;
}

struct wire_client_counts wire_client_get_counts(const struct wire_client *client) { return client->counts; }

/* ---- Frames that come */
void wire_client_receive(struct wire_client *client, uint64_t now_ps, const uint8_t *bytes, size_t length) {
    struct wire_packet packet;
    if (client->failed) return;
    switch (wire_packet_read(client, &packet, bytes, length)) {
    case WIRE_ARP_REQUEST: wire_client_send_arp(client, bytes); break;
    case WIRE_ARP_REPLY:
        memcpy(client->server_mac, packet.sender_mac, sizeof client->server_mac);
        if (client->stage == WIRE_CLIENT_ARP) enter(client, WIRE_CLIENT_PING, now_ps);
        break;
    case WIRE_PING_REPLY:
        if (packet.payload_length != PING_BYTES) wire_client_fail(client, "client.protocol", "RFC 792", "an echo reply has another length than the request");
        for (size_t i = 0; i < packet.payload_length; i++)
            if (packet.payload[i] != (uint8_t)i) {
                wire_client_fail(client, "client.content", "RFC 792", "an echo reply has other bytes than the request");
                break;
            }
        if (client->stage == WIRE_CLIENT_PING) enter(client, WIRE_CLIENT_PAGES, now_ps);
        break;
    case WIRE_TCP:
        for (unsigned i = 0; i < client->config.connections; i++)
            if (client->connections[i].state != WIRE_TCP_CLOSED && client->connections[i].port == packet.to_port)
                wire_tcp_receive(client, &client->connections[i], &packet, now_ps);
        ask_for_pages(client, now_ps);
        break;
    case WIRE_OTHER: break;
    }
}
