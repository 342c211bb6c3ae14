// SPDX-License-Identifier: Apache-2.0
// The command line as a user meets it: the program itself is run; output, errors and exit status are what is checked.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

struct Result {
    int status;
    std::string out, err;
};

std::string read_file(const std::string& path) {
    std::ifstream in(path);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

Result ringside(const std::string& arguments) {
    const std::string errors = ::testing::TempDir() + "ringside-cli-" + std::to_string(getpid());
    const std::string command = std::string(RINGSIDE_PROGRAM) + " " + arguments + " 2>" + errors;
    FILE* pipe = popen(command.c_str(), "r");
    Result result{};
    char buffer[4096];
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) result.out.append(buffer, got);
    const int status = pclose(pipe);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result.err = read_file(errors);
    unlink(errors.c_str());
    return result;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::vector<std::string> commands = {"",          "run",         "replay", "bench", "bench line-rate",
                                           "bench dma", "bench speed", "list",   "check", "serve"};
const std::vector<std::string> simulating = {"run", "replay", "bench line-rate", "bench dma", "bench speed", "check"};

TEST(Cli, EveryCommandHasHelpWithExitStatus) {
    for (const std::string& command : commands) {
        const Result result = ringside(command + " --help");
        EXPECT_EQ(result.status, 0) << command;
        EXPECT_TRUE(has(result.out, "Usage: ringside" + (command.empty() ? "" : " " + command))) << command << result.out;
        EXPECT_TRUE(has(result.out, "Exit status: 0")) << command;
        EXPECT_EQ(result.err, "") << command;
    }
}

TEST(Cli, EveryCommandSaysItsVersion) {
    for (const std::string& command : commands) {
        const Result result = ringside(command + " --version");
        EXPECT_EQ(result.status, 0) << command;
        EXPECT_TRUE(has(result.out, "ringside ")) << command;
    }
}

TEST(Cli, CommonOptionsAreEverywhereAndExplained) {
    for (const std::string& command : simulating) {
        const std::string help = ringside(command + " --help").out;
        for (const char* option : {"--seed=N", "--set=KEY=VALUE", "--json=FILE", "--jobs=N", "--driver", "--nic", "--quiet", "--verbose"})
            EXPECT_TRUE(has(help, option)) << command << " " << option;
        const bool bench = command.compare(0, 5, "bench") == 0;  // records nothing, and does not offer to
        for (const char* option : {"--waves=FILE", "--waves-from=TIME", "--waves-to=TIME", "--waves-depth", "--junit=FILE", "--events", "--timeline"})
            EXPECT_EQ(has(help, option), !bench) << command << " " << option;
    }
}

TEST(Cli, TheNicIsTheDeviceOrItsModel) {
    const Result model = ringside("run ping --nic model");
    EXPECT_EQ(model.status, 0) << model.out << model.err;
    EXPECT_TRUE(has(model.out, "PASS ping")) << model.out;
    const Result other = ringside("run ping --nic silicon");
    EXPECT_EQ(other.status, 2);
    EXPECT_TRUE(has(other.err, "nic.kind") && has(other.err, "rtl") && has(other.err, "model")) << other.err;
}

TEST(Cli, UsageNamesWhatACommandTakes) {
    const std::string replay = ringside("replay --help").out;
    for (const char* option : {"--from-host", "--from-wire", "--to-wire", "--to-host", "--cut"})
        EXPECT_TRUE(has(replay, option)) << option;
    EXPECT_TRUE(has(ringside("bench line-rate --help").out, "--directions"));
    EXPECT_TRUE(has(ringside("bench dma --help").out, "--ops"));
}

TEST(Cli, MissingCommandIsBadUsage) {
    const Result result = ringside("");
    EXPECT_EQ(result.status, 2);
    EXPECT_TRUE(has(result.err, "ringside: a command is missing")) << result.err;
}

TEST(Cli, UnknownCommandIsBadUsageWithASuggestion) {
    const Result result = ringside("rnu default");
    EXPECT_EQ(result.status, 2);
    EXPECT_TRUE(has(result.err, "there is no command 'rnu'; did you mean 'run'?")) << result.err;
}

TEST(Cli, UnknownOptionIsBadUsage) { EXPECT_EQ(ringside("run default --wave x.fst").status == 0, false); }

TEST(Cli, UnknownScenarioIsBadInputWithASuggestion) {
    const Result result = ringside("run defalt");
    EXPECT_EQ(result.status, 2);
    EXPECT_TRUE(has(result.err, "there is no scenario 'defalt', neither as a file nor by name; did you mean 'default'?"))
        << result.err;
}

TEST(Cli, MissingArgumentsAreBadUsage) {
    for (const char* arguments : {"run", "replay", "check", "bench", "bench nothing", "list default", "serve", "serve vhost-user", "serve tap --socket x"}) {
        const Result result = ringside(arguments);
        EXPECT_EQ(result.status, 2) << arguments;
        EXPECT_NE(result.err, "") << arguments;
    }
}

TEST(Cli, MalformedOptionValuesAreBadUsage) {
    for (const char* arguments :
         {"run default --waves x.fst --waves-from 10", "run default --waves-from 10us",
          "run default --waves x.fst --waves-depth deep", "run default --waves x.fst --waves-from 2us --waves-to 1us",
          "run default --jobs many", "run default --set pcie.mps", "run default --set pcie.mps=7", "run default --seed x",
          "bench line-rate --sizes 63", "bench line-rate --directions up", "bench dma --ops add", "bench dma --sizes 0",
          "bench speed --scale 0", "bench dma --waves x.fst", "run default tx-64 --waves x.fst",
          "serve vhost-user --socket x --sessions 0", "serve vhost-user --socket x --junit x.xml",
          "serve vhost-user --socket /nowhere/x"}) {
        const Result result = ringside(arguments);
        EXPECT_EQ(result.status, 2) << arguments;
        EXPECT_TRUE(has(result.err, "ringside")) << arguments;
        EXPECT_EQ(result.out, "") << arguments;
    }
}

TEST(Cli, ASocketIsNotMadeWhereSomethingIs) {
    const Result result = ringside("serve vhost-user --socket " RINGSIDE_PROGRAM);
    EXPECT_EQ(result.status, 2);
    EXPECT_TRUE(has(result.err, "somebody serves there already, or it is no socket")) << result.err;
}

TEST(Cli, WhatTheDriverOfNetAdapterCxDoesNotDoIsRefusedWithAReason) {
    const Result result = ringside("run default --driver netcx --set driver.rx_offset=4");
    EXPECT_EQ(result.status, 2);
    EXPECT_TRUE(has(result.err, "driver.rx_offset: is not for the driver of NetAdapterCx: leave it out, or use driver.model: ndis"))
        << result.err;
}

TEST(Cli, BadCapturesAreRefusedBeforeAnythingRuns) {
    const std::string path = ::testing::TempDir() + "ringside-cli-bad-" + std::to_string(getpid()) + ".pcap";
    std::ofstream(path) << "no capture at all, just words in a file";
    const Result result = ringside("replay --from-host " + path);
    unlink(path.c_str());
    EXPECT_EQ(result.status, 2);
    EXPECT_TRUE(has(result.err, "--from-host: " + path + ": not a pcap or pcapng file")) << result.err;
    EXPECT_EQ(result.out, "");
}

TEST(Cli, MissingCaptureIsRefused) {
    const Result result = ringside("replay --from-wire /no/such.pcap");
    EXPECT_EQ(result.status, 2);
    EXPECT_TRUE(has(result.err, "cannot read '/no/such.pcap'")) << result.err;
}

TEST(Cli, MistakesInAScenarioAreReportedWithTheirPlace) {
    const std::string path = ::testing::TempDir() + "ringside-cli-" + std::to_string(getpid()) + ".yaml";
    std::ofstream(path) << "pcie:\n  mpss: 128\n";
    for (const char* command : {"check ", "run "}) {
        const Result result = ringside(command + path);
        EXPECT_EQ(result.status, 2);
        EXPECT_EQ(result.err, path + ":2:3: error: pcie.mpss: there is no such key; did you mean 'pcie.mps'?\n");
    }
    unlink(path.c_str());
}

TEST(Cli, ListHasOneLineForEachScenarioWithItsDescription) {
    const Result result = ringside("list");
    EXPECT_EQ(result.status, 0) << result.err;
    for (const char* name :
         {"default ", "tx-64 ", "rx-64 ", "both-1518 ", "jumbo ", "cuts-byte ", "cuts-random ", "fault-lose-nbl "})
        EXPECT_TRUE(has(result.out, name)) << name;
    size_t start = 0;
    for (size_t end; (end = result.out.find('\n', start)) != std::string::npos; start = end + 1) {
        const std::string line = result.out.substr(start, end - start);
        const size_t gap = line.find("  ");
        ASSERT_NE(gap, std::string::npos) << line;
        EXPECT_NE(line.find_first_not_of(' ', gap), std::string::npos) << "no description: " << line;
    }
}

TEST(Cli, EveryScenarioThatShipsIsValid) {
    const std::string list = ringside("list").out;
    std::string names;
    size_t start = 0;
    for (size_t end; (end = list.find('\n', start)) != std::string::npos; start = end + 1)
        names += " " + list.substr(start, list.find(' ', start) - start);
    const Result result = ringside("check" + names);
    EXPECT_EQ(result.status, 0) << result.err;
}

TEST(Cli, OutputToATerminalOnlyIsColoured) { EXPECT_FALSE(has(ringside("check default").out, "\033")); }

}  // namespace
