/* SPDX-License-Identifier: Apache-2.0 */
/* Generated frames. Randomness is splitmix64 of the seed and the frame number: the same everywhere, and random access. */
#include "generator.h"

#include <stdbool.h>
#include <string.h>

#include "capture.h"
#include "generator_ip.h"
#include "regmap.h"

static uint64_t mix(uint64_t value) {
    value += UINT64_C(0x9E3779B97F4A7C15);
    value = (value ^ (value >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94D049BB133111EB);
    return value ^ (value >> 31);
}

size_t generator_length(const struct generator_config *config, uint64_t number) {
    const struct scenario_sizes *sizes = &config->sizes;
    uint64_t size;
    if (sizes->range) {
        const uint64_t span = (uint64_t)sizes->values[1] - sizes->values[0] + 1;
        size = sizes->values[0] + mix(config->seed ^ mix(number)) % span;
    } else {
        size = sizes->values[number % sizes->count];
    }
    return (size_t)size - ETH_FCS;
}

static void fill_random(uint8_t *data, size_t length, uint64_t state) {
    while (length > 0) {
        state = mix(state);
        for (unsigned i = 0; i < 8 && length > 0; i++, length--) *data++ = (uint8_t)(state >> (8 * i));
    }
}

/* Bytes that count up from the frame's number: cut out of a ramp, which is several times as fast as counting. */
static void fill_counter(uint8_t *data, size_t length, uint64_t number) {
    static uint8_t ramp[256 + CAPTURE_MAX_FRAME];
    if (ramp[1] == 0)
        for (size_t i = 0; i < sizeof ramp; i++) ramp[i] = (uint8_t)i;
    memcpy(data, ramp + (uint8_t)number, length);
}

/* A different byte for each flow. The low n bits of the first 2^n flows are all different, and so are their high n bits. */
static uint8_t flow_byte(uint64_t flow) {
    static const uint8_t reversed[16] = {0x0, 0x8, 0x4, 0xC, 0x2, 0xA, 0x6, 0xE, 0x1, 0x9, 0x5, 0xD, 0x3, 0xB, 0x7, 0xF};
    return (uint8_t)(flow ^ (unsigned)reversed[flow & 0xF] << 4);
}

/* In 8 bytes, as far as they fit; returns how many. */
static size_t put_number(uint8_t *to, size_t room, uint64_t number) {
    uint8_t bytes[8];
    for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    if (room >= sizeof bytes) {
        memcpy(to, bytes, sizeof bytes);
        return sizeof bytes;
    }
    memcpy(to, bytes, room);
    return room;
}

/* The longest frame there can be. */
static size_t longest(const struct generator_config *config) {
    uint32_t size = config->sizes.range ? config->sizes.values[1] : 0;
    for (unsigned i = 0; !config->sizes.range && i < config->sizes.count; i++)
        if (config->sizes.values[i] > size) size = config->sizes.values[i];
    return size - ETH_FCS;
}

void generator_fill(const struct generator_config *config, uint64_t number, uint8_t *frame, size_t length) {
    static const uint8_t type[2] = {0x88, 0xB5};
    memcpy(frame, config->destination, 6);
    memcpy(frame + 6, config->source, 6);
    const uint64_t flows = config->flows > 1 ? config->flows : 1;
    const uint8_t flow = config->flows > 1 ? flow_byte(number % flows) : 0;
    const size_t headers = config->protocol == GENERATOR_ETHERNET ? 0 : generator_ip_headers(config->protocol);
    const bool ip = headers != 0 && length > headers;
    frame[11] ^= flow;
    memcpy(frame + 12, type, 2);
    size_t at = ip ? headers : (size_t)ETH_HEADER;
    at += put_number(frame + at, length - at, number);
    switch (config->pattern) {
    case GENERATOR_COUNTER: fill_counter(frame + at, length - at, number); break;
    case GENERATOR_RANDOM: fill_random(frame + at, length - at, mix(config->seed) ^ number); break;
    case GENERATOR_ZEROS: memset(frame + at, 0x00, length - at); break;
    case GENERATOR_ONES: memset(frame + at, 0xFF, length - at); break;
    }
    if (ip) generator_ip_fill(config, flow, number / flows, longest(config) - headers, frame, length);
}

uint64_t generator_pace(const struct generator_config *config, struct generator_pacer *pacer, size_t length) {
    if (config->rate_mbps == 0) return 0;
    size_t wire_bytes = length + ETH_FCS;
    if (wire_bytes < ETH_MIN_FRAME) wire_bytes = ETH_MIN_FRAME;
    wire_bytes += ETH_PREAMBLE + ETH_IFG;
    if (pacer->in_burst == config->burst) {
        pacer->wire_bits += pacer->burst_bits;
        pacer->burst_bits = 0;
        pacer->in_burst = 0;
    }
    /* Every frame of a burst may go when the bursts before it would be through at the asked rate. bits / (Mb/s) is in us; dividing
     * first, then the remainder, keeps a year of simulated traffic within 64 bits. */
    const uint64_t rate = config->rate_mbps;
    const uint64_t time_ps = pacer->wire_bits / rate * 1000000u + pacer->wire_bits % rate * 1000000u / rate;
    pacer->burst_bits += wire_bytes * 8;
    pacer->in_burst++;
    return time_ps;
}
