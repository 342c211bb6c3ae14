/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offload_check.h: is what the NIC says of a received frame true? Written from the RFCs and the published definition of the hash, not from
 * driver or device, which it checks: a checksum that is said to be good is good, and a hash is that of the frame.
 */
#ifndef RINGSIDE_OFFLOAD_CHECK_H
#define RINGSIDE_OFFLOAD_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { OFFLOAD_KEY_BYTES = 40 };

/* Which headers a hash covers; a frame has at most one of them. */
enum offload_hash {
    OFFLOAD_HASH_NONE, OFFLOAD_HASH_IPV4, OFFLOAD_HASH_TCP4, OFFLOAD_HASH_UDP4, OFFLOAD_HASH_IPV6, OFFLOAD_HASH_TCP6, OFFLOAD_HASH_UDP6
};

/* TCP (or UDP) over IPv4 or IPv6, not a fragment, with a checksum, and it is right. */
bool offload_tcp_is_good(const uint8_t *frame, size_t length);
bool offload_udp_is_good(const uint8_t *frame, size_t length);

/* The hash of a frame with this key, and what it covers when every type is on. */
enum offload_hash offload_hash_of(const uint8_t *frame, size_t length, const uint8_t key[OFFLOAD_KEY_BYTES], uint32_t *hash);

#ifdef __cplusplus
}
#endif

#endif
