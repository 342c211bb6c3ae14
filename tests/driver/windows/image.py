#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""image.py CHECKOUT OUT: our miniport, from its own sources, as a Windows image.

Compiles driver/netvio with driver/miniport and driver/virtio, and the layouts that driver/ndis asserts, by the Microsoft ABI, and links them with the import
libraries of ndis.sys and ntoskrnl.exe. A name of the interface that we invented has no import, and a layout that hangs on the host's ABI
does not compile. Nothing is loaded. Without the compiler it says so, and exits with 77."""

import pathlib
import re
import shutil
import subprocess
import sys

COMPILER = "x86_64-w64-mingw32-gcc"
FLAGS = ["-std=c11", "-ffreestanding", "-fshort-wchar", "-O1", "-Wall", "-Wextra", "-Werror",
         "-D__USE_MINGW_ANSI_STDIO=0", "-mno-stack-arg-probe"]
SYSTEM = {"ndis.sys", "ntoskrnl.exe", "hal.dll"}


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


def main():
    checkout, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    if not shutil.which(COMPILER):
        print(f"{COMPILER} is not installed: apt-get install gcc-mingw-w64-x86-64")
        sys.exit(77)
    out.mkdir(parents=True, exist_ok=True)
    driver = checkout / "driver"
    includes = [f"-I{folder}" for folder in
                (driver / "include", driver, driver / "virtio", driver / "netvio", driver / "miniport", driver / "ndis",
                 checkout / "rtl/regmap")]
    sources = [source for folder in ("miniport", "netvio", "virtio") for source in sorted((driver / folder).glob("*.c"))]
    for layout in sorted((driver / "ndis").glob("layout*.c")):
        run(COMPILER, *FLAGS, *includes, "-fsyntax-only", layout)
    sources.append(pathlib.Path(__file__).parent / "host_calls.c")
    objects = []
    for source in sources:
        objects.append(out / f"{source.stem}.o")
        run(COMPILER, *FLAGS, *includes, "-c", source, "-o", objects[-1])
    image = out / "netvio.sys"
    run(COMPILER, "-ffreestanding", "-nostdlib", "-shared", "-Wl,--subsystem,native", "-Wl,-e,netvio_driver_entry",
        "-Wl,--defsym=__ms_vsnprintf=_vsnprintf", "-Wl,-u,_vsnprintf", "-o", image, *objects,
        "-lndis", "-lntoskrnl", "-lhal", "-lgcc")
    listing = run("x86_64-w64-mingw32-objdump", "-p", image)
    libraries = {name.lower() for name in re.findall(r"DLL Name: (\S+)", listing)}
    if not libraries <= SYSTEM or "ndis.sys" not in libraries:
        sys.exit(f"the image imports from {sorted(libraries)}, and may from {sorted(SYSTEM)}")
    names = re.findall(r"^\s+[0-9a-f]+\s+(?:\d+\s+)?(\w+)\s*$", listing, re.M)
    print(f"{image.name}: {len(sources) - 1} sources, imports from {', '.join(sorted(libraries))}: {len(set(names))} names")


if __name__ == "__main__":
    main()
