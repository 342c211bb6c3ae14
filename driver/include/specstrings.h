/* SPDX-License-Identifier: Apache-2.0 */
/* specstrings.h: sal.h by its older name. */
#include "sal.h"
