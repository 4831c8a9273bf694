# SPDX-License-Identifier: GPL-2.0-or-later
#
# --root, --no-implied-files and --depth-limit in every command and as mount options; --root and
# filesystems that are mounted somewhere; what may not be read. (Names and links are cases of
# tests/data/hostile/policies.txt.)
. "$TESTS/lib/mount.sh"
need qemu-img unshare

out="leads out of 'images', where --root keeps what images name"

# refused TEXT COMMAND...: one line with TEXT in it, and nothing else
refused()
{
    text=$1 status=0
    shift
    "$@" >refused.out 2>refused.err || status=$?
    expected=1
    [ "$2" != compare ] || expected=2
    [ $status = $expected ] || fail "$*: status $status"
    [ "$(wc -l <refused.err)" = 1 ] && grep -q -F -e "$text" refused.err || fail "$*: $(cat refused.err)"
    [ ! -s refused.out ] || fail "$*: $(cat refused.out)"
}

if [ "${1:-}" = inside ]; then
    # A directory that is mounted below the root is a part of it, and has no way out.
    mkdir images/bound outside
    cp base.raw outside/base.raw
    mount --bind outside images/bound
    cp bound.qcow2 through.qcow2 images
    "$UNCHAIN" map --root=images images/bound.qcow2 >out 2>err || fail "$(cat err)"
    refused "$out" "$UNCHAIN" map --root=images images/through.qcow2
    # What the root is called elsewhere is another place.
    mkdir alias
    mount --bind images alias
    refused "$out" "$UNCHAIN" map --root=images alias.qcow2
    "$UNCHAIN" map --root=alias alias.qcow2 >out 2>err || fail "$(cat err)"
    exit
fi

mkdir images mnt
qemu-img create -q -f raw base.raw 1M
cp base.raw images
qemu-img create -q -f qcow2 -F raw -b base.raw images/in.qcow2
qemu-img create -q -f qcow2 -F raw -b ../base.raw images/out.qcow2
"$UNCHAIN" hash --manifest manifest images/in.qcow2 >out

for command in map info graph hash verify compare mount; do
    for image in in out; do
        case $command in
        verify) set -- verify images/$image.qcow2 manifest ;;
        compare) set -- compare images/$image.qcow2 images/in.qcow2 ;;
        mount) set -- mount images/$image.qcow2 mnt ;;
        *) set -- "$command" images/$image.qcow2 ;;
        esac
        if [ $image = out ]; then
            refused "$out" "$UNCHAIN" "$@" --root images
        else
            "$UNCHAIN" "$@" --root images >out 2>err || fail "$*: $(cat err)"
            [ "$command" != mount ] || unmount_all
        fi
        refused 'which --no-implied-files refuses: use --root' "$UNCHAIN" "$@" --no-implied-files
        refused 'more than 1 layers: --depth-limit allows more' "$UNCHAIN" "$@" --depth-limit 1
    done
done

refused "$out" "$UNCHAIN" mount -o root=images images/out.qcow2 mnt
refused 'which --no-implied-files refuses' "$UNCHAIN" mount -o no_implied_files images/in.qcow2 mnt
refused '--depth-limit allows more' "$UNCHAIN" mount -o depth_limit=1 images/in.qcow2 mnt
mount_image mnt -o root=images,depth_limit=2 --sandbox=require images/in.qcow2
cmp mnt/in.raw base.raw
unmount mnt

status=0
"$UNCHAIN" map --depth-limit=0 images/in.qcow2 2>err || status=$?
[ $status = 2 ] || fail "--depth-limit=0: status $status"

# A graph file may name what it likes; what the images in it name stays below the root.
cat >graph.json <<'END'
{"blockdevs": [
  {"node-name": "free", "driver": "raw", "file": {"driver": "file", "filename": "base.raw"}},
  {"node-name": "told", "driver": "qcow2", "backing": "free",
   "file": {"driver": "file", "filename": "images/out.qcow2"}},
  {"node-name": "held", "driver": "qcow2",
   "file": {"driver": "file", "filename": "images/out.qcow2"}}]}
END
"$UNCHAIN" map -c graph.json --root=images told >out 2>err || fail "$(cat err)"
refused "$out" "$UNCHAIN" map -c graph.json --root=images held

# What may not be read, by somebody who is not root.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod 600 images/base.raw
    chmod 644 images/in.qcow2
    if setpriv --reuid=65534 --clear-groups test -r images/in.qcow2 -a -x "$UNCHAIN"; then
        refused "cannot open 'images/base.raw': Permission denied (the backing file of in.qcow2)" \
            setpriv --reuid=65534 --clear-groups "$UNCHAIN" map images/in.qcow2
    fi
fi

qemu-img create -q -f qcow2 -F raw -u -b bound/base.raw bound.qcow2 1M
qemu-img create -q -f qcow2 -F raw -u -b bound/../../base.raw through.qcow2 1M
qemu-img create -q -f qcow2 -F raw -u -b "$PWD/alias/base.raw" alias.qcow2 1M
if [ "$(id -u)" = 0 ] && unshare -m true; then
    unshare -m bash "$0" inside
fi
