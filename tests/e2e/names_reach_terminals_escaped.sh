# SPDX-License-Identifier: GPL-2.0-or-later
#
# Escape sequences, newlines, commas, backslashes and bytes that are not UTF-8, in file names.
. "$TESTS/lib/mount.sh"
need qemu-img python3

qemu-img create -q -f qcow2 -o size=1M plain.qcow2
qemu-io -c 'write -q -P 7 0 64k' plain.qcow2
mkdir 'm n'
trap unmount_all EXIT
for name in 'a,b\c' 'sp ace' $'new\nline\e[31m' $'\xff\xfe' 'eq=u=al' 'ü' '-dash' 'colon:' ',,'; do
    cp plain.qcow2 "./$name.qcow2"
    "$UNCHAIN" mount -- "./$name.qcow2" 'm n' >out
    [ "$(wc -l <out)" = 2 ] || fail "$(cat out)"
    [ -e "m n/$name.raw" ] || fail "$(ls 'm n')"
    if LC_ALL=C grep -q -a "$(printf '[\033\377]')" out; then
        fail "unescaped: $(od -c out)"
    fi
    "$UNCHAIN" map --output=json "./$name.qcow2" >>lines
    "$UNCHAIN" info --output=json "./$name.qcow2" | tr '\n' ' ' >>lines
    echo >>lines
    unmount 'm n'
done
# A map has 2 extents, hence 2 lines.
python3 -c '
import json
lines = open("lines", "rb").read().decode("utf-8").splitlines()
assert len(lines) == 9 * 3
for i in range(0, len(lines), 3):
    json.loads(lines[i] + lines[i + 1])
    json.loads(lines[i + 2])'
! "$UNCHAIN" map $'no\e[31m\n' 2>err || fail 'found'
[ "$(wc -l <err)" = 1 ] && ! LC_ALL=C grep -q -a "$(printf '\033')" err || fail "$(od -c err)"

# The commands that are named can be copied to a shell, whatever the names.
for name in $'new\nline' $'it\'s' $'it\'s \e[31m\\x0a\xff' '$(touch PWNED)'; do
    cp plain.qcow2 "base $name"
    qemu-img create -q -f qcow2 -u -b "base $name" -F qcow2 "top $name" 1M
    LC_ALL=C sed -i 's/\xe2y[*]\xca/\x01\x02\x03\x04/' "top $name" # states no format now
    ! "$UNCHAIN" info "top $name" -f qcow2 2>err || fail 'it is opened'
    eval "$(grep -o 'qemu-img rebase .*' err | sed 's/ (the backing file of .*//')"
    "$UNCHAIN" info "top $name" -f qcow2 >out || fail "it is not mended: $(cat err)"
    mkdir "mnt $name"
    "$UNCHAIN" mount plain.qcow2 "mnt $name" >out
    eval "$(sed -n 's/^to end it: //p' out)" || fail "$(cat out)"
done
[ ! -e PWNED ] || fail 'a name is a command'
