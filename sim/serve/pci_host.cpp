// SPDX-License-Identifier: Apache-2.0
#include "serve/pci_host.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "regmap.h"
#include "sim_time.h"

namespace sim {
namespace {

// virtio_pcidev.h
enum Operation : uint8_t { CONFIG_READ = 1, CONFIG_WRITE = 2, READ = 3, WRITE = 4, MESSAGE = 7 };
struct Header {
    uint8_t operation, bar;
    uint16_t reserved;
    uint32_t length;
    uint64_t address;
};
static_assert(sizeof(Header) == 16, "as in the queues");

constexpr unsigned command_ring = 0, message_ring = 1;
constexpr uint32_t config_bytes = 4096, largest_access = 4096, largest_word = 8;
constexpr size_t most_accesses = 1024;     // waiting for the bus; the rest stays in the queue
constexpr unsigned calls_for_writes = 64;  // of the kernel's 256 slots: it takes posted writes back when it is called
constexpr uint32_t bars_end = PCI_CFG_BAR0 + 6 * 4;
constexpr uint32_t bar_flags = 0xF, bar_type = 0x6, bar_type_64 = 0x4;  // [P] 7.5.1.2.1

constexpr uint64_t bit(unsigned number) { return uint64_t{1} << number; }

}  // namespace

PciHost::PciHost(unsigned number, bool in_band, uint64_t interrupt_ps) : number_(number), interrupt_ps_(interrupt_ps) {
    device_.ctx = this;
    device_.pairs = 1;  // its two rings: requests to the front-end, and interrupts
    device_.features = bit(VIRTIO_F_VERSION_1_BIT) | bit(VIRTIO_F_RING_PACKED_BIT);
    device_.changed = [](void* ctx, char*, size_t) { return static_cast<PciHost*>(ctx)->rings_changed(); };
    device_.stop = [](void* ctx) {
        auto* host = static_cast<PciHost*>(ctx);
        host->commands_live_ = host->messages_live_ = false;
    };
    if (in_band)
        device_.kicked = [](void* ctx, unsigned ring, char* error, size_t size) {
            return ring == command_ring ? static_cast<PciHost*>(ctx)->take_commands(error, size) : 0;
        };
}

void PciHost::attach(Slot& slot, hw::LinkPartner& partner) {
    slot_ = &slot;
    partner_ = &partner;
    slot.root->on_msi([this](uint64_t address, uint32_t data) { interrupt(address, data); });
    push(Access{});
    sc_core::sc_spawn([this] { main(); }, ("pci_host" + std::to_string(number_)).c_str());
}

// ---- the session ----------------------------------------------------------------------------------------------------------------

void PciHost::open(int fd) {
    vhost_user_open(&session_, fd, &device_);
    record_ = {};
    record_.host = number_;
    connected_ = true;
    leaving_ = commands_live_ = messages_live_ = answer_due_ = command_call_due_ = false;
    uncalled_ = 0;
    due_.clear();
}

// The device is reset before the memory goes that it uses.
void PciHost::leave(const std::string& error) {
    if (!connected_ || leaving_) return;
    std::snprintf(record_.error, sizeof record_.error, "%s", error.c_str());
    leaving_ = true;
    idle_ = commands_live_ = messages_live_ = answer_due_ = false;
    due_.clear();
    accesses_.erase(accesses_.begin() + std::min<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(accesses_.size())),
                    accesses_.end());  // the first is being made
    Access reset;
    reset.kind = Kind::reset;
    push(std::move(reset));
}

const serve_session& PciHost::close() {
    vhost_user_close(&session_);
    connected_ = false;
    record_.to_wire = partner_->frames_recorded() - recorded_before_;
    recorded_before_ = partner_->frames_recorded();
    record_.to_host = partner_->frames_played() - played_before_;
    played_before_ = partner_->frames_played();
    return record_;
}

void PciHost::wishes(std::vector<pollfd>& polls) const {
    if (!connected_ || leaving_) return;
    polls.push_back({session_.fd, POLLIN, 0});
    if (answer_due_) polls.push_back({session_.backend_fd, POLLIN, 0});
    if (commands_live_ && session_.rings[command_ring].kick >= 0) polls.push_back({session_.rings[command_ring].kick, POLLIN, 0});
}

void PciHost::look() {
    if (!connected_ || leaving_) return;
    uint64_t count;
    if (vhost_memory_withdrawn(&session_.memory)) return leave("it took memory away that the device was using");
    int status;
    while ((status = vhost_user_step(&session_)) > 0) continue;
    if (status < 0) return leave(session_.error);
    if (commands_live_ && session_.rings[command_ring].kick >= 0 &&
        read(session_.rings[command_ring].kick, &count, sizeof count) > 0)
        record_.kicks++;
    if (commands_live_ && take_commands(session_.error, sizeof session_.error) < 0) leave(session_.error);
}

int PciHost::rings_changed() {
    const auto follow = [this](unsigned number, remote_ring& ring, bool& live) {
        const bool is_live = session_.features_set && vhost_user_ring_live(&session_, number);
        if (is_live && !live) generation_++;
        if (is_live && !live) remote_ring_start(&ring, &session_.memory, &session_.rings[number]);
        live = is_live;
    };
    follow(command_ring, commands_, commands_live_);
    follow(message_ring, messages_, messages_live_);
    return 0;
}

void PciHost::call(unsigned ring) {
    record_.calls++;
    const int status = vhost_user_call(&session_, ring);
    if (status < 0) leave(session_.error);
    answer_due_ = status > 0;
}

bool PciHost::called() {
    if (!answer_due_) return true;
    const int status = vhost_user_called(&session_);
    if (status < 0) leave(session_.error);
    if (status != 0) answer_due_ = false;
    return !answer_due_;
}

// ---- accesses -------------------------------------------------------------------------------------------------------------------

bool PciHost::parse(const remote_buffer& buffer, Access& access, char* error, size_t error_size) const {
    Header header{};
    const auto refuse = [&](const char* what) {
        std::snprintf(error, error_size, "operation %u of %u bytes at 0x%llx of BAR%u: %s", header.operation, header.length,
                      static_cast<unsigned long long>(header.address), header.bar, what);
        return false;
    };
    if (remote_buffer_read(&buffer, 0, &header, sizeof header) != sizeof header) return refuse("a message shorter than its header");
    const bool config = header.operation == CONFIG_READ || header.operation == CONFIG_WRITE;
    const bool reads = header.operation == CONFIG_READ || header.operation == READ;
    if (!config && header.operation != READ && header.operation != WRITE) return refuse("there is no such operation");
    if (header.length == 0 || header.length > (config ? largest_word : largest_access))
        return refuse("such a length is not possible");
    if (config && (header.length & (header.length - 1))) return refuse("its length is no power of two");
    if (config && (header.address % header.length || header.address > config_bytes - header.length))
        return refuse("it is not inside configuration space");
    if (header.bar >= bars_.size()) return refuse("there is no such BAR");
    access.kind = config ? (reads ? Kind::config_read : Kind::config_write) : reads ? Kind::read : Kind::write;
    access.bar = header.bar;
    access.offset = header.address;
    access.length = header.length;
    if (reads) return true;
    access.data.resize(header.length);
    return remote_buffer_read(&buffer, sizeof header, access.data.data(), header.length) == header.length ||
           refuse("a message shorter than its data");
}

int PciHost::take_commands(char* error, size_t error_size) {
    while (commands_live_ && accesses_.size() < most_accesses) {
        Access access{};
        const int status = remote_ring_take(&commands_, &access.buffer, error, error_size);
        if (status <= 0) return status;
        if (!parse(access.buffer, access, error, error_size)) return -EPROTO;
        if (access.kind == Kind::config_write || access.kind == Kind::write) {
            remote_ring_use(&commands_, &access.buffer, 0);
            if (++uncalled_ >= calls_for_writes) command_call_due_ = true;
            if (command_call_due_) changed_.notify(sc_core::SC_ZERO_TIME);
        } else {
            uncalled_ = 0;  // the kernel takes everything back while it waits for an answer
        }
        access.generation = generation_;
        push(std::move(access));
    }
    return 0;
}

void PciHost::push(Access access) {
    accesses_.push_back(std::move(access));
    pushed_.notify(sc_core::SC_ZERO_TIME);
}

void PciHost::main() {
    for (;;) {
        while (accesses_.empty()) {
            if (!leaving_ && take_commands(session_.error, sizeof session_.error) < 0)
                leave(session_.error);  // what there was no room for
            if (!accesses_.empty()) break;
            idle_ = true;
            if (leaving_) changed_.notify(sc_core::SC_ZERO_TIME);
            sc_core::wait(pushed_);
        }
        idle_ = false;
        make(accesses_.front());
        accesses_.pop_front();
    }
}

void PciHost::make(Access& access) {
    std::vector<uint8_t> data(std::max(access.length, largest_word), 0xFF);
    switch (access.kind) {
        case Kind::prepare:
        case Kind::reset:
            if (std::string error = access.kind == Kind::reset ? slot_->bus->reset() : slot_->bus->prepare(); !error.empty())
                error_ = std::move(error);
            bars_ = {};
            return;
        case Kind::config_write:
            return configure(access);
        case Kind::write:
            return reach(access, false, access.data);
        case Kind::read:
            reach(access, true, data);
            break;
        case Kind::config_read:
            for (uint32_t done = 0; done < access.length; done += 4) {
                const uint32_t size = std::min(access.length, 4u);
                const uint32_t value = slot_->root->config_read(static_cast<uint32_t>(access.offset) + done, size);
                std::memcpy(data.data() + done, &value, size);
            }
            record_.config_accesses++;
            break;
    }
    if (leaving_ || !commands_live_ || access.generation != generation_) return;  // its memory may be gone
    remote_buffer_write(&access.buffer, data.data(), access.length);
    remote_ring_use(&commands_, &access.buffer, access.length);
    changed_.notify(sc_core::SC_ZERO_TIME);
}

void PciHost::configure(Access& access) {
    for (uint32_t done = 0; done < access.length; done += 4) {
        const uint32_t size = std::min(access.length, 4u), offset = static_cast<uint32_t>(access.offset) + done;
        uint32_t value = 0;
        std::memcpy(&value, access.data.data() + done, size);
        if (offset >= PCI_CFG_BAR0 && offset + size <= bars_end)
            std::memcpy(reinterpret_cast<uint8_t*>(bars_.data()) + (offset - PCI_CFG_BAR0), &value, size);
        slot_->root->config_write(offset, size, value);
    }
    record_.config_accesses++;
}

uint64_t PciHost::bar_address(uint32_t bar) const {
    const uint64_t low = bars_[bar] & ~bar_flags;
    const bool wide = (bars_[bar] & bar_type) == bar_type_64 && bar + 1 < bars_.size();
    return wide ? uint64_t{bars_[bar + 1]} << 32 | low : low;
}

void PciHost::reach(Access& access, bool read, std::vector<uint8_t>& data) {
    tlm::tlm_generic_payload transaction;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    transaction.set_command(read ? tlm::TLM_READ_COMMAND : tlm::TLM_WRITE_COMMAND);
    transaction.set_address(bar_address(access.bar) + access.offset);
    transaction.set_data_ptr(data.data());
    transaction.set_data_length(access.length);
    transaction.set_streaming_width(access.length);
    slot_->root->mmio_transport(transaction, delay);
    (read ? record_.register_reads : record_.register_writes)++;
    if (transaction.get_response_status() != tlm::TLM_ADDRESS_ERROR_RESPONSE) return;
    char message[120];
    std::snprintf(message, sizeof message, "host %u %s 0x%llx of BAR%u, which is not in its window", number_,
                  read ? "reads" : "writes", static_cast<unsigned long long>(access.offset), access.bar);
    slot_->events.violate({0, "pci.window", "[P] 7.5.1.2.1", message, -1});
}

// ---- interrupts -----------------------------------------------------------------------------------------------------------------

void PciHost::interrupt(uint64_t address, uint32_t data) {
    if (!messages_live_) return;
    record_.interrupts++;
    const bool merged = std::any_of(due_.begin(), due_.end(), [&](const Message& message) { return message.data == data; });
    if (merged) return;  // one that was not told yet stands for both
    due_.push_back({(hw::now_ps() + interrupt_ps_ + 999) / 1000 * 1000, address, data});
    changed_.notify(sc_core::SC_ZERO_TIME);
}

uint64_t PciHost::message_due_ps() const {
    if (leaving_ || answer_due_) return UINT64_MAX;
    if (command_call_due_) return hw::now_ps();
    return due_.empty() || !messages_live_ ? UINT64_MAX : due_.front().due_ps;
}

// One call at a time: where it is answered, the next waits for that.
bool PciHost::tell_messages() {
    if (message_due_ps() > hw::now_ps()) return false;
    if (command_call_due_) {
        command_call_due_ = false;
        uncalled_ = 0;
        call(command_ring);
        return answer_due_;
    }
    bool told = false;
    while (!due_.empty() && due_.front().due_ps <= hw::now_ps()) {
        remote_buffer buffer;
        const int status = remote_ring_take(&messages_, &buffer, session_.error, sizeof session_.error);
        if (status < 0) {
            leave(session_.error);
            return false;
        }
        if (status == 0) {  // the kernel has not given the last ones back yet
            due_.front().due_ps = hw::now_ps() + 1'000'000;
            break;
        }
        const struct {
            Header header;
            uint32_t data;
        } message = {{MESSAGE, 0, 0, sizeof(uint32_t), due_.front().address}, due_.front().data};
        constexpr size_t bytes = sizeof(Header) + sizeof(uint32_t);
        remote_ring_use(&messages_, &buffer, static_cast<uint32_t>(remote_buffer_write(&buffer, &message, bytes)));
        due_.pop_front();
        told = true;
    }
    if (told && remote_ring_wants_call(&messages_)) call(message_ring);
    return answer_due_;
}

}  // namespace sim
