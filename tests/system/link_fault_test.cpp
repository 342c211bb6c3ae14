// SPDX-License-Identifier: Apache-2.0
// A link that spoils the answer to one of the NIC's reads (pcie.fault): the run reports it, the NIC is whole or asks for a reset, nothing
// is left behind. That the answer is refused, and by what rule, is shown by tests/rtl/nic_fault_test.cpp.
#include <set>
#include <tuple>

#include "ringside.h"

namespace system_test {
namespace {

struct Fault {
    const char *name, *check;   // what the checker of the link says; null: a device must expect it, there is nothing to say
    bool data;                  // the data that was read is lost to the NIC
};
const Fault faults[] = {{"lose", "tlp.outstanding", true},
                        {"unsupported", nullptr, true},
                        {"abort", nullptr, true},
                        {"poison", "tlp.poisoned", true},
                        {"byte-count", "tlp.byte_count", true},
                        {"twice", "tlp.unexpected_completion", false},
                        {"malformed", "tlp.type", false}};

const char scenario[] =
    "limits: {stall_us: 300}\n"
    "traffic:\n"
    "  from_host: {frames: 200, size: 256}\n"
    "  from_wire: {frames: 200, size: 256, rate_mbps: 5000}\n";

// On the device, and on its C model.
class LinkFault : public SystemTest, public ::testing::WithParamInterface<std::tuple<Fault, const char*>> {
protected:
    static Fault fault() { return std::get<0>(GetParam()); }
    Json run(int read) {
        return result({"run", write("scenario.yaml", scenario), "--set", std::string("pcie.fault=") + fault().name, "--set",
                       "pcie.fault_read=" + std::to_string(read), "--nic", std::get<1>(GetParam())}, 1);
    }
    static std::set<std::string> checks(const Json& run) {
        std::set<std::string> all;
        const Json failures = run.at("failures");
        for (size_t i = 0; i < failures.size(); i++) all.insert(failures.at(i).at("check").text());
        return all;
    }
    static void expect_nothing_left(const Json& run) {
        EXPECT_EQ(run.at("nbl.outstanding").integer(), 0) << run.at("nbl").dump();
        EXPECT_EQ(run.at("nbl.completed").integer(), run.at("nbl.sent").integer()) << run.at("nbl").dump();
        EXPECT_EQ(run.at("nbl.returned").integer(), run.at("nbl.indicated").integer()) << run.at("nbl").dump();
        EXPECT_EQ(run.at("dma.violations").integer(), 0);
    }
};

// Read 0 is the first of a ring's descriptors.
TEST_P(LinkFault, OfADescriptorEndsInNeedsResetOrInNothing) {
    const Json got = run(0);
    const std::set<std::string> said = checks(got);
    if (fault().check) { EXPECT_TRUE(said.count(fault().check)) << got.at("failures").dump(); }
    EXPECT_EQ(said.count("device.needs_reset"), fault().data ? 1u : 0u) << got.at("failures").dump();
    if (!fault().data) {
        EXPECT_EQ(said.size(), 1u) << got.at("failures").dump();
        EXPECT_EQ(got.at("tx.packets").integer(), 200);
        EXPECT_EQ(got.at("rx.packets").integer(), 200);
    }
    expect_nothing_left(got);
}

// Read 64 brings a frame, with any of our drivers: it is dropped, and no other.
TEST_P(LinkFault, OfAFrameLosesThatFrameAloneOrNothing) {
    const Json got = run(64);
    const std::set<std::string> said = checks(got);
    if (fault().check) { EXPECT_TRUE(said.count(fault().check)) << got.at("failures").dump(); }
    EXPECT_EQ(said.count("device.needs_reset"), 0u);
    EXPECT_EQ(said.count("frames.lost"), fault().data ? 1u : 0u) << got.at("failures").dump();
    EXPECT_EQ(got.at("tx.packets").integer(), fault().data ? 199 : 200);
    EXPECT_EQ(got.at("rx.packets").integer(), 200);
    expect_nothing_left(got);
}

TEST_P(LinkFault, OfAnyReadLeavesNothingBehind) {
    for (int read = 1; read < 400; read += 13) {
        SCOPED_TRACE(read);
        const Json got = run(read);
        expect_nothing_left(got);
        const std::set<std::string> said = checks(got);
        EXPECT_FALSE(said.count("nbl.lost"));
        if (fault().data && !said.count("device.needs_reset")) {
            EXPECT_EQ(got.at("tx.packets").integer() + got.at("rx.packets").integer(), 399) << got.at("failures").dump();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, LinkFault, ::testing::Combine(::testing::ValuesIn(faults), ::testing::Values("rtl", "model")), [](const auto& info) {
    const std::string name = std::get<0>(info.param).name;
    return (name == "byte-count" ? "byte_count" : name) + "_" + std::get<1>(info.param);
});

}  // namespace
}  // namespace system_test
