/* SPDX-License-Identifier: Apache-2.0 */
/* wire_tcp.c: one connection of a wire client, from its SYN to the last acknowledgement. RFC 9293 3.10 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire_client_internal.h"

enum { TRIES_MOST = 8, PORTS = 16384, FIRST_PORT = 49152, LINE = 64, LETTERS = 26 };
static const uint64_t again_after_ps = UINT64_C(1000000000000); /* 1 s: RFC 6298, 2.1 */
static const uint64_t patience_ps = UINT64_C(10000000000000);   /* without a sign of the server */

static bool before(uint32_t one, uint32_t other) { return (int32_t)(one - other) < 0; }

/* format: with one PRI*64 for value */
static void fail(struct wire_client *client, const struct wire_tcp *connection, const char *check, const char *format, uint64_t value) {
    char text[160], message[224];
    snprintf(text, sizeof text, format, value);
    snprintf(message, sizeof message, "connection from port %u: %s", connection->port, text);
    wire_client_fail(client, check, "RFC 9293", message);
}

static void give_up(struct wire_client *client, struct wire_tcp *connection, const char *why) {
    fail(client, connection, "client.timeout", why, connection->content);
    connection->state = WIRE_TCP_CLOSED;
}

static void send_request(struct wire_client *client, struct wire_tcp *connection) {
    wire_client_send_tcp(client, connection, connection->unacknowledged, WIRE_ACK | WIRE_PSH, connection->request);
}

void wire_tcp_connect(struct wire_client *client, struct wire_tcp *connection, uint64_t now_ps) {
    *connection = (struct wire_tcp){.state = WIRE_TCP_SYN_SENT, .port = client->port, .due_ps = now_ps + again_after_ps};
    snprintf(connection->request, sizeof connection->request, "GET /%" PRIu64 " HTTP/1.1\r\nHost: ringside\r\n\r\n", client->config.bytes);
    client->port = (uint16_t)(FIRST_PORT + (client->port - FIRST_PORT + 1) % PORTS);
    client->sequence += 64007; /* another stretch of sequence numbers for each */
    connection->unacknowledged = connection->next = client->sequence;
    wire_client_send_tcp(client, connection, connection->next++, WIRE_SYN, "");
}

/* What stays unanswered is sent again; one with nothing to send that hears nothing gives up. */
void wire_tcp_run(struct wire_client *client, struct wire_tcp *connection, uint64_t now_ps) {
    if (connection->state == WIRE_TCP_CLOSED || now_ps < connection->due_ps) return;
    if (connection->unacknowledged == connection->next || connection->tries++ == TRIES_MOST) {
        give_up(client, connection, "the server is silent, after %" PRIu64 " bytes of the page");
        return;
    }
    client->counts.again++;
    connection->due_ps = now_ps + (again_after_ps << connection->tries);
    switch (connection->state) {
    case WIRE_TCP_SYN_SENT: wire_client_send_tcp(client, connection, connection->unacknowledged, WIRE_SYN, ""); break;
    case WIRE_TCP_OPEN: send_request(client, connection); break;
    case WIRE_TCP_LAST_ACK: wire_client_send_tcp(client, connection, connection->unacknowledged, WIRE_FIN | WIRE_ACK, ""); break;
    case WIRE_TCP_CLOSED: break;
    }
}

/* ---- The page */
static void read_head(struct wire_client *client, struct wire_tcp *connection) {
    const char *length = strstr(connection->head, "\r\nContent-Length: ");
    connection->head_done = true;
    connection->length = length ? strtoull(length + strlen("\r\nContent-Length: "), NULL, 10) : 0;
    if (strncmp(connection->head, "HTTP/1.1 200 ", 13) != 0) fail(client, connection, "client.content", "the answer is not 200 (%" PRIu64 " bytes)", connection->length);
    if (connection->length != client->config.bytes) fail(client, connection, "client.content", "the page is to have %" PRIu64 " bytes, which is not what was asked for", connection->length);
}

static size_t take_head(struct wire_client *client, struct wire_tcp *connection, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (connection->head_length == WIRE_HEAD_MOST) {
            fail(client, connection, "client.content", "the answer's head has no end after %" PRIu64 " bytes", connection->head_length);
            connection->head_length = 0;
        }
        connection->head[connection->head_length++] = (char)bytes[i];
        connection->head[connection->head_length] = '\0';
        if (connection->head_length < 4 || strcmp(connection->head + connection->head_length - 4, "\r\n\r\n") != 0) continue;
        read_head(client, connection);
        return i + 1;
    }
    return length;
}

static void take_content(struct wire_client *client, struct wire_tcp *connection, const uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++, connection->content++) {
        const uint64_t at = connection->content;
        const uint8_t wanted = (uint8_t)(at % LINE == LINE - 1 ? '\n' : 'a' + at % LETTERS);
        if (bytes[i] == wanted) continue;
        fail(client, connection, "client.content", "byte %" PRIu64 " of the page is not what it should be", at);
        connection->content += length - i;
        return;
    }
}

static void take_payload(struct wire_client *client, struct wire_tcp *connection, const struct wire_packet *packet) {
    const uint8_t *bytes = packet->payload;
    size_t length = packet->payload_length;
    client->counts.segments++;
    connection->expected += (uint32_t)length;
    if (!connection->head_done) {
        const size_t head = take_head(client, connection, bytes, length);
        bytes += head;
        length -= head;
    }
    take_content(client, connection, bytes, length);
}

static void page_is_over(struct wire_client *client, struct wire_tcp *connection) {
    client->counts.bytes += connection->content;
    if (connection->head_done && connection->content == connection->length)
        client->counts.pages++;
    else
        fail(client, connection, "client.content", "the connection was closed after %" PRIu64 " bytes of the page", connection->content);
}

/* ---- Segments that come */
static void open_connection(struct wire_client *client, struct wire_tcp *connection, const struct wire_packet *packet) {
    if ((packet->flags & (WIRE_SYN | WIRE_ACK)) != (WIRE_SYN | WIRE_ACK) || packet->acknowledged != connection->next) {
        fail(client, connection, "client.protocol", "a SYN was answered by flags 0x%02" PRIx64, packet->flags);
        return;
    }
    connection->unacknowledged = connection->next;
    connection->expected = packet->sequence + 1;
    connection->state = WIRE_TCP_OPEN;
    wire_client_send_tcp(client, connection, connection->next, WIRE_ACK, "");
    send_request(client, connection);
    connection->next += (uint32_t)strlen(connection->request);
}

static void acknowledge(struct wire_client *client, struct wire_tcp *connection, const struct wire_packet *packet) {
    if (!(packet->flags & WIRE_ACK)) return;
    if (before(connection->next, packet->acknowledged)) {
        fail(client, connection, "client.protocol", "the server acknowledges %" PRIu64 " bytes that were never sent", packet->acknowledged - connection->next);
    } else if (before(connection->unacknowledged, packet->acknowledged)) {
        connection->unacknowledged = packet->acknowledged;
        connection->tries = 0;
    }
}

static void take_segment(struct wire_client *client, struct wire_tcp *connection, const struct wire_packet *packet) {
    if (packet->flags & WIRE_RST && connection->state == WIRE_TCP_LAST_ACK) { /* 3.10.7.4: it knows nothing of it any more */
        connection->state = WIRE_TCP_CLOSED;
        return;
    }
    if (packet->flags & WIRE_RST) {
        fail(client, connection, "client.protocol", "the server reset it after %" PRIu64 " bytes of the page", connection->content);
        connection->state = WIRE_TCP_CLOSED;
        return;
    }
    if (connection->state == WIRE_TCP_SYN_SENT) {
        open_connection(client, connection, packet);
        return;
    }
    acknowledge(client, connection, packet);
    if (connection->state == WIRE_TCP_LAST_ACK && connection->unacknowledged == connection->next) {
        connection->state = WIRE_TCP_CLOSED;
        return;
    }
    if (packet->payload_length == 0 && !(packet->flags & (WIRE_FIN | WIRE_SYN))) return;
    if (packet->sequence != connection->expected || packet->flags & WIRE_SYN) { /* not the next: say which one is */
        client->counts.late++;
        wire_client_send_tcp(client, connection, connection->next, WIRE_ACK, "");
        return;
    }
    if (packet->payload_length) take_payload(client, connection, packet);
    if (!(packet->flags & WIRE_FIN)) {
        wire_client_send_tcp(client, connection, connection->next, WIRE_ACK, "");
        return;
    }
    connection->expected++;
    page_is_over(client, connection);
    connection->state = WIRE_TCP_LAST_ACK;
    wire_client_send_tcp(client, connection, connection->next++, WIRE_FIN | WIRE_ACK, "");
}

void wire_tcp_receive(struct wire_client *client, struct wire_tcp *connection, const struct wire_packet *packet, uint64_t now_ps) {
    take_segment(client, connection, packet);
    connection->due_ps = now_ps + (connection->unacknowledged == connection->next ? patience_ps : again_after_ps);
}
