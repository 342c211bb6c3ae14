// SPDX-License-Identifier: Apache-2.0
// The frames of a run of traffic: handed out at both ends, and compared where they arrive.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <string>

#include "ndis.h"
#include "offload_check.h"
#include "regmap.h"
#include "sim_time.h"
#include "traffic_run.h"

namespace sim {

namespace {

std::string tag_text(unsigned tci) {
    if (tci == 0) return "no tag";
    return "VLAN " + std::to_string(tci & 0xFFF) + ", priority " + std::to_string(tci >> 13);
}

// How many packets may be in one NBL, whose event names the first: later NBLs correct what is too much.
uint64_t packets_of_a_send(const scenario& scenario) {
    constexpr uint64_t most_segments = 4096;
    return scenario.driver_large_send ? most_segments : scenario.driver_nbs_per_nbl;
}

}  // namespace

int64_t TrafficRun::next(Flow& flow, const uint8_t** data, size_t* length, uint64_t* not_before_ps) {
    if (!open_) return -2;
    if (config_.describe) return -1;
    uint64_t relative = 0;
    const int64_t id = frame_source_next(flow.source.get(), data, length, &relative);
    if (id < 0) {
        if (&flow == &rx_ && flow.total) close_window();
        return -1;
    }
    *not_before_ps = begin_ps_ + relative;
    flow.due_ps = *not_before_ps;
    ++flow.taken;
    flow.losses.taken(static_cast<uint64_t>(id));
    if (&flow == &tx_) flow.meter.started(static_cast<uint64_t>(id), std::max(hw::now_ps(), *not_before_ps));
    return id;
}

// What the link partner sends carries the tags that the driver stack takes off.
int64_t TrafficRun::play(const uint8_t** data, size_t* length, uint64_t* not_before_ps) {
    const int64_t id = live_ ? next_live(data, length) : next(rx_, data, length, not_before_ps);
    if (id < 0 || tag_bytes_ == 0) return id;
    vlan_wire_add(&tags_, *data, *length, tagged_.data());
    *data = tagged_.data();
    *length += tag_bytes_;
    return id;
}

// The stack hands a frame over, which must reach the wire.
void TrafficRun::handed_over(uint64_t id, const uint8_t* data, size_t length) {
    if (!live_) return;  // a stack that is only described
    live_->handed_over(id, data, length);
    ++tx_.taken;
    tx_.meter.started(id, hw::now_ps());
}

int64_t TrafficRun::next_live(const uint8_t** data, size_t* length) {
    return open_ && live_->next(rx_.taken, data, length) ? static_cast<int64_t>(rx_.taken++) : -2;
}

// What the NIC sends is compared without them.
void TrafficRun::untag(const uint8_t** data, size_t* length) {
    if (tag_bytes_ == 0) return;
    if (vlan_wire_remove(&tags_, *data, length, untagged_.data()))
        *data = untagged_.data();
    else
        fail("frames.vlan", "802.1Q 9.6", "a frame reached the wire without the tags of the driver stack");
}

// With one direction over, the other has the machine for itself: not what a bench of both measures.
void TrafficRun::close_window() {
    if (config_.warmup_frames == 0) return;
    tx_.meter.close();
    rx_.meter.close();
}

void TrafficRun::sent(uint64_t id, int32_t status) {
    ++completed_;
    // REQUEST_ABORTED is what a protocol of NDIS 5 is told of a send that was aborted.
    const bool aborted = status == NDIS_STATUS_SEND_ABORTED || status == NDIS_STATUS_REQUEST_ABORTED ||
                         status == NDIS_STATUS_RESET_IN_PROGRESS || status == NDIS_STATUS_MEDIA_DISCONNECTED;
    if (status != 0 && disturber_ && (aborted || pulled_)) {
        tx_.losses.excuse(id);
    } else if (status != 0) {
        ++refused_;
        char text[96];
        std::snprintf(text, sizeof text, "the send of packet %" PRIu64 " was completed with status 0x%08" PRIX32, id,
                      static_cast<uint32_t>(status));
        fail("frames.send_failed", "end to end", text, static_cast<int64_t>(id));
    }
    step();
}

// Where programs send, a frame that no source made is theirs; one of a source that was damaged is then missed, as lost.
bool TrafficRun::of_a_program(Flow& flow, const uint8_t* data, size_t length) {
    if (*scenario_.driver_programs == '\0' || frame_check_knows(&flow.check, flow.taken, data, length)) return false;
    ++flow.of_programs;
    step();
    return true;
}

void TrafficRun::recorded(const uint8_t* data, size_t length, const hw::Frame& frame) {
    if (system_.transcript) system_.transcript->frame("wire", data, length);
    if (config_.to_wire) capture_writer_add(config_.to_wire, frame.first.value(), data, length);
    untag(&data, &length);
    if (of_a_program(tx_, data, length)) return;
    const int64_t number = live_ ? live_->reached_wire(data, length) : frame_check_arrived(&tx_.check, tx_.taken, data, length);
    if (number >= 0) {
        tx_.meter.ended(static_cast<uint64_t>(number), frame.last.value());
        tx_.losses.arrived(static_cast<uint64_t>(number));
    }
    ++tx_.arrived;
    tx_.meter.delivered(length);
    tx_.meter.passed(frame.last.value());
    if (tx_.arrived == tx_.total && !live_) close_window();
    step();
}

// What the NIC says of a frame must be so.
void TrafficRun::check_offload(const uint8_t* data, size_t length, const traffic_receive_info& info) {
    static constexpr uint32_t types[] = {0, NDIS_HASH_IPV4, NDIS_HASH_TCP_IPV4, NDIS_HASH_UDP_IPV4,
                                         NDIS_HASH_IPV6, NDIS_HASH_TCP_IPV6, NDIS_HASH_UDP_IPV6};
    if ((info.tcp_good && !offload_tcp_is_good(data, length)) || (info.udp_good && !offload_udp_is_good(data, length)))
        fail("offload.checksum", "[V] 5.1.6.4", "a received frame came with DATA_VALID, and its checksum is wrong");
    if (info.hash_type == 0) return;
    uint32_t hash = 0;
    const offload_hash covers = offload_hash_of(data, length, traffic_rss_key, &hash);
    if (types[covers] == info.hash_type && hash == info.hash) return;
    char text[160];
    std::snprintf(text, sizeof text,
                  "a received frame came with hash 0x%08" PRIX32 " of type 0x%" PRIX32 "; it is 0x%08" PRIX32 " of type 0x%" PRIX32,
                  info.hash, info.hash_type, hash, types[covers]);
    fail("offload.hash", "[V] 5.1.6.4.3", text);
}

void TrafficRun::received(const uint8_t* data, size_t length, const traffic_receive_info& info) {
    check_offload(data, length, info);
    if (of_a_program(rx_, data, length)) return;
    if (info.tag != tags_.tci) fail("frames.vlan", "802.1Q 9.6", "a received frame came with " + tag_text(info.tag) + " in the slot of its NBL, and had " +
                                    tag_text(tags_.tci) + " on the wire");
    const int64_t number = live_ ? live_->reached_host(data, length) : frame_check_arrived(&rx_.check, rx_.taken, data, length);
    if (number >= 0) {
        rx_.meter.ended(static_cast<uint64_t>(number), hw::now_ps());
        rx_.losses.arrived(static_cast<uint64_t>(number));
    }
    ++rx_.arrived;
    rx_.meter.delivered(length);
    if (system_.transcript) system_.transcript->frame("host", data, length);
    if (config_.to_host) capture_writer_add(config_.to_host, hw::now_ps(), data, length);
    step();
}

void TrafficRun::on_event(const hw::Event& event) {
    switch (event.kind) {
    case hw::EventKind::frame_rx: rx_.meter.started(event.packet, event.time_ps); break;
    case hw::EventKind::nbl_sent:
        // The call into the driver, later than the moment when the protocol made the packet up.
        for (uint64_t packet = event.packet; packet < event.packet + packets_of_a_send(scenario_) && packet < tx_.taken; packet++)
            tx_.meter.started(packet, event.time_ps);
        break;
    case hw::EventKind::device_trace:
        if (event.index == TRACE_RX_WRITE) rx_.meter.passed(event.time_ps);
        count_queue(event);
        if (event.index == TRACE_RX_DROP) {
            const uint64_t reason = event.value >> 48;  // aux of the trace word, rtl/regmap/trace.def
            ++dropped_;
            ++adapters_[event.nic].dropped;
            ++drops_by_reason_[reason < drops_by_reason_.size() ? reason : 0];
            step();
        }
        break;
    default: break;
    }
}

// Frames are reported with their queue pair, doorbells with their virtqueue ([V] 5.1.2: receive even, transmit odd). Of interrupts the
// vector counts: the driver gives queue n message n + 1.
void TrafficRun::count_queue(const hw::Event& event) {
    auto& queues = adapters_[event.nic].queues;
    const auto queue = [&](unsigned number) -> machine_queue& { return queues[std::min<size_t>(number, queues.size() - 1)]; };
    switch (event.index) {
    case TRACE_RX_WRITE: ++queue(2u * event.queue).frames; break;
    case TRACE_TX_FIRST: ++queue(2u * event.queue + 1).frames; break;
    case TRACE_DOORBELL: ++queue(event.queue).doorbells; break;
    case TRACE_IRQ: {
        const auto vector = static_cast<unsigned>(event.value >> 32 & 0xFFFF);  // index of the trace word, rtl/regmap/trace.def
        if (vector > 0) ++queue(vector - 1).interrupts;
        break;
    }
    default: break;
    }
}

}  // namespace sim
