// SPDX-License-Identifier: Apache-2.0
// Measured driver code: its accesses (access.h), at addresses that every run has alike, to a core and its caches, and by function.
//
// Addresses. RAM of the machine is where it is physically. The heap of the code, the images of program and modules, and the stacks
// of the contexts are placed above it, so that neither the host's addresses nor their randomness get in. What is none of these
// belongs to the simulator (a generated frame that the driver is given to send, thread-local variables): it takes an instruction
// and no line.
//
// Time. The code runs at once, and the time that it takes is put aside until the CPU takes it, where the driver meets the machine;
// a device that looks at memory meanwhile sees a store up to so much too early.
//
// The figures depend on the compiler that built the code, and on nothing else of the host.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "access.h"
#include "core.h"
#include "function_names.h"
#include "profile.h"
#include "ram.h"

namespace hw {

class CodeMeter {
public:
    // From now on it listens; `ram` outlives it. One at a time in a process.
    CodeMeter(const CoreConfig& config, const Ram& ram);
    ~CodeMeter();
    CodeMeter(const CodeMeter&) = delete;
    CodeMeter& operator=(const CodeMeter&) = delete;

    // A context: a thread, or interrupts. Its stack is below `stack`. run(nullptr): what runs now is no driver's.
    void begin(const void* context, const void* stack, size_t stack_bytes);
    void end(const void* context);
    void run(const void* context);

    // Picoseconds that the code took since the last call. finished: everything it did is done and can be seen; else what it waits
    // for may be on its way.
    uint64_t take_ps(bool finished);

    // Functions entered and left since the time was last taken, each with the picoseconds since then; kept when somebody looks.
    struct Step {
        uint64_t ps;
        const char* function;  // as long as the meter, or static storage
        bool enter;
    };
    void keep_steps(bool wanted) { steps_wanted_ = wanted; }
    // One that the code tells of itself: a callback by the name that it has in the documentation.
    void step(const char* function, bool enter);
    // Before take_ps().
    std::vector<Step> take_steps();
    // What a context is in, the outermost first: it leaves all of that while it is blocked.
    const std::vector<const char*>& open_functions(const void* context) { return contexts_[context].open; }

    // A device's access to memory.
    void device_read(uint64_t address, uint32_t bytes);
    void device_write(uint64_t address, uint32_t bytes);

    // Packets that the driver works at, at the beginning of a batch; the profile is of those from `first` on, up to `last`, counted from
    // this call. Without it, of everything.
    void measure_packets(uint64_t first, uint64_t last);
    void packets(uint64_t count);
    uint64_t measured_packets() const;
    const Profile& profile() const { return profile_; }
    CacheLevels::Counters device() const;  // over the same packets
    // Time that the machine charges beside the code, for interrupts and register writes.
    void charge_ps(uint64_t ps) { charged_ps_ += recording_ ? ps : 0; }
    uint64_t charged_ps() const { return charged_ps_; }
    uint64_t ps_of(uint64_t ticks) const { return ticks * 1'000'000 / (ticks_per_cycle * config_.mhz); }

private:
    struct Context {
        uint64_t stack_end = 0, stack_bytes = 0;
        uint64_t number = 0;
        std::vector<size_t> calls;      // functions that it is in
        std::vector<const char*> open;  // the same as steps tell it
    };
    struct Image {
        uint64_t first, last, base;
    };
    static const access_listener hooks;

    void access(const void* address, size_t bytes, bool write);
    void count(Core::Access access, uint64_t line, bool write);
    // As the code sees it, and in memory: the same but for RAM, whose pages are scattered. nowhere: it is the simulator's.
    struct Place {
        uint64_t seen, physical;
    };
    Place place(const void* address) const;
    uint64_t pointer_at(const void* address, size_t bytes) const;
    void enter(const void* code);
    void leave();
    void settle();  // the time up to now is the running function's
    size_t id_of(const void* code);
    size_t running() const;

    const CoreConfig config_;
    const Ram& ram_;
    access_listener listener_;
    Core core_;
    Profile profile_;
    FunctionNames names_;
    std::unordered_map<const void*, size_t> ids_;          // by code; looked up, never iterated
    std::unordered_map<std::string, size_t> ids_by_name_;  // the same
    std::vector<Image> images_;
    std::unordered_map<const void*, Context> contexts_;  // the same
    Context* context_ = nullptr;
    uint64_t contexts_begun_ = 0;
    uint64_t settled_ = 0, taken_ps_ = 0, charged_ps_ = 0, instructions_ = 0;
    uint64_t first_packet_ = 0, last_packet_ = UINT64_MAX, packets_ = 0, packets_begin_ = 0, packets_end_ = 0;
    bool recording_ = true, steps_wanted_ = false;
    std::vector<Step> steps_;
    CacheLevels::Counters device_begin_, device_end_;
};

}  // namespace hw
