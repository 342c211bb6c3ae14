/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/ports.h: I/O ports, for drivers of devices that may have them. The machine's have none: registering a range is a RESOURCE_CONFLICT,
 * and an access all the same is reported ("ndis.port"), reads ones and writes nothing.
 */
#ifndef RINGSIDE_NDIS_PORTS_H
#define RINGSIDE_NDIS_PORTS_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

NDIS_STATUS NdisMRegisterIoPortRange(PVOID *PortOffset, NDIS_HANDLE MiniportAdapterHandle, UINT InitialPort, UINT NumberOfPorts);
VOID NdisMDeregisterIoPortRange(NDIS_HANDLE MiniportAdapterHandle, UINT InitialPort, UINT NumberOfPorts, PVOID PortOffset);
ULONG WdkReadPort(ULONG_PTR Port, UINT Bytes);
VOID WdkWritePort(ULONG_PTR Port, UINT Bytes, ULONG Value);
#define NdisRawReadPortUchar(port, data) (*(data) = (UCHAR)WdkReadPort((ULONG_PTR)(port), 1))
#define NdisRawReadPortUshort(port, data) (*(data) = (USHORT)WdkReadPort((ULONG_PTR)(port), 2))
#define NdisRawReadPortUlong(port, data) (*(data) = WdkReadPort((ULONG_PTR)(port), 4))
#define NdisRawWritePortUchar(port, data) WdkWritePort((ULONG_PTR)(port), 1, (UCHAR)(data))
#define NdisRawWritePortUshort(port, data) WdkWritePort((ULONG_PTR)(port), 2, (USHORT)(data))
#define NdisRawWritePortUlong(port, data) WdkWritePort((ULONG_PTR)(port), 4, (ULONG)(data))

#ifdef __cplusplus
}
#endif

#endif
