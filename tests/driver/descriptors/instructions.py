#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions, loads and stores a packet of driver/descriptors on this processor, counted by valgrind: what 22000 packets take more than
2000, divided by the difference. Beside hw/cpu/core_config.h, whose rule for instructions that are no accesses is fitted to this.

usage: instructions.py build/tests/driver/descriptors/descriptors_native [BATCH]
"""
import re
import subprocess
import sys

FEW, MANY = 2000, 22000
KINDS = ("ndis_packet", "nbl", "nbl_list", "net_packet")


def count(program, work, packets):
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=yes", "--cachegrind-out-file=/dev/null", program, *work, str(packets)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = [re.search(name + r"\s+refs:\s+([\d,]+)", done.stderr) for name in ("I", "D")]
    return [int(match[1].replace(",", "")) for match in found]


def exists(kind, direction, extra):
    if kind == "nbl_list" and direction == "rx":
        return False
    kinds = {"room": ("nbl",), "tag": ("nbl", "nbl_list"), "extension": ("net_packet",)}.get(extra, KINDS)
    return kind in kinds and not (extra == "room" and direction == "rx")


def main():
    program, batch = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "16"
    print(f"{'':25} {'instructions':>12} {'loads+stores':>12}   a packet, batches of {batch}")
    for direction in ("tx", "rx"):
        for extra in ("plain", "checksum", "context", "room", "tag", "extension", "parse"):
            for kind in KINDS:
                if not exists(kind, direction, extra):
                    continue
                work = (kind, direction, extra, batch)
                few, many = count(program, work, FEW), count(program, work, MANY)
                each = [(more - less) / (MANY - FEW) for less, more in zip(few, many)]
                print(f"{kind:12} {direction} {extra:9} {each[0]:12.1f} {each[1]:12.1f}", flush=True)


if __name__ == "__main__":
    main()
