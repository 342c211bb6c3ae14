// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "Vwindow_ram.h"
#include "bench.h"

// window_ram has no reset: the bench wants the port.
struct Ram : Vwindow_ram {
    using Vwindow_ram::Vwindow_ram;
    uint8_t rst_ni = 1;
};

namespace {

constexpr unsigned kBeat = RTL_DataWidth / 8, kBytes = RTL_Bytes, kLane = RTL_Lane, kReadLane = RTL_ReadLane;

TEST(WindowRam, ReadsBackWhatWasWrittenAtAnyAddress) {
    Bench<Ram> b(7);
    std::vector<uint8_t> model(kBytes), known(kBytes, 0);
    for (unsigned i = 0; i < 20000; ++i) {
        b->we_i = b.chance(70);
        b->waddr_i = b.random() % kBytes / kLane * kLane;
        const unsigned lo = b.random() % (kBeat / kLane), hi = lo + 1 + b.random() % (kBeat / kLane - lo);
        b->wlo_i = lo * kLane;
        b->whi_i = hi * kLane;
        std::vector<uint8_t> beat(kBeat);
        for (auto& byte : beat) byte = uint8_t(b.random());
        std::memcpy(&b->wdata_i, beat.data(), kBeat);
        b->re_i = 1;
        const unsigned raddr = b->raddr_i = b.random() % kBytes / kReadLane * kReadLane;
        const auto before = model;
        const auto known_before = known;
        if (b->we_i)
            for (unsigned k = lo * kLane; k < hi * kLane; ++k) {
                model[(b->waddr_i + k) % kBytes] = beat[k];
                known[(b->waddr_i + k) % kBytes] = 1;
            }
        b.tick();
        b->re_i = 0;
        b.settle();
        std::memcpy(beat.data(), &b->rdata_o, kBeat);
        for (unsigned k = 0; k < kBeat; ++k) {
            if (known_before[(raddr + k) % kBytes]) {
                ASSERT_EQ(beat[k], before[(raddr + k) % kBytes]) << "byte " << k << " of " << raddr;
            }
        }
    }
}

TEST(WindowRam, HoldsItsOutputWhileNothingIsRead) {
    Bench<Ram> b;
    b->we_i = 1;
    b->waddr_i = 0;
    b->wlo_i = 0;
    b->whi_i = kBeat;
    std::memset(&b->wdata_i, 0x5A, kBeat);
    b.tick();
    b->we_i = 0;
    b->re_i = 1;
    b->raddr_i = 0;
    b.tick();
    b->re_i = 0;
    b->we_i = 1;
    std::memset(&b->wdata_i, 0xA5, kBeat);
    b.tick();
    b->raddr_i = kReadLane;
    b.tick();
    EXPECT_EQ(*reinterpret_cast<const uint8_t*>(&b->rdata_o), 0x5A);
}

}  // namespace
