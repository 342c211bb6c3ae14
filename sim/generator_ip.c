/* SPDX-License-Identifier: Apache-2.0 */
/* generator_ip.c: headers of made-up TCP and UDP. */
#include "generator_ip.h"

#include <stdbool.h>
#include <string.h>

#include "regmap.h"

enum {
    IPV4_BYTES = 20, IPV6_BYTES = 40, TCP_BYTES = 20, UDP_BYTES = 8, TCP = 6, UDP = 17, HOPS = 64, DO_NOT_FRAGMENT = 0x4000,
    SOURCE_PORT = 40000, DESTINATION_PORT = 5001, ACK = 0x10, WINDOW = 0xFFFF, ID_MASK = 0x7FFF
};

static bool is_ipv4(enum generator_protocol protocol) { return protocol == GENERATOR_TCP4 || protocol == GENERATOR_UDP4; }
static bool is_tcp(enum generator_protocol protocol) { return protocol == GENERATOR_TCP4 || protocol == GENERATOR_TCP6; }

size_t generator_ip_headers(enum generator_protocol protocol) {
    if (protocol == GENERATOR_ETHERNET) return 0;
    return (size_t)ETH_HEADER + (is_ipv4(protocol) ? (size_t)IPV4_BYTES : IPV6_BYTES) + (is_tcp(protocol) ? (size_t)TCP_BYTES : UDP_BYTES);
}

static void put16(uint8_t *to, unsigned value) {
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

/* RFC 1071. */
static uint32_t sum(uint32_t start, const uint8_t *bytes, size_t count) {
    uint64_t all = start;
    for (size_t i = 0; i + 1 < count; i += 2) all += (unsigned)bytes[i] << 8 | bytes[i + 1];
    if (count % 2) all += (unsigned)bytes[count - 1] << 8;
    while (all >> 16) all = (all & 0xFFFF) + (all >> 16);
    return (uint32_t)all;
}

static void put_checksum(uint8_t *field, uint32_t sum_of_all) {
    const unsigned value = ~sum_of_all & 0xFFFF;
    put16(field, value ? value : 0xFFFF);
}

/* 10.0.0.x to 10.0.1.1. */
static void fill_ipv4(uint8_t *ip, uint8_t protocol, uint8_t flow, uint64_t place, size_t bytes) {
    const uint8_t addresses[8] = {10, 0, 0, flow, 10, 0, 1, 1};
    memset(ip, 0, IPV4_BYTES);
    ip[0] = 0x45;
    put16(ip + 2, (unsigned)(IPV4_BYTES + bytes));
    put16(ip + 4, (unsigned)(place & ID_MASK));
    put16(ip + 6, DO_NOT_FRAGMENT);
    ip[8] = HOPS;
    ip[9] = protocol;
    memcpy(ip + 12, addresses, sizeof addresses);
    put16(ip + 10, ~sum(0, ip, IPV4_BYTES) & 0xFFFF);
}

/* fd00::x to fd00::1:1. */
static void fill_ipv6(uint8_t *ip, uint8_t protocol, uint8_t flow, size_t bytes) {
    memset(ip, 0, IPV6_BYTES);
    ip[0] = 0x60;
    put16(ip + 4, (unsigned)bytes);
    ip[6] = protocol;
    ip[7] = HOPS;
    ip[8] = ip[24] = 0xFD;
    ip[23] = flow;
    ip[37] = ip[39] = 1;
}

void generator_ip_fill(const struct generator_config *config, uint8_t flow, uint64_t place, size_t longest, uint8_t *frame, size_t length) {
    const bool ipv4 = is_ipv4(config->protocol), tcp = is_tcp(config->protocol);
    uint8_t *ip = frame + ETH_HEADER, *l4 = ip + (ipv4 ? IPV4_BYTES : IPV6_BYTES);
    const uint8_t protocol = tcp ? TCP : UDP;
    const size_t bytes = length - (size_t)(l4 - frame);
    put16(frame + ETH_HEADER - 2, ipv4 ? 0x0800 : 0x86DD);
    if (ipv4)
        fill_ipv4(ip, protocol, flow, place, bytes);
    else
        fill_ipv6(ip, protocol, flow, bytes);
    memset(l4, 0, tcp ? TCP_BYTES : UDP_BYTES);
    put16(l4, SOURCE_PORT + (unsigned)flow);
    put16(l4 + 2, DESTINATION_PORT);
    if (tcp) {
        const uint32_t sequence = (uint32_t)(place * longest);
        put16(l4 + 4, sequence >> 16);
        put16(l4 + 6, sequence & 0xFFFF);
        l4[12] = TCP_BYTES / 4 << 4;
        l4[13] = ACK;
        put16(l4 + 14, WINDOW);
    } else {
        put16(l4 + 4, (unsigned)bytes);
    }
    const uint32_t pseudo = sum((uint32_t)protocol + (uint32_t)bytes, ipv4 ? ip + 12 : ip + 8, ipv4 ? 8 : 32);
    put_checksum(l4 + (tcp ? 16 : 6), sum(pseudo, l4, bytes));
}
