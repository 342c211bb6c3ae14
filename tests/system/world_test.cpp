// SPDX-License-Identifier: Apache-2.0
// Real stacks through the NIC: lwIP on the driver's side, and at the other end of the cable this host's own network, or a client.
#include <cstdlib>
#include <random>

#include "ringside.h"

namespace system_test {
namespace {

// ---- A client: the same in every run

class HttpServer : public SystemTest {
protected:
    void serve_random_machines(uint64_t first, uint64_t count) const;
};

TEST_F(HttpServer, ServesPagesWithChecksumsAndSegmentsOfTheNic) {
    const Json result = this->result({"run", "http-server"});
    EXPECT_EQ(result.at("tcpip.pages").integer(), 4);
    EXPECT_EQ(result.at("tcpip.client.pages").integer(), 4);
    EXPECT_EQ(result.at("tcpip.client.bytes").integer(), 4 * 50000);
    EXPECT_EQ(result.at("tcpip.client.sent_again").integer(), 0);
    EXPECT_EQ(result.at("tcpip.frames_copied").integer(), 0) << "received frames stay in the NBLs that they came in";
    EXPECT_GT(result.at("offload.large_sends").integer(), 10);
    EXPECT_GT(result.at("offload.tx_checksums").integer(), 100);
    EXPECT_GT(result.at("offload.rx_checksums").integer(), 50);
    EXPECT_EQ(result.at("tx.dropped").integer(), 0);
}

TEST_F(HttpServer, DoesTheSameInEveryRun) {
    const std::vector<std::string> run = {"run", "http-server", "--set", "wire.connections=3", "--set", "wire.request_bytes=7000", "--events"};
    std::vector<std::string> first = run, second = run;
    first.push_back(file("first.events"));
    second.push_back(file("second.events"));
    EXPECT_EQ(result(first).comparable(), result(second).comparable());
    EXPECT_NE(contents(file("first.events")), "");
    EXPECT_EQ(contents(file("first.events")), contents(file("second.events")));
}

TEST_F(HttpServer, TheHandshakeIsToBeSeen) {
    result({"run", "http-server", "--set", "wire.requests=1", "--events", file("events"), "--waves", file("handshake.fst")});
    EXPECT_GT(contents(file("handshake.fst")).size(), 10000u);
    const std::string events = contents(file("events"));
    size_t at = 0;
    for (const char* step : {"lwip (ARP)", "lwip (ping)", "lwip (SYN)", "frame_tx", "lwip (ACK)", "lwip (FIN)"}) {
        at = events.find(step, at);
        ASSERT_NE(at, std::string::npos) << step;
    }
}

TEST_F(HttpServer, AnotherSeedIsAnotherRun) {
    const auto events = [&](const std::string& seed) {
        result({"run", "http-server", "--nic", "model", "--set", "wire.requests=1", "--seed", seed, "--transcript", file(seed)});
        return contents(file(seed));
    };
    EXPECT_NE(events("1"), events("2"));
}

TEST_F(HttpServer, WithoutLargeSendsEveryFrameIsAnNblOfItsOwn) {
    const Json result = this->result({"run", "http-server", "--set", "driver.large_send=0"});
    EXPECT_EQ(result.at("tcpip.client.pages").integer(), 4);
    EXPECT_EQ(result.at("offload.large_sends").integer(), 0);
    EXPECT_EQ(result.at("nbl.sent").integer(), result.at("tx.packets").integer());
    EXPECT_GT(result.at("offload.tx_checksums").integer(), 100);
}

TEST_F(HttpServer, RunsOverFiltersAndVirtualAdapters) {
    const Json result = this->result({"run", "http-server", "--nic", "model", "--set", "driver.stack=capture, vlan 7, mux 2, capture"});
    EXPECT_EQ(result.at("tcpip.client.pages").integer(), 4);
}

TEST_F(HttpServer, RunsOverSeveralQueues) {
    const Json result = this->result({"run", "http-server", "--nic", "model", "--set", "nic.queue_pairs=4", "--set", "driver.rss=true", "--set",
                                      "wire.requests=20", "--set", "wire.connections=10"});
    EXPECT_EQ(result.at("tcpip.client.pages").integer(), 20);
    unsigned used = 0;
    for (size_t i = 0; i < result.at("queues").size(); i++) {
        const Json queue = result.at("queues").at(i);
        used += queue.at("direction").text() == "rx" && queue.at("frames").integer() > 0;
    }
    EXPECT_EQ(used, 4u);
}

TEST_F(HttpServer, ADamagedMachineIsSeen) {
    const Json result = this->result({"run", "http-server", "--nic", "model", "--set", "pcie.fault=poison", "--set", "pcie.fault_read=40"}, 1);
    EXPECT_GT(result.at("failures").size(), 0u);
}

TEST_F(HttpServer, NeedsSomebodyWhoTalksToIt) {
    const Outcome outcome = ringside({"run", "http-server", "--set", "wire.requests=0"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("--wire tap:NAME"), std::string::npos) << outcome.err;
}

TEST_F(HttpServer, AClientNeedsAServer) {
    const Outcome outcome = ringside({"run", "default", "--set", "wire.requests=1"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("driver.protocol: tcpip"), std::string::npos) << outcome.err;
}

// One of many machines, by its seed.
std::vector<std::string> random_machine(uint64_t seed) {
    std::mt19937_64 random(seed);
    // What the NIC drops TCP sends again, after a second, and two, and four.
    std::vector<std::string> command = {"run", "http-server", "--set", "seed=" + std::to_string(seed), "--set", "expect.drops=true",
                                        "--set", "limits.max_time_us=600000000"};
    const auto set = [&](const std::string& key, const std::vector<std::string>& values) {
        command.insert(command.end(), {"--set", key + "=" + values[random() % values.size()]});
    };
    const bool cx = random() % 5 == 0, ndis5 = !cx && random() % 6 == 0;
    set("nic.kind", {"rtl", "model"});
    set("wire.requests", {"1", "3", "10", "25"});
    set("wire.request_bytes", {"0", "1", "1459", "1460", "1461", "5000", "60000", "200000"});
    set("wire.connections", {"1", "2", "5", "10"});
    set("driver.outstanding", {"1", "2", "8", "64", "256"});
    set("stress.stall_percent", {"0", "0", "20", "60"});
    set("stress.interrupt_jitter_ns", {"0", "5000", "50000"});
    set("stress.split_percent", {"0", "50"});
    set("pcie.mps", {"128", "256", "512"});
    set("pcie.mrrs", {"128", "512", "4096"});
    if (ndis5) set("driver.miniport", {"ndis5"});
    if (cx) set("driver.model", {"netcx"});
    set("driver.checksum_offload", ndis5 ? std::vector<std::string>{"false"} : std::vector<std::string>{"true", "false"});
    set("driver.large_send", ndis5 ? std::vector<std::string>{"0"} : std::vector<std::string>{"0", "2920", "3000", "8000", "61440"});
    if (cx || ndis5) return command;
    set("nic.queue_pairs", {"1", "1", "4"});
    set("driver.rss", {"true", "false"});
    set("driver.tx_ring", {"0", "16", "64", "256"});
    set("driver.rx_ring", {"0", "32", "256"});
    set("driver.event_idx", {"true", "false"});
    set("driver.tx_indirect_from", {"0", "2"});
    set("driver.rx_elements", {"1", "2", "5"});
    set("driver.stack", {"", "capture", "capture, mux 2", "vlan 5"});
    return command;
}

void HttpServer::serve_random_machines(uint64_t first, uint64_t count) const {
    for (uint64_t seed = first; seed < first + count; seed++) {
        const std::vector<std::string> command = random_machine(seed);
        const Outcome outcome = ringside(command);
        std::string text;
        for (const std::string& word : command) text += " '" + word + "'";
        ASSERT_EQ(outcome.status, 0) << "ringside" << text << "\n" << outcome.out << outcome.err;
    }
}

TEST_F(HttpServer, ServesFromRandomMachines) { serve_random_machines(1, 12); }
TEST_F(HttpServer, NightlyServesFromManyRandomMachines) { serve_random_machines(1000, 2000); }

// ---- A TAP interface

class Tap : public SystemTest {
protected:
    void SetUp() override {
        const std::string reason = without_tap();
        if (!reason.empty()) GTEST_SKIP() << reason;
    }
    // Output of a script with the functions of world.sh, and of vhost.sh, in a network namespace of its own.
    std::string shell(const std::string& script) const { return SystemTest::shell(". '" RINGSIDE_WORLD_SH "'\n. '" RINGSIDE_VHOST_SH "'\n" + script, true); }
    void expect_curl_served(const std::string& options, const std::string& bytes) {
        const std::string out = shell("tap nic0\nstart run http-server --wire tap:nic0 --json result.json " + options +
                                      "\nreachable\ncurl -sS --max-time 90 -o page http://192.0.2.2/" + bytes + "\nletters " + bytes +
                                      " | cmp - page && echo same\nended INT\n");
        ASSERT_EQ(out, "same\nstatus 0\n") << contents(file("program.log"));
        const Json result = Json::load(file("result.json"));
        EXPECT_EQ(result.at("verdict").text(), "pass");
        EXPECT_EQ(result.at("tcpip.pages").integer(), 1);
        EXPECT_EQ(result.at("tcpip.tap.received").integer(), result.at("rx.packets").integer()) << "every frame of the interface reached lwIP";
        EXPECT_EQ(result.at("tcpip.tap.sent").integer(), result.at("tx.packets").integer());
        EXPECT_EQ(result.at("rx.dropped").integer(), 0);
    }
};

TEST_F(Tap, CurlGetsAPageThroughTheNic) { expect_curl_served("--waves handshake.fst --waves-to 1ms", "60000"); }
TEST_F(Tap, CurlGetsAPageThroughNetAdapterCx) { expect_curl_served("--nic model --driver netcx", "60000"); }
TEST_F(Tap, CurlGetsAPageThroughNetAdapterCxWithoutLargeSends) { expect_curl_served("--nic model --driver netcx --set driver.large_send=0", "60000"); }
TEST_F(Tap, SimulatedTimeMayRunAhead) { expect_curl_served("--nic model --set wire.ahead_ms=100", "300000"); }

TEST_F(Tap, EveryPingComesBack) {
    const std::string out = shell("tap nic0\nstart run http-server --wire tap:nic0 --nic model --json result.json\nreachable\n"
                                  "ping -q -c 20 -i 0.01 -s 1400 192.0.2.2 | grep -o '20 received'\nended TERM\n");
    EXPECT_EQ(out, "20 received\nstatus 0\n") << contents(file("program.log"));
}

TEST_F(Tap, AnInterfaceThatGoesDownIsACableThatNobodyHolds) {
    const std::string out = shell("tap nic0\nstart run http-server --wire tap:nic0 --nic model --json result.json\nreachable\n"
                                  "ip link set nic0 down\nsleep 0.3\nip link set nic0 up\nreachable\nended INT\n");
    EXPECT_EQ(out, "status 0\n") << contents(file("program.log"));
}

TEST_F(Tap, AnInterfaceThatIsNotThereIsRefused) {
    const Outcome outcome = ringside({"run", "http-server", "--wire", "tap:nowhere"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("ip tuntap add dev nowhere mode tap"), std::string::npos) << outcome.err;
}

TEST_F(Tap, AnInterfaceThatSomebodyHasIsRefused) {
    const std::string out = shell("tap nic0\nstart run http-server --wire tap:nic0 --nic model --json result.json\nreachable\n"
                                  "\"$program\" run http-server --wire tap:nic0 2>&1 | grep -o 'another program has it'\nended INT\n");
    EXPECT_EQ(out, "another program has it\nstatus 0\n") << contents(file("program.log"));
}

// The host's kernel pings DPDK, which drives the RTL.
TEST_F(Tap, PingsReachAPeerBehindVhostUser) {
    if (std::system("command -v dpdk-testpmd >/dev/null") != 0) GTEST_SKIP() << "dpdk-testpmd is missing: install dpdk-dev";
    const std::string out = shell("tap nic0\nserve --wire tap:nic0 --sessions 1\ntestpmd pmd icmpecho packed_vq=1,in_order=1,mrg_rxbuf=1\n"
                                  "reachable\nping -q -c 10 -i 0.05 192.0.2.2 | grep -o '10 received'\nend_testpmd INT\nserved\n");
    EXPECT_EQ(out, "10 received\nstatus 0\n") << contents(file("pmd.log"));
    const Json result = Json::load(file("result.json"));
    EXPECT_EQ(result.at("tap.sent").integer(), result.at("sessions").at(0).at("to_wire").integer());
}

}  // namespace
}  // namespace system_test
