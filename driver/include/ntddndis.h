/* SPDX-License-Identifier: Apache-2.0 */
/* ntddndis.h: OIDs and their structures, part of ndis.h here. */
#include "ndis.h"
