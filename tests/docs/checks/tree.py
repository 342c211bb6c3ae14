# SPDX-License-Identifier: Apache-2.0
"""The files of a checkout, without what builds and runs leave in it. Works without git, so that a source archive can be tested."""
import pathlib

FOLDERS = ("rtl", "hw", "driver", "sim", "tests", "waves")  # the top-level folders of the design
LEFTOVERS = {".fst", ".hier", ".pyc"}


class Tree:
    """Paths are relative to the root, with forward slashes, in sorted order."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = sorted(str(p.relative_to(self.root).as_posix()) for p in self._walk())
        self._text = {}

    def _walk(self):
        for path in self.root.iterdir():
            if path.is_file():
                yield path
        for folder in FOLDERS + (".ci",):
            for path in (self.root / folder).rglob("*"):
                if path.is_file() and path.suffix not in LEFTOVERS:
                    yield path

    def text(self, name):
        """The text of a file, or None if it is binary."""
        if name not in self._text:
            try:
                self._text[name] = (self.root / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                self._text[name] = None
        return self._text[name]

    def lines(self, name):
        return enumerate((self.text(name) or "").splitlines(), 1)

    def under(self, *folders):
        return [name for name in self.files if name.startswith(tuple(f + "/" for f in folders))]
