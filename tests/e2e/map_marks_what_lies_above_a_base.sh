# SPDX-License-Identifier: GPL-2.0-or-later
#
# `unchain map --base`: what a copy that keeps the base must take, and what it shows anyway. The
# proof is such a copy: an overlay of the base that gets only what lies above it.
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io jq

qemu-img create -q -f qcow2 base.qcow2 1M
qemu-io -c 'write -q -P 1 0 256k' -c 'write -q -z 256k 64k' base.qcow2
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 middle.qcow2 2M
qemu-io -c 'write -q -P 2 64k 64k' -c 'write -q -z 128k 64k' middle.qcow2
qemu-img create -q -f qcow2 -b middle.qcow2 -F qcow2 top.qcow2
qemu-io -c 'write -q -P 3 512k 64k' top.qcow2
qemu-img convert -O raw top.qcow2 expected

# above BASE MAP-ARGUMENT...: the ranges that lie above
above()
{
    base=$1
    shift
    "$UNCHAIN" map --output=json --base "$base" "$@" |
        jq -r '.[] | select(.["above-base"]) | "\(.start)+\(.length)"' | tr '\n' ' '
}

# is EXPECTED FOUND
is()
{
    [ "$1" = "$2" ] || fail "expected $1, found $2"
}

# What the base itself says is the base's, its zeroes and what it leaves open too; past its end it
# makes the zeroes.
is '65536+65536 131072+65536 524288+65536 ' "$(above base.qcow2 top.qcow2)"
is '524288+65536 ' "$(above middle.qcow2 top.qcow2)"
is '' "$(above top.qcow2 top.qcow2)"
"$UNCHAIN" map --base base.qcow2 top.qcow2 | grep -q '2 MiB in .*; 192 KiB above base.qcow2$' ||
    fail "$("$UNCHAIN" map --base base.qcow2 top.qcow2)"

# By node-name, by path, and where a path enters the base at another offset.
mkdir dir
cp base.qcow2 middle.qcow2 top.qcow2 dir
is '524288+65536 ' "$(above dir/middle.qcow2 dir/top.qcow2)"
graph='json:{"driver": "raw", "offset": 65536, "file": {"driver": "qcow2", "node-name": "top",
    "file": {"driver": "file", "filename": "top.qcow2"}, "backing": {"driver": "qcow2",
    "node-name": "low", "file": {"driver": "file", "filename": "base.qcow2"}}}}'
is '458752+65536 ' "$(above low "$graph")"
is true "$("$UNCHAIN" map --output=json --base low "$graph" |
    jq 'map(select(.["above-base"] | not) | .["base-offset"] == .start + 65536) | all')"

# refused PATTERN ARGUMENT...
refused()
{
    pattern=$1 status=0
    shift
    "$UNCHAIN" map "$@" >out 2>err || status=$?
    [ $status = 2 ] || fail "map $*: status $status"
    grep -q "^unchain: .*$pattern" err || fail "map $*: $(cat err)"
}
refused "no node 'nobody' in the graph; there are: top.qcow2 (qcow2)" --base nobody top.qcow2
refused "exclude each other" --base base.qcow2 --nbd top.qcow2
twins='json:{"driver": "qcow2", "file": {"driver": "file", "filename": "top.qcow2"}, "backing":
    {"driver": "qcow2", "file": {"driver": "file", "filename": "dir/top.qcow2"}}}'
refused "'top.qcow2' may be any of several nodes: top.qcow2 (qcow2), top.qcow2 (qcow2, dir/top" \
    --base top.qcow2 "$twins"
is '524288+65536 ' "$(above dir/top.qcow2 "$twins")"

# Filters above and below an image leave its name to it.
filtered='json:{"driver": "qcow2", "file.filename": "top.qcow2", "backing": {"driver": "throttle",
    "file": {"driver": "qcow2", "backing": null, "file": {"driver": "preallocate",
    "file": {"driver": "file", "filename": "dir/base.qcow2"}}}}}'
"$UNCHAIN" map --explain --base base.qcow2 "$filtered" | grep -q '; 64 KiB above base.qcow2$' ||
    fail "$("$UNCHAIN" map --explain --base base.qcow2 "$filtered")"
is "$(above base.qcow2 "$filtered")" "$(above dir/base.qcow2 "$filtered")"

# At a granularity: blocks of which any part lies above.
is '0+262144 524288+262144 ' "$(above base.qcow2 --granularity 256k top.qcow2)"
is '65536+131072 524288+65536 ' "$("$UNCHAIN" map --output=json --granularity 64k --base base.qcow2 \
    top.qcow2 | jq -r '[.[] | select(.["above-base"])] | "\(.[0].start)+\(.[0].length + .[1].length) \(
    .[2].start)+\(.[2].length) "')"
refused 'blocks have a size' --granularity 0 top.qcow2
refused 'expected a size' --granularity many top.qcow2
refused 'a block has many paths' --granularity 64k --explain top.qcow2

# The copy.
for granularity in 1 4k 100k 1M; do
    qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 copy.qcow2 2M
    for range in $(above base.qcow2 --granularity $granularity top.qcow2); do
        offset=${range%+*} length=${range#*+}
        dd if=expected of=piece bs=4k iflag=skip_bytes,count_bytes skip="$offset" count="$length" status=none
        qemu-io -c "write -q -s piece $offset $length" copy.qcow2
    done
    qemu-img convert -O raw copy.qcow2 copied
    same copied expected
done
