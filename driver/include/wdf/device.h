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
