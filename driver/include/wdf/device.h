/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdf/device.h: the device object and the callbacks of its life. Include wdf.h, not this header. All callbacks: P, and never two at once.
 *
 *   up    EvtDriverDeviceAdd, PrepareHardware, D0Entry(D3Final), interrupts are connected and enabled, D0EntryPostInterruptsEnabled,
 *         [NetAdapterCx makes the queues], SelfManagedIoInit
 *   down  SelfManagedIoSuspend, [NetAdapterCx stops and deletes the queues], D0ExitPreInterruptsDisabled, interrupts are disabled and
 *         disconnected, D0Exit(D3Final), ReleaseHardware, SelfManagedIoFlush, SelfManagedIoCleanup, cleanup and destroy of the object
 *
 * PrepareHardware that fails is followed by ReleaseHardware, as is a D0Entry that fails, without D0Exit.
 */
#ifndef RINGSIDE_WDF_DEVICE_H
#define RINGSIDE_WDF_DEVICE_H

#ifdef __cplusplus
extern "C" {
#endif

#define WDK_DEVICE_EVENT(result, name, ...)          \
    typedef result EVT_WDF_DEVICE_##name(__VA_ARGS__); \
    typedef EVT_WDF_DEVICE_##name *PFN_WDF_DEVICE_##name;
WDK_DEVICE_EVENT(NTSTATUS, D0_ENTRY, WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState)
WDK_DEVICE_EVENT(NTSTATUS, D0_ENTRY_POST_INTERRUPTS_ENABLED, WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState)
WDK_DEVICE_EVENT(NTSTATUS, D0_EXIT, WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState)
WDK_DEVICE_EVENT(NTSTATUS, D0_EXIT_PRE_INTERRUPTS_DISABLED, WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState)
WDK_DEVICE_EVENT(NTSTATUS, PREPARE_HARDWARE, WDFDEVICE Device, WDFCMRESLIST ResourcesRaw, WDFCMRESLIST ResourcesTranslated)
WDK_DEVICE_EVENT(NTSTATUS, RELEASE_HARDWARE, WDFDEVICE Device, WDFCMRESLIST ResourcesTranslated)
WDK_DEVICE_EVENT(VOID, SELF_MANAGED_IO_CLEANUP, WDFDEVICE Device)
WDK_DEVICE_EVENT(VOID, SELF_MANAGED_IO_FLUSH, WDFDEVICE Device)
WDK_DEVICE_EVENT(NTSTATUS, SELF_MANAGED_IO_INIT, WDFDEVICE Device)
WDK_DEVICE_EVENT(NTSTATUS, SELF_MANAGED_IO_SUSPEND, WDFDEVICE Device)
WDK_DEVICE_EVENT(NTSTATUS, SELF_MANAGED_IO_RESTART, WDFDEVICE Device)
WDK_DEVICE_EVENT(VOID, SURPRISE_REMOVAL, WDFDEVICE Device)
WDK_DEVICE_EVENT(NTSTATUS, ARM_WAKE_FROM_S0, WDFDEVICE Device)
WDK_DEVICE_EVENT(NTSTATUS, ARM_WAKE_FROM_SX, WDFDEVICE Device)
WDK_DEVICE_EVENT(VOID, DISARM_WAKE_FROM_S0, WDFDEVICE Device)
WDK_DEVICE_EVENT(VOID, WAKE_FROM_S0_TRIGGERED, WDFDEVICE Device)
WDK_DEVICE_EVENT(VOID, DISARM_WAKE_FROM_SX, WDFDEVICE Device)
WDK_DEVICE_EVENT(VOID, WAKE_FROM_SX_TRIGGERED, WDFDEVICE Device)
#undef WDK_DEVICE_EVENT

typedef struct _WDF_PNPPOWER_EVENT_CALLBACKS {
    ULONG Size;
    PFN_WDF_DEVICE_D0_ENTRY EvtDeviceD0Entry;
    PFN_WDF_DEVICE_D0_ENTRY_POST_INTERRUPTS_ENABLED EvtDeviceD0EntryPostInterruptsEnabled;
    PFN_WDF_DEVICE_D0_EXIT EvtDeviceD0Exit;
    PFN_WDF_DEVICE_D0_EXIT_PRE_INTERRUPTS_DISABLED EvtDeviceD0ExitPreInterruptsDisabled;
    PFN_WDF_DEVICE_PREPARE_HARDWARE EvtDevicePrepareHardware;
    PFN_WDF_DEVICE_RELEASE_HARDWARE EvtDeviceReleaseHardware;
    PFN_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP EvtDeviceSelfManagedIoCleanup;
    PFN_WDF_DEVICE_SELF_MANAGED_IO_FLUSH EvtDeviceSelfManagedIoFlush;
    PFN_WDF_DEVICE_SELF_MANAGED_IO_INIT EvtDeviceSelfManagedIoInit;
    PFN_WDF_DEVICE_SELF_MANAGED_IO_SUSPEND EvtDeviceSelfManagedIoSuspend;
    PFN_WDF_DEVICE_SELF_MANAGED_IO_RESTART EvtDeviceSelfManagedIoRestart;
    PFN_WDF_DEVICE_SURPRISE_REMOVAL EvtDeviceSurpriseRemoval;
    PVOID EvtDeviceQueryRemove, EvtDeviceQueryStop, EvtDeviceUsageNotification, EvtDeviceRelationsQuery, EvtDeviceUsageNotificationEx;
} WDF_PNPPOWER_EVENT_CALLBACKS, *PWDF_PNPPOWER_EVENT_CALLBACKS;
C_ASSERT(sizeof(WDF_PNPPOWER_EVENT_CALLBACKS) == 144);
FORCEINLINE VOID WDF_PNPPOWER_EVENT_CALLBACKS_INIT(PWDF_PNPPOWER_EVENT_CALLBACKS Callbacks) { WDK_INIT_STRUCTURE(Callbacks); }

typedef struct _WDF_POWER_POLICY_EVENT_CALLBACKS {
    ULONG Size;
    PFN_WDF_DEVICE_ARM_WAKE_FROM_S0 EvtDeviceArmWakeFromS0;
    PFN_WDF_DEVICE_DISARM_WAKE_FROM_S0 EvtDeviceDisarmWakeFromS0;
    PFN_WDF_DEVICE_WAKE_FROM_S0_TRIGGERED EvtDeviceWakeFromS0Triggered;
    PFN_WDF_DEVICE_ARM_WAKE_FROM_SX EvtDeviceArmWakeFromSx;
    PFN_WDF_DEVICE_DISARM_WAKE_FROM_SX EvtDeviceDisarmWakeFromSx;
    PFN_WDF_DEVICE_WAKE_FROM_SX_TRIGGERED EvtDeviceWakeFromSxTriggered;
    PVOID EvtDeviceArmWakeFromSxWithReason;
} WDF_POWER_POLICY_EVENT_CALLBACKS, *PWDF_POWER_POLICY_EVENT_CALLBACKS;
C_ASSERT(sizeof(WDF_POWER_POLICY_EVENT_CALLBACKS) == 64);
FORCEINLINE VOID WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(PWDF_POWER_POLICY_EVENT_CALLBACKS Callbacks) { WDK_INIT_STRUCTURE(Callbacks); }

/* Both copy, and are for EvtDriverDeviceAdd before WdfDeviceCreate. No machine here sleeps: power policy callbacks are never called. D */
VOID WdfDeviceInitSetPnpPowerEventCallbacks(PWDFDEVICE_INIT DeviceInit, PWDF_PNPPOWER_EVENT_CALLBACKS PnpPowerEventCallbacks);
VOID WdfDeviceInitSetPowerPolicyEventCallbacks(PWDFDEVICE_INIT DeviceInit, PWDF_POWER_POLICY_EVENT_CALLBACKS PowerPolicyEventCallbacks);
/* On success *DeviceInit is NULL. P */
NTSTATUS WdfDeviceCreate(PWDFDEVICE_INIT *DeviceInit, PWDF_OBJECT_ATTRIBUTES DeviceAttributes, WDFDEVICE *Device);
WDFDRIVER WdfDeviceGetDriver(WDFDEVICE Device);
/* Least alignment of common buffers, as a mask (FILE_*_ALIGNMENT): before the DMA enabler is made, which keeps it. D */
VOID WdfDeviceSetAlignmentRequirement(WDFDEVICE Device, ULONG AlignmentRequirement);
/* The driver gave up: the device is taken down as if it had been pulled. D */
VOID WdfDeviceSetFailed(WDFDEVICE Device, WDF_DEVICE_FAILED_ACTION FailedAction);

/* What Plug and Play is told of the device: taken, and of no effect but Failed (WdfTrue), which is WdfDeviceSetFailed. D */
typedef struct _WDF_DEVICE_STATE {
    ULONG Size;
    WDF_TRI_STATE Disabled, DontDisplayInUI, Failed, NotDisableable, Removed, ResourcesChanged, AssignedToGuest;
} WDF_DEVICE_STATE, *PWDF_DEVICE_STATE;
C_ASSERT(sizeof(WDF_DEVICE_STATE) == 32);
FORCEINLINE VOID WDF_DEVICE_STATE_INIT(PWDF_DEVICE_STATE State)
{
    WDK_INIT_STRUCTURE(State);
    State->Disabled = State->DontDisplayInUI = State->Failed = State->NotDisableable = WdfUseDefault;
    State->Removed = State->ResourcesChanged = State->AssignedToGuest = WdfUseDefault;
}
VOID WdfDeviceSetDeviceState(WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState);
/* GUID_BUS_INTERFACE_STANDARD, version 1: the configuration space. NOT_SUPPORTED: any other. P */
NTSTATUS WdfFdoQueryForInterface(WDFDEVICE Fdo, const GUID *InterfaceType, PINTERFACE Interface, USHORT Size, USHORT Version,
                                 PVOID InterfaceSpecificData);

/* ---- Power policy: noted and never acted on, as no device here is idle long enough to sleep. SUCCESS, or INVALID_PARAMETER for a structure
 * that its _INIT did not make. D */
typedef enum _WDF_POWER_POLICY_S0_IDLE_CAPABILITIES {
    IdleCapsInvalid, IdleCannotWakeFromS0, IdleCanWakeFromS0, IdleUsbSelectiveSuspend
} WDF_POWER_POLICY_S0_IDLE_CAPABILITIES;
typedef enum _WDF_POWER_POLICY_S0_IDLE_USER_CONTROL {
    IdleUserControlInvalid, IdleDoNotAllowUserControl, IdleAllowUserControl
} WDF_POWER_POLICY_S0_IDLE_USER_CONTROL;
typedef enum _WDF_POWER_POLICY_IDLE_TIMEOUT_TYPE {
    DriverManagedIdleTimeout, SystemManagedIdleTimeout, SystemManagedIdleTimeoutWithHint
} WDF_POWER_POLICY_IDLE_TIMEOUT_TYPE;
typedef enum _WDF_POWER_POLICY_SX_WAKE_USER_CONTROL {
    WakeUserControlInvalid, WakeDoNotAllowUserControl, WakeAllowUserControl
} WDF_POWER_POLICY_SX_WAKE_USER_CONTROL;

typedef struct _WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS {
    ULONG Size;
    WDF_POWER_POLICY_S0_IDLE_CAPABILITIES IdleCaps;
    DEVICE_POWER_STATE DxState;
    ULONG IdleTimeout; /* ms */
    WDF_POWER_POLICY_S0_IDLE_USER_CONTROL UserControlOfIdleSettings;
    WDF_TRI_STATE Enabled, PowerUpIdleDeviceOnSystemWake;
    WDF_POWER_POLICY_IDLE_TIMEOUT_TYPE IdleTimeoutType;
    WDF_TRI_STATE ExcludeD3Cold;
} WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS, *PWDF_DEVICE_POWER_POLICY_IDLE_SETTINGS;
C_ASSERT(sizeof(WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS) == 36);
FORCEINLINE VOID WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(PWDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings,
                                                            WDF_POWER_POLICY_S0_IDLE_CAPABILITIES IdleCaps)
{
    WDK_INIT_STRUCTURE(Settings);
    Settings->IdleCaps = IdleCaps;
    Settings->DxState = IdleCaps == IdleCannotWakeFromS0 ? PowerDeviceD3 : PowerDeviceMaximum;
    Settings->UserControlOfIdleSettings = IdleAllowUserControl;
    Settings->Enabled = Settings->PowerUpIdleDeviceOnSystemWake = Settings->ExcludeD3Cold = WdfUseDefault;
}
NTSTATUS WdfDeviceAssignS0IdleSettings(WDFDEVICE Device, PWDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings);

typedef struct _WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS {
    ULONG Size;
    DEVICE_POWER_STATE DxState;
    WDF_POWER_POLICY_SX_WAKE_USER_CONTROL UserControlOfWakeSettings;
    WDF_TRI_STATE Enabled;
    BOOLEAN ArmForWakeIfChildrenAreArmedForWake, IndicateChildWakeOnParentWake;
} WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS, *PWDF_DEVICE_POWER_POLICY_WAKE_SETTINGS;
C_ASSERT(sizeof(WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS) == 20);
FORCEINLINE VOID WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS_INIT(PWDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Settings)
{
    WDK_INIT_STRUCTURE(Settings);
    Settings->DxState = PowerDeviceMaximum;
    Settings->UserControlOfWakeSettings = WakeAllowUserControl;
    Settings->Enabled = WdfUseDefault;
}
NTSTATUS WdfDeviceAssignSxWakeSettings(WDFDEVICE Device, PWDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Settings);

#define FILE_BYTE_ALIGNMENT 0u
#define FILE_WORD_ALIGNMENT 1u
#define FILE_LONG_ALIGNMENT 3u
#define FILE_QUAD_ALIGNMENT 7u
#define FILE_OCTA_ALIGNMENT 15u
#define FILE_32_BYTE_ALIGNMENT 31u
#define FILE_64_BYTE_ALIGNMENT 63u
#define FILE_128_BYTE_ALIGNMENT 127u
#define FILE_256_BYTE_ALIGNMENT 255u
#define FILE_512_BYTE_ALIGNMENT 511u

#ifdef __cplusplus
}
#endif

#endif
