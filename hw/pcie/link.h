// SPDX-License-Identifier: Apache-2.0
// The PCIe link between the root complex and the NIC, at transaction level.
//
//   device  --send()------> serializer --propagation--> RootPort::accept(tlp, arrival)     "up"
//   device <--receive()---- propagation <--serializer-- waiting, by ordering rules <-- send_down()   "down"
//
// Models: the rate left for TLPs [N], a TLP's real bytes, propagation, flow-control credits of both sides per class with the latency
// of their return, and the ordering rules where TLPs wait for credits [P] 2.4: posted never passes posted, completions and
// non-posted never pass posted, posted and completions pass non-posted that lack credits, so that no deadlock can arise.
// Leaves out: DLLPs as such (their share of the rate is deducted), replay and bit errors, link training, power states, virtual
// channels, relaxed ordering, messages, ECRC.
//
// Cost: no clock and no process. A TLP towards the host costs nothing here until it arrives; a TLP towards the device costs one alarm,
// shared by those that arrive together.
// Same instant: can_send() depends on time only. A TLP may arrive at the very time of a clock edge of the device; a device must take
// either all that arrived by then (and let the instant settle first) or only what came strictly before, so that it behaves the same
// whichever process SystemC runs first.
//
// Traces are those of an analyser at the device's pins: tlp_up when the device hands over, tlp_down when the last byte has arrived.
//
// Spec: [P] PCI Express Base 5.0  [N] Neugebauer et al., SIGCOMM 2018
#pragma once

#include <array>
#include <cstdint>
#include <deque>

#include <systemc>

#include "alarm.h"
#include "credits.h"
#include "event.h"
#include "link_config.h"
#include "nic.h"
#include "serializer.h"
#include "tlp.h"
#include "tlp_checker.h"

namespace hw {

// What the link sees of its other end (implemented by root_complex.h).
class RootPort {
public:
    virtual ~RootPort() = default;
    // The device handed this TLP over now; its last byte arrives at arrival_ps. Called in link order, arrivals do not decrease.
    virtual void accept(TlpPtr tlp, uint64_t arrival_ps) = 0;
    // The last byte of a TLP given to send_down() has reached the device now.
    virtual void delivered(const Tlp& tlp) = 0;
    // The device was taken away: nothing that is on its way comes any more, in either direction.
    virtual void removed() = 0;
};

class PcieLink : public sc_core::sc_module, public DeviceLink {
public:
    // config.error() must be empty. `events` outlives the link.
    PcieLink(const sc_core::sc_module_name& name, const LinkConfig& config, EventStream& events);
    void connect(Nic& device, RootPort& root);  // before simulation starts; both outlive the link's use

    // Device side: DeviceLink. Sending without can_send() is reported as a violation, and sent.
    bool can_send(TlpKind kind) const override;
    void send(TlpPtr tlp) override;
    void release(TlpKind kind, uint32_t payload_bytes) override;
    // Earliest time, as far as is known now, at which can_send(kind) holds if nothing else is sent; UINT64_MAX if that waits for the
    // root complex to release something.
    uint64_t ready_ps(TlpKind kind) const;

    // Root side. TLPs leave in the order of the calls, but for the ordering rules above when credits are short.
    void send_down(TlpPtr tlp);
    // TLPs given to send_down() that have not reached the device yet.
    size_t pending_down(TlpKind kind) const { return pending_down_[index(kind)]; }
    // The root complex freed its buffer of a received TLP at time_ps (now or later; per kind the times do not decrease).
    void release_up(TlpKind kind, uint32_t payload_bytes, uint64_t time_ps);

    // Takes the device away for good, as a hand that pulls the card: what is on the link is lost, what either side sends from now on is too,
    // and reads of a CPU find all ones. At kernel time.
    void remove();
    bool is_removed() const { return removed_; }

    const LinkConfig& config() const { return config_; }
    const LinkRate& rate() const { return rate_; }
    const Serializer& up() const { return up_; }
    const Serializer& down() const { return down_; }
    TlpChecker& checker() { return checker_; }
    uint64_t propagation_ps() const { return config_.propagation_ns * uint64_t{1000}; }

private:
    struct Arrival {
        uint64_t time_ps;
        TlpPtr tlp;
    };
    struct Waiting {
        uint64_t sequence;
        TlpPtr tlp;
    };

    static size_t index(TlpKind kind) { return static_cast<size_t>(kind); }
    void deliver();            // TLPs whose last byte is at the device
    void arm_delivery();
    void drain();              // waiting TLPs that may leave go onto the link
    void wake_device();
    std::deque<Waiting>* next_to_leave();
    void arm_credits();
    void arm_wake(uint64_t time_ps) const;

    const LinkConfig config_;
    const LinkRate rate_;
    EventStream& events_;
    TlpChecker checker_;
    Nic* device_ = nullptr;
    RootPort* root_ = nullptr;
    bool removed_ = false;
    uint64_t next_id_ = 1;
    uint64_t credit_return_ps_, tx_queue_ps_;

    Serializer up_, down_;
    std::array<CreditAccount, tlp_kinds> up_credits_, down_credits_;
    std::array<std::deque<Waiting>, tlp_kinds> waiting_;  // down, without credits or behind one without
    std::array<size_t, tlp_kinds> pending_down_{};
    uint64_t next_sequence_ = 0;
    std::deque<Arrival> in_flight_;                       // down, on the link
    Alarm deliver_alarm_{this, Alarm::call<PcieLink, &PcieLink::deliver>};
    Alarm credit_alarm_{this, Alarm::call<PcieLink, &PcieLink::drain>};
    mutable Alarm wake_alarm_{this, Alarm::call<PcieLink, &PcieLink::wake_device>};
    mutable uint64_t wake_ps_ = CreditAccount::never;             // when wake_alarm_ is due
    mutable std::array<bool, tlp_kinds> starved_{};               // the device asked in vain
};

}  // namespace hw
