// SPDX-License-Identifier: Apache-2.0
// Simulated figures of shipped scenarios, exactly: a change of any of them is meant, or a mistake.
//
// RINGSIDE_WRITE_GOLDEN=1 writes golden/figures.txt anew; look at the difference, and say in the commit why it is right.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "ringside.h"

namespace system_test {
namespace {

const char* const figures[] = {"sim.cycles",    "interrupts",      "tx.packets", "rx.packets", "pcie.up.tlps",
                               "pcie.up.bytes", "pcie.down.tlps", "pcie.down.bytes"};

class Golden : public SystemTest {};

TEST_F(Golden, FiguresOfScenariosAreThoseOfTheFile) {
    const std::string path = RINGSIDE_GOLDEN "/figures.txt";
    std::ifstream in(path);
    std::string kept, line;
    bool checked = false;
    while (std::getline(in, line)) {
        std::istringstream columns(line);
        std::string scenario, now;
        columns >> scenario;
        if (scenario.empty() || scenario[0] == '#') {
            kept += line + "\n";
            continue;
        }
        checked = true;
        const Json run = result({"run", scenario});
        now = scenario;
        for (const char* figure : figures) now += " " + std::to_string(run.at(figure).integer());
        kept += now + "\n";
        if (!std::getenv("RINGSIDE_WRITE_GOLDEN")) {
            EXPECT_EQ(now, line);
        }
    }
    EXPECT_TRUE(checked);
    in.close();
    if (std::getenv("RINGSIDE_WRITE_GOLDEN")) std::ofstream(path) << kept;
}

}  // namespace
}  // namespace system_test
