# SPDX-License-Identifier: Apache-2.0
"""Every source names its licence, is short enough to read, and promises nothing for later."""
import posixpath
import re

SOURCES = {".c", ".h", ".cpp", ".sv", ".svh", ".def", ".vlt", ".f", ".py", ".sh", ".cmake", ".in", ".yaml", ".yml"}
GENERATED = {"rtl/regmap/regmap_pkg.sv"}  # as long as the registers are many
MOST_LINES = 600
LATER = re.compile(r"\b(" + "TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def is_source(tree, name):
    base = posixpath.basename(name)
    if base == "CMakeLists.txt" or posixpath.splitext(base)[1] in SOURCES:
        return True
    return "." not in base and (tree.text(name) or "").startswith("#!")


def check(tree):
    problems = []
    for name in tree.files:
        text = tree.text(name)
        if text is None:
            continue
        lines = text.splitlines()
        if is_source(tree, name):
            if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
                problems.append(f"{name}:1: no SPDX-License-Identifier: Apache-2.0 in the first three lines")
            if len(lines) > MOST_LINES and name not in GENERATED:
                problems.append(f"{name}:{len(lines)}: more than {MOST_LINES} lines")
        for number, line in enumerate(lines, 1):
            if LATER.search(line):
                problems.append(f"{name}:{number}: a note for later: {line.strip()}")
    return problems
