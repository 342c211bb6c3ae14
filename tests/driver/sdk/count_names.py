#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""count_names.py CHECKOUT PROGRAM NAMES [PAGE]: how many of the names that public drivers use are there.

NAMES has functions and macros of the Windows driver kit: tests/driver/sdk/names.txt those that netvmini, ndislwf, mux, ndisprot, NetKVM and
tap-windows6 use, tests/driver/netcx/names.txt those of RtEthSample, igb, if_re, dwc_eqos and UsbNcm. A name is there if a header defines it or
PROGRAM, which loads modules, exports it; another must be in planned.def. PAGE says how many there are."""

import pathlib
import re
import subprocess
import sys


# Types that are used like a function, in casts.
TYPES = {"NDIS_STATUS", "NDIS_PHYSICAL_ADDRESS"}


def main():
    checkout, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    headers = "".join(path.read_text() for path in sorted((checkout / "driver/include").rglob("*.h")))
    defined = set(re.findall(r"#define (\w+)", headers)) | set(re.findall(r"FORCEINLINE[^;{]*?\b(\w+)\(", headers))
    defined |= set(re.findall(r"WDK_(?:CHECKED|INTERLOCKED|COMPARE_EXCHANGE)\((\w+),", headers))
    listing = subprocess.run(["nm", "-D", "--defined-only", program], capture_output=True, text=True, check=True).stdout
    exported = {line.split()[-1] for line in listing.splitlines()}
    declared = set(re.findall(r"\b(\w+)\(", headers)) | set(re.findall(r"\b([A-Z]\w+)\b", headers))
    plan = set(re.findall(r"PLANNED\((\w+),", (checkout / "driver/sdk/planned.def").read_text()))
    names = (checkout / sys.argv[3]).read_text().split()

    there = [name for name in names if name in defined or (name in exported and name in declared) or name in TYPES]
    missing = [name for name in names if name not in there]
    problems = [f"{name} is neither there nor in driver/sdk/planned.def" for name in missing if name not in plan]
    claim = f"{len(there)} of the {len(names)}"
    if len(sys.argv) > 4:
        problems += [f"{name} is there: take it out of driver/sdk/planned.def" for name in there if name in plan]
        if claim not in (checkout / sys.argv[4]).read_text():
            problems.append(f"{sys.argv[4]} should say '{claim}'")
    print(f"{claim} names; not there: {' '.join(missing)}")
    sys.exit("\n".join(problems) if problems else 0)


if __name__ == "__main__":
    main()
