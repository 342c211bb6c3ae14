// SPDX-License-Identifier: Apache-2.0
// Drivers as modules: what loading says of those that cannot be, and one that runs in the stack.
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "module.h"
#include "stack.h"

namespace {

std::string built(const char* name) { return std::string(SDK_MODULES "/sdk_") + name + ".so"; }

// What module_open says of a file that it refuses.
std::string refused(const std::string& path) {
    char error[2048] = "";
    struct module* module = module_open(path.c_str(), error, sizeof error);
    EXPECT_EQ(module, nullptr);
    module_close(module);
    return error;
}

std::string file_of(const std::string& content) {
    const std::string path = testing::TempDir() + "sdk-" + std::to_string(getpid()) + ".so";
    std::ofstream(path) << content;
    return path;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

class ModuleStack : public testing::Test {
protected:
    void put(const char* name, const char* argument = "") { put_file(built(name), argument); }
    // A driver of driver/stack.
    void put_ours(const std::string& name, const char* argument = "") { put_file(SDK_MODULES "/stack_" + name + ".so", argument); }
    void put_file(const std::string& path, const char* argument) {
        paths_.push_back(path);
        arguments_.emplace_back(argument);
        for (size_t i = 0; i < paths_.size(); i++) stack_.config.modules[i] = {paths_[i].c_str(), arguments_[i].c_str()};
        stack_.config.stack[stack_.config.stack_count++] = {TRAFFIC_DRIVER_MODULE, 0};
        stack_.config.debug_print_ctx = this;
        stack_.config.debug_print = [](void* self, const char* text) { static_cast<ModuleStack*>(self)->printed_ += text; };
    }
    void send(unsigned count) {
        for (unsigned i = 0; i < count; i++) stack_.to_send.push_back(make_frame(i, 60 + i));
        ASSERT_EQ(stack_.start(), 0) << stack_.error;
        ASSERT_TRUE(stack_.run_until_sent());
    }
    std::string start_error() {
        EXPECT_EQ(stack_.start(), -EINVAL);
        return stack_.error;
    }
    std::vector<std::string> paths_, arguments_;
    std::string printed_;
    Stack stack_;
};

}  // namespace

TEST(Module, AFileThatIsNotThereIsRefusedWithItsName) { EXPECT_TRUE(has(refused("/nowhere/x.so"), "/nowhere/x.so: No such file")); }

TEST(Module, AWindowsImageIsRefusedAsThat) {
    EXPECT_TRUE(has(refused(file_of("MZ" + std::string(100, '\0'))), "a Windows image; a module is built from the driver's sources"));
}

TEST(Module, AFileThatIsNoSharedObjectIsRefused) {
    EXPECT_TRUE(has(refused(file_of(std::string(100, 'x'))), "no shared object"));
    EXPECT_TRUE(has(refused(file_of("")), "too short"));
}

TEST(Module, AModuleOfAnotherProcessorIsRefused) {
    std::ifstream good(built("idle"), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(good)), std::istreambuf_iterator<char>());
    bytes[18] = static_cast<char>(0xF3);  // e_machine: RISC-V
    EXPECT_TRUE(has(refused(file_of(bytes)), "built for another processor"));
    bytes[4] = 1;  // EI_CLASS: 32 bits
    EXPECT_TRUE(has(refused(file_of(bytes)), "built for 32 bits"));
}

TEST(Module, AModuleWithoutDriverEntryIsRefused) { EXPECT_TRUE(has(refused(built("no_entry")), "has no DriverEntry")); }

TEST(Module, AModuleThatOpensLeavesNoMessage) {
    char error[2048] = "";
    struct module* module = module_open(built("idle").c_str(), error, sizeof error);
    ASSERT_NE(module, nullptr);
    module_close(module);
    EXPECT_STREQ(error, "");
}

TEST(Module, EveryMissingNameIsToldWithItsPlaceAndItsPlan) {
    const std::string error = refused(built("missing"));
    EXPECT_TRUE(has(error, "NdisDirectOidRequest: used at missing.c:")) << error;
    EXPECT_TRUE(has(error, "planned, with direct OID requests")) << error;
    EXPECT_TRUE(has(error, "NdisCoSendNetBufferLists: used at missing.c:")) << error;
    EXPECT_TRUE(has(error, " in DriverEntry; not planned: Ethernet is connectionless")) << error;
    EXPECT_TRUE(has(error, "MissingHelper: used at missing.c:")) << error;
    EXPECT_TRUE(has(error, "unknown here: a source that is left out")) << error;
}

TEST(Module, WhatAClientOfNetAdapterCxMissesIsToldAsWell) {
    const std::string error = refused(built("missing_cx"));
    EXPECT_TRUE(has(error, "WdfRegistryOpenKey: used at missing_cx.c:")) << error;
    EXPECT_TRUE(has(error, " in device_add")) << error;
    EXPECT_FALSE(has(error, "WdfDriverCreate")) << error;
}

TEST_F(ModuleStack, AClientOfNetAdapterCxFromAFileDrivesTheNic) {
    stack_.machine.device.features |= uint64_t{1} << VIRTIO_F_RING_RESET_BIT;
    stack_.config.registry = "stack_netviocx/nic0/*ReceiveBuffers=32\n";
    put_ours("netviocx", "nic0");
    put_ours("capture");
    send(40);
    stack_.expect_all_sent();
    for (unsigned i = 0; i < 100; i++) {
        ASSERT_TRUE(stack_.receive(make_frame(i, 100 + i)));
        stack_.run_for(5000);
    }
    stack_.run_for(100 * 1000);
    ASSERT_EQ(stack_.received.size(), 100u);
    EXPECT_EQ(stack_.received[99], make_frame(99, 199));
    struct fake_device_state state;
    fake_device_get_state(stack_.fake, &state);
    EXPECT_EQ(state.size[FAKE_QUEUE_RX], 32u);  // the parameter was heard
    std::vector<std::string> lines;
    traffic_describe(stack_.traffic, [](void* all, const char* line) { static_cast<std::vector<std::string>*>(all)->emplace_back(line); }, &lines);
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_TRUE(has(lines[2], "stack_netviocx") && has(lines[2], "miniport") && has(lines[2], "Running")) << lines[2];
}

TEST_F(ModuleStack, AClientOfNetAdapterCxBesideTheStackIsRefusedWithAdvice) {
    stack_.expect_clean = false;
    put_ours("netviocx");
    EXPECT_NE(stack_.start(), 0);
    EXPECT_TRUE(has(stack_.violations(), "put the driver first in the stack, as 'driver.so nic0'")) << stack_.violations();
}

TEST_F(ModuleStack, AFilterFromAFileStandsInTheStackAndTrafficPassesIt) {
    stack_.config.registry = "sdk_counting/Number=42\nsdk_counting/nic0/Label=west\n";
    put("counting");
    send(40);
    stack_.expect_all_sent();
    for (unsigned i = 0; i < 10; i++) {
        ASSERT_TRUE(stack_.receive(make_frame(i, 100)));
        stack_.run_for(5000);
    }
    stack_.run_for(100 * 1000);
    EXPECT_EQ(stack_.received.size(), 10u);
    EXPECT_EQ(printed_, "counting: number 42, label west, 1099511627776\n");
    std::vector<std::string> lines;
    traffic_describe(stack_.traffic, [](void* all, const char* line) { static_cast<std::vector<std::string>*>(all)->emplace_back(line); }, &lines);
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_TRUE(has(lines[1], "sdk_counting-0") && has(lines[1], "filter") && has(lines[1], "sends and receives")) << lines[1];
}

TEST_F(ModuleStack, ADriverThatIsThereTwiceIsLoadedOnce) {
    put("counting");
    put("counting");
    send(5);
    stack_.expect_all_sent();
    EXPECT_EQ(printed_, "counting: number 0, label , 1099511627776\ncounting: number 0, label , 1099511627776\n");
}

TEST_F(ModuleStack, ADriverEntryThatFailsIsToldWithItsStatus) {
    put("refuses");
    const std::string error = start_error();
    EXPECT_TRUE(has(error, "DriverEntry failed with status 0xc0010004 (NDIS_STATUS_BAD_VERSION")) << error;
}

TEST_F(ModuleStack, ADriverThatRegistersNothingIsRefused) {
    put("idle");
    EXPECT_TRUE(has(start_error(), "registered no miniport, filter or protocol"));
}

TEST_F(ModuleStack, AMiniportMayTakePartInTheSetUpOfItsDevice) {
    put("adding");
    send(5);
    stack_.expect_all_sent();
    EXPECT_EQ(printed_, "add\ninitialize\nvendor 1af4, type 0, first capability 1\nports 1\n");
    printed_.clear();
    stack_.stop();
    EXPECT_EQ(printed_, "halt\nremove\n");
}

TEST_F(ModuleStack, AnAdapterThatItsDriverDoesNotInitializeIsToldWithItsStatus) {
    put("adding", "2");
    const std::string error = start_error();
    EXPECT_TRUE(has(error, "sdk_adding.so: MiniportInitializeEx of sdk_adding1 failed with status 0xc001001e")) << error;
    EXPECT_TRUE(has(error, "driver.debug_print")) << error;
}

TEST_F(ModuleStack, AParameterWithoutAKeywordIsRefused) {
    stack_.config.registry = "Number=42\n";
    put("counting");
    EXPECT_TRUE(has(start_error(), "expected driver/Keyword=value"));
}

TEST_F(ModuleStack, OurExampleDriversRunAsModulesToo) {
    put_ours("team", "bond");
    put_ours("capture");
    put_ours("vlan");
    put_ours("mux", "vnic0");
    send(20);
    ASSERT_EQ(stack_.on_wire.size(), 20u);
    const Bytes tag = {0x81, 0x00, 0x00, 0x07};
    for (size_t i = 0; i < 20; i++) {
        Bytes expected = stack_.to_send[i];
        expected.insert(expected.begin() + 12, tag.begin(), tag.end());
        EXPECT_EQ(stack_.on_wire[i], expected);
    }
    Bytes frame = stack_.on_wire[3];
    const uint8_t to[6] = {2, 0, 0, 0, 0, 1};
    std::copy(to, to + 6, frame.begin());
    ASSERT_TRUE(stack_.receive(frame));
    stack_.run_for(100 * 1000);
    frame.erase(frame.begin() + 12, frame.begin() + 16);
    EXPECT_EQ(stack_.received, (std::vector<Bytes>{frame}));
    EXPECT_TRUE(has(printed_, "capture 0: out 64\n")) << printed_;
    EXPECT_TRUE(has(printed_, "capture 0: in 67\n")) << printed_;
    std::vector<std::string> lines;
    traffic_describe(stack_.traffic, [](void* all, const char* line) { static_cast<std::vector<std::string>*>(all)->emplace_back(line); }, &lines);
    ASSERT_GE(lines.size(), 8u);
    EXPECT_TRUE(has(lines[0], "nic0") && has(lines[0], "stack_team")) << lines[0];
}
