// SPDX-License-Identifier: Apache-2.0
#include "pci_front_end.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

namespace system_test {
namespace {

constexpr size_t memory_bytes = 1 << 20;
constexpr unsigned slots = 64, message_slots = 8;
constexpr uint64_t queue_at = PciFrontEnd::base, queue_stride = 0x4000, events_at = 0x2000;  // descriptors, then driver and device areas
constexpr uint64_t commands_at = PciFrontEnd::base + 0x10000, command_stride = 0x100, answer_offset = 0x80, messages_at = PciFrontEnd::base + 0x20000;
constexpr uint16_t next_flag = 1, write_flag = 2, avail_flag = 1 << 7, used_flag = 1 << 15;
constexpr auto patience = std::chrono::seconds(10);

template <class... T>
std::vector<uint8_t> bytes(const T&... values) {
    std::vector<uint8_t> all((sizeof values + ... + 0));
    size_t at = 0;
    ((std::memcpy(all.data() + at, &values, sizeof values), at += sizeof values), ...);
    return all;
}

std::vector<uint8_t> join(const std::vector<uint8_t>& first, const std::vector<uint8_t>& second) {
    std::vector<uint8_t> all(first.size() + second.size());
    std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), all.begin()));
    return all;
}

template <class Condition>
bool within_patience(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return true;
}

uint16_t load(const uint16_t& flags) { return __atomic_load_n(&flags, __ATOMIC_ACQUIRE); }

}  // namespace

PciFrontEnd::PciFrontEnd(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    file_ = memfd_create("host", MFD_CLOEXEC);
    if (ftruncate(file_, memory_bytes) != 0) return;
    memory_ = static_cast<uint8_t*>(mmap(nullptr, memory_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0));
    if (!within_patience([&] { return connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0; })) return;
    const uint64_t features = uint64_t{1} << 32 | uint64_t{1} << 34 | uint64_t{1} << 30;
    alive_ = request(2, bytes(features)) && request(16, bytes(uint64_t{1 << 3})) &&
             request(5, bytes(uint32_t{1}, uint32_t{0}, base, uint64_t{memory_bytes}, base, uint64_t{0}), file_) && start_queue(0) && start_queue(1);
    if (alive_) fill_messages();
}

PciFrontEnd::~PciFrontEnd() {
    for (int fd : {socket_, file_, kick_[0], kick_[1]})
        if (fd >= 0) close(fd);
    if (memory_) munmap(memory_, memory_bytes);
}

bool PciFrontEnd::request(uint32_t number, const std::vector<uint8_t>& payload, int fd) {
    std::vector<uint8_t> data = join(bytes(number, uint32_t{9}, static_cast<uint32_t>(payload.size())), payload);
    iovec part{data.data(), data.size()};
    char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    uint8_t answer[20];
    return sendmsg(socket_, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(data.size()) && recv(socket_, answer, sizeof answer, MSG_WAITALL) == sizeof answer;
}

bool PciFrontEnd::start_queue(uint32_t number) {
    const uint64_t at = queue_at + number * queue_stride;
    kick_[number] = eventfd(0, EFD_CLOEXEC);
    return request(8, bytes(number, uint32_t{number ? message_slots : slots})) && request(10, bytes(number, uint32_t{0x8000})) &&
           request(9, bytes(number, uint32_t{0}, at, at + events_at + 8, at + events_at, uint64_t{0})) &&
           request(12, bytes(uint64_t{number}), kick_[number]) && request(18, bytes(number, uint32_t{1}));
}

void PciFrontEnd::fill_messages() {
    for (unsigned n = 0; n < message_slots; n++) {
        auto* slot = reinterpret_cast<Descriptor*>(at(queue_at + queue_stride + n * sizeof(Descriptor)));
        *slot = {messages_at + n * 32, 20, static_cast<uint16_t>(n), 0};
        __atomic_store_n(&slot->flags, uint16_t{write_flag | avail_flag}, __ATOMIC_RELEASE);
    }
}

bool PciFrontEnd::is_dropped() {
    return within_patience([&] {
        char byte;
        return recv(socket_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    });
}

void PciFrontEnd::offer(std::vector<Descriptor> descriptors) {
    const unsigned head = next_;
    uint16_t head_flags = 0;
    for (size_t i = 0; i < descriptors.size(); i++) {
        auto* slot = reinterpret_cast<Descriptor*>(at(queue_at + next_ * sizeof(Descriptor)));
        Descriptor& descriptor = descriptors[i];
        descriptor.flags = static_cast<uint16_t>(descriptor.flags | (wrap_ ? avail_flag : used_flag));
        if (i == 0) head_flags = descriptor.flags, descriptor.flags = slot->flags;
        *slot = descriptor;
        if (++next_ == slots) next_ = 0, wrap_ = !wrap_;
    }
    auto* first = reinterpret_cast<Descriptor*>(at(queue_at + head * sizeof(Descriptor)));
    __atomic_store_n(&first->flags, head_flags, __ATOMIC_RELEASE);
    const uint64_t one = 1;
    (void)!::write(kick_[0], &one, sizeof one);
}

void PciFrontEnd::send(const std::vector<uint8_t>& data, uint32_t answer) {
    const uint64_t place = commands_at + next_ * command_stride;
    std::memcpy(at(place), data.data(), data.size());
    std::memset(at(place + answer_offset), 0xEE, 8);
    std::vector<Descriptor> chain = {{place, static_cast<uint32_t>(data.size()), static_cast<uint16_t>(next_), answer ? next_flag : uint16_t{0}}};
    if (answer) chain.push_back({place + answer_offset, answer, static_cast<uint16_t>(next_), write_flag});
    offer(chain);
}

std::vector<uint8_t> PciFrontEnd::command(Operation operation, uint8_t bar, uint64_t address, uint32_t size, std::vector<uint8_t> data) {
    return join(bytes(operation, bar, uint16_t{0}, size, address), data);
}

uint64_t PciFrontEnd::ask(Operation operation, uint8_t bar, uint64_t address, uint32_t size) {
    const unsigned head = next_;
    const bool wrap = wrap_;
    uint64_t value = 0;
    send(command(operation, bar, address, size), size);
    const auto* slot = reinterpret_cast<Descriptor*>(at(queue_at + head * sizeof(Descriptor)));
    const auto is_used = [&] { return !!(load(slot->flags) & used_flag) == wrap && !!(load(slot->flags) & avail_flag) == wrap; };
    if (!within_patience(is_used)) return ~uint64_t{0};
    std::memcpy(&value, at(commands_at + head * command_stride + answer_offset), size);
    return value;
}

void PciFrontEnd::tell(Operation operation, uint8_t bar, uint64_t address, uint32_t size, uint64_t value) {
    std::vector<uint8_t> data = bytes(value);
    data.resize(size);
    send(command(operation, bar, address, size, data));
}

int64_t PciFrontEnd::interrupt() {
    const auto* slot = reinterpret_cast<Descriptor*>(at(queue_at + queue_stride + next_message_ * sizeof(Descriptor)));
    if (!within_patience([&] { return !!(load(slot->flags) & used_flag) == message_wrap_; })) return -1;
    uint32_t data;
    std::memcpy(&data, at(messages_at + next_message_ * 32 + 16), sizeof data);
    if (++next_message_ == message_slots) next_message_ = 0, message_wrap_ = !message_wrap_;
    return data;
}

}  // namespace system_test
