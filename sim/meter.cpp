// SPDX-License-Identifier: Apache-2.0
#include "meter.h"

#include <algorithm>

#include "regmap.h"

namespace sim {

namespace {
// The smallest value that is at least as large as this share of them.
double percentile(const std::vector<uint64_t>& sorted, uint64_t percent) {
    const size_t rank = (sorted.size() * percent + 99) / 100;
    return static_cast<double>(sorted[rank ? rank - 1 : 0]) / 1000;
}
}  // namespace

void Meter::delivered(uint64_t length) {
    ++packets_;
    bytes_ += length;
    const uint64_t size = std::max<uint64_t>(length + ETH_FCS, ETH_MIN_FRAME);
    if (size >= by_size_.size()) by_size_.resize(size + 1);
    ++by_size_[size];
    if (at_ == At::begin || packets_ == 1) outside_ = size;
}

void Meter::passed(uint64_t time_ps) {
    if (seen_++ < warmup_ || closed_) return;
    if (counted_++ == 0) first_ps_ = time_ps;
    last_ps_ = time_ps;
}

void Meter::started(uint64_t packet, uint64_t time_ps) {
    if (packet == started_ps_.size()) {
        started_ps_.push_back(time_ps);  // the usual case: packets start in their order
        return;
    }
    if (packet > started_ps_.size()) started_ps_.resize(packet + 1, UINT64_MAX);
    started_ps_[packet] = time_ps;
}

void Meter::ended(uint64_t packet, uint64_t time_ps) {
    if (packet < started_ps_.size() && started_ps_[packet] <= time_ps) latencies_.push_back(time_ps - started_ps_[packet]);
}

machine_latency summary_of(std::vector<uint64_t>& times_ps) {
    machine_latency result{};
    result.count = times_ps.size();
    if (times_ps.empty()) return result;
    std::sort(times_ps.begin(), times_ps.end());
    result.min_ns = percentile(times_ps, 0);
    result.p50_ns = percentile(times_ps, 50);
    result.p99_ns = percentile(times_ps, 99);
    result.max_ns = percentile(times_ps, 100);
    return result;
}

// Frames of different sizes share the time of the wire and of each side of the link, which work at once: the limit is that of the one
// that is busy for longest.
void Meter::report_limit(const Limits& limits, machine_direction& result) const {
    struct {
        const char* name;
        double time;
    } parts[] = {{"wire", 0}, {"up", 0}, {"down", 0}}, *longest = parts;
    uint64_t counted = 0;
    for (size_t size = 0; size < by_size_.size(); size++) {
        const uint64_t frames = by_size_[size] - (packets_ > 1 && size == outside_);
        if (frames == 0) continue;
        const hw::FrameLimit limit = limits.of(static_cast<uint32_t>(size));
        counted += frames;
        parts[0].time += static_cast<double>(frames) / limit.wire_mpps;
        parts[1].time += static_cast<double>(frames) / limit.up_mpps;
        parts[2].time += static_cast<double>(frames) / limit.down_mpps;
    }
    for (auto& part : parts)
        if (part.time > longest->time) longest = &part;
    result.limit_mpps = longest->time > 0 ? static_cast<double>(counted) / longest->time : 0;
    result.limited_by = longest->time > 0 ? longest->name : "";
    result.efficiency = result.limit_mpps > 0 ? result.mpps / result.limit_mpps : 0;
}

void Meter::report(const Limits& limits, machine_direction& result) {
    result.packets = packets_;
    result.bytes = bytes_;
    if (counted_ > 1 && last_ps_ > first_ps_) {
        result.mpps = static_cast<double>(counted_ - 1) * 1e6 / static_cast<double>(last_ps_ - first_ps_);
        const double mean = static_cast<double>(bytes_ + packets_ * ETH_FCS) / static_cast<double>(std::max<uint64_t>(packets_, 1));
        result.gbps = result.mpps * mean * 8 / 1000;
    }
    report_limit(limits, result);
    result.latency = summary_of(latencies_);
}

}  // namespace sim
