// SPDX-License-Identifier: Apache-2.0
// A scenario being drawn from a seed.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace system_test {

constexpr unsigned fcs = 4;
constexpr unsigned told_apart = 14 + 8 + fcs;  // the shortest generated frame that has its whole number in it

// Keys and values; a seed means the same everywhere.
class Draw {
public:
    explicit Draw(uint64_t seed) : random_(seed) {}

    uint64_t below(uint64_t limit) { return random_() % limit; }
    bool chance(unsigned percent) { return below(100) < percent; }
    uint64_t from(const std::vector<uint64_t>& choices) { return choices[below(choices.size())]; }
    void set(const std::string& key, const std::string& value) { values_[key] = value; }
    void set(const std::string& key, uint64_t value) { set(key, std::to_string(value)); }
    uint64_t pick(const std::string& key, const std::vector<uint64_t>& choices) {
        const uint64_t value = from(choices);
        set(key, value);
        return value;
    }
    std::string word(const std::string& key, const std::vector<std::string>& choices) {
        const std::string value = choices[below(choices.size())];
        set(key, value);
        return value;
    }

    // YAML: dots are nesting, and each key has its own line.
    std::string yaml() const {
        std::ostringstream out;
        std::vector<std::string> open;
        for (const auto& [key, value] : values_) {
            std::vector<std::string> path;
            std::istringstream in(key);
            for (std::string part; std::getline(in, part, '.');) path.push_back(part);
            size_t same = 0;
            while (same < open.size() && same + 1 < path.size() && open[same] == path[same]) same++;
            open.resize(same);
            for (; open.size() + 1 < path.size(); open.push_back(path[open.size()]))
                out << std::string(2 * open.size(), ' ') << path[open.size()] << ":\n";
            out << std::string(2 * open.size(), ' ') << path.back() << ": " << value << "\n";
        }
        return out.str();
    }

private:
    std::mt19937_64 random_;  // its sequence is fixed by the C++ standard
    std::map<std::string, std::string> values_;
};

}  // namespace system_test
