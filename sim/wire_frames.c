/* SPDX-License-Identifier: Apache-2.0 */
/* wire_frames.c: frames of a wire client, made and taken apart. RFC 826, 791, 792, 9293 */
#include <string.h>

#include "wire_client_internal.h"

enum {
    ETHERNET = 14, TYPE = 12, IPV4_TYPE = 0x0800, ARP_TYPE = 0x0806,
    ARP_BYTES = 28, ARP_REQUEST = 1, ARP_REPLY = 2,
    IPV4 = 20, ICMP = 1, TCP = 6, TTL = 64, ICMP_BYTES = 8, ECHO_REPLY = 0, ECHO = 8,
    TCP_BYTES = 20, TCP_MSS_OPTION = 4, SEGMENT = 1460, WINDOW = 65535, HTTP = 80
};

static unsigned get16(const uint8_t *at) { return (unsigned)at[0] << 8 | at[1]; }
static uint32_t get32(const uint8_t *at) { return (uint32_t)get16(at) << 16 | get16(at + 2); }
static void put16(uint8_t *at, unsigned value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}
static void put32(uint8_t *at, uint32_t value) {
    put16(at, value >> 16);
    put16(at + 2, value & 0xFFFF);
}

/* The one's complement sum; over bytes that have their checksum in them it is 0xFFFF. */
static unsigned sum(uint32_t start, const uint8_t *bytes, size_t length) {
    uint64_t total = start;
    for (size_t i = 0; i + 1 < length; i += 2) total += get16(bytes + i);
    if (length % 2) total += (unsigned)bytes[length - 1] << 8;
    while (total >> 16) total = (total & 0xFFFF) + (total >> 16);
    return (unsigned)total;
}

static unsigned pseudo(const uint8_t *ip, size_t length) {
    const uint8_t rest[4] = {0, ip[9], (uint8_t)(length >> 8), (uint8_t)length};
    return sum(sum(0, rest, sizeof rest), ip + 12, 8);
}

/* ---- Taken apart */
static enum wire_kind read_arp(const struct wire_client *client, struct wire_packet *packet, const uint8_t *arp, size_t length) {
    static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4};
    if (length < ARP_BYTES || memcmp(arp, ethernet_ipv4, sizeof ethernet_ipv4) != 0 || get32(arp + 24) != client->config.address) return WIRE_OTHER;
    memcpy(packet->sender_mac, arp + 8, 6);
    if (get16(arp + 6) == ARP_REQUEST) return WIRE_ARP_REQUEST;
    return get16(arp + 6) == ARP_REPLY && get32(arp + 14) == client->config.server ? WIRE_ARP_REPLY : WIRE_OTHER;
}

static enum wire_kind read_tcp(struct wire_client *client, struct wire_packet *packet, const uint8_t *ip, const uint8_t *tcp, size_t length) {
    const size_t header = length < TCP_BYTES ? 0 : (size_t)(tcp[12] >> 4) * 4;
    if (header < TCP_BYTES || header > length) {
        wire_client_fail(client, "client.protocol", "RFC 9293 3.1", "a TCP segment is shorter than its header");
        return WIRE_OTHER;
    }
    if (sum(pseudo(ip, length), tcp, length) != 0xFFFF) {
        wire_client_fail(client, "client.checksum", "RFC 9293 3.1", "a TCP segment has a wrong checksum");
        return WIRE_OTHER;
    }
    packet->from_port = (uint16_t)get16(tcp);
    packet->to_port = (uint16_t)get16(tcp + 2);
    packet->sequence = get32(tcp + 4);
    packet->acknowledged = get32(tcp + 8);
    packet->flags = tcp[13];
    packet->payload = tcp + header;
    packet->payload_length = length - header;
    return packet->from_port == HTTP ? WIRE_TCP : WIRE_OTHER;
}

static enum wire_kind read_icmp(struct wire_client *client, struct wire_packet *packet, const uint8_t *icmp, size_t length) {
    if (length < ICMP_BYTES || icmp[0] != ECHO_REPLY) return WIRE_OTHER;
    if (sum(0, icmp, length) != 0xFFFF) {
        wire_client_fail(client, "client.checksum", "RFC 792", "an echo reply has a wrong checksum");
        return WIRE_OTHER;
    }
    packet->payload = icmp + ICMP_BYTES;
    packet->payload_length = length - ICMP_BYTES;
    return WIRE_PING_REPLY;
}

static enum wire_kind read_ipv4(struct wire_client *client, struct wire_packet *packet, const uint8_t *ip, size_t length) {
    const size_t header = length < IPV4 ? 0 : (size_t)(ip[0] & 0xF) * 4, total = header ? get16(ip + 2) : 0;
    if (header < IPV4 || ip[0] >> 4 != 4 || total < header || total > length) {
        wire_client_fail(client, "client.protocol", "RFC 791 3.1", "an IPv4 packet is no packet: its lengths are wrong");
        return WIRE_OTHER;
    }
    if (sum(0, ip, header) != 0xFFFF) {
        wire_client_fail(client, "client.checksum", "RFC 791 3.1", "an IPv4 header has a wrong checksum");
        return WIRE_OTHER;
    }
    if (get32(ip + 12) != client->config.server || get32(ip + 16) != client->config.address) return WIRE_OTHER;
    switch (ip[9]) {
    case TCP: return read_tcp(client, packet, ip, ip + header, total - header);
    case ICMP: return read_icmp(client, packet, ip + header, total - header);
    default: return WIRE_OTHER;
    }
}

enum wire_kind wire_packet_read(struct wire_client *client, struct wire_packet *packet, const uint8_t *frame, size_t length) {
    memset(packet, 0, sizeof *packet);
    if (length < ETHERNET) return WIRE_OTHER;
    switch (get16(frame + TYPE)) {
    case ARP_TYPE: return read_arp(client, packet, frame + ETHERNET, length - ETHERNET);
    case IPV4_TYPE: return read_ipv4(client, packet, frame + ETHERNET, length - ETHERNET);
    default: return WIRE_OTHER;
    }
}

/* ---- Made */
static uint8_t *begin(struct wire_client *client, const uint8_t *to, unsigned type, size_t length) {
    uint8_t *frame = wire_client_frame(client, ETHERNET + length)->bytes;
    memcpy(frame, to, 6);
    memcpy(frame + 6, client->config.mac, 6);
    put16(frame + TYPE, type);
    return frame + ETHERNET;
}

void wire_client_send_arp(struct wire_client *client, const uint8_t *request) {
    static const uint8_t everybody[6] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, ethernet_ipv4[] = {0, 1, 8, 0, 6, 4};
    uint8_t *arp = begin(client, request ? request + 6 : everybody, ARP_TYPE, ARP_BYTES);
    memcpy(arp, ethernet_ipv4, sizeof ethernet_ipv4);
    put16(arp + 6, request ? ARP_REPLY : ARP_REQUEST);
    memcpy(arp + 8, client->config.mac, 6);
    put32(arp + 14, client->config.address);
    if (request)
        memcpy(arp + 18, request + ETHERNET + 8, 10); /* who asked */
    else
        put32(arp + 24, client->config.server);
}

static uint8_t *begin_ipv4(struct wire_client *client, unsigned protocol, size_t length) {
    uint8_t *ip = begin(client, client->server_mac, IPV4_TYPE, IPV4 + length);
    ip[0] = 0x45;
    put16(ip + 2, (unsigned)(IPV4 + length));
    put16(ip + 4, client->identification++);
    ip[8] = TTL;
    ip[9] = (uint8_t)protocol;
    put32(ip + 12, client->config.address);
    put32(ip + 16, client->config.server);
    put16(ip + 10, ~sum(0, ip, IPV4) & 0xFFFF);
    return ip + IPV4;
}

void wire_client_send_ping(struct wire_client *client, size_t bytes) {
    uint8_t *icmp = begin_ipv4(client, ICMP, ICMP_BYTES + bytes);
    icmp[0] = ECHO;
    put16(icmp + 4, client->port);
    put16(icmp + 6, client->tries);
    for (size_t i = 0; i < bytes; i++) icmp[ICMP_BYTES + i] = (uint8_t)i;
    put16(icmp + 2, ~sum(0, icmp, ICMP_BYTES + bytes) & 0xFFFF);
}

void wire_client_send_tcp(struct wire_client *client, const struct wire_tcp *connection, uint32_t sequence, unsigned flags, const char *payload) {
    const size_t options = flags & WIRE_SYN ? TCP_MSS_OPTION : 0, length = strlen(payload), all = TCP_BYTES + options + length;
    uint8_t *tcp = begin_ipv4(client, TCP, all);
    put16(tcp, connection->port);
    put16(tcp + 2, HTTP);
    put32(tcp + 4, sequence);
    if (flags & WIRE_ACK) put32(tcp + 8, connection->expected);
    tcp[12] = (uint8_t)((TCP_BYTES + options) / 4 << 4);
    tcp[13] = (uint8_t)flags;
    put16(tcp + 14, WINDOW);
    if (options) {
        tcp[TCP_BYTES] = 2; /* kind: maximum segment size */
        tcp[TCP_BYTES + 1] = TCP_MSS_OPTION;
        put16(tcp + TCP_BYTES + 2, SEGMENT);
    }
    memcpy(tcp + TCP_BYTES + options, payload, length);
    put16(tcp + 16, ~sum(pseudo(tcp - IPV4, all), tcp, all) & 0xFFFF);
}
