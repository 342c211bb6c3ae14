#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A VLAN sub-interface in user space (used by record, so that it also works on kernels without the 8021q module).

Makes the TAP interface PORT and joins it to the Ethernet interface PARENT of the same namespace: a frame that the kernel sends on PORT
leaves PARENT with an IEEE 802.1Q tag of the VLAN, a frame that PARENT receives with that tag arrives on PORT without it. Runs
until it is killed.
"""
import argparse
import fcntl
import os
import select
import socket
import struct

ETH_P_ALL = 3
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
SOL_PACKET, PACKET_AUXDATA = 263, 8
PACKET_OUTGOING = 4
TP_STATUS_VLAN_VALID = 1 << 4
TAG = struct.Struct("!HH")
AUXDATA = struct.Struct("=IIIHHHH")  # struct tpacket_auxdata


def open_tap(name):
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return tap


def open_parent(name):
    parent = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    parent.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    parent.bind((name, 0))
    return parent


def vlan_of(ancillary):
    """The VLAN that the kernel took off a received frame, or None."""
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tci, _ = AUXDATA.unpack_from(data)
            if status & TP_STATUS_VLAN_VALID:
                return tci & 0xFFF
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parent")
    parser.add_argument("port")
    parser.add_argument("vlan", type=int)
    args = parser.parse_args()

    tap, parent = open_tap(args.port), open_parent(args.parent)
    tag = TAG.pack(0x8100, args.vlan)
    while True:
        ready, _, _ = select.select([tap, parent], [], [])
        if tap in ready:
            frame = os.read(tap, 65536)
            parent.send(frame[:12] + tag + frame[12:])
        if parent in ready:
            frame, ancillary, _, address = parent.recvmsg(65536, 256)
            if address[2] != PACKET_OUTGOING and vlan_of(ancillary) == args.vlan:
                os.write(tap, frame)


if __name__ == "__main__":
    main()
