// SPDX-License-Identifier: Apache-2.0
// A host in another process whose PCI slot holds a NIC of ours: user-mode Linux, with PCI over virtio.
//
//   kernel --command queue--> PciHost --configuration and register accesses--> root complex --> NIC
//   NIC --MSI-X--> PciHost --message queue--> kernel            NIC --DMA--> SharedTarget --> kernel's memory
//
// Its kernel has a host bridge that is a virtio device: accesses to configuration space and BARs are messages in one queue,
// interrupts come back by another. The kernel does the rest as on any machine: it finds the device, places its BARs, loads its
// driver. Nothing of the device is known here but where a kernel keeps BAR addresses, which the messages leave out.
//
// Accesses are made one after the other, in order, by a thread of the simulation: writes are posted, reads wait for their
// completion. The messages themselves take no simulated time. An interrupt is told to the kernel interrupt_ps after it reached the
// root complex.
//
// What the peer sends is not trusted: lengths, offsets and addresses are checked, and a mistake ends the session and fails the run.
//
// Source: include/uapi/linux/virtio_pcidev.h of Linux 6.1, which documents the messages  Spec: [P] PCI Express Base 5.0
#pragma once

#include <poll.h>

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "serve/remote_ring.h"
#include "serve/serve.h"
#include "system.h"

namespace sim {

class PciHost {
public:
    // Where the kernel puts BARs (arch/um/drivers/virt-pci.c), as far as the message word of x86 hosts.
    static constexpr uint64_t window_base = 0xF0000000, window_bytes = 0x0EE00000;

    // in_band: kicks and calls are messages, for a kernel in simulated time. on_message: an interrupt is due, see message_due_ps().
    PciHost(unsigned number, bool in_band, uint64_t interrupt_ps);
    PciHost(const PciHost&) = delete;
    PciHost& operator=(const PciHost&) = delete;

    // Its bytes at a bus address, or null. May be called at once.
    uint8_t* memory_at(uint64_t address, uint64_t length) { return vhost_memory_at(&session_.memory, address, length); }
    // The slot outlives it. Its thread starts with the simulation.
    void attach(Slot& slot, hw::LinkPartner& partner);

    // The kernel's socket, which it takes over.
    void open(int fd);
    bool connected() const { return connected_; }
    // Nothing is being done for the kernel.
    bool idle() const { return idle_; }
    // Is a session over, and its device reset? Then close() makes room for the next one.
    bool finished() const { return connected_ && leaving_ && idle_; }
    const serve_session& close();
    // Ends the session, for `error` if that is not empty.
    void leave(const std::string& error);

    // What to poll, and what is done when there is something. No simulated time passes.
    void wishes(std::vector<pollfd>& polls) const;
    void look();
    // When the first interrupt is to be told, or UINT64_MAX; tells those that are due. True: the kernel answers by called().
    uint64_t message_due_ps() const;
    bool tell_messages();
    // Has the kernel answered the call? Where calls are messages.
    bool called();
    const sc_core::sc_event& changed() const { return changed_; }
    // Empty, or why the device cannot be used at all.
    const std::string& error() const { return error_; }

private:
    enum class Kind { prepare, reset, config_read, config_write, read, write };
    struct Access {
        Kind kind = Kind::prepare;
        uint32_t bar = 0;
        uint64_t offset = 0;
        uint32_t length = 0;
        std::vector<uint8_t> data;  // to be written
        remote_buffer buffer{};     // to be answered
        unsigned generation = 0;    // of the queues that it came by
    };
    struct Message {
        uint64_t due_ps, address;
        uint32_t data;
    };

    void main();
    void push(Access access);
    void make(Access& access);
    void answer(const Access& access, const uint8_t* data);
    void configure(Access& access);
    void reach(Access& access, bool read, std::vector<uint8_t>& data);
    uint64_t bar_address(uint32_t bar) const;
    int rings_changed();
    int take_commands(char* error, size_t error_size);
    bool parse(const remote_buffer& buffer, Access& access, char* error, size_t error_size) const;
    void interrupt(uint64_t address, uint32_t data);
    void call(unsigned ring);

    const unsigned number_;
    const uint64_t interrupt_ps_;
    Slot* slot_ = nullptr;
    hw::LinkPartner* partner_ = nullptr;
    vhost_user_device device_{};
    vhost_user session_{};
    serve_session record_{};
    bool connected_ = false, leaving_ = false, idle_ = false;
    remote_ring commands_{}, messages_{};
    bool commands_live_ = false, messages_live_ = false;
    unsigned generation_ = 0;  // of the queues: they were started so often
    unsigned uncalled_ = 0;    // posted writes that the kernel was given back without a call
    bool answer_due_ = false;  // a call waits for its answer
    bool command_call_due_ = false;
    std::deque<Access> accesses_;
    std::deque<Message> due_;  // interrupts, in the order in which they came
    std::array<uint32_t, 6> bars_{};
    uint64_t recorded_before_ = 0, played_before_ = 0;
    sc_core::sc_event pushed_, changed_;
    std::string error_;
};

}  // namespace sim
