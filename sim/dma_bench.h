/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dma_bench.h: host software for the NIC's DMA benchmark engine (BAR0 DMA_BENCH, rtl/regmap/bar0.def).
 *
 * Works through the platform seam like a driver: coherent memory, register writes, and polling until the engine says that it is
 * done.
 */
#ifndef RINGSIDE_DMA_BENCH_H
#define RINGSIDE_DMA_BENCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct platform;

enum dma_bench_op { DMA_BENCH_OP_READ, DMA_BENCH_OP_WRITE, DMA_BENCH_OP_BOTH };

struct dma_bench_row {
    enum dma_bench_op op;
    uint32_t size;         /* bytes of a transfer, 1 to 4096 */
    uint32_t count;        /* transfers */
    uint32_t read_cycles;  /* out: NIC clock cycles, 0 when the op has no such part */
    uint32_t write_cycles; /* out */
};

/* Run one row (thread context, blocks). 0, -ENOMEM, or -ETIMEDOUT when the engine is not done after 50 ms of simulated time. */
int dma_bench_run(const struct platform *platform, struct dma_bench_row *row);

#ifdef __cplusplus
}
#endif

#endif
