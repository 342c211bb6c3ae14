/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio_net_receive.h: what the virtio header says of a received frame, and the tag in the frame. [V] 5.1.6.4
 */
#ifndef RINGSIDE_VIRTIO_NET_RECEIVE_H
#define RINGSIDE_VIRTIO_NET_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "regmap.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Over what the hash was made: the number of VIRTIO_HASH_*_BIT, or none. */
enum { VIRTIO_NET_NOT_HASHED = -1 };

struct virtio_net_hash {
    int type;
    uint32_t value;
};

/* Is the sum of TCP or UDP good? Of the IPv4 header this says nothing; if it is not so, nobody looked. */
static inline bool virtio_net_is_valid(const uint8_t *header) {
    return header[VIRTIO_NET_HDR_FLAGS] >> VIRTIO_NET_HDR_F_DATA_VALID_BIT & 1;
}

static inline unsigned virtio_net_buffers(const uint8_t *header) {
    return header[VIRTIO_NET_HDR_NUM_BUFFERS] | (unsigned)header[VIRTIO_NET_HDR_NUM_BUFFERS + 1] << 8;
}

/* With HASH_REPORT. hash_report is the number of the hash type + 1, [V] 5.1.6.4.3.3. */
static inline struct virtio_net_hash virtio_net_hash_of(const uint8_t *header) {
    const uint8_t *value = &header[VIRTIO_NET_HDR_HASH_VALUE];
    const unsigned report = header[VIRTIO_NET_HDR_HASH_REPORT] | (unsigned)header[VIRTIO_NET_HDR_HASH_REPORT + 1] << 8;
    if (report == 0 || report > VIRTIO_HASH_UDPV6_BIT + 1) return (struct virtio_net_hash){VIRTIO_NET_NOT_HASHED, 0};
    return (struct virtio_net_hash){(int)report - 1, value[0] | (uint32_t)value[1] << 8 | (uint32_t)value[2] << 16 | (uint32_t)value[3] << 24};
}

/* Takes the outer 802.1Q tag off: the addresses move over it, and the frame begins 4 bytes later. False: there is none. */
static inline bool virtio_net_strip_tag(uint8_t *frame, uint32_t length, unsigned *tci) {
    enum { MAC_BYTES = 12, TAG_BYTES = 4 };
    if (length < ETH_HEADER + TAG_BYTES || frame[MAC_BYTES] != 0x81 || frame[MAC_BYTES + 1] != 0) return false;
    *tci = (unsigned)frame[MAC_BYTES + 2] << 8 | frame[MAC_BYTES + 3];
    memmove(frame + TAG_BYTES, frame, MAC_BYTES);
    return true;
}

#ifdef __cplusplus
}
#endif

#endif
