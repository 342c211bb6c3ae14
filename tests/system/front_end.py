# SPDX-License-Identifier: Apache-2.0
"""A front-end of `ringside serve vhost-user`: its socket, its memory, its rings. What to say with them is for those who use it."""
import array
import os
import socket
import struct

PACKED, VERSION_1, PROTOCOL = 1 << 34, 1 << 32, 1 << 30
MQ = 22
ANSWERED = {1, 11, 15, 17, 24}


class FrontEnd:
    MEMORY = 1 << 20
    GUEST, USER = 0x100000000, 0x7F0000000000
    EVENTS = 0x90000

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(5)
        self.socket.connect(path)
        self.file = os.memfd_create("front-end")
        os.ftruncate(self.file, self.MEMORY)
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

    def negotiate(self, features, several):
        self.say(3)
        self.say(1)
        self.say(15)
        self.say(16, struct.pack("<Q", 8 | several))
        self.say(2, struct.pack("<Q", features))
        self.say(5, struct.pack("<IIQQQQ", 1, 0, self.GUEST, self.MEMORY, self.USER, 0), [self.file])

    def begin_ring(self, ring, size, at):
        event = self.USER + self.EVENTS + ring * 64
        self.say(8, struct.pack("<II", ring, size))
        self.say(10, struct.pack("<II", ring, 0x8000))
        self.say(9, struct.pack("<IIQQQQ", ring, 0, self.USER + at, event, event + 0x8000, 0))
        self.calls.append(os.eventfd(0))
        self.kicks.append(os.eventfd(0))
        self.say(13, struct.pack("<Q", ring), [self.calls[-1]])
        self.say(12, struct.pack("<Q", ring), [self.kicks[-1]])

    def kick(self, ring):
        os.eventfd_write(self.kicks[ring], 1)
