/* SPDX-License-Identifier: Apache-2.0 */
/*
 * llp64.h: `long` has 32 bits, as Windows has it. For driver sources that say long where they mean ULONG, or lay structures of hardware out
 * with it: forced in front of them (-include), after which the word is int. Of this machine's headers those that drivers use are read before,
 * with the long that they were written for. `long long` cannot be said behind it: Windows sources have LONGLONG.
 */
#ifndef RINGSIDE_SDK_LLP64_H
#define RINGSIDE_SDK_LLP64_H

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ndis.h"
#include "ntddk.h"
#include "ntifs.h"
#include "ntintsafe.h"
#include "ntstrsafe.h"
#include "windef.h"

#define long int

#endif
