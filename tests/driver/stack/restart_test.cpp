// SPDX-License-Identifier: Apache-2.0
// Any stack, paused and restarted, and its device reset, at random moments of traffic: nothing is lost, and every check is on.
#include "stack.h"

#include "traffic_cut.h"

namespace {

class Dice {
public:
    explicit Dice(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
    unsigned below(unsigned end) { return static_cast<unsigned>(traffic_random(&state_) % end); }

private:
    uint64_t state_;
};

void draw_stack(Dice& dice, traffic_config& config) {
    static constexpr traffic_driver_kind kinds[] = {TRAFFIC_DRIVER_CAPTURE, TRAFFIC_DRIVER_MUX, TRAFFIC_DRIVER_VLAN};
    config.stack_count = dice.below(5);
    for (unsigned i = 0; i < config.stack_count; i++) config.stack[i] = {kinds[dice.below(3)], 1 + dice.below(3)};
    config.backfill = dice.below(2) ? TRAFFIC_BACKFILL_ASKED : dice.below(40);
    config.cut = static_cast<traffic_cut>(dice.below(4));
    config.nbs_per_nbl = 1 + dice.below(3);
    config.nbls_per_send = 1 + dice.below(8);
    config.outstanding_nbls = 1 + dice.below(32);
    config.rx_queue_size = 1u << (4 + dice.below(4));
}

// What the frame looks like below the stack.
Bytes below(const traffic_config& config, Bytes frame) {
    for (unsigned i = config.stack_count; i-- > 0;) {
        if (config.stack[i].kind != TRAFFIC_DRIVER_VLAN) continue;
        const uint8_t tag[4] = {0x81, 0x00, 0, static_cast<uint8_t>(config.stack[i].number)};
        frame.insert(frame.begin() + 12, tag, tag + 4);
    }
    return frame;
}

struct Outcome {
    size_t received = 0, aborted = 0;
};

Outcome run(uint64_t seed, bool resets) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Dice dice(seed);
    Stack stack;
    Outcome outcome;
    stack.machine.yield_on_charge = dice.below(2) != 0;
    stack.machine.device.reverse = dice.below(2) != 0;
    draw_stack(dice, stack.config);
    const unsigned frames = 20 + dice.below(60);
    for (unsigned i = 0; i < frames; i++) {
        stack.to_send.push_back(make_frame(i, 60 + dice.below(300), i / 5));
        stack.not_before_ps.push_back(uint64_t{i} * dice.below(2000) * 1000);
    }
    EXPECT_EQ(stack.start(), 0) << stack.error;
    if (!stack.traffic) return outcome;
    size_t offered = 0;
    for (unsigned step = 0; step < 6; step++) {
        for (unsigned i = 0; i < 10; i++) {
            offered += stack.receive(below(stack.config, make_frame(i, 64 + dice.below(200))));
            stack.run_for(dice.below(3000));
        }
        const bool reset = resets && dice.below(2);
        EXPECT_EQ(reset ? traffic_reset_device(stack.traffic) : traffic_restart_stack(stack.traffic), 0);
    }
    EXPECT_TRUE(stack.run_until_sent());
    stack.run_for(200 * 1000);
    EXPECT_EQ(stack.sent.size(), frames);
    for (const Stack::Sent& sent : stack.sent) outcome.aborted += sent.status != 0;
    EXPECT_EQ(stack.counts().nbl_outstanding, 0u);
    EXPECT_LE(stack.received.size(), offered);
    outcome.received = stack.received.size();
    EXPECT_TRUE(resets || outcome.aborted == 0);
    stack.finish();  // nothing reported, nothing left
    return outcome;
}

TEST(StackRestart, AtRandomMomentsLosesNothing) {
    size_t received = 0;
    for (uint64_t seed = 0; seed < 500; seed++) received += run(seed, false).received;
    EXPECT_GT(received, 10000u);  // that there was traffic to lose
}

TEST(StackRestart, WithResetsOfTheDeviceInBetween) {
    for (uint64_t seed = 1000; seed < 1500; seed++) (void)run(seed, true);
}

}  // namespace
