/* SPDX-License-Identifier: Apache-2.0 */
/* wdf/resource.h: the resources of a device, good during PrepareHardware and ReleaseHardware. Include wdf.h, not this header. */
#ifndef RINGSIDE_WDF_RESOURCE_H
#define RINGSIDE_WDF_RESOURCE_H

#ifdef __cplusplus
extern "C" {
#endif

/* The raw and the translated list are parallel. Interrupts: a descriptor for each message. NULL: there is no such one. D */
ULONG WdfCmResourceListGetCount(WDFCMRESLIST List);
PCM_PARTIAL_RESOURCE_DESCRIPTOR WdfCmResourceListGetDescriptor(WDFCMRESLIST List, ULONG Index);

#ifdef __cplusplus
}
#endif

#endif
