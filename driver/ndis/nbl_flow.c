/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nbl_flow.c: all NBs of an NBL that a driver sends are of one flow. [D] 2.8
 *
 * The same MAC addresses, EtherType and IP version, and for TCP and UDP the same connection: who breaks it has frames of one connection
 * overtake each other, for NICs choose a queue by the first NB. Only NBLs with several NBs are looked at, where they are sent first. What
 * cannot be read is not judged.
 */
#include <stdio.h>

#include "nbl_internal.h"

enum {
    SEEN = 160,  /* bytes of a frame, hold every header that makes its flow */
    MAC = 6, TYPE_AT = 12, TAG = 4, TYPE_VLAN = 0x8100, TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, TCP = 6, UDP = 17, PORTS = 4,
    IPV4_BYTES = 20, IPV4_FRAGMENT = 6, IPV4_PROTOCOL = 9, IPV4_SOURCE = 12, IPV6_BYTES = 40, IPV6_NEXT = 6, IPV6_SOURCE = 8,
    ADDRESSES = 32,
    TEXT = 96
};

struct flow {
    uint8_t macs[2 * MAC];
    unsigned type, version, protocol;   /* protocol 0: none that has ports */
    uint8_t addresses[ADDRESSES];       /* source, then destination */
    uint8_t ports[PORTS];
};

static unsigned be16(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }

static void read_ports(struct flow *flow, const uint8_t *frame, ULONG length, ULONG at, unsigned protocol) {
    if ((protocol != TCP && protocol != UDP) || at + PORTS > length) return;
    flow->protocol = protocol;
    memcpy(flow->ports, frame + at, PORTS);
}

static void read_ip(struct flow *flow, const uint8_t *frame, ULONG length, ULONG at) {
    const uint8_t *ip = frame + at;
    if (flow->type == TYPE_IPV4 && at + IPV4_BYTES <= length && ip[0] >> 4 == 4) {
        flow->version = 4;
        memcpy(flow->addresses, ip + IPV4_SOURCE, 8);
        /* Only a first fragment has ports: then the others would not match it. */
        if ((be16(ip + IPV4_FRAGMENT) & 0x3FFF) == 0) read_ports(flow, frame, length, at + (ip[0] & 0xFu) * 4, ip[IPV4_PROTOCOL]);
    } else if (flow->type == TYPE_IPV6 && at + IPV6_BYTES <= length && ip[0] >> 4 == 6) {
        flow->version = 6;
        memcpy(flow->addresses, ip + IPV6_SOURCE, ADDRESSES);
        read_ports(flow, frame, length, at + IPV6_BYTES, ip[IPV6_NEXT]);
    }
}

static bool read_flow(PNET_BUFFER nb, struct flow *flow) {
    uint8_t storage[SEEN];
    const ULONG length = nb->DataLength < SEEN ? nb->DataLength : (ULONG)SEEN;
    memset(flow, 0, sizeof(*flow));
    const uint8_t *frame = length >= TYPE_AT + 2 ? NdisGetDataBuffer(nb, length, storage, 1, 0) : NULL;
    if (!frame) return false;
    ULONG at = TYPE_AT;
    memcpy(flow->macs, frame, sizeof(flow->macs));
    while (be16(frame + at) == TYPE_VLAN && at + TAG + 2 <= length) at += TAG;
    flow->type = be16(frame + at);
    read_ip(flow, frame, length, at + 2);
    return true;
}

static bool same_link(const struct flow *one, const struct flow *other) {
    return memcmp(one->macs, other->macs, sizeof(one->macs)) == 0 && one->type == other->type && one->version == other->version;
}

static bool same(const struct flow *one, const struct flow *other) {
    if (!same_link(one, other) || one->protocol != other->protocol) return false;
    return !one->protocol || (memcmp(one->addresses, other->addresses, ADDRESSES) == 0 && memcmp(one->ports, other->ports, PORTS) == 0);
}

/* "TCP 10.0.0.1:1000 > 10.0.0.2:80", IPv6 by the ends of its addresses; "02:00:00:00:00:01 > 02:00:00:00:00:02 type 0x0800" where that
 * is what differs. */
static void describe(const struct flow *flow, bool link, char text[TEXT]) {
    const uint8_t *m = flow->macs, *a = flow->addresses, *p = flow->ports;
    const char *protocol = flow->protocol == TCP ? "TCP " : flow->protocol == UDP ? "UDP " : "no ports, ";
    if (link || !flow->version)
        snprintf(text, TEXT, "%02x:%02x:%02x:%02x:%02x:%02x > %02x:%02x:%02x:%02x:%02x:%02x type 0x%04x", m[6], m[7], m[8], m[9], m[10],
                 m[11], m[0], m[1], m[2], m[3], m[4], m[5], flow->type);
    else if (flow->version == 4)
        snprintf(text, TEXT, "%s%u.%u.%u.%u:%u > %u.%u.%u.%u:%u", protocol, a[0], a[1], a[2], a[3], be16(p), a[4], a[5], a[6], a[7],
                 be16(p + 2));
    else
        snprintf(text, TEXT, "%s...%02x%02x:%02x%02x port %u > ...%02x%02x:%02x%02x port %u", protocol, a[12], a[13], a[14], a[15], be16(p),
                 a[28], a[29], a[30], a[31], be16(p + 2));
}

void nbl_check_flows(struct nbl_record *record) {
    const PNET_BUFFER first_nb = nbl_of(record)->FirstNetBuffer;
    struct flow first, other;
    unsigned number = 1;
    if (!first_nb || !read_flow(first_nb, &first)) return;
    for (PNET_BUFFER nb = first_nb->Next; nb; nb = nb->Next, number++) {
        char one[TEXT], two[TEXT];
        if (!read_flow(nb, &other) || same(&first, &other)) continue;
        describe(&first, !same_link(&first, &other), one);
        describe(&other, !same_link(&first, &other), two);
        nbl_violation(record, "nbl.mixed_flows", "[D] 2.8", "was sent with NBs of two flows: NB 0 is %s; NB %u is %s: give each its own NBL",
                      one, number, two);
        return;
    }
}
