// SPDX-License-Identifier: Apache-2.0
// Who owns the CPU, and where its time goes: threads, events, registers.
#include "cpu.h"

#include <algorithm>
#include <cassert>
#include <cinttypes>
#include <cstdio>

#include "code_meter.h"
#include "sim_time.h"

namespace hw {

using sc_core::SC_NS;
using sc_core::SC_ZERO_TIME;
using sc_core::sc_time;
using sc_core::sc_time_stamp;

Cpu::Cpu(const sc_core::sc_module_name& name, const CpuConfig& config, EventStream& events)
    : sc_module(name), config_(config), events_(events), random_(config.seed) {
    assert(config.error().empty());
    sc_core::sc_spawn_options options;
    options.set_stack_size(static_cast<int>(config_.stack_bytes));
    sc_core::sc_spawn([this] { interrupt_process(); }, "interrupt", &options);
}

Cpu::~Cpu() = default;

// The CPU goes from hand to hand: release() names the next owner, so nobody can step in between.
void Cpu::acquire(Context& context) {
    if (&context != &interrupt_) let_interrupt_come();
    if (!owner_ && !interrupt_waiting_ && ready_.empty()) {
        owner_ = &context;
        meter_runs(&context);
        return;
    }
    if (&context == &interrupt_) {
        interrupt_waiting_ = true;
        preempt_.notify();
    } else {
        ready_.push_back(&context);
    }
    while (owner_ != &context) sc_core::wait(context.granted);
    meter_runs(&context);
}

void Cpu::release() {
    meter_runs(nullptr);
    owner_ = nullptr;
    if (interrupt_waiting_) {
        interrupt_waiting_ = false;
        owner_ = &interrupt_;
    } else if (!ready_.empty()) {
        owner_ = ready_.front();
        ready_.pop_front();
    }
    if (owner_) owner_->granted.notify();
}

// The thread loses the CPU to the interrupt context and is the next thread to have it again.
void Cpu::yield_to_interrupt(Context& context) {
    if (!interrupt_waiting_) return;
    ready_.push_front(&context);
    release();
    while (owner_ != &context) sc_core::wait(context.granted);
}

// An interrupt that is due in the very instant in which a thread goes on comes first. Else it hung on which of the two the kernel wakes
// first, and that on everything else that waits.
void Cpu::let_interrupt_come() {
    if (interrupt_is_due()) sc_core::wait(SC_ZERO_TIME);
}

// Measured code is charged to whoever has the CPU, and to nobody while time passes.
void Cpu::meter_runs(Context* context) {
    if (!meter_) return;
    meter_->keep_steps(events_.wants(EventKind::function_enter));
    meter_->run(context);
}

// The one place where software takes time. Interrupts lengthen what a thread spends by what they take.
void Cpu::spend(const sc_time& time) {
    if (time == SC_ZERO_TIME || !owner_) return;
    Context& context = *owner_;
    counters_.busy += time;
    meter_runs(nullptr);
    if (&context == &interrupt_) {
        sc_core::wait(time);
        meter_runs(&context);
        return;
    }
    for (sc_time left = time; left != SC_ZERO_TIME;) {
        yield_to_interrupt(context);
        const sc_time start = sc_time_stamp();
        sc_core::wait(left, preempt_);
        left -= sc_time_stamp() - start;
    }
    let_interrupt_come();
    yield_to_interrupt(context);
    meter_runs(&context);
}

// What measured code took since the last time, and the functions that it was in, each at its time. `finished`: the device is to see all
// that it did.
void Cpu::settle(bool finished) {
    if (!meter_ || !owner_) return;
    const std::vector<CodeMeter::Step> steps = meter_->take_steps();
    const uint64_t all = meter_->take_ps(finished);
    uint64_t spent = 0;
    for (const CodeMeter::Step& step : steps) {
        spend(ps_time(step.ps - spent));
        spent = step.ps;
        tell_function(step.function, step.enter);
    }
    spend(ps_time(all - spent));
}

void Cpu::tell_function(const char* function, bool enter) {
    hw::Event event;
    event.time_ps = now_ps();
    event.kind = enter ? EventKind::function_enter : EventKind::function_exit;
    event.text = function;
    events_.emit(event);
}

// While a thread is blocked others run, and it is in no function for who looks.
void Cpu::block(Context& context, const std::function<void()>& wait) {
    if (meter_) {
        const std::vector<const char*>& open = meter_->open_functions(&context);
        for (auto function = open.rbegin(); function != open.rend(); ++function) tell_function(*function, false);
    }
    release();
    wait();
    acquire(context);
    if (meter_)
        for (const char* function : meter_->open_functions(&context)) tell_function(function, true);
}

bool Cpu::step(const char* function, bool enter) {
    if (meter_) meter_->step(function, enter);
    return meter_ != nullptr;
}

void Cpu::spend_beside_code(double ns) {
    const sc_time time(ns, SC_NS);
    if (meter_) meter_->charge_ps(time.value());
    spend(time);
}

// What is announced is what measured code does anyway, and costs what it takes.
void Cpu::charge(Work work, unsigned count) {
    if (!meter_) {
        spend(sc_time(config_.work_ns[static_cast<size_t>(work)], SC_NS) * count);
        return;
    }
    if (work == Work::send_nb || work == Work::receive_nb) meter_->packets(count);
    settle(false);
}

bool Cpu::refuse_in_interrupt(const char* call) {
    if (owner_ && !in_interrupt()) return false;
    events_.violate({0, "cpu.blocked_in_interrupt", "ours: only threads block",
                     std::string(call) + " was called " + (owner_ ? "in the interrupt context" : "outside of any thread"), -1});
    return true;
}

Cpu::Thread* Cpu::spawn(const std::string& name, std::function<void()> entry) {
    threads_.push_back(std::make_unique<Thread>());
    Thread* thread = threads_.back().get();
    thread->name_ = name;
    sc_core::sc_spawn_options options;
    options.set_stack_size(static_cast<int>(config_.stack_bytes));
    // SystemC wants unique names of its own making; the caller's is for reports.
    const std::string process = std::string(basename()) + "_thread_" + std::to_string(threads_spawned_++);
    sc_core::sc_spawn(
        [this, thread, entry = std::move(entry)] {
            if (meter_) meter_->begin(&thread->context_, __builtin_frame_address(0), config_.stack_bytes);
            acquire(thread->context_);
            entry();
            settle(true);
            thread->done_ = true;
            thread->finished_.notify();
            release();
            if (meter_) meter_->end(&thread->context_);
        },
        process.c_str(), &options);
    return thread;
}

void Cpu::join(Thread* thread) {
    if (refuse_in_interrupt("join")) return;
    settle(true);
    if (!thread->done_) {
        block(*owner_, [thread] { sc_core::wait(thread->finished_); });
    }
    const auto place = std::find_if(threads_.begin(), threads_.end(), [thread](const auto& t) { return t.get() == thread; });
    if (place != threads_.end()) threads_.erase(place);
}

void Cpu::sleep(const sc_time& time) {
    if (refuse_in_interrupt("sleep")) return;
    settle(true);
    block(*owner_, [&time] { sc_core::wait(time); });
}

Cpu::Event* Cpu::create_event() {
    event_objects_.push_back(std::make_unique<Event>());
    return event_objects_.back().get();
}

void Cpu::destroy(Event* event) {
    if (!event->waiters_.empty()) {
        events_.violate({0, "cpu.event_in_use", "ours: nobody waits on an event that is destroyed",
                         std::to_string(event->waiters_.size()) + " threads wait on an event that is destroyed; it is kept", -1});
        return;
    }
    const auto place = std::find_if(event_objects_.begin(), event_objects_.end(), [event](const auto& e) { return e.get() == event; });
    if (place != event_objects_.end()) event_objects_.erase(place);
}

void Cpu::set(Event* event) {
    event->set_ = true;
    for (Context* waiter : event->waiters_) {
        waiter->satisfied = true;  // even if the event is reset before the waiter runs
        waiter->wake.notify();
    }
    event->waiters_.clear();
}

void Cpu::reset(Event* event) { event->set_ = false; }

bool Cpu::wait_for(Event* event, const sc_time& timeout) {
    if (event->set_) return true;
    if (refuse_in_interrupt("waiting for an event")) return false;
    settle(true);
    if (event->set_) return true;
    Context& context = *owner_;
    context.satisfied = false;
    event->waiters_.push_back(&context);
    block(context, [&] {
        if (timeout == SC_ZERO_TIME)
            sc_core::wait(context.wake);
        else
            sc_core::wait(timeout, context.wake);
        if (context.satisfied) return;
        auto& waiters = event->waiters_;
        waiters.erase(std::remove(waiters.begin(), waiters.end(), &context), waiters.end());
    });
    return context.satisfied;
}

void Cpu::transport(tlm::tlm_command command, uint64_t address, unsigned size, uint8_t* data) {
    tlm::tlm_generic_payload transaction;
    transaction.set_command(command);
    transaction.set_address(address);
    transaction.set_data_ptr(data);
    transaction.set_data_length(size);
    transaction.set_streaming_width(size);
    sc_time delay;
    settle(true);
    meter_runs(nullptr);
    mmio_socket->b_transport(transaction, delay);
    if (delay != SC_ZERO_TIME) sc_core::wait(delay);
    meter_runs(owner_);
    if (transaction.is_response_ok()) return;
    if (command == tlm::TLM_READ_COMMAND) std::fill(data, data + size, uint8_t{0xFF});
    if (transaction.get_response_status() == tlm::TLM_GENERIC_ERROR_RESPONSE) return;  // the device's fault, and the target reported it
    char message[160];
    std::snprintf(message, sizeof message, "MMIO %s of %u bytes at %#" PRIx64 " ended with %s",
                  command == tlm::TLM_READ_COMMAND ? "read" : "write", size, address, transaction.get_response_string().c_str());
    events_.violate({0, "cpu.bus_error", "ours: register accesses stay in the windows of the root complex", message, -1});
}

uint32_t Cpu::mmio_read(uint64_t address, unsigned size) {
    uint8_t data[4] = {};
    counters_.mmio_reads++;
    transport(tlm::TLM_READ_COMMAND, address, size, data);
    return static_cast<uint32_t>(data[0]) | static_cast<uint32_t>(data[1]) << 8 | static_cast<uint32_t>(data[2]) << 16 |
           static_cast<uint32_t>(data[3]) << 24;
}

void Cpu::mmio_write(uint64_t address, unsigned size, uint32_t value) {
    uint8_t data[4];
    for (unsigned i = 0; i < 4; i++) data[i] = static_cast<uint8_t>(value >> (8 * i));
    counters_.mmio_writes++;
    transport(tlm::TLM_WRITE_COMMAND, address, size, data);
    spend_beside_code(config_.mmio_write_ns);
}

}  // namespace hw
