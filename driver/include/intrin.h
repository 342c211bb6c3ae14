/* SPDX-License-Identifier: Apache-2.0 */
/* intrin.h: instructions as functions. */
#ifndef RINGSIDE_INTRIN_H
#define RINGSIDE_INTRIN_H

#include "wdm.h"

FORCEINLINE void __nop(void) { __asm__ volatile("" ::: "memory"); }

#endif
