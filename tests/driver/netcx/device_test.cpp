// SPDX-License-Identifier: Apache-2.0
// What a driver asks of its device beside resources: the bus, power policy, Plug and Play; and the receive filter in the halves of 2.0.
#include "regmap.h"
#include "test_client.h"
#include "wdmguid.h"

namespace {

class NetcxDevice : public ClientTest {
protected:
    NDIS_STATUS set_filter(ULONG filter) { return protocol_.oid(NdisRequestSetInformation, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter)); }
};

ULONG told_filter, told_addresses;
UCHAR last_address;
void hear_filter(NETADAPTER, NET_PACKET_FILTER_FLAGS filter) { told_filter = filter; }
void hear_multicasts(NETADAPTER, ULONG count, NET_ADAPTER_LINK_LAYER_ADDRESS* list) {
    told_addresses = count;
    last_address = count ? list[count - 1].Address[5] : 0;
}

TEST_F(NetcxDevice, TheBusGivesItsConfigurationSpace) {
    start();
    BUS_INTERFACE_STANDARD bus;
    ASSERT_EQ(WdfFdoQueryForInterface(client_.device, &GUID_BUS_INTERFACE_STANDARD, reinterpret_cast<PINTERFACE>(&bus), sizeof(bus), 1, nullptr),
              STATUS_SUCCESS);
    PCI_COMMON_CONFIG config;
    EXPECT_EQ(bus.GetBusData(bus.Context, PCI_WHICHSPACE_CONFIG, &config, 0, sizeof(config)), sizeof(config));
    EXPECT_EQ(config.VendorID, PCI_ID_VENDOR);
    USHORT command = static_cast<USHORT>(config.Command ^ 0x4);
    EXPECT_EQ(bus.SetBusData(bus.Context, PCI_WHICHSPACE_CONFIG, &command, 4, 2), 2u);
    EXPECT_EQ(bus.GetBusData(bus.Context, PCI_WHICHSPACE_CONFIG, &config.Command, 4, 2), 2u);
    EXPECT_EQ(config.Command, command);
    EXPECT_EQ(bus.GetBusData(bus.Context, 1, &config, 0, 4), 0u);
    bus.InterfaceDereference(bus.Context);
    GUID other = GUID_BUS_INTERFACE_STANDARD;
    other.Data1++;
    EXPECT_EQ(WdfFdoQueryForInterface(client_.device, &other, reinterpret_cast<PINTERFACE>(&bus), sizeof(bus), 1, nullptr), STATUS_NOT_SUPPORTED);
    EXPECT_EQ(WdfFdoQueryForInterface(client_.device, &GUID_BUS_INTERFACE_STANDARD, reinterpret_cast<PINTERFACE>(&bus), 32, 1, nullptr),
              STATUS_BUFFER_TOO_SMALL);
    stop();
}

TEST_F(NetcxDevice, PowerPolicyIsTaken) {
    start();
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS idle;
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&idle, IdleCannotWakeFromS0);
    EXPECT_EQ(idle.DxState, PowerDeviceD3);
    EXPECT_EQ(WdfDeviceAssignS0IdleSettings(client_.device, &idle), STATUS_SUCCESS);
    idle.Size = 0;
    EXPECT_EQ(WdfDeviceAssignS0IdleSettings(client_.device, &idle), STATUS_INVALID_PARAMETER);
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS wake;
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS_INIT(&wake);
    EXPECT_EQ(WdfDeviceAssignSxWakeSettings(client_.device, &wake), STATUS_SUCCESS);
    NET_WAKE_SOURCE_LIST list;
    NET_WAKE_SOURCE_LIST_INIT(&list);
    NetDeviceGetWakeSourceList(client_.device, &list);
    EXPECT_EQ(NetWakeSourceListGetCount(&list), 0u);
    EXPECT_EQ(NetWakeSourceListGetElement(&list, 0), nullptr);
    stop();
}

TEST_F(NetcxDevice, AStateOfFailureTakesTheDeviceDown) {
    start();
    WDF_DEVICE_STATE state;
    WDF_DEVICE_STATE_INIT(&state);
    state.NotDisableable = WdfFalse;
    WdfDeviceSetDeviceState(client_.device, &state);
    sleep_us(50);
    EXPECT_EQ(client_.calls.find("cancel"), std::string::npos);
    state.Failed = WdfTrue;
    WdfDeviceSetDeviceState(client_.device, &state);
    sleep_us(200);
    EXPECT_NE(client_.calls.find("cancel-tx cancel-rx"), std::string::npos) << client_.calls;
    stop();
}

TEST_F(NetcxDevice, TheFilterOf20IsToldInHalves) {
    client_.declare = [this](NET_ADAPTER_TX_CAPABILITIES&, NET_ADAPTER_RX_CAPABILITIES&, NET_ADAPTER_DMA_CAPABILITIES&) {
        NET_ADAPTER_PACKET_FILTER_CAPABILITIES filter;
        NET_ADAPTER_MULTICAST_CAPABILITIES multicast;
        NET_ADAPTER_PACKET_FILTER_CAPABILITIES_INIT(&filter, NetPacketFilterFlagDirected | NetPacketFilterFlagMulticast | NetPacketFilterFlagBroadcast,
                                                    hear_filter);
        NET_ADAPTER_MULTICAST_CAPABILITIES_INIT(&multicast, 2, hear_multicasts);
        NetAdapterSetPacketFilterCapabilities(client_.adapter, &filter);
        NetAdapterSetMulticastCapabilities(client_.adapter, &multicast);
    };
    protocol_.filter = NDIS_PACKET_TYPE_DIRECTED;
    told_filter = told_addresses = 0;
    start();
    EXPECT_EQ(told_filter, static_cast<ULONG>(NetPacketFilterFlagDirected));
    EXPECT_EQ(set_filter(NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(told_filter, static_cast<ULONG>(NetPacketFilterFlagDirected | NetPacketFilterFlagBroadcast));
    UCHAR addresses[3][6] = {{1, 0, 94, 0, 0, 1}, {1, 0, 94, 0, 0, 2}, {1, 0, 94, 0, 0, 3}};
    EXPECT_EQ(protocol_.oid(NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, addresses, 12), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(told_addresses, 2u);
    EXPECT_EQ(last_address, 2u);
    EXPECT_EQ(protocol_.oid(NdisRequestSetInformation, OID_802_3_MULTICAST_LIST, addresses, 18), NDIS_STATUS_MULTICAST_FULL);
    stop();
}

}  // namespace
