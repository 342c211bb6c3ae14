// SPDX-License-Identifier: Apache-2.0
#include "live_check.h"

#include <algorithm>

#include "flow.h"
#include "regmap.h"

namespace sim {
namespace {

constexpr size_t shortest = ETH_MIN_FRAME - ETH_FCS;
constexpr uint64_t most_reports = 8;

}  // namespace

void LiveCheck::sent(uint64_t number, const uint8_t* data, size_t length) {
    waiting_.push_back({number, by_flow_ ? frame_flow(data, length) : 0, std::vector<uint8_t>(data, data + length)});
}

// With a tag taken off, the padding ends before the shortest frame does.
static bool is_padded(const std::vector<uint8_t>& sent, const uint8_t* data, size_t length) {
    if (length < sent.size() || (length > sent.size() && length > shortest)) return false;
    return std::equal(sent.begin(), sent.end(), data) && std::all_of(data + sent.size(), data + length, [](uint8_t byte) { return byte == 0; });
}

int64_t LiveCheck::arrived(const uint8_t* data, size_t length) {
    const uint64_t flow = by_flow_ ? frame_flow(data, length) : 0;
    const auto is_it = [&](const Frame& frame) {
        return frame.flow == flow && is_padded(frame.bytes, data, length);
    };
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), is_it);
    if (found == waiting_.end()) {
        tell("frames.damaged", -1, "a frame of " + std::to_string(length) + " bytes came " + direction_ + " that is not what anybody sent");
        return -1;
    }
    const auto number = static_cast<int64_t>(found->number);
    std::deque<Frame> kept;  // of other flows, before it
    for (auto frame = waiting_.begin(); frame != found; ++frame) {
        if (frame->flow != flow)
            kept.push_back(std::move(*frame));
        else
            lose(*frame);
    }
    waiting_.erase(waiting_.begin(), found + 1);
    while (!kept.empty()) {
        waiting_.push_front(std::move(kept.back()));
        kept.pop_back();
    }
    return number;
}

void LiveCheck::lose(const Frame& frame) {
    lost_++;
    if (!drops_allowed_)
        tell("frames.lost", static_cast<int64_t>(frame.number),
             "frame " + std::to_string(frame.number) + ", " + std::to_string(frame.bytes.size()) + " bytes, never came " + direction_);
}

void LiveCheck::finish() {
    for (const Frame& frame : waiting_) lose(frame);
    waiting_.clear();
    if (reports_ > most_reports)
        report_("frames.more", -1, std::to_string(reports_ - most_reports) + " more findings about frames " + direction_);
}

void LiveCheck::tell(const char* check, int64_t packet, const std::string& message) {
    if (reports_++ < most_reports) report_(check, packet, message);
}

}  // namespace sim
