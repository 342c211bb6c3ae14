// SPDX-License-Identifier: Apache-2.0
// The adapter between pins and packets, around nic_loop.
#include <gtest/gtest.h>

#include "bench.h"
#include "nic_adapter.h"
#include "rtl_messages.h"

using bench::Bench;

namespace {

constexpr uint64_t period = 4000;

hw::NicConfig width(uint32_t bits) {
    hw::NicConfig config;
    config.datapath_bits = bits;
    return config;
}

// Sends TLPs of all payload lengths up to 512 bytes and some larger ones, and expects each back.
void echo_all_lengths(uint32_t bits) {
    Bench b(width(bits));
    std::vector<uint32_t> lengths;
    for (uint32_t n = 0; n <= 512; n += 4) lengths.push_back(n);
    lengths.insert(lengths.end(), {1020, 1024, 2048, 4092, 4096});
    for (size_t i = 0; i < lengths.size(); ++i) {
        b.script.at(100000 + i * 100000, [&b, &lengths, i] {
            b.nic->receive(bench::tlp(lengths[i] ? TLP_TYPE_MWR32 : TLP_TYPE_MRD32, lengths[i], static_cast<uint32_t>(i)));
        });
    }
    b.run_ns(20000);
    ASSERT_EQ(b.link.sent.size(), lengths.size());
    for (size_t i = 0; i < lengths.size(); ++i) {
        const hw::TlpPtr expected = bench::tlp(lengths[i] ? TLP_TYPE_MWR32 : TLP_TYPE_MRD32, lengths[i], static_cast<uint32_t>(i));
        EXPECT_EQ(b.link.sent[i].header, expected->hdr);
        ASSERT_EQ(b.link.sent[i].payload.size(), lengths[i]);
        EXPECT_TRUE(std::equal(b.link.sent[i].payload.begin(), b.link.sent[i].payload.end(), expected->payload.begin()));
        EXPECT_EQ(b.link.released[i].second, lengths[i]);
    }
    b.nic->finish();
    EXPECT_TRUE(b.violations.empty()) << b.violations[0].message;
}

void echo_all_frame_lengths(uint32_t bits) {
    Bench b(width(bits));
    std::vector<uint32_t> lengths;
    for (uint32_t n = 60; n <= 200; ++n) lengths.push_back(n);
    lengths.insert(lengths.end(), {1518, 9018, 9022});
    for (size_t i = 0; i < lengths.size(); ++i) {
        const uint64_t start = 100000 + i * 2000000;
        b.script.at(start, [&b, &lengths, i, start] { b.nic->receive(bench::frame(lengths[i], start, static_cast<uint32_t>(i))); });
    }
    b.run_ns(400000);
    ASSERT_EQ(b.wire.sent.size(), lengths.size());
    for (size_t i = 0; i < lengths.size(); ++i) {
        EXPECT_EQ(b.wire.sent[i].bytes, bench::frame(lengths[i], 0, static_cast<uint32_t>(i))->bytes) << lengths[i];
    }
    b.nic->finish();
    EXPECT_TRUE(b.violations.empty()) << b.violations[0].message;
}

}  // namespace

TEST(NicTlps, AllLengthsCrossAt256Bits) { echo_all_lengths(256); }
TEST(NicTlps, AllLengthsCrossAt512Bits) { echo_all_lengths(512); }

TEST(NicTlps, ATlpIsTakenABeatPerEdgeAndReleasedAtItsLast) {
    Bench b;
    b.script.at(401000, [&b] { b.nic->receive(bench::tlp(TLP_TYPE_MWR32, 96, 1)); });
    b.run_ns(1000);
    ASSERT_EQ(b.link.released.size(), 1u);
    EXPECT_EQ(b.link.released[0].first, 404000u + 2 * period);
    ASSERT_EQ(b.link.sent.size(), 1u);
    EXPECT_EQ(b.link.sent[0].time_ps, 404000u + 3 * period);  // each beat comes back one edge later
}

TEST(NicTlps, AnEdgeSeesATlpThatArrivesAtItsInstant) {
    Bench b;
    b.script.at(404000, [&b] { b.nic->receive(bench::tlp(TLP_TYPE_MWR32, 32, 1)); });
    b.run_ns(1000);
    ASSERT_EQ(b.link.released.size(), 1u);
    EXPECT_EQ(b.link.released[0].first, 404000u);
}

TEST(NicTlps, WithoutCreditsAFirstBeatWaitsForWake) {
    Bench b;
    b.link.ok = {false, true, true};
    b.script.at(400000, [&b] { b.nic->receive(bench::tlp(TLP_TYPE_MWR32, 64, 1)); });
    b.script.at(800000, [&b] {
        EXPECT_TRUE(b.link.sent.empty());
        b.link.ok[0] = true;
        b.nic->wake();
    });
    b.run_ns(2000);
    ASSERT_EQ(b.link.sent.size(), 1u);
    EXPECT_EQ(b.link.sent[0].time_ps, 800000u + period);
    EXPECT_TRUE(b.violations.empty());
}

TEST(NicTlps, ALengthThatIsNotTheHeadersIsAViolation) {
    Bench b;
    b.script.at(400000, [&b] {
        hw::TlpPtr tlp = bench::tlp(TLP_TYPE_MWR32, 64, 1);
        tlp->hdr[2] |= 0x80000000;  // nic_loop ends it a beat early
        b.nic->receive(std::move(tlp));
    });
    b.run_ns(1000);
    ASSERT_FALSE(b.violations.empty());
    EXPECT_EQ(b.violations[0].check, "nic.tlp_length");
    EXPECT_EQ(b.violations[0].clause, "[P] 2.2.2");
    EXPECT_EQ(b.violations[0].time_ps, 400000u + period);
    EXPECT_TRUE(b.link.sent.empty());
}

TEST(NicFrames, AllLengthsCrossAt256Bits) { echo_all_frame_lengths(256); }
TEST(NicFrames, AllLengthsCrossAt512Bits) { echo_all_frame_lengths(512); }

TEST(NicFrames, ABeatIsGivenWhenItsLastByteHasArrived) {
    Bench b;
    b.script.at(400000, [&b] { b.nic->receive(bench::frame(64, 401000, 1)); });
    b.run_ns(1000);
    // 32 bytes at 200 ps each after 401000: 407400, so the edge at 408000; the second beat 413800: 416000. Each is back an edge later.
    ASSERT_EQ(b.wire.sent.size(), 1u);
    EXPECT_EQ(b.wire.starts[0], 408000u + period);
    EXPECT_EQ(b.wire.sent[0].time_ps, 416000u + period);
}

TEST(NicAssertions, AFailedCheckIsAViolationWithItsClauseAndTime) {
    Bench b;
    b.script.at(400000, [&b] { b.nic->receive(bench::tlp(TLP_TYPE_CFGWR0, 4, 1)); });
    b.run_ns(1000);
    ASSERT_EQ(b.violations.size(), 1u);
    EXPECT_EQ(b.violations[0].check, "rtl.assertion");
    EXPECT_EQ(b.violations[0].clause, "[V] 4.1.4.9");
    EXPECT_EQ(b.violations[0].time_ps, 400000u);
    EXPECT_NE(b.violations[0].message.find("NoConfigWrite"), std::string::npos) << b.violations[0].message;
    EXPECT_EQ(b.nic->stats().assertions, 1u);
    EXPECT_EQ(b.link.sent.size(), 1u);  // the run goes on
}

TEST(NicAssertions, AClauseIsFoundInFrontOfTheWords) {
    EXPECT_EQ(hw::clause_of("x.sv:1: Assertion failed in top.A: [V] 2.8.21 words."), "[V] 2.8.21");
    EXPECT_EQ(hw::clause_of("[P] 2.2.9. More"), "[P] 2.2.9");
    EXPECT_EQ(hw::clause_of("no clause here"), "");
    EXPECT_EQ(hw::clause_of("mem[3] is odd"), "");
}

TEST(NicTraces, APointBecomesAnEventAtTheTimeOfItsEdge) {
    Bench b;
    b.script.at(401000, [&b] { b.nic->receive(bench::tlp(TLP_TYPE_MWR32, 32, 1)); });
    b.run_ns(1000);
    ASSERT_EQ(b.traces.size(), 1u);
    EXPECT_EQ(b.traces[0].time_ps, 404000u);
    EXPECT_EQ(b.traces[0].index, static_cast<uint32_t>(TRACE_DOORBELL));
    EXPECT_EQ(b.traces[0].packet, 101u);             // cycle_i
    EXPECT_EQ(b.traces[0].value >> 32 & 0xFFFF, 100u);  // cycle_i at the edge before
    EXPECT_EQ(b.traces[0].value >> 48, 250u);           // cycles_per_us_i: 4 ns
}

namespace {

// Everything visible of a run: what left, when, and which edges the model saw.
struct Record {
    std::vector<bench::SentTlp> tlps;
    std::vector<bench::SentFrame> frames;
    std::vector<std::pair<uint64_t, uint64_t>> traces, released;
    std::vector<std::string> violations;
};

// Pseudo-random traffic with pauses of up to 2 us, arrivals on and off the clock grid, and credits that come and go.
void random_traffic(Bench& b) {
    uint64_t state = 12345, time = 50000;
    const auto random = [&state](uint64_t below) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return (state >> 33) % below;
    };
    uint64_t frame_free = 0;
    for (uint32_t i = 0; i < 400; ++i) {
        time += random(3) == 0 ? random(2000000) : random(5) * (random(2) ? 1000 : period);
        const uint64_t now = time;
        switch (random(5)) {
            case 0: {
                const uint32_t length = static_cast<uint32_t>(60 + random(400));
                const uint64_t first = std::max(now, frame_free) + random(20000);
                frame_free = first + 200 * (length + 20);
                b.script.at(now, [&b, length, first, i] { b.nic->receive(bench::frame(length, first, i)); });
                break;
            }
            case 1:
                b.script.at(now, [&b, i] { b.link.ok[0] = i % 2; b.nic->wake(); });
                break;
            default: {
                const uint32_t bytes = static_cast<uint32_t>(random(65) * 4);
                b.script.at(now, [&b, bytes, i] { b.nic->receive(bench::tlp(bytes ? TLP_TYPE_MWR32 : TLP_TYPE_MRD32, bytes, i)); });
            }
        }
    }
    b.script.at(time + 100000, [&b] { b.link.ok[0] = true; b.nic->wake(); });
    b.script.at(time + 4000000, [] { sc_core::sc_stop(); });
}

// Writes a run as text: two runs in one process would need two elaborations, so they are compared by what they print.
std::string run_random(const hw::NicConfig& config, uint64_t* evaluated) {
    Bench b(config);
    random_traffic(b);
    sc_core::sc_start();
    b.nic->finish();
    *evaluated = b.nic->cycles_evaluated();
    std::string text;
    for (const auto& t : b.link.sent) text += "t" + std::to_string(t.time_ps) + ":" + std::to_string(t.payload.size()) + "\n";
    for (const auto& f : b.wire.sent) text += "f" + std::to_string(f.time_ps) + ":" + std::to_string(f.bytes.size()) + "\n";
    for (const auto& r : b.link.released) text += "r" + std::to_string(r.first) + "\n";
    for (const auto& e : b.traces) text += "e" + std::to_string(e.time_ps) + ":" + std::to_string(e.value) + "\n";
    for (const auto& v : b.violations) text += "v" + v.message + "\n";
    return text + "cycles " + std::to_string(b.nic->cycles()) + "\n";
}

// Runs in a child process, since SystemC elaborates once per process.
std::string run_in_child(const hw::NicConfig& config, uint64_t* evaluated);

}  // namespace

#include <sys/wait.h>
#include <unistd.h>

namespace {

std::string run_in_child(const hw::NicConfig& config, uint64_t* evaluated) {
    int ends[2];
    if (pipe(ends) != 0) return "pipe failed";
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        uint64_t count = 0;
        const std::string text = run_random(config, &count);
        const std::string all = std::to_string(count) + "\n" + text;
        size_t done = 0;
        while (done < all.size()) {
            const ssize_t n = write(ends[1], all.data() + done, all.size() - done);
            if (n <= 0) _exit(1);
            done += static_cast<size_t>(n);
        }
        _exit(0);
    }
    close(ends[1]);
    std::string all;
    char buffer[4096];
    for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) all.append(buffer, static_cast<size_t>(n));
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    const size_t line = all.find('\n');
    *evaluated = line == std::string::npos ? 0 : std::stoull(all.substr(0, line));
    return line == std::string::npos ? all : all.substr(line + 1);
}

}  // namespace

TEST(NicIdleSkip, SkippingAndRunningAheadChangeNothingThatIsVisible) {
    hw::NicConfig plain;
    plain.idle_skip = false;
    plain.max_run_ahead = 1;
    uint64_t all_edges = 0;
    const std::string reference = run_in_child(plain, &all_edges);
    ASSERT_GT(reference.size(), 5000u);
    for (const bool skip : {false, true}) {
        for (const uint32_t ahead : {1u, 2u, 64u}) {
            hw::NicConfig config;
            config.idle_skip = skip;
            config.max_run_ahead = ahead;
            uint64_t edges = 0;
            EXPECT_EQ(run_in_child(config, &edges), reference) << "skip " << skip << ", ahead " << ahead;
            if (skip) {
                EXPECT_LT(edges, all_edges * 2 / 3);
            }
        }
    }
}

TEST(NicIdleSkip, NorDoTheyWithStalls) {
    hw::NicConfig plain, skipping;
    plain.stalls = skipping.stalls = {40, 3};
    plain.idle_skip = false;
    plain.max_run_ahead = 1;
    uint64_t all_edges = 0, edges = 0;
    const std::string reference = run_in_child(plain, &all_edges);
    EXPECT_EQ(run_in_child(skipping, &edges), reference);
    EXPECT_LT(edges, all_edges);
    EXPECT_NE(run_in_child(hw::NicConfig{}, &edges), reference) << "stalls are seen";
}

TEST(NicIdleSkip, AnIdleNicIsNotEvaluated) {
    Bench b;
    b.run_ns(1000000);
    EXPECT_LT(b.nic->cycles_evaluated(), 20u);
    EXPECT_EQ(b.nic->cycles(), 250001u);
}

TEST(NicIdleSkip, RegistersWithoutResetDoNotShow) {
    hw::NicConfig first, second;
    second.x_seed = 77;
    uint64_t edges = 0;
    EXPECT_EQ(run_in_child(first, &edges), run_in_child(second, &edges));
}
