// SPDX-License-Identifier: Apache-2.0
// Captures for the tests: made byte by byte (so that any format, byte order and damage can be made), read back by libpcap.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace system_test {

struct TimedFrame {
    uint64_t time_ns = 0;
    std::string bytes;       // without FCS
    uint32_t original = 0;   // length on the wire when it was recorded; 0: all of it was
};

struct CaptureFormat {
    bool pcapng = false;
    bool nanoseconds = true;
    bool big_endian = false;
    uint32_t link_type = 1;  // LINKTYPE_ETHERNET
};

// The bytes of a capture file. Times of a microsecond format lose what it cannot say.
std::string make_capture(const std::vector<TimedFrame>& frames, const CaptureFormat& format);

// All frames of a file; the test has failed when libpcap does not like it. Times in nanoseconds.
std::vector<TimedFrame> read_capture(const std::string& path);

// Frames of random content with the sizes at which something changes (14, 59 to 61, pages, 9018, ...) in random order, and `more` of
// random size up to 9018, all from `seed`; times rise by up to 2 us.
std::vector<TimedFrame> random_frames(uint32_t seed, unsigned more);

// Expects that `got` holds every frame of `sent`, in order, bit for bit, short ones padded with zeros to 60, at strictly rising
// simulated times; `what` is for messages.
void expect_same_frames(const std::vector<TimedFrame>& sent, const std::vector<TimedFrame>& got, const std::string& what);

}  // namespace system_test
