/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_offload.c: work that frames contain is left to the NIC. [D] 4; RFC 791, 1071, 8200, 9293, 768 */
#include "traffic_offload.h"

#include "regmap.h"

enum {
    TCP = 6, UDP = 17, IPV4_LENGTH = 2, IPV4_ID = 4, IPV4_CHECKSUM = 10, IPV6_LENGTH = 4, IPV6_BYTES = 40,
    TCP_SEQUENCE = 4, TCP_FLAGS = 13, TCP_CHECKSUM = 16, UDP_LENGTH = 4, UDP_CHECKSUM = 6,
    FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, URG = 0x20, CWR = 0x80,
    LSO_ID_MOST = 0x7FFF, USO_ID_MOST = 0xFFFF /* identifications of a large send do not wrap in it, [D] 4 */
};

static unsigned be16(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }
static uint32_t be32(const uint8_t *bytes) { return (uint32_t)be16(bytes) << 16 | be16(bytes + 2); }
static void put16(uint8_t *bytes, unsigned value) {
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static uint32_t add(uint32_t sum, const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i + 1 < count; i += 2) sum += be16(bytes + i);
    return count % 2 ? sum + ((uint32_t)bytes[count - 1] << 8) : sum;
}

static unsigned fold(uint32_t sum) {
    while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

static bool is_ipv4(const struct traffic_headers *at) { return at->address_bytes == 8; }
static size_t checksum_at(const struct traffic_headers *at) { return at->l4 + (at->protocol == TCP ? TCP_CHECKSUM : UDP_CHECKSUM); }

/* Bytes of TCP or UDP as the IP header says. */
static size_t l4_bytes(const struct traffic_headers *at, const uint8_t *frame) {
    const uint8_t *ip = frame + at->l3;
    if (is_ipv4(at)) return be16(ip + IPV4_LENGTH) - (at->l4 - at->l3);
    return be16(ip + IPV6_LENGTH) - (at->l4 - at->l3 - IPV6_BYTES);
}

static uint32_t pseudo(const struct traffic_headers *at, const uint8_t *frame, size_t bytes) {
    return add((uint32_t)at->protocol + (uint32_t)bytes, frame + at->addresses, at->address_bytes);
}

/* What a NIC puts there: the sum up to the frame's end, with 0xFFFF for 0, [V] 5.1.6.2. */
static unsigned made(const struct traffic_headers *at, const uint8_t *frame, size_t length) {
    const size_t field = checksum_at(at);
    uint32_t sum = add(pseudo(at, frame, l4_bytes(at, frame)), frame + at->l4, field - at->l4);
    sum = fold(add(sum, frame + field + 2, length - field - 2));
    return sum == 0xFFFF ? 0xFFFF : ~sum & 0xFFFF;
}

struct traffic_tasks traffic_tasks_of(const NDIS_OFFLOAD *config, bool checksum, ULONG large) {
    struct traffic_tasks tasks = {0};
    if (!config) return tasks;
    const ULONG wire = NDIS_ENCAPSULATION_IEEE_802_3;
    const NDIS_TCP_IP_CHECKSUM_OFFLOAD *sums = &config->Checksum;
    if (checksum && (sums->IPv4Transmit.Encapsulation & wire)) {
        tasks.tcp4 = sums->IPv4Transmit.TcpChecksum == NDIS_OFFLOAD_SUPPORTED;
        tasks.udp4 = sums->IPv4Transmit.UdpChecksum == NDIS_OFFLOAD_SUPPORTED;
    }
    if (checksum && (sums->IPv6Transmit.Encapsulation & wire)) {
        tasks.tcp6 = sums->IPv6Transmit.TcpChecksum == NDIS_OFFLOAD_SUPPORTED;
        tasks.udp6 = sums->IPv6Transmit.UdpChecksum == NDIS_OFFLOAD_SUPPORTED;
    }
    const struct {
        ULONG encapsulation, size, *to;
    } sizes[] = {{config->LsoV2.IPv4.Encapsulation, config->LsoV2.IPv4.MaxOffLoadSize, &tasks.lso4},
                 {config->LsoV2.IPv6.Encapsulation, config->LsoV2.IPv6.MaxOffLoadSize, &tasks.lso6},
                 {config->UdpSegmentation.IPv4.Encapsulation, config->UdpSegmentation.IPv4.MaxOffLoadSize, &tasks.uso4},
                 {config->UdpSegmentation.IPv6.Encapsulation, config->UdpSegmentation.IPv6.MaxOffLoadSize, &tasks.uso6}};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        if (sizes[i].encapsulation & wire) *sizes[i].to = sizes[i].size < large ? sizes[i].size : large;
    return tasks;
}

bool traffic_ask_checksum(const struct traffic_tasks *tasks, uint8_t *frame, size_t length, struct traffic_ask *ask) {
    const struct traffic_headers at = traffic_parse(frame, length);
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info = {.Value = NULL};
    if (!at.l4) return false;
    const bool tcp = at.protocol == TCP;
    if (!(is_ipv4(&at) ? (tcp ? tasks->tcp4 : tasks->udp4) : (tcp ? tasks->tcp6 : tasks->udp6))) return false;
    if (be16(frame + checksum_at(&at)) != made(&at, frame, length)) return false;
    put16(frame + checksum_at(&at), fold(pseudo(&at, frame, l4_bytes(&at, frame))));
    info.Transmit.IsIPv4 = is_ipv4(&at);
    info.Transmit.IsIPv6 = !is_ipv4(&at);
    info.Transmit.TcpChecksum = tcp;
    info.Transmit.UdpChecksum = !tcp;
    if (tcp) info.Transmit.TcpHeaderOffset = at.l4 & 0x3FF;
    *ask = (struct traffic_ask){.checksum = info.Value};
    return true;
}

/* ---- Large sends */
static ULONG offered(const struct traffic_tasks *tasks, const struct traffic_headers *at) {
    if (at->protocol == TCP) return is_ipv4(at) ? tasks->lso4 : tasks->lso6;
    return is_ipv4(at) ? tasks->uso4 : tasks->uso6;
}

/* A frame that a NIC makes out of a large send: every sum right, no byte behind its payload. */
static bool is_segment(const struct traffic_headers *at, const uint8_t *frame, size_t length) {
    if (!at->l4 || at->end >= length || at->l4 + l4_bytes(at, frame) != length) return false;
    if (is_ipv4(at) && fold(add(0, frame + at->l3, at->l4 - at->l3)) != 0xFFFF) return false;
    if (at->protocol == TCP && (frame[at->l4 + TCP_FLAGS] & (SYN | RST | URG))) return false;
    if (at->protocol == UDP && be16(frame + at->l4 + UDP_LENGTH) != length - at->l4) return false;
    return be16(frame + checksum_at(at)) == made(at, frame, length);
}

static bool ends(const struct traffic_headers *at, const uint8_t *frame) {
    return at->protocol == TCP && (frame[at->l4 + TCP_FLAGS] & (PSH | FIN));
}

bool traffic_large_open(struct traffic_large *large, const struct traffic_tasks *tasks, const uint8_t *frame, size_t length) {
    const struct traffic_headers at = traffic_parse(frame, length);
    if (!at.l4 || ends(&at, frame) || !is_segment(&at, frame, length)) return false;
    large->most = offered(tasks, &at);
    large->at = at;
    large->segment = length - at.end;
    large->length = length;
    large->frames = 1;
    large->closed = false;
    return 2 * large->segment <= large->most;
}

bool traffic_large_begin(struct traffic_large *large, const struct traffic_tasks *tasks, const uint8_t *frame, size_t length) {
    if (!traffic_large_open(large, tasks, frame, length)) return false;
    RtlCopyMemory(large->bytes, frame, length);
    return true;
}

/* Equal but for `count` bytes at `except`. */
static bool same_but(const uint8_t *one, const uint8_t *other, size_t length, size_t except, size_t count) {
    return RtlEqualMemory(one, other, except) && RtlEqualMemory(one + except + count, other + except + count, length - except - count);
}

static bool follows_ip(const struct traffic_large *large, const uint8_t *frame) {
    const struct traffic_headers *at = &large->at;
    const uint8_t *first = large->bytes + at->l3, *ip = frame + at->l3;
    const size_t bytes = at->l4 - at->l3;
    if (!is_ipv4(at)) return same_but(first, ip, bytes, IPV6_LENGTH, 2);
    const unsigned id = be16(first + IPV4_ID) + large->frames;
    return RtlEqualMemory(first, ip, IPV4_LENGTH) && be16(ip + IPV4_ID) == id && id <= (at->protocol == TCP ? LSO_ID_MOST : USO_ID_MOST) &&
           same_but(first + IPV4_ID + 2, ip + IPV4_ID + 2, bytes - IPV4_ID - 2, IPV4_CHECKSUM - IPV4_ID - 2, 2);
}

static bool follows_tcp(const struct traffic_large *large, const uint8_t *frame) {
    const struct traffic_headers *at = &large->at;
    const uint8_t *first = large->bytes + at->l4, *tcp = frame + at->l4;
    const size_t header = at->end - at->l4;
    const unsigned wanted = first[TCP_FLAGS] & ~(unsigned)CWR, found = tcp[TCP_FLAGS] & ~(unsigned)(PSH | FIN);
    if (be32(tcp + TCP_SEQUENCE) != (uint32_t)(be32(first + TCP_SEQUENCE) + (large->length - at->end))) return false;
    return RtlEqualMemory(first, tcp, TCP_SEQUENCE) && wanted == found &&
           RtlEqualMemory(first + TCP_SEQUENCE + 4, tcp + TCP_SEQUENCE + 4, TCP_FLAGS - TCP_SEQUENCE - 4) &&
           same_but(first + TCP_FLAGS + 1, tcp + TCP_FLAGS + 1, header - TCP_FLAGS - 1, TCP_CHECKSUM - TCP_FLAGS - 1, 2);
}

bool traffic_large_follow(struct traffic_large *large, const uint8_t *frame, size_t length) {
    const struct traffic_headers at = traffic_parse(frame, length), *first = &large->at;
    if (large->closed || at.l3 != first->l3 || at.l4 != first->l4 || at.end != first->end || at.protocol != first->protocol) return false;
    if (at.address_bytes != first->address_bytes || !RtlEqualMemory(large->bytes, frame, at.l3)) return false;
    if (!is_segment(&at, frame, length) || !follows_ip(large, frame)) return false;
    const size_t payload = length - at.end;
    if (payload > large->segment || large->length - at.end + payload > large->most) return false;
    if (at.protocol == TCP ? !follows_tcp(large, frame) : !RtlEqualMemory(large->bytes + at.l4, frame + at.l4, UDP_LENGTH)) return false;
    large->length += payload;
    large->frames++;
    large->closed = payload < large->segment || ends(&at, frame);
    if (at.protocol == TCP) large->bytes[at.l4 + TCP_FLAGS] |= frame[at.l4 + TCP_FLAGS] & (PSH | FIN);
    return true;
}

bool traffic_large_join(struct traffic_large *large, const uint8_t *frame, size_t length) {
    const size_t before = large->length;
    if (!traffic_large_follow(large, frame, length)) return false;
    RtlCopyMemory(large->bytes + before, frame + large->at.end, large->length - before);
    return true;
}

/* IP length and IPv4 checksum are 0, the pseudo sum is without the length. [D] 4 */
void traffic_large_finish(struct traffic_large *large, struct traffic_ask *ask) {
    const struct traffic_headers *at = &large->at;
    uint8_t *ip = large->bytes + at->l3;
    const bool ipv4 = is_ipv4(at), tcp = at->protocol == TCP;
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO lso = {.Value = NULL};
    NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO uso = {.Value = NULL};
    put16(ip + (ipv4 ? IPV4_LENGTH : IPV6_LENGTH), 0);
    if (ipv4) put16(ip + IPV4_CHECKSUM, 0);
    put16(large->bytes + checksum_at(at), fold(pseudo(at, large->bytes, 0)));
    if (tcp) {
        lso.LsoV2Transmit.MSS = large->segment & 0xFFFFF;
        lso.LsoV2Transmit.TcpHeaderOffset = at->l4 & 0x3FF;
        lso.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
        lso.LsoV2Transmit.IPVersion = ipv4 ? NDIS_TCP_LARGE_SEND_OFFLOAD_IPv4 : NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6;
    } else {
        put16(large->bytes + at->l4 + UDP_LENGTH, (unsigned)(large->length - at->l4));
        uso.Transmit.MSS = large->segment & 0xFFFFF;
        uso.Transmit.UdpHeaderOffset = at->l4 & 0x3FF;
        uso.Transmit.IPVersion = ipv4 ? NDIS_UDP_SEGMENTATION_OFFLOAD_IPV4 : NDIS_UDP_SEGMENTATION_OFFLOAD_IPV6;
    }
    *ask = (struct traffic_ask){.lso = lso.Value, .uso = uso.Value};
}
