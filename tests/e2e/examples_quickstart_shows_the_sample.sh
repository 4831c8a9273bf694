# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# The first command a newcomer runs: in a fresh copy of the sources it builds, shows the sample and
# leaves nothing behind but build/; with an image and a directory it mounts that.
set -eu

[ -e /dev/fuse ] || { echo "needs /dev/fuse"; exit 77; }
fail()
{
    echo "$*"
    exit 1
}
unmount()
{
    if [ "$(id -u)" = 0 ]; then umount "$1"; else fusermount3 -u "$1"; fi
}

mkdir source temporary
tar -C "$(dirname "$TESTS")" --exclude='./build*' --exclude=./.git -cf - . | tar -C source -xf -
(cd source && find . | sort) >before
export TMPDIR=$PWD/temporary

source/examples/quickstart.sh >output 2>&1 </dev/null || { cat output; fail "it failed"; }
cat output
grep -q 'tuesday.raw: OK' output || fail "the sum is not the sample's"
(cd source && find . -path ./build -prune -o -print | sort) >after
cmp before after || fail "it wrote into the sources"
[ -z "$(ls temporary)" ] || fail "it left something in the temporary directory"
if grep -q "$PWD/" /proc/self/mounts; then fail "it left something mounted"; fi

# Again, with an image of one's own, from another directory and by a relative name.
cp source/examples/sample/*.qcow2 .
source/examples/quickstart.sh tuesday.qcow2 shown/here >output 2>&1 </dev/null ||
    { cat output; fail "it failed with an image"; }
cat output
trap 'unmount shown/here' EXIT
(cd shown/here && sha256sum -c ../../source/examples/sample/tuesday.raw.sha256)
[ -z "$(ls temporary)" ] || fail "it left something in the temporary directory"
