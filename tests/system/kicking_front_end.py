#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kicking_front_end.py SOCKET: a front-end of `ringside serve vhost-user` with two queue pairs that posts buffers long before it kicks.

A kick is what starts a ring. So nothing may come before the kick of the first receive ring, nor, of a second one that has buffers,
before that one's: prints how many buffers were used after each step.
"""
import mmap
import struct
import sys
import time

from front_end import MQ, PACKED, PROTOCOL, VERSION_1, FrontEnd

SIZE, BUFFER = 16, 2048
RING, BUFFERS = 0x1000, 0x20000
AVAILABLE, USED, WRITE = 0x80, 0x8080, 2
LONG_S, STEP_S = 0.3, 0.02


class Kicking(FrontEnd):
    def __init__(self, path):
        super().__init__(path)
        self.memory = mmap.mmap(self.file, self.MEMORY)

    def post(self, ring):
        for slot in range(SIZE):
            address = self.GUEST + BUFFERS + (ring * SIZE + slot) * BUFFER
            at = ring * RING + slot * 16
            self.memory[at:at + 16] = struct.pack("<QIHH", address, BUFFER, slot, AVAILABLE | WRITE)

    def used(self):
        flags = [struct.unpack_from("<H", self.memory, ring * RING + slot * 16 + 14)[0] for ring in (0, 2) for slot in range(SIZE)]
        return sum(1 for value in flags if value & USED == USED)

    def used_after(self, seconds, at_least):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.used() < at_least:
            time.sleep(STEP_S)
        return self.used()


def main():
    front_end = Kicking(sys.argv[1])
    front_end.negotiate(PACKED | VERSION_1 | PROTOCOL | 1 << MQ, several=True)
    for ring in range(4):
        front_end.begin_ring(ring, SIZE, ring * RING)
    for ring in range(4):
        front_end.say(18, struct.pack("<II", ring, 1))
    for ring in (0, 2):
        front_end.post(ring)
    print("posted:", front_end.used_after(LONG_S, 1))
    front_end.kick(0)
    print("one kicked:", front_end.used_after(LONG_S, 1))
    front_end.kick(2)
    print("both kicked:", front_end.used_after(100 * LONG_S, SIZE) >= SIZE)
    front_end.close()


main()
