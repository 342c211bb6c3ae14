// SPDX-License-Identifier: Apache-2.0
// Random traffic of all kinds at once over random links: every rule holds, every byte arrives, nothing is left over.
#include <gtest/gtest.h>

#include <random>

#include "machine.h"

namespace hw {
namespace {

constexpr uint64_t half = 1 << 19;  // the device writes the lower half of memory and reads the upper one
constexpr unsigned transfers = 3000;

LinkConfig random_link(std::mt19937_64& random) {
    LinkConfig config;
    config.generation = 1 + static_cast<unsigned>(random() % 5);
    config.lanes = 1u << random() % 5;
    config.mps = 128u << random() % 3;
    config.mrrs = 128u << random() % 6;
    config.rcb = random() % 2 ? 64 : 128;
    config.read_reorder_ns = static_cast<uint32_t>(random() % 3 * 200);
    config.write_latency_ns = static_cast<uint32_t>(random() % 3 * 150);
    config.outstanding_reads = 1 + static_cast<uint32_t>(random() % 64);
    config.root_credits = {1 + static_cast<uint32_t>(random() % 16), config.mps / 16 + static_cast<uint32_t>(random() % 64),
                           1 + static_cast<uint32_t>(random() % 16), 1};
    config.device_credits = {1 + static_cast<uint32_t>(random() % 4), config.mps / 16, 1, 1};
    config.cpu_write_queue = 1 + static_cast<uint32_t>(random() % 8);
    config.seed = random();
    return config;
}

struct Traffic {
    std::mt19937_64 random;
    Machine machine;
    std::vector<uint8_t> shadow;
    struct Read { uint64_t next = 0; uint32_t left = 0; };
    std::array<Read, 256> reads;
    std::vector<uint32_t> free_tags;
    uint64_t bytes_read = 0, bytes_asked = 0;
    unsigned wrong_bytes = 0;

    explicit Traffic(uint64_t seed) : random(seed), machine(random_link(random)), shadow(machine.memory.bytes) {
        for (uint32_t tag = 0; tag < 256; ++tag) free_tags.push_back(tag);
        machine.nic.on_receive = [this](const Tlp& tlp) {
            if (tlp.is_completion()) take(tlp);
        };
    }
    void take(const Tlp& tlp) {
        Read& read = reads[tlp.tag()];
        const uint32_t lead = read.next & 3, bytes = std::min(tlp.payload_bytes - lead, read.left);
        for (uint32_t i = 0; i < bytes; ++i) wrong_bytes += tlp.payload[lead + i] != Memory::pattern(read.next + i);
        bytes_read += bytes;
        read.next += bytes;
        read.left -= bytes;
        if (read.left == 0) free_tags.push_back(tlp.tag());
    }
    // A range that starts anywhere and respects the limit and the page.
    std::pair<uint64_t, uint32_t> range(uint32_t limit) {
        const uint64_t offset = random() % (half - 4096);
        const uint64_t room = std::min<uint64_t>(limit - (offset & 3), 4096 - (offset & 0xFFF));
        return {offset, static_cast<uint32_t>(1 + random() % room)};
    }
    void device() {
        for (unsigned i = 0; i < transfers; ++i) {
            if (random() % 2) {
                const auto [offset, bytes] = range(machine.link.config().mps);
                std::vector<uint8_t> data(bytes, static_cast<uint8_t>(random()));
                std::copy(data.begin(), data.end(), shadow.begin() + static_cast<ptrdiff_t>(offset));
                machine.write(offset, data);
            } else {
                while (free_tags.empty()) sc_core::wait(machine.nic.changed);
                const uint32_t tag = free_tags.back();
                free_tags.pop_back();
                const auto [offset, bytes] = range(machine.link.config().mrrs);
                reads[tag] = {half + offset, bytes};
                bytes_asked += bytes;
                machine.read(tag, half + offset, bytes);
            }
        }
    }
    void cpu() {
        for (uint32_t i = 0; i < transfers / 4; ++i) {
            const uint64_t address = 0xC0000000 + random() % 1024 * 4;
            uint32_t value = i, back = 0;
            machine.access(tlm::TLM_WRITE_COMMAND, address, &value, 4);
            if (random() % 4) continue;
            machine.access(tlm::TLM_READ_COMMAND, address, &back, 4);
            wrong_bytes += back != value;
        }
    }
};

class Stress : public testing::TestWithParam<uint64_t> {};

TEST_P(Stress, EveryRuleHoldsAndEveryByteArrives) {
    Traffic traffic(GetParam());
    ASSERT_EQ(traffic.machine.link.config().error(), "");
    traffic.machine.spawn([&] { traffic.device(); });
    traffic.machine.spawn([&] { traffic.cpu(); });
    sc_core::sc_start();
    EXPECT_EQ(traffic.machine.first_violation(), "");
    EXPECT_EQ(traffic.machine.link.checker().outstanding(), 0u);
    EXPECT_EQ(traffic.bytes_read, traffic.bytes_asked);
    EXPECT_EQ(traffic.wrong_bytes, 0u);
    EXPECT_TRUE(traffic.machine.memory.bytes == traffic.shadow);
    EXPECT_EQ(traffic.machine.link.pending_down(TlpKind::posted), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Stress, testing::Range<uint64_t>(1, 17));

}  // namespace
}  // namespace hw
