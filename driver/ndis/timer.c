/* SPDX-License-Identifier: Apache-2.0 */
/* timer.c: NDIS timer objects over the machine's one-shot timers. [D] 3.9 */
#include <stdlib.h>

#include "ndis_internal.h"

struct ndis_timer {
    struct ndis_object object;
    PNDIS_TIMER_FUNCTION function;
    PVOID characteristics_context, context;
    uint64_t handle;     /* of the machine, while set */
    uint64_t period_ns;  /* 0: once */
    bool set;
    bool running, freed; /* freed inside its own function: goes when that returns */
};

NDIS_STATUS NdisAllocateTimerObject(NDIS_HANDLE NdisHandle, PNDIS_TIMER_CHARACTERISTICS TimerCharacteristics, PNDIS_HANDLE TimerHandle) {
    struct ndis_object *owner = NdisHandle;
    if (TimerCharacteristics->Header.Size < NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1) return NDIS_STATUS_INVALID_PARAMETER;
    struct ndis_timer *timer = calloc(1, sizeof(*timer));
    if (!timer) return NDIS_STATUS_RESOURCES;
    timer->object = (struct ndis_object){.type = NDIS_OBJECT_TIMER, .ndis = owner ? owner->ndis : ndis_current(__func__),
                                         .name = owner ? owner->name : "timer"};
    timer->function = TimerCharacteristics->TimerFunction;
    timer->characteristics_context = TimerCharacteristics->FunctionContext;
    *TimerHandle = timer;
    return NDIS_STATUS_SUCCESS;
}

static void timer_fired(void *arg);

static void timer_arm(struct ndis_timer *timer, uint64_t ns) {
    const struct platform *platform = timer->object.ndis->platform;
    timer->set = true;
    timer->handle = platform->ops->timer_start(platform->ctx, ns, timer_fired, timer);
}

/* At DISPATCH_LEVEL: the kernel made it a DPC. */
static void timer_fired(void *arg) {
    struct ndis_timer *timer = arg;
    timer->set = false;
    if (timer->period_ns) timer_arm(timer, timer->period_ns);
    timer->running = true;
    timer->function(NULL, timer->context, NULL, NULL);
    timer->running = false;
    if (timer->freed) free(timer);
}

BOOLEAN NdisCancelTimerObject(NDIS_HANDLE TimerHandle) {
    struct ndis_timer *timer = ndis_object_of(TimerHandle, NDIS_OBJECT_TIMER, __func__);
    if (!timer || !timer->set) return FALSE;
    const struct platform *platform = timer->object.ndis->platform;
    timer->set = false;
    timer->period_ns = 0;
    return platform->ops->timer_cancel(platform->ctx, timer->handle);
}

BOOLEAN NdisSetTimerObject(NDIS_HANDLE TimerHandle, LARGE_INTEGER DueTime, LONG MillisecondsPeriod, PVOID FunctionContext) {
    struct ndis_timer *timer = ndis_object_of(TimerHandle, NDIS_OBJECT_TIMER, __func__);
    if (!timer) return FALSE;
    BOOLEAN was_set = NdisCancelTimerObject(timer);
    timer->context = FunctionContext ? FunctionContext : timer->characteristics_context;
    timer->period_ns = (uint64_t)MillisecondsPeriod * 1000000;
    uint64_t now = timer->object.ndis->platform->ops->now_ps(timer->object.ndis->platform->ctx) / 100000;  /* 100 ns ticks */
    uint64_t ticks = 0;
    if (DueTime.QuadPart < 0) ticks = 0 - (uint64_t)DueTime.QuadPart;
    else if ((uint64_t)DueTime.QuadPart > now) ticks = (uint64_t)DueTime.QuadPart - now;
    timer_arm(timer, ticks * 100);
    return was_set;
}

VOID NdisFreeTimerObject(NDIS_HANDLE TimerHandle) {
    struct ndis_timer *timer = ndis_object_of(TimerHandle, NDIS_OBJECT_TIMER, __func__);
    if (!timer) return;
    if (timer->set) {
        kernel_violation(timer->object.ndis->kernel, "timer.freed_while_set", "[D] 6 (0x7C/0x09)", -1, "%s freed a timer that is set",
                         timer->object.name);
        (void)NdisCancelTimerObject(timer);
    }
    if (timer->running) timer->freed = true;
    else free(timer);
}
