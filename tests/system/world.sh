# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Functions for the scripts of world_test.cpp, which run in a network namespace of their own: a TAP interface, the program, and who talks to it.
# `program` is set.

# tap NAME [ADDRESS]: an interface with that address, 192.0.2.1, up.
tap() {
    ip tuntap add dev "$1" mode tap && ip address add "${2:-192.0.2.1}/24" dev "$1" && ip link set "$1" up
}

# start ARGUMENT...: the program, in the background.
start() {
    timeout -s KILL 110 "${program:?}" "$@" >program.log 2>&1 &
    started=$!
}

# reachable [ADDRESS]: waits until the other side answers ping.
reachable() {
    for _ in $(seq 50); do
        ping -q -c 1 -W 2 "${1:-192.0.2.2}" >/dev/null 2>&1 && return
    done
    echo "${1:-192.0.2.2} does not answer"
    cat program.log
}

# ended SIGNAL: asks the program to end, waits for it and prints its exit status.
ended() {
    # timeout hands on what it gets, but a KILL.
    kill "-$1" "$started"
    wait "$started"
    echo "status $?"
}

# letters N: what GET /N is.
letters() {
    python3 -c 'import sys; n = int(sys.argv[1]); sys.stdout.write("".join("\n" if i % 64 == 63 else chr(97 + i % 26) for i in range(n)))' "$1"
}
