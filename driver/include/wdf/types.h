/* SPDX-License-Identifier: Apache-2.0 */
/* wdf/types.h: handles and the enumerations that several objects share. Include wdf.h, not this header. */
#ifndef RINGSIDE_WDF_TYPES_H
#define RINGSIDE_WDF_TYPES_H

#include "../wdm.h"

#ifdef __cplusplus
#define WDK_NULL nullptr
#else
#define WDK_NULL NULL
#endif

typedef PVOID WDFOBJECT, *PWDFOBJECT; /* any of the others */
DECLARE_HANDLE(WDFDRIVER);
DECLARE_HANDLE(WDFDEVICE);
DECLARE_HANDLE(WDFINTERRUPT);
DECLARE_HANDLE(WDFSPINLOCK);
DECLARE_HANDLE(WDFWAITLOCK);
DECLARE_HANDLE(WDFMEMORY);
DECLARE_HANDLE(WDFDMAENABLER);
DECLARE_HANDLE(WDFCOMMONBUFFER);
DECLARE_HANDLE(WDFCMRESLIST);
DECLARE_HANDLE(WDFTIMER);
DECLARE_HANDLE(WDFWORKITEM);
DECLARE_HANDLE(WDFCOLLECTION);
/* No functions of these are here: for drivers that pass them on. */
DECLARE_HANDLE(WDFDPC);
DECLARE_HANDLE(WDFQUEUE);
DECLARE_HANDLE(WDFREQUEST);
DECLARE_HANDLE(WDFIOTARGET);
DECLARE_HANDLE(WDFSTRING);
DECLARE_HANDLE(WDFKEY);
typedef struct WDFDEVICE_INIT *PWDFDEVICE_INIT;

#define WDF_NO_OBJECT_ATTRIBUTES WDK_NULL
#define WDF_NO_EVENT_CALLBACK WDK_NULL
#define WDF_NO_HANDLE WDK_NULL
#define WDF_NO_CONTEXT WDK_NULL
#define WDF_NO_SEND_OPTIONS WDK_NULL

typedef enum _WDF_TRI_STATE { WdfFalse = FALSE, WdfTrue = TRUE, WdfUseDefault = 2 } WDF_TRI_STATE;
typedef enum _WDF_EXECUTION_LEVEL {
    WdfExecutionLevelInvalid, WdfExecutionLevelInheritFromParent, WdfExecutionLevelPassive, WdfExecutionLevelDispatch
} WDF_EXECUTION_LEVEL;
typedef enum _WDF_SYNCHRONIZATION_SCOPE {
    WdfSynchronizationScopeInvalid, WdfSynchronizationScopeInheritFromParent, WdfSynchronizationScopeDevice,
    WdfSynchronizationScopeQueue, WdfSynchronizationScopeNone
} WDF_SYNCHRONIZATION_SCOPE;
typedef enum _WDF_POWER_DEVICE_STATE {
    WdfPowerDeviceInvalid, WdfPowerDeviceD0, WdfPowerDeviceD1, WdfPowerDeviceD2, WdfPowerDeviceD3, WdfPowerDeviceD3Final,
    WdfPowerDevicePrepareForHibernation, WdfPowerDeviceMaximum
} WDF_POWER_DEVICE_STATE;
typedef enum _DEVICE_POWER_STATE {
    PowerDeviceUnspecified, PowerDeviceD0, PowerDeviceD1, PowerDeviceD2, PowerDeviceD3, PowerDeviceMaximum
} DEVICE_POWER_STATE;
typedef enum _WDF_DEVICE_FAILED_ACTION {
    WdfDeviceFailedUndefined, WdfDeviceFailedAttemptRestart, WdfDeviceFailedNoRestart
} WDF_DEVICE_FAILED_ACTION;

/* Times of 100 ns: relative ones are negative. */
FORCEINLINE LONGLONG WDF_REL_TIMEOUT_IN_SEC(ULONGLONG Time) { return -(LONGLONG)(Time * 10000000u); }
FORCEINLINE LONGLONG WDF_REL_TIMEOUT_IN_MS(ULONGLONG Time) { return -(LONGLONG)(Time * 10000u); }
FORCEINLINE LONGLONG WDF_REL_TIMEOUT_IN_US(ULONGLONG Time) { return -(LONGLONG)(Time * 10u); }
FORCEINLINE LONGLONG WDF_ABS_TIMEOUT_IN_SEC(ULONGLONG Time) { return (LONGLONG)(Time * 10000000u); }
FORCEINLINE LONGLONG WDF_ABS_TIMEOUT_IN_MS(ULONGLONG Time) { return (LONGLONG)(Time * 10000u); }
FORCEINLINE LONGLONG WDF_ABS_TIMEOUT_IN_US(ULONGLONG Time) { return (LONGLONG)(Time * 10u); }

/* Zeroes a structure and puts its size in; what every _INIT begins with. */
#define WDK_INIT_STRUCTURE(pointer)                \
    do {                                           \
        RtlZeroMemory((pointer), sizeof(*(pointer))); \
        (pointer)->Size = (ULONG)sizeof(*(pointer)); \
    } while (0)

#endif
