#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run one check of checks/ over the tree: check.py NAME [ROOT]. Prints each problem as file:line: message; exit status 1 if any."""
import importlib
import pathlib
import sys

from checks.tree import Tree


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: check.py NAME [ROOT]")
    root = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else pathlib.Path(__file__).resolve().parents[2]
    problems = importlib.import_module(f"checks.{sys.argv[1]}").check(Tree(root))
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
