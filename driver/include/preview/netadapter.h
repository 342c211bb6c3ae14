/* SPDX-License-Identifier: Apache-2.0 */
/* preview/netadapter.h: what drivers of NetAdapterCx 2.0 include, when it was a preview. */
#include "../netadaptercx.h"
