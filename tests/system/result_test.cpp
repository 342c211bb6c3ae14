// SPDX-License-Identifier: Apache-2.0
// What programs read: the keys of the result file and their types, JUnit, and exit statuses.
#include <unistd.h>

#include <libxml/parser.h>
#include <libxml/xpath.h>

#include "ringside.h"

namespace system_test {
namespace {

class Result : public SystemTest {};

constexpr json_type text = JSON_STRING, integer = JSON_INTEGER, real = JSON_REAL;

struct Key {
    const char* path;
    json_type type;
};

// design.md section 6.
const Key keys[] = {
    {"ringside", text}, {"scenario", text}, {"seed", integer}, {"verdict", text}, {"failures", JSON_ARRAY},
    {"sim.time_ps", integer}, {"sim.cycles", integer}, {"sim.cycles_evaluated", integer}, {"sim.wall_s", real}, {"sim.cycles_per_s", real},
    {"tx.packets", integer}, {"tx.bytes", integer}, {"tx.mpps", real}, {"tx.gbps", real}, {"tx.limit_mpps", real}, {"tx.limited_by", text},
    {"tx.efficiency", real}, {"tx.latency_ns.min", real}, {"tx.latency_ns.p50", real}, {"tx.latency_ns.p99", real}, {"tx.latency_ns.max", real},
    {"rx.packets", integer}, {"rx.bytes", integer}, {"rx.mpps", real}, {"rx.gbps", real}, {"rx.limit_mpps", real}, {"rx.limited_by", text},
    {"rx.efficiency", real}, {"rx.latency_ns.min", real}, {"rx.latency_ns.p50", real}, {"rx.latency_ns.p99", real}, {"rx.latency_ns.max", real},
    {"rx.dropped", integer}, {"nbl.allocated", integer}, {"nbl.sent", integer}, {"nbl.completed", integer}, {"nbl.indicated", integer},
    {"nbl.returned", integer}, {"nbl.outstanding", integer}, {"pcie.up.tlps", integer}, {"pcie.up.bytes", integer},
    {"pcie.up.utilisation", real}, {"pcie.down.tlps", integer}, {"pcie.down.bytes", integer}, {"pcie.down.utilisation", real},
    {"dma.violations", integer}, {"interrupts", integer},
};

TEST_F(Result, HasEveryKeyOfTheDesignWithItsType) {
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"run", "default"}, {"run", "tx-64"}, {"run", "fault-lose-nbl"}}) {
        const Json run = result(command);
        for (const Key& key : keys) {
            const Json value = run.at(key.path);
            ASSERT_TRUE(value) << key.path;
            EXPECT_EQ(value.type(), key.type) << key.path;
        }
    }
}

TEST_F(Result, FailuresHaveTheirKeysAndPacketIsNullWithoutOne) {
    const Json failures = result({"run", "fault-lose-nbl"}).at("failures");
    ASSERT_GT(failures.size(), 1u);
    bool with = false, without = false;
    for (size_t i = 0; i < failures.size(); i++) {
        const Json failure = failures.at(i);
        for (const Key& key : {Key{"time_ps", integer}, Key{"check", text}, Key{"clause", text}, Key{"message", text}}) {
            ASSERT_TRUE(failure.at(key.path)) << key.path;
            EXPECT_EQ(failure.at(key.path).type(), key.type) << key.path;
        }
        ASSERT_TRUE(failure.at("packet"));
        (failure.at("packet").is_null() ? without : with) = true;
    }
    EXPECT_TRUE(with);
    EXPECT_TRUE(without);
}

TEST_F(Result, CountsAreConsistent) {
    const Json run = result({"run", "default"});
    EXPECT_EQ(run.at("nbl.sent").integer(), run.at("tx.packets").integer());
    EXPECT_EQ(run.at("nbl.completed").integer(), run.at("nbl.sent").integer());
    EXPECT_EQ(run.at("nbl.indicated").integer(), run.at("rx.packets").integer());
    EXPECT_EQ(run.at("nbl.returned").integer(), run.at("nbl.indicated").integer());
    EXPECT_EQ(run.at("nbl.outstanding").integer(), 0);
    EXPECT_LE(run.at("sim.cycles_evaluated").integer(), run.at("sim.cycles").integer());
    for (const char* direction : {"tx", "rx"}) {
        const Json latency = run.at(std::string(direction) + ".latency_ns");
        EXPECT_GT(latency.at("min").number(), 0);
        EXPECT_LE(latency.at("min").number(), latency.at("p50").number());
        EXPECT_LE(latency.at("p50").number(), latency.at("p99").number());
        EXPECT_LE(latency.at("p99").number(), latency.at("max").number());
    }
}

TEST_F(Result, SeedAndScenarioAreThoseThatWereAskedFor) {
    const Json run = result({"run", "dns", "--seed", "77"});
    EXPECT_EQ(run.at("seed").integer(), 77);
    EXPECT_EQ(run.at("scenario").text(), "dns");
}

// The number that an XPath expression gives over a file, -1 when it is no XML.
double xpath(const std::string& path, const char* expression) {
    xmlDocPtr document = xmlReadFile(path.c_str(), nullptr, XML_PARSE_NONET);
    if (!document) return -1;
    xmlXPathContextPtr context = xmlXPathNewContext(document);
    xmlXPathObjectPtr object = xmlXPathEvalExpression(BAD_CAST expression, context);
    const double number = object ? xmlXPathCastToNumber(object) : -1;
    xmlXPathFreeObject(object);
    xmlXPathFreeContext(context);
    xmlFreeDoc(document);
    return number;
}

TEST_F(Result, JunitIsWellFormedAndCountsWhatFailed) {
    const std::string junit = file("junit.xml");
    EXPECT_EQ(ringside({"run", "dns", "fault-unmapped", "ping", "--junit", junit, "--quiet"}).status, 0);
    EXPECT_EQ(xpath(junit, "count(//testsuite/testcase)"), 3) << contents(junit);
    EXPECT_EQ(xpath(junit, "number(//testsuite/@tests)"), 3);
    EXPECT_EQ(xpath(junit, "number(//testsuite/@failures)"), 0);
    EXPECT_EQ(xpath(junit, "count(//testcase[@name='ping'])"), 1);

    EXPECT_EQ(ringside({"run", "dns", "fault-unmapped", "--set", "traffic.from_host.frames=0", "--junit", junit, "--quiet"}).status, 1);
    EXPECT_EQ(xpath(junit, "number(//testsuite/@failures)"), 1) << contents(junit);
    EXPECT_EQ(xpath(junit, "count(//testcase[@name='fault-unmapped']/failure)"), 1);
    EXPECT_EQ(xpath(junit, "count(//failure[@type='expect.verdict'])"), 1);
}

TEST_F(Result, StatusIsZeroWhenAllPassed) { EXPECT_EQ(ringside({"run", "dns", "ping"}).status, 0); }

TEST_F(Result, StatusIsOneWhenOneOfSeveralFailed) {
    const std::string bad = write("bad.yaml", "driver: {fault: unmapped}\ntraffic:\n  from_host: {frames: 10, size: 64}\n");
    EXPECT_EQ(ringside({"run", "dns", bad, "ping"}).status, 1);
}

TEST_F(Result, StatusIsTwoForBadUsageAndInput) {
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{}, {"run"}, {"run", "no-such-scenario"}, {"run", "dns", "--jobs", "x"}, {"fly"}, {"replay"},
          {"run", "dns", "--set", "pcie.mps=77"}, {"bench", "line-rate", "--sizes", "1"}, {"check", "no-such-scenario"}}) {
        const Outcome outcome = ringside(command);
        EXPECT_EQ(outcome.status, 2) << outcome.err;
        EXPECT_EQ(outcome.out, "");
        EXPECT_NE(outcome.err, "");
    }
}

TEST_F(Result, StatusIsThreeWhenAFileCannotBeFinished) {
    // A device that is always full: it can be opened, and nothing can be written to it.
    if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
    for (const char* option : {"--json", "--junit", "--events", "--timeline"}) {
        const Outcome outcome = ringside({"run", "dns", option, "/dev/full"});
        EXPECT_EQ(outcome.status, 3) << option << outcome.out << outcome.err;
        EXPECT_NE(outcome.err.find("ringside: error: "), std::string::npos) << option << outcome.err;
    }
    const Outcome outcome =
        ringside({"replay", "--from-host", RINGSIDE_CAPTURES "/dns.from-host.pcap", "--to-wire", "/dev/full"});
    EXPECT_EQ(outcome.status, 3) << outcome.out << outcome.err;
}

TEST_F(Result, TooLittleHostMemoryIsNamed) {
    const Outcome outcome = ringside({"run", "tx-64", "--set", "driver.nbs_per_nbl=64", "--set", "driver.outstanding=1024"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("host memory is too small for 1024 NET_BUFFER_LISTs of 64 frames"), std::string::npos) << outcome.err;
}

TEST_F(Result, TooLittleHostMemoryForManyQueuesIsNamed) {
    const Outcome outcome = ringside({"run", "tx-64", "--set", "nic.queue_pairs=16", "--set", "memory.size_mib=64"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("host memory is too small for the rings and the receive buffers"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("16 queue pairs of up to 1024 receive buffers of 9018 bytes want 192 MiB for these alone, of the 64 MiB"),
              std::string::npos) << outcome.err;
}

TEST_F(Result, AFileOfAnOptionIsNamedAfterTheOption) {
    const Outcome outcome = ringside({"replay", "--from-host", file("missing.pcap")});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("ringside: error: --from-host: cannot read '"), std::string::npos) << outcome.err;
}

TEST_F(Result, BenchesListTheOptionsThatTheyTakeAndExplainTheOthers) {
    for (const char* bench : {"line-rate", "latency", "dma", "speed"}) {
        const Outcome help = ringside({"bench", bench, "--help"});
        EXPECT_EQ(help.status, 0);
        for (const char* option : {"--waves", "--events", "--timeline", "--junit"})
            EXPECT_EQ(help.out.find(option), std::string::npos) << bench << option;
        EXPECT_NE(help.out.find("--json"), std::string::npos) << bench;
    }
    const Outcome outcome = ringside({"bench", "line-rate", "--waves", file("w.fst")});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("use `ringside run'"), std::string::npos) << outcome.err;
}

TEST_F(Result, AnUnknownScenarioIsAnsweredWithTheNearest) {
    const Outcome outcome = ringside({"run", "jumbos"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("did you mean 'jumbo'?"), std::string::npos) << outcome.err;
}

TEST_F(Result, AnUnknownKeyIsAnsweredWithTheNearest) {
    const Outcome outcome = ringside({"run", "dns", "--set", "pcie.read_latncy_ns=500"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find("pcie.read_latncy_ns: there is no such key; did you mean 'pcie.read_latency_ns'?"), std::string::npos)
        << outcome.err;
}

TEST_F(Result, EveryMistakeInAScenarioHasItsPlace) {
    const std::string path = write("bad.yaml", "pcie: {mps: 100}\ndrivr: {cut: whole}\ntraffic:\n  from_host: {frames: many}\n");
    const Outcome outcome = ringside({"check", path});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find(path + ":1:13: error: pcie.mps"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(path + ":2:1: error: drivr"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(path + ":4:"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace system_test
