/* SPDX-License-Identifier: Apache-2.0 */
/* One run of the DMA benchmark engine: set up, start, poll, read the cycle counts. */
#include "dma_bench.h"

#include <errno.h>
#include <stdbool.h>

#include "driver/platform.h"
#include "regmap.h"

enum { BAR = 0, WINDOW_BYTES = 256 * 1024, PAGE = 4096, POLL_NS = 1000 };
static const uint64_t timeout_ps = UINT64_C(50000000000);

static void write_register(const struct platform *platform, uint32_t offset, uint32_t value) {
    platform->ops->mmio_write(platform->ctx, BAR, BAR0_DMA_BENCH + offset, 4, value);
}

static uint32_t read_register(const struct platform *platform, uint32_t offset) {
    return platform->ops->mmio_read(platform->ctx, BAR, BAR0_DMA_BENCH + offset, 4);
}

/* Transfers start at addresses that are multiples of the size rounded up to 64 bytes, so that a transfer of up to MPS bytes is one
 * TLP, as the model assumes, and no transfer crosses a page. */
static uint32_t stride_of(uint32_t size) {
    uint32_t stride = 64;
    while (stride < size) stride *= 2;
    return stride;
}

static void start(const struct platform *platform, const struct dma_bench_row *row, uint64_t iova) {
    const uint32_t stride = stride_of(row->size);
    write_register(platform, DMA_BENCH_SIZE, row->size);
    write_register(platform, DMA_BENCH_COUNT, row->count);
    write_register(platform, DMA_BENCH_STRIDE, stride);
    write_register(platform, DMA_BENCH_WINDOW, WINDOW_BYTES / stride);
    write_register(platform, DMA_BENCH_BASE, (uint32_t)iova);
    write_register(platform, DMA_BENCH_BASE + 4, (uint32_t)(iova >> 32));
    uint32_t control = 0;
    if (row->op != DMA_BENCH_OP_WRITE) control |= 1u << DMA_BENCH_CONTROL_READ_BIT;
    if (row->op != DMA_BENCH_OP_READ) control |= 1u << DMA_BENCH_CONTROL_WRITE_BIT;
    write_register(platform, DMA_BENCH_CONTROL, control);
}

int dma_bench_run(const struct platform *platform, struct dma_bench_row *row) {
    const struct platform_ops *ops = platform->ops;
    uint64_t iova;
    void *memory = ops->dma_allocate_coherent(platform->ctx, WINDOW_BYTES, PAGE, UINT64_MAX, "dma bench", &iova);
    if (!memory) return -ENOMEM;

    start(platform, row, iova);
    const uint64_t begin = ops->now_ps(platform->ctx);
    int status = 0;
    /* Poll rarely: the read itself travels the link that is being measured. */
    do {
        ops->sleep_ns(platform->ctx, POLL_NS);
        if (ops->now_ps(platform->ctx) - begin > timeout_ps) status = -ETIMEDOUT;
    } while (status == 0 && read_register(platform, DMA_BENCH_CONTROL) != 0);

    row->read_cycles = row->op != DMA_BENCH_OP_WRITE ? read_register(platform, DMA_BENCH_READ_CYCLES) : 0;
    row->write_cycles = row->op != DMA_BENCH_OP_READ ? read_register(platform, DMA_BENCH_WRITE_CYCLES) : 0;
    ops->dma_free_coherent(platform->ctx, memory);
    return status;
}
