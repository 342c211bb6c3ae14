/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ndis/rss.h: receive side scaling: what a miniport can do, and how it is set. Hash types and functions are in nblhash.h. [D] 1.6, 4
 *
 * NDIS answers OID_GEN_RECEIVE_SCALE_CAPABILITIES, and queries of the parameters, from what the miniport said and was told. A set goes down
 * to it: HashInformation, the indirection table (a processor for each entry) and the key, both behind the structure.
 */
#ifndef RINGSIDE_NDIS_RSS_H
#define RINGSIDE_NDIS_RSS_H

#include "nblhash.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OID_GEN_RECEIVE_SCALE_CAPABILITIES 0x00010203u
#define OID_GEN_RECEIVE_SCALE_PARAMETERS 0x00010204u

#define NDIS_OBJECT_TYPE_RSS_CAPABILITIES 0x88
#define NDIS_OBJECT_TYPE_RSS_PARAMETERS 0x89

/* CapabilitiesFlags, beside the hash functions. */
#define NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV4 0x00000100u
#define NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV6 0x00000200u
#define NDIS_RSS_CAPS_HASH_TYPE_TCP_IPV6_EX 0x00000400u
#define NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV4 0x00000800u
#define NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV6 0x00001000u
#define NDIS_RSS_CAPS_HASH_TYPE_UDP_IPV6_EX 0x00002000u
#define NDIS_RSS_CAPS_MESSAGE_SIGNALED_INTERRUPTS 0x01000000u
#define NDIS_RSS_CAPS_CLASSIFICATION_AT_ISR 0x02000000u
#define NDIS_RSS_CAPS_CLASSIFICATION_AT_DPC 0x04000000u
#define NDIS_RSS_CAPS_USING_MSI_X 0x08000000u
#define NDIS_RSS_CAPS_SUPPORTS_MSI_X 0x40000000u

typedef struct _NDIS_RECEIVE_SCALE_CAPABILITIES {
    NDIS_OBJECT_HEADER Header;
    ULONG CapabilitiesFlags;
    ULONG NumberOfInterruptMessages;
    ULONG NumberOfReceiveQueues;
    USHORT NumberOfIndirectionTableEntries;  /* revision 2 */
} NDIS_RECEIVE_SCALE_CAPABILITIES, *PNDIS_RECEIVE_SCALE_CAPABILITIES;
#define NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_1 1
#define NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_2 2
#define NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_1 16
#define NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_2 18
#define NDIS_RECEIVE_SCALE_CAPABILITIES_REVISION_3 3
#define NDIS_SIZEOF_RECEIVE_SCALE_CAPABILITIES_REVISION_3 18

/* Flags: what did not change, and RSS off. */
#define NDIS_RSS_PARAM_FLAG_BASE_CPU_UNCHANGED 0x0001
#define NDIS_RSS_PARAM_FLAG_HASH_INFO_UNCHANGED 0x0002
#define NDIS_RSS_PARAM_FLAG_ITABLE_UNCHANGED 0x0004
#define NDIS_RSS_PARAM_FLAG_HASH_KEY_UNCHANGED 0x0008
#define NDIS_RSS_PARAM_FLAG_DISABLE_RSS 0x0010
#define NDIS_RSS_PARAM_FLAG_DEFAULT_PROCESSOR_UNCHANGED 0x0020

typedef struct _NDIS_RECEIVE_SCALE_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    USHORT Flags;
    USHORT BaseCpuNumber;
    ULONG HashInformation;          /* function and types; function 0: RSS off */
    USHORT IndirectionTableSize;    /* bytes */
    ULONG IndirectionTableOffset;   /* from the start of this structure */
    USHORT HashSecretKeySize;
    ULONG HashSecretKeyOffset;
    ULONG ProcessorMasksOffset, NumberOfProcessorMasks, ProcessorMasksEntrySize; /* revision 2 */
    PROCESSOR_NUMBER DefaultProcessorNumber;                                     /* revision 3 */
} NDIS_RECEIVE_SCALE_PARAMETERS, *PNDIS_RECEIVE_SCALE_PARAMETERS;
#define NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_1 1 /* table entries are CCHAR, numbers of processors */
#define NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_2 2 /* table entries are PROCESSOR_NUMBER */
#define NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_1 28
#define NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2 40
#define NDIS_RECEIVE_SCALE_PARAMETERS_REVISION_3 3
#define NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_3 44
#define NDIS_RSS_INDIRECTION_TABLE_MAX_SIZE_REVISION_2 (128 * sizeof(PROCESSOR_NUMBER))
#define NDIS_RSS_HASH_SECRET_KEY_MAX_SIZE_REVISION_2 40

/* Hashes without scaling. Flags: what did not change, and on. */
#define OID_GEN_RECEIVE_HASH 0x0001021Fu
#define NDIS_RECEIVE_HASH_FLAG_ENABLE_HASH 0x00000001u
#define NDIS_RECEIVE_HASH_FLAG_HASH_INFO_UNCHANGED 0x00000002u
#define NDIS_RECEIVE_HASH_FLAG_HASH_KEY_UNCHANGED 0x00000004u
typedef struct _NDIS_RECEIVE_HASH_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    ULONG HashInformation;
    USHORT HashSecretKeySize;
    ULONG HashSecretKeyOffset; /* from the start of this structure */
} NDIS_RECEIVE_HASH_PARAMETERS, *PNDIS_RECEIVE_HASH_PARAMETERS;
#define NDIS_RECEIVE_HASH_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_RECEIVE_HASH_PARAMETERS_REVISION_1 20
#define NDIS_RSS_HASH_SECRET_KEY_MAX_SIZE_REVISION_1 40

/* ---- The processors that serve receives: here the one that there is. [D] NDIS 6.20 */
typedef struct _NDIS_RSS_PROCESSOR {
    PROCESSOR_NUMBER ProcNum;
    USHORT PreferenceIndex, Reserved;
} NDIS_RSS_PROCESSOR, *PNDIS_RSS_PROCESSOR;
typedef enum _NDIS_RSS_PROFILE {
    NdisRssProfileClosest = 1, NdisRssProfileClosestStatic, NdisRssProfileNuma, NdisRssProfileNumaStatic, NdisRssProfileConservative,
    NdisRssProfileMaximum
} NDIS_RSS_PROFILE, *PNDIS_RSS_PROFILE;
typedef struct _NDIS_RSS_PROCESSOR_INFO {
    NDIS_OBJECT_HEADER Header;
    ULONG Flags;
    PROCESSOR_NUMBER RssBaseProcessor;
    ULONG MaxNumRssProcessors;
    USHORT PreferredNumaNode;
    ULONG RssProcessorArrayOffset, RssProcessorCount, RssProcessorEntrySize; /* the array: from the start of this structure */
    PROCESSOR_NUMBER RssMaxProcessor;                                        /* revision 2 */
    NDIS_RSS_PROFILE RssProfile;
} NDIS_RSS_PROCESSOR_INFO, *PNDIS_RSS_PROCESSOR_INFO;
#define NDIS_OBJECT_TYPE_RSS_PROCESSOR_INFO 0xB1
#define NDIS_RSS_PROCESSOR_INFO_REVISION_1 1
#define NDIS_RSS_PROCESSOR_INFO_REVISION_2 2
#define NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_1 32
#define NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_2 40
/* NdisHandle is an adapter's or a binding's. BUFFER_TOO_SHORT: *Size is what is needed. */
NDIS_STATUS NdisGetRssProcessorInformation(NDIS_HANDLE NdisHandle, PNDIS_RSS_PROCESSOR_INFO RssProcessorInfo, PSIZE_T Size);

#define NDIS_RSS_HASH_FUNC_FROM_HASH_INFO(info) ((info) & NDIS_HASH_FUNCTION_MASK)
#define NDIS_RSS_HASH_TYPE_FROM_HASH_INFO(info) ((info) & NDIS_HASH_TYPE_MASK)
#define NDIS_RSS_HASH_INFO_FROM_TYPE_AND_FUNC(type, function) ((type) | (function))

#ifdef __cplusplus
}
#endif

#endif
