# SPDX-License-Identifier: Apache-2.0
"""The table of bad input in rtl/README.md: every row has a clause, counters that exist, and tests that exist.

Rows: | what | clause | answer | counter | `Suite.Name` ... |. A row with a bold first cell begins a group; a row may point to another table.
"""
import re

from . import data_path_map

README = "rtl/README.md"
HEADING = "## Bad input"
COUNTERS = "rtl/regmap/bar0.def"
COLUMNS = 5
FEWEST_ROWS = 40
COUNTER = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")
DEFINED = re.compile(r"^REG\(STATS, (\w+),", re.M)
LINK = re.compile(r"\]\(#[\w-]+\)")


def rows(tree):
    """(line, cells) of each row of the table, without its head and its groups."""
    inside = False
    for number, line in tree.lines(README):
        if line.startswith("## "):
            inside = line.strip() == HEADING
        elif inside and line.startswith("|") and not re.match(r"\|(-+\||\s*\*\*|\s*what\s*\|)", line):
            yield number, [cell.strip() for cell in line.strip().strip("|").split("|")]


def check(tree):
    problems, count = [], 0
    tests, counters = data_path_map.test_names(tree), set(DEFINED.findall(tree.text(COUNTERS)))
    for number, cells in rows(tree):
        count += 1
        if len(cells) != COLUMNS:
            problems.append(f"{README}:{number}: {len(cells)} columns instead of {COLUMNS}")
            continue
        _, clause, _, counted, shown = cells
        named = data_path_map.TICKED.findall(shown)
        if not clause:
            problems.append(f"{README}:{number}: no clause")
        problems += [f"{README}:{number}: no counter {name}" for name in COUNTER.findall(counted) if name not in counters]
        problems += [f"{README}:{number}: no test {name}" for name in named if name not in tests]
        if not named and not LINK.search(shown):
            problems.append(f"{README}:{number}: no test")
    if count < FEWEST_ROWS:
        problems.append(f"{README}: {count} rows of bad input; at least {FEWEST_ROWS}")
    return problems
