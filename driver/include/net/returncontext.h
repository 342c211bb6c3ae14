/* SPDX-License-Identifier: Apache-2.0 */
/* net/returncontext.h: what EvtAdapterReturnRxBuffer is given for a buffer of the driver's. */
#ifndef RINGSIDE_NET_RETURNCONTEXT_H
#define RINGSIDE_NET_RETURNCONTEXT_H

#include "extension.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NET_FRAGMENT_RETURN_CONTEXT_HANDLE__ *NET_FRAGMENT_RETURN_CONTEXT_HANDLE;
typedef struct _NET_FRAGMENT_RETURN_CONTEXT {
    NET_FRAGMENT_RETURN_CONTEXT_HANDLE Handle;
} NET_FRAGMENT_RETURN_CONTEXT;
#define NET_FRAGMENT_EXTENSION_RETURN_CONTEXT_NAME WDK_WIDE("ms_fragment_returncontext")
#define NET_FRAGMENT_EXTENSION_RETURN_CONTEXT_VERSION_1 1u
#define NET_FRAGMENT_EXTENSION_RETURN_CONTEXT_VERSION_1_SIZE sizeof(NET_FRAGMENT_RETURN_CONTEXT)

FORCEINLINE NET_FRAGMENT_RETURN_CONTEXT *NetExtensionGetFragmentReturnContext(NET_EXTENSION const *Extension, UINT32 Index)
{
    return (NET_FRAGMENT_RETURN_CONTEXT *)NetExtensionGetData(Extension, Index);
}

#ifdef __cplusplus
}
#endif

#endif
