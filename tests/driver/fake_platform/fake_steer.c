/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_steer.c: which pair a frame belongs to. Written from the words of driver/netvio/netvio_flow.h without a look at its code, so that
 * the two can disagree: the exclusive or, byte by byte, of everything that makes the flow.
 */
#include "fake_internal.h"

static uint8_t fold(const uint8_t *bytes, size_t count) {
    uint8_t all = 0;
    while (count--) all ^= *bytes++;
    return all;
}

unsigned fake_device_pair_of(const uint8_t *f, size_t length, unsigned pairs) {
    if (length < ETH_HEADER) return 0;
    size_t at = 12;
    for (unsigned tags = 0; tags < 2 && at + 6 <= length; tags++, at += 4) {
        const bool tag = (f[at] == 0x81 && f[at + 1] == 0) || (f[at] == 0x88 && f[at + 1] == 0xA8);
        if (!tag) break;
    }
    const unsigned type = (unsigned)f[at] << 8 | f[at + 1];
    const uint8_t *ip = f + at + 2;
    const size_t left = length - at - 2;
    uint8_t hash;
    size_t ports = 0;
    if (type == 0x0800 && left >= 20 && ip[0] >= 0x45 && ip[0] <= 0x4F) {
        hash = fold(ip + 12, 8);
        if ((ip[9] == 6 || ip[9] == 17) && !(ip[6] & 0x3F) && !ip[7]) ports = (size_t)(ip[0] & 15) * 4;
    } else if (type == 0x86DD && left >= 40 && ip[0] >> 4 == 6) {
        hash = fold(ip + 8, 32);
        if (ip[6] == 6 || ip[6] == 17) ports = 40;
    } else {
        hash = fold(f, 12);
    }
    if (ports && ports + 4 <= left) hash ^= fold(ip + ports, 4);
    return hash % pairs;
}
