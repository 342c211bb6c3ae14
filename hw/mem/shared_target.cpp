// SPDX-License-Identifier: Apache-2.0
#include "shared_target.h"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <string>

#include "byte_enables.h"
#include "tlp_extension.h"

namespace hw {
namespace {

constexpr uint64_t line_bytes = 64, word_bytes = 8;
constexpr int snapshots = 64;  // of a line whose writer never stops; the last one counts then

void copy(uint8_t* to, const uint8_t* from, uint64_t length) {
    for (uint64_t i = 0; i < length; i++) to[i] = __atomic_load_n(from + i, __ATOMIC_RELAXED);
}

void read_line(uint8_t* to, const uint8_t* from, uint64_t length) {
    uint8_t again[line_bytes];
    copy(to, from, length);
    for (int i = 0; i < snapshots; i++) {
        std::atomic_thread_fence(std::memory_order_acquire);
        copy(again, from, length);
        if (std::memcmp(to, again, length) == 0) return;
        std::memcpy(to, again, length);
    }
}

void read(uint8_t* to, const uint8_t* from, uint64_t length) {
    while (length > 0) {
        const uint64_t in_line = line_bytes - reinterpret_cast<uintptr_t>(from) % line_bytes, part = std::min(length, in_line);
        read_line(to, from, part);
        to += part;
        from += part;
        length -= part;
    }
}

template <class Word>
void store(uint8_t* to, const uint8_t* from) {
    Word word;
    std::memcpy(&word, from, sizeof word);
    __atomic_store_n(reinterpret_cast<Word*>(to), word, __ATOMIC_RELEASE);
}

// The largest word that is aligned and not longer than what is left.
uint64_t word_at(const uint8_t* to, uint64_t length) {
    uint64_t bytes = word_bytes;
    while (bytes > length || reinterpret_cast<uintptr_t>(to) % bytes) bytes /= 2;
    return bytes;
}

void write(uint8_t* to, const uint8_t* from, uint64_t length) {
    std::atomic_thread_fence(std::memory_order_release);
    while (length > 0) {
        const uint64_t bytes = word_at(to, length);
        switch (bytes) {
            case 8: store<uint64_t>(to, from); break;
            case 4: store<uint32_t>(to, from); break;
            case 2: store<uint16_t>(to, from); break;
            default: store<uint8_t>(to, from);
        }
        to += bytes;
        from += bytes;
        length -= bytes;
    }
}

}  // namespace

SharedTarget::SharedTarget(const sc_core::sc_module_name& name, Locate locate, EventStream& events)
    : sc_module(name), locate_(std::move(locate)), events_(events) {
    socket.register_b_transport(this, &SharedTarget::b_transport);
}

void SharedTarget::refuse(tlm::tlm_generic_payload& transaction) {
    char message[160];
    const auto* origin = transaction.get_extension<TlpExtension>();
    std::snprintf(message, sizeof message, "the device %s %u bytes at 0x%llx (TLP %llu), where the front-end has no memory",
                  transaction.is_write() ? "writes" : "reads", transaction.get_data_length(),
                  static_cast<unsigned long long>(transaction.get_address()), static_cast<unsigned long long>(origin ? origin->tlp_id : 0));
    events_.violate({0, "memory.outside", "[V] 2.8", message, -1});
    transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

void SharedTarget::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time&) {
    transaction.set_dmi_allowed(false);
    const auto at = [&](unsigned offset, unsigned length) { return locate_(transaction.get_address() + offset, length ? length : 1); };
    // First ask for every run, then move: a refused transaction moves nothing.
    if (!for_each_enabled(transaction, [&](unsigned offset, unsigned length) { return at(offset, length) != nullptr; }))
        return refuse(transaction);
    for_each_enabled(transaction, [&](unsigned offset, unsigned length) {
        unsigned char* data = transaction.get_data_ptr() + offset;
        if (transaction.is_write()) write(at(offset, length), data, length);
        if (transaction.is_read()) read(data, at(offset, length), length);
        return true;
    });
    transaction.set_response_status(tlm::TLM_OK_RESPONSE);
}

}  // namespace hw
