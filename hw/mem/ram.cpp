// SPDX-License-Identifier: Apache-2.0
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // memfd_create
#endif
#include "ram.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <stdexcept>
#include <string>
#include <system_error>

namespace hw {
namespace {

// splitmix64: written out because the distributions of <random> differ between C++ libraries, and the order of pages must not.
class Random {
public:
    explicit Random(uint64_t seed) : state_(seed) {}
    // Uniform enough for a shuffle: below n (n < 2^32), by multiplication of the upper half.
    uint32_t below(uint32_t n) { return static_cast<uint32_t>(((next() >> 32) * n) >> 32); }

private:
    uint64_t next() {
        uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
    uint64_t state_;
};

[[noreturn]] void refuse_by_host(const char* what) {
    throw std::system_error(errno, std::generic_category(), std::string("host RAM: ") + what);
}

void validate(const Ram::Config& c) {
    if (c.run_pages == 0 || c.bytes % Ram::page_bytes || c.coherent_bytes % Ram::page_bytes || c.coherent_bytes < Ram::page_bytes ||
        c.bytes <= c.coherent_bytes || c.bytes > (uint64_t{1} << 36))
        throw std::invalid_argument("host RAM: sizes must be multiples of 4096, coherent_bytes below bytes, bytes at most 64 GiB");
    if ((c.bytes - c.coherent_bytes) / Ram::page_bytes / c.run_pages < 4)
        throw std::invalid_argument("host RAM: " + std::to_string(c.bytes) + " bytes hold fewer than 4 runs of " +
                                    std::to_string(c.run_pages) + " pages, which cannot be scattered; lower run_pages");
}

// Pages of the coherent region: what was asked for, and what whole runs leave over.
uint64_t coherent_pages_of(const Ram::Config& c) {
    const uint64_t asked = c.coherent_bytes / Ram::page_bytes;
    return asked + (c.bytes / Ram::page_bytes - asked) % c.run_pages;
}

}  // namespace

Ram::Ram(const Config& config)
    : bytes_(config.bytes), coherent_pages_(coherent_pages_of(config)), run_pages_(config.run_pages) {
    validate(config);
    order_runs(config.seed);
    try {
        file_ = memfd_create("ringside-ram", MFD_CLOEXEC);
        if (file_ < 0) refuse_by_host("memfd_create");
        if (ftruncate(file_, static_cast<off_t>(bytes_)) != 0) refuse_by_host("ftruncate");
        void* linear = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file_, 0);
        if (linear == MAP_FAILED) refuse_by_host("mmap of the physical view");
        linear_ = static_cast<uint8_t*>(linear);
        void* reserved = mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (reserved == MAP_FAILED) refuse_by_host("mmap of the CPU's view");
        virtual_ = static_cast<uint8_t*>(reserved);
        void* coherent = mmap(virtual_, coherent_pages_ * page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file_, 0);
        if (coherent == MAP_FAILED) refuse_by_host("mmap of the coherent region");
    } catch (...) {
        close_all();
        throw;
    }
}

Ram::~Ram() { close_all(); }

void Ram::close_all() {
    if (virtual_) munmap(virtual_, bytes_);
    if (linear_) munmap(linear_, bytes_);
    if (file_ >= 0) close(file_);
}

// A shuffle, then the few neighbours that it left by chance are parted by exchanging the second with the run after it.
void Ram::order_runs(uint64_t seed) {
    const auto runs = static_cast<uint32_t>((pages() - coherent_pages_) / run_pages_);
    std::vector<uint32_t> order(runs);
    std::iota(order.begin(), order.end(), 0u);
    Random random(seed);
    for (uint32_t i = runs - 1; i > 0; i--) std::swap(order[i], order[random.below(i + 1)]);
    for (uint32_t i = 1; i + 1 < runs; i++)
        if (order[i] == order[i - 1] + 1) std::swap(order[i], order[i + 1]);
    // The last pair has no run after it: rotate the last run to the front, where it has no predecessor. (Its successor there would
    // be last + 1, which is order[0] in one case only; then the second place is safe, because order[0] is not followed by last.)
    if (order[runs - 1] == order[runs - 2] + 1) {
        const auto place = order.begin() + (order[0] == order[runs - 1] + 1 ? 1 : 0);
        std::rotate(place, order.end() - 1, order.end());
    }
    frame_.resize(pages());
    std::iota(frame_.begin(), frame_.begin() + static_cast<std::ptrdiff_t>(coherent_pages_), 0u);
    for (uint64_t page = coherent_pages_; page < pages(); page++) {
        const uint64_t scattered = page - coherent_pages_;
        frame_[page] = static_cast<uint32_t>(coherent_pages_ + uint64_t{order[scattered / run_pages_]} * run_pages_ + scattered % run_pages_);
    }
    run_mapped_.assign(runs, false);
}

bool Ram::map(uint64_t first, uint64_t count) {
    if (count == 0 || first + count <= coherent_pages_) return true;
    const uint64_t begin = std::max(first, coherent_pages_) - coherent_pages_;
    const uint64_t end = first + count - coherent_pages_;
    for (uint64_t run = begin / run_pages_; run <= (end - 1) / run_pages_; run++)
        if (!run_mapped_[run] && !map_run(run)) return false;
    return true;
}

bool Ram::map_run(uint64_t run) {
    if (mapped_runs_ == max_runs) return false;
    const uint64_t first = coherent_pages_ + run * run_pages_;
    const auto offset = static_cast<off_t>(uint64_t{frame_[first]} * page_bytes);
    void* mapped = mmap(page(first), run_pages_ * page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file_, offset);
    if (mapped == MAP_FAILED) return false;
    run_mapped_[run] = true;
    mapped_runs_++;
    return true;
}

}  // namespace hw
