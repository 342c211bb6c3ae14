/* SPDX-License-Identifier: Apache-2.0 */
/* netadapter.h: part of netadaptercx.h, by the name that newer driver kits have for it. */
#include "netadaptercx.h"
