# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Functions for the scripts of vhost_test.cpp: the program and dpdk-testpmd, joined by nic.sock in the working folder. `program` is set.

# serve OPTION...: the program, in the background; returns when its socket is there.
serve() {
    timeout -s KILL 300 "${program:?}" serve vhost-user --socket nic.sock --json result.json --quiet "$@" &
    serving=$!
    for _ in $(seq 200); do
        [ -S nic.sock ] && return
        sleep 0.05
    done
    echo "the program made no socket"
}

# served: waits for it and prints its exit status.
served() {
    wait "$serving"
    echo "status $?"
}

# testpmd NAME MODE OPTIONS-OF-THE-DEVICE [QUEUES]: in the background, its output in NAME.log. Its two threads run on any processor.
testpmd() {
    local cores queues=${4:-1}
    rm -f "$1.log" # of another one: what it says must not be taken for what this one says
    cores="(0-$(($(nproc) - 1)))"
    timeout -s KILL 100 dpdk-testpmd --no-huge -m 128 --no-pci --no-telemetry --file-prefix="ringside-$$-$1" \
        --lcores "0@$cores,1@$cores" --single-file-segments --vdev "net_virtio_user0,path=nic.sock,queues=$queues,$3" -- \
        --forward-mode="$2" --no-flush-rx --nb-cores=1 --rxq="$queues" --txq="$queues" --total-num-mbufs=$((2048 * queues)) --stats-period 1 --no-mlockall >"$1.log" 2>&1 &
    tester=$!
}

# commanded NAME OPTIONS-OF-THE-DEVICE SECONDS COMMAND...: the same, told what to do: after so many seconds, that. Waits for its end.
commanded() {
    local name=$1 vdev=$2
    shift 2
    while [ $# -gt 1 ]; do
        sleep "$1"
        echo "$2"
        shift 2
    done | timeout -s KILL 100 dpdk-testpmd --no-huge -m 128 --no-pci --no-telemetry --file-prefix="ringside-$$-$name" \
        --lcores "0@(0-$(($(nproc) - 1))),1@(0-$(($(nproc) - 1)))" --single-file-segments --vdev "net_virtio_user0,path=nic.sock,queues=1,$vdev" -- \
        -i --forward-mode=txonly --no-flush-rx --nb-cores=1 --total-num-mbufs=2048 --no-mlockall >"$name.log" 2>&1
}

# until_log NAME TEXT: waits until that is in its output.
until_log() {
    for _ in $(seq 800); do
        grep -qs "$2" "$1.log" && return  # not there yet: wait on
        sleep 0.1
    done
    echo "$1.log never had: $2"
    tail -20 "$1.log"
}

# end_testpmd SIGNAL
end_testpmd() {
    pkill "-$1" -P "$tester"
    wait "$tester" 2>/dev/null
}
