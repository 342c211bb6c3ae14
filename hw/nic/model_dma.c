/* SPDX-License-Identifier: Apache-2.0 */
/* What both DMA engines share: turns (common/arb_mux.sv), cutting, headers. */
#include "model_device.h"

void model_turns_init(struct model_turns *turns, unsigned count) {
    *turns = (struct model_turns){.count = count};
    for (unsigned i = 0; i < count; i++) turns->since[i] = MODEL_NEVER;
}

int model_turns_take(struct model_turns *turns, uint64_t cycle) {
    if (turns->asking == 0) return -1;
    for (unsigned i = 1; i <= turns->count; i++) {
        const unsigned source = turns->last + i < turns->count ? turns->last + i : turns->last + i - turns->count;
        if (turns->since[source] > cycle) continue;
        turns->since[source] = MODEL_NEVER;
        turns->asking--;
        return (int)source;
    }
    return -1;
}

void model_turns_served(struct model_turns *turns, int source) { turns->last = (unsigned)source; }

uint32_t model_cut(uint64_t addr, uint32_t bytes, uint32_t most) {
    const uint32_t page = 4096, room = most - (uint32_t)(addr % most);
    const bool fits = bytes + addr % 4 <= most && bytes + addr % page <= page;
    return fits || bytes <= room ? bytes : room;
}

void model_request_header(uint32_t hdr[4], uint32_t type32, uint32_t requester, uint32_t tag, uint64_t addr, uint32_t bytes) {
    const uint32_t lead = addr & 3, length = (lead + bytes + 3) / 4, trail = 4 * length - lead - bytes;
    const uint32_t first = 0xFu << lead & 0xF, last = 0xFu >> trail;
    const bool wide = addr >> 32;
    hdr[0] = (type32 | (wide ? 0x20u : 0u)) << TLP_FMT_TYPE_LSB | (length & 0x3FF); /* [P] 2.2.1: Fmt[0], 4 DW header */
    hdr[1] = requester << TLP_REQUESTER_LSB | tag << TLP_TAG_LSB | (length == 1 ? 0 : last << TLP_LAST_BE_LSB) |
             (length == 1 ? first & last : first);
    hdr[2] = wide ? (uint32_t)(addr >> 32) : (uint32_t)addr & ~3u;
    hdr[3] = wide ? (uint32_t)addr & ~3u : 0;
}
