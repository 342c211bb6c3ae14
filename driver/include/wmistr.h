/* SPDX-License-Identifier: Apache-2.0 */
/* wmistr.h: drivers include it beside wdm.h, which has what they need of it. */
#include "wdm.h"
