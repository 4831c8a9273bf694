# SPDX-License-Identifier: GPL-2.0-or-later
#
# The small programs on the library do what their comments say.
set -eu

source=$(dirname "$TESTS")
sample=$source/examples/sample
programs=$(dirname "$UNCHAIN")/../examples

fail()
{
    echo "$*"
    exit 1
}

# contents: the flat image
"$programs/contents" qcow2 "$sample/tuesday.qcow2" >tuesday.raw
sha256sum -c "$sample/tuesday.raw.sha256"
"$programs/contents" "$sample/stick-today.qcow2" >stick.raw
sha256sum -c "$sample/stick.raw.sha256"
if "$programs/contents" no-such-image 2>err; then fail "it found no-such-image"; fi
grep -q 'no-such-image' err

# holes: the runs cover the image, alternate, and no hole holds a byte
"$programs/holes" "$sample/tuesday.qcow2" >runs
cat runs
awk '$2 != at || $1 == last { exit 1 } { at = $2 + $3; last = $1 } END { exit at != 50331648 }' \
    runs || fail "the runs do not fit together"
while read -r kind start length; do
    [ "$kind" = hole ] || continue
    cmp -n "$length" -i "$start:0" tuesday.raw /dev/zero || fail "data in the hole at $start"
done <runs

# stripes: two disks in turn, one of them a chain; the driver's bytes are theirs, its holes too
dd if=stick.raw of=flat.0 bs=1M count=16 status=none
truncate -s 16M disk.1
printf 'the second disk' | dd of=disk.1 bs=1 seek=1056768 conv=notrunc status=none
description=driver=stripes,node-name=striped,chunk=4k
description=$description,first.driver=qcow2,first.file.driver=file
description=$description,first.file.filename=$sample/stick-today.qcow2
description=$description,second.driver=file,second.filename=disk.1
"$programs/stripes" "$description" striped.raw >extents
head -n 3 extents
[ "$(stat -c %s striped.raw)" = 33554432 ] || fail "the stripes have the wrong size"
for disk in 0 1; do
    : >gathered
    # The chunks of one disk, in the first 4 MiB: enough to cross every kind of extent.
    for chunk in $(seq "$disk" 2 1023); do
        dd if=striped.raw bs=4k skip="$chunk" count=1 status=none
    done >gathered
    if [ $disk = 0 ]; then cmp -n 2097152 gathered stick.raw; else cmp -n 2097152 gathered disk.1; fi
done
grep -q 'backing' extents || fail "no extent goes through the backing file"
if "$programs/stripes" driver=stripes,chunk=0,first.driver=null-co,second.driver=null-co 2>err; then
    fail "a chunk of 0 was accepted"
fi
grep -q 'chunk of 0' err
