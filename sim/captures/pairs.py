#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn recordings with both directions in them into the capture pairs that Ringside ships (used by record).

Each recording THEME.pcap becomes THEME.from-host.pcap (frames whose source is --host) and THEME.from-wire.pcap (all others), cut to
the first --frames frames of each direction, with times counted from the first frame of the recording. All themes one after the other
become from-host.pcap and from-wire.pcap; there a pause longer than --pause is shortened to it, so that seconds of waiting between
programs do not become seconds of an empty waveform. Order within and across directions stays that of the recording.
"""
import argparse
import pathlib
import struct
import sys

NANOSECOND_MAGIC = 0xA1B23C4D
ETHERNET = 1
FRAME_BYTES = range(14, 9018 + 1)


def read_pcap(path):
    """The frames of a little-endian nanosecond pcap as a list of (time in ns, bytes)."""
    raw = path.read_bytes()
    magic, _major, _minor, _zone, _sigfigs, _snaplen, link = struct.unpack_from("<IHHiIII", raw)
    if magic != NANOSECOND_MAGIC or link != ETHERNET:
        sys.exit(f"pairs.py: {path}: not a nanosecond Ethernet pcap of this machine's byte order")
    frames, at = [], 24
    while at < len(raw):
        seconds, nanoseconds, kept, length = struct.unpack_from("<IIII", raw, at)
        at += 16
        if kept != length or length not in FRAME_BYTES:
            sys.exit(f"pairs.py: {path}: frame {len(frames) + 1} has {kept} of {length} bytes; 14 to 9018, all kept, are allowed")
        frames.append((seconds * 10**9 + nanoseconds, raw[at:at + kept]))
        at += kept
    return frames


def write_pcap(path, frames):
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", NANOSECOND_MAGIC, 2, 4, 0, 0, 65535, ETHERNET))
        for time, data in frames:
            out.write(struct.pack("<IIII", time // 10**9, time % 10**9, len(data), len(data)) + data)


def trim(frames, is_from_host, most):
    """The first `most` frames of each direction, with times from 0."""
    left = {True: most, False: most}
    kept = []
    for time, data in frames:
        side = is_from_host(data)
        if left[side]:
            left[side] -= 1
            kept.append((time - frames[0][0], data))
    return kept


def append_squeezed(merged, frames, pause):
    """Append frames to merged, `pause` ns after its end, with no gap longer than `pause`."""
    now = merged[-1][0] + pause if merged else 0
    last = frames[0][0]
    for time, data in frames:
        now += min(time - last, pause)
        last = time
        merged.append((now, data))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", required=True, help="MAC address of the host side")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="folder to write to")
    parser.add_argument("--frames", type=int, default=300, help="most frames of a theme in each direction (default 300)")
    parser.add_argument("--pause", type=int, default=20000, help="longest pause of the merged pair in ns (default 20000)")
    parser.add_argument("recordings", nargs="+", type=pathlib.Path)
    args = parser.parse_args()

    host = bytes.fromhex(args.host.replace(":", ""))

    def is_from_host(data):
        return data[6:12] == host

    def write_pair(prefix, frames):
        write_pcap(args.out / f"{prefix}from-host.pcap", [f for f in frames if is_from_host(f[1])])
        write_pcap(args.out / f"{prefix}from-wire.pcap", [f for f in frames if not is_from_host(f[1])])

    merged = []
    for recording in args.recordings:
        frames = trim(read_pcap(recording), is_from_host, args.frames)
        if not frames:
            sys.exit(f"pairs.py: {recording}: nothing was recorded")
        write_pair(recording.stem + ".", frames)
        append_squeezed(merged, frames, args.pause)
    write_pair("", merged)


if __name__ == "__main__":
    main()
