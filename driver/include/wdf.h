/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wdf.h: the Kernel-Mode Driver Framework, as far as network drivers use it: driver and device objects, resources, interrupts, DMA, memory,
 * locks, work items and timers.
 *
 * Microsoft's names and layouts of KMDF 1.33, our text. The functions are plain ones, where the real headers go through a table. Every
 * configuration structure begins with its Size, which its _INIT fills in together with the defaults. "P" in a comment: PASSIVE_LEVEL only;
 * "D": up to DISPATCH_LEVEL. Behind it: driver/netcx. [D] WDF
 */
#ifndef RINGSIDE_WDF_H
#define RINGSIDE_WDF_H

#include "wdm.h"

#include "wdf/types.h"
#include "wdf/object.h"
#include "wdf/driver.h"
#include "wdf/device.h"
#include "wdf/resource.h"
#include "wdf/memory.h"
#include "wdf/sync.h"
#include "wdf/interrupt.h"
#include "wdf/dma.h"
#include "wdf/deferred.h"

#endif
