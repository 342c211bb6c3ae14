/* SPDX-License-Identifier: Apache-2.0 */
/* flow_hash and rx_steer: which receive queue a frame is for, when there are several: automatic receive steering ([V] 5.1.6.5.5). */
#include <string.h>

#include "model_device.h"

enum {
    HEAD = 64, ADDRESSES = 12, TYPE = 12, TAG = 4, TYPE_VLAN = 0x8100, TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86DD, TCP = 6, UDP = 17, PORTS = 4,
    V4_FRAGMENT = 6, V4_PROTOCOL = 9, V4_ADDRESSES = 12, V4_ADDRESS_BYTES = 8, V6_PROTOCOL = 6, V6_ADDRESSES = 8, V6_ADDRESS_BYTES = 32,
    V6_HEADER = 40, FRAGMENT_MASK = 0x3FFF
};

static uint8_t fold(const uint8_t head[HEAD], unsigned from, unsigned bytes) {
    uint8_t sum = 0;
    for (unsigned i = from; i < from + bytes && i < HEAD; i++) sum ^= head[i];
    return sum;
}

static unsigned be16(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }

/* The same for both directions of a flow: addresses and, of TCP and UDP that is not a fragment, ports. */
static uint8_t flow_hash(const uint8_t head[HEAD]) {
    const bool tagged = be16(head + TYPE) == TYPE_VLAN;
    const unsigned type = be16(head + TYPE + (tagged ? TAG : 0)), l3 = TYPE + 2 + (tagged ? TAG : 0);
    const uint8_t *ip = head + l3;
    if (type == TYPE_IPV4 && ip[0] >> 4 == 4) {
        const bool ports = (be16(ip + V4_FRAGMENT) & FRAGMENT_MASK) == 0 && (ip[V4_PROTOCOL] == TCP || ip[V4_PROTOCOL] == UDP);
        return fold(head, l3 + V4_ADDRESSES, V4_ADDRESS_BYTES) ^ (ports ? fold(head, l3 + 4 * (ip[0] & 15u), PORTS) : 0);
    }
    if (type == TYPE_IPV6 && ip[0] >> 4 == 6) {
        const bool ports = ip[V6_PROTOCOL] == TCP || ip[V6_PROTOCOL] == UDP;
        return fold(head, l3 + V6_ADDRESSES, V6_ADDRESS_BYTES) ^ (ports ? fold(head, l3 + V6_HEADER, PORTS) : 0);
    }
    return fold(head, 0, ADDRESSES);
}

void model_steer_learn(struct model *model, const uint8_t head[HEAD], unsigned pair) {
    const uint8_t hash = flow_hash(head);
    model->steer.known[hash] = true;
    model->steer.pair[hash] = (uint8_t)pair;
}

/* Where the flow was last sent; one that was never sent is spread by its hash, over the pairs in use. */
unsigned model_steer_pair(const struct model *model, const uint8_t *frame, uint32_t length) {
    uint8_t head[HEAD] = {0};
    if (model->pairs == 1) return 0;
    memcpy(head, frame, length < HEAD ? length : HEAD);
    const uint8_t hash = flow_hash(head);
    if (model->steer.known[hash] && model->steer.pair[hash] < model->ctrl.pairs) return model->steer.pair[hash];
    return hash * model->ctrl.pairs >> 8;
}
