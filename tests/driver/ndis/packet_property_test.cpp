// SPDX-License-Identifier: Apache-2.0
// Random packets through both translations, packet to NBL to packet, beside plain byte vectors: a protocol of NDIS 5 over a miniport of
// NDIS 5, with pauses, resets, refusals and shortage of memory in between.
#include <deque>
#include <map>
#include <random>

#include "test_legacy.h"

namespace {

struct Flight {
    std::unique_ptr<TestPacket> packet;
    std::vector<UCHAR> bytes;
    ULONG_PTR tag;
};

class PacketPropertyTest : public LegacyTest, public ::testing::WithParamInterface<unsigned> {
public:
    void run(unsigned steps);

private:
    unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
    Flight make();
    void send();
    void indicate();
    void complete_one();
    void return_one();
    void check_wire();
    void forget_completed();
    void take_back_by_status();
    void disturb();

    std::mt19937 random_{GetParam()};
    NDIS_HANDLE pool_handle_ = nullptr;
    std::map<PNDIS_PACKET, Flight> sending_, indicating_;
    std::deque<std::pair<std::vector<UCHAR>, ULONG_PTR>> expected_;  // at the miniport, in order
    size_t seen_ = 0, returned_ = 0, received_ = 0, completed_ = 0;
    std::vector<PNDIS_PACKET> kept_;  // by the protocol, as often as it will return each
    bool paused_ = false;
};

Flight PacketPropertyTest::make() {
    std::vector<std::vector<UCHAR>> pieces(1 + below(5));
    Flight flight;
    for (auto& piece : pieces) {
        piece.resize(1 + below(below(4) ? 60 : 3000));
        for (UCHAR& byte : piece) byte = static_cast<UCHAR>(random_());
        flight.bytes.insert(flight.bytes.end(), piece.begin(), piece.end());
    }
    flight.packet = std::make_unique<TestPacket>(pool_handle_, pieces);
    flight.tag = below(0x10000);
    NDIS_PER_PACKET_INFO_FROM_PACKET(flight.packet->packet, Ieee8021QInfo) = reinterpret_cast<PVOID>(flight.tag);
    return flight;
}

void PacketPropertyTest::send() {
    std::vector<PNDIS_PACKET> packets;
    for (unsigned i = 1 + below(4); i > 0 && sending_.size() < 24; i--) {
        Flight flight = make();
        expected_.emplace_back(flight.bytes, flight.tag);
        packets.push_back(flight.packet->packet);
        sending_[flight.packet->packet] = std::move(flight);
    }
    if (below(2)) {
        legacy_protocol_.send_all(packets);
    } else {
        for (PNDIS_PACKET packet : packets) EXPECT_EQ(legacy_protocol_.send(packet), NDIS_STATUS_PENDING);
    }
}

void PacketPropertyTest::check_wire() {
    for (; seen_ < legacy_miniport_.sent.size(); seen_++) {
        ASSERT_FALSE(expected_.empty());
        ASSERT_EQ(legacy_miniport_.sent[seen_], expected_.front().first);
        expected_.pop_front();
    }
}

void PacketPropertyTest::forget_completed() {
    for (; completed_ < legacy_protocol_.completed.size(); completed_++) {
        EXPECT_EQ(legacy_protocol_.completed_status[completed_], NDIS_STATUS_SUCCESS);
        ASSERT_EQ(sending_.erase(legacy_protocol_.completed[completed_]), 1u);
    }
    for (; returned_ < legacy_miniport_.returned.size(); returned_++)
        ASSERT_EQ(indicating_.erase(legacy_miniport_.returned[returned_]), 1u);
}

// A serialized miniport keeps what is not PENDING when its indication returns; the others come back by ReturnPacket.
void PacketPropertyTest::take_back_by_status() {
    for (auto at = indicating_.begin(); at != indicating_.end();) {
        if (NDIS_GET_PACKET_STATUS(at->first) == NDIS_STATUS_SUCCESS) at = indicating_.erase(at);
        else ++at;
    }
}

void PacketPropertyTest::complete_one() {
    if (!legacy_miniport_.held.empty()) legacy_miniport_.complete(legacy_miniport_.held[below(static_cast<unsigned>(legacy_miniport_.held.size()))]);
}

void PacketPropertyTest::indicate() {
    std::vector<PNDIS_PACKET> packets;
    std::vector<std::pair<std::vector<UCHAR>, ULONG_PTR>> wanted;
    const bool lend = below(3) == 0;
    for (unsigned i = 1 + below(4); i > 0 && indicating_.size() < 24; i--) {
        Flight flight = make();
        if (flight.bytes.size() < 14) continue;
        wanted.emplace_back(flight.bytes, flight.tag);
        packets.push_back(flight.packet->packet);
        indicating_[flight.packet->packet] = std::move(flight);
    }
    legacy_protocol_.keep = static_cast<INT>(below(3));
    const size_t shown = legacy_protocol_.shown.size();
    legacy_miniport_.indicate(packets, lend ? NDIS_STATUS_RESOURCES : NDIS_STATUS_SUCCESS);
    if (paused_ || legacy_protocol_.keep == 0 || lend) {
        if (lend && !paused_) {
            ASSERT_EQ(legacy_protocol_.shown.size(), shown + wanted.size());
            for (size_t i = 0; i < wanted.size(); i++) {
                // The look-ahead is all of it, or its beginning.
                const std::vector<UCHAR>& is = legacy_protocol_.shown[shown + i];
                ASSERT_TRUE(std::equal(is.begin(), is.end(), wanted[i].first.begin()));
            }
        }
        if (lend) for (PNDIS_PACKET packet : packets) indicating_.erase(packet);
    }
    for (size_t i = 0; !lend && !paused_ && i < wanted.size(); i++) {
        PNDIS_PACKET packet = legacy_protocol_.received[received_ + i];
        if (legacy_protocol_.keep == 0) continue;
        ASSERT_EQ(packet_bytes(packet), wanted[i].first);
        ASSERT_EQ(NDIS_PER_PACKET_INFO_FROM_PACKET(packet, Ieee8021QInfo), reinterpret_cast<PVOID>(wanted[i].second));
    }
    received_ = legacy_protocol_.received.size();
    if (legacy_protocol_.keep == 0 || paused_ || lend) return;
    for (size_t i = received_ - wanted.size(); i < received_; i++)
        for (INT k = 0; k < legacy_protocol_.keep; k++) kept_.push_back(legacy_protocol_.received[i]);
}

void PacketPropertyTest::return_one() {
    if (kept_.empty()) return;
    std::swap(kept_[below(static_cast<unsigned>(kept_.size()))], kept_.back());
    legacy_protocol_.give_back({kept_.back()});
    kept_.pop_back();
}

void PacketPropertyTest::disturb() {
    switch (below(3)) {
    case 0:
        legacy_miniport_.accepts = below(3);
        break;
    case 1:
        legacy_miniport_.accepts = ~0u;
        NdisMSendResourcesAvailable(legacy_miniport_.adapter);
        break;
    default:
        if (paused_) {
            EXPECT_EQ(ndis_restart(ndis_), NDIS_STATUS_SUCCESS);
            paused_ = false;
        } else if (kept_.empty() && legacy_miniport_.held.empty() && expected_.empty()) {
            ndis_pause(ndis_);
            paused_ = true;
        }
    }
}

void PacketPropertyTest::run(unsigned steps) {
    legacy_miniport_.attributes = GetParam() % 2 ? NDIS_ATTRIBUTE_BUS_MASTER : NDIS_ATTRIBUTE_BUS_MASTER | NDIS_ATTRIBUTE_DESERIALIZE;
    legacy_miniport_.dma = GetParam() % 3 == 0;
    legacy_miniport_.send_packets = GetParam() % 4 != 1;
    const bool serialized = GetParam() % 2 != 0;
    start_both();
    pool_handle_ = packet_pool(128);
    for (unsigned i = 0; i < steps && !HasFatalFailure(); i++) {
        switch (below(10)) {
        case 0: case 1: send(); break;
        case 2: case 3: if (!serialized || !paused_) indicate(); break;
        case 4: case 5: complete_one(); break;
        case 6: case 7: case 8: return_one(); break;
        default: if (serialized) disturb(); break;
        }
        check_wire();
        if (serialized) take_back_by_status();
        forget_completed();
    }
    if (paused_) ndis_restart(ndis_);
    legacy_miniport_.accepts = ~0u;
    NdisMSendResourcesAvailable(legacy_miniport_.adapter);
    legacy_miniport_.complete_all();
    while (!kept_.empty()) return_one();
    check_wire();
    forget_completed();
    if (serialized) take_back_by_status();
    EXPECT_TRUE(expected_.empty());
    EXPECT_TRUE(sending_.empty()) << sending_.size() << " sends are lost";
    EXPECT_TRUE(indicating_.empty()) << indicating_.size() << " receives are lost";
    sending_.clear();
    indicating_.clear();
    stop();
}

TEST_P(PacketPropertyTest, EveryPacketArrivesAsItWasAndComesBackOnce) { run(400); }

INSTANTIATE_TEST_SUITE_P(Seeds, PacketPropertyTest, ::testing::Range(1u, 25u));

}  // namespace
