// SPDX-License-Identifier: Apache-2.0
// RandomMachine: a device with features drawn at random, traffic that exercises them, and what software says must come of it.
//
//   RandomMachine m(seed);
//   m.run();                // rounds of commands good and bad, traffic both ways, malformed packets, headers and frames, reads in error,
//                           // packets and doorbells that mean nothing, resets of queues; between rounds broken rings, and a reset
//   all.add(m.tally);       // what of it took place
//
// Whatever is expected comes from models in plain C++: segment_model.h of what is sent, filter_model.h and packet_model.h of what is
// received. Nothing may be lost: malformed packets and unwanted frames are counted by the device, each in its counter, and all counters are
// compared at the end.
#pragma once

#include <map>
#include <optional>

#include "random_receive.h"
#include "random_transmit.h"

class RandomMachine {
public:
    Tally tally;

    explicit RandomMachine(unsigned seed)
        : seed_(seed), random_(seed * 2654435761u + 1), features_(draw_features(random_, offers())),
          pairs_(has(VIRTIO_NET_F_MQ_BIT) || has(VIRTIO_NET_F_RSS_BIT) ? 1 + unsigned(random_() % kPairs) : 1), ring_size_(ring_size()),
          d_(machine(), features_, pairs_, ring_size_), untidy_(random_() % 2) {
        d_.host.isolated = true;
        d_.host.config_write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL_2, 1, 2);   // a lost answer is missed after 50 to 100 us
        d_.host.fault = [this](const Host::Access& read) { return spoil(read); };
        session_.emplace(x_);
    }

    static uint64_t offers() {
        static const uint64_t bits = [] { Host host(config()); return offered_by(host); }();
        return bits;
    }
    void run(unsigned rounds = 3) {
        for (unsigned round = 0; round < rounds && !RandomContext::failed(); ++round) {
            if (has(VIRTIO_NET_F_CTRL_VQ_BIT)) session_->settings.change();
            set_events();
            if (!RandomContext::failed()) traffic();
            if (!RandomContext::failed() && has(VIRTIO_F_RING_RESET_BIT) && x_.chance(50)) reset_a_queue();
            if (!RandomContext::failed()) check_counters();
            if (!RandomContext::failed() && x_.chance(50)) break_a_ring();   // and on, behind a reset
        }
        EXPECT_TRUE(RandomContext::failed() || tally.sent + tally.delivered > 10);
    }
    std::string what() const {
        char text[120];
        std::snprintf(text, sizeof text, "seed %u, features %016llx, %u pairs, rings of %u", seed_,
                      static_cast<unsigned long long>(features_), pairs_, ring_size_);
        return text;
    }

private:
    const unsigned seed_;
    std::mt19937 random_;
    const uint64_t features_;
    const unsigned pairs_, ring_size_;
    Device d_;
    const bool untidy_;              // the link
    RandomContext x_{random_, features_, pairs_, d_, tally};
    Wrongs wrongs_{random_};
    // What holds until the next reset of the device.
    struct Session {
        RandomSettings settings;
        RandomTransmit transmit;
        RandomReceive receive;
        explicit Session(RandomContext& x) : settings(x), transmit(x), receive(x, settings) {}
    };
    std::optional<Session> session_;
    Tally since_;                                // when it began
    std::map<uint32_t, uint32_t> base_;          // counters of the device, then

    bool has(unsigned bit) const { return features_ & feature(bit); }
    unsigned ring_size() {
        const unsigned sizes[] = {64, 64, 33, 16, 8, 57};
        return sizes[random_() % 6];
    }
    NicHostConfig machine() {
        auto c = config(seed_);
        c.latency_min = 20;
        c.latency_max = 20 + unsigned(random_() % 3) * 150;
        c.stall_percent = unsigned(random_() % 3) * 10;
        c.mps = 128u << random_() % 3;
        c.mrrs = 128u << random_() % 4;
        return c;
    }
    // What event structures mean is shown elsewhere; here they vary, and the driver polls.
    void set_events() {
        for (unsigned q = 0; q < 2 * pairs_; ++q) {
            const uint16_t words[2] = {uint16_t(random_()), uint16_t(x_.below(has(VIRTIO_F_EVENT_IDX_BIT) ? 3 : 2))};
            std::memcpy(d_.host.at(event_address(q)), words, 4);
        }
    }
    void traffic() {
        session_->receive.post_buffers();
        d_.host.step(400);      // and the device has them
        for (unsigned i = 0; i < 1500 && !RandomContext::failed(); ++i) {
            if (x_.chance(6)) session_->transmit.offer_one();
            if (x_.chance(6)) session_->receive.inject_one();
            if (x_.chance(8)) d_.kick(d_.tx_of(x_.below(pairs_)));
            if (random_() % 500 == 0) stray();
            if (random_() % 500 == 0) ring_without_meaning();
            look();
        }
        for (unsigned p = 0; p < pairs_; ++p) d_.kick(d_.tx_of(p));
        ASSERT_TRUE(d_.run_until([&] { look(); return RandomContext::failed() || (session_->transmit.done() && session_->receive.done()); }, 300000))
            << session_->receive.due() << " frames are not delivered, " << session_->transmit.out() << " buffers not used";
        for (unsigned i = 0; i < 600 && !RandomContext::failed(); ++i) look();      // nothing more comes
    }
    void look() {
        session_->transmit.look();
        if (!RandomContext::failed()) session_->receive.look();
        d_.host.step();
    }
    void reset_a_queue() {
        const unsigned q = x_.below(2 * pairs_);
        d_.reset_queue(q);
        d_.queue(q, ring_size_);
        ++tally.queue_resets;
    }
    uint32_t counter(uint32_t at) { return d_.host.read(BAR0_STATS + at, 4); }
    void check_counters() {
        const std::pair<uint32_t, unsigned Tally::*> counts[] = {
            {STATS_TX_FRAMES, &Tally::sent}, {STATS_TX_DROPS, &Tally::refused}, {STATS_TX_SEGMENTED, &Tally::segmented},
            {STATS_RX_FRAMES, &Tally::delivered}, {STATS_RX_DROPS_UNWANTED, &Tally::unwanted}, {STATS_RX_DROPS_FCS, &Tally::bad_fcs},
            {STATS_RX_DROPS_LENGTH, &Tally::bad_length}, {STATS_CTRL_ERRORS, &Tally::bad_commands}};
        for (const auto& [at, count] : counts) EXPECT_EQ(counter(at) - base_[at], tally.*count - since_.*count) << "counter " << at;
        for (const uint32_t at : {STATS_RX_DROPS_NO_BUFFER, STATS_RX_DROPS_FIFO, STATS_RING_ERRORS})
            EXPECT_EQ(counter(at), base_[at]) << "counter " << at;
        EXPECT_EQ(d_.status(), 15u);
    }
    // A ring that no driver may write, or that cannot be read: the device says so once, and a reset brings it back.
    void break_a_ring() {
        d_.start(ring_size_);                      // with nothing in front of it that waits for frames
        d_.host.step(400);
        BrokenRing wrong;
        do wrong = wrongs_.broken_ring(features_, pairs_, ring_size_); while (wrong.frame && wrong.queue != 0);   // frames go to pair 0
        SCOPED_TRACE("queue " + std::to_string(wrong.queue) + ": " + wrong.name);
        const uint32_t before = counter(STATS_RING_ERRORS);
        for (const RawBytes& bytes : wrong.memory) std::copy(bytes.bytes.begin(), bytes.bytes.end(), d_.host.at(bytes.address));
        if (wrong.spoilt.fault) x_.spoilt = {wrong.spoilt};
        d_.host.messages.clear();
        Ring& ring = d_.rings[wrong.queue];
        for (const RawSlot& slot : wrong.slots) ring.post_raw({slot.address, slot.length}, 1, slot.flags);
        d_.kick(ring);
        d_.host.step(400);
        if (wrong.frame) d_.host.receive(with_fcs(make_frame(random_, 200)));
        ASSERT_TRUE(d_.run_until([&] { return d_.messages_of(0) == 1; }, 40000)) << "not told";
        EXPECT_EQ(d_.status(), 15u | 64u);
        d_.host.step(500);
        EXPECT_EQ(d_.messages_of(0), 1u) << "told more than once";
        EXPECT_EQ(counter(STATS_RING_ERRORS), before + 1);
        ++tally.broken_rings;
        restart();
    }
    // After a reset nothing is as the driver set it, and nothing is under way.
    void restart() {
        d_.start(ring_size_);
        EXPECT_EQ(d_.status(), 15u);
        while (d_.host.sending()) d_.host.step();
        d_.host.sent.clear();
        x_.spoilt.clear();
        session_.emplace(x_);
        since_ = tally;
        for (uint32_t at = 0; at < 8 * STATS_COUNT; at += 8) base_[at] = counter(at);
    }
    // What a link does wrong without harm: a part of an answer that comes with another byte count first. One that comes twice would do harm
    // when its tag is another read's by then.
    Host::Fault spoil(const Host::Access& read) {
        for (auto s = x_.spoilt.begin(); s != x_.spoilt.end(); ++s) {
            if (read.address < s->from || read.address >= s->to) continue;
            const auto fault = Host::Fault(s->fault);
            x_.spoilt.erase(s);
            return fault;
        }
        return untidy_ && x_.chance(3) ? Host::Fault::count : Host::Fault::none;
    }
    void stray() {
        for (RawPacket& packet : wrongs_.packets()) d_.host.inject(packet.hdr, std::move(packet.data));
        ++tally.strays;
    }
    void ring_without_meaning() {
        for (const RawBell& bell : wrongs_.bells()) d_.host.write(bell.offset, bell.value, bell.size);
        ++tally.bells;
    }
};
