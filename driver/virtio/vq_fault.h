/* SPDX-License-Identifier: Apache-2.0 */
/* vq_fault.h: deliberate corruption of a ring, for tests of what finds it. No driver calls this on its normal path. */
#ifndef RINGSIDE_VQ_FAULT_H
#define RINGSIDE_VQ_FAULT_H

#include "vq_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The next slot to be reaped looks used, with an id that was never posted. */
void vq_fault_forge_used(struct vq_packed *vq);

#ifdef __cplusplus
}
#endif

#endif
