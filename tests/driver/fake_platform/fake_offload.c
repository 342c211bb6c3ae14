/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_offload.c: checksums and segmentation of the fake device, from the words of [V] 5.1.6.2 and the RFCs, without a look at the driver
 * or the RTL: the slow and plain way, so that the three can disagree.
 */
#include <stdlib.h>
#include <string.h>

#include "fake_internal.h"

enum { SEGMENT_ROOM = 1 << 17, TCP = 6, UDP = 17 };

static unsigned le16(const uint8_t *p) { return p[0] | (unsigned)p[1] << 8; }
static unsigned get16(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }
static void set16(uint8_t *p, unsigned v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* RFC 1071, one octet at a time. */
static unsigned ones_sum(const uint8_t *p, size_t n, unsigned start) {
    unsigned long sum = start;
    for (size_t i = 0; i < n; i++) sum += i % 2 ? p[i] : (unsigned long)p[i] << 8;
    while (sum > 0xFFFF) sum = (sum >> 16) + (sum & 0xFFFF);
    return (unsigned)sum;
}

struct fake_packet fake_packet_of(const uint8_t *frame, size_t length) {
    struct fake_packet packet = {0};
    size_t type = 12;
    while (type + 6 <= length && get16(frame + type) == 0x8100) type += 4;
    const size_t ip = type + 2;
    if (ip + 20 <= length && get16(frame + type) == 0x0800 && frame[ip] >> 4 == 4) {
        packet = (struct fake_packet){.version = 4, .ip = ip, .protocol = frame[ip + 9]};
        packet.fragment = (get16(frame + ip + 6) & 0x3FFF) != 0;
        packet.l4 = ip + (frame[ip] & 15) * 4u;
        packet.l4_bytes = get16(frame + ip + 2) - (packet.l4 - ip);
    } else if (ip + 40 <= length && get16(frame + type) == 0x86DD && frame[ip] >> 4 == 6) {
        packet = (struct fake_packet){.version = 6, .ip = ip, .protocol = frame[ip + 6], .l4 = ip + 40};
        packet.l4_bytes = get16(frame + ip + 4);
    }
    return packet;
}

static unsigned pseudo(const uint8_t *frame, const struct fake_packet *packet, size_t bytes) {
    unsigned sum = packet->version == 4 ? ones_sum(frame + packet->ip + 12, 8, 0) : ones_sum(frame + packet->ip + 8, 32, 0);
    uint8_t rest[6] = {(uint8_t)(bytes >> 24), (uint8_t)(bytes >> 16), (uint8_t)(bytes >> 8), (uint8_t)bytes, 0, (uint8_t)packet->protocol};
    return ones_sum(rest, sizeof(rest), sum);
}

bool fake_checksum_is_good(const uint8_t *frame, size_t length) {
    const struct fake_packet packet = fake_packet_of(frame, length);
    if (!packet.version || packet.fragment || (packet.protocol != TCP && packet.protocol != UDP)) return false;
    if (packet.l4 + packet.l4_bytes > length || packet.l4_bytes < 8) return false;
    if (packet.version == 4 && ones_sum(frame + packet.ip, packet.l4 - packet.ip, 0) != 0xFFFF) return false;
    if (packet.protocol == UDP && get16(frame + packet.l4 + 6) == 0) return false;
    return ones_sum(frame + packet.l4, packet.l4_bytes, pseudo(frame, &packet, packet.l4_bytes)) == 0xFFFF;
}

/* [V] 5.1.6.2: from csum_start to the end; where the result is 0, 0xFFFF. */
static bool complete_checksum(uint8_t *frame, size_t length, unsigned start, unsigned offset) {
    if (start + offset + 2u > length) return false;
    const unsigned sum = ~ones_sum(frame + start, length - start, 0) & 0xFFFF;
    set16(frame + start + offset, sum ? sum : 0xFFFF);
    return true;
}

/* One segment: [headers | payload], the `index`-th, of which `before` bytes of payload were sent. */
static void edit_segment(uint8_t *frame, size_t headers, size_t payload, unsigned index, size_t before, bool last, struct fake_packet packet) {
    uint8_t *ip = frame + packet.ip, *l4 = frame + packet.l4;
    const size_t l4_bytes = headers - packet.l4 + payload;
    if (packet.version == 4) {
        set16(ip + 2, (unsigned)(packet.l4 - packet.ip + l4_bytes));
        set16(ip + 4, get16(ip + 4) + index);
        set16(ip + 10, 0);
        set16(ip + 10, ~ones_sum(ip, packet.l4 - packet.ip, 0) & 0xFFFF);
    } else {
        set16(ip + 4, (unsigned)(packet.l4 - packet.ip - 40 + l4_bytes));
    }
    const unsigned field = packet.protocol == TCP ? 16 : 6;
    if (packet.protocol == TCP) {
        const uint32_t sequence = ((uint32_t)get16(l4 + 4) << 16 | get16(l4 + 6)) + (uint32_t)before;
        set16(l4 + 4, sequence >> 16);
        set16(l4 + 6, sequence & 0xFFFF);
        if (!last) l4[13] &= (uint8_t)~0x09u;  /* FIN, PSH */
        if (index) l4[13] &= (uint8_t)~0x80u;  /* CWR */
    } else {
        set16(l4 + 4, (unsigned)l4_bytes);
    }
    set16(l4 + field, 0);
    const unsigned sum = ~ones_sum(l4, l4_bytes, pseudo(frame, &packet, l4_bytes)) & 0xFFFF;
    set16(l4 + field, sum ? sum : 0xFFFF);
}

static bool gso_is_good(const struct fake_platform *fake, const uint8_t *header, const uint8_t *frame, size_t length,
                        struct fake_packet *packet) {
    const unsigned type = header[VIRTIO_NET_HDR_GSO_TYPE] & ~(1u << VIRTIO_NET_HDR_GSO_ECN_BIT);
    *packet = fake_packet_of(frame, length);
    packet->l4 = le16(header + VIRTIO_NET_HDR_CSUM_START);
    if (!(header[VIRTIO_NET_HDR_FLAGS] & 1) || le16(header + VIRTIO_NET_HDR_GSO_SIZE) == 0 || packet->l4 + 20 > length) return false;
    switch (type) {
    case VIRTIO_NET_HDR_GSO_TCPV4: return fake_has(fake, VIRTIO_NET_F_HOST_TSO4_BIT) && packet->version == 4 && packet->protocol == TCP;
    case VIRTIO_NET_HDR_GSO_TCPV6: return fake_has(fake, VIRTIO_NET_F_HOST_TSO6_BIT) && packet->version == 6 && packet->protocol == TCP;
    case VIRTIO_NET_HDR_GSO_UDP_L4: return fake_has(fake, VIRTIO_NET_F_HOST_USO_BIT) && packet->version && packet->protocol == UDP;
    default: return false;
    }
}

/* What the driver leaves for the device must be right for the packet as a whole, [V] 5.1.6.2. */
static void check_whole(struct fake_platform *fake, const uint8_t *header, const uint8_t *frame, size_t length, struct fake_packet packet,
                        size_t headers) {
    const unsigned offset = le16(header + VIRTIO_NET_HDR_CSUM_OFFSET);
    const size_t ip_says = packet.version == 4 ? get16(frame + packet.ip + 2) : get16(frame + packet.ip + 4) + 40u;
    if (offset != (packet.protocol == TCP ? 16u : 6u) || get16(frame + packet.l4 + offset) != pseudo(frame, &packet, length - packet.l4))
        fake_violate(fake, "net.pseudo_sum", "[V] 5.1.6.2", -1, "a large send of %zu bytes: csum_offset %u, field 0x%04x, not the pseudo sum",
                     length, offset, get16(frame + packet.l4 + offset));
    if (ip_says != length - packet.ip)
        fake_violate(fake, "net.ip_length", "[V] 5.1.6.2", -1, "a large send of %zu bytes: IP says %zu", length - packet.ip, ip_says);
    if (le16(header + VIRTIO_NET_HDR_HDR_LEN) != headers)
        fake_violate(fake, "net.hdr_len", "[V] 5.1.6.2", -1, "hdr_len %u, the headers have %zu", le16(header + VIRTIO_NET_HDR_HDR_LEN), headers);
}

static bool segment(struct fake_platform *fake, const uint8_t *header, const uint8_t *frame, size_t length, fake_emit_fn emit, void *arg) {
    static uint8_t out[SEGMENT_ROOM];
    struct fake_packet packet;
    if (!gso_is_good(fake, header, frame, length, &packet)) return false;
    const size_t headers = packet.l4 + (packet.protocol == TCP ? (frame[packet.l4 + 12] >> 4) * 4u : 8u);
    const size_t size = le16(header + VIRTIO_NET_HDR_GSO_SIZE);
    if (headers > length) return false;
    check_whole(fake, header, frame, length, packet, headers);
    fake->device.state.large_sends++;
    unsigned index = 0;
    for (size_t before = 0; before < length - headers; before += size, index++) {
        const size_t left = length - headers - before, payload = left < size ? left : size;
        memcpy(out, frame, headers);
        memcpy(out + headers, frame + headers + before, payload);
        edit_segment(out, headers, payload, index, before, payload == left, packet);
        emit(fake, out, headers + payload, arg);
    }
    return true;
}

bool fake_offload_send(struct fake_platform *fake, const uint8_t *header, uint8_t *frame, size_t length, fake_emit_fn emit, void *arg) {
    if (header[VIRTIO_NET_HDR_GSO_TYPE] != VIRTIO_NET_HDR_GSO_NONE) return segment(fake, header, frame, length, emit, arg);
    if (header[VIRTIO_NET_HDR_FLAGS] & 1u << VIRTIO_NET_HDR_F_NEEDS_CSUM_BIT) {
        if (!fake_has(fake, VIRTIO_NET_F_CSUM_BIT) ||
            !complete_checksum(frame, length, le16(header + VIRTIO_NET_HDR_CSUM_START), le16(header + VIRTIO_NET_HDR_CSUM_OFFSET)))
            return false;
        fake->device.state.checksums++;
    }
    emit(fake, frame, length, arg);
    return true;
}
