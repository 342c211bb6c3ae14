/* SPDX-License-Identifier: Apache-2.0 */
/* netcx_adapter.c: adapters and what their drivers say of them. [D] NetAdapterCreate, NetAdapterStart */
#include <stdarg.h>
#include <stdio.h>

#include "netcx_offload.h"

void netcx_violation(const struct netcx_device *device, const char *check, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    kernel_violation(device->kernel, check, "[D] NetAdapterCx", -1, "%s", text);
}

struct netcx_adapter *netcx_adapter_of(NETADAPTER handle, const char *function) {
    return wdf_object_of(handle, WDF_TYPE_NET_ADAPTER, function);
}

void netcx_check_configuring(struct netcx_adapter *adapter, const char *function) {
    wdf_require_passive(adapter->object.kernel, function);
    if (adapter->started)
        netcx_violation(adapter->device, "netcx.configuring", "%s was called on an adapter that is started: it is for the time before", function);
}

/* Structures say how long they are; one that does not was not initialised. */
static bool check_size(const struct netcx_adapter *adapter, ULONG size, size_t expected, const char *function) {
    if (size == expected) return true;
    netcx_violation(adapter->device, "netcx.size", "%s was given a structure with Size %u, and needs %zu: its _INIT was not called", function,
                    (unsigned)size, expected);
    return false;
}

/* ---- Making one */
NETADAPTER_INIT *NetAdapterInitAllocate(WDFDEVICE Device) {
    struct wdf_device *device = wdf_object_of(Device, WDF_TYPE_DEVICE, __func__);
    NETADAPTER_INIT *init = device ? kernel_allocate(device->object.kernel, sizeof(*init), NETCX_TAG) : NULL;
    if (init) init->device = device;
    return init;
}

void NetAdapterInitFree(NETADAPTER_INIT *AdapterInit) { kernel_free(AdapterInit); }

void NetAdapterInitSetDatapathCallbacks(NETADAPTER_INIT *AdapterInit, NET_ADAPTER_DATAPATH_CALLBACKS *Callbacks) {
    AdapterInit->callbacks = *Callbacks;
}

static void dispose(struct wdf_object *object) {
    struct netcx_adapter *adapter = CONTAINING_RECORD(object, struct netcx_adapter, object);
    adapter->device->adapter = NULL;
}

NTSTATUS NetAdapterCreate(NETADAPTER_INIT *AdapterInit, WDF_OBJECT_ATTRIBUTES *Attributes, NETADAPTER *Adapter) {
    struct netcx_device *device = AdapterInit->device->owner;
    struct netcx_adapter *adapter;
    wdf_require_passive(AdapterInit->device->object.kernel, __func__);
    if (!AdapterInit->device->extension.power_up || !AdapterInit->callbacks.EvtAdapterCreateTxQueue ||
        !AdapterInit->callbacks.EvtAdapterCreateRxQueue || (Attributes && Attributes->ParentObject)) {
        netcx_violation(device, "netcx.create", "NetAdapterCreate: %s",
                        !AdapterInit->device->extension.power_up        ? "NetDeviceInitConfig was not called for the device"
                        : Attributes && Attributes->ParentObject ? "an adapter's parent is its device: ParentObject must be NULL"
                                                                 : "both data path callbacks are mandatory");
        return STATUS_INVALID_PARAMETER;
    }
    if (device->adapter) return STATUS_NOT_SUPPORTED; /* one for a device here */
    const NTSTATUS status = wdf_object_create(device->kernel, WDF_TYPE_NET_ADAPTER, sizeof(*adapter), Attributes,
                                              &AdapterInit->device->object, &adapter);
    if (!NT_SUCCESS(status)) return status;
    adapter->object.dispose = dispose;
    adapter->device = device;
    adapter->callbacks = AdapterInit->callbacks;
    NET_ADAPTER_LINK_STATE_INIT_DISCONNECTED(&adapter->link);
    device->adapter = adapter;
    *Adapter = netcx_adapter_handle(adapter);
    return STATUS_SUCCESS;
}

NET_LUID NetAdapterGetNetLuid(NETADAPTER Adapter) {
    UNREFERENCED_PARAMETER(Adapter);
    return (NET_LUID){.Value = 1};
}

/* ---- Start and stop */
NTSTATUS NetAdapterStart(NETADAPTER Adapter) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    if (!adapter) return STATUS_INVALID_HANDLE;
    wdf_require_passive(adapter->object.kernel, __func__);
    if (adapter->started) {
        netcx_violation(adapter->device, "netcx.start", "NetAdapterStart was called twice without a NetAdapterStop between");
        return STATUS_INVALID_DEVICE_STATE;
    }
    if (!adapter->link_capabilities.Size || !adapter->tx_caps.Size || !adapter->rx_caps.Size || !adapter->mtu) return STATUS_INVALID_PARAMETER;
    if (!adapter->permanent.Length) adapter->permanent = adapter->current;
    if (!adapter->current.Length) adapter->current = adapter->permanent;
    if (adapter->permanent.Length != adapter->current.Length) return STATUS_INVALID_PARAMETER;
    netcx_offload_init(adapter);
    adapter->started = true;
    if (!adapter->device->powered) return STATUS_SUCCESS;
    const NTSTATUS status = netcx_queues_create(adapter);
    if (NT_SUCCESS(status) && adapter->device->running) netcx_queues_start(adapter);
    return STATUS_SUCCESS; /* queues that could not be made are no failure of the start, [D] */
}

void NetAdapterStop(NETADAPTER Adapter) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    if (!adapter || !adapter->started) return;
    wdf_require_passive(adapter->object.kernel, __func__);
    if (adapter->device->running) netcx_queues_stop(adapter);
    netcx_queues_delete(adapter);
    adapter->started = false;
}

/* ---- Link layer */
void NetAdapterSetLinkLayerCapabilities(NETADAPTER Adapter, NET_ADAPTER_LINK_LAYER_CAPABILITIES *LinkLayerCapabilities) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    if (!adapter || !check_size(adapter, LinkLayerCapabilities->Size, sizeof(*LinkLayerCapabilities), __func__)) return;
    netcx_check_configuring(adapter, __func__);
    adapter->link_capabilities = *LinkLayerCapabilities;
}

void NetAdapterSetLinkLayerMtuSize(NETADAPTER Adapter, ULONG MtuSize) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    if (!adapter) return;
    if (MtuSize == 0) netcx_violation(adapter->device, "netcx.mtu", "NetAdapterSetLinkLayerMtuSize was given 0");
    else adapter->mtu = MtuSize;
}

static void set_address(NETADAPTER handle, const NET_ADAPTER_LINK_LAYER_ADDRESS *from, bool permanent, const char *function) {
    struct netcx_adapter *adapter = netcx_adapter_of(handle, function);
    if (!adapter) return;
    if (from->Length > sizeof(from->Address)) {
        netcx_violation(adapter->device, "netcx.address", "%s was given an address of %u bytes, which may have 32", function, from->Length);
        return;
    }
    if (permanent) {
        netcx_check_configuring(adapter, function);
        adapter->permanent = *from;
    } else {
        adapter->current = *from;
    }
}

void NetAdapterSetPermanentLinkLayerAddress(NETADAPTER Adapter, NET_ADAPTER_LINK_LAYER_ADDRESS *LinkLayerAddress) {
    set_address(Adapter, LinkLayerAddress, true, __func__);
}

void NetAdapterSetCurrentLinkLayerAddress(NETADAPTER Adapter, NET_ADAPTER_LINK_LAYER_ADDRESS *LinkLayerAddress) {
    set_address(Adapter, LinkLayerAddress, false, __func__);
}

void NetAdapterSetLinkState(NETADAPTER Adapter, NET_ADAPTER_LINK_STATE *LinkState) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    if (!adapter || !check_size(adapter, LinkState->Size, sizeof(*LinkState), __func__)) return;
    const bool changed = memcmp(&adapter->link, LinkState, sizeof(*LinkState)) != 0;
    adapter->link = *LinkState;
    if (changed && adapter->device->attributes_set) netcx_indicate_link(adapter);
}

/* ---- What it can send and receive */
static bool is_power_of_two(SIZE_T value) { return value != 0 && (value & (value - 1)) == 0; }

static bool check_tx(const struct netcx_adapter *adapter, const NET_ADAPTER_TX_CAPABILITIES *caps, const char *function) {
    const char *wrong = NULL;
    if (!check_size(adapter, caps->Size, sizeof(*caps), function)) return false;
    if (caps->MaximumNumberOfQueues == 0) wrong = "MaximumNumberOfQueues is 0";
    if (caps->MaximumNumberOfFragments == 0) wrong = "MaximumNumberOfFragments is 0";
    if (!is_power_of_two(caps->FragmentBufferAlignment)) wrong = "FragmentBufferAlignment is no power of two";
    if (caps->FragmentBufferAlignment > PAGE_SIZE) wrong = "FragmentBufferAlignment is more than the page that buffers begin with";
    if (caps->FragmentRingNumberOfElementsHint && !is_power_of_two(caps->FragmentRingNumberOfElementsHint))
        wrong = "FragmentRingNumberOfElementsHint is no power of two";
    if (caps->PayloadBackfill > 1023) wrong = "PayloadBackfill does not fit into a fragment's Offset";
    if (caps->MappingRequirement == NetMemoryMappingRequirementDmaMapped && !caps->DmaCapabilities) wrong = "DmaCapabilities are missing";
    if (wrong) netcx_violation(adapter->device, "netcx.capabilities", "%s: transmit: %s", function, wrong);
    return !wrong;
}

/* The callback of a driver with buffers of its own lies where the others are. */
static const char *wrong_buffers(const NET_ADAPTER_RX_CAPABILITIES *caps) {
    if (caps->AllocationMode == NetRxFragmentBufferAllocationModeDriver) {
        if (caps->AttachmentMode != NetRxFragmentBufferAttachmentModeDriver) return "who allocates buffers attaches them";
        return caps->EvtAdapterReturnRxBuffer ? NULL : "EvtAdapterReturnRxBuffer is missing";
    }
    if (!is_power_of_two(caps->FragmentBufferAlignment)) return "FragmentBufferAlignment is no power of two";
    if (caps->FragmentBufferAlignment > PAGE_SIZE) return "FragmentBufferAlignment is more than the page that buffers begin with";
    return caps->MappingRequirement == NetMemoryMappingRequirementDmaMapped && !caps->DmaCapabilities ? "DmaCapabilities are missing" : NULL;
}

static bool check_rx(const struct netcx_adapter *adapter, const NET_ADAPTER_RX_CAPABILITIES *caps, const char *function) {
    if (!check_size(adapter, caps->Size, sizeof(*caps), function)) return false;
    const char *wrong = wrong_buffers(caps);
    if (caps->MaximumNumberOfQueues == 0) wrong = "MaximumNumberOfQueues is 0";
    if (caps->MaximumFrameSize == 0) wrong = "MaximumFrameSize is 0";
    if (caps->FragmentRingNumberOfElementsHint && !is_power_of_two(caps->FragmentRingNumberOfElementsHint))
        wrong = "FragmentRingNumberOfElementsHint is no power of two";
    if (wrong) netcx_violation(adapter->device, "netcx.capabilities", "%s: receive: %s", function, wrong);
    return !wrong;
}

void NetAdapterSetDataPathCapabilities(NETADAPTER Adapter, NET_ADAPTER_TX_CAPABILITIES *TxCapabilities,
                                       NET_ADAPTER_RX_CAPABILITIES *RxCapabilities) {
    struct netcx_adapter *adapter = netcx_adapter_of(Adapter, __func__);
    if (!adapter || !check_tx(adapter, TxCapabilities, __func__) || !check_rx(adapter, RxCapabilities, __func__)) return;
    netcx_check_configuring(adapter, __func__);
    adapter->tx_caps = *TxCapabilities;
    adapter->rx_caps = *RxCapabilities;
    adapter->have_tx_dma = TxCapabilities->MappingRequirement == NetMemoryMappingRequirementDmaMapped;
    adapter->have_rx_dma = RxCapabilities->AllocationMode == NetRxFragmentBufferAllocationModeSystem &&
                           RxCapabilities->MappingRequirement == NetMemoryMappingRequirementDmaMapped;
    if (adapter->have_tx_dma) adapter->tx_dma = *TxCapabilities->DmaCapabilities;
    if (adapter->have_rx_dma) adapter->rx_dma = *RxCapabilities->DmaCapabilities;
}
