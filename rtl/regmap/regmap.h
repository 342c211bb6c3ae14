/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regmap.h: every number that SystemVerilog and C share, as C enumerators.
 *
 * The .def files beside this header are the only source. This header includes them directly; regmap_gen prints
 * regmap_pkg.sv from the same files, so that a register has one address in both languages.
 *
 *   REG(BLOCK, NAME, offset, bytes, access, "clause", "meaning")   BLOCK_NAME = offset, BLOCK_NAME_BYTES = bytes
 *   BIT(BLOCK, NAME, number, "clause", "meaning")                  BLOCK_NAME_BIT = number
 *   FIELD(BLOCK, NAME, lsb, width, "clause", "meaning")            BLOCK_NAME_LSB, BLOCK_NAME_WIDTH
 *   VALUE(BLOCK, NAME, number, "clause", "meaning")                BLOCK_NAME = number
 *
 * Spec: [V] VIRTIO 1.2  [P] PCI Express Base 5.0  [E] IEEE 802.3
 */
#ifndef RINGSIDE_REGMAP_H
#define RINGSIDE_REGMAP_H

#include <stdint.h>

#define REG(block, name, offset, bytes, access, clause, meaning) \
    block##_##name = (offset), block##_##name##_BYTES = (bytes),
#define BIT(block, name, number, clause, meaning) block##_##name##_BIT = (number),
#define FIELD(block, name, lsb, width, clause, meaning) \
    block##_##name##_LSB = (lsb), block##_##name##_WIDTH = (width),
#define VALUE(block, name, number, clause, meaning) block##_##name = (number),
enum regmap {
#include "regmap.def"
    REGMAP_END
};
#undef REG
#undef BIT
#undef FIELD
#undef VALUE

/* A bit of a register or feature word, given its number. */
#define REGMAP_BIT(number) (UINT64_C(1) << (number))

#endif
