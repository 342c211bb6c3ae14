// SPDX-License-Identifier: Apache-2.0
#include "link_group.h"

#include <algorithm>
#include <utility>

#include "flow.h"
#include "sim_time.h"

namespace sim {

LinkGroup::LinkGroup(const Config& config, const std::vector<std::unique_ptr<Slot>>& slots, hw::LinkPartner::Source source)
    : config_(config), slots_(slots), source_(std::move(source)), given_(slots.size()), up_(links_up()) {
    for (unsigned link = 0; link < slots.size(); link++)
        slots[link]->partner->play([this, link](const uint8_t** data, size_t* length, uint64_t* not_before_ps) {
            return next(link, data, length, not_before_ps);
        });
}

void LinkGroup::kick() {
    for (const auto& slot : slots_) slot->partner->kick();
}

void LinkGroup::links_changed() {
    if (slots_.size() == 1) return;
    if (links_up() == up_) {
        resume();
    } else if (!holds_) {
        holds_ = true;
        resume_alarm_.set(hw::now_ps() + config_.hold_ps);
    }
}

void LinkGroup::resume() {
    resume_alarm_.set(hw::Alarm::never);
    holds_ = false;
    up_ = links_up();
    kick();
}

std::vector<unsigned> LinkGroup::links_up() const {
    std::vector<unsigned> up;
    for (unsigned link = 0; link < slots_.size(); link++)
        if (slots_[link]->wire->link_up()) up.push_back(link);
    return up;
}

void LinkGroup::kick_others(unsigned link) {
    for (unsigned other = 0; other < slots_.size(); other++)
        if (other != link) slots_[other]->partner->kick();
}

// Its home, or one of those that are up; while none is, what is sent is lost by the way that it had.
unsigned LinkGroup::link_of(const uint8_t* data, size_t length) const {
    const uint64_t hash = config_.failover ? 0 : frame_flow(data, length), flow = hash ^ hash >> 32;
    const auto home = static_cast<unsigned>(flow % slots_.size());
    if (up_.empty() || std::find(up_.begin(), up_.end(), home) != up_.end()) return home;
    return up_[flow / slots_.size() % up_.size()];
}

// The next frame of the source joins those that wait. False: there is none now, or it is this link's, and goes at once.
bool LinkGroup::look_ahead(unsigned link) {
    const uint8_t* data = nullptr;
    size_t length = 0;
    Waiting frame{};
    frame.id = source_(&data, &length, &frame.not_before_ps);
    if (frame.id < 0) {
        ended_ = frame.id == -1;
        return false;
    }
    frame.bytes.assign(data, data + length);
    const bool mine = link_of(data, length) == link;
    waiting_.push_back(std::move(frame));
    if (!mine) kick_others(link);
    return !mine;
}

int64_t LinkGroup::next(unsigned link, const uint8_t** data, size_t* length, uint64_t* not_before_ps) {
    if (slots_.size() == 1) return source_(data, length, not_before_ps);
    if (holds_) return -2;
    const auto is_mine = [this, link](const Waiting& frame) { return link_of(frame.bytes.data(), frame.bytes.size()) == link; };
    auto found = std::find_if(waiting_.begin(), waiting_.end(), is_mine);
    if (found == waiting_.end()) {
        while (!ended_ && waiting_.size() < most_waiting && look_ahead(link)) {}
        found = std::find_if(waiting_.begin(), waiting_.end(), is_mine);
    }
    if (found == waiting_.end()) return ended_ && waiting_.empty() ? -1 : -2;
    const bool was_full = waiting_.size() == most_waiting;
    const int64_t id = found->id;
    given_[link] = std::move(found->bytes);
    *data = given_[link].data();
    *length = given_[link].size();
    *not_before_ps = found->not_before_ps;
    waiting_.erase(found);
    if (was_full) kick_others(link);
    return id;
}

}  // namespace sim
