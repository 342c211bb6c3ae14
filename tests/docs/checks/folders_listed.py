# SPDX-License-Identifier: Apache-2.0
"""Every top-level folder has a README.md, and every file is listed by the nearest README.md above it.

A file is listed when its name, or the name without the extension (twins such as link.h and link.cpp share a row), stands in backticks,
with or without folders in front; or a pattern that it matches: *.pcap matches names, folder/* matches paths from the README. Scenarios
need no row: each has a line of its own for `ringside list`.
"""
import fnmatch
import posixpath
import re

from .tree import FOLDERS

SELF_EXPLAINING = {"CMakeLists.txt", "README.md", "__init__.py"}
TICKED = re.compile(r"`([^`\n]+)`")
BRACES = re.compile(r"(.*)\{([^}]*)\}(.*)")


def stem(name):
    return name.partition(".")[0]


def alternatives(token):
    """`vq.{c,h}` as vq.c and vq.h."""
    match = BRACES.fullmatch(token)
    return [match[1] + middle + match[3] for middle in match[2].split(",")] if match else [token]


def listed_tokens(text):
    return {name for ticked in TICKED.findall(text) for token in re.split(r",\s+|\s+", ticked) for name in alternatives(token)}


def nearest_readme(tree, name):
    folder = posixpath.dirname(name)
    while folder:
        if folder + "/README.md" in tree.files:
            return folder + "/README.md"
        folder = posixpath.dirname(folder)
    return None


def is_listed(path, tokens):
    base = posixpath.basename(path)
    if stem(base) in {stem(posixpath.basename(token)) for token in tokens if "*" not in token}:
        return True
    patterns = [token for token in tokens if "*" in token]
    return any(fnmatch.fnmatchcase(path if "/" in pattern else base, pattern) for pattern in patterns)


def check(tree):
    problems = [f"{folder}/README.md: missing" for folder in FOLDERS if folder + "/README.md" not in tree.files]
    tokens = {}
    for name in tree.under(*FOLDERS):
        readme = nearest_readme(tree, name)
        if readme is None or posixpath.basename(name) in SELF_EXPLAINING or name.endswith(".yaml"):
            continue
        if readme not in tokens:
            tokens[readme] = listed_tokens(tree.text(readme))
        if not is_listed(posixpath.relpath(name, posixpath.dirname(readme)), tokens[readme]):
            problems.append(f"{readme}: does not list {name}")
    return problems
