/* SPDX-License-Identifier: Apache-2.0 */
/* winsock.h: part of windows.h here. */
#include "windows.h"
