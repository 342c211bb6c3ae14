// SPDX-License-Identifier: Apache-2.0
#include "transcript.h"

#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdarg>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "flow.h"
#include "regmap.h"

namespace sim {

namespace {

constexpr unsigned config_bytes = 0x100;  // there are no extended capabilities
constexpr unsigned word = 4;
constexpr unsigned quiet_tries = 100;

struct Register { const char *block, *name; uint32_t offset, bytes; };
const Register table[] = {
#define REG(block, name, offset, bytes, access, clause, meaning) {#block, #name, offset, bytes},
#define BIT(...)
#define FIELD(...)
#define VALUE(...)
#include "regmap.def"
#undef REG
#undef BIT
#undef FIELD
#undef VALUE
};

// The register at a place of BAR0: what is read is named.
class Reader {
public:
    Reader(hw::Cpu& cpu, uint64_t bar) : cpu_(cpu), bar_(bar) {}
    uint32_t read(uint32_t offset, unsigned bytes) const { return cpu_.mmio_read(bar_ + offset, bytes); }
    void write(uint32_t offset, unsigned bytes, uint32_t value) const { cpu_.mmio_write(bar_ + offset, bytes, value); }
    // Of any length, in naturally aligned pieces.
    std::string text(uint32_t offset, uint32_t bytes) const {
        std::string text;
        char piece[16];
        for (uint32_t at = 0, step; at < bytes; at += step) {
            step = bytes - at >= word && (offset + at) % word == 0 ? word : bytes - at >= 2 && (offset + at) % 2 == 0 ? 2 : 1;
            std::snprintf(piece, sizeof piece, "%s%0*" PRIx32, at ? " " : "", static_cast<int>(2 * step), read(offset + at, step));
            text += piece;
        }
        return text;
    }

private:
    hw::Cpu& cpu_;
    const uint64_t bar_;
};

// Reads, writes, messages of the device, doorbells of the driver.
using Sent = std::array<uint64_t, 4>;
Sent sent_so_far(const hw::DeviceTap& tap) { return {tap.sent().reads, tap.sent().writes, tap.sent().messages, tap.doorbells()}; }

bool is_of(const Register& entry, const char* block) { return std::strcmp(entry.block, block) == 0; }
bool is_of_queue(const Register& entry) {
    return is_of(entry, "VIRTIO_COMMON") && entry.offset >= VIRTIO_COMMON_QUEUE_SIZE;
}

}  // namespace

Transcript::Transcript(const char* path, const hw::DeviceTap& tap, bool by_flow)
    : file_(std::fopen(path, "w")), by_flow_(by_flow), tap_(tap) {
    if (!file_) throw std::runtime_error(std::string("cannot write the transcript ") + path + ": " + std::strerror(errno));
}

Transcript::~Transcript() { close(); }

bool Transcript::close() {
    if (!file_) return true;
    const bool whole = std::ferror(file_) == 0;
    const bool closed = std::fclose(file_) == 0;
    file_ = nullptr;
    return whole && closed;
}

void Transcript::line(const char* format, ...) {
    if (!file_) return;
    va_list arguments;
    va_start(arguments, format);
    std::vfprintf(file_, format, arguments);
    va_end(arguments);
    std::fputc('\n', file_);
}

void Transcript::frame(const char* direction, const uint8_t* data, size_t length) {
    static const char digits[] = "0123456789abcdef";
    std::string bytes;
    for (size_t i = 0; i < length; ++i) bytes.append({digits[data[i] >> 4], digits[data[i] & 15]});
    line("%s %016" PRIx64 " %s", direction, by_flow_ ? frame_flow(data, length) : 0, bytes.c_str());
}

void Transcript::used(const hw::DeviceTap::Used& used) {
    if (used.problem.empty())
        line("used %u id %u len %" PRIu32, used.queue, static_cast<unsigned>(used.id), used.len);
    else
        line("used %u impossible: %s", used.queue, used.problem.c_str());
}

void Transcript::registers(hw::Cpu& cpu, BusDriver& bus) {
    for (unsigned offset = 0; offset < config_bytes; offset += word) line("config %02x %08" PRIx32, offset, bus.config_read(offset, word));

    const Reader reader(cpu, bus.bar_address());
    const uint32_t queue = reader.read(BAR0_COMMON + VIRTIO_COMMON_QUEUE_SELECT, 2),
                   queues = reader.read(BAR0_COMMON + VIRTIO_COMMON_NUM_QUEUES, 2);
    const uint32_t offered = reader.read(BAR0_COMMON + VIRTIO_COMMON_DEVICE_FEATURE_SELECT, word),
                   accepted = reader.read(BAR0_COMMON + VIRTIO_COMMON_DRIVER_FEATURE_SELECT, word);
    for (uint32_t half = 0; half < 2; ++half) {
        reader.write(BAR0_COMMON + VIRTIO_COMMON_DEVICE_FEATURE_SELECT, word, half);
        reader.write(BAR0_COMMON + VIRTIO_COMMON_DRIVER_FEATURE_SELECT, word, half);
        line("reg VIRTIO_COMMON_DEVICE_FEATURE[%u] %s", half, reader.text(BAR0_COMMON + VIRTIO_COMMON_DEVICE_FEATURE, word).c_str());
        line("reg VIRTIO_COMMON_DRIVER_FEATURE[%u] %s", half, reader.text(BAR0_COMMON + VIRTIO_COMMON_DRIVER_FEATURE, word).c_str());
    }
    reader.write(BAR0_COMMON + VIRTIO_COMMON_DEVICE_FEATURE_SELECT, word, offered);
    reader.write(BAR0_COMMON + VIRTIO_COMMON_DRIVER_FEATURE_SELECT, word, accepted);
    const auto dump = [&](const char* block, uint32_t base) {
        for (const Register& entry : table)
            if (is_of(entry, block) && !is_of_queue(entry))
                line("reg %s_%s %s", entry.block, entry.name, reader.text(base + entry.offset, entry.bytes).c_str());
    };
    dump("VIRTIO_COMMON", BAR0_COMMON);
    for (uint32_t number = 0; number <= queues; ++number) {  // and one that does not exist
        reader.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_SELECT, 2, number);
        for (const Register& entry : table)
            if (is_of_queue(entry))
                line("reg VIRTIO_COMMON_%s[%" PRIu32 "] %s", entry.name, number,
                     reader.text(BAR0_COMMON + entry.offset, entry.bytes).c_str());
    }
    reader.write(BAR0_COMMON + VIRTIO_COMMON_QUEUE_SELECT, 2, queue);
    line("reg ISR %s", reader.text(BAR0_ISR, 1).c_str());
    dump("VIRTIO_NET_CONFIG", BAR0_DEVICE);

    // The last packet is done, but not what follows it: a batch of used descriptors, descriptors in advance, a moderated interrupt.
    // Counted here and counted by the device are of one moment when nothing was sent while the counters were read.
    std::vector<std::string> counters;
    Sent sent = sent_so_far(tap_);
    for (unsigned tries = 0; tries < quiet_tries; ++tries) {
        counters.clear();
        for (const Register& entry : table)
            if (is_of(entry, "STATS"))
                counters.push_back(std::string(entry.name) + " " + reader.text(BAR0_STATS + entry.offset, entry.bytes));
        const Sent before = std::exchange(sent, sent_so_far(tap_));
        if (before == sent) break;
    }
    for (const std::string& counter : counters) line("reg STATS_%s", counter.c_str());
    static const char* const things[] = {"reads", "writes", "messages", "doorbells"};
    for (size_t i = 0; i < sent.size(); ++i) line("sent %s %" PRIu64, things[i], sent[i]);

    dump("DMA_BENCH", BAR0_DMA_BENCH);
    for (uint32_t vector = 0; vector <= queues; ++vector) {  // one for each queue and one for the configuration
        const uint32_t entry = BAR0_MSIX_TABLE + vector * PCI_MSIX_ENTRY_SIZE;
        line("reg MSIX_TABLE[%" PRIu32 "] %s", vector, reader.text(entry, PCI_MSIX_ENTRY_SIZE).c_str());
    }
    line("reg MSIX_PBA %s", reader.text(BAR0_MSIX_PBA, 2 * word).c_str());
}

}  // namespace sim
