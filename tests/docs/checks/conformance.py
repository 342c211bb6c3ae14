# SPDX-License-Identifier: Apache-2.0
"""Every requirement of tests/requirements.txt has a test that shows it, or a reason why it has none; every tag names requirements.

A test names what it shows in a comment on its line or directly above it: // VIRTIO P4, P8
"""
import re

from .tree import Tree

LIST = "tests/requirements.txt"
NUMBER = r"[A-Z]\d+"
TAG = re.compile(rf"//.*?\bVIRTIO ({NUMBER}(?:, {NUMBER})*)(.?)")
TEST = re.compile(r"^\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST)\(\s*(\w+)\s*,\s*(\w+)\s*\)")


class Requirement:
    def __init__(self, number, words, clause):
        self.number, self.words, self.clause = number, words, clause
        self.reason, self.tests = "", []   # tests as Suite.Name


class Requirements:
    """The list, in its order: of is {number: Requirement}, headings {group: heading}."""

    def __init__(self, tree: Tree):
        self.of, self.headings, self.problems = {}, {}, []
        last = None
        for at, line in tree.lines(LIST):
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith("== "):
                heading = line[3:].strip()
                self.headings[heading[0]] = heading
            elif line[0].isspace() and last is not None:
                last.reason = f"{last.reason} {line.strip()}".strip()
            else:
                last = self._read(at, line)

    def _read(self, at, line):
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != 3 or not all(cells) or not re.fullmatch(NUMBER, cells[0]):
            self.problems.append(f"{LIST}:{at}: expected number | requirement | clause")
            return None
        if cells[0] in self.of:
            self.problems.append(f"{LIST}:{at}: {cells[0]} for the second time")
        self.of[cells[0]] = Requirement(*cells)
        return self.of[cells[0]]


def read_tags(tree, problems):
    """(file:line, number, Suite.Name) of each number in a tag."""
    tags = []
    for name in tree.under("tests"):
        if not name.endswith(".cpp"):
            continue
        waiting = []                    # of the tags above the test to come
        for at, line in tree.lines(name):
            tag = TAG.search(line)
            if tag:
                waiting += [(f"{name}:{at}", number) for number in tag[1].split(", ")]
                if tag[2] not in ("", ":", ")"):
                    problems.append(f"{name}:{at}: expected // VIRTIO P4, P8 and the end of the line, or a colon")
            test = TEST.match(line)
            if test:
                tags += [(place, number, f"{test[1]}.{test[2]}") for place, number in waiting]
                waiting = []
            elif waiting and not line.lstrip().startswith("//"):
                problems.append(f"{waiting[0][0]}: no test on this line, or directly below")
                waiting = []
    return tags


def collect(tree, built=None):
    """Requirements with their tests. built: the names of tests that there are; without it, all that are tagged."""
    requirements = Requirements(tree)
    problems = requirements.problems
    for place, number, test in read_tags(tree, problems):
        if number not in requirements.of:
            problems.append(f"{place}: {LIST} has no requirement {number}")
        elif built is not None and test not in built:
            problem = f"{place}: {test} is not among the tests that were built"
            if problem not in problems:
                problems.append(problem)
        elif test not in requirements.of[number].tests:
            requirements.of[number].tests.append(test)
    for one in requirements.of.values():
        if not one.tests and not one.reason:
            problems.append(f"{LIST}: {one.number} has neither a test nor a reason: {one.words}")
        if one.tests and one.reason:
            problems.append(f"{LIST}: {one.number} gives a reason to have no test, but {one.tests[0]} shows it")
    return requirements


def check(tree):
    return collect(tree).problems
