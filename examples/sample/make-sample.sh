#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the sample chain next to this script, or in the directory given:
#
#     base.qcow2     Sunday: an ext4 filesystem of 48 MiB, every cluster compressed
#     monday.qcow2   files changed, one removed and its blocks discarded (zeroes without storage)
#     tuesday.qcow2  files changed, one removed and its blocks wiped (zeroes that keep storage)
#
# and beside them SHA256SUMS, of the files in the filesystem, tuesday.raw.sha256, of the flat
# image, and a disk with a partition (see below). It needs e2fsprogs and qemu-utils, but no root. Nothing it writes depends on the clock or
# on chance: the flat image is the same, byte for byte, every time.
set -eu

target=$(cd "${1:-$(dirname "$0")}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/sunday" "$work/monday" "$work/tuesday"
cd "$work"

export PATH="$PATH:/sbin:/usr/sbin" LC_ALL=C TZ=UTC
sunday=1704585600 # 7 January 2024
day=86400

# noise SEED LINES: text that looks random and never changes
noise()
{
    awk -v x="$1" -v n="$2" 'BEGIN {
        for (i = 0; i < n; i++) {
            line = ""
            for (j = 0; j < 8; j++) {
                x = (x * 16807) % 2147483647
                line = line sprintf("%08x", x)
            }
            print line
        }
    }'
}

# edit TIME: carries out the debugfs commands on standard input
edit()
{
    E2FSPROGS_FAKE_TIME=$1 debugfs -w -f - flat.img >edit.log 2>&1
    e2fsck -fn flat.img >fsck.log 2>&1 || { cat edit.log fsck.log >&2; exit 1; }
}

# place FILE: the offset and the length in bytes of a file, which must lie in one piece
place()
{
    debugfs -R "blocks $1" flat.img 2>debugfs.log | tr ' ' '\n' | grep . | awk '
        NR == 1 { first = $1 }
        { last = $1 }
        END { if (last - first == NR - 1) print first * 4096, NR * 4096; else exit 1 }' ||
        { echo "$1 does not lie in one piece: change its length" >&2; exit 1; }
}

# clear OFFSET LENGTH: zeroes in the flat image
clear()
{
    fallocate --punch-hole --offset "$1" --length "$2" flat.img
}

# layer NAME BACKING: an overlay on BACKING that holds what the flat image has different. (A
# rebase keeps the contents, so it writes exactly what the new backing file lacks.)
layer()
{
    qemu-img create -q -f qcow2 -o cluster_size=4k -b flat.img -F raw "$1"
    qemu-img rebase -q -f qcow2 -b "$2" -F qcow2 "$1"
}

# --- Sunday ---------------------------------------------------------------------------------

cat >sunday/readme <<END
This filesystem lives in three files: base.qcow2, monday.qcow2 and tuesday.qcow2.
You are reading it through all of them.
END
echo "Sunday: installed the system." >sunday/diary
noise 1 1500 >sunday/measurements
noise 2 2500 >sunday/archive
seq 1 20000 >sunday/numbers
truncate -s 4M sunday/mostly-empty
echo "found in the middle of nothing" |
    dd of=sunday/mostly-empty bs=1 seek=2097152 conv=notrunc status=none

truncate -s 48M flat.img
E2FSPROGS_FAKE_TIME=$sunday mke2fs -q -t ext4 -b 4096 -m 0 -N 64 -L sample \
    -U 5a3f1e00-0000-4000-8000-000000000001 \
    -E hash_seed=5a3f1e00-0000-4000-8000-000000000002,lazy_itable_init=0,root_owner=0:0 \
    -O ^has_journal,^resize_inode flat.img
edit $sunday <<END
mkdir notes
mkdir data
write sunday/readme README.txt
write sunday/diary notes/diary.txt
write sunday/measurements data/measurements.txt
write sunday/archive data/archive.txt
write sunday/numbers data/numbers.txt
write sunday/mostly-empty data/mostly-empty.bin
END

qemu-img convert -q -c -f raw -O qcow2 flat.img base.qcow2

# --- Monday: the diary grows, more measurements; the archive is removed and discarded ---------

{ cat sunday/diary; echo "Monday: threw the archive away."; } >monday/diary
{ cat sunday/measurements; noise 3 100; } >monday/measurements
noise 4 800 >monday/secrets

archive=$(place data/archive.txt)
edit $((sunday + day)) <<END
write monday/secrets notes/secrets.txt
rm notes/diary.txt
write monday/diary notes/diary.txt
rm data/measurements.txt
write monday/measurements data/measurements.txt
rm data/archive.txt
END

layer monday.qcow2 base.qcow2
# shellcheck disable=SC2086 # two words
clear $archive
qemu-io -f qcow2 -c "write -q -z -u $archive" monday.qcow2

# --- Tuesday: the diary grows, the first results; the secrets are removed and wiped -----------

{ cat monday/diary; echo "Tuesday: wiped the secrets."; } >tuesday/diary
noise 5 300 >tuesday/results

secrets=$(place notes/secrets.txt)
edit $((sunday + 2 * day)) <<END
write tuesday/results data/results.txt
rm notes/diary.txt
write tuesday/diary notes/diary.txt
rm notes/secrets.txt
END

layer tuesday.qcow2 monday.qcow2
# shellcheck disable=SC2086 # two words
clear $secrets
# The wiped clusters are written first, so that they have storage; what lies there is never read.
qemu-io -f qcow2 -c "write -q -P 0xee $secrets" -c "write -q -z $secrets" tuesday.qcow2

# --- A memory stick, for examples with a partition --------------------------------------------
#
# stick.qcow2 has a partition table, and an ext4 filesystem in the partition from 1 MiB to the
# end; stick-today.qcow2 lies on it and holds one change.

mv flat.img tuesday.raw
truncate -s 15M flat.img
E2FSPROGS_FAKE_TIME=$sunday mke2fs -q -t ext4 -b 4096 -m 0 -N 32 -L stick \
    -U 5a3f1e00-0000-4000-8000-000000000003 \
    -E hash_seed=5a3f1e00-0000-4000-8000-000000000004,lazy_itable_init=0,root_owner=0:0 \
    -O ^has_journal,^resize_inode flat.img
edit $sunday <<END
write sunday/diary diary.txt
write sunday/numbers numbers.txt
END

# wrap: the filesystem in flat.img becomes the first partition (type 83) of the disk stick.raw
wrap()
{
    rm -f stick.raw
    truncate -s 16M stick.raw
    printf '\000\376\377\377\203\376\377\377\000\010\000\000\000\170\000\000' |
        dd of=stick.raw bs=1 seek=446 conv=notrunc status=none
    printf '\125\252' | dd of=stick.raw bs=1 seek=510 conv=notrunc status=none
    dd if=flat.img of=stick.raw bs=1M seek=1 conv=notrunc,sparse status=none
}

wrap
qemu-img convert -q -c -f raw -O qcow2 -o cluster_size=4k stick.raw stick.qcow2
edit $((sunday + 2 * day)) <<END
rm diary.txt
write tuesday/diary diary.txt
END
wrap
mv flat.img partition1.raw
mv stick.raw flat.img
layer stick-today.qcow2 stick.qcow2
mv flat.img stick.raw

# --- Sums -------------------------------------------------------------------------------------

qemu-img compare -q -f raw -F qcow2 tuesday.raw tuesday.qcow2
qemu-img compare -q -f raw -F qcow2 stick.raw stick-today.qcow2
for image in tuesday stick partition1; do
    sha256sum $image.raw >$image.raw.sha256
done
mkdir fs
debugfs -R "rdump / fs" tuesday.raw 2>rdump.log
(cd fs && find . -type f ! -path './lost+found/*' | sed 's,^\./,,' | sort | xargs sha256sum) \
    >SHA256SUMS

chmod 644 ./*.qcow2 ./*.sha256 SHA256SUMS
mv ./*.qcow2 ./*.sha256 SHA256SUMS "$target/"
