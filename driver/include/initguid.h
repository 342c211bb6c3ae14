/* SPDX-License-Identifier: Apache-2.0 */
/* initguid.h: from here on DEFINE_GUID defines, and does not only declare. */
#include "ntdef.h"
#undef DEFINE_GUID
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
    __attribute__((weak)) extern const GUID name; \
    __attribute__((weak)) const GUID name = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
