#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fuzzes, one target after the other:
#
#     tests/fuzz/run.sh [--time SECONDS] [--jobs N] [--seed N] [--build DIRECTORY]
#                       [--work DIRECTORY] [TARGET...]
#
# SECONDS is for each target (60 if not given), N how many processes share its corpus. Corpora and
# crashes are kept in the work directory (below the build directory if not given), and begun with
# the next time; so are logs, and the counts of all runs. Exit status 1: something was found.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
seconds=60
jobs=1
seed=0
build=${BUILD:-$here/../../build}/fuzz
work=
declare -A longest=([header]=4096 [mapping]=3844 [compressed]=8192 [names]=4096 [chain]=8192)

usage() {
    sed -n '4,/^set/{/^set/!s/^# \{0,1\}//p}' "$0"
    exit "$1"
}

targets=()
while [ $# != 0 ]; do
    case $1 in
    --time) seconds=$2 && shift ;;
    --jobs) jobs=$2 && shift ;;
    --seed) seed=$2 && shift ;;
    --build) build=$2 && shift ;;
    --work) work=$2 && shift ;;
    --help) usage 0 ;;
    -*) usage 2 >&2 ;;
    *) targets+=("$1") ;;
    esac
    shift
done
[ ${#targets[@]} != 0 ] || targets=(header mapping compressed names chain)
work=${work:-$build/work}

# GLib hands out pieces of memory by itself unless it is told not to, which hides mistakes.
export G_SLICE=always-malloc
export ASAN_OPTIONS=malloc_context_size=1:quarantine_size_mb=4:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1

# job TARGET NUMBER: fuzzes until the time is over, going on after a crash
job() {
    local target=$1 number=$2 end=$((SECONDS + seconds)) directory=$work/$1 round=0
    while [ $((end - SECONDS)) -gt 0 ] && [ $round -lt 20 ]; do
        round=$((round + 1))
        "$build/tests/fuzz/fuzz-$target" -max_total_time=$((end - SECONDS)) -print_final_stats=1 \
            -seed=$((1 + seed + 1000 * number + round)) -dict="$here/$target.dict" \
            -max_len="${longest[$target]}" -timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=32 \
            -artifact_prefix="$directory/crashes/" ${FUZZ_FLAGS:-} \
            "$directory/corpus" "$directory/seeds" >>"$directory/log.$number" 2>&1 && break
    done
}

# What all logs of a target add up to.
executions() {
    cat "$work/$1"/log.* | awk '/^stat::number_of_executed_units/ { sum += $2 } END { print sum + 0 }'
}

found() {
    find "$work/$1/crashes" -type f | wc -l
}

# Of the inputs that lead to the same places the shortest are kept.
merge() {
    local directory=$work/$1
    rm -rf "$directory/merged"
    mkdir "$directory/merged"
    "$build/tests/fuzz/fuzz-$1" -merge=1 -max_len="${longest[$1]}" -timeout=20 -rss_limit_mb=2048 \
        "$directory/merged" "$directory/corpus" "$directory/seeds" >"$directory/merge.log" 2>&1 ||
        return 0 # a crash is reported already; the corpus stays as it is
    rm -rf "$directory/corpus"
    mv "$directory/merged" "$directory/corpus"
}

# fuzz TARGET
fuzz() {
    local target=$1 before crashes start=$SECONDS count number
    rm -rf "$work/$target/seeds"
    mkdir -p "$work/$target/corpus" "$work/$target/crashes"
    cp -r "$work/seeds/$target" "$work/$target/seeds"
    touch "$work/$target/log.0"
    before=$(executions "$target")
    crashes=$(found "$target")
    for ((number = 0; number < jobs; number++)); do
        job "$target" "$number" &
    done
    wait
    count=$(($(executions "$target") - before))
    printf '%s %-10s %12d executions %6d/s %4d found\n' "$(date +%FT%T)" "$target" "$count" \
        $((count / (SECONDS > start ? SECONDS - start : 1))) $(($(found "$target") - crashes)) |
        tee -a "$work/counts"
    [ "$seconds" -lt 60 ] || merge "$target"
}

"$here/build.sh" "$build" >"${TMPDIR:-/tmp}/fuzz-build.$$" 2>&1 || {
    status=$?
    cat "${TMPDIR:-/tmp}/fuzz-build.$$"
    rm "${TMPDIR:-/tmp}/fuzz-build.$$"
    exit $status
}
rm "${TMPDIR:-/tmp}/fuzz-build.$$"
rm -rf "$work/seeds"
mkdir -p "$work"
python3 -B "$here/seeds.py" "$work/seeds" >/dev/null

status=0
for target in "${targets[@]}"; do
    old=0
    [ ! -d "$work/$target/crashes" ] || old=$(found "$target")
    fuzz "$target"
    if [ "$(found "$target")" -gt "$old" ]; then
        grep -hE '^SUMMARY|does not hold|ERROR:|CRITICAL|WARNING' "$work/$target"/log.* | sort | uniq -c
        ls "$work/$target/crashes"
        status=1
    fi
done
exit $status
