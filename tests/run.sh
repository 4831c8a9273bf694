#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds unchain and runs every test:
#
#     tests/run.sh [--long] [--seed N] [PATTERN...]
#
# Installs (apt) what the tests need, builds a plain, an ASan+UBSan and a TSan version below
# build/ (or $BUILD), and runs unit, end-to-end and oracle tests. A PATTERN picks the tests whose
# name contains it. --long runs everything there is, all 2000 random chains for instance.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD:-$root/build}

needed=(gcc libc6-dev meson ninja-build pkg-config python3
    libfuse3-dev fuse3 libglib2.0-dev libjson-glib-dev libseccomp-dev libxxhash-dev libdeflate-dev
    zlib1g-dev libzstd-dev libcunit1-dev qemu-utils)
# Without one of these some tests are skipped, by name.
wanted=(qemu-system-common xfsprogs rsync libarchive-tools sleuthkit valgrind mandoc e2fsprogs
    mount procps fio jq file attr graphviz nbdkit libnbd-bin clang libclang-rt-dev)

say() {
    echo "tests: $*"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing() {
    local package
    for package in "$@"; do
        is_installed "$package" || echo "$package"
    done
}

install_quietly() {
    local log=$build/apt.log
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@" \
        >"$log" 2>&1 && return
    cat "$log"
    return 1
}

install_packages() {
    local need want package
    if ! command -v apt-get >/dev/null; then
        say "this is not Debian; assuming that everything is installed"
        return
    fi
    mapfile -t need < <(missing "${needed[@]}")
    mapfile -t want < <(missing "${wanted[@]}")
    if [ ${#need[@]} = 0 ] && [ ${#want[@]} = 0 ]; then
        return
    fi
    say "installing ${need[*]} ${want[*]}"
    as_root apt-get -qq update || say "apt-get update failed; going on with the lists that are there"
    if [ ${#need[@]} != 0 ]; then
        install_quietly "${need[@]}" || exit 1
    fi
    for package in "${want[@]}"; do
        install_quietly "$package" ||
            say "$package cannot be installed; tests that need it will be skipped"
    done
}

# build_version NAME MESON-OPTION...
build_version() {
    local name=$1 log=$build/$1.log
    shift
    say "building $name in $build/$name"
    if [ -e "$build/$name/build.ninja" ]; then
        set -- --reconfigure "$@"
    fi
    if ! { meson setup "$@" "$build/$name" "$root" && meson compile -C "$build/$name"; } \
        >"$log" 2>&1; then
        cat "$log"
        exit 1
    fi
}

# Debian keeps some of the tools out of a user's PATH.
PATH=$PATH:/usr/sbin:/sbin

mkdir -p "$build"
install_packages
# The whole suite runs with the sandbox complete; SANDBOX=off is for kernels without Landlock.
build_version plain -Dwerror=true -Dsandbox="${SANDBOX:-require}"
build_version asan -Dwerror=true -Dsandbox="${SANDBOX:-auto}" -Doptimization=1 \
    -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fno-sanitize-recover=all
build_version tsan -Dwerror=true -Dsandbox="${SANDBOX:-auto}" -Doptimization=1 \
    -Db_sanitize=thread -Db_lundef=false
exec python3 "$root/tests/lib/runner.py" --build "$build" "$@"
