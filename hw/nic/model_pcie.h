/* SPDX-License-Identifier: Apache-2.0 */
/* model_pcie.h: rtl/pcie and rtl/stats.sv: TLPs in and out, requests of the host, configuration space, MSI-X, counters. */
#ifndef RINGSIDE_MODEL_PCIE_H
#define RINGSIDE_MODEL_PCIE_H

#include "model.h"
#include "model_task.h"
#include "regmap.h"

enum { MODEL_REQUESTS = 16, MODEL_REQUESTS_MOST = MODEL_REQUESTS - 1, MODEL_MAX_VECTORS = 2 * MODEL_MAX_PAIRS + 2 };

/* --- tlp_rx and tlp_tx --- */
struct model_request {
    uint32_t hdr[4];
    uint32_t data[2];
    uint64_t since; /* first cycle at which pcie_target sees it */
};
struct model_tlp_rx {
    struct model_task task;
    uint64_t free;  /* first edge for the first beat of another TLP */
    bool busy;      /* one is being received; the task is due with its last beat */
    struct model_request requests[MODEL_REQUESTS];
    unsigned head, count;
};
void model_tlp_rx_init(struct model *model);
void model_tlp_rx_next(struct model *model, uint64_t cycle);

struct model_tlp_tx {
    struct model_task task;
    uint64_t free;       /* first cycle for another first beat */
    enum { MODEL_TX_NONE, MODEL_TX_COMPLETION, MODEL_TX_READ, MODEL_TX_WRITE } sending;
    bool read_turn;      /* the last TLP was a write */
    bool cpl_valid;
    uint64_t cpl_since;
    unsigned cpl_behind; /* commands of dma_wr in front of it */
    uint32_t cpl_hdr[4], cpl_data[2], cpl_bytes;
};
void model_tlp_tx_init(struct model *model);
/* Something may be sent from this cycle on. */
void model_tlp_tx_kick(struct model *model, uint64_t cycle);
/* Beats of a TLP with this payload. */
uint32_t model_beats(const struct model *model, uint32_t bytes);

/* --- pcie_target --- */
struct model_target {
    struct model_task task;
    uint64_t free, start; /* first cycle for another access; cycle of the one that is to be made */
    bool sending;         /* a completion waits for tlp_tx */
};
void model_target_init(struct model *model);
void model_target_kick(struct model *model);
void model_target_completed(struct model *model, uint64_t cycle);
/* The register bus: offset of a double word in BAR0; a byte enable for each byte. */
uint32_t model_reg_read(struct model *model, uint32_t offset, unsigned enables, uint64_t cycle);
void model_reg_write(struct model *model, uint32_t offset, unsigned enables, uint32_t value, uint64_t cycle);
/* Bits whose byte is enabled. */
uint32_t model_byte_mask(unsigned enables);

/* --- pcie_cfg --- */
struct model_cfg {
    uint16_t command, devctl, requester_id;
    uint32_t bar_low, bar_high, window_offset, window_length;
    uint8_t cache_line, interrupt_line, window_bar;
    uint8_t devctl2; /* completion timeout */
    bool msix_enable, msix_mask, unsupported;
};
void model_cfg_reset(struct model *model);
uint32_t model_cfg_read(const struct model *model, uint32_t offset);
void model_cfg_write(struct model *model, uint32_t offset, unsigned enables, uint32_t value, uint64_t cycle);
bool model_cfg_bus_master(const struct model *model);
bool model_cfg_window(const struct model *model);
uint32_t model_cfg_mps(const struct model *model);  /* bytes */
uint32_t model_cfg_mrrs(const struct model *model);

/* --- cpl_timer --- */
struct model_cpl_timer {
    struct model_task task;
    uint64_t from; /* cycle at which the period began */
    uint64_t rest; /* cycle from which no read was in flight when the last one had ended */
};
void model_cpl_timer_init(struct model *model);
/* A read begins to wait at this cycle; from this cycle on none does; the host has changed the period. */
void model_cpl_timer_wait(struct model *model, uint64_t cycle);
void model_cpl_timer_rest(struct model *model, uint64_t cycle);
void model_cpl_timer_changed(struct model *model, uint64_t cycle);

/* --- msix --- */
struct model_msix {
    struct {
        uint32_t address, address_high, data;
        bool masked, pending;
        uint64_t since; /* first cycle at which it is seen to be pending */
        uint16_t asker; /* who asked last, for the trace */
    } vectors[MODEL_MAX_VECTORS];
    uint64_t offered; /* cycle from which a message is offered to dma_wr: that one stays, whatever is asked for meanwhile */
};
void model_msix_reset(struct model *model);
void model_msix_clear_pending(struct model *model);
uint32_t model_msix_read(const struct model *model, uint32_t offset);
void model_msix_write(struct model *model, uint32_t offset, uint32_t mask, uint32_t value);
/* A message for this vector is asked for by queue `asker` (0xFFFF: a configuration change). */
void model_msix_request(struct model *model, uint32_t vector, uint16_t asker, uint64_t cycle);
/* Masks, enables or mastery changed, or a request came: what may be sent, is. */
void model_msix_kick(struct model *model, uint64_t cycle);
/* The next message, for dma_wr. */
struct model_write;
bool model_msix_grant(struct model *model, struct model_write *write, uint64_t cycle);
bool model_msix_unsent(const struct model *model, uint32_t vector);

/* --- stats --- */
struct model_stats {
    uint64_t counter[STATS_COUNT]; /* by offset / 8 */
    uint32_t high;                 /* latched by the read of a low half */
};
uint32_t model_stats_read(struct model *model, uint32_t offset);
void model_count(struct model *model, unsigned offset, uint64_t by);

#endif
