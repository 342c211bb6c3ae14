/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tx_seg: cuts a packet into frames of gso_size bytes of payload each ([V] 5.1.6.2).
 *
 * Headers are checked once: Ethernet, up to two VLAN tags, IPv4 with options or IPv6, and TCP or UDP where csum_start says; the extension
 * headers of IPv6 are not walked. Lengths in the packet are not looked at: segments have their own, and so they have checksums.
 *
 * Spec: [V] VIRTIO 1.2  RFC 791, RFC 8200, RFC 9293, RFC 768, RFC 3168
 */
#include <string.h>

#include "model_device.h"

enum {
    TYPE_AT = 12, TAG = 4, MOST_TAGS = 2, CTAG = 0x8100, STAG = 0x88A8, IPV4 = 0x0800, IPV6 = 0x86DD, TCP = 6, UDP = 17,
    V4_LEAST = 20, V4_TOTAL = 2, V4_ID = 4, V4_FRAGMENT = 6, V4_FRAGMENT_MASK = 0x3FFF, V4_PROTOCOL = 9, V4_CHECKSUM = 10,
    V4_ADDRESSES = 12, V4_ADDRESS_BYTES = 8, V6_HEADER = 40, V6_LENGTH = 4, V6_NEXT = 6, V6_ADDRESSES = 8, V6_ADDRESS_BYTES = 32, V6_UNIT = 8,
    TCP_LEAST = 20, TCP_SEQ = 4, TCP_OFFSET = 12, TCP_FLAGS = 13, TCP_CHECKSUM = 16, UDP_HEADER = 8, UDP_LENGTH = 4, UDP_CHECKSUM = 6,
    CWR = 0x80, PSH_FIN = 0x09,
    WORD = 4, IN_FRONT = 2, START = 4 /* cycles of a packet, besides one for each word of its headers */
};

static uint8_t byte(struct model *model, uint32_t at) { return *model_tx_ram(&model->tx, model->tx.seg.base + at); }
static uint32_t be16(struct model *model, uint32_t at) { return (uint32_t)byte(model, at) << 8 | byte(model, at + 1); }

static void put_be(uint8_t *to, uint32_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

/* --- headers: do they say what the virtio-net header claims? --- */

static bool ipv4_is_good(struct model *model, unsigned protocol) {
    const struct model_seg *seg = &model->tx.seg;
    const uint32_t header = 4 * (byte(model, seg->l3) & 15u);
    return byte(model, seg->l3) >> 4 == 4 && header >= V4_LEAST && seg->ask.start == seg->l3 + header &&
           (be16(model, seg->l3 + V4_FRAGMENT) & V4_FRAGMENT_MASK) == 0 && byte(model, seg->l3 + V4_PROTOCOL) == protocol;
}

static bool ipv6_is_good(struct model *model, unsigned protocol) {
    const struct model_seg *seg = &model->tx.seg;
    if (byte(model, seg->l3) >> 4 != 6 || seg->ask.start < seg->l3 + V6_HEADER || (seg->ask.start - seg->l3) % V6_UNIT) return false;
    return seg->ask.start != seg->l3 + V6_HEADER || byte(model, seg->l3 + V6_NEXT) == protocol;
}

static bool headers_are_good(struct model *model) {
    struct model_seg *seg = &model->tx.seg;
    const struct model_tx_ask *ask = &seg->ask;
    const uint32_t least = ask->start + (ask->udp ? UDP_HEADER : TCP_LEAST);
    uint32_t at = TYPE_AT;
    if (ask->field - ask->start != (ask->udp ? UDP_CHECKSUM : TCP_CHECKSUM) || least > MODEL_SEG_HEADERS || least > seg->length) return false;
    for (unsigned tags = 0; tags < MOST_TAGS && (be16(model, at) == CTAG || be16(model, at) == STAG); tags++) at += TAG;
    const uint32_t type = be16(model, at);
    seg->l3 = at + 2;
    seg->is_v6 = type == IPV6;
    if (!(ask->v4 && type == IPV4) && !(ask->v6 && type == IPV6)) return false;
    if (seg->length - seg->l3 > UINT16_MAX) return false; /* [V] 5.1.6.2: a packet of IP has no more */
    const unsigned protocol = ask->udp ? UDP : TCP;
    if (!(seg->is_v6 ? ipv6_is_good(model, protocol) : ipv4_is_good(model, protocol))) return false;
    const uint32_t tcp = 4u * (byte(model, ask->start + TCP_OFFSET) >> 4);
    seg->head = ask->start + (ask->udp ? (uint32_t)UDP_HEADER : tcp);
    return (ask->udp || tcp >= TCP_LEAST) && seg->head <= seg->length && seg->head <= MODEL_SEG_HEADERS;
}

uint32_t model_seg_payload(const struct model_seg *seg) { return seg->left <= seg->ask.gso_size ? seg->left : seg->ask.gso_size; }

bool model_seg_begin(struct model *model, const struct model_tx_slot *slot, const struct model_tx_ask *ask, uint64_t cycle) {
    struct model_seg *seg = &model->tx.seg;
    const uint32_t header = model_header_bytes(model);
    seg->ask = *ask;
    seg->base = slot->base + header;
    seg->length = slot->length - header;
    if (!headers_are_good(model)) return false;
    seg->payload = seg->base + seg->head;
    seg->end = slot->base;
    seg->left = seg->length - seg->head;
    seg->sent = seg->number = 0;
    if (seg->head + model_seg_payload(seg) > MODEL_TX_MAX_FRAME) return false;
    for (uint32_t i = 0; i < seg->head; i++) seg->headers[i] = byte(model, i);
    seg->id = (uint16_t)be16(model, seg->l3 + V4_ID);
    seg->seq = be16(model, ask->start + TCP_SEQ) << 16 | be16(model, ask->start + TCP_SEQ + 2);
    seg->from = cycle + START + (seg->head + IN_FRONT) / WORD;
    seg->pair = slot->pair;
    seg->slot = slot->buffer.slot;
    seg->pid = slot->buffer.pid;
    seg->active = true;
    seg->all = false;
    return true;
}

/* --- segments --- */

static void edit_network(const struct model_seg *seg, uint8_t *ip, uint32_t bytes) {
    if (seg->is_v6) {
        put_be(ip + V6_LENGTH, bytes - V6_HEADER, 2);
        return;
    }
    put_be(ip + V4_TOTAL, bytes, 2);
    put_be(ip + V4_ID, seg->id + seg->number, 2);
    put_be(ip + V4_CHECKSUM, 0, 2);
    put_be(ip + V4_CHECKSUM, (uint16_t)~model_ones_sum(0, ip, seg->ask.start - seg->l3), 2);
}

/* tx_csum completes the checksum: here it is the sum of the pseudo header. */
static void edit_transport(const struct model_seg *seg, const uint8_t *ip, uint8_t *l4, uint32_t bytes, bool last) {
    const uint8_t rest[] = {(uint8_t)(bytes >> 8), (uint8_t)bytes, 0, seg->ask.udp ? UDP : TCP};
    const uint16_t addresses = seg->is_v6 ? model_ones_sum(0, ip + V6_ADDRESSES, V6_ADDRESS_BYTES)
                                          : model_ones_sum(0, ip + V4_ADDRESSES, V4_ADDRESS_BYTES);
    const uint16_t pseudo = model_ones_sum(addresses, rest, sizeof rest);
    if (seg->ask.udp) {
        put_be(l4 + UDP_LENGTH, bytes, 2);
        put_be(l4 + UDP_CHECKSUM, pseudo, 2);
        return;
    }
    put_be(l4 + TCP_SEQ, seg->seq + seg->sent, 4);
    if (seg->number) l4[TCP_FLAGS] &= (uint8_t)~CWR; /* RFC 3168: CWR answers once */
    if (!last) l4[TCP_FLAGS] &= (uint8_t)~PSH_FIN;
    put_be(l4 + TCP_CHECKSUM, pseudo, 2);
}

uint32_t model_seg_make(struct model *model, uint8_t *frame) {
    struct model_seg *seg = &model->tx.seg;
    const uint32_t payload = model_seg_payload(seg), length = seg->head + payload;
    memcpy(frame, seg->headers, seg->head);
    for (uint32_t i = 0; i < payload; i++) frame[seg->head + i] = *model_tx_ram(&model->tx, seg->payload + i);
    edit_network(seg, frame + seg->l3, length - seg->l3);
    edit_transport(seg, frame + seg->l3, frame + seg->ask.start, length - seg->ask.start, payload == seg->left);
    seg->payload += payload;
    seg->left -= payload;
    seg->sent += payload;
    seg->number++;
    return length;
}
