/* SPDX-License-Identifier: Apache-2.0 */
/* model_rx.h: what is said of a received frame (rtl/net/rx_offload.sv and what is in it), and what the control queue has set for it. */
#ifndef RINGSIDE_MODEL_RX_H
#define RINGSIDE_MODEL_RX_H

#include "model.h"
#include "regmap.h"

enum {
    MODEL_RX_HEAD = 128,     /* bytes of a frame that are parsed */
    MODEL_ADDRESSES = 16,    /* of the address table, unicast and multicast together */
    MODEL_VIDS = 4096,
    MODEL_TUPLE = 2 * 16 + 4 /* addresses of IPv6 and ports */
};

/* --- rx_parse --- */
struct model_parsed {
    unsigned tags;
    bool ctag;                      /* the first tag is one of type 8100 */
    uint16_t vid;                   /* of it */
    bool v4, v6, tcp, udp;          /* tcp, udp: not a fragment, and its header is among the bytes that are parsed */
    uint8_t tuple[MODEL_TUPLE];     /* source, destination, then ports of tcp or udp, as on the wire */
    unsigned address_bytes;         /* of both addresses in it */
    bool checkable;                 /* the checksum of tcp or udp can be verified, and the IPv4 header is good */
    uint32_t l4, end;               /* where its header begins in the frame; where the IP packet ends, which may be behind the frame */
};
/* frame: length bytes, 60 or more, without FCS. */
void model_rx_parse(struct model_parsed *parsed, const uint8_t *frame, uint32_t length);

/* The Internet checksum's sum of bytes (RFC 1071), not inverted, added to `sum`; an odd last byte counts as if a zero followed. */
uint16_t model_ones_sum(uint16_t sum, const uint8_t *bytes, size_t count);

/* --- rx_filter --- */
struct model_filter {
    bool promisc, allmulti, alluni, nomulti, nouni, nobcast;
    bool too_many_unicast, too_many_groups; /* lists that did not fit: all of that kind */
    uint64_t mac;                           /* bits 7:0 are the first byte on the wire, here and in the table */
    unsigned used;
    uint64_t addresses[MODEL_ADDRESSES];
    bool vlans[MODEL_VIDS];
    uint64_t ready_from;                    /* cycle from which the VLAN table is empty after a reset, and can be written */
    uint64_t open_from, open_to;            /* cycles in which the address table is written: every address passes */
};
void model_filter_reset(struct model *model, uint64_t cycle);
bool model_filter_pass(const struct model *model, const uint8_t *frame, const struct model_parsed *parsed, uint64_t cycle);

/* --- rss, toeplitz --- */
struct model_rss {
    bool steer; /* the queue follows from the hash; else automatic steering */
    uint32_t types;
    uint16_t mask;
    uint8_t unclassified;
    uint8_t key[VIRTIO_HASH_KEY_BYTES], table[VIRTIO_HASH_TABLE_ENTRIES];
};

/* --- rx_offload --- */
struct model_verdict {
    bool unwanted, verified;
    unsigned pair;   /* by the hash; of use when the model steers by it */
    uint32_t hash;
    uint16_t report; /* hash_report of [V] 5.1.6.4.3 */
};
void model_rss_judge(const struct model *model, const struct model_parsed *parsed, struct model_verdict *verdict);
bool model_rx_offload_enabled(const struct model *model);
/* Nothing is said of a frame when it is not enabled. cycle: that in which its end is stored. */
void model_rx_offload_judge(const struct model *model, const uint8_t *frame, uint32_t length, struct model_verdict *verdict, uint64_t cycle);

#endif
