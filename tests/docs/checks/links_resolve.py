# SPDX-License-Identifier: Apache-2.0
"""Every relative link of every Markdown file leads to a file, and its anchor to a heading."""
import posixpath
import re

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)|<img[^>]*\bsrc=\"([^\"]+)\"")
CODE = re.compile(r"`[^`]*`")


def slug(heading):
    """The anchor that Markdown viewers give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def prose(tree, name):
    """Lines outside fenced code blocks."""
    fenced = False
    for number, line in tree.lines(name):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def headings(tree, name):
    return {slug(line.lstrip("#")) for _, line in prose(tree, name) if line.startswith("#")}


def check(tree):
    problems = []
    for name in tree.files:
        if not name.endswith(".md"):
            continue
        for number, line in prose(tree, name):
            for link in LINK.findall(CODE.sub("", line)):
                target, _, anchor = (link[0] or link[1]).partition("#")
                if re.match(r"[a-z]+:", target):
                    continue
                path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) if target else name
                if not (tree.root / path).exists():
                    problems.append(f"{name}:{number}: link to {target}: no such file")
                elif anchor and path.endswith(".md") and anchor not in headings(tree, path):
                    problems.append(f"{name}:{number}: link to {path}#{anchor}: no such heading")
    return problems
