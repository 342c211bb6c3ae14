// SPDX-License-Identifier: Apache-2.0
// What one frame costs, TLP by TLP: compared with tables that spell out every TLP of one transmit and of one receive with its time
// (golden/one-transmit.txt, golden/one-receive.txt), and with the formulas of reference/pcie.md section 4, of which the constants below
// are the terms.
//
// RINGSIDE_WRITE_GOLDEN=1 writes the tables anew and keeps the remarks of rows that are still there; look at the difference.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>

#include "event_lines.h"
#include "ringside.h"

namespace system_test {
namespace {

constexpr uint64_t mps = 256, mrrs = 512, page = 4096, period_ps = 4000;
constexpr uint64_t request = 24, long_write = 24, completion = 20;  // bytes beside the payload, 64-bit addresses
constexpr uint64_t short_write = 20;                                // 32-bit address: registers and MSI-X
constexpr uint64_t net_header = 12;

constexpr uint64_t parts(uint64_t bytes, uint64_t size) { return (bytes + size - 1) / size; }
constexpr uint64_t padded(uint64_t bytes) { return parts(bytes, 4) * 4; }

bool starts(const EventLine& event, const char* kind, const char* text) { return event.kind == kind && event.text == text; }

class ByteCount : public SystemTest {
protected:
    // Sends one frame of `size` bytes with FCS from "host" or "wire"; keeps every event, the result, and what happened between the
    // send call, or the first bit of the frame, and the take-down of the stack.
    void run_one(const std::string& side, uint64_t size, const std::vector<std::string>& more = {}) {
        std::vector<std::string> command{"run", write_scenario(side, size), "--events", file("events")};
        command.insert(command.end(), more.begin(), more.end());
        run_ = result(command);
        all_ = read_events(file("events"));
        const auto begin = std::find_if(all_.begin(), all_.end(), [&](const EventLine& event) {
            return side == "host" ? starts(event, "doorbell", "tx") : event.kind == "frame_rx";
        });
        const auto end = std::find_if(begin, all_.end(), [](const EventLine& event) {
            return starts(event, "function_enter", "ProtocolNetPnPEvent");
        });
        ASSERT_NE(end, all_.end());
        packet_.assign(begin, end);
    }
    std::string write_scenario(const std::string& side, uint64_t size) {
        return SystemTest::write("one.yaml", "traffic: {from_" + side + ": {frames: 1, size: " + std::to_string(size) + "}}\n");
    }
    static uint64_t total(const std::vector<EventLine>& events, const char* kind) {
        return std::accumulate(events.begin(), events.end(), uint64_t{0}, [&](uint64_t sum, const EventLine& event) {
            return event.kind == kind ? sum + event.value : sum;
        });
    }
    static size_t count(const std::vector<EventLine>& events, const char* kind) {
        return static_cast<size_t>(std::count_if(events.begin(), events.end(), [&](const EventLine& e) { return e.kind == kind; }));
    }

    Json run_;
    std::vector<EventLine> all_, packet_;
};

// --- the tables ---

// One TLP or frame of the table: when the NIC handed it over, or had all of it; in cycles from the first in which the NIC works on the
// packet, and in ns from the first event of the packet.
std::string row(const EventLine& event, uint64_t begin_ps) {
    const std::string direction = event.kind == "tlp_up" ? "up" : event.kind == "tlp_down" ? "down" : event.kind;
    std::string type = "frame", payload = "-";
    if (event.is_tlp()) {
        type = event.text.substr(0, event.text.find(' '));
        payload = event.text.substr(event.text.rfind(' ') + 1);
    }
    const uint64_t cycle = parts(event.time_ps, period_ps) - parts(begin_ps, period_ps), ps = event.time_ps - begin_ps;
    char line[128];
    std::snprintf(line, sizeof line, "%5llu %5llu.%03llu %-8s %-5s %7s %4llu", static_cast<unsigned long long>(cycle),
                  static_cast<unsigned long long>(ps / 1000), static_cast<unsigned long long>(ps % 1000), direction.c_str(), type.c_str(),
                  payload.c_str(), static_cast<unsigned long long>(event.value));
    return line;
}

struct Row {
    std::string line, remark;
};

std::vector<Row> read_table(const std::string& path, std::string* head) {
    std::vector<Row> rows;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
        if (line[0] == '#') {
            *head += line + "\n";
            continue;
        }
        const size_t mark = std::min(line.find(" #"), line.size());
        std::string text = line.substr(0, mark);
        text.erase(text.find_last_not_of(' ') + 1);
        rows.push_back({text, line.substr(mark)});
    }
    return rows;
}

void expect_table(const std::vector<EventLine>& packet, const std::string& name) {
    const std::string path = RINGSIDE_GOLDEN "/" + name;
    std::string head, actual;
    const std::vector<Row> expected = read_table(path, &head);
    std::vector<std::string> rows;
    uint64_t begin_ps = 0;
    for (const EventLine& event : packet) {
        if (!event.is_tlp() && event.lane != "wire") continue;
        if (begin_ps == 0) begin_ps = event.time_ps;
        rows.push_back(row(event, begin_ps));
    }
    for (size_t i = 0; i < rows.size(); i++) actual += rows[i] + (i < expected.size() ? expected[i].remark : "") + "\n";
    if (std::getenv("RINGSIDE_WRITE_GOLDEN")) {
        std::ofstream(path) << head << actual;
        return;
    }
    ASSERT_EQ(rows.size(), expected.size()) << "now:\n" << actual;
    for (size_t i = 0; i < rows.size(); i++) EXPECT_EQ(rows[i], expected[i].line) << expected[i].remark;
}

TEST_F(ByteCount, EveryTlpOfOneTransmitIsInTheTable) {
    run_one("host", 1518);
    expect_table(packet_, "one-transmit.txt");
}

TEST_F(ByteCount, EveryTlpOfOneReceiveIsInTheTable) {
    run_one("wire", 1518);
    expect_table(packet_, "one-receive.txt");
}

// --- the formulas ---

class ByteCountOf : public ByteCount, public ::testing::WithParamInterface<uint64_t> {};

// A chain is read at once up to 4 KiB; what follows a page of data in a scattered buffer has a descriptor of its own.
TEST_P(ByteCountOf, OneTransmitIsWhatTheFormulaSays) {
    const uint64_t frame = GetParam(), p = frame - 4 + net_header, descriptors = 16 * parts(p, page);
    run_one("host", frame);
    const uint64_t doorbell = short_write + 4, used = long_write + 8, interrupt = short_write + 4;
    const uint64_t event_read = request, event_data = completion + 4;  // does the driver want an interrupt?
    EXPECT_EQ(total(packet_, "tlp_up"), request * parts(p, mrrs) + request + used + event_read + interrupt);
    EXPECT_EQ(total(packet_, "tlp_down"), doorbell + descriptors + completion + padded(p) + completion * parts(p, mps) + event_data);
}

TEST_P(ByteCountOf, OneReceiveIsWhatTheFormulaSays) {
    const uint64_t frame = GetParam(), p = frame - 4 + net_header;
    run_one("wire", frame);
    const uint64_t used = long_write + 8, event_read = request, event_data = completion + 4, interrupt = short_write + 4;
    const uint64_t doorbell = short_write + 4;  // the buffer goes back to the ring
    EXPECT_EQ(total(packet_, "tlp_up"), padded(p) + long_write * parts(p, mps) + used + event_read + interrupt);
    EXPECT_EQ(total(packet_, "tlp_down"), event_data + doorbell);
}

TEST_P(ByteCountOf, TheFrameTakesItsBitsOfTheWire) {
    const uint64_t frame = GetParam(), bit_ps = 25;  // 40 Gb/s
    for (const char* side : {"host", "wire"}) {
        run_one(side, frame);
        const auto wire = std::find_if(packet_.begin(), packet_.end(), [](const EventLine& event) { return event.lane == "wire"; });
        ASSERT_NE(wire, packet_.end());
        EXPECT_EQ(wire->value, frame);
        EXPECT_EQ(wire->index, frame * 8 * bit_ps) << "first to last bit";
    }
}

TEST_P(ByteCountOf, TheResultCountsTheSameTlps) {
    run_one("host", GetParam());
    EXPECT_EQ(run_.at("pcie.up.bytes").integer(), static_cast<int64_t>(total(all_, "tlp_up")));
    EXPECT_EQ(run_.at("pcie.up.tlps").integer(), static_cast<int64_t>(count(all_, "tlp_up")));
    EXPECT_EQ(run_.at("pcie.down.bytes").integer(), static_cast<int64_t>(total(all_, "tlp_down")));
    EXPECT_EQ(run_.at("pcie.down.tlps").integer(), static_cast<int64_t>(count(all_, "tlp_down")));
}

INSTANTIATE_TEST_SUITE_P(Bytes, ByteCountOf, ::testing::Values(64, 65, 247, 248, 249, 504, 505, 1518, 4088, 4089, 9018, 9022),
                         [](const auto& info) { return std::to_string(info.param); });

// A byte takes as long in every term; a frame of 64 bytes more tells how long. What leaves and arrives while something else is waited
// for is not on the way of the packet: the second read and those behind it, and all that follows the last data of a transmit.
TEST_P(ByteCountOf, TheTermsOfBenchLatencyCountTheseBytes) {
    const uint64_t frame = GetParam(), waits_ns = 75 + 450;  // of doorbell or message, and of a read
    const Json rows = result({"bench", "latency", "--sizes", "64,128," + std::to_string(frame)}).at("rows");
    const double byte_ns = (rows.at(3).at("terms_ns.data").number() - rows.at(1).at("terms_ns.data").number()) / 64;
    EXPECT_NEAR(byte_ns, 8 / 57.88, 1e-4);

    run_one("host", frame);
    const std::vector<EventLine> sent(packet_.begin(), std::find_if(packet_.begin(), packet_.end(), [](const EventLine& event) {
                                          return event.kind == "tlp_up" && event.text.rfind("MWr64", 0) == 0;   // used descriptor
                                      }));
    const double preamble_ns = 8 * 8 / 40.0, descriptor_ns = 450;
    EXPECT_NEAR((rows.at(4).at("unavoidable_ns").number() - waits_ns - descriptor_ns - preamble_ns) / byte_ns,
                static_cast<double>(total(sent, "tlp_down") + 2 * request), 0.01);

    run_one("wire", frame);
    const uint64_t event_data = completion + 4;
    EXPECT_NEAR((rows.at(5).at("unavoidable_ns").number() - waits_ns) / byte_ns,
                static_cast<double>(total(packet_, "tlp_up") + event_data), 0.01);
}

// --- times ---

TEST_F(ByteCount, FramesFollowOneAnotherAtTheWireRate) {
    const std::string scenario = SystemTest::write("two.yaml", "cpu: {free: true}\ntraffic: {from_host: {frames: 40, size: 1518}}\n");
    result({"run", scenario, "--events", file("events")});
    std::vector<uint64_t> times;
    for (const EventLine& event : read_events(file("events")))
        if (event.kind == "frame_tx") times.push_back(event.time_ps);
    ASSERT_EQ(times.size(), 40u);
    for (size_t i = 1; i < times.size(); i++) EXPECT_EQ(times[i] - times[i - 1], (1518 + 20) * 8 * 25) << i;
}

TEST_F(ByteCount, EventsComeInTheOrderOfTheirTimes) {
    result({"run", "dns", "--events", file("events")});
    const std::vector<EventLine> events = read_events(file("events"));
    EXPECT_GT(events.size(), 1000u);
    EXPECT_TRUE(std::is_sorted(events.begin(), events.end(), [](const auto& a, const auto& b) { return a.time_ps < b.time_ps; }));
}

TEST_F(ByteCount, AReadInAnIdleMachineTakesExactlyTheLatencyOfTheScenario) {
    for (const uint64_t latency_ns : {450, 900}) {
        run_one("host", 64, {"--set", "pcie.read_latency_ns=" + std::to_string(latency_ns)});
        // The descriptor: the first read, and the first completion, of the packet.
        const auto is = [](const char* kind, const char* text) {
            return [=](const EventLine& event) { return event.kind == kind && event.text.rfind(text, 0) == 0; };
        };
        const auto read = std::find_if(packet_.begin(), packet_.end(), is("tlp_up", "MRd64"));
        const auto data = std::find_if(read, packet_.end(), is("tlp_down", "CplD"));
        ASSERT_NE(data, packet_.end());
        // Handed over to last byte: both TLPs at the link's rate of 57.88 Gb/s, and the latency between them.
        const double link_ps = static_cast<double>(read->value + data->value) * 8000 / 57.88;
        EXPECT_NEAR(static_cast<double>(data->time_ps - read->time_ps), static_cast<double>(latency_ns) * 1000 + link_ps, 3);
    }
}

}  // namespace
}  // namespace system_test
