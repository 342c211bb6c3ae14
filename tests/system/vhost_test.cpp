// SPDX-License-Identifier: Apache-2.0
// DPDK's virtio-user driver, as Debian ships it, on our NIC: what it sends leaves on the wire, what comes from the wire reaches it.
#include <algorithm>
#include <cstdlib>

#include "captures.h"
#include "ringside.h"

namespace system_test {
namespace {

struct Pmd {
    bool in_order = true, mergeable = true;
    unsigned queue_size = 256;
    unsigned queues = 1;
    std::string vdev() const {
        return "packed_vq=1,vectorized=0,in_order=" + std::to_string(in_order) + ",mrg_rxbuf=" + std::to_string(mergeable) +
               ",queue_size=" + std::to_string(queue_size) + (queues > 1 ? ",cq=1 " + std::to_string(queues) : "");
    }
    std::string machine() const { return queues > 1 ? " --set nic.queue_pairs=4" : ""; }
};

class VhostUser : public SystemTest {
protected:
    // Output of a script with the functions of vhost.sh.
    std::string shell(const std::string& script) const {
        return SystemTest::shell(". '" RINGSIDE_VHOST_SH "'\n" + script);
    }
};

class Vhost : public VhostUser {
protected:
    void SetUp() override {
        if (std::system("command -v dpdk-testpmd >/dev/null") != 0) GTEST_SKIP() << "dpdk-testpmd is missing: install dpdk-dev";
    }
    // The last figure behind `label` in a log of testpmd.
    uint64_t figure(const std::string& log, const std::string& label) const {
        const std::string text = contents(file(log));
        const size_t at = text.rfind(label);
        return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + label.size(), nullptr, 10);
    }
    // testpmd sends for a second or two; all of it leaves on the wire, whole.
    void transmit(const Pmd& pmd) {
        const std::string out = shell("serve --to-wire sent.pcap --sessions 1" + pmd.machine() + "\ntestpmd pmd txonly " + pmd.vdev() +
                                      "\nuntil_log pmd 'TX-packets: [1-9]'\nend_testpmd INT\nserved\n");
        ASSERT_EQ(out, "status 0\n") << contents(file("pmd.log"));
        const Json session = Json::load(file("result.json")).at("sessions").at(0);
        EXPECT_EQ(session.at("pairs").integer(), pmd.queues);
        const uint64_t sent = figure("pmd.log", "TX-packets: ");
        EXPECT_GT(sent, 0u);
        EXPECT_EQ(static_cast<uint64_t>(session.at("to_wire").integer()), sent);
        const auto frames = read_capture(file("sent.pcap"));
        ASSERT_EQ(frames.size(), sent);
        for (const auto& frame : frames) ASSERT_TRUE(is_udp_of_testpmd(frame.bytes));
    }
    // 64 bytes, UDP from 198.18.0.1 to 198.18.0.2, port 9 both, with a good IPv4 header checksum.
    static bool is_udp_of_testpmd(const std::string& bytes) {
        const std::vector<uint8_t> frame(bytes.begin(), bytes.end());
        if (frame.size() != 64 || frame[12] != 8 || frame[13] != 0 || frame[14] != 0x45 || frame[23] != 17) return false;
        uint32_t sum = 0;
        for (size_t i = 14; i < 34; i += 2) sum += static_cast<uint32_t>(frame[i] << 8 | frame[i + 1]);
        while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
        const std::vector<uint8_t> addresses = {198, 18, 0, 1, 198, 18, 0, 2, 0, 9, 0, 9};
        return sum == 0xFFFF && std::equal(addresses.begin(), addresses.end(), frame.begin() + 26);
    }
    // What comes from the wire goes through testpmd and back to the wire, unchanged and in order. At most `in_flight` frames are under way,
    // so that however rarely testpmd gets a processor, a ring of 64 has a buffer for each: 8 of 9018 bytes take 40.
    void forward(const Pmd& pmd, unsigned in_flight = 8) {
        auto expected = read_capture(RINGSIDE_CAPTURES "/from-wire.pcap");
        if (!pmd.mergeable)  // then a frame must fit one of its buffers
            expected.erase(std::remove_if(expected.begin(), expected.end(), [](const auto& frame) { return frame.bytes.size() > 1900; }), expected.end());
        write("from-wire.pcap", make_capture(expected, {}));
        const std::string out = shell("serve --from-wire from-wire.pcap --in-flight " + std::to_string(in_flight) + " --to-wire back.pcap --sessions 1" + pmd.machine() + "\n"
                                      "testpmd pmd io " + pmd.vdev() + "\nuntil_log pmd 'TX-packets: " + std::to_string(expected.size()) +
                                      "'\nend_testpmd INT\nserved\n");
        ASSERT_EQ(out, "status 0\n") << contents(file("pmd.log"));
        const auto back = read_capture(file("back.pcap"));
        const Json session = Json::load(file("result.json")).at("sessions").at(0);
        EXPECT_EQ(session.at("dropped").integer(), 0);
        EXPECT_EQ(static_cast<uint64_t>(session.at("to_host").integer()), expected.size());
        EXPECT_EQ(figure("pmd.log", "RX-total: "), expected.size());
        EXPECT_EQ(figure("pmd.log", "TX-dropped: "), 0u);
        if (pmd.queues == 1)
            expect_same_frames(expected, back, pmd.vdev());
        else
            EXPECT_TRUE(flow_by_flow(expected, in_flight == 1) == flow_by_flow(back, in_flight == 1))
                << expected.size() << " frames, and " << back.size() << " came back";
    }
    // Frames of each pair of MAC addresses, and of IP addresses and ports, in their order, or in any: a flow whose other direction is sent by
    // another queue moves there, and what is under way then may be overtaken.
    static std::vector<std::string> flow_by_flow(const std::vector<TimedFrame>& frames, bool in_order) {
        std::vector<std::string> all;
        for (const auto& frame : frames) {
            all.push_back(frame.bytes);
            if (all.back().size() < 60) all.back().resize(60, '\0');
        }
        const auto flow = [](const std::string& bytes) { return bytes.substr(0, 14) + bytes.substr(26, 12); };
        if (!in_order) std::sort(all.begin(), all.end());
        std::stable_sort(all.begin(), all.end(), [&](const std::string& one, const std::string& other) { return flow(one) < flow(other); });
        return all;
    }
};

TEST_F(Vhost, WhatDpdkSendsLeavesOnTheWire) { transmit({}); }
TEST_F(Vhost, WithoutInOrderAndMergeableBuffersToo) { transmit({false, false, 64}); }
TEST_F(Vhost, WhatDpdkForwardsComesBackAsItWas) { forward({}); }
TEST_F(Vhost, WhatDpdkForwardsWithoutInOrderComesBackAsItWas) { forward({false, false, 64}); }

TEST_F(Vhost, SeveralQueuesSend) { transmit({true, true, 256, 4}); }
TEST_F(Vhost, SeveralQueuesForwardEachFlowInOrder) { forward({true, true, 256, 4}, 1); }
TEST_F(Vhost, FewerQueuesThanTheNicHasForwardEveryFrame) { forward({false, false, 64, 2}); }

TEST_F(Vhost, AFrontEndThatComesBackIsServedAgain) {
    const std::string once = "\nuntil_log NAME 'TX-packets: [1-9]'\nend_testpmd INT\n";
    const auto run = [&](std::string name) {
        std::string text = "testpmd " + name + " txonly " + Pmd{}.vdev() + once;
        return text.replace(text.find("NAME"), 4, name);
    };
    const std::string out = shell("serve --to-wire sent.pcap --sessions 2\n" + run("first") + run("second") + "served\n");
    ASSERT_EQ(out, "status 0\n");
    const Json sessions = Json::load(file("result.json")).at("sessions");
    ASSERT_EQ(sessions.size(), 2u);
    EXPECT_EQ(static_cast<uint64_t>(sessions.at(0).at("to_wire").integer()), figure("first.log", "TX-packets: "));
    EXPECT_EQ(static_cast<uint64_t>(sessions.at(1).at("to_wire").integer()), figure("second.log", "TX-packets: "));
}

TEST_F(Vhost, AFrontEndMayStopItsPortAndStartItAgain) {
    const std::string out = shell("serve --to-wire sent.pcap --sessions 1\ncommanded pmd " + Pmd{}.vdev() +
                                  " 3 start 2 stop 1 'port stop all' 1 'port start all' 1 start 2 stop 1 'show port stats all' 1 quit\nserved\n");
    ASSERT_EQ(out, "status 0\n") << contents(file("pmd.log"));
    const uint64_t sent = figure("pmd.log", "TX-packets: ");
    EXPECT_GT(sent, 0u);
    EXPECT_EQ(static_cast<uint64_t>(Json::load(file("result.json")).at("sessions").at(0).at("to_wire").integer()), sent);
    const std::string log = contents(file("pmd.log"));
    const size_t first = log.find("TX-packets: ");
    EXPECT_LT(std::strtoull(log.c_str() + first + 12, nullptr, 10), sent) << "both times";
}

TEST_F(Vhost, AFrontEndThatIsKilledLeavesTheNicUsable) {
    const std::string out = shell("serve --to-wire sent.pcap --sessions 2\ntestpmd first txonly " + Pmd{}.vdev() +
                                  "\nuntil_log first 'TX-packets: [1-9]'\nend_testpmd KILL 2>/dev/null\ntestpmd second txonly " + Pmd{}.vdev() +
                                  "\nuntil_log second 'TX-packets: [1-9]'\nend_testpmd INT\nserved\n");
    ASSERT_EQ(out, "status 0\n");
    const Json sessions = Json::load(file("result.json")).at("sessions");
    ASSERT_EQ(sessions.size(), 2u);
    EXPECT_EQ(sessions.at(0).at("error").text(), "");
    EXPECT_EQ(static_cast<uint64_t>(sessions.at(1).at("to_wire").integer()), figure("second.log", "TX-packets: "));
}

// What DPDK throws away when it starts: it fills its rings, then empties them, then kicks them.
TEST_F(VhostUser, NoFrameComesBeforeItsRingIsKicked) {
    const std::string out = shell("serve --nic model --set nic.queue_pairs=4 --set traffic.from_wire.frames=1000 --set traffic.from_wire.flows=16 --set "
                                  "traffic.from_wire.protocol=udp4 --set traffic.from_wire.size=100 --sessions 1\npython3 '" RINGSIDE_FRONT_ENDS
                                  "/kicking_front_end.py' nic.sock\nserved\n");
    EXPECT_EQ(out, "posted: 0\none kicked: 0\nboth kicked: True\nstatus 0\n");
}

// Whatever front-ends do, the program ends as asked, with what it found, and serves the next one.
class VhostHostile : public Vhost {
protected:
    void survive(const std::string& seed, const std::string& sessions, const std::string& pairs) {
        const std::string out = shell("serve --nic model --set traffic.from_wire.frames=100000 --set traffic.from_wire.rate_mbps=100 --set nic.queue_pairs=" +
                                      pairs + " 2>errors\npython3 '" RINGSIDE_FRONT_ENDS "/hostile_front_end.py' nic.sock " + seed + " " + sessions + " " + pairs +
                                      "\ntestpmd pmd txonly " + Pmd{}.vdev() + "\nuntil_log pmd 'TX-packets: [1-9]'\nend_testpmd INT\nkill -INT $serving\nserved\n");
        EXPECT_NE(out.find("status 1\n"), std::string::npos) << out << contents(file("pmd.log"));
        EXPECT_GT(std::strtoul(out.c_str(), nullptr, 10), std::stoul(sessions) / 2) << out;
        const Json all = Json::load(file("result.json")).at("sessions");
        ASSERT_EQ(all.size(), std::stoul(sessions) + 1);
        EXPECT_EQ(static_cast<uint64_t>(all.at(all.size() - 1).at("to_wire").integer()), figure("pmd.log", "TX-packets: "));
    }
};
TEST_F(VhostHostile, NightlyFrontEndsThatDoWrongAreSurvived) { survive("1", "40", "1"); }
TEST_F(VhostHostile, NightlyFrontEndsOfSeveralQueuesThatDoWrongAreSurvived) { survive("2", "40", "4"); }
TEST_F(VhostHostile, NightlyManyFrontEndsThatDoWrongAreSurvived) {
    for (const char* seed : {"10", "11", "12", "13", "14"}) survive(seed, "400", "4");
}

TEST_F(Vhost, NightlyEveryCombinationOfItsOptionsWorks) {
    for (const bool in_order : {true, false})
        for (const bool mergeable : {true, false})
            for (const unsigned queue_size : {64u, 128u, 256u, 512u, 1024u}) {
                const Pmd pmd{in_order, mergeable, queue_size};
                SCOPED_TRACE(pmd.vdev());
                transmit(pmd);
                forward(pmd);
            }
}

}  // namespace
}  // namespace system_test
