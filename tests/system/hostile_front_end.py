#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hostile_front_end.py SOCKET SEED SESSIONS PAIRS: front-ends of `ringside serve vhost-user` that do wrong.

Each session begins as a front-end would, with memory, rings and eventfds, so that the device runs; what is in the rings, and what is said
from then on, is at random: descriptors that lead anywhere, kicks, rings switched on and off, messages that are none, memory that is
taken away. Prints how many sessions the other side let begin.
"""
import mmap
import os
import random
import struct
import sys
import time

from front_end import ANSWERED, MQ, PACKED, PROTOCOL, VERSION_1, FrontEnd

RING = 0x8000
MAYBE = [0, 1, 15, 29, 35]


class Session(FrontEnd):
    def __init__(self, path, seed, pairs):
        self.random = random.Random(seed)
        self.several = pairs > 1
        self.rings = self.random.choice([2, 3, 2 * pairs]) if self.several else 2
        self.size = self.random.choice([1, 2, 16, 64, 256, 1024])
        super().__init__(path)

    def descriptor(self, ring, slot):
        draw = self.random
        address = self.GUEST + draw.choice([0x20000 + draw.randrange(0x60000), draw.randrange(self.MEMORY), self.MEMORY - 8, -4, 1 << 62])
        length = draw.choice([0, 12, 76, 1526, 2000, 65536, 2**32 - 1])
        number = draw.randrange(65536) if draw.random() < 0.2 else slot
        flags = draw.choice([0x80, 0x80, 0x81, 0x84, 0x8080, 0]) | (0 if ring % 2 else 2)
        return struct.pack("<QIHH", address % 2**64, length, number, flags)

    def fill_memory(self):
        with mmap.mmap(self.file, self.MEMORY) as memory:
            if self.random.random() < 0.3:
                memory[:] = self.random.randbytes(self.MEMORY)
                return
            for ring in range(self.rings):
                for slot in range(self.size):
                    at = ring * RING + slot * 16
                    memory[at:at + 16] = self.descriptor(ring, slot)

    def begin(self, pairs):
        features = PACKED | VERSION_1 | PROTOCOL | sum(1 << bit for bit in MAYBE if self.random.random() < 0.3)
        if self.several and self.random.random() < 0.7:
            features |= 1 << MQ
        self.negotiate(features, pairs > 1)
        self.fill_memory()
        for ring in range(self.rings):
            self.begin_ring(ring, self.size, ring * RING % 0x80000)
        order = list(range(self.rings))
        if self.random.random() < 0.2:
            self.random.shuffle(order)
        for ring in order:
            self.say(18, struct.pack("<II", ring, 1))

    def do_anything(self):
        draw = self.random
        what = draw.random()
        if what < 0.4:
            os.eventfd_write(draw.choice(self.kicks), 1)
        elif what < 0.6:
            self.say(18, struct.pack("<II", draw.randrange(self.rings), draw.randrange(2)))
        elif what < 0.8:
            request = draw.randrange(50)
            self.say(request if request not in ANSWERED else 99, draw.randbytes(draw.randrange(100)))
        elif what < 0.85:
            os.ftruncate(self.file, draw.choice([0, 4096, self.MEMORY]))
        elif what < 0.95:
            time.sleep(0.005)
        else:
            self.say(11, struct.pack("<II", draw.randrange(self.rings), 0))


def main():
    path, seed, sessions, pairs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    begun = 0
    for number in range(sessions):
        session = Session(path, seed * 1000003 + number, pairs)
        try:
            session.begin(pairs)
            begun += 1
            for _ in range(session.random.randrange(12)):
                session.do_anything()
            time.sleep(session.random.choice([0, 0.002, 0.02]))
        except (BrokenPipeError, ConnectionResetError):
            pass  # the other side has had enough
        session.close()
    print(f"{begun} begun")


main()
