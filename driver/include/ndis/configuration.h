/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/configuration.h: the parameters that Windows keeps in its registry, and that a scenario gives here. [D] 3.8
 *
 * A driver has a key of its own, and one for each adapter that it drives, is bound to or is a filter module over. Which of them is opened
 * follows the handle: a driver's, an adapter's, a binding's (or that of the bind or attach that is going on). It is empty if nothing was
 * given for it. All at PASSIVE_LEVEL.
 */
#ifndef RINGSIDE_NDIS_CONFIGURATION_H
#define RINGSIDE_NDIS_CONFIGURATION_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _NDIS_CONFIGURATION_OBJECT {
    NDIS_OBJECT_HEADER Header;
    NDIS_HANDLE NdisHandle;
    ULONG Flags;
} NDIS_CONFIGURATION_OBJECT, *PNDIS_CONFIGURATION_OBJECT;
#define NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT 0xA9
#define NDIS_CONFIGURATION_OBJECT_REVISION_1 1
#define NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 20

typedef enum _NDIS_PARAMETER_TYPE {
    NdisParameterInteger, NdisParameterHexInteger, NdisParameterString, NdisParameterMultiString, NdisParameterBinary
} NDIS_PARAMETER_TYPE, *PNDIS_PARAMETER_TYPE;
typedef struct _BINARY_DATA {
    USHORT Length;
    PVOID Buffer;
} BINARY_DATA;
typedef struct _NDIS_CONFIGURATION_PARAMETER {
    NDIS_PARAMETER_TYPE ParameterType;
    union {
        ULONG IntegerData;
        NDIS_STRING StringData;
        BINARY_DATA BinaryData;
    } ParameterData;
} NDIS_CONFIGURATION_PARAMETER, *PNDIS_CONFIGURATION_PARAMETER;

NDIS_STATUS NdisOpenConfigurationEx(PNDIS_CONFIGURATION_OBJECT ConfigObject, PNDIS_HANDLE ConfigurationHandle);
/* A key below an open one. FAILURE: there is none. */
VOID NdisOpenConfigurationKeyByName(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle, PNDIS_STRING SubKeyName,
                                    PNDIS_HANDLE SubKeyHandle);
VOID NdisCloseConfiguration(NDIS_HANDLE ConfigurationHandle); /* parameters read through it are freed */
/* The value as the type asked for: numbers are read from text, decimal or (HexInteger, or after 0x) hexadecimal; a multi-string is a row of
 * strings that each end with a NUL, and an empty one; binary is read from pairs of hexadecimal digits. FAILURE: no such keyword, or a value
 * that is not of that type. */
VOID NdisReadConfiguration(PNDIS_STATUS Status, PNDIS_CONFIGURATION_PARAMETER *ParameterValue, NDIS_HANDLE ConfigurationHandle,
                           PNDIS_STRING Keyword, NDIS_PARAMETER_TYPE ParameterType);
VOID NdisWriteConfiguration(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle, PNDIS_STRING Keyword,
                            PNDIS_CONFIGURATION_PARAMETER ParameterValue);
/* The keyword NetworkAddress as bytes, which live until the key is closed. FAILURE: it is not given, or no address. */
VOID NdisReadNetworkAddress(PNDIS_STATUS Status, PVOID *NetworkAddress, PUINT NetworkAddressLength, NDIS_HANDLE ConfigurationHandle);

#ifdef __cplusplus
}
#endif

#endif
