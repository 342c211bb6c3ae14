/* SPDX-License-Identifier: Apache-2.0 */
/* winioctl.h: part of windows.h here. */
#include "windows.h"
