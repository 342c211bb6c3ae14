// SPDX-License-Identifier: Apache-2.0
// What a device did, without times, as text: frames, used buffers, register values at the end. Two devices that do the same write the same.
//
// Lines, each a key and its values; lines of one key are in order, those of different keys are not comparable:
//
//     wire FLOW BYTES         a frame to the wire, without FCS, in hexadecimal; FLOW tells flows apart that may overtake each other
//     host FLOW BYTES         a frame to the host
//     used QUEUE id I len L   a buffer that was used, also by a batch that skips it
//     config OFFSET VALUE     at the end, all that can be read: configuration space, double word by double word,
//     reg NAME VALUE          and the registers of BAR0 by their names in rtl/regmap
//     sent WHAT NUMBER        what the device sent over the link and the driver rang, counted there: with them the counters that depend on
//                             how work falls into batches (DMA_READS, DMA_WRITES, INTERRUPTS, DOORBELLS) can be checked
//
// Reading the registers clears the ISR byte and selects features and queues; the selections are put back.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "bus_driver.h"
#include "cpu.h"
#include "device_tap.h"

namespace sim {

class Transcript {
public:
    // Throws std::runtime_error when the file cannot be made. by_flow: frames of different flows may overtake each other.
    // tap stands in front of the NIC, gives its buffers to used(), and outlives this object.
    Transcript(const char* path, const hw::DeviceTap& tap, bool by_flow);
    ~Transcript();
    Transcript(const Transcript&) = delete;
    Transcript& operator=(const Transcript&) = delete;

    // A frame that reached the other end of the cable, or the protocol driver.
    void frame(const char* direction, const uint8_t* data, size_t length);
    // A buffer that the device used.
    void used(const hw::DeviceTap::Used& used);
    // Reads every register, in a thread of the CPU, while nothing is under way. Blocks.
    void registers(hw::Cpu& cpu, BusDriver& bus);
    // Ends the file. False when not all of it could be written.
    bool close();

private:
    void line(const char* format, ...) __attribute__((format(printf, 2, 3)));

    std::FILE* file_;
    const bool by_flow_;
    const hw::DeviceTap& tap_;
};

}  // namespace sim
