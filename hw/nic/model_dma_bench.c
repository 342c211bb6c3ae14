/* SPDX-License-Identifier: Apache-2.0 */
/* dma_bench: reads and writes as fast as they go, without a virtqueue. */
#include "model_device.h"

void model_bench_reset(struct model *model) { model->bench = (struct model_bench){.size = 64, .stride = 64, .window = 1}; }

uint32_t model_bench_read(const struct model *model, uint32_t offset, uint64_t cycle) {
    const struct model_bench *bench = &model->bench;
    switch (offset) {
        case DMA_BENCH_CONTROL:
            return (uint32_t)bench->rd.busy << DMA_BENCH_CONTROL_READ_BIT | (uint32_t)bench->wr.busy << DMA_BENCH_CONTROL_WRITE_BIT;
        case DMA_BENCH_SIZE:
            return bench->size;
        case DMA_BENCH_COUNT:
            return bench->count;
        case DMA_BENCH_STRIDE:
            return bench->stride;
        case DMA_BENCH_WINDOW:
            return bench->window;
        case DMA_BENCH_BASE:
            return (uint32_t)bench->base;
        case DMA_BENCH_BASE + 4:
            return (uint32_t)(bench->base >> 32);
        case DMA_BENCH_READ_CYCLES:
            return bench->rd.busy ? (uint32_t)(cycle - bench->rd.begin) : bench->rd.cycles;
        case DMA_BENCH_WRITE_CYCLES:
            return bench->wr.busy ? (uint32_t)(cycle - bench->wr.begin) : bench->wr.cycles;
        default:
            return 0;
    }
}

static void start(struct model *model, uint32_t value, uint64_t cycle) {
    struct model_bench *bench = &model->bench;
    if (bench->size == 0) return;
    if (value >> DMA_BENCH_CONTROL_READ_BIT & 1) {
        bench->rd.busy = bench->count != 0;
        bench->rd.left = bench->count;
        bench->rd.in_window = 1;
        bench->rd.addr = bench->base;
        bench->rd.pending = bench->rd.cycles = 0;
        bench->rd.begin = cycle + 1;
        if (bench->rd.busy) model_rd_ask(model, model_rd_source_bench(model), cycle + 1);
    }
    if (value >> DMA_BENCH_CONTROL_WRITE_BIT & 1) {
        bench->wr.busy = bench->count != 0;
        bench->wr.left = bench->count;
        bench->wr.in_window = 1;
        bench->wr.addr = bench->base;
        bench->wr.pending = bench->wr.cycles = 0;
        bench->wr.begin = cycle + 1;
        if (bench->wr.busy) model_wr_ask(model, model_wr_source_bench(model), cycle + 1);
    }
}

void model_bench_write(struct model *model, uint32_t offset, uint32_t value, uint64_t cycle) {
    struct model_bench *bench = &model->bench;
    switch (offset) {
    case DMA_BENCH_CONTROL: start(model, value, cycle); break;
    case DMA_BENCH_SIZE: bench->size = value & 0x1FFF; break;
    case DMA_BENCH_COUNT: bench->count = value; break;
    case DMA_BENCH_STRIDE: bench->stride = value; break;
    case DMA_BENCH_WINDOW: bench->window = value; break;
    case DMA_BENCH_BASE: bench->base = (bench->base & ~UINT64_C(0xFFFFFFFF)) | value; break;
    case DMA_BENCH_BASE + 4: bench->base = (bench->base & UINT64_C(0xFFFFFFFF)) | (uint64_t)value << 32; break;
    default: break;
    }
}

bool model_bench_rd_grant(struct model *model, struct model_read *read, uint64_t cycle) {
    struct model_bench *bench = &model->bench;
    if (bench->rd.left == 0) return false;
    *read = (struct model_read){.addr = bench->rd.addr, .len = bench->size, .client = MODEL_RD_BENCH};
    const bool again = bench->rd.in_window == bench->window;
    bench->rd.pending += bench->size;
    bench->rd.addr = again ? bench->base : bench->rd.addr + bench->stride;
    bench->rd.in_window = again ? 1 : bench->rd.in_window + 1;
    if (--bench->rd.left) model_rd_ask(model, model_rd_source_bench(model), cycle + 1);
    return true;
}

bool model_bench_wr_grant(struct model *model, struct model_write *write, uint64_t cycle) {
    struct model_bench *bench = &model->bench;
    if (bench->wr.left == 0) return false;
    *write = (struct model_write){.addr = bench->wr.addr, .len = bench->size, .client = MODEL_WR_BENCH};
    const bool again = bench->wr.in_window == bench->window;
    bench->wr.pending++;
    bench->wr.addr = again ? bench->base : bench->wr.addr + bench->stride;
    bench->wr.in_window = again ? 1 : bench->wr.in_window + 1;
    if (--bench->wr.left) model_wr_ask(model, model_wr_source_bench(model), cycle + 1);
    return true;
}

void model_bench_rd_done(struct model *model, uint32_t bytes, uint64_t cycle) {
    struct model_bench *bench = &model->bench;
    bench->rd.pending -= bytes;
    if (!bench->rd.busy || bench->rd.left || bench->rd.pending) return;
    bench->rd.busy = false;
    bench->rd.cycles = (uint32_t)(cycle + 2 - bench->rd.begin); /* seen a cycle later, and counted in that one too */
}

void model_bench_wr_done(struct model *model, uint64_t cycle) {
    struct model_bench *bench = &model->bench;
    bench->wr.pending--;
    if (!bench->wr.busy || bench->wr.left || bench->wr.pending) return;
    bench->wr.busy = false;
    bench->wr.cycles = (uint32_t)(cycle + 2 - bench->wr.begin);
}
