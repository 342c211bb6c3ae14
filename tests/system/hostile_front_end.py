#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hostile_front_end.py SOCKET SEED SESSIONS PAIRS: front-ends of `ringside serve vhost-user` that do wrong.

Each session begins as a front-end would, with memory, rings and eventfds, so that the device runs; what is in the rings, and what is said
from then on, is at random: descriptors that lead anywhere, kicks, rings switched on and off, messages that are none, memory that is
taken away. Prints how many sessions the other side let begin.
"""
import array
import mmap
import os
import random
import socket
import struct
import sys
import time

MEMORY = 1 << 20
GUEST, USER = 0x100000000, 0x7F0000000000
RING, EVENTS = 0x8000, 0x90000
ANSWERED = {1, 11, 15, 17, 24}
PACKED, VERSION_1, PROTOCOL = 1 << 34, 1 << 32, 1 << 30
MAYBE = [0, 1, 15, 29, 35]
MQ = 22


class Session:
    def __init__(self, path, seed, pairs):
        self.random = random.Random(seed)
        self.several = pairs > 1
        self.rings = self.random.choice([2, 3, 2 * pairs]) if self.several else 2
        self.size = self.random.choice([1, 2, 16, 64, 256, 1024])
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(5)
        self.socket.connect(path)
        self.file = os.memfd_create("hostile")
        os.ftruncate(self.file, MEMORY)
        self.kicks, self.calls = [], []

    def close(self):
        self.socket.close()
        for descriptor in [self.file, *self.kicks, *self.calls]:
            os.close(descriptor)

    def say(self, request, payload=b"", files=()):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
        self.socket.sendmsg([struct.pack("<III", request, 1, len(payload)) + payload], rights)
        if request in ANSWERED:
            self.socket.recv(600)

    def descriptor(self, ring, slot):
        draw = self.random
        address = GUEST + draw.choice([0x20000 + draw.randrange(0x60000), draw.randrange(MEMORY), MEMORY - 8, -4, 1 << 62])
        length = draw.choice([0, 12, 76, 1526, 2000, 65536, 2**32 - 1])
        number = draw.randrange(65536) if draw.random() < 0.2 else slot
        flags = draw.choice([0x80, 0x80, 0x81, 0x84, 0x8080, 0]) | (0 if ring % 2 else 2)
        return struct.pack("<QIHH", address % 2**64, length, number, flags)

    def fill_memory(self):
        with mmap.mmap(self.file, MEMORY) as memory:
            if self.random.random() < 0.3:
                memory[:] = self.random.randbytes(MEMORY)
                return
            for ring in range(self.rings):
                for slot in range(self.size):
                    at = ring * RING + slot * 16
                    memory[at:at + 16] = self.descriptor(ring, slot)

    def begin(self, pairs):
        features = PACKED | VERSION_1 | PROTOCOL | sum(1 << bit for bit in MAYBE if self.random.random() < 0.3)
        if self.several and self.random.random() < 0.7:
            features |= 1 << MQ
        self.say(3)
        self.say(1)
        self.say(15)
        self.say(16, struct.pack("<Q", 8 | (pairs > 1)))
        self.say(2, struct.pack("<Q", features))
        self.say(5, struct.pack("<IIQQQQ", 1, 0, GUEST, MEMORY, USER, 0), [self.file])
        self.fill_memory()
        for ring in range(self.rings):
            self.begin_ring(ring)
        order = list(range(self.rings))
        if self.random.random() < 0.2:
            self.random.shuffle(order)
        for ring in order:
            self.say(18, struct.pack("<II", ring, 1))

    def begin_ring(self, ring):
        at, event = USER + ring * RING % 0x80000, USER + EVENTS + ring * 64
        self.say(8, struct.pack("<II", ring, self.size))
        self.say(10, struct.pack("<II", ring, 0x8000))
        self.say(9, struct.pack("<IIQQQQ", ring, 0, at, event, event + 0x8000, 0))
        self.calls.append(os.eventfd(0))
        self.kicks.append(os.eventfd(0))
        self.say(13, struct.pack("<Q", ring), [self.calls[-1]])
        self.say(12, struct.pack("<Q", ring), [self.kicks[-1]])

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
            os.ftruncate(self.file, draw.choice([0, 4096, MEMORY]))
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
