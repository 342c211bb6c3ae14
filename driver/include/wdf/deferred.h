/* SPDX-License-Identifier: Apache-2.0 */
/* wdf/deferred.h: what runs later: work items at PASSIVE_LEVEL in a thread, timers at DISPATCH_LEVEL. Include wdf.h, not this header. */
#ifndef RINGSIDE_WDF_DEFERRED_H
#define RINGSIDE_WDF_DEFERRED_H

#ifdef __cplusplus
extern "C" {
#endif

typedef VOID EVT_WDF_WORKITEM(WDFWORKITEM WorkItem);
typedef EVT_WDF_WORKITEM *PFN_WDF_WORKITEM;
typedef struct _WDF_WORKITEM_CONFIG {
    ULONG Size;
    PFN_WDF_WORKITEM EvtWorkItemFunc;
    BOOLEAN AutomaticSerialization;
} WDF_WORKITEM_CONFIG, *PWDF_WORKITEM_CONFIG;
C_ASSERT(sizeof(WDF_WORKITEM_CONFIG) == 24);
FORCEINLINE VOID WDF_WORKITEM_CONFIG_INIT(PWDF_WORKITEM_CONFIG Config, PFN_WDF_WORKITEM EvtWorkItemFunc)
{
    WDK_INIT_STRUCTURE(Config);
    Config->EvtWorkItemFunc = EvtWorkItemFunc;
    Config->AutomaticSerialization = TRUE;
}
NTSTATUS WdfWorkItemCreate(PWDF_WORKITEM_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFWORKITEM *WorkItem); /* a parent is required */
VOID WdfWorkItemEnqueue(WDFWORKITEM WorkItem); /* D; once, while it is queued */
VOID WdfWorkItemFlush(WDFWORKITEM WorkItem);   /* P: until it is neither queued nor running */
WDFOBJECT WdfWorkItemGetParentObject(WDFWORKITEM WorkItem);

typedef VOID EVT_WDF_TIMER(WDFTIMER Timer);
typedef EVT_WDF_TIMER *PFN_WDF_TIMER;
typedef struct _WDF_TIMER_CONFIG {
    ULONG Size;
    PFN_WDF_TIMER EvtTimerFunc;
    ULONG Period; /* ms; 0: once */
    BOOLEAN AutomaticSerialization;
    ULONG TolerableDelay;
    DECLSPEC_ALIGN(8) BOOLEAN UseHighResolutionTimer;
} WDF_TIMER_CONFIG, *PWDF_TIMER_CONFIG;
C_ASSERT(sizeof(WDF_TIMER_CONFIG) == 40);
FORCEINLINE VOID WDF_TIMER_CONFIG_INIT(PWDF_TIMER_CONFIG Config, PFN_WDF_TIMER EvtTimerFunc)
{
    WDK_INIT_STRUCTURE(Config);
    Config->EvtTimerFunc = EvtTimerFunc;
    Config->AutomaticSerialization = TRUE;
}
FORCEINLINE VOID WDF_TIMER_CONFIG_INIT_PERIODIC(PWDF_TIMER_CONFIG Config, PFN_WDF_TIMER EvtTimerFunc, LONG Period)
{
    WDF_TIMER_CONFIG_INIT(Config, EvtTimerFunc);
    Config->Period = (ULONG)Period;
}
NTSTATUS WdfTimerCreate(PWDF_TIMER_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFTIMER *Timer); /* a parent is required */
/* 100 ns, negative: from now. TRUE: it was set already, and is set anew. D */
BOOLEAN WdfTimerStart(WDFTIMER Timer, LONGLONG DueTime);
BOOLEAN WdfTimerStop(WDFTIMER Timer, BOOLEAN Wait); /* TRUE: it was set. With Wait, P: until the callback has ended */
WDFOBJECT WdfTimerGetParentObject(WDFTIMER Timer);

#ifdef __cplusplus
}
#endif

#endif
