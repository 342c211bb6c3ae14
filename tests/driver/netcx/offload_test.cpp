// SPDX-License-Identifier: Apache-2.0
// Checksum offload: what NDIS is told, what a packet asks, what is found of a received one.
#include <cstring>

#include "test_client.h"

namespace {

class NetcxOffload : public ClientTest {
protected:
    NetcxOffload() { client_.checksums = true; }
    static Bytes ip_frame(UCHAR protocol) {
        Bytes bytes = frame(1, 80);
        const UCHAR header[20] = {0x45, 0, 0, 66, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
        bytes[12] = 8, bytes[13] = 0;
        std::memcpy(&bytes[14], header, sizeof(header));
        bytes[14 + 20 + 12] = 0x50;  // of TCP: 20 bytes
        return bytes;
    }
    // Sends it in two pieces of memory, the first of `first` bytes.
    void send_asking(const Bytes& bytes, bool tcp, ULONG first) {
        NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info{};
        info.Transmit.IsIPv4 = 1;
        info.Transmit.TcpChecksum = tcp;
        info.Transmit.UdpChecksum = !tcp;
        info.Transmit.IpHeaderChecksum = 1;
        PNET_BUFFER_LIST nbl = make_nbl(first);
        std::memcpy(bytes_of(nbl), bytes.data(), first);
        PMDL rest = nullptr;
        Bytes* tail = nullptr;
        if (first < bytes.size()) {
            tail = new Bytes(bytes.begin() + first, bytes.end());
            memory_ = ExAllocatePoolWithTag(NonPagedPool, tail->size(), 1);
            std::memcpy(memory_, tail->data(), tail->size());
            rest = NdisAllocateMdl(nullptr, memory_, static_cast<UINT>(tail->size()));
            rest->Next = nullptr;
            nbl->FirstNetBuffer->MdlChain->Next = rest;
            nbl->FirstNetBuffer->DataLength = static_cast<ULONG>(bytes.size());
        }
        nbl->NetBufferListInfo[TcpIpChecksumNetBufferListInfo] = info.Value;
        protocol_.send({nbl});
        sleep_us(20);
        if (rest) {
            nbl->FirstNetBuffer->MdlChain->Next = nullptr;
            nbl->FirstNetBuffer->DataLength = first;
            NdisFreeMdl(rest);
            ExFreePool(memory_);
            delete tail;
        }
        free_nbl(nbl);
    }
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO receive_found(UCHAR protocol, unsigned layer4) {
        client_.found = {};
        client_.found.Layer4 = layer4 & 3;
        receive({ip_frame(protocol)});
        NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info{};
        EXPECT_EQ(protocol_.received.size(), 1u);
        info.Value = protocol_.received.at(0)->NetBufferListInfo[TcpIpChecksumNetBufferListInfo];
        protocol_.give_back(protocol_.received);
        protocol_.received.clear();
        sleep_us(5);
        return info;
    }
    NDIS_STATUS set_tcp4(UCHAR value) {
        NDIS_OFFLOAD_PARAMETERS parameters{};
        parameters.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_OFFLOAD_PARAMETERS_REVISION_1, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1};
        parameters.TCPIPv4Checksum = value;
        return protocol_.oid(NdisRequestSetInformation, OID_TCP_OFFLOAD_PARAMETERS, &parameters, sizeof(parameters));
    }
    PVOID memory_ = nullptr;
};

TEST_F(NetcxOffload, APacketSaysWhatIsAskedOfIt) {
    start();
    send_asking(ip_frame(6), true, 80);
    ASSERT_EQ(client_.asked.size(), 1u);
    EXPECT_EQ(client_.asked[0].Layer4, NetPacketTxChecksumActionRequired);
    EXPECT_EQ(client_.asked[0].Layer3, NetPacketTxChecksumActionRequired);
    EXPECT_EQ(client_.packets[0].Layout.Layer4Type, NetPacketLayer4TypeTcp);
    send(frame(2, 80));
    EXPECT_EQ(client_.asked[1].Layer4, NetPacketTxChecksumActionPassthrough);
    EXPECT_EQ(client_.asked[1].Layer3, NetPacketTxChecksumActionPassthrough);
    stop();
}

TEST_F(NetcxOffload, HeadersInPiecesAreBroughtTogetherForIt) {
    start();
    send_asking(ip_frame(17), false, 60);
    EXPECT_EQ(client_.fragments.back().size(), 2u);
    send_asking(ip_frame(17), false, 30);
    ASSERT_EQ(client_.fragments.back().size(), 1u);
    EXPECT_EQ(client_.fragments.back()[0].OsReserved_Bounced, 1u);
    EXPECT_EQ(client_.packets.back().Layout.Layer4Type, NetPacketLayer4TypeUdp);
    EXPECT_EQ(client_.sent.back(), ip_frame(17));
    stop();
}

TEST_F(NetcxOffload, WhatIsFoundIsToldOfTheProtocolThatItIs) {
    start();
    EXPECT_EQ(receive_found(6, NetPacketRxChecksumEvaluationValid).Receive.TcpChecksumSucceeded, 1u);
    EXPECT_EQ(receive_found(6, NetPacketRxChecksumEvaluationInvalid).Receive.TcpChecksumFailed, 1u);
    EXPECT_EQ(receive_found(17, NetPacketRxChecksumEvaluationValid).Receive.UdpChecksumSucceeded, 1u);
    EXPECT_EQ(receive_found(17, NetPacketRxChecksumEvaluationValid).Receive.TcpChecksumSucceeded, 0u);
    EXPECT_EQ(receive_found(6, NetPacketRxChecksumEvaluationNotChecked).Value, nullptr);
    stop();
}

TEST_F(NetcxOffload, WhatIsSwitchedOffIsNotToldAndTheDriverHearsOfIt) {
    start();
    EXPECT_EQ(set_tcp4(NDIS_OFFLOAD_PARAMETERS_TX_ENABLED_RX_DISABLED), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(client_.offloads, "tx-ip tx-tcp tx-udp rx-ip rx-tcp rx-udp ");  // of IPv6 they are on
    EXPECT_EQ(receive_found(6, NetPacketRxChecksumEvaluationValid).Receive.TcpChecksumSucceeded, 0u);
    EXPECT_EQ(receive_found(17, NetPacketRxChecksumEvaluationValid).Receive.UdpChecksumSucceeded, 1u);
    EXPECT_EQ(protocol_.statuses.back(), NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG);
    stop();
}

TEST_F(NetcxOffload, AnAdapterThatDeclaresNothingHasNoExtensionAndRefusesTheRequests) {
    client_.checksums = false;
    start();
    EXPECT_FALSE(client_.tx_sum.Enabled);
    EXPECT_EQ(set_tcp4(NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED), NDIS_STATUS_NOT_SUPPORTED);
    stop();
}

}  // namespace
