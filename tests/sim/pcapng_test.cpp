// SPDX-License-Identifier: Apache-2.0
// pcapng: other programs read what is written here.
#include "pcapng.h"

#include <gtest/gtest.h>
#include <pcap/pcap.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace {

class Pcapng : public ::testing::Test {
protected:
    ~Pcapng() override { unlink(path.c_str()); }
    std::string path = testing::TempDir() + "pcapng_test_" + std::to_string(getpid()) + ".pcapng";
    char error[256] = "";
};

TEST_F(Pcapng, LibpcapReadsFramesAndTimesBack) {
    pcapng_writer* writer = pcapng_open(path.c_str(), error, sizeof error);
    ASSERT_NE(writer, nullptr) << error;
    EXPECT_EQ(pcapng_add_interface(writer, "{nic0}-below"), 0u);
    EXPECT_EQ(pcapng_add_interface(writer, "a"), 1u);
    const std::vector<uint8_t> first(61, 0x5A), second(14, 0xA5);
    pcapng_add_frame(writer, 0, true, 5'000'000'123'000'999, first.data(), first.size());
    pcapng_add_frame(writer, 1, false, 5'000'000'124'000'000, second.data(), second.size());
    EXPECT_EQ(pcapng_close(writer), 0);

    pcap_t* file = pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error);
    ASSERT_NE(file, nullptr) << error;
    EXPECT_EQ(pcap_datalink(file), DLT_EN10MB);
    pcap_pkthdr* header;
    const u_char* bytes;
    ASSERT_EQ(pcap_next_ex(file, &header, &bytes), 1);
    EXPECT_EQ(header->ts.tv_sec, 5000);
    EXPECT_EQ(header->ts.tv_usec, 123000);  // nanoseconds
    ASSERT_EQ(header->caplen, first.size());
    EXPECT_EQ(std::memcmp(bytes, first.data(), first.size()), 0);
    ASSERT_EQ(pcap_next_ex(file, &header, &bytes), 1);
    ASSERT_EQ(header->caplen, second.size());
    EXPECT_EQ(std::memcmp(bytes, second.data(), second.size()), 0);
    EXPECT_EQ(pcap_next_ex(file, &header, &bytes), PCAP_ERROR_BREAK);
    pcap_close(file);
}

TEST_F(Pcapng, DirectionAndInterfaceStandInThePacket) {
    pcapng_writer* writer = pcapng_open(path.c_str(), error, sizeof error);
    ASSERT_NE(writer, nullptr) << error;
    pcapng_add_interface(writer, "x");
    const uint8_t frame[16] = {};
    pcapng_add_frame(writer, 0, true, 0, frame, sizeof frame);
    EXPECT_EQ(pcapng_close(writer), 0);
    std::ifstream in(path, std::ios::binary);
    const std::string all(std::istreambuf_iterator<char>(in), {});
    // The packet is the last block: 28 bytes of head, the frame, flags (code 2, 4 bytes: outbound is 2), end, length.
    uint32_t words[6];
    ASSERT_GE(all.size(), sizeof words);
    std::memcpy(words, all.data() + all.size() - 16, 16);
    EXPECT_EQ(words[0], 2u | 4u << 16);
    EXPECT_EQ(words[1], 2u);
    EXPECT_EQ(words[2], 0u);
    EXPECT_EQ(words[3], 28u + 16 + 8 + 4 + 4);
}

TEST_F(Pcapng, AFileThatCannotBeMadeIsNamed) {
    EXPECT_EQ(pcapng_open("/nowhere/x.pcapng", error, sizeof error), nullptr);
    EXPECT_NE(std::string(error).find("/nowhere/x.pcapng"), std::string::npos);
    EXPECT_EQ(pcapng_close(nullptr), 0);
}

}  // namespace
