// SPDX-License-Identifier: Apache-2.0
// Any Ethernet capture crosses the machine both ways unchanged, however its frames are cut and whatever file it comes in.
#include <string>
#include <tuple>
#include <vector>

#include "captures.h"
#include "ringside.h"

namespace system_test {
namespace {

const std::string shipped = RINGSIDE_CAPTURES "/";

class ReplayBase : public SystemTest {
protected:
    // Sends both captures at once and expects both back.
    void replay(const std::string& from_host, const std::string& from_wire, std::vector<std::string> options) {
        const std::string to_wire = file("to-wire.pcap"), to_host = file("to-host.pcap");
        options.insert(options.begin(), {"replay", "--from-host", from_host, "--from-wire", from_wire, "--to-wire", to_wire, "--to-host",
                                         to_host, "--quiet"});
        const Outcome outcome = ringside(options);
        ASSERT_EQ(outcome.status, 0) << outcome.out << outcome.err;
        expect_same_frames(read_capture(from_host), read_capture(to_wire), "from host to wire");
        expect_same_frames(read_capture(from_wire), read_capture(to_host), "from wire to host");
    }
};

enum class Resolution { microseconds, nanoseconds };

class Replay : public ReplayBase, public ::testing::WithParamInterface<std::tuple<std::string, std::string, Resolution>> {};

TEST_P(Replay, GivesBackFramesOfEverySizeForEverySeed) {
    const auto [cut, container, resolution] = GetParam();
    const bool bytewise = cut == "byte";
    for (uint32_t seed = 1; seed <= 3; seed++) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        CaptureFormat format;
        format.pcapng = container == "pcapng";
        format.nanoseconds = resolution == Resolution::nanoseconds;
        const std::string from_host = write("from-host", make_capture(random_frames(seed, bytewise ? 4 : 31), format));
        format.big_endian = true;  // a recording of another machine
        const std::string from_wire = write("from-wire", make_capture(random_frames(seed + 100, bytewise ? 4 : 31), format));
        replay(from_host, from_wire, {"--cut", cut, "--seed", std::to_string(seed)});
    }
}

INSTANTIATE_TEST_SUITE_P(All, Replay,
                         ::testing::Combine(::testing::Values("whole", "header", "random", "byte"), ::testing::Values("pcap", "pcapng"),
                                            ::testing::Values(Resolution::microseconds, Resolution::nanoseconds)),
                         [](const auto& info) {
                             return std::get<0>(info.param) + "_" + std::get<1>(info.param) +
                                    (std::get<2>(info.param) == Resolution::nanoseconds ? "_ns" : "_us");
                         });

class ReplayShipped : public ReplayBase, public ::testing::WithParamInterface<std::tuple<std::string, std::string>> {};

TEST_P(ReplayShipped, GivesBackRecordedTraffic) {
    const auto [cut, name] = GetParam();
    replay(shipped + name + "from-host.pcap", shipped + name + "from-wire.pcap", {"--cut", cut});
}

INSTANTIATE_TEST_SUITE_P(All, ReplayShipped,
                         ::testing::Combine(::testing::Values("whole", "header", "random"), ::testing::Values("")),
                         [](const auto& info) { return std::get<0>(info.param); });
INSTANTIATE_TEST_SUITE_P(Bytes, ReplayShipped,
                         ::testing::Combine(::testing::Values("byte"), ::testing::Values("dns.", "ipv6.", "ping.", "vlan.", "jumbo.")),
                         [](const auto& info) {
                             std::string name = std::get<1>(info.param);
                             name.pop_back();
                             return name;
                         });

using Machine = std::pair<std::string, std::vector<std::string>>;  // a name, and what is set

class ReplayMachine : public ReplayBase, public ::testing::WithParamInterface<Machine> {};

TEST_P(ReplayMachine, GivesBackFramesOfEverySize) {
    std::vector<std::string> options{"--cut", "random"};
    for (const std::string& setting : GetParam().second) options.insert(options.end(), {"--set", setting});
    const CaptureFormat format;
    replay(write("from-host", make_capture(random_frames(7, 31), format)), write("from-wire", make_capture(random_frames(8, 31), format)),
           options);
}

INSTANTIATE_TEST_SUITE_P(
    All, ReplayMachine,
    ::testing::Values(Machine{"datapath_of_512_bits", {"nic.datapath_bits=512"}},
                      Machine{"narrow_link", {"pcie.generation=1", "pcie.lanes=4", "wire.gbps=1"}},
                      Machine{"small_payloads", {"pcie.mps=128", "pcie.mrrs=128", "pcie.rcb=128"}},
                      Machine{"reordered_completions", {"pcie.read_reorder_ns=900", "memory.iommu_tlb_entries=16"}},
                      Machine{"no_backfill_odd_offset", {"driver.backfill=0", "driver.data_offset=4091"}},
                      Machine{"receive_buffers_in_pieces", {"driver.rx_elements=5", "wire.gbps=10"}},
                      Machine{"several_nbs_per_nbl", {"driver.nbs_per_nbl=5", "driver.nbls_per_send=3"}},
                      Machine{"contiguous_memory", {"memory.run_pages=64"}}),
    [](const auto& info) { return info.param.first; });

class ReplayTimed : public ReplayBase {};

TEST_F(ReplayTimed, CapturesAtTheirOwnTimesKeepTheirDistances) {
    const auto frames = random_frames(3, 20);
    const std::string capture = write("in", make_capture(frames, {}));
    replay(capture, capture, {"--timing", "capture"});
    const auto got = read_capture(file("to-host.pcap"));
    ASSERT_EQ(got.size(), frames.size());
    for (size_t i = 0; i < got.size(); i++)
        EXPECT_GE(got[i].time_ns - got[0].time_ns + 10'000, frames[i].time_ns - frames[0].time_ns) << i;
}

TEST_F(ReplayTimed, OneDirectionAloneNeedsNoOtherCapture) {
    const auto frames = random_frames(5, 5);
    const std::string capture = write("in", make_capture(frames, {})), out = file("out.pcap");
    ASSERT_EQ(ringside({"replay", "--from-host", capture, "--to-wire", out}).status, 0);
    expect_same_frames(frames, read_capture(out), "to the wire");
    ASSERT_EQ(ringside({"replay", "--from-wire", capture, "--to-host", out}).status, 0);
    expect_same_frames(frames, read_capture(out), "to the host");
}

}  // namespace
}  // namespace system_test
