// SPDX-License-Identifier: Apache-2.0
// What cannot be used is refused before anything runs: status 2, and a message that names the file and, if one is to blame, the frame.
#include <sys/stat.h>

#include <algorithm>

#include "captures.h"
#include "ringside.h"

namespace system_test {
namespace {

std::vector<TimedFrame> frames_of(std::vector<size_t> sizes) {
    std::vector<TimedFrame> frames;
    for (const size_t size : sizes) frames.push_back({1000 * (frames.size() + 1), std::string(size, 'x'), 0});
    return frames;
}

class Refusal : public SystemTest {
protected:
    // `capture` is refused from either side, and nothing is written.
    void refused(const std::string& capture, const std::vector<std::string>& words) {
        for (const char* side : {"--from-host", "--from-wire"}) {
            const std::string out = file("out.pcap");
            const Outcome outcome = ringside({"replay", side, capture, "--to-wire", out, "--to-host", out});
            EXPECT_EQ(outcome.status, 2) << side;
            EXPECT_EQ(outcome.out, "");
            EXPECT_NE(outcome.err.find(capture), std::string::npos) << outcome.err;
            for (const std::string& word : words) EXPECT_NE(outcome.err.find(word), std::string::npos) << word << " in " << outcome.err;
            EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
            EXPECT_FALSE(exists(out));
        }
    }
    std::string capture(std::vector<size_t> sizes, const CaptureFormat& format = {}) {
        return write("in.pcap", make_capture(frames_of(std::move(sizes)), format));
    }
};

TEST_F(Refusal, OfATruncatedPcap) {
    const std::string whole = make_capture(frames_of({60, 60, 60}), {});
    refused(write("in.pcap", whole.substr(0, whole.size() - 5)), {"damaged after frame 2", "truncated"});
}

TEST_F(Refusal, OfATruncatedPcapng) {
    CaptureFormat format;
    format.pcapng = true;
    const std::string whole = make_capture(frames_of({60, 60, 60}), format);
    refused(write("in.pcapng", whole.substr(0, whole.size() - 9)), {"damaged after frame 2", "truncated"});
}

TEST_F(Refusal, OfAFileThatEndsInItsHeader) {
    refused(write("in.pcap", make_capture({}, {}).substr(0, 11)), {"not a pcap or pcapng file"});
}

TEST_F(Refusal, OfAnEmptyFile) { refused(write("in.pcap", ""), {"not a pcap or pcapng file"}); }

TEST_F(Refusal, OfACaptureWithoutFrames) { refused(capture({}), {"the capture holds no frame"}); }

TEST_F(Refusal, OfALinkTypeThatIsNotEthernet) {
    for (const bool pcapng : {false, true}) {
        CaptureFormat format;
        format.pcapng = pcapng;
        format.link_type = 101;  // LINKTYPE_RAW
        refused(capture({60}, format), {"link type RAW", "only Ethernet"});
    }
}

TEST_F(Refusal, OfADamagedRecord) {
    std::string bytes = make_capture(frames_of({60, 60, 60}), {});
    const size_t second = 24 + 16 + 60;
    bytes.replace(second + 8, 4, "\xFF\xFF\xFF\x7F");  // captured length of the second record
    refused(write("in.pcap", bytes), {"damaged after frame 1"});
}

TEST_F(Refusal, OfADamagedBlock) {
    CaptureFormat format;
    format.pcapng = true;
    std::string bytes = make_capture(frames_of({60, 60}), format);
    bytes[bytes.size() - 4] ^= 0x10;  // the length at the end of the last block
    refused(write("in.pcapng", bytes), {"damaged after frame 1"});
}

TEST_F(Refusal, OfAFrameThatIsTooLong) { refused(capture({60, 9018, 9019}), {"frame 3 has 9019 bytes", "9018"}); }

TEST_F(Refusal, OfAFrameThatIsTooShort) { refused(capture({14, 13}), {"frame 2 has 13 bytes", "14"}); }

TEST_F(Refusal, OfAFrameThatWasCutWhenItWasRecorded) {
    auto frames = frames_of({60, 96, 60});
    frames[1].original = 1514;
    refused(write("in.pcap", make_capture(frames, {})), {"frame 2", "96 of its 1514 bytes", "snapshot length"});
}

TEST_F(Refusal, OfAMissingFile) { refused(file("nowhere.pcap"), {"No such file"}); }

TEST_F(Refusal, OfAFolder) {
    ASSERT_EQ(mkdir(file("folder").c_str(), 0700), 0);
    refused(file("folder"), {});
}

TEST_F(Refusal, NamesBothCapturesWhenBothAreBad) {
    const std::string host = write("host.pcap", "nonsense"), wire = write("wire.pcap", make_capture(frames_of({13}), {}));
    const Outcome outcome = ringside({"replay", "--from-host", host, "--from-wire", wire});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_NE(outcome.err.find(host), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(wire + ": frame 1"), std::string::npos) << outcome.err;
}

TEST_F(Refusal, OfOutputsThatCannotBeWrittenBeforeAnythingRuns) {
    const std::string in = capture({60}), nowhere = file("no/such/folder/out");
    for (const char* option : {"--to-wire", "--to-host", "--json", "--junit", "--waves", "--events", "--timeline", "--transcript"}) {
        const Outcome outcome = ringside({"replay", "--from-host", in, option, nowhere});
        EXPECT_EQ(outcome.status, 2) << option;
        EXPECT_EQ(outcome.out, "") << option;
        EXPECT_EQ(outcome.err, std::string("ringside: error: ") + option + ": cannot write " + nowhere + ": No such file or directory\n");
    }
    EXPECT_EQ(ringside({"bench", "line-rate", "--json", nowhere}).status, 2);
}

TEST_F(Refusal, OfAnOutputThatABenchDoesNotWrite) {
    const std::vector<std::pair<std::string, std::string>> outputs{
        {"--waves", "waveform"}, {"--junit", "JUnit file"}, {"--events", "event log"}, {"--timeline", "timeline"},
        {"--transcript", "transcript"}, {"--capture", "capture"}};
    for (const auto& [option, name] : outputs) {
        const Outcome outcome = ringside({"bench", "latency", option, file("out")});
        EXPECT_EQ(outcome.status, 2) << option;
        EXPECT_NE(outcome.err.find("a bench writes no " + name), std::string::npos) << outcome.err;
    }
}

TEST_F(Refusal, LeavesNoEmptyOutputsBehind) {
    const std::string in = capture({60}), good = file("good.pcap"), kept = write("kept.json", "before");
    const Outcome outcome =
        ringside({"replay", "--from-host", in, "--to-wire", good, "--json", kept, "--junit", file("no/such/folder/out")});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_FALSE(exists(good));
    EXPECT_EQ(contents(kept), "before");
}

TEST_F(Refusal, OfOneEventLogOrWaveformForSeveralRuns) {
    for (const char* option : {"--events", "--timeline", "--waves", "--transcript"}) {
        const Outcome outcome = ringside({"run", "dns", "ping", option, file("out")});
        EXPECT_EQ(outcome.status, 2);
        EXPECT_NE(outcome.err.find(std::string(option) + " writes one file"), std::string::npos) << outcome.err;
    }
}

}  // namespace
}  // namespace system_test
