// SPDX-License-Identifier: Apache-2.0
// The device and its C model beside each other, without a machine around them: the same request gives the same answer.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <stdexcept>

#include "bench.h"
#include "model_nic.h"
#include "regmap.h"
#include "tlp.h"

namespace hw {
namespace {

constexpr uint32_t host_id = 0x0000, device_id = 0x0100;
constexpr uint64_t bar = 0xC0000000;
constexpr uint64_t answer_ns = 200;  // more than any register access takes

// Both devices, each with a link of its own, get the same requests at the same times.
class Pair {
public:
    explicit Pair(NicConfig config = {}) : script("script") {
        config.max_run_ahead = 1;
        rtl_ = make_nic("rtl", config, events);
        model_ = make_model_nic("model", config, events);
        rtl_->connect(rtl_link, rtl_wire);
        model_->connect(model_link, model_wire);
        events.on_violation([this](const Violation& v) { violations.push_back(v.check + ": " + v.message); });
    }

    void send(const Tlp& tlp) {
        for (NicModule* nic : {static_cast<NicModule*>(rtl_.get()), model_.get()}) {
            TlpPtr copy = make_tlp();
            *copy = tlp;
            nic->receive(std::move(copy));
        }
    }
    void run_ns(uint64_t ns) { sc_core::sc_start(sc_core::sc_time(static_cast<double>(ns), sc_core::SC_NS)); }
    // Sends it, and compares all that both devices have sent since the last time.
    void compare(const Tlp& tlp) {
        send(tlp);
        run_ns(answer_ns);
        ASSERT_EQ(rtl_link.sent.size(), model_link.sent.size()) << tlp.to_string();
        for (; compared_ < rtl_link.sent.size(); ++compared_) {
            const bench::SentTlp &rtl = rtl_link.sent[compared_], &model = model_link.sent[compared_];
            ASSERT_EQ(rtl.header, model.header) << "answer to " << tlp.to_string();
            ASSERT_EQ(rtl.payload, model.payload) << "answer to " << tlp.to_string();
            ASSERT_EQ(rtl.time_ps, model.time_ps) << "answer to " << tlp.to_string();
        }
    }
    void config_write(uint32_t offset, uint32_t size, uint32_t value) {
        compare(*make_config_write(host_id, tag_++, device_id, offset, size, value));
    }
    void config_read(uint32_t offset, uint32_t size) { compare(*make_config_read(host_id, tag_++, device_id, offset, size)); }
    void write(uint64_t offset, uint32_t value, uint32_t bytes) { compare(*make_mem_write(host_id, bar + offset, &value, bytes)); }
    void read(uint64_t offset, uint32_t bytes) { compare(*make_mem_read(host_id, tag_++ & 0xFF, bar + offset, bytes)); }
    void map() {
        run_ns(100);
        config_write(PCI_CFG_BAR0, 4, bar);
        config_write(PCI_CFG_COMMAND, 2, 1u << PCI_COMMAND_MEMORY_BIT);
    }

    EventStream events;
    bench::Link rtl_link, model_link;
    bench::Cable rtl_wire, model_wire;
    bench::Script script;
    std::vector<std::string> violations;

private:
    std::unique_ptr<VerilatedNic> rtl_;
    std::unique_ptr<NicModule> model_;
    size_t compared_ = 0;
    uint32_t tag_ = 0;
};

TEST(ModelBesideRtl, AllOfConfigurationSpaceReadsTheSame) {
    Pair pair;
    pair.run_ns(100);
    for (uint32_t offset = 0; offset < 4096; offset += 4) pair.config_read(offset, 4);
    EXPECT_EQ(pair.violations, std::vector<std::string>());
}

TEST(ModelBesideRtl, AllOfBar0ReadsTheSame) {
    Pair pair;
    pair.map();
    for (uint32_t offset = 0; offset < BAR0_SIZE; offset += 4) pair.read(offset, 4);
}

// Any configuration access, the window into BAR0 among them, in any order; no bus mastery, so that nothing is begun, and no function
// level reset, which has a test of its own.
TEST(ModelBesideRtl, RandomConfigurationAccessesDoTheSame) {
    Pair pair;
    pair.map();
    std::mt19937 random(1);
    for (int i = 0; i < 3000; ++i) {
        const uint32_t size = 1u << random() % 3, offset = random() % 0x100 / size * size;
        uint32_t value = random() % 4 ? random() : random() % 8;
        if (offset / 4 == PCI_CFG_COMMAND / 4) value &= ~(1u << PCI_COMMAND_BUS_MASTER_BIT | 0xFFFFu << 16);
        if (offset / 4 == (PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL) / 4) value &= ~(0x80u | 0x8000u);
        // The window may name anything but what begins something: registers up to the features are enough.
        if (offset / 4 == (PCI_CAP_VIRTIO_PCI_CFG + VIRTIO_PCI_CAP_OFFSET) / 4) continue;
        if (offset / 4 == PCI_CFG_BAR0 / 4 || offset / 4 == PCI_CFG_BAR0_HIGH / 4) continue;
        if (random() % 2) {
            pair.config_write(offset, size, value);
        } else {
            pair.config_read(offset, size);
        }
        if (::testing::Test::HasFatalFailure()) return;
    }
}

// Registers of BAR0 in any order and width, but for queue_enable, the benchmark's start and DRIVER_OK: nothing is begun.
TEST(ModelBesideRtl, RandomRegisterAccessesDoTheSame) {
    Pair pair;
    pair.map();
    std::mt19937 random(2);
    const uint32_t blocks[] = {BAR0_COMMON, BAR0_COMMON, BAR0_COMMON,    BAR0_ISR,        BAR0_DEVICE,
                               BAR0_NOTIFY, BAR0_STATS,  BAR0_DMA_BENCH, BAR0_MSIX_TABLE, BAR0_MSIX_PBA};
    for (int i = 0; i < 6000; ++i) {
        const uint32_t bytes = 1 + random() % 8, block = blocks[random() % 10];
        const uint64_t offset = block + random() % 0x44;
        if (offset % 4 + bytes > 8) continue;
        const auto meets = [&](uint64_t from, uint64_t length) { return offset < from + length && from < offset + bytes; };
        if (random() % 2) {
            pair.read(offset, bytes);
        } else {
            if (meets(BAR0_COMMON + VIRTIO_COMMON_QUEUE_ENABLE, 2) || meets(BAR0_DMA_BENCH + DMA_BENCH_CONTROL, 4)) continue;
            uint8_t data[8];
            for (uint8_t& byte : data) byte = static_cast<uint8_t>(random() % 3 ? random() % 8 : random());
            if (meets(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 1))
                data[BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS - offset] &= static_cast<uint8_t>(~(1u << VIRTIO_STATUS_DRIVER_OK_BIT));
            pair.compare(*make_mem_write(host_id, bar + offset, data, bytes));
        }
        if (::testing::Test::HasFatalFailure()) return;
    }
}

// [P] 2.3.1, 2.7.2: what is no register access is refused or dropped alike.
TEST(ModelBesideRtl, WhatIsNotSupportedIsRefusedAlike) {
    Pair pair;
    pair.map();
    const uint8_t data[64] = {1, 2, 3};
    pair.compare(*make_mem_read(host_id, 1, bar + BAR0_SIZE, 4));         // not in the BAR
    pair.compare(*make_mem_read(host_id, 2, bar + 0x100, 64));            // longer than any register
    pair.compare(*make_mem_write(host_id, bar + 0x100, data, 64));        // and dropped
    pair.compare(*make_mem_write(host_id, bar + BAR0_SIZE + 8, data, 4)); // not in the BAR, posted
    TlpPtr poisoned = make_config_write(host_id, 3, device_id, PCI_CFG_INTERRUPT, 1, 0x55);
    poisoned->hdr[0] |= 1u << TLP_EP_BIT;
    pair.compare(*poisoned);
    pair.compare(*make_config_read(host_id, 4, device_id | 3, 0, 4));     // another function
    TlpPtr io = make_mem_read(host_id, 5, bar, 4);
    io->hdr[0] = (io->hdr[0] & 0x00FFFFFF) | TLP_TYPE_IORD << TLP_FMT_TYPE_LSB;
    pair.compare(*io);
    pair.config_read(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 4);        // an unsupported request was noted
    pair.read(BAR0_STATS + STATS_DMA_ERRORS, 4);                          // what was dropped was counted
}

// [P] 6.6.2, [V] 2.4: both kinds of reset bring the registers back.
TEST(ModelBesideRtl, ResetsBringTheRegistersBackAlike) {
    Pair pair;
    for (const bool flr : {false, true}) {
        pair.map();
        pair.write(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 3, 1);
        pair.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_SELECT, 1, 2);
        pair.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_SIZE, 64, 2);
        pair.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_DESC, 0x12345678, 4);
        pair.write(BAR0_MSIX_TABLE, 0xFEE00000, 4);
        if (flr)
            pair.config_write(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 2, 1u << PCI_EXP_DEVCTL_INITIATE_FLR_BIT);
        else
            pair.write(BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 0, 1);
        pair.map();
        for (uint32_t offset = 0; offset < VIRTIO_COMMON_BYTES; offset += 4) pair.read(BAR0_COMMON + offset, 4);
        for (uint32_t offset = 0; offset < 64; offset += 4) pair.read(BAR0_MSIX_TABLE + offset, 4);
        for (uint32_t offset = 0; offset < 0x100; offset += 4) pair.config_read(offset, 4);
    }
}

TEST(ModelNic, RefusesWhatItCannotBe) {
    EventStream events;
    NicConfig config;
    config.datapath_bits = 96;
    EXPECT_THROW(make_model_nic("a", config, events), std::invalid_argument);
    config = {};
    config.queue_pairs = 17;
    EXPECT_THROW(make_model_nic("b", config, events), std::invalid_argument);
    config = {};
    config.reset_cycles = 0;
    EXPECT_THROW(make_model_nic("c", config, events), std::invalid_argument);
    config = {};
    config.clock_period_ps = 1;
    EXPECT_THROW(make_model_nic("d", config, events), std::invalid_argument);
}

}  // namespace
}  // namespace hw
