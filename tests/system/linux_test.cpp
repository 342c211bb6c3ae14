// SPDX-License-Identifier: Apache-2.0
// Stock Linux kernels on our NIC, as sim/linux builds them from Debian's source: nightly, for the first time takes ten minutes.
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>

#include "captures.h"
#include "ringside.h"

namespace system_test {
namespace {

// Runs `lines` in the test's folder; `program`, `tools` and `folder` are set, and `socket NAME` waits for one. What it prints.
class LinuxPeer : public SystemTest {
protected:
    std::string shell(const std::string& lines, bool namespaced = false) const {
        return SystemTest::shell("tools='" RINGSIDE_LINUX_TOOLS "'\nexport RINGSIDE_LINUX='" RINGSIDE_LINUX_FOLDER "'\n"
                                 "socket() { for _ in $(seq 200); do [ -S \"$1\" ] && return; sleep 0.05; done; echo no socket; }\n" + lines, namespaced);
    }
    // The number behind `label`, the n-th time that it is there.
    static uint64_t figure(const std::string& text, const std::string& label, int n) {
        size_t at = 0;
        while (n-- && at != std::string::npos) at = text.find(label, at) + label.size();
        return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at, nullptr, 10);
    }
};

class LinuxNightly : public LinuxPeer {
protected:
    void SetUp() override {
        const int status = std::system(RINGSIDE_LINUX_TOOLS "/kernel '" RINGSIDE_LINUX_FOLDER "' 2>&1");
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "no kernel: what is missing is said above";
        ASSERT_EQ(status, 0) << "see " RINGSIDE_LINUX_FOLDER "/build.log";
    }
};

TEST_F(LinuxNightly, TwoHostsInSimulatedTimeExchangeATransfer) {
    const Json result = this->result({"run", "linux-pair"});
    const Json hosts = result.at("hosts");
    ASSERT_EQ(hosts.size(), 2u);
    for (size_t i = 0; i < 2; i++) {
        const std::string console = hosts.at(i).at("console").text();
        EXPECT_EQ(hosts.at(i).at("status").integer(), 0) << console;
        EXPECT_NE(console.find("pci 0000:00:00.0 0x1af4:0x1041 driver virtio-pci"), std::string::npos) << console;
        EXPECT_NE(console.find("5 packets transmitted, 5 packets received, 0% packet loss"), std::string::npos) << console;
        EXPECT_GT(hosts.at(i).at("interrupts").integer(), 0);
        EXPECT_GT(hosts.at(i).at("wire.mbps").number(), 0);
        EXPECT_GT(hosts.at(i).at("answer.count").integer(), 5) << "pings at least";
        EXPECT_GT(hosts.at(i).at("answer.median_ps").integer(), 1'000'000) << "an interrupt alone takes that";
        EXPECT_LT(hosts.at(i).at("answer.median_ps").integer(), 10'000'000);
    }
    EXPECT_NE(hosts.at(0).at("console").text().find("TCP, 256 KiB: sent"), std::string::npos);
}

TEST_F(LinuxNightly, EqualSeedsGiveEqualPacketsAtEqualTimesAndOthersDoNot) {
    const auto run = [this](const std::string& name, const std::string& seed) {
        return result({"run", "linux-pair", "--seed", seed, "--transcript", file(name + ".txt"), "--waves", file(name + ".fst"), "--waves-to", "200ms"}).comparable();
    };
    const std::string first = run("first", "7"), second = run("second", "7"), other = run("other", "8");
    EXPECT_EQ(first, second);
    EXPECT_NE(first, other);
    EXPECT_EQ(contents(file("first.txt")), contents(file("second.txt")));
    EXPECT_GT(contents(file("first.txt")).size(), 1000u);
    EXPECT_EQ(contents(file("first.fst")), contents(file("second.fst")));
}

TEST_F(LinuxNightly, InWallTimePingTcpPktgenAndADriverThatGoesUnderLoadWork) {
    const std::string out = shell(
        "timeout -s KILL 600 $program serve pci --socket a.sock --socket b.sock --sessions 1 --json result.json --quiet &\n"
        "serving=$!\n"
        "socket b.sock\n"
        "timeout 600 $tools/host 0 a.sock $tools/jobs/traffic >a.log 2>&1 &\n"
        "timeout 600 $tools/host 1 b.sock $tools/jobs/traffic >b.log 2>&1\n"
        "wait $serving; echo status $?\n");
    EXPECT_EQ(out, "status 0\n") << contents(file("result.json"));
    const std::string a = contents(file("a.log")), b = contents(file("b.log"));
    EXPECT_NE(a.find("host 0: status 0"), std::string::npos) << a;
    EXPECT_NE(b.find("host 1: status 0"), std::string::npos) << b;
    EXPECT_NE(a.find("unbound, round 3"), std::string::npos) << a;
}

// Both hosts run a job in wall time; what their consoles say, and the results of the sessions.
class LinuxPairNightly : public LinuxNightly {
protected:
    void run(const std::string& job, const std::string& options = "") {
        const std::string out = shell("timeout -s KILL 300 $program serve pci --socket a.sock --socket b.sock --sessions 1 --json result.json --quiet " + options +
                                      " &\nserving=$!\nsocket b.sock\n"
                                      "timeout 300 $tools/host 0 a.sock $tools/jobs/" + job + " >a.log 2>&1 &\n"
                                      "timeout 300 $tools/host 1 b.sock $tools/jobs/" + job + " >b.log 2>&1\n"
                                      "wait $serving; echo status $?\n");
        a = contents(file("a.log"));
        b = contents(file("b.log"));
        ASSERT_EQ(out, "status 0\n") << contents(file("result.json")) << a << b;
        EXPECT_NE(a.find("host 0: status 0"), std::string::npos) << a;
        EXPECT_NE(b.find("host 1: status 0"), std::string::npos) << b;
        sessions = Json::load(file("result.json")).at("sessions");
        ASSERT_EQ(sessions.size(), 2u);
    }
    std::string a, b;
    Json sessions;
};

TEST_F(LinuxPairNightly, AKernelWithFourQueuePairsUsesThem) {
    if (std::system("command -v ethtool >/dev/null") != 0) GTEST_SKIP() << "ethtool is missing: install what tests/packages lists";
    run("queues", "--set nic.queue_pairs=4");
    for (const std::string& console : {a, b}) {
        const uint64_t busy = [&] {
            unsigned count = 0;
            for (const char* queue : {"0", "1", "2", "3"}) count += figure(console, std::string("tx_queue_") + queue + "_packets:", 1) > 10;
            return count;
        }();
        EXPECT_GE(busy, 2u) << console;
    }
    EXPECT_EQ(sessions.at(0).at("to_wire").integer(), sessions.at(1).at("to_host").integer());
}

TEST_F(LinuxPairNightly, ResetsRemovalsAndAnInterfaceThatGoesDownUnderLoadAreGotOver) {
    run("reset");
    for (const char* line : {"reset, quiet, round 3", "reset, under load, round 3", "removed, round 3", "down and up, round 3", "TCP, 512 KiB"}) EXPECT_NE(a.find(line), std::string::npos) << a;
}

// A kernel that is killed while frames come and go leaves a NIC that the next one finds as new.
TEST_F(LinuxNightly, AKernelThatDiesUnderLoadLeavesTheNicUsable) {
    const std::string out = shell(
        "timeout -s KILL 300 $program serve pci --socket nic.sock --sessions 2 --json result.json --quiet "
        "--set traffic.from_wire.frames=1000000 --set traffic.from_wire.rate_mbps=20 &\n"
        "serving=$!\nsocket nic.sock\n"
        "timeout 100 $tools/host 0 nic.sock $tools/jobs/alone >first.log 2>&1 &\n"
        "first=$!\n"
        "for _ in $(seq 600); do grep -qs 'sent ' first.log && break; sleep 0.1; done\n"
        "kill $first; wait $first 2>/dev/null\n"
        "timeout 100 $tools/host 0 nic.sock $tools/jobs/alone >second.log 2>&1\n"
        "wait $serving; echo status $?\n");
    const std::string second = contents(file("second.log"));
    EXPECT_EQ(out, "status 0\n") << contents(file("first.log")) << second;
    EXPECT_NE(second.find("host 0: status 0"), std::string::npos) << second;
    const Json sessions = Json::load(file("result.json")).at("sessions");
    ASSERT_EQ(sessions.size(), 2u);
    EXPECT_GT(figure(second, "received ", 1), 100u) << second;
    for (size_t i = 0; i < 2; i++) EXPECT_GT(sessions.at(i).at("to_host").integer(), 100);
}

// ---- This host's network at the other end of the cable

class LinuxWorldNightly : public LinuxNightly {
protected:
    void SetUp() override {
        const std::string reason = without_tap();
        if (!reason.empty()) GTEST_SKIP() << reason;
        LinuxNightly::SetUp();
    }
};

TEST_F(LinuxWorldNightly, ThisHostTalksToAKernelBehindTheRtl) {
    const bool has_iperf3 = std::system("command -v iperf3 >/dev/null") == 0;
    const std::string out = shell(
        ". '" RINGSIDE_WORLD_SH "'\ntap nic0 10.0.0.254\n"
        "start serve pci --socket nic.sock --wire tap:nic0 --sessions 1 --json result.json --quiet\nsocket nic.sock\n"
        "timeout 100 $tools/host 0 nic.sock $tools/jobs/world >host.log 2>&1 &\nhost=$!\n"
        "reachable 10.0.0.1\n"
        // Its server takes a while to listen, and to be ready for the next.
        "iperf() { for _ in $(seq 20); do timeout 50 iperf3 -c 10.0.0.1 -n 4M --json $2 >$1 && return; sleep 0.5; done; return 1; }\n"
        "for _ in $(seq 100); do grep -q ready host.log && break; sleep 0.1; done\n"
        "ping -q -c 20 -i 0.05 10.0.0.1 | grep -o '20 received'\n"
        "curl -sS --max-time 60 -o page http://10.0.0.1/bin/busybox; cmp page $RINGSIDE_LINUX/root/bin/busybox && echo same\n" +
            std::string(has_iperf3 ? "iperf up.json && iperf down.json -R || cat up.json down.json\n" : "") +
        "until echo off 2>/dev/null >/dev/tcp/10.0.0.1/5009; do sleep 0.2; done\n"
        "wait $host; wait $started; echo status $?\n", true);
    const std::string host = contents(file("host.log"));
    ASSERT_EQ(out, "20 received\nsame\nstatus 0\n") << host << contents(file("program.log"));
    const Json result = Json::load(file("result.json"));
    EXPECT_EQ(result.at("tap.received").integer(), result.at("sessions").at(0).at("to_host").integer());
    EXPECT_EQ(result.at("tap.sent").integer(), result.at("sessions").at(0).at("to_wire").integer());
    EXPECT_EQ(result.at("tap.refused").integer(), 0);
    if (!has_iperf3) GTEST_SKIP() << "iperf3 is missing: install what tests/packages lists";
    for (const char* direction : {"up.json", "down.json"}) {
        const Json end = Json::load(file(direction)).at("end");
        EXPECT_GE(end.at("sum_sent.bytes").integer(), 4 << 20) << direction;
        EXPECT_GT(end.at("sum_received.bytes").integer(), 0) << direction << ": what had come when the sender was through";
    }
}

// QEMU's own virtio-net-pci in front of Debian's own kernel; the NIC has the rings.
TEST_F(LinuxPeer, NightlyAGuestInQemuSendsAndReceivesAndItsDriverComesBack) {
    const std::string out = shell(
        "timeout -s KILL 600 $program serve vhost-user --socket nic.sock --sessions 1 --to-wire sent.pcap --json result.json --quiet "
        "--set traffic.from_wire.frames=1000 --set traffic.from_wire.rate_mbps=2 &\n"
        "serving=$!\n"
        "socket nic.sock\n"
        "timeout -s KILL 600 $tools/guest nic.sock $tools/jobs/alone $RINGSIDE_LINUX >guest.log 2>&1\n"
        "guest=$?\n"
        "[ $guest = 0 ] || kill $serving\n"
        "wait $serving; echo status $? $guest\n");
    const std::string guest = contents(file("guest.log"));
    if (out.find(" 77\n") != std::string::npos) GTEST_SKIP() << guest;
    ASSERT_EQ(out, "status 0 0\n") << guest;
    const Json session = Json::load(file("result.json")).at("sessions").at(0);
    EXPECT_EQ(session.at("starts").integer(), 2);
    EXPECT_EQ(session.at("to_host").integer(), 1000);
    EXPECT_EQ(figure(guest, "received ", 1), 1000u) << guest;
    const uint64_t sent = figure(guest, "sent ", 1) + figure(guest, "sent ", 2);
    EXPECT_GT(sent, 40u) << guest;
    EXPECT_EQ(static_cast<uint64_t>(session.at("to_wire").integer()), sent);
    EXPECT_EQ(read_capture(file("sent.pcap")).size(), sent);
}

}  // namespace
}  // namespace system_test
