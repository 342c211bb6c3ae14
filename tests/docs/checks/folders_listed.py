# SPDX-License-Identifier: Apache-2.0
"""Every top-level folder has a README.md, and every file is listed by the nearest README.md above it.

A file is listed when its name, or the name without the extension (twins such as link.h and link.cpp share a row), or a pattern that
it matches stands in backticks, with or without folders in front.
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


def listed_names(text):
    names = set()
    for ticked in TICKED.findall(text):
        for token in re.split(r",\s+|\s+", ticked):
            names.update(posixpath.basename(name.rstrip("/")) for name in alternatives(token))
    return names


def nearest_readme(tree, name):
    folder = posixpath.dirname(name)
    while folder:
        if folder + "/README.md" in tree.files:
            return folder + "/README.md"
        folder = posixpath.dirname(folder)
    return None


def is_listed(base, names):
    stems = {stem(name) for name in names if "*" not in name}
    return stem(base) in stems or any(fnmatch.fnmatchcase(base, pattern) for pattern in names if "*" in pattern)


def check(tree):
    problems = [f"{folder}/README.md: missing" for folder in FOLDERS if folder + "/README.md" not in tree.files]
    names = {}
    for name in tree.under(*FOLDERS):
        readme = nearest_readme(tree, name)
        base = posixpath.basename(name)
        if readme is None or base in SELF_EXPLAINING:
            continue
        if readme not in names:
            names[readme] = listed_names(tree.text(readme))
        if not is_listed(base, names[readme]):
            problems.append(f"{readme}: does not list {name}")
    return problems
