#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Says how much of the code that looks at images and descriptions is reached, line by line and
# branch by branch:
#
#     tests/fuzz/coverage.sh [--build DIRECTORY] [--work DIRECTORY] [--show FILE...]
#
# by the corpora of tests/fuzz/run.sh (their work directory), by what they begin with, and by the
# catalogue of bad images. --show prints the files with counts instead. Needs clang and llvm.
set -euo pipefail

source=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$source/build}
work=
show=()
while [ $# != 0 ]; do
    case $1 in
    --build) build=$2 && shift ;;
    --work) work=$2 && shift ;;
    --show) shift && show=("$@") && break ;;
    *) sed -n '4,/^set/{/^set/!s/^# \{0,1\}//p}' "$0" && exit 2 ;;
    esac
    shift
done
build=$(realpath -m "$build")
work=$(realpath -m "${work:-$build/fuzz/work}")
directory=$build/coverage
# Whatever else runs, tests of compilers for instance, writes its counts here.
export LLVM_PROFILE_FILE=$build/coverage.profraw

cd "$source"
files=(drivers/format/qcow2/*.c core/spec*.c core/implied.c core/open*.c core/chain.c core/probe.c
    core/option.c core/text.c fuse/graph_file.c)

mkdir -p "$build"
[ -e "$directory/build.ninja" ] ||
    CC=clang meson setup "$directory" "$source" -Dfuzz=replay -Dsandbox=off -Doptimization=1 \
        -Db_lundef=false -Dc_args='-fprofile-instr-generate -fcoverage-mapping' \
        -Dc_link_args=-fprofile-instr-generate >"$build/coverage.log"
meson compile -C "$directory" fuzzers fuse/unchain reader >>"$build/coverage.log"

rm -rf "$directory/run"
mkdir -p "$directory/run/catalogue"
python3 -B tests/fuzz/seeds.py "$directory/run/seeds" >/dev/null
targets=(header mapping compressed names chain)
for target in "${targets[@]}"; do
    inputs=("$directory/run/seeds/$target")
    [ ! -d "$work/$target/corpus" ] || inputs+=("$work/$target/corpus")
    LLVM_PROFILE_FILE=$directory/run/$target.profraw \
        "$directory/tests/fuzz/fuzz-$target" "${inputs[@]}" >"$directory/run/$target.log" 2>&1
done
(
    cd "$directory/run/catalogue"
    export LLVM_PROFILE_FILE=$directory/run/catalogue-%2m.profraw TESTS=$source/tests SEED=0 LONG=
    export UNCHAIN=$directory/fuse/unchain READER=$directory/tests/reader
    python3 -B "$source/tests/e2e/hostile_images_get_what_the_catalogue_says.py"
) >"$directory/run/catalogue.log" || cat "$directory/run/catalogue.log"

llvm-profdata merge -sparse "$directory"/run/*.profraw -o "$directory/run/all.profdata"
objects=("$directory/fuse/unchain" -object "$directory/tests/reader")
for target in "${targets[@]}"; do
    objects+=(-object "$directory/tests/fuzz/fuzz-$target")
done
# Files are known by the names that the compiler was given: ../../core/text.c.
if [ ${#show[@]} != 0 ]; then
    llvm-cov show -instr-profile="$directory/run/all.profdata" -show-branches=count \
        "${objects[@]}" | awk -v files="${show[*]}" '
            BEGIN { n = split(files, wanted, " ") }
            /^\/.*:$/ { shown = 0; for (i = 1; i <= n; i++) if (index($0, wanted[i] ":")) shown = 1 }
            shown'
    exit
fi
llvm-cov export -instr-profile="$directory/run/all.profdata" -summary-only "${objects[@]}" |
    python3 -B "$source/tests/fuzz/table.py" "${files[@]}"
