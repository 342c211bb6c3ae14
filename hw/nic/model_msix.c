/* SPDX-License-Identifier: Apache-2.0 */
/* msix: every request sets the pending bit of its vector; a pending vector that may be sent, is. And stats: the counters. */
#include "model_device.h"

void model_msix_reset(struct model *model) {
    model->msix = (struct model_msix){0};
    for (unsigned i = 0; i < model->vectors; i++) model->msix.vectors[i].masked = true; /* [P] 7.7.2.8 */
}

/* [V] 2.4: no message from before a device reset may follow it. */
void model_msix_clear_pending(struct model *model) {
    for (unsigned i = 0; i < model->vectors; i++) model->msix.vectors[i].pending = false;
}

bool model_msix_unsent(const struct model *model, uint32_t vector) {
    if (vector >= model->vectors || !model->cfg.msix_enable || model->cfg.msix_mask || !model_cfg_bus_master(model)) return false;
    return model->msix.vectors[vector].pending && !model->msix.vectors[vector].masked;
}

uint32_t model_msix_read(const struct model *model, uint32_t offset) {
    if (offset >= BAR0_MSIX_PBA) {
        const uint32_t word = (offset - BAR0_MSIX_PBA) / 4;
        uint32_t bits = 0;
        for (uint32_t i = 32 * word; i < model->vectors && i < 32 * (word + 1); i++)
            if (model->msix.vectors[i].pending) bits |= 1u << i % 32;
        return bits;
    }
    const uint32_t entry = (offset - BAR0_MSIX_TABLE) / PCI_MSIX_ENTRY_SIZE;
    if (entry >= model->vectors) return 0;
    switch (offset % PCI_MSIX_ENTRY_SIZE) {
    case PCI_MSIX_ENTRY_ADDRESS: return model->msix.vectors[entry].address;
    case PCI_MSIX_ENTRY_ADDRESS_HIGH: return model->msix.vectors[entry].address_high;
    case PCI_MSIX_ENTRY_DATA: return model->msix.vectors[entry].data;
    default: return model->msix.vectors[entry].masked;
    }
}

void model_msix_write(struct model *model, uint32_t offset, uint32_t mask, uint32_t value) {
    const uint32_t entry = (offset - BAR0_MSIX_TABLE) / PCI_MSIX_ENTRY_SIZE;
    if (offset >= BAR0_MSIX_PBA || entry >= model->vectors) return;
    uint32_t *field;
    switch (offset % PCI_MSIX_ENTRY_SIZE) {
    case PCI_MSIX_ENTRY_ADDRESS:
        field = &model->msix.vectors[entry].address;
        value &= ~3u;
        break;
    case PCI_MSIX_ENTRY_ADDRESS_HIGH: field = &model->msix.vectors[entry].address_high; break;
    case PCI_MSIX_ENTRY_DATA: field = &model->msix.vectors[entry].data; break;
    default:
        if (mask & 1) model->msix.vectors[entry].masked = value & 1;
        return;
    }
    *field = (*field & ~mask) | (value & mask);
}

void model_msix_request(struct model *model, uint32_t vector, uint16_t asker, uint64_t cycle) {
    if (vector >= model->vectors) return; /* [V] 4.1.5.1.2: NO_VECTOR among them */
    if (!model->msix.vectors[vector].pending) model->msix.vectors[vector].since = cycle + 1;
    model->msix.vectors[vector].pending = true;
    model->msix.vectors[vector].asker = asker;
    model_msix_kick(model, cycle + 1);
}

void model_msix_kick(struct model *model, uint64_t cycle) {
    const bool asks = model->wr.turns.since[model_wr_source_msix(model)] != MODEL_NEVER;
    for (unsigned i = 0; i < model->vectors; i++) {
        if (!model_msix_unsent(model, i)) continue;
        if (!asks || cycle < model->msix.offered) model->msix.offered = cycle;
        model_wr_ask(model, model_wr_source_msix(model), cycle);
        return;
    }
}

/* The lowest vector that was seen to be pending by this cycle; the number of vectors if there is none. */
static unsigned lowest(const struct model *model, uint64_t cycle) {
    unsigned i = 0;
    while (i < model->vectors && !(model_msix_unsent(model, i) && model->msix.vectors[i].since <= cycle)) i++;
    return i;
}

bool model_msix_grant(struct model *model, struct model_write *write, uint64_t cycle) {
    unsigned i = lowest(model, model->msix.offered);
    if (i == model->vectors) i = lowest(model, cycle);
    if (i == model->vectors) {
        model_msix_kick(model, cycle + 1);
        return false;
    }
    *write = (struct model_write){.addr = (uint64_t)model->msix.vectors[i].address_high << 32 | model->msix.vectors[i].address,
                                  .len = 4, .client = MODEL_WR_IMM, .imm = model->msix.vectors[i].data};
    model->msix.vectors[i].pending = false;
    model_count(model, STATS_INTERRUPTS, 1);
    model_trace(model, TRACE_IRQ, 0, i, model->msix.vectors[i].asker, 0);
    model_msix_kick(model, cycle + 1);
    return true;
}

/* --- stats --- */

void model_count(struct model *model, unsigned offset, uint64_t by) { model->stats.counter[offset / 8] += by; }

/* Two reads of 32 bits give a value that the counter once had. */
uint32_t model_stats_read(struct model *model, uint32_t offset) {
    const uint32_t number = (offset & 0xFFF) / 8;
    if (offset & 4) return model->stats.high;
    const uint64_t value = number < STATS_COUNT ? model->stats.counter[number] : 0;
    model->stats.high = (uint32_t)(value >> 32);
    return (uint32_t)value;
}
