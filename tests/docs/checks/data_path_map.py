# SPDX-License-Identifier: Apache-2.0
"""The data-path map of README.md: every file, function, module, port and test that a row names exists, and every clause has a source.

Rows: | step | `file:symbol` | what crosses | clause | `Suite.Name` |. A symbol of a C or C++ file is a function that the file defines
(Class::method in C++); one of a SystemVerilog file is its module, or module.port.
"""
import re

HEADING = "## Data-path map"
COLUMNS = 5
FEWEST_ROWS = {"Transmit": 12, "Receive": 10}
TICKED = re.compile(r"`([^`]+)`")
GTEST = re.compile(r"^\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST)\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.M)
ADD_TEST = re.compile(r"add_test\(\s*NAME\s+([\w.]+)")
SOURCE_TAG = re.compile(r"^\s*\*?\s*\[([A-Z])\]\s+\S")


def rows(tree):
    """(line, part, cells) of each row in the section; part is the last ### heading."""
    inside, part = False, None
    for number, line in tree.lines("README.md"):
        if line.startswith("## "):
            inside = line.strip() == HEADING
        elif inside and line.startswith("### "):
            part = line[4:].strip()
        elif inside and re.match(r"\|\s*\d+\s*\|", line):
            yield number, part, [cell.strip() for cell in line.strip().strip("|").split("|")]


def test_names(tree):
    names = set()
    for name in tree.under("tests"):
        if name.endswith(".cpp"):
            names.update(f"{suite}.{test}" for suite, test in GTEST.findall(tree.text(name)))
        elif name.endswith("CMakeLists.txt"):
            names.update(ADD_TEST.findall(tree.text(name)))
    return names


def defines_function(text, symbol):
    """A definition: the name, its parameters and an opening brace, with nothing but specifiers or initialisers between."""
    return re.search(r"(?<![\w:.>])" + re.escape(symbol) + r"\s*\([^;{}]*\)[^;{}()]*\{", text) is not None


def symbol_problem(tree, place):
    name, _, symbol = place.partition(":")
    if name not in tree.files:
        return f"no file {name}"
    text = tree.text(name)
    if name.endswith((".sv", ".svh")):
        module, _, port = symbol.partition(".")
        if not re.search(rf"^module\s+{re.escape(module)}\b", text, re.M):
            return f"{name} has no module {module}"
        ports = re.search(rf"^module\s+{re.escape(module)}\b.*?\);", text, re.M | re.S)
        if port and not (ports and re.search(rf"\b{re.escape(port)}\b", ports[0])):
            return f"module {module} has no port {port}"
        return None
    return None if defines_function(text, symbol) else f"{name} defines no function {symbol}"


def row_problems(tree, cells, tests, tags):
    if len(cells) != COLUMNS:
        return [f"{len(cells)} columns instead of {COLUMNS}"]
    _, where, _, clause, test = cells
    problems = []
    places = TICKED.findall(where)
    if not places or any(":" not in place for place in places):
        problems.append("no `file:symbol`")
    problems += [p for p in (symbol_problem(tree, place) for place in places if ":" in place) if p]
    cited = re.findall(r"\[([A-Z])\]", clause)
    if not cited:
        problems.append("no clause")
    problems += [f"[{tag}] is not in the list of sources" for tag in cited if tag not in tags]
    named = TICKED.findall(test)
    if not named:
        problems.append("no test")
    problems += [f"no test {name}" for name in named if name not in tests]
    return problems


def check(tree):
    problems, count = [], dict.fromkeys(FEWEST_ROWS, 0)
    tests = test_names(tree)
    tags = {match[1] for _, line in tree.lines("README.md") if (match := SOURCE_TAG.match(line))}
    for number, part, cells in rows(tree):
        count[part] = count.get(part, 0) + 1
        problems += [f"README.md:{number}: step {cells[0]}: {p}" for p in row_problems(tree, cells, tests, tags)]
    problems += [f"README.md: {part}: {count[part]} steps; at least {fewest}" for part, fewest in FEWEST_ROWS.items()
                 if count[part] < fewest]
    return problems
