#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the fuzzing targets with libFuzzer, ASan and UBSan:
#
#     tests/fuzz/build.sh DIRECTORY
#
# Exit status 77: there is no clang with libFuzzer.
set -euo pipefail

source=$(cd "$(dirname "$0")/../.." && pwd)
directory=$1

has_libfuzzer() {
    local try status=0
    try=$(mktemp)
    echo 'int LLVMFuzzerTestOneInput(const char *data, unsigned long size)
          { return size > 1 && *data == 1; }' |
        clang -x c -fsanitize=fuzzer,address,undefined - -o "$try" 2>/dev/null || status=1
    rm -f "$try"
    return $status
}

if ! command -v clang >/dev/null || ! has_libfuzzer; then
    echo "there is no clang with libFuzzer (Debian's packages clang and libclang-rt-dev)"
    exit 77
fi
if [ ! -e "$directory/build.ninja" ]; then
    CC=clang meson setup "$directory" "$source" -Dfuzz=libfuzzer -Dtests=false -Doptimization=2 \
        -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fno-sanitize-recover=all
fi
meson compile -C "$directory" fuzzers
