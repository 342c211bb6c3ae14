# SPDX-License-Identifier: Apache-2.0
"""Who may include whom: regmap <- rtl <- hw, regmap <- driver, hw + driver <- sim, all <- tests; SystemC and the Verilated model stay
where they belong.

An include is a violation when files of that name exist in the tree and none of them is in a folder that the includer may know.
"""
import re

INCLUDE = re.compile(r"^\s*[#`]\s*include\s*([<\"])([^>\"]+)[>\"]")
MAY_KNOW = {
    "rtl": ("rtl/",),
    "hw": ("hw/", "rtl/regmap/"),
    "driver": ("driver/", "rtl/regmap/"),
    "sim": ("sim/", "hw/", "driver/", "rtl/regmap/"),
}
SYSTEMC = re.compile(r"^(systemc|tlm|sysc/)")
VERILATED = re.compile(r"^(verilated\w*|V[a-z]\w*)\.h$")  # Verilator's own headers, and what it generates


def violation(tree, folder, name, included):
    places = [f for f in tree.files if f == included or f.endswith("/" + included)]
    if places and not any(place.startswith(MAY_KNOW[folder]) for place in places):
        return f"{folder}/ may not know {places[0]}"
    if folder in ("driver", "rtl") and SYSTEMC.match(included):
        return f"{folder}/ may not know SystemC"
    if not places and VERILATED.match(included) and not name.startswith("hw/nic/"):
        return "only hw/nic/ may know the Verilated model"
    return None


def check(tree):
    problems = []
    for folder in MAY_KNOW:
        for name in tree.under(folder):
            if name.endswith(".md"):
                continue
            for number, line in tree.lines(name):
                match = INCLUDE.match(line)
                problem = match and violation(tree, folder, name, match[2])
                if problem:
                    problems.append(f"{name}:{number}: includes {match[2]}: {problem}")
    return problems
