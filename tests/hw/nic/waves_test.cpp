// SPDX-License-Identifier: Apache-2.0
// The waveform: both worlds in one file, at the right times, the same bytes every time.
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "bench.h"
#include "fst_reader.h"
#include "waves.h"

using bench::Bench;

namespace {

std::string path_of(const std::string& name) {
    return testing::TempDir() + "ringside-waves-" + std::to_string(getpid()) + "-" + name + ".fst";
}

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

void emit(Bench& b, hw::EventKind kind, const char* text, uint32_t index = 0, uint64_t value = 0, uint16_t queue = 0) {
    hw::Event event;
    event.time_ps = sc_core::sc_time_stamp().value();
    event.kind = kind;
    event.text = text;
    event.index = index;
    event.value = value;
    event.queue = queue;
    b.events.emit(event);
}

// 1 us with a driver that sends one NBL, and a TLP for it.
void run(Bench& b, const hw::WavesConfig& config) {
    hw::Waves waves(config, b.events);
    b.nic->attach_waves(waves);
    b.script.at(402500, [&b] { emit(b, hw::EventKind::function_enter, "netvio_tx_send"); });
    b.script.at(403000, [&b] { emit(b, hw::EventKind::nbl_sent, "nbl"); });
    b.script.at(403500, [&b] { emit(b, hw::EventKind::ring_post, nullptr, 5, 3, 1); });
    b.script.at(404000, [&b] { b.nic->receive(bench::tlp(TLP_TYPE_MWR32, 64, 1)); });
    b.script.at(410001, [&b] { emit(b, hw::EventKind::function_exit, "netvio_tx_send"); });
    b.script.at(500000, [&b] { emit(b, hw::EventKind::nbl_completed, "nbl"); });
    b.run_ns(1000);
    waves.close();
}

// Runs in a child, since SystemC elaborates once per process.
void run_in_child(const hw::WavesConfig& config) {
    const pid_t child = fork();
    if (child == 0) {
        {
            Bench b;
            run(b, config);
        }
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
}

using Changes = std::vector<std::pair<uint64_t, std::string>>;

}  // namespace

TEST(Waves, HardwareAndSoftwareShareOneTimeAxisInPicoseconds) {
    Bench b;
    hw::WavesConfig config;
    config.path = path_of("axis");
    config.depth = hw::WavesDepth::full;
    run(b, config);
    const fst::File file = fst::read(config.path);
    EXPECT_EQ(file.time_scale, -12);
    const Changes function = file.values("software.driver_function");
    ASSERT_EQ(function.size(), 3u);
    EXPECT_EQ(fst::text_of(function[1].second), "netvio_tx_send");
    EXPECT_EQ(function[1].first, 402500u);
    EXPECT_EQ(function[2].first, 410001u);
    const Changes valid = file.values("hardware.nic_loop.rx_tlp_valid_i");
    ASSERT_EQ(valid.size(), 3u);
    EXPECT_EQ(valid[1].first, 404000u);
    EXPECT_EQ(valid[2].first, 412000u);
    unlink(config.path.c_str());
}

TEST(Waves, LanesFollowRingsAndNbls) {
    Bench b;
    hw::WavesConfig config;
    config.path = path_of("lanes");
    run(b, config);
    const fst::File file = fst::read(config.path);
    const Changes producer = file.values("software.q1_tx_producer");
    ASSERT_EQ(producer.size(), 2u);
    EXPECT_EQ(producer[1], std::make_pair(uint64_t{403500}, std::string("0000000000000101")));
    EXPECT_EQ(file.values("software.q1_tx_outstanding")[1].second, "0000000000000011");
    const Changes nbls = file.values("software.nbl_tx_outstanding");
    ASSERT_EQ(nbls.size(), 3u);
    EXPECT_EQ(nbls[1].first, 403000u);
    EXPECT_EQ(nbls[2].first, 500000u);
    const Changes packet = file.values("device.doorbell_packet");
    ASSERT_EQ(packet.size(), 2u);
    EXPECT_EQ(packet[1].first, 404000u);
    unlink(config.path.c_str());
}

TEST(Waves, TheClockRisesAtEachEdgeAndRestsWhileTimeIsSkipped) {
    Bench b;
    hw::WavesConfig config;
    config.path = path_of("clock");
    config.depth = hw::WavesDepth::full;
    run(b, config);
    const Changes clock = fst::read(config.path).values("hardware.nic_loop.clk_i");
    std::vector<uint64_t> rises;
    for (const auto& change : clock) {
        if (change.second == "1") rises.push_back(change.first);
        if (change.second == "0" && change.first) {
            EXPECT_EQ(change.first % 4000, 2000u);
        }
    }
    for (const uint64_t rise : rises) EXPECT_EQ(rise % 4000, 0u);
    EXPECT_NE(std::find(rises.begin(), rises.end(), 404000u), rises.end());
    EXPECT_EQ(std::find(rises.begin(), rises.end(), 600000u), rises.end());
    EXPECT_LT(rises.size(), 40u);
    unlink(config.path.c_str());
}

TEST(Waves, TheSameRunWritesTheSameBytes) {
    hw::WavesConfig first, second;
    first.path = path_of("first");
    second.path = path_of("second");
    run_in_child(first);
    sleep(1);  // another second on the wall clock
    run_in_child(second);
    const std::string bytes = bytes_of(first.path);
    EXPECT_GT(bytes.size(), 1000u);
    EXPECT_TRUE(bytes == bytes_of(second.path));
    unlink(first.path.c_str());
    unlink(second.path.c_str());
}

TEST(Waves, NothingOutsideTheWindowIsWritten) {
    Bench b;
    hw::WavesConfig config;
    config.path = path_of("window");
    config.from_ps = 403200;
    config.to_ps = 450000;
    run(b, config);
    const fst::File file = fst::read(config.path);
    EXPECT_GE(file.start, 403200u);
    EXPECT_LT(file.end, 450000u);
    // The first instant shows what had happened before.
    EXPECT_EQ(fst::text_of(file.values("software.driver_function")[0].second), "netvio_tx_send");
    unlink(config.path.c_str());
}

TEST(Waves, AWindowThatNothingFallsIntoStillGivesAReadableFile) {
    Bench b;
    hw::WavesConfig config;
    config.path = path_of("empty");
    config.from_ps = 2000000000;
    run(b, config);
    EXPECT_TRUE(fst::read(config.path).has("software.irq_active"));
    unlink(config.path.c_str());
}

TEST(Waves, AFileThatCannotBeWrittenIsRefused) {
    hw::EventStream events;
    hw::WavesConfig config;
    config.path = "/nonexistent/x.fst";
    EXPECT_THROW(hw::Waves(config, events), std::runtime_error);
}

TEST(Waves, ARunIsTheSameWithAndWithoutThem) {
    Bench b;
    hw::WavesConfig config;
    config.path = path_of("same");
    run(b, config);
    ASSERT_EQ(b.link.sent.size(), 1u);
    EXPECT_EQ(b.link.sent[0].time_ps, 412000u);  // as NicTlps.ATlpIsTakenABeatPerEdgeAndReleasedAtItsLast
    unlink(config.path.c_str());
}
