/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_client.h: a host at the other end of the cable that asks a server for pages: ARP, ping, and HTTP over a TCP of its own.
 *
 * It is written from the standards and shares nothing with the stack that it talks to, whose every checksum, sequence number and byte of
 * content it checks: the page /N of driver/stack/tcpip_http.c is known to it. It is as plain as a TCP may be: it asks, acknowledges each
 * segment that comes in order, keeps none that does not, and sends again what stays unanswered. No congestion control, for it sends little;
 * no options but the segment size.
 *
 * Everything it does follows from what it is given and when: frames by wire_client_receive(), time by wire_client_run().
 *
 * Findings: client.checksum, client.protocol, client.content, client.timeout.
 *
 * Spec: RFC 826, 791, 792, 9293, 9112
 */
#ifndef RINGSIDE_WIRE_CLIENT_H
#define RINGSIDE_WIRE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { WIRE_CLIENT_CONNECTIONS = 64 };

struct wire_client_config {
    uint8_t mac[6];
    uint32_t address, server; /* IPv4 */
    unsigned requests;        /* in all */
    unsigned connections;     /* of these at a time, a request each; 1 to WIRE_CLIENT_CONNECTIONS */
    uint64_t bytes;           /* of each page */
    uint64_t seed;            /* of port and sequence numbers */
    void (*report)(void *ctx, const char *check, const char *clause, const char *message);
    void *ctx;
};

struct wire_client_counts {
    uint64_t pages, bytes;  /* received whole; of their content */
    uint64_t segments;      /* of TCP with payload, that came in order */
    uint64_t again, late;   /* segments sent again; received that were not the next */
};

struct wire_client;

/* NULL without memory. The config is copied. */
struct wire_client *wire_client_create(const struct wire_client_config *config);
void wire_client_destroy(struct wire_client *client);
/* A frame of the other side's, without FCS. */
void wire_client_receive(struct wire_client *client, uint64_t now_ps, const uint8_t *frame, size_t length);
/* Do what is due at this time; the first call begins. wire_client_due_ps() says when the next one is, UINT64_MAX for never. */
void wire_client_run(struct wire_client *client, uint64_t now_ps);
uint64_t wire_client_due_ps(const struct wire_client *client);
/* The next frame to send, without FCS; valid until the next call. 0: none. */
size_t wire_client_next(struct wire_client *client, const uint8_t **frame);
bool wire_client_has_frames(const struct wire_client *client);
/* All pages are here and every connection is closed, or one failed. */
bool wire_client_done(const struct wire_client *client);
struct wire_client_counts wire_client_get_counts(const struct wire_client *client);

#ifdef __cplusplus
}
#endif

#endif
