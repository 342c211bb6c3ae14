/* SPDX-License-Identifier: Apache-2.0 */
/* new.h: placement new, for drivers in C++. */
#ifdef __cplusplus
#include <new>
#endif
