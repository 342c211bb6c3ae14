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
        if (protocol == 6) put_pseudo_sum(bytes);
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
    // The sums of an IPv4 packet with TCP, made by hand over all of it.
    static void expect_right_sums(const Bytes& bytes) {
        const auto sum = [&](size_t from, size_t to, unsigned start) {
            unsigned all = start;
            for (size_t i = from; i < to; i++) all += (i - from) % 2 ? bytes[i] : bytes[i] * 256u;
            while (all >> 16) all = (all & 0xFFFF) + (all >> 16);
            return all;
        };
        const size_t end = 14 + bytes[16] * 256u + bytes[17];
        ASSERT_LE(end, bytes.size());
        EXPECT_EQ(sum(14, 34, 0), 0xFFFFu) << "of the IPv4 header";
        EXPECT_EQ(sum(34, end, sum(26, 34, 6u + static_cast<unsigned>(end - 34))), 0xFFFFu) << "of TCP";
    }
    static Bytes with_tcp_options(Bytes bytes) {
        bytes.insert(bytes.begin() + 54, {1, 1, 1, 1});
        bytes[14 + 20 + 12] = 0x60;
        bytes[17] = static_cast<UCHAR>(bytes[17] + 4);
        put_pseudo_sum(bytes);
        return bytes;
    }
    static void put_pseudo_sum(Bytes& bytes) {
        unsigned sum = 6u + bytes[16] * 256u + bytes[17] - 20u;
        for (size_t i = 26; i < 34; i += 2) sum += bytes[i] * 256u + bytes[i + 1];
        sum = (sum & 0xFFFF) + (sum >> 16);
        bytes[34 + 16] = static_cast<UCHAR>(sum >> 8), bytes[34 + 17] = static_cast<UCHAR>(sum);
    }
    static inline std::string told;
    UINT16 limit_ = 0;
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

TEST_F(NetcxOffload, AnAdapterThatDeclaresNothingHasNoExtensionAndItsChecksumsAreMadeInSoftware) {
    client_.checksums = false;
    start();
    EXPECT_FALSE(client_.tx_sum.Enabled);
    EXPECT_EQ(set_tcp4(NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED), NDIS_STATUS_NOT_SUPPORTED) << "none are verified";
    EXPECT_EQ(set_tcp4(NDIS_OFFLOAD_PARAMETERS_TX_ENABLED_RX_DISABLED), NDIS_STATUS_SUCCESS);
    send_asking(ip_frame(6), true, 80);
    ASSERT_EQ(client_.sent.size(), 1u);
    EXPECT_EQ(client_.fragments[0].size(), 1u);
    EXPECT_EQ(client_.fragments[0][0].OsReserved_Bounced, 1u);
    expect_right_sums(client_.sent[0]);
    stop();
}

// The driver is asked exactly as far as it declared; what it gets else is right already.
TEST_F(NetcxOffload, WhatIsOutsideOfWhatWasDeclaredIsMadeInSoftware) {
    start();
    Bytes plain = ip_frame(6), options = with_tcp_options(plain);
    send_asking(plain, true, 80);
    send_asking(options, true, static_cast<ULONG>(options.size()));
    ASSERT_EQ(client_.asked.size(), 2u);
    EXPECT_EQ(client_.asked[0].Layer4, NetPacketTxChecksumActionRequired);
    EXPECT_EQ(client_.asked[1].Layer4, NetPacketTxChecksumActionPassthrough) << "the client has no TCP with options";
    EXPECT_EQ(client_.asked[1].Layer3, NetPacketTxChecksumActionPassthrough);
    expect_right_sums(client_.sent[1]);
    stop();
}

TEST_F(NetcxOffload, AHeaderBehindTheLimitIsSummedInSoftware) {
    client_.declare = [this](auto&, auto&, auto&) {
        client_.checksums = false;  // declared here
        NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES tx;
        NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES_INIT(&tx, NetAdapterOffloadLayer3FlagIPv4NoOptions, [](NETADAPTER, NETOFFLOAD) {});
        tx.Layer4Flags = NetAdapterOffloadLayer4FlagTcpNoOptions;
        tx.Layer4HeaderOffsetLimit = limit_;
        NetAdapterOffloadSetTxChecksumCapabilities(client_.adapter, &tx);
    };
    for (UINT16 limit : {0, 34, 33}) {
        limit_ = limit;
        reload();
        start();
        client_.sent.clear();
        client_.asked.clear();
        send_asking(ip_frame(6), true, 80);
        ASSERT_EQ(client_.asked.size(), 1u);
        EXPECT_EQ(client_.asked[0].Layer4, limit == 33 ? NetPacketTxChecksumActionPassthrough : NetPacketTxChecksumActionRequired) << limit;
        if (limit == 33) expect_right_sums(client_.sent[0]);
        stop();
    }
}

TEST_F(NetcxOffload, AFrameThatIsNotWhatItsSlotSaysIsNotSent) {
    start();
    Bytes strange = ip_frame(6);
    strange[14 + 9] = 99;  // no protocol with a checksum
    send_asking(strange, true, 80);
    EXPECT_EQ(client_.sent.size(), 0u);
    ULONG64 errors = 0;
    EXPECT_EQ(protocol_.oid(NdisRequestQueryInformation, OID_GEN_XMIT_ERROR, &errors, sizeof(errors)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(errors, 1u);
    stop();
}

TEST_F(NetcxOffload, TheCombinedCapabilitiesOfTheFirstVersionsAreBothDirections) {
    client_.checksums = false;
    client_.declare = [this](auto&, auto&, auto&) {
        NET_ADAPTER_OFFLOAD_CHECKSUM_CAPABILITIES both;
        NET_ADAPTER_OFFLOAD_CHECKSUM_CAPABILITIES_INIT(&both, TRUE, TRUE, FALSE, [](NETADAPTER, NETOFFLOAD offload) {
            told = std::to_string(NetOffloadIsChecksumIPv4Enabled(offload)) + std::to_string(NetOffloadIsChecksumTcpEnabled(offload)) +
                   std::to_string(NetOffloadIsChecksumUdpEnabled(offload));
        });
        NetAdapterOffloadSetChecksumCapabilities(client_.adapter, &both);
    };
    start();
    EXPECT_EQ(set_tcp4(NDIS_OFFLOAD_PARAMETERS_TX_RX_ENABLED), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(told, "110");
    EXPECT_EQ(receive_found(6, NetPacketRxChecksumEvaluationValid).Receive.TcpChecksumSucceeded, 1u);
    stop();
}

// ---- Large sends
class NetcxGso : public NetcxOffload {
protected:
    NetcxGso() {
        client_.checksums = false;
        client_.declare = [this](auto&, auto&, auto&) {
            NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES gso;
            NET_ADAPTER_OFFLOAD_GSO_CAPABILITIES_INIT(&gso, NetAdapterOffloadLayer3FlagIPv4NoOptions, NetAdapterOffloadLayer4FlagTcpNoOptions, 3000, 3,
                                                      [](NETADAPTER, NETOFFLOAD) {});
            if (lso_) {
                NET_ADAPTER_OFFLOAD_LSO_CAPABILITIES lso;
                NET_ADAPTER_OFFLOAD_LSO_CAPABILITIES_INIT(&lso, TRUE, FALSE, 3000, 3, [](NETADAPTER, NETOFFLOAD) {});
                NetAdapterOffloadSetLsoCapabilities(client_.adapter, &lso);
            } else {
                NetAdapterOffloadSetGsoCapabilities(client_.adapter, &gso);
            }
        };
        client_.tx_extensions = {{gso_name, {}}, {lso_name, {}}};
        client_.on_sent = [this](UINT32 index) {
            const NET_EXTENSION &gso = client_.tx_extensions[gso_name], &lso = client_.tx_extensions[lso_name];
            mss_.push_back(gso.Enabled ? NetExtensionGetPacketGso(&gso, index)->TCP.Mss : lso.Enabled ? NetExtensionGetPacketLso(&lso, index)->TCP.Mss : 0);
        };
    }
    // IP length 0, and the pseudo sum without the length, as NDIS leaves them.
    void send_large(size_t payload, ULONG mss) {
        Bytes bytes = ip_frame(6);
        bytes.resize(54 + payload);
        for (size_t i = 54; i < bytes.size(); i++) bytes[i] = static_cast<UCHAR>(i * 7);
        bytes[16] = bytes[17] = 0;
        NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info{};
        info.LsoV2Transmit.MSS = mss & 0xFFFFF;
        info.LsoV2Transmit.TcpHeaderOffset = 34;
        info.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
        PNET_BUFFER_LIST nbl = make_nbl(static_cast<ULONG>(bytes.size()));
        std::memcpy(bytes_of(nbl), bytes.data(), bytes.size());
        nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo] = info.Value;
        protocol_.send({nbl});
        sleep_us(50);
        info.Value = nbl->NetBufferListInfo[TcpLargeSendNetBufferListInfo];
        EXPECT_EQ(info.LsoV2TransmitComplete.Type, static_cast<unsigned>(NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE));
        EXPECT_EQ(info.LsoV2Transmit.MSS, 0u) << "the segment size does not come back";
        free_nbl(nbl);
    }
    bool lso_ = false;
    std::vector<unsigned> mss_;
    static constexpr PCWSTR gso_name = NET_PACKET_EXTENSION_GSO_NAME, lso_name = NET_PACKET_EXTENSION_LSO_NAME;
};

TEST_F(NetcxGso, TheDriverCutsWhatItDeclaredAndSoftwareTheRest) {
    client_.mtu = 1500;
    start();
    EXPECT_TRUE(client_.tx_extensions[gso_name].Enabled);
    EXPECT_FALSE(client_.tx_extensions[lso_name].Enabled);
    send_large(2500, 1000);  // three segments
    EXPECT_EQ(mss_, std::vector<unsigned>({1000}));
    EXPECT_EQ(client_.sent.at(0).size(), 2554u);
    send_large(1500, 1000);  // two: fewer than it wants
    EXPECT_EQ(mss_, std::vector<unsigned>({1000, 0, 0}));
    EXPECT_EQ(client_.sent.at(1).size(), 1054u);
    EXPECT_EQ(client_.sent.at(2).size(), 554u);
    send_large(3500, 1400);  // more than it can
    EXPECT_EQ(mss_, std::vector<unsigned>({1000, 0, 0, 0, 0, 0}));
    for (size_t i = 1; i < client_.sent.size(); i++) expect_right_sums(client_.sent[i]);
    stop();
}

TEST_F(NetcxGso, ASegmentThatIsLongerThanAFrameIsNotSent) {
    client_.mtu = 1500;
    start();
    send_large(4000, 1500);
    EXPECT_EQ(client_.sent.size(), 0u);
    stop();
}

TEST_F(NetcxGso, TheExtensionOfTheFirstVersionsServesToo) {
    lso_ = true;
    start();
    EXPECT_FALSE(client_.tx_extensions[gso_name].Enabled);
    EXPECT_TRUE(client_.tx_extensions[lso_name].Enabled);
    send_large(2500, 1000);
    EXPECT_EQ(mss_, std::vector<unsigned>({1000}));
    stop();
}

// ---- What else is found
TEST_F(NetcxOffload, SegmentsThatTheDriverJoinedAreCountedInTheSlot) {
    static constexpr PCWSTR name = NET_PACKET_EXTENSION_RSC_NAME;
    client_.declare = [this](auto&, auto&, auto&) {
        NET_ADAPTER_OFFLOAD_RSC_CAPABILITIES rsc;
        NET_ADAPTER_OFFLOAD_RSC_CAPABILITIES_INIT(&rsc, NetAdapterOffloadLayer3FlagIPv4NoOptions, NetAdapterOffloadLayer4FlagTcpNoOptions,
                                                  [](NETADAPTER, NETOFFLOAD offload) { told = NetOffloadIsTcpRscIPv4Enabled(offload) ? "on" : "off"; });
        NetAdapterOffloadSetRscCapabilities(client_.adapter, &rsc);
    };
    client_.rx_extensions = {{name, {}}};
    USHORT count = 5;
    client_.on_receive = [this, &count](UINT32 index) {
        NetExtensionGetPacketRsc(&client_.rx_extensions[name], index)->TCP = {count, static_cast<UINT16>(count ? 2 : 0)};
    };
    start();
    ASSERT_TRUE(client_.rx_extensions[name].Enabled);
    for (count = 5;; count = 0) {
        receive({ip_frame(6)});
        ASSERT_EQ(protocol_.received.size(), 1u);
        EXPECT_EQ(NET_BUFFER_LIST_COALESCED_SEG_COUNT(protocol_.received[0]), count);
        EXPECT_EQ(NET_BUFFER_LIST_DUP_ACK_COUNT(protocol_.received[0]), count ? 2 : 0);
        protocol_.give_back(protocol_.received);
        protocol_.received.clear();
        sleep_us(5);
        if (!count) break;
    }
    NDIS_OFFLOAD_PARAMETERS parameters{};
    parameters.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_OFFLOAD_PARAMETERS_REVISION_3, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3};
    parameters.RscIPv4 = NDIS_OFFLOAD_PARAMETERS_RSC_DISABLED;
    EXPECT_EQ(protocol_.oid(NdisRequestSetInformation, OID_TCP_OFFLOAD_PARAMETERS, &parameters, sizeof(parameters)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(told, "off");
    parameters.RscIPv6 = NDIS_OFFLOAD_PARAMETERS_RSC_ENABLED;
    EXPECT_EQ(protocol_.oid(NdisRequestSetInformation, OID_TCP_OFFLOAD_PARAMETERS, &parameters, sizeof(parameters)), NDIS_STATUS_NOT_SUPPORTED);
    stop();
}

}  // namespace
