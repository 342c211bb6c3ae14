// SPDX-License-Identifier: Apache-2.0
#include "ringside.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

extern char** environ;

namespace system_test {

Json Json::load(const std::string& path) {
    json_error_t error;
    json_t* json = json_load_file(path.c_str(), 0, &error);
    if (!json) ADD_FAILURE() << path << ":" << error.line << ": " << error.text;
    return Json(json);
}

Json Json::parse(const std::string& text) {
    json_error_t error;
    json_t* json = json_loads(text.c_str(), 0, &error);
    if (!json) ADD_FAILURE() << error.line << ": " << error.text << " in\n" << text;
    return Json(json);
}

Json Json::at(const std::string& path) const {
    json_t* value = value_;
    for (size_t start = 0; value && start <= path.size();) {
        const size_t dot = std::min(path.find('.', start), path.size());
        value = json_object_get(value, path.substr(start, dot - start).c_str());
        start = dot + 1;
    }
    return Json(json_incref(value));
}

std::string Json::text() const {
    const char* text = json_string_value(value_);
    return text ? text : "";
}

std::string Json::dump() const {
    char* text = json_dumps(value_, JSON_INDENT(1) | JSON_ENCODE_ANY);
    const std::string result = text ? text : "";
    std::free(text);
    return result;
}

std::string Json::comparable() const {
    json_t* copy = json_deep_copy(value_);
    const auto strip = [](json_t* result) {
        json_t* sim = json_object_get(result, "sim");
        json_object_del(sim, "wall_s");
        json_object_del(sim, "cycles_per_s");
    };
    strip(copy);
    for (size_t i = 0; i < json_array_size(copy); i++) strip(json_array_get(copy, i));
    return Json(copy).dump();
}

std::string contents(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

SystemTest::SystemTest() {
    std::string name = ::testing::TempDir() + "ringside-system-XXXXXX";
    if (!mkdtemp(name.data())) std::abort();
    folder_ = name;
}

SystemTest::~SystemTest() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string SystemTest::write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::binary) << text;
    return file(name);
}

// In front of a command: in a network namespace.
static const char* in_namespace() { return geteuid() == 0 ? "unshare -n " : "unshare -rn "; }

std::string SystemTest::shell(const std::string& script, bool namespaced) const {
    const std::string path = write("script", "cd '" + file("") + "'\nprogram='" RINGSIDE_PROGRAM "'\n" + script);
    std::string out;
    FILE* pipe = popen(((namespaced ? in_namespace() : "") + ("bash '" + path + "' 2>&1")).c_str(), "r");
    char buffer[4096];
    while (const size_t got = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, got);
    pclose(pipe);
    return out;
}

std::string SystemTest::without_tap() {
    if (std::system((in_namespace() + std::string("ip tuntap add dev t0 mode tap >/dev/null 2>&1")).c_str()) != 0)
        return "no TAP interface can be made here: it needs unshare, ip and /dev/net/tun";
    for (const char* needed : {"ping", "curl"})
        if (std::system((std::string("command -v ") + needed + " >/dev/null").c_str()) != 0)
            return std::string(needed) + " is missing: install what tests/packages lists";
    return "";
}

bool SystemTest::netcx() {
    const char* driver = std::getenv("RINGSIDE_TEST_DRIVER");
    return driver && driver == std::string("netcx");
}

// The same test with another driver of the NIC, as tests/system/CMakeLists.txt asks for.
static std::vector<std::string> with_driver(std::vector<std::string> arguments) {
    const char* driver = std::getenv("RINGSIDE_TEST_DRIVER");
    const bool runs = !arguments.empty() && (arguments[0] == "run" || arguments[0] == "replay" || arguments[0] == "bench");
    if (driver && runs && std::find(arguments.begin(), arguments.end(), "--driver") == arguments.end())
        arguments.insert(arguments.end(), {"--driver", driver});
    return arguments;
}

Outcome SystemTest::ringside(const std::vector<std::string>& asked, const std::vector<std::string>& environment) const {
    const std::vector<std::string> arguments = with_driver(asked);
    const std::string out = file("stdout"), err = file("stderr");
    std::vector<char*> argv{const_cast<char*>(RINGSIDE_PROGRAM)}, env;
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    for (char** entry = environ; *entry; entry++) env.push_back(*entry);
    for (const std::string& entry : environment) env.push_back(const_cast<char*>(entry.c_str()));
    env.push_back(nullptr);

    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = 0;
    const int error = posix_spawn(&child, RINGSIDE_PROGRAM, &files, nullptr, argv.data(), env.data());
    posix_spawn_file_actions_destroy(&files);
    Outcome outcome;
    if (error != 0) {
        ADD_FAILURE() << "cannot start " RINGSIDE_PROGRAM;
        return outcome;
    }
    int status = 0;
    waitpid(child, &status, 0);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.out = contents(out);
    outcome.err = contents(err);
    return outcome;
}

Json SystemTest::result(std::vector<std::string> command, int expected_status) const {
    const std::string path = file("result.json");
    command.insert(command.end(), {"--json", path, "--quiet"});
    unlink(path.c_str());  // that of an earlier run must not be taken for this one's
    const Outcome outcome = ringside(command);
    EXPECT_EQ(outcome.status, expected_status) << outcome.out << outcome.err;
    return Json::load(path);
}

}  // namespace system_test
