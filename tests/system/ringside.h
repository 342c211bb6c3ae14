// SPDX-License-Identifier: Apache-2.0
// The program as the tests drive it: a process of its own, its output, and the files that it writes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <jansson.h>

namespace system_test {

// A JSON value; the document that it is part of lives as long as any of its values.
class Json {
public:
    Json() = default;
    explicit Json(json_t* owned) : value_(owned) {}
    Json(const Json& other) : value_(json_incref(other.value_)) {}
    Json& operator=(Json other) { std::swap(value_, other.value_); return *this; }
    ~Json() { json_decref(value_); }

    static Json load(const std::string& path);  // a null value when the file is no JSON; the test has failed then
    static Json parse(const std::string& text);

    // A member, dotted ("sim.cycles"), or an element; a null value when there is none.
    Json at(const std::string& path) const;
    Json at(size_t index) const { return Json(json_incref(json_array_get(value_, index))); }
    size_t size() const { return json_is_array(value_) ? json_array_size(value_) : json_object_size(value_); }

    explicit operator bool() const { return value_ != nullptr; }
    json_type type() const { return json_typeof(value_); }  // of a value that is there
    std::string text() const;                               // "" when it is no string
    double number() const { return json_number_value(value_); }
    int64_t integer() const { return json_integer_value(value_); }
    bool is_null() const { return json_is_null(value_); }
    std::string dump() const;
    // The result, or array of results, without the two values of each that may differ between equal runs.
    std::string comparable() const;

private:
    json_t* value_ = nullptr;
};

struct Outcome {
    int status = -1;  // exit status; -1: killed by a signal
    std::string out, err;
};

std::string contents(const std::string& path);  // "" when the file cannot be read
bool exists(const std::string& path);

// A folder for the files of one test, gone afterwards.
class SystemTest : public ::testing::Test {
protected:
    SystemTest();
    ~SystemTest() override;

    std::string file(const std::string& name) const { return folder_ + "/" + name; }
    // Writes a file of the folder; returns its path.
    std::string write(const std::string& name, const std::string& text) const;
    // What a bash script prints, its errors too. In a network namespace of its own it runs as root there.
    std::string shell(const std::string& script, bool namespaced = false) const;
    // Why no TAP interface can be made in such a namespace, or "".
    static std::string without_tap();
    // Runs the program; `environment` ("NAME=value") is added to ours.
    Outcome ringside(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {}) const;
    // Runs `command` ("run", "default", ...), expects the status, and returns the JSON that it writes.
    Json result(std::vector<std::string> command, int expected_status = 0) const;
    // Is the NIC's driver the NetAdapterCx client, as the environment asks (RINGSIDE_TEST_DRIVER)?
    static bool netcx();

private:
    std::string folder_;
};

}  // namespace system_test
