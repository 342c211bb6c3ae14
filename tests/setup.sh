# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# setup.sh: what sim/demo and tests/run share: install what is missing, configure, build, and say how long each step took. Sourced by
# bash; the caller sets `top` (the checkout) and `program` (its own name, for messages). Everything goes to the build folders; the
# machine changes only by the packages of tests/packages.

: "${top:?}" "${program:?}"

# fail STATUS MESSAGE...: 2 for what the user can put right, 3 for the rest.
fail() {
    local status=$1
    shift
    printf '%s: %s\n' "$program" "$*" >&2
    exit "$status"
}

# phase NAME COMMAND...: runs the command, in this shell, and keeps the time it took for phase_times.
phase_names=()
phase_seconds=()
phase() {
    local name=$1 start=$SECONDS status=0
    shift
    printf '== %s\n' "$name"
    "$@" || status=$?
    phase_names+=("$name")
    phase_seconds+=($((SECONDS - start)))
    return "$status"
}
phase_times() {
    local i
    for i in "${!phase_names[@]}"; do printf '%6d s  %s\n' "${phase_seconds[i]}" "${phase_names[i]}"; done
}

# The packages of tests/packages that are not installed.
missing_packages() {
    local wanted
    mapfile -t wanted < <(awk '!/^#/ && NF { print $1 }' "$top/tests/packages")
    # dpkg-query fails when it has never heard of a package, after listing the others.
    comm -13 <({ dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true; } |
        awk '$1 == "installed" { print $2 }' | sort -u) <(printf '%s\n' "${wanted[@]}" | sort -u)
}

# apt_get COMMAND...: apt-get as root, silent when it works.
apt_get() {
    local root=() status=0
    [ "$(id -u)" -eq 0 ] || root=(sudo)
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@" >"$apt_log" 2>&1 || status=$?
    return "$status"
}

install_packages() {
    local missing
    command -v dpkg-query >/dev/null ||
        fail 2 "this is not Debian: install what $top/tests/packages lists, then: cmake --preset release && cmake --build --preset release"
    mapfile -t missing < <(missing_packages)
    if [ ${#missing[@]} -eq 0 ]; then
        echo "all packages are in place"
        return
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        fail 2 "packages are missing and there is no sudo; as root: apt-get install ${missing[*]}"
    fi
    echo "installing ${missing[*]}"
    apt_log=$(mktemp)
    # The package lists may be absent or old, but need not be: fetch them only when installing fails.
    if ! apt_get install -y --no-install-recommends "${missing[@]}"; then
        apt_get update || true  # one unreachable source does not mean that ours is
        if ! apt_get install -y --no-install-recommends "${missing[@]}"; then
            cat "$apt_log" >&2
            rm -f "$apt_log"
            fail 3 "apt-get could not install: ${missing[*]}"
        fi
    fi
    rm -f "$apt_log"
}

# configure PRESET [CMAKE-ARGUMENT...]: CMake's report is shown only when it fails.
configure() {
    local log
    log=$(mktemp)
    if ! (cd "$top" && cmake --preset "$@") >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail 3 "cmake --preset $* failed"
    fi
    grep '^-- ringside ' "$log" || true
    rm -f "$log"
}

# build FOLDER [TARGET...]: progress on a terminal, only errors in a log.
build() {
    local folder=$1 quiet=()
    shift
    [ -t 1 ] || quiet=(--quiet)
    ninja -C "$top/$folder" -j"$(nproc)" "${quiet[@]}" "$@" || fail 3 "the build in $folder failed"
}
