// SPDX-License-Identifier: Apache-2.0
// The client of the wire against a server that this test plays, frame by frame: what it asks, and what it finds wrong. A whole conversation
// is in tests/driver/stack/tcpip_test.cpp.
#include "wire_client.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using Bytes = std::vector<uint8_t>;
constexpr uint64_t second = 1'000'000'000'000;
constexpr unsigned tcp_at = 14 + 20, flags_at = tcp_at + 13;

uint32_t get32(const Bytes& bytes, size_t at) {
    return static_cast<uint32_t>(bytes[at]) << 24 | static_cast<uint32_t>(bytes[at + 1]) << 16 | static_cast<uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
}
void put16(Bytes& bytes, size_t at, unsigned value) {
    bytes[at] = static_cast<uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<uint8_t>(value);
}
void put32(Bytes& bytes, size_t at, uint32_t value) {
    put16(bytes, at, value >> 16);
    put16(bytes, at + 2, value & 0xFFFF);
}
unsigned sum(const Bytes& bytes, size_t from, size_t to, uint32_t start = 0) {
    uint32_t total = start;
    for (size_t i = from; i < to; i += 2) total += static_cast<uint32_t>(bytes[i] << 8 | (i + 1 < to ? bytes[i + 1] : 0));
    while (total >> 16) total = (total & 0xFFFF) + (total >> 16);
    return total;
}

class WireClient : public ::testing::Test {
protected:
    WireClient() {
        config.mac[0] = 2;
        config.address = 0xC0000201;
        config.server = 0xC0000202;
        config.requests = 1;
        config.connections = 1;
        config.bytes = 100;
        config.ctx = this;
        config.report = [](void* ctx, const char* check, const char*, const char* message) {
            static_cast<WireClient*>(ctx)->said.push_back(std::string(check) + ": " + message);
        };
    }
    ~WireClient() override { wire_client_destroy(client); }
    void begin() {
        client = wire_client_create(&config);
        wire_client_run(client, 0);
    }
    // The frames that it sends now.
    std::vector<Bytes> sent() {
        std::vector<Bytes> all;
        const uint8_t* frame;
        while (const size_t length = wire_client_next(client, &frame)) all.emplace_back(frame, frame + length);
        return all;
    }
    void give(const Bytes& frame, uint64_t now_ps = 0) { wire_client_receive(client, now_ps, frame.data(), frame.size()); }
    static Bytes arp_reply(const Bytes& request) {
        Bytes reply = request;
        put16(reply, 20, 2);
        for (unsigned i = 0; i < 6; i++) reply[22 + i] = static_cast<uint8_t>(i + 1);
        put32(reply, 28, 0xC0000202);
        put32(reply, 38, 0xC0000201);
        return reply;
    }
    static Bytes echo_reply(const Bytes& request) {
        Bytes reply = request;
        std::swap_ranges(&reply[26], &reply[30], &reply[30]);
        reply[tcp_at] = 0;
        put16(reply, tcp_at + 2, 0);
        put16(reply, tcp_at + 2, ~sum(reply, tcp_at, reply.size()) & 0xFFFF);
        return reply;
    }
    // A segment of the server's.
    Bytes segment(unsigned flags, uint32_t sequence, uint32_t acknowledged, const std::string& payload = "") const {
        Bytes frame(tcp_at + 20 + payload.size());
        put16(frame, 12, 0x0800);
        frame[14] = 0x45;
        put16(frame, 16, static_cast<unsigned>(frame.size() - 14));
        frame[22] = 64;
        frame[23] = 6;
        put32(frame, 26, 0xC0000202);
        put32(frame, 30, 0xC0000201);
        put16(frame, 24, ~sum(frame, 14, 34) & 0xFFFF);
        put16(frame, tcp_at, 80);
        put16(frame, tcp_at + 2, port);
        put32(frame, tcp_at + 4, sequence);
        put32(frame, tcp_at + 8, acknowledged);
        frame[tcp_at + 12] = 5 << 4;
        frame[flags_at] = static_cast<uint8_t>(flags);
        std::copy(payload.begin(), payload.end(), frame.begin() + tcp_at + 20);
        const auto length = static_cast<uint32_t>(frame.size() - tcp_at);
        put16(frame, tcp_at + 16, ~sum(frame, tcp_at, frame.size(), 6 + length + sum(frame, 26, 34)) & 0xFFFF);
        return frame;
    }
    // Until the request is out; the server's sequence numbers begin at 1000.
    void connect() {
        begin();
        give(arp_reply(sent().at(0)));
        give(echo_reply(sent().at(0)));
        const Bytes syn = sent().at(0);
        ASSERT_EQ(syn[flags_at], 2);
        port = static_cast<unsigned>(syn[tcp_at] << 8 | syn[tcp_at + 1]);
        give(segment(0x12, 1000, get32(syn, tcp_at + 4) + 1));
        const std::vector<Bytes> answers = sent();
        ASSERT_EQ(answers.size(), 2u);
        const Bytes& request = answers[1];
        next = get32(request, tcp_at + 4) + static_cast<uint32_t>(request.size() - tcp_at - 20);
        EXPECT_EQ(std::string(request.begin() + tcp_at + 20, request.begin() + tcp_at + 29), "GET /100 ");
    }
    static std::string page() {
        std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
        for (unsigned i = 0; i < 100; i++) text += i % 64 == 63 ? '\n' : static_cast<char>('a' + i % 26);
        return text;
    }

    wire_client_config config{};
    wire_client* client = nullptr;
    std::vector<std::string> said;
    unsigned port = 0;
    uint32_t next = 0;
};

TEST_F(WireClient, AsksForThePageAndCloses) {
    connect();
    give(segment(0x19, 1001, next, page()));  // FIN, PSH, ACK
    const std::vector<Bytes> answers = sent();
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0][flags_at], 0x11);
    EXPECT_EQ(get32(answers[0], tcp_at + 8), 1001 + page().size() + 1);
    EXPECT_FALSE(wire_client_done(client));
    give(segment(0x10, static_cast<uint32_t>(1001 + page().size() + 1), next + 1));
    EXPECT_TRUE(wire_client_done(client));
    EXPECT_EQ(said, std::vector<std::string>{});
    EXPECT_EQ(wire_client_get_counts(client).pages, 1u);
    EXPECT_EQ(wire_client_due_ps(client), UINT64_MAX);
}

TEST_F(WireClient, AnswersArp) {
    begin();
    Bytes request = sent().at(0);
    request[6] = 9;
    put32(request, 28, 0xC0000202);
    put32(request, 38, 0xC0000201);
    give(request);
    const std::vector<Bytes> answers = sent();
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0][0], 9) << "to who asked";
    EXPECT_EQ(answers[0][21], 2);
}

TEST_F(WireClient, AsksAgainAndGivesUp) {
    begin();
    unsigned asked = 0;
    for (unsigned i = 0; i < 100 && !wire_client_done(client); i++) {
        asked += static_cast<unsigned>(sent().size());
        wire_client_run(client, wire_client_due_ps(client));
    }
    EXPECT_EQ(asked, 8u);
    EXPECT_EQ(said, std::vector<std::string>{"client.timeout: nobody answers ARP for the server's address"});
}

TEST_F(WireClient, SendsTheRequestAgainAndGivesUp) {
    connect();
    unsigned again = 0;
    for (unsigned i = 0; i < 100 && !wire_client_done(client); i++) {
        wire_client_run(client, wire_client_due_ps(client));
        again += static_cast<unsigned>(sent().size());
    }
    EXPECT_EQ(again, 8u);
    EXPECT_EQ(wire_client_get_counts(client).again, 8u);
    ASSERT_EQ(said.size(), 1u);
    EXPECT_EQ(said[0].substr(0, 15), "client.timeout:");
}

TEST_F(WireClient, SendsItsFinAgainAfterASecond) {
    connect();
    give(segment(0x19, 1001, next, page()));  // FIN, PSH, ACK
    ASSERT_EQ(sent().size(), 1u);
    EXPECT_EQ(wire_client_due_ps(client), second);
    wire_client_run(client, second);
    const std::vector<Bytes> again = sent();
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0][flags_at], 0x11);
}

TEST_F(WireClient, WaitsLongerForAServerThatHasTheRequest) {
    connect();
    give(segment(0x10, 1001, next));
    EXPECT_EQ(wire_client_due_ps(client), 10 * second);
}

TEST_F(WireClient, ASegmentThatIsNotTheNextIsAnsweredByWhichOneIs) {
    connect();
    give(segment(0x18, 1101, next, page().substr(100)));
    const std::vector<Bytes> answers = sent();
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(get32(answers[0], tcp_at + 8), 1001u);
    EXPECT_EQ(wire_client_get_counts(client).late, 1u);
    EXPECT_EQ(said, std::vector<std::string>{});
}

TEST_F(WireClient, AWrongChecksumIsFound) {
    connect();
    for (const size_t at : {24u, tcp_at + 16}) {
        Bytes bad = segment(0x18, 1001, next, page());
        bad[at] ^= 1;
        give(bad);
    }
    ASSERT_EQ(said.size(), 2u);
    EXPECT_EQ(said[0], "client.checksum: an IPv4 header has a wrong checksum");
    EXPECT_EQ(said[1], "client.checksum: a TCP segment has a wrong checksum");
}

TEST_F(WireClient, AWrongByteOfThePageIsFound) {
    connect();
    std::string bad = page();
    bad[60] ^= 1;
    give(segment(0x18, 1001, next, bad));
    ASSERT_EQ(said.size(), 1u);
    EXPECT_NE(said[0].find("byte 20 of the page"), std::string::npos) << said[0];
}

TEST_F(WireClient, APageThatEndsTooSoonIsFound) {
    connect();
    give(segment(0x19, 1001, next, page().substr(0, 90)));
    ASSERT_EQ(said.size(), 1u);
    EXPECT_EQ(said[0].substr(0, 15), "client.content:");
    EXPECT_EQ(wire_client_get_counts(client).pages, 0u);
}

TEST_F(WireClient, AnAcknowledgementOfWhatWasNeverSentIsFound) {
    connect();
    give(segment(0x10, 1001, next + 1));
    ASSERT_EQ(said.size(), 1u);
    EXPECT_EQ(said[0].substr(0, 16), "client.protocol:");
}

TEST_F(WireClient, AResetIsFound) {
    connect();
    give(segment(0x04, 1001, next));
    ASSERT_EQ(said.size(), 1u);
    EXPECT_TRUE(wire_client_done(client));
}

TEST_F(WireClient, AResetOfAConnectionThatIsOverIsNone) {
    connect();
    give(segment(0x19, 1001, next, page()));
    give(segment(0x04, static_cast<uint32_t>(1001 + page().size() + 1), 0));
    EXPECT_TRUE(wire_client_done(client));
    EXPECT_EQ(said, std::vector<std::string>{});
}

TEST_F(WireClient, AnEchoReplyWithOtherBytesIsFound) {
    begin();
    give(arp_reply(sent().at(0)));
    Bytes request = sent().at(0);
    request[60] ^= 1;
    give(echo_reply(request));
    ASSERT_EQ(said.size(), 1u);
    EXPECT_EQ(said[0], "client.content: an echo reply has other bytes than the request");
}

TEST_F(WireClient, PacketsCutAnywhereAreSurvived) {
    connect();
    const Bytes whole = segment(0x18, 1001, next, page());
    for (size_t length = 0; length < whole.size(); length++) {
        const Bytes cut(whole.begin(), whole.begin() + static_cast<long>(length));
        give(Bytes(cut), second);
    }
    EXPECT_EQ(wire_client_get_counts(client).segments, 0u);
}

}  // namespace
