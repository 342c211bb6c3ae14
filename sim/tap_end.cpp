// SPDX-License-Identifier: Apache-2.0
#include "tap_end.h"

#include <poll.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>

#include "sim_time.h"
#include "tap.h"

namespace sim {
namespace {

constexpr uint64_t busy_poll_ps = 2'000'000, idle_poll_ps = 50'000'000;
constexpr uint64_t busy_for_ps = 1'000'000'000;   // after the last frame
constexpr int64_t longest_lag_ns = 10'000'000;
constexpr int64_t longest_wait_ns = 50'000'000;   // so that a signal is seen soon
constexpr size_t shortest_frame = 14;

}  // namespace

void TapEnd::start(std::function<void()> kick, std::function<void()> changed) {
    kick_ = std::move(kick);
    changed_ = std::move(changed);
    anchor_ = std::chrono::steady_clock::now() - std::chrono::nanoseconds(hw::now_ps() / 1000);
    look_alarm_.set(hw::now_ps());
}

// By how much simulated time is further ahead of wall time than it may be; not positive: it may go on.
int64_t TapEnd::ahead_ns() {
    const auto wall = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - anchor_).count();
    const int64_t ahead = static_cast<int64_t>(hw::now_ps() / 1000) - wall;
    if (ahead < -longest_lag_ns) anchor_ += std::chrono::nanoseconds(-ahead - longest_lag_ns);
    return ahead - static_cast<int64_t>(config_.ahead_ps / 1000);
}

bool TapEnd::readable(int64_t ns) const {
    pollfd tap = {config_.fd, POLLIN, 0};
    const timespec limit = {0, static_cast<long>(ns)};
    return ppoll(&tap, 1, &limit, nullptr) > 0;
}

void TapEnd::look() {
    bool has_frames = readable(0);
    for (int64_t ahead; config_.paced && !has_frames && !*config_.stop && (ahead = ahead_ns()) > 0;)
        has_frames = readable(std::min(ahead, longest_wait_ns));
    const uint64_t now = hw::now_ps();
    if (has_frames) {
        moved_ps_ = now;
        kick_();
    }
    if (*config_.stop && !done_) {
        done_ = true;
        changed_();
    }
    look_alarm_.set(now + (now - moved_ps_ < busy_for_ps ? busy_poll_ps : idle_poll_ps));
}

bool TapEnd::next(const uint8_t** data, size_t* length) {
    if (done_) return false;
    const ssize_t got = tap_read(config_.fd, frame_, sizeof frame_);
    if (got < 0) events_.violate({hw::now_ps(), "tap.read", "tuntap", std::string("the TAP interface: ") + std::strerror(static_cast<int>(-got)), -1});
    if (got < static_cast<ssize_t>(shortest_frame)) return false;
    received_++;
    *data = frame_;
    *length = static_cast<size_t>(got);
    return true;
}

void TapEnd::take(const uint8_t* data, size_t length) {
    moved_ps_ = hw::now_ps();
    const int status = tap_write(config_.fd, data, length);
    if (status == 0) sent_++;
    else if (status == -EIO) refused_++;  // down: as a cable that nobody holds
    else events_.violate({hw::now_ps(), "tap.write", "tuntap", std::string("the TAP interface: ") + std::strerror(-status), -1});
}

void TapEnd::report(machine_result& result) const {
    result.live = MACHINE_LIVE_TAP;
    result.tap_received = received_;
    result.tap_sent = sent_;
    result.tap_refused = refused_;
}

}  // namespace sim
