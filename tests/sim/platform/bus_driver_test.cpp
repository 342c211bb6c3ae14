// SPDX-License-Identifier: Apache-2.0
#include "bus_driver.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "machine.h"

namespace sim {
namespace {

using Checks = std::vector<std::string>;

std::string start_error(Machine& m) {
    std::string error = "not run";
    m.run([&] { error = m.bus.start(); });
    return error;
}

TEST(BusDriver, BringsTheDeviceUp) {
    BusDriver::Config config;
    config.mps = 512;
    config.mrrs = 1024;
    Machine m(config);
    EXPECT_EQ(start_error(m), "");
    EXPECT_EQ(m.bus.vendor_id(), PCI_ID_VENDOR);
    EXPECT_EQ(m.bus.device_id(), PCI_ID_DEVICE);
    EXPECT_EQ(m.bus.bar_bytes(), uint64_t{BAR0_SIZE});
    EXPECT_EQ(m.bus.bar_address(), 0xC0000000u);
    EXPECT_EQ(m.device.bar(), m.bus.bar_address());
    EXPECT_EQ(ModelDevice::get(m.device.config, PCI_CFG_COMMAND, 2), 0x406u) << "memory, bus master, no INTx";
    const uint32_t control = ModelDevice::get(m.device.config, PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 2);
    EXPECT_EQ(control >> PCI_EXP_DEVCTL_MPS_LSB & 7, 2u);
    EXPECT_EQ(control >> PCI_EXP_DEVCTL_MRRS_LSB & 7, 3u);
    EXPECT_TRUE(control & 1u << PCI_EXP_DEVCTL_EXTENDED_TAG_BIT);
    EXPECT_EQ(ModelDevice::get(m.device.config, PCI_CAP_MSIX + PCI_MSIX_CONTROL, 2), 0x8003u) << "enabled, not masked as a whole";
    EXPECT_EQ(m.bus.vectors(), ModelDevice::vectors);
    EXPECT_TRUE(m.violations.empty()) << m.first_message();
}

TEST(BusDriver, PlacesTheBarAboveFourGigabytesWhenTheWindowIsThere) {
    BusDriver::Config config;
    config.window_base = 0x4000001000;  // LinkConfig's upper window, and not aligned to the BAR
    config.window_bytes = 0x1000000;
    Machine m(config);
    EXPECT_EQ(start_error(m), "");
    EXPECT_EQ(m.device.bar(), 0x4000010000u);
    EXPECT_TRUE(m.violations.empty()) << m.first_message();
}

TEST(BusDriver, AnEmptySlotIsNamed) {
    Machine m;
    m.device.absent = true;
    EXPECT_EQ(start_error(m), "no device answers configuration reads behind the root port");
}

TEST(BusDriver, ADeviceWithoutMsixIsNamed) {
    Machine m;
    m.device.set(PCI_CAP_EXPRESS, 2, PCI_CAP_ID_EXPRESS);  // the list ends here
    EXPECT_EQ(start_error(m), "the device has no MSI-X capability");
}

TEST(BusDriver, AnEndlessListOfCapabilitiesIsNamed) {
    Machine m;
    m.device.set(PCI_CAP_MSIX, 2, PCI_CAP_EXPRESS << 8 | PCI_CAP_ID_MSIX);
    EXPECT_EQ(start_error(m), "the device's list of capabilities has no end");
}

TEST(BusDriver, APayloadSizeThatTheDeviceCannotTakeIsRefused) {
    BusDriver::Config config;
    config.mps = 1024;
    Machine m(config);
    EXPECT_EQ(start_error(m), "maximum payload size 1024: the device supports at most 512");
}

TEST(BusDriver, AnImpossibleReadRequestSizeIsRefused) {
    BusDriver::Config config;
    config.mrrs = 500;
    Machine m(config);
    EXPECT_EQ(start_error(m).substr(0, 37), "maximum read request size 500: expect");
}

TEST(BusDriver, ABarThatIsNoMemoryIsNamed) {
    Machine m;
    m.device.set(PCI_CFG_BAR0, 4, 0x1, 0xFFFFFF00);
    EXPECT_EQ(start_error(m), "BAR0 reads 0xffffff01 after sizing, expected a memory BAR");
}

TEST(BusDriver, ABarLargerThanTheWindowIsNamed) {
    BusDriver::Config config;
    config.window_bytes = 0x8000;
    Machine m(config);
    EXPECT_EQ(start_error(m), "BAR0 asks for 0x10000 bytes, the root port's window has room for 0x8000");
}

TEST(BusDriver, RegistersThatDoNotAnswerAreNamed) {
    Machine m;
    m.device.silent = true;
    EXPECT_EQ(start_error(m), "BAR0 at 0xc0000000 does not answer as an MSI-X table: entry 0 control reads 0xffffffff");
    EXPECT_EQ(m.checks(), (Checks{"pcie.completion_timeout"}));
}

TEST(BusDriver, AConnectedVectorRunsItsIsrAndADisconnectedOneIsMasked) {
    Machine m;
    std::vector<unsigned> ran;
    m.run_started([&] {
        EXPECT_FALSE(m.device.raise(1)) << "masked until connected";
        EXPECT_EQ(m.bus.connect(1, [&] { ran.push_back(1); }), 0);
        EXPECT_EQ(m.bus.connect(3, [&] { ran.push_back(3); }), 0);
        EXPECT_EQ(m.bus.connect(3, [] {}), -EBUSY);
        EXPECT_EQ(m.bus.connect(ModelDevice::vectors, [] {}), -EINVAL);
        EXPECT_TRUE(m.device.raise(3));
        EXPECT_TRUE(m.device.raise(1));
        m.cpu.sleep(sc_core::sc_time(5, sc_core::SC_US));
        m.bus.disconnect(3);
        EXPECT_FALSE(m.device.raise(3));
        EXPECT_EQ(m.bus.connect(3, [&] { ran.push_back(33); }), 0) << "and may be connected again";
        EXPECT_TRUE(m.device.raise(3));
        m.cpu.sleep(sc_core::sc_time(5, sc_core::SC_US));
    });
    EXPECT_EQ(ran, (std::vector<unsigned>{3, 1, 33}));
    EXPECT_TRUE(m.violations.empty()) << m.first_message();
}

TEST(BusDriver, AnInterruptInFlightWhenItsVectorIsDisconnectedIsDropped) {
    Machine m;
    unsigned ran = 0;
    m.run_started([&] {
        m.bus.connect(0, [&] { ran++; });
        EXPECT_TRUE(m.device.raise(0));
        m.bus.disconnect(0);
        m.cpu.sleep(sc_core::sc_time(5, sc_core::SC_US));
    });
    EXPECT_EQ(ran, 0u);
    EXPECT_TRUE(m.violations.empty()) << m.first_message();
}

}  // namespace
}  // namespace sim
