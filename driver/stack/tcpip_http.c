/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcpip_http.c: a small HTTP server over lwIP's callbacks: one request a connection, which it closes.
 *
 *   GET /    what this run has done so far
 *   GET /N   N bytes: lines of 63 letters, byte i being 'a' + i % 26, or a newline where i % 64 is 63
 *
 * Spec: RFC 9112
 */
#include "tcpip_internal.h"

#include <lwip/tcp.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PORT = 80, REQUEST_MOST = 2048, TEXT_MOST = 1024, CHUNK = 4096,
    POLL_INTERVAL = 4, POLLS_MOST = 15, /* half seconds; without progress for half a minute a connection is dropped */
    LINE = 64, LETTERS = 26
};
static const uint64_t body_most = UINT64_C(1) << 30;

struct connection {
    struct tcpip *tcpip;
    char request[REQUEST_MOST + 1];
    size_t request_length;
    bool answered;
    char text[TEXT_MOST];         /* head, and a body that is a text */
    size_t text_length, text_sent;
    uint64_t body, body_sent;     /* bytes of letters */
    unsigned polls;
};

/* ---- Answers */
static void answer(struct connection *connection, const char *status, const char *type, uint64_t letters, const char *text) {
    const size_t length = strlen(text);
    const int written = snprintf(connection->text, sizeof(connection->text),
                                 "HTTP/1.1 %s\r\nServer: Ringside\r\nContent-Type: %s\r\nContent-Length: %llu\r\nConnection: close\r\n\r\n%s", status,
                                 type, (unsigned long long)(letters + length), text);
    connection->text_length = written > 0 && written < (int)sizeof(connection->text) ? (size_t)written : 0;
    connection->body = letters;
    connection->answered = true;
}

static void answer_about(struct connection *connection) {
    const struct traffic *traffic = connection->tcpip->traffic;
    char text[512];
    snprintf(text, sizeof(text),
             "This page comes from lwIP through NET_BUFFER_LISTs, descriptor rings and a NIC in SystemVerilog.\n"
             "%.3f us of simulated time, %llu frames sent, %llu checksums made by the NIC, %llu large sends cut by it.\n"
             "GET /1000000 is a million bytes.\n",
             (double)kernel_now_ps(traffic->kernel) / 1e6, (unsigned long long)connection->tcpip->next_id,
             (unsigned long long)traffic->tx_checksums, (unsigned long long)traffic->large_sends);
    answer(connection, "200 OK", "text/plain", 0, text);
    connection->tcpip->pages++;
}

static void read_request(struct connection *connection) {
    const char *path = connection->request + 4;
    char *end;
    connection->tcpip->requests++;
    if (strncmp(connection->request, "GET /", 5) != 0) {
        answer(connection, "405 Method Not Allowed", "text/plain", 0, "This server knows GET alone.\n");
        return;
    }
    const unsigned long long bytes = strtoull(path + 1, &end, 10);
    if (path[1] == ' ') {
        answer_about(connection);
    } else if (path[1] >= '0' && path[1] <= '9' && *end == ' ' && bytes <= body_most) {
        answer(connection, "200 OK", "text/plain", bytes, "");
        connection->tcpip->pages++;
    } else {
        answer(connection, "404 Not Found", "text/plain", 0, "There are / and, for a number N up to 1073741824, /N.\n");
    }
}

/* As much as lwIP takes now. PSH is left to the last piece, so that the segments before it can be one large send. */
static err_t push(struct tcp_pcb *pcb, const void *bytes, size_t length, bool more) {
    return tcp_write(pcb, bytes, (u16_t)length, TCP_WRITE_FLAG_COPY | (more ? TCP_WRITE_FLAG_MORE : 0));
}

static bool send_text(struct connection *connection, struct tcp_pcb *pcb) {
    const size_t left = connection->text_length - connection->text_sent, room = tcp_sndbuf(pcb), length = left < room ? left : room;
    if (!length) return left == 0;
    if (push(pcb, connection->text + connection->text_sent, length, length < left || connection->body) != ERR_OK) return false;
    connection->text_sent += length;
    return connection->text_sent == connection->text_length;
}

static bool send_body(struct connection *connection, struct tcp_pcb *pcb) {
    char chunk[CHUNK];
    while (connection->body_sent < connection->body) {
        const uint64_t left = connection->body - connection->body_sent;
        size_t length = left < CHUNK ? (size_t)left : (size_t)CHUNK;
        if (length > tcp_sndbuf(pcb)) length = tcp_sndbuf(pcb);
        if (!length) return false;
        for (size_t i = 0; i < length; i++) {
            const uint64_t at = connection->body_sent + i;
            chunk[i] = at % LINE == LINE - 1 ? '\n' : (char)('a' + at % LETTERS);
        }
        if (push(pcb, chunk, length, length < left) != ERR_OK) return false;
        connection->body_sent += length;
    }
    return true;
}

/* ---- lwIP's callbacks */
static void forget(struct connection *connection, struct tcp_pcb *pcb) {
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_poll(pcb, NULL, 0);
    kernel_free(connection);
}

/* Everything is with lwIP: it sends the rest by itself. */
static err_t finish(struct connection *connection, struct tcp_pcb *pcb) {
    forget(connection, pcb);
    if (tcp_close(pcb) == ERR_OK) return ERR_OK;
    tcp_abort(pcb);
    return ERR_ABRT;
}

static err_t go_on(struct connection *connection, struct tcp_pcb *pcb) {
    if (!connection->answered) return ERR_OK;
    if (send_text(connection, pcb) && send_body(connection, pcb)) return finish(connection, pcb);
    return tcp_output(pcb);
}

static err_t sent(void *arg, struct tcp_pcb *pcb, u16_t length) {
    struct connection *connection = arg;
    LWIP_UNUSED_ARG(length);
    connection->polls = 0;
    return go_on(connection, pcb);
}

static err_t received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t status) {
    struct connection *connection = arg;
    LWIP_UNUSED_ARG(status);
    if (!p) return connection->answered ? ERR_OK : finish(connection, pcb); /* the other side sends no more: it may still want the answer */
    const size_t room = REQUEST_MOST - connection->request_length, length = p->tot_len < room ? p->tot_len : room;
    (void)pbuf_copy_partial(p, connection->request + connection->request_length, (u16_t)length, 0);
    connection->request_length += length;
    connection->request[connection->request_length] = '\0';
    tcp_recved(pcb, p->tot_len);
    (void)pbuf_free(p);
    if (connection->answered) return ERR_OK;
    if (strstr(connection->request, "\r\n\r\n"))
        read_request(connection);
    else if (connection->request_length == REQUEST_MOST)
        answer(connection, "431 Request Header Fields Too Large", "text/plain", 0, "");
    return go_on(connection, pcb);
}

static err_t polled(void *arg, struct tcp_pcb *pcb) {
    struct connection *connection = arg;
    if (++connection->polls <= POLLS_MOST) return go_on(connection, pcb);
    forget(connection, pcb);
    tcp_abort(pcb);
    return ERR_ABRT;
}

static void failed(void *arg, err_t status) { /* the pcb is gone already */
    LWIP_UNUSED_ARG(status);
    kernel_free(arg);
}

static err_t accepted(void *arg, struct tcp_pcb *pcb, err_t status) {
    struct tcpip *tcpip = arg;
    struct connection *connection;
    if (status != ERR_OK || !pcb) return ERR_VAL;
    connection = kernel_allocate(tcpip->traffic->kernel, sizeof(*connection), TCPIP_TAG);
    if (!connection) return ERR_MEM;
    connection->tcpip = tcpip;
    tcp_arg(pcb, connection);
    tcp_recv(pcb, received);
    tcp_sent(pcb, sent);
    tcp_err(pcb, failed);
    tcp_poll(pcb, polled, POLL_INTERVAL);
    tcp_nagle_disable(pcb);
    return ERR_OK;
}

err_t tcpip_http_start(struct tcpip *tcpip) {
    struct tcp_pcb *pcb = tcp_new(), *listener;
    if (!pcb) return ERR_MEM;
    ip_set_option(pcb, SOF_REUSEADDR);
    err_t status = tcp_bind(pcb, &tcpip->netif.ip_addr, PORT);
    listener = status == ERR_OK ? tcp_listen(pcb) : NULL;
    if (!listener) {
        (void)tcp_close(pcb);
        return status == ERR_OK ? ERR_MEM : status;
    }
    tcpip->listener = listener;
    tcp_arg(listener, tcpip);
    tcp_accept(listener, accepted);
    return ERR_OK;
}
