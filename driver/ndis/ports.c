/* SPDX-License-Identifier: Apache-2.0 */
/* ports.c: I/O ports, which the machine does not have. What a driver then meets is what a bus without an answer gives. */
#include "ndis_internal.h"

NDIS_STATUS NdisMRegisterIoPortRange(PVOID *PortOffset, NDIS_HANDLE MiniportAdapterHandle, UINT InitialPort, UINT NumberOfPorts) {
    UNREFERENCED_PARAMETER(MiniportAdapterHandle);
    UNREFERENCED_PARAMETER(InitialPort);
    UNREFERENCED_PARAMETER(NumberOfPorts);
    *PortOffset = NULL;
    return NDIS_STATUS_RESOURCE_CONFLICT;
}

VOID NdisMDeregisterIoPortRange(NDIS_HANDLE MiniportAdapterHandle, UINT InitialPort, UINT NumberOfPorts, PVOID PortOffset) {
    UNREFERENCED_PARAMETER(MiniportAdapterHandle);
    UNREFERENCED_PARAMETER(InitialPort);
    UNREFERENCED_PARAMETER(NumberOfPorts);
    UNREFERENCED_PARAMETER(PortOffset);
}

static void report(const char *what, ULONG_PTR port, UINT bytes) {
    kernel_violation(kernel_require_context(__func__)->kernel, "ndis.port", "[D] NdisMRegisterIoPortRange", -1,
                     "%s of %u bytes at I/O port 0x%llx: the machine has no I/O ports, and registering them failed", what, bytes,
                     (unsigned long long)port);
}

ULONG WdkReadPort(ULONG_PTR Port, UINT Bytes) {
    report("a read", Port, Bytes);
    return MAXULONG;
}

VOID WdkWritePort(ULONG_PTR Port, UINT Bytes, ULONG Value) {
    UNREFERENCED_PARAMETER(Value);
    report("a write", Port, Bytes);
}
