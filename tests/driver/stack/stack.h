// SPDX-License-Identifier: Apache-2.0
// The whole driver stack over the fake platform: frames in, frames out, for the tests of the miniport and of the traffic protocol.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "fake_device.h"
#include "fake_platform.h"
#include "ndis.h"
#include "packets.h"
#include "regmap.h"
#include "traffic.h"

using Bytes = std::vector<uint8_t>;

// A frame whose bytes say which one it is, of `length` bytes. All of one flow unless `flow` differs.
inline Bytes make_frame(unsigned number, size_t length, unsigned flow = 0) {
    Bytes frame(length);
    for (size_t i = 0; i < length; i++) frame[i] = static_cast<uint8_t>(number * 31 + i * 7);
    const uint8_t header[14] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, static_cast<uint8_t>(flow), 0x88, 0xB5};
    std::memcpy(frame.data(), header, length < sizeof(header) ? length : sizeof(header));
    return frame;
}

// A UDP datagram over IPv4 from a client port of this flow to port 53, or back, whose payload says which one it is.
inline Bytes make_datagram(unsigned number, size_t payload, unsigned flow, bool back = false) {
    Bytes frame(42 + payload);
    const uint8_t here = static_cast<uint8_t>(flow * 2), there = static_cast<uint8_t>(flow * 2 + 1);
    const uint8_t from = back ? there : here, to = back ? here : there;
    const Bytes header = {2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0, 0x45, 0, static_cast<uint8_t>((28 + payload) >> 8),
                          static_cast<uint8_t>(28 + payload), 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, from, 10, 0, 0, to,
                          0x10, static_cast<uint8_t>(flow), 0, 53, 0, 0, 0, 0};
    std::memcpy(frame.data(), header.data(), header.size());
    if (back) std::swap_ranges(&frame[34], &frame[36], &frame[36]);
    for (size_t i = 42; i < frame.size(); i++) frame[i] = static_cast<uint8_t>(number * 31 + i * 7);
    if (payload >= 2) frame[42] = static_cast<uint8_t>(number), frame[43] = static_cast<uint8_t>(number >> 8);
    return frame;
}

class Stack {
public:
    struct Sent {
        uint64_t id;
        int32_t status;
    };

    Stack() {
        fake_platform_config_default(&machine);
        config.cut = TRAFFIC_CUT_WHOLE;
        config.seed = 1;
        config.backfill = 12;
        config.nbs_per_nbl = 1;
        config.nbls_per_send = 4;
        config.outstanding_nbls = 32;
        config.rx_buffer_bytes = 1518;
        config.rx_buffer_elements = 1;
    }
    ~Stack() { finish(); }
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;

    // Returns traffic_start's result; `error` has its text.
    int start() {
        fake = fake_platform_create(&machine);
        fake_device_on_transmit(fake, [](void* arg, const fake_frame* frame) {
            auto* self = static_cast<Stack*>(arg);
            self->on_wire.emplace_back(frame->bytes, frame->bytes + frame->length);
            self->elements.push_back(frame->elements);
            self->first.push_back(frame->first);
            self->queues.push_back(frame->queue);
            self->tables += frame->indirect;
        }, this);
        traffic_callbacks callbacks{};
        callbacks.ctx = this;
        callbacks.next = [](void* arg, const uint8_t** data, size_t* length, uint64_t* not_before) -> int64_t {
            auto* self = static_cast<Stack*>(arg);
            if (self->next_ == self->to_send.size()) return self->more_may_come ? -2 : -1;
            // A copy that dies at the next call: nobody may hold on to it.
            self->lent_ = self->to_send[self->next_];
            *data = self->lent_.data();
            *length = self->lent_.size();
            *not_before = self->next_ < self->not_before_ps.size() ? self->not_before_ps[self->next_] : 0;
            return static_cast<int64_t>(self->next_++);
        };
        callbacks.sent = [](void* arg, uint64_t id, int32_t status) { static_cast<Stack*>(arg)->sent.push_back({id, status}); };
        callbacks.received = [](void* arg, const uint8_t* data, size_t length, const traffic_receive_info* info) {
            static_cast<Stack*>(arg)->received.emplace_back(data, data + length);
            static_cast<Stack*>(arg)->infos.push_back(*info);
        };
        callbacks.handed_over = [](void* arg, uint64_t, const uint8_t* data, size_t length) {
            static_cast<Stack*>(arg)->handed_over.emplace_back(data, data + length);
        };
        char text[2048] = "";
        int result = traffic_start(wrap ? wrap(fake_platform_seam(fake)) : fake_platform_seam(fake), &config, &callbacks, &traffic, text, sizeof(text));
        error = text;
        return result;
    }
    bool run_until_sent(uint64_t timeout_ns = 1000 * 1000 * 1000) {
        return fake_platform_run_until(fake, [](void* arg) { return traffic_sends_done(static_cast<traffic_t*>(arg)); }, traffic,
                                       timeout_ns);
    }
    void run_for(uint64_t ns) { fake_platform_run_for(fake, ns); }
    bool receive(const Bytes& frame) { return fake_device_receive(fake, frame.data(), frame.size()); }
    void stop() {
        if (traffic) traffic_stop(traffic);
        traffic = nullptr;
    }
    // Stop, and expect that nothing was left behind and (unless a fault was asked for) nothing reported.
    void finish() {
        stop();
        if (!fake) return;
        std::string seen = violations();
        unsigned live = fake_platform_destroy(fake);
        fake = nullptr;
        if (expect_clean) {
            EXPECT_EQ(seen, "");
            EXPECT_EQ(live, 0u) << "allocations and mappings are left";
        }
    }
    std::string violations() const {
        std::string all;
        for (unsigned i = 0; i < fake_platform_violation_count(fake); i++) {
            const fake_violation* one = fake_platform_violation(fake, i);
            all += std::string(one->check) + " (" + one->clause + ") packet " + std::to_string(one->packet) + ": " + one->message + "\n";
        }
        return all;
    }
    traffic_counts counts() const {
        traffic_counts all;
        traffic_get_counts(traffic, &all);
        return all;
    }
    void expect_all_sent() const {
        ASSERT_EQ(sent.size(), to_send.size());
        for (size_t i = 0; i < sent.size(); i++) EXPECT_EQ(sent[i].status, 0) << "packet " << sent[i].id;
        ASSERT_EQ(on_wire.size(), to_send.size());
        for (size_t i = 0; i < on_wire.size(); i++) ASSERT_EQ(on_wire[i], to_send[i]) << "frame " << i;
    }

    // Sends while all of the stack is paused and restarted, twenty times: nothing may be lost.
    void send_over_restarts() {
        more_may_come = true;
        ASSERT_EQ(start(), 0) << error;
        for (unsigned round = 0; round < 20; round++) {
            for (unsigned i = 0; i < 20; i++) to_send.push_back(make_frame(round * 20 + i, 100));
            traffic_kick(traffic);
            run_for(500 + round * 700);
            ASSERT_EQ(traffic_restart_stack(traffic), 0);
        }
        more_may_come = false;
        traffic_kick(traffic);
        ASSERT_TRUE(run_until_sent());
        expect_all_sent();
    }
    // 400 frames to a ring of 16: at least so many get in, and each of these arrives.
    void receive_more_than_the_ring_holds(unsigned least) {
        config.rx_queue_size = 16;
        ASSERT_EQ(start(), 0) << error;
        unsigned taken = 0;
        for (unsigned i = 0; i < 400; i++) {
            taken += receive(make_frame(i, 200));
            if (i % 12 == 11) run_for(50000);
        }
        run_for(1000000);
        EXPECT_EQ(received.size(), taken);
        EXPECT_GE(taken, least);
    }
    // TCP and UDP packets of so many flows over IPv4 and IPv6, without options, and in the end a frame of neither: each arrives with the
    // hash of its flow, the last with none.
    void receive_hashed(unsigned packets, unsigned flows) {
        std::vector<Bytes> frames;
        for (unsigned i = 0; i < packets; i++)
            frames.push_back(make_packet({i % 2 ? 4 : 6, i % 3 != 0, false, static_cast<uint8_t>(i % flows + 1)}, make_payload(i, 50 + i)));
        frames.push_back(make_frame(1, 100));
        for (const Bytes& frame : frames) {
            ASSERT_TRUE(receive(frame));
            run_for(10 * 1000);
        }
        ASSERT_EQ(received, frames);
        for (size_t i = 0; i + 1 < frames.size(); i++) {
            const bool ipv4 = frames[i][12] == 0x08, tcp = frames[i][ipv4 ? 23 : 20] == 6;
            const size_t at = ipv4 ? 26 : 22, addresses = ipv4 ? 8 : 32;
            const Bytes input(frames[i].begin() + at, frames[i].begin() + at + addresses + 4);  // the ports follow
            EXPECT_EQ(infos[i].hash, fake_toeplitz(traffic_rss_key, input.data(), input.size()));
            EXPECT_EQ(infos[i].hash_type, ipv4 ? (tcp ? NDIS_HASH_TCP_IPV4 : NDIS_HASH_UDP_IPV4) : (tcp ? NDIS_HASH_TCP_IPV6 : NDIS_HASH_UDP_IPV6));
        }
        EXPECT_EQ(infos.back().hash_type, 0u);
    }

    using traffic_t = struct traffic;
    fake_platform_config machine;
    traffic_config config{};
    fake_platform* fake = nullptr;
    traffic_t* traffic = nullptr;
    std::string error;
    bool expect_clean = true;
    platform* (*wrap)(platform* seam) = nullptr;  // puts a layer of the test's own over the machine
    bool more_may_come = false;

    std::vector<Bytes> to_send, on_wire, received;
    std::vector<Bytes> handed_over;           // by a TCP/IP stack
    std::vector<traffic_receive_info> infos;  // of received
    std::vector<uint64_t> not_before_ps;
    std::vector<unsigned> elements;
    std::vector<uint32_t> first;
    std::vector<unsigned> queues;  // of on_wire
    size_t wire_frames = 0;  // for a test that has frames arrive from a thread of its own
    unsigned tables = 0;           // frames whose elements were in an indirect table
    std::vector<Sent> sent;

private:
    size_t next_ = 0;
    Bytes lent_;
};
