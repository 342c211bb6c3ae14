/* SPDX-License-Identifier: Apache-2.0 */
/* traffic.c: bring the stack up and down over a platform: kernel, NDIS, the miniport, and the traffic protocol on top. */
#include "traffic.h"

#include <errno.h>
#include <stdio.h>

#include "miniport.h"
#include "tcpip.h"
#include "traffic_internal.h"
#include "traffic_packet.h"

enum { MOST_OUTSTANDING = 65536, MOST_NBS = 256, MOST_OFFSET = 65536 };

static int check_config(const struct traffic_config *config, char *error, size_t error_size) {
    const char *wrong = NULL;
    if (config->cut > TRAFFIC_CUT_EVEN) wrong = "cut";
    if (config->miniport > TRAFFIC_MINIPORT_NETCX) wrong = "miniport";
    if (config->cut == TRAFFIC_CUT_EVEN && (config->pieces < 1 || config->pieces > TRAFFIC_EVEN_PIECES)) wrong = "pieces";
    if (config->nbs_per_nbl < 1 || config->nbs_per_nbl > MOST_NBS) wrong = "nbs_per_nbl";
    if (config->nbls_per_send < 1 || config->nbls_per_send > MOST_OUTSTANDING) wrong = "nbls_per_send";
    if (config->outstanding_nbls < 1 || config->outstanding_nbls > MOST_OUTSTANDING) wrong = "outstanding_nbls";
    if (config->backfill > MOST_OFFSET && config->backfill != TRAFFIC_BACKFILL_ASKED) wrong = "backfill";
    if (config->data_offset > MOST_OFFSET) wrong = "data_offset";
    if (config->tx_queue_size > VIRTQ_MAX_SIZE) wrong = "tx_queue_size";
    if (config->rx_queue_size > VIRTQ_MAX_SIZE) wrong = "rx_queue_size";
    if (config->queue_pairs > VIRTIO_NET_CONFIG_PAIRS_MAX) wrong = "queue_pairs";
    if (config->tx_interrupt_after > VIRTQ_MAX_SIZE) wrong = "tx_interrupt_after";
    if (config->tx_indirect_from > VIRTQ_MAX_SIZE) wrong = "tx_indirect_from";
    if (config->rx_offset >= NETVIO_RX_OFFSET_END) wrong = "rx_offset";
    if (config->rx_buffer_bytes > TRAFFIC_FRAME_MAX) wrong = "rx_buffer_bytes";
    if (config->offloads.large_send > TRAFFIC_LARGE_SEND_MOST) wrong = "offloads.large_send";
    if (config->fault > TRAFFIC_FAULT_CLONE_SENT) wrong = "fault";
    if (config->tag.id > VLAN_ID_MOST || config->tag.priority > TRAFFIC_PRIORITY_MOST) wrong = "tag";
    if (config->stack_count > TRAFFIC_STACK_MOST) wrong = "stack_count";
    if (config->nic_count >= TRAFFIC_NICS_MOST) wrong = "nic_count";
    for (unsigned i = 0; i < config->stack_count && !wrong; i++) {
        const struct traffic_driver *driver = &config->stack[i];
        const unsigned most = driver->kind == TRAFFIC_DRIVER_VLAN ? VLAN_ID_MOST : driver->kind == TRAFFIC_DRIVER_MUX ? MUX_MOST : UINT32_MAX;
        if (driver->kind == TRAFFIC_DRIVER_MODULE && !(config->modules[i].path && config->modules[i].argument)) wrong = "stack";
        if (driver->kind == TRAFFIC_DRIVER_TEAM && (i > 0 || driver->number > TEAM_FAILOVER)) wrong = "stack";
        if ((driver->kind == TRAFFIC_DRIVER_VLAN || driver->kind == TRAFFIC_DRIVER_MUX) && (driver->number < 1 || driver->number > most)) wrong = "stack";
    }
    if (!wrong) return 0;
    snprintf(error, error_size, "traffic configuration: %s is out of range", wrong);
    return -EINVAL;
}

static enum netvio_fault_kind miniport_fault(enum traffic_fault fault) {
    switch (fault) {
    case TRAFFIC_FAULT_LOSE_NBL: return NETVIO_FAULT_LOSE_NBL;
    case TRAFFIC_FAULT_COMPLETE_TWICE: return NETVIO_FAULT_COMPLETE_TWICE;
    case TRAFFIC_FAULT_UNMAPPED: return NETVIO_FAULT_UNMAPPED;
    case TRAFFIC_FAULT_FORGED_USED: return NETVIO_FAULT_FORGED_USED;
    case TRAFFIC_FAULT_NEVER_POST: return NETVIO_FAULT_NEVER_POST;
    case TRAFFIC_FAULT_NO_DOORBELL: return NETVIO_FAULT_NO_DOORBELL;
    case TRAFFIC_FAULT_NEVER_LOOK: return NETVIO_FAULT_NEVER_LOOK;
    case TRAFFIC_FAULT_NONE: break;
    case TRAFFIC_FAULT_FREE_UNDER_DMA: /* the rest is the protocol's, and a filter's */
    case TRAFFIC_FAULT_KEEP_RECEIVED:
    case TRAFFIC_FAULT_FREE_NBL:
    case TRAFFIC_FAULT_FREE_RECEIVED:
    case TRAFFIC_FAULT_HOLD_SENT:
    case TRAFFIC_FAULT_COMPLETE_SENT:
    case TRAFFIC_FAULT_CLONE_SENT: break;
    }
    return NETVIO_FAULT_NONE;
}

/* A module that is the NIC's miniport in place of our own. */
static bool drives_nic(const struct traffic_config *config) {
    return config->stack_count > 0 && config->stack[0].kind == TRAFFIC_DRIVER_MODULE && strcmp(config->modules[0].argument, "nic0") == 0;
}

void traffic_nic_name(unsigned nic, char name[TRAFFIC_NIC_NAME]) { snprintf(name, TRAFFIC_NIC_NAME, "nic%u", nic); }

static NDIS_STATUS add_nics(struct traffic *traffic, const char *miniport) {
    NDIS_STATUS status = drives_nic(&traffic->config) ? NDIS_STATUS_SUCCESS : ndis_add_adapter(traffic->ndis, miniport, "nic0");
    for (unsigned i = 0; i <= traffic->config.nic_count && traffic->config.network_address && status == NDIS_STATUS_SUCCESS; i++) {
        char name[TRAFFIC_NIC_NAME];
        traffic_nic_name(i, name);
        status = ndis_set_parameter(traffic->ndis, miniport, name, "NetworkAddress", traffic->config.network_address);
    }
    for (unsigned i = 0; i < traffic->config.nic_count && status == NDIS_STATUS_SUCCESS; i++) {
        char name[TRAFFIC_NIC_NAME];
        traffic_nic_name(i + 1, name);
        struct platform *card = kernel_add_slot(traffic->kernel, traffic->config.nics[i]);
        status = card ? ndis_add_adapter_in(traffic->ndis, miniport, name, card) : NDIS_STATUS_RESOURCES;
    }
    return status;
}

static NDIS_STATUS load_miniport(struct traffic *traffic, const char **name) {
    switch (traffic->config.miniport) {
    case TRAFFIC_MINIPORT_NDIS5:
        *name = "netvio5";
        return ndis_load_driver(traffic->ndis, *name, netvio5_driver_entry, &traffic->miniport5);
    case TRAFFIC_MINIPORT_NETCX:
        *name = "netviocx";
        return traffic_client_load(traffic);
    case TRAFFIC_MINIPORT_NDIS6: break;
    }
    *name = "netvio";
    return ndis_load_driver(traffic->ndis, *name, netvio_driver_entry, &traffic->miniport);
}

static NDIS_STATUS load(struct traffic *traffic) {
    const char *miniport;
    NDIS_STATUS status = load_miniport(traffic, &miniport);
    if (status == NDIS_STATUS_SUCCESS)
        status = ndis_load_driver(traffic->ndis, traffic->protocol_name, traffic->config.protocol_ndis5 ? traffic_packet_driver_entry : traffic_driver_entry,
                                  traffic);
    if (status == NDIS_STATUS_SUCCESS) status = add_nics(traffic, miniport);
    if (status == NDIS_STATUS_SUCCESS) status = traffic_stack_load(traffic);
    if (status != NDIS_STATUS_SUCCESS) return status;
    status = ndis_start(traffic->ndis);
    if (status != NDIS_STATUS_SUCCESS) traffic_module_blame(traffic, status);
    return status;
}

static void configure(struct traffic *traffic, struct platform *platform, const struct traffic_config *config,
                      const struct traffic_callbacks *callbacks) {
    *traffic = (struct traffic){
        .machine = platform,
        .config = *config,
        .callbacks = *callbacks,
        .random = config->seed,
        .protocol_name = config->tcpip ? "tcpip" : "traffic",
        .miniport = {.tx_queue_size = (uint16_t)config->tx_queue_size, .rx_queue_size = (uint16_t)config->rx_queue_size,
                     .queue_pairs = (uint16_t)config->queue_pairs, .tx_interrupt_after = (uint16_t)config->tx_interrupt_after,
                     .tx_indirect_from = (uint16_t)config->tx_indirect_from,
                     .tx_limits = {config->tx_max_packets, config->tx_max_usecs},
                     .rx_limits = {config->rx_max_packets, config->rx_max_usecs}, .declined_features = config->declined_features,
                     .offloads = {.checksum = config->offloads.checksum, .large_send = config->offloads.large_send != 0,
                                  .rss = config->offloads.rss, .mergeable = config->offloads.mergeable, .filter = config->offloads.filter,
                                  .vlan = config->tag.id || config->tag.priority},
                     .rx_buffer_bytes = config->rx_buffer_bytes, .rx_buffer_elements = config->rx_buffer_elements,
                     .rx_buffer_offset = config->rx_offset,
                     .fault = {miniport_fault(config->fault), config->fault_packet}},
        .miniport5 = {.tx_queue_size = (uint16_t)config->tx_queue_size, .rx_queue_size = (uint16_t)config->rx_queue_size,
                      .rx_buffer_bytes = config->rx_buffer_bytes, .declined_features = config->declined_features},
    };
    traffic->batch_end = &traffic->batch;
}

int traffic_start(struct platform *platform, const struct traffic_config *config, const struct traffic_callbacks *callbacks,
                  struct traffic **out, char *error, size_t error_size) {
    const struct platform_ops *ops = platform->ops;
    int result = check_config(config, error, error_size);
    if (result) return result;
    struct traffic *traffic = ops->memory_allocate(platform->ctx, sizeof(*traffic), sizeof(void *), "traffic");
    if (!traffic) goto no_memory;
    configure(traffic, platform, config, callbacks);
    traffic->wake = ops->event_create(platform->ctx);
    if (!traffic->wake) goto free_traffic;
    traffic->kernel = kernel_create(platform);
    if (!traffic->kernel) goto destroy_event;
    traffic->platform = kernel_platform(traffic->kernel);
    kernel_set_debug_print(traffic->kernel, config->debug_print, config->debug_print_ctx);
    traffic->ndis = ndis_create(traffic->kernel);
    if (!traffic->ndis) goto destroy_kernel;
    if (config->guard_nbls && !ndis_guard_nbls(traffic->ndis, module_place)) goto destroy_ndis;
    NDIS_STATUS status = traffic_programs_load(traffic) == 0 ? load(traffic) : NDIS_STATUS_FAILURE;
    if (status == NDIS_STATUS_SUCCESS && traffic->sender) {
        *out = traffic;
        return 0;
    }
    result = -EIO;
    if (status == NDIS_STATUS_SUCCESS) {
        ndis_stop(traffic->ndis);
        if (traffic->bind_status == NDIS_STATUS_RESOURCES) {
            result = -ENOMEM;
            snprintf(error, error_size, "host memory is too small for %u NET_BUFFER_LISTs of %u frames each, or their pieces",
                     config->outstanding_nbls, config->nbs_per_nbl);
        } else if (traffic->problem[0] != '\0') {
            snprintf(error, error_size, "%s", traffic->problem);
        } else {
            snprintf(error, error_size, "the traffic protocol could not bind to the adapter: NDIS status 0x%08x",
                     (unsigned)traffic->bind_status);
        }
    } else if (traffic->problem[0] != '\0') {
        result = -EINVAL;
        snprintf(error, error_size, "%s", traffic->problem);
    } else if (status == NDIS_STATUS_RESOURCES) {
        result = -ENOMEM;
        snprintf(error, error_size, "host memory is too small for the rings and the receive buffers of the driver");
    } else {
        snprintf(error, error_size, "the driver stack did not start: NDIS status 0x%08x", (unsigned)status);
    }
    ndis_destroy(traffic->ndis);
    kernel_destroy(traffic->kernel);
    traffic_modules_close(traffic);
    traffic_programs_free(traffic);
    ops->event_destroy(platform->ctx, traffic->wake);
    ops->memory_free(platform->ctx, traffic);
    return result;

destroy_ndis:
    ndis_destroy(traffic->ndis);
destroy_kernel:
    kernel_destroy(traffic->kernel);
destroy_event:
    ops->event_destroy(platform->ctx, traffic->wake);
free_traffic:
    ops->memory_free(platform->ctx, traffic);
no_memory:
    snprintf(error, error_size, "out of memory");
    return -ENOMEM;
}

bool traffic_sends_done(const struct traffic *traffic) {
    return traffic->exhausted && !traffic->have_pending && !traffic->batch && traffic->outstanding == 0;
}

void traffic_kick(struct traffic *traffic) { traffic->machine->ops->event_set(traffic->machine->ctx, traffic->wake); }

int traffic_reset_queue(struct traffic *traffic, unsigned queue) {
    struct kernel_scope scope;
    ULONG number = queue;
    if (!traffic->binding) return -EINVAL;
    kernel_enter(traffic->kernel, &scope);
    NDIS_STATUS status = traffic_request(traffic, NdisRequestSetInformation, OID_MINIPORT_RESET_QUEUE, &number, sizeof(number));
    kernel_leave(&scope);
    switch (status) {
    case NDIS_STATUS_SUCCESS: return 0;
    case NDIS_STATUS_NOT_SUPPORTED: return -ENOTSUP;
    case NDIS_STATUS_INVALID_DATA: return -EINVAL;
    default: return -EIO;
    }
}

int traffic_reset_device(struct traffic *traffic) {
    struct kernel_scope scope;
    if (!traffic->binding) return -EINVAL;
    kernel_enter(traffic->kernel, &scope);
    NDIS_STATUS status = traffic_request(traffic, NdisRequestSetInformation, OID_MINIPORT_RESET_DEVICE, NULL, 0);
    kernel_leave(&scope);
    return status == NDIS_STATUS_SUCCESS ? 0 : -EIO;
}

int traffic_reset_miniport(struct traffic *traffic, unsigned nic) {
    char name[TRAFFIC_NIC_NAME];
    if (!traffic->binding) return -EINVAL;
    traffic_nic_name(nic, name);
    return ndis_reset(traffic->ndis, name) == NDIS_STATUS_SUCCESS ? 0 : -EIO;
}

int traffic_restart_stack(struct traffic *traffic) {
    if (!traffic->binding) return -EINVAL;
    NDIS_STATUS status = ndis_pause(traffic->ndis);
    if (status == NDIS_STATUS_SUCCESS) status = ndis_restart(traffic->ndis);
    return status == NDIS_STATUS_SUCCESS ? 0 : -EIO;
}

void traffic_cancel_sends(struct traffic *traffic) {
    struct kernel_scope scope;
    if (!traffic->binding || traffic->config.protocol_ndis5) return; /* NDIS 5 has no cancel ids that we set */
    kernel_enter(traffic->kernel, &scope);
    NdisCancelSendNetBufferLists(traffic->binding, traffic_cancel_id(traffic));
    kernel_leave(&scope);
}

int traffic_surprise_remove(struct traffic *traffic, unsigned nic) {
    char name[TRAFFIC_NIC_NAME];
    traffic_nic_name(nic, name);
    return ndis_surprise_remove(traffic->ndis, name) == NDIS_STATUS_SUCCESS ? 0 : -EINVAL;
}

int64_t traffic_tell_outstanding(struct traffic *traffic, const char *when) {
    struct kernel_scope scope;
    int64_t packet = -1;
    kernel_enter(traffic->kernel, &scope);
    (void)ndis_tell_outstanding(traffic->ndis, when, &packet);
    kernel_leave(&scope);
    return packet;
}

void traffic_get_counts(const struct traffic *traffic, struct traffic_counts *counts) {
    struct ndis_counts ndis;
    struct kernel_counts kernel;
    ndis_get_counts(traffic->ndis, &ndis);
    kernel_get_counts(traffic->kernel, &kernel);
    *counts = (struct traffic_counts){
        .nbl_allocated = ndis.nbl_allocated, .nbl_sent = ndis.nbl_sent, .nbl_completed = ndis.nbl_completed,
        .nbl_indicated = ndis.nbl_indicated, .nbl_returned = ndis.nbl_returned, .nbl_outstanding = ndis.nbl_outstanding,
        .interrupts = kernel.interrupts,
        .tx_checksums = traffic->tx_checksums, .large_sends = traffic->large_sends, .large_send_frames = traffic->large_send_frames,
        .rx_checksums = traffic->rx_checksums, .rx_hashes = traffic->rx_hashes,
    };
    tcpip_get_counts(traffic, counts);
}

void traffic_stop(struct traffic *traffic) {
    struct platform *platform = traffic->machine;
    traffic_programs_stop(traffic);
    ndis_stop(traffic->ndis);
    ndis_destroy(traffic->ndis);
    kernel_destroy(traffic->kernel);
    traffic_modules_close(traffic);
    traffic_programs_free(traffic);
    platform->ops->event_destroy(platform->ctx, traffic->wake);
    platform->ops->memory_free(platform->ctx, traffic);
}
