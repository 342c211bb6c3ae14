// SPDX-License-Identifier: Apache-2.0
#include "cache_levels.h"

#include <algorithm>
#include <cassert>

namespace hw {
namespace {

constexpr uint64_t lines_per_page = 4096 / line_bytes;
constexpr int lines_ahead = 2;

}  // namespace

std::string CoreConfig::error() const {
    for (const CacheGeometry* geometry : {&l1, &llc})
        if (std::string problem = geometry->error(); !problem.empty()) return problem;
    if (l2.bytes)
        if (std::string problem = l2.error(); !problem.empty()) return problem;
    if (!mhz || !instructions_per_cycle || !fill_buffers || !store_buffer || !reorder_window)
        return "a core: expected numbers above 0";
    if (ticks_per_cycle % instructions_per_cycle) return "instructions_per_cycle: expected 1, 2 or 4";
    if (ddio_ways > llc.ways) return "ddio_ways: expected at most the ways of the last level";
    return {};
}

CacheLevels::CacheLevels(const CoreConfig& config)
    : config_(config),
      memory_ticks_(uint64_t{config.memory_ns} * config.mhz * ticks_per_cycle / 1000),
      l1_(config.l1),
      llc_(config.llc) {
    assert(config.error().empty());
    if (config.l2.bytes) l2_.emplace(config.l2);
}

CacheLevels::Served CacheLevels::access(uint64_t line, bool write, uint64_t now) {
    const uint64_t llc_ticks = config_.llc_cycles * ticks_per_cycle;
    if (Cache::Entry* entry = l1_.access(line)) {
        const bool ask = write && entry->shared;  // the other copies have to go first
        if (ask) entry->shared = false;
        return {Level::l1, ask ? llc_ticks : config_.l1_cycles * ticks_per_cycle};
    }
    l1_.insert(line);
    Served served{Level::memory, memory_ticks_};
    if (Cache::Entry* entry = l2_ ? l2_->access(line) : nullptr) {
        const bool ask = write && entry->shared;
        if (ask) entry->shared = false;
        served = {Level::l2, std::max(ask ? llc_ticks : config_.l2_cycles * ticks_per_cycle, wait_for_prefetch(line, now))};
    } else if (llc_.access(line)) {
        served = {Level::llc, llc_ticks};
        fill_l2(line);
    } else {
        if (!config_.llc_holds_victims) llc_.insert(line);
        fill_l2(line);
    }
    if (config_.prefetch) note_walk(line, now);
    return served;
}

void CacheLevels::fill_l2(uint64_t line) {
    const uint64_t gone = l2_ ? l2_->insert(line) : Cache::no_line;
    if (config_.llc_holds_victims && gone != Cache::no_line && !llc_.access(gone)) llc_.insert(gone);
}

// How long a line that is in L2 by name only is still on its way.
uint64_t CacheLevels::wait_for_prefetch(uint64_t line, uint64_t now) {
    for (Coming& coming : coming_) {
        if (coming.line != line) continue;
        coming.line = Cache::no_line;
        return coming.ready > now ? coming.ready - now : 0;
    }
    return 0;
}

void CacheLevels::prefetch(uint64_t line, uint64_t now) {
    if (!l2_ || l2_->find(line) || l1_.find(line)) return;
    const uint64_t ticks = llc_.access(line) ? config_.llc_cycles * ticks_per_cycle : memory_ticks_;
    fill_l2(line);
    prefetches_++;
    coming_[next_coming_++ % coming_.size()] = {line, now + ticks};
}

// What misses L1 tells where the core walks. Prefetching stays in the page.
void CacheLevels::note_walk(uint64_t line, uint64_t now) {
    const uint64_t page = line / lines_per_page;
    auto stream = std::find_if(streams_.begin(), streams_.end(), [page](const Stream& s) { return s.page == page; });
    prefetch(line ^ 1, now);
    if (stream == streams_.end()) {
        stream =
            std::min_element(streams_.begin(), streams_.end(), [](const Stream& a, const Stream& b) { return a.used < b.used; });
        *stream = {page, line, 0, ++stream_clock_};
        return;
    }
    const int direction = line > stream->last ? 1 : line < stream->last ? -1 : 0;
    const bool goes_on = direction != 0 && direction == stream->direction;
    if (direction) stream->direction = direction;
    stream->last = line;
    stream->used = ++stream_clock_;
    if (!goes_on) return;
    for (int step = 1; step <= lines_ahead; step++) {
        const uint64_t next = line + static_cast<uint64_t>(static_cast<int64_t>(direction) * step);
        if (next / lines_per_page == page) prefetch(next, now);
    }
}

void CacheLevels::device_read(uint64_t line) {
    device_.reads++;
    bool cached = false;
    for (Cache* cache : {&l1_, l2_ ? &*l2_ : nullptr})
        if (Cache::Entry* entry = cache ? cache->find(line) : nullptr) entry->shared = cached = true;
    if (cached || llc_.find(line)) device_.read_hits++;
}

void CacheLevels::device_write(uint64_t line) {
    device_.writes++;
    l1_.remove(line);
    if (l2_) l2_->remove(line);
    if (!config_.ddio_ways) {
        llc_.remove(line);
    } else if (llc_.access(line)) {
        device_.write_hits++;
    } else {
        llc_.insert(line, config_.ddio_ways);
    }
}

}  // namespace hw
