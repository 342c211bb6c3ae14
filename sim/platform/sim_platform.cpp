// SPDX-License-Identifier: Apache-2.0
#include "sim_platform.h"

#include <algorithm>
#include <atomic>
#include <cstdio>

#include "sim_time.h"

namespace sim {
namespace {

// The same order on both sides of the seam.
static_assert(static_cast<int>(hw::EventKind::function_enter) == PLATFORM_TRACE_FUNCTION_ENTER);
static_assert(static_cast<int>(hw::EventKind::function_exit) == PLATFORM_TRACE_FUNCTION_EXIT);
static_assert(static_cast<int>(hw::EventKind::nbl_sent) == PLATFORM_TRACE_NBL_SENT);
static_assert(static_cast<int>(hw::EventKind::nbl_completed) == PLATFORM_TRACE_NBL_COMPLETED);
static_assert(static_cast<int>(hw::EventKind::nbl_indicated) == PLATFORM_TRACE_NBL_INDICATED);
static_assert(static_cast<int>(hw::EventKind::nbl_returned) == PLATFORM_TRACE_NBL_RETURNED);
static_assert(static_cast<int>(hw::EventKind::ring_post) == PLATFORM_TRACE_RING_POST);
static_assert(static_cast<int>(hw::EventKind::ring_reap) == PLATFORM_TRACE_RING_REAP);
static_assert(static_cast<int>(hw::EventKind::doorbell) == PLATFORM_TRACE_DOORBELL);
static_assert(static_cast<int>(hw::DmaDirection::to_device) == PLATFORM_DMA_TO_DEVICE);
static_assert(static_cast<int>(hw::DmaDirection::from_device) == PLATFORM_DMA_FROM_DEVICE);
static_assert(static_cast<int>(hw::DmaDirection::both) == PLATFORM_DMA_BOTH);
static_assert(static_cast<int>(hw::Work::send_nb) == PLATFORM_WORK_SEND_NB);
static_assert(static_cast<int>(hw::Work::complete_nb) == PLATFORM_WORK_COMPLETE_NB);
static_assert(static_cast<int>(hw::Work::receive_nb) == PLATFORM_WORK_RECEIVE_NB);
static_assert(static_cast<int>(hw::Work::return_nb) == PLATFORM_WORK_RETURN_NB);

constexpr uint64_t longest_ns = UINT64_MAX / 4000;  // 53 days; longer waits are cut to it

sc_core::sc_time ns_time(uint64_t ns) { return hw::ps_time((ns < longest_ns ? ns : longest_ns) * 1000); }

hw::Cpu::Event* unwrap(struct platform_event* event) { return reinterpret_cast<hw::Cpu::Event*>(event); }
hw::Cpu::Thread* unwrap(struct platform_thread* thread) { return reinterpret_cast<hw::Cpu::Thread*>(thread); }

}  // namespace

// platform_ops, in its order. ctx is the SimPlatform.
struct SimPlatform::Ops {
    static SimPlatform& self(void* ctx) { return *static_cast<SimPlatform*>(ctx); }

    static void* memory_allocate(void* ctx, size_t size, size_t alignment, const char* site) noexcept {
        return self(ctx).memory_.allocate(size, alignment, site);
    }
    static void memory_free(void* ctx, void* memory) noexcept { self(ctx).memory_.free(memory); }

    static int dma_map(void* ctx, const void* va, size_t length, enum platform_dma_direction direction, const char* owner,
                       struct platform_dma_segment* segments, unsigned max_segments) noexcept {
        auto& scratch = self(ctx).segments_;
        const size_t most = std::min<size_t>(max_segments, length / hw::Ram::page_bytes + 2);  // a run a page, and the ends
        if (scratch.size() < most) scratch.resize(most);
        const int count = self(ctx).iommu_.map(va, length, static_cast<hw::DmaDirection>(direction), owner, scratch.data(),
                                               static_cast<unsigned>(most));
        for (int i = 0; i < count; i++) segments[i] = {scratch[static_cast<size_t>(i)].iova, scratch[static_cast<size_t>(i)].length};
        return count;
    }
    static void dma_unmap(void* ctx, const struct platform_dma_segment* segments, unsigned count) noexcept {
        auto& scratch = self(ctx).segments_;
        if (scratch.size() < count) scratch.resize(count);
        for (unsigned i = 0; i < count; i++) scratch[i] = {segments[i].iova, segments[i].length};
        self(ctx).iommu_.unmap(scratch.data(), count);
    }
    static void* dma_allocate_coherent(void* ctx, size_t size, size_t alignment, uint64_t highest, const char* owner,
                                       uint64_t* iova) noexcept {
        SimPlatform& p = self(ctx);
        void* memory = p.memory_.allocate_contiguous(size, alignment, owner);
        hw::DmaSegment segment{};
        if (!memory) return nullptr;
        if (p.iommu_.map(memory, size, hw::DmaDirection::both, owner, &segment, 1, highest) != 1) {  // of no bytes, or none so low
            p.memory_.free(memory);
            return nullptr;
        }
        p.coherent_[memory] = segment;
        *iova = segment.iova;
        return memory;
    }
    static void dma_free_coherent(void* ctx, void* memory) noexcept {
        SimPlatform& p = self(ctx);
        const auto place = p.coherent_.find(memory);
        if (place != p.coherent_.end()) {
            p.iommu_.unmap(&place->second, 1);
            p.coherent_.erase(place);
        }
        p.memory_.free(memory);  // which reports what never was allocated
    }

    static uint32_t config_read(void* ctx, unsigned offset, unsigned size) noexcept { return self(ctx).bus_.config_read(offset, size); }
    static void config_write(void* ctx, unsigned offset, unsigned size, uint32_t value) noexcept {
        self(ctx).bus_.config_write(offset, size, value);
    }
    static uint32_t mmio_read(void* ctx, unsigned bar, uint32_t offset, unsigned size) noexcept {
        SimPlatform& p = self(ctx);
        if (!p.mmio_legal(bar, offset, size, "read")) return UINT32_MAX;
        return p.cpu_.mmio_read(p.bus_.bar_address() + offset, size);
    }
    static void mmio_write(void* ctx, unsigned bar, uint32_t offset, unsigned size, uint32_t value) noexcept {
        SimPlatform& p = self(ctx);
        if (p.mmio_legal(bar, offset, size, "write")) p.cpu_.mmio_write(p.bus_.bar_address() + offset, size, value);
    }

    // The simulation is one host thread, and DMA is a call: keeping the compiler from moving accesses is all that is needed, and the
    // order in which the device sees stores is the order in which the driver made them.
    static void read_barrier(void*) noexcept { std::atomic_signal_fence(std::memory_order_acquire); }
    static void write_barrier(void*) noexcept { std::atomic_signal_fence(std::memory_order_release); }
    static void full_barrier(void*) noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

    static unsigned interrupt_vectors(void* ctx) noexcept { return self(ctx).bus_.vectors(); }
    static int interrupt_connect(void* ctx, unsigned vector, void (*isr)(void*), void* arg) noexcept {
        return self(ctx).bus_.connect(vector, [isr, arg] { isr(arg); });
    }
    static void interrupt_disconnect(void* ctx, unsigned vector) noexcept { self(ctx).bus_.disconnect(vector); }
    static void softirq_register(void* ctx, void (*callback)(void*), void* arg) noexcept {
        std::function<void()> softirq;  // empty: one that is still raised is nobody's
        if (callback) softirq = [callback, arg] { callback(arg); };
        self(ctx).cpu_.register_softirq(std::move(softirq));
    }
    static void softirq_raise(void* ctx) noexcept { self(ctx).cpu_.raise_softirq(); }
    static bool in_interrupt(void* ctx) noexcept { return self(ctx).cpu_.in_interrupt(); }

    static uint64_t now_ps(void*) noexcept { return hw::now_ps(); }
    static void charge(void* ctx, enum platform_work work, unsigned count) noexcept {
        self(ctx).cpu_.charge(static_cast<hw::Work>(work), count);
    }
    static void sleep_ns(void* ctx, uint64_t ns) noexcept { self(ctx).cpu_.sleep(ns_time(ns)); }
    static struct platform_event* event_create(void* ctx) noexcept {
        return reinterpret_cast<struct platform_event*>(self(ctx).cpu_.create_event());
    }
    static void event_destroy(void* ctx, struct platform_event* event) noexcept { self(ctx).cpu_.destroy(unwrap(event)); }
    static void event_set(void* ctx, struct platform_event* event) noexcept { self(ctx).cpu_.set(unwrap(event)); }
    static void event_reset(void* ctx, struct platform_event* event) noexcept { self(ctx).cpu_.reset(unwrap(event)); }
    static bool event_wait(void* ctx, struct platform_event* event, uint64_t timeout_ns) noexcept {
        return self(ctx).cpu_.wait_for(unwrap(event), ns_time(timeout_ns));
    }
    static uint64_t timer_start(void* ctx, uint64_t ns, void (*callback)(void*), void* arg) noexcept {
        return self(ctx).cpu_.start_timer(ns_time(ns), [callback, arg] { callback(arg); });
    }
    static bool timer_cancel(void* ctx, uint64_t timer) noexcept { return self(ctx).cpu_.cancel_timer(timer); }
    static struct platform_thread* thread_create(void* ctx, const char* name, void (*entry)(void*), void* arg) noexcept {
        return reinterpret_cast<struct platform_thread*>(self(ctx).cpu_.spawn(name, [entry, arg] { entry(arg); }));
    }
    static void thread_join(void* ctx, struct platform_thread* thread) noexcept { self(ctx).cpu_.join(unwrap(thread)); }

    static bool trace_enabled(void* ctx, enum platform_trace_kind kind) noexcept {
        return self(ctx).events_.wants(static_cast<hw::EventKind>(kind));
    }
    static void trace(void* ctx, const struct platform_trace* report) noexcept {
        const bool enter = report->kind == PLATFORM_TRACE_FUNCTION_ENTER;
        if ((enter || report->kind == PLATFORM_TRACE_FUNCTION_EXIT) && self(ctx).cpu_.step(report->text, enter)) return;
        hw::Event event;
        event.time_ps = hw::now_ps();
        event.kind = static_cast<hw::EventKind>(report->kind);
        event.queue = report->queue;
        event.index = report->index;
        event.packet = report->packet;
        event.value = report->value;
        event.text = report->text;
        self(ctx).events_.emit(event);
    }
    static void violation(void* ctx, const char* check, const char* clause, int64_t packet, const char* message) noexcept {
        self(ctx).events_.violate({0, check ? check : "", clause ? clause : "", message ? message : "", packet});
    }

    static void lost(void* ctx, const struct platform_lost* report) noexcept {
        if (self(ctx).lost_) self(ctx).lost_(*report);
    }

    static const struct platform_ops table;
};

const struct platform_ops SimPlatform::Ops::table = {
    memory_allocate, memory_free, dma_map, dma_unmap, dma_allocate_coherent, dma_free_coherent,
    config_read, config_write, mmio_read, mmio_write, read_barrier, write_barrier, full_barrier,
    interrupt_vectors, interrupt_connect, interrupt_disconnect, softirq_register, softirq_raise, in_interrupt,
    now_ps, charge, sleep_ns, event_create, event_destroy, event_set, event_reset, event_wait,
    timer_start, timer_cancel, thread_create, thread_join, trace_enabled, trace, violation, lost,
};

SimPlatform::SimPlatform(hw::HostMemory& memory, hw::Iommu& iommu, hw::Cpu& cpu, BusDriver& bus, hw::EventStream& events)
    : memory_(memory), iommu_(iommu), cpu_(cpu), bus_(bus), events_(events), seam_{&Ops::table, this} {}

bool SimPlatform::mmio_legal(unsigned bar, uint32_t offset, unsigned size, const char* what) {
    const bool sized = size == 1 || size == 2 || size == 4;
    if (bar == 0 && sized && offset % size == 0 && uint64_t{offset} + size <= bus_.bar_bytes()) return true;
    char message[128];
    std::snprintf(message, sizeof message, "MMIO %s of %u bytes at BAR%u + %#x is misaligned or outside the BAR", what, size, bar, offset);
    events_.violate({0, "platform.mmio", "ours: accesses of 1, 2 or 4 bytes, naturally aligned, inside BAR0", message, -1});
    return false;
}

void SimPlatform::report_leaks() {
    iommu_.report_leaks();
    memory_.report_leaks();
}

}  // namespace sim
