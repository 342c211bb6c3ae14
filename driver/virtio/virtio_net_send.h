/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virtio_net_send.h: what a driver asks of the device for one frame, as the virtio header and as edits of the frame's front.
 *
 * Where the operating system and VIRTIO leave different things in the frame, or a tag has to go in, the front of the frame is copied behind
 * the header and edited there: the sender's bytes are never touched.
 *
 *   [virtio header | front, edited ] [ frame from `taken` on ... ]
 *
 *   asked                       what Windows leaves in the frame         what VIRTIO wants
 *   checksum, TCP or UDP        pseudo-header sum with the length        the same: NEEDS_CSUM
 *   checksum, IPv4 header       0                                        the right one: the device makes none
 *   segments                    IP length 0, pseudo sum without length   both with the length of the whole packet
 *   tag                         nothing                                  the tag
 *
 * A large send's segments get their lengths, IPv4 identifications and checksums from the device, [V] 5.1.6.2.
 */
#ifndef RINGSIDE_VIRTIO_NET_SEND_H
#define RINGSIDE_VIRTIO_NET_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regmap.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longest front: Ethernet with two tags, and 128 bytes of IP and TCP, more than which no large send has. */
enum { VIRTIO_NET_FRONT_BYTES = ETH_HEADER + 8 + 128, VIRTIO_NET_TAG_BYTES = 4 };

struct virtio_net_send {
    unsigned version;               /* of IP: 4 or 6; 0: neither */
    bool tcp;                       /* or UDP */
    unsigned l3, l4;                /* offsets of IP, and of TCP or UDP */
    uint32_t length;                /* of the frame */
    bool checksum, ip_checksum, tag;
    unsigned ip_bytes;              /* IPv4 header, with its options; for ip_checksum */
    unsigned segment;               /* bytes of payload of each segment; 0: the frame is one */
    unsigned header_bytes;          /* in front of each segment's payload */
    bool ecn;                       /* the device takes frames with CWR as such: HOST_ECN */
    unsigned tci;                   /* of the tag */
};

struct virtio_net_front {
    uint8_t header[VIRTIO_NET_HDR_HASH_SIZE];
    uint8_t front[VIRTIO_NET_FRONT_BYTES];
    unsigned front_bytes;           /* 0: the frame goes as it is */
    unsigned taken;                 /* bytes of the frame that the front stands for */
};

/* Bytes of the frame that have to be edited, which are the caller's to give; 0: none. */
unsigned virtio_net_send_taken(const struct virtio_net_send *send);
/* `seen` bytes of the frame are at `frame`. False: too few, or the front is too long. */
bool virtio_net_send_write(const struct virtio_net_send *send, const uint8_t *frame, size_t seen, struct virtio_net_front *to);
/* The header alone, of a send that needs no edits; it is zeroed before. */
void virtio_net_send_header(const struct virtio_net_send *send, const uint8_t *frame, uint8_t *header);

#ifdef __cplusplus
}
#endif

#endif
