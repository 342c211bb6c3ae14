// SPDX-License-Identifier: Apache-2.0
// What came of a run of traffic: why frames are missing, and the figures of its result.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <string>

#include "frame_limits.h"
#include "regmap.h"
#include "sim_time.h"
#include "traffic_run.h"

namespace sim {

// Why frames are missing, as the NIC says; the frame checks say which.
void TrafficRun::report_drops() {
    if (dropped_ == 0 || scenario_.expect_drops) return;
    char text[320];
    std::snprintf(text, sizeof text,
                  "the NIC dropped %" PRIu64 " frames: %" PRIu64 " for want of a receive buffer (or it was too small), %" PRIu64
                  " because its FIFO was full, %" PRIu64 " with bad FCS, %" PRIu64 " of wrong length, %" PRIu64
                  " not for it; expect.drops allows drops",
                  dropped_, drops_by_reason_[TRACE_DROP_NO_BUFFER], drops_by_reason_[TRACE_DROP_FIFO],
                  drops_by_reason_[TRACE_DROP_FCS], drops_by_reason_[TRACE_DROP_LENGTH], drops_by_reason_[TRACE_DROP_UNWANTED]);
    fail("frames.dropped", "end to end", text);
}

// Frames that are missing and that nothing excuses. The NIC says how many it dropped, but not which.
void TrafficRun::report_missing() {
    uint64_t count = 0;
    const int64_t sent = tx_.losses.missing(&count);
    if (count > refused_)
        fail("frames.lost", "end to end", std::to_string(count) + " frames to the wire are missing, and no disturbance excuses them", sent);
    const int64_t received = rx_.losses.missing(&count);
    if (count > dropped_)
        fail("frames.lost", "end to end",
             std::to_string(count) + " frames to the host are missing and no disturbance excuses them; the NIC dropped " +
                 std::to_string(dropped_), received);
}

// The limit of both directions at once is for equal rates. A device that may not drop gives frames from the wire the link first, and the
// others what is left: then the link's time that both together need at least is what tells how well it is used.
static void share_the_link(const scenario& scenario, machine_direction& tx, machine_direction& rx) {
    if (tx.packets == 0 || rx.packets == 0 || tx.mpps == 0 || rx.mpps == 0) return;
    const auto limit = [&scenario](hw::FrameDirection direction, const machine_direction& result) {
        return Limits(scenario, direction).of(static_cast<uint32_t>(result.bytes / result.packets + ETH_FCS));
    };
    const hw::FrameLimit sent = limit(hw::FrameDirection::transmit, tx), received = limit(hw::FrameDirection::receive, rx);
    const double up = tx.mpps / sent.up_mpps + rx.mpps / received.up_mpps, down = tx.mpps / sent.down_mpps + rx.mpps / received.down_mpps;
    for (machine_direction* direction : {&tx, &rx}) {
        const double used = std::string(direction->limited_by) == "up" ? up : std::string(direction->limited_by) == "down" ? down : 0;
        direction->efficiency = std::max(direction->efficiency, used);
    }
}

// Each by itself, and (in what a machine of one NIC gives) all together.
void TrafficRun::report_adapters(machine_result& result) const {
    const double time = static_cast<double>(std::max<uint64_t>(end_ps_ - begin_ps_, 1));
    const auto use = [time](const hw::LinkStatistics& all, const hw::LinkStatistics& begin, const hw::LinkStatistics& end) {
        return machine_link{all.tlps, all.bytes, std::min(1.0, static_cast<double>(end.busy_ps - begin.busy_ps) / time)};
    };
    const auto add = [this](machine_link& sum, const machine_link& link) {
        sum.tlps += link.tlps;
        sum.bytes += link.bytes;
        sum.utilisation += link.utilisation / static_cast<double>(adapters_.size());
    };
    result.queue_count = 2 * pairs_;
    result.adapter_count = static_cast<unsigned>(adapters_.size());
    for (size_t i = 0; i < adapters_.size(); i++) {
        const Adapter& adapter = adapters_[i];
        const Slot& slot = *system_.slots[i];
        const hw::WireStats &sent = slot.wire->from_nic(), &received = slot.wire->to_nic();
        machine_adapter& to = result.adapters[i];
        to.up = use(slot.link->up().statistics(), adapter.up_begin, adapter.up_end);
        to.down = use(slot.link->down().statistics(), adapter.down_begin, adapter.down_end);
        to.tx_sends = adapter.sends;
        to.tx_frames = sent.frames - sent.lost;
        to.tx_lost = sent.lost;
        to.rx_frames = received.frames;
        to.rx_lost = received.lost;
        to.dropped = adapter.dropped;
        to.messages = slot.root->statistics().interrupts;
        add(result.up, to.up);
        add(result.down, to.down);
        result.cycles += slot.nic->cycles();
        result.cycles_evaluated += slot.nic->cycles_evaluated();
        result.traffic_cycles += adapter.cycles;
        result.traffic_cycles_evaluated += adapter.cycles_evaluated;
        for (unsigned queue = 0; queue < result.queue_count; queue++) {
            to.queues[queue] = adapter.queues[queue];
            result.queues[queue].frames += adapter.queues[queue].frames;
            result.queues[queue].doorbells += adapter.queues[queue].doorbells;
            result.queues[queue].interrupts += adapter.queues[queue].interrupts;
        }
    }
}

void TrafficRun::report(machine_result& result) {
    report_drops();
    report_missing();
    if (live_) {
        live_->report(result);
    } else {
        frame_check_finish(&tx_.check, tx_.taken);
        frame_check_finish(&rx_.check, rx_.taken);
    }

    const bool both = live_ ? tx_.arrived && rx_.arrived : tx_.total && rx_.total;
    tx_.meter.report(Limits(scenario_, both ? hw::FrameDirection::both : hw::FrameDirection::transmit), result.tx);
    rx_.meter.report(Limits(scenario_, both ? hw::FrameDirection::both : hw::FrameDirection::receive), result.rx);
    if (both) share_the_link(scenario_, result.tx, result.rx);
    for (machine_direction* direction : {&result.tx, &result.rx}) {  // by so many links together
        direction->limit_mpps *= static_cast<double>(links_);
        direction->efficiency /= static_cast<double>(links_);
    }
    result.tx.dropped = tx_.taken - std::min(tx_.taken, tx_.arrived);
    result.rx.dropped = rx_.taken - std::min(rx_.taken, rx_.arrived);

    for (const std::string& line : drivers_) machine_result_add_driver(&result, line.c_str());
    result.tx_checksums = counts_.tx_checksums;
    result.large_sends = counts_.large_sends;
    result.large_send_frames = counts_.large_send_frames;
    result.rx_checksums = counts_.rx_checksums;
    result.rx_hashes = counts_.rx_hashes;
    result.http_requests = counts_.tcpip_requests;
    result.http_pages = counts_.tcpip_pages;
    result.tcpip_copied = counts_.tcpip_copied;
    result.tcpip_refused = counts_.tcpip_refused;
    result.nbl_allocated = counts_.nbl_allocated;
    result.nbl_sent = counts_.nbl_sent;
    result.nbl_completed = counts_.nbl_completed;
    result.nbl_indicated = counts_.nbl_indicated;
    result.nbl_returned = counts_.nbl_returned;
    result.nbl_outstanding = counts_.nbl_outstanding;

    report_adapters(result);
    result.dma_violations = system_.iommu->counters().violations;
    result.interrupts = system_.cpu->counters().interrupts;
    result.program_tx_frames = tx_.of_programs;
    result.program_rx_frames = rx_.of_programs;
    result.time_ps = hw::now_ps();
    result.traffic_wall_s = traffic_wall_s_;
}

}  // namespace sim
