# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: no
#
# On a kernel that cannot be told to follow no magic links, they are found by hand; all other names
# lead where they lead.
. "$TESTS/lib/mount.sh"

deprive=$(dirname "$READER")/deprive
"$deprive" openat2 true || skip "no system call can be taken away here"

# old ARGUMENT...: unchain on such a kernel
old()
{
    "$deprive" openat2 "$UNCHAIN" "$@"
}

# refused TEXT NAME: with TEXT in one line
refused()
{
    status=0
    old map -f raw "$2" <image.raw >out 2>err || status=$?
    [ $status = 1 ] && [ "$(wc -l <err)" = 1 ] && grep -q -F "$1" err || fail "$2: status $status: $(cat err)"
}

truncate -s 4096 image.raw
mkdir -p a/b
ln -s ../image.raw a/up
ln -s "$PWD/a" absolute
ln -s a/up twice
ln -s /proc/self/fd fds
ln -s round round
ln -s nowhere dangling
mkfifo pipe
for name in image.raw ./image.raw a/../image.raw a/b//../up absolute/up twice "$PWD/image.raw" \
    /proc/../"$PWD"/a/up a/b/../../a/./up; do
    old map -f raw "$name" >out 2>err || fail "$name: $(cat err)"
    grep -q '^0x0 *0x1000 ' out || fail "$name: $(cat out)"
done
magic='it leads through a link that is not a plain link to a file'
for name in /proc/self/fd/0 /dev/stdin fds/0 "/proc/self/cwd/image.raw" "/proc/$$/root/$PWD/image.raw"; do
    refused "cannot open '$name': $magic" "$name"
done
refused "cannot open 'round': $magic" round
refused "cannot open 'round/x': $magic" round/x
refused "No such file or directory" dangling
refused "No such file or directory" a/c/image.raw
refused "Not a directory" image.raw/
refused "Not a directory" image.raw/x
refused "Not a directory" twice/
refused "File name too long" "$(printf '%0300d' 0)"
refused "is a FIFO" pipe
refused "is a directory" a/
refused "is a directory" /
refused "is a character device" /dev/null
refused "is made by the kernel" /proc/version
status=0
old map -f raw --root=. image.raw >out 2>err || status=$?
[ $status = 1 ] && grep -q '^unchain: --root needs openat2, which came with Linux 5.6$' err || fail "$(cat err)"
