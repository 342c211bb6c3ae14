// SPDX-License-Identifier: Apache-2.0
// A host with PCI over virtio, as small as it can be: what user-mode Linux's kernel says to `ringside serve pci`, said by a test.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace system_test {

class PciFrontEnd {
public:
    static constexpr uint64_t base = 0x100000;  // of its memory, 1 MiB
    enum Operation : uint8_t { config_read = 1, config_write = 2, read = 3, write = 4, message = 7 };

    // Connects, and brings both queues up. alive() tells whether that worked.
    explicit PciFrontEnd(const std::string& socket);
    ~PciFrontEnd();
    PciFrontEnd(const PciFrontEnd&) = delete;
    PciFrontEnd& operator=(const PciFrontEnd&) = delete;

    bool alive() const { return alive_; }
    // Waits until the other end has closed the socket; false: it has not for ten seconds.
    bool is_dropped();
    // Its memory.
    uint8_t* at(uint64_t address) { return memory_ + (address - base); }

    // A message in the command queue, and a kick. answer: so many bytes are asked for.
    void send(const std::vector<uint8_t>& bytes, uint32_t answer = 0);
    // ... and its answer; all ones if none comes in ten seconds.
    uint64_t ask(Operation operation, uint8_t bar, uint64_t address, uint32_t size);
    void tell(Operation operation, uint8_t bar, uint64_t address, uint32_t size, uint64_t value);
    // The next message that came in the other queue: its data; -1: none in ten seconds.
    int64_t interrupt();
    static std::vector<uint8_t> command(Operation operation, uint8_t bar, uint64_t address, uint32_t size, std::vector<uint8_t> data = {});

    struct Descriptor {
        uint64_t address;
        uint32_t length;
        uint16_t id, flags;
    };
    // Writes descriptors as they are to the command queue's next slots, the first one's flags last, and kicks.
    void offer(std::vector<Descriptor> descriptors);

private:
    bool request(uint32_t number, const std::vector<uint8_t>& payload, int fd = -1);
    bool start_queue(uint32_t number);
    void fill_messages();

    int socket_ = -1, file_ = -1, kick_[2] = {-1, -1};
    uint8_t* memory_ = nullptr;
    bool alive_ = false;
    unsigned next_ = 0, next_message_ = 0;
    bool wrap_ = true, message_wrap_ = true;
};

}  // namespace system_test
