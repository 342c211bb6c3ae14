// SPDX-License-Identifier: Apache-2.0
#include "link_partner.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "fcs.h"
#include "regmap.h"

namespace hw {

LinkPartner::LinkPartner(sc_core::sc_module_name name, const LinkPartnerConfig& config, Wire& wire, EventStream& events)
    : sc_module(name), config_(config), wire_(wire), events_(events) {
    wire_.on_frame([this](const Frame& frame) { receive(frame); });
    play_alarm_.set(0);
}

bool LinkPartner::played() const { return ended_ && now_ps() >= wire_.partner_free_ps(); }

// Asks the source for the next frame. False: there is none now.
bool LinkPartner::fetch() {
    const uint8_t* data = nullptr;
    size_t length = 0;
    uint64_t not_before = 0;
    const int64_t id = source_(&data, &length, &not_before);
    if (id < 0) {
        ended_ = id == -1;
        return false;
    }
    waiting_ = make_frame();
    waiting_->bytes.reserve(std::max<size_t>(length + ETH_FCS, ETH_MIN_FRAME));
    waiting_->bytes.assign(data, data + length);
    pad_and_append_fcs(waiting_->bytes);
    waiting_->id = static_cast<uint64_t>(id);
    not_before_ps_ = std::max(not_before, next_start_ps_);
    return true;
}

// Runs when the line is free, when a frame's time has come, and after kick().
void LinkPartner::play_next() {
    if (!source_ || ended_) return;
    if (!waiting_ && !fetch()) return;
    const uint64_t start = std::max(not_before_ps_, wire_.partner_free_ps());
    if (start > now_ps()) {
        play_alarm_.set(start);
        return;
    }
    if (tamper_) tamper_(*waiting_);
    next_start_ps_ = now_ps() + config_.interval_ps;
    wire_.partner_send(std::move(waiting_));
    ++frames_played_;
    play_alarm_.set(std::max(wire_.partner_free_ps(), now_ps()));
}

void LinkPartner::receive(const Frame& frame) {
    const char* check = nullptr;
    const char* clause = "";
    if (frame.bytes.size() < ETH_MIN_FRAME) {
        check = "wire.runt", clause = "[E] 4.2.4.2.2";
    } else if (frame.bytes.size() > ETH_MAX_FRAME) {
        check = "wire.oversize", clause = "[E] 4.2.4.2.1";
    } else if (!fcs_is_good(frame.bytes)) {
        check = "wire.fcs", clause = "[E] 3.2.9";
    }
    if (!check) {
        ++frames_recorded_;
        if (sink_) sink_(frame.bytes.data(), frame.bytes.size() - ETH_FCS, frame);
        return;
    }
    ++frames_refused_;
    char text[128];
    std::snprintf(text, sizeof text, "%s: frame %llu of the NIC, %zu bytes with FCS, is bad", name(),
                  static_cast<unsigned long long>(frame.id), frame.bytes.size());
    events_.violate({now_ps(), check, clause, text, static_cast<int64_t>(frame.id)});
}

}  // namespace hw
