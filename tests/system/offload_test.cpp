// SPDX-License-Identifier: Apache-2.0
// Work that the driver leaves to the RTL: what is on the wire and what reaches the host are the frames that were given, byte for byte (every
// run checks that), and the same as without any offload; that the offload was used, the result says.
#include "../driver/stack/packets.h"
#include "captures.h"
#include "ringside.h"

namespace system_test {
namespace {

class Offload : public SystemTest {
protected:
    std::string traffic(const std::string& each, const std::string& driver) const {
        return write("offload.yaml", "driver: {" + driver + "}\ntraffic:\n  from_host: {" + each + "}\n  from_wire: {" + each +
                                         ", rate_mbps: 9000, burst: 4}\n");
    }
    Json run(const std::string& scenario, const std::vector<std::string>& settings) const {
        std::vector<std::string> command{"run", scenario};
        for (const std::string& setting : settings) command.insert(command.end(), {"--set", setting});
        return result(command);
    }
    static int64_t count(const Json& run, const char* what) { return run.at(std::string("offload.") + what).integer(); }
};

class OffloadProtocol : public Offload, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Protocols, OffloadProtocol, ::testing::Values("tcp4", "udp4", "tcp6", "udp6"), [](const auto& info) { return std::string(info.param); });

TEST_P(OffloadProtocol, ChecksumsAreMadeAndVerified) {
    const std::string each = std::string("frames: 300, flows: 7, size: 80..1518, pattern: random, protocol: ") + GetParam();
    for (const char* driver : {"cut: whole", "cut: header", "cut: random, data_offset: 3", "cut: byte, tx_ring: 64", "backfill: 0",
                               "nbs_per_nbl: 4", "tx_indirect_from: 2, cut: random"}) {
        SCOPED_TRACE(driver);
        const Json all = run(traffic(each, driver), {"driver.checksum_offload=true"});
        EXPECT_EQ(count(all, "tx_checksums"), 300);
        EXPECT_EQ(count(all, "rx_checksums"), 300);
    }
}

// Frames made apart from the simulator, odd ones among them, as they are, with their sums left to the NIC, and as large sends.
TEST_P(OffloadProtocol, TheWireShowsTheSameFramesWithAndWithout) {
    std::vector<TimedFrame> sent;
    PacketShape shape;
    shape.version = GetParam()[3] - '0';
    shape.tcp = GetParam()[0] == 't';
    for (unsigned run = 0; run < 20; run++) {
        shape.flow = static_cast<uint8_t>(1 + run % 3);
        shape.tagged = run % 4 == 3;
        shape.tcp_options = shape.tcp ? run % 6 : 0;
        shape.ip_options = shape.version == 4 && run % 5 == 4 ? 2 : 0;
        shape.flags = run % 2 ? 0xD0 : 0x10;
        for (const auto& bytes : make_segments(shape, 1 + run, 300 + 61 * run, 1 + 13 * run)) sent.push_back({0, {bytes.begin(), bytes.end()}, 0});
        shape.id = static_cast<uint16_t>(shape.id + 100);
        if (run % 3 == 0) sent.back().bytes.back() ^= 1;  // a wrong sum stays wrong
    }
    const std::string capture = write("sent.pcap", make_capture(sent, {}));
    for (const char* setting : {"driver.checksum_offload=false", "driver.checksum_offload=true", "driver.large_send=61440"}) {
        SCOPED_TRACE(setting);
        const Outcome outcome = ringside({"replay", "--from-host", capture, "--to-wire", file("left.pcap"), "--set", setting, "--set", "driver.cut=header"});
        ASSERT_EQ(outcome.status, 0) << outcome.out << outcome.err;
        expect_same_frames(sent, read_capture(file("left.pcap")), setting);
    }
}

TEST_P(OffloadProtocol, LargeSendsAreCutByTheNic) {
    for (const char* size : {"1518", "600", "9018", "[1518, 1518, 1518, 90]"}) {
        SCOPED_TRACE(size);
        const std::string each = std::string("frames: 240, size: ") + size + ", pattern: random, protocol: " + GetParam();
        const std::string scenario = write("large.yaml", "driver: {large_send: 61440, outstanding: 16}\ntraffic:\n  from_host: {" + each + "}\n");
        const Json all = run(scenario, {});
        EXPECT_GT(count(all, "large_sends"), 0);
        EXPECT_GT(count(all, "large_send_frames"), 2 * count(all, "large_sends") - 1);
        EXPECT_EQ(all.at("tx.packets").integer(), 240);
        EXPECT_LT(all.at("nbl.sent").integer(), 240);
    }
}

TEST_F(Offload, ScalingUsesEveryQueueAndTellsTheHash) {
    const std::string each = "frames: 400, flows: 64, size: 80..1518, pattern: random, protocol: tcp4";
    const Json all = run(traffic(each, "rss: true"), {"nic.queue_pairs=4"});
    EXPECT_EQ(count(all, "rx_hashes"), 400);
    for (size_t i = 0; i < 4; i++) EXPECT_GT(all.at("queues").at(2 * i).at("frames").integer(), 20) << "receive queue " << i;
}

TEST_F(Offload, FramesOfAnySizeArriveInMergedBuffers) {
    const std::string each = "frames: 300, size: 60..9018, pattern: random, protocol: udp6";
    for (const char* driver : {"rx_buffer: 300", "rx_buffer: 700, rx_elements: 2, rx_offset: 77", "rx_buffer: 2048, rss: true, checksum_offload: true"}) {
        SCOPED_TRACE(driver);
        if (netcx() && std::string(driver).find("rx_offset") != std::string::npos) continue;  // where buffers begin is the system's to say
        const Json all = run(traffic(each, std::string("mergeable: true, ") + driver), {});
        EXPECT_EQ(all.at("rx.packets").integer(), 300);
        EXPECT_EQ(all.at("rx.dropped").integer(), 0);
    }
}

TEST_F(Offload, TheNicDropsWhatIsForOthers) {
    const std::string each = "frames: 100, size: 60..300";
    const Json mine = run(traffic(each, "filter: true"), {});
    EXPECT_EQ(mine.at("rx.packets").integer(), 100);
    // Captures of another machine: nothing of it is for this NIC but what is for everybody.
    const std::string others = write("others.yaml", "driver: {filter: true}\ntraffic:\n  from_wire: {capture: " RINGSIDE_CAPTURES
                                                    "/tcp-http.from-wire.pcap}\nexpect: {drops: true}\n");
    const Json dropped = run(others, {});
    EXPECT_GT(dropped.at("rx.dropped").integer(), 0);
}

TEST_F(Offload, EverythingAtOnceUnderResets) {
    const std::string each = "frames: 400, flows: 16, size: [1518, 1518, 1518, 200], pattern: random, protocol: tcp4";
    const Json all = run(traffic(each, "checksum_offload: true, large_send: 30000, rss: true, mergeable: true, rx_buffer: 1024, filter: true"),
                         {"nic.queue_pairs=4", "stress.device_reset_every_us=80", "stress.miniport_reset_every_us=90", "stress.queue_reset_every_us=70",
                          "expect.drops=true"});  // a queue that is being reset has no buffers
    EXPECT_GT(count(all, "rx_hashes"), 0);
    EXPECT_GT(count(all, "tx_checksums"), 0);
}

}  // namespace
}  // namespace system_test
