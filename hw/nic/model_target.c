/* SPDX-License-Identifier: Apache-2.0 */
/* pcie_target: the host's requests, one at a time, on the register bus and in configuration space. */
#include <string.h>

#include "model_device.h"

uint32_t model_byte_mask(unsigned enables) {
    uint32_t mask = 0;
    for (unsigned i = 0; i < 4; i++)
        if (enables >> i & 1) mask |= UINT32_C(0xFF) << 8 * i;
    return mask;
}

/* A bus that is not asked gives 0. */
uint32_t model_reg_read(struct model *model, uint32_t offset, unsigned enables, uint64_t cycle) {
    switch (offset >> 12) {
    case BAR0_COMMON >> 12:
    case BAR0_ISR >> 12:
    case BAR0_DEVICE >> 12: return model_regs_read(model, offset, enables, cycle);
    case BAR0_STATS >> 12: return model_stats_read(model, offset);
    case BAR0_DMA_BENCH >> 12: return model_bench_read(model, offset & 0xFFF, cycle);
    default: return offset >= BAR0_MSIX_TABLE ? model_msix_read(model, offset) : 0;
    }
}

void model_reg_write(struct model *model, uint32_t offset, unsigned enables, uint32_t value, uint64_t cycle) {
    switch (offset >> 12) {
    case BAR0_COMMON >> 12:
    case BAR0_NOTIFY >> 12: model_regs_write(model, offset, enables, value, cycle); break;
    case BAR0_DMA_BENCH >> 12: model_bench_write(model, offset & 0xFFF, value, cycle); break;
    default:
        if (offset < BAR0_MSIX_TABLE) break;
        model_msix_write(model, offset, model_byte_mask(enables), value);
        model_msix_kick(model, cycle + 1);
    }
}

/* What a request is, [P] 2.2. */
struct access {
    uint32_t type, length;
    unsigned first_be, last_be;
    uint64_t address;
    bool config, read, write, supported;
};

static struct access decode(const struct model *model, const struct model_request *request) {
    const uint32_t *hdr = request->hdr;
    struct access access = {
        .type = hdr[0] >> TLP_FMT_TYPE_LSB, .length = hdr[0] & 0x3FF, .first_be = hdr[1] & 0xF, .last_be = hdr[1] >> 4 & 0xF};
    access.config = access.type == TLP_TYPE_CFGRD0 || access.type == TLP_TYPE_CFGWR0;
    access.read = access.type == TLP_TYPE_MRD32 || access.type == TLP_TYPE_MRD64;
    access.write = hdr[0] >> 30 & 1;
    access.address = hdr[0] >> 29 & 1 ? (uint64_t)hdr[2] << 32 | (hdr[3] & ~3u) : hdr[2] & ~3u;
    const bool memory = access.read || access.type == TLP_TYPE_MWR32 || access.type == TLP_TYPE_MWR64;
    if (access.config) {
        access.supported = (hdr[2] >> TLP_CFG_FUNCTION_LSB & 7) == 0 && access.length == 1;
    } else if (memory) {
        const uint64_t bar = (uint64_t)model->cfg.bar_high << 32 | model->cfg.bar_low;
        access.supported = (model->cfg.command >> PCI_COMMAND_MEMORY_BIT & 1) && access.address / BAR0_SIZE == bar / BAR0_SIZE &&
                           (access.length == 1 || (access.length == 2 && access.address % BAR0_SIZE != BAR0_SIZE - 4));
    }
    if (hdr[0] >> TLP_EP_BIT & 1) access.supported = false; /* [P] 2.7.2.2 poisoned configuration write */
    return access;
}

/* [V] 4.1.4.9: an access to the data of the PCI_CFG capability is one to the register that it names. */
static uint32_t access_window(struct model *model, const struct access *access, uint32_t value, uint64_t cycle) {
    const uint32_t offset = model->cfg.window_offset & 0xFFFF, length = model->cfg.window_length;
    const unsigned shift = offset & 3, enables = access->first_be & ((1u << length) - 1);
    if (!model_cfg_window(model) || enables == 0) return 0;
    if (access->write) {
        model_reg_write(model, offset & ~3u, enables << shift, value << 8 * shift, cycle);
        return 0;
    }
    const uint32_t all = model_reg_read(model, offset & ~3u, enables << shift, cycle) >> 8 * shift;
    return all & model_byte_mask((1u << length) - 1);
}

static uint32_t access_config(struct model *model, const struct access *access, const struct model_request *request, uint64_t cycle) {
    const uint32_t offset = request->hdr[2] & 0xFFC;
    if (offset == PCI_CAP_VIRTIO_PCI_CFG + VIRTIO_PCI_CAP_DATA) return access_window(model, access, request->data[0], cycle);
    if (access->first_be == 0) return 0;
    if (!access->write) return model_cfg_read(model, offset);
    model_cfg_write(model, offset, access->first_be, request->data[0], cycle);
    return 0;
}

static void access_memory(struct model *model, const struct access *access, const struct model_request *request, uint32_t data[2],
                          uint64_t cycle) {
    const uint32_t offset = (uint32_t)(access->address % BAR0_SIZE);
    for (unsigned i = 0; i < access->length; i++) {
        const unsigned enables = i ? access->last_be : access->first_be;
        if (enables == 0) continue;
        if (access->write)
            model_reg_write(model, offset + 4 * i, enables, request->data[i], cycle + i);
        else
            data[i] = model_reg_read(model, offset + 4 * i, enables, cycle + i);
    }
}

/* Bytes that are not enabled before the first, and after the last. */
static unsigned first_gap(unsigned enables) {
    for (unsigned i = 0; i < 4; i++)
        if (enables >> i & 1) return i;
    return 0;
}
static unsigned last_gap(unsigned enables) {
    for (unsigned i = 0; i < 3; i++)
        if (enables >> (3 - i) & 1) return i;
    return 3; /* also for a read of no bytes, which counts as one, [P] 2.2.5 */
}

/* [P] 2.2.9 */
static void complete(struct model *model, const struct access *access, const uint32_t hdr[4], const uint32_t data[2], uint64_t cycle) {
    struct model_tlp_tx *tx = &model->tlp_tx;
    const bool with_data = access->supported && !access->write;
    uint32_t count = 4, lower = 0; /* [P] 2.3.1.1: fixed for all that is not a memory read */
    if (access->read) {
        const unsigned gap = first_gap(access->first_be);
        count = 4 * access->length - gap - last_gap(access->length == 1 ? access->first_be : access->last_be);
        lower = (uint32_t)(access->address & 0x7C) | gap;
    }
    const uint32_t kept = 7u << TLP_TC_LSB | 3u << TLP_ATTR_LSB | 1u << TLP_ATTR_IDO_BIT;
    tx->cpl_bytes = with_data ? 4 * (access->config ? 1 : access->length) : 0;
    tx->cpl_hdr[0] =
        (with_data ? (uint32_t)TLP_TYPE_CPLD : (uint32_t)TLP_TYPE_CPL) << TLP_FMT_TYPE_LSB | (hdr[0] & kept) | tx->cpl_bytes / 4;
    tx->cpl_hdr[1] = (uint32_t)model->cfg.requester_id << TLP_COMPLETER_LSB |
                     (uint32_t)(access->supported ? TLP_STATUS_SC : TLP_STATUS_UR) << TLP_STATUS_LSB | (count & 0xFFF);
    tx->cpl_hdr[2] = (hdr[1] & (0xFFFFu << TLP_REQUESTER_LSB | 0xFFu << TLP_TAG_LSB)) | lower;
    tx->cpl_hdr[3] = 0;
    memcpy(tx->cpl_data, data, sizeof tx->cpl_data);
    tx->cpl_valid = true;
    tx->cpl_since = cycle;
    tx->cpl_behind = model->wr.count;
    model->target.sending = true;
    model_tlp_tx_kick(model, cycle);
}

/* Sets the task for the oldest request. A register has its new value, and tells of it, a cycle after the access that writes it. */
void model_target_kick(struct model *model) {
    const struct model_tlp_rx *rx = &model->tlp_rx;
    struct model_target *target = &model->target;
    if (target->sending || rx->count == 0) return;
    const struct model_request *request = &rx->requests[rx->head];
    const bool write = request->hdr[0] >> 30 & 1;
    target->start = request->since > target->free ? request->since : target->free;
    model_at(model, &target->task, target->start + write);
}

static void next(struct model *model, uint64_t free) {
    struct model_tlp_rx *rx = &model->tlp_rx;
    rx->head = (rx->head + 1) % MODEL_REQUESTS;
    rx->count--;
    model->target.free = free;
    model_target_kick(model);
    model_tlp_rx_next(model, free);
}

static void run(struct model *model, unsigned argument, uint64_t now) {
    const struct model_tlp_rx *rx = &model->tlp_rx;
    const uint64_t cycle = model->target.start;
    (void)argument;
    (void)now;
    const struct model_request *request = &rx->requests[rx->head];
    const struct access access = decode(model, request);
    uint32_t data[2] = {0, 0};
    if (access.config && access.write) /* [P] 2.2.6.2: every such request tells the number that is ours */
        model->cfg.requester_id = (uint16_t)(request->hdr[2] >> TLP_CFG_BUS_DEVICE_LSB << 3);
    uint64_t done = cycle + 1;
    if (!access.supported) {
        model->cfg.unsupported = true;
    } else if (access.config) {
        data[0] = access_config(model, &access, request, cycle);
        done += access.write ? 0 : 1;
    } else {
        access_memory(model, &access, request, data, cycle);
        done += access.length - 1 + (access.write ? 0 : 1);
    }
    if (access.type == TLP_TYPE_MWR32 || access.type == TLP_TYPE_MWR64) {
        next(model, done);
        return;
    }
    complete(model, &access, request->hdr, data, done);
}

void model_target_completed(struct model *model, uint64_t cycle) {
    model->target.sending = false;
    next(model, cycle + 1);
}

void model_target_init(struct model *model) { model_task_add(&model->tasks, &model->target.task, run, 0); }
