// SPDX-License-Identifier: Apache-2.0
// Reads and writes of a slave on the register bus of rtl/: reg_valid_i ... reg_rdata_o, read data in the cycle after valid.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>

#include "bench.h"

template <class Model>
void bus_write(Bench<Model>& b, uint32_t address, uint32_t value, unsigned bytes = 4) {
    b->reg_valid_i = b->reg_write_i = 1;
    b->reg_addr_i = static_cast<uint16_t>(address & ~3u);
    b->reg_be_i = static_cast<uint8_t>(((1u << bytes) - 1) << (address & 3));
    b->reg_wdata_i = value << 8 * (address & 3);
    b.tick();
    b->reg_valid_i = b->reg_write_i = 0;
    b.settle();
}

template <class Model>
uint32_t bus_read(Bench<Model>& b, uint32_t address, unsigned bytes = 4) {
    b->reg_valid_i = 1;
    b->reg_write_i = 0;
    b->reg_addr_i = static_cast<uint16_t>(address & ~3u);
    b->reg_be_i = static_cast<uint8_t>(((1u << bytes) - 1) << (address & 3));
    b.tick();
    b->reg_valid_i = 0;
    b.settle();
    const uint32_t word = b->reg_rdata_o;
    b.tick();
    EXPECT_EQ(b->reg_rdata_o, 0u) << "a slave that is not addressed must give 0";
    return static_cast<uint32_t>(word >> 8 * (address & 3) & ((uint64_t{1} << 8 * bytes) - 1));
}
