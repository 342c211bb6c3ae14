#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""headers_alone.py FOLDER CC CXX: every header below FOLDER compiles as the only one of a unit, as C11 and as C++17, without a warning.

A header that says "Include X, not this header" is compiled behind X, and the end of a packing behind its begin. Once with the host's wchar_t, once with that of Windows."""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-fsyntax-only"]
BEHIND = {"poppack.h": "pshpack1.h"}


def unit_of(folder, header):
    name = header.relative_to(folder).as_posix()
    text = re.sub(r"\n \*", "", header.read_text())
    said = re.search(r"Include\s+(\S+), not\s+this\s+header", text)
    parent = said[1] if said else BEHIND.get(name)
    return (f'#include "{parent}"\n' if parent else "") + f'#include "{name}"\ntypedef int not_empty;\n'


def compile_alone(folder, header, compiler, language, wchar):
    command = [compiler, *WARNINGS, *language, *wchar, "-I", str(folder), "-x", "c" if "c11" in language[0] else "c++", "-"]
    run = subprocess.run(command, input=unit_of(folder, header), capture_output=True, text=True, check=False)
    first = next((line for line in run.stderr.splitlines() if "error" in line), "")
    return run.returncode == 0, f"{header.relative_to(folder)} as {language[0][5:]} {' '.join(wchar)}: {first}"


def main():
    folder, cc, cxx = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    headers = sorted(folder.rglob("*.h"))
    if len(headers) < 90:
        sys.exit(f"{folder} has {len(headers)} headers: is it driver/include?")
    jobs = [(folder, header, *how, wchar) for header in headers for how in ((cc, ["-std=c11"]), (cxx, ["-std=c++17"]))
            for wchar in ([], ["-fshort-wchar"])]
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        failed = [text for good, text in pool.map(lambda job: compile_alone(*job), jobs) if not good]
    print(f"{len(headers)} headers, {len(jobs)} units, {len(failed)} failed")
    sys.exit("\n".join(failed) if failed else 0)


if __name__ == "__main__":
    main()
