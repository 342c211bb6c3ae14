/* SPDX-License-Identifier: Apache-2.0 */
#define NAME(x) c_##x
#include "client_source.h"
