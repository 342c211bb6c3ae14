/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netcx/receivescaling.h: received packets spread over several queues by their hash. Include netadaptercx.h, not this header.
 *
 *   before NetAdapterStart   NetAdapterSetReceiveScalingCapabilities
 *   once NDIS asks           the queues 1 ... NumberOfQueues - 1 are made; then, at PASSIVE_LEVEL and never two at once:
 *                            SetIndirectionEntries   what changed of a table that is all queue 0 at first
 *                            SetHashSecretKey        40 bytes for the Toeplitz hash
 *                            Enable, Disable         with the protocols that are hashed; to change them: disabled, and enabled again
 *
 * The driver writes Status into each entry; one that it could not set keeps its queue. [D] NetAdapterSetReceiveScalingCapabilities
 */
#ifndef RINGSIDE_NETCX_RECEIVESCALING_H
#define RINGSIDE_NETCX_RECEIVESCALING_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum _NET_ADAPTER_RECEIVE_SCALING_HASH_TYPE {
    NetAdapterReceiveScalingHashTypeNone = 0, NetAdapterReceiveScalingHashTypeToeplitz = 1
} NET_ADAPTER_RECEIVE_SCALING_HASH_TYPE;
DEFINE_ENUM_FLAG_OPERATORS(NET_ADAPTER_RECEIVE_SCALING_HASH_TYPE)
typedef enum _NET_ADAPTER_RECEIVE_SCALING_PROTOCOL_TYPE {
    NetAdapterReceiveScalingProtocolTypeNone = 0, NetAdapterReceiveScalingProtocolTypeIPv4 = 1,
    NetAdapterReceiveScalingProtocolTypeIPv4Options = 2, NetAdapterReceiveScalingProtocolTypeIPv6 = 4,
    NetAdapterReceiveScalingProtocolTypeIPv6Extensions = 8, NetAdapterReceiveScalingProtocolTypeTcp = 0x10,
    NetAdapterReceiveScalingProtocolTypeUdp = 0x20
} NET_ADAPTER_RECEIVE_SCALING_PROTOCOL_TYPE;
DEFINE_ENUM_FLAG_OPERATORS(NET_ADAPTER_RECEIVE_SCALING_PROTOCOL_TYPE)
typedef enum _NET_ADAPTER_RECEIVE_SCALING_ENCAPSULATION_TYPE {
    NetAdapterReceiveScalingEncapsulationTypeNone = 0, NetAdapterReceiveScalingEncapsulationTypeNVGre = 1,
    NetAdapterReceiveScalingEncapsulationTypeVXLan = 2, NetAdapterReceiveScalingEncapsulationTypeVLan = 4
} NET_ADAPTER_RECEIVE_SCALING_ENCAPSULATION_TYPE;
DEFINE_ENUM_FLAG_OPERATORS(NET_ADAPTER_RECEIVE_SCALING_ENCAPSULATION_TYPE)
typedef enum _NET_ADAPTER_RECEIVE_SCALING_UNHASHED_TARGET_TYPE {
    NetAdapterReceiveScalingUnhashedTargetTypeUnspecified, NetAdapterReceiveScalingUnhashedTargetTypeHashIndex
} NET_ADAPTER_RECEIVE_SCALING_UNHASHED_TARGET_TYPE;

typedef struct _NET_ADAPTER_RECEIVE_SCALING_HASH_SECRET_KEY {
    UINT8 *Key;
    SIZE_T Length;
} NET_ADAPTER_RECEIVE_SCALING_HASH_SECRET_KEY;
typedef struct _NET_ADAPTER_RECEIVE_SCALING_INDIRECTION_ENTRY {
    NETPACKETQUEUE PacketQueue;
    NTSTATUS Status; /* the driver writes it */
    UINT32 Index;
} NET_ADAPTER_RECEIVE_SCALING_INDIRECTION_ENTRY;
C_ASSERT(sizeof(NET_ADAPTER_RECEIVE_SCALING_INDIRECTION_ENTRY) == 16);
typedef struct _NET_ADAPTER_RECEIVE_SCALING_INDIRECTION_ENTRIES {
    NET_ADAPTER_RECEIVE_SCALING_INDIRECTION_ENTRY *Entries;
    SIZE_T Length;
} NET_ADAPTER_RECEIVE_SCALING_INDIRECTION_ENTRIES;

typedef NTSTATUS EVT_NET_ADAPTER_RECEIVE_SCALING_ENABLE(NETADAPTER Adapter, NET_ADAPTER_RECEIVE_SCALING_HASH_TYPE HashType,
                                                        NET_ADAPTER_RECEIVE_SCALING_PROTOCOL_TYPE ProtocolType);
typedef EVT_NET_ADAPTER_RECEIVE_SCALING_ENABLE *PFN_NET_ADAPTER_RECEIVE_SCALING_ENABLE;
typedef void EVT_NET_ADAPTER_RECEIVE_SCALING_DISABLE(NETADAPTER Adapter);
typedef EVT_NET_ADAPTER_RECEIVE_SCALING_DISABLE *PFN_NET_ADAPTER_RECEIVE_SCALING_DISABLE;
typedef NTSTATUS EVT_NET_ADAPTER_RECEIVE_SCALING_SET_HASH_SECRET_KEY(NETADAPTER Adapter,
                                                                     NET_ADAPTER_RECEIVE_SCALING_HASH_SECRET_KEY const *HashSecretKey);
typedef EVT_NET_ADAPTER_RECEIVE_SCALING_SET_HASH_SECRET_KEY *PFN_NET_ADAPTER_RECEIVE_SCALING_SET_HASH_SECRET_KEY;
typedef NTSTATUS EVT_NET_ADAPTER_RECEIVE_SCALING_SET_INDIRECTION_ENTRIES(NETADAPTER Adapter,
                                                                         NET_ADAPTER_RECEIVE_SCALING_INDIRECTION_ENTRIES *IndirectionEntries);
typedef EVT_NET_ADAPTER_RECEIVE_SCALING_SET_INDIRECTION_ENTRIES *PFN_NET_ADAPTER_RECEIVE_SCALING_SET_INDIRECTION_ENTRIES;

typedef struct _NET_ADAPTER_RECEIVE_SCALING_CAPABILITIES {
    ULONG Size;
    SIZE_T NumberOfQueues;       /* powers of two, both; no more queues than the receive capabilities allow */
    SIZE_T IndirectionTableSize; /* as many as queues after _INIT */
    SIZE_T UnhashedTargetIndex;
    NET_ADAPTER_RECEIVE_SCALING_UNHASHED_TARGET_TYPE UnhashedTargetType;
    NET_ADAPTER_RECEIVE_SCALING_HASH_TYPE ReceiveScalingHashTypes;
    NET_ADAPTER_RECEIVE_SCALING_PROTOCOL_TYPE ReceiveScalingProtocolTypes;
    struct {
        NET_ADAPTER_RECEIVE_SCALING_ENCAPSULATION_TYPE Outer, Inner;
    } ReceiveScalingEncapsulationTypes;
    BOOLEAN SynchronizeSetIndirectionEntries;
    PFN_NET_ADAPTER_RECEIVE_SCALING_ENABLE EvtAdapterReceiveScalingEnable;
    PFN_NET_ADAPTER_RECEIVE_SCALING_DISABLE EvtAdapterReceiveScalingDisable;
    PFN_NET_ADAPTER_RECEIVE_SCALING_SET_HASH_SECRET_KEY EvtAdapterReceiveScalingSetHashSecretKey;
    PFN_NET_ADAPTER_RECEIVE_SCALING_SET_INDIRECTION_ENTRIES EvtAdapterReceiveScalingSetIndirectionEntries;
} NET_ADAPTER_RECEIVE_SCALING_CAPABILITIES;
C_ASSERT(sizeof(NET_ADAPTER_RECEIVE_SCALING_CAPABILITIES) == 88);
FORCEINLINE void NET_ADAPTER_RECEIVE_SCALING_CAPABILITIES_INIT(
    NET_ADAPTER_RECEIVE_SCALING_CAPABILITIES *Capabilities, SIZE_T NumberOfQueues,
    NET_ADAPTER_RECEIVE_SCALING_UNHASHED_TARGET_TYPE UnhashedTargetType, NET_ADAPTER_RECEIVE_SCALING_HASH_TYPE ReceiveScalingHashTypes,
    NET_ADAPTER_RECEIVE_SCALING_PROTOCOL_TYPE ReceiveScalingProtocolTypes,
    PFN_NET_ADAPTER_RECEIVE_SCALING_ENABLE EvtAdapterReceiveScalingEnable,
    PFN_NET_ADAPTER_RECEIVE_SCALING_DISABLE EvtAdapterReceiveScalingDisable,
    PFN_NET_ADAPTER_RECEIVE_SCALING_SET_HASH_SECRET_KEY EvtAdapterReceiveScalingSetHashSecretKey,
    PFN_NET_ADAPTER_RECEIVE_SCALING_SET_INDIRECTION_ENTRIES EvtAdapterReceiveScalingSetIndirectionEntries)
{
    WDK_INIT_STRUCTURE(Capabilities);
    Capabilities->NumberOfQueues = NumberOfQueues;
    Capabilities->IndirectionTableSize = NumberOfQueues;
    Capabilities->UnhashedTargetType = UnhashedTargetType;
    Capabilities->ReceiveScalingHashTypes = ReceiveScalingHashTypes;
    Capabilities->ReceiveScalingProtocolTypes = ReceiveScalingProtocolTypes;
    Capabilities->EvtAdapterReceiveScalingEnable = EvtAdapterReceiveScalingEnable;
    Capabilities->EvtAdapterReceiveScalingDisable = EvtAdapterReceiveScalingDisable;
    Capabilities->EvtAdapterReceiveScalingSetHashSecretKey = EvtAdapterReceiveScalingSetHashSecretKey;
    Capabilities->EvtAdapterReceiveScalingSetIndirectionEntries = EvtAdapterReceiveScalingSetIndirectionEntries;
}
void NetAdapterSetReceiveScalingCapabilities(NETADAPTER Adapter, NET_ADAPTER_RECEIVE_SCALING_CAPABILITIES const *Capabilities);

#ifdef __cplusplus
}
#endif

#endif
