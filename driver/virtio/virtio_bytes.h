/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_bytes.h: structures shared with a VIRTIO device are little-endian, [V] 1.4. These convert on big-endian hosts. */
#ifndef RINGSIDE_VIRTIO_BYTES_H
#define RINGSIDE_VIRTIO_BYTES_H

#include <stdint.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
static inline uint16_t virtio_le16(uint16_t value) { return __builtin_bswap16(value); }
static inline uint32_t virtio_le32(uint32_t value) { return __builtin_bswap32(value); }
static inline uint64_t virtio_le64(uint64_t value) { return __builtin_bswap64(value); }
#else
static inline uint16_t virtio_le16(uint16_t value) { return value; }
static inline uint32_t virtio_le32(uint32_t value) { return value; }
static inline uint64_t virtio_le64(uint64_t value) { return value; }
#endif

#endif
