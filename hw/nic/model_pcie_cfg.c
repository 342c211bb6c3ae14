/* SPDX-License-Identifier: Apache-2.0 */
/* pcie_cfg: configuration space: header type 0 and the chain of capabilities of rtl/regmap/pci.def. */
#include "model_device.h"

enum { LINK_SPEED = 3, LINK_WIDTH = 8 /* as shown in the link registers */ };

void model_cfg_reset(struct model *model) {
    const uint16_t requester_id = model->cfg.requester_id; /* [P] 6.6.2: a function level reset keeps it */
    model->cfg = (struct model_cfg){.devctl = PCI_EXP_DEVCTL_RESET_VALUE, .requester_id = requester_id};
}

/* First double word of a vendor capability: type, length, next, id. */
static uint32_t cap_header(uint32_t kind, uint32_t bytes, uint32_t next) {
    return kind << 24 | bytes << 16 | next << 8 | (uint32_t)PCI_CAP_ID_VENDOR;
}

static uint32_t read_virtio(const struct model *model, uint32_t offset) {
    switch (offset) {
    case PCI_CAP_VIRTIO_COMMON: return cap_header(VIRTIO_PCI_CAP_TYPE_COMMON, PCI_CAP_VIRTIO_COMMON_BYTES, PCI_CAP_VIRTIO_NOTIFY);
    case PCI_CAP_VIRTIO_COMMON + VIRTIO_PCI_CAP_OFFSET: return BAR0_COMMON;
    case PCI_CAP_VIRTIO_COMMON + VIRTIO_PCI_CAP_LENGTH: return VIRTIO_COMMON_BYTES;
    case PCI_CAP_VIRTIO_NOTIFY: return cap_header(VIRTIO_PCI_CAP_TYPE_NOTIFY, PCI_CAP_VIRTIO_NOTIFY_BYTES, PCI_CAP_VIRTIO_ISR);
    case PCI_CAP_VIRTIO_NOTIFY + VIRTIO_PCI_CAP_OFFSET: return BAR0_NOTIFY;
    case PCI_CAP_VIRTIO_NOTIFY + VIRTIO_PCI_CAP_LENGTH: return model->queues * BAR0_NOTIFY_MULTIPLIER;
    case PCI_CAP_VIRTIO_NOTIFY + VIRTIO_PCI_CAP_NOTIFY_MULTIPLIER: return BAR0_NOTIFY_MULTIPLIER;
    case PCI_CAP_VIRTIO_ISR: return cap_header(VIRTIO_PCI_CAP_TYPE_ISR, PCI_CAP_VIRTIO_ISR_BYTES, PCI_CAP_VIRTIO_DEVICE);
    case PCI_CAP_VIRTIO_ISR + VIRTIO_PCI_CAP_OFFSET: return BAR0_ISR;
    case PCI_CAP_VIRTIO_ISR + VIRTIO_PCI_CAP_LENGTH: return 1;
    case PCI_CAP_VIRTIO_DEVICE: return cap_header(VIRTIO_PCI_CAP_TYPE_DEVICE, PCI_CAP_VIRTIO_DEVICE_BYTES, PCI_CAP_VIRTIO_PCI_CFG);
    case PCI_CAP_VIRTIO_DEVICE + VIRTIO_PCI_CAP_OFFSET: return BAR0_DEVICE;
    case PCI_CAP_VIRTIO_DEVICE + VIRTIO_PCI_CAP_LENGTH: return VIRTIO_NET_CONFIG_BYTES;
    case PCI_CAP_VIRTIO_PCI_CFG: return cap_header(VIRTIO_PCI_CAP_TYPE_PCI_CFG, PCI_CAP_VIRTIO_PCI_CFG_BYTES, 0);
    case PCI_CAP_VIRTIO_PCI_CFG + VIRTIO_PCI_CAP_BAR: return model->cfg.window_bar;
    case PCI_CAP_VIRTIO_PCI_CFG + VIRTIO_PCI_CAP_OFFSET: return model->cfg.window_offset;
    case PCI_CAP_VIRTIO_PCI_CFG + VIRTIO_PCI_CAP_LENGTH: return model->cfg.window_length;
    default: return 0;
    }
}

static uint32_t read_express(const struct model *model, uint32_t offset) {
    const uint32_t link = LINK_SPEED << PCI_EXP_LINK_SPEED_LSB | LINK_WIDTH << PCI_EXP_LINK_WIDTH_LSB;
    switch (offset) {
    case PCI_CAP_EXPRESS: return (uint32_t)PCI_EXP_VERSION << 16 | PCI_CAP_MSIX << 8 | PCI_CAP_ID_EXPRESS;
    case PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CAPABILITIES:
        return PCI_EXP_DEVCAP_MPS_SUPPORTED << PCI_EXP_DEVCAP_MPS_LSB | 1u << PCI_EXP_DEVCAP_EXTENDED_TAG_BIT |
               1u << PCI_EXP_DEVCAP_ROLE_BASED_ERRORS_BIT | 1u << PCI_EXP_DEVCAP_FLR_BIT;
    case PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL:
        return model->cfg.devctl | (model->cfg.unsupported ? 1u << (16 + PCI_EXP_DEVSTA_UNSUPPORTED_REQUEST_BIT) : 0);
    case PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CAPABILITIES_2:
        return PCI_EXP_DEVCAP2_TIMEOUT_RANGES | 1u << PCI_EXP_DEVCAP2_TIMEOUT_DISABLE_BIT;
    case PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL_2: return model->cfg.devctl2;
    case PCI_CAP_EXPRESS + PCI_EXP_LINK_CAPABILITIES: return link;
    case PCI_CAP_EXPRESS + PCI_EXP_LINK_CONTROL: return link << 16;
    case PCI_CAP_EXPRESS + PCI_EXP_LINK_CAPABILITIES_2: return (2u << LINK_SPEED) - 2; /* this generation and all before it */
    default: return 0;
    }
}

static uint32_t read_msix(const struct model *model, uint32_t offset) {
    switch (offset) {
    case PCI_CAP_MSIX:
        return (model->vectors - 1) << 16 | PCI_CAP_VIRTIO_COMMON << 8 | PCI_CAP_ID_MSIX |
               (model->cfg.msix_enable ? 1u << (16 + PCI_MSIX_CONTROL_ENABLE_BIT) : 0) |
               (model->cfg.msix_mask ? 1u << (16 + PCI_MSIX_CONTROL_FUNCTION_MASK_BIT) : 0);
    case PCI_CAP_MSIX + PCI_MSIX_TABLE: return BAR0_MSIX_TABLE;
    case PCI_CAP_MSIX + PCI_MSIX_PBA: return BAR0_MSIX_PBA;
    default: return 0;
    }
}

uint32_t model_cfg_read(const struct model *model, uint32_t offset) {
    const struct model_cfg *cfg = &model->cfg;
    switch (offset) {
    case PCI_CFG_VENDOR_ID: return (uint32_t)PCI_ID_DEVICE << 16 | PCI_ID_VENDOR;
    case PCI_CFG_COMMAND:
        return cfg->command | 1u << (16 + PCI_STATUS_CAPABILITY_LIST_BIT) |
               (model->regs.isr_queue || model->regs.isr_config ? 1u << (16 + PCI_STATUS_INTERRUPT_BIT) : 0);
    case PCI_CFG_REVISION_CLASS: return (uint32_t)PCI_ID_CLASS << 8 | PCI_ID_REVISION;
    case PCI_CFG_HEADER: return cfg->cache_line;
    case PCI_CFG_BAR0: return cfg->bar_low | PCI_BAR_MEMORY_64;
    case PCI_CFG_BAR0_HIGH: return cfg->bar_high;
    case PCI_CFG_SUBSYSTEM: return (uint32_t)PCI_ID_SUBSYSTEM << 16 | PCI_ID_VENDOR;
    case PCI_CFG_CAPABILITIES: return PCI_CAP_EXPRESS;
    case PCI_CFG_INTERRUPT: return cfg->interrupt_line; /* pin 0: no INTx */
    default: return read_express(model, offset) | read_msix(model, offset) | read_virtio(model, offset);
    }
}

static void write_express(struct model *model, unsigned enables, uint32_t mask, uint32_t value, uint64_t cycle) {
    struct model_cfg *cfg = &model->cfg;
    const uint32_t writable = 15u << PCI_EXP_DEVCTL_REPORTING_LSB | 1u << PCI_EXP_DEVCTL_RELAXED_ORDERING_BIT |
                              7u << PCI_EXP_DEVCTL_MPS_LSB | 1u << PCI_EXP_DEVCTL_EXTENDED_TAG_BIT |
                              1u << PCI_EXP_DEVCTL_NO_SNOOP_BIT | 7u << PCI_EXP_DEVCTL_MRRS_LSB;
    cfg->devctl = (uint16_t)((cfg->devctl & ~mask) | (value & mask & writable));
    if ((enables >> 2 & 1) && (value >> (16 + PCI_EXP_DEVSTA_UNSUPPORTED_REQUEST_BIT) & 1)) cfg->unsupported = false;
    if (!(enables >> 1 & 1) || !(value >> PCI_EXP_DEVCTL_INITIATE_FLR_BIT & 1)) return;
    model_cfg_reset(model);
    model_msix_reset(model);
    model_regs_request_reset(model, cycle + 1);
}

void model_cfg_write(struct model *model, uint32_t offset, unsigned enables, uint32_t value, uint64_t cycle) {
    struct model_cfg *cfg = &model->cfg;
    const uint32_t mask = model_byte_mask(enables);
    const uint32_t command = 1u << PCI_COMMAND_MEMORY_BIT | 1u << PCI_COMMAND_BUS_MASTER_BIT | 1u << PCI_COMMAND_PARITY_BIT |
                             1u << PCI_COMMAND_SERR_BIT | 1u << PCI_COMMAND_INTX_DISABLE_BIT;
    switch (offset) {
    case PCI_CFG_COMMAND:
        cfg->command = (uint16_t)((cfg->command & ~mask) | (value & mask & command));
        model_msix_kick(model, cycle + 1);
        model_at(model, &model->rd.task, cycle + 1);
        model_at(model, &model->wr.task, cycle + 1);
        break;
    case PCI_CFG_HEADER: if (enables & 1) cfg->cache_line = (uint8_t)value; break;
    case PCI_CFG_BAR0: cfg->bar_low = (cfg->bar_low & ~mask) | (value & mask & ~(BAR0_SIZE - 1u)); break;
    case PCI_CFG_BAR0_HIGH: cfg->bar_high = (cfg->bar_high & ~mask) | (value & mask); break;
    case PCI_CFG_INTERRUPT: if (enables & 1) cfg->interrupt_line = (uint8_t)value; break;
    case PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL: write_express(model, enables, mask, value, cycle); break;
    case PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL_2:
        if (!(enables & 1)) break;
        cfg->devctl2 = (uint8_t)(value & (((1u << PCI_EXP_DEVCTL2_TIMEOUT_WIDTH) - 1) | 1u << PCI_EXP_DEVCTL2_TIMEOUT_DISABLE_BIT));
        model_cpl_timer_changed(model, cycle + 1);
        break;
    case PCI_CAP_MSIX:
        if (!(enables >> 3 & 1)) break;
        cfg->msix_enable = value >> (16 + PCI_MSIX_CONTROL_ENABLE_BIT) & 1;
        cfg->msix_mask = value >> (16 + PCI_MSIX_CONTROL_FUNCTION_MASK_BIT) & 1;
        model_msix_kick(model, cycle + 1);
        break;
    case PCI_CAP_VIRTIO_PCI_CFG + VIRTIO_PCI_CAP_BAR: if (enables & 1) cfg->window_bar = (uint8_t)value; break;
    case PCI_CAP_VIRTIO_PCI_CFG + VIRTIO_PCI_CAP_OFFSET: cfg->window_offset = (cfg->window_offset & ~mask) | (value & mask); break;
    case PCI_CAP_VIRTIO_PCI_CFG + VIRTIO_PCI_CAP_LENGTH: cfg->window_length = (cfg->window_length & ~mask) | (value & mask); break;
    default: break;
    }
}

bool model_cfg_bus_master(const struct model *model) { return model->cfg.command >> PCI_COMMAND_BUS_MASTER_BIT & 1; }

/* [V] 4.1.4.9: bar, offset and length must name 1, 2 or 4 aligned bytes of a BAR that exists. */
bool model_cfg_window(const struct model *model) {
    const uint32_t offset = model->cfg.window_offset, length = model->cfg.window_length;
    return model->cfg.window_bar == 0 && offset < BAR0_SIZE && (length == 1 || length == 2 || length == 4) && offset % length == 0;
}

uint32_t model_cfg_mps(const struct model *model) {
    const uint32_t mps = model->cfg.devctl >> PCI_EXP_DEVCTL_MPS_LSB & 7;
    return 128u << (mps > PCI_EXP_DEVCAP_MPS_SUPPORTED ? PCI_EXP_DEVCAP_MPS_SUPPORTED : mps);
}

uint32_t model_cfg_mrrs(const struct model *model) {
    const uint32_t mrrs = model->cfg.devctl >> PCI_EXP_DEVCTL_MRRS_LSB & 7;
    return 128u << (mrrs > PCI_EXP_DEVCTL_MRRS_LARGEST ? PCI_EXP_DEVCTL_MRRS_LARGEST : mrrs);
}
