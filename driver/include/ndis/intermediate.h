/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/intermediate.h: intermediate drivers: a protocol below, a miniport above, whose adapters are virtual. [D] 3.1, 3.5, 3.10
 *
 * Such a driver registers both halves in its DriverEntry (the miniport with NDIS_INTERMEDIATE_DRIVER), tells NDIS that they belong
 * together, and makes virtual adapters when its protocol half binds. NDIS then treats those as it does any adapter.
 */
#ifndef RINGSIDE_NDIS_INTERMEDIATE_H
#define RINGSIDE_NDIS_INTERMEDIATE_H

#include "miniport.h"
#include "protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NDIS_INTERMEDIATE_DRIVER 0x1u /* NDIS_MINIPORT_DRIVER_CHARACTERISTICS.Flags */

/* The halves of one driver: no protocol is bound to the virtual adapters of its own miniport half. PASSIVE. */
VOID NdisIMAssociateMiniport(NDIS_HANDLE DriverHandle, NDIS_HANDLE ProtocolHandle);
/* A virtual adapter called *DriverInstance. Its MiniportInitializeEx gets DeviceContext as IMDeviceInstanceContext, after this call
 * returned and once the binding that is being made runs. NOT_ACCEPTED: there is one already; RESOURCES. PASSIVE. */
NDIS_STATUS NdisIMInitializeDeviceInstanceEx(NDIS_HANDLE DriverHandle, PNDIS_STRING DriverInstance, NDIS_HANDLE DeviceContext);
/* SUCCESS: its initialisation had not begun and will not. FAILURE: too late, or there is none. */
NDIS_STATUS NdisIMCancelInitializeDeviceInstance(NDIS_HANDLE DriverHandle, PNDIS_STRING DeviceInstance);
/* Pauses, unbinds and halts the virtual adapter: MiniportHaltEx with NdisHaltDeviceInstanceDeInitialized inside the call. PASSIVE. */
NDIS_STATUS NdisIMDeInitializeDeviceInstance(NDIS_HANDLE NdisMiniportHandle);
NDIS_HANDLE NdisIMGetBindingContext(NDIS_HANDLE NdisBindingHandle); /* DeviceContext of the virtual adapter that is bound to */
/* For network managers alone, who do not exist here: SUCCESS. */
NDIS_STATUS NdisIfAddIfStackEntry(NET_IFINDEX HigherLayerIfIndex, NET_IFINDEX LowerLayerIfIndex);
NDIS_STATUS NdisIfDeleteIfStackEntry(NET_IFINDEX HigherLayerIfIndex, NET_IFINDEX LowerLayerIfIndex);

#ifdef __cplusplus
}
#endif

#endif
