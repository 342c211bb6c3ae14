// SPDX-License-Identifier: Apache-2.0
// The CPU on which the driver runs: one core with threads and an interrupt context.
//
// Exactly one context owns the CPU and runs; the others wait. A thread keeps it until it blocks (sleep, event, join): threads are not
// time-sliced, because the code on top raises its IRQL without telling, and a holder of a spin lock must not lose the CPU to another
// thread. The interrupt context goes before all threads and takes the CPU where a thread spends time (charge, posted write) or
// blocks, never between; an MMIO read stalls the CPU until its completion, interrupts included, as a load does. Inside the interrupt
// context nothing nests: ISRs in the order in which their latency ends, then timers by time, then the softirq. What is due in the instant
// in which a thread goes on comes before it.
//
// The MSI-X messages of a vector that arrive before its ISR starts are one interrupt. Everything is decided by simulated time and the
// order of calls.
//
// Time is spent in spend() alone, according to CpuConfig; or, where a CodeMeter is, as measured code takes it: put aside while it runs, and
// spent where it announces work (charge), meets the device or blocks. Not modelled: several cores, priorities of threads, nested
// interrupts, power states; without a meter, caches and memory.
//
// Reports: "cpu.blocked_in_interrupt", "cpu.unexpected_message" (no vector at its address and data), "cpu.bus_error" (MMIO to where
// nothing is; what the device refuses or does not answer is reported by the root complex; reads give all ones in both cases),
// "cpu.event_in_use", "cpu.livelock" (callbacks without end in one instant; the simulation stops).
//
// Spec: [P] PCI Express Base 5.0  [T] IEEE 1666-2011, TLM-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include "cpu_config.h"
#include "event.h"

namespace hw {

class CodeMeter;

class Cpu : public sc_core::sc_module {
    struct Context {
        sc_core::sc_event granted;  // the CPU is now this context's
        sc_core::sc_event wake;     // what it blocked on has happened
        bool satisfied = false;
    };

public:
    // Manual reset: stays set until reset.
    class Event {
        friend class Cpu;
        bool set_ = false;
        std::vector<Context*> waiters_;  // in order of arrival
    };
    class Thread {
        friend class Cpu;
        std::string name_;
        Context context_;
        bool done_ = false;
        sc_core::sc_event finished_;
    };
    struct Counters {
        uint64_t messages = 0;    // MSI-X messages that found their vector
        uint64_t interrupts = 0;  // ISRs run; messages - interrupts were merged or dropped by disconnect
        uint64_t softirqs = 0, timers = 0, mmio_reads = 0, mmio_writes = 0;
        sc_core::sc_time busy;    // time spent
    };

    // config.error() must be empty; `events` outlives the CPU.
    Cpu(const sc_core::sc_module_name& name, const CpuConfig& config, EventStream& events);
    ~Cpu() override;

    tlm_utils::simple_initiator_socket<Cpu> mmio_socket{"mmio_socket"};

    // Measured code pays as `meter` says, in place of the costs of Work. Before the simulation starts; it outlives the CPU.
    void measure(CodeMeter& meter) { meter_ = &meter; }
    // A function that the driver says it enters or leaves: told to the event stream when its time has come. False: nothing is measured.
    bool step(const char* function, bool enter);

    // Threads. `entry` starts at the current time, after the contexts that are ready now. May be called before the simulation starts.
    // The handle lives until join(), or as long as the CPU.
    Thread* spawn(const std::string& name, std::function<void()> entry);
    void join(Thread* thread);                      // blocks; the handle is dead afterwards
    bool in_interrupt() const { return owner_ == &interrupt_; }

    // Time.
    void charge(Work work, unsigned count);         // spends
    void finish() { settle(true); }                 // spends what measured code took up to here: before the simulation ends inside of a thread
    void sleep(const sc_core::sc_time& time);       // blocks; threads only

    // Events. The caller owns the event until destroy(); nobody may wait on it then.
    Event* create_event();
    void destroy(Event* event);
    void set(Event* event);                         // wakes all that wait, in order
    void reset(Event* event);
    bool wait_for(Event* event, const sc_core::sc_time& timeout);  // blocks; threads only. SC_ZERO_TIME: for ever. False: timed out

    // Interrupts. connect() makes messages of this address and data run `isr` in the interrupt context; `vector` is for traces. The
    // handle is for disconnect(), after which `isr` does not run any more, not even for messages that have arrived.
    unsigned connect(uint64_t address, uint32_t data, unsigned vector, std::function<void()> isr);
    void disconnect(unsigned handle);
    // An MSI-X message has arrived at the host now (RootComplex calls this).
    void message(uint64_t address, uint32_t data);

    // One callback that runs in the interrupt context soon after raise_softirq(); requests until it starts are merged.
    void register_softirq(std::function<void()> callback) { softirq_ = std::move(callback); }
    void raise_softirq();

    // One-shot timers, in the interrupt context. cancel_timer() says whether the callback was prevented; the handle is dead once it ran.
    uint64_t start_timer(const sc_core::sc_time& delay, std::function<void()> callback);
    bool cancel_timer(uint64_t timer);

    // Registers, at CPU addresses; size 1, 2 or 4, naturally aligned. Writes spend, and wait only while the root complex has no room.
    uint32_t mmio_read(uint64_t address, unsigned size);  // stalls until the completion; all ones after an error
    void mmio_write(uint64_t address, unsigned size, uint32_t value);

    const Counters& counters() const { return counters_; }

private:
    struct Vector {
        uint64_t address;
        uint32_t data;
        unsigned number;
        bool pending;                    // its ISR is to start
        std::function<void()> isr;       // empty: disconnected
    };
    struct Arrival {
        sc_core::sc_time due;            // arrival and latency
        unsigned handle;
    };
    struct Timer {
        uint64_t id;
        std::function<void()> callback;
    };

    // Ownership (cpu.cpp)
    void acquire(Context& context);
    void release();
    void yield_to_interrupt(Context& context);
    void spend(const sc_core::sc_time& time);
    void spend_beside_code(double ns);
    void settle(bool finished);
    void tell_function(const char* function, bool enter);
    void block(Context& context, const std::function<void()>& wait);
    void meter_runs(Context* context);
    bool refuse_in_interrupt(const char* call);
    void transport(tlm::tlm_command command, uint64_t address, unsigned size, uint8_t* data);

    // Interrupt context (cpu_interrupt.cpp)
    void interrupt_process();
    void wait_for_interrupt_work();
    bool interrupt_is_due() const;  // a message or a timer, now
    void let_interrupt_come();
    bool run_one();
    bool run_isr();
    bool run_timer();
    bool run_softirq();
    void guard_against_livelock();
    sc_core::sc_time interrupt_latency();
    void trace(EventKind kind, unsigned vector);

    const CpuConfig config_;
    EventStream& events_;
    Counters counters_;
    CodeMeter* meter_ = nullptr;

    Context interrupt_;
    Context* owner_ = nullptr;
    std::deque<Context*> ready_;         // threads that want the CPU, next first
    bool interrupt_waiting_ = false;     // the interrupt context wants it
    sc_core::sc_event preempt_;          // ... and the owner is spending time
    std::vector<std::unique_ptr<Thread>> threads_;
    uint64_t threads_spawned_ = 0;
    std::vector<std::unique_ptr<Event>> event_objects_;

    sc_core::sc_event interrupt_wake_;
    std::vector<Vector> vectors_;
    std::deque<Arrival> arrivals_;       // in order of due
    std::mt19937_64 random_;             // its sequence is fixed by the C++ standard
    std::function<void()> softirq_;
    bool softirq_raised_ = false;
    std::map<std::pair<sc_core::sc_time, uint64_t>, Timer> timers_;  // by time, then by start
    std::unordered_map<uint64_t, sc_core::sc_time> timer_due_;       // looked up, never iterated
    uint64_t timers_started_ = 0;
    sc_core::sc_time guarded_time_;
    uint64_t callbacks_now_ = 0;         // at guarded_time_
};

}  // namespace hw
