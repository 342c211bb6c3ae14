// SPDX-License-Identifier: Apache-2.0
// Checks of a link's parameters, and the share of its raw rate that is left for TLPs.
//
// [P] 3.6.3.1 and 2.6.1.2 recommend how long a receiver may wait before it acknowledges and before it returns credits, in symbol times:
//     (MPS + 28 bytes of TLP overhead) x AckFactor / lanes + InternalDelay,  InternalDelay 19, 70, 115 for 2.5, 5, 8 GT/s and above.
// Following [N] we charge one 8-byte ACK and one 8-byte UpdateFC per that many bytes, and a 4-byte SKIP ordered set per 1538 bytes
// (a lane's symbol is one byte). All of it is rational, so that the time of a TLP is exact and equal on every host.
#include "link_config.h"

#include <numeric>

namespace hw {

namespace {

constexpr uint64_t dllp_bytes = 8, skip_bytes = 4, skip_interval = 1538, tlp_overhead = 28;

bool power_of_two_between(uint32_t value, uint32_t low, uint32_t high) {
    return value >= low && value <= high && (value & (value - 1)) == 0;
}

// [P] tables 3-7 to 3-9: tenths of the AckFactor.
uint64_t ack_factor_tenths(unsigned lanes, uint32_t mps) {
    if (mps >= 512) return lanes == 16 ? 20 : 10;
    return lanes == 16 ? 30 : lanes == 8 ? 25 : 14;
}

uint64_t ack_limit(const LinkConfig& config) {
    const uint64_t delay = config.generation == 1 ? 19 : config.generation == 2 ? 70 : 115;
    return (config.mps + tlp_overhead) * ack_factor_tenths(config.lanes, config.mps) / (10 * config.lanes) + delay;
}

std::string wrong(const char* key, uint64_t value, const char* expected) {
    return std::string("pcie.") + key + " is " + std::to_string(value) + ": expected " + expected;
}

std::string credit_error(const char* side, const Credits& credits, uint32_t mps) {
    if (credits.posted_headers == 0 || credits.non_posted_headers == 0 || credits.non_posted_data == 0)
        return wrong(side, 0, "at least one header and one non-posted data credit");
    if (credits.posted_data < mps / 16) return wrong(side, credits.posted_data, "posted data credits for one TLP of MPS bytes");
    return {};
}

}  // namespace

std::string LinkConfig::error() const {
    if (generation < 1 || generation > 5) return wrong("generation", generation, "1 to 5");
    if (!power_of_two_between(lanes, 1, 16)) return wrong("lanes", lanes, "1, 2, 4, 8 or 16");
    if (!power_of_two_between(mps, 128, 4096)) return wrong("mps", mps, "a power of two from 128 to 4096");
    if (!power_of_two_between(mrrs, 128, 4096)) return wrong("mrrs", mrrs, "a power of two from 128 to 4096");
    if (rcb != 64 && rcb != 128) return wrong("rcb", rcb, "64 or 128");
    if (read_latency_ns < 2 * uint64_t{propagation_ns})
        return wrong("read_latency_ns", read_latency_ns, "at least twice propagation_ns");
    if (split_percent > 100) return wrong("split_percent", split_percent, "0 to 100");
    if (credit_return_ns == 0) return wrong("credit_return_ns", 0, "at least 1");
    if (outstanding_reads == 0) return wrong("outstanding_reads", 0, "at least 1");
    if (cpu_write_queue == 0) return wrong("cpu_write_queue", 0, "at least 1");
    if (completion_timeout_ns == 0) return wrong("completion_timeout_ns", 0, "at least 1");
    std::string credits = credit_error("root_credits", root_credits, mps);
    return credits.empty() ? credit_error("device_credits", device_credits, mps) : credits;
}

LinkRate link_rate(const LinkConfig& config) {
    static constexpr uint64_t half_gigatransfers[] = {0, 5, 10, 16, 32, 64};
    const bool wide_encoding = config.generation >= 3;
    const uint64_t encoded = wide_encoding ? 128 : 8, encoding = wide_encoding ? 130 : 10;
    const uint64_t bits = half_gigatransfers[config.generation] * config.lanes;  // per 2 ns, before encoding
    const uint64_t limit = ack_limit(config);

    LinkRate rate{};
    rate.raw_gbps = static_cast<double>(bits * encoded) / static_cast<double>(2 * encoding);
    // Share left: 1 - 2 dllp_bytes / limit - skip_bytes / skip_interval, over the common denominator.
    const uint64_t whole = limit * skip_interval;
    const uint64_t left = whole - 2 * dllp_bytes * skip_interval - skip_bytes * limit;
    rate.tlp_gbps = rate.raw_gbps * static_cast<double>(left) / static_cast<double>(whole);
    // ps per byte = 8 bits / (Gb/s) x 1000 = 8000 x 2 x encoding x whole / (bits x encoded x left)
    const uint64_t numerator = 16000 * encoding * whole, denominator = bits * encoded * left;
    const uint64_t common = std::gcd(numerator, denominator);
    rate.ps_numerator = numerator / common;
    rate.ps_denominator = denominator / common;
    return rate;
}

}  // namespace hw
