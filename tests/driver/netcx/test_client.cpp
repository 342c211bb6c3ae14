// SPDX-License-Identifier: Apache-2.0
#include "test_client.h"

#include <algorithm>
#include <cstring>

namespace {

struct Context {
    TestClient* client;
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(Context, context_of)

TestClient* client_of(WDFOBJECT object) { return context_of(object)->client; }

void advance_tx(NETPACKETQUEUE queue) {
    TestClient* client = client_of(queue);
    NET_RING *packets = client->tx_packets(), *fragments = client->tx_fragments();
    for (; !client->hold_sends && packets->BeginIndex != packets->EndIndex; packets->BeginIndex = NetRingIncrementIndex(packets, packets->BeginIndex)) {
        const NET_PACKET* packet = NetRingGetPacketAtIndex(packets, packets->BeginIndex);
        if (packet->Ignore) continue;
        Bytes bytes;
        std::vector<NET_FRAGMENT> list;
        for (UINT32 i = 0; i < packet->FragmentCount; i++) {
            const UINT32 index = NetRingAdvanceIndex(fragments, packet->FragmentIndex, static_cast<INT32>(i));
            const NET_FRAGMENT* fragment = NetRingGetFragmentAtIndex(fragments, index);
            const UCHAR* va = static_cast<UCHAR*>(NetExtensionGetFragmentVirtualAddress(&client->tx_va, index)->VirtualAddress) + fragment->Offset;
            if (i == 0) client->addresses.push_back(reinterpret_cast<ULONG_PTR>(va));
            bytes.insert(bytes.end(), va, va + fragment->ValidLength);
            list.push_back(*fragment);
        }
        client->sent.push_back(bytes);
        client->packets.push_back(*packet);
        if (client->tx_sum.Enabled) client->asked.push_back(*NetExtensionGetPacketChecksum(&client->tx_sum, packets->BeginIndex));
        client->fragments.push_back(list);
        if (client->on_sent) client->on_sent(packets->BeginIndex);
        fragments->BeginIndex = NetRingAdvanceIndex(fragments, packet->FragmentIndex, packet->FragmentCount);
    }
    if (client->after_tx) client->after_tx();
}

void advance_rx(NETPACKETQUEUE queue) {
    TestClient* client = client_of(queue);
    if (queue != client->rx) return;
    while (!client->to_receive.empty() && !(client->driver_buffers && client->buffers.empty()) &&
           !(client->data_buffers && client->rx_buffers()->BeginIndex == client->rx_buffers()->EndIndex) && client->rx_packets()->BeginIndex != client->rx_packets()->EndIndex &&
           client->rx_fragments()->BeginIndex != client->rx_fragments()->EndIndex) {
        client->receive(client->to_receive.front());
        client->to_receive.erase(client->to_receive.begin());
    }
    if (client->after_rx) client->after_rx();
}

void cancel_tx(NETPACKETQUEUE queue) {
    TestClient* client = client_of(queue);
    client->calls += "cancel-tx ";
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    client->hold_sends = client->keep_sends;
}

void cancel_rx(NETPACKETQUEUE queue) {
    TestClient* client = client_of(queue);
    client->calls += "cancel-rx ";
    if (client->hold_receives) return;
    NET_RING *packets = NetRxQueueGetRingCollection(queue)->Rings[NetRingTypePacket], *fragments = NetRxQueueGetRingCollection(queue)->Rings[NetRingTypeFragment];
    for (; packets->BeginIndex != packets->EndIndex; packets->BeginIndex = NetRingIncrementIndex(packets, packets->BeginIndex))
        NetRingGetPacketAtIndex(packets, packets->BeginIndex)->Ignore = 1;
    fragments->BeginIndex = fragments->EndIndex;
}

void notify_tx(NETPACKETQUEUE queue, BOOLEAN) { client_of(queue)->armed_tx++; }
void notify_rx(NETPACKETQUEUE queue, BOOLEAN) { client_of(queue)->armed_rx++; }
void start_tx(NETPACKETQUEUE queue) { client_of(queue)->calls += "start-tx "; }
void start_rx(NETPACKETQUEUE queue) { client_of(queue)->calls += "start-rx "; }
void stop_tx(NETPACKETQUEUE queue) { client_of(queue)->calls += "stop-tx "; }
void stop_rx(NETPACKETQUEUE queue) { client_of(queue)->calls += "stop-rx "; }
VOID cleanup(WDFOBJECT object) {
    TestClient* client = client_of(object);
    if (!client) return;  // its creation failed
    client->calls += "cleanup ";
    client->rx_queues.erase(std::remove(client->rx_queues.begin(), client->rx_queues.end(), object), client->rx_queues.end());
}

void get_extensions(NETPACKETQUEUE queue, void (*get)(NETPACKETQUEUE, NET_EXTENSION_QUERY const*, NET_EXTENSION*), NET_EXTENSION* va,
                    NET_EXTENSION* la) {
    NET_EXTENSION_QUERY query;
    NET_EXTENSION_QUERY_INIT(&query, NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_NAME, NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_VERSION_1,
                             NetExtensionTypeFragment);
    get(queue, &query, va);
    NET_EXTENSION_QUERY_INIT(&query, NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_NAME, NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_VERSION_1,
                             NetExtensionTypeFragment);
    get(queue, &query, la);
}

void get_checksum(NETPACKETQUEUE queue, void (*get)(NETPACKETQUEUE, NET_EXTENSION_QUERY const*, NET_EXTENSION*), NET_EXTENSION* extension) {
    NET_EXTENSION_QUERY query;
    NET_EXTENSION_QUERY_INIT(&query, NET_PACKET_EXTENSION_CHECKSUM_NAME, NET_PACKET_EXTENSION_CHECKSUM_VERSION_1, NetExtensionTypePacket);
    get(queue, &query, extension);
}

NTSTATUS create_tx(NETADAPTER adapter, NETTXQUEUE_INIT* init) {
    TestClient* client = client_of(adapter);
    NET_PACKET_QUEUE_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    client->calls += "create-tx ";
    NET_PACKET_QUEUE_CONFIG_INIT(&config, advance_tx, notify_tx, cancel_tx);
    config.EvtStart = start_tx;
    config.EvtStop = stop_tx;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, Context);
    attributes.EvtCleanupCallback = cleanup;
    NTSTATUS status = NetTxQueueCreate(init, &attributes, &config, &client->tx);
    if (!NT_SUCCESS(status)) return status;
    context_of(client->tx)->client = client;
    get_extensions(client->tx, NetTxQueueGetExtension, &client->tx_va, &client->tx_la);
    get_checksum(client->tx, NetTxQueueGetExtension, &client->tx_sum);
    for (auto& [name, extension] : client->tx_extensions) {
        NET_EXTENSION_QUERY query;
        NET_EXTENSION_QUERY_INIT(&query, name, 1, NetExtensionTypePacket);
        NetTxQueueGetExtension(client->tx, &query, &extension);
    }
    return status;
}

NTSTATUS create_rx(NETADAPTER adapter, NETRXQUEUE_INIT* init) {
    TestClient* client = client_of(adapter);
    NET_PACKET_QUEUE_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    client->calls += "create-rx ";
    NET_PACKET_QUEUE_CONFIG_INIT(&config, advance_rx, notify_rx, cancel_rx);
    config.EvtStart = start_rx;
    config.EvtStop = stop_rx;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, Context);
    attributes.EvtCleanupCallback = cleanup;
    NETPACKETQUEUE queue = nullptr;
    NTSTATUS status = client->rx_queues.size() < client->most_rx_queues ? NetRxQueueCreate(init, &attributes, &config, &queue) : STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(status)) return status;
    context_of(queue)->client = client;
    client->rx_queues.push_back(queue);
    if (client->rx_queues.size() > 1) return status;
    client->rx = queue;
    get_extensions(client->rx, NetRxQueueGetExtension, &client->rx_va, &client->rx_la);
    get_checksum(client->rx, NetRxQueueGetExtension, &client->rx_sum);
    NET_EXTENSION_QUERY query;
    for (auto& [name, extension] : client->rx_extensions) {
        NET_EXTENSION_QUERY_INIT(&query, name, 1, NetExtensionTypePacket);
        NetRxQueueGetExtension(client->rx, &query, &extension);
    }
    NET_EXTENSION_QUERY_INIT(&query, NET_FRAGMENT_EXTENSION_RETURN_CONTEXT_NAME, NET_FRAGMENT_EXTENSION_RETURN_CONTEXT_VERSION_1,
                             NetExtensionTypeFragment);
    NetRxQueueGetExtension(client->rx, &query, &client->rx_return);
    EXPECT_EQ(client->rx_return.Enabled != FALSE, client->driver_buffers);
    NET_EXTENSION_QUERY_INIT(&query, NET_FRAGMENT_EXTENSION_DATA_BUFFER_NAME, NET_FRAGMENT_EXTENSION_DATA_BUFFER_VERSION_1, NetExtensionTypeFragment);
    NetRxQueueGetExtension(client->rx, &query, &client->rx_data);
    EXPECT_EQ(client->rx_data.Enabled != FALSE, client->data_buffers != 0);
    EXPECT_EQ(client->rx_buffers() != nullptr, client->data_buffers != 0);
    NET_EXTENSION_QUERY_INIT(&query, NET_FRAGMENT_EXTENSION_VIRTUAL_ADDRESS_NAME, 1, NetExtensionTypeBuffer);
    NetRxQueueGetExtension(client->rx, &query, &client->buffer_va);
    NET_EXTENSION_QUERY_INIT(&query, NET_FRAGMENT_EXTENSION_LOGICAL_ADDRESS_NAME, 1, NetExtensionTypeBuffer);
    NetRxQueueGetExtension(client->rx, &query, &client->buffer_la);
    return status;
}

void return_buffer(NETADAPTER adapter, NET_FRAGMENT_RETURN_CONTEXT_HANDLE handle) {
    TestClient* client = client_of(adapter);
    client->buffers.push_back(reinterpret_cast<UCHAR*>(handle));
    client->buffers_returned++;
    client->calls += "return ";
}

void set_checksums(NETADAPTER adapter, NETOFFLOAD offload) {
    std::string& text = client_of(adapter)->offloads;
    text.clear();
    if (NetOffloadIsTxChecksumIPv4Enabled(offload)) text += "tx-ip ";
    if (NetOffloadIsTxChecksumTcpEnabled(offload)) text += "tx-tcp ";
    if (NetOffloadIsTxChecksumUdpEnabled(offload)) text += "tx-udp ";
    if (NetOffloadIsRxChecksumIPv4Enabled(offload)) text += "rx-ip ";
    if (NetOffloadIsRxChecksumTcpEnabled(offload)) text += "rx-tcp ";
    if (NetOffloadIsRxChecksumUdpEnabled(offload)) text += "rx-udp ";
}

void declare_checksums(TestClient* client) {
    NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES tx;
    NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES rx;
    NET_ADAPTER_OFFLOAD_TX_CHECKSUM_CAPABILITIES_INIT(
        &tx, NetAdapterOffloadLayer3FlagIPv4NoOptions | NetAdapterOffloadLayer3FlagIPv6NoExtensions, set_checksums);
    tx.Layer4Flags = NetAdapterOffloadLayer4FlagTcpNoOptions | NetAdapterOffloadLayer4FlagUdp;
    NET_ADAPTER_OFFLOAD_RX_CHECKSUM_CAPABILITIES_INIT(&rx, set_checksums);
    NetAdapterOffloadSetTxChecksumCapabilities(client->adapter, &tx);
    NetAdapterOffloadSetRxChecksumCapabilities(client->adapter, &rx);
}

void declare(TestClient* client) {
    NET_ADAPTER_LINK_LAYER_CAPABILITIES link;
    NET_ADAPTER_DMA_CAPABILITIES dma;
    NET_ADAPTER_TX_CAPABILITIES tx;
    NET_ADAPTER_RX_CAPABILITIES rx;
    NET_ADAPTER_LINK_LAYER_ADDRESS address;
    NET_ADAPTER_LINK_STATE state;
    const UCHAR mac[6] = {2, 0, 0, 0, 0, 1};
    NET_ADAPTER_LINK_LAYER_CAPABILITIES_INIT(&link, 1000000000, 1000000000);
    NetAdapterSetLinkLayerCapabilities(client->adapter, &link);
    NetAdapterSetLinkLayerMtuSize(client->adapter, client->mtu);
    NET_ADAPTER_LINK_LAYER_ADDRESS_INIT(&address, 6, mac);
    NetAdapterSetPermanentLinkLayerAddress(client->adapter, &address);
    NET_ADAPTER_LINK_STATE_INIT(&state, 1000000000, MediaConnectStateConnected, MediaDuplexStateFull, NetAdapterPauseFunctionTypeUnsupported,
                                NetAdapterAutoNegotiationFlagNone);
    NetAdapterSetLinkState(client->adapter, &state);
    NET_ADAPTER_DMA_CAPABILITIES_INIT(&dma, client->enabler);
    if (client->dma) {
        NET_ADAPTER_TX_CAPABILITIES_INIT_FOR_DMA(&tx, &dma, 1);
        NET_ADAPTER_RX_CAPABILITIES_INIT_SYSTEM_MANAGED_DMA(&rx, &dma, client->frame_bytes, 1);
    } else {
        NET_ADAPTER_TX_CAPABILITIES_INIT(&tx, 1);
        NET_ADAPTER_RX_CAPABILITIES_INIT_SYSTEM_MANAGED(&rx, client->frame_bytes, 1);
    }
    if (client->driver_buffers) NET_ADAPTER_RX_CAPABILITIES_INIT_DRIVER_MANAGED(&rx, return_buffer, client->frame_bytes, 1);
    if (client->data_buffers) rx.AttachmentMode = NetRxFragmentBufferAttachmentModeDriver;
    tx.FragmentRingNumberOfElementsHint = 64;
    rx.FragmentRingNumberOfElementsHint = 16;
    if (client->declare) client->declare(tx, rx, dma);
    if (client->checksums) declare_checksums(client);
    NetAdapterSetDataPathCapabilities(client->adapter, &tx, &rx);
}

NTSTATUS prepare(WDFDEVICE device, WDFCMRESLIST, WDFCMRESLIST) {
    TestClient* client = client_of(device);
    WDF_DMA_ENABLER_CONFIG config;
    client->calls += "prepare ";
    WDF_DMA_ENABLER_CONFIG_INIT(&config, WdfDmaProfileScatterGather64, 65536);
    NTSTATUS status = WdfDmaEnablerCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &client->enabler);
    if (!NT_SUCCESS(status)) return status;
    declare(client);
    if (client->prepare) return client->prepare();
    return client->start ? NetAdapterStart(client->adapter) : STATUS_SUCCESS;
}

NTSTATUS release(WDFDEVICE device, WDFCMRESLIST) {
    client_of(device)->calls += "release ";
    return STATUS_SUCCESS;
}
NTSTATUS enter(WDFDEVICE device, WDF_POWER_DEVICE_STATE) {
    client_of(device)->calls += "enter ";
    return STATUS_SUCCESS;
}
NTSTATUS leave(WDFDEVICE device, WDF_POWER_DEVICE_STATE) {
    client_of(device)->calls += "exit ";
    return STATUS_SUCCESS;
}

NTSTATUS add(WDFDRIVER driver, PWDFDEVICE_INIT init) {
    auto* client = static_cast<TestClient*>(ndis_driver_argument(WdfDriverWdmGetDriverObject(driver)));
    WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
    WDF_OBJECT_ATTRIBUTES attributes;
    NetDeviceInitConfig(init);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
    callbacks.EvtDevicePrepareHardware = prepare;
    callbacks.EvtDeviceReleaseHardware = release;
    callbacks.EvtDeviceD0Entry = enter;
    callbacks.EvtDeviceD0Exit = leave;
    WdfDeviceInitSetPnpPowerEventCallbacks(init, &callbacks);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, Context);
    NTSTATUS status = WdfDeviceCreate(&init, &attributes, &client->device);
    if (!NT_SUCCESS(status)) return status;
    context_of(client->device)->client = client;
    NETADAPTER_INIT* adapter = NetAdapterInitAllocate(client->device);
    NET_ADAPTER_DATAPATH_CALLBACKS datapath;
    NET_ADAPTER_DATAPATH_CALLBACKS_INIT(&datapath, create_tx, create_rx);
    NetAdapterInitSetDatapathCallbacks(adapter, &datapath);
    status = NetAdapterCreate(adapter, &attributes, &client->adapter);
    NetAdapterInitFree(adapter);
    if (NT_SUCCESS(status)) context_of(client->adapter)->client = client;
    return status;
}

NTSTATUS entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, add);
    return WdfDriverCreate(driver, path, WDF_NO_OBJECT_ATTRIBUTES, &config, nullptr);
}

}  // namespace

void TestClient::receive(const Bytes& frame) {
    NET_RING *packet_ring = rx_packets(), *fragment_ring = rx_fragments();
    NET_FRAGMENT* fragment = NetRingGetFragmentAtIndex(fragment_ring, fragment_ring->BeginIndex);
    if (driver_buffers) {
        UCHAR* buffer = buffers.back();
        buffers.pop_back();
        fragment->Capacity = frame_bytes & 0x3FFFFFF;
        NetExtensionGetFragmentVirtualAddress(&rx_va, fragment_ring->BeginIndex)->VirtualAddress = buffer;
        NetExtensionGetFragmentReturnContext(&rx_return, fragment_ring->BeginIndex)->Handle =
            reinterpret_cast<NET_FRAGMENT_RETURN_CONTEXT_HANDLE>(buffer);
    }
    ULONG offset = rx_offset;
    void* to = NetExtensionGetFragmentVirtualAddress(&rx_va, fragment_ring->BeginIndex)->VirtualAddress;
    if (data_buffers) {
        NET_RING* ring = rx_buffers();
        EXPECT_EQ(to, nullptr);
        to = NetExtensionGetFragmentVirtualAddress(&buffer_va, ring->BeginIndex)->VirtualAddress;
        offset = 256 * in_buffer;
        fragment->Capacity = frame_bytes & 0x3FFFFFF;
        NetExtensionGetFragmentDataBuffer(&rx_data, fragment_ring->BeginIndex)->Handle =
            *static_cast<NET_FRAGMENT_DATA_BUFFER_HANDLE*>(NetRingGetElementAtIndex(ring, ring->BeginIndex));
        in_buffer = (in_buffer + 1) % data_buffers;
        if (in_buffer == 0) ring->BeginIndex = NetRingIncrementIndex(ring, ring->BeginIndex);
    }
    fragment->Offset = offset & 0x3FF;
    fragment->ValidLength = frame.size() & 0x3FFFFFF;
    std::memcpy(static_cast<UCHAR*>(to) + offset, frame.data(), frame.size());
    NET_PACKET* packet = NetRingGetPacketAtIndex(packet_ring, packet_ring->BeginIndex);
    packet->FragmentIndex = fragment_ring->BeginIndex;
    packet->FragmentCount = 1;
    packet->Layout = {};
    if (rx_sum.Enabled) *NetExtensionGetPacketChecksum(&rx_sum, packet_ring->BeginIndex) = found;
    if (on_receive) on_receive(packet_ring->BeginIndex);
    fragment_ring->BeginIndex = NetRingIncrementIndex(fragment_ring, fragment_ring->BeginIndex);
    packet_ring->BeginIndex = NetRingIncrementIndex(packet_ring, packet_ring->BeginIndex);
}

ClientTest::ClientTest() {
    load_miniport_ = [this] { return netcx_load_driver(kernel_, "testmp", entry, &client_); };
    reload();
    protocol_.calls.clear();
}

void ClientTest::receive(const std::vector<Bytes>& frames) {
    client_.to_receive.insert(client_.to_receive.end(), frames.begin(), frames.end());
    NetRxQueueNotifyMoreReceivedPacketsAvailable(client_.rx);
    sleep_us(100);
}

void ClientTest::send(const Bytes& frame, ULONG backfill) {
    PNET_BUFFER_LIST nbl = make_nbl(static_cast<ULONG>(frame.size()), backfill);
    std::copy(frame.begin(), frame.end(), bytes_of(nbl));
    const size_t before = protocol_.completed.size();
    protocol_.send({nbl});
    for (int i = 0; i < 100 && protocol_.completed.size() == before; i++) sleep_us(1);
    ASSERT_EQ(protocol_.completed.size(), before + 1);
    free_nbl(nbl);
}

Bytes ClientTest::frame(unsigned number, size_t length) {
    Bytes bytes(length);
    for (size_t i = 0; i < length; i++) bytes[i] = static_cast<UCHAR>(number * 31 + i * 7);
    const UCHAR header[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x88, 0xB5};
    std::memcpy(bytes.data(), header, std::min(length, sizeof(header)));
    return bytes;
}
