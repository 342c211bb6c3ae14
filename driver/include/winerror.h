/* SPDX-License-Identifier: Apache-2.0 */
/* winerror.h: part of windows.h here. */
#include "windows.h"
