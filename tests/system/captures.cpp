// SPDX-License-Identifier: Apache-2.0
#include "captures.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>
#include <pcap/pcap.h>

namespace system_test {

namespace {

constexpr size_t min_frame = 60;
constexpr uint64_t simulated_limit_ns = 1'000'000'000;  // no replay of these tests takes a second; a recorded epoch is far beyond

class Writer {
public:
    explicit Writer(bool big_endian) : big_(big_endian) {}
    void u32(uint64_t value) { number(value, 4); }
    void u16(uint64_t value) { number(value, 2); }
    void raw(const std::string& bytes) { out += bytes; }
    void pad() { out.append((4 - out.size() % 4) % 4, '\0'); }
    std::string out;

private:
    void number(uint64_t value, unsigned bytes) {
        for (unsigned i = 0; i < bytes; i++) out += static_cast<char>(value >> 8 * (big_ ? bytes - 1 - i : i));
    }
    bool big_;
};

uint32_t original(const TimedFrame& frame) { return frame.original ? frame.original : static_cast<uint32_t>(frame.bytes.size()); }

std::string make_pcap(const std::vector<TimedFrame>& frames, const CaptureFormat& format) {
    Writer w(format.big_endian);
    w.u32(format.nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4);
    w.u16(2), w.u16(4), w.u32(0), w.u32(0), w.u32(65535), w.u32(format.link_type);
    for (const TimedFrame& frame : frames) {
        const uint64_t fraction = frame.time_ns % 1'000'000'000;
        w.u32(frame.time_ns / 1'000'000'000), w.u32(format.nanoseconds ? fraction : fraction / 1000);
        w.u32(frame.bytes.size()), w.u32(original(frame));
        w.raw(frame.bytes);
    }
    return w.out;
}

// A block of pcapng: type, length, body, length again.
void block(Writer& w, uint32_t type, const Writer& body) {
    const size_t length = 12 + (body.out.size() + 3) / 4 * 4;
    w.u32(type), w.u32(length);
    w.raw(body.out);
    w.pad();
    w.u32(length);
}

std::string make_pcapng(const std::vector<TimedFrame>& frames, const CaptureFormat& format) {
    Writer w(format.big_endian), section(format.big_endian), interface(format.big_endian);
    section.u32(0x1A2B3C4D), section.u16(1), section.u16(0), section.u32(0xFFFFFFFF), section.u32(0xFFFFFFFF);
    block(w, 0x0A0D0D0A, section);
    interface.u16(format.link_type), interface.u16(0), interface.u32(65535);
    interface.u16(9), interface.u16(1), interface.raw(format.nanoseconds ? "\x09" : "\x06"), interface.pad();  // if_tsresol
    interface.u32(0);                                                                                          // end of options
    block(w, 1, interface);
    for (const TimedFrame& frame : frames) {
        const uint64_t time = format.nanoseconds ? frame.time_ns : frame.time_ns / 1000;
        Writer packet(format.big_endian);
        packet.u32(0), packet.u32(time >> 32), packet.u32(time & 0xFFFFFFFF), packet.u32(frame.bytes.size()), packet.u32(original(frame));
        packet.raw(frame.bytes);
        block(w, 6, packet);
    }
    return w.out;
}

}  // namespace

std::string make_capture(const std::vector<TimedFrame>& frames, const CaptureFormat& format) {
    return format.pcapng ? make_pcapng(frames, format) : make_pcap(frames, format);
}

std::vector<TimedFrame> read_capture(const std::string& path) {
    char problem[PCAP_ERRBUF_SIZE] = "";
    std::vector<TimedFrame> frames;
    pcap_t* file = pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, problem);
    if (!file) {
        ADD_FAILURE() << path << ": " << problem;
        return frames;
    }
    EXPECT_EQ(pcap_datalink(file), DLT_EN10MB) << path;
    pcap_pkthdr* header;
    const u_char* data;
    int status;
    while ((status = pcap_next_ex(file, &header, &data)) == 1) {
        TimedFrame frame;
        frame.time_ns = static_cast<uint64_t>(header->ts.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(header->ts.tv_usec);
        frame.bytes.assign(reinterpret_cast<const char*>(data), header->caplen);
        frame.original = header->len;
        frames.push_back(frame);
    }
    EXPECT_EQ(status, PCAP_ERROR_BREAK) << path << ": " << pcap_geterr(file);
    pcap_close(file);
    return frames;
}

// mt19937 is the same everywhere; the standard distributions are not, so they are not used.
std::vector<TimedFrame> random_frames(uint32_t seed, unsigned more) {
    std::mt19937 random(seed);
    std::vector<size_t> sizes{14, 15, 17, 31, 32, 33, 59, 60, 61, 63, 64, 65, 243, 244, 245, 255, 256, 257, 499, 500, 501, 1514, 1515,
                              4083, 4084, 4085, 4096, 9017, 9018};
    for (unsigned i = 0; i < more; i++) sizes.push_back(14 + random() % (i % 2 ? 9005 : 500));
    for (size_t i = sizes.size(); i > 1; i--) std::swap(sizes[i - 1], sizes[random() % i]);
    std::vector<TimedFrame> frames;
    uint64_t time_ns = 1'700'000'000'123'456'789;
    for (const size_t size : sizes) {
        TimedFrame frame;
        frame.time_ns = time_ns += random() % 2000;
        for (size_t i = 0; i < size; i++) frame.bytes += static_cast<char>(random());
        frames.push_back(frame);
    }
    return frames;
}

void expect_same_frames(const std::vector<TimedFrame>& sent, const std::vector<TimedFrame>& got, const std::string& what) {
    ASSERT_EQ(got.size(), sent.size()) << what;
    for (size_t i = 0; i < sent.size(); i++) {
        std::string expected = sent[i].bytes;
        if (expected.size() < min_frame) expected.resize(min_frame, '\0');
        ASSERT_EQ(got[i].bytes.size(), expected.size()) << what << ", frame " << i + 1;
        ASSERT_TRUE(got[i].bytes == expected) << what << ", frame " << i + 1 << " of " << expected.size() << " bytes differs";
        EXPECT_EQ(got[i].original, expected.size()) << what << ", frame " << i + 1;
        if (i > 0) {
            EXPECT_GT(got[i].time_ns, got[i - 1].time_ns) << what << ", frame " << i + 1;
        }
        EXPECT_LT(got[i].time_ns, simulated_limit_ns) << what << ", frame " << i + 1;
    }
    EXPECT_GT(got.front().time_ns, 0u) << what;
}

}  // namespace system_test
