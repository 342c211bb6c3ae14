// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <map>

#include "Vrx_steer.h"
#include "bench.h"
#include "flow_hash_model.h"
#include "frames.h"

namespace {

uint8_t hash_of(const Bytes& frame) {
    std::array<uint8_t, 64> head{};
    for (size_t i = 0; i < 64 && i < frame.size(); ++i) head[i] = frame[i];
    return flow_hash_model(head);
}

struct Rig {
    Bench<Vrx_steer> b;
    explicit Rig(unsigned pairs, unsigned seed = 1) : b(seed) {
        b->t_valid_i = b->t_last_i = b->m_valid_i = b->m_sop_i = 0;
        b->pairs_i = uint8_t(pairs);
        b.reset();
    }
    void send(const Bytes& frame, unsigned queue) {
        for (size_t at = 0; at < frame.size();) {
            if (b.chance(30)) { b->t_valid_i = 0; b.tick(); continue; }
            b->t_valid_i = 1;
            b->t_queue_i = uint8_t(queue);
            const unsigned n = put_beat(b->t_data_i, frame, at, b.random);
            b->t_bytes_i = uint8_t(n);
            at += n;
            b->t_last_i = at == frame.size();
            b.tick();
        }
        b->t_valid_i = b->t_last_i = 0;
    }
    // The queue that is said with the last beat.
    unsigned receive(const Bytes& frame) {
        unsigned queue = ~0u;
        for (size_t at = 0; at < frame.size();) {
            if (b.chance(30)) { b->m_valid_i = 0; b.tick(); continue; }
            b->m_valid_i = 1;
            b->m_sop_i = at == 0;
            const unsigned n = put_beat(b->m_data_i, frame, at, b.random);
            b->m_bytes_i = uint8_t(n);
            at += n;
            b.settle();
            queue = b->m_queue_o;
            b.edge();
        }
        b->m_valid_i = b->m_sop_i = 0;
        return queue;
    }
    Bytes frame(size_t bytes) {
        Bytes f = random_frame(b.random, bytes);
        f[12] = 8;
        f[13] = 0;
        f[14] = 0x45;
        return f;
    }
};

TEST(RxSteer, ReturnsAFlowToTheQueueThatSentItLast) {  // VIRTIO K9: [V] 5.1.6.5.5
    for (unsigned pairs : {2u, 4u, 16u}) {
        Rig rig(pairs, pairs);
        std::map<uint8_t, unsigned> known;
        for (unsigned i = 0; i < 600; ++i) {
            const Bytes sent = rig.frame(14 + rig.b.random() % 200);
            const unsigned queue = unsigned(rig.b.random() % pairs);
            rig.send(sent, queue);
            known[hash_of(sent)] = queue;
            ASSERT_EQ(rig.receive(sent), queue);
            const Bytes other = rig.frame(60 + rig.b.random() % 200);
            const auto h = hash_of(other);
            ASSERT_EQ(rig.receive(other), known.count(h) ? known[h] : h * pairs / 256) << "frame " << i;
        }
    }
}

TEST(RxSteer, NeverUsesAPairBeyondTheLimit) {  // VIRTIO K8
    Rig rig(16);
    for (unsigned i = 0; i < 300; ++i) rig.send(rig.frame(100), i % 16);
    for (unsigned pairs : {1u, 3u, 5u, 16u}) {
        rig.b->pairs_i = uint8_t(pairs);
        for (unsigned i = 0; i < 300; ++i) ASSERT_LT(rig.receive(rig.frame(100)), pairs);
    }
}

TEST(RxSteer, ForgetsAtReset) {
    Rig rig(16);
    for (unsigned i = 0; i < 300; ++i) rig.send(rig.frame(100), 15);
    rig.b.reset();
    for (unsigned i = 0; i < 300; ++i) {
        const Bytes f = rig.frame(100);
        ASSERT_EQ(rig.receive(f), hash_of(f) * 16u / 256);
    }
}

}  // namespace
