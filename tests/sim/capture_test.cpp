// SPDX-License-Identifier: Apache-2.0
// Captures: what is read back is what was written, and what could not cross the machine unchanged is refused.
#include "capture.h"

#include <gtest/gtest.h>
#include <pcap/pcap.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace {

using Bytes = std::vector<uint8_t>;

class Capture : public ::testing::Test {
protected:
    ~Capture() override {
        capture_free(&capture);
        unlink(path.c_str());
    }
    // A file by libpcap, with any link type and any recorded length.
    void write(int type, const std::vector<Bytes>& frames, uint32_t cut_to = 65535) {
        pcap_t* format = pcap_open_dead(type, 65535);
        pcap_dumper_t* file = pcap_dump_open(format, path.c_str());
        for (const Bytes& frame : frames) {
            pcap_pkthdr header{};
            header.len = static_cast<bpf_u_int32>(frame.size());
            header.caplen = std::min(header.len, cut_to);
            pcap_dump(reinterpret_cast<u_char*>(file), &header, frame.data());
        }
        pcap_dump_close(file);
        pcap_close(format);
    }
    int load() { return capture_load(&capture, path.c_str(), error, sizeof error); }
    std::string contents() const {
        std::ifstream in(path, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    }

    struct capture capture {};
    char error[512] = "";
    const std::string path = ::testing::TempDir() + "ringside-capture-" + std::to_string(getpid()) + ".pcap";
};

TEST_F(Capture, WrittenFramesAreReadBackWithNanoseconds) {
    const Bytes first(14, 0x11), second(9018, 0x22);
    capture_writer* writer = capture_writer_open(path.c_str(), error, sizeof error);
    ASSERT_NE(writer, nullptr) << error;
    capture_writer_add(writer, 1'000'000'000'007'999, first.data(), first.size());
    capture_writer_add(writer, 1'000'000'000'123'000, second.data(), second.size());
    ASSERT_EQ(capture_writer_close(writer), 0);

    ASSERT_EQ(load(), 0) << error;
    ASSERT_EQ(capture.count, 2u);
    EXPECT_EQ(capture.frames[0].time_ns, 0u);
    EXPECT_EQ(capture.frames[1].time_ns, 116u);
    EXPECT_EQ(Bytes(capture.bytes + capture.frames[1].offset, capture.bytes + capture.frames[1].offset + 9018), second);
}

TEST_F(Capture, SameFramesGiveTheSameFile) {
    std::string files[2];
    for (std::string& file : files) {
        capture_writer* writer = capture_writer_open(path.c_str(), error, sizeof error);
        const Bytes frame(100, 0x55);
        capture_writer_add(writer, 42'000, frame.data(), frame.size());
        ASSERT_EQ(capture_writer_close(writer), 0);
        file = contents();
    }
    EXPECT_EQ(files[0], files[1]);
    EXPECT_EQ(files[0].size(), 24u + 16u + 100u);
}

TEST_F(Capture, TruncatedFileIsRefusedWithTheFrameBeforeTheDamage) {
    write(DLT_EN10MB, {Bytes(60), Bytes(60), Bytes(60)});
    ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(contents().size() - 10)), 0);
    EXPECT_EQ(load(), -EINVAL);
    EXPECT_NE(std::string(error).find("damaged after frame 2"), std::string::npos) << error;
    EXPECT_EQ(capture.count, 0u);
}

TEST_F(Capture, EmptyCaptureIsRefused) {
    write(DLT_EN10MB, {});
    EXPECT_EQ(load(), -EINVAL);
    EXPECT_EQ(std::string(error), path + ": the capture holds no frame");
}

TEST_F(Capture, EmptyFileIsRefused) {
    std::ofstream(path).flush();
    EXPECT_EQ(load(), -EINVAL);
    EXPECT_NE(std::string(error).find("not a pcap or pcapng file"), std::string::npos) << error;
}

TEST_F(Capture, FileOfAnotherFormatIsRefused) {
    std::ofstream(path) << "this is no capture, but it is long enough for a header\n";
    EXPECT_EQ(load(), -EINVAL);
    EXPECT_NE(std::string(error).find("not a pcap or pcapng file"), std::string::npos) << error;
}

TEST_F(Capture, OtherLinkTypesAreRefusedByName) {
    write(DLT_RAW, {Bytes(60)});
    EXPECT_EQ(load(), -EINVAL);
    EXPECT_EQ(std::string(error), path + ": link type RAW; only Ethernet captures can be played");
}

TEST_F(Capture, FramesThatWereCutWhenRecordedAreRefused) {
    write(DLT_EN10MB, {Bytes(60), Bytes(1000)}, 96);
    EXPECT_EQ(load(), -EINVAL);
    EXPECT_NE(std::string(error).find("frame 2: only 96 of its 1000 bytes"), std::string::npos) << error;
}

TEST_F(Capture, FramesShorterThanAHeaderAreRefused) {
    write(DLT_EN10MB, {Bytes(13)});
    EXPECT_EQ(load(), -EINVAL);
    EXPECT_NE(std::string(error).find("frame 1 has 13 bytes"), std::string::npos) << error;
}

TEST_F(Capture, FramesOver9018BytesAreRefused) {
    write(DLT_EN10MB, {Bytes(9018), Bytes(9019)});
    EXPECT_EQ(load(), -EINVAL);
    EXPECT_NE(std::string(error).find("frame 2 has 9019 bytes"), std::string::npos) << error;
}

TEST_F(Capture, DamagedLengthIsRefused) {
    write(DLT_EN10MB, {Bytes(60)});
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(24 + 8);
    const char huge[4] = {'\x7f', '\x7f', '\x7f', '\x7f'};
    file.write(huge, 4);
    file.close();
    EXPECT_EQ(load(), -EINVAL);
    EXPECT_NE(std::string(error).find("damaged after frame 0"), std::string::npos) << error;
}

TEST_F(Capture, MissingFileIsNamed) {
    EXPECT_EQ(load(), -ENOENT);
    EXPECT_EQ(std::string(error), path + ": No such file or directory");
}

TEST_F(Capture, TimesThatRunBackwardsKeepTheOrderOfTheFile) {
    pcap_t* format = pcap_open_dead(DLT_EN10MB, 65535);
    pcap_dumper_t* file = pcap_dump_open(format, path.c_str());
    const Bytes frame(60);
    for (const long us : {500, 100, 900}) {
        pcap_pkthdr header{};
        header.ts.tv_usec = us;
        header.len = header.caplen = 60;
        pcap_dump(reinterpret_cast<u_char*>(file), &header, frame.data());
    }
    pcap_dump_close(file);
    pcap_close(format);
    ASSERT_EQ(load(), 0) << error;
    EXPECT_EQ(capture.frames[1].time_ns, 0u);
    EXPECT_EQ(capture.frames[2].time_ns, 400'000u);
}

TEST_F(Capture, PcapngIsRead) {
    // Section header, interface description (Ethernet), one enhanced packet of 60 bytes; little endian.
    Bytes file;
    const auto word = [&](uint32_t value) {
        for (int i = 0; i < 4; i++) file.push_back(static_cast<uint8_t>(value >> (8 * i)));
    };
    for (const uint32_t value : {0x0A0D0D0Au, 28u, 0x1A2B3C4Du, 0x00000001u, 0xFFFFFFFFu, 0xFFFFFFFFu, 28u}) word(value);
    for (const uint32_t value : {1u, 20u, 1u, 65535u, 20u}) word(value);
    for (const uint32_t value : {6u, 92u, 0u, 0u, 1000u, 60u, 60u}) word(value);
    file.insert(file.end(), 60, 0xAB);
    word(92);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
    ASSERT_EQ(load(), 0) << error;
    ASSERT_EQ(capture.count, 1u);
    EXPECT_EQ(capture.frames[0].length, 60u);
    EXPECT_EQ(capture.bytes[capture.frames[0].offset], 0xAB);
}

TEST_F(Capture, WriterNamesAFileThatItCannotMake) {
    EXPECT_EQ(capture_writer_open("/no/such/folder/x.pcap", error, sizeof error), nullptr);
    EXPECT_NE(std::string(error).find("/no/such/folder/x.pcap"), std::string::npos) << error;
}

}  // namespace
