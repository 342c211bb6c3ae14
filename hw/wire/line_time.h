// SPDX-License-Identifier: Apache-2.0
// Time on a serial line of any rate, exact over any number of bytes: picoseconds and the fraction that is left of them.
#pragma once

#include <cstdint>

namespace hw {

// A point in time in units of 1 ps / bits per second. Two of them are comparable when they are of the same line.
struct LineTime {
    uint64_t ps = 0;
    uint64_t fraction = 0;  // of a picosecond, in 1 / bits per second; below bits per second

    bool operator<(const LineTime& other) const { return ps != other.ps ? ps < other.ps : fraction < other.fraction; }
};

class LineRate {
public:
    explicit LineRate(uint64_t bits_per_second) : bits_per_second_(bits_per_second) {}
    // When `bytes` (at most 1 MiB) that begin at `from` have passed.
    LineTime after(LineTime from, uint64_t bytes) const {
        const uint64_t scaled = bytes * 8 * UINT64_C(1000000000000) + from.fraction;
        return {from.ps + scaled / bits_per_second_, scaled % bits_per_second_};
    }
    uint64_t bits_per_second() const { return bits_per_second_; }

private:
    uint64_t bits_per_second_;
};

}  // namespace hw
