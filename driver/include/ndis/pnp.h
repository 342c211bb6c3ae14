/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/pnp.h: miniports that take part in the set-up of their devices: handlers of NdisSetOptionalHandlers, in SetOptions. [D] 3.6
 *
 * AddDevice runs before InitializeEx, with a handle that is good for allocations and for the context that it may register
 * (MiniportAddDeviceContext of the initialization parameters); RemoveDevice after HaltEx. There is no Plug and Play manager: nobody asks
 * StartDevice or FilterResourceRequirements.
 */
#ifndef RINGSIDE_NDIS_PNP_H
#define RINGSIDE_NDIS_PNP_H

#include "miniport.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef NDIS_STATUS MINIPORT_ADD_DEVICE(NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext);
typedef MINIPORT_ADD_DEVICE *MINIPORT_ADD_DEVICE_HANDLER;
typedef VOID MINIPORT_REMOVE_DEVICE(NDIS_HANDLE MiniportAddDeviceContext);
typedef MINIPORT_REMOVE_DEVICE *MINIPORT_REMOVE_DEVICE_HANDLER;
typedef NDIS_STATUS MINIPORT_PNP_IRP(NDIS_HANDLE MiniportAddDeviceContext, PIRP Irp);
typedef MINIPORT_PNP_IRP MINIPORT_START_DEVICE, MINIPORT_FILTER_RESOURCE_REQUIREMENTS;
typedef MINIPORT_PNP_IRP *MINIPORT_PNP_IRP_HANDLER, *MINIPORT_START_DEVICE_HANDLER, *MINIPORT_FILTER_RESOURCE_REQUIREMENTS_HANDLER;

typedef struct _NDIS_MINIPORT_PNP_CHARACTERISTICS {
    NDIS_OBJECT_HEADER Header;
    MINIPORT_ADD_DEVICE_HANDLER MiniportAddDeviceHandler;
    MINIPORT_REMOVE_DEVICE_HANDLER MiniportRemoveDeviceHandler;
    MINIPORT_FILTER_RESOURCE_REQUIREMENTS_HANDLER MiniportFilterResourceRequirementsHandler;
    MINIPORT_START_DEVICE_HANDLER MiniportStartDeviceHandler;
} NDIS_MINIPORT_PNP_CHARACTERISTICS, *PNDIS_MINIPORT_PNP_CHARACTERISTICS;
#define NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS 0x92
#define NDIS_MINIPORT_PNP_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_MINIPORT_PNP_CHARACTERISTICS_REVISION_1 40

#ifdef __cplusplus
}
#endif

#endif
