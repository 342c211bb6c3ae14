// SPDX-License-Identifier: Apache-2.0
// `ringside serve pci` for a host that this test plays: what reaches the NIC's registers, and what a host can not do to the program.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "pci_front_end.h"
#include "regmap.h"
#include "ringside.h"

namespace system_test {
namespace {

class PciSlot : public SystemTest {
protected:
    // Serves in the background; the socket is there when it returns.
    void serve(std::vector<std::string> more = {}) {
        std::vector<std::string> words = {RINGSIDE_PROGRAM, "serve", "pci", "--socket", socket(), "--json", file("result.json"), "--quiet"};
        words.insert(words.end(), more.begin(), more.end());
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        program_ = fork();
        if (program_ == 0) {
            (void)!freopen(file("errors").c_str(), "w", stderr);
            execv(arguments[0], arguments.data());
            _exit(127);
        }
        for (int i = 0; i < 200 && !exists(socket()); i++) usleep(20'000);
        ASSERT_TRUE(exists(socket()));
    }
    // Its exit status, once it has ended.
    int served() {
        int status = -1;
        EXPECT_EQ(waitpid(program_, &status, 0), program_);
        program_ = 0;
        EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
        return WEXITSTATUS(status);
    }
    ~PciSlot() override {
        if (program_ > 0) kill(program_, SIGKILL), waitpid(program_, nullptr, 0);
    }
    std::string socket() const { return file("nic.sock"); }

    pid_t program_ = 0;
};

TEST_F(PciSlot, TheSocketIsItsOwnersAlone) {
    serve({"--sessions", "1"});
    struct stat file;
    ASSERT_EQ(stat(socket().c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0600u);
}

TEST_F(PciSlot, AHostFindsTheDevicePlacesItsBarAndReachesItsRegisters) {
    serve({"--sessions", "1"});
    {
        PciFrontEnd host(socket());
        ASSERT_TRUE(host.alive());
        EXPECT_EQ(host.ask(host.config_read, 0, PCI_CFG_VENDOR_ID, 4), 0x10411AF4u);
        host.tell(host.config_write, 0, PCI_CFG_BAR0, 4, 0xFFFFFFFF);
        const uint64_t low = host.ask(host.config_read, 0, PCI_CFG_BAR0, 4);
        EXPECT_EQ(low & 0xFFF, low & 0xF) << "a memory BAR of at least a page";
        host.tell(host.config_write, 0, PCI_CFG_BAR0, 4, 0xF0000000);
        host.tell(host.config_write, 0, PCI_CFG_BAR0_HIGH, 4, 0);
        host.tell(host.config_write, 0, PCI_CFG_COMMAND, 2, 1 << PCI_COMMAND_MEMORY_BIT | 1 << PCI_COMMAND_BUS_MASTER_BIT);
        host.tell(host.write, 0, BAR0_COMMON + VIRTIO_COMMON_DEVICE_FEATURE_SELECT, 4, 1);
        EXPECT_EQ(host.ask(host.read, 0, BAR0_COMMON + VIRTIO_COMMON_DEVICE_FEATURE, 4) & 1, 1u) << "VERSION_1";
        EXPECT_EQ(host.ask(host.read, 0, BAR0_COMMON + VIRTIO_COMMON_NUM_QUEUES, 2), 3u);
    }
    EXPECT_EQ(served(), 0) << contents(file("errors"));
    const Json session = Json::load(file("result.json")).at("sessions").at(0);
    EXPECT_EQ(session.at("config_accesses").integer(), 6);
    EXPECT_EQ(session.at("register_reads").integer(), 2);
    EXPECT_EQ(session.at("register_writes").integer(), 1);
}

TEST_F(PciSlot, ANewHostFindsTheDeviceReset) {
    serve({"--sessions", "2"});
    {
        PciFrontEnd first(socket());
        ASSERT_TRUE(first.alive());
        first.tell(first.config_write, 0, PCI_CFG_BAR0, 4, 0xF0000000);
        first.tell(first.config_write, 0, PCI_CFG_COMMAND, 2, 1 << PCI_COMMAND_MEMORY_BIT);
        first.tell(first.write, 0, BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 1, 1);
        EXPECT_EQ(first.ask(first.read, 0, BAR0_COMMON + VIRTIO_COMMON_DEVICE_STATUS, 1), 1u);
    }
    {
        PciFrontEnd second(socket());
        ASSERT_TRUE(second.alive());
        EXPECT_EQ(second.ask(second.config_read, 0, PCI_CFG_COMMAND, 2), 0u);
        EXPECT_EQ(second.ask(second.config_read, 0, PCI_CFG_BAR0, 4) & ~0xFu, 0u);
    }
    EXPECT_EQ(served(), 0) << contents(file("errors"));
}

TEST_F(PciSlot, MessagesThatNoHostSendsEndTheSessionWithAReason) {
    const auto command = [](PciFrontEnd::Operation operation, uint8_t bar, uint64_t address, uint32_t size, std::vector<uint8_t> data = {}) {
        return PciFrontEnd::command(operation, bar, address, size, std::move(data));
    };
    const struct {
        std::vector<uint8_t> bytes;
        const char* reason;
    } wrong[] = {{{1, 2, 3}, "shorter than its header"},
                 {command(PciFrontEnd::message, 0, 0, 4, {}), "no such operation"},
                 {command(PciFrontEnd::config_read, 0, 0, 3), "no power of two"},
                 {command(PciFrontEnd::config_read, 0, 4096, 4), "not inside configuration space"},
                 {command(PciFrontEnd::config_read, 0, ~uint64_t{0}, 1), "not inside configuration space"},
                 {command(PciFrontEnd::config_read, 0, 2, 4), "not inside configuration space"},
                 {command(PciFrontEnd::read, 6, 0, 4), "no such BAR"},
                 {command(PciFrontEnd::read, 0, 0, 0), "such a length"},
                 {command(PciFrontEnd::read, 0, 0, ~0u), "such a length"},
                 {command(PciFrontEnd::write, 0, 0, 8, {1, 2}), "shorter than its data"}};
    const size_t count = sizeof wrong / sizeof *wrong;
    serve({"--sessions", std::to_string(count)});
    for (const auto& message : wrong) {
        PciFrontEnd host(socket());
        ASSERT_TRUE(host.alive());
        host.send(message.bytes, 8);
        EXPECT_TRUE(host.is_dropped()) << message.reason;
    }
    EXPECT_EQ(served(), 1);
    const Json sessions = Json::load(file("result.json")).at("sessions");
    ASSERT_EQ(sessions.size(), count);
    for (size_t i = 0; i < count; i++) EXPECT_NE(sessions.at(i).at("error").text().find(wrong[i].reason), std::string::npos) << sessions.at(i).dump();
}

TEST_F(PciSlot, AnAddressOutsideTheHostsMemoryEndsTheSession) {
    serve({"--sessions", "1"});
    PciFrontEnd host(socket());
    ASSERT_TRUE(host.alive());
    host.offer({{PciFrontEnd::base - 8, 16, 0, 0}});
    EXPECT_TRUE(host.is_dropped());
    EXPECT_EQ(served(), 1);
}

// As timeout(1) does it: to the program, and to its process group.
TEST_F(PciSlot, ASignalThatComesTwiceIsOneWishToStop) {
    serve();
    PciFrontEnd host(socket());
    ASSERT_TRUE(host.alive());
    kill(program_, SIGINT);
    usleep(200);
    kill(program_, SIGINT);
    EXPECT_EQ(served(), 0) << contents(file("errors"));
}

// A register access outside what the device has is the machine's to answer: the run fails, the session goes on.
TEST_F(PciSlot, AnAccessBesideTheWindowFailsTheRunAndReadsAllOnes) {
    serve({"--sessions", "1"});
    {
        PciFrontEnd host(socket());
        ASSERT_TRUE(host.alive());
        EXPECT_EQ(host.ask(host.read, 0, 0, 4), 0xFFFFFFFFu) << "the BAR was not placed";
        EXPECT_EQ(host.ask(host.config_read, 0, PCI_CFG_VENDOR_ID, 2), 0x1AF4u);
    }
    EXPECT_EQ(served(), 1);
    EXPECT_NE(contents(file("result.json")).find("pci.window"), std::string::npos);
}

void hostile_rounds(const std::string& socket, uint64_t seed, unsigned sessions) {
    std::mt19937_64 random(seed);
    for (unsigned session = 0; session < sessions; session++) {
        PciFrontEnd host(socket);
        ASSERT_TRUE(host.alive()) << "session " << session;
        for (unsigned n = 0; n < 20; n++) {
            if (random() % 3) {
                std::vector<uint8_t> bytes = PciFrontEnd::command(static_cast<PciFrontEnd::Operation>(1 + random() % 4), static_cast<uint8_t>(random() % 8 ? 0 : random()),
                                                                  random() % 3 ? random() % 4096 & ~uint64_t{3} : random(), random() % 3 ? 4 : static_cast<uint32_t>(random() % 5000));
                bytes.resize(random() % 64, static_cast<uint8_t>(random()));
                host.send(bytes, random() % 2 ? 8 : 0);
            } else {
                std::vector<PciFrontEnd::Descriptor> chain(1 + random() % 4);
                for (auto& descriptor : chain)
                    descriptor = {PciFrontEnd::base + random() % (1 << 21), static_cast<uint32_t>(random() % 2 ? 64 : random()), static_cast<uint16_t>(random()),
                                  static_cast<uint16_t>(random() & 7)};
                host.offer(chain);
            }
        }
        if (random() % 2) usleep(static_cast<useconds_t>(random() % 20'000));
    }
}

TEST_F(PciSlot, RandomMessagesNeitherCrashNorHangIt) {
    serve({"--sessions", "20"});
    hostile_rounds(socket(), 1, 20);
    EXPECT_LE(served(), 1) << contents(file("errors"));
}

TEST_F(PciSlot, NightlyMoreRandomMessages) {
    serve({"--sessions", "2000"});
    hostile_rounds(socket(), 1000, 2000);
    EXPECT_LE(served(), 1) << contents(file("errors"));
}

}  // namespace
}  // namespace system_test
