// SPDX-License-Identifier: Apache-2.0
#define NAME(x) cpp_##x
extern "C" {
#include "client_source.h"
}
