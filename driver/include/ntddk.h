/* SPDX-License-Identifier: Apache-2.0 */
/* ntddk.h: what drivers that are not of the network alone include; the same as wdm.h here. */
#include "wdm.h"
