/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_client.c: the NetAdapterCx client for the NIC, and its parameters. */
#include <stdio.h>

#include "traffic_internal.h"

/* As far as a client can commit it: what completes NBLs is NetAdapterCx. */
static enum netviocx_fault client_fault(const struct traffic *traffic) {
    switch (traffic->miniport.fault.kind) {
    case NETVIO_FAULT_LOSE_NBL: return NETVIOCX_FAULT_LOSE_PACKET;
    case NETVIO_FAULT_UNMAPPED: return NETVIOCX_FAULT_UNMAPPED;
    case NETVIO_FAULT_FORGED_USED: return NETVIOCX_FAULT_FORGED_USED;
    case NETVIO_FAULT_NEVER_POST: return NETVIOCX_FAULT_NEVER_POST;
    case NETVIO_FAULT_NO_DOORBELL: return NETVIOCX_FAULT_NO_DOORBELL;
    case NETVIO_FAULT_NEVER_LOOK: return NETVIOCX_FAULT_NEVER_LOOK;
    case NETVIO_FAULT_COMPLETE_TWICE:
    case NETVIO_FAULT_NONE: break;
    }
    return NETVIOCX_FAULT_NONE;
}

/* netviocx has its parameters from the registry, as a driver of Windows. */
static NDIS_STATUS set_netviocx(struct traffic *traffic, const char *nic) {
    const struct traffic_config *config = &traffic->config;
    /* Without RING_RESET a receive queue could not be stopped. */
    const uint64_t declined = config->declined_features & ~(UINT64_C(1) << VIRTIO_F_RING_RESET_BIT);
    const struct {
        const char *keyword;
        uint64_t value;
    } parameters[] = {
        {"*TransmitBuffers", config->tx_queue_size}, {"*ReceiveBuffers", config->rx_queue_size}, {"*JumboPacket", config->rx_buffer_bytes},
        {"*NumRssQueues", config->queue_pairs}, {"*RSS", config->offloads.rss}, {"*TCPChecksumOffloadIPv4", config->offloads.checksum},
        {"*LsoV2IPv4", config->offloads.large_send != 0}, {"*PriorityVLANTag", config->tag.id || config->tag.priority},
        {"VlanID", config->tag.by_adapter ? config->tag.id : 0}, {"MergeableBuffers", config->offloads.mergeable},
        {"DeviceFilters", config->offloads.filter}, {"ReceivePieces", config->rx_buffer_elements}, {"IndirectFrom", config->tx_indirect_from},
        {"TransmitInterruptAfter", config->tx_interrupt_after}, {"TransmitModerationFrames", config->tx_max_packets},
        {"TransmitModerationTime", config->tx_max_usecs}, {"ReceiveModerationFrames", config->rx_max_packets},
        {"ReceiveModerationTime", config->rx_max_usecs},
        {"Fault", client_fault(traffic)}, {"FaultPacket", config->fault_packet},
        {"DeclinedFeaturesLow", declined & UINT32_MAX}, {"DeclinedFeaturesHigh", declined >> 32},
    };
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    for (unsigned i = 0; i < ARRAYSIZE(parameters) && status == NDIS_STATUS_SUCCESS; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%u", (unsigned)parameters[i].value);
        status = ndis_set_parameter(traffic->ndis, "netviocx", nic, parameters[i].keyword, text);
    }
    return status;
}

NDIS_STATUS traffic_client_load(struct traffic *traffic) {
    NDIS_STATUS status = NDIS_STATUS_SUCCESS;
    for (unsigned i = 0; i <= traffic->config.nic_count && status == NDIS_STATUS_SUCCESS; i++) {
        char nic[TRAFFIC_NIC_NAME];
        traffic_nic_name(i, nic);
        status = set_netviocx(traffic, nic);
    }
    return status == NDIS_STATUS_SUCCESS ? netcx_load_driver(traffic->kernel, "netviocx", netviocx_driver_entry, NULL) : status;
}
