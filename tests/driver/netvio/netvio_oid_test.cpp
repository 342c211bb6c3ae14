// SPDX-License-Identifier: Apache-2.0
// The control path of the miniport, against an adapter that has rings and counters and nothing else.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "fake_platform.h"
#include "netvio_adapter.h"

namespace {

class NetvioOid : public testing::Test {
protected:
    NetvioOid() {
        fake_platform_config config;
        fake_platform_config_default(&config);
        fake = fake_platform_create(&config);
        vq_config ring{};
        ring.size = 64;
        ring.name = "tx";
        EXPECT_EQ(vq_create(&pairs[0].tx.vq, fake_platform_seam(fake), &ring), 0);
        adapter.pair = pairs;
        adapter.pairs = 2;
        adapter.config.rx_buffer_bytes = 1518;
        adapter.config.offloads.vlan = true;
        pairs[0].rx.count = 32;
        pairs[0].tx.frames = 0x100000000;
        pairs[1].tx.frames = 1;
        pairs[0].tx.bytes = 600;
        pairs[1].tx.bytes = 40;
        pairs[1].rx.errors = 3;
        const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
        std::memcpy(adapter.mac, mac, sizeof(mac));
    }
    ~NetvioOid() override {
        vq_destroy(pairs[0].tx.vq);
        EXPECT_EQ(fake_platform_destroy(fake), 0u);
    }
    NDIS_STATUS query(NDIS_OID oid, void* to, UINT length) {
        request = NDIS_OID_REQUEST{};
        request.RequestType = NdisRequestQueryInformation;
        request.DATA.QUERY_INFORMATION.Oid = oid;
        request.DATA.QUERY_INFORMATION.InformationBuffer = to;
        request.DATA.QUERY_INFORMATION.InformationBufferLength = length;
        return netvio_oid_request(&adapter, &request);
    }
    NDIS_STATUS set(NDIS_OID oid, const void* from, UINT length) {
        request = NDIS_OID_REQUEST{};
        request.RequestType = NdisRequestSetInformation;
        request.DATA.SET_INFORMATION.Oid = oid;
        request.DATA.SET_INFORMATION.InformationBuffer = const_cast<void*>(from);
        request.DATA.SET_INFORMATION.InformationBufferLength = length;
        return netvio_oid_request(&adapter, &request);
    }

    fake_platform* fake;
    netvio_pair pairs[2]{};
    netvio_adapter adapter{};
    NDIS_OID_REQUEST request{};
};

TEST_F(NetvioOid, EverySupportedQueryAnswersOrIsASet) {
    std::vector<uint8_t> buffer(512);
    for (ULONG i = 0; i < netvio_supported_oids_bytes / sizeof(NDIS_OID); i++) {
        NDIS_OID oid = netvio_supported_oids[i];
        const bool set = oid == OID_802_3_MULTICAST_LIST || oid == OID_OFFLOAD_ENCAPSULATION || oid == OID_TCP_OFFLOAD_PARAMETERS ||
                         oid == OID_GEN_RECEIVE_SCALE_PARAMETERS || oid == OID_MINIPORT_RESET_QUEUE || oid == OID_MINIPORT_RESET_DEVICE;
        if (set) continue;
        EXPECT_EQ(query(oid, buffer.data(), 512), NDIS_STATUS_SUCCESS) << std::hex << oid;
        EXPECT_GT(request.DATA.QUERY_INFORMATION.BytesWritten, 0u) << std::hex << oid;
    }
}

TEST_F(NetvioOid, ShortBufferLearnsWhatIsNeeded) {
    uint8_t buffer[3];
    EXPECT_EQ(query(OID_802_3_CURRENT_ADDRESS, buffer, sizeof(buffer)), NDIS_STATUS_BUFFER_TOO_SHORT);
    EXPECT_EQ(request.DATA.QUERY_INFORMATION.BytesNeeded, 6u);
    EXPECT_EQ(request.DATA.QUERY_INFORMATION.BytesWritten, 0u);
}

TEST_F(NetvioOid, CountersSumTheQueuesAndComeInEightBytesWhereThereIsRoom) {
    ULONG64 large = 0;
    ULONG small = 0;
    ASSERT_EQ(query(OID_GEN_XMIT_OK, &large, sizeof(large)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(large, 0x100000001u);
    ASSERT_EQ(query(OID_GEN_XMIT_OK, &small, sizeof(small)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(small, 1u);
}

TEST_F(NetvioOid, StatisticsSayWhichFieldsAreValid) {
    NDIS_STATISTICS_INFO info{};
    ASSERT_EQ(query(OID_GEN_STATISTICS, &info, sizeof(info)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(info.ifHCOutOctets, 640u);
    EXPECT_EQ(info.ifInErrors, 3u);
    EXPECT_NE(info.SupportedStatistics & NDIS_STATISTICS_FLAGS_VALID_BYTES_XMIT, 0u);
}

TEST_F(NetvioOid, PacketFilterIsKeptOrRefusedWhole) {
    ULONG filter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST, other = 0x8000;
    EXPECT_EQ(set(OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter)), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(set(OID_GEN_CURRENT_PACKET_FILTER, &other, sizeof(other)), NDIS_STATUS_NOT_SUPPORTED);
    EXPECT_EQ(set(OID_GEN_CURRENT_PACKET_FILTER, &other, 2), NDIS_STATUS_INVALID_LENGTH);
    EXPECT_EQ(adapter.packet_filter, filter);
}

TEST_F(NetvioOid, MulticastListIsMeasured) {
    std::vector<uint8_t> list(33 * 6);
    EXPECT_EQ(set(OID_802_3_MULTICAST_LIST, list.data(), 32 * 6), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(set(OID_802_3_MULTICAST_LIST, list.data(), 33 * 6), NDIS_STATUS_MULTICAST_FULL);
    EXPECT_EQ(set(OID_802_3_MULTICAST_LIST, list.data(), 7), NDIS_STATUS_INVALID_LENGTH);
}

TEST_F(NetvioOid, QueueResetNeedsTheFeatureAndAQueue) {
    ULONG queue = 4;
    EXPECT_EQ(set(OID_MINIPORT_RESET_QUEUE, &queue, 2), NDIS_STATUS_INVALID_LENGTH);
    EXPECT_EQ(set(OID_MINIPORT_RESET_QUEUE, &queue, sizeof(queue)), NDIS_STATUS_NOT_SUPPORTED);
    adapter.pci.features = REGMAP_BIT(VIRTIO_F_RING_RESET_BIT);
    EXPECT_EQ(set(OID_MINIPORT_RESET_QUEUE, &queue, sizeof(queue)), NDIS_STATUS_INVALID_DATA);
}

TEST_F(NetvioOid, UnknownOnesAreNotSupported) {
    ULONG value = 0;
    EXPECT_EQ(query(0x12345678, &value, sizeof(value)), NDIS_STATUS_NOT_SUPPORTED);
    EXPECT_EQ(set(0x12345678, &value, sizeof(value)), NDIS_STATUS_NOT_SUPPORTED);
}

}  // namespace
