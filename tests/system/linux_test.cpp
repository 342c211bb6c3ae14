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
    std::string shell(const std::string& lines) const {
        const std::string prologue = "cd '" + file("") + "'\nprogram='" RINGSIDE_PROGRAM "'\ntools='" RINGSIDE_LINUX_TOOLS
                                     "'\nexport RINGSIDE_LINUX='" RINGSIDE_LINUX_FOLDER "'\n"
                                     "socket() { for _ in $(seq 200); do [ -S \"$1\" ] && return; sleep 0.05; done; echo no socket; }\n";
        std::string out;
        FILE* pipe = popen(("bash '" + write("script", prologue + lines) + "' 2>&1").c_str(), "r");
        char buffer[4096];
        while (const size_t got = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, got);
        pclose(pipe);
        return out;
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
