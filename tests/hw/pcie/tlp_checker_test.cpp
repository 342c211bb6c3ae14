// SPDX-License-Identifier: Apache-2.0
// One test per rule, which breaks it, and a legal exchange that breaks none.
#include "tlp_checker.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hw {
namespace {

constexpr uint32_t nic = 0x0100, root = 0x0000;
constexpr uint64_t ram = 0x100000000;

struct Bench {
    EventStream events;
    std::vector<std::string> checks;
    std::vector<Violation> violations;
    TlpChecker checker;
    uint64_t next_id = 1;

    explicit Bench(const LinkConfig& config = {}, bool bus_master = true) : checker(config, events) {
        events.on_violation([this](const Violation& violation) {
            checks.push_back(violation.check);
            violations.push_back(violation);
        });
        if (bus_master) configure(PCI_CFG_COMMAND, 2, 6);
    }
    void up(TlpPtr tlp) {
        tlp->id = next_id++;
        checker.up(*tlp);
    }
    void down(TlpPtr tlp) {
        tlp->id = next_id++;
        checker.down(*tlp);
    }
    void configure(uint32_t offset, uint32_t size, uint32_t value) {
        const TlpPtr write = make_config_write(root, 0, nic, offset, size, value);
        checker.down(*write);
        up(make_completion(*write, nic, TLP_STATUS_SC, 0, 4, nullptr, 0));
    }
    TlpPtr read(uint32_t tag, uint64_t address, uint32_t bytes) const { return make_mem_read(nic, tag, address, bytes); }
    TlpPtr write(uint64_t address, uint32_t bytes) const {
        return make_mem_write(nic, address, std::vector<uint8_t>(bytes).data(), bytes);
    }
    // The completion of `bytes` from `first` on of a read of the device with this tag, `count` bytes being left.
    TlpPtr data(uint32_t tag, uint64_t first, uint32_t count, uint32_t bytes) const {
        return make_completion(*read(tag, first, count), root, TLP_STATUS_SC, first, count, std::vector<uint8_t>(bytes).data(), bytes);
    }
    void expect(const std::vector<std::string>& expected) const { EXPECT_EQ(checks, expected); }
};

TEST(TlpChecker, ALegalExchangeIsQuiet) {
    Bench bench;
    bench.up(bench.read(1, ram + 0x10, 512));
    bench.up(bench.read(2, ram + 0xFFC, 4));
    bench.up(bench.write(ram + 0xF01, 255));
    bench.down(bench.data(2, ram + 0xFFC, 4, 4));
    bench.down(bench.data(1, ram + 0x10, 512, 240));
    bench.down(bench.data(1, ram + 0x100, 272, 256));
    bench.down(bench.data(1, ram + 0x200, 16, 16));
    bench.up(make_mem_write(nic, 0xFEE00000, "\1\0\0\0", 4));
    const TlpPtr cpu = make_mem_read(root, 3, 0xC0000002, 2);
    bench.checker.down(*cpu);
    bench.up(make_completion(*cpu, nic, TLP_STATUS_SC, 0xC0000002, 2, "ab", 2));
    bench.checker.finish();
    bench.expect({});
}

TEST(TlpChecker, AViolationNamesTlpAndClause) {
    Bench bench;
    bench.up(bench.write(ram, 512));
    ASSERT_EQ(bench.violations.size(), 1u);
    EXPECT_EQ(bench.violations[0].clause, "[P] 2.2.2");
    EXPECT_EQ(bench.violations[0].message,
              "payload of 512 bytes exceeds MPS 256: MWr64 #2 tag 0x00 from 01:00.0 0x100000000 +512 (128 DW, be f/f)");
}

TEST(TlpChecker, AWriteLargerThanMpsIsFound) {
    Bench bench;
    bench.up(bench.write(ram, 260));
    bench.expect({"tlp.mps"});
}

TEST(TlpChecker, AReadLargerThanMrrsIsFound) {
    Bench bench;
    bench.up(bench.read(0, ram, 516));
    bench.expect({"tlp.mrrs"});
}

TEST(TlpChecker, TheSizesThatTheDeviceWasToldCount) {
    Bench bench;
    bench.configure(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 2, 0 << PCI_EXP_DEVCTL_MPS_LSB | 0 << PCI_EXP_DEVCTL_MRRS_LSB);
    bench.up(bench.write(ram, 256));
    bench.up(bench.read(0, ram, 256));
    bench.expect({"tlp.mps", "tlp.mrrs"});
}

TEST(TlpChecker, ARequestAcrossA4KibBoundaryIsFound) {
    Bench bench;
    bench.up(bench.read(0, ram + 0xFFC, 8));
    bench.up(bench.write(ram + 0xFFF, 2));
    bench.expect({"tlp.4k", "tlp.4k"});
}

TEST(TlpChecker, APayloadThatIsNotWhatTheHeaderSaysIsFound) {
    Bench bench;
    TlpPtr tlp = bench.write(ram, 64);
    tlp->payload_bytes = 60;
    bench.up(std::move(tlp));
    tlp = bench.read(0, ram, 64);
    tlp->payload_bytes = 4;
    bench.up(std::move(tlp));
    bench.expect({"tlp.length", "tlp.length"});
}

TlpPtr with_enables(TlpPtr tlp, uint32_t first, uint32_t last) {
    tlp->hdr[1] = (tlp->hdr[1] & ~0xFFu) | last << 4 | first;
    return tlp;
}

TEST(TlpChecker, LastEnablesOfASingleDoubleWordAreFound) {
    Bench bench;
    bench.up(with_enables(bench.write(ram, 4), 0xF, 0x1));
    bench.expect({"tlp.byte_enables"});
}

TEST(TlpChecker, MissingEnablesOfSeveralDoubleWordsAreFound) {
    Bench bench;
    bench.up(with_enables(bench.write(ram, 8), 0xF, 0x0));
    bench.up(with_enables(bench.write(ram, 8), 0x0, 0xF));
    bench.expect({"tlp.byte_enables", "tlp.byte_enables"});
}

TEST(TlpChecker, AGapInTheEnablesIsFoundWhereItIsNotAllowed) {
    Bench bench;
    bench.up(with_enables(bench.write(ram, 4), 0x9, 0));        // one double word: allowed
    bench.up(with_enables(bench.write(ram, 8), 0x5, 0x5));      // two aligned: allowed
    bench.up(with_enables(bench.write(ram + 4, 8), 0x5, 0xF));  // two, not aligned
    bench.up(with_enables(bench.write(ram, 12), 0xF, 0xE));     // three
    bench.expect({"tlp.byte_enables", "tlp.byte_enables"});
}

TEST(TlpChecker, AWideHeaderForALowAddressIsFound) {
    Bench bench;
    TlpPtr tlp = bench.write(ram, 4);
    tlp->hdr[2] = 0;
    bench.up(std::move(tlp));
    bench.expect({"tlp.address_format"});
}

TEST(TlpChecker, AnInterruptOfMoreThanADoubleWordIsFound) {
    Bench bench;
    bench.up(bench.write(0xFEE00000, 8));
    bench.up(bench.write(0xFEE00000, 2));
    bench.expect({"tlp.msi", "tlp.msi"});
}

TEST(TlpChecker, ATypeThatTheLinkDoesNotCarryIsFound) {
    Bench bench;
    TlpPtr tlp = bench.read(0, ram, 4);
    tlp->hdr[0] |= 0x02u << 24;  // I/O read
    bench.up(std::move(tlp));
    bench.up(make_config_read(nic, 0, root, 0, 4));
    bench.expect({"tlp.type", "tlp.type"});
}

TEST(TlpChecker, DigestAndPoisonAreFound) {
    Bench bench;
    TlpPtr tlp = bench.write(ram, 4);
    tlp->hdr[0] |= 1u << TLP_TD_BIT | 1u << TLP_EP_BIT;
    bench.up(std::move(tlp));
    bench.expect({"tlp.digest", "tlp.poisoned"});
}

TEST(TlpChecker, ARequestWithoutBusMasterEnableIsFound) {
    Bench bench;
    bench.configure(PCI_CFG_COMMAND, 2, 2);
    bench.up(bench.write(ram, 4));
    bench.expect({"tlp.bus_master"});
}

TEST(TlpChecker, WritesUnderWayWhileBusMasterIsClearedAreLegal) {
    Bench bench;
    const TlpPtr clear = make_config_write(root, 0, nic, PCI_CFG_COMMAND, 2, 2);
    bench.checker.down(*clear);
    bench.up(bench.write(ram, 4));  // the device has not completed the write yet
    bench.up(make_completion(*clear, nic, TLP_STATUS_SC, 0, 4, nullptr, 0));
    bench.expect({});
    bench.up(bench.write(ram, 4));
    bench.expect({"tlp.bus_master"});
}

TEST(TlpChecker, AFunctionLevelResetTakesThePermissionsBack) {
    Bench bench;
    bench.configure(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 2, 1u << PCI_EXP_DEVCTL_INITIATE_FLR_BIT);
    bench.up(bench.write(ram, 256));
    bench.expect({"tlp.mps", "tlp.bus_master"});
}

TEST(TlpChecker, AForeignRequesterIdIsFound) {
    Bench bench;
    bench.up(make_mem_write(0x0200, ram, "abcd", 4));
    const TlpPtr cpu = make_mem_read(root, 3, 0xC0000000, 4);
    bench.checker.down(*cpu);
    bench.up(make_completion(*cpu, 0x0200, TLP_STATUS_SC, 0xC0000000, 4, "abcd", 4));
    bench.expect({"tlp.requester", "tlp.requester"});
}

TEST(TlpChecker, ATagInUseTwiceIsFound) {
    Bench bench;
    bench.up(bench.read(7, ram, 64));
    bench.up(bench.read(7, ram + 64, 64));
    bench.expect({"tlp.tag_in_use"});
}

TEST(TlpChecker, ATagOfMoreThanFiveBitsNeedsExtendedTags) {
    Bench bench;
    bench.configure(PCI_CAP_EXPRESS + PCI_EXP_DEVICE_CONTROL, 2, 1 << PCI_EXP_DEVCTL_MPS_LSB | 2 << PCI_EXP_DEVCTL_MRRS_LSB);
    bench.up(bench.read(31, ram, 64));
    bench.up(bench.read(32, ram, 64));
    bench.expect({"tlp.tag_range"});
}

TEST(TlpChecker, ACompletionThatNobodyWaitsForIsFound) {
    Bench bench;
    bench.down(bench.data(7, ram, 64, 64));
    bench.up(bench.read(8, ram, 64));
    bench.down(bench.data(8, ram, 64, 64));
    bench.down(bench.data(8, ram, 64, 64));
    bench.expect({"tlp.unexpected_completion", "tlp.unexpected_completion"});
}

TEST(TlpChecker, AnAnswerAfterTheTimeoutIsUnexpected) {
    Bench bench;
    const TlpPtr cpu = make_mem_read(root, 3, 0xC0000000, 4);
    bench.checker.down(*cpu);
    bench.checker.abandon_down_request(3);
    bench.up(make_completion(*cpu, nic, TLP_STATUS_SC, 0xC0000000, 4, "abcd", 4));
    bench.expect({"tlp.unexpected_completion"});
}

TEST(TlpChecker, CompletionsOutOfAddressOrderAreFound) {
    Bench bench;
    bench.up(bench.read(1, ram, 512));
    bench.down(bench.data(1, ram + 256, 256, 256));
    bench.expect({"tlp.byte_count"});
}

TEST(TlpChecker, AWrongLowerAddressIsFound) {
    Bench bench;
    bench.up(bench.read(1, ram + 0x40, 64));
    bench.down(bench.data(1, ram, 64, 64));
    bench.expect({"tlp.lower_address"});
}

TEST(TlpChecker, ACompletionThatEndsBetweenBoundariesIsFound) {
    Bench bench;
    bench.up(bench.read(1, ram, 512));
    bench.down(bench.data(1, ram, 512, 96));
    bench.expect({"tlp.rcb"});
}

TEST(TlpChecker, ACompletionLargerThanMpsIsFound) {
    Bench bench;
    bench.up(bench.read(1, ram, 512));
    bench.down(bench.data(1, ram, 512, 320));
    bench.expect({"tlp.mps"});
}

TEST(TlpChecker, MoreDataThanAskedForIsFound) {
    Bench bench;
    bench.up(bench.read(1, ram, 64));
    bench.down(bench.data(1, ram, 64, 128));
    bench.expect({"tlp.length"});
}

TEST(TlpChecker, DataWhereNoneBelongsAndNoneWhereItDoesAreFound) {
    Bench bench;
    bench.up(bench.read(1, ram, 64));
    bench.down(make_completion(*bench.read(1, ram, 64), root, TLP_STATUS_SC, ram, 64, nullptr, 0));
    bench.up(bench.read(2, ram, 64));
    TlpPtr tlp = bench.data(2, ram, 64, 64);
    tlp->hdr[1] |= static_cast<uint32_t>(TLP_STATUS_UR) << TLP_STATUS_LSB;
    bench.down(std::move(tlp));
    const TlpPtr config = make_config_read(root, 0, nic, 0, 4);
    bench.checker.down(*config);
    bench.up(make_completion(*config, nic, TLP_STATUS_SC, 0, 4, nullptr, 0));
    bench.expect({"tlp.completion_type", "tlp.completion_type", "tlp.completion_type"});
}

TEST(TlpChecker, ConfigurationCompletionsHaveByteCountFourAndLowerAddressZero) {
    Bench bench;
    const TlpPtr config = make_config_read(root, 0, nic, 0x44, 4);
    bench.checker.down(*config);
    bench.up(make_completion(*config, nic, TLP_STATUS_SC, 0x44, 2, "abcd", 4));
    bench.expect({"tlp.byte_count", "tlp.lower_address"});
}

TEST(TlpChecker, AnUnsuccessfulCompletionEndsItsRequest) {
    Bench bench;
    bench.up(bench.read(1, ram, 512));
    bench.down(make_completion(*bench.read(1, ram, 512), root, TLP_STATUS_UR, ram, 512, nullptr, 0));
    EXPECT_EQ(bench.checker.outstanding(), 0u);
    bench.expect({});
}

TEST(TlpChecker, RequestsWithoutAnswerAreNamedAtTheEnd) {
    Bench bench;
    bench.up(bench.read(5, ram, 64));
    EXPECT_EQ(bench.checker.outstanding(), 1u);
    bench.checker.finish();
    bench.expect({"tlp.outstanding"});
    EXPECT_NE(bench.violations[0].message.find("MRd64 #2 tag 0x05"), std::string::npos) << bench.violations[0].message;
}

}  // namespace
}  // namespace hw
