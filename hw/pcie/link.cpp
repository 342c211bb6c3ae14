// SPDX-License-Identifier: Apache-2.0
// Moving TLPs over the link. See link.h.
#include "link.h"

#include <algorithm>

#include "sim_time.h"

namespace hw {

namespace {

// What can_send() promises room for: a TLP of MPS bytes; non-posted requests of a device carry no data.
uint32_t promised_data(TlpKind kind, const LinkConfig& config) {
    return kind == TlpKind::non_posted ? 0 : data_credits(config.mps);
}

void emit_tlp(EventStream& events, EventKind kind, const Tlp& tlp) {
    if (!events.wants(kind)) return;
    Event event;
    event.time_ps = now_ps();
    event.kind = kind;
    event.index = tlp.fmt_type();
    event.packet = tlp.id;
    event.value = tlp.link_bytes();
    events.emit(event);
}

}  // namespace

PcieLink::PcieLink(const sc_core::sc_module_name& name, const LinkConfig& config, EventStream& events)
    : sc_module(name), config_(config), rate_(link_rate(config)), events_(events), checker_(config, events), up_(rate_), down_(rate_) {
    require_picoseconds();
    credit_return_ps_ = config_.credit_return_ns * uint64_t{1000};
    tx_queue_ps_ = config_.tx_queue_bytes * rate_.ps_numerator / rate_.ps_denominator;
    const auto finite = [](std::array<CreditAccount, tlp_kinds>& accounts, const Credits& credits) {
        accounts[index(TlpKind::posted)] = CreditAccount(credits.posted_headers, credits.posted_data);
        accounts[index(TlpKind::non_posted)] = CreditAccount(credits.non_posted_headers, credits.non_posted_data);
    };
    finite(up_credits_, config_.root_credits);
    finite(down_credits_, config_.device_credits);
}

void PcieLink::connect(Nic& device, RootPort& root) {
    device_ = &device;
    root_ = &root;
}

uint64_t PcieLink::ready_ps(TlpKind kind) const {
    const uint64_t credits = up_credits_[index(kind)].ready_ps(promised_data(kind, config_));
    const uint64_t space = up_.free_ps() > tx_queue_ps_ ? up_.free_ps() - tx_queue_ps_ : 0;
    return std::max(credits, space);
}

bool PcieLink::can_send(TlpKind kind) const {
    if (removed_) return true;  // into nowhere
    const uint64_t ready = ready_ps(kind);
    if (ready <= now_ps()) return true;
    starved_[index(kind)] = true;  // wake the device when this changes
    if (ready != CreditAccount::never) arm_wake(ready);
    return false;
}

void PcieLink::send(TlpPtr tlp) {
    if (removed_) return;
    const uint64_t now = now_ps();
    const TlpKind kind = tlp->kind();
    tlp->id = next_id_++;
    if (ready_ps(kind) > now)
        events_.violate({now, "pcie.credit", "[P] 2.6.1", "the device sent without credits or queue space: " + tlp->to_string(), -1});
    up_credits_[index(kind)].take(now, data_credits(tlp->payload_bytes));
    emit_tlp(events_, EventKind::tlp_up, *tlp);
    checker_.up(*tlp);
    const uint64_t arrival = up_.send(now, tlp->link_bytes()) + propagation_ps();
    root_->accept(std::move(tlp), arrival);
}

void PcieLink::release_up(TlpKind kind, uint32_t payload_bytes, uint64_t time_ps) {
    up_credits_[index(kind)].give_back(time_ps + credit_return_ps_, data_credits(payload_bytes));
    if (!starved_[index(kind)]) return;
    const uint64_t ready = ready_ps(kind);
    if (ready != CreditAccount::never) arm_wake(std::max(ready, now_ps()));
}

void PcieLink::arm_wake(uint64_t time_ps) const {
    if (time_ps >= wake_ps_) return;
    wake_ps_ = time_ps;
    wake_alarm_.set(time_ps);
}

void PcieLink::wake_device() {
    wake_ps_ = CreditAccount::never;
    const auto starved = starved_;
    starved_ = {};
    device_->wake();
    // The device may poll only some kinds now, or none until its next clock edge: what is still missing keeps its wake-up.
    for (size_t i = 0; i < tlp_kinds; ++i) {
        const TlpKind kind = static_cast<TlpKind>(i);
        if (starved[i] && ready_ps(kind) > now_ps()) can_send(kind);
    }
}

void PcieLink::send_down(TlpPtr tlp) {
    if (removed_) return;
    tlp->id = next_id_++;
    const size_t kind = index(tlp->kind());
    ++pending_down_[kind];
    waiting_[kind].push_back({next_sequence_++, std::move(tlp)});
    drain();
}

void PcieLink::remove() {
    removed_ = true;
    for (auto& queue : waiting_) queue.clear();
    in_flight_.clear();
    pending_down_ = {};
    checker_.abandon();
    root_->removed();
}

// The oldest TLP that ordering and credits let go, [P] table 2-40; null when there is none.
std::deque<PcieLink::Waiting>* PcieLink::next_to_leave() {
    auto& posted = waiting_[index(TlpKind::posted)];
    const uint64_t barrier = posted.empty() ? UINT64_MAX : posted.front().sequence;
    std::deque<Waiting>* best = nullptr;
    for (size_t kind = 0; kind < tlp_kinds; ++kind) {
        auto& queue = waiting_[kind];
        if (queue.empty() || queue.front().sequence > barrier) continue;
        if (best && best->front().sequence < queue.front().sequence) continue;
        const uint32_t data = data_credits(queue.front().tlp->payload_bytes);
        if (down_credits_[kind].ready_ps(data) <= now_ps()) best = &queue;
    }
    return best;
}

void PcieLink::drain() {
    const uint64_t now = now_ps();
    while (std::deque<Waiting>* queue = next_to_leave()) {
        TlpPtr tlp = std::move(queue->front().tlp);
        queue->pop_front();
        down_credits_[index(tlp->kind())].take(now, data_credits(tlp->payload_bytes));
        const uint64_t arrival = down_.send(now, tlp->link_bytes()) + propagation_ps();
        in_flight_.push_back({arrival, std::move(tlp)});
        if (in_flight_.size() == 1) arm_delivery();
    }
    arm_credits();
}

void PcieLink::arm_credits() {
    const uint64_t now = now_ps();
    uint64_t ready = CreditAccount::never;
    for (size_t kind = 0; kind < tlp_kinds; ++kind) {
        if (waiting_[kind].empty()) continue;
        const uint64_t due = down_credits_[kind].ready_ps(data_credits(waiting_[kind].front().tlp->payload_bytes));
        // One that has its credits already waits behind a posted TLP, whose credits are looked at too.
        if (due > now) ready = std::min(ready, due);
    }
    if (ready != CreditAccount::never) credit_alarm_.set(ready);
}

void PcieLink::release(TlpKind kind, uint32_t payload_bytes) {
    down_credits_[index(kind)].give_back(now_ps() + credit_return_ps_, data_credits(payload_bytes));
    if (!waiting_[index(kind)].empty()) arm_credits();
}

void PcieLink::deliver() {
    const uint64_t now = now_ps();
    while (!in_flight_.empty() && in_flight_.front().time_ps <= now) {
        TlpPtr tlp = std::move(in_flight_.front().tlp);
        in_flight_.pop_front();
        --pending_down_[index(tlp->kind())];
        emit_tlp(events_, EventKind::tlp_down, *tlp);
        checker_.down(*tlp);
        root_->delivered(*tlp);
        device_->receive(std::move(tlp));
    }
    if (!in_flight_.empty()) arm_delivery();
}

// A request of a CPU is delivered at kernel time: it makes room for the next, for which a CPU may wait.
void PcieLink::arm_delivery() {
    const Arrival& next = in_flight_.front();
    deliver_alarm_.set(next.time_ps, next.tlp->is_completion() ? Alarm::When::ahead : Alarm::When::kernel_time);
}

}  // namespace hw
