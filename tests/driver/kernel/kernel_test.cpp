// SPDX-License-Identifier: Apache-2.0
// Pools, IRQL, locks, DPCs, events and timers of the kernel, over the fake platform.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fake_platform.h"
#include "kernel/kernel.h"

namespace {

class Kernel : public ::testing::Test {
protected:
    Kernel() {
        fake_platform_config_default(&config_);
        config_.yield_on_charge = true;
        fake_ = fake_platform_create(&config_);
        kernel_ = kernel_create(fake_platform_seam(fake_));
        kernel_enter(kernel_, &scope_);
    }
    ~Kernel() override {
        kernel_leave(&scope_);
        kernel_destroy(kernel_);
        EXPECT_EQ(fake_platform_violation_count(fake_), expected_violations_);
        EXPECT_EQ(fake_platform_destroy(fake_), 0u);
    }
    bool violated(const char* check) {
        bool found = fake_platform_find_violation(fake_, check) != nullptr;
        expected_violations_ = fake_platform_violation_count(fake_);
        return found;
    }
    platform* seam() { return kernel_platform(kernel_); }
    void sleep(uint64_t ns) { seam()->ops->sleep_ns(seam()->ctx, ns); }

    fake_platform_config config_;
    fake_platform* fake_;
    kernel* kernel_;
    kernel_scope scope_;
    unsigned expected_violations_ = 0;
};

TEST_F(Kernel, PoolMemoryIsZeroedAndAligned) {
    for (SIZE_T size : {1u, 100u, 4096u, 70000u}) {
        auto* memory = static_cast<UCHAR*>(ExAllocatePoolWithTag(NonPagedPool, size, 0x31313131));
        ASSERT_NE(memory, nullptr);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % (size >= PAGE_SIZE ? PAGE_SIZE : 16), 0u);
        for (SIZE_T i = 0; i < size; i++) ASSERT_EQ(memory[i], 0);
        ExFreePoolWithTag(memory, 0x31313131);
    }
}

TEST_F(Kernel, PoolMemoryThatIsNotFreedIsReportedByTag) {
    ASSERT_NE(ExAllocatePoolWithTag(NonPagedPool, 10, 'a' | 'b' << 8 | 'c' << 16 | 'd' << 24), nullptr);
    kernel_leave(&scope_);
    kernel_destroy(kernel_);
    const fake_violation* violation = fake_platform_find_violation(fake_, "pool.leaked");
    ASSERT_NE(violation, nullptr);
    EXPECT_NE(std::string(violation->message).find("'abcd'"), std::string::npos) << violation->message;
    expected_violations_ = 1;
    kernel_ = kernel_create(fake_platform_seam(fake_));
    kernel_enter(kernel_, &scope_);
}

TEST_F(Kernel, FreeingWithAnotherTagIsReported) {
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPool, 10, 1), 2);
    EXPECT_TRUE(violated("pool.tag"));
}

TEST_F(Kernel, AnInjectedAllocationFailureHappensOnce) {
    kernel_fail_allocations(kernel_, 1, 1);
    PVOID first = ExAllocatePoolWithTag(NonPagedPool, 8, 1);
    EXPECT_NE(first, nullptr);
    EXPECT_EQ(ExAllocatePoolWithTag(NonPagedPool, 8, 1), nullptr);
    PVOID third = ExAllocatePoolWithTag(NonPagedPool, 8, 1);
    EXPECT_NE(third, nullptr);
    ExFreePool(first);
    ExFreePool(third);
}

TEST_F(Kernel, AcquiringASpinLockRaisesAndReleasingRestores) {
    KSPIN_LOCK lock;
    KIRQL old;
    KeInitializeSpinLock(&lock);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeAcquireSpinLock(&lock, &old);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeReleaseSpinLock(&lock, old);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

TEST_F(Kernel, AcquiringALockTwiceIsReported) {
    KSPIN_LOCK lock = 0;
    KIRQL old, older;
    KeAcquireSpinLock(&lock, &old);
    KeAcquireSpinLock(&lock, &older);
    EXPECT_TRUE(violated("kernel.spin_lock"));
    KeReleaseSpinLock(&lock, old);
}

TEST_F(Kernel, ReleasingAFreeLockIsReported) {
    KSPIN_LOCK lock = 0;
    KeReleaseSpinLock(&lock, PASSIVE_LEVEL);
    EXPECT_TRUE(violated("kernel.spin_lock"));
}

VOID give_lock(PKDPC, PVOID context, PVOID, PVOID) { KeReleaseSpinLock(static_cast<KSPIN_LOCK*>(context), PASSIVE_LEVEL); }

// It gives back a lock, and a level, that are not its own.
TEST_F(Kernel, ADpcThatLowersItsLevelIsReported) {
    KSPIN_LOCK lock = 0;
    KDPC dpc;
    KeInitializeDpc(&dpc, give_lock, &lock);
    KeInsertQueueDpc(&dpc, nullptr, nullptr);
    sleep(1000);
    EXPECT_TRUE(violated("kernel.spin_lock"));
}

TEST_F(Kernel, AStallOfMoreThanFiftyMicrosecondsIsReported) {
    KeStallExecutionProcessor(50);
    EXPECT_FALSE(violated("kernel.stall"));
    KeStallExecutionProcessor(51);
    EXPECT_TRUE(violated("kernel.stall"));
}

TEST_F(Kernel, RaisingMayNotLower) {
    KIRQL old, older;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeRaiseIrql(PASSIVE_LEVEL, &older);
    EXPECT_TRUE(violated("kernel.irql"));
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
}

struct Counter {
    unsigned runs = 0;
    KIRQL irql = 0;
    std::vector<int>* order = nullptr;
    int id = 0;
};

VOID count_dpc(PKDPC, PVOID context, PVOID, PVOID) {
    auto* counter = static_cast<Counter*>(context);
    counter->runs++;
    counter->irql = KeGetCurrentIrql();
    if (counter->order) counter->order->push_back(counter->id);
}

TEST_F(Kernel, ADpcRunsOnceAtDispatchLevelHoweverOftenItIsQueued) {
    Counter counter;
    KDPC dpc;
    KeInitializeDpc(&dpc, count_dpc, &counter);
    EXPECT_TRUE(KeInsertQueueDpc(&dpc, nullptr, nullptr));
    EXPECT_FALSE(KeInsertQueueDpc(&dpc, nullptr, nullptr));
    KeFlushQueuedDpcs();
    EXPECT_EQ(counter.runs, 1u);
    EXPECT_EQ(counter.irql, DISPATCH_LEVEL);
    EXPECT_TRUE(KeInsertQueueDpc(&dpc, nullptr, nullptr));
    EXPECT_TRUE(KeRemoveQueueDpc(&dpc));
    KeFlushQueuedDpcs();
    EXPECT_EQ(counter.runs, 1u);
}

TEST_F(Kernel, DpcsRunInTheOrderQueued) {
    std::vector<int> order;
    Counter counters[4];
    KDPC dpcs[4];
    for (int i = 0; i < 4; i++) {
        counters[i].order = &order;
        counters[i].id = i;
        KeInitializeDpc(&dpcs[i], count_dpc, &counters[i]);
    }
    for (int i : {2, 0, 3, 1}) KeInsertQueueDpc(&dpcs[i], nullptr, nullptr);
    KeFlushQueuedDpcs();
    EXPECT_EQ(order, (std::vector<int>{2, 0, 3, 1}));
}

TEST_F(Kernel, ADpcWaitsForTheThreadAtDispatchLevel) {
    Counter counter;
    KDPC dpc;
    KeInitializeDpc(&dpc, count_dpc, &counter);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeInsertQueueDpc(&dpc, nullptr, nullptr);
    seam()->ops->config_read(seam()->ctx, 0, 4);  // time passes, and interrupts with it
    EXPECT_EQ(counter.runs, 0u);
    KeLowerIrql(old);
    seam()->ops->config_read(seam()->ctx, 0, 4);
    EXPECT_EQ(counter.runs, 1u);
}

struct Shared {
    platform* seam;
    KEVENT event;
    KSPIN_LOCK lock = 0;
    std::string log;
};

void locker(void* arg) {
    auto* shared = static_cast<Shared*>(arg);
    KIRQL old;
    KeAcquireSpinLock(&shared->lock, &old);
    shared->log += 'b';
    KeReleaseSpinLock(&shared->lock, old);
}

TEST_F(Kernel, AThreadWaitsForAnotherAtDispatchLevel) {
    Shared shared{seam(), {}, 0, ""};
    KIRQL old;
    KeAcquireSpinLock(&shared.lock, &old);
    platform_thread* thread = seam()->ops->thread_create(seam()->ctx, "locker", locker, &shared);
    for (int i = 0; i < 10; i++) seam()->ops->charge(seam()->ctx, PLATFORM_WORK_SEND_NB, 1);
    shared.log += 'a';
    KeReleaseSpinLock(&shared.lock, old);
    seam()->ops->thread_join(seam()->ctx, thread);
    EXPECT_EQ(shared.log, "ab");
}

void waiter(void* arg) {
    auto* shared = static_cast<Shared*>(arg);
    EXPECT_EQ(KeWaitForSingleObject(&shared->event, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
    shared->log += 'w';
}

TEST_F(Kernel, ANotificationEventWakesAllAndStaysSet) {
    Shared shared{seam(), {}, 0, ""};
    KeInitializeEvent(&shared.event, NotificationEvent, FALSE);
    platform_thread* threads[2];
    for (auto& thread : threads) thread = seam()->ops->thread_create(seam()->ctx, "waiter", waiter, &shared);
    sleep(1000);
    EXPECT_EQ(shared.log, "");
    KeSetEvent(&shared.event, 0, FALSE);
    for (auto& thread : threads) seam()->ops->thread_join(seam()->ctx, thread);
    EXPECT_EQ(shared.log, "ww");
    EXPECT_EQ(KeResetEvent(&shared.event), 1);
}

TEST_F(Kernel, ASynchronizationEventWakesOne) {
    Shared shared{seam(), {}, 0, ""};
    KeInitializeEvent(&shared.event, SynchronizationEvent, FALSE);
    platform_thread* threads[2];
    for (auto& thread : threads) thread = seam()->ops->thread_create(seam()->ctx, "waiter", waiter, &shared);
    sleep(1000);
    KeSetEvent(&shared.event, 0, FALSE);
    sleep(1000);
    EXPECT_EQ(shared.log, "w");
    KeSetEvent(&shared.event, 0, FALSE);
    for (auto& thread : threads) seam()->ops->thread_join(seam()->ctx, thread);
    EXPECT_EQ(shared.log, "ww");
}

TEST_F(Kernel, AWaitConsumesASynchronizationEventAndNotANotification) {
    LARGE_INTEGER now;
    now.QuadPart = 0;
    KEVENT event;
    KeInitializeEvent(&event, SynchronizationEvent, TRUE);
    EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &now), STATUS_SUCCESS);
    EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &now), STATUS_TIMEOUT);
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &now), STATUS_SUCCESS);
    EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &now), STATUS_SUCCESS);
}

TEST_F(Kernel, AWaitTimesOutAfterItsTime) {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    ULONGLONG before = KeQueryInterruptTime();
    LARGE_INTEGER timeout;
    timeout.QuadPart = -500;  // 50 us
    EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout), STATUS_TIMEOUT);
    EXPECT_GE(KeQueryInterruptTime() - before, 499u);
    EXPECT_LE(KeQueryInterruptTime() - before, 510u);
}

TEST_F(Kernel, WaitingAtDispatchLevelIsReported) {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr), STATUS_TIMEOUT);
    KeLowerIrql(old);
    EXPECT_TRUE(violated("kernel.irql"));
}

void fired(void* arg) {
    auto* counter = static_cast<Counter*>(arg);
    counter->runs++;
    counter->irql = KeGetCurrentIrql();
}

TEST_F(Kernel, ATimerRunsAtDispatchLevelAndCanBeCancelled) {
    Counter kept, cancelled;
    seam()->ops->timer_start(seam()->ctx, 1000, fired, &kept);
    uint64_t handle = seam()->ops->timer_start(seam()->ctx, 1000, fired, &cancelled);
    EXPECT_TRUE(seam()->ops->timer_cancel(seam()->ctx, handle));
    EXPECT_FALSE(seam()->ops->timer_cancel(seam()->ctx, handle));
    sleep(5000);
    EXPECT_EQ(kept.runs, 1u);
    EXPECT_EQ(kept.irql, DISPATCH_LEVEL);
    EXPECT_EQ(cancelled.runs, 0u);
}

void note_kernel(void* arg) { *static_cast<kernel**>(arg) = kernel_current(); }

TEST_F(Kernel, InterruptsOfTwoMachinesEachSeeTheirOwnKernel) {
    fake_platform* other_fake = fake_platform_create(&config_);
    kernel* other = kernel_create(fake_platform_seam(other_fake));
    kernel *seen = nullptr, *other_seen = nullptr;
    seam()->ops->interrupt_connect(seam()->ctx, 0, note_kernel, &seen);
    platform* other_seam = kernel_platform(other);
    other_seam->ops->interrupt_connect(other_seam->ctx, 0, note_kernel, &other_seen);
    fake_platform_interrupt(fake_, 0);
    fake_platform_interrupt(other_fake, 0);
    fake_platform_run_for(other_fake, 1000);
    sleep(1000);
    EXPECT_EQ(seen, kernel_);
    EXPECT_EQ(other_seen, other);
    EXPECT_EQ(kernel_current(), kernel_);
    kernel_destroy(other);
    EXPECT_EQ(fake_platform_destroy(other_fake), 0u);
}

TEST_F(Kernel, TheTimeIsKnownInEveryContextAndAfterEveryCallThatLetsItPass) {
    struct Clock {
        kernel* owner;
        platform* seam;
        unsigned looks = 0;
        void look() {
            looks++;
            EXPECT_EQ(kernel_now_ps(owner), seam->ops->now_ps(seam->ctx)) << "look " << looks;
        }
        static void thread(void* clock) {
            auto* self = static_cast<Clock*>(clock);
            self->look();
            self->seam->ops->sleep_ns(self->seam->ctx, 700);
            self->look();
        }
        static VOID dpc(PKDPC, PVOID clock, PVOID, PVOID) { static_cast<Clock*>(clock)->look(); }
        static void timer(void* clock) { static_cast<Clock*>(clock)->look(); }
    } clock{kernel_, seam()};
    const platform_ops* ops = seam()->ops;
    void* ctx = seam()->ctx;
    clock.look();
    sleep(1000);
    clock.look();
    ops->charge(ctx, PLATFORM_WORK_SEND_NB, 3);
    clock.look();
    (void)ops->config_read(ctx, 0, 4);
    clock.look();
    (void)ops->mmio_read(ctx, 0, 0, 4);
    clock.look();
    ops->mmio_write(ctx, 0, 0, 4, 0);
    clock.look();
    platform_event* event = ops->event_create(ctx);
    EXPECT_FALSE(ops->event_wait(ctx, event, 500));
    clock.look();
    ops->event_destroy(ctx, event);
    platform_thread* thread = ops->thread_create(ctx, "clock", Clock::thread, &clock);
    (void)ops->timer_start(ctx, 300, Clock::timer, &clock);
    KDPC dpc;
    KeInitializeDpc(&dpc, Clock::dpc, &clock);
    KeInsertQueueDpc(&dpc, nullptr, nullptr);
    ops->thread_join(ctx, thread);
    clock.look();
    EXPECT_EQ(clock.looks, 12u);
}

TEST_F(Kernel, UnicodeStringsCompareWithoutCaseOnRequest) {
    UNICODE_STRING a, b;
    RtlInitUnicodeString(&a, u"\\DEVICE\\Nic0");
    RtlInitUnicodeString(&b, u"\\Device\\nic0");
    EXPECT_EQ(a.Length, 24);
    EXPECT_FALSE(RtlEqualUnicodeString(&a, &b, FALSE));
    EXPECT_TRUE(RtlEqualUnicodeString(&a, &b, TRUE));
}

TEST_F(Kernel, ASecondCardHasItsOwnRegistersAndInterruptsInTheSameMachine) {
    static unsigned disconnected;
    static void (*isr)(void*);
    static void* isr_arg;
    platform_ops ops = *fake_platform_seam(fake_)->ops;
    ops.config_read = [](void*, unsigned, unsigned) -> uint32_t { return 0x1234; };
    ops.interrupt_connect = [](void*, unsigned, void (*handler)(void*), void* arg) {
        isr = handler;
        isr_arg = arg;
        return 0;
    };
    ops.interrupt_disconnect = [](void*, unsigned vector) { disconnected += 1 + vector; };
    const platform card{&ops, fake_platform_seam(fake_)->ctx};
    platform* second = kernel_add_slot(kernel_, &card);
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(second->ops->config_read(second->ctx, 0, 4), 0x1234u);
    EXPECT_NE(seam()->ops->config_read(seam()->ctx, 0, 4), 0x1234u);
    unsigned first_runs = 0, second_runs = 0;
    const auto count = [](void* arg) { ++*static_cast<unsigned*>(arg); };
    ASSERT_EQ(seam()->ops->interrupt_connect(seam()->ctx, 1, count, &first_runs), 0);
    ASSERT_EQ(second->ops->interrupt_connect(second->ctx, 1, count, &second_runs), 0);
    fake_platform_interrupt(fake_, 1);
    sleep(1000);
    isr(isr_arg);
    EXPECT_EQ(first_runs, 1u);
    EXPECT_EQ(second_runs, 1u);
    second->ops->interrupt_disconnect(second->ctx, 1);
    EXPECT_EQ(disconnected, 2u);
    fake_platform_interrupt(fake_, 1);
    sleep(1000);
    EXPECT_EQ(first_runs, 2u) << "the other card's interrupt of the same number is connected still";
    EXPECT_EQ(second->ops->now_ps(second->ctx), seam()->ops->now_ps(seam()->ctx));
    seam()->ops->interrupt_disconnect(seam()->ctx, 1);
    for (unsigned i = 2; i < KERNEL_SLOTS; i++) EXPECT_NE(kernel_add_slot(kernel_, &card), nullptr);
    EXPECT_EQ(kernel_add_slot(kernel_, &card), nullptr) << "no more slots";
}

}  // namespace
