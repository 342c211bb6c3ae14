// SPDX-License-Identifier: Apache-2.0
// Receive side scaling: what NDIS sets becomes calls of the driver's, and queues that are made when they are needed.
#include <cstddef>

#include "test_client.h"

namespace {

constexpr ULONG types = NDIS_HASH_IPV4 | NDIS_HASH_TCP_IPV4;

class NetcxScaling : public ClientTest {
protected:
    NetcxScaling() {
        self = this;
        client_.declare = [this](NET_ADAPTER_TX_CAPABILITIES&, NET_ADAPTER_RX_CAPABILITIES& rx, NET_ADAPTER_DMA_CAPABILITIES&) {
            rx.MaximumNumberOfQueues = 4;
            NET_ADAPTER_RECEIVE_SCALING_CAPABILITIES scaling;
            NET_ADAPTER_RECEIVE_SCALING_CAPABILITIES_INIT(
                &scaling, queues_, NetAdapterReceiveScalingUnhashedTargetTypeUnspecified, NetAdapterReceiveScalingHashTypeToeplitz,
                NetAdapterReceiveScalingProtocolTypeIPv4 | NetAdapterReceiveScalingProtocolTypeTcp,
                [](NETADAPTER, NET_ADAPTER_RECEIVE_SCALING_HASH_TYPE, NET_ADAPTER_RECEIVE_SCALING_PROTOCOL_TYPE protocols) -> NTSTATUS {
                    self->said_ += "enable " + std::to_string(protocols) + " ";
                    return self->enable_;
                },
                [](NETADAPTER) { self->said_ += "disable "; },
                [](NETADAPTER, NET_ADAPTER_RECEIVE_SCALING_HASH_SECRET_KEY const* key) -> NTSTATUS {
                    self->said_ += "key " + std::to_string(key->Key[0]) + " of " + std::to_string(key->Length) + " ";
                    return STATUS_SUCCESS;
                },
                [](NETADAPTER, NET_ADAPTER_RECEIVE_SCALING_INDIRECTION_ENTRIES* entries) -> NTSTATUS {
                    for (SIZE_T i = 0; i < entries->Length; i++) {
                        auto& entry = entries->Entries[i];
                        size_t queue = 0;
                        while (self->client_.rx_queues.at(queue) != entry.PacketQueue) queue++;
                        self->said_ += std::to_string(entry.Index) + ":" + std::to_string(queue) + " ";
                        entry.Status = entry.Index == self->refused_ ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
                    }
                    return STATUS_SUCCESS;
                });
            scaling.IndirectionTableSize = entries_;
            NetAdapterSetReceiveScalingCapabilities(client_.adapter, &scaling);
        };
    }
    // The table names these processors.
    NDIS_STATUS set(std::vector<UCHAR> processors, ULONG hash = types | NdisHashFunctionToeplitz, UCHAR key = 7, USHORT flags = 0) {
        struct {
            NDIS_RECEIVE_SCALE_PARAMETERS parameters;
            PROCESSOR_NUMBER table[16];
            UCHAR key[40];
        } wanted{};
        wanted.parameters.Header = {NDIS_OBJECT_TYPE_RSS_PARAMETERS, 2, NDIS_SIZEOF_RECEIVE_SCALE_PARAMETERS_REVISION_2};
        wanted.parameters.Flags = flags;
        wanted.parameters.HashInformation = hash;
        wanted.parameters.IndirectionTableSize = static_cast<USHORT>(processors.size() * sizeof(PROCESSOR_NUMBER));
        wanted.parameters.IndirectionTableOffset = offsetof(decltype(wanted), table);
        wanted.parameters.HashSecretKeySize = sizeof(wanted.key);
        wanted.parameters.HashSecretKeyOffset = offsetof(decltype(wanted), key);
        for (size_t i = 0; i < processors.size(); i++) wanted.table[i].Number = processors[i];
        wanted.key[0] = key;
        said_.clear();
        return protocol_.oid(NdisRequestSetInformation, OID_GEN_RECEIVE_SCALE_PARAMETERS, &wanted, sizeof(wanted));
    }
    static inline NetcxScaling* self;
    SIZE_T queues_ = 4, entries_ = 8;
    UINT32 refused_ = UINT32_MAX;
    NTSTATUS enable_ = STATUS_SUCCESS;
    std::string said_;
};

TEST_F(NetcxScaling, QueuesAreMadeWhenNdisAsksAndTheDriverIsToldWhatChanged) {
    start();
    EXPECT_EQ(client_.rx_queues.size(), 1u);
    EXPECT_EQ(set({0, 1, 2, 3, 0, 1, 2, 3}), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(client_.rx_queues.size(), 4u);
    EXPECT_EQ(said_, "1:1 2:2 3:3 5:1 6:2 7:3 key 7 of 40 enable 17 ");
    EXPECT_EQ(set({0, 1, 2, 3, 0, 1, 2, 0}), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(said_, "7:0 ");
    EXPECT_EQ(set({0, 1, 2, 3, 0, 1, 2, 0}, types | NdisHashFunctionToeplitz, 9), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(said_, "key 9 of 40 ");
    EXPECT_EQ(set({0, 1, 2, 3, 0, 1, 2, 0}, NDIS_HASH_IPV4 | NdisHashFunctionToeplitz, 9), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(said_, "disable enable 1 ");
    EXPECT_EQ(set({}, 0, 0, NDIS_RSS_PARAM_FLAG_DISABLE_RSS), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(said_, "disable ");
    EXPECT_EQ(client_.rx_queues.size(), 4u);
    stop();
    EXPECT_EQ(client_.rx_queues.size(), 0u);
}

TEST_F(NetcxScaling, AShortTableIsRepeatedAndManyProcessorsShareTheQueues) {
    start();
    EXPECT_EQ(set({5, 9}), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(said_, "1:1 3:1 5:1 7:1 key 7 of 40 enable 17 ");
    EXPECT_EQ(set({10, 11, 12, 13, 14, 15, 16, 17}), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(said_, "2:2 3:3 6:2 7:3 ");
    stop();
}

TEST_F(NetcxScaling, AnEntryThatTheDriverRefusesEndsItAndKeepsItsQueue) {
    start();
    refused_ = 2;
    EXPECT_EQ(set({0, 1, 2, 3, 0, 1, 2, 3}), NDIS_STATUS_FAILURE);
    EXPECT_EQ(said_, "1:1 2:2 3:3 5:1 6:2 7:3 ");
    refused_ = UINT32_MAX;
    EXPECT_EQ(set({0, 1, 2, 3, 0, 1, 2, 3}), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(said_, "2:2 key 7 of 40 enable 17 ");
    stop();
}

TEST_F(NetcxScaling, AQueueThatCannotBeMadeRevokesScalingAlone) {
    client_.most_rx_queues = 3;
    start();
    EXPECT_EQ(set({0, 1, 2, 3, 0, 1, 2, 3}), NDIS_STATUS_RESOURCES);
    EXPECT_EQ(client_.rx_queues.size(), 1u);
    EXPECT_EQ(said_, "");
    receive({frame(1, 100)});
    EXPECT_EQ(protocol_.received.size(), 1u);
    protocol_.give_back(protocol_.received);
    protocol_.received.clear();
    stop();
}

TEST_F(NetcxScaling, WhatTheDriverCannotHashIsRefused) {
    start();
    EXPECT_EQ(set({0, 1}, NDIS_HASH_IPV6 | NdisHashFunctionToeplitz), NDIS_STATUS_INVALID_DATA);
    EXPECT_EQ(set({0, 1}, NDIS_HASH_UDP_IPV4 | NdisHashFunctionToeplitz), NDIS_STATUS_INVALID_DATA);
    EXPECT_EQ(set({0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3}), NDIS_STATUS_INVALID_DATA) << "a longer table than it has";
    EXPECT_EQ(set({0, 1, 2}), NDIS_STATUS_INVALID_DATA);
    EXPECT_EQ(said_, "");
    enable_ = STATUS_UNSUCCESSFUL;
    EXPECT_EQ(set({0, 1}), NDIS_STATUS_FAILURE);
    stop();
}

TEST_F(NetcxScaling, QueuesThatCameLaterStopAndStartWithTheOthers) {
    start();
    ASSERT_EQ(set({0, 1, 2, 3, 0, 1, 2, 3}), NDIS_STATUS_SUCCESS);
    client_.calls.clear();
    ASSERT_EQ(ndis_pause(ndis_), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(client_.calls, "cancel-tx cancel-rx cancel-rx cancel-rx cancel-rx stop-tx stop-rx stop-rx stop-rx stop-rx ");
    client_.calls.clear();
    ASSERT_EQ(ndis_restart(ndis_), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(client_.calls, "start-tx start-rx start-rx start-rx start-rx ");
    stop();
}

TEST_F(NetcxScaling, NumbersThatAreNoPowersOfTwoAreReported) {
    queues_ = 3;
    start();
    EXPECT_TRUE(violated("netcx.capabilities"));
    EXPECT_EQ(set({0, 1}), NDIS_STATUS_NOT_SUPPORTED);
    stop();
}

}  // namespace
