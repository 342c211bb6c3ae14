// SPDX-License-Identifier: Apache-2.0
// The other end of several cables: a switch that gives each frame of one source to one of them.
//
//   spread     a link aggregation group: every flow (flow.h) has a link, and leaves it for one that is up while that is down
//   failover   all frames go by the first link that is up
//
// When a link goes or comes, flows move. Frames that are on their way by the old link must not be overtaken by those on the new one, so
// the group first sends nothing for `hold_ps`, as IEEE 802.1AX allows instead of the Marker protocol: longer than a frame that arrived
// waits in the host for its interrupt. A link that is back by then never went.
//
// With one link it hands on what the source gives, as it gives it.
//
// Spec: IEEE 802.1AX-2014, 6.2.4 frame distributor, 6.5 Marker protocol
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "alarm.h"
#include "link_partner.h"
#include "slot.h"

namespace sim {

class LinkGroup {
public:
    struct Config {
        bool failover = false;
        uint64_t hold_ps = 0;
    };
    // Becomes what the partners of all slots play; the slots outlive it.
    LinkGroup(const Config& config, const std::vector<std::unique_ptr<Slot>>& slots, hw::LinkPartner::Source source);
    LinkGroup(const LinkGroup&) = delete;
    LinkGroup& operator=(const LinkGroup&) = delete;

    void kick();          // the source has frames
    void links_changed(); // a link went down, or came up

private:
    struct Waiting {
        int64_t id;
        std::vector<uint8_t> bytes;
        uint64_t not_before_ps;
    };
    static constexpr size_t most_waiting = 256;  // looked ahead for the links that are free

    std::vector<unsigned> links_up() const;
    void resume();
    int64_t next(unsigned link, const uint8_t** data, size_t* length, uint64_t* not_before_ps);
    unsigned link_of(const uint8_t* data, size_t length) const;
    bool look_ahead(unsigned link);
    void kick_others(unsigned link);

    const Config config_;
    const std::vector<std::unique_ptr<Slot>>& slots_;
    hw::LinkPartner::Source source_;
    std::deque<Waiting> waiting_;               // in the order of the source
    std::vector<std::vector<uint8_t>> given_;   // by link: the frame of the last call
    std::vector<unsigned> up_;                  // by which flows have their links
    bool holds_ = false;
    bool ended_ = false;
    hw::Alarm resume_alarm_{this, hw::Alarm::call<LinkGroup, &LinkGroup::resume>};
};

}  // namespace sim
