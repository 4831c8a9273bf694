# SPDX-License-Identifier: GPL-2.0-or-later
#
# One disk in many representations has one digest; another disk has another.
. "$TESTS/lib/mount.sh"
need qemu-img qemu-io

size=$((9 * 1048576 + 3 * 512))
qemu-img create -q -f raw disk.raw $size
qemu-io -f raw -c 'write -q -P 17 0 100k' -c 'write -q -P 99 1300k 3M' -c 'write -q -P 0 6M 200k' \
    -c 'write -q -P 1 7M 512' -c 'write -q -P 3 9438208 512' disk.raw

digest_of()
{
    "$UNCHAIN" hash "$@" >out 2>err || fail "unchain hash $*: $(cat err)"
    cut -d ' ' -f 1 out
}

expected=$(digest_of disk.raw)

# is_same ARGUMENT...
is_same()
{
    found=$(digest_of "$@")
    [ "$found" = "$expected" ] || fail "hash $*: $found instead of $expected"
}

# converted NAME OPTIONS [CONVERT-OPTION...]: the disk as a qcow2 with these options
converted()
{
    name=$1 options=$2
    shift 2
    qemu-img convert -f raw -O qcow2 ${options:+-o "$options"} "$@" disk.raw "$name.qcow2"
    is_same "$name.qcow2"
}

cp --sparse=never disk.raw dense.raw
cp --sparse=always disk.raw sparse.raw
is_same dense.raw
is_same sparse.raw
is_same -f raw sparse.raw
converted plain ''
converted old compat=0.10
converted small cluster_size=512
converted large cluster_size=2M
converted zlib compression_type=zlib -c
converted zstd compression_type=zstd,cluster_size=128k -c
converted extended extended_l2=on
converted preallocated preallocation=metadata
converted data data_file=data.raw
converted data_raw data_file=data2.raw,data_file_raw=on

# An overlay, whose base had something else where the disk has zeroes and data.
qemu-img create -q -f qcow2 base.qcow2 $size
qemu-io -c 'write -q -P 200 0 2M' -c 'write -q -P 201 6M 1M' base.qcow2
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 top.qcow2 $size
qemu-img create -q -f qcow2 -o cluster_size=4k -b top.qcow2 -F qcow2 higher.qcow2 $size
qemu-img convert -n -f raw -O qcow2 disk.raw top.qcow2 2>convert.err ||
    fail "qemu-img convert: $(cat convert.err)"
qemu-io -c 'write -q -z 0 2M' -c 'write -q -z 6M 1M' top.qcow2
qemu-io -c 'write -q -P 17 0 100k' -c 'write -q -P 99 1300k 748k' higher.qcow2
is_same higher.qcow2

# A snapshot of an image that has gone on since.
cp plain.qcow2 lived.qcow2
qemu-img snapshot -c then lived.qcow2
qemu-io -c 'write -q -P 55 3M 1M' lived.qcow2
is_same -l then lived.qcow2

# A window into a larger disk, inside a qcow2.
{ head -c 1000 /dev/urandom && cat disk.raw && head -c 5000 /dev/urandom; } >around.raw
qemu-img convert -f raw -O qcow2 around.raw container.qcow2
is_same "json:{\"driver\":\"raw\",\"offset\":1000,\"size\":$size,\"file\":{\"driver\":\"qcow2\",
    \"file\":{\"driver\":\"file\",\"filename\":\"container.qcow2\"}}}"
vote=driver=quorum,vote-threshold=2,children.0.driver=raw,children.0.file.driver=file
vote=$vote,children.0.file.filename=disk.raw,children.1.driver=qcow2,children.1.file.driver=file
is_same --image-opts $vote,children.1.file.filename=zstd.qcow2

# The size of the manifest's blocks has no part in it; the digest stands in the manifest.
for block in 512 4k 64k 1M 16M; do
    is_same --manifest m.$block --block-size $block zstd.qcow2
    grep -qx "digest $expected" m.$block || fail "m.$block: $(tail -n 2 m.$block)"
    "$UNCHAIN" verify -q higher.qcow2 m.$block
done

# It can be worked out again with other programs.
if command -v xxh128sum >/dev/null; then
    again=$(grep -E '^(size|block) ' m.64k | xxh128sum | cut -c 1-32)
    [ "$again" = "$expected" ] || fail "xxh128sum says $again"
    sum=$(dd if=disk.raw bs=64k skip=112 count=1 status=none | xxh128sum | cut -c 1-32)
    grep -qx "block $((112 * 65536)) $sum" m.64k || fail "block 112 is $sum"
fi

# SHA-256 is that of the bytes.
sha256=$(sha256sum disk.raw | cut -d ' ' -f 1)
"$UNCHAIN" hash --sha256 small.qcow2 >out
[ "$(cat out)" = "$expected  small.qcow2
SHA256 (small.qcow2) = $sha256" ] || fail "$(cat out)"
"$UNCHAIN" hash --sha256 --output=json sparse.raw >out
python3 - "$expected" "$sha256" "$size" <<'EOF'
import json, sys
wanted = {"source": "sparse.raw", "digest": sys.argv[1], "sha256": sys.argv[2],
          "size": int(sys.argv[3])}
assert json.load(open("out")) == wanted
EOF

# Other contents, another digest: one bit, or one byte more of zeroes.
cp disk.raw other.raw
printf '\020' | dd of=other.raw bs=1 seek=50000 conv=notrunc status=none
[ "$(digest_of other.raw)" != "$expected" ] || fail 'one bit makes no difference'
cp disk.raw longer.raw
truncate -s +1 longer.raw
[ "$(digest_of longer.raw)" != "$expected" ] || fail 'the size makes no difference'
truncate -s 0 empty.raw
[ "$(digest_of empty.raw)" = 25a1a88fa9fefe33fdca18f4b35caba9 ] || fail 'the empty disk'
