#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""windows_names.py --out FOLDER [--trace FUNCTION]... SOURCE-FOLDER...

Writes into FOLDER what a Windows source tree includes and this file system does not find: headers in another case ("Trace.h" for trace.h),
with backslashes ("windows\\ring.h"), and the .tmh files that the trace preprocessor makes, in which the tracing functions are nothing.
FOLDER then goes on the include path of the compiler. Headers that are nowhere are left to the compiler to name."""

import argparse
import pathlib
import re

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
WPP_BLOCK = re.compile(r"begin_wpp config(.*?)end_wpp", re.S)
WPP_FUNCTION = re.compile(r"\bFUNC\s+(\w+)\s*[({]")
SOURCES = {".c", ".cpp", ".cxx", ".cc", ".h", ".hpp"}


def read(path):
    return path.read_text(encoding="latin-1")


def find(folder, name):
    """The file of that name below a folder, whatever its case; None if there is none."""
    at = folder
    for part in name.replace("\\", "/").split("/"):
        if part == "..":
            at = at.parent
            continue
        if not at.is_dir():
            return None
        exact = at / part
        at = exact if exact.exists() else next((entry for entry in sorted(at.iterdir()) if entry.name.lower() == part.lower()), None)
        if at is None:
            return None
    return at if at.is_file() else None


def write(path, text):
    """Leaves a file alone that is as it should be: the build would do everything again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--trace", action="append", default=[])
    parser.add_argument("folders", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    own = pathlib.Path(__file__).resolve().parent.parent / "include"
    folders = [folder.resolve() for folder in arguments.folders] + [own]

    texts = {path: read(path) for folder in folders[:-1] for path in sorted(folder.iterdir()) if path.suffix.lower() in SOURCES}
    traces = list(arguments.trace)
    for text in texts.values():
        for block in WPP_BLOCK.findall(text):
            traces += WPP_FUNCTION.findall(block)
    functions = list(dict.fromkeys(traces + (["WPP_INIT_TRACING", "WPP_CLEANUP"])))
    tmh = "/* Tracing is off. */\n" + "".join(f"#undef {name}\n#define {name}(...) ((void)0)\n" for name in functions)

    arguments.out.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        for name in INCLUDE.findall(text):
            if name.lower().endswith(".tmh"):
                write(arguments.out / name, tmh)
                continue
            places = [path.parent] + folders
            if "\\" not in name and any((place / name).is_file() for place in places):
                continue
            real = next((found for found in (find(place, name) for place in places) if found), None)
            if real:
                write(arguments.out / name, f'#include "{real}"\n')


if __name__ == "__main__":
    main()
