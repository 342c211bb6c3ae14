// SPDX-License-Identifier: Apache-2.0
// Cutting of frames, and the little parsing that it needs.
#include <gtest/gtest.h>

#include <initializer_list>
#include <numeric>
#include <vector>

#include "traffic_cut.h"
#include "traffic_parse.h"

namespace {

using Bytes = std::vector<uint8_t>;

void append(Bytes& frame, std::initializer_list<int> bytes) {
    for (int byte : bytes) frame.push_back(static_cast<uint8_t>(byte));
}
void append_zeros(Bytes& frame, size_t count) { frame.resize(frame.size() + count, 0); }

Bytes ipv4_tcp(uint8_t port, size_t payload, unsigned tags = 0) {
    Bytes frame(12, 2);
    for (unsigned i = 0; i < tags; i++) append(frame, {0x81, 0x00, 0x00, 0x05});
    append(frame, {0x08, 0x00});
    size_t ip = frame.size();
    append_zeros(frame, 20);
    frame[ip] = 0x45, frame[ip + 9] = 6, frame[ip + 15] = 1, frame[ip + 19] = 2;
    size_t tcp = frame.size();
    append_zeros(frame, 32);
    frame[tcp + 1] = port, frame[tcp + 12] = 0x80;
    append_zeros(frame, payload);
    return frame;
}

Bytes ipv6_udp(uint8_t port, size_t payload) {
    Bytes frame(12, 2);
    append(frame, {0x86, 0xDD});
    size_t ip = frame.size();
    append_zeros(frame, 40);
    frame[ip] = 0x60, frame[ip + 6] = 17;
    append(frame, {0, port, 0, 9, 0, 0, 0, 0});
    append_zeros(frame, payload);
    return frame;
}

TEST(TrafficParse, HeadersEndBehindTcpOptions) {
    Bytes frame = ipv4_tcp(1, 100);
    EXPECT_EQ(traffic_header_length(frame.data(), frame.size()), 14u + 20 + 32);
}

TEST(TrafficParse, VlanTagsAreHeaders) {
    Bytes frame = ipv4_tcp(1, 100, 2);
    EXPECT_EQ(traffic_header_length(frame.data(), frame.size()), 14u + 8 + 20 + 32);
}

TEST(TrafficParse, Ipv6UdpHeaders) {
    Bytes frame = ipv6_udp(1, 100);
    EXPECT_EQ(traffic_header_length(frame.data(), frame.size()), 14u + 40 + 8);
}

TEST(TrafficParse, TruncatedHeadersNeverReachBeyondTheFrame) {
    for (const Bytes& whole : {ipv4_tcp(1, 10), ipv4_tcp(1, 10, 1), ipv6_udp(1, 10)}) {
        for (size_t length = 0; length <= whole.size(); length++) {
            Bytes frame(whole.begin(), whole.begin() + static_cast<long>(length));
            frame.shrink_to_fit();  // AddressSanitizer sees every byte too many
            EXPECT_LE(traffic_header_length(frame.data(), frame.size()), length);
            traffic_same_flow(frame.data(), frame.size(), whole.data(), whole.size());
        }
    }
}

TEST(TrafficParse, PortsMakeFlows) {
    Bytes one = ipv4_tcp(1, 5), same = ipv4_tcp(1, 500), other = ipv4_tcp(2, 5), tagged = ipv4_tcp(1, 5, 1), six = ipv6_udp(1, 5);
    auto flow = [](const Bytes& a, const Bytes& b) { return traffic_same_flow(a.data(), a.size(), b.data(), b.size()); };
    EXPECT_TRUE(flow(one, same));
    EXPECT_FALSE(flow(one, other));
    EXPECT_FALSE(flow(one, tagged));
    EXPECT_FALSE(flow(one, six));
    EXPECT_TRUE(flow(six, ipv6_udp(1, 9)));
    EXPECT_FALSE(flow(six, ipv6_udp(2, 9)));
}

std::vector<uint32_t> cut(traffic_cut kind, const Bytes& frame, unsigned most, uint64_t seed = 1) {
    std::vector<uint32_t> lengths(frame.size() + 1);
    unsigned count = traffic_cut_frame(kind, frame.data(), frame.size(), most, &seed, lengths.data());
    lengths.resize(count);
    return lengths;
}

TEST(TrafficCut, EveryCutCoversTheFrameWithinTheLimit) {
    for (traffic_cut kind : {TRAFFIC_CUT_WHOLE, TRAFFIC_CUT_HEADER, TRAFFIC_CUT_RANDOM, TRAFFIC_CUT_BYTE, TRAFFIC_CUT_EVEN})
        for (size_t length : {1u, 2u, 14u, 60u, 1514u, 9018u})
            for (unsigned most : {1u, 2u, 3u, 17u, 1024u, 9018u})
                for (uint64_t seed = 0; seed < 20; seed++) {
                    std::vector<uint32_t> lengths = cut(kind, Bytes(length, 1), most, seed);
                    ASSERT_GE(lengths.size(), 1u);
                    ASSERT_LE(lengths.size(), most);
                    ASSERT_EQ(std::accumulate(lengths.begin(), lengths.end(), size_t{0}), length);
                    for (uint32_t one : lengths) ASSERT_GE(one, 1u);
                }
}

TEST(TrafficCut, HeaderAndPayload) {
    EXPECT_EQ(cut(TRAFFIC_CUT_HEADER, ipv4_tcp(1, 100), 8), (std::vector<uint32_t>{66, 100}));
    EXPECT_EQ(cut(TRAFFIC_CUT_HEADER, ipv4_tcp(1, 0), 8), (std::vector<uint32_t>{66}));
}

TEST(TrafficCut, ByteCutHasAPieceForEachByteIfItMay) {
    EXPECT_EQ(cut(TRAFFIC_CUT_BYTE, Bytes(60, 0), 60).size(), 60u);
    EXPECT_EQ(cut(TRAFFIC_CUT_BYTE, Bytes(7, 0), 3), (std::vector<uint32_t>{3, 2, 2}));
}

TEST(TrafficCut, EvenCutHasAsManyPiecesAsAsked) {
    EXPECT_EQ(cut(TRAFFIC_CUT_EVEN, Bytes(60, 0), 2), (std::vector<uint32_t>{30, 30}));
    EXPECT_EQ(cut(TRAFFIC_CUT_EVEN, Bytes(1514, 0), 3), (std::vector<uint32_t>{505, 505, 504}));
    EXPECT_EQ(cut(TRAFFIC_CUT_EVEN, Bytes(60, 0), 1), (std::vector<uint32_t>{60}));
}

}  // namespace
